//! Looking for people: "Users", page by page.
//!
//! Whatever is asked for, a bounded number of rows is looked at; see
//! [`store::people`](crate::store::account::people). A page may therefore hold fewer
//! people than there is room for, or nobody, and yet say where to go on.

use crate::{
    clock::UnixTime,
    domain::{
        credentials::lockout::Allowance,
        identity::search_words::{Term, terms_of},
        second_factor::access_code::{AccessCode, State},
    },
    service::Service,
    store::{
        account::{
            people::{self, Locking, Page, PersonRow, Place, Way},
            words,
        },
        policy::{self, PolicyRow},
        second_factor::access_codes,
    },
};
use contract::{
    ApiError,
    people::{
        COUNTED, Lock, PeopleFilter, PeoplePage, PeoplePlace, PeopleQuery, PeopleSort, PeopleView, Person, WaitingCode,
    },
    portal::Bound,
};

/// People on a page.
const PAGE: usize = 50;

/// With fewer matches than this all are looked at; with more, they are met along the way.
const FEW: i64 = 4_000;

/// How many people one page passes at most who do not match.
const PASSED: i64 = 5_000;

impl Service {
    pub(super) async fn people_page(&self, caller: &Bound, query: &PeopleQuery) -> Result<PeoplePage, ApiError> {
        let PeopleQuery { search, view, after } = query;
        let policy = policy::load(&self.db).await?;
        let locking = locking(&policy, self.now());
        let waiting = match after {
            None => self.waiting_codes(caller).await?,
            Some(_) => Vec::new(),
        };
        let approvers = match after {
            None if policy.approve_access_codes => Some(self.approvers(&caller.session().user_id).await?),
            _ => None,
        };
        let Some((terms, matches)) = self.rarest_first(search).await? else {
            return Ok(PeoplePage { people: Vec::new(), next: None, waiting, approvers, total: None });
        };
        let total = match (after, view.filter) {
            (Some(_), _) | (_, PeopleFilter::Locked | PeopleFilter::FewCodes) => None,
            _ if !terms.is_empty() => None,
            (None, filter) => people::count(&self.db, filter, COUNTED.saturating_add(1)).await?,
        };
        let after = match after {
            Some(place) => Place { at: place.at, text: place.text.clone() },
            None => end(*view, false),
        };
        let locked = view.filter == PeopleFilter::Locked;
        let way = match matches {
            _ if view.filter == PeopleFilter::FewCodes => Way::ByCodes,
            Some(count) if count < FEW => Way::ByWord,
            _ if locked && people::count_locked(&self.db, locking, FEW).await? < FEW => Way::ByLock,
            _ => Way::Along,
        };
        let horizon = match way {
            Way::Along if locked || matches.is_some() => people::horizon(&self.db, *view, &after, PASSED).await?,
            _ => None,
        };
        let ranges = [0, 1, 2]
            .map(|index| terms.get(index).map_or(("", ""), |term: &Term| (term.from.as_str(), term.to.as_str())));
        let until = horizon.clone().unwrap_or_else(|| end(*view, true));
        let page = Page {
            view: *view,
            after: &after,
            until: &until,
            terms: &ranges,
            locking,
            limit: i64::try_from(PAGE + 1).unwrap_or(i64::MAX),
            now: self.now().0,
        };
        let mut rows = people::page(&self.db, way, &page).await?;
        let next = if rows.len() > PAGE {
            rows.truncate(PAGE);
            rows.last().map(|row| place(row, view.sort))
        } else {
            horizon
        };
        Ok(PeoplePage {
            people: rows.into_iter().map(|row| self.person(row, caller, &policy)).collect(),
            next: next.map(|Place { at, text }| PeoplePlace { at, text }),
            waiting,
            approvers,
            total,
        })
    }

    /// Codes that wait for a second administrator.
    async fn waiting_codes(&self, caller: &Bound) -> Result<Vec<WaitingCode>, ApiError> {
        let you = &caller.session().user_id;
        let codes = access_codes::waiting(&self.db, None, self.now().0).await?;
        let waiting = codes.into_iter().map(|code| WaitingCode {
            yours_to_approve: code.issued_by.as_ref() != Some(you) && code.user_id != *you,
            id: code.id,
            person_id: code.user_id,
            person: code.user_name,
            issuer: code.issuer,
            expires_at: code.expires_at,
        });
        Ok(waiting.collect())
    }

    /// The words of a search, the one that fewest people have first, and how
    /// many have that one; `None` when nobody can match.
    async fn rarest_first(&self, search: &str) -> Result<Option<(Vec<Term>, Option<i64>)>, ApiError> {
        let mut counted = Vec::new();
        for term in terms_of(search) {
            counted.push((words::count(&self.db, &term.from, &term.to, FEW).await?, term));
        }
        counted.sort_by_key(|(count, _)| *count);
        let matches = counted.first().map(|(count, _)| *count);
        let nonsense = matches.is_none() && !search.trim().is_empty();
        let terms = counted.into_iter().map(|(_, term)| term).collect();
        Ok((matches != Some(0) && !nonsense).then_some((terms, matches)))
    }

    /// People as they are now, in the order of `ids`.
    pub(crate) async fn people_now(&self, caller: &Bound, ids: &[String]) -> Result<Vec<Person>, ApiError> {
        let policy = policy::load(&self.db).await?;
        let mut rows = people::these(&self.db, ids, locking(&policy, self.now()), self.now().0).await?;
        rows.sort_by_cached_key(|row| ids.iter().position(|id| *id == row.id));
        Ok(rows.into_iter().map(|row| self.person(row, caller, &policy)).collect())
    }

    fn person(&self, row: PersonRow, caller: &Bound, policy: &PolicyRow) -> Person {
        let code = row.code_expires_at.zip(row.code_id).map(|(expires_at, id)| {
            let code = AccessCode {
                person: &row.id,
                issued_by: row.code_issued_by.as_deref(),
                expires_at: UnixTime(expires_at),
                approved: row.code_approved,
            };
            let demanded = row.code_approval_demanded || policy.approve_access_codes;
            let awaits_approval = code.state(demanded, self.now()) == State::AwaitingApproval;
            contract::people::AccessCode { id, expires_at, awaits_approval }
        });
        Person {
            you: row.id == caller.session().user_id,
            id: row.id,
            name: row.name,
            display_name: row.display_name,
            mail_address: row.mail_address,
            administrator: row.administrator,
            active: row.active,
            second_factor: row.has_second_factor,
            lock: row.locked_at.map(|at| Lock {
                until: policy.lock_minutes.map(|minutes| at.saturating_add(minutes.saturating_mul(60))),
            }),
            codes_locked: row.codes_locked,
            created_at: row.created_at,
            last_sign_in_at: Some(row.last_sign_in_at).filter(|at| *at > 0),
            has_password: row.has_password,
            invited_until: row.invited_until,
            access_code: code,
        }
    }
}

/// When an account counts as locked; the same rule as at sign-in.
fn locking(policy: &PolicyRow, now: UnixTime) -> Locking {
    let since = policy.lock_minutes.map_or(i64::MIN, |minutes| now.plus(-minutes.saturating_mul(60)).0);
    let (a_day, in_a_row) = (Allowance::SECOND_FACTOR_A_DAY, Allowance::SECOND_FACTOR_IN_A_ROW);
    Locking {
        failures: policy.maximum_failures,
        since,
        codes: a_day.most,
        codes_since: a_day.forgotten_after.map_or(i64::MIN, |seconds| now.plus(-seconds).0),
        codes_in_a_row: in_a_row.most,
    }
}

/// Where the list begins, or ends.
fn end(view: PeopleView, last: bool) -> Place {
    let greatest = last != view.descending;
    // No name has so many of the last character there is.
    let text = if greatest { char::MAX.to_string().repeat(100) } else { String::new() };
    let at = match (view.sort, greatest) {
        (PeopleSort::Name, _) => 0,
        (_, true) => i64::MAX,
        (_, false) => i64::MIN,
    };
    Place { at, text }
}

/// Where a person stands in the list.
fn place(row: &PersonRow, sort: PeopleSort) -> Place {
    match sort {
        PeopleSort::Name => Place { at: 0, text: row.name_key.clone() },
        PeopleSort::Created => Place { at: row.created_at, text: row.id.clone() },
        PeopleSort::LastSignIn => Place { at: row.last_sign_in_at, text: row.id.clone() },
    }
}

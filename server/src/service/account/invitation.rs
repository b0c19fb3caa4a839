//! Who is signed in, and one-time links.

use crate::{
    crypto::token::Token,
    domain::{
        audit::trail::{AuditEvent, Outcome},
        identity::{people_list::user_name_problem, search_words::words_of, user_name::UserName},
    },
    service::{
        Service,
        audit::record::{Actor, record},
        credentials::throttling::{Charge, account_key},
        session::opening::{Opened, hand_over, hand_over_browser},
    },
    store::{
        StoreError, Tx,
        account::{
            accounts::{self, InvitationRow, NewUser, UserRow},
            words,
        },
        credentials::attempts,
        policy::{self, versioned},
        second_factor::enrolments,
        session::sessions,
    },
};
use contract::{
    ApiError,
    account::{Invitation, InvitationKind, Standing, Viewer},
    duration::HOUR,
    error::UserNameProblem,
    portal::{SignedIn, Visitor},
    session::ChallengeReason,
};
use zeroize::Zeroizing;

/// Seconds that a one-time link can be used: 72 hours.
pub(crate) const INVITATION_LIFETIME: i64 = 72 * HOUR;

/// Someone who is added.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Joining<'a> {
    pub name: &'a UserName,
    /// May be empty, as may the mail address.
    pub display_name: &'a str,
    pub mail_address: &'a str,
    pub password_hash: Option<&'a str>,
    pub administrator: bool,
}

impl Service {
    /// Chooses the password of whoever has the link, and signs them in.
    pub(super) async fn accept(
        &self,
        visitor: &Visitor,
        token: &str,
        user_name: &str,
        password: String,
    ) -> Result<Standing, ApiError> {
        let password = Zeroizing::new(password);
        let (token, row) = self.find_invitation(visitor, token).await?;
        let name = match &row.user_name {
            Some(name) => name.clone(),
            None => parse_name(user_name)?.to_string(),
        };
        self.check_new_password(&password, &name).await?;
        let mut charge = match &row.user_id {
            Some(id) => Some(self.check_at_link(&token, &password, id).await?),
            None => None,
        };
        let password_hash = self.hash_password(&password).await?;

        let mut tx = self.db.begin().await?;
        let now = self.now();
        // First of all, so that of two links for the first administrator one waits
        // for the other here, before either holds what the other wants.
        if let Some(charge) = &charge {
            charge.take_back(&mut tx)?;
        }
        let closed = row.user_id.is_none() && !accounts::close_first_administrator(&mut tx, now.0).await?;
        if closed || !accounts::consume_invitation(&mut tx, &token.digest(), row.user_id.as_deref(), now.0).await? {
            return Err(ApiError::InvitationInvalid);
        }
        let (user, event) = match row.user_id {
            Some(id) => (self.set_first_password(&mut tx, &id, &password_hash).await?, AuditEvent::PasswordChosen),
            None => {
                let (name, password_hash) = (&parse_name(&name)?, Some(&*password_hash));
                let first = Joining { name, display_name: "", mail_address: "", password_hash, administrator: true };
                let user = self.insert_user(&mut tx, first).await?;
                (user, AuditEvent::FirstAdministratorCreated)
            }
        };
        let call = visitor.call();
        let actor = Actor::claiming(Some(&user), &call.client);
        let opening = self.opening(&mut tx, call, &user.id).await?;
        let Opened { token, standing, .. } = self.open_session(&mut tx, call, &user.id, &opening)?;
        record(&mut tx, now, actor, event, Outcome::Success).await?;
        let mut known = None;
        if standing != Standing::SecondFactorRequired {
            known = Some(self.remember(&mut tx, call, &user.id, None)?);
            accounts::note_sign_in(&mut tx, &user.id, now.0)?;
            record(&mut tx, now, actor, AuditEvent::SignedIn, Outcome::Success).await?;
        }
        let committed = tx.commit().await;
        match &mut charge {
            Some(charge) => charge.concluded(committed)?,
            None => committed?,
        }
        hand_over(call, &token);
        if let Some(known) = known {
            hand_over_browser(call, &known);
        }
        Ok(standing)
    }

    /// What a one-time link is good for.
    pub(super) async fn read_invitation(&self, visitor: &Visitor, token: &str) -> Result<Invitation, ApiError> {
        let (_, row) = self.find_invitation(visitor, token).await?;
        let kind = match row.user_name {
            Some(user_name) => InvitationKind::ChoosePassword { user_name },
            None => InvitationKind::FirstAdministrator,
        };
        let password_policy = versioned(&policy::load(&self.db).await?).policy.password;
        Ok(Invitation { kind, password_policy })
    }

    /// Who is signed in, and what is asked of them.
    pub(super) async fn whoever_is_signed_in(&self, caller: &SignedIn) -> Result<Viewer, ApiError> {
        let session = caller.session();
        let confined =
            session.standing == Standing::EnrolmentRequired || session.grace.is_some_and(|grace| !grace.postponed);
        Ok(Viewer {
            portal_name: self.settings.portal_name.clone(),
            user_name: session.user_name.clone(),
            administrator: session.administrator,
            standing: session.standing,
            sets_up_anew: session.sets_up_anew,
            grace: session.grace,
            recovery_notice: session.recovery_notice,
            enrolment_under_way: confined && enrolments::is_under_way(&self.db, &session.id, self.now().0).await?,
        })
    }

    /// The one-time link with this token; one that is none counts like any other wrong guess.
    async fn find_invitation(&self, visitor: &Visitor, token: &str) -> Result<(Token, InvitationRow), ApiError> {
        let token = Token::parse(token).ok_or(ApiError::InvitationInvalid)?;
        match accounts::find_invitation(&self.db, &token.digest(), self.now().0).await? {
            Some(row) => Ok((token, row)),
            None => {
                self.charge_unknown_link(&visitor.call().client).await?;
                Err(ApiError::InvitationInvalid)
            }
        }
    }

    /// Checks that a password chosen at a link is none of the person's latest.
    /// The answer would tell whoever has the link what those are: it is charged
    /// like a wrong password, however many ask at once, and goes back only with
    /// the link itself.
    async fn check_at_link(&self, token: &Token, password: &str, user_id: &str) -> Result<Charge, ApiError> {
        let mut charge = self.charge_link(token).await?;
        match self.check_not_recent(password, user_id).await {
            Ok(()) => {
                // That it is none of them is an answer, too, whatever follows.
                charge.judged(false);
                Ok(charge)
            }
            Err(problem) => {
                charge.judged(!matches!(problem, ApiError::Password(_)));
                Err(problem)
            }
        }
    }

    /// Sets the password of someone who came by a one-time link. What the one
    /// before had opened ends.
    async fn set_first_password(&self, tx: &mut Tx, id: &str, password_hash: &str) -> Result<UserRow, ApiError> {
        let user = accounts::by_id(tx, id).await?.filter(|user| user.active).ok_or(ApiError::InvitationInvalid)?;
        self.store_password(tx, id, user.password_hash.as_deref(), password_hash).await?;
        sessions::delete_of_user(tx, id).await?;
        self.end_all_trust(tx, id, ChallengeReason::PasswordChanged).await?;
        Ok(user)
    }

    /// Adds a person, who can be found by the words of their names.
    pub(crate) async fn insert_user(&self, tx: &mut Tx, person: Joining<'_>) -> Result<UserRow, ApiError> {
        let added = self.insert_users(tx, &[person]).await?;
        added.into_iter().next().ok_or(ApiError::Malformed)
    }

    /// Adds people, in as few statements as one needs.
    ///
    /// # Errors
    /// [`UserNameProblem::Taken`] when one of the names is.
    pub(crate) async fn insert_users(&self, tx: &mut Tx, people: &[Joining<'_>]) -> Result<Vec<UserRow>, ApiError> {
        let (mut users, mut counters) = (Vec::with_capacity(people.len()), Vec::with_capacity(people.len()));
        for &Joining { name, display_name, mail_address, password_hash, administrator } in people {
            let (now, name_key) = (self.now().0, name.key());
            let user = UserRow {
                id: self.new_id(),
                name: name.to_string(),
                password_hash: password_hash.map(str::to_owned),
                administrator,
                active: true,
                exposed_since: now,
            };
            let (id, name, name_key) = (&*user.id, &*user.name, &*name_key);
            let row = NewUser { id, name, name_key, display_name, mail_address, password_hash, administrator, now };
            accounts::insert(tx, &row)?;
            counters.push(account_key(name_key));
            users.push(user);
        }
        for (user, person) in users.iter().zip(people) {
            for word in words_of(&user.name, person.display_name) {
                words::insert(tx, &user.id, &word)?;
            }
        }
        // Someone may have guessed passwords for a name before anybody had it.
        let guessed = match attempts::those_there(tx, &counters).await {
            Err(StoreError::Conflict) => return Err(ApiError::UserName(UserNameProblem::Taken)),
            other => other?,
        };
        for (user, counter) in users.iter().zip(&counters).filter(|(_, counter)| guessed.contains(*counter)) {
            attempts::note_owner(tx, counter, &user.id)?;
        }
        Ok(users)
    }

    /// Makes a one-time link's token; `None` for the first administrator's.
    pub(crate) fn insert_invitation(&self, tx: &mut Tx, user_id: Option<&str>) -> Result<Token, ApiError> {
        let token = self.new_token();
        let expires_at = self.now().plus(INVITATION_LIFETIME);
        accounts::insert_invitation(tx, &token.digest(), user_id, expires_at.0)?;
        Ok(token)
    }

    /// A token with which the first administrator is created; `None` once there was one.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn invite_first_administrator(&self) -> Result<Option<Token>, ApiError> {
        if !accounts::awaits_first_administrator(&self.db).await? {
            return Ok(None);
        }
        let mut tx = self.db.begin().await?;
        let token = self.insert_invitation(&mut tx, None)?;
        tx.commit().await?;
        Ok(Some(token))
    }
}

/// A user name that may be given to someone.
pub(crate) fn parse_name(typed: &str) -> Result<UserName, ApiError> {
    UserName::parse(typed).map_err(|problem| ApiError::UserName(user_name_problem(problem)))
}

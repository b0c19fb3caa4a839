//! How the portal is doing, for administrators.
//!
//! Audit entries are counted by day afterwards, in portions, by whoever comes
//! first: housekeeping or a look at the dashboard. One that stands for several
//! counts as so many.

use crate::{
    domain::{audit::trail::AuditEvent, second_factor::recovery_code::SPENT_WHEN_FEW},
    service::Service,
    store::{
        StoreError,
        audit::{
            chain,
            statistics::{self, AdoptionRow, PeopleRow, SignInsRow, TotalRow},
        },
        mail::outbox,
        policy,
        second_factor::access_codes,
    },
};
use contract::{
    ApiError,
    activity::times,
    duration::{DAY, HOUR},
    overview::{Adoption, Funnel, PortalOverview, SignInsOfDay, range},
};

/// Entries counted in one transaction.
const PORTION: i64 = 20_000;

/// Portions that a look at the dashboard waits for.
const PATIENCE: usize = 2;

/// What counts as a sign-in that failed.
const FAILURES: [AuditEvent; 7] = [
    AuditEvent::SignInFailed,
    AuditEvent::SignInRefused,
    AuditEvent::SecondFactorFailed,
    AuditEvent::CodeReused,
    AuditEvent::ClockSkew,
    AuditEvent::SecondFactorExhausted,
    AuditEvent::RecoveryCodeFailed,
];

/// Seconds after which waiting mail is worth an administrator's look: an hour.
const LONG_WAITING: i64 = HOUR;

impl Service {
    /// Counts all entries that are not counted yet.
    pub(crate) async fn count_everything(&self) -> Result<(), StoreError> {
        self.count_portions(usize::MAX).await.map(drop)
    }

    /// Counts up to `most` portions; answers whether nothing is left.
    async fn count_portions(&self, most: usize) -> Result<bool, StoreError> {
        for _ in 0..most {
            let newest = chain::newest(&self.db).await?.sequence;
            if statistics::counted(&self.db).await? >= newest {
                return Ok(true);
            }
            let mut tx = self.db.begin().await?;
            let counted = statistics::hold_counted(&mut tx).await?;
            // Another node may have counted meanwhile.
            if counted < newest {
                let through = newest.min(counted + PORTION);
                statistics::count(&mut tx, counted, through).await?;
                for row in statistics::summed(&mut tx, counted, through).await? {
                    let more = times(&row.detail).map_or(0, |times| times.saturating_sub(1));
                    statistics::count_more(&mut tx, &row, i64::try_from(more).unwrap_or(0))?;
                }
                tx.commit().await?;
            }
        }
        Ok(statistics::counted(&self.db).await? >= chain::newest(&self.db).await?.sequence)
    }

    /// Counts people, and notes who has a second factor if that is news.
    pub(crate) async fn note_adoption(&self) -> Result<PeopleRow, StoreError> {
        let now = statistics::people(&self.db, SPENT_WHEN_FEW).await?;
        let PeopleRow { people, with_second_factor, .. } = now;
        let row = AdoptionRow { day: self.now().0.div_euclid(DAY), people, with_second_factor };
        if !statistics::adoption(&self.db, row.day).await?.contains(&row) {
            statistics::note_adoption(&self.db, row).await?;
        }
        Ok(now)
    }

    /// How many accounts are locked now.
    async fn locked(&self) -> Result<u64, StoreError> {
        let policy = policy::load(&self.db).await?;
        let forgotten = policy.lock_minutes.map_or(i64::MIN, |minutes| self.now().plus(-minutes.saturating_mul(60)).0);
        Ok(count(statistics::locked(&self.db, policy.maximum_failures, forgotten).await?))
    }

    /// How the portal is doing, over so many days.
    pub(super) async fn overview(&self, days: u32) -> Result<PortalOverview, ApiError> {
        let complete = self.count_portions(PATIENCE).await?;
        let now = self.note_adoption().await?;
        let (days, today) = (range(days), self.now().0.div_euclid(DAY));
        let first = today - i64::from(days) + 1;
        let signed_in = AuditEvent::SignedIn.as_str();
        let sign_ins = statistics::sign_ins(&self.db, first, signed_in, FAILURES.map(AuditEvent::as_str)).await?;
        Ok(PortalOverview {
            days,
            today,
            adoption: Adoption { people: count(now.people), with_second_factor: count(now.with_second_factor) },
            not_activated: count(now.not_activated),
            adoption_by_day: by_day(&statistics::adoption(&self.db, first).await?, first, today),
            sign_ins: (first..=today).map(|day| of_day(&sign_ins, day)).collect(),
            funnel: funnel(&statistics::totals(&self.db, first).await?),
            locked: self.locked().await?,
            running_low: count(now.running_low),
            codes_awaiting_approval: access_codes::waiting(&self.db, None, self.now().0).await?.len() as u64,
            mail_needs_a_look: outbox::needs_a_look(&self.db, self.now().plus(-LONG_WAITING).0).await?,
            untrusted_proxy: self.proxies.untrusted(),
            complete,
        })
    }
}

/// Counts are never negative.
fn count(entries: i64) -> u64 {
    u64::try_from(entries).unwrap_or(0)
}

fn adoption(row: &AdoptionRow) -> Adoption {
    Adoption { people: count(row.people), with_second_factor: count(row.with_second_factor) }
}

/// A value for every day since the first that is known: nothing noted means nothing changed.
fn by_day(noted: &[AdoptionRow], first: i64, today: i64) -> Vec<(i64, Adoption)> {
    let known = |day: i64| noted.iter().rev().find(|row| row.day <= day);
    (first..=today).filter_map(|day| known(day).map(|row| (day, adoption(row)))).collect()
}

fn of_day(rows: &[SignInsRow], day: i64) -> SignInsOfDay {
    let row = rows.binary_search_by_key(&day, |row| row.day).ok().and_then(|place| rows.get(place));
    SignInsOfDay {
        day,
        signed_in: count(row.map_or(0, |row| row.signed_in)),
        failed: count(row.map_or(0, |row| row.failed)),
    }
}

fn funnel(rows: &[TotalRow]) -> Funnel {
    let of =
        |event: AuditEvent| count(rows.iter().filter(|row| row.event == event.as_str()).map(|row| row.entries).sum());
    let started = of(AuditEvent::EnrolmentStarted);
    Funnel {
        started,
        shown: started + of(AuditEvent::EnrolmentQrRenewed),
        wrong_codes: of(AuditEvent::EnrolmentCodeWrong),
        expired: of(AuditEvent::EnrolmentExpired),
        confirmed: of(AuditEvent::EnrolmentConfirmed),
        finished: of(AuditEvent::EnrolmentFinished),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_without_a_note_are_as_the_day_before() {
        let row = |day, people| AdoptionRow { day, people, with_second_factor: 1 };
        let noted = [row(3, 10), row(5, 20)];
        let people = |first, today| -> Vec<(i64, u64)> {
            by_day(&noted, first, today).into_iter().map(|(day, adoption)| (day, adoption.people)).collect()
        };
        assert_eq!(people(2, 7), [(3, 10), (4, 10), (5, 20), (6, 20), (7, 20)]);
        assert_eq!(people(4, 4), [(4, 10)]);
        assert_eq!(people(1, 2), []);
    }

    #[test]
    fn a_day_has_its_sign_ins_and_failures() {
        let rows =
            [(1, 100, 0), (2, 7, 5), (4, 100, 0)].map(|(day, signed_in, failed)| SignInsRow { day, signed_in, failed });
        assert_eq!(of_day(&rows, 2), SignInsOfDay { day: 2, signed_in: 7, failed: 5 });
        assert_eq!(of_day(&rows, 3), SignInsOfDay { day: 3, signed_in: 0, failed: 0 });
    }
}

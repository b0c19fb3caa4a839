//! Sample people and events for `twofold serve --demo`.

use crate::{
    clock::UnixTime,
    crypto::secret_box::Purpose,
    domain::{
        audit::trail::{AuditEvent, Outcome},
        second_factor::{
            recovery_code::RecoveryCode,
            totp::{Secret, step_at},
        },
    },
    service::{
        Service,
        account::invitation::{Joining, parse_name},
        audit::record::{Actor, record},
    },
    store::{
        Tx,
        account::accounts::{self, UserRow},
        audit::statistics::{self, AdoptionRow},
        second_factor::{
            methods::{self, NewMethod},
            recovery::{self, NewSet},
        },
    },
};
use contract::{ApiError, duration::DAY, portal::Client};
use std::net::IpAddr;

/// The password of every sample account. The demo is served on loopback only.
const PASSWORD: &str = "Twofold-demo-1";

/// Name, whether administrator, and where they get mail, in the order they are printed.
const PEOPLE: [(&str, bool, &str); 5] = [
    ("alice", true, "alice@example.org"),
    ("bob", false, "bob@example.com"),
    ("carol", false, "carol@example.org"),
    ("dave", false, ""),
    ("erin", false, "erin@example.com"),
];

/// Who of them has a second factor already.
const ENROLLED: &str = "carol";

/// Since when.
const ENROLLED_DAYS_AGO: i64 = 9;

/// Since when they all have an account: the day before the first events.
const ADDED_DAYS_AGO: i64 = 15;

/// Fills an empty database; answers a line to print per account.
///
/// # Errors
/// When the database does not answer.
pub async fn fill(service: &Service) -> Result<Vec<String>, ApiError> {
    let hash = service.hash_password(PASSWORD).await?;
    let secret = Secret::generate(&mut service.rng());
    let codes = RecoveryCode::generate_set(&mut service.rng());
    let (salt, hashes) = service.hash_set(&codes).await?;
    let mut tx = service.db.begin().await?;
    accounts::close_first_administrator(&mut tx, service.now().0).await?;
    let (mut lines, mut people) = (Vec::new(), Vec::new());
    for (name, administrator, mail_address) in PEOPLE {
        let joining = Joining {
            name: &parse_name(name)?,
            display_name: "",
            mail_address,
            password_hash: Some(&hash),
            administrator,
        };
        let user = service.insert_user(&mut tx, joining).await?;
        let mut line = format!("{name}  password {PASSWORD}{}", if administrator { "  (administrator)" } else { "" });
        if name == ENROLLED {
            enrol(
                service,
                &mut tx,
                &user,
                &secret,
                &NewSet {
                    id: &service.new_id(),
                    user_id: &user.id,
                    salt: &salt.0,
                    hashes: &hashes,
                    now: service.now().0,
                },
            )
            .await?;
            line += &format!("  with 2FA, setup key {}", secret.base32().as_str());
        }
        lines.push(line);
        people.push(user);
    }
    add_events(service, &mut tx, &people).await?;
    tx.commit().await?;
    add_adoption(service).await?;
    Ok(lines)
}

async fn enrol(
    service: &Service,
    tx: &mut Tx,
    user: &UserRow,
    secret: &Secret,
    set: &NewSet<'_>,
) -> Result<(), ApiError> {
    let id = service.new_id();
    let sealed = service.keyring.seal(&mut service.rng(), Purpose::TotpSecret, &id, secret.as_bytes())?;
    let added = service.now().plus(-ENROLLED_DAYS_AGO * DAY);
    let method = NewMethod {
        id: &id,
        user_id: &user.id,
        name: "Authenticator app",
        secret: &sealed,
        last_step: step_at(added).0,
        now: added.0,
    };
    methods::insert(tx, &method).await?;
    recovery::replace(tx, set).await?;
    Ok(())
}

/// What browsers call themselves.
const AGENTS: [&str; 2] = [
    "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Mobile/15E148 Safari/604.1",
];

/// A fortnight of coming in, now and then with a wrong password first, and one
/// person's set-up; in the order in which it happened, as a trail is.
async fn add_events(service: &Service, tx: &mut Tx, people: &[UserRow]) -> Result<(), ApiError> {
    use AuditEvent as E;
    let today = service.now().0;
    for day in (1..=14_i64).rev() {
        for (user, turn) in people.iter().zip(0_i64..) {
            if (day + turn) % 3 == 0 {
                continue;
            }
            let at = UnixTime(today - day * DAY + turn * 613);
            let client = Client {
                address: IpAddr::from([192, 0, 2, u8::try_from(20 + day).unwrap_or(20)]),
                user_agent: AGENTS[usize::from((day + turn) % 2 == 0)].to_owned(),
                browser_token: None,
            };
            let actor = Actor::claiming(Some(user), &client);
            if (day + turn) % 5 == 0 {
                record(tx, at, actor, E::SignInFailed, Outcome::Failure).await?;
            }
            record(tx, at.plus(20), actor, E::SignedIn, Outcome::Success).await?;
            // The days come in order: the last one stays.
            accounts::backdate(tx, &user.id, today - ADDED_DAYS_AGO * DAY, at.plus(20).0)?;
            if user.name == ENROLLED && day == ENROLLED_DAYS_AGO {
                for (seconds, event, outcome) in [
                    (40, E::EnrolmentStarted, Outcome::Success),
                    (70, E::EnrolmentCodeWrong, Outcome::Failure),
                    (95, E::EnrolmentConfirmed, Outcome::Success),
                    (120, E::EnrolmentFinished, Outcome::Success),
                ] {
                    record(tx, at.plus(seconds), actor, event, outcome).await?;
                }
            }
        }
    }
    Ok(())
}

/// How many had a second factor on each day of that fortnight.
async fn add_adoption(service: &Service) -> Result<(), ApiError> {
    let today = service.now().0.div_euclid(DAY);
    for ago in 1..=14 {
        let row = AdoptionRow {
            day: today - ago,
            people: i64::try_from(PEOPLE.len()).unwrap_or(0),
            with_second_factor: i64::from(ago <= ENROLLED_DAYS_AGO),
        };
        statistics::note_adoption(&service.db, row).await?;
    }
    Ok(())
}

//! Sample people and events for `twofold serve --demo`.

use super::{
    Service,
    accounts::parse_name,
    audit::{Actor, record},
};
use crate::{
    clock::UnixTime,
    crypto::{password::Salt, secret_box::Purpose},
    domain::{
        audit::{AuditEvent, Outcome},
        recovery_code::RecoveryCode,
        totp::{Secret, step_at},
    },
    store::{
        Tx,
        accounts::{self, UserRow},
        methods::{self, NewMethod},
        recovery::{self, NewSet},
    },
};
use app::{contract::ApiError, portal::Client};
use std::net::IpAddr;

/// The password of every sample account. The demo is served on loopback only.
const PASSWORD: &str = "Twofold-demo-1";

/// Name and whether administrator, in the order they are printed.
const PEOPLE: [(&str, bool); 5] = [("alice", true), ("bob", false), ("carol", false), ("dave", false), ("erin", false)];

/// Who of them has a second factor already.
const ENROLLED: &str = "carol";

/// Fills an empty database; answers a line to print per account.
///
/// # Errors
/// When the database does not answer.
pub async fn fill(service: &Service) -> Result<Vec<String>, ApiError> {
    let hash = service.hash_password(PASSWORD).await?;
    let secret = Secret::generate(&mut service.rng());
    let codes = RecoveryCode::generate_set(&mut service.rng());
    let bytes: Vec<_> = codes.iter().map(RecoveryCode::as_bytes).collect();
    let salt = Salt::generate(&mut service.rng());
    let hashes = service.hasher.derive_many(&bytes, salt).await?;
    let mut tx = service.db.begin().await?;
    accounts::close_first_administrator(&mut tx, service.now().0).await?;
    let mut lines = Vec::new();
    for (name, administrator) in PEOPLE {
        let user = service.insert_user(&mut tx, &parse_name(name)?, "", Some(&hash), administrator).await?;
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
        add_events(service, &mut tx, &user).await?;
        lines.push(line);
    }
    tx.commit().await?;
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
    let added = service.now().plus(-9 * 86_400);
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

/// A fortnight of coming in, now and then with a wrong password first.
async fn add_events(service: &Service, tx: &mut Tx, user: &UserRow) -> Result<(), ApiError> {
    let agents = [
        "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0",
        "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Mobile/15E148 Safari/604.1",
    ];
    let today = service.now().0;
    for day in (1..=14_i64).rev().step_by(3) {
        let at = UnixTime(today - day * 86_400 + day * 613);
        let client = Client {
            address: IpAddr::from([192, 0, 2, u8::try_from(20 + day).unwrap_or(20)]),
            user_agent: agents[usize::from(day % 2 == 0)].to_owned(),
            browser_token: None,
        };
        let actor = Actor::claiming(Some(user), &client);
        if day % 5 == 0 {
            record(tx, at.plus(-20), actor, AuditEvent::SignInFailed, Outcome::Failure).await?;
        }
        record(tx, at, actor, AuditEvent::SignedIn, Outcome::Success).await?;
    }
    Ok(())
}

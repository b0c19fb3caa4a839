//! Where a test's portal keeps its rows.

use sqlx::{Connection as _, Executor as _, PgConnection};
use std::{
    env,
    sync::atomic::{AtomicU32, Ordering},
};

/// Names a PostgreSQL on which databases may be created.
const POSTGRES_URL: &str = "TWOFOLD_TEST_POSTGRES";

/// Says that there is deliberately none.
const SKIP: &str = "TWOFOLD_SKIP_POSTGRES";

static CREATED: AtomicU32 = AtomicU32::new(0);

/// A database that nobody else uses.
#[derive(Debug, Clone)]
pub enum Database {
    /// A file in the portal's own folder.
    Sqlite,
    /// A fresh database of the throw-away cluster.
    Postgres {
        /// Its URL.
        url: String,
        /// Its name.
        name: String,
    },
}

impl Database {
    /// A fresh PostgreSQL database; `None` only when told to do without.
    pub async fn postgres() -> Option<Self> {
        let admin = admin_url()?;
        let number = CREATED.fetch_add(1, Ordering::Relaxed);
        let name = format!("twofold_{}_{number}", std::process::id());
        administer(&format!("CREATE DATABASE {name}")).await;
        let (server, _) = admin.rsplit_once('/').expect("the URL ends with a database");
        Some(Self::Postgres { url: format!("{server}/{name}"), name })
    }

    pub fn url(&self) -> Option<&str> {
        match self {
            Self::Sqlite => None,
            Self::Postgres { url, .. } => Some(url),
        }
    }
}

fn admin_url() -> Option<String> {
    match env::var(POSTGRES_URL) {
        Ok(url) => Some(url),
        Err(_) if env::var(SKIP).is_ok_and(|skip| skip == "1") => None,
        Err(_) => panic!(
            "{POSTGRES_URL} is not set, so there is no PostgreSQL to test on. \
             Run `cargo xtask test http`, which starts one, or set {SKIP}=1 to test on SQLite alone."
        ),
    }
}

/// Runs a statement on the administrative database.
pub async fn administer(sql: &str) {
    let url = admin_url().expect("asked for only when there is a PostgreSQL");
    let mut connection = PgConnection::connect(&url).await.expect("the throw-away PostgreSQL answers");
    connection.execute(sqlx::AssertSqlSafe(sql)).await.unwrap_or_else(|error| panic!("{sql}: {error}"));
    connection.close().await.expect("the connection closes");
}

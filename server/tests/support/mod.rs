//! What the tests speak with: a [`TestPortal`] on a real database, [`Browser`]s
//! that visit it, and the [`Phone`] of a person who sets up a second factor.
//!
//! The portal is the very router that the binary serves. Requests reach it in
//! process, with the address of their browser, so that a test can have many
//! browsers at many addresses; `opening` and `away` run the binary itself.

pub mod binary;
pub mod bouncer;
pub mod browser;
pub mod database;
pub mod mail;
pub mod network;
pub mod phone;
pub mod portal;

pub use browser::{Browser, Reply};
pub use contract::ApiError;
pub use database::Database;
pub use mail::MailServer;
pub use phone::Phone;
pub use portal::{PASSWORD, TestPortal};

/// Writes each test once and runs it on both databases.
///
/// ```ignore
/// both_databases! {
///     /// What it shows.
///     async fn name_of_the_test(portal) { … }
/// }
/// ```
macro_rules! both_databases {
    ($($(#[$attribute:meta])* async fn $name:ident($portal:ident) $body:block)*) => {$(
        $(#[$attribute])*
        async fn $name($portal: $crate::support::TestPortal) $body

        mod $name {
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn sqlite() {
                super::$name($crate::support::TestPortal::on($crate::support::Database::Sqlite).await).await;
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn postgres() {
                if let Some(portal) = $crate::support::TestPortal::on_postgres().await {
                    super::$name(portal).await;
                }
            }
        }
    )*};
}
pub(crate) use both_databases;

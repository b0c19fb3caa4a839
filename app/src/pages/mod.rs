//! The views, one file each.

mod confinement;
mod dashboard;
mod layout;
mod not_found;
mod phone;
mod plain;
mod profile;
mod settings;
mod welcome;

pub use dashboard::DashboardPage;
pub use layout::Layout;
pub use not_found::NotFoundPage;
pub use phone::PhonePage;
pub use plain::{CodePage, CookiesPage, RecoveryCodePage, SignInPage};
pub use profile::ProfilePage;
pub use settings::{AccountPolicyPage, AuditTrailPage, MailPage, RemindPage, SettingsPage, UsersPage};
pub use welcome::WelcomePage;

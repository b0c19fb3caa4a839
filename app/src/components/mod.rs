//! What the pages are made of, one file per part.

pub mod activity_words;
pub mod alert;
pub mod avatar;
pub mod browser;
pub mod button;
pub mod card;
pub mod change_password;
pub mod confirm;
pub mod fetched;
pub mod field;
pub mod hydration;
pub mod icon;
pub mod loaded;
pub mod modal;
pub mod moment;
pub mod new_password;
pub mod page;
pub mod part;
pub mod recovery_banner;
pub mod recovery_sheet;
pub mod session_watch;
pub mod set_up;
pub mod setup_dialog;
pub mod signed_in;
pub mod step_up;
pub mod time_left;

//! The layers, one file each. [`super`] draws their order.

pub mod body;
pub mod database;
pub mod gate;
pub mod headers;
pub mod host;
pub mod one_thread;
pub mod origin;
pub mod panic;
pub mod plain_form;
pub mod session;

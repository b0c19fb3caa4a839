//! What the portal does, told in use-cases over HTTP: the real router, a real
//! database, a clock that is turned by hand.
//!
//! One program, so that it is linked once. `cargo xtask test http` runs it with
//! a PostgreSQL at hand.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that meets the unexpected fails by stopping, in its helpers, too"
)]

mod support;

mod access;
mod access_codes;
mod activity;
mod adding;
mod administration;
mod audit;
mod audit_chain;
mod audit_export;
mod audit_search;
mod away;
mod bodies;
mod bounds;
mod compatibility;
mod connections;
mod dashboard;
mod databases;
mod enforcement;
mod enrolment;
mod enrolment_at_once;
mod first_administrator;
mod grace;
mod guessing;
mod keys;
mod mail;
mod mail_addresses;
mod mail_page;
mod mail_server;
mod methods;
mod one_letter;
mod opening;
mod outages;
mod passwords;
mod people;
mod people_changes;
mod phone;
mod policy;
mod policy_command;
mod policy_values;
mod reaching;
mod recovery;
mod reminders;
mod rendering;
mod replacing;
mod second_factor;
mod secrecy;
mod sessions;
mod settings;
mod sign_in;
mod spreadsheets;
mod stopping;
mod store_conformance;
mod trusted_browsers;
mod users;
mod web;

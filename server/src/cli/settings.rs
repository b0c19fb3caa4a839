//! Environment variables.

use clap::{Arg, Command, builder::Resettable};
use std::{env, ffi::OsStr};

/// A variable that is set to nothing is not set: compose files pass `${X:-}` so.
pub fn without_empty(command: Command) -> Command {
    command.mut_args(without_empty_variable).mut_subcommands(without_empty)
}

fn without_empty_variable(arg: Arg) -> Arg {
    match arg.get_env() {
        Some(name) if is_empty(name) => arg.env(Resettable::Reset),
        _ => arg,
    }
}

fn is_empty(name: &OsStr) -> bool {
    env::var_os(name).is_some_and(|value| value.to_string_lossy().trim().is_empty())
}

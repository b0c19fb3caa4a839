//! `twofold`: see `twofold --help`.

use std::process::ExitCode;

fn main() -> ExitCode {
    twofold::cli::run()
}

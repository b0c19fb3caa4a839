//! Unit, property and documentation tests.
//!
//! xtask is tested apart from the rest and the rest always as one selection of
//! packages: features are unified over a selection, so another one would
//! compile the dependencies a second time.

use std::process::Command;

use anyhow::Result;

use crate::{process, progress::Progress, workspace::Workspace};

pub fn run(workspace: &Workspace, progress: Progress) -> Result<()> {
    progress.stage("Unit tests of the tool chain");
    process::run(workspace.cargo().args(["test", "-p", "xtask"]))?;
    progress.stage("Unit tests");
    process::run(product(workspace).args(["--lib", "--bins"]))?;
    progress.stage("Documentation tests");
    process::run(product(workspace).arg("--doc"))
}

/// `cargo test` of everything that runs on the server.
pub fn product(workspace: &Workspace) -> Command {
    let mut command = workspace.cargo();
    command.args(["test", "--workspace"]).args(["--exclude", "twofold-frontend", "--exclude", "xtask"]);
    command
}

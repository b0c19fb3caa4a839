//! What a person does, in real browsers, against the release binary.

use std::{fs, process::Command, process::Stdio};

use anyhow::{Context as _, Result};
use sha2::{Digest as _, Sha256};

use super::tools;
use crate::{
    build::{Build, site::hex},
    process,
    progress::Progress,
    workspace::Workspace,
};

pub fn run(workspace: &Workspace, progress: Progress, args: &[String]) -> Result<()> {
    let built = Build::new(workspace).compile_and_check()?;
    progress.stage("Node packages");
    install(workspace)?;
    progress.stage("Browser tests");
    let chromium = tools::chromium().context("chromium was not found")?;
    let firefox = tools::firefox().context("firefox was not found")?;
    process::run(
        node(workspace, "npx")
            .args(["--no-install", "playwright", "test"])
            .args(args)
            .env("TWOFOLD_BINARY", &built.binary)
            .env("CHROMIUM", chromium)
            .env("FIREFOX", firefox),
    )
}

/// `npm ci`, unless the installed packages are those of the lock file.
fn install(workspace: &Workspace) -> Result<()> {
    let folder = workspace.end2end();
    let lock = folder.join("package-lock.json");
    let lock = fs::read(&lock).with_context(|| format!("{} can't be read", lock.display()))?;
    let wanted = hex(&Sha256::digest(lock));
    let stamp = folder.join("node_modules").join(".twofold-lock");
    if fs::read_to_string(&stamp).is_ok_and(|installed| installed == wanted) {
        return Ok(());
    }
    process::run(
        node(workspace, "npm")
            .args(["ci", "--no-audit", "--no-fund"])
            // The system's browsers are the ones that are tested.
            .env("PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD", "1")
            .env("PUPPETEER_SKIP_DOWNLOAD", "1"),
    )?;
    Ok(fs::write(stamp, wanted)?)
}

fn node(workspace: &Workspace, program: &str) -> Command {
    let mut command = Command::new(program);
    command.current_dir(workspace.end2end()).stdin(Stdio::null());
    command
}

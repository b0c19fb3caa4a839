//! What can be wrong without running anything.

use std::{collections::BTreeSet, fs, path::Path};

use anyhow::{Context as _, Result, bail};

use super::floors;
use crate::{
    process,
    progress::Progress,
    workspace::{WASM_TARGET, Workspace},
};

const DENY_WARNINGS: [&str; 3] = ["--", "-D", "warnings"];

pub fn run(workspace: &Workspace, progress: Progress) -> Result<()> {
    progress.stage("House rules");
    let migrations = workspace.root.join("migrations");
    same_migrations(&migrations.join("sqlite"), &migrations.join("postgres"))?;
    floors::check(&workspace.root)?;

    progress.stage("Formatting");
    process::run(workspace.cargo().args(["fmt", "--all", "--check"]))?;

    progress.stage("Clippy, for the server");
    process::run(
        workspace
            .cargo()
            .args(["clippy", "--workspace", "--exclude", "twofold-frontend"])
            .arg("--all-targets")
            .args(DENY_WARNINGS),
    )?;

    progress.stage("Documentation");
    process::run(workspace.cargo().env("RUSTDOCFLAGS", "-D warnings").args([
        "doc",
        "--workspace",
        "--exclude",
        "twofold-frontend",
        "--no-deps",
        "--keep-going",
    ]))?;

    progress.stage("Rules, rows and use-cases without the interface");
    process::run(
        workspace
            .cargo()
            .args(["clippy", "-p", "twofold-server", "--lib", "--no-default-features"])
            .args(DENY_WARNINGS),
    )?;

    // Together with the frontend, the app is compiled as the browser's half.
    progress.stage("Clippy, for the browser");
    workspace.provide_wasm_target()?;
    process::run(
        workspace
            .cargo()
            .args(["clippy", "-p", "twofold-frontend", "-p", "twofold-app"])
            .args(["--target", WASM_TARGET])
            .args(DENY_WARNINGS),
    )
}

/// A migration that only one database has would let the two drift apart.
fn same_migrations(one: &Path, other: &Path) -> Result<()> {
    let (first, second) = (names(one)?, names(other)?);
    let alone: Vec<_> = first.symmetric_difference(&second).cloned().collect();
    if !alone.is_empty() {
        bail!(
            "{} and {} must hold files of the same names; only one has: {}",
            one.display(),
            other.display(),
            alone.join(", ")
        );
    }
    Ok(())
}

fn names(folder: &Path) -> Result<BTreeSet<String>> {
    let mut names = BTreeSet::new();
    let entries = fs::read_dir(folder).with_context(|| format!("{} can't be read", folder.display()))?;
    for entry in entries {
        names.insert(entry?.file_name().to_string_lossy().into_owned());
    }
    Ok(names)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_migration_without_its_namesake_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let (one, other) = (folder.path().join("one"), folder.path().join("other"));
        for (folder, name) in [(&one, "0001_a.sql"), (&other, "0001_a.sql")] {
            fs::create_dir_all(folder).unwrap();
            fs::write(folder.join(name), "").unwrap();
        }
        assert!(same_migrations(&one, &other).is_ok());
        fs::write(other.join("0002_b.sql"), "").unwrap();
        let error = same_migrations(&one, &other).unwrap_err().to_string();
        assert!(error.contains("0002_b.sql"), "{error}");
    }
}

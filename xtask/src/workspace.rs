//! Where things are, and how cargo is called.

use std::{
    env,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use anyhow::{Context as _, Result, ensure};
use serde::Deserialize;

use crate::process;

/// What the browser's half is compiled for.
pub const WASM_TARGET: &str = "wasm32-unknown-unknown";

/// The folders of this clone. Both paths are absolute.
#[derive(Debug, Clone)]
pub struct Workspace {
    pub root: PathBuf,
    pub target: PathBuf,
}

#[derive(Deserialize)]
struct Metadata {
    workspace_root: PathBuf,
    target_directory: PathBuf,
}

impl Workspace {
    /// Asks cargo, the only one to know every way a target folder can be configured.
    pub fn find() -> Result<Self> {
        let output = cargo_command()
            .args(["metadata", "--no-deps", "--format-version", "1"])
            .current_dir(env!("CARGO_MANIFEST_DIR"))
            .stderr(Stdio::inherit())
            .output()
            .context("cargo could not be started")?;
        ensure!(output.status.success(), "`cargo metadata` failed");
        let metadata: Metadata = serde_json::from_slice(&output.stdout)?;
        Ok(Self { root: metadata.workspace_root, target: metadata.target_directory })
    }

    /// `cargo`, from the root of the workspace and into its target folder.
    pub fn cargo(&self) -> Command {
        let mut command = cargo_command();
        command.current_dir(&self.root).env("CARGO_TARGET_DIR", &self.target);
        command
    }

    /// Makes sure that the browser's half can be compiled. `rust-toolchain.toml`
    /// names the target, but rustup fetches it by itself only with a tool chain
    /// that was not there before, and not where automatic installs are off.
    pub fn provide_wasm_target(&self) -> Result<()> {
        let libraries = Command::new("rustc")
            .args(["--print", "target-libdir", "--target", WASM_TARGET])
            .current_dir(&self.root)
            .output()
            .context("rustc could not be started")?;
        if libraries.status.success() && Path::new(String::from_utf8_lossy(&libraries.stdout).trim()).is_dir() {
            return Ok(());
        }
        println!("Installing the Rust target {WASM_TARGET}");
        process::run(Command::new("rustup").args(["target", "add", WASM_TARGET]).current_dir(&self.root))
            .with_context(|| format!("the Rust target {WASM_TARGET} is missing; install it for this tool chain"))
    }

    /// What the server embeds: see [`crate::build::site`].
    pub fn site(&self) -> PathBuf {
        self.target.join("site")
    }

    /// The release binary.
    pub fn binary(&self) -> PathBuf {
        let name = format!("twofold{}", env::consts::EXE_SUFFIX);
        self.target.join("release").join(name)
    }

    pub fn styles(&self) -> PathBuf {
        self.root.join("style")
    }

    pub fn end2end(&self) -> PathBuf {
        self.root.join("end2end")
    }

    /// A path as a person at the root of the workspace would type it.
    pub fn display(&self, path: &Path) -> String {
        path.strip_prefix(&self.root).unwrap_or(path).display().to_string()
    }
}

/// `cargo run` leaves variables about this package in the environment. Build
/// scripts that watch them would be rerun each time a person's own `cargo
/// build` and xtask's take turns, so they go.
fn cargo_command() -> Command {
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    command.stdin(Stdio::null());
    for (name, _) in env::vars_os() {
        let leaked = name.to_str().is_some_and(|name| {
            name.starts_with("CARGO_PKG_")
                || name.starts_with("CARGO_MANIFEST_")
                || ["CARGO_BIN_NAME", "CARGO_CRATE_NAME", "CARGO_PRIMARY_PACKAGE"].contains(&name)
        });
        if leaked {
            command.env_remove(name);
        }
    }
    command
}

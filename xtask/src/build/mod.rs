//! From the sources to one release binary that holds everything.
//!
//! ```text
//! frontend, app ──cargo──> wasm ──split──> main + chunks ──wasm-bindgen──> js + wasm ─┐
//! style/*.css ──lightningcss──> document.css, portal.css ─────────────────────────────┤
//!                                                                    hash, compress   │
//! target/release/twofold <──cargo (rust-embed)── target/site <────────────────────────┘
//! ```

mod first_screen;
mod packs;
mod report;
pub mod site;
mod style;
mod wasm;

use std::{
    collections::BTreeMap,
    ffi::OsString,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context as _, Result};
use sha2::{Digest as _, Sha256};

use self::site::{Manifest, Site};
use crate::{
    process,
    progress::Progress,
    test::postgres::{self, Cluster, POSTGRES_URL},
    workspace::Workspace,
};

/// One run of the build.
pub struct Build<'a> {
    workspace: &'a Workspace,
    progress: Progress,
}

/// What [`Build::compile`] leaves behind.
pub struct Built {
    pub binary: PathBuf,
    manifest: Manifest,
}

impl<'a> Build<'a> {
    pub fn new(workspace: &'a Workspace) -> Self {
        Self { workspace, progress: Progress::start() }
    }

    /// Builds the front end and the server, skipping what is fresh.
    pub fn compile(&self) -> Result<Built> {
        self.progress.stage("Compiling the front end to WebAssembly");
        let module = wasm::compile(self.workspace)?;
        let manifest = self.site(&module)?;
        self.progress.stage("Compiling the server");
        process::run(&mut server(self.workspace, "build", &manifest))?;
        Ok(Built { binary: self.workspace.binary(), manifest })
    }

    /// [`Build::compile`], then the report of sizes, which fails when a budget is passed.
    pub fn compile_and_check(&self) -> Result<Built> {
        let built = self.compile()?;
        self.progress.stage("Measuring the first screen");
        let first_screen = first_screen::measure(&built.binary, &built.manifest)?;
        let report = report::Report::new(self.workspace, &built.manifest, &first_screen)?;
        print!("{report}");
        report.check()?;
        self.progress.stage(&format!("Built {}", self.workspace.display(&built.binary)));
        Ok(built)
    }

    /// Makes `target/site` unless it was made of just these inputs by just this tool.
    fn site(&self, module: &Path) -> Result<Manifest> {
        let module = fs::read(module).with_context(|| format!("{} can't be read", module.display()))?;
        let stamp = stamp(self.workspace, &module)?;
        let stamp_file = self.workspace.target.join("site.stamp");
        let folder = self.workspace.site();
        if fs::read_to_string(&stamp_file).is_ok_and(|old| old == stamp)
            && let Ok(manifest) = Manifest::read(&folder)
        {
            return Ok(manifest);
        }
        self.progress.stage("Splitting and binding the front end");
        let front = wasm::bind(&module)?;
        self.progress.stage("Bundling the styles");
        let styles = self.workspace.styles();
        let mut files = front.files;
        files.insert("portal.css".to_owned(), style::bundle(&styles.join("portal.css"))?.into_bytes());
        let icon = styles.join("icon.svg");
        files.insert(
            "icon.svg".to_owned(),
            fs::read(&icon).with_context(|| format!("{} can't be read", icon.display()))?,
        );
        let site = Site { files, chunks: front.chunks, document_css: style::bundle(&styles.join("document.css"))? };
        self.progress.stage("Compressing");
        let manifest = site.write(&folder)?;
        fs::write(stamp_file, stamp)?;
        Ok(manifest)
    }
}

/// `cargo bench`, of a server that embeds the same site as the release build
/// when there is one, so that the two share what they compile. Where PostgreSQL
/// is installed, it is measured, too.
pub fn bench(workspace: &Workspace, args: &[String]) -> Result<()> {
    let mut command = match Manifest::read(&workspace.site()) {
        Ok(manifest) => server(workspace, "bench", &manifest),
        Err(_) => {
            let mut command = workspace.cargo();
            command.args(["bench", "-p", "twofold-server"]);
            command
        }
    };
    process::tidy_up_when_interrupted()?;
    let cluster = postgres::programs().map(|_| Cluster::start()).transpose()?;
    if let Some(cluster) = &cluster {
        command.env(POSTGRES_URL, cluster.url());
    }
    process::run(command.args(args))
}

/// `cargo VERB` of the server in release. The two variables are what
/// `server/src/http/assets.rs` reads while it is compiled: where the site is,
/// and which one it is, so that cargo compiles it again when that changes.
fn server(workspace: &Workspace, verb: &str, manifest: &Manifest) -> Command {
    let mut command = workspace.cargo();
    command
        .args([verb, "-p", "twofold-server"])
        .env("TWOFOLD_SITE", workspace.site())
        .env("TWOFOLD_SITE_HASH", &manifest.hash);
    if verb == "build" {
        command.args(["--release", "--bin", "twofold"]);
    }
    command
}

/// A digest of all that the site is made of, this program included.
fn stamp(workspace: &Workspace, module: &[u8]) -> Result<String> {
    let mut inputs = BTreeMap::<OsString, Vec<u8>>::new();
    let styles = workspace.styles();
    let entries = fs::read_dir(&styles).with_context(|| format!("{} can't be read", styles.display()))?;
    for entry in entries {
        let path = entry?.path();
        if path.is_file() {
            inputs.insert(path.clone().into_os_string(), fs::read(path)?);
        }
    }
    let mut hasher = Sha256::new();
    hasher.update(fs::read(std::env::current_exe()?)?);
    hasher.update(module);
    for (name, content) in inputs {
        hasher.update(name.as_encoded_bytes());
        hasher.update(content.len().to_le_bytes());
        hasher.update(content);
    }
    Ok(site::hex(&hasher.finalize()))
}

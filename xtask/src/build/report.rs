//! The sizes of what was built, and whether they keep to the budgets.

use std::{fmt, fs};

use anyhow::{Result, bail};

use super::{
    first_screen::FirstScreen,
    site::{FileSize, Manifest},
};
use crate::{budget, workspace::Workspace};

/// The part of the program that only administrators fetch.
const ADMINISTRATION: &str = "split_settings.wasm";

/// Something that has a budget: what it is, bytes as sent, bytes allowed.
struct Limit {
    what: String,
    sent: u64,
    allowed: u64,
}

/// Displays as a table.
pub struct Report {
    files: Vec<FileSize>,
    limits: Vec<Limit>,
    binary: (String, u64),
}

impl Report {
    pub fn new(workspace: &Workspace, manifest: &Manifest, first_screen: &FirstScreen) -> Result<Self> {
        let binary = workspace.binary();
        Ok(Self {
            files: manifest.files.clone(),
            limits: limits(manifest, first_screen),
            binary: (workspace.display(&binary), fs::metadata(&binary)?.len()),
        })
    }

    /// Fails when a budget is passed, naming each.
    pub fn check(&self) -> Result<()> {
        let passed: Vec<String> = self
            .limits
            .iter()
            .filter(|limit| limit.sent > limit.allowed)
            .map(|limit| {
                format!(
                    "{} is {} bytes as sent, {} more than the budget of {}",
                    limit.what,
                    limit.sent,
                    limit.sent - limit.allowed,
                    limit.allowed
                )
            })
            .collect();
        if !passed.is_empty() {
            bail!("over budget (xtask/src/budget.rs):\n  {}", passed.join("\n  "));
        }
        Ok(())
    }
}

fn limits(manifest: &Manifest, first_screen: &FirstScreen) -> Vec<Limit> {
    let is_code = |file: &&FileSize| file.name.ends_with(".js") || file.name.ends_with(".wasm");
    let main =
        manifest.files.iter().filter(is_code).filter(|file| !manifest.is_chunk(&file.name)).map(|file| file.sent).sum();
    let limit = |what: &str, sent, allowed| Limit { what: what.to_owned(), sent, allowed };
    let mut limits = vec![limit("main module", main, budget::MAIN)];
    for file in &manifest.files {
        if file.name == "portal.css" {
            limits.push(limit(&file.name, file.sent, budget::PORTAL_CSS));
        } else if manifest.is_chunk(&file.name) {
            let allowed = if file.name == ADMINISTRATION { budget::ADMINISTRATION } else { budget::CHUNK };
            limits.push(limit(&file.name, file.sent, allowed));
        }
    }
    limits.push(limit("sign-in document", first_screen.document, budget::FIRST_DOCUMENT));
    limits.push(limit("first screen", first_screen.total(), budget::FIRST_SCREEN));
    limits
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = self.files.iter().map(|file| file.name.as_str());
        let names = names.chain(self.limits.iter().map(|limit| limit.what.as_str()));
        let names = names.chain([self.binary.0.as_str()]);
        let width = names.map(str::len).max().unwrap_or_default();
        writeln!(f, "\n{:width$}  {:>10}  {:>10}", "front end", "raw", "sent")?;
        for FileSize { name, raw, sent } in &self.files {
            writeln!(f, "{name:width$}  {raw:>10}  {sent:>10}")?;
        }
        let raw: u64 = self.files.iter().map(|file| file.raw).sum();
        let sent: u64 = self.files.iter().map(|file| file.sent).sum();
        writeln!(f, "{:width$}  {raw:>10}  {sent:>10}", "sum")?;
        writeln!(f, "\n{:width$}  {:>10}  {:>10}", "budget", "allowed", "sent")?;
        for Limit { what, sent, allowed } in &self.limits {
            writeln!(f, "{what:width$}  {allowed:>10}  {sent:>10}")?;
        }
        let (binary, size) = &self.binary;
        writeln!(f, "\n{binary:width$}  {size:>10}\n")
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    fn report(chunk: u64) -> Report {
        let file = |name: &str, sent| FileSize { name: name.to_owned(), raw: 2 * sent, sent };
        let manifest = Manifest {
            hash: String::new(),
            files: vec![file("split_admin.wasm", chunk), file("twofold.js", 1_000), file("twofold_bg.wasm", 2_000)],
            chunks: BTreeMap::from([("admin".to_owned(), vec!["split_admin.wasm".to_owned()])]),
        };
        let first_screen = FirstScreen { document: 1, resources: BTreeMap::new() };
        Report { limits: limits(&manifest, &first_screen), files: manifest.files, binary: ("twofold".to_owned(), 7) }
    }

    #[test]
    fn a_passed_budget_is_named() {
        assert!(report(budget::CHUNK).check().is_ok());
        let error = report(budget::CHUNK + 1).check().unwrap_err().to_string();
        assert!(error.contains("split_admin.wasm"), "{error}");
        assert!(!error.contains("main module"), "{error}");
    }

    #[test]
    fn the_main_module_is_all_code_but_the_chunks() {
        assert_eq!(report(5).limits[0].sent, 3_000);
    }
}

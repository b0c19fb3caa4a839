//! The sizes of what was built, and whether they keep to the budgets.

use std::{fmt, fs};

use anyhow::{Result, bail};

use super::{
    first_screen::FirstScreen,
    site::{FileSize, Manifest},
};
use crate::{budget, workspace::Workspace};

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
    let sent = |name: &str| manifest.files.iter().find(|file| file.name == name).map_or(0, |file| file.sent);
    let limit = |what: &str, sent, allowed| Limit { what: what.to_owned(), sent, allowed };
    let views = manifest.views.iter().zip(&budget::VIEWS).map(|(view, budget)| Limit {
        what: format!("{}{}", view.path, if view.administrator { " (administrator)" } else { "" }),
        sent: view.files.iter().map(|file| sent(file)).sum(),
        allowed: budget.allowed,
    });
    views
        .chain([
            limit("the first dialog", sent("dialogs.wasm"), budget::DIALOGS),
            limit("portal.css", sent("portal.css"), budget::PORTAL_CSS),
            limit("sign-in document", first_screen.document, budget::FIRST_DOCUMENT),
            limit("first screen", first_screen.total(), budget::FIRST_SCREEN),
        ])
        .collect()
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

    use super::{super::site::views, *};

    fn report(part: u64) -> Report {
        let file = |name: &str, sent| FileSize { name: name.to_owned(), raw: 2 * sent, sent };
        let chunks =
            BTreeMap::from([("profile".to_owned(), ["profile.wasm", "shared.wasm"].map(str::to_owned).to_vec())]);
        let manifest = Manifest {
            hash: String::new(),
            files: vec![file("profile.wasm", part), file("shared.wasm", 10), file("twofold.js", 1_000)],
            views: views(&chunks),
            chunks,
        };
        let first_screen = FirstScreen { document: 1, resources: BTreeMap::new() };
        Report { limits: limits(&manifest, &first_screen), files: manifest.files, binary: ("twofold".to_owned(), 7) }
    }

    #[test]
    fn a_page_is_all_that_it_fetches_and_a_passed_budget_is_named() {
        let profile = budget::VIEWS.iter().find(|view| view.path == "/profile").unwrap();
        assert!(report(profile.allowed - 1_010).check().is_ok());
        let error = report(profile.allowed - 1_009).check().unwrap_err().to_string();
        assert!(error.contains("/profile is") && error.contains(" 1 more"), "{error}");
        assert!(!error.contains("/settings"), "{error}");
    }
}

//! The programs that tests need besides Rust: installed where that is allowed,
//! otherwise named in one command to type.

use std::{
    env,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use anyhow::{Result, bail};

use super::{Part, postgres};
use crate::process;

/// Chromium under the names that distributions give it.
const CHROMIUM: [&str; 4] = ["chromium", "chromium-browser", "google-chrome-stable", "google-chrome"];

/// Firefox under the names that distributions give it.
const FIREFOX: [&str; 2] = ["firefox-esr", "firefox"];

struct Tool {
    part: Part,
    /// The Debian package that brings it.
    package: &'static str,
    present: fn() -> bool,
}

const TOOLS: [Tool; 10] = [
    Tool { part: Part::Http, package: "postgresql", present: || postgres::programs().is_some() },
    Tool {
        part: Part::Http,
        package: "pgbouncer",
        present: || find_program("pgbouncer").is_some() || in_sbin("pgbouncer"),
    },
    Tool { part: Part::Http, package: "python3-aiosmtpd", present: || find_program("aiosmtpd").is_some() },
    Tool { part: Part::Browser, package: "python3-aiosmtpd", present: || find_program("aiosmtpd").is_some() },
    Tool { part: Part::Browser, package: "chromium", present: || chromium().is_some() },
    Tool { part: Part::Browser, package: "firefox-esr", present: || firefox().is_some() },
    Tool { part: Part::Browser, package: "nodejs", present: || find_program("node").is_some() },
    Tool { part: Part::Browser, package: "npm", present: || find_program("npm").is_some() },
    Tool { part: Part::Browser, package: "oathtool", present: || find_program("oathtool").is_some() },
    Tool { part: Part::Browser, package: "zbar-tools", present: || find_program("zbarimg").is_some() },
];

/// Makes sure that everything `parts` need is there before the first begins.
pub fn provide(parts: &[Part]) -> Result<()> {
    let missing = missing(parts);
    if missing.is_empty() {
        return Ok(());
    }
    let packages = missing.join(" ");
    if !postgres::is_root() || find_program("apt-get").is_none() {
        bail!(
            "the tests need more programs; this installs them:\n\n  \
             sudo apt-get update && sudo apt-get install --no-install-recommends {packages}\n\n\
             (elsewhere than on Debian: the packages of the same programs)"
        );
    }
    println!("Installing what the tests need: {packages}");
    process::run(apt_get().arg("update"))?;
    process::run(apt_get().args(["install", "-y", "--no-install-recommends"]).args(&missing))?;
    let still_missing = self::missing(parts);
    if !still_missing.is_empty() {
        bail!("installed, yet not found: {}", still_missing.join(" "));
    }
    Ok(())
}

fn missing(parts: &[Part]) -> Vec<&'static str> {
    let needed = TOOLS.iter().filter(|tool| parts.contains(&tool.part) && !(tool.present)());
    let mut packages: Vec<_> = needed.map(|tool| tool.package).collect();
    packages.dedup();
    packages
}

fn apt_get() -> Command {
    let mut command = Command::new("apt-get");
    command.arg("--quiet").env("DEBIAN_FRONTEND", "noninteractive").stdin(Stdio::null());
    command
}

/// The browser: the one that `CHROMIUM` names, else the first in PATH.
pub fn chromium() -> Option<PathBuf> {
    let configured = env::var_os("CHROMIUM").map(PathBuf::from);
    configured.or_else(|| CHROMIUM.into_iter().find_map(find_program))
}

/// The second browser: the one that `FIREFOX` names, else the first in PATH.
pub fn firefox() -> Option<PathBuf> {
    let configured = env::var_os("FIREFOX").map(PathBuf::from);
    configured.or_else(|| FIREFOX.into_iter().find_map(find_program))
}

/// Looks `name` up in PATH.
pub fn find_program(name: &str) -> Option<PathBuf> {
    let file = format!("{name}{}", env::consts::EXE_SUFFIX);
    env::split_paths(&env::var_os("PATH")?).map(|folder| folder.join(&file)).find(|program| program.is_file())
}

/// Where Debian keeps servers, out of most people's PATH.
fn in_sbin(name: &str) -> bool {
    Path::new("/usr/sbin").join(name).is_file()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn programs_are_found_in_path() {
        assert!(find_program("cargo").is_some());
        assert!(find_program("no-such-program").is_none());
    }
}

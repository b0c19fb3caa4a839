//! Bundles the style sheets: `@import`s inlined, minified, and written down to
//! what the browsers of the last three years understand.

use std::path::Path;

use anyhow::{Result, anyhow};
use lightningcss::{
    bundler::{Bundler, FileProvider},
    stylesheet::{MinifyOptions, ParserOptions, PrinterOptions},
    targets::{Browsers, Targets},
};

/// The oldest browsers the interface is made for.
const BROWSERS: Browsers = Browsers {
    android: Some(version(112, 0)),
    chrome: Some(version(112, 0)),
    edge: Some(version(112, 0)),
    firefox: Some(version(115, 0)),
    ie: None,
    ios_saf: Some(version(16, 4)),
    opera: Some(version(98, 0)),
    safari: Some(version(16, 4)),
    samsung: Some(version(22, 0)),
};

const fn version(major: u32, minor: u32) -> u32 {
    major << 16 | minor << 8
}

/// The style sheet that `entry` and its imports make, minified.
pub fn bundle(entry: &Path) -> Result<String> {
    let explain = |error: String| anyhow!("{}: {error}", entry.display());
    let targets = Targets::from(BROWSERS);
    let files = FileProvider::new();
    let mut sheet = Bundler::new(&files, None, ParserOptions::default())
        .bundle(entry)
        .map_err(|error| explain(error.to_string()))?;
    sheet.minify(MinifyOptions { targets, ..MinifyOptions::default() }).map_err(|error| explain(error.to_string()))?;
    let printed = sheet
        .to_css(PrinterOptions { minify: true, targets, ..PrinterOptions::default() })
        .map_err(|error| explain(error.to_string()))?;
    Ok(printed.code)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn imports_are_inlined_and_nesting_is_resolved() {
        let folder = tempfile::tempdir().unwrap();
        let entry = folder.path().join("entry.css");
        std::fs::write(folder.path().join("part.css"), ".a { & .b { color: #ff0000 } }").unwrap();
        std::fs::write(&entry, "@import \"part.css\";\n.c { margin: 0px }").unwrap();
        assert_eq!(bundle(&entry).unwrap(), ".a .b{color:red}.c{margin:0}");
    }

    #[test]
    fn a_missing_import_names_the_sheet() {
        let folder = tempfile::tempdir().unwrap();
        let entry = folder.path().join("entry.css");
        std::fs::write(&entry, "@import \"gone.css\";").unwrap();
        assert!(bundle(&entry).unwrap_err().to_string().contains("entry.css"));
    }
}

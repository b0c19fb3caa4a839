//! Compiles the front end, cuts it into the part that every page loads and the
//! parts that are fetched when they are opened, and makes the JavaScript that
//! loads them.
//!
//! Functions marked `#[wasm_split]` are the cutting points. Cutting needs the relocations that the linker normally drops, hence
//! `--emit-relocs`.

use std::{
    collections::BTreeMap,
    env, fs,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, Result, anyhow};
use wasm_bindgen_cli_support::Bindgen;
use wasm_encoder::{Module, RawSection};
use wasmparser::{Parser, Payload};

use super::packs;
use crate::{
    process,
    workspace::{WASM_TARGET, Workspace},
};

const PROFILE: &str = "wasm-release";
/// Between the flags of `CARGO_ENCODED_RUSTFLAGS`.
const FLAG_SEPARATOR: &str = "\u{1f}";

/// What goes to the browser.
pub struct Front {
    /// Content by path, relative to the folder that is served.
    pub files: BTreeMap<String, Vec<u8>>,
    /// For each part, the files that it is fetched with.
    pub chunks: BTreeMap<String, Vec<String>>,
}

/// Compiles `twofold-frontend` and returns the path of the module.
pub fn compile(workspace: &Workspace) -> Result<PathBuf> {
    workspace.provide_wasm_target()?;
    process::run(
        workspace
            .cargo()
            .args(["build", "-p", "twofold-frontend", "--target", WASM_TARGET])
            .args(["--profile", PROFILE])
            .env("CARGO_ENCODED_RUSTFLAGS", rustflags(workspace)),
    )?;
    Ok(workspace.target.join(WASM_TARGET).join(PROFILE).join("twofold_frontend.wasm"))
}

/// Besides the relocations: where the builder's files are is nobody's business
/// and must not change the result.
fn rustflags(workspace: &Workspace) -> String {
    let mut flags = vec!["-Clink-args=--emit-relocs".to_owned(), "--cfg=erase_components".to_owned()];
    let mut remap = |from: &Path, to: &str| {
        flags.push(format!("--remap-path-prefix={}={to}", from.display()));
    };
    remap(&workspace.root, "twofold");
    if let Some(home) = cargo_home() {
        remap(&home.join("registry").join("src"), "crates");
    }
    flags.join(FLAG_SEPARATOR)
}

fn cargo_home() -> Option<PathBuf> {
    let configured = env::var_os("CARGO_HOME").map(PathBuf::from);
    configured.or_else(|| env::home_dir().map(|home| home.join(".cargo")))
}

/// Splits the compiled module and generates the JavaScript.
pub fn bind(module: &[u8]) -> Result<Front> {
    let scratch = tempfile::tempdir()?;
    let package = scratch.path().join("pkg");
    let main = scratch.path().join("twofold.wasm");
    let mut options = wasm_split_cli_support::Options::new(module);
    options.output_dir = &package;
    options.main_out_path = &main;
    options.main_module = "./twofold.js";
    options.link_name = "./split.js";
    let split = wasm_split_cli_support::transform(options)
        .map_err(|error| anyhow!("the front end could not be split: {error:#}"))?;
    Bindgen::new()
        .input_path(&main)
        .out_name("twofold")
        .web(true)?
        .typescript(false)
        .demangle(false)
        // The script finds its module beside itself.
        .omit_default_module_path(false)
        // The parts find the main module's functions by these exports.
        .keep_lld_exports(true)
        .remove_name_section(true)
        .remove_producers_section(true)
        .generate(&package)
        .context("wasm-bindgen failed")?;

    let mut files = BTreeMap::new();
    collect(&package, &package, &mut files)?;
    for (name, content) in &mut files {
        if name.ends_with(".wasm") {
            *content = without_custom_sections(content).with_context(|| name.clone())?;
        }
    }
    let fetched = split.prefetch_map.into_iter().map(|(part, names)| (part, names.into_iter().collect())).collect();
    let chunks = packs::pack(&mut files, &fetched)?;
    for (name, content) in &mut files {
        if let Some(compact) = str::from_utf8(content).ok().filter(|_| name.ends_with(".js")).and_then(compact) {
            *content = compact.into_bytes();
        }
    }
    Ok(Front { files, chunks })
}

/// A generated script without its comments and indentation, which browsers would download for
/// nothing; `None` where a line may be part of a text that goes over several.
fn compact(script: &str) -> Option<String> {
    let (mut lines, mut in_comment) = (String::with_capacity(script.len()), false);
    for line in script.lines().map(str::trim) {
        if line.matches('`').count() % 2 == 1 {
            return None;
        }
        in_comment |= line.starts_with("/**");
        if !in_comment && !line.is_empty() && !line.starts_with("//") {
            lines.push_str(line);
            lines.push('\n');
        }
        in_comment &= !line.ends_with("*/");
    }
    Some(lines)
}

fn collect(root: &Path, folder: &Path, files: &mut BTreeMap<String, Vec<u8>>) -> Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            collect(root, &path, files)?;
        } else {
            let name = path.strip_prefix(root)?.to_string_lossy().replace('\\', "/");
            files.insert(name, fs::read(&path)?);
        }
    }
    Ok(())
}

/// Names, producers and what the linker noted: of no use to a browser.
fn without_custom_sections(module: &[u8]) -> Result<Vec<u8>> {
    let mut stripped = Module::new();
    for payload in Parser::new(0).parse_all(module) {
        let payload = payload?;
        if matches!(payload, Payload::CustomSection(_)) {
            continue;
        }
        if let Some((id, range)) = payload.as_section() {
            let data = module
                .get(usize::try_from(range.start)?..usize::try_from(range.end)?)
                .context("a section reaches beyond the module")?;
            stripped.section(&RawSection { id, data });
        }
    }
    Ok(stripped.finish())
}

#[cfg(test)]
mod tests {
    use std::borrow::Cow;

    use wasm_encoder::{CustomSection, TypeSection};

    use super::*;

    #[test]
    fn a_script_loses_what_a_browser_does_not_need() {
        let script = "// made by a tool\nexport class A {\n    /**\n     * @returns {number}\n     */\n    get a() {\n        return `/** ${this.x} */`; // x\n\n    }\n    /** short */\n}\n";
        let expected = "export class A {\nget a() {\nreturn `/** ${this.x} */`; // x\n}\n}\n";
        assert_eq!(compact(script).as_deref(), Some(expected));
        assert_eq!(compact("const text = `one\n  two`;\n"), None, "a text of several lines is left as it is");
    }

    #[test]
    fn only_custom_sections_are_dropped() {
        let mut types = TypeSection::new();
        types.ty().function([], []);
        let mut bare = Module::new();
        bare.section(&types);
        let mut named = Module::new();
        named.section(&types).section(&CustomSection { name: Cow::Borrowed("name"), data: Cow::Borrowed(b"secret") });
        let stripped = without_custom_sections(&named.finish()).unwrap();
        assert_eq!(stripped, bare.finish());
    }
}

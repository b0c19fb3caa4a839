//! Which files the parts of the front end are fetched as.
//!
//! Splitting leaves a module for each part, and one for each *set* of parts that
//! have functions in common: dozens, most of them small. A browser should fetch
//! few. So what several parts have in common goes into one file, into another what
//! the page that everybody comes to first does without, and into a third what only
//! administrators' pages need; and each part is one more.
//!
//! A file is a WebAssembly module that holds others in custom sections, because
//! browsers can take those out by themselves. Which function lives where is as
//! it was: all modules find each other through the main one's table. A file has no
//! code of its own that could be compiled while it arrives, so it is read as bytes,
//! whatever type a proxy says that they are.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context as _, Result};
use wasm_encoder::{CustomSection, Module};

/// Parts that only administrators fetch.
const ADMINISTRATION: [&str; 7] = ["audit", "mail", "overview", "policy", "remind", "settings", "users"];

/// The part that everybody comes to first.
const FIRST: &str = "account";

/// The name of the sections.
const SECTION: &str = "part";

/// How a line of the main script ends that imports the functions which fetch parts. It has one for each of them.
const IMPORTED: &str = " from \"./split.js\"";

/// Makes the files of all modules but the main one, and has the main script fetch them.
///
/// `fetched` has the modules of each part, without the extension; so has what is
/// returned the files.
pub fn pack(
    files: &mut BTreeMap<String, Vec<u8>>,
    fetched: &BTreeMap<String, BTreeSet<String>>,
) -> Result<BTreeMap<String, Vec<String>>> {
    let mut packs = BTreeMap::<&str, Vec<&str>>::new();
    for module in fetched.values().flatten().collect::<BTreeSet<_>>() {
        packs.entry(pack_of(module, fetched)).or_default().push(module);
    }
    let needed: BTreeMap<&str, BTreeSet<&str>> = fetched
        .iter()
        .map(|(part, modules)| (part.as_str(), modules.iter().map(|module| pack_of(module, fetched)).collect()))
        .collect();
    for (pack, modules) in &packs {
        let mut file = Module::new();
        for module in modules {
            let name = format!("{module}.wasm");
            let data = files.remove(&name).with_context(|| format!("{name} is missing"))?;
            file.section(&CustomSection { name: SECTION.into(), data: data.into() });
        }
        files.insert(format!("{pack}.wasm"), file.finish());
    }
    files.remove("split.js");
    if !needed.is_empty() {
        let main = files.remove("twofold.js").context("the main script is missing")?;
        let main = String::from_utf8(main)?;
        let main = with_loader(&main, &needed).context("the main script imports the parts in another way")?;
        files.insert("twofold.js".to_owned(), main.into_bytes());
    }
    let file = |pack: &&str| format!("{pack}.wasm");
    Ok(needed.iter().map(|(part, packs)| ((*part).to_owned(), packs.iter().map(file).collect())).collect())
}

/// The file of a module, without the extension.
fn pack_of<'a>(module: &str, fetched: &'a BTreeMap<String, BTreeSet<String>>) -> &'a str {
    let parts = fetched.iter().filter(|(_, modules)| modules.contains(module)).map(|(part, _)| part.as_str());
    let parts: Vec<&str> = parts.collect();
    match parts[..] {
        [part] => part,
        _ if parts.iter().all(|part| ADMINISTRATION.contains(part)) => "administration",
        _ if parts.contains(&FIRST) => "shared",
        _ => "pages",
    }
}

/// The main script with what it would import; `None` where it imports no such thing.
fn with_loader(main: &str, needed: &BTreeMap<&str, BTreeSet<&str>>) -> Option<String> {
    let imported = |line: &str| Some(line.strip_prefix("import * as ")?.strip_suffix(IMPORTED)?.to_owned());
    let mut names = Vec::new();
    let mut script = String::with_capacity(main.len());
    for line in main.lines() {
        match imported(line.trim_end_matches(';')) {
            Some(name) => names.push(name),
            None => script.extend([line, "\n"]),
        }
    }
    script.push_str(&loader(needed));
    script.extend(names.iter().map(|name| format!("const {name} = parts;\n")));
    (!names.is_empty() && !script.contains("split.js\"\n")).then_some(script)
}

/// The functions that the main module fetches parts with. Each is told what to
/// call, by its place in the table, when the part is there or could not be had;
/// what could not be had is tried again the next time.
fn loader(needed: &BTreeMap<&str, BTreeSet<&str>>) -> String {
    let mut script = format!(
        r#"
const packs = {{}};
function fetchPack(name) {{
    return packs[name] ??= instantiatePack(name).catch((error) => {{
        delete packs[name];
        throw error;
    }});
}}
async function instantiatePack(name) {{
    const answer = await fetch(new URL(`./${{name}}.wasm`, import.meta.url));
    if (!answer.ok) throw new Error(`HTTP status ${{answer.status}} for ${{answer.url}}`);
    const pack = await WebAssembly.compile(await answer.arrayBuffer());
    const modules = WebAssembly.Module.customSections(pack, "{SECTION}");
    await Promise.all(modules.map((module) => WebAssembly.instantiate(module, {{ __wasm_split: wasm }})));
}}
async function fetchPart(names, callback, data) {{
    let there = true;
    try {{
        await Promise.all(names.map(fetchPack));
    }} catch (error) {{
        console.error(error);
        there = false;
    }}
    wasm.__indirect_function_table.get(callback)(data, there);
}}
const parts = {{
"#
    );
    for (part, packs) in needed {
        let names: Vec<String> = packs.iter().map(|pack| format!("{pack:?}")).collect();
        let names = names.join(", ");
        script.push_str(&format!("    __wasm_split_load_{part}: (...call) => void fetchPart([{names}], ...call),\n"));
    }
    script.push_str("};\n");
    script
}

#[cfg(test)]
mod tests {
    use wasmparser::{Parser, Payload};

    use super::*;

    fn fetched() -> BTreeMap<String, BTreeSet<String>> {
        let of =
            |part: &str, modules: &[&str]| (part.to_owned(), modules.iter().map(|name| (*name).to_owned()).collect());
        BTreeMap::from([
            of("account", &["chunk_1", "split_account"]),
            of("audit", &["chunk_1", "chunk_2", "split_audit"]),
            of("profile", &["chunk_1", "chunk_3", "split_profile"]),
            of("users", &["chunk_1", "chunk_2", "chunk_3", "split_users"]),
        ])
    }

    fn files() -> BTreeMap<String, Vec<u8>> {
        let chunks = ["chunk_1", "chunk_2", "chunk_3"];
        let modules = chunks.into_iter().chain(["split_account", "split_audit", "split_profile", "split_users"]);
        let modules = modules.map(|name| (format!("{name}.wasm"), name.as_bytes().to_vec()));
        let script = format!("import * as import1{IMPORTED}\nimport * as import2{IMPORTED}\nlet wasm;\n");
        let scripts = [("split.js", ""), ("twofold.js", script.as_str())];
        let scripts = scripts.map(|(name, script)| (name.to_owned(), script.as_bytes().to_vec()));
        modules.chain(scripts).collect()
    }

    #[test]
    fn what_parts_have_in_common_is_in_few_files_by_who_needs_it() {
        let mut files = files();
        let packs = pack(&mut files, &fetched()).unwrap();
        let names: Vec<_> = files.keys().map(String::as_str).collect();
        assert_eq!(
            names,
            [
                "account.wasm",
                "administration.wasm",
                "audit.wasm",
                "pages.wasm",
                "profile.wasm",
                "shared.wasm",
                "twofold.js",
                "users.wasm"
            ]
        );
        assert_eq!(packs["account"], ["account.wasm", "shared.wasm"]);
        assert_eq!(packs["profile"], ["pages.wasm", "profile.wasm", "shared.wasm"]);
        assert_eq!(packs["users"], ["administration.wasm", "pages.wasm", "shared.wasm", "users.wasm"]);
        let script = String::from_utf8(files["twofold.js"].clone()).unwrap();
        assert!(!script.contains("split.js"), "{script}");
        assert!(script.contains("const import1 = parts;\nconst import2 = parts;\n"), "{script}");
        assert!(script.contains(
            r#"__wasm_split_load_profile: (...call) => void fetchPart(["pages", "profile", "shared"], ...call)"#
        ));
    }

    #[test]
    fn a_file_holds_its_modules_whole() {
        let mut files = files();
        let mut fetched = fetched();
        fetched.remove("users");
        files.remove("split_users.wasm");
        pack(&mut files, &fetched).unwrap();
        let sections = |name: &str| -> Vec<Vec<u8>> {
            let payloads = Parser::new(0).parse_all(&files[name]);
            payloads
                .filter_map(|payload| match payload.unwrap() {
                    Payload::CustomSection(section) => Some((section.name(), section.data().to_vec())),
                    _ => None,
                })
                .map(|(name, data)| {
                    assert_eq!(name, SECTION);
                    data
                })
                .collect()
        };
        assert_eq!(sections("audit.wasm"), [b"chunk_2".to_vec(), b"split_audit".to_vec()], "nobody else needs it now");
        assert_eq!(sections("shared.wasm"), [b"chunk_1".to_vec()]);
    }

    #[test]
    fn a_main_script_that_imports_otherwise_is_refused() {
        let mut files = files();
        files.insert("twofold.js".to_owned(), b"import x from \"./split.js\"\n".to_vec());
        assert!(pack(&mut files, &fetched()).is_err());
    }
}

//! The architecture as a test: who may know whom.
//!
//! `ARCHITECTURE.md` draws the floors and rooms. What is read here are the paths that a file names (in `use` and
//! elsewhere), the methods that it calls on `self`, and its texts; tests within a file are not.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, Result, bail};
use syn::{
    Attribute, ExprMethodCall, ImplItemFn, ItemImpl, ItemMod, ItemUse, LitStr, Type, UseTree,
    visit::{self, Visit},
};

/// What the files below a folder never name, and why.
struct Rule {
    below: &'static str,
    but_below: Option<&'static str>,
    never: &'static [&'static str],
    why: &'static str,
}

const RULES: [Rule; 8] = [
    Rule {
        below: "contract/src",
        but_below: None,
        never: &["leptos", "leptos_meta", "leptos_router", "leptos_axum", "app", "axum", "sqlx", "web_sys", "js_sys"],
        why: "the contract is compiled without either side",
    },
    Rule {
        below: "app/src",
        but_below: None,
        never: &["sqlx", "argon2", "chacha20poly1305", "totp_rs", "qrcode", "twofold"],
        why: "the interface reaches the server through the contract",
    },
    Rule {
        below: "server/src/domain",
        but_below: None,
        never: &[
            "crate::store",
            "crate::service",
            "crate::http",
            "crate::cli",
            "crate::config",
            "crate::open",
            "sqlx",
            "tokio",
            "axum",
            "hyper",
            "app",
            "leptos",
            "std::fs",
            "std::env",
            "std::process",
            "std::thread",
            "std::time::Instant",
            "std::time::SystemTime",
        ],
        why: "rules have no input or output",
    },
    Rule {
        below: "server/src/crypto",
        but_below: None,
        never: &["crate::store", "crate::service", "crate::http", "crate::cli", "sqlx", "axum", "app", "leptos"],
        why: "cryptography knows no rows and no requests",
    },
    Rule {
        below: "server/src/store",
        but_below: None,
        never: &["crate::service", "crate::http", "crate::cli", "axum", "app", "leptos"],
        why: "rows know nothing of what is done with them",
    },
    Rule {
        below: "server/src/store/db",
        but_below: None,
        never: &[
            "crate::domain",
            "crate::store::account",
            "crate::store::audit",
            "crate::store::credentials",
            "crate::store::mail",
            "crate::store::policy",
            "crate::store::second_factor",
            "crate::store::session",
        ],
        why: "the two databases are hidden without knowing what is stored",
    },
    Rule {
        below: "server/src/service",
        but_below: None,
        never: &["crate::http", "crate::cli", "sqlx", "axum", "hyper", "app", "leptos"],
        why: "use-cases know neither SQL nor who asks",
    },
    Rule {
        below: "server/src",
        but_below: Some("server/src/crypto"),
        never: &["argon2", "chacha20poly1305"],
        why: "secrets are hashed and sealed in one place",
    },
];

/// How statements begin. They stand in `server/src/store` alone.
const SQL: [&str; 5] = ["SELECT ", "INSERT INTO ", "UPDATE ", "DELETE FROM ", "WITH "];

/// The rooms of the use-cases from the ground up. A room uses those before it. A `door.rs` may use all: it is what the
/// interface asks for, and nothing uses it.
const ROOMS: [&str; 10] =
    ["audit", "mail", "credentials", "session", "policy", "second_factor", "sign_in", "account", "people", "upkeep"];

/// What one file names.
#[derive(Debug, Default)]
struct Source {
    /// Paths, as they are written.
    paths: BTreeSet<String>,
    /// Methods called on `self`.
    calls: BTreeSet<String>,
    /// Methods of `Service` that it has.
    methods: BTreeSet<String>,
    /// Texts.
    texts: Vec<String>,
}

/// Looks whether every file keeps to its floor and room.
///
/// # Errors
/// Names each file that does not, what it must not know, and why.
pub fn check(root: &Path) -> Result<()> {
    let mut sources = BTreeMap::new();
    for folder in ["contract/src", "app/src", "server/src"] {
        for file in rust_files(&root.join(folder))? {
            let text = fs::read_to_string(&file).with_context(|| format!("{} can't be read", file.display()))?;
            let source = read(&text).with_context(|| format!("{} can't be parsed", file.display()))?;
            let name = file.strip_prefix(root).unwrap_or(&file).to_string_lossy().replace('\\', "/");
            sources.insert(name, source);
        }
    }
    let mut broken = of_floors(&sources);
    broken.extend(of_rooms(&sources));
    if broken.is_empty() { Ok(()) } else { bail!("{}", broken.join("\n")) }
}

fn rust_files(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).with_context(|| format!("{} can't be read", folder.display()))? {
        let path = entry?.path();
        if path.is_dir() {
            files.extend(rust_files(&path)?);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
    Ok(files)
}

fn of_floors(sources: &BTreeMap<String, Source>) -> Vec<String> {
    let mut broken = Vec::new();
    for (file, source) in sources {
        for rule in &RULES {
            // A module may be a file beside the folder of the same name.
            let within = |folder: &str| file.starts_with(&format!("{folder}/")) || *file == format!("{folder}.rs");
            if !within(rule.below) || rule.but_below.is_some_and(within) {
                continue;
            }
            for path in &source.paths {
                if rule.never.iter().any(|never| is_below(path, never)) {
                    broken.push(format!("{file} names {path}: {}", rule.why));
                }
            }
        }
        if file.starts_with("server/src/") && !file.starts_with("server/src/store/") {
            let statements =
                source.texts.iter().filter(|text| SQL.iter().any(|sql| text.trim_start().starts_with(sql)));
            broken.extend(statements.map(|text| format!("{file} holds a statement: {text:.40}")));
        }
    }
    broken
}

fn is_below(path: &str, above: &str) -> bool {
    path.strip_prefix(above).is_some_and(|rest| rest.is_empty() || rest.starts_with("::"))
}

/// The use-cases: a room knows those before it, and no two files each other.
fn of_rooms(sources: &BTreeMap<String, Source>) -> Vec<String> {
    let files: BTreeMap<&str, &Source> =
        sources.iter().filter_map(|(file, source)| Some((file.strip_prefix("server/src/service/")?, source))).collect();
    let mut has = BTreeMap::<&str, &str>::new();
    for (file, source) in &files {
        has.extend(source.methods.iter().map(|method| (method.as_str(), *file)));
    }
    let (mut broken, mut uses) = (Vec::new(), BTreeMap::<&str, BTreeSet<&str>>::new());
    for (file, source) in files.iter().filter(|(file, _)| !is_door(file)) {
        let named = files.keys().filter(|other| {
            let module = format!("crate::service::{}", other.trim_end_matches(".rs").replace('/', "::"));
            source.paths.iter().any(|path| is_below(path, &module))
        });
        let called = source.calls.iter().filter_map(|call| has.get(call.as_str()));
        for other in named.chain(called).filter(|other| *other != file) {
            uses.entry(file).or_default().insert(other);
            if let (Some(own), Some(theirs)) = (room(file), room(other))
                && (theirs > own || is_door(other))
            {
                broken.push(format!("service/{file} uses service/{other}, which is above it"));
            }
        }
    }
    broken.extend(rings(&uses).map(|(one, other)| format!("service/{one} and service/{other} use each other")));
    broken
}

fn is_door(file: &str) -> bool {
    file.ends_with("door.rs")
}

/// Place of the room that a file of the use-cases is in.
fn room(file: &str) -> Option<usize> {
    let (room, _) = file.split_once('/')?;
    ROOMS.iter().position(|known| *known == room)
}

/// Pairs of files of which each leads to the other.
fn rings<'a>(uses: &'a BTreeMap<&'a str, BTreeSet<&'a str>>) -> impl Iterator<Item = (&'a str, &'a str)> {
    let leads_to = |from: &'a str| {
        let (mut met, mut ahead) = (BTreeSet::new(), vec![from]);
        while let Some(file) = ahead.pop() {
            ahead.extend(uses.get(file).into_iter().flatten().filter(|next| met.insert(**next)));
        }
        met
    };
    let led: BTreeMap<&str, BTreeSet<&str>> = uses.keys().map(|file| (*file, leads_to(file))).collect();
    let pairs: Vec<_> = led
        .iter()
        .flat_map(|(one, met)| met.iter().map(|other| (*one, *other)))
        .filter(|(one, other)| one < other && led.get(other).is_some_and(|met| met.contains(one)))
        .collect();
    pairs.into_iter()
}

fn read(text: &str) -> Result<Source> {
    let mut source = Source::default();
    source.visit_file(&syn::parse_file(text)?);
    Ok(source)
}

fn is_test(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| {
        attribute.path().is_ident("cfg")
            && attribute.parse_args::<syn::Ident>().is_ok_and(|condition| condition == "test")
    })
}

impl Source {
    fn note(&mut self, tree: &UseTree, before: &str) {
        let join = |name: &dyn ToString| match before {
            "" => name.to_string(),
            before => format!("{before}::{}", name.to_string()),
        };
        match tree {
            UseTree::Path(path) => self.note(&path.tree, &join(&path.ident)),
            UseTree::Group(group) => group.items.iter().for_each(|item| self.note(item, before)),
            UseTree::Name(name) if name.ident == "self" => drop(self.paths.insert(before.to_owned())),
            UseTree::Name(name) => drop(self.paths.insert(join(&name.ident))),
            UseTree::Rename(rename) => drop(self.paths.insert(join(&rename.ident))),
            UseTree::Glob(_) => drop(self.paths.insert(before.to_owned())),
        }
    }
}

impl<'ast> Visit<'ast> for Source {
    fn visit_item_mod(&mut self, module: &'ast ItemMod) {
        if !is_test(&module.attrs) {
            visit::visit_item_mod(self, module);
        }
    }

    fn visit_attribute(&mut self, _: &'ast Attribute) {}

    fn visit_item_use(&mut self, item: &'ast ItemUse) {
        self.note(&item.tree, "");
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        if path.segments.len() > 1 {
            let names: Vec<_> = path.segments.iter().map(|segment| segment.ident.to_string()).collect();
            self.paths.insert(names.join("::"));
        }
        visit::visit_path(self, path);
    }

    fn visit_expr_method_call(&mut self, call: &'ast ExprMethodCall) {
        if matches!(&*call.receiver, syn::Expr::Path(receiver) if receiver.path.is_ident("self")) {
            self.calls.insert(call.method.to_string());
        }
        visit::visit_expr_method_call(self, call);
    }

    fn visit_item_impl(&mut self, item: &'ast ItemImpl) {
        let of_service = matches!(&*item.self_ty, Type::Path(own) if own.path.is_ident("Service"));
        if of_service && item.trait_.is_none() {
            let methods = item.items.iter().filter_map(|item| match item {
                syn::ImplItem::Fn(ImplItemFn { sig, .. }) => Some(sig.ident.to_string()),
                _ => None,
            });
            self.methods.extend(methods);
        }
        visit::visit_item_impl(self, item);
    }

    fn visit_lit_str(&mut self, text: &'ast LitStr) {
        self.texts.push(text.value());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn broken(files: &[(&str, &str)]) -> String {
        let sources = files.iter().map(|(file, text)| ((*file).to_owned(), read(text).unwrap())).collect();
        let mut broken = of_floors(&sources);
        broken.extend(of_rooms(&sources));
        broken.join("\n")
    }

    #[test]
    fn a_floor_looks_down_only() {
        let told = broken(&[("server/src/domain/a.rs", "use crate::{clock, store::{self, Db}};")]);
        assert!(told.contains("server/src/domain/a.rs names crate::store::Db"), "{told}");
        assert!(!told.contains("clock"), "{told}");
        let told =
            broken(&[("contract/src/a.rs", "fn a() { leptos::logging::log!(\"\"); leptos::prelude::window() }")]);
        assert!(told.contains("leptos::prelude::window"), "{told}");
        assert_eq!(broken(&[("server/src/domain/a.rs", "#[cfg(test)] mod tests { use tokio::time; }")]), "");
        assert_eq!(broken(&[("server/src/crypto/a.rs", "use argon2::Argon2;")]), "");
        assert!(broken(&[("server/src/service/audit/a.rs", "use argon2::Argon2;")]).contains("one place"));
    }

    #[test]
    fn statements_stand_in_the_store() {
        let text = "const A: &str = \"SELECT 1\";";
        assert!(broken(&[("server/src/service/audit/a.rs", text)]).contains("holds a statement"));
        assert_eq!(broken(&[("server/src/store/a.rs", text)]), "");
    }

    #[test]
    fn a_room_uses_those_before_it_and_no_two_files_each_other() {
        let method = |name: &str, body: &str| format!("impl Service {{ fn {name}(&self) {{ {body} }} }}");
        let (low, high) = ("server/src/service/audit/low.rs", "server/src/service/people/high.rs");
        let told = broken(&[(low, &method("low", "self.high()")), (high, &method("high", ""))]);
        assert_eq!(told, "service/audit/low.rs uses service/people/high.rs, which is above it");
        assert_eq!(broken(&[(low, &method("low", "")), (high, &method("high", "self.low()"))]), "");
        let beside = "server/src/service/audit/beside.rs";
        let told = broken(&[
            (low, "use crate::service::audit::beside::A; impl Service { fn low(&self) {} }"),
            (beside, &method("beside", "self.low()")),
        ]);
        assert_eq!(told, "service/audit/beside.rs and service/audit/low.rs use each other");
        let door = "server/src/service/audit/door.rs";
        assert_eq!(broken(&[(door, &method("door", "self.high()")), (high, &method("high", ""))]), "");
    }
}

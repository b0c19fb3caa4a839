//! Lays out what the server embeds.
//!
//! ```text
//! target/site/manifest.json      for the server, not served
//! target/site/document.css       for the server, which inlines it
//! target/site/pkg/HASH/…         served as /pkg/HASH/…, each with .br and .gz beside it
//! ```
//!
//! One hash of all the content names the folder, so the files may refer to each
//! other by plain relative names and still be cached for ever: no browser ever
//! mixes two builds.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    io::Write as _,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, Result};
use brotli::enc::BrotliEncoderParams;
use flate2::{Compression, write::GzEncoder};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::budget;

const MANIFEST: &str = "manifest.json";
/// Hexadecimal digits of the hash that names the folder: 64 bits tell apart
/// more builds than there will be.
const HASH_DIGITS: usize = 16;

/// The content of the site, before it is written.
pub struct Site {
    /// Content by path, relative to the folder that is served.
    pub files: BTreeMap<String, Vec<u8>>,
    /// For each part of the front end, the files that it is fetched with.
    pub chunks: BTreeMap<String, Vec<String>>,
    /// Inlined into every document.
    pub document_css: String,
}

/// `manifest.json`; `server/src/http/assets.rs` reads it.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
pub struct Manifest {
    pub hash: String,
    pub files: Vec<FileSize>,
    pub chunks: BTreeMap<String, Vec<String>>,
    /// Nothing that the server needs: the browser tests compare it with what is fetched.
    pub views: Vec<View>,
}

/// What a page that is opened by itself fetches, besides its document.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
pub struct View {
    pub path: String,
    pub administrator: bool,
    pub files: Vec<String>,
}

/// What every page fetches.
const ALWAYS: [&str; 4] = ["icon.svg", "portal.css", "twofold.js", "twofold_bg.wasm"];

/// The files of each page that has a budget, in the same order.
pub fn views(chunks: &BTreeMap<String, Vec<String>>) -> Vec<View> {
    let files = |parts: &[&str]| {
        let parts = parts.iter().filter_map(|part| chunks.get(*part)).flatten().map(String::as_str);
        parts.chain(ALWAYS).collect::<BTreeSet<_>>().into_iter().map(str::to_owned).collect()
    };
    let view = |view: &budget::View| View {
        path: view.path.to_owned(),
        administrator: view.administrator,
        files: files(view.parts),
    };
    budget::VIEWS.iter().map(view).collect()
}

/// One served file: its path below `/pkg/HASH/`, its size, and its size with brotli.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FileSize {
    pub name: String,
    pub raw: u64,
    pub sent: u64,
}

impl Manifest {
    pub fn read(site: &Path) -> Result<Self> {
        let file = site.join(MANIFEST);
        let json = fs::read(&file).with_context(|| format!("{} can't be read", file.display()))?;
        serde_json::from_slice(&json).with_context(|| format!("{} is damaged", file.display()))
    }

    /// All files that belong to some chunk.
    pub fn is_chunk(&self, name: &str) -> bool {
        self.chunks.values().flatten().any(|chunk| chunk == name)
    }
}

impl Site {
    fn hash(&self) -> String {
        let mut hasher = Sha256::new();
        let document = [("", self.document_css.as_bytes())];
        let files = self.files.iter();
        let files = files.map(|(name, content)| (name.as_str(), content.as_slice()));
        for (name, content) in files.chain(document) {
            for part in [name.as_bytes(), content] {
                hasher.update((part.len() as u64).to_le_bytes());
                hasher.update(part);
            }
        }
        let mut digits = hex(&hasher.finalize());
        digits.truncate(HASH_DIGITS);
        digits
    }

    /// Writes everything to `folder`. When that holds just this content it
    /// stays untouched, so cargo sees nothing to embed again.
    pub fn write(&self, folder: &Path) -> Result<Manifest> {
        let (hash, views) = (self.hash(), views(&self.chunks));
        if let Ok(current) = Manifest::read(folder)
            && current.hash == hash
            && current.chunks == self.chunks
            && current.views == views
        {
            return Ok(current);
        }
        let draft = folder.with_extension("new");
        empty(&draft)?;
        let package = draft.join("pkg").join(&hash);
        let mut files = Vec::new();
        for (name, content) in &self.files {
            let sent = write_compressed(&package.join(name), content)?;
            files.push(FileSize { name: name.clone(), raw: content.len() as u64, sent });
        }
        fs::write(draft.join("document.css"), &self.document_css)?;
        let manifest = Manifest { hash, files, chunks: self.chunks.clone(), views };
        fs::write(draft.join(MANIFEST), serde_json::to_vec_pretty(&manifest)?)?;
        if folder.exists() {
            fs::remove_dir_all(folder)?;
        }
        fs::rename(draft, folder)?;
        Ok(manifest)
    }
}

fn empty(folder: &Path) -> Result<()> {
    if folder.exists() {
        fs::remove_dir_all(folder)?;
    }
    Ok(fs::create_dir_all(folder)?)
}

/// Writes the file, and beside it what a browser gets that takes brotli or
/// gzip, where that is smaller. Returns the size with brotli.
fn write_compressed(path: &Path, content: &[u8]) -> Result<u64> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    fs::write(path, content)?;
    let mut sent = content.len();
    let brotli = brotli(content)?;
    if brotli.len() < content.len() {
        sent = brotli.len();
        fs::write(with_suffix(path, ".br"), &brotli)?;
    }
    let gzip = gzip(content)?;
    if gzip.len() < content.len() {
        fs::write(with_suffix(path, ".gz"), &gzip)?;
    }
    Ok(sent as u64)
}

fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}

fn brotli(content: &[u8]) -> Result<Vec<u8>> {
    let parameters =
        BrotliEncoderParams { quality: 11, lgwin: 24, size_hint: content.len(), ..BrotliEncoderParams::default() };
    let mut compressed = Vec::new();
    brotli::BrotliCompress(&mut &*content, &mut compressed, &parameters)?;
    Ok(compressed)
}

/// Without a time stamp or file name, so equal content gives equal bytes.
fn gzip(content: &[u8]) -> Result<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(content)?;
    Ok(encoder.finish()?)
}

/// Lower-case hexadecimal digits.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn site(script: &str) -> Site {
        Site {
            files: BTreeMap::from([("twofold.js".to_owned(), script.as_bytes().to_vec())]),
            chunks: BTreeMap::new(),
            document_css: "body{margin:0}".to_owned(),
        }
    }

    #[test]
    fn equal_content_has_equal_names_and_other_content_another() {
        let folder = tempfile::tempdir().unwrap();
        let target = folder.path().join("site");
        let long = "hydrate();".repeat(50);
        let first = site(&long).write(&target).unwrap();
        let written = fs::metadata(target.join("manifest.json")).unwrap();
        assert_eq!(site(&long).write(&target).unwrap(), first);
        let untouched = fs::metadata(target.join("manifest.json")).unwrap();
        assert_eq!(written.modified().unwrap(), untouched.modified().unwrap());
        assert_ne!(site("other").write(&target).unwrap().hash, first.hash);
        assert!(!target.join("pkg").join(&first.hash).exists());
    }

    #[test]
    fn compressed_copies_lie_beside_what_shrinks() {
        let folder = tempfile::tempdir().unwrap();
        let target = folder.path().join("site");
        let manifest = site(&"hydrate();".repeat(50)).write(&target).unwrap();
        let package = target.join("pkg").join(&manifest.hash);
        assert!(package.join("twofold.js.br").exists());
        assert!(package.join("twofold.js.gz").exists());
        assert!(manifest.files[0].sent < manifest.files[0].raw);
        let manifest = site("x").write(&target).unwrap();
        let package = target.join("pkg").join(&manifest.hash);
        assert!(!package.join("twofold.js.br").exists());
    }
}

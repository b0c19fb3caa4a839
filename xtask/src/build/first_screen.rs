//! Measures what a browser downloads before a person can sign in, by asking
//! the very binary that was built.

use std::{
    collections::{BTreeMap, BTreeSet},
    env,
    io::{BufRead as _, BufReader, Read as _},
    path::Path,
    process::{Child, Command, Stdio},
    sync::mpsc,
    thread,
    time::Duration,
};

use anyhow::{Context as _, Result, bail};
use html5gum::{Token, Tokenizer};

use super::site::Manifest;

const START_TIMEOUT: Duration = Duration::from_secs(20);
const ANSWER_TIMEOUT: Duration = Duration::from_secs(10);
const READY: &str = "listening on ";
/// Far above any budget; only there so that reading ends.
const LARGEST_BODY: u64 = 64 << 20;

/// Bytes as sent, of the sign-in document and of all it references.
pub struct FirstScreen {
    pub document: u64,
    pub resources: BTreeMap<String, u64>,
}

impl FirstScreen {
    pub fn total(&self) -> u64 {
        self.document + self.resources.values().sum::<u64>()
    }
}

/// Starts `binary` on an empty data folder and fetches the sign-in page as a browser would.
pub fn measure(binary: &Path, manifest: &Manifest) -> Result<FirstScreen> {
    let server = Server::start(binary)?;
    let (sent, document) = server.get("/sign-in")?;
    let mut resources = BTreeMap::new();
    for path in references(&String::from_utf8_lossy(&document), manifest) {
        let (sent, _) = server.get(&path)?;
        resources.insert(path, sent);
    }
    Ok(FirstScreen { document: sent, resources })
}

/// The paths that `document` makes a browser fetch: scripts, images, linked
/// styles, icons and preloads, and whatever of ours it names in an inline
/// script. The main script brings its module along.
fn references(document: &str, manifest: &Manifest) -> BTreeSet<String> {
    let mut paths = BTreeSet::new();
    for Ok(token) in Tokenizer::new(document) {
        let Token::StartTag(tag) = token else {
            continue;
        };
        let attribute = match &**tag.name {
            b"script" | b"img" => b"src".as_slice(),
            b"link" => b"href",
            _ => continue,
        };
        if let Some(value) = tag.attributes.get(attribute) {
            let url = String::from_utf8_lossy(value);
            if url.starts_with('/') {
                paths.insert(url.into_owned());
            }
        }
    }
    let url = |name: &str| format!("/pkg/{}/{name}", manifest.hash);
    for file in &manifest.files {
        if document.contains(&url(&file.name)) {
            paths.insert(url(&file.name));
        }
    }
    if paths.contains(&url("twofold.js")) {
        let code = manifest.files.iter().filter(|file| {
            let name = file.name.as_str();
            !manifest.is_chunk(name) && (name.ends_with(".js") || name.ends_with(".wasm"))
        });
        paths.extend(code.map(|file| url(&file.name)));
    }
    paths
}

/// A running server, stopped when dropped.
struct Server {
    child: Child,
    origin: String,
    _data: tempfile::TempDir,
}

impl Server {
    fn start(binary: &Path) -> Result<Self> {
        let data = tempfile::tempdir()?;
        let mut command = Command::new(binary);
        command
            .args(["serve", "--listen", "127.0.0.1:0", "--data-dir"])
            .arg(data.path())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        for (name, _) in env::vars_os() {
            if name.to_string_lossy().starts_with("TWOFOLD_") {
                command.env_remove(name);
            }
        }
        let child = command.spawn().with_context(|| format!("{} could not be started", binary.display()))?;
        let mut server = Self { child, origin: String::new(), _data: data };
        server.origin = server.wait_until_ready()?;
        Ok(server)
    }

    /// Reads what the server prints, and goes on reading so that it never blocks.
    fn wait_until_ready(&mut self) -> Result<String> {
        let (sender, lines) = mpsc::channel();
        let outputs: [Option<Box<dyn std::io::Read + Send>>; 2] = [
            self.child.stdout.take().map(|pipe| Box::new(pipe) as _),
            self.child.stderr.take().map(|pipe| Box::new(pipe) as _),
        ];
        for output in outputs.into_iter().flatten() {
            let sender = sender.clone();
            thread::spawn(move || {
                for line in BufReader::new(output).lines().map_while(Result::ok) {
                    // Nobody listens any more once the address is known.
                    drop(sender.send(line));
                }
            });
        }
        drop(sender);
        let mut said = String::new();
        loop {
            match lines.recv_timeout(START_TIMEOUT) {
                Ok(line) => {
                    if let Some(origin) = line.strip_prefix(READY) {
                        return Ok(origin.trim().to_owned());
                    }
                    said.push_str(&line);
                    said.push('\n');
                }
                Err(_) => bail!("the server did not say \"{READY}http://ADDR\"; it said:\n{said}"),
            }
        }
    }

    /// Bytes of the body as sent, and the body decompressed.
    fn get(&self, path: &str) -> Result<(u64, Vec<u8>)> {
        let url = format!("{}{path}", self.origin);
        let mut response = ureq::get(&url)
            .header("accept", "text/html,*/*")
            .header("accept-encoding", "br")
            .config()
            .timeout_global(Some(ANSWER_TIMEOUT))
            .max_redirects(0)
            .build()
            .call()
            .with_context(|| format!("GET {path}"))?;
        if response.status() != 200 {
            bail!("GET {path} is answered with {}", response.status());
        }
        let body = response
            .body_mut()
            .with_config()
            .limit(LARGEST_BODY)
            .read_to_vec()
            .with_context(|| format!("GET {path}"))?;
        let sent = body.len() as u64;
        let encoding = response.headers().get("content-encoding");
        let body = match encoding.map(|value| value.as_bytes()) {
            Some(b"br") => {
                let mut plain = Vec::new();
                brotli::Decompressor::new(&*body, 4096).read_to_end(&mut plain)?;
                plain
            }
            _ => body,
        };
        Ok((sent, body))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // An error means that it has ended by itself.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

#[cfg(test)]
mod tests {
    use super::{super::site::FileSize, *};

    fn manifest() -> Manifest {
        let file = |name: &str| FileSize { name: name.to_owned(), raw: 2, sent: 1 };
        Manifest {
            hash: "abc".to_owned(),
            files: ["icon.svg", "split_x.wasm", "twofold.js", "twofold_bg.wasm"].map(file).to_vec(),
            chunks: BTreeMap::from([("x".to_owned(), vec!["split_x.wasm".to_owned()])]),
            views: Vec::new(),
        }
    }

    #[test]
    fn links_and_scripts_are_found() {
        let document = r#"<link rel="icon" href="/pkg/abc/icon.svg"><script src="/theme.js"></script>
            <a href="/elsewhere">x</a><img src="data:image/png;base64,xx">"#;
        let found: Vec<_> = references(document, &manifest()).into_iter().collect();
        assert_eq!(found, ["/pkg/abc/icon.svg", "/theme.js"]);
    }

    #[test]
    fn the_main_script_counts_with_its_module_but_not_the_chunks() {
        let document = r#"<script type="module">import("/pkg/abc/twofold.js")</script>"#;
        let found: Vec<_> = references(document, &manifest()).into_iter().collect();
        assert_eq!(found, ["/pkg/abc/twofold.js", "/pkg/abc/twofold_bg.wasm"]);
    }
}

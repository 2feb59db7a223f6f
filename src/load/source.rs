//! Where text comes from: a file, standard input (`-`) or a URL (owner of [`Source`]).

use std::{
    future::Future,
    io::Read,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use super::diagnostic::{Diagnostic, Diagnostics};

/// No file of ours, and no sensible contract, is larger.
const LIMIT: u64 = 64 * 1024 * 1024;

/// How long a URL may take.
const PATIENCE: Duration = Duration::from_secs(30);

/// A text and where it was read.
#[derive(Debug, Clone)]
pub struct Source {
    /// The name a reader knows it by: the path or URL as given, or `<stdin>`.
    pub name: Arc<str>,
    /// The text, without a byte order mark.
    pub text: Arc<str>,
    /// The folder that relative paths in it are relative to.
    pub folder: PathBuf,
    /// Whether the secrets that it names are not read, since nothing is sent: a text stands in for each.
    pub without_secrets: bool,
}

impl Source {
    /// A text that is there already.
    pub fn new(name: impl Into<Arc<str>>, text: impl Into<Arc<str>>) -> Self {
        Self {
            name: name.into(),
            text: text.into(),
            folder: PathBuf::from("."),
            without_secrets: false,
        }
    }

    /// Reads a file, standard input (`-`), or an `http` or `https` URL. `what` says what it is meant to be.
    ///
    /// # Errors
    /// It cannot be read, or is not UTF-8.
    pub fn read(location: &str, what: &str) -> Result<Self, Diagnostics> {
        let name: Arc<str> = if location == "-" {
            "<stdin>".into()
        } else {
            location.into()
        };
        let failed = |reason: String| {
            Diagnostics::from(Diagnostic::of_file(
                &name,
                format!("cannot read the {what}: {reason}"),
            ))
        };
        let bytes = if location == "-" {
            let mut bytes = Vec::new();
            std::io::stdin()
                .lock()
                .take(LIMIT)
                .read_to_end(&mut bytes)
                .map_err(|error| failed(error.to_string()))?;
            bytes
        } else if is_url(location) {
            fetch(location).map_err(failed)?
        } else {
            read_file(Path::new(location)).map_err(failed)?
        };
        let text = String::from_utf8(bytes).map_err(|error| {
            let valid = error.utf8_error().valid_up_to();
            failed(format!("it is not UTF-8 (byte {valid}); save it as UTF-8"))
        })?;
        let folder = if location == "-" || is_url(location) {
            PathBuf::from(".")
        } else {
            folder_of(Path::new(location))
        };
        Ok(Self {
            name,
            text: text.strip_prefix('\u{feff}').unwrap_or(&text).into(),
            folder,
            without_secrets: false,
        })
    }

    /// A path that stands in the text, relative to its folder.
    #[must_use]
    pub fn beside(&self, path: &str) -> PathBuf {
        self.folder.join(path)
    }
}

/// Whether a location is an `http` or `https` URL.
#[must_use]
pub fn is_url(location: &str) -> bool {
    ["http://", "https://"].iter().any(|scheme| {
        location
            .get(..scheme.len())
            .is_some_and(|start| start.eq_ignore_ascii_case(scheme))
    })
}

/// Reads a file whole.
pub(super) fn read_file(path: &Path) -> Result<Vec<u8>, String> {
    let facts = std::fs::metadata(path).map_err(|error| plain(&error))?;
    if facts.is_dir() {
        return Err("it is a folder".into());
    }
    if facts.len() > LIMIT {
        return Err(format!("it is larger than {} MiB", LIMIT / 1024 / 1024));
    }
    std::fs::read(path).map_err(|error| plain(&error))
}

/// The reason in words a reader knows, without the operating system's number.
fn plain(error: &std::io::Error) -> String {
    match error.kind() {
        std::io::ErrorKind::NotFound => "there is no such file".into(),
        std::io::ErrorKind::PermissionDenied => "permission denied".into(),
        _ => error.to_string(),
    }
}

fn folder_of(path: &Path) -> PathBuf {
    path.parent()
        .filter(|folder| !folder.as_os_str().is_empty())
        .map_or_else(|| PathBuf::from("."), Path::to_path_buf)
}

/// Gets a URL. Only what a person named is ever fetched here.
fn fetch(url: &str) -> Result<Vec<u8>, String> {
    let url = url.to_owned();
    wait(async move {
        let client = reqwest::Client::builder()
            .timeout(PATIENCE)
            .user_agent(concat!("muster/", env!("CARGO_PKG_VERSION")));
        // Without a CA store no client can be built, not even for plain HTTP.
        let client = if url.starts_with("http://") {
            client.tls_certs_only([])
        } else {
            client
        };
        let client = client.build().map_err(|error| chain(&error))?;
        let mut answer = client
            .get(&url)
            .send()
            .await
            .map_err(|error| chain(&error))?;
        if !answer.status().is_success() {
            return Err(format!("it returned {}", answer.status()));
        }
        let mut bytes = Vec::new();
        while let Some(chunk) = answer.chunk().await.map_err(|error| chain(&error))? {
            bytes.extend_from_slice(&chunk);
            if bytes.len() as u64 > LIMIT {
                return Err(format!("it is larger than {} MiB", LIMIT / 1024 / 1024));
            }
        }
        Ok(bytes)
    })
}

/// The last and therefore most telling reason of an error.
fn chain(error: &dyn std::error::Error) -> String {
    let mut reason = error.to_string();
    let mut next = error.source();
    while let Some(error) = next {
        reason = error.to_string();
        next = error.source();
    }
    reason
}

/// Waits for a future on a thread of its own, so that loading works inside and outside of a runtime.
pub(super) fn wait<T: Send>(
    future: impl Future<Output = Result<T, String>> + Send,
) -> Result<T, String> {
    std::thread::scope(|scope| {
        scope
            .spawn(|| {
                tokio::runtime::Builder::new_current_thread()
                    .enable_all()
                    .build()
                    .map_err(|error| error.to_string())?
                    .block_on(future)
            })
            .join()
            .unwrap_or_else(|_| Err("Muster failed while it waited".into()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_byte_order_mark_is_no_text() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.yaml");
        std::fs::write(&path, "\u{feff}a: 1\n").unwrap();
        let source = Source::read(path.to_str().unwrap(), "target file").unwrap();
        assert_eq!(&*source.text, "a: 1\n");
        assert_eq!(source.beside("b.pem"), folder.path().join("b.pem"));
    }

    #[test]
    fn says_why_a_file_cannot_be_read() {
        let folder = tempfile::tempdir().unwrap();
        let latin = folder.path().join("latin.yaml");
        std::fs::write(&latin, b"name: caf\xe9\n").unwrap();
        for (path, reason) in [
            (folder.path().join("none.yaml"), "there is no such file"),
            (folder.path().to_path_buf(), "it is a folder"),
            (latin, "it is not UTF-8 (byte 9)"),
        ] {
            let error = Source::read(path.to_str().unwrap(), "target file").unwrap_err();
            assert!(error.to_string().contains(reason), "{error}");
        }
    }

    #[tokio::test]
    async fn a_url_works_where_a_file_does_even_inside_a_runtime() {
        let server = wiremock::MockServer::start().await;
        wiremock::Mock::given(wiremock::matchers::path("/target.yaml"))
            .respond_with(wiremock::ResponseTemplate::new(200).set_body_string("target: T\n"))
            .mount(&server)
            .await;
        let good = format!("{}/target.yaml", server.uri());
        let bad = format!("{}/other.yaml", server.uri());
        let (good, bad) = tokio::task::spawn_blocking(move || {
            (
                Source::read(&good, "target file"),
                Source::read(&bad, "target file"),
            )
        })
        .await
        .unwrap();
        assert_eq!(&*good.unwrap().text, "target: T\n");
        assert!(bad.unwrap_err().to_string().contains("404"));
    }
}

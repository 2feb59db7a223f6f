//! Loading a contract from a file, a URL or standard input, with every document it refers to
//! (owner of [`load_contract`]).

use std::{
    collections::VecDeque,
    path::{Path, PathBuf},
};

use aws_lc_rs::digest::{SHA256, digest};
use serde_json::Value;
use url::Url;

use muster_core::{
    contract::{Contract, Documents, FaultKind, Refused},
    model::Responsible,
};

use super::{
    contract_fetch::{self as fetch, MOST_BYTES},
    contract_source::{self, SyntaxError},
};

/// Documents that one contract may be spread over.
const MOST_DOCUMENTS: usize = 5_000;

/// Which hosts references may lead to. By default the host the contract itself came from, if any.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RemotePolicy {
    offline: bool,
    hosts: Vec<String>,
    root: Option<PathBuf>,
}

impl RemotePolicy {
    /// Nothing is fetched, not even the contract.
    #[must_use]
    pub fn offline() -> Self {
        Self {
            offline: true,
            ..Self::default()
        }
    }

    /// References of a contract from a file may lead to files in this folder and below, in place of the contract's own.
    #[must_use]
    pub fn within(mut self, root: Option<impl Into<PathBuf>>) -> Self {
        self.root = root.map(Into::into);
        self
    }

    /// References to this host are fetched too; a port counts where it is given.
    #[must_use]
    pub fn allow(mut self, host: impl Into<String>) -> Self {
        self.hosts.push(host.into().to_ascii_lowercase());
        self
    }

    /// Whether a URL may be fetched, for a contract that came from `own`; if not, why.
    pub(super) fn allows(&self, url: &Url, own: Option<&Url>) -> Result<(), String> {
        if self.offline {
            return Err("fetching is switched off".to_owned());
        }
        let Some(host) = url.host_str() else {
            return Err("it names no host".to_owned());
        };
        let with_port = url
            .port()
            .map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"));
        let same = own.is_some_and(|own| {
            own.host_str() == url.host_str()
                && own.port_or_known_default() == url.port_or_known_default()
                && own.scheme() == url.scheme()
        });
        if same
            || self
                .hosts
                .iter()
                .any(|allowed| *allowed == host || *allowed == with_port)
        {
            Ok(())
        } else {
            Err(format!("the host `{host}` is not allowed"))
        }
    }
}

/// A contract with what it was made of.
#[derive(Debug)]
pub struct Loaded {
    /// The contract.
    pub contract: Contract,
    /// SHA-256 of the root document's bytes, in lower-case hexadecimal.
    pub sha256: String,
    /// Bytes of all documents together.
    pub bytes: u64,
    /// Every document, the root first.
    pub documents: Vec<LoadedDocument>,
}

/// One document of a contract.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoadedDocument {
    /// Its URI.
    pub uri: String,
    /// SHA-256 of its bytes, in lower-case hexadecimal.
    pub sha256: String,
    /// How many bytes it has.
    pub bytes: u64,
}

/// Why a contract could not be loaded at all. What is wrong inside a contract that loads is a
/// [`Fault`](muster_core::contract::Fault) of it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LoadError {
    /// A file cannot be read.
    #[error("cannot read `{path}`: {message}; check the path of the contract")]
    File {
        /// The path.
        path: String,
        /// Why.
        message: String,
    },
    /// The location is neither a path nor a URL that can be read.
    #[error("`{location}` is not a file, `http:` or `https:` URL: {message}")]
    Location {
        /// The location as given.
        location: String,
        /// Why.
        message: String,
    },
    /// A URL may not be fetched.
    #[error("`{url}` is not fetched: {message}; save it as a file, or allow the host")]
    NotAllowed {
        /// The URL.
        url: String,
        /// Why.
        message: String,
    },
    /// A URL could not be fetched.
    #[error("cannot fetch `{url}`: {message}; check the URL, the proxy and the network")]
    Fetch {
        /// The URL.
        url: String,
        /// Why.
        message: String,
    },
    /// A URL was answered with something else than success.
    #[error("`{url}` returned {status}; {}", advice(*status))]
    Status {
        /// The URL.
        url: String,
        /// The status.
        status: u16,
    },
    /// No HTTP client can be made here.
    #[error("no connection can be made from here: {message}; install the system's CA certificates")]
    Client {
        /// Why.
        message: String,
    },
    /// Too much to read.
    #[error("`{location}` is too large: the documents of a contract may have 64 MiB together")]
    TooLarge {
        /// What was read when the limit came.
        location: String,
    },
    /// The root document is neither JSON nor YAML.
    #[error("`{location}`, {error}")]
    Syntax {
        /// The document.
        location: String,
        /// What and where.
        error: SyntaxError,
    },
    /// The root document is no contract.
    #[error("`{location}`: {refused}")]
    Refused {
        /// The document.
        location: String,
        /// Why.
        refused: Refused,
    },
    /// References lead to files outside the folder that they may lead to.
    #[error(
        "`{location}` refers to files outside {root}, which are not read:\n{}\nCopy them below that folder, or allow a folder above it: `--contract-root DIR`, or `contract_root` in the target file",
        list(references)
    )]
    Outside {
        /// The document.
        location: String,
        /// The folder.
        root: String,
        /// Each reference: where it stands, and what is wrong.
        references: Vec<String>,
    },
    /// The folder that references may lead to cannot be used.
    #[error("the contract root `{path}` cannot be used: {message}")]
    Root {
        /// The path as given.
        path: String,
        /// Why.
        message: String,
    },
    /// Building the contract was cut short.
    #[error("`{location}` could not be read to its end: {message}; this is a fault of Muster")]
    Muster {
        /// The document.
        location: String,
        /// What happened.
        message: String,
    },
}

fn list(references: &[String]) -> String {
    references
        .iter()
        .map(|reference| format!("  {reference}"))
        .collect::<Vec<_>>()
        .join("\n")
}

fn advice(status: u16) -> &'static str {
    match status {
        401 | 403 => "it needs a login: save the document as a file, or ask for access",
        404 | 410 => "check the URL",
        429 => "wait, and try again",
        300..=399 => "use the URL it redirects to",
        _ => "ask whoever runs the server",
    }
}

impl LoadError {
    /// The reason alone, for a fault that names the place itself.
    fn short(self) -> String {
        match self {
            Self::File { message, .. } | Self::Fetch { message, .. } | Self::Client { message } => {
                message
            }
            Self::Status { status, .. } => format!("it returned {status}"),
            Self::TooLarge { .. } => "the documents are more than 64 MiB together".to_owned(),
            other => other.to_string(),
        }
    }

    /// Whose it is to act.
    #[must_use]
    pub const fn responsible(&self) -> Responsible {
        match self {
            Self::File { .. }
            | Self::Location { .. }
            | Self::NotAllowed { .. }
            | Self::Outside { .. }
            | Self::Root { .. } => Responsible::Configuration,
            Self::Fetch { .. } | Self::Client { .. } => Responsible::Network,
            Self::Status { status, .. } => match status {
                401 | 403 => Responsible::Credentials,
                500..=599 => Responsible::Supplier,
                _ => Responsible::Configuration,
            },
            Self::Refused {
                refused: Refused::NotOpenApi { .. } | Refused::NoRoot { .. },
                ..
            } => Responsible::Configuration,
            Self::Syntax { .. } | Self::Refused { .. } => Responsible::Supplier,
            Self::TooLarge { .. } | Self::Muster { .. } => Responsible::Muster,
        }
    }
}

/// Loads a contract from a path, a `file:`, `http:` or `https:` URL, or `-` for standard input.
///
/// Every document that a `$ref` names is read too, breadth first. One that cannot be had, or may not
/// be, is noted; what needs it becomes a fault of the contract, and nothing else does.
///
/// # Errors
/// Where the root document cannot be had, is neither JSON nor YAML, or is not OpenAPI 3.
pub async fn load_contract(location: &str, policy: &RemotePolicy) -> Result<Loaded, LoadError> {
    load_contract_with(location, policy, None).await
}

/// Loads a contract as [`load_contract`] does, through a client of the caller's: for a private CA or
/// a client certificate. It should not follow redirects to other hosts.
///
/// # Errors
/// As [`load_contract`].
pub async fn load_contract_with(
    location: &str,
    policy: &RemotePolicy,
    client: Option<reqwest::Client>,
) -> Result<Loaded, LoadError> {
    let mut loader = Loader {
        policy,
        root: None,
        outside: false,
        own: None,
        client,
        left: MOST_BYTES,
        documents: Documents::new(),
        read: Vec::new(),
        queue: VecDeque::new(),
    };
    let root = loader.root(location).await?;
    loader.references().await;
    let Loader {
        documents,
        read,
        left,
        root: folder,
        outside,
        ..
    } = loader;
    let uri = root.to_string();
    let built = tokio::task::spawn_blocking(move || Contract::build(&uri, documents))
        .await
        .map_err(|error| LoadError::Muster {
            location: location.to_owned(),
            message: error.to_string(),
        })?;
    let contract = built.map_err(|refused| LoadError::Refused {
        location: location.to_owned(),
        refused,
    })?;
    if let Some(folder) = folder.filter(|_| outside) {
        let references: Vec<String> = contract
            .faults
            .iter()
            .filter(|fault| fault.kind == FaultKind::Unfetched && fault.message.contains(OUTSIDE))
            .map(|fault| format!("{}{}: {}", fault.document, fault.pointer, fault.message))
            .collect();
        if !references.is_empty() {
            return Err(LoadError::Outside {
                location: location.to_owned(),
                root: format!("`{}`", folder.display()),
                references,
            });
        }
    }
    Ok(Loaded {
        contract,
        sha256: read
            .first()
            .map(|document| document.sha256.clone())
            .unwrap_or_default(),
        bytes: MOST_BYTES - left,
        documents: read,
    })
}

/// Why a file is not read that a reference names.
const OUTSIDE: &str = "it is outside the folder that references may lead to";

/// Why a document that a reference names is not there.
enum Absent {
    /// Nobody asked for it, or it could not be reached.
    Unfetched(String),
    /// It cannot be had.
    Missing(String),
}

struct Loader<'a> {
    policy: &'a RemotePolicy,
    /// The folder that references may lead to, without symbolic links; none for a contract from a URL.
    root: Option<PathBuf>,
    /// Whether a reference led outside it.
    outside: bool,
    /// The URL the contract came from, if it did.
    own: Option<Url>,
    client: Option<reqwest::Client>,
    left: u64,
    documents: Documents,
    read: Vec<LoadedDocument>,
    queue: VecDeque<Url>,
}

impl Loader<'_> {
    async fn root(&mut self, location: &str) -> Result<Url, LoadError> {
        let (uri, bytes) = if location == "-" {
            let bytes = fetch::stdin(self.left).await?;
            let uri = path_url(Path::new("standard-input"), location)?;
            self.root = Some(self.folder(&uri).await?);
            (uri, bytes)
        } else {
            match remote(location) {
                Some(url) => {
                    if self.policy.offline {
                        return Err(LoadError::NotAllowed {
                            url: location.to_owned(),
                            message: "fetching is switched off".to_owned(),
                        });
                    }
                    self.own = Some(url.clone());
                    let client = self.client()?;
                    let (end, bytes) = fetch::url(&client, &url, self.left).await?;
                    self.own = Some(end.clone());
                    (end, bytes)
                }
                None => {
                    let path = path_of(location)?;
                    let bytes = fetch::file(&path, self.left).await?;
                    let uri = path_url(&path, location)?;
                    self.root = Some(self.folder(&uri).await?);
                    (uri, bytes)
                }
            }
        };
        self.add(uri.clone(), &bytes)
            .map_err(|error| LoadError::Syntax {
                location: location.to_owned(),
                error,
            })?;
        Ok(uri)
    }

    /// The folder that references of a file may lead to.
    async fn folder(&self, contract: &Url) -> Result<PathBuf, LoadError> {
        let wrong = |path: &Path, message: String| LoadError::Root {
            path: path.display().to_string(),
            message,
        };
        let path = match &self.policy.root {
            Some(root) => root.clone(),
            None => {
                let path = contract.to_file_path().unwrap_or_default();
                path.parent().map(Path::to_path_buf).unwrap_or_default()
            }
        };
        let real = tokio::fs::canonicalize(&path)
            .await
            .map_err(|error| wrong(&path, error.to_string()))?;
        if real.is_dir() {
            Ok(real)
        } else {
            Err(wrong(&path, "it is not a folder".to_owned()))
        }
    }

    fn client(&mut self) -> Result<reqwest::Client, LoadError> {
        if let Some(client) = &self.client {
            return Ok(client.clone());
        }
        let client = fetch::client(self.policy, self.own.as_ref())?;
        self.client = Some(client.clone());
        Ok(client)
    }

    /// Takes a document in, and what it refers to into the queue.
    fn add(&mut self, uri: Url, bytes: &[u8]) -> Result<(), SyntaxError> {
        self.left = self.left.saturating_sub(bytes.len() as u64);
        let document = contract_source::read(bytes)?;
        references(&document.value, &mut |reference| {
            // A fragment alone stays in the document.
            if !reference.starts_with('#')
                && let Ok(mut target) = uri.join(reference)
            {
                target.set_fragment(None);
                if !self.documents.knows(target.as_str()) && target != uri {
                    self.queue.push_back(target);
                }
            }
        });
        self.read.push(LoadedDocument {
            uri: uri.to_string(),
            sha256: hex(digest(&SHA256, bytes).as_ref()),
            bytes: bytes.len() as u64,
        });
        self.documents.insert(uri.as_str(), document);
        Ok(())
    }

    async fn references(&mut self) {
        while let Some(uri) = self.queue.pop_front() {
            if self.documents.knows(uri.as_str()) {
                continue;
            }
            if self.documents.len() >= MOST_DOCUMENTS {
                let why = format!("a contract may be spread over {MOST_DOCUMENTS} documents");
                self.documents.unfetched(uri.as_str(), why);
                continue;
            }
            let got = match self.get(&uri).await {
                Ok(bytes) => self
                    .add(uri.clone(), &bytes)
                    .map_err(|error| Absent::Missing(error.to_string())),
                Err(absent) => Err(absent),
            };
            match got {
                Ok(()) => {}
                Err(Absent::Unfetched(why)) => self.documents.unfetched(uri.as_str(), why),
                Err(Absent::Missing(why)) => self.documents.missing(uri.as_str(), why),
            }
        }
    }

    async fn get(&mut self, uri: &Url) -> Result<Vec<u8>, Absent> {
        match uri.scheme() {
            "file" => self.get_file(uri).await,
            "http" | "https" => {
                self.policy
                    .allows(uri, self.own.as_ref())
                    .map_err(Absent::Unfetched)?;
                let absent = |error: LoadError| match &error {
                    LoadError::Status { status, .. }
                        if !matches!(status, 401 | 403 | 429 | 500..) =>
                    {
                        Absent::Missing(error.short())
                    }
                    _ => Absent::Unfetched(error.short()),
                };
                let client = self.client().map_err(absent)?;
                fetch::url(&client, uri, self.left)
                    .await
                    .map(|(_, bytes)| bytes)
                    .map_err(absent)
            }
            scheme => Err(Absent::Unfetched(format!("`{scheme}:` cannot be fetched"))),
        }
    }

    /// Reads a file that is in the folder that references may lead to, symbolic links followed.
    async fn get_file(&mut self, uri: &Url) -> Result<Vec<u8>, Absent> {
        let Some(root) = &self.root else {
            let why = "a contract from a URL may not refer to files";
            return Err(Absent::Unfetched(why.to_owned()));
        };
        let path = uri
            .to_file_path()
            .map_err(|()| Absent::Missing("it is not a path of this system".to_owned()))?;
        // Where there is no such file, its nearest folder that exists says whether it would be outside.
        let mut real = None;
        for path in path.ancestors() {
            if let Ok(found) = tokio::fs::canonicalize(path).await {
                real = Some(found);
                break;
            }
        }
        if !real.is_some_and(|real| real.starts_with(root)) {
            self.outside = true;
            return Err(Absent::Unfetched(OUTSIDE.to_owned()));
        }
        fetch::file(&path, self.left)
            .await
            .map_err(|error| Absent::Missing(error.short()))
    }
}

fn remote(location: &str) -> Option<Url> {
    Url::parse(location)
        .ok()
        .filter(|url| matches!(url.scheme(), "http" | "https"))
}

fn path_of(location: &str) -> Result<PathBuf, LoadError> {
    if location.starts_with("file:") {
        let wrong = |message: &str| LoadError::Location {
            location: location.to_owned(),
            message: message.to_owned(),
        };
        return Url::parse(location)
            .map_err(|error| wrong(&error.to_string()))?
            .to_file_path()
            .map_err(|()| wrong("it is not a path of this system"));
    }
    Ok(PathBuf::from(location))
}

fn path_url(path: &Path, location: &str) -> Result<Url, LoadError> {
    let wrong = |message: String| LoadError::Location {
        location: location.to_owned(),
        message,
    };
    let absolute = std::path::absolute(path).map_err(|error| wrong(error.to_string()))?;
    Url::from_file_path(&absolute).map_err(|()| wrong("it has no absolute path".to_owned()))
}

/// Every reference in a document: `$ref`s wherever they stand, `operationRef`s, and the values of a
/// discriminator's `mapping` that can only be references.
fn references(value: &Value, found: &mut impl FnMut(&str)) {
    match value {
        Value::Object(members) => {
            for (name, member) in members {
                match (name.as_str(), member) {
                    ("$ref" | "operationRef" | "$dynamicRef", Value::String(reference)) => {
                        found(reference);
                    }
                    ("mapping", Value::Object(mapping)) => mapping
                        .values()
                        .filter_map(Value::as_str)
                        .filter(|target| target.contains(['/', '#']))
                        .for_each(&mut *found),
                    _ => references(member, found),
                }
            }
        }
        Value::Array(items) => items.iter().for_each(|item| references(item, found)),
        _ => {}
    }
}

fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write;
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

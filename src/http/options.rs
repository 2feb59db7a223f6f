//! How to reach a target.

use std::{collections::HashMap, fmt, sync::Arc, time::Duration};

use secrecy::SecretString;
use url::Url;

use muster_core::{contract::ServerPaths, model::IdentityName};

/// How long an unused connection is kept: less than the five seconds after which common servers close.
pub(super) const IDLE: Duration = Duration::from_secs(4);

/// How to reach a target.
#[derive(Debug, Clone)]
pub struct Options {
    /// The base URL: every request goes to its host.
    pub base_url: Url,
    /// The paths that operations are served below, where it is not that of the base URL.
    pub server_paths: Option<Arc<ServerPaths>>,
    /// How much of a body is read, in bytes, content encoding undone.
    pub body_limit: usize,
    /// The time limit of a whole exchange.
    pub timeout: Duration,
    /// The time limit of opening a connection.
    pub connect_timeout: Duration,
    /// Whose certificates are trusted.
    pub trust: Trust,
    /// The certificate that Muster shows where an identity has none of its own.
    pub client_certificate: Option<ClientCertificate>,
    /// Certificates of single identities.
    pub identity_certificates: HashMap<IdentityName, ClientCertificate>,
    /// How many requests will be under way at once: so many connections are kept open.
    pub concurrency: usize,
    /// Whether the proxy that the environment names is used. It never is for a target on this machine.
    pub proxy: bool,
    /// What Muster calls itself.
    pub user_agent: String,
}

impl Options {
    /// The usual limits for this base URL.
    #[must_use]
    pub fn new(base_url: Url) -> Self {
        Self {
            base_url,
            server_paths: None,
            body_limit: 8 << 20,
            timeout: Duration::from_secs(30),
            connect_timeout: Duration::from_secs(10),
            trust: Trust::System,
            client_certificate: None,
            identity_certificates: HashMap::new(),
            concurrency: 8,
            proxy: true,
            user_agent: concat!("muster/", env!("CARGO_PKG_VERSION")).to_owned(),
        }
    }
}

impl Options {
    /// The certificate that is shown in handshakes of their own: the one of every caller, or else the one of
    /// the first identity that has one.
    pub(super) fn any_certificate(&self) -> Option<&ClientCertificate> {
        self.client_certificate.as_ref().or_else(|| {
            let mut names: Vec<_> = self.identity_certificates.iter().collect();
            names.sort_by_key(|(name, _)| (**name != IdentityName::default(), name.to_string()));
            names.first().map(|(_, certificate)| *certificate)
        })
    }
}

/// Whose certificates are trusted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Trust {
    /// The certificate authorities of this machine.
    #[default]
    System,
    /// Only these, as PEM.
    Only(Vec<u8>),
    /// Those of this machine and these, as PEM.
    SystemAnd(Vec<u8>),
}

/// A client certificate for mutual TLS.
#[derive(Clone)]
pub struct ClientCertificate {
    /// The chain as PEM, the client's own first.
    pub chain: Vec<u8>,
    /// The private key as PEM.
    pub key: SecretString,
}

impl fmt::Debug for ClientCertificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientCertificate").finish_non_exhaustive()
    }
}

/// Why there is no way to the target.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TransportError {
    /// The base URL has a scheme other than `http` and `https`, or no host.
    #[error("The base URL {0} is not an http or https address of a host.")]
    BaseUrl(String),
    /// The base URL carries a user name or password.
    #[error(
        "The base URL carries a user name or password; give them under identities in the target file."
    )]
    UserInBaseUrl,
    /// The file of certificate authorities cannot be used.
    #[error("The certificate authorities cannot be read: {0}.")]
    Authorities(String),
    /// The client certificate cannot be used.
    #[error("The client certificate cannot be used: {0}.")]
    ClientCertificate(String),
    /// The HTTP library refuses the settings.
    #[error("The HTTP client cannot be set up: {0}.")]
    Client(String),
}

//! The reference supplier: a police-records API, good by default and faulty on demand.
//!
//! It is what `muster demo` serves and what `muster selftest` proves the checks against, so it has to be honest: it keeps
//! every promise of its own contract (`contract.yaml`), and a [`Fault`] breaks exactly one of them. [`Supplier`] owns it.
//!
//! A request goes `listen → pipeline → records → store`; `rules` holds what the contract promises, `faults` what can go wrong.
#![allow(clippy::disallowed_methods, reason = "a service has a clock and tasks")]

mod certificates;
mod conditions;
mod document;
mod exports;
mod fault;
mod faults;
mod follow;
mod ihub;
pub mod issuer;
mod jwt;
mod latency;
mod links;
mod listen;
mod making;
mod message;
mod negotiate;
mod neighbours;
mod old_tls;
mod one_answer;
mod page;
mod pipeline;
mod preconditions;
mod proofs;
mod races;
mod rate;
mod records;
mod replica;
mod rules;
mod seed;
mod store;
mod strict_json;
#[cfg(test)]
mod tests;
mod text;
mod tokens;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_rustls::TlsAcceptor;

use certificates::Certificates;
pub use fault::Fault;
use fault::Misbehaviour;
pub use faults::{fault, faults};
pub use ihub::{
    ApiKey, CONTRACT as IHUB_CONTRACT, IhubFault, IhubSupplier, PemPair, ihub_fault, ihub_faults,
};
pub use jwt::Trusted;
use latency::Latency;
use listen::Ends;
use pipeline::Target;
use rate::Rate;
use replica::Replica;
use rules::Rules;
use store::Store;
pub use tokens::TokenFormat;
use tokens::{Defect, Grant, Tokens};

/// How far the reads of a supplier lag behind that does not say so.
const LAG: Duration = Duration::from_millis(300);

/// The largest body that is taken, in bytes, as the contract says.
const LARGEST_BODY: usize = 65_536;

/// The client with a small quota, and its requests a second.
const THROTTLED: &str = "zztest-north-throttled";
const THROTTLED_QUOTA: u32 = 5;

/// How a supplier is to be. The default is good, quick, plain HTTP, with data.
#[derive(Debug, Clone)]
pub struct Options {
    /// What is wrong with it.
    pub faults: Vec<&'static Fault>,
    /// Serve TLS, and refuse plain HTTP on a second port.
    pub tls: Option<Tls>,
    /// How long it waits before each answer.
    pub latency: Duration,
    /// How much longer it may wait, at random.
    pub jitter: Duration,
    /// How far reads lag behind writes.
    pub eventual: Duration,
    /// What the jitter is drawn from; the same seed draws the same.
    pub seed: u64,
    /// Start with a dozen records of each kind.
    pub data: bool,
    /// The requests that each client may send in a second.
    pub requests_per_second: u32,
    /// The port, or 0 for any that is free.
    pub port: u16,
    /// Of what form access tokens are.
    pub tokens: TokenFormat,
    /// Another issuer whose tokens are believed besides the supplier's own.
    pub trusts: Option<Trusted>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            faults: Vec::new(),
            tls: None,
            latency: Duration::ZERO,
            jitter: Duration::ZERO,
            eventual: Duration::ZERO,
            seed: 0,
            data: true,
            requests_per_second: 20_000,
            port: 0,
            tokens: TokenFormat::Opaque,
            trusts: None,
        }
    }
}

/// How TLS is to be.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tls {
    /// Refuse callers without a certificate of the supplier's own authority.
    pub require_client_certificate: bool,
}

/// Who may call, as a supplier would tell its customers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Credentials {
    /// Where tokens are issued.
    pub token_url: String,
    /// The first force, with every scope.
    pub north: Client,
    /// The second force, with every scope.
    pub south: Client,
    /// The first force again, with `records:read` only.
    pub read_only: Client,
    /// The first force again, with `records:read` and no more than a few requests a second.
    pub throttled: Client,
    /// Tokens that must open nothing, each with the name of what is wrong with it, such as `expired`.
    pub lent: Vec<(&'static str, String)>,
}

impl Credentials {
    fn all(&self) -> [&Client; 4] {
        [&self.north, &self.south, &self.read_only, &self.throttled]
    }
}

/// One OAuth client. Its secret is made at start, and opens nothing but this synthetic service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Client {
    /// The client id.
    pub id: String,
    /// The client secret.
    pub secret: String,
    /// The force it belongs to.
    pub force: String,
    /// What it may do.
    pub scopes: Vec<String>,
}

impl Client {
    fn new(id: &str, force: &str, scopes: &[&str]) -> Self {
        Self {
            id: id.to_owned(),
            secret: format!("zztest-{}", making::new_id()),
            force: force.to_owned(),
            scopes: scopes.iter().map(|scope| (*scope).to_owned()).collect(),
        }
    }
}

/// Why a supplier could not start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SupplierError {
    /// Its own contract cannot be read: a mistake in Muster.
    #[error("the reference supplier's contract cannot be read: {0}")]
    Contract(String),
    /// No port could be had.
    #[error("no port on 127.0.0.1 could be opened: {0}")]
    Port(#[from] std::io::Error),
    /// Its certificates could not be made.
    #[error("the reference supplier's certificates could not be made: {0}")]
    Certificates(String),
}

/// A running supplier. It stops when it is dropped.
#[derive(Debug)]
pub struct Supplier {
    house: Arc<SupplierState>,
    contract: Value,
    port: u16,
    plain_port: Option<u16>,
    certificates: Option<Certificates>,
    tasks: Vec<JoinHandle<()>>,
}

impl Supplier {
    /// Opens the ports and answers from now on.
    pub async fn start(options: Options) -> Result<Self, SupplierError> {
        let rules = Rules::get().map_err(SupplierError::Contract)?;
        let listener = TcpListener::bind(("127.0.0.1", options.port)).await?;
        let port = listener.local_addr()?.port();
        let tls_faults: Vec<_> = options
            .faults
            .iter()
            .filter_map(|fault| fault.tls)
            .collect();
        let certificates = options
            .tls
            .map(|tls| Certificates::make(tls, &tls_faults))
            .transpose()?;
        let scheme = if certificates.is_some() {
            "https"
        } else {
            "http"
        };
        let origin = format!("{scheme}://127.0.0.1:{port}");
        let contract = document::served(&origin, &options.faults, options.tokens)
            .map_err(SupplierError::Contract)?;
        let house = Arc::new(SupplierState::new(rules, options, origin, &contract));
        if house.seeded {
            let mut store = house.store();
            seed::fill(&house, &mut store);
            store.seeded = store.last();
        }

        let acceptor = certificates.as_ref().map(|certificates| listen::Tls {
            acceptor: TlsAcceptor::from(certificates.server.clone()),
            faults: tls_faults.into(),
        });
        let mut tasks = Vec::new();
        let mut plain_port = None;
        if acceptor.is_some() {
            let plain = TcpListener::bind(("127.0.0.1", 0)).await?;
            plain_port = Some(plain.local_addr()?.port());
            let router = listen::plain_router(&house, port);
            tasks.push(tokio::spawn(listen::accept(
                plain,
                None,
                router,
                Ends::WhenIdle,
            )));
        }
        let router = listen::router(&house);
        let ends = if house.is(Misbehaviour::ClosesSilently) {
            Ends::AfterAnswer
        } else {
            Ends::WhenIdle
        };
        tasks.push(tokio::spawn(listen::accept(
            listener, acceptor, router, ends,
        )));
        Ok(Self {
            house,
            contract,
            port,
            plain_port,
            certificates,
            tasks,
        })
    }

    /// Where the API is, as the first server of its contract: `http://127.0.0.1:PORT/v1`.
    pub fn base_url(&self) -> String {
        format!("{}{}", self.house.origin, self.house.prefix)
    }

    /// Where the supplier is, without a path: `http://127.0.0.1:PORT`.
    pub fn origin(&self) -> &str {
        &self.house.origin
    }

    /// The port of the API.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The contract as it is served at `/openapi.json`.
    pub fn contract(&self) -> Value {
        self.contract.clone()
    }

    /// Who may call.
    pub fn credentials(&self) -> &Credentials {
        &self.house.credentials
    }

    /// Of what form its access tokens are.
    pub fn tokens(&self) -> TokenFormat {
        self.house.format
    }

    /// The port that refuses plain HTTP, if the API is served over TLS.
    pub fn plain_http_port(&self) -> Option<u16> {
        self.plain_port
    }

    /// The certificate of the authority to trust, in PEM, if the API is served over TLS.
    pub fn ca_pem(&self) -> Option<&str> {
        self.certificates
            .as_ref()
            .map(|certificates| certificates.ca_pem.as_str())
    }

    /// A client's certificate and key, in PEM, if the API is served over TLS.
    pub fn client_identity_pem(&self) -> Option<(&str, &str)> {
        let (certificate, key) = &self.certificates.as_ref()?.client_pem;
        Some((certificate, key))
    }

    /// The same of the second force.
    pub fn other_client_identity_pem(&self) -> Option<(&str, &str)> {
        let (certificate, key) = &self.certificates.as_ref()?.other_client_pem;
        Some((certificate, key))
    }

    /// Closes the ports and waits until they are closed.
    pub async fn stop(mut self) {
        for task in std::mem::take(&mut self.tasks) {
            task.abort();
            // An aborted task ends with an error that says so.
            let _ = task.await;
        }
    }
}

impl Drop for Supplier {
    fn drop(&mut self) {
        for task in &self.tasks {
            task.abort();
        }
    }
}

/// What every request of one supplier shares.
#[derive(Debug)]
struct SupplierState {
    rules: &'static Rules,
    faults: Vec<&'static Fault>,
    origin: String,
    /// What stands before every path of the contract.
    prefix: &'static str,
    targets: HashMap<String, Target>,
    document: Bytes,
    credentials: Credentials,
    tokens: Tokens,
    /// Whether clients show a key with a secret in place of a token.
    keys: bool,
    format: TokenFormat,
    rate: Rate,
    latency: Latency,
    replica: Replica,
    seeded: bool,
    asked: std::sync::OnceLock<std::time::Instant>,
    store: Mutex<Store>,
}

impl SupplierState {
    /// How long an export takes: longer behind a slow line or a copy that lags, so that a caller can still come
    /// in time to cancel it.
    fn export_takes(&self) -> Duration {
        exports::TAKES + self.latency.longest() * 4 + self.replica.lag() * 2
    }

    /// How long until the export is done whose result has this path; nothing for other paths and exports.
    fn until_export(&self, path: &str) -> Option<Duration> {
        let (before, id) = path.strip_suffix("/result")?.rsplit_once('/')?;
        let store = self.store();
        let export = store.exports.get(&id.to_ascii_lowercase())?;
        before
            .ends_with("/exports")
            .then(|| export.remains(self.export_takes()))
    }

    fn new(rules: &'static Rules, options: Options, origin: String, contract: &Value) -> Self {
        let has = |switch| {
            options
                .faults
                .iter()
                .any(|fault| fault.switch == Some(switch))
        };
        let tokens = Tokens::new(options.tokens, &origin, options.trusts.clone(), &has);
        let prefix = if has(Misbehaviour::Unversioned) {
            ""
        } else {
            "/v1"
        };
        let scopes = ["records:read", "records:write", "audit:read"];
        let north = Client::new("zztest-north", "ZZ01", &scopes);
        let lent = Defect::ALL
            .into_iter()
            .filter(|_| options.tokens != TokenFormat::Keys)
            .map(|(defect, name)| (name, tokens.make(Grant::of(&north), Some(defect))))
            .collect();
        Self {
            rules,
            targets: targets(rules, prefix, &options.faults),
            document: document::published(contract, &options.faults),
            credentials: Credentials {
                token_url: format!("{origin}/oauth2/token"),
                north,
                south: Client::new("zztest-south", "ZZ02", &scopes),
                read_only: Client::new("zztest-north-reader", "ZZ01", &["records:read"]),
                throttled: Client::new(THROTTLED, "ZZ01", &["records:read"]),
                lent,
            },
            tokens,
            rate: if has(Misbehaviour::NeverThrottles) {
                Rate::new(options.requests_per_second)
            } else {
                Rate::new(options.requests_per_second).but(THROTTLED, THROTTLED_QUOTA)
            },
            keys: options.tokens == TokenFormat::Keys,
            format: options.tokens,
            replica: Replica::new(if has(Misbehaviour::ReadsLag) {
                LAG
            } else {
                options.eventual
            }),
            latency: Latency::new(options.latency, options.jitter, options.seed),
            seeded: options.data,
            asked: std::sync::OnceLock::new(),
            faults: options.faults,
            store: Mutex::default(),
            origin,
            prefix,
        }
    }

    fn store(&self) -> MutexGuard<'_, Store> {
        // A panic in one request must not silence the others.
        self.store.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn is(&self, switch: Misbehaviour) -> bool {
        self.faults.iter().any(|fault| fault.switch == Some(switch))
    }

    /// Does a fault overlook the rule at this path of a schema?
    fn overlooks(&self, schema_path: &str) -> bool {
        self.faults.iter().any(|fault| match fault.switch {
            Some(Misbehaviour::Overlooks(end)) => schema_path.ends_with(end),
            _ => false,
        })
    }

    /// Does a fault overlook wrong values of this query parameter?
    fn overlooks_parameter(&self, name: &str) -> bool {
        self.faults.iter().any(|fault| match fault.switch {
            Some(Misbehaviour::OverlooksParameter(overlooked)) => overlooked == name,
            _ => false,
        })
    }

    /// Does a fault make an operation take a query parameter that the good contract does not have?
    fn takes_query(&self, operation: &str, name: &str) -> bool {
        match (operation, name) {
            ("listVehicles", "id") => self.is(Misbehaviour::ListsVehiclesById),
            ("listVehicles", "offset") => self.is(Misbehaviour::TakesOffset),
            ("listIncidents", "action") => self.is(Misbehaviour::IncidentsTakeAction),
            ("listPeople", "pncId") => self.is(Misbehaviour::PeopleTakePncId),
            _ => false,
        }
    }

    /// Is it less than two and a half seconds since this was first asked?
    fn is_young(&self) -> bool {
        let first = self.asked.get_or_init(std::time::Instant::now);
        first.elapsed() < std::time::Duration::from_millis(2_500)
    }

    fn security_text(&self) -> String {
        format!(
            "Contact: mailto:security@records.example\nExpires: 2099-12-31T23:59:59Z\nPreferred-Languages: en, cy\nCanonical: {}/.well-known/security.txt\n",
            self.origin
        )
    }
}

fn targets(
    rules: &'static Rules,
    prefix: &str,
    faults: &[&'static Fault],
) -> HashMap<String, Target> {
    let mut targets = HashMap::from([
        ("/oauth2/token".to_owned(), Target::Tokens),
        ("/openapi.json".to_owned(), Target::Document),
        ("/.well-known/security.txt".to_owned(), Target::SecurityText),
        ("/.well-known/jwks.json".to_owned(), Target::PublicKeys),
    ]);
    for template in rules.paths.keys() {
        targets.insert(format!("{prefix}{template}"), Target::Contract(template));
    }
    for (called, meant) in faults.iter().flat_map(|fault| fault.routes) {
        targets.insert(format!("{prefix}{called}"), Target::Contract(meant));
    }
    targets
}

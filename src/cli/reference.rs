//! The reference supplier as something to test (owner of [`Reference`]).

use std::{collections::BTreeMap, time::Duration};

use serde_json::{Value, json};

use super::{Failure, job::LoadedContract, session, wiring};
use crate::load::{Diagnostic, Target, TlsFiles, nearest::nearest};
use muster_core::{
    contract::Contract,
    model::{
        AUTHORISATION_TABLE, Budget, Claims, ClientCertificate, Credential, Environment, Identity,
        IdentityName, KeyPlace, OAuth2, Parameters, Writes,
    },
};
use muster_jose::{Algorithm, SigningKey};
use muster_supplier::{
    self as supplier, Client, Fault, IhubFault, IhubSupplier, Options, Supplier, Tls, TokenFormat,
};

mod ihub;

/// The profile that is served by the receiver of the iHub Standard API.
pub(super) const IHUB: &str = "ihub-standard-api";

/// A running reference supplier: the one that serves the API of a profile.
#[derive(Debug)]
pub(super) enum Reference {
    /// Police records.
    Records(Box<Records>),
    /// The iHub Standard API.
    Ihub(Box<IhubSupplier>),
}

/// How slow the reference supplier is, and how late its reads.
#[derive(Debug, Clone, Copy, Default)]
pub struct Delay {
    /// The wait before each answer.
    pub(super) latency: Duration,
    /// How much longer it may be.
    pub(super) jitter: Duration,
    /// How far reads lag behind writes.
    pub(super) eventual: Duration,
    /// What the jitter is drawn from.
    pub(super) seed: u64,
}

impl Delay {
    /// These options with the delay in them.
    fn on(self, options: Options) -> Options {
        Options {
            latency: self.latency,
            jitter: self.jitter,
            eventual: self.eventual,
            seed: self.seed,
            ..options
        }
    }

    /// Whether reads lag behind writes.
    pub(super) const fn lags(self) -> bool {
        !self.eventual.is_zero()
    }

    /// Whether there is any.
    pub(super) const fn is_none(self) -> bool {
        self.latency.is_zero() && self.jitter.is_zero() && self.eventual.is_zero()
    }
}

/// The police-records API.
#[derive(Debug)]
pub(super) struct Records {
    supplier: Supplier,
    /// How far its reads lag behind, as it declares.
    eventual: Duration,
    /// Whether it asks for client certificates.
    mutual: bool,
}

impl Reference {
    /// Starts the one for this profile on a port, or on any where it is 0, with the faults of these ids.
    pub(super) async fn start_for(
        profile: &str,
        port: u16,
        faults: &[String],
        delay: Delay,
    ) -> Result<Self, Failure> {
        if profile == IHUB {
            if !delay.is_none() {
                return Err(Failure::usage(
                    "the receiver of the iHub Standard API takes no --latency, --jitter or --eventual",
                ));
            }
            let faults = faults
                .iter()
                .map(|id| find(id, supplier::ihub_faults(), |fault| fault.id))
                .collect::<Result<_, _>>()?;
            return Self::receive(port, faults).await;
        }
        let faults = faults
            .iter()
            .map(|id| find(id, supplier::faults(), |fault| fault.id))
            .collect::<Result<_, _>>()?;
        Self::open(delay.on(Options {
            port,
            ..broken(faults, TokenFormat::Opaque)
        }))
        .await
    }

    /// Starts that of police records with faults, which believes the tokens of another issuer too.
    pub(super) async fn start_trusting(
        port: u16,
        faults: &[String],
        issuer: supplier::Trusted,
        delay: Delay,
    ) -> Result<Self, Failure> {
        let faults = faults
            .iter()
            .map(|id| find(id, supplier::faults(), |fault| fault.id))
            .collect::<Result<_, _>>()?;
        Self::open(delay.on(Options {
            port,
            trusts: Some(issuer),
            ..broken(faults, TokenFormat::Es256)
        }))
        .await
    }

    /// Starts it with one fault.
    pub(super) async fn start_with(fault: &'static Fault, delay: Delay) -> Result<Self, Failure> {
        Self::open(delay.on(broken(vec![fault], TokenFormat::Opaque))).await
    }

    /// Starts a good one, served like this and with tokens of this form.
    pub(super) async fn start_good(
        tls: Option<Tls>,
        tokens: TokenFormat,
        delay: Delay,
    ) -> Result<Self, Failure> {
        Self::open(delay.on(Options {
            tls,
            tokens,
            ..Options::default()
        }))
        .await
    }

    /// Starts that of the iHub Standard API with one fault, or with none.
    pub(super) async fn receive_with(fault: Option<&'static IhubFault>) -> Result<Self, Failure> {
        Self::receive(0, fault.into_iter().collect()).await
    }

    async fn open(options: Options) -> Result<Self, Failure> {
        let eventual = options.eventual;
        let mutual = options
            .tls
            .is_some_and(|tls| tls.require_client_certificate);
        Supplier::start(options)
            .await
            .map(|supplier| {
                Self::Records(Box::new(Records {
                    supplier,
                    eventual,
                    mutual,
                }))
            })
            .map_err(|error| does_not_start(&error))
    }

    async fn receive(port: u16, faults: Vec<&'static IhubFault>) -> Result<Self, Failure> {
        IhubSupplier::start(port, faults)
            .await
            .map(|receiver| Self::Ihub(Box::new(receiver)))
            .map_err(|error| does_not_start(&error))
    }

    /// Ends it.
    pub(super) async fn stop(self) {
        match self {
            Self::Records(records) => records.supplier.stop().await,
            Self::Ihub(receiver) => receiver.stop().await,
        }
    }

    /// What its target file would say.
    pub(super) fn target(&self) -> Result<Target, Failure> {
        match self {
            Self::Records(records) => records.target(),
            Self::Ihub(receiver) => ihub::target(receiver),
        }
    }

    /// Its contract, as it serves it.
    pub(super) fn contract(&self) -> Result<LoadedContract, Failure> {
        match self {
            Self::Records(records) => records.contract(),
            Self::Ihub(_) => wiring::bundled(
                "ihub-standard-api/contract.openapi.yaml",
                supplier::IHUB_CONTRACT,
            ),
        }
    }

    /// What a person needs to try it by hand.
    pub(super) fn invitation(&self) -> String {
        match self {
            Self::Records(records) => records.invitation(),
            Self::Ihub(receiver) => ihub::invitation(receiver),
        }
    }
}

fn does_not_start(error: &supplier::SupplierError) -> Failure {
    Failure::Internal(format!("the reference supplier does not start: {error}"))
}

impl Records {
    fn target(&self) -> Result<Target, Failure> {
        let base_url = self
            .supplier
            .base_url()
            .parse()
            .map_err(|error| Failure::Internal(format!("{error}")))?;
        let credentials = self.supplier.credentials();
        let mut target = Target::at(base_url);
        target.name = "Reference supplier".to_owned();
        target.supplier = "Muster".to_owned();
        target.environment = Environment::Test;
        target.writes = Writes::Allowed;
        target.budget = Budget {
            requests: 20_000,
            per_second: 0,
            concurrency: 8,
            ..Budget::default()
        };
        target.claims = Claims(
            ["pagination", "etag", "idempotency-key", "all-errors"]
                .map(str::to_owned)
                .into(),
        );
        target.identities = vec![
            (IdentityName::default(), self.identity(&credentials.north)?),
            ("other-force".into(), self.other(&credentials.south)?),
            ("read-only".into(), self.identity(&credentials.read_only)?),
            ("throttled".into(), self.identity(&credentials.throttled)?),
        ];
        target
            .identities
            .extend(credentials.lent.iter().map(|(name, token)| {
                let credential = Credential::Bearer {
                    token: token.clone().into(),
                };
                let identity = Identity {
                    credentials: vec![(None, credential)],
                    client_certificate: None,
                };
                ((*name).into(), identity)
            }));
        target.tls = TlsFiles {
            ca_pem: self.supplier.ca_pem().map(|pem| pem.as_bytes().to_vec()),
            client: self.client_certificate(),
        };
        let port = self
            .supplier
            .plain_http_port()
            .map(|port| ("plain_http_port".to_owned(), port.into()));
        let limit = ("body_limit_bytes".to_owned(), 65_536.into());
        let pace = (
            "rate_limit".to_owned(),
            json!({ "requests": 30, "seconds": 5 }),
        );
        let table = (AUTHORISATION_TABLE.to_owned(), authorisation());
        let objectives = [("p95_ms", 1_000), ("work_timeout_ms", 3_000)]
            .map(|(name, value)| (name.to_owned(), value.into()));
        let most = u64::try_from(self.eventual.as_millis()).unwrap_or(u64::MAX);
        let settle = (most > 0).then(|| ("settle_ms".to_owned(), most.saturating_mul(5).into()));
        target.parameters = Parameters(
            port.into_iter()
                .chain(settle)
                .chain([limit, pace, table])
                .chain(objectives)
                .collect::<BTreeMap<_, _>>(),
        );
        target.published_contract = Some("/openapi.json".to_owned());
        Ok(target)
    }

    fn client_certificate(&self) -> Option<ClientCertificate> {
        let (chain, key) = self
            .supplier
            .client_identity_pem()
            .filter(|_| self.mutual)?;
        Some(ClientCertificate {
            chain_pem: chain.as_bytes().to_vec(),
            key_pem: key.to_owned().into(),
        })
    }

    /// A client with a certificate of its own, where certificates tell clients apart.
    fn other(&self, client: &Client) -> Result<Identity, Failure> {
        let mut identity = self.identity(client)?;
        let own = self.supplier.tokens() == TokenFormat::Certificate;
        let pair = self.supplier.other_client_identity_pem();
        identity.client_certificate =
            pair.filter(|_| own && self.mutual)
                .map(|(chain, key)| ClientCertificate {
                    chain_pem: chain.as_bytes().to_vec(),
                    key_pem: key.to_owned().into(),
                });
        Ok(identity)
    }

    fn identity(&self, client: &Client) -> Result<Identity, Failure> {
        if self.supplier.tokens() == TokenFormat::Keys {
            return Ok(key_identity(&client.id, &client.secret));
        }
        let token_url = self
            .supplier
            .credentials()
            .token_url
            .parse()
            .map_err(|error| Failure::Internal(format!("{error}")))?;
        let mut oauth =
            OAuth2::with_secret(token_url, client.id.clone(), client.secret.clone().into());
        if self.supplier.tokens() == TokenFormat::Dpop {
            oauth.dpop = SigningKey::generate(Algorithm::Es256);
        }
        Ok(Identity {
            credentials: vec![(None, Credential::OAuth2(Box::new(oauth)))],
            client_certificate: None,
        })
    }

    fn contract(&self) -> Result<LoadedContract, Failure> {
        let document = self.supplier.contract();
        let sha256 = session::sha256(document.to_string().as_bytes());
        let mut contract = Contract::from_value(document).map_err(|refused| {
            Failure::Internal(format!("the reference supplier's contract: {refused}"))
        })?;
        contract.location = format!("{}/openapi.json", self.supplier.origin());
        Ok(LoadedContract { contract, sha256 })
    }

    fn invitation(&self) -> String {
        let client = &self.supplier.credentials().north;
        format!(
            "base URL   {}\ncontract   {}/openapi.json\ntoken URL  {}\nclient     {} / {}\nStop with Ctrl-C.\n",
            self.supplier.base_url(),
            self.supplier.origin(),
            self.supplier.credentials().token_url,
            client.id,
            client.secret,
        )
    }
}

fn broken(faults: Vec<&'static Fault>, tokens: TokenFormat) -> Options {
    let require_client_certificate = faults.iter().any(|fault| fault.mutual_tls);
    let needed = faults.iter().find_map(|fault| fault.needs_tokens);
    Options {
        tls: faults.iter().any(|fault| fault.needs_tls).then_some(Tls {
            require_client_certificate,
        }),
        tokens: match needed {
            Some(needed) => needed,
            None if faults.iter().any(|fault| fault.needs_jwt) => TokenFormat::Rs256,
            None => tokens,
        },
        faults,
        ..Options::default()
    }
}

/// Who may do what with police records.
fn authorisation() -> Value {
    json!([
        { "identity": "nobody", "operations": ["listPeople", "createPerson", "listAuditEvents"], "answer": 401 },
        { "identity": "default", "operations": ["listAuditEvents", "getPerson", "getIncident"], "answer": "allowed" },
        { "identity": "read-only", "operations": ["listPeople", "listIncidentSummaries"], "answer": "allowed" },
        { "identity": "read-only", "operations": ["getPerson"], "answer": "allowed", "hides": ["contacts"] },
        { "identity": "read-only", "operations": ["createPerson", "updatePerson", "deletePerson", "listAuditEvents"], "answer": 403 },
        { "identity": "other-force", "operations": ["getVehicle", "updateVehicle"], "answer": "allowed" },
        { "identity": "other-force", "operations": ["getVehicle", "updateVehicle", "deleteVehicle"], "records_of": "default", "restricted": true, "answer": [403, 404] },
        { "identity": "default", "operations": ["getVehicle"], "records_of": "other-force", "restricted": true, "answer": [403, 404] },
        { "identity": "other-force", "operations": ["getVehicle"], "records_of": "other-force", "restricted": true, "answer": "allowed" },
    ])
}

/// An identity that shows a key and its secret with every request.
fn key_identity(id: &str, secret: &str) -> Identity {
    let header = |scheme: &str, name: &str, value: &str| {
        let credential = Credential::ApiKey {
            place: KeyPlace::Header,
            name: name.to_owned(),
            value: value.to_owned().into(),
        };
        (Some(scheme.to_owned()), credential)
    };
    Identity {
        credentials: vec![
            header("clientId", "client-id", id),
            header("clientSecret", "client-secret", secret),
        ],
        client_certificate: None,
    }
}

fn find<T>(
    id: &str,
    all: &'static [T],
    id_of: fn(&T) -> &'static str,
) -> Result<&'static T, Failure> {
    all.iter().find(|fault| id_of(fault) == id).ok_or_else(|| {
        let help = nearest(id, all.iter().map(id_of)).map_or_else(
            || "`muster demo --list-faults` shows what there is".to_owned(),
            |meant| format!("did you mean `{meant}`?"),
        );
        Failure::Usage(
            Diagnostic::plain(format!("the reference supplier has no fault `{id}`"))
                .help(help)
                .into(),
        )
    })
}

//! The reference supplier as something to test (owner of [`Reference`]).

use std::{collections::BTreeMap, time::Duration};

use super::{Failure, job::LoadedContract, session};
use crate::{
    contract::Contract,
    load::{Diagnostic, Target, TlsFiles, nearest::nearest},
    model::{
        Budget, Claims, ClientAuth, Credential, Environment, Identity, IdentityName, OAuth2,
        Parameters, Writes,
    },
    supplier::{self, Client, Fault, Options, Supplier, Tls},
};

/// A running reference supplier.
#[derive(Debug)]
pub(super) struct Reference(Supplier);

impl Reference {
    /// Starts it on a port of its own with the faults of these ids.
    pub(super) async fn start(faults: &[String]) -> Result<Self, Failure> {
        Self::start_at(0, faults).await
    }

    /// Starts it on this port.
    pub(super) async fn start_at(port: u16, faults: &[String]) -> Result<Self, Failure> {
        let faults = faults
            .iter()
            .map(|id| known(id))
            .collect::<Result<_, _>>()?;
        Self::serve(port, faults).await
    }

    /// Starts it with one fault, or with none.
    pub(super) async fn start_with(
        fault: Option<&'static Fault>,
        latency: Duration,
        jitter: Duration,
    ) -> Result<Self, Failure> {
        let faults: Vec<_> = fault.into_iter().collect();
        Self::open(Options {
            tls: tls(&faults),
            faults,
            latency,
            jitter,
            ..Options::default()
        })
        .await
    }

    async fn serve(port: u16, faults: Vec<&'static Fault>) -> Result<Self, Failure> {
        Self::open(Options {
            tls: tls(&faults),
            faults,
            port,
            ..Options::default()
        })
        .await
    }

    async fn open(options: Options) -> Result<Self, Failure> {
        Supplier::start(options).await.map(Self).map_err(|error| {
            Failure::Internal(format!("the reference supplier does not start: {error}"))
        })
    }

    /// Ends it.
    pub(super) async fn stop(self) {
        self.0.stop().await;
    }

    /// What its target file would say.
    pub(super) fn target(&self) -> Result<Target, Failure> {
        let base_url = self
            .0
            .base_url()
            .parse()
            .map_err(|error| Failure::Internal(format!("{error}")))?;
        let credentials = self.0.credentials();
        let mut target = Target::at(base_url);
        target.name = "Reference supplier".to_owned();
        target.supplier = "Muster".to_owned();
        target.environment = Environment::Test;
        target.writes = Writes::Allowed;
        target.budget = Budget {
            requests: 20_000,
            per_second: 0,
            concurrency: 8,
        };
        target.claims = Claims(
            ["pagination", "etag", "idempotency-key"]
                .map(str::to_owned)
                .into(),
        );
        target.identities = vec![
            (IdentityName::default(), self.identity(&credentials.north)?),
            ("other-force".into(), self.identity(&credentials.south)?),
            ("read-only".into(), self.identity(&credentials.read_only)?),
        ];
        target.tls = TlsFiles {
            ca_pem: self.0.ca_pem().map(|pem| pem.as_bytes().to_vec()),
            client: None,
        };
        let port = self
            .0
            .plain_http_port()
            .map(|port| ("plain_http_port".to_owned(), port.into()));
        target.parameters = Parameters(port.into_iter().collect::<BTreeMap<_, _>>());
        Ok(target)
    }

    fn identity(&self, client: &Client) -> Result<Identity, Failure> {
        let token_url = self
            .0
            .credentials()
            .token_url
            .parse()
            .map_err(|error| Failure::Internal(format!("{error}")))?;
        let oauth = OAuth2 {
            token_url,
            client_id: client.id.clone(),
            client_secret: client.secret.clone().into(),
            scope: None,
            audience: None,
            auth: ClientAuth::Basic,
        };
        Ok(Identity {
            credentials: vec![(None, Credential::OAuth2(oauth))],
            client_certificate: None,
        })
    }

    /// Its contract, as it serves it.
    pub(super) fn contract(&self) -> Result<LoadedContract, Failure> {
        let document = self.0.contract();
        let sha256 = session::sha256(document.to_string().as_bytes());
        let mut contract = Contract::from_value(document).map_err(|refused| {
            Failure::Internal(format!("the reference supplier's contract: {refused}"))
        })?;
        contract.location = format!("{}/openapi.json", self.0.origin());
        Ok(LoadedContract { contract, sha256 })
    }

    /// What a person needs to try it by hand.
    pub(super) fn invitation(&self) -> String {
        let client = &self.0.credentials().north;
        format!(
            "base URL   {}\ncontract   {}/openapi.json\ntoken URL  {}\nclient     {} / {}\nStop with Ctrl-C.\n",
            self.0.base_url(),
            self.0.origin(),
            self.0.credentials().token_url,
            client.id,
            client.secret,
        )
    }
}

fn tls(faults: &[&'static Fault]) -> Option<Tls> {
    faults
        .iter()
        .any(|fault| fault.needs_tls)
        .then(Tls::default)
}

fn known(id: &str) -> Result<&'static Fault, Failure> {
    supplier::fault(id).ok_or_else(|| {
        let help = nearest(id, supplier::faults().iter().map(|fault| fault.id)).map_or_else(
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

//! The reference supplier as something to test (owner of [`Reference`]).

use std::collections::BTreeMap;

use super::{Failure, job::LoadedContract, session, wiring};
use crate::{
    contract::Contract,
    load::{Diagnostic, Target, TlsFiles, nearest::nearest},
    model::{
        Budget, Claims, ClientAuth, Credential, Environment, Identity, IdentityName, OAuth2,
        Parameters, Writes,
    },
    supplier::{
        self, Client, Fault, IhubFault, IhubSupplier, Options, Supplier, Tls, TokenFormat,
    },
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

/// The police-records API.
#[derive(Debug)]
pub(super) struct Records(Supplier);

impl Reference {
    /// Starts the one for this profile on a port, or on any where it is 0, with the faults of these ids.
    pub(super) async fn start_for(
        profile: &str,
        port: u16,
        faults: &[String],
    ) -> Result<Self, Failure> {
        if profile == IHUB {
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
        Self::serve(port, faults, TokenFormat::Opaque).await
    }

    /// Starts it with one fault, or with none, and tokens of this form where the fault asks for no other.
    pub(super) async fn start_with(
        fault: Option<&'static Fault>,
        tokens: TokenFormat,
    ) -> Result<Self, Failure> {
        Self::serve(0, fault.into_iter().collect(), tokens).await
    }

    /// Starts that of the iHub Standard API with one fault, or with none.
    pub(super) async fn receive_with(fault: Option<&'static IhubFault>) -> Result<Self, Failure> {
        Self::receive(0, fault.into_iter().collect()).await
    }

    async fn serve(
        port: u16,
        faults: Vec<&'static Fault>,
        tokens: TokenFormat,
    ) -> Result<Self, Failure> {
        let tokens = match faults.iter().any(|fault| fault.needs_jwt) {
            true => TokenFormat::Rs256,
            false => tokens,
        };
        let tls = faults
            .iter()
            .any(|fault| fault.needs_tls)
            .then(Tls::default);
        Supplier::start(Options {
            faults,
            tls,
            port,
            tokens,
            ..Options::default()
        })
        .await
        .map(|supplier| Self::Records(Box::new(Records(supplier))))
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
            Self::Records(records) => records.0.stop().await,
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
            ca_pem: self.0.ca_pem().map(|pem| pem.as_bytes().to_vec()),
            client: None,
        };
        let port = self
            .0
            .plain_http_port()
            .map(|port| ("plain_http_port".to_owned(), port.into()));
        let limit = ("body_limit_bytes".to_owned(), 65_536.into());
        target.parameters = Parameters(port.into_iter().chain([limit]).collect::<BTreeMap<_, _>>());
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

    fn contract(&self) -> Result<LoadedContract, Failure> {
        let document = self.0.contract();
        let sha256 = session::sha256(document.to_string().as_bytes());
        let mut contract = Contract::from_value(document).map_err(|refused| {
            Failure::Internal(format!("the reference supplier's contract: {refused}"))
        })?;
        contract.location = format!("{}/openapi.json", self.0.origin());
        Ok(LoadedContract { contract, sha256 })
    }

    fn invitation(&self) -> String {
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

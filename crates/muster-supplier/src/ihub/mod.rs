//! The reference receiver of the police iHub Standard API: good by default, faulty on demand (owner of [`IhubSupplier`]).
//!
//! It serves `POST /incidents` over mutual TLS, with an authority and certificates that it makes for itself, and
//! keeps what it was sent until it stops. A request goes `serve → judge → store`; `faults` holds what can go wrong.

mod corruptions;
mod fault;
mod faults;
mod judge;
mod pki;
mod problem;
mod serve;
mod store;
#[cfg(test)]
mod tests;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::{net::TcpListener, task::JoinHandle};
use tokio_rustls::TlsAcceptor;

pub(crate) use fault::Flaw;
pub use fault::IhubFault;
pub use faults::{ihub_fault, ihub_faults};
pub use pki::PemPair;

use super::{
    SupplierError,
    certificates::TlsFault,
    listen::{self, Ends},
    making,
};
use pki::Pki;
use store::Store;

/// The contract that it serves: that of the bundled profile.
pub const CONTRACT: &str =
    include_str!("../../../../profiles/ihub-standard-api/contract.openapi.yaml");

/// A running receiver. It stops when it is dropped.
#[derive(Debug)]
pub struct IhubSupplier {
    house: Arc<IhubState>,
    port: u16,
    pki: Pki,
    task: JoinHandle<()>,
}

/// Who may call: the API key of the sender. The secret opens nothing but this synthetic service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiKey {
    /// The client id.
    pub id: String,
    /// The client secret.
    pub secret: String,
}

impl IhubSupplier {
    /// Opens a port of this machine, or this one, and answers from now on.
    ///
    /// # Errors
    /// Where no port or certificate can be had.
    pub async fn start(port: u16, faults: Vec<&'static IhubFault>) -> Result<Self, SupplierError> {
        judge::Rules::get().map_err(SupplierError::Contract)?;
        let listener = TcpListener::bind(("127.0.0.1", port)).await?;
        let port = listener.local_addr()?.port();
        let has = |flaw| faults.iter().any(|fault| fault.flaw == Some(flaw));
        let of_tls: Vec<TlsFault> = faults.iter().filter_map(|fault| fault.tls).collect();
        let pki = Pki::make(
            has(Flaw::AsksNoCertificate),
            has(Flaw::TakesAnyCertificate),
            &of_tls,
        )?;
        let house = Arc::new(IhubState {
            faults,
            key: ApiKey {
                id: "zztest-ihub".to_owned(),
                secret: format!("zztest-{}", making::new_id()),
            },
            store: Mutex::default(),
        });
        let tls = listen::Tls {
            acceptor: TlsAcceptor::from(Arc::clone(&pki.server)),
            faults: of_tls.into(),
        };
        let router = serve::router(&house);
        let task = tokio::spawn(listen::accept(listener, Some(tls), router, Ends::WhenIdle));
        Ok(Self {
            house,
            port,
            pki,
            task,
        })
    }

    /// Where the API is.
    pub fn base_url(&self) -> String {
        format!("https://127.0.0.1:{}", self.port)
    }

    /// The API key of the sender.
    pub fn key(&self) -> &ApiKey {
        &self.house.key
    }

    /// The certificate of the authority to trust, in PEM.
    pub fn ca_pem(&self) -> &str {
        &self.pki.ca_pem
    }

    /// The sender's certificate and key.
    pub fn client(&self) -> &PemPair {
        &self.pki.client
    }

    /// Closes the port and waits until it is closed.
    pub async fn stop(mut self) {
        self.task.abort();
        // An aborted task ends with an error that says so.
        let _ = (&mut self.task).await;
    }
}

impl Drop for IhubSupplier {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// What every request of one receiver shares.
#[derive(Debug)]
pub(crate) struct IhubState {
    faults: Vec<&'static IhubFault>,
    key: ApiKey,
    store: Mutex<Store>,
}

impl IhubState {
    fn store(&self) -> MutexGuard<'_, Store> {
        // A panic in one request must not silence the others.
        self.store.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether this is wrong with it.
    pub(crate) fn is(&self, flaw: Flaw) -> bool {
        self.faults.iter().any(|fault| fault.flaw == Some(flaw))
    }
}

//! The seam between the order of a run and the network (owner of [`Wire`]).

use std::future::Future;

use crate::{contract::Operation, exchange::Request, model::IdentityName, verdict::Gap};

pub use crate::http::Sent;

/// Sends requests with the credentials they ask for.
pub trait Wire: Sync {
    /// Sends one request. Never fails: a broken exchange is an [`Outcome`].
    fn send(
        &self,
        request: &Request,
        operation: Option<&Operation>,
    ) -> impl Future<Output = Sent> + Send;

    /// Obtains the credentials of an identity, so that a refused login is known before the run.
    fn log_in(&self, identity: &IdentityName) -> impl Future<Output = Result<(), Gap>> + Send;

    /// After a 401: obtains the credentials of an identity anew. Answers whether that is worth a repeat.
    fn renew(&self, identity: &IdentityName) -> impl Future<Output = bool> + Send;
}

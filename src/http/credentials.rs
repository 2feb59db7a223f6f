//! What is added to a request so that the target knows who asks (owner of [`Credentials`]).

use std::sync::Arc;

use ::http::HeaderMap;

use muster_core::{
    exchange::{Body, Headers},
    model::{IdentityName, Method},
};

/// What is added to a request so that the target knows who asks.
#[derive(Debug, Clone, Default)]
pub struct Credentials {
    /// Headers to add; they replace those of the same name.
    pub headers: Headers,
    /// Pairs to add to the query, not yet encoded.
    pub query: Vec<(String, String)>,
    /// Steps that sign the finished request, in this order.
    pub signers: Vec<Arc<dyn Signer>>,
    /// Which client certificate the connection shows.
    pub certificate: Presents,
    /// A body in place of the request's own, where the credentials go there.
    pub body: Option<Body>,
}

/// Which client certificate a connection shows.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Presents {
    /// That of the identity, or else that of the target.
    #[default]
    Own,
    /// None.
    Nothing,
    /// That of another identity.
    Of(IdentityName),
}

impl Credentials {
    /// Credentials of these headers alone.
    #[must_use]
    pub const fn of(headers: Headers) -> Self {
        Self {
            headers,
            query: Vec::new(),
            signers: Vec::new(),
            certificate: Presents::Own,
            body: None,
        }
    }
}

/// A request as it is about to go out, for a [`Signer`].
#[derive(Debug)]
pub struct Outgoing<'a> {
    /// The method.
    pub method: &'a Method,
    /// The full URL, query credentials included.
    pub url: &'a str,
    /// Every header that Muster sets itself.
    pub headers: &'a HeaderMap,
    /// The body; empty where there is none.
    pub body: &'a [u8],
}

/// A proof that depends on the request it goes with: a signature, a DPoP proof.
pub trait Signer: Send + Sync + std::fmt::Debug {
    /// The headers to add. They are credentials: whatever is kept of them is redacted.
    ///
    /// # Errors
    /// One sentence; the request is then not sent.
    fn sign(&self, outgoing: &Outgoing<'_>) -> Result<Headers, String>;
}

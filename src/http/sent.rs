//! What became of a request (owner of [`Sent`]).

use muster_core::exchange::{Body, Exchange, ExchangeId, Headers, Outcome, Request};

/// What became of a request.
#[derive(Debug)]
pub struct Sent {
    /// The full URL it went to.
    pub url: String,
    /// Every credential header that was added, signatures included.
    pub credentials: Headers,
    /// The body, where credentials took the place of the request's own.
    pub body: Option<Body>,
    /// Who fetched a key from the address that the token gave, where somebody did.
    pub followed: Option<String>,
    /// How it ended.
    pub outcome: Outcome,
}

impl Sent {
    /// The exchange, with the request it belongs to.
    #[must_use]
    pub fn into_exchange(self, id: ExchangeId, mut request: Request) -> Exchange {
        if self.body.is_some() {
            request.body = self.body;
        }
        Exchange {
            id,
            request,
            url: self.url,
            credentials: self.credentials,
            followed: self.followed,
            outcome: self.outcome,
        }
    }
}

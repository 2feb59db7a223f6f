//! The seam between the order of a run and the network (owner of [`Wire`] and [`Line`]).

use std::future::Future;

pub use crate::http::Sent;
use crate::{
    auth::{Keyring, LoginError},
    contract::Operation,
    exchange::{
        Auth, Breakage, Exchange, Headers, Outcome, Request,
        handshake::{Handshake, HandshakeResult},
    },
    http::{Credentials, Transport},
    model::IdentityName,
    verdict::Gap,
};

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

    /// After a 401 to these credential headers: forgets the token among them. Answers whether asking
    /// again with fresh credentials is worth a try.
    fn renew(&self, identity: &IdentityName, used: &Headers) -> bool;

    /// Tries a TLS handshake with the target. Never fails; a wire that cannot says so.
    fn handshake(&self, _: &Handshake) -> impl Future<Output = HandshakeResult> + Send {
        async { HandshakeResult::not_tried("This wire cannot try TLS handshakes.") }
    }

    /// Exchanges with token endpoints since the last call, not numbered yet.
    fn take_logins(&self) -> Vec<Exchange> {
        Vec::new()
    }
}

/// The real wire: a transport, and a keyring that says what to show.
#[derive(Debug)]
pub struct Line {
    transport: Transport,
    keyring: Keyring,
}

impl Line {
    /// A line over this transport with these keys.
    #[must_use]
    pub const fn new(transport: Transport, keyring: Keyring) -> Self {
        Self { transport, keyring }
    }
}

impl Wire for Line {
    async fn send(&self, request: &Request, operation: Option<&Operation>) -> Sent {
        let credentials = self
            .keyring
            .show(&request.identity, operation, &request.auth)
            .await;
        match credentials {
            Ok((credentials, bait)) => {
                let mut sent = self.transport.send(request, &credentials).await;
                self.keyring.hear(request, &sent);
                if let Outcome::Answered(response) = &sent.outcome {
                    let broken = matches!(&request.auth, Auth::Altered(how) if how.may_lock());
                    if broken && response.is_success() {
                        self.keyring.accepted(&request.identity);
                    }
                }
                if let Some(bait) = bait {
                    sent.followed = bait.taken().await;
                }
                sent
            }
            Err(error) => Sent {
                url: request.path_and_query().to_owned(),
                credentials: Headers::new(),
                body: None,
                followed: None,
                outcome: Outcome::Broken(Breakage::from(error)),
            },
        }
    }

    async fn log_in(&self, identity: &IdentityName) -> Result<(), Gap> {
        self.keyring.lasts(identity).map_err(gap)?;
        match self
            .keyring
            .credentials(identity, None, &Auth::Declared)
            .await
        {
            Ok(_) => Ok(()),
            Err(error) => Err(gap(error)),
        }
    }

    async fn handshake(&self, handshake: &Handshake) -> HandshakeResult {
        self.transport.handshake(handshake).await
    }

    fn renew(&self, identity: &IdentityName, used: &Headers) -> bool {
        self.keyring
            .invalidate(identity, &Credentials::of(used.clone()))
    }

    fn take_logins(&self) -> Vec<Exchange> {
        self.keyring.take_exchanges()
    }
}

fn gap(error: LoginError) -> Gap {
    Gap::new(error.whose, error.detail)
}

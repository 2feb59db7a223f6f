//! The seam between the order of a run and the network (owner of [`Wire`] and [`HttpWire`]).

use std::{
    future::Future,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

pub use crate::http::Sent;
use crate::{
    auth::{Keyring, LoginError},
    http::{Credentials, Transport},
};
use muster_checks::plan::Permits;
use muster_core::{
    contract::Operation,
    exchange::{
        Auth, Breakage, BreakageKind, Exchange, Headers, Outcome, Request,
        handshake::{Handshake, HandshakeResult},
    },
    model::{IdentityName, OperationKey},
    verdict::Unverified,
};

/// Sends requests with the credentials they ask for, and none that the plan does not permit.
pub trait Wire: Sync {
    /// Whether the plan permits a request. What it does not permit, [`send`](Self::send) does not send.
    ///
    /// # Errors
    /// The reason why it is not sent.
    fn may_send(&self, _: &Request) -> Result<(), Unverified> {
        Ok(())
    }

    /// Sends one request. Never fails: a broken exchange is an [`Outcome`].
    fn send(
        &self,
        request: &Request,
        operation: Option<&Operation>,
    ) -> impl Future<Output = Sent> + Send;

    /// Obtains the credentials of an identity, so that a refused login is known before the run.
    fn log_in(
        &self,
        identity: &IdentityName,
    ) -> impl Future<Output = Result<(), Unverified>> + Send;

    /// After a 401 to these credential headers: forgets the token among them. Answers whether asking
    /// again with fresh credentials is worth a try.
    fn renew(&self, identity: &IdentityName, used: &Headers) -> bool;

    /// Shows credentials on an operation from now on, although the contract asks for none there. Answers whether the
    /// identity has any.
    fn insist(&self, _: &OperationKey, _: &IdentityName) -> bool {
        false
    }

    /// Takes that back, where credentials changed nothing.
    fn relent(&self, _: &OperationKey) {}

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
pub struct HttpWire {
    transport: Arc<Transport>,
    keyring: Keyring,
    permits: Permits,
    sent: AtomicU64,
}

impl HttpWire {
    /// A line over this transport with these keys, for requests that the plan permits.
    #[must_use]
    pub fn new(transport: Transport, keyring: Keyring, permits: Permits) -> Self {
        Self {
            transport: Arc::new(transport),
            keyring,
            permits,
            sent: AtomicU64::new(0),
        }
    }

    /// How many requests were sent over it so far, logins left out.
    #[must_use]
    pub fn sent(&self) -> u64 {
        self.sent.load(Ordering::Relaxed)
    }
}

impl Wire for HttpWire {
    fn may_send(&self, request: &Request) -> Result<(), Unverified> {
        self.permits.may_send(request)
    }

    async fn send(&self, request: &Request, operation: Option<&Operation>) -> Sent {
        if let Err(gap) = self.permits.may_send(request) {
            return unsent(
                request,
                Breakage {
                    kind: BreakageKind::NotSent,
                    detail: gap.reason,
                },
            );
        }
        let credentials = self
            .keyring
            .show(&request.identity, operation, &request.auth)
            .await;
        let part = match (&request.auth, credentials) {
            (Auth::Part(number), Ok((credentials, bait))) => part(credentials, *number)
                .ok_or_else(|| no_part(&request.identity))
                .map(|part| Ok((part, bait))),
            (_, credentials) => Ok(credentials),
        };
        let credentials = match part {
            Ok(credentials) => credentials,
            Err(breakage) => return unsent(request, breakage),
        };
        match credentials {
            Ok((credentials, bait)) => {
                self.sent.fetch_add(1, Ordering::Relaxed);
                let mut sent = self.transport.send_apart(request, &credentials).await;
                self.keyring.hear(request, &sent);
                if let Outcome::Answered(response) = &sent.outcome {
                    let broken = match &request.auth {
                        Auth::Altered(how) => how.may_lock(),
                        Auth::WithWrong(_) => true,
                        _ => false,
                    };
                    if broken && response.is_success() {
                        self.keyring.accepted(&request.identity);
                    }
                }
                if let Some(bait) = bait {
                    sent.followed = bait.taken().await;
                }
                sent
            }
            Err(error) => unsent(request, Breakage::from(error)),
        }
    }

    async fn log_in(&self, identity: &IdentityName) -> Result<(), Unverified> {
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

    fn insist(&self, operation: &OperationKey, identity: &IdentityName) -> bool {
        self.keyring.insist(operation, identity)
    }

    fn relent(&self, operation: &OperationKey) {
        self.keyring.relent(operation);
    }

    fn take_logins(&self) -> Vec<Exchange> {
        self.keyring.take_exchanges()
    }
}

/// What is told of a request that did not leave.
pub(super) fn unsent(request: &Request, breakage: Breakage) -> Sent {
    Sent {
        url: request.path_and_query().to_owned(),
        credentials: Headers::new(),
        body: None,
        followed: None,
        outcome: Outcome::Broken(breakage),
    }
}

/// One of several credentials alone; none where there are not that many, or only one.
fn part(credentials: Credentials, number: u8) -> Option<Credentials> {
    let at = usize::from(number).checked_sub(1)?;
    if credentials.headers.len() + credentials.query.len() < 2 {
        return None;
    }
    let (headers, query) = (&credentials.headers, &credentials.query);
    match headers.iter().nth(at) {
        Some((name, value)) => Some(Credentials::of([(name, value)].into_iter().collect())),
        None => {
            let pair = query.get(at - headers.len())?.clone();
            Some(Credentials {
                query: vec![pair],
                ..Credentials::default()
            })
        }
    }
}

fn no_part(identity: &IdentityName) -> Breakage {
    Breakage {
        kind: BreakageKind::Unalterable,
        detail: format!(
            "The credentials of identity {identity} are in one piece, so that no part of them can be left out."
        ),
    }
}

fn gap(error: LoginError) -> Unverified {
    Unverified::new(error.responsible, error.detail)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_is_one_of_several_credentials() {
        let both = || {
            Credentials::of(
                [("client-id", "a"), ("client-secret", "b")]
                    .into_iter()
                    .collect(),
            )
        };
        let names = |number| {
            part(both(), number).map(|part| {
                let names: Vec<String> = part
                    .headers
                    .iter()
                    .map(|(name, _)| name.to_owned())
                    .collect();
                names
            })
        };
        assert_eq!(names(1), Some(vec!["client-id".to_owned()]));
        assert_eq!(names(2), Some(vec!["client-secret".to_owned()]));
        assert_eq!(names(0), None);
        assert_eq!(names(3), None);
        let one = Credentials::of([("authorization", "Basic a")].into_iter().collect());
        assert!(part(one, 1).is_none());
    }

    #[test]
    fn a_part_may_stand_in_the_query() {
        let mixed = Credentials {
            query: vec![("key".to_owned(), "b".to_owned())],
            ..Credentials::of([("client-id", "a")].into_iter().collect())
        };
        let second = part(mixed, 2).unwrap();
        assert!(second.headers.is_empty());
        assert_eq!(second.query.len(), 1);
    }
}

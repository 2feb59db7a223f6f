//! Tokens that are bound to a key or a certificate: [`Proofs`], DPoP (RFC 9449) and mutual TLS (RFC 8705).

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use serde_json::Value;
use time::OffsetDateTime;

use super::fault::Misbehaviour;
use super::making;
use super::message::Incoming;
use muster_jose::{self as jose, Proof};

/// How old a proof may be, in seconds, and how far ahead of the clock.
const LONGEST_S: u64 = 120;

/// What a token is bound to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Bound {
    /// The thumbprint of a key.
    Key(String),
    /// The thumbprint of a certificate.
    Certificate(String),
}

/// Why a proof does not hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unproved {
    /// It is missing or wrong, for this reason.
    Wrong(&'static str),
    /// It lacks the nonce of this supplier.
    NoNonce,
}

/// What proofs were shown, and what they must carry.
#[derive(Debug)]
pub(crate) struct Proofs {
    nonce: String,
    seen: Mutex<HashMap<String, Instant>>,
}

impl Proofs {
    pub(crate) fn new() -> Self {
        Self {
            nonce: making::new_id(),
            seen: Mutex::default(),
        }
    }

    pub(crate) fn nonce(&self) -> &str {
        &self.nonce
    }

    /// The thumbprint of the key that a request proves to have; `token` is the one that it shows, and none
    /// at the token endpoint, where no nonce is asked for.
    pub(crate) fn key(
        &self,
        incoming: &Incoming,
        origin: &str,
        token: Option<&str>,
        is: &dyn Fn(Misbehaviour) -> bool,
    ) -> Result<String, Unproved> {
        let mut shown = incoming.headers.get_all("dpop").iter();
        let proof = shown
            .next()
            .and_then(|proof| proof.to_str().ok())
            .ok_or(Unproved::Wrong("A proof of possession is missing."))?;
        if shown.next().is_some() {
            return Err(Unproved::Wrong("Send one proof."));
        }
        let wrong = || Unproved::Wrong("The proof is not sound.");
        let proof = Proof::read(proof).ok_or_else(wrong)?;
        let text = |name: &str| proof.text(name);
        let address = format!("{origin}{}", incoming.path);
        let of_this =
            text("htm") == Some(incoming.method.as_str()) && text("htu") == Some(address.as_str());
        if !of_this && !is(Misbehaviour::OverlooksProofUse) {
            return Err(Unproved::Wrong("The proof is for another request."));
        }
        let now = OffsetDateTime::now_utc().unix_timestamp();
        let made = proof
            .claims
            .get("iat")
            .and_then(Value::as_i64)
            .ok_or_else(wrong)?;
        if made.abs_diff(now) > LONGEST_S && !is(Misbehaviour::OverlooksProofAge) {
            return Err(Unproved::Wrong("The proof is too old."));
        }
        if let Some(token) = token {
            if text("ath") != Some(jose::sha256(token.as_bytes()).as_str())
                && !is(Misbehaviour::OverlooksProofToken)
            {
                return Err(Unproved::Wrong("The proof is for another token."));
            }
            if text("nonce") != Some(self.nonce.as_str()) {
                return Err(Unproved::NoNonce);
            }
        }
        let id = text("jti").ok_or_else(wrong)?;
        if self.was_seen(id) && !is(Misbehaviour::TakesProofsAgain) {
            return Err(Unproved::Wrong("The proof was shown before."));
        }
        Ok(proof.thumbprint)
    }

    fn was_seen(&self, id: &str) -> bool {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        if seen.len() > 4096 {
            seen.retain(|_, at| now.duration_since(*at) < Duration::from_secs(2 * LONGEST_S));
        }
        seen.insert(id.to_owned(), now).is_some()
    }
}

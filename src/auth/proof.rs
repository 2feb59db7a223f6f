//! Proofs that depend on the request they go with: of a key (DPoP, RFC 9449), and over a body (HMAC).

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::SystemTime,
};

use aws_lc_rs::{hmac, rand};
use base64::{
    Engine,
    prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD},
};
use secrecy::ExposeSecret;
use serde_json::{Map, Value};

use crate::http::{Outgoing, Signer};
use muster_core::{
    exchange::{Headers, ProofFlaw},
    model,
};
use muster_jose::{self as jose, Algorithm, SigningKey};

/// How many proofs are remembered to be shown again.
const REMEMBERED: usize = 256;
/// How much older than now a proof is that is old on purpose: more than any server allows.
const OLD_S: u64 = 86_400;

/// Whom a proof is for: each gives nonces of its own (RFC 9449 §8.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum For {
    Issuer,
    Target,
}

/// A key that tokens are bound to, and what servers asked of its proofs.
#[derive(Debug)]
pub(super) struct Possession {
    key: SigningKey,
    nonces: Mutex<HashMap<For, String>>,
    /// The last proof for each method and address that was accepted.
    shown: Mutex<HashMap<(String, String), String>>,
}

impl Possession {
    pub(super) fn of(key: SigningKey) -> Self {
        Self {
            key,
            nonces: Mutex::default(),
            shown: Mutex::default(),
        }
    }

    /// Keeps the nonce that an answer gives for the next proof (RFC 9449 §8.2).
    pub(super) fn hear(&self, from: For, headers: &Headers) {
        if let Some(nonce) = headers.get("dpop-nonce") {
            self.nonces
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .insert(from, nonce.to_owned());
        }
    }

    /// Keeps a proof that was accepted, to be shown again. One that is still under way would be new to the
    /// server, and no proof of anything.
    pub(super) fn accepted(&self, method: &str, url: &str, proof: &str) {
        let address = url.split(['?', '#']).next().unwrap_or_default();
        let mut shown = self.shown.lock().unwrap_or_else(PoisonError::into_inner);
        if shown.len() >= REMEMBERED {
            shown.clear();
        }
        shown.insert((method.to_owned(), address.to_owned()), proof.to_owned());
    }

    /// Who proves it, to whom, and how.
    pub(super) fn signer(self: &Arc<Self>, to: For, flaw: Option<ProofFlaw>) -> Arc<dyn Signer> {
        Arc::new(Proves {
            possession: Arc::clone(self),
            to,
            flaw,
        })
    }
}

#[derive(Debug)]
struct Proves {
    possession: Arc<Possession>,
    to: For,
    flaw: Option<ProofFlaw>,
}

impl Signer for Proves {
    fn sign(&self, outgoing: &Outgoing<'_>) -> Result<Headers, String> {
        let method = outgoing.method.as_str();
        // Without query and fragment (RFC 9449 §4.2).
        let address = outgoing.url.split(['?', '#']).next().unwrap_or_default();
        let known = (method.to_owned(), address.to_owned());
        if self.flaw == Some(ProofFlaw::Again) {
            let shown = self
                .possession
                .shown
                .lock()
                .unwrap_or_else(PoisonError::into_inner);
            let proof = shown
                .get(&known)
                .ok_or("No proof was shown for this request before, so none can be shown again.")?;
            return Ok([("dpop", proof.clone())].into_iter().collect());
        }
        let token = outgoing
            .headers
            .get("authorization")
            .and_then(|value| value.to_str().ok())
            .and_then(|value| value.split_once(' '))
            .map(|(_, token)| token);
        let proof = self.proof(method, address, token)?;
        Ok([("dpop", proof)].into_iter().collect())
    }
}

impl Proves {
    fn proof(&self, method: &str, address: &str, token: Option<&str>) -> Result<String, String> {
        let stranger;
        let key = if self.flaw == Some(ProofFlaw::OtherKey) {
            stranger = SigningKey::generate(Algorithm::Es256).ok_or("No key could be made.")?;
            &stranger
        } else {
            &self.possession.key
        };
        let mut header = Map::new();
        header.insert("typ".into(), "dpop+jwt".into());
        header.insert("jwk".into(), key.public().clone());
        let (htm, htu) = match self.flaw {
            Some(ProofFlaw::OtherMethod) => ("DELETE", address.to_owned()),
            Some(ProofFlaw::OtherAddress) => (method, format!("{address}/muster-elsewhere")),
            _ => (method, address.to_owned()),
        };
        let age = if self.flaw == Some(ProofFlaw::Old) {
            OLD_S
        } else {
            0
        };
        let mut claims = Map::new();
        claims.insert("jti".into(), fresh_id().into());
        claims.insert("htm".into(), htm.into());
        claims.insert("htu".into(), htu.into());
        claims.insert("iat".into(), now().saturating_sub(age).into());
        if let Some(token) = token.filter(|_| self.to == For::Target) {
            let of = if self.flaw == Some(ProofFlaw::OtherToken) {
                "another token"
            } else {
                token
            };
            claims.insert("ath".into(), jose::sha256(of.as_bytes()).into());
        }
        let nonces = self
            .possession
            .nonces
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if let Some(nonce) = nonces.get(&self.to) {
            claims.insert("nonce".into(), Value::from(nonce.as_str()));
        }
        let proof = key.sign(header, &claims);
        if proof.is_empty() {
            return Err("The key of the DPoP proof cannot sign.".to_owned());
        }
        Ok(proof)
    }
}

/// Signs the body of each request with a shared secret.
#[derive(Debug)]
pub(super) struct Seals {
    pub(super) by: model::Hmac,
    /// What is signed in place of the body, on purpose.
    pub(super) instead: Option<&'static [u8]>,
}

impl Signer for Seals {
    fn sign(&self, outgoing: &Outgoing<'_>) -> Result<Headers, String> {
        let secret = BASE64_STANDARD
            .decode(self.by.secret.expose_secret())
            .map_err(|_| "The secret of the signature is not base64.")?;
        let key = hmac::Key::new(hmac::HMAC_SHA256, &secret);
        let tag = hmac::sign(&key, self.instead.unwrap_or(outgoing.body));
        let header = self.by.signature_header.to_ascii_lowercase();
        Ok([(header, BASE64_STANDARD.encode(tag.as_ref()))]
            .into_iter()
            .collect())
    }
}

/// Seconds since 1970.
pub(super) fn now() -> u64 {
    SystemTime::now()
        .duration_since(SystemTime::UNIX_EPOCH)
        .map_or(0, |since| since.as_secs())
}

/// A name that nothing had before: 128 random bits, base64url.
pub(super) fn fresh_id() -> String {
    let mut bytes = [0; 16];
    // Without randomness no key could have been made either.
    let _ = rand::fill(&mut bytes);
    BASE64_URL_SAFE_NO_PAD.encode(bytes)
}

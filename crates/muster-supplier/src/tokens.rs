//! The token endpoint and the tokens: [`Tokens`], OAuth 2.0 client credentials (RFC 6749 §4.4).

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use axum::http::{Method, StatusCode};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use percent_encoding::percent_decode_str;
use serde_json::{Value, json};

use super::fault::Misbehaviour;
use super::jwt::{Signer, Trusted};
use super::message::{Incoming, Outgoing, Received};
use super::proofs::{Bound, Proofs, Unproved};
use super::{Client, Credentials};

/// How long a token lives, in seconds.
const LIFETIME: u64 = 600;
/// How many tokens are kept before the dead ones are thrown away.
const KEPT: usize = 4096;

/// Of what form access tokens are.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum TokenFormat {
    /// Random text that only the supplier can look up.
    #[default]
    Opaque,
    /// JWT signed with RS256.
    Rs256,
    /// JWT signed with ES256.
    Es256,
    /// The same, bound to keys by DPoP.
    Dpop,
    /// The same, bound to the certificates of clients; over mutual TLS alone.
    Certificate,
    /// No tokens: the id of a client and its secret are shown with every request.
    Keys,
}

/// What is wrong with a token that is lent for tests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Defect {
    Expired,
    NotYetValid,
    OtherAudience,
    OtherIssuer,
    UnknownKey,
    Revoked,
}

impl Defect {
    /// Each with the name of the identity that it is lent as.
    pub(crate) const ALL: [(Self, &'static str); 6] = [
        (Self::Expired, "expired"),
        (Self::NotYetValid, "not-yet-valid"),
        (Self::OtherAudience, "other-audience"),
        (Self::OtherIssuer, "other-issuer"),
        (Self::UnknownKey, "unknown-key"),
        (Self::Revoked, "revoked"),
    ];

    /// The fault that overlooks it.
    const fn overlooked_by(self) -> Misbehaviour {
        match self {
            Self::Expired | Self::NotYetValid => Misbehaviour::OverlooksTime,
            Self::OtherAudience => Misbehaviour::OverlooksAudience,
            Self::OtherIssuer => Misbehaviour::OverlooksIssuer,
            Self::UnknownKey => Misbehaviour::TakesUnknownKeys,
            Self::Revoked => Misbehaviour::OverlooksRevocation,
        }
    }
}

/// What a token allows.
#[derive(Debug, Clone)]
pub(crate) struct Grant {
    pub(crate) client: String,
    pub(crate) force: String,
    pub(crate) scopes: Vec<String>,
    pub(crate) defect: Option<Defect>,
    /// What shows that it is its owner who calls.
    pub(crate) bound: Option<Bound>,
    expires: Instant,
}

impl Grant {
    /// What a token says.
    pub(crate) fn read(
        client: &str,
        force: &str,
        scope: &str,
        defect: Option<Defect>,
        expires: Instant,
    ) -> Self {
        Self {
            client: client.to_owned(),
            force: force.to_owned(),
            scopes: scope.split(' ').map(str::to_owned).collect(),
            defect,
            bound: None,
            expires,
        }
    }

    /// Everything that a client may do, for a while.
    pub(crate) fn of(client: &Client) -> Self {
        Self {
            client: client.id.clone(),
            force: client.force.clone(),
            scopes: client.scopes.clone(),
            defect: None,
            bound: None,
            expires: Instant::now() + Duration::from_secs(LIFETIME),
        }
    }
}

/// The tokens that were issued.
#[derive(Debug)]
pub(crate) struct Tokens {
    /// By token, or by the signature of a JWT.
    issued: Mutex<HashMap<String, Grant>>,
    signer: Option<Signer>,
    lifetime: u64,
    format: TokenFormat,
    pub(crate) proofs: Proofs,
    origin: String,
    /// Another issuer whose tokens are believed.
    trusted: Option<Trusted>,
}

impl Tokens {
    pub(crate) fn new(
        format: TokenFormat,
        origin: &str,
        trusted: Option<Trusted>,
        is: &dyn Fn(Misbehaviour) -> bool,
    ) -> Self {
        Self {
            issued: Mutex::default(),
            format,
            proofs: Proofs::new(),
            origin: origin.to_owned(),
            trusted,
            signer: Signer::new(format, origin),
            lifetime: if is(Misbehaviour::IssuesForADay) {
                86_400
            } else {
                LIFETIME
            },
        }
    }

    /// What this token allows, if it is alive; faults are lenient.
    pub(crate) fn grant(&self, token: &str, is: &dyn Fn(Misbehaviour) -> bool) -> Option<Grant> {
        let issued = self.issued.lock().unwrap_or_else(PoisonError::into_inner);
        let foreign = self.trusted.as_ref().and_then(|issuer| issuer.read(token));
        let grant = match &self.signer {
            _ if foreign.is_some() => foreign,
            Some(signer) => {
                let signature = token.rsplit('.').next().unwrap_or_default();
                let revoked = issued
                    .get(signature)
                    .and_then(|grant| grant.defect)
                    .filter(|defect| *defect == Defect::Revoked);
                signer
                    .read(token, is, &|signature| issued.contains_key(signature))
                    .map(|grant| Grant {
                        defect: grant.defect.or(revoked),
                        ..grant
                    })
            }
            None if is(Misbehaviour::TakesBeginnings) => issued
                .iter()
                .find(|(known, _)| token.len() > 8 && known.starts_with(token))
                .map(|(_, grant)| grant.clone()),
            None => issued.get(token).cloned(),
        };
        grant.filter(|grant| {
            grant.expires > Instant::now()
                && grant.defect.is_none_or(|defect| is(defect.overlooked_by()))
        })
    }

    /// A token for a client, with a defect where it is lent for tests.
    pub(crate) fn make(&self, mut grant: Grant, defect: Option<Defect>) -> String {
        grant.defect = defect;
        grant.expires = Instant::now() + Duration::from_secs(self.lifetime);
        let (token, key) = match &self.signer {
            Some(signer) => signer.sign(&grant, self.lifetime),
            None => {
                let token = URL_SAFE_NO_PAD.encode(rand::random::<[u8; 32]>());
                (token.clone(), token)
            }
        };
        let mut issued = self.issued.lock().unwrap_or_else(PoisonError::into_inner);
        if issued.len() >= KEPT {
            issued.retain(|_, grant| grant.expires > Instant::now());
        }
        issued.insert(key, grant);
        token
    }

    /// Does the request show that it comes from the owner of this token? Faults are lenient.
    pub(crate) fn proves(
        &self,
        grant: &Grant,
        scheme: &str,
        token: &str,
        incoming: &Incoming,
        is: &dyn Fn(Misbehaviour) -> bool,
    ) -> Result<(), Unproved> {
        match &grant.bound {
            Some(Bound::Key(bound)) => {
                if is(Misbehaviour::OverlooksProofs) {
                    return Ok(());
                }
                if !scheme.eq_ignore_ascii_case("dpop") {
                    return Err(Unproved::Wrong("The token is bound to a key."));
                }
                let key = self.proofs.key(incoming, &self.origin, Some(token), is)?;
                if key != *bound && !is(Misbehaviour::OverlooksProofKey) {
                    return Err(Unproved::Wrong("The proof is by another key."));
                }
                Ok(())
            }
            Some(Bound::Certificate(bound)) => {
                if incoming.certificate.as_ref() == Some(bound)
                    || is(Misbehaviour::OverlooksCertificate)
                {
                    Ok(())
                } else {
                    Err(Unproved::Wrong(
                        "The token is bound to another certificate.",
                    ))
                }
            }
            None if self.trusted.is_some() || scheme.eq_ignore_ascii_case("bearer") => Ok(()),
            None => Err(Unproved::Wrong("The token is not bound to a key.")),
        }
    }

    /// The scheme that tokens are shown under.
    pub(crate) const fn scheme(&self) -> &'static str {
        match self.format {
            TokenFormat::Dpop => "DPoP",
            _ => "Bearer",
        }
    }

    /// The public keys that tokens are verified with, where there are any.
    pub(crate) fn public_keys(&self) -> Option<Value> {
        self.signer.as_ref().map(Signer::public_keys)
    }

    /// Answers a call of the token endpoint.
    pub(crate) fn answer(&self, known: &Credentials, incoming: &Incoming) -> Outgoing {
        if incoming.method != Method::POST {
            return Outgoing::problem(
                StatusCode::METHOD_NOT_ALLOWED,
                "method-not-allowed",
                "The method is not offered here",
                "Use POST.",
            )
            .with("allow", "POST");
        }
        self.issue(known, incoming).unwrap_or_else(|refusal| {
            let status = match refusal.error {
                "invalid_client" => StatusCode::UNAUTHORIZED,
                _ => StatusCode::BAD_REQUEST,
            };
            let answer = Outgoing::json(
                status,
                json!({ "error": refusal.error, "error_description": refusal.description }),
            );
            match status {
                StatusCode::UNAUTHORIZED => {
                    answer.with("www-authenticate", "Basic realm=\"tokens\"")
                }
                _ => answer,
            }
        })
    }

    fn issue(&self, known: &Credentials, incoming: &Incoming) -> Result<Outgoing, Refusal> {
        let form = form(incoming)?;
        let field = |name: &str| {
            form.iter()
                .find(|(key, _)| key == name)
                .map(|(_, value)| value.as_str())
        };
        let (id, secret) = match (basic(incoming)?, field("client_secret")) {
            (Some(_), Some(_)) => {
                return Err(Refusal::new(
                    "invalid_request",
                    "Authenticate in one way, not two.",
                ));
            }
            (Some((id, secret)), None) => (id, secret),
            (None, Some(secret)) => (
                field("client_id").unwrap_or_default().to_owned(),
                secret.to_owned(),
            ),
            (None, None) => {
                return Err(Refusal::new(
                    "invalid_client",
                    "Send the client's id and secret.",
                ));
            }
        };
        let client = known
            .all()
            .into_iter()
            .find(|client| client.id == id && client.secret == secret)
            .ok_or(Refusal::new(
                "invalid_client",
                "The client is not known, or its secret is wrong.",
            ))?;
        match field("grant_type") {
            Some("client_credentials") => {}
            Some(_) => {
                return Err(Refusal::new(
                    "unsupported_grant_type",
                    "Only client_credentials is offered.",
                ));
            }
            None => return Err(Refusal::new("invalid_request", "grant_type is missing.")),
        }
        let scopes = scopes(client, field("scope"))?;
        let bound = match self.format {
            TokenFormat::Dpop => {
                let key = self
                    .proofs
                    .key(incoming, &self.origin, None, &|_| false)
                    .map_err(|_| {
                        Refusal::new("invalid_dpop_proof", "Prove that you have a key.")
                    })?;
                Some(Bound::Key(key))
            }
            TokenFormat::Certificate => incoming.certificate.clone().map(Bound::Certificate),
            _ => None,
        };
        let grant = Grant {
            scopes: scopes.clone(),
            bound,
            ..Grant::of(client)
        };
        let kind = match self.format {
            TokenFormat::Dpop => "DPoP",
            _ => "Bearer",
        };
        Ok(Outgoing::json(
            StatusCode::OK,
            json!({
                "access_token": self.make(grant, None),
                "token_type": kind,
                "expires_in": self.lifetime,
                "scope": scopes.join(" "),
            }),
        ))
    }
}

/// An error of RFC 6749 §5.2.
pub(crate) struct Refusal {
    error: &'static str,
    description: &'static str,
}

impl Refusal {
    const fn new(error: &'static str, description: &'static str) -> Self {
        Self { error, description }
    }
}

pub(crate) fn form(incoming: &Incoming) -> Result<Vec<(String, String)>, Refusal> {
    let media = incoming.header("content-type").unwrap_or_default();
    let is_form = media.split(';').next().is_some_and(|media| {
        media
            .trim()
            .eq_ignore_ascii_case("application/x-www-form-urlencoded")
    });
    let Received::Whole(body) = &incoming.body else {
        return Err(Refusal::new("invalid_request", "The body is too large."));
    };
    if !is_form {
        return Err(Refusal::new(
            "invalid_request",
            "Send application/x-www-form-urlencoded.",
        ));
    }
    let form: Vec<(String, String)> = url::form_urlencoded::parse(body).into_owned().collect();
    let repeated = form
        .iter()
        .enumerate()
        .any(|(at, (key, _))| form.iter().skip(at + 1).any(|(other, _)| other == key));
    if repeated {
        return Err(Refusal::new("invalid_request", "A parameter is repeated."));
    }
    Ok(form)
}

/// The client's id and secret from HTTP Basic (RFC 6749 §2.3.1: both are form-encoded first).
pub(crate) fn basic(incoming: &Incoming) -> Result<Option<(String, String)>, Refusal> {
    let Some(header) = incoming.header("authorization") else {
        return Ok(None);
    };
    let wrong = Refusal::new(
        "invalid_client",
        "The Authorization header is not HTTP Basic.",
    );
    let decoded = header
        .split_once(' ')
        .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("basic"))
        .and_then(|(_, pair)| STANDARD.decode(pair.trim()).ok())
        .and_then(|pair| String::from_utf8(pair).ok());
    let pair = decoded.as_deref().and_then(|pair| pair.split_once(':'));
    let (id, secret) = pair.ok_or(wrong)?;
    let decode = |text: &str| {
        percent_decode_str(&text.replace('+', " "))
            .decode_utf8_lossy()
            .into_owned()
    };
    Ok(Some((decode(id), decode(secret))))
}

fn scopes(client: &Client, asked: Option<&str>) -> Result<Vec<String>, Refusal> {
    let Some(asked) = asked.filter(|asked| !asked.trim().is_empty()) else {
        return Ok(client.scopes.clone());
    };
    let asked: Vec<String> = asked.split_ascii_whitespace().map(str::to_owned).collect();
    if asked.iter().all(|scope| client.scopes.contains(scope)) {
        Ok(asked)
    } else {
        Err(Refusal::new(
            "invalid_scope",
            "The client may not have this scope.",
        ))
    }
}

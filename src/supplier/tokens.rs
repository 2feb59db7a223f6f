//! The token endpoint and the tokens: [`Tokens`], OAuth 2.0 client credentials (RFC 6749 §4.4).

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use axum::http::{Method, StatusCode};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use percent_encoding::percent_decode_str;
use serde_json::{Value, json};

use super::fault::Switch;
use super::jwt::Signer;
use super::message::{Incoming, Outgoing, Received};
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
}

impl Defect {
    /// Each with the name of the identity that it is lent as.
    pub(crate) const ALL: [(Self, &'static str); 4] = [
        (Self::Expired, "expired"),
        (Self::NotYetValid, "not-yet-valid"),
        (Self::OtherAudience, "other-audience"),
        (Self::OtherIssuer, "other-issuer"),
    ];

    /// The fault that overlooks it.
    const fn overlooked_by(self) -> Switch {
        match self {
            Self::Expired | Self::NotYetValid => Switch::OverlooksTime,
            Self::OtherAudience => Switch::OverlooksAudience,
            Self::OtherIssuer => Switch::OverlooksIssuer,
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
}

impl Tokens {
    pub(crate) fn new(format: TokenFormat, origin: &str, is: &dyn Fn(Switch) -> bool) -> Self {
        Self {
            issued: Mutex::default(),
            signer: Signer::new(format, origin),
            lifetime: if is(Switch::IssuesForADay) {
                86_400
            } else {
                LIFETIME
            },
        }
    }

    /// What this token allows, if it is alive; faults are lenient.
    pub(crate) fn grant(&self, token: &str, is: &dyn Fn(Switch) -> bool) -> Option<Grant> {
        let issued = self.issued.lock().unwrap_or_else(PoisonError::into_inner);
        let grant = match &self.signer {
            Some(signer) => signer.read(token, is, &|signature| issued.contains_key(signature)),
            None if is(Switch::TakesBeginnings) => issued
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
        let grant = Grant {
            scopes: scopes.clone(),
            ..Grant::of(client)
        };
        Ok(Outgoing::json(
            StatusCode::OK,
            json!({
                "access_token": self.make(grant, None),
                "token_type": "Bearer",
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

fn form(incoming: &Incoming) -> Result<Vec<(String, String)>, Refusal> {
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

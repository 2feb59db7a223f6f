//! The token endpoint and the tokens: [`Tokens`], OAuth 2.0 client credentials (RFC 6749 §4.4).

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use axum::http::{Method, StatusCode};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use percent_encoding::percent_decode_str;
use serde_json::json;

use super::message::{Incoming, Outgoing, Received};
use super::{Client, Credentials};

/// How long a token lives, in seconds.
const LIFETIME: u64 = 600;
/// How many tokens are kept before the dead ones are thrown away.
const KEPT: usize = 4096;

/// What a token allows.
#[derive(Debug, Clone)]
pub(crate) struct Grant {
    pub(crate) client: String,
    pub(crate) force: String,
    pub(crate) scopes: Vec<String>,
    expires: Instant,
}

/// The tokens that were issued.
#[derive(Debug, Default)]
pub(crate) struct Tokens {
    issued: Mutex<HashMap<String, Grant>>,
}

impl Tokens {
    /// What this token allows, if it is alive.
    pub(crate) fn grant(&self, token: &str) -> Option<Grant> {
        let issued = self.issued.lock().unwrap_or_else(PoisonError::into_inner);
        issued
            .get(token)
            .filter(|grant| grant.expires > Instant::now())
            .cloned()
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
        let token = URL_SAFE_NO_PAD.encode(rand::random::<[u8; 32]>());
        let answer = Outgoing::json(
            StatusCode::OK,
            json!({
                "access_token": token,
                "token_type": "Bearer",
                "expires_in": LIFETIME,
                "scope": scopes.join(" "),
            }),
        );
        let mut issued = self.issued.lock().unwrap_or_else(PoisonError::into_inner);
        if issued.len() >= KEPT {
            issued.retain(|_, grant| grant.expires > Instant::now());
        }
        issued.insert(
            token,
            Grant {
                client: client.id.clone(),
                force: client.force.clone(),
                scopes,
                expires: Instant::now() + Duration::from_secs(LIFETIME),
            },
        );
        Ok(answer)
    }
}

/// An error of RFC 6749 §5.2.
struct Refusal {
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
fn basic(incoming: &Incoming) -> Result<Option<(String, String)>, Refusal> {
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

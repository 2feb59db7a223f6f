//! A small OpenID provider for test environments (owner of [`Issuer`]).
//!
//! It issues access tokens (RFC 9068) by client credentials, and makes them wrong on request: the member
//! `muster_flaw` of the form names what is to be wrong, so that a supplier whose test system trusts it can
//! be shown every token that only an issuer can make. It guards nothing, and must never be trusted by
//! anything that does.
#![allow(clippy::disallowed_methods, reason = "a service has a clock and tasks")]

mod token;

use std::collections::HashSet;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

use axum::Json;
use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use percent_encoding::percent_decode_str;
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Map, Value, json};
use time::OffsetDateTime;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use muster_jose::{self as jose, Algorithm, Proof, SigningKey};

/// How long a token lives, in seconds.
const LIFETIME_S: i64 = 300;
/// How long an assertion may live, and how old a proof may be, in seconds.
const LONGEST_S: u64 = 300;

/// What can be wrong with a token, with a sentence for each.
pub const FLAWS: [(&str, &str); 8] = [
    ("expired", "it ended an hour ago"),
    ("not-yet-valid", "it begins in an hour"),
    ("other-audience", "it is for another API"),
    ("other-issuer", "it says that somebody else issued it"),
    (
        "unknown-key",
        "it is signed with a key that is not published",
    ),
    ("insufficient-scope", "its scope allows nothing"),
    ("without-expiry", "it has no end"),
    ("revoked", "it was revoked as soon as it was issued"),
];

/// How an issuer is to be.
#[derive(Debug)]
pub struct Options {
    /// Where it listens; loopback where nobody says otherwise.
    pub listen: SocketAddr,
    /// What it calls itself; where it listens, if left out.
    pub url: Option<String>,
    /// Whom its tokens are for.
    pub audience: String,
    /// The scope of tokens that are asked for without one.
    pub scope: String,
    /// The client.
    pub client: Client,
    /// Further claims of every token.
    pub claims: Map<String, Value>,
    /// The key that it signs with; a fresh one, if left out.
    pub key: Option<SigningKey>,
    /// How it signs where the key is fresh.
    pub algorithm: Algorithm,
}

/// Whom tokens are issued to.
#[derive(Debug)]
pub struct Client {
    /// Its name.
    pub id: String,
    /// Its secret.
    pub secret: Option<SecretString>,
    /// Its public keys, for `private_key_jwt`.
    pub keys: Option<Value>,
}

/// Why an issuer could not start.
#[derive(Debug, thiserror::Error)]
pub enum IssuerError {
    /// The address is taken or not of this machine.
    #[error("nothing can listen on {0}: {1}")]
    Port(SocketAddr, std::io::Error),
    /// This machine makes no keys.
    #[error("no key could be made on this machine")]
    Key,
}

/// A running issuer. It stops when it is dropped.
#[derive(Debug)]
pub struct Issuer {
    house: Arc<IssuerState>,
    address: SocketAddr,
    task: JoinHandle<()>,
}

#[derive(Debug)]
struct IssuerState {
    url: String,
    options: Options,
    key: SigningKey,
    stranger: SigningKey,
    revoked: Mutex<HashSet<String>>,
    /// Assertions and proofs that were shown, since each holds once.
    seen: Mutex<HashSet<String>>,
}

impl Issuer {
    /// Listens and answers from now on.
    ///
    /// # Errors
    /// Where the address is not to be had, or no key can be made.
    pub async fn start(mut options: Options) -> Result<Self, IssuerError> {
        let fresh = || SigningKey::generate(options.algorithm);
        let key = options.key.take().or_else(fresh).ok_or(IssuerError::Key)?;
        let stranger = SigningKey::generate(key.algorithm()).ok_or(IssuerError::Key)?;
        let port = |error| IssuerError::Port(options.listen, error);
        let listener = TcpListener::bind(options.listen).await.map_err(port)?;
        let address = listener.local_addr().map_err(port)?;
        let url = options
            .url
            .clone()
            .unwrap_or_else(|| format!("http://{address}"));
        let house = Arc::new(IssuerState {
            url: url.trim_end_matches('/').to_owned(),
            options,
            key,
            stranger,
            revoked: Mutex::default(),
            seen: Mutex::default(),
        });
        let router = Router::new()
            .route("/.well-known/openid-configuration", get(discovery))
            .route("/.well-known/oauth-authorization-server", get(discovery))
            .route("/jwks.json", get(keys))
            .route("/token", post(token))
            .route("/revoke", post(revoke))
            .route("/introspect", post(introspect))
            .with_state(Arc::clone(&house));
        let task = tokio::spawn(async move {
            // It serves until the task is aborted.
            let _ = axum::serve(listener, router).await;
        });
        Ok(Self {
            house,
            address,
            task,
        })
    }

    /// What it calls itself.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.house.url
    }

    /// Where it listens.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Its public keys.
    #[must_use]
    pub fn keys(&self) -> Value {
        self.house.keys()
    }

    /// Stops listening.
    pub async fn stop(mut self) {
        self.task.abort();
        // An aborted task ends with an error that says so.
        let _ = (&mut self.task).await;
    }
}

impl Drop for Issuer {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl IssuerState {
    fn keys(&self) -> Value {
        json!({ "keys": [self.key.published("muster-issuer")] })
    }
}

async fn discovery(State(house): State<Arc<IssuerState>>) -> Json<Value> {
    let url = &house.url;
    Json(json!({
        "issuer": url,
        "token_endpoint": format!("{url}/token"),
        "jwks_uri": format!("{url}/jwks.json"),
        "revocation_endpoint": format!("{url}/revoke"),
        "introspection_endpoint": format!("{url}/introspect"),
        "grant_types_supported": ["client_credentials"],
        "response_types_supported": ["none"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": [house.key.algorithm().name()],
        "token_endpoint_auth_methods_supported":
            ["client_secret_basic", "client_secret_post", "private_key_jwt"],
        "token_endpoint_auth_signing_alg_values_supported":
            Algorithm::ALL.map(|(_, name)| name),
        "dpop_signing_alg_values_supported": Algorithm::ALL.map(|(_, name)| name),
    }))
}

async fn keys(State(house): State<Arc<IssuerState>>) -> Json<Value> {
    Json(house.keys())
}

async fn token(State(house): State<Arc<IssuerState>>, headers: HeaderMap, body: Bytes) -> Response {
    answer(house.issue(&headers, &body))
}

async fn revoke(
    State(house): State<Arc<IssuerState>>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    answer(house.told(&headers, &body).map(|(form, _)| {
        if let Some(token) = field(&form, "token") {
            house.forget(token);
        }
        json!({})
    }))
}

async fn introspect(
    State(house): State<Arc<IssuerState>>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    answer(house.told(&headers, &body).map(|(form, _)| {
        field(&form, "token")
            .and_then(|token| house.alive(token))
            .map_or_else(
                || json!({ "active": false }),
                |mut claims| {
                    claims.insert("active".into(), true.into());
                    Value::Object(claims)
                },
            )
    }))
}

/// An error of RFC 6749 §5.2: its code, and a sentence.
type Refusal = (&'static str, String);

fn answer(result: Result<Value, Refusal>) -> Response {
    let no_store = [(header::CACHE_CONTROL, "no-store")];
    match result {
        Ok(value) => (no_store, Json(value)).into_response(),
        Err((code, description)) => {
            let body = Json(json!({ "error": code, "error_description": description }));
            if code == "invalid_client" {
                let challenge = [(header::WWW_AUTHENTICATE, "Basic realm=\"muster\"")];
                (StatusCode::UNAUTHORIZED, no_store, challenge, body).into_response()
            } else {
                (StatusCode::BAD_REQUEST, no_store, body).into_response()
            }
        }
    }
}

type Form = Vec<(String, String)>;

fn field<'a>(form: &'a Form, name: &str) -> Option<&'a str> {
    form.iter()
        .find(|(key, _)| key == name)
        .map(|(_, value)| value.as_str())
}

impl IssuerState {
    /// The form, and the client that has proved itself.
    fn told(&self, headers: &HeaderMap, body: &[u8]) -> Result<(Form, &Client), Refusal> {
        let form: Form = url::form_urlencoded::parse(body).into_owned().collect();
        let twice = form
            .iter()
            .enumerate()
            .find(|(at, (key, _))| form.iter().skip(at + 1).any(|(other, _)| other == key));
        if let Some((_, (key, _))) = twice {
            return Err(("invalid_request", format!("`{key}` is repeated.")));
        }
        let client = &self.options.client;
        let refused = |why: &str| Err(("invalid_client", why.to_owned()));
        if let Some(assertion) = field(&form, "client_assertion") {
            return match self.asserted(assertion) {
                Ok(()) => Ok((form, client)),
                Err(why) => refused(why),
            };
        }
        let (id, secret) = match basic(headers) {
            Some(pair) => pair,
            None => (
                field(&form, "client_id").unwrap_or_default().to_owned(),
                field(&form, "client_secret").unwrap_or_default().to_owned(),
            ),
        };
        let right = client
            .secret
            .as_ref()
            .is_some_and(|known| id == client.id && secret == known.expose_secret());
        if right {
            Ok((form, client))
        } else {
            refused("The client is not known, or its secret is wrong.")
        }
    }

    /// Whether an assertion is one of the client's (RFC 7523 §3).
    fn asserted(&self, assertion: &str) -> Result<(), &'static str> {
        let client = &self.options.client;
        let keys = client
            .keys
            .as_ref()
            .ok_or("This client has registered no key.")?;
        let (header, claims) = jose::peek(assertion).ok_or("The assertion is not a JWT.")?;
        let text = |name: &str| claims.get(name).and_then(Value::as_str);
        let kid = header.get("kid");
        let known = keys
            .get("keys")
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
            .filter(|jwk| kid.is_none() || jwk.get("kid").is_none() || jwk.get("kid") == kid)
            .any(|jwk| jose::verifies(assertion, jwk));
        if !known {
            return Err("The assertion is not signed with a key of the client's.");
        }
        if text("iss") != Some(&client.id) || text("sub") != Some(&client.id) {
            return Err("`iss` and `sub` of the assertion are not the client.");
        }
        let endpoint = format!("{}/token", self.url);
        let ours = |audience: &str| audience == self.url || audience == endpoint;
        let meant = match claims.get("aud") {
            Some(Value::String(one)) => ours(one),
            Some(Value::Array(any)) => any.iter().filter_map(Value::as_str).any(ours),
            _ => false,
        };
        if !meant {
            return Err("`aud` of the assertion is neither this issuer nor its token endpoint.");
        }
        let now = OffsetDateTime::now_utc().unix_timestamp();
        let end = claims.get("exp").and_then(Value::as_i64).unwrap_or(0);
        if end <= now || end.abs_diff(now) > LONGEST_S {
            return Err("The assertion has ended, or lasts for too long.");
        }
        let id = text("jti").ok_or("The assertion has no `jti`.")?;
        if !self.first_seen(id) {
            return Err("The assertion was used before.");
        }
        Ok(())
    }

    fn first_seen(&self, id: &str) -> bool {
        self.seen
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(id.to_owned())
    }

    fn issue(&self, headers: &HeaderMap, body: &[u8]) -> Result<Value, Refusal> {
        let (form, client) = self.told(headers, body)?;
        match field(&form, "grant_type") {
            Some("client_credentials") => {}
            Some(_) => {
                return Err((
                    "unsupported_grant_type",
                    "Only client_credentials is offered.".to_owned(),
                ));
            }
            None => return Err(("invalid_request", "grant_type is missing.".to_owned())),
        }
        let flaw = field(&form, "muster_flaw");
        if let Some(flaw) = flaw.filter(|flaw| !FLAWS.iter().any(|(known, _)| known == flaw)) {
            let known = FLAWS.map(|(name, _)| name).join(", ");
            return Err((
                "invalid_request",
                format!("There is no flaw {flaw:?}; there are {known}."),
            ));
        }
        let claims = match field(&form, "muster_claims").map(serde_json::from_str::<Value>) {
            None => Map::new(),
            Some(Ok(Value::Object(claims))) => claims,
            Some(_) => {
                return Err((
                    "invalid_request",
                    "muster_claims is not a JSON object.".to_owned(),
                ));
            }
        };
        let bound = match headers.get("dpop") {
            None => None,
            Some(proof) => Some(self.proved(proof.to_str().unwrap_or_default())?),
        };
        let scope = field(&form, "scope").unwrap_or(&self.options.scope);
        let made = token::make(&token::Wanted {
            issuer: &self.url,
            audience: field(&form, "audience").unwrap_or(&self.options.audience),
            client: &client.id,
            scope,
            flaw,
            claims: self
                .options
                .claims
                .clone()
                .into_iter()
                .chain(claims)
                .collect(),
            bound: bound.as_deref(),
            key: &self.key,
            stranger: &self.stranger,
            lifetime_s: LIFETIME_S,
        });
        if flaw == Some("revoked") {
            self.forget(&made);
        }
        Ok(json!({
            "access_token": made,
            "token_type": if bound.is_some() { "DPoP" } else { "Bearer" },
            "expires_in": LIFETIME_S,
            "scope": scope,
        }))
    }

    /// The thumbprint of the key that a proof for the token endpoint shows.
    fn proved(&self, proof: &str) -> Result<String, Refusal> {
        let wrong = |why: &str| ("invalid_dpop_proof", why.to_owned());
        let proof = Proof::read(proof).ok_or_else(|| wrong("The proof is not sound."))?;
        let endpoint = format!("{}/token", self.url);
        if proof.text("htm") != Some("POST") || proof.text("htu") != Some(&endpoint) {
            return Err(wrong("The proof is for another request."));
        }
        let now = OffsetDateTime::now_utc().unix_timestamp();
        let fresh = proof
            .claims
            .get("iat")
            .and_then(Value::as_i64)
            .is_some_and(|made| made.abs_diff(now) <= LONGEST_S);
        if !fresh || !proof.text("jti").is_some_and(|id| self.first_seen(id)) {
            return Err(wrong("The proof is old, or was shown before."));
        }
        Ok(proof.thumbprint)
    }

    fn forget(&self, token: &str) {
        self.revoked
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(token.to_owned());
    }

    /// What a token says, if it is one of this issuer's and neither ended nor revoked.
    fn alive(&self, token: &str) -> Option<Map<String, Value>> {
        let (_, claims) = jose::peek(token)?;
        let now = OffsetDateTime::now_utc().unix_timestamp();
        let revoked = self
            .revoked
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .contains(token);
        let lasts = claims
            .get("exp")
            .and_then(Value::as_i64)
            .is_some_and(|end| end > now);
        (lasts && !revoked && jose::verifies(token, self.key.public())).then_some(claims)
    }
}

/// The client's id and secret from HTTP Basic (RFC 6749 §2.3.1: both are form-encoded first).
fn basic(headers: &HeaderMap) -> Option<(String, String)> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let pair = value.strip_prefix("Basic ")?;
    let pair = String::from_utf8(BASE64_STANDARD.decode(pair.trim()).ok()?).ok()?;
    let (id, secret) = pair.split_once(':')?;
    let decode = |text: &str| {
        percent_decode_str(&text.replace('+', " "))
            .decode_utf8_lossy()
            .into_owned()
    };
    Some((decode(id), decode(secret)))
}

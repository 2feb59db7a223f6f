//! Tokens from a token endpoint: obtained once for everyone who waits, kept until shortly before they
//! end, and never asked for again and again after a refusal (owner of [`Login`]).

use std::{
    sync::{Arc, Mutex, PoisonError, RwLock},
    time::{Duration, Instant},
};

use secrecy::ExposeSecret;
use serde_json::Value;
use url::{Position, form_urlencoded};

use super::{LoginError, credential::client_basic};
use crate::{
    exchange::{
        Address, Auth, Body, BreakageKind, Exchange, ExchangeId, Headers, Intent, Outcome, Request,
        Response,
    },
    http::{Credentials, Options, Transport, TransportError},
    model::{ClientAuth, IdentityName, Method, OAuth2, Whose},
    observation::{Redactor, variable},
};

/// How long a failure that may pass is remembered, so that a run does not hammer a login service.
const PATIENCE: Duration = Duration::from_secs(10);
/// A token that replaced a refused one and is refused within this time shows that tokens are not the
/// matter.
const FRESH: Duration = Duration::from_secs(60);

/// Where exchanges with token endpoints are kept until the runner takes them.
pub(super) type Log = Arc<Mutex<Vec<Exchange>>>;

/// The login of one identity at one token endpoint.
#[derive(Debug)]
pub(super) struct Login {
    identity: IdentityName,
    oauth: OAuth2,
    transport: Transport,
    redactor: Redactor,
    log: Log,
    state: RwLock<State>,
    /// Held by whoever is at the token endpoint; the others wait.
    gate: tokio::sync::Mutex<()>,
}

#[derive(Debug, Clone, Default)]
enum State {
    #[default]
    Nothing,
    Token(Token),
    /// The last token was refused by the target.
    Refused,
    Failed {
        error: LoginError,
        until: Option<Instant>,
    },
}

#[derive(Debug, Clone)]
struct Token {
    value: Arc<str>,
    obtained: Instant,
    renew: Option<Instant>,
    /// Whether it replaced one that the target refused.
    replacement: bool,
}

impl Login {
    pub(super) fn new(
        identity: IdentityName,
        oauth: OAuth2,
        connection: &Options,
        redactor: Redactor,
        log: Log,
    ) -> Result<Self, TransportError> {
        let mut options = connection.clone();
        options.base_url = oauth.token_url.clone();
        options.body_limit = 1 << 20;
        options.concurrency = 1;
        Ok(Self {
            transport: Transport::new(options)?,
            identity,
            oauth,
            redactor,
            log,
            state: RwLock::default(),
            gate: tokio::sync::Mutex::new(()),
        })
    }

    /// A token that lasts for a while yet.
    pub(super) async fn token(&self) -> Result<Arc<str>, LoginError> {
        if let Some(known) = self.known() {
            return known;
        }
        let _turn = self.gate.lock().await;
        if let Some(known) = self.known() {
            return known;
        }
        let replacement = matches!(&*self.read(), State::Refused);
        let result = self.obtain(replacement).await;
        let (state, result) = match result {
            Ok(token) => {
                let value = Arc::clone(&token.value);
                (State::Token(token), Ok(value))
            }
            Err((error, passing)) => (
                State::Failed {
                    error: error.clone(),
                    until: passing.then(|| Instant::now() + PATIENCE),
                },
                Err(error),
            ),
        };
        *self.write() = state;
        result
    }

    /// Forgets the token that the target refused; whether another one is worth a try.
    pub(super) fn refuse(&self, used: &str) -> bool {
        let mut state = self.write();
        match &*state {
            State::Token(token) if *token.value == *used => {
                if token.replacement && token.obtained.elapsed() < FRESH {
                    return false;
                }
                *state = State::Refused;
                true
            }
            // Someone else was quicker: the next token is another one already.
            State::Token(_) | State::Refused => true,
            State::Nothing | State::Failed { .. } => false,
        }
    }

    /// The host of the token endpoint.
    pub(super) fn host(&self) -> Option<&str> {
        self.oauth.token_url.host_str()
    }

    /// The client's id and secret as HTTP Basic has them.
    pub(super) fn as_basic(&self) -> String {
        client_basic(&self.oauth)
    }

    /// The issuer's public keys, where its host publishes them at a usual place.
    pub(super) async fn public_keys(&self) -> Option<Value> {
        let discovered = self.fetch("/.well-known/openid-configuration").await;
        let address = discovered
            .as_ref()
            .and_then(|document| document.get("jwks_uri"))
            .and_then(Value::as_str)
            .and_then(|uri| url::Url::parse(uri).ok())
            // Nothing is fetched from another host than that of the token endpoint.
            .filter(|uri| uri.host_str() == self.host());
        let path = address.map_or_else(
            || "/.well-known/jwks.json".to_owned(),
            |uri| uri[Position::BeforePath..Position::AfterQuery].to_owned(),
        );
        self.fetch(&path)
            .await
            .filter(|keys| keys.get("keys").is_some_and(Value::is_array))
    }

    async fn fetch(&self, path: &str) -> Option<Value> {
        let mut request = Request::new(
            Method::Get,
            Address::Root(path.to_owned()),
            "reads what the issuer of tokens publishes",
        )
        .meant(Intent::Housekeeping)
        .header("accept", "application/json");
        request.identity = self.identity.clone();
        request.auth = Auth::Nothing;
        let sent = self.transport.send(&request, &Credentials::default()).await;
        let document = match &sent.outcome {
            Outcome::Answered(response) if response.is_success() => response.json().ok().cloned(),
            _ => None,
        };
        self.log
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(sent.into_exchange(ExchangeId(0), request));
        document
    }

    fn read(&self) -> std::sync::RwLockReadGuard<'_, State> {
        self.state.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> std::sync::RwLockWriteGuard<'_, State> {
        self.state.write().unwrap_or_else(PoisonError::into_inner)
    }

    fn known(&self) -> Option<Result<Arc<str>, LoginError>> {
        let now = Instant::now();
        match &*self.read() {
            State::Token(token) if token.renew.is_none_or(|renew| now < renew) => {
                Some(Ok(Arc::clone(&token.value)))
            }
            State::Failed { error, until } if until.is_none_or(|until| now < until) => {
                Some(Err(error.clone()))
            }
            _ => None,
        }
    }

    async fn obtain(&self, replacement: bool) -> Result<Token, (LoginError, bool)> {
        let (request, credentials) = self.request();
        let asked = Instant::now();
        let sent = self.transport.send(&request, &credentials).await;
        let result = match &sent.outcome {
            Outcome::Answered(response) => self.read_answer(response),
            Outcome::Broken(breakage) => Err((
                self.error(
                    breakage.kind.whose(),
                    format!("No answer from the token endpoint. {}", breakage.detail),
                ),
                true,
            )),
        };
        // The redactor knows the token by now, so that nothing of this exchange can be kept unredacted.
        self.log
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(sent.into_exchange(ExchangeId(0), request));
        let (value, life) = result?;
        Ok(Token {
            value: value.into(),
            obtained: asked,
            renew: life.and_then(|life| {
                let lead = Duration::from_secs(30).min(life / 10);
                asked.checked_add(life.checked_sub(lead)?)
            }),
            replacement,
        })
    }

    fn request(&self) -> (Request, Credentials) {
        let mut form = form_urlencoded::Serializer::new(String::new());
        form.append_pair("grant_type", "client_credentials");
        if let Some(scope) = &self.oauth.scope {
            form.append_pair("scope", scope);
        }
        if let Some(audience) = &self.oauth.audience {
            form.append_pair("audience", audience);
        }
        let mut credentials = Headers::new();
        match self.oauth.auth {
            ClientAuth::Basic => credentials.append(
                "authorization",
                format!("Basic {}", client_basic(&self.oauth)),
            ),
            ClientAuth::Post => {
                form.append_pair("client_id", &self.oauth.client_id);
                form.append_pair("client_secret", self.oauth.client_secret.expose_secret());
            }
        }
        let path = &self.oauth.token_url[Position::BeforePath..Position::AfterQuery];
        let mut request = Request::new(
            Method::Post,
            Address::Root(path.to_owned()),
            "obtains an access token",
        )
        .meant(Intent::Housekeeping)
        .header("accept", "application/json");
        request.identity = self.identity.clone();
        request.auth = Auth::Instead(credentials.clone());
        request.body = Some(Body {
            media_type: Some("application/x-www-form-urlencoded".to_owned()),
            bytes: form.finish().into(),
        });
        (request, Credentials::of(credentials))
    }

    /// The token and its life; or the error, and whether it may pass by itself.
    fn read_answer(
        &self,
        response: &Response,
    ) -> Result<(String, Option<Duration>), (LoginError, bool)> {
        let status = response.status;
        let json = response.json().ok().filter(|json| json.is_object());
        let text = |name: &str| json.and_then(|json| json.get(name)).and_then(Value::as_str);
        for (member, what) in [
            ("access_token", "TOKEN"),
            ("refresh_token", "REFRESH_TOKEN"),
            ("id_token", "ID_TOKEN"),
        ] {
            if let Some(secret) = text(member) {
                self.redactor.learn(&variable(&self.identity, what), secret);
            }
        }
        if let Some(code) = text("error").filter(|_| !response.is_success()) {
            return Err((self.refused(code, text("error_description")), false));
        }
        let fail = |whose, detail: String, passing| Err((self.error(whose, detail), passing));
        match status {
            200..=299 => {}
            500..=599 | 429 => {
                return fail(
                    Whose::Supplier,
                    format!("The token endpoint answered {status}."),
                    true,
                );
            }
            300..=399 => {
                return fail(
                    Whose::Configuration,
                    format!(
                        "The token endpoint answered {status}, a redirect: token_url is not its address."
                    ),
                    false,
                );
            }
            401 | 403 => {
                return fail(
                    Whose::Credentials,
                    format!("The token endpoint answered {status}: it does not accept the client."),
                    false,
                );
            }
            _ => {
                return fail(
                    Whose::Configuration,
                    format!("The token endpoint answered {status}: token_url may be wrong."),
                    false,
                );
            }
        }
        let Some(token) = text("access_token").filter(|token| !token.is_empty()) else {
            let (whose, what) = if json.is_some() {
                (Whose::Supplier, "JSON without an access_token".to_owned())
            } else {
                let media = response.media_type().unwrap_or_default();
                let what = match media.as_str() {
                    "text/html" => "an HTML page instead of a token".to_owned(),
                    "" => "a body that is not JSON".to_owned(),
                    other => format!("{other} that is not a JSON object"),
                };
                (Whose::Configuration, what)
            };
            return fail(
                whose,
                format!("The token endpoint answered {status} with {what}; check token_url."),
                false,
            );
        };
        if let Some(kind) = text("token_type").filter(|kind| !kind.eq_ignore_ascii_case("bearer")) {
            return fail(
                Whose::Muster,
                format!(
                    "The token endpoint gave a token of type {kind}; Muster can use bearer tokens only."
                ),
                false,
            );
        }
        let life = json
            .and_then(|json| json.get("expires_in"))
            .and_then(|life| {
                // Some servers send the number as text.
                life.as_f64()
                    .or_else(|| life.as_str()?.trim().parse().ok())
                    .and_then(|seconds| Duration::try_from_secs_f64(seconds.max(0.0)).ok())
            });
        Ok((token.to_owned(), life))
    }

    /// An error of RFC 6749 §5.2.
    fn refused(&self, code: &str, description: Option<&str>) -> LoginError {
        let (whose, meaning) = match code {
            "invalid_client" => (
                Whose::Credentials,
                "it does not accept client_id and client_secret, or the way they are sent",
            ),
            "unauthorized_client" | "access_denied" => (
                Whose::Credentials,
                "this client may not use the client-credentials grant",
            ),
            "invalid_grant" => (Whose::Credentials, "it does not accept the grant"),
            "invalid_scope" | "invalid_target" => (
                Whose::Configuration,
                "it does not know the scope, audience or resource of the target file",
            ),
            "unsupported_grant_type" => (
                Whose::Supplier,
                "it does not offer the client-credentials grant",
            ),
            "server_error" | "temporarily_unavailable" => (Whose::Supplier, "it is not available"),
            _ => (Whose::Configuration, "it does not accept the request"),
        };
        let described = description.map_or_else(String::new, |text| {
            let short: String = text.chars().take(200).collect();
            format!(" It says: {short}")
        });
        self.error(
            whose,
            format!("The token endpoint answered {code}: {meaning}.{described}"),
        )
    }

    fn error(&self, whose: Whose, detail: String) -> LoginError {
        LoginError {
            identity: self.identity.clone(),
            kind: BreakageKind::LoginFailed,
            whose,
            detail: self.redactor.text(&format!(
                "Identity {} could not log in at {}: {detail}",
                self.identity,
                &self.oauth.token_url[..Position::AfterPath]
            )),
        }
    }
}

//! Tokens from a token endpoint: obtained once for everyone who waits, kept until shortly before they
//! end, and never asked for again and again after a refusal (owner of [`Login`]).

use std::{
    sync::{Arc, Mutex, PoisonError, RwLock},
    time::{Duration, Instant},
};

use secrecy::{ExposeSecret, SecretString};
use serde_json::{Map, Value};
use url::form_urlencoded;

use super::{
    LoginError,
    answer::{self, Issued},
    credential::client_basic,
    endpoint::{self, Endpoint, path_of},
    proof::{For, Possession, fresh_id, now},
};
use crate::http::{Credentials, Options, Sent, Transport, TransportError};
use muster_core::{
    exchange::{
        Address, Auth, Body, BreakageKind, Exchange, ExchangeId, Headers, Intent, Outcome, Request,
    },
    model::{Assertion, ClientAuth, Grant, IdentityName, Method, OAuth2, Responsible, TokenPlace},
    observation::{Redactor, variable},
};

/// How long a failure that may pass is remembered, so that a run does not hammer a login service.
const PATIENCE: Duration = Duration::from_secs(10);
/// A token that replaced a refused one and is refused within this time shows that tokens are not the
/// matter.
const FRESH: Duration = Duration::from_secs(60);
/// How long an assertion holds, in seconds.
const ASSERTION_S: u64 = 60;

/// Where exchanges with token endpoints are kept until the runner takes them.
pub(super) type Log = Arc<Mutex<Vec<Exchange>>>;

/// Keeps an exchange as evidence.
pub(super) fn note(log: &Log, exchange: Exchange) {
    log.lock()
        .unwrap_or_else(PoisonError::into_inner)
        .push(exchange);
}

/// The login of one identity at one token endpoint.
#[derive(Debug)]
pub(super) struct Login {
    identity: IdentityName,
    oauth: OAuth2,
    /// The way to whoever is asked first: the token endpoint, or the issuer that tells it.
    first: Transport,
    connection: Options,
    redactor: Redactor,
    log: Log,
    state: RwLock<State>,
    /// Held by whoever is at the token endpoint; the others wait.
    gate: tokio::sync::Mutex<()>,
    endpoint: tokio::sync::OnceCell<Endpoint>,
    /// The refresh token that was given last.
    refresh: Mutex<Option<SecretString>>,
    possession: Option<Arc<Possession>>,
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
    dpop: bool,
    obtained: Instant,
    renew: Option<Instant>,
    /// Whether it replaced one that the target refused.
    replacement: bool,
}

/// A token that lasts for a while yet, and whether it is bound to a key.
#[derive(Debug, Clone)]
pub(super) struct Valid {
    pub(super) value: Arc<str>,
    pub(super) bound_to: Option<Arc<Possession>>,
}

impl Login {
    pub(super) fn new(
        identity: IdentityName,
        oauth: OAuth2,
        connection: &Options,
        redactor: Redactor,
        log: Log,
    ) -> Result<Self, TransportError> {
        let first = match &oauth.issued_by {
            TokenPlace::Endpoint(url) => endpoint::way(connection, url)?,
            TokenPlace::Issuer(issuer) => {
                let url = issuer
                    .parse()
                    .map_err(|_| TransportError::BaseUrl(issuer.clone()))?;
                endpoint::way(connection, &url)?
            }
        };
        let refresh = match &oauth.grant {
            Grant::Refresh(token) => Some(token.clone()),
            Grant::ClientCredentials => None,
        };
        Ok(Self {
            first,
            connection: connection.clone(),
            identity,
            possession: oauth.dpop.clone().map(|key| Arc::new(Possession::of(key))),
            oauth,
            redactor,
            log,
            state: RwLock::default(),
            gate: tokio::sync::Mutex::new(()),
            endpoint: tokio::sync::OnceCell::new(),
            refresh: Mutex::new(refresh),
        })
    }

    /// A token that lasts for a while yet.
    pub(super) async fn token(&self) -> Result<Valid, LoginError> {
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
                let valid = self.valid(&token);
                (State::Token(token), Ok(valid))
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

    fn valid(&self, token: &Token) -> Valid {
        Valid {
            value: Arc::clone(&token.value),
            bound_to: self.possession.clone().filter(|_| token.dpop),
        }
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

    /// Keeps what an answer of the target asks of the next proof, and the proof that was good.
    pub(super) fn hear(&self, request: &Request, sent: &Sent) {
        let (Some(possession), Outcome::Answered(response)) = (&self.possession, &sent.outcome)
        else {
            return;
        };
        possession.hear(For::Target, &response.headers);
        if let Some(proof) = sent.credentials.get("dpop")
            && response.is_success()
            && request.auth == Auth::Declared
        {
            possession.accepted(request.method.as_str(), &sent.url, proof);
        }
    }

    /// The host of the token endpoint, as far as it is known.
    pub(super) fn host(&self) -> Option<&str> {
        match (&self.oauth.issued_by, self.endpoint.get()) {
            (TokenPlace::Endpoint(url), _) => url.host_str(),
            (TokenPlace::Issuer(_), Some(endpoint)) => endpoint.url.host_str(),
            (TokenPlace::Issuer(_), None) => None,
        }
    }

    /// The client's id and secret as HTTP Basic has them, where it has a secret.
    pub(super) fn as_basic(&self) -> Option<String> {
        match &self.oauth.auth {
            ClientAuth::Basic(secret) | ClientAuth::Post(secret) => {
                Some(client_basic(&self.oauth.client_id, secret))
            }
            _ => None,
        }
    }

    /// The issuer's public keys, where its host publishes them at a usual place.
    pub(super) async fn public_keys(&self) -> Option<Value> {
        let endpoint = self.endpoint().await.ok()?;
        let usual;
        let document = match &endpoint.document {
            Some(document) => Some(document),
            None => {
                usual = self.fetch("/.well-known/openid-configuration").await;
                usual.as_ref()
            }
        };
        let address = document
            .and_then(|document| document.get("jwks_uri"))
            .and_then(Value::as_str)
            .and_then(|uri| url::Url::parse(uri).ok())
            // Nothing is fetched from another host than that of the issuer.
            .filter(|uri| uri.host_str() == self.host());
        let path = address.map_or_else(
            || "/.well-known/jwks.json".to_owned(),
            |uri| path_of(&uri).to_owned(),
        );
        self.fetch(&path)
            .await
            .filter(|keys| keys.get("keys").is_some_and(Value::is_array))
    }

    async fn fetch(&self, path: &str) -> Option<Value> {
        match endpoint::fetch(&self.first, &self.identity, path, &self.log).await {
            Outcome::Answered(response) if response.is_success() => response.json().ok().cloned(),
            _ => None,
        }
    }

    fn read(&self) -> std::sync::RwLockReadGuard<'_, State> {
        self.state.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> std::sync::RwLockWriteGuard<'_, State> {
        self.state.write().unwrap_or_else(PoisonError::into_inner)
    }

    fn known(&self) -> Option<Result<Valid, LoginError>> {
        let now = Instant::now();
        match &*self.read() {
            State::Token(token) if token.renew.is_none_or(|renew| now < renew) => {
                Some(Ok(self.valid(token)))
            }
            State::Failed { error, until } if until.is_none_or(|until| now < until) => {
                Some(Err(error.clone()))
            }
            _ => None,
        }
    }

    async fn endpoint(&self) -> Result<&Endpoint, (LoginError, bool)> {
        self.endpoint
            .get_or_try_init(|| async {
                let found = match &self.oauth.issued_by {
                    TokenPlace::Endpoint(url) => endpoint::way(&self.connection, url)
                        .map(|transport| Endpoint {
                            url: url.clone(),
                            transport,
                            document: None,
                        })
                        .map_err(|error| (Responsible::Configuration, error.to_string(), false)),
                    TokenPlace::Issuer(issuer) => {
                        endpoint::discover(
                            issuer,
                            &self.oauth.auth,
                            &self.first,
                            &self.connection,
                            &self.identity,
                            &self.log,
                        )
                        .await
                    }
                };
                found.map_err(|(responsible, detail, passing)| {
                    (self.error(responsible, detail), passing)
                })
            })
            .await
    }

    async fn obtain(&self, replacement: bool) -> Result<Token, (LoginError, bool)> {
        let endpoint = self.endpoint().await?;
        let mut again = self.possession.is_some();
        loop {
            let (request, credentials) = self
                .request(endpoint)
                .map_err(|detail| (self.error(Responsible::Configuration, detail), false))?;
            let asked = Instant::now();
            let sent = endpoint.transport.send(&request, &credentials).await;
            let result = match &sent.outcome {
                Outcome::Answered(response) => {
                    for (what, secret) in answer::secrets(response) {
                        self.redactor
                            .learn(&variable(&self.identity, what), &secret);
                    }
                    if let Some(possession) = &self.possession {
                        possession.hear(For::Issuer, &response.headers);
                    }
                    if again && answer::wants_nonce(response) {
                        None
                    } else {
                        let refreshed = matches!(self.oauth.grant, Grant::Refresh(_));
                        let proved = self.possession.is_some();
                        Some(answer::read(response, proved, refreshed))
                    }
                }
                Outcome::Broken(breakage) => Some(Err((
                    breakage.kind.responsible(),
                    format!("No response from the token endpoint. {}", breakage.detail),
                    true,
                ))),
            };
            // The redactor knows the token by now, so that nothing of this exchange can be kept unredacted.
            note(&self.log, sent.into_exchange(ExchangeId(0), request));
            match result {
                None => again = false,
                Some(Ok(issued)) => return Ok(self.keep(issued, asked, replacement)),
                Some(Err((responsible, detail, passing))) => {
                    return Err((self.error(responsible, detail), passing));
                }
            }
        }
    }

    fn keep(&self, issued: Issued, asked: Instant, replacement: bool) -> Token {
        if let Some(refresh) = issued.refresh {
            let mut held = self.refresh.lock().unwrap_or_else(PoisonError::into_inner);
            // Issuers that rotate refresh tokens take each of them once (RFC 9700 §4.14.2).
            if held.is_some() {
                *held = Some(refresh.into());
            }
        }
        Token {
            value: issued.token.into(),
            dpop: issued.dpop,
            obtained: asked,
            renew: issued.life.and_then(|life| {
                let lead = Duration::from_secs(30).min(life / 10);
                asked.checked_add(life.checked_sub(lead)?)
            }),
            replacement,
        }
    }

    fn request(&self, endpoint: &Endpoint) -> Result<(Request, Credentials), String> {
        let mut form = form_urlencoded::Serializer::new(String::new());
        let refresh = self
            .refresh
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone();
        match refresh {
            Some(token) => {
                form.append_pair("grant_type", "refresh_token");
                form.append_pair("refresh_token", token.expose_secret());
            }
            None => {
                form.append_pair("grant_type", "client_credentials");
            }
        }
        if let Some(scope) = &self.oauth.scope {
            form.append_pair("scope", scope);
        }
        if let Some(audience) = &self.oauth.audience {
            form.append_pair("audience", audience);
        }
        for (name, value) in &self.oauth.parameters {
            form.append_pair(name, value);
        }
        let mut headers = Headers::new();
        let client = self.oauth.client_id.as_str();
        match &self.oauth.auth {
            ClientAuth::Basic(secret) => {
                headers.append(
                    "authorization",
                    format!("Basic {}", client_basic(client, secret)),
                );
            }
            ClientAuth::Post(secret) => {
                form.append_pair("client_id", client);
                form.append_pair("client_secret", secret.expose_secret());
            }
            ClientAuth::Assertion(assertion) => {
                form.append_pair("client_id", client);
                form.append_pair(
                    "client_assertion_type",
                    "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
                );
                let signed = self.assert(assertion, endpoint)?;
                form.append_pair("client_assertion", &signed);
            }
            ClientAuth::Certificate | ClientAuth::Nothing => {
                form.append_pair("client_id", client);
            }
        }
        let mut request = Request::new(
            Method::Post,
            Address::Root(path_of(&endpoint.url).to_owned()),
            "obtains an access token",
        )
        .meant(Intent::Housekeeping)
        .header("accept", "application/json");
        request.identity = self.identity.clone();
        request.auth = Auth::Instead(headers.clone());
        request.body = Some(Body {
            media_type: Some("application/x-www-form-urlencoded".to_owned()),
            bytes: form.finish().into(),
        });
        let mut credentials = Credentials::of(headers);
        credentials.signers.extend(
            self.possession
                .iter()
                .map(|possession| possession.signer(For::Issuer, None)),
        );
        Ok((request, credentials))
    }

    /// A fresh assertion (RFC 7523 §3), which the redactor learns before it is sent.
    fn assert(&self, by: &Assertion, endpoint: &Endpoint) -> Result<String, String> {
        let client = self.oauth.client_id.as_str();
        let audience = match (&by.audience, &self.oauth.issued_by) {
            (Some(audience), _) => audience.as_str(),
            (None, TokenPlace::Issuer(issuer)) => issuer,
            (None, TokenPlace::Endpoint(_)) => endpoint.url.as_str(),
        };
        let mut header = Map::new();
        header.insert("typ".into(), "JWT".into());
        if let Some(kid) = &by.kid {
            header.insert("kid".into(), kid.as_str().into());
        }
        if let Some(x5t) = &by.x5t {
            header.insert("x5t".into(), x5t.as_str().into());
        }
        let now = now();
        let mut claims = Map::new();
        claims.insert("iss".into(), client.into());
        claims.insert("sub".into(), client.into());
        claims.insert("aud".into(), audience.into());
        claims.insert("jti".into(), fresh_id().into());
        claims.insert("iat".into(), now.into());
        claims.insert("nbf".into(), now.into());
        claims.insert("exp".into(), now.saturating_add(ASSERTION_S).into());
        let signed = by.key.sign(header, &claims);
        if signed.is_empty() {
            return Err("`key` cannot sign.".to_owned());
        }
        self.redactor
            .learn(&variable(&self.identity, "ASSERTION"), &signed);
        Ok(signed)
    }

    fn error(&self, responsible: Responsible, detail: String) -> LoginError {
        let place = match (&self.oauth.issued_by, self.endpoint.get()) {
            (TokenPlace::Endpoint(url), _) => &url[..url::Position::AfterPath],
            (TokenPlace::Issuer(_), Some(endpoint)) => &endpoint.url[..url::Position::AfterPath],
            (TokenPlace::Issuer(issuer), None) => issuer,
        };
        LoginError {
            identity: self.identity.clone(),
            kind: BreakageKind::LoginFailed,
            responsible,
            detail: self.redactor.text(&format!(
                "Identity {} could not log in at {place}: {detail}",
                self.identity,
            )),
        }
    }
}

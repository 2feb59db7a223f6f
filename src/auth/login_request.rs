//! A login that is a request of the supplier's own: a name and a password go in, a token comes out
//! (owner of [`Session`]).

use std::{
    sync::{Arc, PoisonError, RwLock},
    time::{Duration, Instant},
};

use secrecy::ExposeSecret;
use serde_json::{Map, Value};
use serde_json_path::JsonPath;
use url::{Url, form_urlencoded};

use super::{
    LoginError,
    endpoint::{self, path_of},
    oauth::{Log, note},
};
use crate::http::{Credentials, Options, Transport, TransportError};
use muster_core::{
    exchange::{
        Address, Auth, Body, BreakageKind, ExchangeId, Headers, Intent, Outcome, Request, Response,
    },
    model::{IdentityName, LoginBody, LoginRequest, Responsible, TokenSource},
    observation::{Redactor, variable},
};

/// How long a failure that may pass is remembered, so that a run does not hammer a login service.
const PATIENCE: Duration = Duration::from_secs(10);
/// A token that replaced a refused one and is refused within this time shows that tokens are not the matter.
const FRESH: Duration = Duration::from_secs(60);

/// The login of one identity by a request.
#[derive(Debug)]
pub(super) struct Session {
    identity: IdentityName,
    login: LoginRequest,
    url: Url,
    transport: Transport,
    redactor: Redactor,
    log: Log,
    state: RwLock<State>,
    /// Held by whoever logs in; the others wait.
    gate: tokio::sync::Mutex<()>,
}

#[derive(Debug, Clone, Default)]
enum State {
    #[default]
    Nothing,
    /// The last token was refused by the target.
    Refused,
    Token(Token),
    Failed {
        error: LoginError,
        until: Option<Instant>,
    },
}

#[derive(Debug, Clone)]
struct Token {
    value: Arc<str>,
    obtained: Instant,
    /// Whether it replaced one that the target refused.
    replacement: bool,
}

impl Session {
    pub(super) fn new(
        identity: IdentityName,
        login: LoginRequest,
        connection: &Options,
        redactor: Redactor,
        log: Log,
    ) -> Result<Self, TransportError> {
        let url = if login.address.starts_with('/') {
            let mut url = connection.base_url.clone();
            let (path, query) = match login.address.split_once('?') {
                Some((path, query)) => (path, Some(query)),
                None => (&*login.address, None),
            };
            url.set_path(&format!("{}{path}", url.path().trim_end_matches('/')));
            url.set_query(query);
            url
        } else {
            login
                .address
                .parse()
                .map_err(|_| TransportError::BaseUrl(login.address.clone()))?
        };
        Ok(Self {
            transport: endpoint::way(connection, &url)?,
            url,
            identity,
            login,
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
        let (state, result) = match self.obtain().await {
            Ok(value) => {
                let value: Arc<str> = value.into();
                let token = Token {
                    value: Arc::clone(&value),
                    obtained: Instant::now(),
                    replacement,
                };
                (State::Token(token), Ok(value))
            }
            Err((responsible, detail, passing)) => {
                let error = LoginError {
                    identity: self.identity.clone(),
                    kind: BreakageKind::LoginFailed,
                    responsible,
                    detail: self.redactor.text(&detail),
                };
                let failed = State::Failed {
                    error: error.clone(),
                    until: passing.then(|| Instant::now() + PATIENCE),
                };
                (failed, Err(error))
            }
        };
        *self.state.write().unwrap_or_else(PoisonError::into_inner) = state;
        result
    }

    /// Forgets the token that the target refused, where it is among these headers; whether another one is worth a try.
    pub(super) fn refuse(&self, used: &Headers) -> bool {
        let mut state = self.state.write().unwrap_or_else(PoisonError::into_inner);
        match &*state {
            State::Token(token) => {
                let is_used = used.iter().any(|(_, value)| value.contains(&*token.value));
                if is_used && token.replacement && token.obtained.elapsed() < FRESH {
                    return false;
                }
                if is_used {
                    *state = State::Refused;
                }
                // Someone else was quicker: the next token is another one already.
                true
            }
            State::Refused => true,
            State::Nothing | State::Failed { .. } => false,
        }
    }

    fn read(&self) -> std::sync::RwLockReadGuard<'_, State> {
        self.state.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn known(&self) -> Option<Result<Arc<str>, LoginError>> {
        match &*self.read() {
            State::Token(token)
                if self
                    .login
                    .lifetime
                    .is_none_or(|life| token.obtained.elapsed() < life - life / 10) =>
            {
                Some(Ok(Arc::clone(&token.value)))
            }
            State::Failed { error, until } if until.is_none_or(|until| Instant::now() < until) => {
                Some(Err(error.clone()))
            }
            _ => None,
        }
    }

    /// Logs in. A failure comes with the responsible party, a sentence, and whether it may pass by itself.
    async fn obtain(&self) -> Result<String, (Responsible, String, bool)> {
        let request = self.request();
        let sent = self.transport.send(&request, &Credentials::default()).await;
        let identity = &self.identity;
        let place = format!("{} {}", self.login.method, self.url.path());
        let result = match &sent.outcome {
            Outcome::Answered(response) if response.status < 400 => {
                let token = token_of(response, &self.login.token);
                if let Some(token) = &token {
                    self.redactor.learn(&variable(identity, "TOKEN"), token);
                }
                token.ok_or_else(|| {
                    let source = match &self.login.token {
                        TokenSource::Body(path) => format!("no string at `{path}` of its body"),
                        TokenSource::Header(name) => format!("no header `{name}`"),
                        TokenSource::Cookie(name) => format!("no cookie `{name}`"),
                    };
                    (
                        Responsible::Configuration,
                        format!(
                            "The login of {identity} ({place}) received {} and {source}. Correct `login` in the target file.",
                            response.status
                        ),
                        false,
                    )
                })
            }
            Outcome::Answered(response) => Err(match response.status {
                400..=403 | 422 => (
                    Responsible::Credentials,
                    format!(
                        "The login of {identity} ({place}) received {}: the name or the password under `login` is wrong.",
                        response.status
                    ),
                    false,
                ),
                404 | 405 => (
                    Responsible::Configuration,
                    format!(
                        "The login of {identity} ({place}) received {}: correct `request` under `login`.",
                        response.status
                    ),
                    false,
                ),
                status => (
                    Responsible::Supplier,
                    format!("The login of {identity} ({place}) received {status}."),
                    true,
                ),
            }),
            Outcome::Broken(breakage) => Err((
                breakage.kind.responsible(),
                format!(
                    "The login of {identity} ({place}) received no response. {}",
                    breakage.detail
                ),
                true,
            )),
        };
        let exchange = sent.into_exchange(ExchangeId(0), request);
        self.redactor.learn_returned(&exchange);
        note(&self.log, exchange);
        result
    }

    fn request(&self) -> Request {
        let mut request = Request::new(
            self.login.method.clone(),
            Address::Root(path_of(&self.url).to_owned()),
            "logs in",
        )
        .meant(Intent::Housekeeping)
        .header("accept", "application/json, */*;q=0.5");
        request.identity = self.identity.clone();
        request.auth = Auth::Nothing;
        request.body = match &self.login.body {
            LoginBody::Nothing => None,
            LoginBody::Json(values) => {
                let mut body = Value::Object(Map::new());
                for (name, value) in values {
                    put(&mut body, name, value.expose_secret());
                }
                Some(Body::json("application/json", &body))
            }
            LoginBody::Form(values) => {
                let mut form = form_urlencoded::Serializer::new(String::new());
                for (name, value) in values {
                    form.append_pair(name, value.expose_secret());
                }
                Some(Body {
                    media_type: Some("application/x-www-form-urlencoded".to_owned()),
                    bytes: form.finish().into(),
                })
            }
        };
        request
    }
}

/// Puts a text into an object: under a name, or at a JSON Pointer such as `/user/password`.
fn put(body: &mut Value, name: &str, text: &str) {
    let path: Vec<&str> = match name.strip_prefix('/') {
        Some(pointer) => pointer.split('/').collect(),
        None => vec![name],
    };
    let mut at = body;
    for part in path {
        if !at.is_object() {
            *at = Value::Object(Map::new());
        }
        let Value::Object(members) = at else { return };
        let name = part.replace("~1", "/").replace("~0", "~");
        at = members.entry(name).or_insert(Value::Null);
    }
    *at = Value::from(text);
}

fn token_of(response: &Response, source: &TokenSource) -> Option<String> {
    let found = match source {
        TokenSource::Header(name) => response.headers.get(name).map(str::to_owned),
        TokenSource::Cookie(name) => response.headers.all("set-cookie").find_map(|cookie| {
            let (held, value) = cookie.split(';').next()?.split_once('=')?;
            (held.trim() == name).then(|| value.trim().to_owned())
        }),
        TokenSource::Body(path) => {
            let json = response.json().ok()?;
            let value = if path.starts_with('$') {
                JsonPath::parse(path).ok()?.query(json).first()?
            } else {
                json.pointer(path)?
            };
            value.as_str().map(str::to_owned)
        }
    };
    found.filter(|token| !token.is_empty())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test stops at what is wrong")]

    use serde_json::json;

    use super::*;
    use muster_core::exchange::{HttpVersion, Timing};

    fn response(headers: &[(&str, &str)], body: &str) -> Response {
        Response::new(
            200,
            HttpVersion::Http11,
            headers.iter().copied().collect(),
            body.to_owned().into(),
            false,
            Timing::default(),
        )
    }

    #[test]
    fn values_go_to_names_and_pointers() {
        let mut body = json!({});
        put(&mut body, "grant", "password");
        put(&mut body, "/user/email", "a@example.test");
        put(&mut body, "/user/pass~1word", "x");
        let right =
            json!({ "grant": "password", "user": { "email": "a@example.test", "pass/word": "x" } });
        assert_eq!(body, right);
    }

    #[test]
    fn a_token_is_found_where_the_target_file_says() {
        let response = response(
            &[
                ("x-subject-token", "abc"),
                ("set-cookie", "theme=dark; Path=/"),
                ("set-cookie", "sid=def; HttpOnly"),
            ],
            r#"{"data":{"token":"ghi","number":7}}"#,
        );
        let at = |source| token_of(&response, &source);
        assert_eq!(
            at(TokenSource::Header("X-Subject-Token".into())).unwrap(),
            "abc"
        );
        assert_eq!(at(TokenSource::Cookie("sid".into())).unwrap(), "def");
        assert_eq!(at(TokenSource::Body("/data/token".into())).unwrap(), "ghi");
        assert_eq!(at(TokenSource::Body("$.data.token".into())).unwrap(), "ghi");
        assert_eq!(at(TokenSource::Body("/data/number".into())), None);
        assert_eq!(at(TokenSource::Body("$[".into())), None);
    }
}

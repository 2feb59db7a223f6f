//! One exchange as it is kept: redacted when it is built, so that nothing unredacted can be kept
//! (owner of [`Observation`] and [`Redactor`]).

mod curl;
mod forms;
mod handshake;
mod headers;
mod personal;
mod personal_names;
mod returned;
mod scan;
mod secret_names;
mod secrets;
#[cfg(test)]
mod tests;
mod views;

use std::{
    collections::{BTreeSet, HashSet},
    fmt,
    sync::{Arc, PoisonError, RwLock, RwLockReadGuard},
};

use base64::{Engine, prelude::BASE64_STANDARD};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use self::returned::{is_secret_header, returned_secrets};
use self::{
    forms::Breadth,
    personal::{Masks, Received},
    scan::looks_like_json,
    secrets::{Finder, apply, floor},
};
pub use self::{forms::ENCODINGS, secrets::contains_secret};
use crate::{
    exchange::{
        Breakage, ConnectionUse, Exchange, ExchangeId, Headers, HttpVersion, Shown, Timing,
    },
    model::{Access, IdentityName, Method, OperationKey},
};

/// What is escaped in a query: everything but what needs not be (RFC 3986 §2.3).
const IN_QUERY: &percent_encoding::AsciiSet = &percent_encoding::NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// Of how many secrets every encoding is looked for. Of more, which only a target can return, the usual ones.
const EVERY_ENCODING_OF: usize = 200;

/// How many values of its own a run remembers.
const MOST_OWN: usize = 500_000;

/// How much of a body is kept.
const KEPT: usize = 16 << 10;

/// An exchange without secrets or personal data.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Observation {
    /// Its number in the run.
    pub id: ExchangeId,
    /// The operation that was called, where the contract declares it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub operation: Option<OperationKey>,
    /// Why it was sent.
    pub purpose: String,
    /// As whom.
    pub identity: IdentityName,
    /// The method.
    pub method: Method,
    /// The full URL.
    pub url: String,
    /// The headers that were sent, credentials as variables such as `$MUSTER_DEFAULT_TOKEN`.
    pub request_headers: Vec<(String, String)>,
    /// The body that was sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request_body: Option<Content>,
    /// The status of the answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// The version of HTTP of the answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<HttpVersion>,
    /// The headers of the answer.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub response_headers: Vec<(String, String)>,
    /// The body of the answer, content encoding undone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub response_body: Option<Content>,
    /// Whether the body of the answer was cut at the size limit of the run.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub cut: bool,
    /// Why there is no answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub broken: Option<Breakage>,
    /// How long it took.
    pub timing: Timing,
    /// When it ended, in microseconds since the run started: known of what a journal tells.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended_us: Option<u64>,
    /// What the caller was promised, where the request tried who may do what.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub access: Option<Access>,
    /// Over which connection it went, where that matters.
    #[serde(default, skip_serializing_if = "ConnectionUse::is_any")]
    pub over: ConnectionUse,
    /// The files that TLS takes, where the target file gives any.
    #[serde(default, skip_serializing_if = "TlsGiven::is_empty")]
    pub tls: TlsGiven,
    /// How the TLS handshake ended, where this was nothing but one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub handshake: Option<HandshakeTold>,
}

/// What a line that sends a request again must be given of TLS, without any of it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TlsGiven {
    /// The client certificate that was shown, where one is configured.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub certificate: Option<Shown>,
    /// Whether an authority of the target file is trusted.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub authority: bool,
}

impl TlsGiven {
    const fn is_empty(&self) -> bool {
        self.certificate.is_none() && !self.authority
    }
}

/// A TLS handshake as it is kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HandshakeTold {
    /// How it ended, in one line.
    pub outcome: String,
    /// A line for a shell that does the same, as far as OpenSSL can.
    pub command: String,
}

/// A kept body.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Content {
    /// Its length in bytes before anything was left out.
    pub bytes: u64,
    /// The text, redacted; what is not UTF-8 is shown as `U+FFFD`. At most 16 KiB.
    pub text: String,
    /// Whether the text is not the whole.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub abridged: bool,
}

/// The name of the variable that stands for a secret, such as `MUSTER_OTHER_FORCE_PASSWORD`.
#[must_use]
pub fn variable(identity: &IdentityName, what: &str) -> String {
    let mut name = format!("MUSTER_{identity}_{what}").to_ascii_uppercase();
    // The name of an identity may have any character, that of a variable may not.
    name = name
        .chars()
        .map(|character| {
            if character.is_ascii_alphanumeric() {
                character
            } else {
                '_'
            }
        })
        .collect();
    name
}

fn hash_of(text: &str) -> u64 {
    // FNV-1a: which values are the run's own is the same in every run.
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

/// The name of the variable that stands for a secret that the target returned.
fn returned_variable(name: &str) -> String {
    let short: String = name.chars().take(40).collect();
    variable(&IdentityName::from("returned"), &short)
}

/// Takes secrets and personal data out of everything that is kept or shown.
///
/// Secrets are found by value, in every encoding in which they could come back: plain, base64 (three
/// alignments), base64url and hexadecimal, and each of these percent-encoded, JSON-escaped or
/// HTML-escaped, in whole or in part, also twice. Personal members are found by name, in JSON bodies,
/// forms and query strings. Clones share what they know.
#[derive(Clone)]
pub struct Redactor {
    finder: Arc<RwLock<Finder>>,
    masks: Arc<Masks>,
    /// Hashes of the values that the run itself sent.
    own: Arc<RwLock<HashSet<u64>>>,
    /// Names that the contract says hold a secret, in lower case.
    secret_names: Arc<BTreeSet<String>>,
    tls: TlsGiven,
}

impl Default for Redactor {
    fn default() -> Self {
        Self::new([], [])
    }
}

impl fmt::Debug for Redactor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Redactor").finish_non_exhaustive()
    }
}

impl Redactor {
    /// A redactor that knows these secrets (variable name to show, value) and masks these members.
    #[must_use]
    pub fn new<'a>(
        secrets: impl IntoIterator<Item = (&'a str, &'a str)>,
        personal: impl IntoIterator<Item = &'a str>,
    ) -> Self {
        let masks = Masks::new(personal);
        let mut finder = Finder::default();
        for (variable, value) in secrets {
            finder.add(variable, value, Breadth::Every);
        }
        Self {
            finder: Arc::new(RwLock::new(finder)),
            masks: Arc::new(masks),
            own: Arc::default(),
            secret_names: Arc::default(),
            tls: TlsGiven::default(),
        }
    }

    /// Knows that properties and headers of these names hold secrets, as the contract says.
    #[must_use]
    pub fn with_secret_names(mut self, names: impl IntoIterator<Item = String>) -> Self {
        let names = names.into_iter().map(|name| name.to_ascii_lowercase());
        self.secret_names = Arc::new(names.collect());
        self
    }

    /// Knows that the target file gives these files for TLS, so that lines for a shell name them.
    #[must_use]
    pub const fn with_tls(mut self, certificate: bool, authority: bool) -> Self {
        self.tls = TlsGiven {
            certificate: if certificate { Some(Shown::Own) } else { None },
            authority,
        };
        self
    }

    /// Learns a secret in mid-run, for every clone.
    pub fn learn(&self, variable: &str, value: &str) {
        if self.finder().knows(value) {
            return;
        }
        // As it stands in a query or a form: whoever echoes the request packs that up, not the value.
        let in_query = percent_encoding::utf8_percent_encode(value, IN_QUERY).to_string();
        let in_form: String = url::form_urlencoded::byte_serialize(value.as_bytes()).collect();
        let mut finder = self.finder.write().unwrap_or_else(PoisonError::into_inner);
        for form in [value, &in_query, &in_form] {
            finder.add(variable, form, Breadth::Every);
        }
    }

    /// Masks what is received under the usual names of personal properties, but for the run's own values.
    #[must_use]
    pub fn with_usual_personal(mut self) -> Self {
        let mut masks = (*self.masks).clone();
        masks.usual = true;
        self.masks = Arc::new(masks);
        self
    }

    /// Knows the values of a request as the run's own.
    fn learn_own(&self, exchange: &Exchange) {
        if !self.masks.usual {
            return;
        }
        let mut values = Vec::new();
        if let Some(body) = &exchange.request.body {
            scan::json_strings(&body.bytes, &mut |_, text| values.push(hash_of(text)));
        }
        let path = exchange.request.path_and_query();
        for (_, value) in url::form_urlencoded::parse(
            path.split_once('?')
                .map_or("", |(_, query)| query)
                .as_bytes(),
        ) {
            values.push(hash_of(&value));
        }
        if values.is_empty() {
            return;
        }
        let mut own = self.own.write().unwrap_or_else(PoisonError::into_inner);
        if own.len() < MOST_OWN {
            own.extend(values);
        }
    }

    fn is_own(&self, text: &str) -> bool {
        self.own
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .contains(&hash_of(text))
    }

    /// Learns the secrets that a response gives, before anything is said of it. They are found by name, format and
    /// entropy; what the request itself held is not among them.
    pub fn learn_returned(&self, exchange: &Exchange) {
        self.learn_own(exchange);
        let is_secret = |name: &str| {
            !self.secret_names.is_empty() && self.secret_names.contains(&name.to_ascii_lowercase())
        };
        let returned = returned_secrets(exchange, &is_secret);
        if returned.is_empty() || returned.iter().all(|one| self.finder().knows(&one.value)) {
            return;
        }
        let mut finder = self.finder.write().unwrap_or_else(PoisonError::into_inner);
        for secret in returned {
            let breadth = if finder.len() < EVERY_ENCODING_OF {
                Breadth::Every
            } else {
                Breadth::Usual
            };
            let variable = returned_variable(&secret.name);
            finder.add(&variable, &secret.value, breadth);
        }
    }

    /// The variables of secrets that are too short to be looked for in every text: they are taken out
    /// only where they are the whole value of a header. A reader should be told.
    #[must_use]
    pub fn too_short(&self) -> Vec<String> {
        self.finder().short().map(str::to_owned).collect()
    }

    /// The text without secrets.
    #[must_use]
    pub fn text(&self, text: &str) -> String {
        clean(&self.finder(), text)
    }

    /// What a finding quotes of a response, without secrets, and without personal values but for the run's own. `pointer`
    /// is the JSON pointer of the value that the finding is of.
    #[must_use]
    pub fn quoted(&self, text: &str, pointer: Option<&str>) -> String {
        let mut edits = self.finder().find(text.as_bytes());
        let is_personal = pointer.is_some_and(|pointer| {
            let names = pointer.rsplit('/').take(2);
            names.into_iter().any(|name| self.masks.is_personal(name))
        });
        let is_own = |text: &str| self.is_own(text);
        self.masks.quoted(text, is_personal, &is_own, &mut edits);
        if edits.is_empty() {
            return text.to_owned();
        }
        apply(text.as_bytes(), edits, usize::MAX).0
    }

    /// Takes secrets and masked members out of a JSON value.
    pub fn json(&self, value: &mut Value) {
        match value {
            Value::String(text) => {
                let edits = self.finder().find(text.as_bytes());
                if !edits.is_empty() {
                    *text = apply(text.as_bytes(), edits, usize::MAX).0;
                }
            }
            Value::Array(items) => items.iter_mut().for_each(|item| self.json(item)),
            Value::Object(members) => {
                let taken = std::mem::take(members);
                members.extend(taken.into_iter().map(|(name, mut member)| {
                    match self.masks.label(&name) {
                        Some(label) if !member.is_null() => member = Value::from(label),
                        _ => self.json(&mut member),
                    }
                    (self.text(&name), member)
                }));
            }
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }

    /// The exchange as it is kept.
    #[must_use]
    pub fn observe(&self, exchange: &Exchange) -> Observation {
        let finder = self.finder();
        let finder = &*finder;
        let request = &exchange.request;
        let mut sent = request.headers.clone();
        let media_type = request
            .body
            .as_ref()
            .and_then(|body| body.media_type.as_deref());
        if let Some(media_type) = media_type
            && sent.get("content-type").is_none()
        {
            sent.append("content-type", media_type);
        }
        for (name, _) in exchange.credentials.iter() {
            sent.remove(name);
        }
        let is_form = sent
            .get("content-type")
            .is_some_and(|media| media.to_ascii_lowercase().contains("form-urlencoded"));
        let request_headers = self
            .request_headers(finder, &sent, &request.identity)
            .chain(exchange.credentials.iter().map(|(name, value)| {
                (
                    name.to_owned(),
                    credential(finder, &request.identity, name, value),
                )
            }))
            .collect();
        let response = exchange.response();
        Observation {
            id: exchange.id,
            operation: request.operation.clone(),
            purpose: clean(finder, &request.purpose),
            identity: request.identity.clone(),
            method: request.method.clone(),
            url: self.link(finder, &exchange.url),
            request_headers,
            request_body: request
                .body
                .as_ref()
                .map(|body| self.content(finder, &body.bytes, is_form, Received::Nothing)),
            status: exchange.status(),
            version: response.map(|response| response.version),
            response_headers: response
                .map(|response| self.response_headers(finder, &response.headers))
                .unwrap_or_default(),
            response_body: response
                .filter(|response| !response.body.is_empty())
                .map(|response| {
                    let received = if response.status < 400 {
                        Received::Success
                    } else {
                        Received::Refusal
                    };
                    self.content(finder, &response.body, false, received)
                }),
            cut: response.is_some_and(|response| response.cut),
            broken: match &exchange.outcome {
                crate::exchange::Outcome::Answered(_) => None,
                crate::exchange::Outcome::Broken(breakage) => Some(Breakage {
                    kind: breakage.kind,
                    detail: clean(finder, &breakage.detail),
                }),
            },
            timing: response.map(|response| response.timing).unwrap_or_default(),
            ended_us: None,
            access: request.access.clone(),
            over: exchange.request.over,
            tls: TlsGiven {
                certificate: self.tls.certificate.map(|_| request.certificate),
                ..self.tls
            },
            handshake: None,
        }
    }

    fn finder(&self) -> RwLockReadGuard<'_, Finder> {
        self.finder.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn request_headers<'a>(
        &'a self,
        finder: &'a Finder,
        headers: &'a Headers,
        identity: &'a IdentityName,
    ) -> impl Iterator<Item = (String, String)> {
        headers.iter().map(move |(name, value)| {
            let value = if matches!(name, "authorization" | "proxy-authorization" | "cookie") {
                credential(finder, identity, name, value)
            } else {
                self.header(finder, value)
            };
            (clean(finder, name), value)
        })
    }

    fn response_headers(&self, finder: &Finder, headers: &Headers) -> Vec<(String, String)> {
        let redacted = headers.iter().map(|(name, value)| {
            let value = if name == "set-cookie" {
                self.header(finder, &masked_cookie(value))
            } else if is_secret_header(name) && !value.is_empty() {
                match finder.exact(value) {
                    Some(variable) => format!("${variable}"),
                    None => "[secret]".to_owned(),
                }
            } else {
                self.header(finder, value)
            };
            (clean(finder, name), value)
        });
        headers::abridged(redacted)
    }

    fn header(&self, finder: &Finder, value: &str) -> String {
        if let Some(variable) = finder.exact(value) {
            return format!("${variable}");
        }
        self.link(finder, value)
    }

    /// A URL, or a text that may hold one.
    fn link(&self, finder: &Finder, text: &str) -> String {
        let mut edits = finder.find(text.as_bytes());
        if let Some(question) = text.find('?') {
            self.masks.pairs(text.as_bytes(), question + 1, &mut edits);
        }
        if edits.is_empty() {
            return text.to_owned();
        }
        apply(text.as_bytes(), edits, usize::MAX).0
    }

    fn content(&self, finder: &Finder, bytes: &[u8], is_form: bool, received: Received) -> Content {
        // A secret that begins within what is kept may end beyond it.
        let window = bytes.get(..KEPT + finder.reach()).unwrap_or(bytes);
        let mut edits = finder.find(window);
        if is_form {
            self.masks.pairs(window, 0, &mut edits);
        } else if looks_like_json(window) {
            self.masks
                .json(window, received, &|text| self.is_own(text), &mut edits);
        }
        let (mut text, mut abridged) = apply(window, edits, KEPT);
        abridged |= window.len() < bytes.len();
        if text.len() > KEPT {
            text.truncate(floor(text.as_bytes(), KEPT));
            abridged = true;
        }
        Content {
            bytes: bytes.len() as u64,
            text,
            abridged,
        }
    }
}

fn clean(finder: &Finder, text: &str) -> String {
    let edits = finder.find(text.as_bytes());
    if edits.is_empty() {
        return text.to_owned();
    }
    apply(text.as_bytes(), edits, usize::MAX).0
}

/// A credential header, its value always a variable: one that was altered on purpose still holds most
/// of the secret, and would not be found by value.
fn credential(finder: &Finder, identity: &IdentityName, name: &str, value: &str) -> String {
    if value.is_empty() {
        return String::new();
    }
    if name == "cookie" {
        let pairs = value.split(';').map(|pair| {
            let (cookie, value) = pair.trim().split_once('=').unwrap_or(("", pair.trim()));
            format!("{cookie}={}", stand_in(finder, identity, cookie, value))
        });
        return pairs.collect::<Vec<_>>().join("; ");
    }
    match value.split_once(' ') {
        Some((scheme, secret)) if is_scheme(scheme) || finder.exact(secret).is_some() => {
            format!("{scheme} {}", stand_in(finder, identity, name, secret))
        }
        None if is_scheme(value) => value.to_owned(),
        _ => stand_in(finder, identity, name, value),
    }
}

fn stand_in(finder: &Finder, identity: &IdentityName, name: &str, value: &str) -> String {
    match finder.exact(value) {
        Some(known) => format!("${known}"),
        // A line that shows a finding again needs the wrong value itself.
        None if is_made_up(value) => value.to_owned(),
        None => format!("${}", variable(identity, name)),
    }
}

/// Whether a credential is one of Muster's own, which hold nothing of a right one.
fn is_made_up(value: &str) -> bool {
    let decoded = || {
        let bytes = BASE64_STANDARD.decode(value).ok()?;
        String::from_utf8(bytes).ok()
    };
    MADE_UP.contains(&value)
        || decoded().is_some_and(|pair| {
            pair.split_once(':')
                .is_some_and(|(_, password)| MADE_UP.contains(&password))
        })
}

/// Credentials that are shown as wrong ones beside right ones.
pub const MADE_UP: [&str; 3] = [
    "muster-wrong-password",
    "muster-wrong-token",
    "muster-wrong-key",
];

fn is_scheme(word: &str) -> bool {
    ["basic", "bearer", "digest", "dpop", "hmac", "negotiate"]
        .iter()
        .any(|scheme| scheme.eq_ignore_ascii_case(word))
}

/// A `Set-Cookie` value with name and attributes, but without the value.
fn masked_cookie(value: &str) -> String {
    let (pair, attributes) = match value.find(';') {
        Some(at) => value.split_at(at),
        None => (value, ""),
    };
    match pair.split_once('=') {
        Some((name, _)) => format!("{name}=[secret]{attributes}"),
        None => format!("[secret]{attributes}"),
    }
}

//! One request and its answer, as they went over the wire (owner of [`Exchange`]).
//!
//! These hold secrets and personal data: they live in memory only. What is kept is the
//! [`Observation`](crate::observation::Observation) made from them.

mod alteration;
mod cipher_suites;
pub mod handshake;
mod over;
pub mod sequence;
mod trial;

use std::sync::{Arc, OnceLock};

use bytes::Bytes;
use serde::{Deserialize, Serialize};
use serde_json::Value;

pub use self::{
    alteration::{Alteration, KeyFlaw, ProofFlaw},
    handshake::Shown,
    over::ConnectionUse,
    trial::{Strain, Trial},
};
use crate::model::{Access, IdentityName, Method, OperationKey, Responsible};

/// Headers in the order they were sent or received, duplicates kept, names in lower case.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Headers(Vec<(Arc<str>, String)>);

impl Headers {
    /// No headers.
    #[must_use]
    pub const fn new() -> Self {
        Self(Vec::new())
    }

    /// No headers, with room for this many.
    #[must_use]
    pub fn with_capacity(capacity: usize) -> Self {
        Self(Vec::with_capacity(capacity))
    }

    /// Adds one whose name is in lower case already and may be shared.
    pub fn push(&mut self, name: Arc<str>, value: String) {
        self.0.push((name, value));
    }

    /// Adds one after those that are there.
    pub fn append(&mut self, name: impl AsRef<str>, value: impl Into<String>) {
        self.0
            .push((name.as_ref().to_ascii_lowercase().into(), value.into()));
    }

    /// Takes all of this name out and adds one.
    pub fn set(&mut self, name: impl AsRef<str>, value: impl Into<String>) {
        self.remove(name.as_ref());
        self.append(name, value);
    }

    /// Takes all of this name out.
    pub fn remove(&mut self, name: &str) {
        self.0.retain(|(held, _)| !held.eq_ignore_ascii_case(name));
    }

    /// The first value of this name, in any case.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0
            .iter()
            .find(|(held, _)| held.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_str())
    }

    /// Every value of this name.
    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.0
            .iter()
            .filter(move |(held, _)| held.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_str())
    }

    /// Every header in order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0
            .iter()
            .map(|(name, value)| (name.as_ref(), value.as_str()))
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl<N: AsRef<str>, V: Into<String>> FromIterator<(N, V)> for Headers {
    fn from_iter<I: IntoIterator<Item = (N, V)>>(pairs: I) -> Self {
        let mut headers = Self::new();
        for (name, value) in pairs {
            headers.append(name, value);
        }
        headers
    }
}

/// Where a request goes. Always on the target's own host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Address {
    /// Below the target's base URL: a path that starts with `/`, percent-encoded, and its query.
    Base(String),
    /// Below the root of the target's host, such as `/.well-known/security.txt`.
    Root(String),
    /// Another scheme or port of the same host; the transport refuses any other host.
    Absolute(String),
}

/// Which credentials a request carries.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Auth {
    /// Those the contract asks for on this operation, or all when it declares none.
    #[default]
    Declared,
    /// None at all.
    Nothing,
    /// Exactly these headers in place of the identity's own.
    Instead(Headers),
    /// One of two or more credentials of the identity alone, counted from 1: half of an API key.
    Part(u8),
    /// Those that the contract asks for together but one, counted from 1.
    Without(u8),
    /// The same with a wrong value in place of one of them, counted from 1.
    WithWrong(u8),
    /// Those of the identity, broken in this way.
    Altered(Alteration),
}

/// How long a run waits for the response to a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Patience {
    /// As long as the time limit of the run.
    #[default]
    Usual,
    /// A short time: the contract declares that the response may be late, or without an end.
    Short,
    /// A very short time: an earlier response of the same operation had no end.
    Least,
}

/// What a request is meant to be, so that its answer can be judged fairly.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Intent {
    /// Valid by the contract, for a resource that should exist: a success is expected.
    Valid,
    /// Valid by the contract, with no promise that what it names exists or that its state allows it.
    Plausible,
    /// Wrong on purpose, for this reason.
    Wrong(String),
    /// Housekeeping of the run: its answer is not judged for success.
    Housekeeping,
}

/// A body to send.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Body {
    /// The value of `Content-Type`; none sends none.
    pub media_type: Option<String>,
    /// The bytes.
    pub bytes: Bytes,
}

impl Body {
    /// A JSON body of the given media type.
    #[must_use]
    pub fn json(media_type: impl Into<String>, value: &Value) -> Self {
        Self {
            media_type: Some(media_type.into()),
            bytes: value.to_string().into(),
        }
    }
}

/// One request as a check or suite asks for it; the edge adds the credentials.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// The operation it is a call of; none where the contract declares no such operation.
    pub operation: Option<OperationKey>,
    /// The method.
    pub method: Method,
    /// Where it goes.
    pub address: Address,
    /// Headers, without the credentials.
    pub headers: Headers,
    /// The body, if any.
    pub body: Option<Body>,
    /// As whom.
    pub identity: IdentityName,
    /// With which credentials.
    pub auth: Auth,
    /// The client certificate that is shown where the target asks for one: the configured one, but for requests that are
    /// about another.
    pub certificate: Shown,
    /// Over which connection it goes.
    pub over: ConnectionUse,
    /// What it is meant to be.
    pub intent: Intent,
    /// Why it is sent, for a reader of the evidence: `lists people`, `asks for an id that does not exist`.
    pub purpose: String,
    /// What the caller was promised, where the request tries who may do what.
    pub access: Option<Access>,
    /// How long its response is waited for.
    pub patience: Patience,
    /// The one unusual value in it, where it is about that.
    pub trial: Option<Trial>,
}

impl Request {
    /// A bare request of this method to an address, as the default identity.
    pub fn new(method: Method, address: Address, purpose: impl Into<String>) -> Self {
        Self {
            operation: None,
            method,
            address,
            headers: Headers::new(),
            body: None,
            identity: IdentityName::default(),
            auth: Auth::Declared,
            certificate: Shown::Own,
            over: ConnectionUse::Any,
            intent: Intent::Plausible,
            purpose: purpose.into(),
            access: None,
            patience: Patience::Usual,
            trial: None,
        }
    }

    /// Says what it is meant to be.
    #[must_use]
    pub fn meant(mut self, intent: Intent) -> Self {
        self.intent = intent;
        self
    }

    /// Says which operation it calls.
    #[must_use]
    pub fn calling(mut self, operation: &OperationKey) -> Self {
        self.operation = Some(operation.clone());
        self
    }

    /// Says over which connection it goes.
    #[must_use]
    pub const fn over(mut self, over: ConnectionUse) -> Self {
        self.over = over;
        self
    }

    /// Sets a header.
    #[must_use]
    pub fn header(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.set(name, value);
        self
    }

    /// The path with its query, as far as it is known without the base URL.
    #[must_use]
    pub fn path_and_query(&self) -> &str {
        match &self.address {
            Address::Base(path) | Address::Root(path) | Address::Absolute(path) => path,
        }
    }
}

/// The version of HTTP an answer came in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the names say it")]
pub enum HttpVersion {
    #[serde(rename = "HTTP/1.0")]
    Http10,
    #[serde(rename = "HTTP/1.1")]
    Http11,
    #[serde(rename = "HTTP/2")]
    Http2,
}

/// How long it took, in microseconds from the moment the request was handed to the connection.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Timing {
    /// Until the head of the answer was there.
    pub first_byte_us: u64,
    /// Until the last byte of the body was there.
    pub total_us: u64,
    /// For requests at a constant rate: how long after its moment it was sent, for a reason of this machine's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub late_us: Option<u64>,
}

/// An answer.
#[derive(Debug, Clone)]
pub struct Response {
    /// The status code.
    pub status: u16,
    /// The version of HTTP.
    pub version: HttpVersion,
    /// The headers.
    pub headers: Headers,
    /// The body, content encoding undone.
    pub body: Bytes,
    /// Whether the body was not read to its end: it was cut at the size limit of the run, or was lost after a refusal.
    pub cut: bool,
    /// Whether it is a stream that the run closed after its first items, because it had not ended by then. It is cut as well.
    pub open: bool,
    /// How long it took.
    pub timing: Timing,
    /// When its head was there by this machine's clock, in milliseconds since 1970; none where nobody looked.
    pub at_ms: Option<i64>,
    json: OnceLock<Result<Value, String>>,
}

impl Response {
    /// Puts an answer together.
    #[must_use]
    pub const fn new(
        status: u16,
        version: HttpVersion,
        headers: Headers,
        body: Bytes,
        cut: bool,
        timing: Timing,
    ) -> Self {
        Self {
            status,
            version,
            headers,
            body,
            cut,
            open: false,
            timing,
            at_ms: None,
            json: OnceLock::new(),
        }
    }

    /// Says when its head was there, in milliseconds since 1970.
    #[must_use]
    pub const fn at(mut self, at_ms: i64) -> Self {
        self.at_ms = Some(at_ms);
        self
    }

    /// Says that it is a stream that the run closed before its end.
    #[must_use]
    pub const fn left_open(mut self, open: bool) -> Self {
        self.open = open;
        self.cut |= open;
        self
    }

    /// The body as JSON, parsed once.
    ///
    /// # Errors
    /// The parser's reason, where the body is not one JSON value.
    pub fn json(&self) -> Result<&Value, &str> {
        self.json
            .get_or_init(|| serde_json::from_slice(&self.body).map_err(|error| error.to_string()))
            .as_ref()
            .map_err(String::as_str)
    }

    /// The media type without parameters, in lower case.
    #[must_use]
    pub fn media_type(&self) -> Option<String> {
        let value = self.headers.get("content-type")?;
        let essence = value
            .split(';')
            .next()
            .unwrap_or_default()
            .trim()
            .to_ascii_lowercase();
        (!essence.is_empty()).then_some(essence)
    }

    /// Whether the media type says JSON (`application/json`, `…+json`, `text/json`).
    #[must_use]
    pub fn says_json(&self) -> bool {
        self.media_type().is_some_and(|media| {
            (media.ends_with("/json") || media.ends_with("+json"))
                && sequence::Sequence::of(&media).is_none()
        })
    }

    /// Whether the status is 2xx.
    #[must_use]
    pub const fn is_success(&self) -> bool {
        self.status >= 200 && self.status < 300
    }
}

/// How an exchange ended without a usable answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Breakage {
    /// What happened, by kind.
    pub kind: BreakageKind,
    /// The reason in one sentence.
    pub detail: String,
}

/// The kinds of broken exchange, sorted by whose fault they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum BreakageKind {
    /// The host name did not resolve.
    NameNotFound,
    /// Nothing listens there, or the way is closed.
    ConnectionRefused,
    /// TLS failed: certificate, version, or a missing client certificate.
    Tls,
    /// The connection closed before or in the middle of the answer.
    ConnectionLost,
    /// A kept connection closed as it was used again, by a request that must not be repeated: nobody's fault
    /// (RFC 9112 §9.5).
    ConnectionRaced,
    /// HTTP/2: the target reset the stream (RST_STREAM), so that this request has no complete response.
    StreamReset,
    /// HTTP/2: the target refused the stream before it did anything with it (REFUSED_STREAM), also when asked again.
    StreamRefused,
    /// HTTP/2: the target ended the connection (GOAWAY) before the response was complete.
    GoneAway,
    /// HTTP/2: the target holds the client off (ENHANCE_YOUR_CALM).
    HeldOff,
    /// The caller closed the connection before an answer came, as the request says.
    HungUp,
    /// No complete answer within the time limit.
    TimedOut,
    /// No complete response was read within the time limit, and this program was held up for most of that time.
    Delayed,
    /// Nothing came within a short time, where the contract declares that the response waits for something to happen: a
    /// stream, or a long poll.
    NothingYet,
    /// What came is not HTTP.
    NotHttp,
    /// The answer's head or declared lengths are beyond every sensible limit.
    TooLarge,
    /// The credentials could not be obtained.
    LoginFailed,
    /// Never sent: budget, safety or cancellation held it back.
    NotSent,
    /// Never sent: the credentials are not of a kind that can be broken in the way asked for.
    Unalterable,
}

impl BreakageKind {
    /// Whether the target ended the connection or the stream before its response was complete.
    #[must_use]
    pub const fn is_cut_off(self) -> bool {
        matches!(
            self,
            Self::ConnectionLost | Self::StreamReset | Self::GoneAway
        )
    }

    /// Whose it is, as far as the kind alone tells.
    #[must_use]
    pub const fn responsible(self) -> Responsible {
        match self {
            Self::NameNotFound | Self::ConnectionRefused | Self::ConnectionRaced => {
                Responsible::Network
            }
            Self::Tls | Self::LoginFailed | Self::Unalterable => Responsible::Credentials,
            Self::ConnectionLost
            | Self::StreamReset
            | Self::StreamRefused
            | Self::GoneAway
            | Self::TimedOut
            | Self::NotHttp
            | Self::TooLarge => Responsible::Supplier,
            // As for 429: the budget says how much is sent.
            Self::NotSent | Self::HungUp | Self::HeldOff => Responsible::Configuration,
            Self::NothingYet => Responsible::TestData,
            Self::Delayed => Responsible::Muster,
        }
    }
}

/// How an exchange ended.
#[derive(Debug, Clone)]
pub enum Outcome {
    /// With an answer.
    Answered(Response),
    /// Without one.
    Broken(Breakage),
}

/// The number of an exchange in its run, from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ExchangeId(pub u64);

/// One request and how it ended.
#[derive(Debug, Clone)]
pub struct Exchange {
    /// Its number in the run.
    pub id: ExchangeId,
    /// The request, with everything that was sent but the credentials.
    pub request: Request,
    /// The full URL it went to.
    pub url: String,
    /// The credential headers that were added, for redaction and `curl`: name and value.
    pub credentials: Headers,
    /// Who fetched a key from the address that the token gave, where somebody did.
    pub followed: Option<String>,
    /// How it ended.
    pub outcome: Outcome,
}

impl Exchange {
    /// The answer, if there is one.
    #[must_use]
    pub const fn response(&self) -> Option<&Response> {
        match &self.outcome {
            Outcome::Answered(response) => Some(response),
            Outcome::Broken(_) => None,
        }
    }

    /// The status of the answer, if there is one.
    #[must_use]
    pub fn status(&self) -> Option<u16> {
        self.response().map(|response| response.status)
    }

    /// `404`, or the reason there is no answer: what a finding says it received.
    #[must_use]
    pub fn received(&self) -> String {
        match &self.outcome {
            Outcome::Answered(response) => match response.headers.get("content-type") {
                Some(media) => {
                    let media: String = media.chars().take(100).collect();
                    format!("{} with {media}", response.status)
                }
                None => response.status.to_string(),
            },
            Outcome::Broken(breakage) => breakage.detail.clone(),
        }
    }
}

/// Whether a URL is another one or lies below it, segment by segment.
///
/// ```
/// use muster_core::exchange::is_below;
/// assert!(is_below("http://h/people/1?a=b", "http://h/people/"));
/// assert!(is_below("http://h/people?limit=3", "http://h/people?sort=id"));
/// assert!(!is_below("http://h/people/12", "http://h/people/1"));
/// ```
#[must_use]
pub fn is_below(url: &str, other: &str) -> bool {
    let other = other.split('?').next().unwrap_or(other);
    url.strip_prefix(other.trim_end_matches('/'))
        .is_some_and(|rest| rest.is_empty() || rest.starts_with(['/', '?']))
}

//! A step as it is written (owner of [`Step`]).

use indexmap::IndexMap;
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value};

use super::{Target, status::Statuses};
use muster_core::{
    contract::{Contract, Operation},
    exchange::Shown,
    generate::Style,
    model::{IdentityName, Method, OperationKey},
};

/// One call with what is expected of its answer.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Step {
    /// An `operationId`, or `METHOD /path`.
    pub call: String,
    /// Whether the contract need not declare it.
    #[serde(default)]
    pub undeclared: bool,
    /// What it is for, for readers of the evidence.
    pub name: Option<String>,
    /// As whom.
    #[serde(rename = "as")]
    pub identity: Option<IdentityName>,
    /// With which credentials.
    #[serde(default)]
    pub credentials: Credentials,
    /// Which client certificate is shown.
    #[serde(default)]
    pub certificate: Certificate,
    /// Whether the case rests on it: where it does not hold, the rest cannot be judged, and another case tells why.
    #[serde(default)]
    pub precondition: bool,
    /// What is sent.
    #[serde(default)]
    pub with: With,
    /// What is expected.
    pub expect: Option<Expectation>,
    /// What an answer means that says nothing of what is judged.
    #[serde(default)]
    pub refusal: Refusal,
    /// What later steps need.
    #[serde(default)]
    pub capture: IndexMap<String, Capture>,
    /// Calls again until the expectations hold.
    pub until: Option<Until>,
    /// How often it is sent, one after the other.
    pub times: Option<u32>,
    /// How many are sent at once, each time.
    pub concurrently: Option<u32>,
    /// How long to wait before each sending.
    pub pause_ms: Option<u64>,
}

/// Which credentials a step carries.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Credentials {
    /// Those of the identity.
    #[default]
    Declared,
    /// None.
    None,
    /// These headers.
    Instead(Map<String, Value>),
    /// One of two or more that the identity has, counted from 1.
    Part(u8),
}

/// Which client certificate a step shows, where the target asks for one.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Certificate {
    /// The one of the target file.
    #[default]
    Own,
    /// None.
    None,
    /// One that signs itself.
    SelfSigned,
    /// One of an authority that was made for the purpose.
    OtherAuthority,
    /// The one of the target file, with a key that is not its own.
    OwnWithoutItsKey,
}

impl From<Certificate> for Shown {
    fn from(certificate: Certificate) -> Self {
        match certificate {
            Certificate::Own => Self::Own,
            Certificate::None => Self::Nothing,
            Certificate::SelfSigned => Self::SelfSigned,
            Certificate::OtherAuthority => Self::OtherAuthority,
            Certificate::OwnWithoutItsKey => Self::OwnWithoutItsKey,
        }
    }
}

/// What an answer means that says nothing of what is judged: no answer, 401, 403, 429, 502 to 504.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Refusal {
    /// The case cannot be judged.
    #[default]
    Inconclusive,
    /// It is an answer like others.
    Judged,
}

/// What is sent.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct With {
    /// Path variables.
    #[serde(default)]
    pub path: Map<String, Value>,
    /// Query parameters.
    #[serde(default)]
    pub query: Map<String, Value>,
    /// Headers.
    #[serde(default)]
    pub headers: Map<String, Value>,
    /// The `Content-Type`; `none` sends none.
    pub media_type: Option<String>,
    /// The body.
    pub body: Option<Body>,
}

/// What the body is.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Body {
    /// This value.
    Literal(Value),
    /// A file beside the suite.
    File(String),
    /// Made from the contract's schema.
    Generated(GeneratedStyle),
    /// Another, changed.
    Overlay(Box<Overlay>),
    /// These bytes.
    Raw(Raw),
}

/// How much of a schema a generated body uses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum GeneratedStyle {
    /// What is required.
    Simple,
    /// Everything.
    Plain,
    /// Anything legal.
    Varied,
}

impl From<GeneratedStyle> for Style {
    fn from(style: GeneratedStyle) -> Self {
        match style {
            GeneratedStyle::Simple => Self::Simple,
            GeneratedStyle::Plain => Self::Plain,
            GeneratedStyle::Varied => Self::Varied,
        }
    }
}

/// A body that is another one, changed.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Overlay {
    /// What is changed; a simple generated body where left out.
    pub on: Option<Body>,
    /// A JSON Merge Patch (RFC 7396), applied first.
    #[serde(default, deserialize_with = "present")]
    pub merge: Option<Value>,
    /// A JSON Patch (RFC 6902).
    #[serde(default, deserialize_with = "present")]
    pub patch: Option<Value>,
}

/// Bytes as they stand.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Raw {
    /// Of this text, interpolated.
    Text(String),
    /// In base64.
    Base64(String),
    /// In hexadecimal.
    Hex(String),
}

/// What is expected of an answer.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Expectation {
    /// The statuses; any success where left out.
    pub status: Option<Statuses>,
    /// By name: the exact value, or matchers.
    #[serde(default)]
    pub headers: Map<String, Value>,
    /// The body.
    pub body: Option<ExpectBody>,
    /// Expressions that must be true.
    #[serde(default)]
    pub that: Vec<String>,
}

/// What is expected of a body.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExpectBody {
    /// Its media type.
    pub media_type: Option<String>,
    /// `contract`, `#/components/schemas/NAME`, or a JSON Schema.
    pub schema: Option<Value>,
    /// Whether there is none.
    pub empty: Option<bool>,
    /// What its parts are.
    #[serde(default)]
    pub at: Vec<Matcher>,
    /// Texts that must not occur.
    #[serde(default)]
    pub not_containing: Vec<String>,
}

/// What values must be; all that is said must hold.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "the names are those of the format")]
pub struct Matcher {
    #[serde(default)]
    pub path: String,
    pub exists: Option<bool>,
    #[serde(default, deserialize_with = "present")]
    pub count: Option<Value>,
    #[serde(default, deserialize_with = "present")]
    pub is: Option<Value>,
    #[serde(default, deserialize_with = "present")]
    pub is_not: Option<Value>,
    #[serde(default, deserialize_with = "present")]
    pub one_of: Option<Value>,
    pub r#type: Option<String>,
    pub matches: Option<String>,
    #[serde(default, deserialize_with = "present")]
    pub contains: Option<Value>,
    #[serde(default, deserialize_with = "present")]
    pub length: Option<Value>,
    #[serde(default, deserialize_with = "present")]
    pub at_least: Option<Value>,
    #[serde(default, deserialize_with = "present")]
    pub at_most: Option<Value>,
}

/// What later steps need of an answer.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Capture {
    /// A JSONPath that selects one value.
    pub json: Option<String>,
    /// A header.
    pub header: Option<String>,
    /// A regular expression, whose first group is taken.
    pub regex: Option<String>,
    /// Its type.
    pub r#type: Option<CaptureType>,
}

/// What a capture must be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
#[expect(missing_docs, reason = "the names are those of the format")]
pub enum CaptureType {
    String,
    Integer,
    Number,
    Boolean,
    Object,
    Array,
    Any,
}

/// Calls again until the expectations hold.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Until {
    /// For at most so many seconds.
    pub within_s: u64,
    /// Every so many milliseconds.
    pub every_ms: u64,
}

impl Until {
    /// How often it calls at most.
    #[must_use]
    pub const fn most_calls(&self) -> u64 {
        let every = if self.every_ms == 0 { 1 } else { self.every_ms };
        1 + self.within_s.saturating_mul(1000).div_ceil(every)
    }
}

/// A value that is there, `null` as well.
fn present<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Value>, D::Error> {
    Value::deserialize(deserializer).map(Some)
}

impl Step {
    /// What it calls.
    #[must_use]
    pub fn target(&self, contract: &Contract) -> Target {
        let Some((method, path)) = self.call.split_once(' ') else {
            return contract
                .operation_by_id(&self.call)
                .map_or(Target::Unknown, |operation| {
                    Target::Declared(operation.key.clone())
                });
        };
        let key = OperationKey::new(Method::parse(method), path.trim());
        if contract.operation(&key).is_some() {
            Target::Declared(key)
        } else {
            Target::Undeclared(key)
        }
    }

    /// The operation it calls.
    #[must_use]
    pub fn operation<'c>(&self, contract: &'c Contract) -> Option<&'c Operation> {
        match self.target(contract) {
            Target::Declared(key) => contract.operation(&key),
            Target::Undeclared(_) | Target::Unknown => None,
        }
    }

    /// How often it is sent, one after the other.
    #[must_use]
    pub fn rounds(&self) -> u64 {
        u64::from(self.times.unwrap_or(1))
    }

    /// How many are sent at once.
    #[must_use]
    pub fn at_once(&self) -> u64 {
        u64::from(self.concurrently.unwrap_or(1))
    }

    /// The most requests that it may send, those that it arranges left out.
    #[must_use]
    pub fn most_requests(&self) -> u64 {
        match &self.until {
            Some(until) => until.most_calls(),
            None => self.rounds().saturating_mul(self.at_once()),
        }
    }

    /// The statuses that are expected.
    #[must_use]
    pub fn statuses(&self) -> Statuses {
        self.expect
            .as_ref()
            .and_then(|expect| expect.status.clone())
            .unwrap_or_else(Statuses::success)
    }
}

//! One exchange as it is kept: redacted when it is built, so that nothing unredacted can be kept
//! (owner of [`Observation`] and [`Redactor`]).

use serde::{Deserialize, Serialize};

use crate::{
    exchange::{Breakage, Exchange, ExchangeId, HttpVersion, Timing},
    model::{IdentityName, Method, OperationKey},
};

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

/// Takes secrets and personal data out of everything that is kept or shown.
///
/// Secrets are found by value, in every encoding in which they could come back: plain, base64 (three
/// alignments), base64url, percent-encoded, hexadecimal and JSON-escaped. Personal members are found by
/// name, in JSON bodies and in query strings.
#[derive(Debug, Clone, Default)]
pub struct Redactor {}

impl Redactor {
    /// A redactor that knows these secrets (variable name to show, value) and masks these members.
    #[must_use]
    pub fn new<'a>(
        _secrets: impl IntoIterator<Item = (&'a str, &'a str)>,
        _personal: impl IntoIterator<Item = &'a str>,
    ) -> Self {
        Self {}
    }

    /// The text without secrets.
    #[must_use]
    pub fn text(&self, text: &str) -> String {
        text.to_owned()
    }

    /// The exchange as it is kept.
    #[must_use]
    pub fn observe(&self, exchange: &Exchange) -> Observation {
        Observation {
            id: exchange.id,
            operation: exchange.request.operation.clone(),
            purpose: exchange.request.purpose.clone(),
            identity: exchange.request.identity.clone(),
            method: exchange.request.method.clone(),
            url: exchange.url.clone(),
            request_headers: Vec::new(),
            request_body: None,
            status: exchange.status(),
            version: None,
            response_headers: Vec::new(),
            response_body: None,
            cut: false,
            broken: None,
            timing: Timing::default(),
        }
    }
}

//! HAR 1.2: the exchanges that findings rest on, redacted, for browsers and proxies that replay or show them.

use std::collections::BTreeMap;

use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};
use serde_json::{Value, json};
use url::Url;

use super::{Format, evidence, sanitise};
use crate::summary::Summary;
use muster_core::{
    exchange::{ExchangeId, HttpVersion},
    observation::{Content, Observation},
};

/// `evidence.har`.
pub(super) const FORMAT: Format = Format {
    name: "har",
    file: "evidence.har",
    about: "HAR 1.2 of the exchanges that findings rest on, redacted, for browsers and proxies",
    in_folder: false,
    render: |summary, _| render(summary),
};

fn render(summary: &Summary) -> String {
    // Once each, with the numbers of the findings that it shows, in the order in which they were sent.
    let mut shown: BTreeMap<ExchangeId, (&Observation, Vec<&str>)> = BTreeMap::new();
    for finding in summary.findings_with_effects() {
        for one in finding.evidence.iter().filter(|one| is_http(one)) {
            let (_, numbers) = shown.entry(one.id).or_insert((one, Vec::new()));
            if !numbers.contains(&finding.number.as_str()) {
                numbers.push(&finding.number);
            }
        }
    }
    for result in summary.requirements.iter().flat_map(|one| &one.results) {
        if let Some(own) = result.exchange.as_deref().filter(|one| is_http(one)) {
            let numbers = result.findings.iter().map(String::as_str).collect();
            shown.entry(own.id).or_insert((own, numbers));
        }
    }
    let entries: Vec<Value> = shown
        .values()
        .map(|(one, numbers)| entry(summary, one, numbers))
        .collect();
    let document = json!({ "log": {
        "version": "1.2",
        "creator": { "name": "Muster", "version": env!("CARGO_PKG_VERSION") },
        "comment": "The exchanges that findings rest on. Secrets and personal data are masked, and long bodies are cut short.",
        "entries": entries,
    } });
    let text = serde_json::to_string_pretty(&document).unwrap_or_default();
    format!("{text}\n")
}

/// A TLS handshake is no exchange of HTTP.
const fn is_http(shown: &Observation) -> bool {
    shown.handshake.is_none()
}

fn entry(summary: &Summary, shown: &Observation, numbers: &[&str]) -> Value {
    let milliseconds = |us: u64| us as f64 / 1_000.0;
    let first = shown.timing.first_byte_us.min(shown.timing.total_us);
    // The journal tells when an exchange ended.
    let began = shown
        .ended_us
        .unwrap_or_default()
        .saturating_sub(shown.timing.total_us);
    json!({
        "startedDateTime": evidence::time(summary, began).unwrap_or_else(|| "1970-01-01T00:00:00.000Z".to_owned()),
        "time": milliseconds(shown.timing.total_us),
        "request": {
            "method": shown.method.to_string(),
            "url": uri(&shown.url),
            "httpVersion": version(shown),
            "cookies": [],
            "headers": headers(&shown.request_headers),
            "queryString": query(&shown.url),
            "postData": shown.request_body.as_ref().map(|body| json!({
                "mimeType": media_type(&shown.request_headers),
                "text": sanitise::text(&body.text),
                "comment": cut(body),
            })),
            "headersSize": -1,
            "bodySize": shown.request_body.as_ref().map_or(0, |body| body.bytes),
        },
        "response": {
            "status": shown.status.unwrap_or_default(),
            "statusText": "",
            "httpVersion": version(shown),
            "cookies": [],
            "headers": headers(&shown.response_headers),
            "content": {
                "size": shown.response_body.as_ref().map_or(0, |body| body.bytes),
                "mimeType": media_type(&shown.response_headers),
                "text": shown.response_body.as_ref().map_or_else(String::new, |body| sanitise::text(&body.text)),
                "comment": shown.response_body.as_ref().map_or("", cut),
            },
            "redirectURL": value_of(&shown.response_headers, "location"),
            "headersSize": -1,
            "bodySize": shown.response_body.as_ref().map_or(0, |body| body.bytes),
            "comment": shown.broken.as_ref().map_or_else(String::new, |broken| sanitise::line(&broken.detail)),
        },
        "cache": {},
        "timings": {
            "send": 0,
            "wait": milliseconds(first),
            "receive": milliseconds(shown.timing.total_us.saturating_sub(first)),
        },
        "comment": sanitise::line(&format!("Exchange {}, {}: {}", shown.id.0, numbers.join(", "), shown.purpose)),
    })
    .without_null("request", "postData")
}

/// Members that a document may lack and not hold as null.
trait WithoutNull {
    fn without_null(self, within: &str, name: &str) -> Self;
}

impl WithoutNull for Value {
    fn without_null(mut self, within: &str, name: &str) -> Self {
        if let Some(Self::Object(members)) = self.get_mut(within)
            && members.get(name).is_some_and(Self::is_null)
        {
            members.shift_remove(name);
        }
        self
    }
}

const fn cut(body: &Content) -> &'static str {
    if body.abridged { "cut short" } else { "" }
}

const fn version(shown: &Observation) -> &'static str {
    match shown.version {
        Some(HttpVersion::Http10) => "HTTP/1.0",
        Some(HttpVersion::Http11) => "HTTP/1.1",
        Some(HttpVersion::Http2) => "HTTP/2",
        _ => "unknown",
    }
}

fn headers(pairs: &[(String, String)]) -> Value {
    pairs
        .iter()
        .map(
            |(name, value)| json!({ "name": sanitise::line(name), "value": sanitise::line(value) }),
        )
        .collect()
}

fn value_of(pairs: &[(String, String)], wanted: &str) -> String {
    pairs
        .iter()
        .find(|(name, _)| name.eq_ignore_ascii_case(wanted))
        .map_or_else(String::new, |(_, value)| sanitise::line(value))
}

fn media_type(pairs: &[(String, String)]) -> String {
    value_of(pairs, "content-type")
}

/// What a URI may not hold as it is.
const NOT_IN_URI: &AsciiSet = &CONTROLS.add(b' ').add(b'"').add(b'<').add(b'>');

/// The URL with nothing in it that a URI may not hold.
fn uri(url: &str) -> String {
    let line = sanitise::line(url);
    Url::parse(&line).map_or_else(
        |_| utf8_percent_encode(&line, NOT_IN_URI).to_string(),
        |url| url.to_string(),
    )
}

fn query(url: &str) -> Value {
    let Ok(url) = Url::parse(url) else {
        return json!([]);
    };
    url.query_pairs()
        .map(|(name, value)| json!({ "name": sanitise::line(&name), "value": sanitise::line(&value) }))
        .collect()
}

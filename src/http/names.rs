//! Methods and header names as the HTTP library has them, names shared where they are common, and headers as the core keeps them.

use std::{
    collections::HashMap,
    sync::{Arc, LazyLock},
};

use ::http::{HeaderMap, HeaderName, header};

use muster_core::{exchange::Headers, model::Method};

const COMMON: [&str; 40] = [
    "accept",
    "access-control-allow-origin",
    "age",
    "allow",
    "authorization",
    "cache-control",
    "connection",
    "content-encoding",
    "content-language",
    "content-length",
    "content-security-policy",
    "content-type",
    "cookie",
    "cross-origin-opener-policy",
    "cross-origin-resource-policy",
    "date",
    "deprecation",
    "etag",
    "expires",
    "keep-alive",
    "last-modified",
    "link",
    "location",
    "permissions-policy",
    "pragma",
    "ratelimit-limit",
    "ratelimit-remaining",
    "referrer-policy",
    "retry-after",
    "server",
    "set-cookie",
    "strict-transport-security",
    "sunset",
    "transfer-encoding",
    "vary",
    "via",
    "www-authenticate",
    "x-content-type-options",
    "x-frame-options",
    "x-request-id",
];

static INTERNED: LazyLock<HashMap<&'static str, Arc<str>>> = LazyLock::new(|| {
    COMMON
        .into_iter()
        .map(|name| (name, Arc::from(name)))
        .collect()
});

fn intern(name: &HeaderName) -> Arc<str> {
    INTERNED
        .get(name.as_str())
        .map_or_else(|| Arc::from(name.as_str()), Arc::clone)
}

/// Headers in the order of the HTTP library. Bytes that are not UTF-8 become `U+FFFD`, so that a check
/// can see them.
pub(super) fn headers(map: &HeaderMap) -> Headers {
    let mut headers = Headers::with_capacity(map.len());
    for (name, value) in map {
        headers.push(
            intern(name),
            String::from_utf8_lossy(value.as_bytes()).into_owned(),
        );
    }
    headers
}

/// The length that the head declares.
pub(super) fn declared_length(map: &HeaderMap) -> Option<u64> {
    map.get(header::CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

/// The method for the HTTP library; none where it would treat the method in a way of its own.
pub(super) fn method(method: &Method) -> Option<::http::Method> {
    Some(match method {
        Method::Get => ::http::Method::GET,
        Method::Head => ::http::Method::HEAD,
        Method::Options => ::http::Method::OPTIONS,
        Method::Post => ::http::Method::POST,
        Method::Put => ::http::Method::PUT,
        Method::Patch => ::http::Method::PATCH,
        Method::Delete => ::http::Method::DELETE,
        Method::Trace => ::http::Method::TRACE,
        other => {
            let token = other.as_str();
            if token == "CONNECT" {
                return None;
            }
            ::http::Method::from_bytes(token.as_bytes()).ok()?
        }
    })
}

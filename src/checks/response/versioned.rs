//! `response.versioned`

use crate::{
    checks::{Answer, Check, Example, Kind, Line, Says},
    exchange::{Exchange, Response},
    verdict::{Finding, Judgement},
};

/// The check.
pub static CHECK: Check = Check {
    id: "response.versioned",
    purpose: "The version of the API is seen in the path, a header or the media type of its successes.",
    verifies: "Each success of an operation shows a version in one of these places: a segment of the URL's \
        path such as `v1` or `2026-11-23`, a header of request or answer such as `API-Version` or \
        `Accept-Version`, a parameter `version` or `v` of the media type, or a media type such as \
        `application/vnd.example.v2+json`. Versions in the host name or the query are not taken for one, \
        since the government's guidance names the path and headers. It does not claim that the version \
        is the right one.",
    matters: "Without a version nothing can change: every correction breaks someone who did not know of it.",
    fix: "Put the major version into the base path, such as `/v1`.",
    kind: Kind::Response(judge),
    examples: &[
        Example {
            title: "In the path",
            contract: "/v1/people: {get: {responses: {'200': {description: People}}}}",
            dialogue: &[Line::empty("GET /v1/people", 200)],
            says: Says::Pass,
        },
        Example {
            title: "In the base path",
            contract: "
servers: [{url: https://api.example.test/rms/v2}]
/people: {get: {responses: {'200': {description: People}}}}
",
            dialogue: &[Line::empty("GET /people", 200)],
            says: Says::Pass,
        },
        Example {
            title: "In the media type",
            contract: PEOPLE,
            dialogue: &[Line::new(
                "GET /people",
                200,
                &[("content-type", "application/vnd.api+json; version=2")],
                "{}",
            )],
            says: Says::Pass,
        },
        Example {
            title: "Nowhere",
            contract: PEOPLE,
            dialogue: &[Line::json("GET /people", 200, "{}")],
            says: Says::Fail("No version"),
        },
    ],
};

const PEOPLE: &str = "/people: {get: {responses: {'200': {description: People}}}}";

fn judge(answer: &Answer<'_>) -> Vec<Judgement> {
    let (Some(operation), Some(response)) = (answer.called(), answer.response()) else {
        return Vec::new();
    };
    if !response.is_success() {
        return Vec::new();
    }
    if in_path(&answer.exchange.url) || in_headers(answer.exchange, response) {
        return vec![Judgement::Pass];
    }
    vec![
        Finding::new(
            "no version",
            "No version is seen in the path, a header or the media type.",
            format!("{}: a version, such as /v1 in the path", operation.key),
            "none".to_owned(),
        )
        .into(),
    ]
}

fn in_path(url: &str) -> bool {
    url::Url::parse(url).is_ok_and(|url| url.path_segments().into_iter().flatten().any(is_version))
}

/// `v1`, `V2.3`, `1.0` or `2026-11-23`.
fn is_version(segment: &str) -> bool {
    let number = segment.strip_prefix(['v', 'V']);
    let digits = |text: &str| {
        text.split('.')
            .all(|part| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit()))
    };
    let date = segment.len() == 10
        && segment.bytes().enumerate().all(|(index, byte)| {
            if matches!(index, 4 | 7) {
                byte == b'-'
            } else {
                byte.is_ascii_digit()
            }
        });
    date || number.map_or_else(|| segment.contains('.') && digits(segment), digits)
}

fn in_headers(exchange: &Exchange, response: &Response) -> bool {
    let named = |name: &str| {
        name.ends_with("api-version")
            || matches!(
                name,
                "version" | "x-version" | "accept-version" | "content-version"
            )
    };
    let mut names = exchange
        .request
        .headers
        .iter()
        .chain(response.headers.iter())
        .map(|(name, _)| name);
    if names.any(named) {
        return true;
    }
    let accept = exchange.request.headers.get("accept");
    let content = response.headers.get("content-type");
    [accept, content].into_iter().flatten().any(in_media_type)
}

fn in_media_type(value: &str) -> bool {
    let value = value.to_ascii_lowercase();
    let mut parts = value.split(';');
    let essence = parts.next().unwrap_or_default();
    let subtype = essence.split_once('/').map_or("", |(_, subtype)| subtype);
    let parameter = parts.any(|part| {
        part.trim()
            .split_once('=')
            .is_some_and(|(name, _)| matches!(name, "version" | "v" | "api-version"))
    });
    parameter
        || subtype
            .split(['.', '+', '-'])
            .any(|part| part.starts_with('v') && is_version(part))
}

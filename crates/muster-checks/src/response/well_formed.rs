//! `response.well-formed`

use crate::{Answer, Check, Example, Expect, Kind, ScriptedResponse};
use muster_core::{
    exchange::{BreakageKind, ConnectionUse, Exchange, HttpVersion, Outcome, Response},
    model::Method,
    verdict::{Finding, Judgement},
};

/// The check.
pub static CHECK: Check = Check {
    id: "response.well-formed",
    purpose: "The API responds to every request completely and in well-formed HTTP.",
    verifies: "Each exchange ends with a complete response within the time limit: the connection is not lost, what \
    comes is HTTP, and head and lengths are within sensible limits. A final status lies between 200 and 599 (or \
    is 101 to a request with `Upgrade`), 204 announces no body, 304 only follows a request with a \
    condition, `Content-Length` is one number, and does not come together with `Transfer-Encoding`. Hosts that \
    are not found or refuse the connection, TLS and logins are not matters of this check, and neither is a \
    connection that is closed on a request that was wrong on purpose.",
    matters: "A broken response leaves its client without knowing whether the request was carried out, and mixed \
    lengths are how requests are smuggled past a gateway.",
    fix: "Look for a crash, a limit or a proxy that closes the connection at the time of the exchange; do \
        not set `Content-Length` or `Transfer-Encoding` by hand.",
    kind: Kind::Response(judge),
    examples: &[
        Example {
            title: "An answer",
            contract: PEOPLE,
            dialogue: &[ScriptedResponse::json("GET /people", 200, "{}")],
            says: Expect::Pass,
        },
        Example {
            title: "A connection that is lost",
            contract: PEOPLE,
            dialogue: &[ScriptedResponse::broken(
                "GET /people",
                BreakageKind::ConnectionLost,
            )],
            says: Expect::Fail("The connection was lost"),
        },
        Example {
            title: "A connection that is closed on what cannot be read",
            contract: PEOPLE,
            dialogue: &[
                ScriptedResponse::broken("GET /people", BreakageKind::ConnectionLost)
                    .to_a_wrong_request(),
            ],
            says: Expect::Nothing,
        },
        Example {
            title: "No response in time",
            contract: PEOPLE,
            dialogue: &[ScriptedResponse::broken(
                "GET /people",
                BreakageKind::TimedOut,
            )],
            says: Expect::Fail("in time"),
        },
        Example {
            title: "A body announced where there is none",
            contract: PEOPLE,
            dialogue: &[ScriptedResponse::new(
                "GET /people",
                204,
                &[("content-length", "2")],
                "",
            )],
            says: Expect::Fail("204"),
        },
        Example {
            title: "304 to what had no condition",
            contract: PEOPLE,
            dialogue: &[ScriptedResponse::empty("GET /people", 304)],
            says: Expect::Fail("304"),
        },
        Example {
            title: "A status beyond the classes",
            contract: PEOPLE,
            dialogue: &[ScriptedResponse::empty("GET /people", 799)],
            says: Expect::Fail("status"),
        },
        Example {
            title: "101 to a request that did not ask for another protocol",
            contract: PEOPLE,
            dialogue: &[ScriptedResponse::empty("GET /people", 101)],
            says: Expect::Fail("status"),
        },
        Example {
            title: "Nothing listens",
            contract: PEOPLE,
            dialogue: &[ScriptedResponse::broken(
                "GET /people",
                BreakageKind::ConnectionRefused,
            )],
            says: Expect::Nothing,
        },
    ],
};

const PEOPLE: &str = "/people: {get: {responses: {'200': {description: People}}}}";

fn judge(answer: &Answer<'_>) -> Vec<Judgement> {
    let exchange = answer.exchange;
    if answer.is_beside_the_api() {
        return Vec::new();
    }
    let defect = match &exchange.outcome {
        Outcome::Answered(response) => head_defect(answer, response),
        Outcome::Broken(breakage) => match breakage.kind {
            kind if kind.is_cut_off() && answer.was_wrong() => return Vec::new(),
            // A kept connection may have ended before the request came: `wire.keep-alive` judges that.
            BreakageKind::ConnectionLost
                if matches!(exchange.request.over, ConnectionUse::Kept(_)) =>
            {
                return Vec::new();
            }
            BreakageKind::ConnectionLost => Some(("connection lost", "The connection was lost.")),
            BreakageKind::StreamReset => Some(("stream reset", "The stream was reset.")),
            BreakageKind::GoneAway => Some(("connection ended", "The connection was ended.")),
            BreakageKind::TimedOut => Some(("timed out", "No complete response came in time.")),
            BreakageKind::NotHttp => Some(("not HTTP", "What came is not HTTP.")),
            BreakageKind::TooLarge => Some((
                "too large",
                "The head or the lengths of the response are beyond every sensible limit.",
            )),
            _ => return Vec::new(),
        },
    };
    let Some((cause, title)) = defect else {
        return vec![Judgement::Pass];
    };
    vec![
        Finding::new(
            cause,
            title,
            format!(
                "{}: a complete response in the form of HTTP",
                asked(exchange)
            ),
            exchange.received(),
        )
        .into(),
    ]
}

fn asked(exchange: &Exchange) -> String {
    exchange.request.operation.as_ref().map_or_else(
        || format!("{} request", exchange.request.method),
        ToString::to_string,
    )
}

fn head_defect(answer: &Answer<'_>, response: &Response) -> Option<(&'static str, &'static str)> {
    let headers = &response.headers;
    let status = response.status;
    let mut lengths: Vec<&str> = headers
        .all("content-length")
        .flat_map(|value| value.split(','))
        .map(str::trim)
        .collect();
    lengths.dedup();
    let conditional = answer.sent_any(&["if-none-match", "if-modified-since"]);
    let switches = status == 101 && answer.sent_any(&["upgrade"]);
    if !(200..600).contains(&status) && !switches {
        Some(("status", "The status is none that ends an exchange."))
    } else if lengths.len() > 1
        || lengths
            .iter()
            .any(|length| length.is_empty() || !length.bytes().all(|byte| byte.is_ascii_digit()))
    {
        Some(("content-length", "Content-Length is not one number."))
    } else if response.version != HttpVersion::Http2
        && !lengths.is_empty()
        && headers.get("transfer-encoding").is_some()
    {
        Some((
            "two lengths",
            "Content-Length and Transfer-Encoding come together.",
        ))
    } else if status == 204
        && (!response.body.is_empty() || lengths.iter().any(|length| length.parse() != Ok(0_u64)))
    {
        Some(("204 with a body", "A 204 response announces a body."))
    } else if status == 304
        && !conditional
        && matches!(answer.exchange.request.method, Method::Get | Method::Head)
    {
        Some(("304", "A request without a condition receives 304."))
    } else {
        None
    }
}

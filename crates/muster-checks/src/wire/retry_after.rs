//! `wire.retry-after`

use crate::{Answer, Check, Example, Expect, Kind, ScriptedResponse};
use muster_core::{
    exchange::{ExchangeId, Response},
    verdict::{Finding, Judgement},
};

/// The check.
pub static CHECK: Check = Check {
    id: "wire.retry-after",
    purpose: "The Retry-After header is well formed, and the request succeeds after that time.",
    verifies: "Where a 429 response or 503 has `Retry-After`, it is a number of seconds or a date of HTTP. The run \
    waits as long as it says (up to 30 seconds) and sends the request again: a 429 response or 503 to that is a \
    finding. No such response is provoked, so a target that asks for no patience is not judged.",
    matters: "Clients that obey come back exactly when they are told. A time that is made up either keeps them away \
        from a service that works, or has them all come back to one that does not.",
    fix: "Take the value from what refuses: the time when the client's window opens, or when the maintenance ends.",
    kind: Kind::Response(judge),
    examples: &[
        Example {
            title: "Seconds",
            contract: PEOPLE,
            dialogue: &[ScriptedResponse::new(
                "GET /people",
                429,
                &[("retry-after", "3")],
                "",
            )],
            says: Expect::Pass,
        },
        Example {
            title: "A date",
            contract: PEOPLE,
            dialogue: &[ScriptedResponse::new(
                "GET /people",
                503,
                &[("retry-after", "Thu, 01 Jan 2026 12:05:00 GMT")],
                "",
            )],
            says: Expect::Pass,
        },
        Example {
            title: "Neither",
            contract: PEOPLE,
            dialogue: &[ScriptedResponse::new(
                "GET /people",
                429,
                &[("retry-after", "soon")],
                "",
            )],
            says: Expect::Fail("neither"),
        },
        Example {
            title: "A response without Retry-After",
            contract: PEOPLE,
            dialogue: &[ScriptedResponse::empty("GET /people", 200)],
            says: Expect::Nothing,
        },
    ],
};

const PEOPLE: &str = "/people: {get: {responses: {'200': {description: People}}}}";

fn judge(answer: &Answer<'_>) -> Vec<Judgement> {
    let Some(response) = answer.exchange.response() else {
        return Vec::new();
    };
    let Some(value) = response.headers.get("retry-after").map(str::trim) else {
        return Vec::new();
    };
    if !matches!(response.status, 429 | 503) {
        return Vec::new();
    }
    let seconds = !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit());
    let date = value.len() == 29 && value.ends_with(" GMT") && value.contains(", ");
    if seconds || date {
        return vec![Judgement::Pass];
    }
    vec![
        Finding::new(
            "form of Retry-After",
            "Retry-After is neither a number of seconds nor a date of HTTP.",
            "Retry-After: 120, or a date such as Thu, 01 Jan 2026 12:05:00 GMT",
            value,
        )
        .into(),
    ]
}

/// What is to be said of the answer to a request that was put off and sent again when it was told to.
#[must_use]
pub fn meant(response: &Response, exchange: ExchangeId) -> Judgement {
    if !matches!(response.status, 429 | 503) {
        return Judgement::Pass;
    }
    Finding::new(
        "not meant",
        "A retry after Retry-After was deferred again.",
        "a success, or a refusal for another reason",
        response.status.to_string(),
    )
    .shown_by(exchange)
    .into()
}

//! `change.end-announced`

use time::{OffsetDateTime, PrimitiveDateTime, macros::format_description};

use crate::{Answer, Check, Example, Expect, Kind, ScriptedResponse};
use muster_core::verdict::{Finding, Judgement};

/// The check.
pub static CHECK: Check = Check {
    id: "change.end-announced",
    purpose: "The Deprecation and Sunset headers are well formed, and the sunset is not before the \
        deprecation.",
    verifies: "Where a response has `Deprecation`, it is a date as RFC 9745 has it (`@` and \
        seconds since 1970, as in `@1788220800`). Where it has `Sunset`, it is a date of HTTP as \
        RFC 8594 has it (`Sun, 11 Nov 2029 23:59:59 GMT`). Where it has both, the end is not \
        before the deprecation. The older forms of `Deprecation`, `true` and a date of HTTP, are \
        inconclusive: drafts of the standard had them. Responses without either header are not \
        judged.",
    matters: "These headers are read by machines that warn people. A date in another form warns nobody, and the \
        integration stops on the day itself.",
    fix: "Write `Deprecation: @SECONDS` and `Sunset: Day, DD Mon YYYY HH:MM:SS GMT`, the second not before the first.",
    kind: Kind::Response(judge),
    examples: &[
        Example {
            title: "Both, in order",
            contract: OLD,
            dialogue: &[ScriptedResponse::new(
                "GET /old",
                200,
                &[
                    ("deprecation", "@1788220800"),
                    ("sunset", "Fri, 01 Sep 2028 00:00:00 GMT"),
                ],
                "",
            )],
            says: Expect::Pass,
        },
        Example {
            title: "An end before the deprecation",
            contract: OLD,
            dialogue: &[ScriptedResponse::new(
                "GET /old",
                200,
                &[
                    ("deprecation", "@1788220800"),
                    ("sunset", "Tue, 01 Sep 2020 00:00:00 GMT"),
                ],
                "",
            )],
            says: Expect::Fail("before"),
        },
        Example {
            title: "A date of another form",
            contract: OLD,
            dialogue: &[ScriptedResponse::new(
                "GET /old",
                200,
                &[("sunset", "2028-09-01")],
                "",
            )],
            says: Expect::Fail("Sunset"),
        },
        Example {
            title: "The form of a draft",
            contract: OLD,
            dialogue: &[ScriptedResponse::new(
                "GET /old",
                200,
                &[("deprecation", "true")],
                "",
            )],
            says: Expect::Inconclusive,
        },
        Example {
            title: "Neither",
            contract: OLD,
            dialogue: &[ScriptedResponse::empty("GET /old", 200)],
            says: Expect::Nothing,
        },
    ],
};

const OLD: &str = "/old: {get: {deprecated: true, responses: {'200': {description: Old}}}}";

fn of_http(text: &str) -> Option<OffsetDateTime> {
    let form = format_description!(
        "[weekday repr:short], [day] [month repr:short] [year] [hour]:[minute]:[second] GMT"
    );
    PrimitiveDateTime::parse(text, form)
        .ok()
        .map(PrimitiveDateTime::assume_utc)
}

fn judge(answer: &Answer<'_>) -> Vec<Judgement> {
    let Some(response) = answer.response() else {
        return Vec::new();
    };
    let headers = &response.headers;
    let (deprecation, sunset) = (headers.get("deprecation"), headers.get("sunset"));
    let wrong = |cause: &str, title: &str, expected: &str, received: &str| {
        vec![Finding::new(cause, title, expected, received).into()]
    };
    let begins = match deprecation.map(str::trim) {
        None => None,
        Some(text) => {
            let seconds = text.strip_prefix('@').and_then(|text| text.parse().ok());
            match seconds.and_then(|seconds| OffsetDateTime::from_unix_timestamp(seconds).ok()) {
                Some(moment) => Some(moment),
                None if text == "true" || of_http(text).is_some() => {
                    return vec![Judgement::inconclusive(
                        muster_core::model::Responsible::Supplier,
                        format!(
                            "Deprecation: {text} is the form of a draft; RFC 9745 has @ and seconds since 1970."
                        ),
                    )];
                }
                None => {
                    return wrong(
                        "form of Deprecation",
                        "Deprecation is not a date as RFC 9745 has it.",
                        "Deprecation: @ and seconds since 1970",
                        text,
                    );
                }
            }
        }
    };
    let ends = match sunset.map(|text| (text, of_http(text.trim()))) {
        None => None,
        Some((text, None)) => {
            return wrong(
                "form of Sunset",
                "Sunset is not a date of HTTP.",
                "Sunset: a date such as Sun, 11 Nov 2029 23:59:59 GMT",
                text,
            );
        }
        Some((_, moment)) => moment,
    };
    match (begins, ends) {
        (None, None) => Vec::new(),
        (Some(begins), Some(ends)) if ends < begins => wrong(
            "Sunset before Deprecation",
            "The end of an operation comes before its deprecation.",
            "a Sunset that is not before Deprecation",
            &format!(
                "Deprecation: {}; Sunset: {}",
                deprecation.unwrap_or_default(),
                sunset.unwrap_or_default()
            ),
        ),
        _ => vec![Judgement::Pass],
    }
}

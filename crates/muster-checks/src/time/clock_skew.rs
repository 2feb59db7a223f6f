//! `time.clock-skew`

use time::{OffsetDateTime, PrimitiveDateTime, macros::format_description};

use crate::{Answer, Check, Example, Expect, Kind, ScriptedResponse};
use muster_core::verdict::{Finding, Judgement};

/// The check.
pub static CHECK: Check = Check {
    id: "time.clock-skew",
    purpose: "The API sends Date with the true time.",
    verifies: "Each success has a `Date` in the form of RFC 9110 (`Thu, 01 Jan 2026 12:00:00 GMT`) \
        that differs from this machine's clock by 60 seconds at most (`clock_skew_ms` sets another \
        limit). Responses from a cache (with `Age`) are left out. If every target seems wrong, \
        this machine's own clock is.",
    matters: "Tokens, signatures and the order of events across forces hang on clocks. Minutes of skew make fresh \
        tokens expired, and put an arrest before the call that led to it.",
    fix: "Let the servers, and any gateway that writes `Date`, take their time from NTP, and alert on drift.",
    kind: Kind::Response(judge),
    examples: &[
        Example {
            title: "The true time",
            contract: PEOPLE,
            dialogue: &[ScriptedResponse::new(
                "GET /people",
                200,
                &[("date", "Thu, 01 Jan 2026 12:00:04 GMT")],
                "",
            )],
            says: Expect::Pass,
        },
        Example {
            title: "An hour ahead, as where British Summer Time was taken for UTC",
            contract: PEOPLE,
            dialogue: &[ScriptedResponse::new(
                "GET /people",
                200,
                &[("date", "Thu, 01 Jan 2026 13:00:00 GMT")],
                "",
            )],
            says: Expect::Fail("ahead of"),
        },
        Example {
            title: "Another form",
            contract: PEOPLE,
            dialogue: &[ScriptedResponse::new(
                "GET /people",
                200,
                &[("date", "2026-01-01T12:00:00Z")],
                "",
            )],
            says: Expect::Fail("form"),
        },
        Example {
            title: "From a cache",
            contract: PEOPLE,
            dialogue: &[ScriptedResponse::new(
                "GET /people",
                200,
                &[("date", "Thu, 01 Jan 2026 11:00:00 GMT"), ("age", "3600")],
                "",
            )],
            says: Expect::Nothing,
        },
    ],
};

const PEOPLE: &str = "/people: {get: {responses: {'200': {description: People}}}}";

/// How far clocks may differ, in milliseconds.
const MOST_MS: i64 = 60_000;

fn judge(answer: &Answer<'_>) -> Vec<Judgement> {
    let Some(response) = answer.exchange.response() else {
        return Vec::new();
    };
    let (Some(at_ms), None, true) = (
        response.at_ms,
        response.headers.get("age"),
        response.is_success(),
    ) else {
        return Vec::new();
    };
    let expected = "Date: the time when the response was made, as in Thu, 01 Jan 2026 12:00:00 GMT";
    let Some(date) = response.headers.get("date") else {
        return vec![
            Finding::new("no Date", "A response has no Date.", expected, "no Date").into(),
        ];
    };
    let Some(said) = moment(date) else {
        return vec![
            Finding::new(
                "form of Date",
                "Date is not in the form that HTTP prescribes.",
                expected,
                date,
            )
            .into(),
        ];
    };
    // The header counts whole seconds, and the answer was some time under way.
    let skew_ms = said.unix_timestamp() * 1_000 - at_ms;
    let most = answer
        .parameters
        .integer("clock_skew_ms")
        .unwrap_or(MOST_MS)
        .max(1_000);
    let under_way = i64::try_from(response.timing.total_us / 1_000).unwrap_or(i64::MAX);
    if skew_ms <= most && -skew_ms <= most + under_way + 1_000 {
        return vec![Judgement::Pass];
    }
    let (far, side) = (
        skew_ms.abs() / 1_000,
        if skew_ms > 0 { "ahead of" } else { "behind" },
    );
    vec![
        Finding::new(
            format!("clock {side}"),
            format!("The target's clock is {side} this machine's."),
            format!("Date within {} s of the true time", most / 1_000),
            format!("{date}, {far} s {side} this machine's clock"),
        )
        .into(),
    ]
}

/// The moment of a date of HTTP, in the form that is to be sent.
fn moment(text: &str) -> Option<OffsetDateTime> {
    let form = format_description!(
        "[weekday repr:short], [day] [month repr:short] [year] [hour]:[minute]:[second] GMT"
    );
    PrimitiveDateTime::parse(text, form)
        .ok()
        .map(PrimitiveDateTime::assume_utc)
}

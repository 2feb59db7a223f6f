//! `response.deprecation-headers`

use crate::{Answer, Check, Example, Expect, Kind, ScriptedResponse};
use muster_core::verdict::{Finding, Judgement};

/// Relations of a link that tells more about a deprecation.
const RELATIONS: [&str; 6] = [
    "deprecation",
    "sunset",
    "successor-version",
    "latest-version",
    "alternate",
    "describedby",
];

/// The check.
pub static CHECK: Check = Check {
    id: "response.deprecation-headers",
    purpose: "The responses of a deprecated operation say so, and link to more information.",
    verifies: "Each success of an operation that the contract marks as deprecated carries `Deprecation` or \
        `Sunset`, and a `Link` that leads to the reason or the successor. The date is not judged, since \
        every form of it is in use, and neither are headers of operations that are not marked: they may \
        announce a deprecation to come.",
    matters: "Contracts are read once, responses every day. A header is the only notice that reaches the people who \
    run the integration before it stops working.",
    fix: "Send `Deprecation` with the date, `Sunset` with the end where there is one, and `Link` with \
        `rel=\"deprecation\"` or `rel=\"successor-version\"`.",
    kind: Kind::Response(judge),
    examples: &[
        Example {
            title: "With date and link",
            contract: OLD,
            dialogue: &[ScriptedResponse::new(
                "GET /old",
                200,
                &[
                    ("deprecation", "@1795392000"),
                    ("link", "</docs/old>; rel=\"deprecation\""),
                ],
                "",
            )],
            says: Expect::Pass,
        },
        Example {
            title: "Without a word",
            contract: OLD,
            dialogue: &[ScriptedResponse::empty("GET /old", 200)],
            says: Expect::Fail("does not say"),
        },
        Example {
            title: "With a date and no link",
            contract: OLD,
            dialogue: &[ScriptedResponse::new(
                "GET /old",
                200,
                &[("sunset", "Tue, 01 Jun 2027 00:00:00 GMT")],
                "",
            )],
            says: Expect::Fail("without a link"),
        },
        Example {
            title: "An operation that is not deprecated",
            contract: "/new: {get: {responses: {'200': {description: New}}}}",
            dialogue: &[ScriptedResponse::empty("GET /new", 200)],
            says: Expect::Nothing,
        },
    ],
};

const OLD: &str = "/old: {get: {deprecated: true, responses: {'200': {description: Old}}}}";

fn judge(answer: &Answer<'_>) -> Vec<Judgement> {
    let (Some(operation), Some(response)) = (answer.called(), answer.response()) else {
        return Vec::new();
    };
    if !operation.deprecated || !response.is_success() {
        return Vec::new();
    }
    let headers = &response.headers;
    let says = headers.get("deprecation").is_some() || headers.get("sunset").is_some();
    let links = headers.all("link").any(|link| {
        let link = link.to_ascii_lowercase();
        RELATIONS.iter().any(|relation| link.contains(relation))
    });
    let (cause, title) = match (says, links) {
        (true, true) => return vec![Judgement::Pass],
        (true, false) => ("no link", "A deprecation is announced without a link."),
        (false, _) => ("no header", "A deprecated operation does not say so."),
    };
    vec![
        Finding::new(
            cause,
            title,
            format!("{}: Deprecation or Sunset, and Link", operation.key),
            answer.exchange.received(),
        )
        .at(operation.pointer.clone())
        .into(),
    ]
}

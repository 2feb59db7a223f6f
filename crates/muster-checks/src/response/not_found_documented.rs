//! `response.not-found-documented`

use crate::{Answer, Check, Example, Expect, Kind, ScriptedResponse};
use muster_core::{
    exchange::Intent,
    verdict::{Finding, Judgement},
};

/// The check.
pub static CHECK: Check = Check {
    id: "response.not-found-documented",
    purpose: "An operation that returns 404 documents it.",
    verifies: "Each 404 response of an operation with an id in its path, to a request that is not wrong on purpose: \
    404 is named by its code, its class or `default`. What else an operation responds with is for \
    `response.status-documented`.",
    matters: "404 is the one error that every client meets. Many frameworks leave it out of the \
        document they write, so that generated clients have no branch for it and no type for its \
        body.",
    fix: "Document 404 with its body on every operation with an id in its path.",
    kind: Kind::Response(judge),
    examples: &[
        Example {
            title: "Documented",
            contract: "/people/{id}: {get: {responses: {'200': {description: A person}, '404': {description: Nobody}}}}",
            dialogue: &[ScriptedResponse::empty("GET /people/7", 404)],
            says: Expect::Pass,
        },
        Example {
            title: "Not documented",
            contract: READ,
            dialogue: &[ScriptedResponse::empty("GET /people/7", 404)],
            says: Expect::Fail("404"),
        },
        Example {
            title: "Another status",
            contract: READ,
            dialogue: &[ScriptedResponse::empty("GET /people/7", 409)],
            says: Expect::Nothing,
        },
    ],
};

const READ: &str = "/people/{id}: {get: {responses: {'200': {description: A person}}}}";

/// Whether an undocumented 404 is this check's own matter, and not that of `response.status-documented`:
/// the path names a record, and nothing promised that there is one.
#[must_use]
pub fn is_its_own(answer: &Answer<'_>) -> bool {
    answer
        .called()
        .is_some_and(|operation| operation.path_variables().next().is_some())
        && answer.exchange.status() == Some(404)
        && matches!(
            answer.exchange.request.intent,
            Intent::Plausible | Intent::Housekeeping
        )
}

fn judge(answer: &Answer<'_>) -> Vec<Judgement> {
    let Some(operation) = answer.called().filter(|_| is_its_own(answer)) else {
        return Vec::new();
    };
    if operation.response(404).is_some() {
        return vec![Judgement::Pass];
    }
    vec![
        Finding::new(
            "404 undocumented",
            "Status 404 is not documented.",
            format!("{}: a documented 404", operation.key),
            answer.exchange.received(),
        )
        .at(format!("{}/responses", operation.pointer))
        .into(),
    ]
}

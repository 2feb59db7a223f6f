//! `security.nosniff`

use crate::{Answer, Check, Example, Expect, Kind, ScriptedResponse};
use muster_core::verdict::{Finding, Judgement};

/// The check.
pub static CHECK: Check = Check {
    id: "security.nosniff",
    purpose: "The API tells browsers not to guess the media type of a response.",
    verifies: "Every response of the API with a body carries `X-Content-Type-Options: nosniff`.",
    matters: "A browser that takes a stored text for a page runs what is in it, as the officer who is \
        logged in.",
    fix: "Set the header on every response, at the gateway.",
    kind: Kind::Response(judge),
    examples: &[
        Example {
            title: "Told",
            contract: PEOPLE,
            dialogue: &[ScriptedResponse::new(
                "GET /people",
                200,
                &[("x-content-type-options", "nosniff")],
                "{}",
            )],
            says: Expect::Pass,
        },
        Example {
            title: "Not told",
            contract: PEOPLE,
            dialogue: &[ScriptedResponse::json("GET /people", 200, "{}")],
            says: Expect::Fail("nosniff"),
        },
        Example {
            title: "Nothing to guess",
            contract: PEOPLE,
            dialogue: &[ScriptedResponse::empty("GET /people", 401)],
            says: Expect::Nothing,
        },
    ],
};

const PEOPLE: &str = "
/people:
  get: {security: [{token: []}], responses: {'200': {description: People}, '401': {description: No}}}
components: {securitySchemes: {token: {type: http, scheme: bearer}}}
";

fn judge(answer: &Answer<'_>) -> Vec<Judgement> {
    let Some(response) = answer.response().filter(|response| {
        !answer.is_beside_the_api() && !answer.is_bodyless() && !response.body.is_empty()
    }) else {
        return Vec::new();
    };
    let told = response.headers.get("x-content-type-options");
    if told.is_some_and(|told| told.trim().eq_ignore_ascii_case("nosniff")) {
        return vec![Judgement::Pass];
    }
    vec![
        Finding::new(
            "nosniff",
            "A response does not carry `X-Content-Type-Options: nosniff`.",
            "`X-Content-Type-Options: nosniff`",
            told.map_or_else(|| "no such header".to_owned(), str::to_owned),
        )
        .into(),
    ]
}

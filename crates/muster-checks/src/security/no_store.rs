//! `security.no-store`

use crate::{Answer, Check, Example, Expect, Kind, ScriptedResponse};
use muster_core::verdict::{Finding, Judgement};

/// The check.
pub static CHECK: Check = Check {
    id: "security.no-store",
    purpose: "Caches may not store the responses of a protected operation.",
    verifies: "Every success of a protected operation that has a body carries `Cache-Control` with \
        `no-store`. Operations that the contract leaves open are not looked at.",
    matters: "Without it, proxies and browsers may keep people's records on disk, and show them to \
        the next user of a shared terminal.",
    fix: "Set `Cache-Control: no-store` on every response that needs credentials.",
    kind: Kind::Response(judge),
    examples: &[
        Example {
            title: "Not kept",
            contract: PEOPLE,
            dialogue: &[ScriptedResponse::new(
                "GET /people",
                200,
                &[("cache-control", "no-store")],
                "{}",
            )],
            says: Expect::Pass,
        },
        Example {
            title: "Nothing said",
            contract: PEOPLE,
            dialogue: &[ScriptedResponse::json("GET /people", 200, "{}")],
            says: Expect::Fail("no-store"),
        },
        Example {
            title: "Kept by the browser",
            contract: PEOPLE,
            dialogue: &[ScriptedResponse::new(
                "GET /people",
                200,
                &[("cache-control", "private, max-age=60")],
                "{}",
            )],
            says: Expect::Fail("no-store"),
        },
        Example {
            title: "Open to all",
            contract: "/codes: {get: {responses: {'200': {description: Codes}}}}",
            dialogue: &[ScriptedResponse::json("GET /codes", 200, "{}")],
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
        response.is_success()
            && !response.body.is_empty()
            && answer
                .called()
                .is_some_and(|operation| operation.security.is_required())
    }) else {
        return Vec::new();
    };
    let said = response.headers.get("cache-control").unwrap_or_default();
    let kept = !said
        .split(',')
        .any(|directive| directive.trim().eq_ignore_ascii_case("no-store"));
    if !kept {
        return vec![Judgement::Pass];
    }
    vec![
        Finding::new(
            "no-store",
            "The response of a protected operation may be stored: `Cache-Control` does not say `no-store`.",
            "`Cache-Control: no-store`",
            if said.is_empty() { "no such header".to_owned() } else { format!("`{said}`") },
        )
        .into(),
    ]
}

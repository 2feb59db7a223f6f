//! `response.problem-status`

use crate::{Answer, Check, Example, Expect, Kind, ScriptedResponse};
use muster_core::verdict::{Finding, Judgement};

/// The check.
pub static CHECK: Check = Check {
    id: "response.problem-status",
    purpose: "The `status` of problem details is the status code of the HTTP response.",
    verifies: "Each `application/problem+json` body with a number as its `status` is compared with the status \
        code of the response that has it (RFC 9457 §3.1.2). Problem details without `status` are not judged, and \
        neither is one of another type, which readers ignore (§3.1); 502 to 504 come from before the API, whose \
        own body a gateway may pass on.",
    matters: "Software that knows nothing of problem details acts on the status code, software that does may act \
        on `status`. Where they differ, two clients do two things: one tries again and the other gives up.",
    fix: "Take `status` from the response as it is sent, behind any filter or gateway that changes it.",
    kind: Kind::Response(judge),
    examples: &[
        Example {
            title: "The same status",
            contract: PEOPLE,
            dialogue: &[ScriptedResponse::new(
                "GET /people",
                404,
                PROBLEM,
                r#"{"title":"Not Found","status":404}"#,
            )],
            says: Expect::Pass,
        },
        Example {
            title: "Another status in the body",
            contract: PEOPLE,
            dialogue: &[ScriptedResponse::new(
                "GET /people",
                404,
                PROBLEM,
                r#"{"title":"Not Found","status":400}"#,
            )],
            says: Expect::Fail("another status"),
        },
        Example {
            title: "No status in the body",
            contract: PEOPLE,
            dialogue: &[ScriptedResponse::new(
                "GET /people",
                404,
                PROBLEM,
                r#"{"title":"Not Found"}"#,
            )],
            says: Expect::Nothing,
        },
    ],
};

const PROBLEM: &[(&str, &str)] = &[("content-type", "application/problem+json")];
const PEOPLE: &str = "/people: {get: {responses: {'200': {description: People}}}}";

fn judge(answer: &Answer<'_>) -> Vec<Judgement> {
    let (Some(response), Some(problem)) = (answer.response(), answer.json()) else {
        return Vec::new();
    };
    let status = response.status;
    if answer.is_beside_the_api()
        || (502..=504).contains(&status)
        || response.media_type().as_deref() != Some("application/problem+json")
    {
        return Vec::new();
    }
    let Some(said) = problem.get("status").filter(|said| said.is_number()) else {
        return Vec::new();
    };
    if said.as_f64() == Some(f64::from(status)) {
        return vec![Judgement::Pass];
    }
    let asked = answer.called().map_or_else(
        || "every error".to_owned(),
        |operation| operation.key.to_string(),
    );
    vec![
        Finding::new(
            "status",
            "The problem details name another status than the response has.",
            format!("{asked}: problem details with `status` {status}"),
            format!("{status} with `status` {said}"),
        )
        .at("/status")
        .into(),
    ]
}

//! `security.scheme-case`

use crate::{
    Check, Example, Expect, Kind, Scope, ScriptedResponse,
    support::probe::reached,
    support::tokens::{broken, open_request, where_tokens_protect_reads},
};
use muster_core::{
    contract::Operation,
    exchange::{Alteration, BreakageKind, Outcome},
    script::{Script, Scripted},
    verdict::{Finding, Judgement},
};

/// The check.
pub static CHECK: Check = Check {
    id: "security.scheme-case",
    purpose: "The API reads the scheme of the Authorization header in any case.",
    verifies: "A protected read that the good token opens is called with the same token under `bearer` in \
        lower case, which succeeds too: RFC 9110, section 11.1, makes the names of schemes \
        case-insensitive.",
    matters: "Clients and proxies write the scheme in their own case. An API that knows one spelling turns \
        half of them away with a 401 that nobody can explain.",
    fix: "Compare the scheme without regard to case.",
    kind: Kind::Probe {
        scope: Scope::Target(where_tokens_protect_reads),
        run,
        writes: false,
    },
    examples: &[
        Example {
            title: "Accepted",
            contract: PEOPLE,
            dialogue: &[ScriptedResponse::json("GET /people", 200, "{}")],
            says: Expect::Pass,
        },
        Example {
            title: "Refused",
            contract: PEOPLE,
            dialogue: &[
                ScriptedResponse::json("GET /people", 200, "{}"),
                ScriptedResponse::new("GET /people", 401, &[("www-authenticate", "Bearer")], ""),
            ],
            says: Expect::Fail("lower case"),
        },
    ],
};

const PEOPLE: &str = "
/people:
  get: {security: [{token: []}], responses: {'200': {description: People}, '401': {description: No}}}
components: {securitySchemes: {token: {type: http, scheme: bearer}}}
";

fn run<'a>(script: &mut Script<'a>, _: Option<&'a Operation>) -> Scripted {
    let request = open_request(script)?;
    let exchange = broken(script, &request, Alteration::SchemeInLowerCase)?;
    Ok(vec![match &exchange.outcome {
        Outcome::Broken(breakage) if breakage.kind == BreakageKind::Unalterable => {
            Judgement::not_applicable(breakage.detail.clone())
        }
        Outcome::Answered(response) if response.is_success() => Judgement::Pass,
        Outcome::Answered(response) if matches!(response.status, 400 | 401 | 403) => Finding::new(
            "scheme in lower case",
            "A good token under `bearer` in lower case is refused.",
            "the same response as under `Bearer`",
            exchange.received(),
        )
        .into(),
        _ => match reached(exchange) {
            Ok(_) => Judgement::Pass,
            Err(judgement) => judgement,
        },
    }])
}

//! `security.cors`

use crate::{
    Check, Example, Expect, Kind, Scope, ScriptedResponse,
    support::probe::reached,
    support::tokens::{open_request, where_reads_are_protected},
};
use muster_core::{
    contract::Operation,
    exchange::Intent,
    script::{Script, Scripted},
    verdict::{Finding, Judgement},
};

/// The check.
pub static CHECK: Check = Check {
    id: "security.cors",
    purpose: "Protected operations let no foreign origin read their responses.",
    verifies: "A protected read that the good token opens is called with an `Origin` that nobody \
        trusts. The response does not allow it: `Access-Control-Allow-Origin` is neither `*` nor \
        that origin.",
    matters: "An origin that is allowed lets any page that an officer opens read records with the \
        officer's own access.",
    fix: "Send the header only for origins on a list, and leave it out where no browser calls the API.",
    kind: Kind::Probe {
        scope: Scope::Target(where_reads_are_protected),
        run,
        writes: false,
    },
    examples: &[
        Example {
            title: "Not allowed",
            contract: PEOPLE,
            dialogue: &[ScriptedResponse::json("GET /people", 200, "{}")],
            says: Expect::Pass,
        },
        Example {
            title: "Everyone allowed",
            contract: PEOPLE,
            dialogue: &[
                ScriptedResponse::json("GET /people", 200, "{}"),
                ScriptedResponse::new(
                    "GET /people",
                    200,
                    &[("access-control-allow-origin", "*")],
                    "{}",
                ),
            ],
            says: Expect::Fail("any origin"),
        },
        Example {
            title: "Whoever asks",
            contract: PEOPLE,
            dialogue: &[
                ScriptedResponse::json("GET /people", 200, "{}"),
                ScriptedResponse::new(
                    "GET /people",
                    200,
                    &[("access-control-allow-origin", "https://muster.invalid")],
                    "{}",
                ),
            ],
            says: Expect::Fail("any origin"),
        },
    ],
};

const PEOPLE: &str = "
/people:
  get: {security: [{token: []}], responses: {'200': {description: People}, '401': {description: No}}}
components: {securitySchemes: {token: {type: http, scheme: bearer}}}
";

const ORIGIN: &str = "https://muster.invalid";

fn run<'a>(script: &mut Script<'a>, _: Option<&'a Operation>) -> Scripted {
    let mut request = open_request(script)?.header("origin", ORIGIN);
    request.intent = Intent::Plausible;
    request.purpose = "asks as a web page of others would".into();
    let exchange = script.send(request)?;
    let response = match reached(exchange) {
        Ok(response) => response,
        // A refusal of the origin is the safest answer.
        Err(_) if exchange.status() == Some(403) => return Ok(vec![Judgement::Pass]),
        Err(judgement) => return Ok(vec![judgement]),
    };
    let allowed = response
        .headers
        .get("access-control-allow-origin")
        .map(str::trim);
    Ok(vec![match allowed {
        Some(allowed @ ("*" | ORIGIN)) => Finding::new(
            "any origin",
            "Pages of any origin may read the responses of a protected operation.",
            "no `Access-Control-Allow-Origin` for an origin that nobody trusts",
            format!("`Access-Control-Allow-Origin: {allowed}`"),
        )
        .into(),
        _ => Judgement::Pass,
    }])
}

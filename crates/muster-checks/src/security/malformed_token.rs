//! `security.malformed-token`

use crate::{
    Check, Example, Expect, Kind, Scope, ScriptedResponse,
    support::tokens::{broken, challenged, open_request, where_tokens_protect_reads},
};
use muster_core::{
    contract::Operation,
    exchange::Alteration,
    script::{Script, Scripted},
    verdict::Judgement,
};

/// The check.
pub static CHECK: Check = Check {
    id: "security.malformed-token",
    purpose: "The API refuses a malformed token with 401 and a challenge.",
    verifies: "A protected read that the good token opens is called with a text that is not a token, with the word \
    `null`, with blanks and with nothing after `Bearer`. Each receives 401 with `WWW-Authenticate`; 400 is fair \
    for the last two.",
    matters: "Clients renew a token when they see 401. A crash or a 403 in its place makes a lapsed login \
        look like an outage or a missing right; a success makes the login worthless.",
    fix: "Return 401 with `WWW-Authenticate: Bearer error=\"invalid_token\"` whatever stands in the header.",
    kind: Kind::Probe {
        scope: Scope::Target(where_tokens_protect_reads),
        run,
        writes: false,
    },
    examples: &[
        Example {
            title: "Refused",
            contract: PEOPLE,
            dialogue: &[
                ScriptedResponse::json("GET /people", 200, "{}"),
                ScriptedResponse::new("GET /people", 401, &[("www-authenticate", "Bearer")], ""),
            ],
            says: Expect::Pass,
        },
        Example {
            title: "Without a challenge",
            contract: PEOPLE,
            dialogue: &[
                ScriptedResponse::json("GET /people", 200, "{}"),
                ScriptedResponse::empty("GET /people", 401),
            ],
            says: Expect::Fail("WWW-Authenticate"),
        },
        Example {
            title: "Forbidden",
            contract: PEOPLE,
            dialogue: &[
                ScriptedResponse::json("GET /people", 200, "{}"),
                ScriptedResponse::empty("GET /people", 403),
            ],
            says: Expect::Fail("403"),
        },
        Example {
            title: "Accepted",
            contract: PEOPLE,
            dialogue: &[ScriptedResponse::json("GET /people", 200, "{}")],
            says: Expect::Fail("is accepted"),
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
    let mut judgements = Vec::new();
    for (alteration, may_be_bad) in [
        (Alteration::Garbage, false),
        (Alteration::Null, false),
        (Alteration::Blank, true),
        (Alteration::Empty, true),
    ] {
        let exchange = broken(script, &request, alteration)?;
        judgements.push(if may_be_bad && exchange.status() == Some(400) {
            Judgement::Pass
        } else {
            challenged(exchange, &alteration.described())
        });
    }
    Ok(judgements)
}

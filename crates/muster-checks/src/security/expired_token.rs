//! `security.expired-token`

use crate::{
    Check, Example, Expect, Kind, Scope, ScriptedResponse,
    support::tokens::{lent, where_tokens_protect_reads},
};
use muster_core::{
    contract::Operation,
    script::{Script, Scripted},
};

/// The check.
pub static CHECK: Check = Check {
    id: "security.expired-token",
    purpose: "The API refuses a token that has expired or is not valid yet.",
    verifies: "A protected read is called with the tokens that the identities `expired` and `not-yet-valid` \
        of the target file lend. Each is refused. Without such an identity it is inconclusive: \
        Muster cannot make a token of the issuer's.",
    matters: "A token that works for ever makes every leak of a log or a laptop permanent, and leaves no \
        way to end someone's access.",
    fix: "Compare `exp` and `nbf` with the clock, with a minute's grace at most; forget opaque tokens \
        when they end.",
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
            title: "Accepted",
            contract: PEOPLE,
            dialogue: &[
                ScriptedResponse::json("GET /people", 200, "{}"),
                ScriptedResponse::json("GET /people", 200, "{}"),
                ScriptedResponse::empty("GET /people", 401),
            ],
            says: Expect::Fail("expired"),
        },
        Example {
            title: "Not even the good token is accepted",
            contract: PEOPLE,
            dialogue: &[ScriptedResponse::empty("GET /people", 401)],
            says: Expect::Inconclusive,
        },
    ],
};

const PEOPLE: &str = "
/people:
  get: {security: [{token: []}], responses: {'200': {description: People}, '401': {description: No}}}
components: {securitySchemes: {token: {type: http, scheme: bearer}}}
";

fn run<'a>(script: &mut Script<'a>, _: Option<&'a Operation>) -> Scripted {
    lent(
        script,
        &[
            ("expired", "an expired token"),
            ("not-yet-valid", "a token that is not valid yet"),
        ],
    )
}

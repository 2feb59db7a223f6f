//! `security.other-audience`

use crate::{
    Check, Example, Expect, Kind, Scope, ScriptedResponse,
    support::tokens::{lent_by_issuer, where_tokens_protect_reads},
};
use muster_core::{
    contract::Operation,
    script::{Script, Scripted},
};

/// The check.
pub static CHECK: Check = Check {
    id: "security.other-audience",
    purpose: "The API refuses a token for another audience.",
    verifies: "A protected read is called with the token that the identity `other-audience` of the target \
        file lends: issued by the right issuer for another API. It is refused. Without such an \
        identity it is inconclusive, but for opaque tokens where the contract names no \
        authorisation server: these have no audience.",
    matters: "One issuer serves many APIs. If each accepts what was meant for the others, the weakest of \
        them can call all of them as anyone.",
    fix: "Compare `aud` with the identifier of this API, exactly.",
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
            says: Expect::Fail("another audience"),
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
    lent_by_issuer(
        script,
        &[("other-audience", "a token for another audience")],
    )
}

//! `security.other-issuer`

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
    id: "security.other-issuer",
    purpose: "The API refuses a token of another issuer.",
    verifies: "A protected read is called with the token that the identity `other-issuer` of the target \
        file lends: well formed, and of an issuer that the API does not trust. It is refused. \
        Without such an identity it is inconclusive, but for opaque tokens where the \
        contract names no authorisation server: these have no issuer.",
    matters: "Whoever can make a token that is accepted can be anyone, and read or change everything that \
        the API holds. An issuer that is not checked is one that anyone can run.",
    fix: "Pin the issuer and its key set; compare `iss` exactly.",
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
            says: Expect::Fail("another issuer"),
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
    lent_by_issuer(script, &[("other-issuer", "a token of another issuer")])
}

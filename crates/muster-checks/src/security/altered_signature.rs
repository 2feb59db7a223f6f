//! `security.altered-signature`

use crate::{
    Check, Example, Expect, Kind, Scope, ScriptedResponse,
    support::tokens::{refused, where_tokens_protect_reads},
};
use muster_core::{
    contract::Operation,
    exchange::Alteration,
    script::{Script, Scripted},
};

/// The check.
pub static CHECK: Check = Check {
    id: "security.altered-signature",
    purpose: "The API refuses a JWT without its signature, or with an altered one.",
    verifies: "A protected read is called with the good token, which must succeed, and then with the same \
        token without its signature and with one bit of its signature changed. Each is refused. It \
        is not applicable to opaque tokens, and tries one operation, not all.",
    matters: "A signature that nobody verifies protects nothing. Whoever can make a token that is accepted \
        can be anyone, and read or change everything that the API holds.",
    fix: "Verify tokens with a maintained library that is told the algorithm, the issuer, the audience \
        and the key set to expect, and never takes any of them from the token itself.",
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
            says: Expect::Fail("is accepted"),
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
    refused(
        script,
        &[Alteration::StripSignature, Alteration::AlterSignature],
    )
}

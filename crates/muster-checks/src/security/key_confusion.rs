//! `security.key-confusion`

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
    id: "security.key-confusion",
    purpose: "The API refuses a JWT that is signed by HMAC with the issuer's public key.",
    verifies: "A protected read is called with the claims of the good token, signed with HS256 and the text \
        (PEM) of the public key that the issuer publishes. It is refused. It is not applicable to \
        opaque tokens, nor where the key is not published at the host of the token endpoint.",
    matters: "A verifier that lets the token choose the algorithm takes the public key, which anyone can \
        read, for a shared secret. Whoever can make a token that is accepted can be anyone, and read \
        or change everything that the API holds.",
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
            says: Expect::Fail("public key"),
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
    refused(script, &[Alteration::HmacWithPublicKey])
}

//! `security.key-in-header`

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
    id: "security.key-in-header",
    purpose: "The API never verifies a JWT with a key that the JWT's own header contains or points \
        to.",
    verifies: "A protected read is called with tokens that carry the claims of the good one and are signed \
        with a key of Muster's own: the key stands in the header (`jwk`), the header gives an \
        address for it (`jku`, `x5u`), or `kid` names an empty file. Each is refused, and nobody asks \
        for the key: Muster serves it on this machine, and a request that arrives there is the proof \
        of failure, whatever the response is. A target elsewhere is shown an address only where `callback` \
        of the target file says how it reaches Muster. It is not applicable to opaque tokens.",
    matters: "A key from the token proves only that its author has a key. Whoever can make a token that is \
        accepted can be anyone, and read or change everything that the API holds.",
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
            says: Expect::Fail("signed with a key"),
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
        &[
            Alteration::KeyInHeader,
            Alteration::KeyByAddress("jku"),
            Alteration::KeyByAddress("x5u"),
            Alteration::KeyFromFile,
        ],
    )
}

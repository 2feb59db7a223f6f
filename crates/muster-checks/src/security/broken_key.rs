//! `security.broken-key`

use crate::{
    Check, Example, Expect, Kind, Scope, ScriptedResponse,
    support::tokens::{refused, where_keys_protect_reads},
};
use muster_core::{
    contract::Operation,
    exchange::{Alteration, KeyFlaw},
    script::{Script, Scripted},
};

/// The check.
pub static CHECK: Check = Check {
    id: "security.broken-key",
    purpose: "The API refuses a key, cookie, password or signature that is not exactly right.",
    verifies: "A protected read is called with the good credentials changed in one way: the secret \
        without its last third, with another letter in its middle, empty, or that of another \
        client under this client's name; and, where requests are signed, unsigned, signed for \
        another body, or signed with another secret. Each is refused. It is not applicable to \
        access tokens, which have checks of their own.",
    matters: "A secret that is compared in part can be guessed in part, and one that is not \
        compared with its owner makes every client every other.",
    fix: "Compare whole secrets, in constant time, with that of the client that is named; verify \
        signatures over the bytes of the body as they came.",
    kind: Kind::Probe {
        scope: Scope::Target(where_keys_protect_reads),
        run,
        writes: false,
    },
    examples: &[
        Example {
            title: "Refused",
            contract: KEYED,
            dialogue: &[
                ScriptedResponse::json("GET /people", 200, "{}"),
                ScriptedResponse::new("GET /people", 401, &[("www-authenticate", "Bearer")], ""),
            ],
            says: Expect::Pass,
        },
        Example {
            title: "Accepted",
            contract: KEYED,
            dialogue: &[
                ScriptedResponse::json("GET /people", 200, "{}"),
                ScriptedResponse::json("GET /people", 200, "{}"),
                ScriptedResponse::empty("GET /people", 401),
            ],
            says: Expect::Fail("the key without its last third"),
        },
        Example {
            title: "Not even the good credentials are accepted",
            contract: KEYED,
            dialogue: &[ScriptedResponse::empty("GET /people", 401)],
            says: Expect::Inconclusive,
        },
    ],
};

const KEYED: &str = "
/people:
  get: {security: [{key: []}], responses: {'200': {description: People}, '401': {description: No}}}
components: {securitySchemes: {key: {type: apiKey, in: header, name: X-Key}}}
";

fn run<'a>(script: &mut Script<'a>, _: Option<&'a Operation>) -> Scripted {
    refused(
        script,
        &[
            Alteration::Key(KeyFlaw::Truncated),
            Alteration::Key(KeyFlaw::Altered),
            Alteration::Key(KeyFlaw::Empty),
            Alteration::Key(KeyFlaw::OfAnother),
            Alteration::Key(KeyFlaw::Unsigned),
            Alteration::Key(KeyFlaw::OtherBody),
        ],
    )
}

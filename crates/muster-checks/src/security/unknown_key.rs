//! `security.unknown-key`

use crate::{
    Check, Example, Expect, Kind, Scope, ScriptedResponse,
    support::tokens::{PEOPLE, lent_by_issuer, where_tokens_protect_reads},
};
use muster_core::{
    contract::Operation,
    script::{Script, Scripted},
};

/// The check.
pub static CHECK: Check = Check {
    id: "security.unknown-key",
    purpose: "The API refuses a token that is signed with a key which the issuer never published.",
    verifies: "A protected read is called with the token that the identity `unknown-key` of the target file \
        lends: right in every claim, and signed with a key that is not among those of the issuer. It \
        is refused. Without such an identity it is inconclusive: Muster does not know the issuer's \
        claims. `muster issuer` makes such tokens.",
    matters: "An API that takes a key it does not know takes the token of whoever made the key.",
    fix: "Verify with the issuer's key set alone; where `kid` names no key of it, fetch the set once \
        more, and then refuse.",
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
            says: Expect::Fail("unknown key"),
        },
        Example {
            title: "Not even the good credentials are accepted",
            contract: PEOPLE,
            dialogue: &[ScriptedResponse::empty("GET /people", 401)],
            says: Expect::Inconclusive,
        },
    ],
};

fn run<'a>(script: &mut Script<'a>, _: Option<&'a Operation>) -> Scripted {
    lent_by_issuer(
        script,
        &[("unknown-key", "a token signed with an unknown key")],
    )
}

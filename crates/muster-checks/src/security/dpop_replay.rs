//! `security.dpop-replay`

use crate::{
    Check, Example, Expect, Kind, Scope, ScriptedResponse,
    support::tokens::{PEOPLE, refused, where_tokens_protect_reads},
};
use muster_core::{
    contract::Operation,
    exchange::{Alteration, ProofFlaw},
    script::{Script, Scripted},
};

/// The check.
pub static CHECK: Check = Check {
    id: "security.dpop-replay",
    purpose: "The API refuses a proof of possession that was used before.",
    verifies: "A protected read is called with a DPoP proof, and again with the same proof. The second call \
        is refused. It is not applicable where tokens are not bound to a key. RFC 9449 lets an API \
        remember proofs and does not oblige it to.",
    matters: "Whoever overhears a request can send it again for as long as its proof is young.",
    fix: "Remember the `jti` of each proof for as long as proofs are accepted, or give nonces that \
        work once (RFC 9449, section 11.1).",
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
            says: Expect::Fail("shown before"),
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
    refused(script, &[Alteration::Proof(ProofFlaw::Again)])
}

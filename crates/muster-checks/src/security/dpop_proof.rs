//! `security.dpop-proof`

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
    id: "security.dpop-proof",
    purpose: "A token that is bound to a key gives no access without a fresh proof for the same \
        request.",
    verifies: "A protected read is called with a token that is bound to a key by DPoP: without a proof, as \
        a bearer token, and with proofs for another address, for another method, for another token, \
        by another key, and of yesterday. Each carries the nonce that the API asked for, so that the \
        one flaw alone can be the reason of a refusal. Each is refused. It is not applicable where \
        tokens are not bound to a key.",
    matters: "A proof that is not compared with the request turns a bound token back into a bearer token: \
        whoever sees it once, in a log or on a stolen laptop, can use it.",
    fix: "Verify proofs with a maintained library, and hold `htm`, `htu`, `iat`, `ath`, `nonce` and \
        the thumbprint of the key against the request and the token (RFC 9449, sections 4.3 and 7).",
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
            says: Expect::Fail("without a proof"),
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
    refused(
        script,
        &[
            Alteration::Proof(ProofFlaw::Missing),
            Alteration::Proof(ProofFlaw::AsBearer),
            Alteration::Proof(ProofFlaw::OtherAddress),
            Alteration::Proof(ProofFlaw::OtherMethod),
            Alteration::Proof(ProofFlaw::OtherKey),
            Alteration::Proof(ProofFlaw::OtherToken),
            Alteration::Proof(ProofFlaw::Old),
        ],
    )
}

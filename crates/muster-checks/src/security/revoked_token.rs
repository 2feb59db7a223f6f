//! `security.revoked-token`

use crate::{
    Applies, Check, Example, Expect, Kind, Scope, ScriptedResponse,
    support::tokens::{PEOPLE, lent, where_reads_are_protected, where_tokens_protect_reads},
};
use muster_core::{
    contract::Operation,
    script::{Halt, Script, Scripted},
};

/// The check.
pub static CHECK: Check = Check {
    id: "security.revoked-token",
    purpose: "The API refuses a token or key that was revoked.",
    verifies: "A protected read is called with the credential that the identity `revoked` of the target file \
        lends: a token, key, cookie or password that was issued, and revoked before its end. It is refused. \
        Without such an identity it is inconclusive where the API takes tokens, and not applicable where it \
        takes none.",
    matters: "Whoever leaves, or loses a laptop, keeps access until the token ends.",
    fix: "Ask the issuer about tokens (RFC 7662) or keep a list of those revoked; or keep tokens so \
        short that it does not matter, and say so in a waiver.",
    kind: Kind::Probe {
        scope: Scope::Target(where_reads_are_protected),
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
            says: Expect::Fail("revoked"),
        },
        Example {
            title: "A revoked key is accepted",
            contract: "
/people:
  get: {security: [{key: []}], responses: {'200': {description: People}, '401': {description: No}}}
components: {securitySchemes: {key: {type: apiKey, in: header, name: X-Key}}}
",
            dialogue: &[
                ScriptedResponse::json("GET /people", 200, "{}"),
                ScriptedResponse::json("GET /people", 200, "{}"),
                ScriptedResponse::empty("GET /people", 401),
            ],
            says: Expect::Fail("a revoked key"),
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
    let world = script.world;
    let is_lent = world
        .identities
        .iter()
        .any(|identity| identity.as_str() == "revoked");
    let takes_tokens = where_tokens_protect_reads(world.contract, world.parameters) == Applies::Yes;
    if !is_lent && !takes_tokens {
        return Err(Halt::NotApplicable(
            "The API takes keys, and no identity `revoked` of the target file lends one that was revoked.".into(),
        ));
    }
    let shown = if takes_tokens {
        "a revoked token"
    } else {
        "a revoked key"
    };
    lent(script, &[("revoked", shown)])
}

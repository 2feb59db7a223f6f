//! `security.revoked-token`

use crate::{
    checks::{
        Check, Example, Kind, Line, Says, Scope,
        tokens::{PEOPLE, lent, where_tokens_protect_reads},
    },
    contract::Operation,
    script::{Script, Scripted},
};

/// The check.
pub static CHECK: Check = Check {
    id: "security.revoked-token",
    purpose: "A token that was revoked is refused.",
    verifies: "A protected read is called with the token that the identity `revoked` of the target file \
        lends: issued, and revoked before its end. It is refused. Without such an identity it is \
        inconclusive.",
    matters: "Whoever leaves, or loses a laptop, keeps access until the token ends.",
    fix: "Ask the issuer about tokens (RFC 7662) or keep a list of those revoked; or keep tokens so \
        short that it does not matter, and say so in a waiver.",
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
                Line::json("GET /people", 200, "{}"),
                Line::new("GET /people", 401, &[("www-authenticate", "Bearer")], ""),
            ],
            says: Says::Pass,
        },
        Example {
            title: "Accepted",
            contract: PEOPLE,
            dialogue: &[
                Line::json("GET /people", 200, "{}"),
                Line::json("GET /people", 200, "{}"),
                Line::empty("GET /people", 401),
            ],
            says: Says::Fail("revoked"),
        },
        Example {
            title: "Not even the good credentials are accepted",
            contract: PEOPLE,
            dialogue: &[Line::empty("GET /people", 401)],
            says: Says::Inconclusive,
        },
    ],
};

fn run<'a>(script: &mut Script<'a>, _: Option<&'a Operation>) -> Scripted {
    lent(script, &[("revoked", "a revoked token")])
}

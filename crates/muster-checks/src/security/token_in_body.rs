//! `security.token-in-body`

use crate::{
    Check, Example, Expect, Kind, Scope, ScriptedResponse,
    support::tokens::{PEOPLE, refused, where_tokens_protect_reads},
};
use muster_core::{
    contract::Operation,
    exchange::Alteration,
    script::{Script, Scripted},
};

/// The check.
pub static CHECK: Check = Check {
    id: "security.token-in-body",
    purpose: "A token in a form body gives no access to a read.",
    verifies: "A protected read is called without an Authorization header, with the good token as \
        `access_token` in a form body. It is refused: RFC 6750 lets no GET carry a token so. Only \
        reads are tried.",
    matters: "Bodies are logged, cached and forwarded where headers are masked, and pages of other sites \
        can post forms.",
    fix: "Read tokens from the Authorization header alone; switch the form parameter off in the \
        resource server's settings.",
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
            says: Expect::Fail("form body"),
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
    refused(script, &[Alteration::InBody])
}

//! `security.double-authorization`

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
    id: "security.double-authorization",
    purpose: "The API refuses a request with two Authorization headers.",
    verifies: "A protected read is called with two Authorization headers, the good token and a text that is not a \
    token, in both orders. Both are refused. Where the credentials are no token it is not applicable.",
    matters: "A gateway that reads one of them and an API that reads the other do not agree on \
        which client calls; what the gateway allowed for one client is then done for another.",
    fix: "Return 400 or 401 to requests that repeat Authorization, at the first component that reads it (RFC 6750, \
    section 3.1: `invalid_request`).",
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
            says: Expect::Fail("second `Authorization`"),
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
        &[Alteration::TwiceGoodFirst, Alteration::TwiceGoodLast],
    )
}

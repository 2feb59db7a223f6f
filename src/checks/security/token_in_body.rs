//! `security.token-in-body`

use crate::{
    checks::{
        Check, Example, Kind, Line, Says, Scope,
        tokens::{PEOPLE, refused, where_tokens_protect_reads},
    },
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
            says: Says::Fail("form body"),
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
    refused(script, &[Alteration::InBody])
}

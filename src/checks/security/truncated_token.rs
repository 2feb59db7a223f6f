//! `security.truncated-token`

use crate::{
    checks::{
        Check, Example, Kind, Line, Says, Scope,
        tokens::{refused, where_tokens_protect_reads},
    },
    contract::Operation,
    exchange::Alteration,
    script::{Script, Scripted},
};

/// The check.
pub static CHECK: Check = Check {
    id: "security.truncated-token",
    purpose: "The API refuses a truncated token.",
    verifies: "A protected read is called with the good token without its last third. It is refused.",
    matters: "A token compared by its beginning, or as far as it goes, can be guessed piece by piece.",
    fix: "Look the whole token up, compare in constant time, and refuse what was not issued.",
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
            says: Says::Fail("last third"),
        },
        Example {
            title: "Not even the good token is accepted",
            contract: PEOPLE,
            dialogue: &[Line::empty("GET /people", 401)],
            says: Says::Inconclusive,
        },
    ],
};

const PEOPLE: &str = "
/people:
  get: {security: [{token: []}], responses: {'200': {description: People}, '401': {description: No}}}
components: {securitySchemes: {token: {type: http, scheme: bearer}}}
";

fn run<'a>(script: &mut Script<'a>, _: Option<&'a Operation>) -> Scripted {
    refused(script, &[Alteration::Truncate])
}

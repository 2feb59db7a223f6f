//! `security.spoofed-identity`

use crate::{
    Check, Example, Expect, Kind, Scope, ScriptedResponse,
    support::tokens::{judge, open_request, where_reads_are_protected},
};
use muster_core::{
    contract::Operation,
    exchange::{Auth, Intent},
    script::{Script, Scripted},
};

/// The check.
pub static CHECK: Check = Check {
    id: "security.spoofed-identity",
    purpose: "Headers that a proxy might set give no access without credentials.",
    verifies: "A protected read that the good token opens is called without credentials, and with the \
        headers by which proxies hand on who called (`X-Forwarded-User`, `X-User-Id`, \
        `X-Remote-User` and others) and where from (`X-Forwarded-For`, `X-Real-IP`). It is refused.",
    matters: "Services behind a gateway often believe these headers. Where the gateway passes on \
        what the client wrote, anyone is whoever they say.",
    fix: "Take such headers out at the edge, and authenticate by the token alone.",
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
            title: "Believed",
            contract: PEOPLE,
            dialogue: &[ScriptedResponse::json("GET /people", 200, "{}")],
            says: Expect::Fail("is accepted"),
        },
    ],
};

const PEOPLE: &str = "
/people:
  get: {security: [{token: []}], responses: {'200': {description: People}, '401': {description: No}}}
components: {securitySchemes: {token: {type: http, scheme: bearer}}}
";

const SHOWN: &str = "no credentials but the headers of a proxy";

/// What is believed of a proxy.
pub(super) const BELIEVED: &[(&str, &str)] = &[
    ("x-user", "admin"),
    ("x-user-id", "1"),
    ("x-user-roles", "admin"),
    ("x-forwarded-user", "admin"),
    ("x-remote-user", "admin"),
    ("x-auth-request-user", "admin"),
    ("x-authenticated-user", "admin"),
    ("x-forwarded-for", "127.0.0.1"),
    ("x-real-ip", "127.0.0.1"),
];

fn run<'a>(script: &mut Script<'a>, _: Option<&'a Operation>) -> Scripted {
    let mut request = open_request(script)?;
    request.auth = Auth::Nothing;
    request.intent = Intent::Wrong(SHOWN.into());
    request.purpose = "asks as a proxy would".into();
    for (name, value) in BELIEVED {
        request.headers.set(name, *value);
    }
    Ok(vec![judge(script.send(request)?, SHOWN)])
}

//! `security.no-credentials`

use crate::{
    Applies, Check, Example, Expect, Kind, Scope, ScriptedResponse, support::tokens::challenged,
};
use muster_core::{
    arrange::{hazard, valid_request},
    contract::{Contract, Operation},
    exchange::{Auth, Intent},
    model::{Access, Expected, NOBODY},
    script::{Halt, Script, Scripted},
};

/// The check.
pub static CHECK: Check = Check {
    id: "security.no-credentials",
    purpose: "Every protected operation returns 401 with a challenge to a request without \
        credentials.",
    verifies: "Each operation that the contract protects is called with a valid request and no \
        credentials. The response is 401 with `WWW-Authenticate`. Operations that change records \
        are tried where writes are allowed. 404 is inconclusive: it tells nothing of credentials. \
        Operations that the contract leaves open are listed as such.",
    matters: "One operation that forgot to ask is all that someone needs to read or change police records. \
        A 403 or a redirect in place of 401 keeps clients from logging in again.",
    fix: "Ask for credentials in one place that every route passes through, before anything of the \
        request is looked at; exempt public routes by name.",
    kind: Kind::Probe {
        scope: Scope::Operation(applies),
        run,
        writes: false,
    },
    examples: &[
        Example {
            title: "Asked for",
            contract: PEOPLE,
            dialogue: &[ScriptedResponse::new(
                "GET /people",
                401,
                &[("www-authenticate", "Bearer")],
                "",
            )],
            says: Expect::Pass,
        },
        Example {
            title: "Open",
            contract: PEOPLE,
            dialogue: &[ScriptedResponse::json("GET /people", 200, "{}")],
            says: Expect::Fail("is accepted"),
        },
        Example {
            title: "Without a challenge",
            contract: PEOPLE,
            dialogue: &[ScriptedResponse::empty("GET /people", 401)],
            says: Expect::Fail("WWW-Authenticate"),
        },
        Example {
            title: "Forbidden",
            contract: PEOPLE,
            dialogue: &[ScriptedResponse::empty("GET /people", 403)],
            says: Expect::Fail("403"),
        },
        Example {
            title: "Not there",
            contract: PEOPLE,
            dialogue: &[ScriptedResponse::empty("GET /people", 404)],
            says: Expect::Inconclusive,
        },
    ],
};

const PEOPLE: &str = "
/people:
  get: {security: [{token: []}], responses: {'200': {description: People}, '401': {description: No}}}
components: {securitySchemes: {token: {type: http, scheme: bearer}}}
";

const SHOWN: &str = "no credentials";

fn applies(_: &Contract, operation: &Operation) -> Applies {
    if !operation.security.is_required() {
        return Applies::No("The contract leaves it open to everyone.".into());
    }
    match hazard(operation) {
        Some(reason) => Applies::No(reason),
        None => Applies::Yes,
    }
}

fn run<'a>(script: &mut Script<'a>, operation: Option<&'a Operation>) -> Scripted {
    let Some(operation) = operation else {
        return Err(Halt::NotApplicable("There is no operation.".into()));
    };
    let mut request = valid_request(script, operation)?.request;
    request.auth = Auth::Nothing;
    request.access = Some(Access {
        caller: NOBODY.to_owned(),
        records: String::new(),
        expected: Expected::Refused(vec![401]),
    });
    request.intent = Intent::Wrong(SHOWN.into());
    request.purpose = "asks without credentials".into();
    Ok(vec![challenged(script.send(request)?, SHOWN)])
}

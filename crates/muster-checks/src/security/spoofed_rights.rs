//! `security.spoofed-rights`

use crate::{
    Applies, Check, Example, Expect, Kind, Scope, ScriptedResponse,
    security::spoofed_identity::BELIEVED,
    support::owned_record::{
        OTHER, PEOPLE, READER, as_other, lent, protected, record, restrictable,
    },
    support::resource::{subject, to_item},
};
use muster_core::{
    arrange::valid_request,
    contract::{Contract, Operation},
    exchange::{Exchange, Intent, Request},
    model::{IdentityName, Method, Responsible},
    script::{Halt, Script, Scripted},
    verdict::{Finding, Judgement},
};

/// The check.
pub static CHECK: Check = Check {
    id: "security.spoofed-rights",
    purpose: "Headers that a proxy might set give a client no further rights.",
    verifies: "What is refused to an identity is asked again with the headers by which proxies hand on who \
        called and with which rights (`X-User-Roles`, `X-Forwarded-User`, `X-Real-IP` and others), and is \
        refused again: each protected write as the identity `read-only`, and the restricted record of the \
        default identity as `other-force`. What is not refused without the headers is for other checks.",
    matters: "A token that is verified is worth nothing where a header beside it says who is calling. It \
        turns any user into an administrator.",
    fix: "Take such headers out at the edge, and derive rights from the token alone.",
    kind: Kind::Probe {
        scope: Scope::Operation(applies),
        run,
        writes: true,
    },
    examples: &[
        Example {
            title: "Refused again",
            contract: READERS,
            dialogue: &[ScriptedResponse::empty("POST /people", 403)],
            says: Expect::Pass,
        },
        Example {
            title: "Believed",
            contract: READERS,
            dialogue: &[
                ScriptedResponse::empty("POST /people", 403),
                ScriptedResponse::empty("POST /people", 201),
            ],
            says: Expect::Fail("gives rights"),
        },
        Example {
            title: "A record of others is shown",
            contract: PEOPLE,
            dialogue: &[
                ScriptedResponse::json("POST /people", 201, r#"{"id":"1"}"#),
                ScriptedResponse::empty("GET /people/1", 404),
                ScriptedResponse::json("GET /people/1", 200, "{}"),
                ScriptedResponse::empty("PUT *", 403),
            ],
            says: Expect::Fail("gives rights"),
        },
    ],
};

const READERS: &str = "
/people:
  post: {security: [{token: []}], responses: {'201': {description: A person}}}
components: {securitySchemes: {token: {type: http, scheme: bearer}}}
";

/// What a proxy says of rights, beside who calls.
const RIGHTS: &[(&str, &str)] = &[
    ("x-user-role", "admin"),
    ("x-user-scopes", "admin write"),
    ("x-user-groups", "admin"),
    ("x-admin", "true"),
    ("x-forwarded-host", "localhost"),
    ("forwarded", "for=127.0.0.1;host=localhost"),
];

fn applies(contract: &Contract, operation: &Operation) -> Applies {
    let reads_one =
        operation.key.method == Method::Get && operation.path_variables().next().is_some();
    if !operation.key.method.is_safe() || reads_one {
        protected(contract, operation)
    } else {
        Applies::Irrelevant
    }
}

fn run<'a>(script: &mut Script<'a>, operation: Option<&'a Operation>) -> Scripted {
    let operation = subject(operation)?;
    let world = script.world;
    let request = if operation.key.method.is_safe() {
        let (home, member) = restrictable(world, operation)?;
        if home.read.key != operation.key {
            return Err(Halt::NotApplicable("It reads no single record.".into()));
        }
        let other = lent(&world, OTHER, "of a second force")?;
        let held = record(script, &home, &IdentityName::default(), Some(member))?;
        let read = to_item(world, operation, &held.path, None, None)?;
        as_other(
            read,
            &other,
            "restricted, of default",
            "asks for the restricted record of another force",
        )
    } else {
        let reader = lent(&world, READER, "that may only read")?;
        let mut request = valid_request(script, operation)?.request;
        request.identity = reader;
        request.intent = Intent::Wrong("an identity that may only read".into());
        request.purpose = "writes as someone who may only read".into();
        request
    };
    let plain = script.send(request.clone())?;
    if !is_refused(plain) {
        return Err(Halt::unmet(
            Responsible::Supplier,
            format!(
                "{} is not refused to `{}` without such headers either ({}), so that nothing can be told of them.",
                operation.key,
                request.identity,
                plain.received()
            ),
        ));
    }
    let mut spoofed = Request {
        access: None,
        purpose: format!("{}, with the headers of a proxy", request.purpose),
        ..request
    };
    for (name, value) in BELIEVED.iter().chain(RIGHTS) {
        spoofed.headers.set(name, *value);
    }
    let again = script.send(spoofed)?;
    Ok(vec![match again.status() {
        Some(200..300) => Finding::new(
            "headers give rights",
            "A header that anyone can write gives rights.",
            format!("{}: {}, as without it", operation.key, plain.received()),
            again.received(),
        )
        .at(operation.pointer.clone())
        .shown_by(again.id)
        .into(),
        _ if is_refused(again) => Judgement::Pass,
        Some(400..500) => Judgement::Pass,
        _ => Judgement::inconclusive(
            Responsible::Supplier,
            format!(
                "{} with the headers of a proxy returned {}, which neither grants nor refuses.",
                operation.key,
                again.received()
            ),
        ),
    }])
}

fn is_refused(exchange: &Exchange) -> bool {
    matches!(exchange.status(), Some(401 | 403 | 404 | 410))
}

//! `security.method-override`

use crate::{
    Applies, Check, Example, Expect, Kind, Scope, ScriptedResponse,
    support::owned_record::{PEOPLE, READER, protected},
    support::resource::{ResourceOperations, get, make_simple, subject, to_item},
};
use muster_core::{
    contract::{Contract, Operation},
    exchange::{Address, Intent, Request},
    model::{IdentityName, Method, Responsible},
    script::{Halt, Script, Scripted},
    verdict::{Finding, Judgement},
};

/// The check.
pub static CHECK: Check = Check {
    id: "security.method-override",
    purpose: "A header or query cannot turn a read into a deletion.",
    verifies: "For each record that can be read and deleted, the run makes one of its own and reads it with \
        `X-HTTP-Method-Override`, `X-HTTP-Method` and `X-Method-Override` of DELETE, and with \
        `_method=DELETE` in the query: as the identity `read-only` where the target file lends one, else as \
        the default identity. Afterwards its owner still finds the record.",
    matters: "Gateways and firewalls let GET through by its method. Where a framework then obeys a header, \
        the guard has looked at another request than the one that is carried out.",
    fix: "Turn method overrides off; if an old client needs one, take it from POST alone, before the rights \
        are decided.",
    kind: Kind::Probe {
        scope: Scope::Operation(applies),
        run,
        writes: true,
    },
    examples: &[
        Example {
            title: "Overlooked",
            contract: PEOPLE,
            dialogue: &[
                ScriptedResponse::json("POST /people", 201, r#"{"id":"1"}"#),
                ScriptedResponse::json("GET /people/1", 200, "{}"),
            ],
            says: Expect::Pass,
        },
        Example {
            title: "Obeyed",
            contract: PEOPLE,
            dialogue: &[
                ScriptedResponse::json("POST /people", 201, r#"{"id":"1"}"#),
                ScriptedResponse::json("GET /people/1", 200, "{}"),
                ScriptedResponse::empty("GET /people/1", 204),
                ScriptedResponse::empty("GET /people/1", 404),
            ],
            says: Expect::Fail("deletes"),
        },
        Example {
            title: "The record is not there at all",
            contract: PEOPLE,
            dialogue: &[
                ScriptedResponse::json("POST /people", 201, r#"{"id":"1"}"#),
                ScriptedResponse::empty("GET /people/1", 404),
            ],
            says: Expect::Inconclusive,
        },
    ],
};

const HEADERS: [&str; 3] = [
    "x-http-method-override",
    "x-http-method",
    "x-method-override",
];

fn applies(contract: &Contract, operation: &Operation) -> Applies {
    if operation.key.method == Method::Get && operation.path_variables().next().is_some() {
        protected(contract, operation)
    } else {
        Applies::Irrelevant
    }
}

fn run<'a>(script: &mut Script<'a>, operation: Option<&'a Operation>) -> Scripted {
    let operation = subject(operation)?;
    let world = script.world;
    let home = ResourceOperations::of(world, operation)?;
    if home.read.key != operation.key {
        return Err(Halt::NotApplicable("It reads no single record.".into()));
    }
    let held = make_simple(script, &home)?;
    let there = |script: &mut Script<'a>| {
        get(
            script,
            &home,
            &held.path,
            "looks whether its record is there",
        )
    };
    if !matches!(there(script)?.status(), Some(200..300)) {
        return Err(Halt::unmet(
            Responsible::Supplier,
            format!(
                "{} does not show a record that was just made.",
                operation.key
            ),
        ));
    }
    let reader = IdentityName::from(READER);
    let mut read = to_item(world, operation, &held.path, None, None)?;
    if world.identities.contains(&reader) {
        read.identity = reader;
    }
    read.intent = Intent::Wrong("a read that asks to be a deletion".into());
    let mut all = read.clone();
    for name in HEADERS {
        all.headers.set(name, "DELETE");
    }
    let path = read.path_and_query().to_owned();
    let joint = if path.contains('?') { '&' } else { '?' };
    let query = Request {
        address: Address::Base(format!("{path}{joint}_method=DELETE")),
        ..read
    };
    for (mut request, by) in [
        (all, "a header that overrides its method"),
        (query, "`_method=DELETE` in its query"),
    ] {
        request.purpose = format!("reads with {by}");
        let sent = script.send(request)?;
        if matches!(there(script)?.status(), Some(404 | 410)) {
            return Ok(vec![
                Finding::new(
                    format!("obeys {by}"),
                    format!("A read deletes the record by {by}."),
                    format!("{}: the record is still there", operation.key),
                    format!("{}, and no record any more", sent.received()),
                )
                .at(operation.pointer.clone())
                .shown_by(sent.id)
                .into(),
            ]);
        }
    }
    Ok(vec![Judgement::Pass])
}

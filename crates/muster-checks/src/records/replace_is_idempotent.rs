//! `records.replace-is-idempotent`

use crate::{
    Applies, Check, Example, Expect, Kind, Scope, ScriptedResponse,
    support::resource::{
        PEOPLE, ResourceOperations, another_body, body_for, brief, change, changed_by, changes,
        judged, make, on_item, read, subject,
    },
};
use muster_core::{
    contract::{Contract, Operation},
    exchange::Response,
    model::Method,
    script::{Script, Scripted},
    verdict::Finding,
};

/// The check.
pub static CHECK: Check = Check {
    id: "records.replace-is-idempotent",
    purpose: "A PUT that is sent twice leaves the record as one PUT does.",
    verifies: "A record of the run's own is replaced, read, replaced with the same body and read \
        again. The properties that clients decide on are the same after both. Times and versions \
        that the API sets itself may differ. A second PUT that is refused is not judged here.",
    matters: "HTTP lets every client and proxy repeat a PUT whose response was lost. If a repeat adds what is there \
    already, records grow wrong whenever the network is bad.",
    fix: "Make PUT set the state that was sent, whatever was there before (RFC 9110, 9.2.2).",
    kind: Kind::Probe {
        scope: Scope::Operation(applies),
        run,
        writes: true,
    },
    examples: &[
        Example {
            title: "The same",
            contract: PEOPLE,
            dialogue: &[
                ScriptedResponse::json("POST /people", 201, r#"{"id":"7"}"#),
                ScriptedResponse::json("PUT /people/7", 200, r#"{"id":"7"}"#),
                ScriptedResponse::json("GET /people/7", 200, r#"{"id":"7","name":"Zz","read":1}"#),
                ScriptedResponse::json("PUT /people/7", 200, r#"{"id":"7"}"#),
                ScriptedResponse::json("GET /people/7", 200, r#"{"id":"7","name":"Zz","read":2}"#),
            ],
            says: Expect::Pass,
        },
        Example {
            title: "Once more",
            contract: PEOPLE,
            dialogue: &[
                ScriptedResponse::json("POST /people", 201, r#"{"id":"7"}"#),
                ScriptedResponse::json("PUT /people/7", 200, r#"{"id":"7"}"#),
                ScriptedResponse::json("GET /people/7", 200, r#"{"id":"7","name":"Zz"}"#),
                ScriptedResponse::json("PUT /people/7", 200, r#"{"id":"7"}"#),
                ScriptedResponse::json("GET /people/7", 200, r#"{"id":"7","name":"ZzZz"}"#),
            ],
            says: Expect::Fail("again"),
        },
    ],
};

fn applies(contract: &Contract, operation: &Operation) -> Applies {
    on_item(contract, operation, &Method::Put)
}

fn run<'a>(script: &mut Script<'a>, operation: Option<&'a Operation>) -> Scripted {
    let put = subject(operation)?;
    let world = script.world;
    let home = ResourceOperations::of(world, put)?;
    let held = make(script, &home)?;
    let plain = body_for(world, put, &held.sent, "replaced twice")?;
    let body = another_body(world, put, &plain, 0);
    let (body, _) = changed_by(script, put, &held, &plain, &body, "replaces the record")?;
    let once = read(script, &home, &held)?;
    let exchange = change(
        script,
        put,
        &held,
        Some(&body),
        "replaces the record by the same again",
    )?;
    let mut judgements = Vec::new();
    if exchange.response().is_some_and(Response::is_success) {
        let twice = read(script, &home, &held)?;
        if let Some(name) = changes(&home.owned(world), once, twice).first() {
            judgements.push(
                Finding::new(
                    format!("again {name}"),
                    format!("The same PUT again changes `{name}`."),
                    brief(once.get(name)),
                    brief(twice.get(name)),
                )
                .at(put.pointer.clone())
                .into(),
            );
        }
    }
    Ok(judged(judgements))
}

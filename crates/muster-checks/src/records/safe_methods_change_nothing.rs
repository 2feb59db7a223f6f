//! `records.safe-methods-change-nothing`

use std::time::Duration;

use crate::{
    Applies, Check, Example, Expect, Kind, Scope, ScriptedResponse,
    support::requests::{STEP_MS, declared_lag_ms},
    support::resource::{
        PEOPLE, ResourceOperations, brief, changes, judged, make, on_item, read, subject,
    },
};
use muster_core::{
    contract::{Contract, Operation},
    model::Method,
    script::{Script, Scripted},
    verdict::Finding,
};

/// The check.
pub static CHECK: Check = Check {
    id: "records.safe-methods-change-nothing",
    purpose: "A read changes nothing of the record.",
    verifies: "A record of the run's own is read three times, and where reads lag behind writes by \
        a declared `settle_ms`, until that is over. The properties that clients decide on, those \
        that POST, PUT or PATCH take, are the same each time. Counters and times that the API \
        keeps itself may change.",
    matters: "GET is sent by caches, link checkers and people who only want to look. If a look changes the \
        record, nobody can say what was there.",
    fix: "Keep writes out of GET and HEAD (RFC 9110, 9.2.1).",
    kind: Kind::Probe {
        scope: Scope::Operation(applies),
        run,
        writes: true,
    },
    examples: &[
        Example {
            title: "Only the counter of reads",
            contract: PEOPLE,
            dialogue: &[
                ScriptedResponse::json("POST /people", 201, r#"{"id":"7"}"#),
                ScriptedResponse::json("GET /people/7", 200, r#"{"id":"7","name":"Zz","read":1}"#),
                ScriptedResponse::json("GET /people/7", 200, r#"{"id":"7","name":"Zz","read":2}"#),
            ],
            says: Expect::Pass,
        },
        Example {
            title: "Another value each time",
            contract: PEOPLE,
            dialogue: &[
                ScriptedResponse::json("POST /people", 201, r#"{"id":"7"}"#),
                ScriptedResponse::json("GET /people/7", 200, r#"{"id":"7","held":true}"#),
                ScriptedResponse::json("GET /people/7", 200, r#"{"id":"7","held":false}"#),
            ],
            says: Expect::Fail("Reading a record changes"),
        },
    ],
};

fn applies(contract: &Contract, operation: &Operation) -> Applies {
    on_item(contract, operation, &Method::Get)
}

fn run<'a>(script: &mut Script<'a>, operation: Option<&'a Operation>) -> Scripted {
    let operation = subject(operation)?;
    let home = ResourceOperations::of(script.world, operation)?;
    let held = make(script, &home)?;
    let owned = home.owned(script.world);
    let first = read(script, &home, &held)?;
    let mut judgements = Vec::new();
    let lag = declared_lag_ms(script.world);
    let mut waited = 0;
    for reads in 1.. {
        let again = read(script, &home, &held)?;
        if let Some(name) = changes(&owned, first, again).first() {
            judgements.push(
                Finding::new(
                    format!("changes {name}"),
                    format!("Reading a record changes `{name}`."),
                    brief(first.get(name)),
                    brief(again.get(name)),
                )
                .at(operation.pointer.clone())
                .into(),
            );
            break;
        }
        if reads >= 2 {
            if waited >= lag {
                break;
            }
            // What a look has changed shows only then.
            script.pause(Duration::from_millis(STEP_MS))?;
            waited += STEP_MS;
        }
    }
    Ok(judged(judgements))
}

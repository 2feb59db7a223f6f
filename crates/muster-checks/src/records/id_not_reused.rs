//! `records.id-not-reused`

use crate::{
    Applies, Check, Example, Expect, Kind, Scope, ScriptedResponse,
    support::resource::{
        PEOPLE, ResourceOperations, change, changed, judged, make_simple, on_item, subject,
    },
};
use muster_core::{
    contract::{Contract, Operation},
    model::Method,
    script::{Script, Scripted},
    verdict::Finding,
};

/// How often it is tried: others may create at the same time.
const TRIES: usize = 3;

/// The check.
pub static CHECK: Check = Check {
    id: "records.id-not-reused",
    purpose: "The API gives the id of a deleted record to no new record.",
    verifies: "A record is created and deleted, and another is created, three times. No new record \
        has the id of one that was deleted. Ids that clients choose are not judged, nor is a reuse \
        that only shows after a restart.",
    matters: "Links, audit trails and other forces' copies name records by id. If an id is returned, they point at \
    another person.",
    fix: "Take ids from a sequence that never goes back, or make them random (UUIDs).",
    kind: Kind::Probe {
        scope: Scope::Operation(applies),
        run,
        writes: true,
    },
    examples: &[
        Example {
            title: "New ids",
            contract: PEOPLE,
            dialogue: &[
                ScriptedResponse::json("POST /people", 201, r#"{"id":"7"}"#),
                ScriptedResponse::json("POST /people", 201, r#"{"id":"8"}"#),
                ScriptedResponse::json("POST /people", 201, r#"{"id":"9"}"#),
                ScriptedResponse::json("POST /people", 201, r#"{"id":"10"}"#),
                ScriptedResponse::empty("DELETE /people/*", 204),
            ],
            says: Expect::Pass,
        },
        Example {
            title: "The same id",
            contract: PEOPLE,
            dialogue: &[
                ScriptedResponse::json("POST /people", 201, r#"{"id":"7"}"#),
                ScriptedResponse::empty("DELETE /people/7", 204),
            ],
            says: Expect::Fail("given to another"),
        },
    ],
};

fn applies(contract: &Contract, operation: &Operation) -> Applies {
    on_item(contract, operation, &Method::Delete)
}

fn run<'a>(script: &mut Script<'a>, operation: Option<&'a Operation>) -> Scripted {
    let delete = subject(operation)?;
    let home = ResourceOperations::of(script.world, delete)?;
    let mut gone: Vec<String> = Vec::new();
    let mut judgements = Vec::new();
    for _ in 0..=TRIES {
        let held = make_simple(script, &home)?;
        // What the caller chose is the caller's.
        let chosen = held
            .created
            .arranged
            .body()
            .is_some_and(|body| body.to_string().contains(&format!("\"{}\"", held.id)));
        if gone.contains(&held.id) && !chosen {
            judgements.push(
                Finding::new(
                    "reused",
                    "The id of a deleted record is given to another.",
                    format!("{}: an id that was never used", home.create.key),
                    held.id,
                )
                .at(home.create.pointer.clone())
                .into(),
            );
            break;
        }
        if gone.len() < TRIES {
            let exchange = change(script, delete, &held, None, "deletes the record")?;
            changed(delete, exchange)?;
            gone.push(held.id);
        }
    }
    Ok(judged(judgements))
}

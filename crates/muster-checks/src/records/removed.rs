//! `records.removed`

use serde_json::Value;

use crate::{
    Applies, Check, Example, Expect, Kind, Scope, ScriptedResponse,
    support::list_operation::Lister,
    support::resource::{
        PEOPLE, ResourceOperations, another, answered, change, changed, get, judged, make_simple,
        on_item, read, subject, until,
    },
};
use muster_core::{
    arrange::names,
    contract::{Contract, Operation},
    exchange::Response,
    model::Method,
    script::{Halt, Script, Scripted},
    verdict::{Finding, Judgement},
};

/// The check.
pub static CHECK: Check = Check {
    id: "records.removed",
    purpose: "A deleted record, and no other, is gone as an item and from its collection.",
    verifies: "Two records are created and the first is deleted. Reading it receives 404 or 410 \
        within `settle_ms`, the collection does not hold it, and the second can still be read. What a DELETE of a record that does not exist returns, `records.unknown-id-on-write` judges. Deletions \
        that receive 202 or refused, and records that stay with a mark of deletion the contract \
        names, are not judged. A DELETE that receives 404 or 410, after which the record stays away for \
        `settle_ms`, is a failure.",
    matters: "Erasure is a duty by law. A record that is said to be deleted and can still be read is a breach; a \
        delete that takes another record with it loses evidence.",
    fix: "Delete in the store that reads and lists use, by the id in the path alone, before the \
        response is sent.",
    kind: Kind::Probe {
        scope: Scope::Operation(applies),
        run,
        writes: true,
    },
    examples: &[
        Example {
            title: "Gone",
            contract: PEOPLE,
            dialogue: &[
                ScriptedResponse::json("POST /people", 201, r#"{"id":"7"}"#),
                ScriptedResponse::json("POST /people", 201, r#"{"id":"8"}"#),
                ScriptedResponse::json("GET /people/7", 200, r#"{"id":"7"}"#),
                ScriptedResponse::json("GET /people/8", 200, r#"{"id":"8"}"#),
                ScriptedResponse::empty("DELETE /people/7", 204),
                ScriptedResponse::empty("GET /people/7", 404),
                ScriptedResponse::json("GET /people", 200, r#"{"items":[{"id":"8"}]}"#),
            ],
            says: Expect::Pass,
        },
        Example {
            title: "Gone, and said to have been gone before",
            contract: PEOPLE,
            dialogue: &[
                ScriptedResponse::json("POST /people", 201, r#"{"id":"7"}"#),
                ScriptedResponse::json("POST /people", 201, r#"{"id":"8"}"#),
                ScriptedResponse::json("GET /people/7", 200, r#"{"id":"7"}"#),
                ScriptedResponse::json("GET /people/8", 200, r#"{"id":"8"}"#),
                ScriptedResponse::empty("DELETE /people/7", 404),
                ScriptedResponse::empty("GET /people/7", 404),
            ],
            says: Expect::Fail("the record is gone"),
        },
        Example {
            title: "Still there",
            contract: PEOPLE,
            dialogue: &[
                ScriptedResponse::json("POST /people", 201, r#"{"id":"7"}"#),
                ScriptedResponse::json("POST /people", 201, r#"{"id":"8"}"#),
                ScriptedResponse::empty("DELETE /people/7", 204),
                ScriptedResponse::json("GET /people/7", 200, r#"{"id":"7"}"#),
                ScriptedResponse::json("GET /people/8", 200, r#"{"id":"8"}"#),
            ],
            says: Expect::Fail("can still be read"),
        },
        Example {
            title: "Still listed",
            contract: PEOPLE,
            dialogue: &[
                ScriptedResponse::json("POST /people", 201, r#"{"id":"7"}"#),
                ScriptedResponse::json("POST /people", 201, r#"{"id":"8"}"#),
                ScriptedResponse::json("GET /people/7", 200, r#"{"id":"7"}"#),
                ScriptedResponse::json("GET /people/8", 200, r#"{"id":"8"}"#),
                ScriptedResponse::empty("DELETE /people/7", 204),
                ScriptedResponse::empty("GET /people/7", 404),
                ScriptedResponse::json("GET /people", 200, r#"{"items":[{"id":"7"},{"id":"8"}]}"#),
            ],
            says: Expect::Fail("still in the collection"),
        },
    ],
};

/// Words of members that mark a record as deleted.
const MARKS: [&str; 6] = [
    "deleted", "status", "state", "active", "archived", "removed",
];

fn applies(contract: &Contract, operation: &Operation) -> Applies {
    on_item(contract, operation, &Method::Delete)
}

fn run<'a>(script: &mut Script<'a>, operation: Option<&'a Operation>) -> Scripted {
    let delete = subject(operation)?;
    let world = script.world;
    let home = ResourceOperations::of(world, delete)?;
    let held = make_simple(script, &home)?;
    let bystander = another(script, &home)?;
    let before = read(script, &home, &held)?;
    if let Some(bystander) = &bystander {
        read(script, &home, bystander)?;
    }
    let exchange = change(script, delete, &held, None, "deletes the record")?;
    if matches!(answered(exchange)?.status, 404 | 410) {
        let gone = until(script, |script| {
            let after = get(
                script,
                &home,
                &held.path,
                "asks for what could not be deleted",
            )?;
            let gone = matches!(answered(after)?.status, 404 | 410);
            Ok((gone, !gone))
        })?;
        if gone {
            return Ok(vec![
                Finding::new(
                    "deleted and denied",
                    "A deletion receives a response as for an unknown record, and the record is gone.",
                    format!("{}: 2xx", delete.key),
                    exchange.received(),
                )
                .at(delete.pointer.clone())
                .into(),
            ]);
        }
    }
    changed(delete, exchange)?;
    let mut judgements: Vec<Judgement> = Vec::new();
    let exchange = until(script, |script| {
        let exchange = get(script, &home, &held.path, "asks for what was deleted")?;
        let there = exchange.response().is_some_and(Response::is_success);
        Ok((exchange, !there))
    })?;
    let response = answered(exchange)?;
    if response.is_success() {
        if response.json().is_ok_and(|after| is_marked(before, after)) {
            return Err(Halt::NotApplicable(
                "Deleted records stay, with a mark that the contract names.".into(),
            ));
        }
        judgements.push(
            Finding::new(
                "still read",
                "A deleted record can still be read.",
                format!("{}: 404", home.read.key),
                exchange.received(),
            )
            .at(delete.pointer.clone())
            .into(),
        );
        return Ok(judgements);
    }
    if let Some(bystander) = &bystander {
        let exchange = get(
            script,
            &home,
            &bystander.path,
            "asks for the record that stays",
        )?;
        if matches!(answered(exchange)?.status, 404 | 410) {
            judgements.push(
                Finding::new(
                    "another is gone",
                    "Deleting one record deletes another.",
                    format!("{}: 2xx for {}", home.read.key, bystander.id),
                    exchange.received(),
                )
                .at(delete.pointer.clone())
                .into(),
            );
        }
    }
    if let Some(list) = ResourceOperations::other(world, home.collection.list.as_ref())
        .filter(|list| list.key.method == Method::Get)
    {
        let lister = Lister::of(script, &home, list, &held)?;
        let listed = until(script, |script| {
            let found = lister.search(script, &[], false, &|item| lister.is(item, &held))?;
            let gone = found.items.is_empty();
            Ok((!gone, gone))
        });
        match listed {
            Ok(true) => judgements.push(
                Finding::new(
                    "still listed",
                    "A deleted record is still in the collection.",
                    format!("{}: no record {}", list.key, held.id),
                    "it is there",
                )
                .at(delete.pointer.clone())
                .into(),
            ),
            Err(Halt::Pending) => return Err(Halt::Pending),
            _ => {}
        }
    }
    Ok(judged(judgements))
}

/// Whether a member that may mark a deletion has changed.
fn is_marked(before: &Value, after: &Value) -> bool {
    after.as_object().is_some_and(|members| {
        members.iter().any(|(name, value)| {
            let words = names::words(name);
            MARKS
                .iter()
                .any(|mark| words.iter().any(|word| word == mark))
                && before.get(name) != Some(value)
        })
    })
}

//! `records.listed`

use serde_json::Value;

use crate::{
    Check, Example, Expect, Kind, Scope, ScriptedResponse,
    support::list_operation::Lister,
    support::resource::{
        CreatedRecord, PEOPLE, ResourceOperations, brief, judged, make, on_list, read, subject,
        until,
    },
};
use muster_core::{
    contract::Operation,
    model::Responsible,
    script::{Halt, Script, Scripted},
    verdict::{Finding, Judgement},
};

/// The check.
pub static CHECK: Check = Check {
    id: "records.listed",
    purpose: "A collection holds each created record, once and unchanged.",
    verifies: "Two records are created and looked for in the collection, page by page, within \
        `settle_ms`. Each is there, and there once: no record under another id holds the same \
        values where these are the run's own. Where list and read declare the same schema, the \
        properties that clients decide on are the same in both. Collections that cannot be gone \
        through to their end are inconclusive when the record is not on the pages seen. Records of \
        others are not judged.",
    matters: "Officers find records by lists. What is missing there does not exist for them; what differs \
        there is acted on.",
    fix: "Build the collection from the same store and by the same code as the single record, \
        without a cache that outlives a write.",
    kind: Kind::Probe {
        scope: Scope::Operation(on_list),
        run,
        writes: true,
    },
    examples: &[
        Example {
            title: "Listed",
            contract: PEOPLE,
            dialogue: &[
                ScriptedResponse::json("POST /people", 201, r#"{"id":"7"}"#),
                ScriptedResponse::json("POST /people", 201, r#"{"id":"8"}"#),
                ScriptedResponse::json(
                    "GET /people/7",
                    200,
                    r#"{"id":"7","name":"Zz","held":true}"#,
                ),
                ScriptedResponse::json(
                    "GET /people/8",
                    200,
                    r#"{"id":"8","name":"Zz","held":true}"#,
                ),
                ScriptedResponse::json(
                    "GET /people",
                    200,
                    r#"{"total":2,"items":[{"id":"7","name":"Zz","held":true},{"id":"8","name":"Zz","held":true}]}"#,
                ),
            ],
            says: Expect::Pass,
        },
        Example {
            title: "The newest is missing",
            contract: PEOPLE,
            dialogue: &[
                ScriptedResponse::json("POST /people", 201, r#"{"id":"7"}"#),
                ScriptedResponse::json("POST /people", 201, r#"{"id":"8"}"#),
                ScriptedResponse::json(
                    "GET /people/7",
                    200,
                    r#"{"id":"7","name":"Zz","held":true}"#,
                ),
                ScriptedResponse::json(
                    "GET /people/8",
                    200,
                    r#"{"id":"8","name":"Zz","held":true}"#,
                ),
                ScriptedResponse::json(
                    "GET /people",
                    200,
                    r#"{"items":[{"id":"7","name":"Zz","held":true}]}"#,
                ),
            ],
            says: Expect::Fail("is not in the collection"),
        },
        Example {
            title: "Another state in the collection",
            contract: PEOPLE,
            dialogue: &[
                ScriptedResponse::json("POST /people", 201, r#"{"id":"7"}"#),
                ScriptedResponse::json("POST /people", 201, r#"{"id":"8"}"#),
                ScriptedResponse::json(
                    "GET /people/7",
                    200,
                    r#"{"id":"7","name":"Zz","held":true}"#,
                ),
                ScriptedResponse::json(
                    "GET /people/8",
                    200,
                    r#"{"id":"8","name":"Zz","held":true}"#,
                ),
                ScriptedResponse::json(
                    "GET /people",
                    200,
                    r#"{"items":[{"id":"7","name":"Zz","held":false},{"id":"8","name":"Zz","held":true}]}"#,
                ),
            ],
            says: Expect::Fail("differs between the collection"),
        },
    ],
};

fn run<'a>(script: &mut Script<'a>, operation: Option<&'a Operation>) -> Scripted {
    let list = subject(operation)?;
    let world = script.world;
    let home = ResourceOperations::of(world, list)?;
    let first = make(script, &home)?;
    let second = match make(script, &home) {
        Ok(held) => held,
        Err(Halt::Pending) => return Err(Halt::Pending),
        // Nothing may be made beside the first.
        Err(_) => first.clone(),
    };
    let lister = Lister::of(script, &home, list, &second)?;
    let mut judgements = Vec::new();
    for held in [&first, &second] {
        if held.path.rsplit_once('/').map(|(at, _)| at)
            != second.path.rsplit_once('/').map(|(at, _)| at)
        {
            continue;
        }
        let alone = read(script, &home, held)?;
        let (found, whole) = until(script, |script| {
            let found = lister.search(script, &[], false, &|item| lister.is(item, held))?;
            let there = !found.items.is_empty();
            Ok(((found.items, found.whole), there))
        })?;
        let Some(item) = found.first() else {
            if !whole {
                return Err(Halt::unmet(
                    Responsible::Muster,
                    format!("{} could not be gone through to its end.", list.key),
                ));
            }
            judgements.push(
                Finding::new(
                    "not listed",
                    "A created record is not in the collection.",
                    format!("{}: the record {}", list.key, held.id),
                    "no such record on any page",
                )
                .at(list.pointer.clone())
                .into(),
            );
            break;
        };
        judgements.extend(differing(script, &home, &lister, list, alone, item));
        if judgements.is_empty() {
            judgements.extend(twin(script, &lister, list, held)?);
        }
        if !judgements.is_empty() {
            break;
        }
    }
    Ok(judged(judgements))
}

fn differing<'a>(
    script: &Script<'a>,
    home: &ResourceOperations<'a>,
    lister: &Lister<'a>,
    list: &Operation,
    alone: &Value,
    item: &Value,
) -> Option<Judgement> {
    let contract = script.world.contract;
    let read = muster_core::arrange::shape::success(home.read)?;
    let resolved = |schema| {
        muster_core::arrange::shape::resolved(&contract.schemas, schema).map(|(schema, _)| schema)
    };
    let same = resolved(&lister.item_schema(contract)?)? == resolved(read)?;
    let name = home
        .owned(script.world)
        .into_iter()
        .filter(|_| same)
        .find(|name| alone.get(name) != item.get(name))?;
    Some(
        Finding::new(
            format!("differs {name}"),
            format!("`{name}` of a record differs between the collection and the record itself."),
            brief(alone.get(&name)),
            brief(item.get(&name)),
        )
        .at(list.pointer.clone())
        .into(),
    )
}

/// The same record under another id, recognised by texts that only this run can have sent.
fn twin<'a>(
    script: &mut Script<'a>,
    lister: &Lister<'a>,
    list: &Operation,
    held: &CreatedRecord,
) -> Scripted<Option<Judgement>> {
    let own: Vec<(&String, &str)> = held
        .sent
        .as_object()
        .into_iter()
        .flatten()
        .filter_map(|(name, value)| Some((name, value.as_str()?)))
        .filter(|(_, text)| text.contains(script.world.run_tag))
        .collect();
    if own.is_empty() {
        return Ok(None);
    }
    let alike = |item: &Value| {
        own.iter()
            .all(|(name, text)| item.get(name.as_str()).and_then(Value::as_str) == Some(text))
    };
    let found = lister.search(script, &[], true, &alike)?;
    let other = found.items.iter().find(|item| !lister.is(item, held));
    let before = script
        .exchanges()
        .filter(|exchange| exchange.request.operation == held.created.exchange.request.operation)
        .filter(|exchange| exchange.request.body == held.created.exchange.request.body)
        .count();
    Ok(other.filter(|_| before == 1).map(|other| {
        Finding::new(
            "twice",
            "One creation stores two records.",
            format!("{}: the record {} alone", list.key, held.id),
            format!(
                "the same values under {}",
                lister.id(other).unwrap_or_default()
            ),
        )
        .at(list.pointer.clone())
        .into()
    }))
}

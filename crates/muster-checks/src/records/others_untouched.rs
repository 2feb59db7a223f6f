//! `records.others-untouched`

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::{
    Applies, Check, Example, Expect, Kind, Scope, ScriptedResponse,
    support::list_operation::Lister,
    support::resource::{
        CreatedRecord, ResourceOperations, another, another_body, body_for, brief, change, changed,
        changed_by, judged, make, on_create, on_item, subject,
    },
};
use muster_core::{
    contract::{Contract, Operation},
    model::{Method, Responsible},
    script::{Halt, Script, Scripted},
    verdict::{Finding, Judgement},
};

/// The check.
pub static CHECK: Check = Check {
    id: "records.others-untouched",
    purpose: "A write touches one record; no other record appears, changes or disappears.",
    verifies: "While the run sends nothing else, the whole collection is read until it stands \
        still, one record of the run's own is created, replaced, patched or deleted, and the \
        collection is read again. Every other record is there as before, and a creation adds \
        exactly one. Properties that change by themselves are left out. Collections that cannot be \
        read to their end, and collections that move while nothing is written, are not judged.",
    matters: "A delete that takes the neighbour, an update without its WHERE and a record made twice lose or forge \
        what nobody looked at.",
    fix: "Change by the primary key alone, in one statement whose count of changed rows is looked at.",
    kind: Kind::Probe {
        scope: Scope::Alone(applies),
        run,
        writes: true,
    },
    examples: &[
        Example {
            title: "One more, and nothing else",
            contract: MADE,
            dialogue: &[
                ScriptedResponse::json("POST /people", 201, r#"{"id":"7"}"#),
                ScriptedResponse::json("GET /people", 200, r#"[{"id":"7"},{"id":"8"}]"#),
                ScriptedResponse::json("GET /people", 200, r#"[{"id":"8"},{"id":"7"}]"#),
                ScriptedResponse::json("POST /people", 201, r#"{"id":"9"}"#),
                ScriptedResponse::json("GET /people", 200, r#"[{"id":"7"},{"id":"8"},{"id":"9"}]"#),
            ],
            says: Expect::Pass,
        },
        Example {
            title: "Made twice",
            contract: MADE,
            dialogue: &[
                ScriptedResponse::json("POST /people", 201, r#"{"id":"7"}"#),
                ScriptedResponse::json("GET /people", 200, r#"[{"id":"7"}]"#),
                ScriptedResponse::json("GET /people", 200, r#"[{"id":"7"}]"#),
                ScriptedResponse::json("POST /people", 201, r#"{"id":"9"}"#),
                ScriptedResponse::json(
                    "GET /people",
                    200,
                    r#"[{"id":"7"},{"id":"9"},{"id":"10"}]"#,
                ),
            ],
            says: Expect::Fail("A write creates a record that was not requested"),
        },
        Example {
            title: "A neighbour changes",
            contract: MADE,
            dialogue: &[
                ScriptedResponse::json("POST /people", 201, r#"{"id":"7"}"#),
                ScriptedResponse::json("GET /people", 200, r#"[{"id":"7","held":false}]"#),
                ScriptedResponse::json("GET /people", 200, r#"[{"id":"7","held":false}]"#),
                ScriptedResponse::json("POST /people", 201, r#"{"id":"9"}"#),
                ScriptedResponse::json("GET /people", 200, r#"[{"id":"7","held":true}]"#),
            ],
            says: Expect::Fail("changes another"),
        },
        Example {
            title: "A neighbour goes",
            contract: MADE,
            dialogue: &[
                ScriptedResponse::json("POST /people", 201, r#"{"id":"7"}"#),
                ScriptedResponse::json("GET /people", 200, r#"[{"id":"7"},{"id":"8"}]"#),
                ScriptedResponse::json("GET /people", 200, r#"[{"id":"7"},{"id":"8"}]"#),
                ScriptedResponse::json("POST /people", 201, r#"{"id":"9"}"#),
                ScriptedResponse::json("GET /people", 200, r#"[{"id":"9"}]"#),
            ],
            says: Expect::Fail("removes another record"),
        },
        Example {
            title: "A window on the newest two",
            contract: MADE,
            dialogue: &[
                ScriptedResponse::json("POST /people", 201, r#"{"id":"7"}"#),
                ScriptedResponse::json("GET /people", 200, r#"[{"id":"7"},{"id":"8"}]"#),
                ScriptedResponse::json("GET /people", 200, r#"[{"id":"7"},{"id":"8"}]"#),
                ScriptedResponse::json("POST /people", 201, r#"{"id":"9"}"#),
                ScriptedResponse::json("GET /people", 200, r#"[{"id":"8"},{"id":"9"}]"#),
            ],
            says: Expect::Pass,
        },
        Example {
            title: "Others write too",
            contract: MADE,
            dialogue: &[
                ScriptedResponse::json("POST /people", 201, r#"{"id":"7"}"#),
                ScriptedResponse::json("GET /people", 200, r#"[{"id":"7"}]"#),
                ScriptedResponse::json("GET /people", 200, r#"[{"id":"7"}]"#),
                ScriptedResponse::json("POST /people", 201, r#"{"id":"9"}"#),
                ScriptedResponse::json("GET /people", 200, r#"[{"id":"7"},{"id":"9"},{"id":"x"}]"#),
                ScriptedResponse::json(
                    "GET /people",
                    200,
                    r#"[{"id":"7"},{"id":"9"},{"id":"x"},{"id":"y"}]"#,
                ),
            ],
            says: Expect::Inconclusive,
        },
    ],
};

const MADE: &str = "
/people:
  get:
    responses: {'200': {description: People, content: {application/json: {schema: {type: array, items: {type: object, properties: {id: {type: string}, held: {type: boolean}}}}}}}}
  post:
    requestBody: {required: true, content: {application/json: {schema: {type: object, required: [name], properties: {name: {enum: [Zz]}}}}}}
    responses: {'201': {description: Created}}
/people/{id}:
  get:
    responses: {'200': {description: A person}}
";

/// How often the list is read until it stands still.
const MOST_LOOKS: usize = 4;

fn applies(contract: &Contract, operation: &Operation) -> Applies {
    let method = &operation.key.method;
    let here = match method {
        Method::Post => on_create(contract, operation),
        Method::Put | Method::Patch | Method::Delete => on_item(contract, operation, method),
        _ => Applies::Irrelevant,
    };
    let path = operation.key.path.trim_end_matches('/');
    let collection = match method {
        Method::Post => path,
        _ => path.rsplit_once('/').map_or(path, |(before, _)| before),
    };
    let listed = contract
        .operations_at(collection)
        .any(|other| other.key.method == Method::Get);
    match here {
        Applies::Yes if listed => Applies::Yes,
        // That such records cannot be made or read is said by the checks of the operation itself.
        _ => Applies::Irrelevant,
    }
}

/// The records of a list by their ids.
type Snapshot = BTreeMap<String, Value>;

fn run<'a>(script: &mut Script<'a>, operation: Option<&'a Operation>) -> Scripted {
    let write = subject(operation)?;
    let world = script.world;
    let home = ResourceOperations::of(world, write)?;
    let list = ResourceOperations::other(world, home.collection.list.as_ref())
        .filter(|list| list.key.method == Method::Get)
        .ok_or_else(|| Halt::NotApplicable("The contract has no list of these records.".into()))?;
    let held = make(script, &home)?;
    if write.key.method != Method::Post {
        another(script, &home)?;
    }
    let lister = Lister::of(script, &home, list, &held)?;
    let (before, moving) = at_rest(script, &lister)?;
    let own = write_once(script, &home, write, &held)?;
    if list.key.path.contains('{') && lister.is_gone(script)? {
        return Ok(vec![parent_gone(write, list)]);
    }
    let after = snapshot(script, &lister)?;
    let difference = differ(&before, &after, &own, &moving);
    let Some(difference) = difference else {
        return Ok(vec![Judgement::Pass]);
    };
    let again = snapshot(script, &lister)?;
    if differ(&after, &again, &BTreeSet::new(), &moving).is_some() {
        return Err(Halt::unmet(
            Responsible::TestData,
            "The collection changes while the run writes nothing: others write to it.",
        ));
    }
    Ok(judged(vec![finding(write, list, &difference)]))
}

/// The list as it stands once two reads show the same records, with the members that never stand still.
fn at_rest<'a>(
    script: &mut Script<'a>,
    lister: &Lister<'a>,
) -> Scripted<(Snapshot, BTreeSet<String>)> {
    let mut last = snapshot(script, lister)?;
    for _ in 0..MOST_LOOKS {
        let now = snapshot(script, lister)?;
        if last.keys().eq(now.keys()) {
            let moving = last
                .iter()
                .zip(now.values())
                .flat_map(|((_, before), after)| unequal(before, after))
                .collect();
            return Ok((now, moving));
        }
        last = now;
    }
    Err(Halt::unmet(
        Responsible::TestData,
        "The collection changes during the check: others write to it.",
    ))
}

fn snapshot<'a>(script: &mut Script<'a>, lister: &Lister<'a>) -> Scripted<Snapshot> {
    let found = lister.search(script, &[], true, &|_| true)?;
    if !found.whole {
        return Err(Halt::NotApplicable(
            "The collection cannot be read to its end, so the other records are not known.".into(),
        ));
    }
    let mut records = Snapshot::new();
    for item in found.items {
        let id = lister.id(item).ok_or_else(|| {
            Halt::NotApplicable(
                "The records of the collection have no id that distinguishes them.".into(),
            )
        })?;
        records.insert(id, item.clone());
    }
    Ok(records)
}

/// Writes, and answers the ids of the records that the write is about.
fn write_once<'a>(
    script: &mut Script<'a>,
    home: &ResourceOperations<'a>,
    write: &'a Operation,
    held: &CreatedRecord,
) -> Scripted<BTreeSet<String>> {
    let world = script.world;
    if write.key.method == Method::Post {
        return match another(script, home)? {
            Some(made) => Ok([made.id].into()),
            None => Err(Halt::NotApplicable(
                "The target takes no second record beside the first.".into(),
            )),
        };
    }
    let purpose = "writes while nothing else does";
    if write.key.method == Method::Delete {
        changed(write, change(script, write, held, None, purpose)?)?;
    } else {
        // Another record may bear a new value that no two may share: then fewer are new.
        let whole = body_for(world, write, &held.sent, "others-untouched")?;
        let varied = another_body(world, write, &whole, 0);
        changed_by(script, write, held, &whole, &varied, purpose)?;
    }
    Ok([held.id.clone()].into())
}

/// What a write did to a record that it is not about.
enum Difference {
    Appeared(String),
    Went(String),
    Changed {
        id: String,
        member: String,
        before: Option<Value>,
        after: Option<Value>,
    },
}

/// The first difference between two states of the others.
fn differ(
    before: &Snapshot,
    after: &Snapshot,
    own: &BTreeSet<String>,
    moving: &BTreeSet<String>,
) -> Option<Difference> {
    let others = |snapshot: &Snapshot| -> BTreeSet<String> {
        snapshot
            .keys()
            .filter(|id| !own.contains(*id))
            .cloned()
            .collect()
    };
    let (old, new) = (others(before), others(after));
    let went = old.difference(&new).next();
    let appeared = new.difference(&old).next();
    // A list of a fixed length is a window: what a record pushes out of it is not gone.
    let is_window = before.len() == after.len() || (went.is_some() && appeared.is_some());
    if !is_window && let Some(id) = went {
        return Some(Difference::Went(id.clone()));
    }
    if !is_window && let Some(id) = appeared {
        return Some(Difference::Appeared(id.clone()));
    }
    old.intersection(&new).find_map(|id| {
        let (before, after) = (before.get(id)?, after.get(id)?);
        let member = unequal(before, after)
            .into_iter()
            .find(|member| !moving.contains(member))?;
        Some(Difference::Changed {
            id: id.clone(),
            before: before.get(&member).cloned(),
            after: after.get(&member).cloned(),
            member,
        })
    })
}

/// The members of two records that differ.
fn unequal(before: &Value, after: &Value) -> Vec<String> {
    let (Some(old), Some(new)) = (before.as_object(), after.as_object()) else {
        return Vec::new();
    };
    old.keys()
        .chain(new.keys().filter(|name| !old.contains_key(*name)))
        .filter(|name| old.get(*name) != new.get(*name))
        .cloned()
        .collect()
}

fn finding(write: &Operation, list: &Operation, difference: &Difference) -> Judgement {
    let unchanged = format!("{}: every other record as before", list.key);
    let finding = match difference {
        Difference::Appeared(id) => Finding::new(
            "another appeared",
            "A write creates a record that was not requested.",
            unchanged,
            format!("{id} is there after {} too", write.key),
        ),
        Difference::Went(id) => Finding::new(
            "another went",
            "A write removes another record.",
            unchanged,
            format!("{id} is there no longer after {}", write.key),
        ),
        Difference::Changed {
            id,
            member,
            before,
            after,
        } => Finding::new(
            format!("another changed {member}"),
            format!("A write to one record changes another: `{member}`."),
            format!(
                "{}: {} for {id}, as before {}",
                list.key,
                brief(before.as_ref()),
                write.key
            ),
            brief(after.as_ref()),
        ),
    };
    finding.at(write.pointer.clone()).into()
}

fn parent_gone(write: &Operation, list: &Operation) -> Judgement {
    Finding::new(
        "list gone",
        "A write removes the collection of its record.",
        format!("{}: 200, as before {}", list.key, write.key),
        "404",
    )
    .at(write.pointer.clone())
    .into()
}

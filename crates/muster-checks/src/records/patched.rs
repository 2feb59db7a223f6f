//! `records.patched`

use serde_json::{Value, json};

use crate::{
    Applies, Check, Example, Expect, Kind, Scope, ScriptedResponse,
    support::fidelity_values::other_value,
    support::resource::{
        PEOPLE, ResourceOperations, answered, brief, change, changed, changes, creation_moved,
        judged, make, on_item, read, shown_now, subject,
    },
    support::round_trip::differences,
    support::schema_view::Place,
};
use muster_core::{
    arrange::{self, body, shape},
    contract::{Contract, Operation},
    exchange::Response,
    model::{Method, Responsible},
    script::{Halt, Script, Scripted},
    verdict::{Finding, Judgement},
};

/// Members that are tried.
const MOST_MEMBERS: usize = 12;

/// The check.
pub static CHECK: Check = Check {
    id: "records.patched",
    purpose: "PATCH changes the properties that are sent, and leaves everything else unchanged.",
    verifies: "A record is created with everything filled in. Each property that the PATCH takes \
        is sent alone with another valid value, then with null where its schema allows null, and \
        the record is read after each. What was sent is there; null removes the value or leaves \
        null (tried where the body is a merge patch, or the record that is read can show null); no \
        other property that clients decide on has changed, and none that tells of the creation. \
        Another record of the run is as it was. Patches that the API refuses, that receive 202, \
        that need several properties at once, or that are lists of operations (JSON Patch) are not \
        judged.",
    matters: "A small correction must stay small. A patch that clears what it does not name \
        destroys evidence with every edit; one that receives 200 and ignored leaves a wrong record \
        standing.",
    fix: "Apply the body as a merge patch (RFC 7396): set what is named, remove what is null, keep \
        the rest; tell an absent property from a null one.",
    kind: Kind::Probe {
        scope: Scope::Operation(applies),
        run,
        writes: true,
    },
    examples: &[
        Example {
            title: "Changed",
            contract: PEOPLE,
            dialogue: &[
                ScriptedResponse::json("POST /people", 201, r#"{"id":"7"}"#),
                ScriptedResponse::json(
                    "GET /people/7",
                    200,
                    r#"{"id":"7","name":"Zz","held":true}"#,
                ),
                ScriptedResponse::json("PATCH /people/7", 200, r#"{"id":"7"}"#),
                ScriptedResponse::json(
                    "GET /people/7",
                    200,
                    r#"{"id":"7","name":"Zz","held":false}"#,
                ),
            ],
            says: Expect::Pass,
        },
        Example {
            title: "Nothing changes",
            contract: PEOPLE,
            dialogue: &[
                ScriptedResponse::json("POST /people", 201, r#"{"id":"7"}"#),
                ScriptedResponse::json(
                    "GET /people/7",
                    200,
                    r#"{"id":"7","name":"Zz","held":true}"#,
                ),
                ScriptedResponse::json("PATCH /people/7", 200, r#"{"id":"7"}"#),
            ],
            says: Expect::Fail("is not what PATCH sent"),
        },
        Example {
            title: "Too much",
            contract: PEOPLE,
            dialogue: &[
                ScriptedResponse::json("POST /people", 201, r#"{"id":"7"}"#),
                ScriptedResponse::json(
                    "GET /people/7",
                    200,
                    r#"{"id":"7","name":"Zz","held":true}"#,
                ),
                ScriptedResponse::json("PATCH /people/7", 200, r#"{"id":"7"}"#),
                ScriptedResponse::json(
                    "GET /people/7",
                    200,
                    r#"{"id":"7","name":null,"held":false}"#,
                ),
            ],
            says: Expect::Fail("was not sent"),
        },
    ],
};

fn applies(contract: &Contract, operation: &Operation) -> Applies {
    match on_item(contract, operation, &Method::Patch) {
        Applies::Yes => {}
        other => return other,
    }
    let merges = operation
        .body
        .as_ref()
        .and_then(|body| body::choose(&body.content))
        .is_some_and(|media| !media.media_type.contains("json-patch+json"));
    if merges {
        Applies::Yes
    } else {
        Applies::No("The patch is not a merge patch.".into())
    }
}

fn run<'a>(script: &mut Script<'a>, operation: Option<&'a Operation>) -> Scripted {
    let patch = subject(operation)?;
    let world = script.world;
    let home = ResourceOperations::of(world, patch)?;
    let schema = shape::body(patch)
        .ok_or_else(|| Halt::NotApplicable(format!("{} takes no JSON body.", patch.key)))?;
    let members = shape::members(&world.contract.schemas, schema);
    if members.iter().any(|member| member.required) {
        return Err(Halt::NotApplicable(
            "The patch needs several properties at once, so it is not a merge of one.".into(),
        ));
    }
    let held = make(script, &home)?;
    let owned = home.owned(world);
    let is_merge = patch
        .body
        .as_ref()
        .and_then(|spec| body::choose(&spec.content))
        .is_some_and(|media| media.media_type.contains("merge-patch+json"));
    let places = (
        Place::of(world.contract, schema),
        home.read_place(world.contract),
    );
    let mut state = read(script, &home, &held)?;
    let (mut judgements, mut applied) = (Vec::new(), 0);
    let mut last = None;
    for member in members
        .iter()
        .filter(|member| !member.read_only && owned.contains(&member.name))
        .filter(|member| !arrange::repeats_id(patch, &member.name))
        .take(MOST_MEMBERS)
    {
        let name = &member.name;
        if !places.1.names(name) && state.get(name).is_none() {
            continue;
        }
        let current = state.get(name).unwrap_or(&Value::Null);
        let sent = held.sent.get(name).unwrap_or(&Value::Null);
        let mut values: Vec<Value> = other_value(world, patch, member, current, sent)
            .into_iter()
            .collect();
        if (is_merge || may_be_null(&places.1, name))
            && world
                .contract
                .schemas
                .validate_request(&member.schema, &Value::Null)
                .is_valid()
            && Place::of(world.contract, &member.schema).is_described()
        {
            values.push(Value::Null);
        }
        for value in values {
            let body = json!({ name: value });
            if !world
                .contract
                .schemas
                .validate_request(schema, &body)
                .is_valid()
            {
                continue;
            }
            let exchange = change(script, patch, &held, Some(&body), "changes one property")?;
            let response = answered(exchange)?;
            if response.status == 202 {
                changed(patch, exchange)?;
            }
            if !Response::is_success(response) {
                last = Some(exchange.received());
                continue;
            }
            applied += 1;
            let after = read(script, &home, &held)?;
            let mut judged = judge(patch, &places, &owned, name, &body, (state, after));
            judged.extend(creation_moved(patch, &owned, state, after));
            judgements.extend(shown_now(script, judged));
            state = after;
        }
    }
    if applied == 0 {
        return Err(match last {
            Some(received) => Halt::unmet(
                Responsible::Supplier,
                format!(
                    "No property could be changed: {} returned {received}.",
                    patch.key
                ),
            ),
            None => {
                Halt::NotApplicable("The patch leaves no property room for another value.".into())
            }
        });
    }
    Ok(judged(judgements))
}

/// Whether the record that is read can show null there: elsewhere, null in a plain JSON body may just as
/// well mean that nothing is sent.
fn may_be_null(read: &Place<'_>, name: &str) -> bool {
    let place = read.member(name);
    place.types().contains("null")
        || place
            .keyword("enum")
            .filter_map(Value::as_array)
            .any(|members| members.contains(&Value::Null))
}

fn judge(
    patch: &Operation,
    places: &(Place<'_>, Place<'_>),
    owned: &[String],
    name: &str,
    body: &Value,
    (before, after): (&Value, &Value),
) -> Vec<Judgement> {
    let mut judgements: Vec<Judgement> = Vec::new();
    let value = body.get(name).unwrap_or(&Value::Null);
    let wrong = if value.is_null() {
        let kept = before
            .get(name)
            .is_some_and(|old| !old.is_null() && after.get(name) == Some(old));
        kept.then(|| (format!("null kept {name}"), after.get(name).cloned()))
    } else {
        differences(&places.0, &places.1, body, after)
            .into_iter()
            .next()
            .map(|difference| (format!("not patched {name}"), difference.came))
    };
    if let Some((cause, came)) = wrong {
        judgements.push(
            Finding::new(
                cause,
                format!("`{name}` is not what PATCH sent."),
                brief(Some(value)),
                brief(came.as_ref()),
            )
            .at(patch.pointer.clone())
            .into(),
        );
    }
    let other = changes(owned, before, after)
        .into_iter()
        .find(|changed| changed != name);
    if let Some(other) = other {
        judgements.push(
            Finding::new(
                format!("unsent {other}"),
                format!("PATCH of `{name}` changes `{other}`, which was not sent."),
                brief(before.get(&other)),
                brief(after.get(&other)),
            )
            .at(patch.pointer.clone())
            .into(),
        );
    }
    judgements
}

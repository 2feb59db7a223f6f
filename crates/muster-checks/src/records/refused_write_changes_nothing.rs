//! `records.refused-write-changes-nothing`

use serde_json::{Value, json};

use crate::{
    Applies, Check, Example, Expect, Kind, Scope, ScriptedResponse,
    support::list_operation::Lister,
    support::resource::{
        Made, ResourceOperations, another_body, body_for, brief, changes, judged, make, on_create,
        on_item, read, send, subject, to_item, workable,
    },
};
use muster_core::{
    arrange::{shape, values::token},
    contract::{Contract, Operation, ParameterPlace, Schema},
    exchange::{Exchange, Intent, Request},
    model::Method,
    script::{Halt, ProbeContext, Script, Scripted},
    verdict::{Finding, Judgement},
};

/// Members that are tried as ones no two records may share.
const MOST_SHARED: usize = 4;

/// The check.
pub static CHECK: Check = Check {
    id: "records.refused-write-changes-nothing",
    purpose: "A refused write leaves everything as it was.",
    verifies: "PUT and PATCH: a record of the run's own is sent new values with one that its \
        schema forbids, and, where the operation takes If-Match, a valid body with an ETag that \
        cannot match; if that is refused with 4xx, the record reads as before. POST: a body with \
        one forbidden value and a text of the run's own is sent, and if it is refused, no record \
        of the collection has that text; then bodies that share a value with a record that exists \
        are sent, and if one is refused, that record reads as before. Writes that are accepted are \
        not judged here.",
    matters: "A client that is told 4xx corrects and tries again. If the first try was stored all \
        the same, there are two records, one of them invalid.",
    fix: "Validate everything, preconditions and uniqueness included, before the first change, and keep the \
        write in one transaction.",
    kind: Kind::Probe {
        scope: Scope::Operation(applies),
        run,
        writes: true,
    },
    examples: &[
        Example {
            title: "As it was",
            contract: CHANGED,
            dialogue: &[
                ScriptedResponse::json("POST /people", 201, r#"{"id":"7"}"#),
                ScriptedResponse::json(
                    "GET /people/7",
                    200,
                    r#"{"id":"7","name":"Zz","held":true}"#,
                ),
                ScriptedResponse::empty("PUT /people/7", 422),
            ],
            says: Expect::Pass,
        },
        Example {
            title: "Refused and stored",
            contract: CHANGED,
            dialogue: &[
                ScriptedResponse::json("POST /people", 201, r#"{"id":"7"}"#),
                ScriptedResponse::json(
                    "GET /people/7",
                    200,
                    r#"{"id":"7","name":"Zz","held":true}"#,
                ),
                ScriptedResponse::empty("PUT /people/7", 422),
                ScriptedResponse::json(
                    "GET /people/7",
                    200,
                    r#"{"id":"7","name":"Zz","held":false}"#,
                ),
            ],
            says: Expect::Fail("refused write"),
        },
        Example {
            title: "Accepted",
            contract: CHANGED,
            dialogue: &[
                ScriptedResponse::json("POST /people", 201, r#"{"id":"7"}"#),
                ScriptedResponse::json(
                    "GET /people/7",
                    200,
                    r#"{"id":"7","name":"Zz","held":true}"#,
                ),
                ScriptedResponse::json("PUT /people/7", 200, r#"{"id":"7"}"#),
            ],
            says: Expect::Nothing,
        },
    ],
};

const CHANGED: &str = "
/people:
  post:
    requestBody: {required: true, content: {application/json: {schema: {enum: [{name: Zz}]}}}}
    responses: {'201': {description: Created}}
/people/{id}:
  get:
    responses: {'200': {description: A person}}
  put:
    requestBody: {required: true, content: {application/json: {schema: {type: object, required: [name], additionalProperties: false, properties: {name: {enum: [Zz]}, held: {type: boolean}}}}}}
    responses: {'200': {description: Replaced}, '422': {description: Invalid}}
";

fn applies(contract: &Contract, operation: &Operation) -> Applies {
    if operation.body.is_none() {
        return Applies::Irrelevant;
    }
    match operation.key.method {
        Method::Post => on_create(contract, operation),
        Method::Put | Method::Patch => on_item(contract, operation, &operation.key.method),
        _ => Applies::Irrelevant,
    }
}

fn run<'a>(script: &mut Script<'a>, operation: Option<&'a Operation>) -> Scripted {
    let operation = subject(operation)?;
    let home = ResourceOperations::of(script.world, operation)?;
    let schema = shape::body(operation)
        .ok_or_else(|| Halt::NotApplicable(format!("{} takes no JSON body.", operation.key)))?;
    if operation.key.method == Method::Post {
        creation(script, &home, schema)
    } else {
        alteration(script, &home, operation, schema)
    }
}

fn is_refused(exchange: &Exchange) -> bool {
    exchange
        .status()
        .is_some_and(|status| (400..500).contains(&status) && !matches!(status, 401 | 403 | 429))
}

/// A body with one value that the schema forbids; the rest stays.
fn spoiled(world: ProbeContext<'_>, schema: &Schema, body: &Value, keep: &str) -> Option<Value> {
    let members = body.as_object()?;
    let mut names: Vec<&String> = members.keys().filter(|name| *name != keep).collect();
    // Values that a store is most likely to have read before it refuses come first.
    names.sort_by_key(|name| members.get(name.as_str()).is_some_and(Value::is_string));
    names
        .into_iter()
        .map(|name| {
            let mut spoiled = body.clone();
            if let Some(members) = spoiled.as_object_mut() {
                members.insert(name.clone(), json!({ "zz": ["no such value"] }));
            }
            spoiled
        })
        .find(|spoiled| {
            matches!(
                world.contract.schemas.validate_request(schema, spoiled),
                muster_core::contract::Validity::Invalid(_)
            )
        })
}

fn alteration<'a>(
    script: &mut Script<'a>,
    home: &ResourceOperations<'a>,
    operation: &'a Operation,
    schema: &'a Schema,
) -> Scripted {
    let world = script.world;
    let held = make(script, home)?;
    let before = read(script, home, &held)?;
    let plain = body_for(world, operation, &held.sent, "refused")?;
    let valid = differing(world, operation, &plain, before);
    let mut requests = Vec::new();
    if let Some(body) = spoiled(world, schema, &valid, "") {
        let mut request = to_item(world, operation, &held.path, Some(&body), None)?;
        request.intent = Intent::Wrong("one value is of another kind".into());
        requests.push(request);
    }
    if operation
        .parameter(ParameterPlace::Header, "If-Match")
        .is_some()
    {
        let mut request = to_item(world, operation, &held.path, Some(&valid), None)?;
        request.headers.set("if-match", "\"zz-no-such-tag\"");
        requests.push(request);
    }
    let mut refused = 0;
    let mut judgements: Vec<Judgement> = Vec::new();
    for request in requests {
        let exchange = script.send(Request {
            purpose: "writes what must be refused".into(),
            ..request
        })?;
        if !is_refused(exchange) {
            continue;
        }
        refused += 1;
        let after = read(script, home, &held)?;
        if let Some(name) = changes(&home.owned(world), before, after).first() {
            judgements.push(
                Finding::new(
                    "stored",
                    format!("A refused write changes `{name}`."),
                    brief(before.get(name)),
                    format!("{} after {}", brief(after.get(name)), exchange.received()),
                )
                .at(operation.pointer.clone())
                .into(),
            );
            break;
        }
    }
    if refused == 0 {
        return Err(Halt::NotApplicable("No write was refused.".into()));
    }
    Ok(judged(judgements))
}

fn differing(
    world: ProbeContext<'_>,
    operation: &Operation,
    plain: &Value,
    before: &Value,
) -> Value {
    let count = |body: &Value| {
        body.as_object()
            .into_iter()
            .flatten()
            .filter(|(name, value)| before.get(name.as_str()) != Some(value))
            .count()
    };
    [3, 0]
        .into_iter()
        .map(|round| another_body(world, operation, plain, round))
        .max_by_key(count)
        .unwrap_or_else(|| plain.clone())
}

fn creation<'a>(
    script: &mut Script<'a>,
    home: &ResourceOperations<'a>,
    schema: &'a Schema,
) -> Scripted {
    let world = script.world;
    let (full, held) = workable(script, home)?;
    let before = read(script, home, &held)?;
    let plain = full.body().cloned().unwrap_or(Value::Null);
    let mut refused = 0;
    let mut judgements: Vec<Judgement> = Vec::new();
    if let Some(list) = ResourceOperations::other(world, home.collection.list.as_ref())
        && let Some((name, text, marked)) = marked(world, schema, &plain)
        && let Some(body) = spoiled(world, schema, &marked, &name)
    {
        let mut request = full.with_body(world.contract, home.create, body)?;
        request.intent = Intent::Wrong("one value is of another kind".into());
        request.purpose = "creates what must be refused".into();
        let exchange = script.send(request)?;
        if is_refused(exchange) {
            refused += 1;
            let lister = Lister::of(script, home, list, &held)?;
            let found = lister.search(script, &[], false, &|item| {
                item.get(&name).and_then(Value::as_str) == Some(&*text)
            })?;
            if let Some(item) = found.items.first() {
                judgements.push(
                    Finding::new(
                        "created",
                        "A record is there although its creation was refused.",
                        format!("{}: nothing with {text:?}", list.key),
                        format!("{} after {}", brief(Some(item)), exchange.received()),
                    )
                    .at(home.create.pointer.clone())
                    .into(),
                );
            }
        }
    }
    let others = differing(world, home.create, &plain, before);
    let shared: Vec<(String, Value)> = held
        .sent
        .as_object()
        .into_iter()
        .flatten()
        .filter(|(name, value)| {
            value.is_string()
                && others
                    .get(name.as_str())
                    .is_some_and(|other| other != *value)
        })
        .map(|(name, value)| (name.clone(), value.clone()))
        .take(MOST_SHARED)
        .collect();
    for (name, value) in shared {
        let mut body = others.clone();
        if let Some(members) = body.as_object_mut() {
            members.insert(name.clone(), value);
        }
        if !world
            .contract
            .schemas
            .validate_request(schema, &body)
            .is_valid()
        {
            continue;
        }
        let Made::Refused(exchange) = send(
            script,
            home,
            &full,
            Some(body),
            "creates a record that shares a value",
        )?
        else {
            continue;
        };
        if !is_refused(exchange) {
            continue;
        }
        refused += 1;
        let after = read(script, home, &held)?;
        if let Some(changed) = changes(&home.owned(world), before, after).first() {
            judgements.push(
                Finding::new(
                    "overwritten",
                    format!("A refused creation changes `{changed}` of a record that has the same `{name}`."),
                    brief(before.get(changed)),
                    format!("{} after {}", brief(after.get(changed)), exchange.received()),
                )
                .at(home.create.pointer.clone())
                .into(),
            );
            break;
        }
    }
    if refused == 0 {
        return Err(Halt::NotApplicable("No creation was refused.".into()));
    }
    Ok(judged(judgements))
}

/// The body with a text of the run's own in a member whose text is free: the member, the text, the body.
fn marked(
    world: ProbeContext<'_>,
    schema: &Schema,
    body: &Value,
) -> Option<(String, String, Value)> {
    let text = format!("Zz refused {}", token(&world, "refused"));
    shape::members(&world.contract.schemas, schema)
        .into_iter()
        .find_map(|member| {
            let mut marked = body.clone();
            marked
                .as_object_mut()?
                .insert(member.name.clone(), json!(text));
            world
                .contract
                .schemas
                .validate_request(schema, &marked)
                .is_valid()
                .then(|| (member.name, text.clone(), marked))
        })
}

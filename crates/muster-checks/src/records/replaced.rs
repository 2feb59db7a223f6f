//! `records.replaced`

use serde_json::Value;

use crate::{
    Applies, Check, Example, Expect, Kind, Scope, ScriptedResponse,
    support::resource::{
        PEOPLE, ResourceOperations, another_body, body_for, brief, changed_by, changes,
        creation_moved, judged, make, on_item, read, shown_now, subject,
    },
    support::round_trip::differences,
    support::schema_view::Place,
};
use muster_core::{
    arrange::shape,
    contract::{Contract, Operation},
    model::Method,
    script::{Halt, Script, Scripted},
    verdict::{Finding, Judgement},
};

/// The check.
pub static CHECK: Check = Check {
    id: "records.replaced",
    purpose: "PUT replaces the record with the values that were sent, and nothing else changes.",
    verifies: "Two records are created. One is replaced with other values for every property, \
        read, and compared with what was sent. What becomes of a property that PUT leaves out, \
        `records.put-whole` judges. A property that tells of the creation and is not the client's \
        to send stays the same. The other record, made by the same run, is as it was. PUT answered \
        202, or refused, is not judged.",
    matters: "A PUT that does nothing leaves the client sure of a correction that never happened.",
    fix: "Store the body as the whole new state (RFC 9110, 9.3.4), under the id in the path alone.",
    kind: Kind::Probe {
        scope: Scope::Operation(applies),
        run,
        writes: true,
    },
    examples: &[
        Example {
            title: "Replaced",
            contract: PEOPLE,
            dialogue: &[
                ScriptedResponse::json("POST /people", 201, r#"{"id":"7"}"#),
                ScriptedResponse::json("POST /people", 201, r#"{"id":"8"}"#),
                ScriptedResponse::json(
                    "GET /people/8",
                    200,
                    r#"{"id":"8","name":"Zz","held":true}"#,
                ),
                ScriptedResponse::json(
                    "GET /people/7",
                    200,
                    r#"{"id":"7","name":"Zz","held":true}"#,
                ),
                ScriptedResponse::json("PUT /people/7", 200, r#"{"id":"7"}"#),
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
                ScriptedResponse::json("POST /people", 201, r#"{"id":"8"}"#),
                ScriptedResponse::json(
                    "GET /people/8",
                    200,
                    r#"{"id":"8","name":"Zz","held":true}"#,
                ),
                ScriptedResponse::json(
                    "GET /people/7",
                    200,
                    r#"{"id":"7","name":"Zz","held":true}"#,
                ),
                ScriptedResponse::json("PUT /people/7", 200, r#"{"id":"7"}"#),
            ],
            says: Expect::Fail("is not what PUT sent"),
        },
    ],
};

/// People with a note, which may be left out.
pub(super) const NOTED: &str = "
/people:
  post:
    requestBody: {required: true, content: {application/json: {schema: {$ref: '#/components/schemas/NewPerson'}}}}
    responses: {'201': {description: Created, content: {application/json: {schema: {$ref: '#/components/schemas/Person'}}}}}
/people/{id}:
  get:
    responses: {'200': {description: A person, content: {application/json: {schema: {$ref: '#/components/schemas/Person'}}}}}
  put:
    requestBody: {required: true, content: {application/json: {schema: {$ref: '#/components/schemas/NewPerson'}}}}
    responses: {'200': {description: Replaced}}
components:
  schemas:
    NewPerson: {type: object, required: [name], additionalProperties: false, properties: {name: {enum: [Zz]}, note: {type: string, pattern: '^Yy$'}}}
    Person: {type: object, properties: {id: {type: string}, name: {type: string}, note: {type: string}}}
";

fn applies(contract: &Contract, operation: &Operation) -> Applies {
    on_item(contract, operation, &Method::Put)
}

fn run<'a>(script: &mut Script<'a>, operation: Option<&'a Operation>) -> Scripted {
    let put = subject(operation)?;
    let world = script.world;
    let home = ResourceOperations::of(world, put)?;
    let held = make(script, &home)?;
    let bystander = make(script, &home)?;
    let other_before = read(script, &home, &bystander)?;
    let before = read(script, &home, &held)?;
    let schema = shape::body(put)
        .ok_or_else(|| Halt::NotApplicable(format!("{} takes no JSON body.", put.key)))?;
    let places = (
        Place::of(world.contract, schema),
        home.read_place(world.contract),
    );
    let plain = body_for(world, put, &held.sent, "replaced")?;
    let full = another_value(world, put, &plain, before);
    let mut judgements: Vec<Judgement> = Vec::new();
    let purpose = "replaces the record";
    let (full, _) = changed_by(script, put, &held, &plain, &full, purpose)?;
    let replaced = read(script, &home, &held)?;
    judgements.extend(creation_moved(put, &home.owned(world), before, replaced));
    judgements = shown_now(script, judgements);
    let difference = differences(&places.0, &places.1, &full, replaced)
        .into_iter()
        .next();
    if let Some(difference) = difference {
        let name = difference.pointer.trim_start_matches('/');
        judgements.push(
            Finding::new(
                format!("not replaced {name}"),
                format!("`{name}` of a replaced record is not what PUT sent."),
                brief(Some(&difference.sent)),
                brief(difference.came.as_ref()),
            )
            .at(difference.pointer.clone())
            .into(),
        );
        judgements = shown_now(script, judgements);
    }
    let other_after = read(script, &home, &bystander)?;
    if let Some(name) = changes(&home.owned(world), other_before, other_after).first() {
        judgements.push(
            Finding::new(
                "bystander",
                format!("Replacing one record changes `{name}` of another."),
                brief(other_before.get(name)),
                brief(other_after.get(name)),
            )
            .at(put.pointer.clone())
            .into(),
        );
    }
    Ok(judged(judgements))
}

/// What most APIs take for no value.
pub(super) fn is_blank(value: Option<&Value>) -> bool {
    match value {
        Some(Value::String(text)) => text.is_empty(),
        Some(Value::Array(items)) => items.is_empty(),
        Some(Value::Bool(truth)) => !truth,
        Some(Value::Null) | None => true,
        _ => false,
    }
}

/// Other values than those that are there: the round that changes most.
pub(super) fn another_value(
    world: muster_core::script::ProbeContext<'_>,
    put: &Operation,
    plain: &Value,
    before: &Value,
) -> Value {
    let changed = |body: &Value| {
        body.as_object()
            .into_iter()
            .flatten()
            .filter(|(name, value)| before.get(name.as_str()) != Some(value))
            .count()
    };
    [0, 3, 2, 5]
        .into_iter()
        .map(|round| another_body(world, put, plain, round))
        .rev()
        .max_by_key(changed)
        .unwrap_or_else(|| plain.clone())
}

/// A body without its optional members.
pub(super) fn least(script: &Script<'_>, put: &Operation, full: &Value) -> Value {
    let schemas = &script.world.contract.schemas;
    let Some(schema) = shape::body(put) else {
        return full.clone();
    };
    let mut least = full.clone();
    for member in shape::members(schemas, schema) {
        if member.required {
            continue;
        }
        let before = least.clone();
        if let Some(members) = least.as_object_mut() {
            members.shift_remove(&member.name);
        }
        if !schemas.validate_request(schema, &least).is_valid() {
            least = before;
        }
    }
    least
}

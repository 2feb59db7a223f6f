//! `records.write-answer`

use serde_json::Value;

use crate::{
    Applies, Check, Example, Expect, Kind, Scope, ScriptedResponse,
    support::masked_values::is_same_where_shown,
    support::resource::{
        PEOPLE, ResourceOperations, another_body, body_for, brief, changed_by, make, on_create,
        on_item, read, subject,
    },
};
use muster_core::{
    arrange::{answers, shape},
    contract::{Contract, Operation},
    model::Method,
    script::{Halt, Script, Scripted},
    verdict::{Finding, Judgement},
};

/// The check.
pub static CHECK: Check = Check {
    id: "records.write-answer",
    purpose: "The response to a write shows the record as a read right after it does.",
    verifies: "A record of the run's own is created, replaced or changed, and read. The properties \
        that clients decide on and that both the response and the read hold are the same. \
        Properties of one alone, times and counters of the API's own, values that one of them masks, and \
        responses without a record are not compared.",
    matters: "Clients show the response to a write as what is stored now. If it is the old state, \
        or what the client sent and not what was kept, people work with a record that does not \
        exist.",
    fix: "Build the response from the stored record, after the write.",
    kind: Kind::Probe {
        scope: Scope::Operation(applies),
        run,
        writes: true,
    },
    examples: &[
        Example {
            title: "The new state",
            contract: ANSWERS,
            dialogue: &[
                ScriptedResponse::json("POST /people", 201, r#"{"id":"7","name":"Zz"}"#),
                ScriptedResponse::json("GET /people/7", 200, r#"{"id":"7","name":"Zz","at":5}"#),
            ],
            says: Expect::Pass,
        },
        Example {
            title: "Another state",
            contract: ANSWERS,
            dialogue: &[
                ScriptedResponse::json("POST /people", 201, r#"{"id":"7","name":"zz"}"#),
                ScriptedResponse::json("GET /people/7", 200, r#"{"id":"7","name":"Zz"}"#),
            ],
            says: Expect::Fail("differs from the record"),
        },
        Example {
            title: "Masked once it is stored",
            contract: ANSWERS,
            dialogue: &[
                ScriptedResponse::json("POST /people", 201, r#"{"id":"7","name":"Zz"}"#),
                ScriptedResponse::json("GET /people/7", 200, r#"{"id":"7","name":"*****"}"#),
            ],
            says: Expect::Pass,
        },
        Example {
            title: "The old state",
            contract: PEOPLE,
            dialogue: &[
                ScriptedResponse::json("POST /people", 201, r#"{"id":"7"}"#),
                ScriptedResponse::json(
                    "GET /people/7",
                    200,
                    r#"{"id":"7","name":"Zz","held":true}"#,
                ),
                ScriptedResponse::json("PUT /people/7", 200, r#"{"id":"7","held":false}"#),
                ScriptedResponse::json("PATCH /people/7", 200, r#"{"id":"7"}"#),
            ],
            says: Expect::Fail("differs from the record"),
        },
    ],
};

const ANSWERS: &str = "
/people:
  post:
    requestBody: {required: true, content: {application/json: {schema: {type: object, required: [name], properties: {name: {enum: [Zz]}}}}}}
    responses: {'201': {description: Created}}
/people/{id}:
  get:
    responses: {'200': {description: A person}}
";

fn applies(contract: &Contract, operation: &Operation) -> Applies {
    match operation.key.method {
        Method::Post => on_create(contract, operation),
        Method::Put | Method::Patch => on_item(contract, operation, &operation.key.method),
        _ => Applies::Irrelevant,
    }
}

fn run<'a>(script: &mut Script<'a>, operation: Option<&'a Operation>) -> Scripted {
    let operation = subject(operation)?;
    let world = script.world;
    let home = ResourceOperations::of(world, operation)?;
    let held = make(script, &home)?;
    let answer = if operation.key.method == Method::Post {
        held.created.representation.clone()
    } else {
        if shape::body(operation).is_none() {
            return Err(Halt::NotApplicable(format!(
                "{} takes no JSON body.",
                operation.key
            )));
        }
        let plain = body_for(world, operation, &held.sent, "answered")?;
        let body = another_body(world, operation, &plain, 3);
        let purpose = "changes the record";
        let (_, response) = changed_by(script, operation, &held, &plain, &body, purpose)?;
        response
            .json()
            .ok()
            .and_then(|body| answers::record(body, &home.collection.thing))
            .cloned()
    };
    let Some(Value::Object(answer)) = answer else {
        return Err(Halt::NotApplicable("The response holds no record.".into()));
    };
    let read = read(script, &home, &held)?;
    let differs = |name: &String| matches!((answer.get(name), read.get(name)), (Some(said), Some(kept)) if !is_same_where_shown(said, kept));
    let mut wrong: Vec<String> = home.owned(world).into_iter().filter(differs).collect();
    if !wrong.is_empty() {
        // What changes by itself, such as a count that decays, is no difference of the answer's.
        let again = self::read(script, &home, &held)?;
        wrong.retain(|name| again.get(name) == read.get(name));
    }
    let wrong = wrong.into_iter().next();
    Ok(vec![wrong.map_or(Judgement::Pass, |name| {
        Finding::new(
            format!("differs {name}"),
            format!(
                "`{name}` in the response to a write differs from the record that is read after it."
            ),
            brief(read.get(&name)),
            brief(answer.get(&name)),
        )
        .at(operation.pointer.clone())
        .into()
    })])
}

//! `ops.repeat-after-loss`

use std::time::Duration;

use serde_json::Value;

use crate::{
    Check, Example, Expect, Kind, Scope, ScriptedResponse,
    support::bodies::told_apart,
    support::list_operation::Lister,
    support::own_record::{adds, fresh_key, idempotency_key, of_role, same_record, success, with},
    support::probe::reached,
    support::resource::{ResourceOperations, held_of},
};
use muster_core::{
    arrange::{Role, valid_request},
    contract::Operation,
    exchange::{BreakageKind, ConnectionUse, Exchange, Outcome, Request, Response},
    model::Responsible,
    script::{Halt, Script, Scripted},
    verdict::{Finding, Judgement},
};

/// The check.
pub static CHECK: Check = Check {
    id: "ops.repeat-after-loss",
    purpose: "The API creates one record when a creation with a lost response is retried with its \
        Idempotency-Key.",
    verifies: "For each operation that creates and takes an Idempotency-Key, where a collection \
        shows what was made: a creation is sent, and the connection is closed before its response \
        comes: as soon as the request is written, and after 5, 2, 8 and 3 tenths of the shortest \
        time that such a response took before. Then it is repeated with its key, twice. While the \
        first is under way it may be refused with 409 or 425, for 3 s at most, or nothing can be \
        told; then it succeeds, both repeats name the same record, and the collection holds one \
        record with these values. Where every response comes before the connection can be closed, \
        nothing can be told.",
    matters: "This is what the key is for: the line breaks, the officer presses the button again, and the arrest must be \
        there once.",
    fix: "Keep the key, and the response, in the transaction that creates the record, and let that \
        go on when the client is gone: many servers cancel the work of a request whose connection \
        closes.",
    kind: Kind::Probe {
        scope: Scope::Operation(adds),
        run,
        writes: true,
    },
    examples: &[
        Example {
            title: "One record",
            contract: PEOPLE,
            dialogue: &[
                ScriptedResponse::json("POST /people", 201, r#"{"id":"1"}"#),
                ScriptedResponse::broken("POST /people", BreakageKind::HungUp),
                ScriptedResponse::json("POST /people", 201, r#"{"id":"7"}"#),
                ScriptedResponse::json("GET /people", 200, r#"[{"id":"1","name":"Zz Uuuuuuuu"},{"id":"7","name":"Zz Aaaaaaaa"}]"#),
            ],
            says: Expect::Pass,
        },
        Example {
            title: "Two records with the same values",
            contract: PEOPLE,
            dialogue: &[
                ScriptedResponse::json("POST /people", 201, r#"{"id":"1"}"#),
                ScriptedResponse::broken("POST /people", BreakageKind::HungUp),
                ScriptedResponse::json("POST /people", 201, r#"{"id":"7"}"#),
                ScriptedResponse::json(
                    "GET /people",
                    200,
                    r#"[{"id":"1","name":"Zz Uuuuuuuu"},{"id":"6","name":"Zz Aaaaaaaa"},{"id":"7","name":"Zz Aaaaaaaa"}]"#,
                ),
            ],
            says: Expect::Fail("carried out twice"),
        },
        Example {
            title: "A list that masks the names",
            contract: PEOPLE,
            dialogue: &[
                ScriptedResponse::json("POST /people", 201, r#"{"id":"1"}"#),
                ScriptedResponse::broken("POST /people", BreakageKind::HungUp),
                ScriptedResponse::json("POST /people", 201, r#"{"id":"7"}"#),
                ScriptedResponse::json(
                    "GET /people",
                    200,
                    r#"[{"id":"1","name":"Z***"},{"id":"6","name":"Z***"},{"id":"7","name":"Z***"}]"#,
                ),
            ],
            says: Expect::Nothing,
        },
        Example {
            title: "The repeat is refused as under way for good",
            contract: PEOPLE,
            dialogue: &[
                ScriptedResponse::json("POST /people", 201, r#"{"id":"1"}"#),
                ScriptedResponse::broken("POST /people", BreakageKind::HungUp),
                ScriptedResponse::empty("POST /people", 409),
            ],
            says: Expect::Inconclusive,
        },
        Example {
            title: "The repeat is refused",
            contract: PEOPLE,
            dialogue: &[
                ScriptedResponse::json("POST /people", 201, r#"{"id":"1"}"#),
                ScriptedResponse::broken("POST /people", BreakageKind::HungUp),
                ScriptedResponse::empty("POST /people", 422),
            ],
            says: Expect::Fail("receives 422"),
        },
        Example {
            title: "Two repeats, two records",
            contract: PEOPLE,
            dialogue: &[
                ScriptedResponse::json("POST /people", 201, r#"{"id":"1"}"#),
                ScriptedResponse::broken("POST /people", BreakageKind::HungUp),
                ScriptedResponse::json("POST /people", 201, r#"{"id":"7"}"#),
                ScriptedResponse::json("POST /people", 201, r#"{"id":"8"}"#),
            ],
            says: Expect::Fail("a record each"),
        },
        Example {
            title: "The response is always faster",
            contract: PEOPLE,
            dialogue: &[
                ScriptedResponse::json("POST /people", 201, r#"{"id":"1"}"#),
            ],
            says: Expect::Nothing,
        },
        Example {
            title: "No list",
            contract: "
/people:
  post:
    parameters: [{name: Idempotency-Key, in: header, schema: {type: string}}]
    requestBody: {content: {application/json: {schema: {type: object, properties: {name: {type: string}}}}}}
    responses: {'201': {description: Created}}
/people/{id}:
  parameters: [{name: id, in: path, required: true, schema: {type: string}}]
  get: {responses: {'200': {description: A person}}}
",
            dialogue: &[],
            says: Expect::Nothing,
        },
    ],
};

const PEOPLE: &str = "
/people:
  post:
    parameters: [{name: Idempotency-Key, in: header, schema: {type: string}}]
    requestBody: {required: true, content: {application/json: {schema: {type: object, required: [name], properties: {name: {type: string}}}}}}
    responses: {'201': {description: Created}}
  get:
    responses: {'200': {description: People, content: {application/json: {schema: {type: array, items: {type: object, properties: {id: {type: string}, name: {type: string}}}}}}}}
/people/{id}:
  parameters: [{name: id, in: path, required: true, schema: {type: string}}]
  get: {responses: {'200': {description: A person}}}
";

/// After which tenths of the usual time the connection is closed.
const TENTHS: [u32; 5] = [0, 5, 2, 8, 3];
/// How often a repeat that is refused because the first is under way is sent again.
const MOST_WAITS: u32 = 6;
/// From how many bytes on a text of ours is nobody else's.
const TELLING: usize = 8;

fn run<'a>(script: &mut Script<'a>, operation: Option<&'a Operation>) -> Scripted {
    let world = script.world;
    let operation = of_role(script, operation, &[Role::Create])?;
    let (name, parameter) = idempotency_key(script, operation)?;
    let home = ResourceOperations::of(world, operation)?;
    let list = ResourceOperations::other(world, home.collection.list.as_ref())
        .ok_or_else(|| Halt::NotApplicable("No list shows how many records were made.".into()))?;
    let arranged = valid_request(script, operation)?;
    let Some(plain) = arranged.body().cloned() else {
        return Err(Halt::NotApplicable(format!(
            "{} takes no JSON body.",
            operation.key
        )));
    };
    let keyed = |script: &Script<'a>, label: &str| -> Scripted<(Request, Value)> {
        let body = told_apart(world, operation, &plain, label);
        let request = arranged.with_body(world.contract, operation, body.clone())?;
        let key = fresh_key(
            script,
            parameter,
            &format!("{} {label}", operation.key.path),
        );
        Ok((
            with(request, &name, &key, "creates a record with a key"),
            body,
        ))
    };
    let (usual, body) = keyed(script, "usual")?;
    if telling(&plain, &body).is_empty() {
        return Err(Halt::NotApplicable(format!(
            "No text of what {} takes tells one record from another.",
            operation.key
        )));
    }
    let usual = script.send(usual)?;
    let mut took = success(usual)?.timing.first_byte_us;
    let mut rounds = Vec::new();
    for tenths in TENTHS {
        let (request, body) = keyed(script, &format!("lost {tenths}"))?;
        let after = Duration::from_micros(took) * tenths / 10;
        let mut cut = request.clone().over(ConnectionUse::HangUpAfter(after));
        cut.purpose = "creates a record with a key, and hangs up before the response".into();
        let lost = script.send(cut)?;
        match &lost.outcome {
            Outcome::Broken(breakage) if breakage.kind == BreakageKind::HungUp => {}
            Outcome::Broken(_) => continue,
            // Sooner than before, and so is the next try.
            Outcome::Answered(response) => {
                took = took.min(response.timing.first_byte_us);
                continue;
            }
        }
        match repeated(script, operation, &request)? {
            Repeated::Wrong(judgement) => return Ok(vec![judgement]),
            Repeated::Made(exchange) => rounds.push((exchange, body)),
        }
    }
    let Some((first, _)) = rounds.first() else {
        return Err(Halt::NotApplicable(format!(
            "{} responds before a connection can be closed.",
            operation.key
        )));
    };
    let held = held_of(world, &home, &arranged, first).ok_or_else(|| {
        Halt::unmet(
            Responsible::Supplier,
            format!(
                "The response to {} does not tell which record was made.",
                operation.key
            ),
        )
    })?;
    let lister = Lister::of(script, &home, list, &held)?;
    let found = lister.search(script, &[], true, &|_| true)?;
    let id = |exchange: &Exchange| held_of(world, &home, &arranged, exchange).map(|held| held.id);
    let item = |id: &str| {
        let mut items = found.items.iter().copied();
        items.find(|item| lister.id(item).as_deref() == Some(id))
    };
    let usual = id(usual).and_then(|id| item(&id));
    let mut shown = true;
    for (made, body) in &rounds {
        let telling = telling(&plain, body);
        let alike = |one: &Value, other: &Value| {
            telling.iter().all(|name| one.get(name) == other.get(name))
        };
        let id = id(made);
        let own = id.as_deref().and_then(item);
        // A list that masks or leaves out these texts shows every record alike.
        let Some(own) = own.filter(|own| usual.is_some_and(|usual| !alike(own, usual))) else {
            shown = false;
            continue;
        };
        let twin = found
            .items
            .iter()
            .find(|item| lister.id(item) != id && alike(own, item));
        if twin.is_some() {
            return Ok(vec![
                Finding::new(
                    "two",
                    "A creation with a lost response is carried out twice when it is retried with its key.",
                    format!("{}: one record", operation.key),
                    "two records with the same values",
                )
                .shown_by(made.id)
                .at(operation.pointer.clone())
                .into(),
            ]);
        }
    }
    if !found.whole {
        return Err(Halt::unmet(
            Responsible::Muster,
            format!("{} could not be gone through to its end.", list.key),
        ));
    }
    if shown {
        Ok(vec![Judgement::Pass])
    } else {
        Err(Halt::NotApplicable(format!(
            "{} does not tell the records apart that {} makes.",
            list.key, operation.key
        )))
    }
}

/// What came of the repeats.
enum Repeated<'a> {
    /// The answer to the first that was carried out.
    Made(&'a Exchange),
    /// What is wrong with them.
    Wrong(Judgement),
}

/// Repeats a creation until it is no longer refused as being under way, and once more.
fn repeated<'a>(
    script: &mut Script<'a>,
    operation: &Operation,
    request: &Request,
) -> Scripted<Repeated<'a>> {
    let again = Request {
        purpose: "repeats the creation whose response was lost, with its key".into(),
        ..request.clone()
    };
    let mut pause = Duration::from_millis(50);
    let mut waits = 0;
    let mut waited = Duration::ZERO;
    let first = loop {
        let exchange = script.send(again.clone())?;
        let under_way = matches!(exchange.status(), Some(409 | 425));
        if !under_way || waits == MOST_WAITS {
            break exchange;
        }
        waits += 1;
        script.pause(pause)?;
        waited += pause;
        pause *= 2;
    };
    let wrong = |cause: &str, title: String, expected: &str, shown: &Exchange| {
        Ok(Repeated::Wrong(
            Finding::new(
                cause,
                title,
                format!("{}: {expected}", operation.key),
                shown.received(),
            )
            .shown_by(shown.id)
            .at(operation.pointer.clone())
            .into(),
        ))
    };
    let refused = |exchange: &'a Exchange| match reached(exchange) {
        Err(judgement) => Some(Err(judgement)),
        Ok(response) if !Response::is_success(response) => Some(Ok(response.status)),
        Ok(_) => None,
    };
    let second = match refused(first) {
        None => script.send(again)?,
        Some(Err(judgement)) => return Ok(Repeated::Wrong(judgement)),
        // How long a first request may count as under way is said nowhere.
        Some(Ok(status)) if matches!(status, 409 | 425) => {
            return Err(Halt::unmet(
                Responsible::Supplier,
                format!(
                    "A creation with a lost response still receives {status} when it is retried \
                        with its key, {} s later.",
                    waited.as_secs()
                ),
            ));
        }
        Some(Ok(status)) => {
            return wrong(
                &format!("answered {status}"),
                format!(
                    "A creation with a lost response receives {status} when it is retried with its key."
                ),
                "a success",
                first,
            );
        }
    };
    match refused(second) {
        Some(Err(judgement)) => Ok(Repeated::Wrong(judgement)),
        Some(Ok(status)) => wrong(
            &format!("answered {status} later"),
            format!(
                "A creation with a lost response receives {status} when it is retried with its \
                    key once more."
            ),
            "a success, as before",
            second,
        ),
        None if same_record(script, first, second) == Some(false) => wrong(
            "a record each",
            "Two repeats with one key make a record each.".into(),
            "the same record",
            second,
        ),
        None => Ok(Repeated::Made(first)),
    }
}

/// The members whose texts are this body's alone.
fn telling(plain: &Value, body: &Value) -> Vec<String> {
    let members = body.as_object().into_iter().flatten();
    members
        .filter(|(name, value)| {
            value.as_str().is_some_and(|text| text.len() >= TELLING)
                && plain.get(name) != Some(value)
        })
        .map(|(name, _)| name.clone())
        .collect()
}

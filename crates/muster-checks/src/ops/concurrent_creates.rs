//! `ops.concurrent-creates`

use std::collections::BTreeMap;

use crate::{
    Check, Example, Expect, Kind, Scope, ScriptedResponse,
    support::accepted_request::with_body,
    support::bodies::told_apart,
    support::own_record::{
        PEOPLE, adds, fresh_key, idempotency_key, identity_of, of_role, success, with,
    },
};
use muster_core::{
    arrange::{Role, valid_request},
    contract::{Operation, Parameter},
    exchange::Request,
    script::{Halt, Script, Scripted},
    verdict::{Finding, Judgement},
};

/// How many records are created at once.
const AT_ONCE: usize = 4;
/// How often.
const ROUNDS: usize = 2;

/// The check.
pub static CHECK: Check = Check {
    id: "ops.concurrent-creates",
    purpose: "Concurrent creations create different records.",
    verifies: "For each operation that creates: 4 valid requests are sent at once, twice over, \
        each with an Idempotency-Key of its own where the operation takes one. Every response that \
        is a success names another record, by its id or Location. Where equal bodies receive one \
        record also one after the other, the API finds what is there, and nothing is judged. Twelve pairs meet: an API in \
        which one pair in three collides is missed in fewer than 1 run in 100.",
    matters: "Ids that are made of a counter or the clock collide on a busy day, and one force's record \
        ends under another's name.",
    fix: "Let the database give the ids, or use random UUIDs; hold no state between requests that two of \
        them can share.",
    kind: Kind::Probe {
        scope: Scope::Operation(adds),
        run,
        writes: true,
    },
    examples: &[
        Example {
            title: "Eight records",
            contract: PEOPLE,
            dialogue: &[
                ScriptedResponse::json("POST /people", 201, r#"{"id":"1"}"#),
                ScriptedResponse::json("POST /people", 201, r#"{"id":"2"}"#),
                ScriptedResponse::json("POST /people", 201, r#"{"id":"3"}"#),
                ScriptedResponse::json("POST /people", 201, r#"{"id":"4"}"#),
                ScriptedResponse::json("POST /people", 201, r#"{"id":"5"}"#),
                ScriptedResponse::json("POST /people", 201, r#"{"id":"6"}"#),
                ScriptedResponse::json("POST /people", 201, r#"{"id":"7"}"#),
                ScriptedResponse::json("POST /people", 201, r#"{"id":"8"}"#),
            ],
            says: Expect::Pass,
        },
        Example {
            title: "One id twice",
            contract: PEOPLE,
            dialogue: &[
                ScriptedResponse::json("POST /people", 201, r#"{"id":"1"}"#),
                ScriptedResponse::json("POST /people", 201, r#"{"id":"2"}"#),
                ScriptedResponse::json("POST /people", 201, r#"{"id":"2"}"#),
            ],
            says: Expect::Fail("same record"),
        },
        Example {
            title: "One id twice, although one after the other gives two",
            contract: COLOURS,
            dialogue: &[
                ScriptedResponse::json("POST /bikes", 201, r#"{"id":"1"}"#),
                ScriptedResponse::json("POST /bikes", 201, r#"{"id":"1"}"#),
                ScriptedResponse::json("POST /bikes", 201, r#"{"id":"3"}"#),
                ScriptedResponse::json("POST /bikes", 201, r#"{"id":"4"}"#),
                ScriptedResponse::json("POST /bikes", 201, r#"{"id":"5"}"#),
                ScriptedResponse::json("POST /bikes", 201, r#"{"id":"6"}"#),
            ],
            says: Expect::Fail("same record"),
        },
        Example {
            title: "The record with equal content is found, also one after the other",
            contract: COLOURS,
            dialogue: &[ScriptedResponse::json("POST /bikes", 201, r#"{"id":"1"}"#)],
            says: Expect::Nothing,
        },
        Example {
            title: "All refused",
            contract: PEOPLE,
            dialogue: &[ScriptedResponse::empty("POST /people", 409)],
            says: Expect::Inconclusive,
        },
    ],
};

/// Nothing in a body can differ from another.
const COLOURS: &str = "
/bikes:
  post:
    requestBody: {required: true, content: {application/json: {schema: {type: object, required: [colour], properties: {colour: {enum: [red]}}}}}}
    responses: {'201': {description: Created}}
/bikes/{id}:
  parameters: [{name: id, in: path, required: true, schema: {type: string}}]
  get: {responses: {'200': {description: A bike}}}
";

fn run<'a>(script: &mut Script<'a>, operation: Option<&'a Operation>) -> Scripted {
    let operation = of_role(script, operation, &[Role::Create])?;
    let world = script.world;
    let key = idempotency_key(script, operation).ok();
    let mut seen: BTreeMap<String, Request> = BTreeMap::new();
    let mut made = 0;
    for round in 0..ROUNDS {
        let mut requests = Vec::new();
        for place in 0..AT_ONCE {
            let label = format!("{}{round}-{place}", operation.key.path);
            let arranged = valid_request(script, operation)?;
            let mut request = match arranged.body() {
                Some(body) => {
                    let body = told_apart(world, operation, body, &label);
                    with_body(&world, operation, &arranged, &body, &label)?
                }
                None => arranged.request,
            };
            request.purpose = "creates a record at the same time as others".into();
            if let Some((name, parameter)) = &key {
                let key = fresh_key(script, *parameter, &label);
                let purpose = request.purpose.clone();
                request = with(request, name, &key, &purpose);
            }
            requests.push(request);
        }
        let exchanges = script.send_all(requests)?;
        for exchange in exchanges {
            if success(exchange).is_ok() {
                made += 1;
                let Some(identity) = identity_of(script, exchange) else {
                    return Err(Halt::NotApplicable(format!(
                        "The responses of {} name no record.",
                        operation.key
                    )));
                };
                let Some(before) = seen.insert(identity.clone(), exchange.request.clone()) else {
                    continue;
                };
                if finds_equal(script, key.as_ref(), [&before, &exchange.request])? {
                    return Err(Halt::NotApplicable(format!(
                        "{} returns the record that is there for equal content, also one request after the other.",
                        operation.key
                    )));
                }
                return Ok(vec![
                    Finding::new(
                        "same",
                        "Two concurrent creations receive the same record.",
                        format!("{}: a record each", operation.key),
                        identity,
                    )
                    .at(operation.pointer.clone())
                    .shown_by(exchange.id)
                    .into(),
                ]);
            }
        }
        if made == 0
            && let Some(first) = exchanges.first()
        {
            success(first)?;
        }
    }
    Ok(vec![Judgement::Pass])
}

/// Whether two creations with one body receive one record also when they are not concurrent: then the API finds the
/// record with this content, and there is no race.
fn finds_equal(
    script: &mut Script<'_>,
    key: Option<&(String, Option<&Parameter>)>,
    [one, other]: [&Request; 2],
) -> Scripted<bool> {
    let bytes = |request: &Request| request.body.as_ref().map(|body| body.bytes.clone());
    if bytes(one).is_none() || bytes(one) != bytes(other) {
        return Ok(false);
    }
    let mut again = Vec::new();
    for (place, request) in [one, other].into_iter().enumerate() {
        let purpose = "creates with equal content, one request after the other";
        let mut request = request.clone();
        request.purpose = purpose.into();
        if let Some((name, parameter)) = key {
            let label = format!("{} alone {place}", request.path_and_query());
            let key = fresh_key(script, *parameter, &label);
            request = with(request, name, &key, purpose);
        }
        let exchange = script.send(request)?;
        again.push(
            success(exchange)
                .ok()
                .and_then(|_| identity_of(script, exchange)),
        );
    }
    Ok(matches!(again.as_slice(), [Some(one), Some(other)] if one == other))
}

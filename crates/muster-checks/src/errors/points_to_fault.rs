//! `errors.points-to-fault`

use serde_json::{Value, json};

use crate::{
    Applies, Check, Example, Expect, Kind, Scope, ScriptedResponse,
    support::accepted_request::{json_body, wrong},
    support::schema_view::Place,
};
use muster_core::{
    arrange::{Arranged, valid_request},
    contract::{Contract, Operation, Validity},
    exchange::{Exchange, Request, Response},
    model::{Method, Responsible},
    script::{Halt, Script, Scripted},
    verdict::{Finding, Judgement},
};

/// The check.
pub static CHECK: Check = Check {
    id: "errors.points-to-fault",
    purpose: "Problem details name the wrong part of the request, always with the same type, and \
        every part where that is claimed.",
    verifies: "Each operation with a JSON body is sent one with two properties of a wrong type, \
        twice. Where the refusal is a problem (RFC 9457) that lists faults (`errors`, \
        `violations`, `invalid-params` or `details`), the list names at least one of the two \
        properties, by pointer or name; with the claim `all-errors` it names both. Both refusals \
        have the same status and `type`. Refusals of another form, and problems without a list, \
        are not judged.",
    matters: "A person fills a form of forty fields. A response that names the wrong ones is put \
        right in one go; one that names none is put right by guessing. Clients sort problems by \
        `type`, so it must not change.",
    fix: "List every fault with a JSON pointer to its place, and keep one `type` for one kind of problem.",
    kind: Kind::Probe {
        scope: Scope::Operation(applies),
        run,
        writes: true,
    },
    examples: &[
        Example {
            title: "Both places",
            contract: PEOPLE,
            dialogue: &[problem(
                r##"{"type": "/invalid", "status": 400, "errors": [{"pointer": "#/age"}, {"pointer": "#/name"}]}"##,
            )],
            says: Expect::Pass,
        },
        Example {
            title: "No place",
            contract: PEOPLE,
            dialogue: &[problem(
                r#"{"type": "/invalid", "status": 400, "errors": [{"detail": "Something is wrong."}]}"#,
            )],
            says: Expect::Fail("does not point"),
        },
        Example {
            title: "Another type each time",
            contract: PEOPLE,
            dialogue: &[
                problem(r#"{"type": "/problems/1", "errors": [{"pointer": "/age"}]}"#),
                problem(r#"{"type": "/problems/2", "errors": [{"pointer": "/age"}]}"#),
            ],
            says: Expect::Fail("a different type"),
        },
        Example {
            title: "No list",
            contract: PEOPLE,
            dialogue: &[problem(r#"{"type": "/invalid", "status": 400}"#)],
            says: Expect::Nothing,
        },
    ],
};

const fn problem(body: &'static str) -> ScriptedResponse {
    ScriptedResponse::new(
        "POST /people",
        400,
        &[("content-type", "application/problem+json")],
        body,
    )
}

const PEOPLE: &str = "
/people:
  post:
    requestBody: {required: true, content: {application/json: {schema: {type: object, required: [name, age], properties: {name: {type: string}, age: {type: integer}}}}}}
    responses: {'201': {description: Created}, '400': {description: Wrong}}
";

fn applies(_: &Contract, operation: &Operation) -> Applies {
    let writes = matches!(operation.key.method, Method::Post | Method::Put);
    if writes && json_body(operation).is_some() {
        Applies::Yes
    } else {
        Applies::Irrelevant
    }
}

/// A body with two members of a type that is not theirs, and their names.
fn spoilt(
    script: &Script<'_>,
    operation: &Operation,
    arranged: &Arranged,
) -> Option<(Value, [String; 2])> {
    let contract = script.world.contract;
    let (_, schema) = json_body(operation)?;
    let body = arranged.body()?.as_object()?;
    let place = Place::of(contract, schema);
    let mut spoilt = body.clone();
    let mut names = Vec::new();
    for name in body.keys() {
        let member = place.member(name);
        let types = member.types();
        let value = if types.is_empty() {
            continue;
        } else if !types.contains("object") {
            json!({ "zztest": true })
        } else {
            continue;
        };
        let mut one = body.clone();
        one.insert(name.clone(), value.clone());
        let validity = contract
            .schemas
            .validate_request(schema, &Value::Object(one));
        if matches!(validity, Validity::Invalid(_)) {
            spoilt.insert(name.clone(), value);
            names.push(name.clone());
        }
        if names.len() == 2 {
            break;
        }
    }
    let names: [String; 2] = names.try_into().ok()?;
    Some((Value::Object(spoilt), names))
}

fn faults(response: &Response) -> Option<&Vec<Value>> {
    let body = response.json().ok()?;
    [
        "errors",
        "violations",
        "invalid-params",
        "invalidParams",
        "details",
    ]
    .iter()
    .find_map(|name| body.get(name)?.as_array())
    .filter(|list| !list.is_empty())
}

/// Whether a list of faults speaks of a member.
fn names(list: &[Value], member: &str) -> bool {
    fn speaks(value: &Value, member: &str) -> bool {
        match value {
            Value::String(text) => text
                .split(|character: char| {
                    !(character.is_alphanumeric() || matches!(character, '_' | '-'))
                })
                .any(|word| word.eq_ignore_ascii_case(member)),
            Value::Array(items) => items.iter().any(|item| speaks(item, member)),
            Value::Object(members) => members
                .iter()
                .any(|(name, value)| name == member || speaks(value, member)),
            _ => false,
        }
    }
    list.iter().any(|one| speaks(one, member))
}

fn run<'a>(script: &mut Script<'a>, operation: Option<&'a Operation>) -> Scripted {
    let operation =
        operation.ok_or_else(|| Halt::NotApplicable("There is no operation to call.".into()))?;
    let arranged = valid_request(script, operation)?;
    let Some((body, members)) = spoilt(script, operation, &arranged) else {
        return Err(Halt::NotApplicable(format!(
            "The body of {} has no two properties that can be given a wrong type.",
            operation.key
        )));
    };
    let request: Request = wrong(
        arranged.with_body(script.world.contract, operation, body)?,
        "sends two properties of a wrong type",
        "two properties are of a wrong type",
    );
    let first = script.send(request.clone())?;
    let Some(list) = refusal(first).and_then(faults) else {
        return Err(Halt::NotApplicable(format!(
            "{} does not refuse with a problem that lists faults.",
            operation.key
        )));
    };
    let second = script.send(request)?;
    let mut judgements = Vec::new();
    let fail = |cause: &str, title: &str, expected: &str, received: String, shown: &Exchange| {
        Finding::new(
            cause,
            title,
            format!("{}: {expected}", operation.key),
            received,
        )
        .at(operation.pointer.clone())
        .shown_by(shown.id)
        .into()
    };
    let named: Vec<&String> = members.iter().filter(|name| names(list, name)).collect();
    let wanted = members.join(" and ");
    if named.is_empty() {
        judgements.push(fail(
            "no pointer",
            "A problem does not point to what is wrong.",
            &format!("a fault for {wanted}"),
            Value::Array(list.clone())
                .to_string()
                .chars()
                .take(300)
                .collect(),
            first,
        ));
    } else if named.len() < members.len() && script.world.claims.has("all-errors") {
        judgements.push(fail(
            "not all at once",
            "A problem names one of two faults, although all at once are claimed.",
            &format!("faults for {wanted}"),
            format!(
                "a fault for {} alone",
                named.iter().map(|name| name.as_str()).collect::<String>()
            ),
            first,
        ));
    }
    let kind = |exchange: &Exchange| {
        let response = exchange.response()?;
        Some((response.status, response.json().ok()?.get("type").cloned()))
    };
    match (kind(first), kind(second)) {
        (Some(one), Some(other)) if one != other => judgements.push(fail(
            "type changes",
            "The same mistake receives a different type or status each time.",
            "the same status and type for the same request",
            format!("{one:?}, then {other:?}"),
            second,
        )),
        (Some(_), None) => judgements.push(Judgement::inconclusive(
            Responsible::Supplier,
            format!(
                "The same mistake was not refused in the same way twice ({}).",
                second.received()
            ),
        )),
        _ => {}
    }
    if judgements.is_empty() {
        judgements.push(Judgement::Pass);
    }
    Ok(judgements)
}

/// The answer, if it is a refusal by a problem.
fn refusal(exchange: &Exchange) -> Option<&Response> {
    exchange.response().filter(|response| {
        matches!(response.status, 400 | 409 | 422)
            && response.media_type().as_deref() == Some("application/problem+json")
    })
}

//! `ops.concurrent-updates`

use serde_json::Value;

use crate::{
    Applies, Check, Example, Expect, Kind, Scope, ScriptedResponse,
    examples::states::{ROUNDS, state},
    support::own_record::{Own, free_member, member_of, of_role, settled, success, when},
    support::probe::last_variable,
    support::round_trip::is_equal,
};
use muster_core::{
    arrange::Role,
    contract::{Contract, Operation},
    exchange::Response,
    model::Method,
    script::{Halt, Script, Scripted},
    verdict::{Finding, Judgement},
};

/// The check.
pub static CHECK: Check = Check {
    id: "ops.concurrent-updates",
    purpose: "Concurrent updates of different properties are all kept.",
    verifies: "For each PATCH of one record that takes a JSON Merge Patch or plain JSON with at \
        least two properties that are free: two changes, each of another property of a record of \
        the run's own, are sent at once, 7 times over, without a condition. What succeeded can be \
        read afterwards, in both properties. Where changes need a condition (412, 428), \
        `ops.lost-update` judges. An API whose gap is hit every second time is missed once in 128 \
        runs.",
    matters: "A PATCH that reads the whole record, changes it and writes it back undoes what another wrote in between, \
    and returns 200 to both.",
    fix: "Change single columns, or lock the row from reading to writing.",
    kind: Kind::Probe {
        scope: Scope::Operation(applies),
        run,
        writes: true,
    },
    examples: &[
        Example {
            title: "Both are kept",
            contract: PERSON,
            dialogue: &[
                MADE,
                ScriptedResponse::json("PATCH /people/7", 200, "{}"),
                state(0),
                state(1),
                state(2),
                state(3),
                state(4),
                state(5),
                state(6),
                state(7),
                state(8),
                state(9),
            ],
            says: Expect::Pass,
        },
        Example {
            title: "One is lost",
            contract: PERSON,
            dialogue: &[
                MADE,
                ScriptedResponse::json("PATCH /people/7", 200, "{}"),
                ScriptedResponse::json(
                    "GET /people/7",
                    200,
                    r#"{"name":"Zztest B1","notes":"old"}"#,
                ),
            ],
            says: Expect::Fail("is lost"),
        },
    ],
};

const MADE: ScriptedResponse = ScriptedResponse::json("POST /people", 201, r#"{"id":"7"}"#);

const PERSON: &str = "
/people:
  post:
    requestBody: {content: {application/json: {schema: {type: object, properties: {name: {type: string}, notes: {type: string}}}}}}
    responses: {'201': {description: Created}}
/people/{id}:
  get: {responses: {'200': {description: A person}}}
  patch:
    requestBody: {content: {application/merge-patch+json: {schema: {type: object, properties: {name: {type: string}, notes: {type: string}}}}}}
    responses: {'200': {description: Changed}}
";

fn applies(_: &Contract, operation: &Operation) -> Applies {
    when(operation.key.method == Method::Patch && last_variable(&operation.key.path).is_some())
}

fn run<'a>(script: &mut Script<'a>, operation: Option<&'a Operation>) -> Scripted {
    let change = of_role(script, operation, &[Role::Patch])?;
    let own = Own::of(script, change)?;
    for round in 0..ROUNDS {
        let n = 2 * round + 1;
        let one = free_member(script, change, &own.arranged, n, None)?;
        let other = free_member(script, change, &own.arranged, n + 1, Some(&one.0))?;
        let changes = [one, other];
        let mut requests = Vec::new();
        for (member, value) in &changes {
            let body = Value::Object([(member.clone(), value.clone())].into_iter().collect());
            let mut request = own.changing_to(script, body, None)?;
            request.purpose = "changes one property while another request changes another".into();
            requests.push(request);
        }
        let exchanges = script.send_all(requests)?;
        let mut kept: Vec<&(String, Value)> = Vec::new();
        for (exchange, change) in exchanges.iter().zip(&changes) {
            if exchange.response().is_some_and(Response::is_success) {
                kept.push(change);
            }
        }
        let [_, _] = kept.as_slice() else {
            let status = exchanges.iter().find_map(|exchange| {
                exchange
                    .status()
                    .filter(|status| matches!(status, 409 | 412 | 428))
            });
            return match (status, exchanges.first(), exchanges.last()) {
                (Some(status), ..) => Err(Halt::NotApplicable(format!(
                    "{} returns {status} to a change without a condition while another is under way.",
                    change.key
                ))),
                (None, Some(first), Some(last)) => {
                    success(first)?;
                    success(last)?;
                    Ok(vec![Judgement::Pass])
                }
                _ => Ok(vec![Judgement::Pass]),
            };
        };
        let shows = |response: &Response| {
            kept.iter().all(|(member, value)| {
                member_of(response, member).is_some_and(|now| is_equal(now, value))
            })
        };
        let reading = own.reading("reads the record after both changes");
        let read = success(settled(script, &reading, shows)?)?;
        for (member, value) in kept {
            match member_of(read, member) {
                Some(now) if is_equal(now, value) => {}
                None => {
                    return Ok(vec![Judgement::not_applicable(format!(
                        "`{member}` is not in what {} shows.",
                        own.read.key
                    ))]);
                }
                Some(now) => {
                    return Ok(vec![
                        Finding::new(
                            "lost",
                            "A change is lost when another property is changed concurrently.",
                            format!("{}: `{member}` is {value}", own.read.key),
                            now.to_string(),
                        )
                        .at(change.pointer.clone())
                        .into(),
                    ]);
                }
            }
        }
    }
    Ok(vec![Judgement::Pass])
}

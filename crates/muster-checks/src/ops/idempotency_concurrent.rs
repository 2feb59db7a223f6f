//! `ops.idempotency-concurrent`

use crate::{
    Check, Example, Expect, Kind, Scope, ScriptedResponse,
    examples::states::ROUNDS,
    support::own_record::{
        PEOPLE, adds, fresh_key, idempotency_key, of_role, same_record, success, with,
    },
    support::probe::reached,
};
use muster_core::{
    arrange::{Role, valid_request},
    contract::Operation,
    exchange::{Exchange, Response},
    script::{Script, Scripted},
    verdict::{Finding, Judgement},
};

/// The check.
pub static CHECK: Check = Check {
    id: "ops.idempotency-concurrent",
    purpose: "The API creates one record for two concurrent creations with one Idempotency-Key.",
    verifies: "For each operation that creates and takes an Idempotency-Key: the same request is \
        sent twice at once with one fresh key, 7 times over. Either both responses name the same \
        record, or one is refused with 409, 422 or another refusal while the other is under way. \
        Two records fail. An API whose gap is hit every second time is missed once in 128 runs.",
    matters: "Repeats come while the first request is still running: that is when clients lose patience.",
    fix: "Reserve the key by a unique index before anything is created, not after.",
    kind: Kind::Probe {
        scope: Scope::Operation(adds),
        run,
        writes: true,
    },
    examples: &[
        Example {
            title: "One record",
            contract: PEOPLE,
            dialogue: &[ScriptedResponse::json("POST /people", 201, r#"{"id":"7"}"#)],
            says: Expect::Pass,
        },
        Example {
            title: "Two records",
            contract: PEOPLE,
            dialogue: &[
                ScriptedResponse::json("POST /people", 201, r#"{"id":"7"}"#),
                ScriptedResponse::json("POST /people", 201, r#"{"id":"8"}"#),
            ],
            says: Expect::Fail("two records"),
        },
    ],
};

fn run<'a>(script: &mut Script<'a>, operation: Option<&'a Operation>) -> Scripted {
    let operation = of_role(script, operation, &[Role::Create])?;
    let (name, parameter) = idempotency_key(script, operation)?;
    for round in 0..ROUNDS {
        let request = valid_request(script, operation)?.request;
        let key = fresh_key(script, parameter, &format!("{}{round}", operation.key.path));
        let request = with(
            request,
            &name,
            &key,
            "creates a record with the key of another request at the same time",
        );
        let exchanges = script.send_all(vec![request.clone(), request])?;
        let mut made: Vec<&Exchange> = Vec::new();
        for exchange in exchanges {
            match reached(exchange) {
                Err(judgement) => return Ok(vec![judgement]),
                Ok(response) if Response::is_success(response) => made.push(exchange),
                Ok(_) => {}
            }
        }
        match made.as_slice() {
            // What the request is about may be taken after the first round: that is a rule of the API's own.
            [] if round > 0 => break,
            [] => {
                if let Some(first) = exchanges.first() {
                    success(first)?;
                }
            }
            [one, other] if same_record(script, one, other) == Some(false) => {
                return Ok(vec![
                    Finding::new(
                        "two",
                        "Two concurrent requests with one key create two records.",
                        format!("{}: one record", operation.key),
                        "two records",
                    )
                    .at(operation.pointer.clone())
                    .into(),
                ]);
            }
            _ => {}
        }
    }
    Ok(vec![Judgement::Pass])
}

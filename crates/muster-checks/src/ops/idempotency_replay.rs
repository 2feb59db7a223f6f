//! `ops.idempotency-replay`

use crate::{
    Check, Example, Expect, Kind, Scope, ScriptedResponse,
    support::own_record::{
        PEOPLE, adds, fresh_key, idempotency_key, of_role, same_record, success, with,
        without_stamps,
    },
    support::probe::reached,
};
use muster_core::{
    arrange::{Role, valid_request},
    contract::Operation,
    script::{Script, Scripted},
    verdict::{Finding, Judgement},
};

/// The check.
pub static CHECK: Check = Check {
    id: "ops.idempotency-replay",
    purpose: "The API returns the same response to a repeated creation with its Idempotency-Key, \
        and creates no second record.",
    verifies: "For each operation that creates and takes an Idempotency-Key, by the contract or by \
        a claim of `idempotency-key`: the same request is sent twice with one fresh key. The \
        second response has the same status, names the same record (its id or Location), and shows \
        the same content; moments and versions may differ. 200 in place of 201 is taken for the \
        same.",
    matters: "Connections break after the server has acted. The client can only repeat, and must not book \
        the same arrest twice.",
    fix: "Keep the key with the response, in the transaction that creates the record, and send that response again.",
    kind: Kind::Probe {
        scope: Scope::Operation(adds),
        run,
        writes: true,
    },
    examples: &[
        Example {
            title: "The same record",
            contract: PEOPLE,
            dialogue: &[ScriptedResponse::json("POST /people", 201, r#"{"id":"7"}"#)],
            says: Expect::Pass,
        },
        Example {
            title: "A second record",
            contract: PEOPLE,
            dialogue: &[
                ScriptedResponse::json("POST /people", 201, r#"{"id":"7"}"#),
                ScriptedResponse::json("POST /people", 201, r#"{"id":"8"}"#),
            ],
            says: Expect::Fail("second record"),
        },
        Example {
            title: "The repeat is refused",
            contract: PEOPLE,
            dialogue: &[
                ScriptedResponse::json("POST /people", 201, r#"{"id":"7"}"#),
                ScriptedResponse::empty("POST /people", 409),
            ],
            says: Expect::Fail("receives 409"),
        },
        Example {
            title: "No key",
            contract: "
/people:
  post:
    requestBody: {content: {application/json: {schema: {type: object}}}}
    responses: {'201': {description: Created}}
",
            dialogue: &[],
            says: Expect::Nothing,
        },
    ],
};

fn run<'a>(script: &mut Script<'a>, operation: Option<&'a Operation>) -> Scripted {
    let operation = of_role(script, operation, &[Role::Create])?;
    let (name, parameter) = idempotency_key(script, operation)?;
    let request = valid_request(script, operation)?.request;
    let key = fresh_key(script, parameter, operation.key.path.as_ref());
    let request = with(request, &name, &key, "creates a record with a key");
    let first = script.send(request.clone())?;
    let made = success(first)?;
    let repeat = with(
        request,
        &name,
        &key,
        "repeats the creation with the same key",
    );
    let second = script.send(repeat)?;
    let again = match reached(second) {
        Ok(response) => response,
        Err(judgement) => return Ok(vec![judgement]),
    };
    let finding = if !again.is_success() {
        Some(Finding::new(
            format!("answered {}", again.status),
            format!(
                "A retry with the same key and body receives {}.",
                again.status
            ),
            format!("{}: {} as before", operation.key, made.status),
            second.received(),
        ))
    } else if same_record(script, first, second) == Some(false) {
        Some(Finding::new(
            "second",
            "A retry with the same key creates a second record.",
            format!("{}: the record of the first request", operation.key),
            "another record",
        ))
    } else {
        match (made.json(), again.json()) {
            (Ok(one), Ok(other)) if without_stamps(one) != without_stamps(other) => {
                Some(Finding::new(
                    "differs",
                    "A retry with the same key receives another response than the first request.",
                    format!("{}: the same body", operation.key),
                    "another body",
                ))
            }
            _ => None,
        }
    };
    Ok(vec![finding.map_or(Judgement::Pass, |finding| {
        finding.at(operation.pointer.clone()).into()
    })])
}

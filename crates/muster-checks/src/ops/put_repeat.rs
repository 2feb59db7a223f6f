//! `ops.put-repeat`

use crate::{
    Applies, Check, Example, Expect, Kind, Scope, ScriptedResponse,
    support::own_record::{Own, PEOPLE, of_role, success, when},
    support::probe::{last_variable, reached},
};
use muster_core::{
    arrange::Role,
    contract::{Contract, Operation},
    exchange::{Address, Request},
    model::Method,
    script::{Script, Scripted},
    verdict::{Finding, Judgement},
};

/// The check.
pub static CHECK: Check = Check {
    id: "ops.put-repeat",
    purpose: "The API reports no error for a repeated replacement or deletion.",
    verifies: "For each PUT of one record: a record of the run's own is replaced twice by the same \
        request. The repeat is a success. Where it can be deleted, it is deleted twice: the second \
        response is 204, 200, 404 or 410. Where the second PUT is refused for want of a condition \
        (412, 428), nothing is judged. That the record is as before is judged by \
        records.replace-is-idempotent.",
    matters: "HTTP libraries and proxies repeat PUT and DELETE on their own when a connection breaks, \
        because they may (RFC 9110 §9.2.2).",
    fix: "Let PUT set the whole record and add nothing; do not take an unchanged row for a missing one.",
    kind: Kind::Probe {
        scope: Scope::Operation(applies),
        run,
        writes: true,
    },
    examples: &[
        Example {
            title: "The same twice",
            contract: PEOPLE,
            dialogue: &[
                ScriptedResponse::json("POST /people", 201, r#"{"id":"7"}"#),
                ScriptedResponse::json("PUT /people/7", 200, "{}"),
            ],
            says: Expect::Pass,
        },
        Example {
            title: "The repeat finds nothing",
            contract: PEOPLE,
            dialogue: &[
                ScriptedResponse::json("POST /people", 201, r#"{"id":"7"}"#),
                ScriptedResponse::json("PUT /people/7", 200, "{}"),
                ScriptedResponse::empty("PUT /people/7", 404),
            ],
            says: Expect::Fail("receives 404"),
        },
    ],
};

fn applies(_: &Contract, operation: &Operation) -> Applies {
    when(operation.key.method == Method::Put && last_variable(&operation.key.path).is_some())
}

fn run<'a>(script: &mut Script<'a>, operation: Option<&'a Operation>) -> Scripted {
    let change = of_role(script, operation, &[Role::Replace])?;
    let own = Own::of(script, change)?;
    let mut request = own.changing(script, 1, None)?;
    success(script.send(request.clone())?)?;
    request.purpose = "replaces the record by the same again".into();
    let exchange = script.send(request)?;
    let response = match reached(exchange) {
        Ok(response) => response,
        Err(judgement) => return Ok(vec![judgement]),
    };
    if matches!(response.status, 412 | 428) {
        return Ok(vec![Judgement::not_applicable(format!(
            "{} takes no change without a condition.",
            change.key
        ))]);
    }
    if !response.is_success() {
        return Ok(vec![
            Finding::new(
                format!("answered {}", response.status),
                format!("A repeated replacement receives {}.", response.status),
                format!("{}: a success, as before", change.key),
                exchange.received(),
            )
            .at(change.pointer.clone())
            .into(),
        ]);
    }
    deletion(script, &own)
}

fn deletion<'a>(script: &mut Script<'a>, own: &Own<'a>) -> Scripted {
    let world = script.world;
    let Some(delete) = world
        .relations
        .collection(&own.change.key)
        .and_then(|collection| world.contract.operation(collection.delete.as_ref()?))
    else {
        return Ok(vec![Judgement::Pass]);
    };
    let request = |purpose: &str| {
        Request::new(Method::Delete, Address::Base(own.path.clone()), purpose).calling(&delete.key)
    };
    let first = script.send(request("deletes a record of the run's own"))?;
    if !first
        .response()
        .is_some_and(|response| response.is_success())
    {
        return Ok(vec![Judgement::Pass]);
    }
    let exchange = script.send(request("deletes it again"))?;
    let judgement = match reached(exchange) {
        Err(judgement) => judgement,
        Ok(response) if response.is_success() || matches!(response.status, 404 | 410) => {
            Judgement::Pass
        }
        Ok(response) => Finding::new(
            format!("deletion answered {}", response.status),
            format!("A repeated deletion receives {}.", response.status),
            format!("{}: 204, 404 or 410", delete.key),
            exchange.received(),
        )
        .at(delete.pointer.clone())
        .into(),
    };
    Ok(vec![judgement])
}

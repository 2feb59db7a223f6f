//! `ops.head`

use crate::{
    Applies, Check, Example, Expect, Kind, Scope, ScriptedResponse,
    support::own_record::{success, when},
    support::probe::reached,
};
use muster_core::{
    arrange::valid_request,
    contract::{Contract, Operation},
    model::Method,
    script::{Halt, Script, Scripted},
    verdict::{Finding, Judgement},
};

/// The check.
pub static CHECK: Check = Check {
    id: "ops.head",
    purpose: "The API offers HEAD wherever it offers GET.",
    verifies: "Each GET that succeeds is sent again as HEAD, and the status is the same, whether the contract \
        declares HEAD or not. What HEAD says of the representation is judged by records.head-equals-get.",
    matters: "Monitors, link checkers and caches ask with HEAD; a 405 or 500 to it looks like an outage.",
    fix: "Route HEAD to the handler of GET and drop the body at the end (RFC 9110 §9.1).",
    kind: Kind::Probe {
        scope: Scope::Operation(applies),
        run,
        writes: false,
    },
    examples: &[
        Example {
            title: "As GET",
            contract: PEOPLE,
            dialogue: &[
                ScriptedResponse::json("GET /people", 200, "{}"),
                ScriptedResponse::empty("HEAD /people", 200),
            ],
            says: Expect::Pass,
        },
        Example {
            title: "Not offered",
            contract: PEOPLE,
            dialogue: &[
                ScriptedResponse::json("GET /people", 200, "{}"),
                ScriptedResponse::empty("HEAD /people", 405),
            ],
            says: Expect::Fail("receives 405"),
        },
    ],
};

const PEOPLE: &str = "/people: {get: {responses: {'200': {description: People}}}}";

fn applies(_: &Contract, operation: &Operation) -> Applies {
    when(operation.key.method == Method::Get)
}

fn run<'a>(script: &mut Script<'a>, operation: Option<&'a Operation>) -> Scripted {
    let operation =
        operation.ok_or_else(|| Halt::NotApplicable("There is nothing to read.".into()))?;
    let request = valid_request(script, operation)?.request;
    let full = success(script.send(request.clone())?)?;
    let mut head = request;
    head.method = Method::Head;
    head.operation = None;
    head.purpose = "sends HEAD".into();
    let exchange = script.send(head)?;
    let response = match reached(exchange) {
        Ok(response) => response,
        Err(judgement) => return Ok(vec![judgement]),
    };
    if response.status == full.status {
        return Ok(vec![Judgement::Pass]);
    }
    Ok(vec![
        Finding::new(
            format!("answered {}", response.status),
            format!("HEAD receives {}, GET {}.", response.status, full.status),
            format!("HEAD {}: {}", operation.key.path, full.status),
            exchange.received(),
        )
        .at(operation.pointer.clone())
        .into(),
    ])
}

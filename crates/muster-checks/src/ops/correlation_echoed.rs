//! `ops.correlation-echoed`

use crate::{
    Applies, Check, Example, Expect, Kind, Scope, ScriptedResponse,
    support::own_record::{fresh_key, when, with},
    support::probe::reached,
};
use muster_core::{
    arrange::{meaning, valid_request},
    contract::{Contract, Operation, Parameter},
    model::{Method, ParameterRole},
    script::{Halt, Script, Scripted},
    verdict::{Finding, Judgement},
};

/// The check.
pub static CHECK: Check = Check {
    id: "ops.correlation-echoed",
    purpose: "The API returns the correlation id of the request in the response.",
    verifies: "For each GET that takes a header for a correlation or request id and documents a \
        response header of the same name: a valid request with a fresh id is sent, and the \
        response has the same id. Trace Context (traceparent) goes on to other services and need \
        not come back; it is not judged.",
    matters: "When something goes wrong between two forces, the id is what finds the same request in the \
        logs of both.",
    fix: "Take the id of the request over into the response and the log, and make one only where \
        none came.",
    kind: Kind::Probe {
        scope: Scope::Operation(applies),
        run,
        writes: false,
    },
    examples: &[
        Example {
            title: "Another id",
            contract: LIST,
            dialogue: &[ScriptedResponse::new(
                "GET /people",
                200,
                &[("x-request-id", "other")],
                "",
            )],
            says: Expect::Fail("another"),
        },
        Example {
            title: "None is returned",
            contract: LIST,
            dialogue: &[ScriptedResponse::empty("GET /people", 200)],
            says: Expect::Fail("no X-Request-Id"),
        },
        Example {
            title: "The same id",
            contract: LIST,
            dialogue: &[ScriptedResponse::new(
                "GET /people",
                200,
                &[("x-request-id", SAME)],
                "",
            )],
            says: Expect::Pass,
        },
        Example {
            title: "No such header",
            contract: "/people: {get: {responses: {'200': {description: People}}}}",
            dialogue: &[],
            says: Expect::Nothing,
        },
    ],
};

/// The id that the examples' conversation sends.
const SAME: &str = "4494e13d-2cb9-4d8e-a80a-f06cfa4d84a6";
const LIST: &str = "
/people:
  get:
    parameters: [{name: X-Request-Id, in: header, schema: {type: string}}]
    responses: {'200': {description: People, headers: {X-Request-Id: {schema: {type: string}}}}}
";

fn correlation<'o>(contract: &Contract, operation: &'o Operation) -> Option<&'o Parameter> {
    let parameter = meaning::parameter(contract, operation, ParameterRole::Correlation)?;
    let documented = operation.responses.iter().any(|response| {
        (200..300).any(|status| response.status.matches(status))
            && response
                .headers
                .iter()
                .any(|header| header.name.eq_ignore_ascii_case(&parameter.name))
    });
    documented.then_some(parameter)
}

fn applies(contract: &Contract, operation: &Operation) -> Applies {
    when(operation.key.method == Method::Get && correlation(contract, operation).is_some())
}

fn run<'a>(script: &mut Script<'a>, operation: Option<&'a Operation>) -> Scripted {
    let contract = script.world.contract;
    let Some((operation, parameter)) =
        operation.and_then(|operation| Some((operation, correlation(contract, operation)?)))
    else {
        return Err(Halt::NotApplicable("No correlation id is taken.".into()));
    };
    let request = valid_request(script, operation)?.request;
    let id = fresh_key(script, Some(parameter), operation.key.path.as_ref());
    let name = parameter.name.as_str();
    let exchange = script.send(with(request, name, &id, "sends a correlation id"))?;
    let response = match reached(exchange) {
        Ok(response) => response,
        Err(judgement) => return Ok(vec![judgement]),
    };
    let title = match response.headers.get(name) {
        Some(came) if came == id => return Ok(vec![Judgement::Pass]),
        Some(_) => format!("The response has another {name} than the request."),
        None => format!("The response has no {name}, although the request had one."),
    };
    Ok(vec![
        Finding::new(
            "not echoed",
            title,
            format!("{}: {name}: {id}", operation.key),
            response.headers.get(name).unwrap_or("none"),
        )
        .at(operation.pointer.clone())
        .into(),
    ])
}

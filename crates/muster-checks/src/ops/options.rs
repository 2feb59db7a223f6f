//! `ops.options`

use crate::{
    Applies, Check, Example, Expect, Kind, Scope, ScriptedResponse,
    support::own_record::when,
    support::probe::{is_first_of_path, methods_at, path, reached},
};
use muster_core::{
    arrange::valid_request,
    contract::{Contract, Operation},
    exchange::{Address, Request},
    model::Method,
    script::{Halt, Script, Scripted},
    verdict::{Finding, Judgement},
};

/// The check.
pub static CHECK: Check = Check {
    id: "ops.options",
    purpose: "The OPTIONS response of a path names every method that the path offers.",
    verifies: "OPTIONS is sent once to each path that begins with a GET in the contract. Where it \
        receives a success and Allow, that names every method which the contract declares on the \
        path; HEAD, OPTIONS and others may come on top. An API that does not take OPTIONS (404, \
        405, 501), or responds without Allow as it may, is not judged.",
    matters: "Gateways and clients that ask first believe the response, and never send what is not \
        in it.",
    fix: "Make Allow of the same table that routes requests.",
    kind: Kind::Probe {
        scope: Scope::Operation(applies),
        run,
        writes: false,
    },
    examples: &[
        Example {
            title: "All methods",
            contract: PEOPLE,
            dialogue: &[ScriptedResponse::new(
                "OPTIONS /people",
                204,
                &[("allow", "GET, HEAD, POST")],
                "",
            )],
            says: Expect::Pass,
        },
        Example {
            title: "One is not named",
            contract: PEOPLE,
            dialogue: &[ScriptedResponse::new(
                "OPTIONS /people",
                204,
                &[("allow", "GET, HEAD")],
                "",
            )],
            says: Expect::Fail("does not name POST"),
        },
        Example {
            title: "OPTIONS is not offered",
            contract: PEOPLE,
            dialogue: &[ScriptedResponse::empty("OPTIONS /people", 405)],
            says: Expect::Nothing,
        },
    ],
};

const PEOPLE: &str = "
/people:
  get: {responses: {'200': {description: People}}}
  post: {responses: {'201': {description: Created}}}
";

fn applies(contract: &Contract, operation: &Operation) -> Applies {
    when(operation.key.method == Method::Get && is_first_of_path(contract, operation))
}

fn run<'a>(script: &mut Script<'a>, operation: Option<&'a Operation>) -> Scripted {
    let operation =
        operation.ok_or_else(|| Halt::NotApplicable("There is no path to ask.".into()))?;
    let arranged = valid_request(script, operation)?;
    let place = path(&arranged.request).to_owned();
    let request = Request::new(
        Method::Options,
        Address::Base(place.clone()),
        "asks which methods a path has",
    );
    let exchange = script.send(request)?;
    let response = match reached(exchange) {
        Ok(response) => response,
        Err(judgement) => return Ok(vec![judgement]),
    };
    let allow: Vec<&str> = response.headers.all("allow").collect();
    if !response.is_success() || allow.is_empty() {
        return Ok(vec![Judgement::not_applicable(format!(
            "OPTIONS on {} returned {} without naming methods.",
            operation.key.path, response.status
        ))]);
    }
    let named = allow.join(",").to_ascii_uppercase();
    let missing = methods_at(script.world.contract, &place)
        .into_iter()
        .find(|method| !named.split(',').any(|name| name.trim() == method.as_str()));
    Ok(vec![missing.map_or(Judgement::Pass, |method| {
        Finding::new(
            "incomplete",
            format!(
                "Allow in the response to OPTIONS does not name {method}, which the contract has."
            ),
            format!("{}: Allow with {method}", operation.key.path),
            allow.join(", "),
        )
        .at(operation.pointer.clone())
        .into()
    })])
}

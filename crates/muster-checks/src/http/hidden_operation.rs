//! `http.hidden-operation`

use crate::{
    Applies, Check, Example, Expect, Kind, Scope, ScriptedResponse,
    support::probe::{hazard_of_path, is_first_of_path, methods_at},
    support::resource::{
        CreatedRecord, PEOPLE, ResourceOperations, answered, make_simple, on_item,
    },
};
use muster_core::{
    contract::{Contract, Operation},
    exchange::{Address, Auth, Body, Intent, Request, Response},
    model::Method,
    script::{Halt, Script, Scripted},
    verdict::{Finding, Judgement},
};

/// The check.
pub static CHECK: Check = Check {
    id: "http.hidden-operation",
    purpose: "The API has no undeclared operation that changes a record.",
    verifies: "On a record of the run's own, the methods that the contract does not declare there \
        are tried, PATCH, PUT and POST with a body that no API can apply, and DELETE. A response \
        of success is a failure; so is 409, 412, 422 or 428 where another undeclared method of the \
        same path receives 405, since then this one is routed. 400, 411 and 415 are not judged: \
        gateways and frameworks refuse a body by its kind before they look at the path. Lists are \
        left alone, since they hold more than the run's own.",
    matters: "What nobody wrote down is nobody's responsibility: not tested, not logged, not guarded. A DELETE \
        that the contract does not have takes evidence away without a trace.",
    fix: "Take the operation away, or declare it in the contract with who may call it.",
    kind: Kind::Probe {
        scope: Scope::Operation(applies),
        run,
        writes: true,
    },
    examples: &[
        Example {
            title: "Nothing but what is declared",
            contract: PEOPLE,
            dialogue: &[
                ScriptedResponse::json("POST /people", 201, r#"{"id":"7"}"#),
                ScriptedResponse::empty("POST /people/7", 405),
            ],
            says: Expect::Pass,
        },
        Example {
            title: "A POST that does something",
            contract: PEOPLE,
            dialogue: &[
                ScriptedResponse::json("POST /people", 201, r#"{"id":"7"}"#),
                ScriptedResponse::empty("POST /people/7", 200),
            ],
            says: Expect::Fail("does not declare"),
        },
        Example {
            title: "A PUT that wants a body, where POST is unknown",
            contract: READ_ONLY,
            dialogue: &[
                ScriptedResponse::json("POST /people", 201, r#"{"id":"7"}"#),
                ScriptedResponse::empty("PATCH /people/7", 405),
                ScriptedResponse::empty("PUT /people/7", 422),
                ScriptedResponse::empty("POST /people/7", 405),
                ScriptedResponse::empty("DELETE /people/7", 405),
            ],
            says: Expect::Fail("does not declare"),
        },
        Example {
            title: "A gateway that knows no PATCH, before a framework that reads JSON alone",
            contract: READ_ONLY,
            dialogue: &[
                ScriptedResponse::json("POST /people", 201, r#"{"id":"7"}"#),
                ScriptedResponse::empty("PATCH /people/7", 405),
                ScriptedResponse::empty("PUT /people/7", 415),
                ScriptedResponse::empty("POST /people/7", 415),
                ScriptedResponse::empty("DELETE /people/7", 405),
            ],
            says: Expect::Nothing,
        },
    ],
};

const READ_ONLY: &str = "
/people:
  post: {responses: {'201': {description: Created}}}
/people/{id}:
  get: {responses: {'200': {description: A person}}}
";

/// A media type that no API can apply.
const NO_BODY: &str = "application/vnd.muster.none";

fn applies(contract: &Contract, operation: &Operation) -> Applies {
    if let Some(reason) = hazard_of_path(contract, operation) {
        return Applies::No(format!("{reason} No other method is tried there."));
    }
    if is_first_of_path(contract, operation) {
        on_item(contract, operation, &operation.key.method)
    } else {
        Applies::Irrelevant
    }
}

fn run<'a>(script: &mut Script<'a>, operation: Option<&'a Operation>) -> Scripted {
    let operation =
        operation.ok_or_else(|| Halt::NotApplicable("There is no operation.".into()))?;
    let world = script.world;
    let template = &operation.key.path;
    let home = ResourceOperations::of(world, operation)?;
    let CreatedRecord { created, path, .. } = make_simple(script, &home)?;
    let declared = methods_at(world.contract, &path);
    let mut answers: Vec<(Method, u16, String)> = Vec::new();
    let methods = [Method::Patch, Method::Put, Method::Post, Method::Delete];
    for method in methods
        .into_iter()
        .filter(|method| !declared.contains(method))
    {
        let mut request = Request::new(
            method.clone(),
            Address::Base(path.clone()),
            "uses a method that the contract does not declare here",
        )
        .meant(Intent::Wrong("the method is not declared".into()));
        request.auth = Auth::Declared;
        request.body = (method != Method::Delete).then(|| Body {
            media_type: Some(NO_BODY.into()),
            bytes: bytes::Bytes::new(),
        });
        request.identity = created.arranged.request.identity.clone();
        let exchange = script.send(request)?;
        let response: &Response = answered(exchange)?;
        answers.push((method, response.status, exchange.received()));
    }
    let one_is_not = answers.iter().any(|(_, status, _)| *status == 405);
    let routed = |status: u16| match status {
        200..300 => true,
        409 | 412 | 422 | 428 => one_is_not,
        _ => false,
    };
    if answers.is_empty() {
        return Err(Halt::NotApplicable(format!(
            "Every method that can be tried is declared on {template}."
        )));
    }
    let mut judgements: Vec<Judgement> = answers
        .iter()
        .filter(|(_, status, _)| routed(*status))
        .map(|(method, _, received)| {
            Finding::new(
                format!("hidden {method}"),
                "The API has an operation that the contract does not declare.",
                format!("{method} {template}: 405"),
                received.clone(),
            )
            .at(operation.pointer.clone())
            .into()
        })
        .collect();
    if judgements.is_empty()
        && answers
            .iter()
            .all(|(_, status, _)| matches!(status, 404 | 405 | 501))
    {
        judgements.push(Judgement::Pass);
    }
    if judgements.is_empty() {
        return Err(Halt::NotApplicable(format!(
            "The responses of {template} to methods that the contract does not declare do not show whether they are \
            supported."
        )));
    }
    Ok(judgements)
}

//! `security.body-limit`

use crate::{
    Applies, Check, Example, Expect, Kind, Scope, ScriptedResponse, support::tokens::judge,
};
use muster_core::{
    arrange::valid_request,
    contract::{Contract, Operation, StatusPattern},
    exchange::{BreakageKind, Intent, Outcome},
    model::{Method, Parameters, Responsible},
    script::{Halt, Script, Scripted},
    verdict::{Finding, Judgement},
};

/// The check.
pub static CHECK: Check = Check {
    id: "security.body-limit",
    purpose: "The API refuses a body that is too large.",
    verifies: "A valid body, made large by blanks at its end, is sent to the first operation that \
        documents 413: one byte more than `body_limit_bytes`, or four megabytes where the target \
        does not say its limit. The response is 413 or 400. A success is a failure where the limit \
        is known, and inconclusive where it is not.",
    matters: "A service that reads whatever it is sent can be filled up by one client until it \
        serves nobody.",
    fix: "Limit the body before it is read into memory, return 413, and document the limit.",
    kind: Kind::Probe {
        scope: Scope::Target(applies),
        run,
        writes: true,
    },
    examples: &[
        Example {
            title: "Refused",
            contract: PEOPLE,
            dialogue: &[ScriptedResponse::empty("POST /people", 413)],
            says: Expect::Pass,
        },
        Example {
            title: "A crash",
            contract: PEOPLE,
            dialogue: &[ScriptedResponse::empty("POST /people", 500)],
            says: Expect::Fail("500"),
        },
        Example {
            title: "Taken, with no limit known",
            contract: PEOPLE,
            dialogue: &[ScriptedResponse::empty("POST /people", 201)],
            says: Expect::Inconclusive,
        },
        Example {
            title: "No response at all",
            contract: PEOPLE,
            dialogue: &[ScriptedResponse::broken(
                "POST /people",
                BreakageKind::TimedOut,
            )],
            says: Expect::Fail("no response"),
        },
    ],
};

const PEOPLE: &str = "
/people:
  post:
    requestBody: {content: {application/json: {schema: {type: object, properties: {name: {type: string}}}}}}
    responses: {'201': {description: A person}, '413': {description: Too large}}
";

/// More than any record is, where no parameter tells the limit.
const LARGE: usize = 4 * 1024 * 1024;

fn subject(contract: &Contract) -> Option<&Operation> {
    contract.operations.iter().find(|operation| {
        operation.key.method == Method::Post
            && operation
                .body
                .iter()
                .flat_map(|body| &body.content)
                .any(|media| media.is_json())
            && operation
                .responses
                .iter()
                .any(|response| response.status == StatusPattern::Exact(413))
    })
}

fn applies(contract: &Contract, _: &Parameters) -> Applies {
    match subject(contract) {
        Some(_) => Applies::Yes,
        None => Applies::No("No operation that takes JSON documents 413.".into()),
    }
}

fn run<'a>(script: &mut Script<'a>, _: Option<&'a Operation>) -> Scripted {
    let world = script.world;
    let Some(operation) = subject(world.contract) else {
        return Err(Halt::NotApplicable("No operation documents 413.".into()));
    };
    let limit = world
        .parameters
        .integer("body_limit_bytes")
        .and_then(|limit| usize::try_from(limit).ok());
    let mut request = valid_request(script, operation)?.request;
    let Some(body) = &mut request.body else {
        return Err(Halt::NotApplicable(format!(
            "{} was not given a body.",
            operation.key
        )));
    };
    let mut bytes = body.bytes.to_vec();
    bytes.resize(
        limit.unwrap_or(LARGE).saturating_add(1).max(bytes.len()),
        b' ',
    );
    let sent = bytes.len();
    body.bytes = bytes.into();
    request.intent = Intent::Wrong("a body that is too large".into());
    request.purpose = format!("sends {sent} bytes");
    let exchange = script.send(request)?;
    let expected = format!("{}: 413", operation.key);
    let finding = match &exchange.outcome {
        Outcome::Broken(breakage) if breakage.kind == BreakageKind::TimedOut => Finding::new(
            "no response to a large body",
            format!("A body of {sent} bytes receives no response in time."),
            expected,
            exchange.received(),
        ),
        Outcome::Broken(_) => return Ok(vec![judge(exchange, "a body that is too large")]),
        Outcome::Answered(response) => match response.status {
            400 | 413 => return Ok(vec![Judgement::Pass]),
            200..300 if limit.is_none() => {
                return Ok(vec![Judgement::inconclusive(
                    Responsible::Configuration,
                    format!(
                        "{} took {sent} bytes. Tell its limit in the target file, as parameter `body_limit_bytes`.",
                        operation.key
                    ),
                )]);
            }
            401 | 403 | 429 => {
                return Ok(vec![Judgement::inconclusive(
                    Responsible::Credentials,
                    format!(
                        "{} returned {}, before its body was looked at.",
                        operation.key, response.status
                    ),
                )]);
            }
            status => Finding::new(
                format!("status {status}"),
                format!("A body of {sent} bytes receives {status}."),
                expected,
                exchange.received(),
            ),
        },
    };
    Ok(vec![finding.at(operation.pointer.clone()).into()])
}

//! `input.invalid-parameter-accepted`

use std::collections::HashSet;

use crate::{
    Applies, Check, Example, Expect, Kind, Scope, ScriptedResponse,
    support::accepted_request::{self, MOST_FINDINGS},
};
use muster_core::{
    arrange::{Arranged, is_credential, meaning, vary},
    contract::{Contract, Operation, Parameter, ParameterPlace},
    exchange::{Request, Trial},
    generate::{Invalid, Mutation},
    model::ParameterRole,
    script::{Halt, ProbeContext, Script, Scripted},
    verdict::Finding,
};

/// The check.
pub static CHECK: Check = Check {
    id: "input.invalid-parameter-accepted",
    purpose: "The API refuses a parameter value that its schema does not allow.",
    verifies: "For each operation with parameters, a valid request is sent first; it has to be taken. Then each \
        parameter of query, header and cookie, and of the path where the method is safe, is given values that \
        are wrong beyond doubt: letters for a number, a value outside its list, its bounds, lengths, pattern \
        or format. A success is a failure of the API; any refusal passes, 404 too. Where no record is known that \
        the path could name, the variables of the path alone are judged. Since everything outside a \
        body is text, a value counts as wrong only if no way to read it is right: 5 is a valid text. Left out \
        are headers of HTTP itself, whose invalid values are to be ignored (If-Match, Range, Prefer and their \
        like), those that only trace a request, and letters for the number or the size of a page, which \
        `ops.paging-limits` judges.",
    matters: "A filter that is not understood and not refused gives other records than the client requested, and \
    nobody notices.",
    fix: "Validate parameters against their schemas before the query runs, and return 400 or 422 with the name of the \
    parameter.",
    kind: Kind::Probe {
        scope: Scope::Operation(applies),
        run,
        writes: false,
    },
    examples: &[
        Example {
            title: "Every wrong value refused",
            contract: PEOPLE,
            dialogue: &[
                ScriptedResponse::json("GET /people", 200, "{}"),
                ScriptedResponse::empty("GET /people", 400),
            ],
            says: Expect::Pass,
        },
        Example {
            title: "A limit above the highest is taken",
            contract: PEOPLE,
            dialogue: &[ScriptedResponse::json("GET /people", 200, "{}")],
            says: Expect::Fail("is accepted"),
        },
        Example {
            title: "The plain request is not taken",
            contract: PEOPLE,
            dialogue: &[ScriptedResponse::empty("GET /people", 400)],
            says: Expect::Inconclusive,
        },
        Example {
            title: "A text that may be anything",
            contract: "
/people:
  get:
    parameters: [{name: q, in: query, schema: {type: string}}]
    responses: {'200': {description: People}}
",
            dialogue: &[ScriptedResponse::json("GET /people", 200, "{}")],
            says: Expect::Nothing,
        },
    ],
};

const PEOPLE: &str = "
/people:
  get:
    parameters: [{name: limit, in: query, schema: {type: integer, minimum: 1, maximum: 100}}]
    responses: {'200': {description: People}, '400': {description: Refused}}
";

/// Headers whose invalid values HTTP has servers ignore, or that are for tracing alone.
const NOT_JUDGED: [&str; 22] = [
    "accept",
    "accept-charset",
    "accept-encoding",
    "accept-language",
    "authorization",
    "baggage",
    "cache-control",
    "content-type",
    "if-match",
    "if-modified-since",
    "if-none-match",
    "if-range",
    "if-unmodified-since",
    "prefer",
    "range",
    "traceparent",
    "tracestate",
    "user-agent",
    "x-correlation-id",
    "x-request-id",
    "x-trace-id",
    "x-transaction-id",
];

/// Whether wrong values of a parameter say something.
pub fn is_judged(contract: &Contract, operation: &Operation, parameter: &Parameter) -> bool {
    if parameter.schema.is_none() || is_credential(contract, operation, parameter) {
        return false;
    }
    match parameter.place {
        ParameterPlace::Query | ParameterPlace::Cookie => true,
        ParameterPlace::Header => {
            let name = parameter.name.to_ascii_lowercase();
            let traces = ["correlation", "request-id", "requestid", "trace"];
            !NOT_JUDGED.contains(&name.as_str()) && !traces.iter().any(|word| name.contains(word))
        }
        ParameterPlace::Path => operation.key.method.is_safe(),
        ParameterPlace::Querystring => false,
    }
}

/// Whether a parameter says which page of a list is wanted.
fn is_of_pages(contract: &Contract, operation: &Operation, parameter: &Parameter) -> bool {
    [
        ParameterRole::Limit,
        ParameterRole::Offset,
        ParameterRole::Page,
    ]
    .into_iter()
    .filter_map(|role| meaning::parameter(contract, operation, role))
    .any(|paging| paging.name == parameter.name)
}

fn applies(contract: &Contract, operation: &Operation) -> Applies {
    let any = operation
        .parameters
        .iter()
        .any(|parameter| is_judged(contract, operation, parameter));
    if any && accepted_request::is_harmless(operation) {
        Applies::Yes
    } else {
        Applies::No("It has no parameter to judge.".into())
    }
}

fn run<'a>(script: &mut Script<'a>, operation: Option<&'a Operation>) -> Scripted {
    let Some(operation) = operation else {
        return Ok(Vec::new());
    };
    let (arranged, unknown) = accepted_request::plain_or_unknown(script, operation)?;
    let world = script.world;
    let limit = accepted_request::room(&world, 12, 40, 200);
    let mut wrong: Vec<(&Parameter, Invalid, Request)> = Vec::new();
    for parameter in &operation.parameters {
        // Where no record is known, everything but the path is refused whatever it holds.
        if !is_judged(world.contract, operation, parameter)
            || unknown.is_some() && parameter.place != ParameterPlace::Path
        {
            continue;
        }
        let pages = is_of_pages(world.contract, operation, parameter);
        for invalid in invalids(&world, operation, parameter) {
            // Frameworks take their usual page for one that is no number: `ops.paging-limits` judges what comes.
            if pages && invalid.kind == Mutation::WrongType {
                continue;
            }
            if let Some(request) = with(&world, operation, &arranged, parameter, &invalid)
                && wrong.len() < limit
            {
                wrong.push((parameter, invalid, request));
            }
        }
    }
    if wrong.is_empty() {
        if let Some(halt) = unknown {
            return Err(halt);
        }
        return Err(Halt::NotApplicable(
            "No text is a wrong value for any of its parameters.".into(),
        ));
    }
    let requests = wrong.iter().map(|(_, _, request)| request.clone());
    let answers = script.send_all(requests.collect())?;
    let mut seen = HashSet::new();
    let accepted: Vec<_> = wrong
        .iter()
        .zip(answers)
        .filter(|(_, answer)| accepted_request::is_taken(answer))
        .map(|((parameter, invalid, _), answer)| {
            let cause = format!("{} {}", invalid.kind, parameter.pointer);
            (cause, parameter, invalid, answer)
        })
        .filter(|(cause, ..)| seen.insert(cause.clone()))
        .take(MOST_FINDINGS)
        .map(|(cause, parameter, invalid, answer)| {
            let told = invalid.reason.replacen("the value", &parameter.name, 1);
            Finding::new(
                cause,
                format!(
                    "An invalid value of the parameter `{}` is accepted: {told}.",
                    parameter.name
                ),
                format!("{}: a refusal with 400 or 422", operation.key),
                answer.received(),
            )
            .at(parameter.pointer.clone())
            .of_kind(format!(
                "Parameters with {} are accepted.",
                accepted_request::mistakes(invalid.kind)
            ))
            .shown_by(answer.id)
            .into()
        })
        .collect();
    Ok(if accepted.is_empty() {
        vec![accepted_request::passed(answers)]
    } else {
        accepted
    })
}

fn invalids(
    world: &ProbeContext<'_>,
    operation: &Operation,
    parameter: &Parameter,
) -> Vec<Invalid> {
    let Some(schema) = &parameter.schema else {
        return Vec::new();
    };
    let label = format!("wrong {} {}", operation.key, parameter.name);
    vary::invalids(world, schema, vary::place(parameter), 8, &label)
}

fn with(
    world: &ProbeContext<'_>,
    operation: &Operation,
    arranged: &Arranged,
    parameter: &Parameter,
    invalid: &Invalid,
) -> Option<Request> {
    let mut request = arranged
        .with_parameter(
            world.contract,
            operation,
            parameter.place,
            &parameter.name,
            invalid.value.clone(),
        )
        .ok()?;
    let changed =
        request.address != arranged.request.address || request.headers != arranged.request.headers;
    accepted_request::renew_keys(world, &mut request, &invalid.reason);
    changed.then(|| {
        let mut request = accepted_request::wrong(
            request,
            &format!("gives `{}` a value that is wrong", parameter.name),
            &invalid.reason,
        );
        request.trial = Some(Trial {
            value: "a wrong value",
            place: format!("the parameter `{}`", parameter.name),
            strain: None,
        });
        request
    })
}

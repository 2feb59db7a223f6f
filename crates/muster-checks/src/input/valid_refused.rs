//! `input.valid-refused`

use std::collections::HashSet;

use serde_json::Value;

use crate::{
    Applies, Check, Example, Expect, Kind, Scope, ScriptedResponse,
    input::invalid_parameter_accepted::is_judged,
    support::accepted_request::{self, MOST_FINDINGS, Taken},
    support::boundary_values::{self, Edge},
    support::encoded_body::{self, Encoding},
    support::round_trip::BEYOND_ASCII,
};
use muster_core::{
    arrange::{self, Arranged, vary},
    contract::{Contract, Operation, Parameter, ParameterPlace},
    exchange::{Intent, Request},
    script::{Halt, ProbeContext, Script, Scripted},
    verdict::{Finding, Judgement},
};

/// The check.
pub static CHECK: Check = Check {
    id: "input.valid-refused",
    purpose: "The API does not refuse as invalid a request that the contract allows.",
    verifies: "For each operation with a body or optional parameters, a valid request is sent \
        first; it has to be taken. Then requests go out that differ from it in one value at the \
        edge of what the schema allows: each bound and what is just inside it, the shortest and \
        the longest text, the fewest and the most items, each property of a list of values, null \
        where it may stand, each optional property left out, names with an accent or an \
        apostrophe, a time with an offset; and each optional parameter of the query alone. A value \
        counts as refused if the request receives 400 or 422, if it is refused again in the \
        shortest body, and if the plain request is then still taken. 404, 409, 412, 429, and a \
        refusal that says that another record bears the value, are nobody's fault here. Not blamed \
        are refusals of what the schema leaves open: empty texts and lists without a declared \
        least, huge numbers, opaque cursors, dates far away, and anything in bodies of which the \
        API takes no more than the least.",
    matters: "What the contract allows, somebody sends: a name with an accent, a page of the highest size. A \
        refusal that nobody could foresee stops them in production.",
    fix: "Accept what the schema allows, bounds included; or say the rule in the schema.",
    kind: Kind::Probe {
        scope: Scope::Operation(applies),
        run,
        writes: false,
    },
    examples: &[
        Example {
            title: "Every edge taken",
            contract: PEOPLE,
            dialogue: &[ScriptedResponse::json("GET /people", 200, "{}")],
            says: Expect::Pass,
        },
        Example {
            title: "The highest limit refused",
            contract: PEOPLE,
            dialogue: &[
                ScriptedResponse::empty("GET /people?limit=100", 400),
                ScriptedResponse::json("GET /people", 200, "{}"),
            ],
            says: Expect::Fail("refused"),
        },
        Example {
            title: "Everything refused",
            contract: PEOPLE,
            dialogue: &[ScriptedResponse::empty("GET /people", 400)],
            says: Expect::Inconclusive,
        },
        Example {
            title: "Refused beside others, taken in the shortest body",
            contract: PERSON,
            dialogue: &[
                ScriptedResponse::json("POST /people", 201, "{}"),
                ScriptedResponse::empty("POST /people", 422),
                ScriptedResponse::empty("POST /people", 422),
                ScriptedResponse::empty("POST /people", 422),
                ScriptedResponse::empty("POST /people", 422),
                ScriptedResponse::empty("POST /people", 422),
                ScriptedResponse::json("POST /people", 201, "{}"),
            ],
            says: Expect::Pass,
        },
        Example {
            title: "Refused from some time on, the plain body too",
            contract: PERSON,
            dialogue: &[
                ScriptedResponse::json("POST /people", 201, "{}"),
                ScriptedResponse::empty("POST /people", 422),
            ],
            says: Expect::Nothing,
        },
        Example {
            title: "A record that is there already",
            contract: PERSON,
            dialogue: &[
                ScriptedResponse::json("POST /people", 201, "{}"),
                ScriptedResponse::empty("POST /people", 409),
            ],
            says: Expect::Pass,
        },
    ],
};

const PEOPLE: &str = "
/people:
  get:
    parameters: [{name: limit, in: query, schema: {type: integer, minimum: 1, maximum: 100}}]
    responses: {'200': {description: People}, '400': {description: Refused}}
";
const PERSON: &str = "
/people:
  post:
    requestBody:
      required: true
      content: {application/json: {schema: {type: object, required: [surname], properties: {surname: {type: string, minLength: 1, maxLength: 35}}}}}
    responses: {'201': {description: Created}, '422': {description: Refused}}
";

fn applies(contract: &Contract, operation: &Operation) -> Applies {
    let any = encoded_body::written(operation).is_some()
        || optional(contract, operation).next().is_some();
    if any && accepted_request::is_harmless(operation) {
        Applies::Yes
    } else {
        Applies::No("It takes no body with a schema and no optional parameter.".into())
    }
}

fn optional<'a>(
    contract: &'a Contract,
    operation: &'a Operation,
) -> impl Iterator<Item = &'a Parameter> {
    operation.parameters.iter().filter(move |parameter| {
        !parameter.required
            && parameter.place == ParameterPlace::Query
            && is_judged(contract, operation, parameter)
    })
}

fn run<'a>(script: &mut Script<'a>, operation: Option<&'a Operation>) -> Scripted {
    let Some(operation) = operation else {
        return Ok(Vec::new());
    };
    if encoded_body::written(operation).is_some() {
        if !script.world.writes && !operation.key.method.is_safe() {
            return Err(Halt::NotApplicable(
                "Writes are not allowed at this target.".into(),
            ));
        }
        bodies(script, operation)
    } else {
        parameters(script, operation)
    }
}

fn bodies<'a>(script: &mut Script<'a>, operation: &'a Operation) -> Scripted {
    let taken = accepted_request::taken(script, operation)?;
    let world = script.world;
    let limit = accepted_request::room(&world, 32, 64, 240);
    let mut edges = boundary_values::of_body(&world, operation, taken.schema, &taken.body, limit);
    let contract = world.contract;
    edges.retain(|edge| {
        let changed = edge.body.pointer(&edge.pointer);
        encoded_body::is_plain(contract, taken.encoding, taken.schema, &edge.body)
            && (taken.encoding == Encoding::Json
                || edge.is_absence
                || changed.is_some_and(|changed| !changed.is_object())
                    && !encoded_body::is_file(contract, taken.schema, &edge.pointer))
    });
    let send = |body: &Value, edge: &Edge, label: &str| -> Scripted<Request> {
        let request = accepted_request::with_body(&world, operation, &taken.arranged, body, label)?;
        Ok(valid(request, &edge.reason))
    };
    let mut requests = Vec::new();
    for (number, edge) in edges.iter().enumerate() {
        requests.push(send(&edge.body, edge, &format!("edge {number}"))?);
    }
    let answers = script.send_all(requests)?;
    let mut refused: Vec<(&Edge, &muster_core::exchange::Exchange)> = edges
        .iter()
        .zip(answers)
        .filter(|(edge, answer)| {
            edge.blame
                && taken.full
                && accepted_request::is_refused(answer)
                && !accepted_request::says_duplicate(answer)
                && !arrange::repeats_id(operation, edge.pointer.trim_start_matches('/'))
        })
        .collect();
    refused.truncate(MOST_FINDINGS);
    if refused.is_empty() {
        return Ok(vec![accepted_request::passed(answers)]);
    }
    // A rule between two members is not the fault of one: in the shortest body the other is not there.
    let mut shorter = Vec::new();
    for (number, (edge, _)) in refused.iter().enumerate() {
        let body = alone(&world, operation, &taken, edge, number);
        shorter.push(send(&body, edge, &format!("alone {number}"))?);
    }
    let shorter = script.send_all(shorter)?;
    let control = vary::renewed(
        &world,
        operation,
        taken.schema,
        &taken.body,
        false,
        "control",
    );
    let mut control =
        accepted_request::with_body(&world, operation, &taken.arranged, &control, "control")?;
    control.intent = Intent::Plausible;
    control.purpose = "sends the plain body again".into();
    if !accepted_request::is_taken(script.send(control)?) {
        return Ok(vec![undecided(operation)]);
    }
    let mut seen = HashSet::new();
    let failures: Vec<Judgement> = refused
        .iter()
        .zip(shorter)
        .filter(|(_, short)| {
            accepted_request::is_refused(short) && !accepted_request::says_duplicate(short)
        })
        .filter(|((edge, _), _)| seen.insert(&edge.cause))
        .map(|((edge, _), short)| {
            let value = edge.body.pointer(&edge.pointer);
            finding(
                operation,
                &edge.cause,
                &edge.reason,
                value,
                &edge.pointer,
                short,
            )
        })
        .collect();
    Ok(if failures.is_empty() {
        vec![accepted_request::passed(answers)]
    } else {
        failures
    })
}

/// The value under test in the shortest body; the whole body where it cannot stand there.
fn alone(
    world: &ProbeContext<'_>,
    operation: &Operation,
    taken: &Taken<'_>,
    edge: &Edge,
    number: usize,
) -> Value {
    let label = format!("alone {number}");
    let least = vary::least(world, taken.schema, &taken.body);
    let least = vary::renewed(world, operation, taken.schema, &least, false, &label);
    vary::transplanted(&least, &edge.body, &edge.pointer)
        .filter(|body| vary::is_valid(world, taken.schema, body))
        .unwrap_or(if edge.is_absence {
            least
        } else {
            edge.body.clone()
        })
}

fn undecided(operation: &Operation) -> Judgement {
    Judgement::not_applicable(format!(
        "{} refused some valid values, but not every plain request is taken either, so nothing is blamed.",
        operation.key
    ))
}

fn parameters<'a>(script: &mut Script<'a>, operation: &'a Operation) -> Scripted {
    let arranged = accepted_request::plain(script, operation)?;
    let world = script.world;
    let limit = accepted_request::room(&world, 32, 40, 120);
    let mut edges: Vec<(&Parameter, Edge, Request)> = Vec::new();
    for parameter in optional(world.contract, operation) {
        for edge in boundary_values::of_parameter(&world, parameter) {
            if let Some(request) = with(&world, operation, &arranged, parameter, &edge)
                && edges.len() < limit
            {
                edges.push((parameter, edge, request));
            }
        }
    }
    let requests = edges.iter().map(|(_, _, request)| request.clone());
    let answers = script.send_all(requests.collect())?;
    let refused: Vec<_> = edges
        .iter()
        .zip(answers)
        .filter(|((_, edge, _), answer)| {
            edge.blame && !is_nested(&edge.body) && accepted_request::is_refused(answer)
        })
        .take(MOST_FINDINGS)
        .collect();
    if refused.is_empty() {
        return Ok(vec![accepted_request::passed(answers)]);
    }
    let mut control = arranged.request.clone();
    control.purpose = "sends the plain request again".into();
    if !accepted_request::is_taken(script.send(control)?) {
        return Ok(vec![undecided(operation)]);
    }
    Ok(refused
        .into_iter()
        .map(|((parameter, edge, _), answer)| {
            let cause = format!("{} {}", edge.cause, parameter.pointer);
            finding(
                operation,
                &cause,
                &edge.reason,
                Some(&edge.body),
                &parameter.pointer,
                answer,
            )
        })
        .collect())
}

/// Whether a value of a parameter holds lists or objects in others. How these become text is undefined
/// (OpenAPI 3.1.1, Style Values), so that a server may read something else.
fn is_nested(value: &Value) -> bool {
    let holds = |value: &Value| value.is_array() || value.is_object();
    match value {
        Value::Array(items) => items.iter().any(holds),
        Value::Object(members) => members.values().any(holds),
        _ => false,
    }
}

fn with(
    world: &ProbeContext<'_>,
    operation: &Operation,
    arranged: &Arranged,
    parameter: &Parameter,
    edge: &Edge,
) -> Option<Request> {
    let request = arranged
        .with_parameter(
            world.contract,
            operation,
            parameter.place,
            &parameter.name,
            edge.body.clone(),
        )
        .ok()?;
    Some(valid(request, &edge.reason))
}

fn valid(mut request: Request, reason: &str) -> Request {
    request.intent = Intent::Plausible;
    request.purpose = format!("tries what the schema allows: {reason}");
    request
}

fn finding(
    operation: &Operation,
    cause: &str,
    reason: &str,
    value: Option<&Value>,
    pointer: &str,
    answer: &muster_core::exchange::Exchange,
) -> Judgement {
    let finding = Finding::new(
        cause.to_owned(),
        format!("A valid request is refused: {reason}."),
        format!("{}: taken, as its schema allows it", operation.key),
        answer.received(),
    )
    .at(pointer)
    .shown_by(answer.id);
    let is_beyond_ascii = value
        .and_then(Value::as_str)
        .is_some_and(|text| !text.is_ascii());
    if is_beyond_ascii {
        finding.of_kind(BEYOND_ASCII).into()
    } else {
        finding.into()
    }
}

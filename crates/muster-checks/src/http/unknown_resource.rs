//! `http.unknown-resource`

use serde_json::Value;

use crate::{
    Applies, Check, Example, Expect, Kind, Scope, ScriptedResponse,
    answer::documented_media,
    support::probe::{last_variable, reached},
    support::schema_view::Place,
};
use muster_core::{
    arrange::{unknown_id, valid_request},
    contract::{Contract, Operation, Parameter, ParameterPlace, Validity},
    exchange::{Exchange, Intent, Response},
    model::{Method, Responsible},
    script::{Halt, Script, Scripted},
    verdict::{Finding, Judgement},
};

/// The check.
pub static CHECK: Check = Check {
    id: "http.unknown-resource",
    purpose: "The API returns 404 with the documented error body for an id that does not exist.",
    verifies: "For each operation that reads one resource by the last part of its path, a valid \
        request is sent with that part replaced by an id that its schema allows and that cannot \
        exist. The response is 404 or 410, and its body is as documented. Where the contract \
        documents no such status or no body to recognise the response by, the valid request is \
        sent too: if that receives 404 as well, nothing is proved. Ids from a list of values, \
        dates and ids too short to be sure of are not tried. 400 or 422 fail for UUIDs and \
        numbers, where the schema says all there is to say; for other text the API may know a rule \
        that the schema does not tell, and the check is inconclusive.",
    matters: "Clients tell a record that is gone from a mistake of their own by this status alone. \
        An empty 200 or a 500 in its place turns a stale link into wrong data or an alarm.",
    fix: "Return 404 with the error body that the contract documents for it, also where the framework would send its \
    own; document 404 on every operation with an id in its path.",
    kind: Kind::Probe {
        scope: Scope::Operation(applies),
        run,
        writes: false,
    },
    examples: &[
        Example {
            title: "404 with the documented body",
            contract: PERSON,
            dialogue: &[ScriptedResponse::json(
                "GET /people/*",
                404,
                r#"{"title":"No such person"}"#,
            )],
            says: Expect::Pass,
        },
        Example {
            title: "404 with a body of the framework's own",
            contract: PERSON,
            dialogue: &[ScriptedResponse::json("GET /people/*", 404, r#"{"detail":"Not Found"}"#)],
            says: Expect::Fail("error body"),
        },
        Example {
            title: "Success for nobody",
            contract: PERSON,
            dialogue: &[ScriptedResponse::json("GET /people/*", 200, "{}")],
            says: Expect::Fail("receives 200"),
        },
        Example {
            title: "A UUID called invalid",
            contract: PERSON,
            dialogue: &[
                ScriptedResponse::json("GET /people/*", 400, r#"{"title":"Bad id"}"#),
                ScriptedResponse::json("GET /people/*", 200, "{}"),
            ],
            says: Expect::Fail("receives 400"),
        },
        Example {
            title: "500 for every id",
            contract: PERSON,
            dialogue: &[ScriptedResponse::empty("GET /people/*", 500)],
            says: Expect::Inconclusive,
        },
        Example {
            title: "A text that the API has its own rules for",
            contract: "
/cases/{reference}:
  get:
    parameters: [{name: reference, in: path, required: true, schema: {type: string}, example: 43ZZ0012345}]
    responses: {'200': {description: A case}, '404': {description: No such case}}
",
            dialogue: &[ScriptedResponse::empty("GET /cases/*", 400)],
            says: Expect::Inconclusive,
        },
        Example {
            title: "404 for what exists, too",
            contract: "
/cases/{id}:
  get:
    parameters: [{name: id, in: path, required: true, schema: {type: integer}, example: 7}]
    responses: {'200': {description: A case}, '404': {description: No such case}}
",
            dialogue: &[ScriptedResponse::empty("GET /cases/*", 404)],
            says: Expect::Inconclusive,
        },
        Example {
            title: "What a search returns that found nothing",
            contract: PERSON,
            dialogue: &[ScriptedResponse::json("GET /people/*", 200, r#"{"items":[],"total":0}"#)],
            says: Expect::Inconclusive,
        },
        Example {
            title: "A list of values leaves no unknown one",
            contract: "
/forces/{code}:
  get:
    parameters: [{name: code, in: path, required: true, schema: {enum: ['43', '44']}}]
    responses: {'200': {description: A force}, '404': {description: No such force}}
",
            dialogue: &[],
            says: Expect::Nothing,
        },
    ],
};

const PERSON: &str = "
/people/{id}:
  get:
    parameters: [{name: id, in: path, required: true, schema: {type: string, format: uuid}, example: 0d9e1a52-51b6-4f0e-9d57-2f3c5a1c7e10}]
    responses:
      '200': {description: A person}
      '404':
        description: No such person
        content:
          application/json:
            schema: {type: object, required: [title], properties: {title: {type: string}}}
";

/// Below this, a number may well be the id of something.
const LEAST_NUMBER: i64 = 100_000;
/// Below this, a text may well be the id of something.
const LEAST_LENGTH: usize = 6;

fn applies(contract: &Contract, operation: &Operation) -> Applies {
    let Some(parameter) = id_of(operation) else {
        return Applies::Irrelevant;
    };
    if operation.key.method != Method::Get {
        return Applies::Irrelevant;
    }
    let place = place_of(contract, parameter);
    let name = &parameter.name;
    if place.has("enum") || place.has("const") || place.types().contains("boolean") {
        return Applies::No(format!(
            "`{name}` takes one of a list of values, which leaves no id that is valid and unknown."
        ));
    }
    if ["date", "date-time", "time"]
        .iter()
        .any(|format| place.has_format(format))
    {
        return Applies::No(format!("`{name}` is a date, and not the id of a resource."));
    }
    Applies::Yes
}

/// The parameter of the last segment of the path.
fn id_of(operation: &Operation) -> Option<&Parameter> {
    let (_, name, _) = last_variable(&operation.key.path)?;
    operation.parameter(ParameterPlace::Path, name)
}

fn place_of<'a>(contract: &'a Contract, parameter: &Parameter) -> Place<'a> {
    parameter
        .schema
        .as_ref()
        .map_or_else(Place::default, |schema| Place::of(contract, schema))
}

fn run<'a>(script: &mut Script<'a>, operation: Option<&'a Operation>) -> Scripted {
    let Some((operation, parameter)) =
        operation.and_then(|operation| Some((operation, id_of(operation)?)))
    else {
        return Err(Halt::NotApplicable("There is no id in the path.".into()));
    };
    let name = &parameter.name;
    let contract = script.world.contract;
    let unknown = unknown_id(&script.world, operation, parameter)
        .filter(is_sure_not_to_exist)
        .ok_or_else(|| {
            Halt::NotApplicable(format!(
                "No `{name}` was found that its schema allows and that is sure not to exist."
            ))
        })?;
    let place = place_of(contract, parameter);
    let certain = place.types().contains("integer") || place.has_format("uuid");
    let arranged = valid_request(script, operation)?;
    let mut request = arranged.with_path_value(contract, operation, name, unknown)?;
    request.intent = Intent::Plausible;
    request.purpose = "asks for an id that does not exist".into();
    let exchange = script.send(request)?;
    let refused = exchange.received();
    let errs = exchange
        .status()
        .is_some_and(|status| status >= 400 && !matches!(status, 404 | 410));
    let judgement = match judge(contract, operation, name, certain, exchange) {
        Outcome::Judged(judgement @ Judgement::Fail(_)) if errs => {
            // What the valid request is answered as well says nothing of the id.
            let known = script.send(arranged.request)?;
            if known.response().is_some_and(Response::is_success) {
                judgement
            } else {
                Judgement::inconclusive(
                    Responsible::Supplier,
                    format!(
                        "An unknown id received {refused}, and the valid request to {} received \
                            {} as well: the id is not the reason.",
                        operation.key,
                        known.received()
                    ),
                )
            }
        }
        Outcome::Judged(judgement) => judgement,
        Outcome::Unproved => {
            let known = script.send(arranged.request)?;
            if known.response().is_some_and(Response::is_success) {
                Judgement::Pass
            } else {
                Judgement::inconclusive(
                    Responsible::TestData,
                    format!(
                        "The valid request to {} received {}, so a 404 for an unknown id proves \
                            nothing. Give an existing `{name}` under `data` in the target file.",
                        operation.key,
                        known.received()
                    ),
                )
            }
        }
    };
    Ok(vec![judgement])
}

fn is_sure_not_to_exist(value: &Value) -> bool {
    match value {
        Value::Number(number) => number
            .as_f64()
            .is_some_and(|number| number >= LEAST_NUMBER as f64),
        Value::String(text) => text.chars().count() >= LEAST_LENGTH,
        _ => false,
    }
}

enum Outcome {
    Judged(Judgement),
    /// 404, with nothing in the contract to recognise the API's own answer by.
    Unproved,
}

fn judge(
    contract: &Contract,
    operation: &Operation,
    name: &str,
    certain: bool,
    exchange: &Exchange,
) -> Outcome {
    let response = match reached(exchange) {
        Ok(response) => response,
        Err(judgement) => return Outcome::Judged(judgement),
    };
    let status = response.status;
    let finding = match status {
        404 | 410 => return error_body(contract, operation, exchange, response),
        400 | 422 if !certain => {
            return Outcome::Judged(Judgement::inconclusive(
                Responsible::Supplier,
                format!(
                    "{} returned {status} for a `{name}` that its schema allows. Tell in the \
                        schema which ids are valid, with a pattern or a format.",
                    operation.key
                ),
            ));
        }
        200..300 if response.json().is_ok_and(found_nothing) => {
            return Outcome::Judged(Judgement::inconclusive(
                Responsible::Supplier,
                format!(
                    "{} returned {status} with an empty list, as a search is: the contract does \
                        not tell whether `{name}` is the id of a resource.",
                    operation.key
                ),
            ));
        }
        _ => Finding::new(
            format!("answered {status}"),
            format!("A request for an id that does not exist receives {status}."),
            format!("{}: 404", operation.key),
            exchange.received(),
        ),
    };
    Outcome::Judged(finding.at(operation.pointer.clone()).into())
}

/// Whether a body is what a search gives that found nothing: an empty list, alone or among counts.
fn found_nothing(body: &Value) -> bool {
    let is_empty = |value: &Value| value.as_array().is_some_and(Vec::is_empty);
    match body {
        Value::Object(members) => {
            members.values().any(is_empty)
                && members.values().all(|value| {
                    is_empty(value) || !(value.is_array() || value.is_object() || value.is_string())
                })
        }
        body => is_empty(body),
    }
}

fn error_body(
    contract: &Contract,
    operation: &Operation,
    exchange: &Exchange,
    response: &Response,
) -> Outcome {
    let status = response.status;
    let Some(spec) = operation.response(status) else {
        // That it is not documented is for `response.not-found-documented` and `response.status-documented`.
        return Outcome::Unproved;
    };
    if spec.content.is_empty() {
        return Outcome::Unproved;
    }
    let media = response
        .headers
        .get("content-type")
        .and_then(|sent| documented_media(&spec.content, sent));
    let problem = match (media, media.and_then(|media| media.schema.as_ref())) {
        (None, _) => Some(exchange.received()),
        (Some(_), None) => return Outcome::Unproved,
        (Some(media), Some(_)) if !media.is_json() => return Outcome::Unproved,
        (Some(_), Some(schema)) => match response.json() {
            Err(reason) => Some(reason.to_owned()),
            Ok(body) => match contract.schemas.validate_response(schema, body) {
                Validity::Invalid(violations) => Some(
                    violations
                        .first()
                        .map_or_else(String::new, |violation| violation.message.clone()),
                ),
                Validity::Valid if contract.schemas.is_unconstrained(schema) => {
                    return Outcome::Unproved;
                }
                Validity::Valid => None,
                Validity::Unjudgeable(_) => return Outcome::Unproved,
            },
        },
    };
    Outcome::Judged(problem.map_or(Judgement::Pass, |received| {
        Finding::new(
            "error body",
            format!("The {status} for an unknown id does not have the documented error body."),
            format!("{}: a body as documented for {status}", operation.key),
            received,
        )
        .at(spec.pointer.clone())
        .into()
    }))
}

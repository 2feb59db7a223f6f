//! `http.unknown-resource`

use serde_json::{Value, json};

use crate::{
    arrange::valid_request,
    checks::{
        Applies, Check, Example, Kind, Line, Says, Scope,
        answer::documented_media,
        place::{Place, is_uuid},
        probing::{last_value, last_variable, path, reached, with_last_value},
    },
    contract::{Contract, Operation, ParameterPlace, Schema, Validity},
    exchange::{Exchange, Intent, Request, Response},
    model::{Method, Whose},
    script::{Halt, Script, Scripted},
    verdict::{Finding, Judgement},
};

/// The check.
pub static CHECK: Check = Check {
    id: "http.unknown-resource",
    purpose: "An id that does not exist is answered 404 with the documented error body.",
    verifies: "For each operation that reads one resource by the last part of its path, a valid request \
        is sent with that part replaced by an id that its schema allows and that cannot exist. The answer \
        is 404 or 410, that status is documented, and its body validates. Where the contract documents \
        no body to recognise the answer by, the valid request is sent too: if that is answered 404 as \
        well, nothing is proved. Ids from a list of values, dates and ids too short to be sure of are not \
        tried. 400 or 422 fail for UUIDs and numbers, where the schema says all there is to say; for \
        other text the API may know a rule that the schema does not tell, and the check is inconclusive.",
    matters: "Callers tell a record that is gone from a mistake of their own by this status alone. An \
        empty 200 or a 500 in its place turns a stale link into wrong data or an alarm.",
    fix: "Answer 404 with the error body that the contract documents for it, also where the framework \
        would send its own; document 404 on every operation with an id in its path.",
    kind: Kind::Probe {
        scope: Scope::Operation(applies),
        run,
        writes: false,
    },
    examples: &[
        Example {
            title: "404 with the documented body",
            contract: PERSON,
            dialogue: &[Line::json(
                "GET /people/*",
                404,
                r#"{"title":"No such person"}"#,
            )],
            says: Says::Pass,
        },
        Example {
            title: "404 with a body of the framework's own",
            contract: PERSON,
            dialogue: &[Line::json("GET /people/*", 404, r#"{"detail":"Not Found"}"#)],
            says: Says::Fail("error body"),
        },
        Example {
            title: "Success for nobody",
            contract: PERSON,
            dialogue: &[Line::json("GET /people/*", 200, "{}")],
            says: Says::Fail("answered 200"),
        },
        Example {
            title: "A UUID called invalid",
            contract: PERSON,
            dialogue: &[Line::json("GET /people/*", 400, r#"{"title":"Bad id"}"#)],
            says: Says::Fail("answered 400"),
        },
        Example {
            title: "A text that the API has its own rules for",
            contract: "
/cases/{reference}:
  get:
    parameters: [{name: reference, in: path, required: true, schema: {type: string}, example: 43ZZ0012345}]
    responses: {'200': {description: A case}, '404': {description: No such case}}
",
            dialogue: &[Line::empty("GET /cases/*", 400)],
            says: Says::Inconclusive,
        },
        Example {
            title: "404 for what exists, too",
            contract: "
/cases/{id}:
  get:
    parameters: [{name: id, in: path, required: true, schema: {type: integer}, example: 7}]
    responses: {'200': {description: A case}, '404': {description: No such case}}
",
            dialogue: &[Line::empty("GET /cases/*", 404)],
            says: Says::Inconclusive,
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
            says: Says::Nothing,
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

fn applies(contract: &Contract, operation: &Operation) -> Applies {
    let Some((_, name, _)) = last_variable(&operation.key.path) else {
        return Applies::Beside;
    };
    if operation.key.method != Method::Get {
        return Applies::Beside;
    }
    let place = schema_of(operation, name)
        .map_or_else(Place::default, |schema| Place::of(contract, schema));
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

fn schema_of<'a>(operation: &'a Operation, name: &str) -> Option<&'a Schema> {
    operation
        .parameter(ParameterPlace::Path, name)
        .and_then(|parameter| parameter.schema.as_ref())
}

fn run<'a>(script: &mut Script<'a>, operation: Option<&'a Operation>) -> Scripted {
    let Some((operation, (_, name, _))) =
        operation.and_then(|operation| Some((operation, last_variable(&operation.key.path)?)))
    else {
        return Err(Halt::NotApplicable("There is no id in the path.".into()));
    };
    let valid = valid_request(script, operation)?.request;
    let (value, certain) = unknown(script.world.contract, operation, name, &valid)?;
    let address = with_last_value(&operation.key.path, &valid, &value).ok_or_else(|| {
        Halt::unmet(
            Whose::Muster,
            format!("No other id can be put into the path of {}.", operation.key),
        )
    })?;
    let mut request = valid.clone();
    request.address = address;
    request.intent = Intent::Plausible;
    request.purpose = "asks for an id that does not exist".into();
    let exchange = script.send(request)?;
    let judgement = match judge(script.world.contract, operation, name, certain, exchange) {
        Outcome::Judged(judgement) => judgement,
        Outcome::Unproved => {
            let known = script.send(valid)?;
            if known.response().is_some_and(Response::is_success) {
                Judgement::Pass
            } else {
                Judgement::inconclusive(
                    Whose::TestData,
                    format!(
                        "The valid request to {} was answered {}, so a 404 for an unknown id proves nothing. Give an existing `{name}` under `data` in the target file.",
                        operation.key,
                        known.received()
                    ),
                )
            }
        }
    };
    Ok(vec![judgement])
}

/// A valid value that cannot exist, and whether its schema says all there is to say about it.
fn unknown(
    contract: &Contract,
    operation: &Operation,
    name: &str,
    valid: &Request,
) -> Scripted<(String, bool)> {
    let schema = schema_of(operation, name);
    let place = schema.map_or_else(Place::default, |schema| Place::of(contract, schema));
    let known = last_value(&operation.key.path, path(valid)).unwrap_or_default();
    let integer = place.types().contains("integer");
    let digits = !known.is_empty() && known.bytes().all(|byte| byte.is_ascii_digit());
    let certain = integer || place.has_format("uuid");
    let candidates: Vec<Value> = if integer {
        [
            2_147_483_646_i64,
            999_999_937,
            99_999_989,
            9_999_991,
            999_983,
        ]
        .iter()
        .map(|number| json!(number))
        .collect()
    } else if place.has_format("uuid") || is_uuid(&known) {
        vec![json!("6d757374-6572-4000-8000-6e6f626f6479")]
    } else if digits && !place.has("pattern") {
        vec![json!("2147483646"), json!(altered(&known))]
    } else {
        vec![json!(altered(&known)), json!("muster-unknown-6e6f626f6479")]
    };
    let fits = |value: &&Value| {
        let long_enough = !value.is_string() || value.as_str().is_some_and(|text| text.len() >= 6);
        let valid = schema.is_none_or(|schema| {
            matches!(contract.schemas.validate(schema, value), Validity::Valid)
        });
        long_enough && valid && text(value) != known
    };
    candidates
        .iter()
        .find(fits)
        .map(|value| (text(value), certain))
        .ok_or_else(|| {
            Halt::NotApplicable(format!(
                "No `{name}` was found that its schema allows and that is sure not to exist."
            ))
        })
}

fn text(value: &Value) -> String {
    value
        .as_str()
        .map_or_else(|| value.to_string(), str::to_owned)
}

/// A text of the same shape: letters stay letters, digits stay digits.
fn altered(known: &str) -> String {
    known
        .chars()
        .map(|c| match c {
            '0'..='9' => '9',
            'a'..='z' => 'q',
            'A'..='Z' => 'Q',
            other => other,
        })
        .collect()
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
                Whose::Supplier,
                format!(
                    "{} was answered {status} for a `{name}` that its schema allows. Tell in the schema which ids are valid, with a pattern or a format.",
                    operation.key
                ),
            ));
        }
        200..300 if response.json().is_ok_and(|body| *body == json!([])) => {
            return Outcome::Judged(Judgement::inconclusive(
                Whose::Supplier,
                format!(
                    "{} was answered {status} with an empty list, as a search would be: the contract does not tell whether `{name}` is the id of a resource.",
                    operation.key
                ),
            ));
        }
        _ => Finding::new(
            format!("answered {status}"),
            format!("An id that does not exist is answered {status}."),
            format!("{}: 404", operation.key),
            exchange.received(),
        ),
    };
    Outcome::Judged(finding.at(operation.pointer.clone()).into())
}

fn error_body(
    contract: &Contract,
    operation: &Operation,
    exchange: &Exchange,
    response: &Response,
) -> Outcome {
    let status = response.status;
    let Some(spec) = operation.response(status) else {
        return Outcome::Judged(
            Finding::new(
                format!("undocumented {status}"),
                format!("An unknown id is answered {status}, which is not documented."),
                format!("{}: a documented 404", operation.key),
                exchange.received(),
            )
            .at(format!("{}/responses", operation.pointer))
            .into(),
        );
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

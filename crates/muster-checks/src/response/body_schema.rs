//! `response.body-schema`

use std::borrow::Cow;

use serde_json::Value;

use crate::{
    Answer, Check, Example, Expect, Kind, ScriptedResponse, answer::essence,
    support::schema_view::Place, support::sequence_items, unread_json,
};
use muster_core::{
    contract::{Contract, Media, Operation, ResponseSpec, Schema, Validity, Violation},
    exchange::Response,
    model::Responsible,
    verdict::{Finding, Judgement},
};

/// The check.
pub static CHECK: Check = Check {
    id: "response.body-schema",
    purpose: "Every body validates against the schema documented for its status and media type.",
    verifies: "The body of each response whose status and media type are documented is validated \
        against the schema given there, formats included; each keyword and place of a schema is \
        one finding, whatever the number of bodies. A body that should be JSON and is not, and an \
        empty body where JSON with a schema is documented, fail too. The items of JSON Lines, JSON \
        text sequences and server-sent events are validated one by one against `itemSchema`, or \
        against `schema` as that of one item or of the array of all; of a stream without an end, \
        the first items. A required property that the schema marks `writeOnly` may be missing, as \
        OpenAPI says. Left out are responses without a body by HTTP's own rules, media types that \
        are not documented (see `response.content-type`), and media types other than JSON and \
        plain text. A body longer than the run keeps is inconclusive.",
    matters: "A schema is what others generate their code from. A body that does not keep to it is lost \
        in a parser, or worse, half understood.",
    fix: "Send what the schema says, or change the schema to say what is sent, and tell the people who rely on it.",
    kind: Kind::Response(judge),
    examples: &[
        Example {
            title: "A body as documented",
            contract: PERSON,
            dialogue: &[ScriptedResponse::json(
                "GET /people/7",
                200,
                r#"{"id":7,"name":"Siân Example"}"#,
            )],
            says: Expect::Pass,
        },
        Example {
            title: "A number sent as text",
            contract: PERSON,
            dialogue: &[ScriptedResponse::json(
                "GET /people/7",
                200,
                r#"{"id":"7","name":"Siân Example"}"#,
            )],
            says: Expect::Fail("type"),
        },
        Example {
            title: "A required property that is missing",
            contract: PERSON,
            dialogue: &[ScriptedResponse::json("GET /people/7", 200, r#"{"id":7}"#)],
            says: Expect::Fail("required"),
        },
        Example {
            title: "A required property that is only ever written",
            contract: "
/people/{id}:
  get:
    responses:
      '200':
        description: A person
        content:
          application/json:
            schema:
              required: [id, pin]
              properties: {id: {type: integer}, pin: {type: string, writeOnly: true}}
",
            dialogue: &[ScriptedResponse::json("GET /people/7", 200, r#"{"id":7}"#)],
            says: Expect::Pass,
        },
        Example {
            title: "No body where one is documented",
            contract: PERSON,
            dialogue: &[ScriptedResponse::json("GET /people/7", 200, "")],
            says: Expect::Fail("empty"),
        },
        Example {
            title: "A body that breaks off",
            contract: PERSON,
            dialogue: &[ScriptedResponse::json(
                "GET /people/7",
                200,
                r#"{"id":7,"na"#,
            )],
            says: Expect::Fail("not JSON"),
        },
        Example {
            title: "A number that no parser holds",
            contract: PERSON,
            dialogue: &[ScriptedResponse::json(
                "GET /people/7",
                200,
                r#"{"id":1e999,"name":"Siân"}"#,
            )],
            says: Expect::Inconclusive,
        },
        Example {
            title: "Another media type than the documented one",
            contract: PERSON,
            dialogue: &[ScriptedResponse::new(
                "GET /people/7",
                200,
                &[("content-type", "text/html")],
                "<p>Siân Example</p>",
            )],
            says: Expect::Nothing,
        },
        Example {
            title: "Lines that each keep to the schema of an item",
            contract: LINES,
            dialogue: &[ScriptedResponse::new(
                "GET /events",
                200,
                NDJSON,
                "{\"id\":1}\n{\"id\":2}\n",
            )],
            says: Expect::Pass,
        },
        Example {
            title: "A line that does not",
            contract: LINES,
            dialogue: &[ScriptedResponse::new(
                "GET /events",
                200,
                NDJSON,
                "{\"id\":1}\n{\"id\":\"two\"}\n",
            )],
            says: Expect::Fail("An item of the body breaks `type`"),
        },
        Example {
            title: "A status that has no body",
            contract: PERSON,
            dialogue: &[ScriptedResponse::empty("GET /people/7", 304)],
            says: Expect::Nothing,
        },
    ],
};

const NDJSON: &[(&str, &str)] = &[("content-type", "application/x-ndjson")];
const LINES: &str = "
/events:
  get:
    responses:
      '200':
        description: Events
        content:
          application/x-ndjson:
            schema: {type: object, required: [id], properties: {id: {type: integer}}}
";
const PERSON: &str = "
/people/{id}:
  get:
    responses:
      '200':
        description: A person
        content:
          application/json:
            schema: {$ref: '#/components/schemas/Person'}
components:
  schemas:
    Person:
      type: object
      required: [id, name]
      properties: {id: {type: integer}, name: {type: string}}
";

fn judge(answer: &Answer<'_>) -> Vec<Judgement> {
    let Some((operation, response, spec)) = answer.documented() else {
        return Vec::new();
    };
    if answer.is_bodyless() {
        return Vec::new();
    }
    if response.body.is_empty() && !response.cut {
        return empty(operation, response, spec).into_iter().collect();
    }
    if let Some(judged) = answer
        .media()
        .and_then(|media| sequence_items::judge(answer, operation, response, media))
    {
        return judged;
    }
    let Some((media, schema)) = answer
        .media()
        .and_then(|media| Some((media, media.schema.as_ref()?)))
    else {
        return Vec::new();
    };
    if response.cut {
        return vec![Judgement::inconclusive(
            Responsible::Configuration,
            format!(
                "The body of {} was not read to its end, so it was not validated. If it is longer than a run keeps, ask for less, with a filter or a smaller page.",
                operation.key
            ),
        )];
    }
    match value(response, media, schema, answer.contract) {
        Ok(Some(value)) => validate(answer.contract, operation, spec, schema, &value),
        Ok(None) => Vec::new(),
        Err(reason) => vec![
            unread_json::gap(response, &reason, &operation.key.to_string()).map_or_else(
                || {
                    Finding::new(
                        "not JSON",
                        "The body is not JSON.",
                        format!("{}: JSON, as {} says", operation.key, media.media_type),
                        reason,
                    )
                    .at(media.pointer.clone())
                    .into()
                },
                Judgement::Inconclusive,
            ),
        ],
    }
}

/// An empty body is wrong where nothing but JSON with a schema is documented.
fn empty(operation: &Operation, response: &Response, spec: &ResponseSpec) -> Option<Judgement> {
    let json = spec
        .content
        .iter()
        .find(|media| media.is_json() && media.schema.is_some())?;
    let says_json = response.says_json();
    let says_nothing = response.media_type().is_none();
    (says_json || (says_nothing && spec.content.iter().all(Media::is_json))).then(|| {
        Finding::new(
            "empty body",
            "The body is empty where the contract documents one.",
            format!("{}: a body of {}", operation.key, json.media_type),
            format!("{} without a body", response.status),
        )
        .at(json.pointer.clone())
        .into()
    })
}

/// The body as the schema sees it: JSON, or text where the schema describes text.
fn value<'r>(
    response: &'r Response,
    media: &Media,
    schema: &Schema,
    contract: &Contract,
) -> Result<Option<Cow<'r, Value>>, String> {
    let sent = response.headers.get("content-type").map(essence);
    if response.says_json() {
        let value = response.json().map_err(str::to_owned)?;
        return Ok(Some(Cow::Borrowed(value)));
    }
    let describes_text = Place::of(contract, schema).types().contains("string");
    if sent.is_some_and(|sent| sent == "text/plain") && describes_text && !media.is_json() {
        return Ok(std::str::from_utf8(&response.body)
            .ok()
            .map(|text| Cow::Owned(Value::String(text.to_owned()))));
    }
    Ok(None)
}

fn validate(
    contract: &Contract,
    operation: &Operation,
    spec: &ResponseSpec,
    schema: &Schema,
    value: &Value,
) -> Vec<Judgement> {
    let violations = match contract.schemas.validate_response(schema, value) {
        Validity::Valid => return vec![Judgement::Pass],
        Validity::Unjudgeable(reason) => {
            return vec![Judgement::inconclusive(
                Responsible::Supplier,
                format!(
                    "The schema for {} of {} cannot be used: {reason}",
                    status(spec),
                    operation.key
                ),
            )];
        }
        Validity::Invalid(violations) => violations,
    };
    let mut findings: Vec<Judgement> = Vec::new();
    let mut causes = Vec::new();
    for violation in violations {
        let cause = format!("{} at {}", violation.keyword, violation.schema);
        let kind = kind(&violation, value);
        if causes.contains(&cause) {
            continue;
        }
        causes.push(cause.clone());
        findings.push(
            Finding::new(
                cause,
                format!("The body breaks `{}` of its schema.", violation.keyword),
                format!(
                    "{}, {}: a body that keeps to {}",
                    operation.key,
                    status(spec),
                    violation.schema
                ),
                told(&violation),
            )
            .at(violation.instance)
            .of_kind(kind)
            .into(),
        );
    }
    findings
}

/// The kind of a violation. How null and formats are written is decided once for all properties; anything else is a
/// mistake of its own at each place of the schema.
fn kind(violation: &Violation, body: &Value) -> String {
    let at = body.pointer(&violation.instance);
    match violation.keyword.as_str() {
        "type" if at.is_some_and(Value::is_null) => {
            "Properties are null where their schema does not allow it.".to_owned()
        }
        // The message ends with the name of the format.
        "format" => match violation.message.rsplit('"').nth(1) {
            Some(format) => format!("Values are not of the format `{format}`."),
            None => "Values are not of their format.".to_owned(),
        },
        keyword => format!("Bodies break `{keyword}` at {}.", violation.schema),
    }
}

/// The reason, and how many more values of the body are wrong in the same way.
fn told(violation: &Violation) -> String {
    match violation.count {
        0 | 1 => violation.message.clone(),
        2 => format!("{} (and once more)", violation.message),
        count => format!("{} (and {} times more)", violation.message, count - 1),
    }
}

fn status(spec: &ResponseSpec) -> String {
    match spec.status {
        muster_core::contract::StatusPattern::Exact(code) => code.to_string(),
        muster_core::contract::StatusPattern::Range(class) => format!("{class}XX"),
        muster_core::contract::StatusPattern::Default => "default".to_owned(),
    }
}

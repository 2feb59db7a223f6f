//! `response.headers-schema`

use serde_json::{Map, Value, json};

use crate::{
    Answer, Check, Example, Expect, Kind, ScriptedResponse, answer::essence,
    support::schema_view::Place,
};
use muster_core::{
    contract::{Contract, HeaderSpec, Operation, Schema, Validity, Violation},
    exchange::Response,
    verdict::{Finding, Judgement},
};

/// Headers whose form HTTP fixes, whatever a contract says of their format.
const FIXED_BY_HTTP: [&str; 6] = [
    "date",
    "deprecation",
    "expires",
    "last-modified",
    "retry-after",
    "sunset",
];

/// The check.
pub static CHECK: Check = Check {
    id: "response.headers-schema",
    purpose: "The API sends the headers documented for a status code, with values that conform to \
        their schemas.",
    verifies: "Every header that the contract marks as required for the status is there, and the value \
        of each documented header that is there is valid: read as text, number, boolean, list or object \
        (style `simple`, with and without `explode`), whichever its schema allows, and as JSON where the \
        contract describes it by `content`. `Content-Type` is left out, as OpenAPI says, and so are the forms of dates that \
        HTTP fixes itself. Headers that are not documented, and optional ones that are missing, are no \
        finding.",
    matters: "Paging, rate limits and concurrency live in headers. A client that relies on a declared `ETag` and does not receive it overwrites the work of others.",
    fix: "Send the header on every response with that status, in the form its schema gives; or \
        mark it as optional if it is.",
    kind: Kind::Response(judge),
    examples: &[
        Example {
            title: "Required, and there",
            contract: PEOPLE,
            dialogue: &[ScriptedResponse::new(
                "GET /people",
                200,
                &[("X-Total-Count", "12")],
                "",
            )],
            says: Expect::Pass,
        },
        Example {
            title: "Required, and missing",
            contract: PEOPLE,
            dialogue: &[ScriptedResponse::empty("GET /people", 200)],
            says: Expect::Fail("X-Total-Count is missing"),
        },
        Example {
            title: "Not the number it is documented as",
            contract: PEOPLE,
            dialogue: &[ScriptedResponse::new(
                "GET /people",
                200,
                &[("x-total-count", "many")],
                "",
            )],
            says: Expect::Fail("breaks `type`"),
        },
        Example {
            title: "A date in the form of HTTP under `date-time`",
            contract: "
/people:
  get:
    responses:
      '200':
        description: People
        headers: {Last-Modified: {schema: {type: string, format: date-time}}}
",
            dialogue: &[ScriptedResponse::new(
                "GET /people",
                200,
                &[("Last-Modified", "Mon, 23 Nov 2026 09:00:00 GMT")],
                "",
            )],
            says: Expect::Pass,
        },
        Example {
            title: "An object without a required property",
            contract: SPAN,
            dialogue: &[ScriptedResponse::new(
                "GET /people",
                200,
                &[("Span", "to,20"), ("Meta", r#"{"total": 3}"#)],
                "",
            )],
            says: Expect::Fail("The header Span breaks `required`"),
        },
        Example {
            title: "An object, and JSON in a header",
            contract: SPAN,
            dialogue: &[ScriptedResponse::new(
                "GET /people",
                200,
                &[("Span", "from,1,to,20"), ("Meta", r#"{"total": 3}"#)],
                "",
            )],
            says: Expect::Pass,
        },
        Example {
            title: "JSON in a header that its schema does not allow",
            contract: SPAN,
            dialogue: &[ScriptedResponse::new(
                "GET /people",
                200,
                &[("Meta", r#"{"total": "three"}"#)],
                "",
            )],
            says: Expect::Fail("The header Meta breaks `type`"),
        },
        Example {
            title: "No documented headers",
            contract: "/people: {get: {responses: {'200': {description: People}}}}",
            dialogue: &[ScriptedResponse::empty("GET /people", 200)],
            says: Expect::Nothing,
        },
    ],
};

const PEOPLE: &str = "
/people:
  get:
    responses:
      '200':
        description: People
        headers: {X-Total-Count: {required: true, schema: {type: integer}}}
";

const SPAN: &str = "
/people:
  get:
    responses:
      '200':
        description: People
        headers:
          Span: {schema: {type: object, required: [from], properties: {from: {type: integer}, to: {type: integer}}}}
          Meta: {content: {application/json: {schema: {type: object, properties: {total: {type: integer}}}}}}
";

fn judge(answer: &Answer<'_>) -> Vec<Judgement> {
    let Some((operation, response, spec)) = answer.documented() else {
        return Vec::new();
    };
    let judged: Vec<Option<Finding>> = spec
        .headers
        .iter()
        .filter(|header| !header.name.eq_ignore_ascii_case("content-type"))
        .map(|header| judge_header(answer.contract, operation, response, header))
        .collect();
    if judged.is_empty() {
        return Vec::new();
    }
    let findings: Vec<Judgement> = judged.into_iter().flatten().map(Judgement::from).collect();
    if findings.is_empty() {
        vec![Judgement::Pass]
    } else {
        findings
    }
}

fn judge_header(
    contract: &Contract,
    operation: &Operation,
    response: &Response,
    header: &HeaderSpec,
) -> Option<Finding> {
    let name = &header.name;
    let values: Vec<&str> = response.headers.all(name).collect();
    if values.is_empty() {
        return header.required.then(|| {
            Finding::new(
                format!("{name} missing"),
                format!("The required header {name} is missing."),
                format!("{}: {} with {name}", operation.key, response.status),
                format!("{} without it", response.status),
            )
            .at(header.pointer.clone())
            .of_kind("Required headers are missing.")
        });
    }
    if FIXED_BY_HTTP.contains(&name.to_ascii_lowercase().as_str()) {
        return None;
    }
    let schema = header.schema.as_ref()?;
    let violation = violation(contract, header, schema, &values.join(", "))?;
    Some(
        Finding::new(
            format!("{name} {}", violation.keyword),
            format!(
                "The header {name} breaks `{}` of its schema.",
                violation.keyword
            ),
            format!("{}: {name} as documented", operation.key),
            violation.message,
        )
        .at(header.pointer.clone()),
    )
}

/// Why no reading of a value is valid; nothing where one is, or where none can be judged.
fn violation(
    contract: &Contract,
    header: &HeaderSpec,
    schema: &Schema,
    value: &str,
) -> Option<Violation> {
    let is_json = header.content.as_deref().is_some_and(|media_type| {
        let essence = essence(media_type);
        essence.ends_with("/json") || essence.ends_with("+json")
    });
    let readings = if is_json {
        match serde_json::from_str(value) {
            Ok(value) => vec![value],
            Err(error) => return Some(unreadable("content", format!("it is not JSON: {error}"))),
        }
    } else {
        readings(&Place::of(contract, schema), header.explode, value)
    };
    let mut first = None;
    for reading in readings {
        match contract.schemas.validate_response(schema, &reading) {
            Validity::Valid | Validity::Unjudgeable(_) => return None,
            Validity::Invalid(violations) => {
                first = first.or_else(|| violations.into_iter().next());
            }
        }
    }
    first.or_else(|| {
        let shown: String = value.chars().take(60).collect();
        let reason = format!("`{shown}` is not a list of names and values");
        Some(unreadable("style", reason))
    })
}

fn unreadable(keyword: &str, message: String) -> Violation {
    Violation {
        instance: String::new(),
        schema: String::new(),
        keyword: keyword.to_owned(),
        message,
        count: 1,
    }
}

/// What a value may mean, the likeliest first.
fn readings(place: &Place<'_>, explode: bool, value: &str) -> Vec<Value> {
    let types = place.types();
    let mut readings = Vec::new();
    if types.contains("object") {
        let joined = || joined(place, value);
        let paired = || paired(place, value);
        // Servers that spread an object where the contract does not say so, or send JSON, are understood all the same.
        if explode {
            readings.extend(joined().into_iter().chain(paired()));
        } else {
            readings.extend(paired().into_iter().chain(joined()));
        }
        readings.extend(
            serde_json::from_str::<Value>(value)
                .ok()
                .filter(Value::is_object),
        );
    }
    if types.contains("array") {
        let items = || value.split(',').map(str::trim);
        readings.push(
            items()
                .map(|item| scalar(item).unwrap_or_else(|| json!(item)))
                .collect(),
        );
        readings.push(items().map(|item| json!(item)).collect());
    }
    if types.len() != 1 || !types.contains("object") {
        readings.extend(scalar(value));
        readings.push(json!(value));
    }
    readings
}

fn scalar(text: &str) -> Option<Value> {
    serde_json::from_str::<Value>(text)
        .ok()
        .filter(|value| value.is_number() || value.is_boolean())
}

/// `a,1,b,x`: names and values take turns.
fn paired(place: &Place<'_>, value: &str) -> Option<Value> {
    let parts: Vec<&str> = parts(value);
    if !parts.len().is_multiple_of(2) {
        return None;
    }
    let pairs = parts.chunks_exact(2).filter_map(|pair| match pair {
        [name, value] => Some(((*name).to_owned(), property(place, name, value))),
        _ => None,
    });
    Some(Value::Object(pairs.collect()))
}

/// `a=1,b=x`.
fn joined(place: &Place<'_>, value: &str) -> Option<Value> {
    parts(value)
        .into_iter()
        .map(|part| {
            let (name, value) = part.split_once('=')?;
            let (name, value) = (name.trim(), value.trim());
            Some((name.to_owned(), property(place, name, value)))
        })
        .collect::<Option<Map<String, Value>>>()
        .map(Value::Object)
}

fn parts(value: &str) -> Vec<&str> {
    if value.trim().is_empty() {
        return Vec::new();
    }
    value.split(',').map(str::trim).collect()
}

/// The value of a property: a number or a boolean where its schema does not ask for a string.
fn property(place: &Place<'_>, name: &str, value: &str) -> Value {
    let types = place.member(name).types();
    if types.contains("string") {
        return json!(value);
    }
    if types.contains("null") && value.is_empty() {
        return Value::Null;
    }
    scalar(value).unwrap_or_else(|| json!(value))
}

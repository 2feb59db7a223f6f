//! `response.headers-schema`

use serde_json::{Value, json};

use crate::{
    checks::{Answer, Check, Example, Kind, Line, Says, place::Place},
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
    purpose: "The headers documented for a status are sent, and their values keep to their schemas.",
    verifies: "Every header that the contract marks as required for the status is there, and the value \
        of each documented header that is there is valid: read as text, number, boolean or list, whichever \
        its schema allows. `Content-Type` is left out, as OpenAPI says, and so are the forms of dates that \
        HTTP fixes itself. Headers that are not documented, and optional ones that are missing, are no \
        finding; objects in headers are not judged.",
    matters: "Paging, rate limits and concurrency live in headers. A client that was promised `ETag` and \
        does not get it overwrites the work of others.",
    fix: "Send the header on every answer with that status, in the form its schema gives; or mark it as \
        optional if it is.",
    kind: Kind::Response(judge),
    examples: &[
        Example {
            title: "Required, and there",
            contract: PEOPLE,
            dialogue: &[Line::new(
                "GET /people",
                200,
                &[("X-Total-Count", "12")],
                "",
            )],
            says: Says::Pass,
        },
        Example {
            title: "Required, and missing",
            contract: PEOPLE,
            dialogue: &[Line::empty("GET /people", 200)],
            says: Says::Fail("X-Total-Count is missing"),
        },
        Example {
            title: "Not the number it is documented as",
            contract: PEOPLE,
            dialogue: &[Line::new(
                "GET /people",
                200,
                &[("x-total-count", "many")],
                "",
            )],
            says: Says::Fail("breaks `type`"),
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
            dialogue: &[Line::new(
                "GET /people",
                200,
                &[("Last-Modified", "Mon, 23 Nov 2026 09:00:00 GMT")],
                "",
            )],
            says: Says::Pass,
        },
        Example {
            title: "No documented headers",
            contract: "/people: {get: {responses: {'200': {description: People}}}}",
            dialogue: &[Line::empty("GET /people", 200)],
            says: Says::Nothing,
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
    let violation = violation(contract, schema, &values.join(", "))?;
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
fn violation(contract: &Contract, schema: &Schema, value: &str) -> Option<Violation> {
    let types = Place::of(contract, schema).types();
    if types.contains("object") {
        return None;
    }
    let scalar = |text: &str| {
        serde_json::from_str::<Value>(text)
            .ok()
            .filter(|value| value.is_number() || value.is_boolean())
    };
    let mut readings = vec![json!(value)];
    readings.extend(scalar(value));
    if types.contains("array") {
        let items = || value.split(',').map(str::trim);
        readings.insert(0, items().map(|item| json!(item)).collect());
        readings.insert(
            0,
            items()
                .map(|item| scalar(item).unwrap_or_else(|| json!(item)))
                .collect(),
        );
    }
    let mut first = None;
    for reading in readings {
        match contract.schemas.validate_response(schema, &reading) {
            Validity::Valid | Validity::Unjudgeable(_) => return None,
            Validity::Invalid(violations) => {
                first = first.or_else(|| violations.into_iter().next());
            }
        }
    }
    first
}

//! Patterns in other dialects than ECMA-262.

use serde_json::Value;

use crate::service::{Reply, Request, Service};

/// Takes a body at POST /registrations whose properties all satisfy their rule, and gives it back.
fn registrations(rule: fn(&str, &str) -> bool) -> Service {
    Service::start(move |request: &Request| {
        if request.path != "/registrations" {
            return Reply::problem(404, "Not found");
        }
        if request.method != "POST" {
            return Reply::not_allowed("POST");
        }
        if !request
            .header("content-type")
            .is_some_and(|media| media.contains("json"))
        {
            return Reply::problem(415, "JSON is needed");
        }
        let Some(Value::Object(body)) = request.json() else {
            return Reply::problem(400, "An object is needed");
        };
        let sound = body.contains_key("mark")
            && body
                .iter()
                .all(|(name, value)| value.as_str().is_some_and(|text| rule(name, text)));
        if sound {
            Reply::json(200, &Value::Object(body))
        } else {
            Reply::problem(400, "A value is not as it must be")
        }
    })
}

fn contract(properties: &str) -> String {
    format!(
        "openapi: 3.1.0
info: {{ title: Registrations, version: 1.0.0 }}
servers: [{{ url: '{{origin}}' }}]
paths:
  /registrations:
    post:
      operationId: checkRegistration
      requestBody: {{ required: true, content: {{ application/json: {{ schema: {{ $ref: '#/components/schemas/It' }} }} }} }}
      responses:
        '200': {{ description: Sound, content: {{ application/json: {{ schema: {{ $ref: '#/components/schemas/It' }} }} }} }}
        '400': {{ description: Refused, content: {{ application/problem+json: {{ schema: {{ type: object }} }} }} }}
        '415': {{ description: Not JSON, content: {{ application/problem+json: {{ schema: {{ type: object }} }} }} }}
components:
  schemas:
    It:
      type: object
      required: [mark]
      additionalProperties: false
      properties:
        mark: {{ type: string, pattern: '^[A-Z]{{2}}$' }}
{properties}"
    )
}

fn is(text: &str, length: usize, rule: fn(char) -> bool) -> bool {
    text.chars().count() == length && text.chars().all(rule)
}

#[test]
fn patterns_whose_meaning_is_sure_make_values_and_judge_none() {
    let service = registrations(|name, text| match name {
        "mark" => is(text, 2, |c| c.is_ascii_uppercase()),
        "serial" => is(text, 3, |c| c.is_ascii_digit()),
        "station" => is(text, 4, |c| c.is_ascii_alphabetic()),
        "code" => text.len() == 4 && text.starts_with("x-"),
        "colour" => is(text, 3, |c| c.is_ascii_lowercase()),
        _ => false,
    });
    let ran = service.run(
        &contract(
            r"        serial: { type: string, pattern: '\A[0-9]{3}\z' }
        station: { type: string, pattern: '^[[:alpha:]]{4}$' }
        code: { type: string, pattern: '^x-(?P<tail>\d{2})$' }
        colour: { type: string, pattern: '^[a-z]{3}+$' }
",
        ),
        "writes: allowed\n",
        &[],
    );
    ran.is_conformant();
    assert_eq!(ran.verdict("GOV-01"), "pass");
    let told = ran.findings("GOV-80").join("\n");
    for construct in [r"`\A`", "`[:alpha:]`", "`(?P<`", "`}+`"] {
        assert!(told.contains(construct), "{construct}: {told}");
    }
    let sent = |name: &str| {
        service.requests().iter().any(|(request, status)| {
            *status == 200 && request.json().is_some_and(|body| body.get(name).is_some())
        })
    };
    for name in ["serial", "station", "code", "colour"] {
        assert!(sent(name), "{name} was never accepted");
    }
}

#[test]
fn a_pattern_that_cannot_be_read_degrades_its_property_alone() {
    let service = registrations(|name, text| match name {
        "mark" => is(text, 2, |c| c.is_ascii_uppercase()),
        "gap" => is(text, 1, |c| c == '\t'),
        "area" => is(text, 2, |c| c.is_ascii_digit()),
        _ => false,
    });
    let ran = service.run(
        &contract(
            r"        gap: { type: string, pattern: '^\h$' }
        area: { type: string, pattern: '^[0-9]{2}$' }
",
        ),
        "writes: allowed\n",
        &[],
    );
    ran.is_conformant();
    assert_eq!(ran.verdict("GOV-01"), "pass");
    assert!(
        ran.findings("GOV-80")
            .iter()
            .any(|title| title.contains(r"`\h`"))
    );
    assert!(service.requests().iter().any(|(request, status)| {
        *status == 200
            && request
                .json()
                .is_some_and(|body| body.get("area").is_some())
    }));
}

#[test]
fn a_broken_pattern_leaves_the_document_usable() {
    let service = registrations(|name, text| match name {
        "mark" => is(text, 2, |c| c.is_ascii_uppercase()),
        _ => text == "A1",
    });
    let ran = service.run(
        &contract("        beat: { type: string, pattern: '^[A-Z', examples: [A1] }\n"),
        "writes: allowed\n",
        &[],
    );
    ran.is_conformant();
    assert_eq!(ran.verdict("GOV-01"), "pass");
    assert!(!ran.findings("GOV-80").is_empty());
}

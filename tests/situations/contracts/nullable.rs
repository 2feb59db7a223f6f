//! `nullable: true` where the version of OpenAPI gives it no meaning.

use serde_json::{Value, json};

use crate::service::{Reply, Request, Service};

/// Takes a body with a level at POST /levels, and shows one at GET /levels.
fn levels(takes_null: bool, shown: Value) -> Service {
    Service::start(move |request: &Request| {
        if request.path != "/levels" {
            return Reply::problem(404, "Not found");
        }
        match request.method.as_str() {
            "GET" => Reply::json(200, &json!({ "level": shown })),
            "POST" => {
                if !request
                    .header("content-type")
                    .is_some_and(|media| media.contains("json"))
                {
                    return Reply::problem(415, "JSON is needed");
                }
                let Some(Value::Object(body)) = request.json() else {
                    return Reply::problem(400, "An object is needed");
                };
                let sound = body.iter().all(|(name, value)| {
                    name == "level"
                        && (value == "low" || value == "high" || takes_null && value.is_null())
                });
                if sound && !body.is_empty() {
                    Reply::json(200, &Value::Object(body))
                } else {
                    Reply::problem(400, "Not a level")
                }
            }
            _ => Reply::not_allowed("GET, HEAD, POST"),
        }
    })
}

fn run(service: &Service, openapi: &str, level: &str) {
    let contract = format!(
        "openapi: {openapi}
info: {{ title: Levels, version: 1.0.0 }}
servers: [{{ url: '{{origin}}' }}]
paths:
  /levels:
    get:
      responses:
        '200': {{ description: The level, content: {{ application/json: {{ schema: {{ $ref: '#/components/schemas/It' }} }} }} }}
    post:
      requestBody: {{ required: true, content: {{ application/json: {{ schema: {{ $ref: '#/components/schemas/It' }} }} }} }}
      responses:
        '200': {{ description: Taken, content: {{ application/json: {{ schema: {{ $ref: '#/components/schemas/It' }} }} }} }}
        '400': {{ description: Refused, content: {{ application/problem+json: {{ schema: {{ type: object }} }} }} }}
        '415': {{ description: Not JSON, content: {{ application/problem+json: {{ schema: {{ type: object }} }} }} }}
components:
  schemas:
    Level: {{ type: string, enum: [low, high] }}
    It:
      type: object
      required: [level]
      additionalProperties: false
      properties: {{ level: {level} }}
"
    );
    service
        .run(&contract, "writes: allowed\n", &[])
        .is_conformant();
}

const ALL_OF: &str = "{ nullable: true, allOf: [{ $ref: '#/components/schemas/Level' }] }";

#[test]
fn null_is_no_failure_where_everybody_means_it() {
    run(&levels(true, Value::Null), "3.0.3", ALL_OF);
}

#[test]
fn null_may_be_refused_where_the_letter_gives_it_no_meaning() {
    run(&levels(false, json!("low")), "3.0.3", ALL_OF);
}

#[test]
fn an_enumeration_without_null_leaves_null_open() {
    let level = "{ type: string, nullable: true, enum: [low, high] }";
    run(&levels(true, Value::Null), "3.0.3", level);
    run(&levels(false, json!("low")), "3.0.3", level);
}

#[test]
fn nullable_beside_a_reference_and_in_later_versions_leaves_null_open() {
    let beside = "{ nullable: true, $ref: '#/components/schemas/Level' }";
    run(&levels(true, Value::Null), "3.0.3", beside);
    let later = "{ type: string, nullable: true, enum: [low, high] }";
    run(&levels(true, Value::Null), "3.1.0", later);
}

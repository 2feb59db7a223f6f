//! Values that requests are made of.

use std::sync::Mutex;

use serde_json::{Value, json};

use crate::service::{Reply, Request, Service};

const HEAD: &str = "openapi: 3.1.0
info: { title: Tasks, version: 1.0.0 }
servers: [{ url: '{origin}' }]
";

fn names(body: &Value, wanted: &[&str]) -> bool {
    body.as_object()
        .is_some_and(|body| body.keys().all(|name| wanted.contains(&name.as_str())))
}

#[test]
fn a_reference_without_id_in_its_name_is_resolved() {
    let projects: Mutex<Vec<String>> = Mutex::default();
    let service = Service::start(move |request: &Request| {
        let mut projects = projects.lock().unwrap();
        let body = request.json().unwrap_or_default();
        match (request.method.as_str(), request.segments().as_slice()) {
            ("POST", ["projects"]) if body["name"].is_string() && names(&body, &["name"]) => {
                let id = format!("3f2c0000-0000-4000-8000-{:012x}", projects.len() + 1);
                projects.push(id.clone());
                Reply::json(201, &json!({ "id": id, "name": body["name"] }))
                    .with("location", &format!("/projects/{id}"))
            }
            ("GET", ["projects", id]) if projects.iter().any(|held| held == id) => {
                Reply::json(200, &json!({ "id": id, "name": "Held" }))
            }
            ("POST", ["tasks"])
                if body["project"]
                    .as_str()
                    .is_some_and(|id| projects.iter().any(|held| held == id)) =>
            {
                Reply::json(201, &json!({ "id": "t1", "project": body["project"] }))
            }
            ("POST", _) => Reply::problem(422, "No such project"),
            _ => Reply::problem(404, "Not found"),
        }
    });
    let contract = format!(
        "{HEAD}paths:
  /projects:
    post:
      requestBody: {{ required: true, content: {{ application/json: {{ schema: {{ type: object, additionalProperties: false, required: [name], properties: {{ name: {{ type: string, minLength: 1 }} }} }} }} }} }}
      responses: {{ '201': {{ description: Made, content: {{ application/json: {{ schema: {{ type: object }} }} }} }} }}
  /projects/{{id}}:
    parameters: [{{ name: id, in: path, required: true, schema: {{ type: string, format: uuid }} }}]
    get: {{ responses: {{ '200': {{ description: A project, content: {{ application/json: {{ schema: {{ type: object }} }} }} }} }} }}
  /tasks:
    post:
      requestBody: {{ required: true, content: {{ application/json: {{ schema: {{ type: object, required: [project], properties: {{ project: {{ type: string, format: uuid }} }} }} }} }} }}
      responses: {{ '201': {{ description: Made, content: {{ application/json: {{ schema: {{ type: object }} }} }} }} }}
"
    );
    let ran = service.run(&contract, "writes: allowed\n", &["--only", "GOV-17"]);
    let made = |(request, status): &(Request, u16)| request.path == "/tasks" && *status == 201;
    assert!(service.requests().iter().any(made), "{}", ran.told());
}

#[test]
fn a_body_of_one_or_many_is_sent_as_one() {
    let service =
        Service::start(
            |request: &Request| match (request.method.as_str(), request.json()) {
                ("POST", Some(body @ Value::Object(_))) => Reply::json(201, &body),
                _ => Reply::problem(422, "One at a time"),
            },
        );
    let one = "{ type: object, required: [title], properties: { title: { type: string } } }";
    let contract = format!(
        "{HEAD}paths:
  /notes:
    post:
      requestBody: {{ required: true, content: {{ application/json: {{ schema: {{ oneOf: [{{ type: array, items: {one} }}, {one}] }} }} }} }}
      responses: {{ '201': {{ description: Made, content: {{ application/json: {{ schema: {{ type: object }} }} }} }} }}
"
    );
    let ran = service.run(&contract, "writes: allowed\n", &["--only", "GOV-17"]);
    let first = service
        .requests()
        .into_iter()
        .find(|(request, _)| request.method == "POST");
    assert_eq!(first.map(|(_, status)| status), Some(201), "{}", ran.told());
}

#[test]
fn an_id_with_a_slash_is_not_put_into_a_segment() {
    let service = Service::start(|request: &Request| {
        match (request.method.as_str(), request.path.as_str()) {
            ("GET", "/files") => Reply::json(
                200,
                &json!({ "items": [{ "id": "2024/a" }, { "id": "b" }] }),
            ),
            ("GET", "/files/b") => Reply::json(200, &json!({ "id": "b" })),
            ("GET", _) => Reply::problem(404, "Not found"),
            _ => Reply::not_allowed("GET, HEAD"),
        }
    });
    let contract = format!(
        "{HEAD}paths:
  /files:
    get: {{ responses: {{ '200': {{ description: Files, content: {{ application/json: {{ schema: {{ type: object, properties: {{ items: {{ type: array, items: {{ type: object, properties: {{ id: {{ type: string }} }} }} }} }} }} }} }} }} }} }}
  /files/{{id}}:
    parameters: [{{ name: id, in: path, required: true, schema: {{ type: string }} }}]
    get: {{ responses: {{ '200': {{ description: A file, content: {{ application/json: {{ schema: {{ type: object }} }} }} }}, '404': {{ description: Not found }} }} }}
"
    );
    let ran = service.run(&contract, "", &["--only", "GOV-17"]);
    assert_eq!(ran.verdict("GOV-17"), "pass", "{}", ran.told());
    assert!(service.lines("GET").contains(&"GET /files/b".to_owned()));
    assert!(
        !service
            .lines("GET")
            .contains(&"GET /files/2024/a".to_owned())
    );
}

#[test]
fn a_creation_that_is_always_refused_is_not_sent_again_and_again() {
    let service = Service::start(|request: &Request| match request.method.as_str() {
        "POST" => Reply::problem(422, "The register is closed"),
        "GET" if request.path == "/beats" => Reply::json(200, &json!({ "items": [] })),
        _ => Reply::problem(404, "Not found"),
    });
    let beat = "{ type: object, required: [name], properties: { name: { type: string } } }";
    let contract = format!(
        "{HEAD}paths:
  /beats:
    get: {{ responses: {{ '200': {{ description: Beats, content: {{ application/json: {{ schema: {{ type: object, properties: {{ items: {{ type: array, items: {beat} }} }} }} }} }} }} }} }}
    post:
      requestBody: {{ required: true, content: {{ application/json: {{ schema: {beat} }} }} }}
      responses: {{ '201': {{ description: Made, content: {{ application/json: {{ schema: {beat} }} }} }}, '422': {{ description: Refused }} }}
  /beats/{{id}}:
    parameters: [{{ name: id, in: path, required: true, schema: {{ type: string }} }}]
    get: {{ responses: {{ '200': {{ description: A beat, content: {{ application/json: {{ schema: {beat} }} }} }}, '404': {{ description: Not found }} }} }}
    delete: {{ responses: {{ '204': {{ description: Gone }}, '404': {{ description: Not found }} }} }}
"
    );
    let ran = service.run(&contract, "writes: allowed\n", &[]);
    let told = ran.results.to_string();
    assert!(
        told.contains("refused several times in the same way"),
        "{}",
        ran.told()
    );
}

//! Server errors of a product: one finding for each cause, with its places, and no two causes in one.

use std::{collections::BTreeMap, sync::Mutex};

use serde_json::{Value, json};

use super::service::{Ran, Reply, Request, Service};

/// Five resources over one store.
const RESOURCES: [&str; 5] = ["people", "cases", "notes", "places", "vehicles"];

fn contract() -> String {
    let mut paths = String::new();
    for name in RESOURCES {
        paths.push_str(&format!(
            r##"
  /{name}:
    get:
      parameters:
        - {{ name: label, in: query, schema: {{ type: string }} }}
      responses:
        '200': {{ description: All, content: {{ application/json: {{ schema: {{ $ref: '#/components/schemas/All' }} }} }} }}
        '400': {{ description: Refused }}
    post:
      requestBody: {{ required: true, content: {{ application/json: {{ schema: {{ $ref: '#/components/schemas/New' }} }} }} }}
      responses:
        '201': {{ description: Created, headers: {{ Location: {{ schema: {{ type: string }} }} }}, content: {{ application/json: {{ schema: {{ $ref: '#/components/schemas/One' }} }} }} }}
        '400': {{ description: Refused }}
  /{name}/{{id}}:
    parameters: [{{ name: id, in: path, required: true, schema: {{ type: string, format: uuid }} }}]
    get:
      responses:
        '200': {{ description: One, content: {{ application/json: {{ schema: {{ $ref: '#/components/schemas/One' }} }} }} }}
        '404': {{ description: None }}
    delete: {{ responses: {{ '204': {{ description: Gone }}, '404': {{ description: None }} }} }}"##
        ));
    }
    format!(
        r##"
openapi: 3.1.0
info: {{ title: Five, version: 1.0.0 }}
servers: [{{ url: "{{origin}}" }}]
paths:{paths}
components:
  schemas:
    New: {{ type: object, required: [label], properties: {{ label: {{ type: string, maxLength: 200 }}, remark: {{ type: string, maxLength: 200 }}, count: {{ type: integer }} }} }}
    One: {{ allOf: [{{ $ref: '#/components/schemas/New' }}, {{ type: object, required: [id], properties: {{ id: {{ type: string, format: uuid }} }} }}] }}
    All: {{ type: object, properties: {{ items: {{ type: array, items: {{ $ref: '#/components/schemas/One' }} }} }} }}
"##
    )
}

/// Whether the store fails at what a handler passes on.
type Fails = fn(&Request, &Value) -> bool;

fn product(fails: Fails) -> Service {
    let store = Mutex::new((0_u32, BTreeMap::<String, Value>::new()));
    Service::start(move |request| {
        let mut store = store.lock().unwrap();
        let sent = request.json();
        let query = request.parameter("label").map_or(Value::Null, Value::from);
        let error = || Reply::json(500, &json!({ "error": "Internal Server Error" }));
        match (request.method.as_str(), request.segments().as_slice()) {
            ("GET", [_]) if fails(request, &json!({ "label": query })) => error(),
            ("GET", [name]) => {
                let own = format!("/{name}/");
                let items: Vec<&Value> = store
                    .1
                    .iter()
                    .filter(|(path, item)| {
                        path.starts_with(&own) && (query.is_null() || item["label"] == query)
                    })
                    .map(|(_, item)| item)
                    .collect();
                Reply::json(200, &json!({ "items": items }))
            }
            ("POST", [name]) => {
                let Some(mut item) = sent.filter(|sent| {
                    sent["label"].is_string()
                        && (sent["remark"].is_null() || sent["remark"].is_string())
                        && (sent["count"].is_null() || sent["count"].is_number())
                }) else {
                    return Reply::problem(400, "Wrong");
                };
                if fails(request, &item) {
                    return error();
                }
                store.0 += 1;
                let id = format!("00000000-0000-4000-8000-{:012}", store.0);
                item["id"] = id.clone().into();
                let path = format!("/{name}/{id}");
                store.1.insert(path.clone(), item.clone());
                Reply::json(201, &item).with("location", &path)
            }
            ("GET", [_, _]) => match store.1.get(&request.path) {
                Some(item) => Reply::json(200, item),
                None => Reply::problem(404, "None"),
            },
            ("DELETE", [_, _]) => match store.1.remove(&request.path) {
                Some(_) => Reply::empty(204),
                None => Reply::problem(404, "None"),
            },
            (_, [_]) => Reply::not_allowed("GET, HEAD, POST"),
            (_, [_, _]) => Reply::not_allowed("GET, HEAD, DELETE"),
            _ => Reply::problem(404, "None"),
        }
    })
}

fn ran(fails: Fails) -> Ran {
    product(fails).run(
        &contract(),
        "writes: allowed\n",
        &[
            "--only",
            "response.server-error",
            "--only",
            "input.server-error",
        ],
    )
}

fn titles(ran: &Ran) -> Vec<&str> {
    ran.results["findings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["finding"]["title"].as_str().unwrap())
        .collect()
}

fn has_nul(value: &Value) -> bool {
    ["label", "remark"]
        .iter()
        .any(|name| value[name].as_str().is_some_and(|text| text.contains('\0')))
}

#[test]
fn what_the_store_cannot_hold_is_one_finding_over_operations_and_properties() {
    let ran = ran(|_, value| has_nul(value));
    assert_eq!(ran.exit, 1, "{}", ran.told());
    let titles = titles(&ran);
    assert_eq!(titles.len(), 1, "{titles:#?}");
    assert!(titles[0].contains("NUL in a string"), "{titles:?}");
    let one = &ran.results["findings"][0];
    let places = one["places"].as_array().unwrap();
    assert!(
        places.len() >= 10,
        "{} places: two properties of five bodies",
        places.len()
    );
    let curl = one["curl"].as_str().unwrap();
    assert!(curl.contains("\\u0000") || curl.contains("%00"), "{curl}");
    // Each requirement still has its own results for each operation.
    for id in ["GOV-32", "GOV-37"] {
        assert_eq!(ran.verdict(id), "fail", "{id}");
    }
}

#[test]
fn another_value_and_another_handler_are_findings_of_their_own() {
    let ran = ran(|request, value| {
        has_nul(value)
            || request.method == "POST"
                && request.path == "/cases"
                && value["label"].as_str() == Some("O'Neill")
            || value["count"]
                .as_f64()
                .is_some_and(|count| count > 2_147_483_647.0)
    });
    let titles = titles(&ran);
    assert_eq!(titles.len(), 3, "{titles:#?}");
    for told in ["NUL in a string", "a number beyond 32 bits"] {
        assert_eq!(
            titles.iter().filter(|one| one.contains(told)).count(),
            1,
            "{titles:#?}"
        );
    }
}

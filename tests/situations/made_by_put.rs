//! Records that PUT makes at an id that the client chooses.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
};

use serde_json::{Value, json};

use super::service::{Reply, Service};

const ALLOWED: &str = "writes: allowed\n";
const QUICK: &[&str] = &["--effort", "quick"];

fn not_found() -> Reply {
    Reply::problem(404, "Not found")
}

const MOORINGS: &str = r##"
openapi: 3.1.0
info: { title: Moorings, version: 1.0.0 }
servers: [{ url: "{origin}" }]
paths:
  /moorings:
    get:
      operationId: listMoorings
      responses: { '200': { description: All, content: { application/json: { schema: { type: object, required: [items], properties: { items: { type: array, items: { $ref: '#/components/schemas/Mooring' } } } } } } } }
  /moorings/{name}:
    parameters: [ { name: name, in: path, required: true, schema: { type: string, pattern: '^[a-z][a-z0-9-]{2,40}$' } } ]
    get:
      operationId: getMooring
      responses: { '200': { description: One, content: { application/json: { schema: { $ref: '#/components/schemas/Mooring' } } } }, '404': { $ref: '#/components/responses/None' } }
    put:
      operationId: putMooring
      requestBody: { required: true, content: { application/json: { schema: { type: object, required: [depth], additionalProperties: false, properties: { depth: { type: integer, minimum: 1, maximum: 90 }, chart: { type: string, minLength: 1, maxLength: 40 } } } } } }
      responses:
        '200': { description: Replaced, content: { application/json: { schema: { $ref: '#/components/schemas/Mooring' } } } }
        '201': { description: Made, content: { application/json: { schema: { $ref: '#/components/schemas/Mooring' } } } }
        '400': { $ref: '#/components/responses/None' }
        '404': { $ref: '#/components/responses/None' }
    delete:
      operationId: deleteMooring
      responses: { '204': { description: Gone }, '404': { $ref: '#/components/responses/None' } }
components:
  responses:
    None: { description: Refused, content: { application/problem+json: { schema: { type: object, required: [title, status], properties: { title: { type: string }, status: { type: integer } } } } } }
  schemas:
    Mooring: { type: object, required: [name, depth], properties: { name: { type: string }, depth: { type: integer }, chart: { type: string } } }
"##;

/// Moorings that are made by PUT; `sound` says whether the chart is kept and a removal removes.
fn moorings(sound: bool) -> (Service, Arc<Mutex<BTreeMap<String, Value>>>) {
    let kept = Arc::new(Mutex::new(BTreeMap::<String, Value>::new()));
    kept.lock().unwrap().insert(
        "harbour-master".into(),
        json!({ "name": "harbour-master", "depth": 9, "chart": "of the master" }),
    );
    let store = Arc::clone(&kept);
    let service = Service::start(move |request| {
        let segments = request.segments();
        let well_named = |name: &str| {
            (3..=41).contains(&name.len())
                && name.starts_with(|first: char| first.is_ascii_lowercase())
                && name
                    .bytes()
                    .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
        };
        let mut store = store.lock().unwrap();
        match (request.method.as_str(), segments.as_slice()) {
            ("GET", ["moorings"]) => {
                Reply::json(200, &json!({ "items": store.values().collect::<Vec<_>>() }))
            }
            (_, ["moorings"]) => Reply::not_allowed("GET, HEAD"),
            (_, ["moorings", name]) if !well_named(name) => not_found(),
            ("GET", ["moorings", name]) => store
                .get(*name)
                .map_or_else(not_found, |record| Reply::json(200, record)),
            ("PUT", ["moorings", name]) => {
                let body = request.json().unwrap_or_default();
                let Some(members) = body.as_object() else {
                    return Reply::problem(400, "No object");
                };
                let depth = members.get("depth").and_then(Value::as_f64);
                let valid = members.keys().all(|key| key == "depth" || key == "chart")
                    && depth
                        .is_some_and(|depth| depth.fract() == 0.0 && (1.0..=90.0).contains(&depth))
                    && members.get("chart").is_none_or(|chart| {
                        chart
                            .as_str()
                            .is_some_and(|chart| (1..=40).contains(&chart.chars().count()))
                    });
                if !valid {
                    return Reply::problem(400, "Not a mooring");
                }
                let mut record = json!({ "name": name, "depth": depth.unwrap() as u64 });
                if let Some(chart) = members.get("chart").filter(|_| sound) {
                    record["chart"] = chart.clone();
                }
                let before = store.insert((*name).to_owned(), record.clone());
                Reply::json(if before.is_some() { 200 } else { 201 }, &record)
            }
            ("DELETE", ["moorings", name]) => match store.get(*name).cloned() {
                None => not_found(),
                Some(_) => {
                    if sound {
                        store.remove(*name);
                    }
                    Reply::empty(204)
                }
            },
            (_, ["moorings", _]) => Reply::not_allowed("GET, HEAD, PUT, DELETE"),
            _ => not_found(),
        }
    });
    (service, kept)
}

#[test]
fn records_that_put_makes_are_judged_and_removed() {
    let (service, kept) = moorings(true);
    let ran = service.run(MOORINGS, ALLOWED, QUICK);
    ran.is_conformant();
    assert!(ran.left_behind().is_empty(), "{:?}", ran.left_behind());
    let kept = kept.lock().unwrap();
    assert_eq!(kept.len(), 1, "{kept:?}");
    assert_eq!(kept["harbour-master"]["chart"], "of the master");
    for id in ["GOV-42", "GOV-43", "GOV-45"] {
        assert_eq!(ran.verdict(id), "pass", "{}", ran.told());
    }
}

#[test]
fn records_that_put_makes_lose_properties_and_survive() {
    let (service, kept) = moorings(false);
    let ran = service.run(MOORINGS, ALLOWED, QUICK);
    for id in ["GOV-42", "GOV-43", "GOV-45"] {
        assert_eq!(ran.verdict(id), "fail", "{id}: {}", ran.told());
    }
    let kept = kept.lock().unwrap();
    assert_eq!(kept["harbour-master"]["chart"], "of the master");
    assert_eq!(kept.len() - 1, ran.left_behind().len());
}

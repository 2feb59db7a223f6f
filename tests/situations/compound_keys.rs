//! Records that several variables name together, which no response names: they are found in the list and removed.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
};

use serde_json::{Value, json};

use super::service::{Reply, Request, Service};

const CONTRACT: &str = r#"
openapi: 3.1.0
info: { title: Ferries, version: 1.0.0 }
servers: [{ url: "{origin}" }]
paths:
  /crossings:
    get:
      operationId: listCrossings
      responses:
        '200': { description: All, content: { application/json: { schema: { type: array, items: { $ref: '#/components/schemas/Crossing' } } } } }
    post:
      operationId: addCrossing
      requestBody: { required: true, content: { application/json: { schema: { $ref: '#/components/schemas/Crossing' } } } }
      responses:
        '201': { description: Added }
        '400': { description: Refused }
  /crossings/{harbour}/{shore}:
    parameters:
      - { name: harbour, in: path, required: true, schema: { type: string } }
      - { name: shore, in: path, required: true, schema: { type: string } }
    delete:
      operationId: removeCrossing
      responses:
        '204': { description: Removed }
        '404': { description: Not found }
components:
  schemas:
    Crossing:
      type: object
      required: [harbour, shore, vessel]
      properties:
        harbour: { type: string, minLength: 1, maxLength: 40 }
        shore: { type: string, minLength: 1, maxLength: 40 }
        vessel: { type: string, minLength: 1, maxLength: 40 }
"#;

/// A segment of a path without its percent-encoding.
fn decoded(segment: &str) -> String {
    url::form_urlencoded::parse(format!("x={segment}").as_bytes())
        .next()
        .map(|(_, text)| text.into_owned())
        .unwrap_or_default()
}

type Crossings = Arc<Mutex<BTreeMap<(String, String), Value>>>;

fn answer(crossings: &Crossings, harmed: &Mutex<Vec<String>>, request: &Request) -> Reply {
    let mut held = crossings.lock().unwrap();
    match (request.method.as_str(), request.segments().as_slice()) {
        ("GET", ["crossings"]) => {
            Reply::json(200, &json!(held.values().cloned().collect::<Vec<_>>()))
        }
        ("POST", ["crossings"]) => {
            let text = |body: &Value, name: &str| {
                let text = body[name].as_str()?.to_owned();
                (1..=40).contains(&text.chars().count()).then_some(text)
            };
            let Some(body) = request.json() else {
                return Reply::problem(400, "Not JSON");
            };
            let keys = (text(&body, "harbour"), text(&body, "shore"));
            let ((Some(harbour), Some(shore)), Some(_)) = (keys, text(&body, "vessel")) else {
                return Reply::problem(400, "Refused");
            };
            held.insert((harbour, shore), body);
            Reply::empty(201)
        }
        ("DELETE", ["crossings", harbour, shore]) => {
            if [harbour, shore] == [&"Craighaven", &"Northpoint"] {
                harmed.lock().unwrap().push(request.path.clone());
            }
            let key = (decoded(harbour), decoded(shore));
            match held.remove(&key) {
                Some(_) => Reply::empty(204),
                None => Reply::problem(404, "Not found"),
            }
        }
        (_, ["crossings"]) => Reply::not_allowed("GET, POST"),
        (_, ["crossings", _, _]) => Reply::not_allowed("DELETE"),
        _ => Reply::problem(404, "Not found"),
    }
}

#[test]
fn records_named_by_two_variables_are_found_in_the_list_and_removed() {
    let crossings: Crossings = Arc::default();
    let key = ("Craighaven".to_owned(), "Northpoint".to_owned());
    let theirs = json!({ "harbour": key.0, "shore": key.1, "vessel": "Tern" });
    crossings
        .lock()
        .unwrap()
        .insert(key.clone(), theirs.clone());
    let harmed = Arc::new(Mutex::new(Vec::new()));
    let (inner, noted) = (Arc::clone(&crossings), Arc::clone(&harmed));
    let service = Service::start(move |request| answer(&inner, &noted, request));
    let ran = service.run(CONTRACT, "writes: allowed\n", &["--effort", "quick"]);
    let made = service
        .requests()
        .iter()
        .filter(|(request, status)| request.method == "POST" && *status == 201)
        .count();
    assert!(made > 0, "{}", ran.told());
    assert!(harmed.lock().unwrap().is_empty(), "{}", ran.told());
    let held = crossings.lock().unwrap();
    assert_eq!(held.get(&key), Some(&theirs), "{}", ran.told());
    let told = ran.left_behind().len();
    assert!(held.len() - 1 <= told, "{held:?}\n{}", ran.told());
    // A record of short texts alone may be another's; it is told, and left where it is.
    let short = |record: &Value| {
        let mut texts = record.as_object().unwrap().values();
        texts.all(|text| text.as_str().unwrap().chars().count() < 8)
    };
    let long: Vec<_> = held
        .values()
        .filter(|record| **record != theirs && !short(record))
        .collect();
    assert!(long.is_empty(), "{long:?}\n{}", ran.told());
}

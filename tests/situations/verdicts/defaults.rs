//! What frameworks do by default, in services that are sound otherwise.

use std::{
    collections::BTreeMap,
    sync::{Mutex, PoisonError},
};

use serde_json::{Value, json};

use super::bikes::{CONTRACT, Shed};
use crate::service::{Ran, Reply, Request, Service};

fn run(contract: &str, handler: impl Fn(&Request) -> Reply + Send + Sync + 'static) -> Ran {
    Service::start(handler).run(contract, "writes: allowed\n", &["--effort", "quick"])
}

/// A request with another body.
fn with_body(request: &Request, body: &Value) -> Request {
    let mut request = request.clone();
    request.body = serde_json::to_vec(body).unwrap();
    request
}

#[test]
fn not_found_in_place_of_method_not_allowed_is_a_warning() {
    let shed = Shed::default();
    let ran = run(CONTRACT, move |request| {
        let reply = shed.answer(request);
        if reply.status == 405 {
            Reply::problem(404, "Cannot do that here")
        } else {
            reply
        }
    });
    ran.is_conformant();
    assert_eq!(ran.verdict("GOV-21"), "fail", "{}", ran.told());
}

#[test]
fn an_undeclared_operation_that_removes_a_record_fails() {
    let contract = CONTRACT.replace("    delete: {", "    x-delete: {");
    let shed = Shed::default();
    let ran = run(&contract, move |request| shed.answer(request));
    assert_eq!(ran.verdict("GOV-71"), "fail", "{}", ran.told());
}

#[test]
fn null_for_an_optional_property_is_its_absence() {
    let shed = Shed::default();
    let ran = run(CONTRACT, move |request| {
        let Some(Value::Object(mut members)) = request.json() else {
            return shed.answer(request);
        };
        if members.get("gears") == Some(&Value::Null) {
            members.shift_remove("gears");
        }
        shed.answer(&with_body(request, &Value::Object(members)))
    });
    ran.is_conformant();
}

#[test]
fn null_for_a_required_property_is_a_mistake() {
    let shed = Shed::default();
    let ran = run(CONTRACT, move |request| {
        let mut body = request.json().unwrap_or_default();
        if body.get("colour") == Some(&Value::Null) {
            body["colour"] = json!("red");
            return shed.answer(&with_body(request, &body));
        }
        shed.answer(request)
    });
    assert_eq!(ran.verdict("GOV-33"), "fail", "{}", ran.told());
}

#[test]
fn a_put_that_keeps_what_it_leaves_out_is_a_warning() {
    let shed = Shed::default();
    let gears: Mutex<BTreeMap<String, Value>> = Mutex::default();
    let ran = run(CONTRACT, move |request| {
        let mut gears = gears.lock().unwrap_or_else(PoisonError::into_inner);
        if request.method != "PUT" {
            let reply = shed.answer(request);
            if request.method == "POST" && reply.status == 201 {
                let made: Value = serde_json::from_slice(&reply.body).unwrap();
                gears.insert(format!("/bikes/{}", made["id"]), made["gears"].clone());
            }
            return reply;
        }
        let Some(Value::Object(mut body)) = request.json() else {
            return shed.answer(request);
        };
        if !body.contains_key("gears")
            && let Some(kept) = gears.get(&request.path).filter(|kept| !kept.is_null())
        {
            body.insert("gears".into(), kept.clone());
        }
        let reply = shed.answer(&with_body(request, &Value::Object(body)));
        if reply.status == 200 {
            let now: Value = serde_json::from_slice(&reply.body).unwrap();
            gears.insert(request.path.clone(), now["gears"].clone());
        }
        reply
    });
    ran.is_conformant();
    assert_eq!(ran.verdict("GOV-43"), "pass", "{}", ran.told());
    assert_eq!(ran.verdict("GOV-72"), "fail", "{}", ran.told());
}

const BADGES: &str = r##"
openapi: 3.0.3
info: { title: Badges, version: 1.0.0 }
servers: [{ url: "{origin}" }]
paths:
  /badges/:
    get:
      operationId: listBadges
      parameters:
        - { name: page, in: query, schema: { type: integer } }
        - { name: page_size, in: query, schema: { type: integer } }
        - { name: ordering, in: query, schema: { type: string } }
        - { name: search, in: query, schema: { type: string } }
      responses:
        '200': { description: A page, content: { application/json: { schema: { type: object, required: [count, next, previous, results], properties: { count: { type: integer }, next: { type: string, nullable: true }, previous: { type: string, nullable: true }, results: { type: array, items: { $ref: '#/components/schemas/Badge' } } } } } } }
        '404': { $ref: '#/components/responses/Problem' }
    post:
      operationId: createBadge
      requestBody: { required: true, content: { application/json: { schema: { $ref: '#/components/schemas/NewBadge' } } } }
      responses:
        '201': { description: Made, content: { application/json: { schema: { $ref: '#/components/schemas/Badge' } } } }
        '400': { $ref: '#/components/responses/Problem' }
        '415': { $ref: '#/components/responses/Problem' }
  /badges/{id}/:
    parameters: [{ name: id, in: path, required: true, schema: { type: integer } }]
    get: { operationId: getBadge, responses: { '200': { description: One, content: { application/json: { schema: { $ref: '#/components/schemas/Badge' } } } }, '404': { $ref: '#/components/responses/Problem' } } }
    put:
      operationId: replaceBadge
      requestBody: { required: true, content: { application/json: { schema: { $ref: '#/components/schemas/NewBadge' } } } }
      responses:
        '200': { description: Replaced, content: { application/json: { schema: { $ref: '#/components/schemas/Badge' } } } }
        '400': { $ref: '#/components/responses/Problem' }
        '404': { $ref: '#/components/responses/Problem' }
        '415': { $ref: '#/components/responses/Problem' }
    delete: { operationId: deleteBadge, responses: { '204': { description: Gone }, '404': { $ref: '#/components/responses/Problem' } } }
components:
  responses:
    Problem: { description: Refused, content: { application/problem+json: { schema: { type: object, required: [title, status], properties: { title: { type: string }, status: { type: integer } } } } } }
  schemas:
    NewBadge: { type: object, required: [collar], properties: { collar: { type: string, minLength: 1, maxLength: 12 } } }
    Badge: { type: object, required: [id, collar, serial], properties: { id: { type: integer, readOnly: true }, serial: { type: integer, readOnly: true }, collar: { type: string } } }
"##;

/// Badges with a unique collar number of twelve letters, a serial number that counts, and pages by their number.
fn badges() -> Service {
    let state: Mutex<(u64, BTreeMap<u64, Value>)> = Mutex::default();
    Service::start(move |request| {
        let mut state = state.lock().unwrap_or_else(PoisonError::into_inner);
        let (last, badges) = &mut *state;
        let read = |own: Option<u64>, badges: &BTreeMap<u64, Value>| {
            if !request
                .header("content-type")
                .is_some_and(|media| media.contains("json"))
            {
                return Err(Reply::problem(415, "Send JSON"));
            }
            let body = request.json().unwrap_or_default();
            let collar = body.get("collar").and_then(Value::as_str);
            let Some(collar) = collar.filter(|text| (1..=12).contains(&text.chars().count()))
            else {
                return Err(Reply::problem(400, "A collar number has 1 to 12 letters"));
            };
            let clash = badges
                .iter()
                .any(|(id, badge)| Some(*id) != own && badge["collar"] == collar);
            if clash {
                return Err(Reply::problem(
                    400,
                    "A badge with this collar number already exists.",
                ));
            }
            Ok(collar.to_owned())
        };
        match (request.segments().as_slice(), request.method.as_str()) {
            (["badges"], "GET") => {
                let number = |name: &str, usual: usize| {
                    request.parameter(name).map_or(Some(usual), |text| {
                        if name == "page" {
                            text.parse().ok()
                        } else {
                            Some(text.parse().unwrap_or(usual))
                        }
                    })
                };
                let size = number("page_size", 5).unwrap_or(5).clamp(1, 100);
                let pages = badges.len().div_ceil(size).max(1);
                let page = number("page", 1).filter(|page| (1..=pages).contains(page));
                let Some(page) = page else {
                    return Reply::problem(404, "Invalid page.");
                };
                let results: Vec<&Value> =
                    badges.values().skip((page - 1) * size).take(size).collect();
                let link = |page: usize| format!("/badges/?page={page}&page_size={size}");
                Reply::json(
                    200,
                    &json!({
                        "count": badges.len(),
                        "next": (page < pages).then(|| link(page + 1)),
                        "previous": (page > 1).then(|| link(page - 1)),
                        "results": results,
                    }),
                )
            }
            (["badges"], "POST") => match read(None, badges) {
                Err(refusal) => refusal,
                Ok(collar) => {
                    *last += 1;
                    let badge = json!({ "id": *last, "serial": *last + 100, "collar": collar });
                    badges.insert(*last, badge.clone());
                    Reply::json(201, &badge)
                }
            },
            (["badges"], _) => Reply::not_allowed("GET, HEAD, POST"),
            (["badges", id], "GET" | "PUT" | "DELETE") => {
                let Some(id) = id.parse().ok().filter(|id| badges.contains_key(id)) else {
                    return Reply::problem(404, "No such badge");
                };
                match request.method.as_str() {
                    "GET" => Reply::json(200, &badges[&id]),
                    "DELETE" => {
                        badges.remove(&id);
                        Reply::empty(204)
                    }
                    _ => match read(Some(id), badges) {
                        Err(refusal) => refusal,
                        Ok(collar) => {
                            badges.get_mut(&id).unwrap()["collar"] = json!(collar);
                            Reply::json(200, &badges[&id])
                        }
                    },
                }
            }
            (["badges", _], _) => Reply::not_allowed("GET, HEAD, PUT, DELETE"),
            _ => Reply::problem(404, "Not found"),
        }
    })
}

#[test]
fn unique_values_pages_by_number_and_free_orders_are_sound() {
    for profile in ["uk-gov-api", "http-operability"] {
        let ran = badges().run(
            BADGES,
            "writes: allowed\nclaims: [pagination]\n",
            &["--effort", "quick", "--profile", profile],
        );
        assert_eq!(ran.exit, 0, "{profile}: {}", ran.told());
    }
}

#[test]
fn the_next_number_of_a_counter_is_not_set_by_the_client() {
    let ran = badges().run(
        BADGES,
        "writes: allowed\n",
        &["--profile", "policing-api-security", "--only", "SEC-40"],
    );
    assert_eq!(ran.verdict("SEC-40"), "pass", "{}", ran.told());
}

const NOTES: &str = r##"
openapi: 3.0.3
info: { title: Notes, version: 1.0.0 }
servers: [{ url: "{origin}" }]
paths:
  /notes:
    post:
      operationId: createNote
      requestBody: { required: true, content: { application/json: { schema: { type: object, properties: { text: { type: string, maxLength: 40 } } } } } }
      responses:
        '201': { description: Made, content: { application/json: { schema: { type: object, properties: { text: { type: string } } } } } }
        '400': { description: Refused, content: { application/problem+json: { schema: { type: object } } } }
        '415': { description: Refused, content: { application/problem+json: { schema: { type: object } } } }
"##;

#[test]
fn an_empty_body_may_be_read_as_an_empty_object() {
    let ran = run(NOTES, |request| {
        if request.path != "/notes" {
            return Reply::problem(404, "Not found");
        }
        if request.method != "POST" {
            return Reply::not_allowed("POST");
        }
        if !request
            .header("content-type")
            .is_some_and(|media| media.contains("json"))
        {
            return Reply::problem(415, "Send JSON");
        }
        let body = if request.body.is_empty() {
            Some(json!({}))
        } else {
            request.json()
        };
        let fits = |text: &Value| text.as_str().is_some_and(|text| text.chars().count() <= 40);
        match body {
            Some(Value::Object(members)) if members.get("text").is_none_or(fits) => {
                let text = members.get("text").cloned();
                Reply::json(201, &text.map_or(json!({}), |text| json!({ "text": text })))
            }
            _ => Reply::problem(400, "Not a note"),
        }
    });
    assert_eq!(ran.verdict("GOV-35"), "pass", "{}", ran.told());
    assert_eq!(
        ran.with("MUST", "fail"),
        Vec::<&str>::new(),
        "{}",
        ran.told()
    );
}

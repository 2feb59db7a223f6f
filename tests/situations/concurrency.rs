//! Probes that run at the same time on a slow service: none takes what another does for a defect.

use std::{collections::BTreeMap, sync::Mutex, time::Duration};

use serde_json::{Value, json};

use super::service::{Reply, Service};

const BOATS: &str = r##"
openapi: 3.1.0
info: { title: Boats, version: 1.0.0 }
servers: [{ url: "{origin}" }]
paths:
  /boats:
    get:
      parameters:
        - { name: offset, in: query, schema: { type: integer, minimum: 0, default: 0 } }
        - { name: limit, in: query, schema: { type: integer, minimum: 1, maximum: 50, default: 20 } }
        - { name: colour, in: query, schema: { type: string, enum: [red, green, blue] } }
      responses:
        '200':
          description: All
          headers: { ETag: { schema: { type: string } } }
          content: { application/json: { schema: { type: object, required: [items, total], properties: { total: { type: integer }, items: { type: array, items: { $ref: '#/components/schemas/Boat' } } } } } }
        '304': { description: The same }
        '400': { description: Refused }
    post:
      requestBody: { required: true, content: { application/json: { schema: { $ref: '#/components/schemas/NewBoat' } } } }
      responses:
        '201': { description: Created, headers: { Location: { schema: { type: string } } }, content: { application/json: { schema: { $ref: '#/components/schemas/Boat' } } } }
        '400': { description: Refused }
  /boats/{id}:
    parameters: [{ name: id, in: path, required: true, schema: { type: string, format: uuid } }]
    get:
      responses:
        '200': { description: One, content: { application/json: { schema: { $ref: '#/components/schemas/Boat' } } } }
        '404': { description: None }
    put:
      requestBody: { required: true, content: { application/json: { schema: { $ref: '#/components/schemas/NewBoat' } } } }
      responses:
        '200': { description: Replaced, content: { application/json: { schema: { $ref: '#/components/schemas/Boat' } } } }
        '400': { description: Refused }
        '404': { description: None }
    delete: { responses: { '204': { description: Gone }, '404': { description: None } } }
components:
  schemas:
    NewBoat: { type: object, additionalProperties: false, required: [label, colour], properties: { label: { type: string, minLength: 1, maxLength: 60 }, colour: { type: string, enum: [red, green, blue] } } }
    Boat: { type: object, required: [id, label, colour], properties: { id: { type: string, format: uuid }, label: { type: string }, colour: { type: string } } }
"##;

fn is_boat(body: &Value) -> bool {
    let Some(members) = body.as_object() else {
        return false;
    };
    members
        .keys()
        .all(|name| name == "label" || name == "colour")
        && members
            .get("label")
            .and_then(Value::as_str)
            .is_some_and(|label| (1..=60).contains(&label.chars().count()))
        && body["colour"]
            .as_str()
            .is_some_and(|colour| ["red", "green", "blue"].contains(&colour))
}

/// A service that does everything right and answers after 50 ms.
fn slow() -> Service {
    let store = Mutex::new((0_u32, BTreeMap::<String, Value>::new()));
    Service::start(move |request| {
        let mut store = store.lock().unwrap();
        let sent = request.json().filter(is_boat);
        let whole =
            |name: &str, default: usize, least: usize, most: usize| match request.parameter(name) {
                None => Some(default),
                Some(text) => text
                    .parse()
                    .ok()
                    .filter(|number| (least..=most).contains(number)),
            };
        let mut reply = match (request.method.as_str(), request.segments().as_slice()) {
            ("GET", ["boats"]) => {
                let colour = request.parameter("colour");
                let pages = (whole("offset", 0, 0, usize::MAX), whole("limit", 20, 1, 50));
                match pages {
                    _ if colour
                        .as_deref()
                        .is_some_and(|colour| !["red", "green", "blue"].contains(&colour)) =>
                    {
                        Reply::problem(400, "No such colour")
                    }
                    (Some(offset), Some(limit)) => {
                        let all: Vec<&Value> = store
                            .1
                            .values()
                            .filter(|boat| {
                                colour
                                    .as_deref()
                                    .is_none_or(|colour| boat["colour"] == colour)
                            })
                            .collect();
                        let items: Vec<_> = all.iter().skip(offset).take(limit).collect();
                        let body = json!({ "total": all.len(), "items": items });
                        let mut sum = 0xcbf2_9ce4_8422_2325_u64;
                        for byte in body.to_string().bytes() {
                            sum = (sum ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
                        }
                        let tag = format!("\"{sum:x}\"");
                        if request.header("if-none-match") == Some(tag.as_str()) {
                            Reply::empty(304).with("etag", &tag)
                        } else {
                            Reply::json(200, &body).with("etag", &tag)
                        }
                    }
                    _ => Reply::problem(400, "No such page"),
                }
            }
            ("POST", ["boats"]) => match sent {
                Some(mut boat) => {
                    store.0 += 1;
                    let id = format!("00000000-0000-4000-8000-{:012}", store.0);
                    boat["id"] = id.clone().into();
                    store.1.insert(id.clone(), boat.clone());
                    Reply::json(201, &boat).with("location", &format!("/boats/{id}"))
                }
                None => Reply::problem(400, "Not a boat"),
            },
            ("GET", ["boats", id]) => match store.1.get(*id) {
                Some(boat) => Reply::json(200, boat),
                None => Reply::problem(404, "None"),
            },
            ("PUT", ["boats", id]) => match (store.1.contains_key(*id), sent) {
                (false, _) => Reply::problem(404, "None"),
                (_, None) => Reply::problem(400, "Not a boat"),
                (_, Some(mut boat)) => {
                    boat["id"] = (*id).into();
                    store.1.insert((*id).to_owned(), boat.clone());
                    Reply::json(200, &boat)
                }
            },
            ("DELETE", ["boats", id]) => match store.1.remove(*id) {
                Some(_) => Reply::empty(204),
                None => Reply::problem(404, "None"),
            },
            (_, ["boats"]) => Reply::not_allowed("GET, HEAD, POST"),
            (_, ["boats", _]) => Reply::not_allowed("GET, HEAD, PUT, DELETE"),
            _ => Reply::problem(404, "None"),
        };
        reply.delay = Duration::from_millis(50);
        reply
    })
}

/// Areas and checks that create, change and remove records, and that judge the collection.
const AREAS: [&str; 2] = ["uk-gov-api", "http-operability"];

#[test]
fn no_probe_takes_what_another_does_for_a_defect_of_the_collection() {
    let seeds = std::env::var("MUSTER_TEST_SEEDS").ok();
    let seeds: u32 = seeds.and_then(|count| count.parse().ok()).unwrap_or(1);
    for seed in 1..=seeds {
        for profile in AREAS {
            let service = slow();
            let seed = seed.to_string();
            let ran = service.run(
                BOATS,
                "writes: allowed\nbudget: { concurrency: 8 }\n",
                &["--effort", "quick", "--seed", &seed, "--profile", profile],
            );
            let of_the_collection: Vec<&Value> = ran.results["findings"]
                .as_array()
                .unwrap()
                .iter()
                .filter(|one| {
                    let check = one["by"]["check"].as_str().unwrap_or_default();
                    // Pages that begin after a number of records lose one when an earlier one goes: a true finding.
                    if check == "ops.paging-under-change" {
                        return false;
                    }
                    ["records.", "ops.", "wire.", "change."]
                        .iter()
                        .any(|area| check.starts_with(area))
                })
                .map(|one| &one["finding"])
                .collect();
            assert!(
                ran.with("MUST", "inconclusive").is_empty(),
                "{profile} {seed}: {:?}\n{}",
                ran.with("MUST", "inconclusive"),
                ran.told()
            );
            assert!(
                of_the_collection.is_empty(),
                "{profile} {seed}: {of_the_collection:#?}"
            );
        }
    }
}

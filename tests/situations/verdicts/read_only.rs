//! Services that only read, with writes refused as by default: nothing that they do not have leaves a MUST open.

use serde_json::{Value, json};

use crate::service::{Reply, Request, Service};

/// The profiles that serve any API.
const GENERIC: [&str; 3] = ["uk-gov-api", "http-operability", "policing-api-security"];

fn forces() -> Vec<Value> {
    (1..=9)
        .map(|number| json!({ "id": number, "name": format!("Force {number}") }))
        .collect()
}

/// Runs every generic profile with these lines of the target file, and expects exit code 0 of each.
#[track_caller]
fn conforms_by_default(service: &Service, contract: &str, target: &str) {
    for profile in GENERIC {
        let ran = service.run(contract, target, &["--profile", profile]);
        assert_eq!(ran.exit, 0, "{profile}: {}", ran.told());
        assert_eq!(
            ran.with("MUST", "inconclusive"),
            Vec::<&str>::new(),
            "{profile}: {}",
            ran.told()
        );
    }
    for method in ["POST", "PUT", "PATCH", "DELETE"] {
        assert_eq!(service.lines(method), Vec::<String>::new());
    }
}

const ONE_LIST: &str = r##"
openapi: 3.1.0
info: { title: Forces, version: 1.0.0 }
servers: [{ url: "{origin}" }]
paths:
  /forces:
    get:
      operationId: listForces
      summary: Lists the forces
      responses:
        '200':
          description: Forces
          content:
            application/json:
              schema:
                type: object
                required: [forces]
                properties: { forces: { type: array, items: { type: string } } }
"##;

fn one_list(request: &Request) -> Reply {
    match (request.path.as_str(), request.method.as_str()) {
        ("/forces", "GET") => Reply::json(200, &json!({ "forces": ["Northshire"] })),
        ("/forces", _) => Reply::not_allowed("GET, HEAD"),
        _ => Reply::problem(404, "Not found"),
    }
}

#[test]
fn one_list_without_parameters() {
    let service = Service::start(one_list);
    conforms_by_default(&service, ONE_LIST, "");
}

#[test]
fn claims_and_identities_do_not_make_a_read_only_list_undetermined() {
    let service = Service::start(one_list);
    let target = "claims: [etag, pagination, idempotency-key, if-match-required, read-back, correlation-id, conflict-on-duplicate]
identities:
  default: { none: {} }
  other-force: { none: {} }
  read-only: { none: {} }
";
    conforms_by_default(&service, ONE_LIST, target);
}

const PAGES: &str = r##"
openapi: 3.0.3
info: { title: Forces, version: 1.0.0 }
servers: [{ url: "{origin}" }]
paths:
  /forces:
    get:
      operationId: listForces
      parameters:
        - { name: limit, in: query, schema: { type: integer, minimum: 1, maximum: 50, default: 20 } }
        - { name: offset, in: query, schema: { type: integer, minimum: 0, default: 0 } }
      responses:
        '200':
          description: A page of forces
          content:
            application/json:
              schema:
                type: object
                required: [items, total]
                properties:
                  items: { type: array, items: { $ref: '#/components/schemas/Force' } }
                  total: { type: integer }
        '400': { $ref: '#/components/responses/Problem' }
  /forces/{forceId}:
    get:
      operationId: getForce
      parameters: [{ name: forceId, in: path, required: true, schema: { type: integer, minimum: 1 } }]
      responses:
        '200': { description: A force, content: { application/json: { schema: { $ref: '#/components/schemas/Force' } } } }
        '404': { $ref: '#/components/responses/Problem' }
components:
  responses:
    Problem: { description: Refused, content: { application/problem+json: { schema: { type: object, required: [title], properties: { title: { type: string }, status: { type: integer } } } } } }
  schemas:
    Force: { type: object, required: [id, name], properties: { id: { type: integer }, name: { type: string } } }
"##;

/// A whole number of a query parameter within bounds, or its default.
fn number(request: &Request, name: &str, default: usize, least: usize) -> Option<usize> {
    match request.parameter(name) {
        None => Some(default),
        Some(text) => text
            .parse()
            .ok()
            .filter(|number| (least..=1_000_000).contains(number)),
    }
}

fn pages(request: &Request) -> Reply {
    let forces = forces();
    match request.segments().as_slice() {
        ["forces"] if request.method == "GET" => {
            let limit = number(request, "limit", 20, 1).filter(|limit| *limit <= 50);
            let (Some(limit), Some(offset)) = (limit, number(request, "offset", 0, 0)) else {
                return Reply::problem(400, "The page is wrong");
            };
            let items: Vec<&Value> = forces.iter().skip(offset).take(limit).collect();
            Reply::json(200, &json!({ "items": items, "total": forces.len() }))
        }
        ["forces", id] if request.method == "GET" => {
            let id = id.parse::<i64>().ok();
            match forces
                .iter()
                .find(|force| id.is_some() && force["id"].as_i64() == id)
            {
                Some(force) => Reply::json(200, force),
                None => Reply::problem(404, "No such force"),
            }
        }
        ["forces"] | ["forces", _] => Reply::not_allowed("GET, HEAD"),
        _ => Reply::problem(404, "Not found"),
    }
}

#[test]
fn pages_and_records_that_are_only_read() {
    let service = Service::start(pages);
    conforms_by_default(&service, PAGES, "");
}

#[test]
fn pages_that_repeat_an_item_fail_although_writes_are_refused() {
    let service = Service::start(|request| {
        let forces = forces();
        if request.segments() == ["forces"] && request.method == "GET" {
            let (Some(limit), Some(offset)) = (
                number(request, "limit", 20, 1).filter(|limit| *limit <= 50),
                number(request, "offset", 0, 0),
            ) else {
                return Reply::problem(400, "The page is wrong");
            };
            // Each page but the first begins with the last item of the one before.
            let items: Vec<&Value> = forces
                .iter()
                .skip(offset.saturating_sub(1))
                .take(limit)
                .collect();
            return Reply::json(200, &json!({ "items": items, "total": forces.len() }));
        }
        pages(request)
    });
    let ran = service.run(
        PAGES,
        "",
        &["--profile", "http-operability", "--only", "OPS-12"],
    );
    assert_eq!(ran.exit, 1, "{}", ran.told());
    assert_eq!(ran.verdict("OPS-12"), "fail", "{}", ran.told());
}

const KEYED: &str = r##"
openapi: 3.1.0
info: { title: Stations, version: 1.0.0 }
servers: [{ url: "{origin}" }]
security: [{ key: [] }]
paths:
  /stations:
    get:
      operationId: listStations
      parameters: [{ name: force, in: query, schema: { type: string, enum: [north, south] } }]
      responses:
        '200': { description: Stations, content: { application/json: { schema: { type: object, required: [items], properties: { items: { type: array, items: { type: object, required: [code], properties: { code: { type: string }, force: { type: string } } } } } } } } }
        '400': { description: Refused, content: { application/problem+json: { schema: { type: object } } } }
        '401': { description: No key, content: { application/problem+json: { schema: { type: object } } } }
components:
  securitySchemes: { key: { type: apiKey, in: header, name: X-Key } }
"##;

#[test]
fn a_list_behind_a_key() {
    let service = Service::start(|request| {
        if request.segments() != ["stations"] {
            return Reply::problem(404, "Not found");
        }
        if request.header("x-key") != Some("opening-phrase-81") {
            return Reply::problem(401, "No key").with("www-authenticate", "ApiKey");
        }
        if request.method != "GET" {
            return Reply::not_allowed("GET, HEAD");
        }
        let wanted = request.parameter("force");
        if wanted
            .as_deref()
            .is_some_and(|force| !["north", "south"].contains(&force))
        {
            return Reply::problem(400, "No such force");
        }
        let all = [
            json!({"code": "A", "force": "north"}),
            json!({"code": "B", "force": "south"}),
        ];
        let items: Vec<&Value> = all
            .iter()
            .filter(|station| {
                wanted
                    .as_ref()
                    .is_none_or(|force| station["force"] == **force)
            })
            .collect();
        Reply::json(200, &json!({ "items": items })).with("cache-control", "no-store")
    });
    let target = "identities:\n  default: { api_key: { name: X-Key, in: header, value: { command: [printf, opening-phrase-81] } } }\n";
    conforms_by_default(&service, KEYED, target);
}

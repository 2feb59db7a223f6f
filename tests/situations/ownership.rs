//! Whose a record is: what a run changes and deletes, and what it leaves alone.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
    },
};

use serde_json::{Value, json};

use super::service::{Ran, Reply, Request, Service};

const ALLOWED: &str = "writes: allowed\n";
const QUICK: &[&str] = &["--effort", "quick"];

/// Records by number, with those of other people among them, and what became of these.
#[derive(Default)]
struct Store {
    records: Mutex<BTreeMap<u64, Value>>,
    last: AtomicU64,
    foreign: Mutex<BTreeSet<u64>>,
    harmed: Mutex<Vec<String>>,
}

impl Store {
    fn with_foreign(count: u64, record: impl Fn(u64) -> Value) -> Arc<Self> {
        let store = Self::default();
        for id in 1..=count {
            store.records.lock().unwrap().insert(id, record(id));
            store.foreign.lock().unwrap().insert(id);
        }
        store.last.store(count, Ordering::SeqCst);
        Arc::new(store)
    }

    fn add(&self, mut record: Value) -> Value {
        let id = self.last.fetch_add(1, Ordering::SeqCst) + 1;
        record["id"] = json!(id);
        self.records.lock().unwrap().insert(id, record.clone());
        record
    }

    fn get(&self, id: &str) -> Option<Value> {
        self.records.lock().unwrap().get(&id.parse().ok()?).cloned()
    }

    fn list(&self) -> Value {
        let records = self.records.lock().unwrap();
        json!({ "items": records.values().collect::<Vec<_>>() })
    }

    /// Notes a change of a record of somebody else.
    fn touch(&self, request: &Request, id: &str) {
        if let Ok(id) = id.parse::<u64>()
            && self.foreign.lock().unwrap().contains(&id)
        {
            let line = format!("{} {}", request.method, request.path);
            self.harmed.lock().unwrap().push(line);
        }
    }

    fn remove(&self, request: &Request, id: &str) -> Reply {
        self.touch(request, id);
        let removed = id
            .parse()
            .ok()
            .and_then(|id: u64| self.records.lock().unwrap().remove(&id));
        match removed {
            Some(_) => Reply::empty(204),
            None => Reply::problem(404, "Not found"),
        }
    }

    fn replace(&self, request: &Request, id: &str, mut record: Value) -> Reply {
        let Some(_) = self.get(id) else {
            return Reply::problem(404, "Not found");
        };
        self.touch(request, id);
        let number: u64 = id.parse().unwrap();
        record["id"] = json!(number);
        self.records.lock().unwrap().insert(number, record.clone());
        Reply::json(200, &record)
    }

    /// How many records are there that are not of other people.
    fn left(&self) -> usize {
        self.records.lock().unwrap().len() - self.foreign.lock().unwrap().len()
    }

    /// Nothing of other people was changed, and what is left of the run's own is told.
    #[track_caller]
    fn is_safe_after(&self, ran: &Ran) {
        let harmed = self.harmed.lock().unwrap();
        assert!(harmed.is_empty(), "{harmed:?}\n{}", ran.told());
        assert!(
            self.left() <= ran.left_behind().len(),
            "{} are left, told are {:?}\n{}",
            self.left(),
            ran.left_behind(),
            ran.told()
        );
    }
}

/// The body of a berth, if it is valid.
fn berth(request: &Request) -> Option<Value> {
    let body = request.json()?;
    let members = body.as_object()?;
    let valid = members.keys().all(|name| name == "remark")
        && members
            .get("remark")?
            .as_str()
            .is_some_and(|text| (1..=60).contains(&text.chars().count()));
    valid.then_some(body)
}

fn not_found() -> Reply {
    Reply::problem(404, "Not found")
}

/// `/berths`, one of them, and what else the contract has.
fn berths(created: &str, item: &str, more: &str) -> String {
    format!(
        r##"
openapi: 3.1.0
info: {{ title: Berths, version: 1.0.0 }}
servers: [{{ url: "{{origin}}" }}]
paths:
  /berths:
    get:
      operationId: listBerths
      responses:
        '200': {{ description: All, content: {{ application/json: {{ schema: {{ type: object, required: [items], properties: {{ items: {{ type: array, items: {{ $ref: '#/components/schemas/Berth' }} }} }} }} }} }} }}
    post:
      operationId: addBerth
      requestBody: {{ required: true, content: {{ application/json: {{ schema: {{ $ref: '#/components/schemas/NewBerth' }} }} }} }}
      responses:
{created}
        '400': {{ $ref: '#/components/responses/Refused' }}
  /berths/{{berthId}}:
    parameters: [ {{ name: berthId, in: path, required: true, schema: {{ type: integer, minimum: 1 }} }} ]
    get:
      operationId: getBerth
      responses:
        '200': {{ description: One, content: {{ application/json: {{ schema: {{ $ref: '#/components/schemas/Berth' }} }} }} }}
        '404': {{ $ref: '#/components/responses/Refused' }}
{item}
    delete:
      operationId: removeBerth
      responses: {{ '204': {{ description: Gone }}, '404': {{ $ref: '#/components/responses/Refused' }} }}
{more}
components:
  responses:
    Refused: {{ description: Refused, content: {{ application/problem+json: {{ schema: {{ $ref: '#/components/schemas/Problem' }} }} }} }}
  schemas:
    NewBerth: {{ type: object, required: [remark], additionalProperties: false, properties: {{ remark: {{ type: string, minLength: 1, maxLength: 60 }} }} }}
    Berth: {{ type: object, required: [id, remark], properties: {{ id: {{ type: integer }}, remark: {{ type: string }} }} }}
    Ticket: {{ type: object, required: [id], properties: {{ id: {{ type: integer }}, queue: {{ type: string }} }} }}
    Problem: {{ type: object, required: [title, status], properties: {{ title: {{ type: string }}, status: {{ type: integer }} }} }}
"##
    )
}

const PUT: &str = r"    put:
      operationId: replaceBerth
      requestBody: { required: true, content: { application/json: { schema: { $ref: '#/components/schemas/NewBerth' } } } }
      responses:
        '200': { description: Replaced, content: { application/json: { schema: { $ref: '#/components/schemas/Berth' } } } }
        '400': { $ref: '#/components/responses/Refused' }
        '404': { $ref: '#/components/responses/Refused' }";

const MADE: &str = "        '201': { description: Made, content: { application/json: { schema: { $ref: '#/components/schemas/Berth' } } } }";

/// A service of berths; `create` is what POST does once the body is valid.
fn serve(
    store: &Arc<Store>,
    create: impl Fn(&Store, Value) -> Reply + Send + Sync + 'static,
    more: impl Fn(&Store, &Request) -> Option<Reply> + Send + Sync + 'static,
) -> Service {
    let store = Arc::clone(store);
    Service::start(move |request| {
        let segments = request.segments();
        match (request.method.as_str(), segments.as_slice()) {
            ("GET", ["berths"]) => Reply::json(200, &store.list()),
            ("POST", ["berths"]) => match berth(request) {
                Some(body) => create(&store, body),
                None => Reply::problem(400, "Not a berth"),
            },
            ("GET", ["berths", id]) => store
                .get(id)
                .map_or_else(not_found, |record| Reply::json(200, &record)),
            ("DELETE", ["berths", id]) => store.remove(request, id),
            _ => more(&store, request).unwrap_or_else(|| match segments.as_slice() {
                ["berths"] => Reply::not_allowed("GET, HEAD, POST"),
                ["berths", _] => Reply::not_allowed("GET, HEAD, DELETE"),
                _ => not_found(),
            }),
        }
    })
}

fn replaces(store: &Store, request: &Request) -> Option<Reply> {
    match (request.method.as_str(), request.segments().as_slice()) {
        ("PUT", ["berths", id]) => Some(match berth(request) {
            Some(body) => store.replace(request, id, body),
            None => Reply::problem(400, "Not a berth"),
        }),
        _ => None,
    }
}

fn harbour() -> Arc<Store> {
    Store::with_foreign(60, |id| json!({ "id": id, "remark": "of another harbour" }))
}

/// A ticket is answered whose number is that of a berth of somebody else; the berth is made at once.
#[test]
fn the_number_of_a_ticket_is_no_berth() {
    for (status, location) in [(202, true), (201, true), (202, false)] {
        let store = harbour();
        let tickets = Arc::new(Mutex::new(BTreeMap::<u64, u64>::new()));
        let issued = Arc::clone(&tickets);
        let service = serve(
            &store,
            move |store, body| {
                let made = store.add(body)["id"].as_u64().unwrap();
                let mut issued = issued.lock().unwrap();
                let ticket = issued.len() as u64 + 1;
                issued.insert(ticket, made);
                let reply = Reply::json(status, &json!({ "id": ticket, "queue": "tides" }));
                if location {
                    reply.with("location", &format!("/tickets/{ticket}"))
                } else {
                    reply
                }
            },
            move |store, request| match (request.method.as_str(), request.segments().as_slice()) {
                ("GET", ["tickets", id]) => {
                    let made = id
                        .parse()
                        .ok()
                        .and_then(|id: u64| tickets.lock().unwrap().get(&id).copied());
                    Some(made.map_or_else(not_found, |made| {
                        Reply::empty(303).with("location", &format!("/berths/{made}"))
                    }))
                }
                (_, ["tickets", _]) => Some(Reply::not_allowed("GET, HEAD")),
                _ => replaces(store, request),
            },
        );
        let created = format!(
            "        '{status}': {{ description: Taken, content: {{ application/json: {{ schema: {{ $ref: '#/components/schemas/Ticket' }} }} }} }}"
        );
        let ticket = "  /tickets/{ticketId}:
    get:
      operationId: getTicket
      parameters: [ { name: ticketId, in: path, required: true, schema: { type: integer, minimum: 1 } } ]
      responses:
        '200': { description: Its state, content: { application/json: { schema: { $ref: '#/components/schemas/Ticket' } } } }
        '303': { description: Done }
        '404': { $ref: '#/components/responses/Refused' }";
        let ran = service.run(&berths(&created, PUT, ticket), ALLOWED, QUICK);
        store.is_safe_after(&ran);
        assert!(matches!(ran.exit, 0 | 3), "{}", ran.told());
        if location {
            assert_eq!(
                store.left(),
                0,
                "the tickets lead to the berths: {}",
                ran.told()
            );
        }
    }
}

/// The body of a creation is the pier that the berth lies at.
#[test]
fn a_parent_that_is_returned_is_not_changed() {
    let store = harbour();
    let service = serve(
        &store,
        |store, body| {
            store.add(body);
            Reply::json(201, &json!({ "id": 7, "pier": "North", "berths": 61 }))
        },
        replaces,
    );
    let created = "        '201': { description: Made, content: { application/json: { schema: { type: object, properties: { id: { type: integer }, pier: { type: string }, berths: { type: integer } } } } } }";
    let ran = service.run(&berths(created, PUT, ""), ALLOWED, QUICK);
    store.is_safe_after(&ran);
    assert!(matches!(ran.exit, 0 | 3), "{}", ran.told());
}

/// Every id is taken, however large: there is none that a PUT may try.
#[test]
fn a_number_that_is_made_up_is_looked_at_before_it_is_written_to() {
    let writes = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&writes);
    let service = Service::start(move |request| {
        let segments = request.segments();
        match (request.method.as_str(), segments.as_slice()) {
            ("GET", ["buoys", id]) if id.parse::<u64>().is_ok() => Reply::json(
                200,
                &json!({ "number": id.parse::<u64>().unwrap(), "colour": "red" }),
            ),
            ("PUT" | "PATCH" | "DELETE", ["buoys", id]) if id.parse::<u64>().is_ok() => {
                seen.lock()
                    .unwrap()
                    .push(format!("{} {}", request.method, request.path));
                Reply::empty(204)
            }
            (_, ["buoys", _]) => not_found(),
            _ => not_found(),
        }
    });
    let contract = r##"
openapi: 3.1.0
info: { title: Buoys, version: 1.0.0 }
servers: [{ url: "{origin}" }]
paths:
  /buoys/{number}:
    parameters: [ { name: number, in: path, required: true, schema: { type: integer, minimum: 1 } } ]
    get:
      operationId: getBuoy
      responses:
        '200': { description: One, content: { application/json: { schema: { type: object, properties: { number: { type: integer }, colour: { type: string } } } } } }
        '404': { description: None }
    put:
      operationId: putBuoy
      requestBody: { required: true, content: { application/json: { schema: { type: object, required: [colour], properties: { colour: { type: string } } } } } }
      responses: { '204': { description: Replaced }, '201': { description: Made }, '404': { description: None } }
    patch:
      operationId: patchBuoy
      requestBody: { required: true, content: { application/json: { schema: { type: object, properties: { colour: { type: string } } } } } }
      responses: { '204': { description: Changed }, '404': { description: None } }
    delete:
      operationId: deleteBuoy
      responses: { '204': { description: Gone }, '404': { description: None } }
"##;
    for target in [ALLOWED, "writes: allowed\ndata: { number: 12 }\n"] {
        let ran = service.run(contract, target, QUICK);
        let writes = writes.lock().unwrap();
        assert!(writes.is_empty(), "{writes:?}\n{}", ran.told());
    }
    // What the target file names as writable is written to, and by that operation alone.
    let target = "writes: allowed\nwritable: { 'PUT /buoys/{number} number': 12 }\n";
    let ran = service.run(contract, target, QUICK);
    let writes = writes.lock().unwrap();
    assert!(!writes.is_empty(), "{}", ran.told());
    assert!(
        writes.iter().all(|line| line == "PUT /buoys/12"),
        "{writes:?}"
    );
}

/// POST answers 204; the list shows what it made.
#[test]
fn a_creation_that_names_nothing_is_found_in_the_list_and_removed() {
    let store = harbour();
    let service = serve(
        &store,
        |store, body| {
            store.add(body);
            Reply::empty(204)
        },
        |_, _| None,
    );
    let ran = service.run(
        &berths("        '204': { description: Made }", "", ""),
        ALLOWED,
        QUICK,
    );
    store.is_safe_after(&ran);
}

/// POST answers with a body that names nothing, and the whole list does not show what it was about.
#[test]
fn a_creation_that_names_nothing_and_is_not_listed_is_in_doubt_where_the_response_says_created() {
    for (status, is_told) in [(201, true), (200, false)] {
        let store = harbour();
        let service = serve(&store, move |_, _| Reply::empty(status), |_, _| None);
        let ran = service.run(
            &berths(
                &format!("        '{status}': {{ description: Taken }}"),
                "",
                "",
            ),
            ALLOWED,
            &["--effort", "quick", "--only", "POST /berths"],
        );
        let left = ran.left_behind();
        assert_eq!(!left.is_empty(), is_told, "{status}: {left:?}");
        assert!(
            left.iter().all(|one| one.to_string().contains("(201)")),
            "{left:?}"
        );
        store.is_safe_after(&ran);
    }
}

/// Every second creation is answered 500, 502 or 303 although the record was made, the others 201.
#[test]
fn a_creation_in_doubt_is_looked_for() {
    for status in [500, 502, 303] {
        let store = harbour();
        let turn = AtomicU64::new(0);
        let service = serve(
            &store,
            move |store, body| {
                let made = store.add(body);
                match turn.fetch_add(1, Ordering::SeqCst) % 2 {
                    0 => Reply::json(201, &made),
                    _ if status == 303 => Reply::empty(303).with("location", "/berths"),
                    _ => Reply::problem(status, "Lost"),
                }
            },
            |_, _| None,
        );
        let arguments = ["--effort", "quick", "--only", "POST /berths"];
        let ran = service.run(&berths(MADE, "", ""), ALLOWED, &arguments);
        store.is_safe_after(&ran);
    }
}

/// A creation that is refused leaves nothing, and nothing is told of it.
#[test]
fn a_refused_creation_is_not_told_as_left_behind() {
    let store = harbour();
    let service = serve(&store, |_, _| Reply::problem(403, "Not you"), |_, _| None);
    let ran = service.run(&berths(MADE, "", ""), ALLOWED, QUICK);
    store.is_safe_after(&ran);
    assert!(ran.left_behind().is_empty(), "{:?}", ran.left_behind());
}

/// DELETE answers 204 and removes nothing.
#[test]
fn a_removal_that_does_nothing_is_told() {
    let kept = Arc::new(Store::default());
    let store = Arc::clone(&kept);
    let service = Service::start(move |request| {
        match (request.method.as_str(), request.segments().as_slice()) {
            ("GET", ["berths"]) => Reply::json(200, &store.list()),
            ("POST", ["berths"]) => match berth(request) {
                Some(body) => Reply::json(201, &store.add(body)),
                None => Reply::problem(400, "Not a berth"),
            },
            ("GET", ["berths", id]) => store
                .get(id)
                .map_or_else(not_found, |record| Reply::json(200, &record)),
            ("DELETE", ["berths", _]) => Reply::empty(204),
            (_, ["berths"]) => Reply::not_allowed("GET, HEAD, POST"),
            (_, ["berths", _]) => Reply::not_allowed("GET, HEAD, DELETE"),
            _ => not_found(),
        }
    });
    let ran = service.run(&berths(MADE, "", ""), ALLOWED, QUICK);
    assert!(kept.left() > 0);
    assert_eq!(kept.left(), ran.left_behind().len(), "{}", ran.told());
    assert_eq!(ran.verdict("GOV-45"), "fail", "{}", ran.told());
}

/// Nothing reads or lists the records: a Location lets them be removed, a bare name does not.
#[test]
fn without_a_read_only_a_location_lets_a_record_be_removed() {
    for located in [true, false] {
        let made = Arc::new(Mutex::new(BTreeSet::new()));
        let deleted = Arc::new(Mutex::new(Vec::new()));
        let (makes, deletes) = (Arc::clone(&made), Arc::clone(&deleted));
        let service = Service::start(move |request| {
            match (request.method.as_str(), request.segments().as_slice()) {
                ("POST", ["flares"])
                    if request.json().is_some_and(|body| body["why"].is_string()) =>
                {
                    let mut made = makes.lock().unwrap();
                    let id = made.len() as u64 + 100;
                    made.insert(id);
                    let reply = Reply::json(201, &json!({ "code": id, "crew": "A" }));
                    if located {
                        reply.with("location", &format!("/flares/{id}"))
                    } else {
                        reply
                    }
                }
                ("POST", ["flares"]) => Reply::problem(400, "Why?"),
                ("DELETE", ["flares", id]) => {
                    deletes.lock().unwrap().push((*id).to_owned());
                    let known = id.parse().is_ok_and(|id| makes.lock().unwrap().remove(&id));
                    if known {
                        Reply::empty(204)
                    } else {
                        not_found()
                    }
                }
                (_, ["flares"]) => Reply::not_allowed("POST"),
                (_, ["flares", _]) => Reply::not_allowed("DELETE"),
                _ => not_found(),
            }
        });
        let ran = service.run(
            r##"
openapi: 3.1.0
info: { title: Flares, version: 1.0.0 }
servers: [{ url: "{origin}" }]
paths:
  /flares:
    post:
      operationId: fire
      requestBody: { required: true, content: { application/json: { schema: { type: object, required: [why], properties: { why: { type: string } } } } } }
      responses: { '201': { description: Fired }, '400': { description: Refused } }
  /flares/{flare}:
    delete:
      operationId: extinguish
      parameters: [ { name: flare, in: path, required: true, schema: { type: integer } } ]
      responses: { '204': { description: Out }, '404': { description: None } }
"##,
            ALLOWED,
            QUICK,
        );
        let left = made.lock().unwrap().len();
        if located {
            assert_eq!(left, 0, "{}", ran.told());
        } else {
            let deleted = deleted.lock().unwrap();
            let small = deleted.iter().filter(|id| id.len() < 6).count();
            assert_eq!(small, 0, "{deleted:?}");
            assert_eq!(left, ran.left_behind().len(), "{}", ran.told());
        }
    }
}

/// Berths and the keys to them: the keys go first, whatever was made last.
#[test]
fn what_gives_access_is_removed_first() {
    let store = Arc::new(Store::default());
    let keys = Arc::new(Store::default());
    let kept = Arc::clone(&keys);
    let service = serve(
        &store,
        |store, body| Reply::json(201, &store.add(body)),
        move |_, request| match (request.method.as_str(), request.segments().as_slice()) {
            ("POST", ["access-keys"]) => Some(match berth(request) {
                Some(body) => Reply::json(201, &kept.add(body)),
                None => Reply::problem(400, "Not a key"),
            }),
            ("GET", ["access-keys", id]) => Some(
                kept.get(id)
                    .map_or_else(not_found, |record| Reply::json(200, &record)),
            ),
            ("DELETE", ["access-keys", id]) => Some(kept.remove(request, id)),
            (_, ["access-keys"]) => Some(Reply::not_allowed("POST")),
            (_, ["access-keys", _]) => Some(Reply::not_allowed("GET, HEAD, DELETE")),
            _ => None,
        },
    );
    let more = "  /access-keys:
    post:
      operationId: addKey
      requestBody: { required: true, content: { application/json: { schema: { $ref: '#/components/schemas/NewBerth' } } } }
      responses: { '201': { description: Made, content: { application/json: { schema: { $ref: '#/components/schemas/Berth' } } } }, '400': { $ref: '#/components/responses/Refused' } }
  /access-keys/{keyId}:
    parameters: [ { name: keyId, in: path, required: true, schema: { type: integer } } ]
    get:
      operationId: getKey
      responses: { '200': { description: One, content: { application/json: { schema: { $ref: '#/components/schemas/Berth' } } } }, '404': { $ref: '#/components/responses/Refused' } }
    delete:
      operationId: removeKey
      responses: { '204': { description: Gone }, '404': { $ref: '#/components/responses/Refused' } }";
    let arguments = [
        "--effort",
        "quick",
        "--only",
        "POST /access-keys",
        "--only",
        "POST /berths",
    ];
    let ran = service.run(&berths(MADE, "", more), ALLOWED, &arguments);
    assert_eq!((store.left(), keys.left()), (0, 0), "{}", ran.told());
    let removals: Vec<bool> = service
        .lines("DELETE")
        .iter()
        .map(|line| line.contains("access-keys"))
        .collect();
    let at = |is_key: bool| removals.iter().position(|held| *held == is_key).unwrap();
    assert!(removals.contains(&true), "{removals:?}");
    assert!(
        removals.iter().rposition(|held| *held).unwrap() < at(false)
            || removals.iter().skip(at(false)).all(|held| !held),
        "{removals:?}"
    );
}

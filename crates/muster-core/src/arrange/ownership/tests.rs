#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use bytes::Bytes;
use serde_json::{Value, json};

use super::*;
use crate::{
    arrange::testing::{Setting, answer, key},
    exchange::{Address, Body, ExchangeId, Headers},
};

/// Depots with shifts below them, a collection of jobs, and receipts that nothing reads.
const DEPOTS: &str = "
openapi: 3.1.0
info: {title: Depots, version: '1'}
paths:
  /depots:
    get: {responses: {'200': {description: All, content: {application/json: {schema: {type: object, properties: {items: {type: array, items: {$ref: '#/components/schemas/Depot'}}}}}}}}}
    post:
      requestBody: {content: {application/json: {schema: {$ref: '#/components/schemas/NewDepot'}}}}
      responses:
        '201': {description: Made, content: {application/json: {schema: {$ref: '#/components/schemas/Depot'}}}}
        '202': {description: Later, content: {application/json: {schema: {$ref: '#/components/schemas/Job'}}}}
        '203': {description: A job, content: {application/json: {schema: {$ref: '#/components/schemas/Job'}}}}
        '207': {description: An envelope, content: {application/json: {schema: {type: object, properties: {id: {type: string}, data: {$ref: '#/components/schemas/Depot'}}}}}}
  /depots/{depotId}:
    parameters: [{name: depotId, in: path, required: true, schema: {type: integer, minimum: 1}}]
    get: {responses: {'200': {description: One, content: {application/json: {schema: {$ref: '#/components/schemas/Depot'}}}}}}
    put: {requestBody: {content: {application/json: {schema: {$ref: '#/components/schemas/NewDepot'}}}}, responses: {'200': {description: Replaced}, '201': {description: Made}}}
    delete: {responses: {'204': {description: Gone}}}
  /depots/{depotId}/shifts:
    parameters: [{name: depotId, in: path, required: true, schema: {type: integer}}]
    post:
      requestBody: {content: {application/json: {schema: {type: object, properties: {from: {type: string}, to: {type: string}}}}}}
      responses: {'201': {description: Made, content: {application/json: {schema: {oneOf: [{$ref: '#/components/schemas/Shift'}, {$ref: '#/components/schemas/Depot'}]}}}}}
  /depots/{depotId}/shifts/{shiftId}:
    parameters:
      - {name: depotId, in: path, required: true, schema: {type: integer}}
      - {name: shiftId, in: path, required: true, schema: {type: integer}}
    get: {responses: {'200': {description: One, content: {application/json: {schema: {$ref: '#/components/schemas/Shift'}}}}}}
    delete: {responses: {'204': {description: Gone}}}
  /jobs/{jobId}:
    parameters: [{name: jobId, in: path, required: true, schema: {type: integer}}]
    get: {responses: {'200': {description: Its state, content: {application/json: {schema: {$ref: '#/components/schemas/Job'}}}}}}
components:
  schemas:
    NewDepot: {type: object, properties: {label: {type: string}, bays: {type: integer}}}
    Depot: {type: object, properties: {id: {type: integer}, label: {type: string}, bays: {type: integer}}}
    Shift: {type: object, properties: {id: {type: integer}, from: {type: string}, to: {type: string}}}
    Job: {type: object, properties: {id: {type: integer}, progress: {type: integer}, queue: {type: string}}}
";

fn exchange(
    operation: &str,
    path: &str,
    status: u16,
    location: Option<&str>,
    body: &Value,
) -> Exchange {
    let key = key(operation);
    let mut request =
        Request::new(key.method.clone(), Address::Base(path.to_owned()), "tests").calling(&key);
    request.body = Some(Body::json(
        "application/json",
        &json!({"label": "Muster Yard", "bays": 3}),
    ));
    let headers: Vec<(&str, &str)> = location.map(|to| ("location", to)).into_iter().collect();
    Exchange {
        id: ExchangeId(1),
        url: format!("https://target.test/v1{path}"),
        request,
        credentials: Headers::new(),
        followed: None,
        outcome: answer(status, &headers, body),
    }
}

/// What a creation of a depot names: the path, and how.
fn named(status: u16, location: Option<&str>, body: &Value) -> Option<(String, Naming)> {
    let setting = Setting::new(DEPOTS);
    let exchange = exchange("POST /depots", "/depots", status, location, body);
    named_record(&setting.contract, &setting.relations, &exchange)
        .map(|record| (record.path, record.by))
}

fn at(path: &str, by: Naming) -> Option<(String, Naming)> {
    Some((path.to_owned(), by))
}

#[test]
fn location_is_resolved_against_the_request() {
    for (location, why) in [
        ("/v1/depots/7", "absolute path"),
        ("https://target.test/v1/depots/7", "absolute"),
        (
            "https://inside.local:8443/v1/depots/7",
            "of the host behind a gateway",
        ),
        ("depots/7", "relative as RFC 3986 has it"),
        ("/v1/depots/7/", "with a slash at its end"),
        ("7", "relative to the collection"),
        ("/depots/7", "below the base path that a gateway takes away"),
        ("v1/depots/7", "relative to the root"),
    ] {
        assert_eq!(
            named(201, Some(location), &Value::Null),
            at("/depots/7", Naming::Location),
            "{location}: {why}"
        );
    }
}

#[test]
fn a_location_that_leads_elsewhere_names_no_record_and_hides_the_body() {
    let depot = json!({"id": 9, "label": "Muster Yard", "bays": 3});
    for location in ["/v1/jobs/7", "https://target.test/v1/jobs/7", "jobs/7"] {
        assert_eq!(named(201, Some(location), &depot), None, "{location}");
    }
    // The collection's own address names nothing, and an address outside the contract says nothing.
    for location in ["/v1/depots", "depots", "https://target.test/ui/yard"] {
        assert_eq!(
            named(201, Some(location), &depot),
            at("/depots/9", Naming::Property),
            "{location}"
        );
    }
}

#[test]
fn the_body_names_a_record_only_where_it_is_one() {
    let depot = json!({"id": 9, "label": "Elsewhere", "bays": 1});
    assert_eq!(named(201, None, &depot), at("/depots/9", Naming::Property));
    assert_eq!(
        named(201, None, &json!({"id": 9})),
        at("/depots/9", Naming::Property)
    );
    // Not a number, as the path wants it.
    assert_eq!(named(201, None, &json!({"id": "9a"})), None);
    // The body of a 202, an error, and a job under a 2xx name nothing.
    assert_eq!(named(202, None, &depot), None);
    assert_eq!(named(409, None, &depot), None);
    assert_eq!(
        named(203, None, &json!({"id": 9, "progress": 1, "queue": "a"})),
        None
    );
    // An envelope has an id of its own.
    assert_eq!(
        named(
            207,
            None,
            &json!({"id": "42", "data": {"id": 9, "label": "x", "bays": 1}})
        ),
        at("/depots/9", Naming::Property)
    );
    assert_eq!(named(207, None, &json!({"id": "42", "data": []})), None);
    // The number of another thing.
    assert_eq!(named(201, None, &json!({"jobId": 9})), None);
}

#[test]
fn a_parent_that_is_returned_is_not_the_record() {
    let setting = Setting::new(DEPOTS);
    let of = |body: &Value| {
        let mut exchange = exchange(
            "POST /depots/{depotId}/shifts",
            "/depots/5/shifts",
            201,
            None,
            body,
        );
        exchange.request.body = Some(Body::json(
            "application/json",
            &json!({"from": "08:00", "to": "16:00"}),
        ));
        named_record(&setting.contract, &setting.relations, &exchange).map(|record| record.path)
    };
    assert_eq!(of(&json!({"id": 5, "label": "Yard", "bays": 2})), None);
    assert_eq!(
        of(&json!({"id": 6, "from": "08:00", "to": "16:00"})),
        Some("/depots/5/shifts/6".to_owned())
    );
    // The same number as the parent's is the record's where what was sent stands beside it.
    assert_eq!(
        of(&json!({"id": 5, "from": "08:00", "to": "16:00"})),
        Some("/depots/5/shifts/5".to_owned())
    );
}

#[test]
fn a_job_names_its_record_at_its_end() {
    let setting = Setting::new(DEPOTS);
    let creation = key("POST /depots");
    let of = |status: u16, location: Option<&str>, body: &Value| {
        let exchange = exchange("GET /jobs/{jobId}", "/jobs/7", status, location, body);
        named_by_job(&setting.contract, &setting.relations, &creation, &exchange)
            .map(|record| record.path)
    };
    assert_eq!(
        of(303, Some("/v1/depots/12"), &Value::Null),
        Some("/depots/12".to_owned())
    );
    assert_eq!(
        of(200, None, &json!({"id": 7, "depotId": 12})),
        Some("/depots/12".to_owned())
    );
    assert_eq!(of(200, None, &json!({"id": 7, "progress": 10})), None);
    let accepted = exchange(
        "POST /depots",
        "/depots",
        202,
        Some("/v1/jobs/7"),
        &json!({"id": 7}),
    );
    let status = status_resource(&setting.contract, &setting.relations, &accepted).unwrap();
    assert_eq!(status.path, "/jobs/7");
}

fn subject(request: &Request) -> Option<Subject> {
    let setting = Setting::new(DEPOTS);
    changed_record(
        &setting.contract,
        &setting.relations,
        request,
        request.path_and_query(),
    )
}

fn request(operation: &str, path: &str) -> Request {
    let key = key(operation);
    Request::new(key.method.clone(), Address::Base(path.to_owned()), "tests").calling(&key)
}

#[test]
fn what_a_request_changes_is_the_last_record_of_its_path() {
    let path = |request: &Request| subject(request).map(|subject| subject.path);
    assert_eq!(path(&request("GET /depots/{depotId}", "/depots/7")), None);
    assert_eq!(path(&request("POST /depots", "/depots")), None);
    assert_eq!(
        path(&request(
            "POST /depots/{depotId}/shifts",
            "/depots/7/shifts"
        )),
        None
    );
    for (operation, at, changed) in [
        ("DELETE /depots/{depotId}", "/depots/7?force=1", "/depots/7"),
        ("PUT /depots/{depotId}", "/depots/7", "/depots/7"),
        (
            "DELETE /depots/{depotId}/shifts/{shiftId}",
            "/depots/7/shifts/1",
            "/depots/7/shifts/1",
        ),
    ] {
        assert_eq!(
            path(&request(operation, at)).as_deref(),
            Some(changed),
            "{operation}"
        );
    }
    // Methods that the contract does not have, and headers that stand for them.
    let hidden = Request::new(Method::Patch, Address::Base("/depots/7".into()), "tests");
    assert_eq!(path(&hidden).as_deref(), Some("/depots/7"));
    let below = Request::new(
        Method::Delete,
        Address::Base("/depots/7/shifts".into()),
        "tests",
    );
    assert_eq!(path(&below).as_deref(), Some("/depots/7"));
    let unknown = Request::new(Method::Delete, Address::Base("/vans/7".into()), "tests");
    assert_eq!(path(&unknown).as_deref(), Some("/vans/7"));
    let overridden =
        request("GET /depots/{depotId}", "/depots/7").header("X-HTTP-Method-Override", "DELETE");
    assert_eq!(path(&overridden).as_deref(), Some("/depots/7"));
}

fn claim(by: Naming) -> Claim {
    Claim {
        by,
        is_new: true,
        sent: Some(Bytes::from_static(br#"{"label":"Muster Yard","bays":3}"#)),
        shown: None,
    }
}

fn recognised(read: &Value, claim: Option<&Claim>) -> bool {
    recognises(read.to_string().as_bytes(), "muster-7f3a9c", claim)
}

#[test]
fn a_record_shows_that_the_run_made_it() {
    let located = claim(Naming::Location);
    assert!(recognised(
        &json!({"id": 7, "label": "muster yard "}),
        Some(&located)
    ));
    assert!(recognised(
        &json!({"data": {"label": "Muster Yard", "bays": 4}}),
        Some(&located)
    ));
    assert!(recognised(
        &json!({"id": 7, "label": "*****", "bays": 3}),
        Some(&located)
    ));
    // Nothing to compare: what named it stands, a guess does not.
    assert!(recognised(
        &json!({"id": 7, "state": "new"}),
        Some(&located)
    ));
    assert!(!recognised(
        &json!({"id": 7, "state": "new"}),
        Some(&claim(Naming::Guess))
    ));
    // Another's record, whoever named it.
    for by in [
        Naming::Location,
        Naming::Link,
        Naming::Property,
        Naming::Guess,
    ] {
        let other = json!({"id": 7, "label": "Of somebody else", "bays": 9});
        assert!(!recognised(&other, Some(&claim(by))), "{by:?}");
    }
    // A 200 may return a record that was there before: a number that is the same does not show whose it is.
    let joined = Claim {
        is_new: false,
        sent: Some(Bytes::from_static(br#"{"bays":3}"#)),
        ..claim(Naming::Property)
    };
    assert!(!recognised(
        &json!({"id": 7, "label": "Yard", "bays": 3}),
        Some(&joined)
    ));
    // Another form of a time or a code is no difference.
    let timed = Claim {
        sent: Some(Bytes::from_static(
            br#"{"at":"2026-01-01T00:00:00Z","code":"AB 12"}"#,
        )),
        ..claim(Naming::Location)
    };
    assert!(recognised(
        &json!({"at": "2026-01-01T01:00:00.000+01:00", "code": "ab12"}),
        Some(&timed)
    ));
    // Without a claim only the run's tag will do.
    assert!(recognised(&json!({"label": "MUSTER-7F3A9C-ab"}), None));
    assert!(!recognised(
        &json!({"label": "Muster Yard", "bays": 3}),
        None
    ));
}

#[test]
fn a_record_of_a_list_is_the_runs_own_only_by_a_text_that_only_the_run_writes() {
    let of = |sent: &str, record: &Value, known: bool| {
        likeness(record, sent.as_bytes(), "muster-7f3a9c", &|_| known)
    };
    let record = json!({"id": 4, "label": "Qwertzuiop", "bays": 3});
    assert_eq!(
        of(r#"{"label":"Qwertzuiop"}"#, &record, false),
        Likeness::Own
    );
    assert_eq!(
        of(r#"{"label":"Qwertzuiop"}"#, &record, true),
        Likeness::Possible
    );
    assert_eq!(of(r#"{"bays":3}"#, &record, false), Likeness::Possible);
    assert_eq!(
        of(r#"{"label":"Qwertzuiop","bays":4}"#, &record, false),
        Likeness::Other
    );
    assert_eq!(of("no JSON", &record, false), Likeness::Other);
}

#[test]
fn what_gives_access_is_told_by_its_collection() {
    let setting = Setting::new(
        "
openapi: 3.1.0
info: {title: t, version: '1'}
paths:
  /api-keys: {post: {responses: {'201': {description: made}}}}
  /users: {post: {responses: {'201': {description: made}}}}
  /depots: {post: {responses: {'201': {description: made}}}}
  /depots/{id}/webhooks: {post: {responses: {'201': {description: made}}}}
",
    );
    let granting: Vec<&str> = setting
        .contract
        .operations
        .iter()
        .filter(|operation| grants_access(operation))
        .map(|operation| &*operation.key.path)
        .collect();
    assert_eq!(granting, ["/api-keys", "/users", "/depots/{id}/webhooks"]);
}

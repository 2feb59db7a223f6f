//! Sequences of items: finite ones, endless ones, and those that wait.

use std::time::{Duration, Instant};

use serde_json::json;

use crate::service::{Ran, Reply, Request, Service};

/// One operation, `GET /sightings`, with this success.
fn contract(version: &str, parameters: &str, content: &str) -> String {
    format!(
        r##"
openapi: {version}
info: {{ title: Sightings, version: 1.0.0 }}
servers: [{{ url: "{{origin}}" }}]
paths:
  /sightings:
    get:
      operationId: listSightings
      parameters: {parameters}
      responses:
        '200':
          description: Sightings
          content: {content}
components:
  schemas:
    Sighting:
      type: object
      required: [plate, speed]
      properties:
        plate: {{ type: string }}
        speed: {{ type: integer, minimum: 0 }}
"##
    )
}

fn serve(reply: impl Fn() -> Reply + Send + Sync + 'static) -> Service {
    Service::start(move |request: &Request| {
        if request.path != "/sightings" {
            return Reply::problem(404, "Not found");
        }
        if request.method != "GET" {
            return Reply::not_allowed("GET, HEAD");
        }
        reply()
    })
}

fn run(service: &Service, contract: &str) -> Ran {
    service.run(contract, "writes: allowed\n", &[])
}

fn body(media_type: &'static str, body: &'static str) -> Service {
    serve(move || Reply::text(200, media_type, body))
}

#[track_caller]
fn breaks_item(ran: &Ran, number: usize) {
    assert_eq!(ran.verdict("GOV-17"), "fail", "{}", ran.told());
    let received = ran.received("GOV-17");
    assert!(
        received
            .iter()
            .any(|text| text.contains(&format!("Item {number}:"))),
        "{received:?}"
    );
}

#[test]
fn a_stream_without_an_end_is_judged_by_its_first_events() {
    let service = serve(|| {
        Reply::text(200, "text/event-stream", ": welcome\n\n").repeating(
            "event: sighting\ndata: {\"plate\":\"ZZ26 TST\",\"speed\":31}\n\n",
            Duration::from_millis(400),
        )
    });
    let began = Instant::now();
    let ran = run(
        &service,
        &contract(
            "3.0.3",
            "[]",
            r##"{ text/event-stream: { schema: { $ref: "#/components/schemas/Sighting" } } }"##,
        ),
    );
    ran.is_conformant();
    assert_eq!(ran.verdict("GOV-17"), "pass");
    assert_eq!(ran.verdict("GOV-32"), "pass");
    assert!(
        began.elapsed() < Duration::from_secs(45),
        "{:?}",
        began.elapsed()
    );
}

#[test]
fn a_wrong_event_of_a_stream_without_an_end_is_found() {
    let service = serve(|| {
        Reply::text(
            200,
            "text/event-stream",
            "data: {\"plate\":\"ZZ26 TST\",\"speed\":31}\n\n",
        )
        .repeating(
            "data: {\"plate\":\"ZZ26 TST\",\"speed\":-1}\n\n",
            Duration::from_millis(300),
        )
    });
    let ran = run(
        &service,
        &contract(
            "3.2.0",
            "[]",
            r##"{ text/event-stream: { itemSchema: { type: object, required: [data], properties: { data: { type: string,
                contentMediaType: application/json, contentSchema: { $ref: "#/components/schemas/Sighting" } } } } } }"##,
        ),
    );
    breaks_item(&ran, 2);
    assert_eq!(ran.verdict("GOV-32"), "pass", "{}", ran.told());
}

#[test]
fn lines_without_an_end_hold_up_no_run() {
    let service = serve(|| {
        Reply::text(200, "application/x-ndjson", "").repeating(
            "{\"plate\":\"ZZ26 TST\",\"speed\":31}\n",
            Duration::from_millis(700),
        )
    });
    let began = Instant::now();
    let ran = run(
        &service,
        &contract(
            "3.1.0",
            "[]",
            r##"{ application/x-ndjson: { schema: { $ref: "#/components/schemas/Sighting" } } }"##,
        ),
    );
    ran.is_conformant();
    assert!(
        began.elapsed() < Duration::from_secs(60),
        "{:?}",
        began.elapsed()
    );
}

#[test]
fn a_stream_in_which_nothing_happens_is_no_fault() {
    let service = serve(|| {
        let mut reply = Reply::text(200, "text/event-stream", "");
        reply.delay = Duration::from_secs(40);
        reply
    });
    let ran = run(
        &service,
        &contract(
            "3.1.0",
            "[]",
            r"{ text/event-stream: { schema: { type: string } } }",
        ),
    );
    assert!(ran.with("MUST", "fail").is_empty(), "{}", ran.told());
}

#[test]
fn a_long_poll_that_waits_is_no_fault() {
    let service = serve(|| {
        let mut reply = Reply::json(200, &json!({ "items": [] }));
        reply.delay = Duration::from_secs(40);
        reply
    });
    let ran = run(
        &service,
        &contract(
            "3.1.0",
            "[{ name: waitSeconds, in: query, schema: { type: integer, minimum: 0, maximum: 60 } }]",
            r"{ application/json: { schema: { type: object, properties: { items: { type: array, items: {} } } } } }",
        ),
    );
    assert!(ran.with("MUST", "fail").is_empty(), "{}", ran.told());
}

#[test]
fn json_that_never_ends_fails_still() {
    let service = serve(|| {
        Reply::text(200, "application/json", "{\"items\":[")
            .repeating("1,", Duration::from_millis(500))
    });
    let ran = service.run(
        &contract(
            "3.1.0",
            "[]",
            r"{ application/json: { schema: { type: object } } }",
        ),
        "writes: allowed\n",
        &["--only", "GOV-32"],
    );
    assert_eq!(ran.verdict("GOV-32"), "fail", "{}", ran.told());
}

#[test]
fn a_line_that_breaks_the_schema_of_an_item_is_found() {
    let lines = "{\"plate\":\"ZZ26 TST\",\"speed\":31}\n{\"plate\":\"ZZ26 TST\",\"speed\":32}\n{\"plate\":7,\"speed\":33}\n";
    for content in [
        r##"{ application/x-ndjson: { schema: { $ref: "#/components/schemas/Sighting" } } }"##,
        r##"{ application/x-ndjson: { schema: { type: array, items: { $ref: "#/components/schemas/Sighting" } } } }"##,
    ] {
        let ran = run(
            &body("application/x-ndjson", lines),
            &contract("3.1.0", "[]", content),
        );
        breaks_item(&ran, 3);
    }
    let content =
        r##"{ application/jsonl: { itemSchema: { $ref: "#/components/schemas/Sighting" } } }"##;
    let ran = run(
        &body("application/jsonl", lines),
        &contract("3.2.0", "[]", content),
    );
    breaks_item(&ran, 3);
}

#[test]
fn texts_of_a_json_sequence_are_judged() {
    let content =
        r##"{ application/json-seq: { schema: { $ref: "#/components/schemas/Sighting" } } }"##;
    let good = "\u{1e}{\"plate\":\"ZZ26 TST\",\n\"speed\":31}\n\u{1e}{\"plate\":\"ZZ26 TST\",\"speed\":32}\n";
    run(
        &body("application/json-seq", good),
        &contract("3.0.3", "[]", content),
    )
    .is_conformant();
    let bad = "\u{1e}{\"plate\":\"ZZ26 TST\",\"speed\":31}\n\u{1e}{\"speed\":32}\n";
    let ran = run(
        &body("application/json-seq", bad),
        &contract("3.0.3", "[]", content),
    );
    breaks_item(&ran, 2);
}

#[test]
fn a_line_that_is_not_json_is_found() {
    let lines = "{\"plate\":\"ZZ26 TST\",\"speed\":31}\nsorry, too many\n";
    let content =
        r##"{ application/x-ndjson: { schema: { $ref: "#/components/schemas/Sighting" } } }"##;
    let ran = run(
        &body("application/x-ndjson", lines),
        &contract("3.1.0", "[]", content),
    );
    breaks_item(&ran, 2);
}

#[test]
fn sound_streams_pass_however_their_contract_describes_them() {
    let events = "retry: 3000\n\nevent: ping\ndata\n\nevent: sighting\nid: 1\ndata: {\"plate\":\"ZZ26 TST\",\ndata: \"speed\":31}\n\n: still here\n\ndata: [DONE]\n\n";
    for (version, content) in [
        (
            "3.0.3",
            r##"{ text/event-stream: { schema: { $ref: "#/components/schemas/Sighting" } } }"##,
        ),
        (
            "3.0.3",
            r"{ text/event-stream: { schema: { type: string } } }",
        ),
        (
            "3.1.0",
            r##"{ text/event-stream: { schema: { type: array, items: { type: object, required: [data] } } } }"##,
        ),
        ("3.1.0", r"{ text/event-stream: {} }"),
        (
            "3.2.0",
            r"{ text/event-stream: { itemSchema: { type: object, required: [data], properties: { data: { type: string } } } } }",
        ),
    ] {
        let ran = run(
            &body("text/event-stream", events),
            &contract(version, "[]", content),
        );
        assert_eq!(ran.exit, 0, "{content}\n{}", ran.told());
    }
}

//! Work and output that do not grow with what a target sends.

use std::time::{Duration, Instant};

use serde_json::json;

use crate::service::{Reply, Service};

const CONTRACT: &str = r#"
openapi: 3.1.0
info: { title: Bulk, version: 1.0.0 }
servers: [{ url: "{origin}" }]
paths:
  /rows:
    get:
      operationId: listRows
      responses:
        '200':
          description: Rows
          content: { application/json: { schema: { type: object, required: [rows], properties: { rows: { type: array, items: { type: object, required: [n], properties: { n: { type: integer } } } } } } } }
"#;

fn serve(reply: impl Fn() -> Reply + Send + Sync + 'static) -> Service {
    Service::start(move |request| {
        if request.path != "/rows" {
            return Reply::problem(404, "Not found");
        }
        if request.method != "GET" {
            return Reply::not_allowed("GET, HEAD");
        }
        reply()
    })
}

/// The largest file of a run folder, in bytes.
fn largest(ran: &crate::service::Ran) -> u64 {
    let folder = ran.file("");
    std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().metadata().unwrap().len())
        .max()
        .unwrap()
}

#[test]
fn many_wrong_items_are_one_finding_and_counted() {
    let body = format!(
        "{{\"rows\":[{}{{\"n\":\"x\"}}]}}",
        "{\"n\":\"x\"},".repeat(299_999)
    );
    let service = serve(move || Reply::text(200, "application/json", body.clone()));
    let began = Instant::now();
    let ran = service.run(
        CONTRACT,
        "writes: allowed\n",
        &["--only", "response.body-schema"],
    );
    assert_eq!(ran.verdict("GOV-17"), "fail", "{}", ran.told());
    let received = ran.received("GOV-17");
    assert_eq!(received.len(), 1, "{received:?}");
    assert!(received[0].contains("499 times more"), "{received:?}");
    assert!(
        began.elapsed() < Duration::from_secs(120),
        "{:?}",
        began.elapsed()
    );
    assert!(largest(&ran) < 2_000_000);
}

#[test]
fn one_wrong_item_behind_many_right_ones_is_found() {
    let body = format!(
        "{{\"rows\":[{}{{\"n\":\"x\"}}]}}",
        "{\"n\":1},".repeat(50_000)
    );
    let service = serve(move || Reply::text(200, "application/json", body.clone()));
    let ran = service.run(
        CONTRACT,
        "writes: allowed\n",
        &["--only", "response.body-schema"],
    );
    assert_eq!(ran.verdict("GOV-17"), "fail", "{}", ran.told());
}

#[test]
fn headers_of_every_response_are_kept_short() {
    let service = serve(|| {
        let mut reply = Reply::json(200, &json!({ "rows": [] }));
        for number in 0..80 {
            reply = reply.with(&format!("x-note-{number}"), &"note ".repeat(600));
        }
        reply
    });
    let ran = service.run(CONTRACT, "writes: allowed\n", &["--effort", "quick"]);
    ran.is_conformant();
    assert!(largest(&ran) < 4_000_000, "{}", largest(&ran));
}

#[test]
fn a_web_page_for_every_path_is_not_an_unlisted_operation() {
    let service = Service::start(|request| match request.path.as_str() {
        "/rows" if request.method == "GET" => Reply::json(200, &json!({ "rows": [] })),
        "/rows" => Reply::not_allowed("GET, HEAD"),
        _ => Reply::text(200, "text/html", "<!doctype html><title>Records</title>"),
    });
    let ran = service.run(
        CONTRACT,
        "writes: allowed\n",
        &["--profile", "policing-api-security", "--only", "SEC-24"],
    );
    assert_ne!(ran.verdict("SEC-24"), "fail", "{}", ran.told());
    let service = Service::start(|request| match request.path.as_str() {
        "/rows" if request.method == "GET" => Reply::json(200, &json!({ "rows": [] })),
        "/rows" => Reply::not_allowed("GET, HEAD"),
        "/actuator/env" => Reply::json(200, &json!({ "home": "/srv" })),
        _ => Reply::text(200, "text/html", "<!doctype html><title>Records</title>"),
    });
    let ran = service.run(
        CONTRACT,
        "writes: allowed\n",
        &["--profile", "policing-api-security", "--only", "SEC-24"],
    );
    assert_eq!(ran.verdict("SEC-24"), "fail", "{}", ran.told());
}

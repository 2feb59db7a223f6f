//! `servers` of paths and operations.

use serde_json::json;

use crate::service::{Reply, Request, Service};

/// Serves GET at these paths, from the root of the host, and nothing else.
fn serving(paths: &'static [&'static str]) -> Service {
    Service::start(move |request: &Request| {
        if !paths.contains(&request.path.as_str()) {
            return Reply::problem(404, "Not found");
        }
        if request.method != "GET" {
            return Reply::not_allowed("GET, HEAD");
        }
        Reply::json(200, &json!({ "state": "open" }))
    })
}

const RESPONSES: &str = "{ responses: { '200': { description: Open, content: { application/json: { schema: { type: object, required: [state], properties: { state: { type: string } } } } } } } }";

fn contract(servers: &str, paths: &str) -> String {
    format!("openapi: 3.1.0\ninfo: {{ title: Enquiries, version: 1.0.0 }}\nservers: {servers}\npaths:\n{paths}")
        .replace("READS", RESPONSES)
}

#[test]
fn operations_are_called_at_their_own_server_on_the_same_host() {
    let service = serving(&["/api/v1/enquiries", "/old/archive", "/session"]);
    let ran = service.run(
        &contract(
            "[{ url: '{origin}/api/v1' }]",
            "  /enquiries: { get: READS }
  /archive:
    servers: [{ url: /old }]
    get: READS
  /session:
    get: { servers: [{ url: '{origin}' }], responses: { '200': { description: Open } } }
",
        ),
        "base_url: '{origin}/api/v1'\nwrites: allowed\n",
        &[],
    );
    ran.is_conformant();
    let read = service.lines("GET");
    assert!(read.contains(&"GET /old/archive".to_owned()));
    assert!(read.contains(&"GET /session".to_owned()));
    assert!(
        read.iter()
            .all(|line| line != "GET /api/v1/archive" && line != "GET /api/v1/session")
    );
    // A method that is not declared is tried where the path is served.
    assert!(
        service
            .lines("PATCH")
            .contains(&"PATCH /old/archive".to_owned())
    );
}

#[test]
fn a_test_instance_stands_for_the_server_that_the_contract_names() {
    let service = serving(&["/gateway/v2/enquiries", "/gateway/v1/archive"]);
    let ran = service.run(
        &contract(
            "[{ url: 'https://{force}.example.test/v{n}', variables: { force: { default: north }, n: { default: '2' } } }]",
            "  /enquiries: { get: READS }
  /archive:
    servers: [{ url: 'https://{force}.example.test/v1', variables: { force: { default: north } } }]
    get: READS
",
        ),
        "base_url: '{origin}/gateway/v2'\nwrites: allowed\n",
        &[],
    );
    ran.is_conformant();
    assert!(
        service
            .lines("GET")
            .contains(&"GET /gateway/v1/archive".to_owned())
    );
}

#[test]
fn an_operation_of_another_server_is_left_out_with_the_reason() {
    let service = serving(&["/enquiries"]);
    let other = serving(&["/uploads"]);
    let servers = format!("[{{ url: '{}' }}]", other.origin);
    let ran = service.run(
        &contract(
            "[{ url: '{origin}' }]",
            &format!("  /enquiries: {{ get: READS }}\n  /uploads:\n    servers: {servers}\n    get: READS\n"),
        ),
        "writes: allowed\n",
        &[],
    );
    ran.is_conformant();
    assert!(other.requests().is_empty());
    assert!(
        service
            .requests()
            .iter()
            .all(|(request, _)| request.path != "/uploads")
    );
    let journal = std::fs::read_to_string(ran.file("journal.jsonl")).unwrap();
    assert!(
        journal.contains("another server than the target's"),
        "{journal}"
    );
}

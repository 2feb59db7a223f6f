//! Entity tags that nobody promised, and redirections that somebody did.

use serde_json::json;

use super::bikes::{CONTRACT, Shed};
use crate::service::{Reply, Service};

#[test]
fn records_that_cannot_be_read_are_not_waited_for_where_no_tag_is_declared() {
    let contract = CONTRACT.replace("    post:", "    x-post:");
    let service = Service::start(move |request| {
        if request.method == "POST" {
            return Reply::not_allowed("GET, HEAD");
        }
        match request.segments().as_slice() {
            ["bikes", id] if id.parse::<u64>().is_ok() => match request.method.as_str() {
                "GET" | "PUT" | "DELETE" => Reply::problem(404, "No such bike"),
                _ => Reply::not_allowed("GET, HEAD, PUT, DELETE"),
            },
            _ => Shed::default().answer(request),
        }
    });
    for (profile, id) in [("uk-gov-api", "GOV-64"), ("http-operability", "OPS-01")] {
        let ran = service.run(
            &contract,
            "writes: allowed\n",
            &["--profile", profile, "--only", id],
        );
        assert_eq!(ran.verdict(id), "\"not-applicable\"", "{}", ran.told());
    }
}

#[test]
fn a_declared_tag_is_waited_for() {
    let contract = CONTRACT.replace("    post:", "    x-post:").replace(
        "'200': { description: One, content",
        "'200': { description: One, headers: { ETag: { schema: { type: string } } }, content",
    );
    let service = Service::start(|_| Reply::problem(404, "Nothing"));
    let ran = service.run(
        &contract,
        "writes: allowed\n",
        &["--profile", "http-operability", "--only", "OPS-01"],
    );
    assert_eq!(ran.verdict("OPS-01"), "inconclusive", "{}", ran.told());
}

const REDIRECTS: &str = r##"
openapi: 3.1.0
info: { title: Downloads, version: 1.0.0 }
servers: [{ url: "{origin}" }]
paths:
  /latest:
    get:
      operationId: getLatest
      responses:
        '302': { description: The newest file, headers: { Location: { required: true, schema: { type: string } } } }
  /files:
    get: { operationId: listFiles, responses: { '200': { description: Files, content: { application/json: { schema: { type: object, properties: { files: { type: array, items: { type: string } } } } } } } } }
"##;

#[test]
fn a_documented_redirection_is_the_success_of_its_operation() {
    let service =
        Service::start(
            |request| match (request.path.as_str(), request.method.as_str()) {
                ("/latest", "GET") => Reply::empty(302).with("location", "/files"),
                ("/files", "GET") => Reply::json(200, &json!({ "files": ["a"] })),
                ("/latest" | "/files", _) => Reply::not_allowed("GET, HEAD"),
                _ => Reply::problem(404, "Not found"),
            },
        );
    for profile in ["uk-gov-api", "policing-api-security"] {
        let ran = service.run(REDIRECTS, "", &["--profile", profile]);
        assert_eq!(ran.exit, 0, "{profile}: {}", ran.told());
    }
}

#[test]
fn a_redirection_by_3xx_beside_a_success_counts_too() {
    let contract = REDIRECTS.replace(
        "        '302': {",
        "        '200': { description: Not used }\n        '3XX': {",
    );
    let service =
        Service::start(
            |request| match (request.path.as_str(), request.method.as_str()) {
                ("/latest", "GET") => Reply::empty(307).with("location", "/files"),
                ("/files", "GET") => Reply::json(200, &json!({ "files": ["a"] })),
                ("/latest" | "/files", _) => Reply::not_allowed("GET, HEAD"),
                _ => Reply::problem(404, "Not found"),
            },
        );
    service.run(&contract, "", &[]).is_conformant();
}

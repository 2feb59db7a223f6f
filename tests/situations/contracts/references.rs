//! References that leave the contract's folder, and those to other hosts.

use std::fs;

use serde_json::json;

use crate::service::{Reply, Request, Service};

fn enquiries() -> Service {
    Service::start(|request: &Request| {
        if request.path != "/enquiries" {
            return Reply::problem(404, "Not found");
        }
        if request.method != "GET" {
            return Reply::not_allowed("GET, HEAD");
        }
        Reply::json(200, &json!({ "state": "open" }))
    })
}

fn contract(parameter: &str, response: &str) -> String {
    format!(
        "openapi: 3.1.0
info: {{ title: Enquiries, version: 1.0.0 }}
servers: [{{ url: '{{origin}}' }}]
paths:
  /enquiries:
    get:
      parameters: [{{ name: kind, in: query, required: true, schema: {parameter} }}]
      responses:
        '200': {{ description: Open, content: {{ application/json: {{ schema: {response} }} }} }}
"
    )
}

/// A folder with a file that holds a value nobody is to see.
fn elsewhere() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let secret = json!({ "Kind": { "type": "string", "enum": ["zz-not-to-be-sent"] } });
    fs::write(folder.path().join("kinds.json"), secret.to_string()).unwrap();
    folder
}

#[test]
fn a_file_outside_the_folder_of_the_contract_is_not_read() {
    let folder = elsewhere();
    let name = folder
        .path()
        .file_name()
        .unwrap()
        .to_string_lossy()
        .into_owned();
    let path = folder.path().display().to_string();
    for reference in [
        format!("../{name}/kinds.json#/Kind"),
        format!("{path}/kinds.json#/Kind"),
        format!("file://{path}/kinds.json#/Kind"),
    ] {
        let service = enquiries();
        let parameter = format!("{{ $ref: '{reference}' }}");
        let ran = service.run(&contract(&parameter, "{ type: object }"), "", &[]);
        assert_eq!(ran.exit, 2, "{reference}: {}", ran.told());
        assert!(service.requests().is_empty());
        for part in [
            "--contract-root",
            "/paths/~1enquiries/get/parameters/0/schema",
        ] {
            assert!(ran.stderr.contains(part), "{reference}: {}", ran.stderr);
        }
    }
}

#[test]
fn a_folder_that_the_target_file_names_may_be_read() {
    let folder = elsewhere();
    let name = folder
        .path()
        .file_name()
        .unwrap()
        .to_string_lossy()
        .into_owned();
    let service = enquiries();
    let parameter = format!("{{ $ref: '../{name}/kinds.json#/Kind' }}");
    let ran = service.run(
        &contract(
            &parameter,
            "{ type: object, properties: { state: { type: string } } }",
        ),
        "contract_root: ..\n",
        &["--only", "GOV-01"],
    );
    assert_eq!(ran.verdict("GOV-01"), "pass", "{}", ran.told());
}

#[test]
fn an_example_that_only_looks_like_a_reference_is_no_reference() {
    let service = enquiries();
    let response = "{ type: object, properties: { state: { type: string, example: { $ref: /etc/hostname } } } }";
    let ran = service.run(
        &contract("{ type: string }", response),
        "",
        &["--only", "GOV-01"],
    );
    assert_eq!(ran.verdict("GOV-01"), "pass", "{}", ran.told());
}

#[test]
fn a_reference_to_another_host_is_told_as_not_followed() {
    let service = enquiries();
    let response = "{ $ref: 'https://schemas.example.invalid/enquiry.json#/Enquiry' }";
    let ran = service.run(
        &contract("{ type: string }", response),
        "writes: allowed\n",
        &["--only", "GOV-01", "--only", "GOV-17"],
    );
    assert_eq!(ran.exit, 3, "{}", ran.told());
    assert_eq!(ran.verdict("GOV-01"), "inconclusive");
    assert_eq!(ran.verdict("GOV-17"), "inconclusive");
    assert!(ran.findings("GOV-01").is_empty());
    assert!(!ran.results.to_string().contains("leads nowhere"));
}

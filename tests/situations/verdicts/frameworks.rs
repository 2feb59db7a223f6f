//! What careful suppliers get from a framework's defaults is sound, or a warning.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
};

use serde_json::{Value, json};

use super::{
    bikes::{self, Shed},
    loans::{Desk, contract},
};
use crate::service::{Ran, Reply, Request, Service};

fn run(
    contract: &str,
    arguments: &[&str],
    handler: impl Fn(&Request) -> Reply + Send + Sync + 'static,
) -> Ran {
    Service::start(handler).run(contract, "writes: allowed\n", arguments)
}

/// The request with another body.
fn with_body(request: &Request, body: &Value) -> Request {
    let mut request = request.clone();
    request.body = serde_json::to_vec(body).unwrap();
    request
}

#[test]
fn the_defaults_of_a_serialiser_are_sound() {
    for (profile, seed) in [
        ("uk-gov-api", "1"),
        ("uk-gov-api", "2"),
        ("http-operability", "3"),
        ("http-operability", "4"),
        ("policing-api-security", "5"),
    ] {
        let desk = Arc::new(Desk::default());
        let kept = Arc::clone(&desk);
        let ran = run(
            &contract(),
            &["--profile", profile, "--seed", seed],
            move |request| desk.answer(request),
        );
        assert_eq!(ran.exit, 0, "{profile} {seed}: {}", ran.told());
        assert_eq!(kept.count(), 0, "{profile} {seed}: {}", ran.told());
    }
}

#[test]
fn a_string_that_is_trimmed_is_a_warning() {
    let desk = Desk::default();
    let ran = run(
        &contract(),
        &["--only", "GOV-42", "GOV-84"],
        move |request| desk.answer(request),
    );
    assert_eq!(ran.verdict("GOV-84"), "fail", "{}", ran.told());
    assert_eq!(ran.verdict("GOV-42"), "pass", "{}", ran.told());
    assert_eq!(ran.exit, 0, "{}", ran.told());
}

#[test]
fn a_string_that_is_folded_fails_and_keeps_its_spaces() {
    let desk = Desk::default();
    let ran = run(&contract(), &["--only", "GOV-42"], move |request| {
        let mut body = request.json().unwrap_or_default();
        if let Some(remark) = body.get("remark").and_then(Value::as_str) {
            body["remark"] = json!(remark.to_uppercase());
            return desk.answer(&with_body(request, &body));
        }
        desk.answer(request)
    });
    assert_eq!(ran.verdict("GOV-42"), "fail", "{}", ran.told());
}

#[test]
fn a_creation_that_finds_the_equal_record_is_no_race() {
    for profile in ["uk-gov-api", "http-operability"] {
        let desk = Desk::default();
        let contract = contract().replace("        '201': { description: Made", "        '200': { description: It is there, content: { application/json: { schema: { $ref: '#/components/schemas/Loan' } } } }\n        '201': { description: Made");
        let ran = run(
            &contract,
            &["--profile", profile, "--seed", "6"],
            move |request| {
                if request.method == "POST"
                    && request.path == "/loans"
                    && let Some(found) = request.json().and_then(|sent| desk.find(&sent))
                {
                    return Reply::json(200, &found);
                }
                desk.answer(request)
            },
        );
        assert_eq!(ran.exit, 0, "{profile}: {}", ran.told());
    }
}

/// Bikes in a shed, where a second creation with equal content answers with the bike that is there.
fn finds_equal_bikes() -> impl Fn(&Request) -> Reply + Send + Sync {
    let shed = Shed::default();
    let made: Mutex<BTreeMap<String, Value>> = Mutex::default();
    move |request| {
        let mut made = made.lock().unwrap_or_else(PoisonError::into_inner);
        if request.method == "DELETE" {
            made.retain(|_, bike| request.path != format!("/bikes/{}", bike["id"]));
        }
        let content = request
            .json()
            .filter(|_| request.method == "POST")
            .map(|body| body.to_string());
        if let Some(found) = content.as_ref().and_then(|content| made.get(content)) {
            return Reply::json(201, found).with("location", &format!("/bikes/{}", found["id"]));
        }
        let reply = shed.answer(request);
        if let Some(content) = content.filter(|_| reply.status == 201) {
            made.insert(content, serde_json::from_slice(&reply.body).unwrap());
        }
        reply
    }
}

#[test]
fn equal_content_that_finds_its_record_one_after_the_other_is_no_race() {
    let ran = run(bikes::CONTRACT, &["--only", "GOV-67"], finds_equal_bikes());
    assert_eq!(
        ran.verdict("GOV-67"),
        "\"not-applicable\"",
        "{}",
        ran.told()
    );
}

/// The contract with one more operation that may do harm.
fn with_operation(path: &str, id: &str) -> String {
    let operation = format!(
        "  {path}:\n    post: {{ operationId: {id}, responses: {{ '204': {{ description: Done }} }} }}\ncomponents:\n"
    );
    contract().replacen("components:\n", &operation, 1)
}

#[test]
fn an_operation_that_is_left_out_for_safety_leaves_nothing_open() {
    for (path, id) in [
        ("/auth/logout", "logout"),
        ("/tokens/revoke", "revokeToken"),
    ] {
        let desk = Desk::default();
        let service = Service::start(move |request| desk.answer(request));
        let ran = service.run(
            &with_operation(path, id),
            "writes: allowed\n",
            &["--effort", "quick"],
        );
        assert_eq!(ran.exit, 0, "{path}: {}", ran.told());
        assert_eq!(ran.results["partial"]["withheld"], 1, "{}", ran.told());
        assert!(
            ran.stdout.contains(&format!(
                "This says nothing of POST {path}, which was left out for safety."
            )),
            "{}",
            ran.told()
        );
        assert!(
            service
                .requests()
                .iter()
                .all(|(request, _)| request.path != path)
        );
    }
}

#[test]
fn a_contract_of_nothing_but_hazards_is_undetermined() {
    let contract = r##"
openapi: 3.0.3
info: { title: Access, version: 1.0.0 }
servers: [{ url: "{origin}" }]
paths:
  /auth/logout:
    post: { operationId: logout, responses: { '204': { description: Done } } }
  /system/shutdown:
    post: { operationId: shutdown, responses: { '204': { description: Done } } }
"##;
    let ran = run(contract, &["--effort", "quick"], |_| {
        Reply::problem(404, "Not found")
    });
    assert_eq!(ran.exit, 3, "{}", ran.told());
}

/// The contract behind a bearer token.
fn protected(scheme: &str) -> String {
    contract()
        .replacen("paths:\n", "security: [{ token: [] }]\npaths:\n", 1)
        .replacen(
            "components:\n",
            &format!("components:\n  securitySchemes: {{ token: {scheme} }}\n"),
            1,
        )
}

fn guarded(scheme: &str) -> Ran {
    let desk = Desk::default();
    let service = Service::start(move |request| {
        if request.header("authorization") != Some("Bearer opaque-Zz7Qk2vXw9") {
            return Reply::problem(401, "Say who you are").with("www-authenticate", "Bearer");
        }
        desk.answer(request)
    });
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("token");
    std::fs::write(&file, "opaque-Zz7Qk2vXw9").unwrap();
    let target = format!(
        "writes: allowed\nidentities: {{ default: {{ bearer: {{ token: {{ file: '{}' }} }} }} }}\n",
        file.display()
    );
    service.run(
        &protected(scheme),
        &target,
        &[
            "--profile",
            "policing-api-security",
            "--only",
            "SEC-07",
            "SEC-08",
            "SEC-12",
            "SEC-50",
        ],
    )
}

#[test]
fn an_opaque_token_without_an_authorisation_server_has_no_issuer() {
    let ran = guarded("{ type: http, scheme: bearer }");
    for id in ["SEC-08", "SEC-12", "SEC-50"] {
        assert_eq!(
            ran.verdict(id),
            "\"not-applicable\"",
            "{id}: {}",
            ran.told()
        );
    }
    // Any token can expire.
    assert_eq!(ran.verdict("SEC-07"), "inconclusive", "{}", ran.told());
}

#[test]
fn a_token_of_an_authorisation_server_has_an_issuer() {
    let ran = guarded(
        "{ type: openIdConnect, openIdConnectUrl: 'https://login.example.test/.well-known/openid-configuration' }",
    );
    for id in ["SEC-08", "SEC-12", "SEC-50"] {
        assert_eq!(ran.verdict(id), "inconclusive", "{id}: {}", ran.told());
    }
}

//! Operations that a run leaves out, and that nothing it sends reaches.

use serde_json::json;

use super::service::{Reply, Service};

/// A service that answers everything with 200 and an empty object.
fn obliging() -> Service {
    Service::start(|request| {
        if request.path.contains("muster") || request.path.contains(".well-known") {
            return Reply::problem(404, "Not found");
        }
        Reply::json(200, &json!({}))
    })
}

/// A contract of operations without bodies: `METHOD /path operationId` a line.
fn contract(lines: &[&str]) -> String {
    let mut text = String::from(
        "openapi: 3.1.0\ninfo: { title: Situation, version: 1.0.0 }\nservers: [{ url: '{origin}' }]\npaths:\n",
    );
    let mut last = "";
    for line in lines {
        let mut parts = line.split(' ');
        let (method, path, id) = (
            parts.next().unwrap_or_default(),
            parts.next().unwrap_or_default(),
            parts.next().unwrap_or_default(),
        );
        if path != last {
            text.push_str(&format!("  '{path}':\n"));
            let variables: Vec<&str> = path
                .split('{')
                .skip(1)
                .filter_map(|rest| rest.split_once('}').map(|(name, _)| name))
                .collect();
            if !variables.is_empty() {
                text.push_str("    parameters:\n");
                for name in variables {
                    text.push_str(&format!(
                        "      - {{ name: {name}, in: path, required: true, schema: {{ type: string }}, example: '7' }}\n"
                    ));
                }
            }
            last = path;
        }
        text.push_str(&format!(
            "    {}: {{ operationId: {id}, responses: {{ '200': {{ description: Fine, content: {{ application/json: {{ schema: {{ type: object }} }} }} }} }} }}\n",
            method.to_lowercase()
        ));
    }
    text
}

/// The requests that reached one of these paths, but for OPTIONS.
fn reached(service: &Service, paths: &[&str]) -> Vec<String> {
    service
        .requests()
        .into_iter()
        .map(|(request, _)| (request.method, request.path))
        .filter(|(method, path)| method != "OPTIONS" && paths.contains(&path.as_str()))
        .map(|(method, path)| format!("{method} {path}"))
        .collect()
}

#[test]
fn preflight_does_not_sign_the_run_out() {
    let service = obliging();
    let ran = service.run(
        &contract(&["GET /signout signOut", "GET /health health"]),
        "writes: allowed\n",
        &["--effort", "quick"],
    );
    assert_eq!(reached(&service, &["/signout"]), Vec::<String>::new());
    assert!(service.lines("GET").contains(&"GET /health".to_owned()));
    assert!(ran.exit != 2 && ran.exit != 4, "{}", ran.told());
}

#[test]
fn a_hazard_is_sent_where_it_is_asked_for() {
    let service = obliging();
    service.run(
        &contract(&["GET /signout signOut", "GET /health health"]),
        "writes: allowed\ninclude_hazards: [GET /signout]\n",
        &["--effort", "quick"],
    );
    assert!(!reached(&service, &["/signout"]).is_empty());
}
#[test]
fn preflight_does_not_end_a_token_or_the_service() {
    let service = obliging();
    let contract = contract(&[
        "GET /token/revoke revokeToken",
        "GET /system/shutdown shutdown",
        "GET /cache/flush flushCache",
        "GET /status status",
    ]);
    service.run(
        &contract,
        "environment: production\nwrites: allowed\n",
        &["--effort", "quick"],
    );
    let hazards = ["/token/revoke", "/system/shutdown", "/cache/flush"];
    assert_eq!(reached(&service, &hazards), Vec::<String>::new());
}

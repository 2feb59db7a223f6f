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

#[test]
fn settings_and_actions_by_body_are_left_out_with_the_reason() {
    let service = obliging();
    let one = "{ type: object, properties: { enabled: { type: boolean } } }";
    let contract = format!(
        r#"
openapi: 3.1.0
info: {{ title: Switches, version: 1.0.0 }}
servers: [{{ url: '{{origin}}' }}]
paths:
  /maintenance:
    get: {{ operationId: getMaintenance, responses: {{ '200': {{ description: State, content: {{ application/json: {{ schema: {one} }} }} }} }} }}
    post:
      operationId: toggleMaintenance
      requestBody: {{ content: {{ application/json: {{ schema: {one} }} }} }}
      responses: {{ '200': {{ description: State }} }}
  /cors:
    get: {{ operationId: getCors, responses: {{ '200': {{ description: Rules, content: {{ application/json: {{ schema: {one} }} }} }} }} }}
    put:
      operationId: putCors
      requestBody: {{ content: {{ application/json: {{ schema: {one} }} }} }}
      responses: {{ '200': {{ description: Rules }} }}
  /exhibits/actions:
    post:
      operationId: exhibitActions
      requestBody: {{ content: {{ application/json: {{ schema: {{ type: object, properties: {{ ids: {{ type: array, items: {{ type: string }} }}, action: {{ enum: [archive] }} }} }} }} }} }}
      responses: {{ '200': {{ description: Done }} }}
  /exhibits/prune:
    post: {{ operationId: pruneExhibits, responses: {{ '200': {{ description: Done }} }} }}
"#
    );
    let ran = service.run(&contract, "writes: allowed\n", &["--effort", "quick"]);
    let changed: Vec<String> = service
        .requests()
        .into_iter()
        .filter(|(request, _)| !matches!(request.method.as_str(), "GET" | "HEAD" | "OPTIONS"))
        .map(|(request, _)| format!("{} {}", request.method, request.path))
        .collect();
    assert_eq!(changed, Vec::<String>::new(), "{}", ran.told());
}

#[test]
fn every_request_is_one_that_the_plan_permits() {
    let service = obliging();
    let lines = [
        "GET /people listPeople",
        "POST /people createPerson",
        "GET /people/{id} getPerson",
        "PUT /people/{id} replacePerson",
        "DELETE /people/{id} deletePerson",
        "GET /people/{id}/delete deletePersonByGet",
        "POST /people/{id}/notify notifyPerson",
        "POST /people/{id}/close closePerson",
        "DELETE /sessions/{id} endSession",
        "GET /sessions/{id} getSession",
        "POST /people:purge purgePeople",
        "GET /logout logout",
        "POST /import importAll",
        "POST /password/reset resetPassword",
    ];
    let contract = contract(&lines);
    for effort in ["quick", "standard"] {
        service.run(&contract, "writes: allowed\n", &["--effort", effort]);
    }
    let hazards: [fn(&str) -> bool; 7] = [
        |path| path.starts_with("/people/") && path.ends_with("/delete"),
        |path| path.starts_with("/people/") && path.ends_with("/notify"),
        |path| path == "/people:purge",
        |path| path == "/logout",
        |path| path == "/import",
        |path| path == "/password/reset",
        |path| path.starts_with("/sessions/"),
    ];
    for (request, _) in service.requests() {
        let found = hazards.iter().any(|meets| meets(&request.path));
        let reads_session = request.path.starts_with("/sessions/")
            && matches!(request.method.as_str(), "GET" | "HEAD");
        assert!(
            !found || request.method == "OPTIONS" || reads_session,
            "{} {}",
            request.method,
            request.path
        );
    }
    assert!(service.lines("POST").contains(&"POST /people".to_owned()));
}

#[test]
fn a_target_file_adds_words_and_clears_operations() {
    let service = obliging();
    let lines = [
        "POST /faelle createFall",
        "GET /faelle/{id} getFall",
        "POST /faelle/{id}/freigeben freigeben",
        "POST /announcements/publish publishAnnouncement",
    ];
    service.run(
        &contract(&lines),
        "writes: allowed\nhazards: { words: [freigeben], harmless: [POST /announcements/publish] }\n",
        &["--effort", "quick"],
    );
    let posted = service.lines("POST");
    assert!(
        posted.iter().all(|line| !line.ends_with("/freigeben")),
        "{posted:?}"
    );
    assert!(
        posted.contains(&"POST /announcements/publish".to_owned()),
        "{posted:?}"
    );
}

#[test]
fn a_credential_that_cannot_be_taken_back_is_made_once() {
    let service =
        Service::start(
            |request| match (request.method.as_str(), request.segments().as_slice()) {
                ("GET", ["access-tokens"]) => Reply::json(200, &json!({ "items": [] })),
                ("POST", ["access-tokens"]) => match request.json() {
                    Some(body) if body["label"].is_string() => Reply::json(
                        201,
                        &json!({ "label": body["label"], "value": "kq81hx02mz77" }),
                    ),
                    _ => Reply::problem(400, "Refused"),
                },
                (_, ["access-tokens"]) => Reply::not_allowed("GET, POST"),
                _ => Reply::problem(404, "Not found"),
            },
        );
    let contract = r#"
openapi: 3.1.0
info: { title: Tokens, version: 1.0.0 }
servers: [{ url: '{origin}' }]
paths:
  /access-tokens:
    get:
      operationId: listTokens
      responses: { '200': { description: All, content: { application/json: { schema: { type: object, properties: { items: { type: array, items: { type: object } } } } } } } }
    post:
      operationId: addToken
      requestBody: { required: true, content: { application/json: { schema: { type: object, required: [label], properties: { label: { type: string, maxLength: 60 } } } } } }
      responses: { '201': { description: Made, content: { application/json: { schema: { type: object, properties: { label: { type: string }, value: { type: string } } } } } }, '400': { description: Refused } }
  /access-tokens/{tokenId}:
    parameters: [{ name: tokenId, in: path, required: true, schema: { type: string } }]
    delete: { operationId: removeToken, responses: { '204': { description: Gone }, '404': { description: Not found } } }
"#;
    let ran = service.run(
        contract,
        "writes: allowed\nbudget: { concurrency: 1 }\n",
        &["--effort", "quick"],
    );
    let made = service
        .requests()
        .iter()
        .filter(|(request, status)| request.method == "POST" && *status == 201)
        .count();
    assert_eq!(made, 1, "{}", ran.told());
}

#[test]
fn a_parameter_that_makes_a_read_act_is_not_sent() {
    let service = Service::start(|request| match request.path.as_str() {
        "/checks" => Reply::json(200, &json!({ "items": [] })),
        _ => Reply::problem(404, "Not found"),
    });
    let contract = r#"
openapi: 3.1.0
info: { title: Checks, version: 1.0.0 }
servers: [{ url: '{origin}' }]
paths:
  /checks:
    get:
      operationId: listChecks
      parameters:
        - { name: restart_all, in: query, description: Set to 1 to restart all checks that match, schema: { type: string, enum: ['1'] } }
        - { name: failed, in: query, description: Only checks that failed, schema: { type: boolean } }
      responses:
        '200': { description: All, content: { application/json: { schema: { type: object, required: [items], properties: { items: { type: array, items: { type: object } } } } } } }
        '400': { description: Refused }
"#;
    service.run(contract, "writes: allowed\n", &[]);
    let asked = |name: &str| {
        let requests = service.requests();
        requests
            .iter()
            .any(|(request, _)| request.parameter(name).is_some())
    };
    assert!(asked("failed"));
    assert!(!asked("restart_all"));
}

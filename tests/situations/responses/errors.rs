//! What error responses say.

use serde_json::json;

use crate::service::{Ran, Reply, Service};

const CONTRACT: &str = r#"
openapi: 3.1.0
info: { title: Marks, version: 1.0.0 }
servers: [{ url: "{origin}" }]
paths:
  /marks:
    get:
      operationId: listMarks
      parameters: [{ name: limit, in: query, schema: { type: integer, minimum: 1, maximum: 50 } }]
      responses:
        '200':
          description: Marks
          content: { application/json: { schema: { type: object, required: [items], properties: { items: { type: array, items: {} } } } } }
        '400':
          description: Refused
          content: { application/problem+json: { schema: { type: object } } }
"#;

/// A service whose refusal of a wrong `limit` has this body.
fn run(profile: &str, refusal: serde_json::Value) -> Ran {
    let service = Service::start(move |request| {
        if request.path != "/marks" {
            return Reply::problem(404, "Not found");
        }
        if request.method != "GET" {
            return Reply::not_allowed("GET, HEAD");
        }
        let right = request.parameter("limit").is_none_or(|limit| {
            limit
                .parse()
                .is_ok_and(|limit: i64| (1..=50).contains(&limit))
        });
        if right {
            Reply::json(200, &json!({ "items": [] }))
        } else {
            Reply::text(400, "application/problem+json", refusal.to_string())
        }
    });
    service.run(CONTRACT, "writes: allowed\n", &["--profile", profile])
}

#[test]
fn a_leak_is_found_under_every_profile_that_provokes_errors() {
    for (profile, id) in [
        ("uk-gov-api", "GOV-79"),
        ("policing-api-security", "SEC-27"),
    ] {
        for detail in [
            "near \"x\": syntax error in select m.id from marks m",
            "open /var/lib/marks/marks.db: permission denied",
        ] {
            let ran = run(
                profile,
                json!({ "title": "Refused", "status": 400, "detail": detail }),
            );
            assert_eq!(
                ran.verdict(id),
                "fail",
                "{profile} {detail}\n{}",
                ran.told()
            );
        }
    }
}

#[test]
fn a_refusal_in_plain_words_passes() {
    let detail = "Select a limit from 1 to 50.";
    let ran = run(
        "uk-gov-api",
        json!({ "title": "Refused", "status": 400, "detail": detail }),
    );
    assert_eq!(ran.verdict("GOV-79"), "pass", "{}", ran.told());
    assert_eq!(ran.verdict("GOV-78"), "pass", "{}", ran.told());
    ran.is_conformant();
}

#[test]
fn another_status_in_the_problem_than_in_the_response_fails() {
    let ran = run("uk-gov-api", json!({ "title": "Refused", "status": 422 }));
    assert_eq!(ran.verdict("GOV-78"), "fail", "{}", ran.told());
    assert_eq!(ran.exit, 1);
    // RFC 9457 §3.1: a value of another type is ignored, and a matter of the form.
    let ran = run("uk-gov-api", json!({ "title": "Refused", "status": "400" }));
    assert_eq!(ran.verdict("GOV-28"), "fail", "{}", ran.told());
    assert_eq!(ran.exit, 0, "{}", ran.told());
}

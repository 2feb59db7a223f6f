//! Response headers of every type.

use serde_json::json;

use crate::service::{Ran, Reply, Service};

const CONTRACT: &str = r#"
openapi: 3.1.0
info: { title: Pages, version: 1.0.0 }
servers: [{ url: "{origin}" }]
paths:
  /pages:
    get:
      operationId: listPages
      responses:
        '200':
          description: A page
          headers:
            Window: { schema: { type: object, required: [from], properties: { from: { type: integer }, to: { type: integer } } } }
            Limits: { explode: true, schema: { type: object, required: [left], properties: { left: { type: integer }, unit: { type: string } } } }
            Cursor: { content: { application/json: { schema: { type: object, required: [after], properties: { after: { type: string } } } } } }
            Mode: { schema: { type: [object, string] } }
          content: { application/json: { schema: { type: object, required: [items], properties: { items: { type: array, items: {} } } } } }
"#;

fn run(headers: &'static [(&'static str, &'static str)]) -> Ran {
    let service = Service::start(move |request| {
        if request.path != "/pages" {
            return Reply::problem(404, "Not found");
        }
        if request.method != "GET" {
            return Reply::not_allowed("GET, HEAD");
        }
        let mut reply = Reply::json(200, &json!({ "items": [] }));
        for (name, value) in headers {
            reply = reply.with(name, value);
        }
        reply
    });
    service.run(CONTRACT, "writes: allowed\n", &["--only", "GOV-17"])
}

#[track_caller]
fn finds(headers: &'static [(&'static str, &'static str)], title: &str) {
    let ran = run(headers);
    let found = ran.findings("GOV-17");
    assert!(
        found.len() == 1 && found[0].contains(title),
        "{}",
        ran.told()
    );
}

#[test]
fn objects_and_json_in_headers_are_read() {
    for headers in [
        &[
            ("window", "from,1,to,20"),
            ("limits", "left=3,unit=page"),
            ("cursor", r#"{"after": "a,b"}"#),
        ][..],
        // The other form of the style is understood, and so is JSON.
        &[
            ("window", "from=1, to=20"),
            ("limits", "left,3"),
            ("mode", "plain"),
        ],
        &[("window", r#"{"from": 1}"#), ("mode", "a,b,c")],
    ] {
        let ran = run(headers);
        assert_eq!(ran.verdict("GOV-17"), "pass", "{}", ran.told());
    }
}

#[test]
fn an_object_in_a_header_that_breaks_its_schema_is_found() {
    finds(&[("window", "to,20")], "Window breaks `required`");
    finds(&[("window", "from,first")], "Window breaks `type`");
    finds(&[("window", "from")], "Window breaks `style`");
    finds(&[("limits", "left=many,unit=page")], "Limits breaks `type`");
}

#[test]
fn json_in_a_header_that_breaks_its_schema_is_found() {
    finds(&[("cursor", r#"{"after": 7}"#)], "Cursor breaks `type`");
    finds(&[("cursor", "after=a")], "Cursor breaks `content`");
}

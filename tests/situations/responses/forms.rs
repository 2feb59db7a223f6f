//! Bodies that are not JSON, and the wrong values in them.

use serde_json::json;

use crate::service::{Ran, Reply, Request, Service};

fn contract(content: &str) -> String {
    format!(
        r#"
openapi: 3.0.3
info: {{ title: Reports, version: 1.0.0 }}
servers: [{{ url: "{{origin}}" }}]
paths:
  /reports:
    post:
      operationId: createReport
      requestBody: {{ required: true, content: {content} }}
      responses:
        '201': {{ description: Created, content: {{ application/json: {{ schema: {{ type: object, required: [ok], properties: {{ ok: {{ type: boolean }} }} }} }} }} }}
        '400': {{ description: Refused }}
        '415': {{ description: Another media type }}
"#
    )
}

fn run(content: &str, takes: fn(&Request) -> bool) -> Ran {
    let service = Service::start(move |request| {
        if request.path != "/reports" {
            return Reply::problem(404, "Not found");
        }
        if request.method != "POST" {
            return Reply::not_allowed("POST");
        }
        if takes(request) {
            Reply::json(201, &json!({ "ok": true }))
        } else {
            Reply::problem(400, "Refused")
        }
    });
    service.run(
        &contract(content),
        "writes: allowed\n",
        &["--only", "GOV-33", "--only", "GOV-35", "--only", "GOV-36"],
    )
}

#[track_caller]
fn verdicts(ran: &Ran, expected: [&str; 3]) {
    let verdicts = ["GOV-33", "GOV-35", "GOV-36"].map(|id| ran.verdict(id));
    assert_eq!(verdicts, expected, "{}", ran.told());
}

const FORM: &str = "{ application/x-www-form-urlencoded: { schema: { type: object, required: [title, kind], properties: {
    title: { type: string, minLength: 2, maxLength: 20 }, kind: { type: string, enum: [theft, fraud] },
    count: { type: integer, minimum: 1, maximum: 9 }, urgent: { type: boolean }, places: { type: array, items: { type: string } } } } } }";

fn fields(request: &Request) -> Option<Vec<(String, String)>> {
    (request.header("content-type")? == "application/x-www-form-urlencoded").then(|| {
        url::form_urlencoded::parse(&request.body)
            .into_owned()
            .collect()
    })
}

/// As a careful framework reads a form: fields that it does not know are left alone.
fn careful(request: &Request) -> bool {
    let Some(fields) = fields(request) else {
        return false;
    };
    let field = |name: &str| {
        fields
            .iter()
            .find(|(held, _)| held == name)
            .map(|(_, value)| value.as_str())
    };
    let title = field("title").is_some_and(|title| (2..=20).contains(&title.chars().count()));
    let kind = matches!(field("kind"), Some("theft" | "fraud"));
    let count = field("count").is_none_or(|count| {
        count.is_empty()
            || count
                .trim()
                .parse()
                .is_ok_and(|count: i64| (1..=9).contains(&count))
    });
    let urgent = field("urgent")
        .is_none_or(|urgent| matches!(urgent, "" | "true" | "false" | "1" | "0" | "on" | "off"));
    title && kind && count && urgent
}

#[test]
fn a_careful_reader_of_forms_passes() {
    verdicts(&run(FORM, careful), ["pass", "pass", "pass"]);
}

#[test]
fn a_form_with_wrong_values_that_is_taken_fails() {
    let ran = run(FORM, |request| fields(request).is_some());
    verdicts(&ran, ["fail", "fail", "pass"]);
}

#[test]
fn a_form_with_valid_values_that_is_refused_fails() {
    let ran = run(FORM, |request| {
        careful(request) && !request.body.windows(5).any(|part| part == b"fraud")
    });
    verdicts(&ran, ["pass", "pass", "fail"]);
}

const UPLOAD: &str = "{ multipart/form-data: { schema: { type: object, required: [caption, image], properties: {
    caption: { type: string, minLength: 1, maxLength: 30 }, page: { type: integer, minimum: 1 }, image: { type: string, format: binary } } },
    encoding: { image: { contentType: 'image/png, image/jpeg' } } } }";

fn part<'r>(body: &'r str, name: &str) -> Option<(&'r str, &'r str)> {
    body.split("--muster-").find_map(|part| {
        let (head, content) = part.split_once("\r\n\r\n")?;
        head.contains(&format!("name=\"{name}\""))
            .then(|| (head, content.trim_end_matches("\r\n")))
    })
}

fn careful_upload(request: &Request) -> bool {
    let body = String::from_utf8_lossy(&request.body);
    let caption = part(&body, "caption")
        .is_some_and(|(_, caption)| (1..=30).contains(&caption.chars().count()));
    let page = part(&body, "page")
        .is_none_or(|(_, page)| page.is_empty() || page.parse().is_ok_and(|page: i64| page >= 1));
    let image = part(&body, "image")
        .is_some_and(|(head, _)| head.contains("image/png") || head.contains("image/jpeg"));
    caption && page && image
}

#[test]
fn a_careful_reader_of_uploads_passes() {
    verdicts(&run(UPLOAD, careful_upload), ["pass", "pass", "pass"]);
}

#[test]
fn an_upload_without_its_file_that_is_taken_fails() {
    let ran = run(UPLOAD, |request| {
        let body = String::from_utf8_lossy(&request.body);
        part(&body, "image").is_some() && careful_upload(request) || part(&body, "image").is_none()
    });
    assert_eq!(ran.verdict("GOV-33"), "fail", "{}", ran.told());
    assert!(
        ran.findings("GOV-33")
            .iter()
            .any(|title| title.contains("image"))
    );
}

#[test]
fn an_upload_of_a_media_type_that_the_contract_does_not_name_fails() {
    let ran = run(UPLOAD, |request| {
        let body = String::from_utf8_lossy(&request.body).replace("text/x-muster", "image/png");
        let request = Request {
            body: body.into_bytes(),
            ..request.clone()
        };
        careful_upload(&request)
    });
    assert_eq!(ran.verdict("GOV-33"), "fail", "{}", ran.told());
    assert!(
        ran.findings("GOV-33")
            .iter()
            .any(|title| title.contains("media type"))
    );
}

#[test]
fn text_of_a_list_is_judged_and_free_text_is_not() {
    let ran = run(
        "{ text/plain: { schema: { type: string, enum: [open, closed] } } }",
        |_| true,
    );
    assert_eq!(ran.verdict("GOV-33"), "fail", "{}", ran.told());
    let ran = run("{ text/plain: { schema: { type: string } } }", |_| true);
    assert!(
        !["fail", "inconclusive"].contains(&ran.verdict("GOV-33").as_str()),
        "{}",
        ran.told()
    );
}

#[test]
fn a_union_without_what_one_of_its_branches_needs_is_refused() {
    let union = "{ application/json: { schema: { type: object, properties: { email: { type: string, minLength: 3, maxLength: 40 },
        phone: { type: string, minLength: 3, maxLength: 40 } }, anyOf: [ { required: [email] }, { required: [phone] } ] } } }";
    let typed = |request: &Request| {
        let body = request.json();
        let members = body.as_ref().and_then(|body| body.as_object());
        members.is_some_and(|members| {
            members.values().all(|value| {
                value
                    .as_str()
                    .is_some_and(|text| (3..=40).contains(&text.chars().count()))
            })
        })
    };
    let ran = run(union, typed);
    assert_eq!(ran.verdict("GOV-33"), "fail", "{}", ran.told());
    let ran = run(union, |request| {
        let body = request.json();
        let members = body.as_ref().and_then(|body| body.as_object());
        members.is_some_and(|members| {
            !members.is_empty()
                && members.values().all(|value| {
                    value
                        .as_str()
                        .is_some_and(|text| (3..=40).contains(&text.chars().count()))
                })
        })
    });
    assert_eq!(ran.verdict("GOV-36"), "pass", "{}", ran.told());
}

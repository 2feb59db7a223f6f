//! Credentials that are read by one property and removed by another, which is secret.

use std::sync::{
    Mutex,
    atomic::{AtomicUsize, Ordering},
};

use serde_json::{Value, json};

use super::service::{Reply, Service};

/// A contract of tokens; the paths in one order or the other.
fn contract(removal_first: bool) -> String {
    let removal = r##"
  /api-tokens/{token}:
    delete:
      parameters: [{ name: token, in: path, required: true, schema: { type: string } }]
      responses: { '200': { description: Gone }, '404': { description: None } }"##;
    let reading = r##"
  /api-tokens/{name}:
    get:
      parameters: [{ name: name, in: path, required: true, schema: { type: string } }]
      responses:
        '200': { description: One, content: { application/json: { schema: { $ref: '#/components/schemas/Token' } } } }
        '404': { description: None }"##;
    let (first, second) = if removal_first {
        (removal, reading)
    } else {
        (reading, removal)
    };
    let start = r##"
openapi: 3.1.0
info: { title: Tokens, version: 1.0.0 }
servers: [{ url: "{origin}" }]
paths:
  /api-tokens:
    get:
      responses:
        '200': { description: All, content: { application/json: { schema: { type: object, properties: { tokens: { type: array, items: { $ref: '#/components/schemas/Token' } } } } } } }
    post:
      requestBody: { required: true, content: { application/json: { schema: { type: object, required: [name], additionalProperties: false, properties: { name: { type: string, pattern: '^[A-Za-z0-9-]{1,40}$' } } } } } }
      responses:
        '201': { description: Made, content: { application/json: { schema: { $ref: '#/components/schemas/Token' } } } }
        '400': { description: Wrong }
        '409': { description: Such a name exists }"##;
    let end = r##"
components:
  schemas:
    Token: { type: object, required: [secret, name], properties: { secret: { type: string }, name: { type: string } } }
"##;
    format!("{start}{first}{second}{end}")
}

fn secret(number: usize) -> String {
    format!("sQ7{number:04}Kx9Lm2Vb5Tn8Hd4")
}

#[test]
fn a_token_is_removed_by_its_secret_which_stands_in_no_output() {
    for removal_first in [false, true] {
        let made = std::sync::Arc::new(Mutex::new(vec![
            json!({ "secret": "theirs-5Vd0pQz83LmNs71Ab", "name": "theirs" }),
        ]));
        let next = AtomicUsize::new(1);
        let tokens = std::sync::Arc::clone(&made);
        let service = Service::start(move |request| {
            let mut made = tokens.lock().unwrap();
            let at = |made: &[Value], property: &str, key: &str| {
                made.iter().position(|token| token[property] == key)
            };
            match (request.method.as_str(), request.segments().as_slice()) {
                ("GET", ["api-tokens"]) => Reply::json(200, &json!({ "tokens": *made })),
                ("POST", ["api-tokens"]) => {
                    let name = request.json().and_then(|body| {
                        let is_alone = body.as_object().is_some_and(|body| body.len() == 1);
                        let name = body["name"].as_str()?.to_owned();
                        let is_name = (1..=40).contains(&name.len())
                            && name
                                .chars()
                                .all(|sign| sign.is_ascii_alphanumeric() || sign == '-');
                        (is_alone && is_name).then_some(name)
                    });
                    let Some(name) = name else {
                        return Reply::problem(400, "Wrong");
                    };
                    if at(&made, "name", &name).is_some() {
                        return Reply::problem(409, "Such a name exists");
                    }
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    let token = json!({ "secret": secret(number), "name": name });
                    made.push(token.clone());
                    Reply::json(201, &token)
                }
                ("GET", ["api-tokens", name]) => match at(&made, "name", name) {
                    Some(at) => Reply::json(200, &made[at]),
                    None => Reply::problem(404, "None"),
                },
                ("DELETE", ["api-tokens", key]) => match at(&made, "secret", key) {
                    Some(at) => {
                        made.remove(at);
                        Reply::empty(200)
                    }
                    None => Reply::problem(404, "None"),
                },
                _ => Reply::problem(404, "None"),
            }
        });
        let ran = service.run(
            &contract(removal_first),
            "writes: allowed\n",
            &["--effort", "quick"],
        );
        let made = made.lock().unwrap();
        assert!(
            service.lines("POST").len() > 1,
            "{removal_first}: {}",
            ran.told()
        );
        assert_eq!(
            made.len(),
            1,
            "{removal_first}: {made:#?}\n{:#?}\n{:#?}\n{}",
            ran.left_behind(),
            service.lines("DELETE"),
            ran.told()
        );
        assert_eq!(made[0]["name"], "theirs");
        assert!(!ran.everything().contains(&secret(1)), "{removal_first}");
    }
}

//! What a run tells of defects: one cause, one finding, and a reproduction that reproduces.

use std::{
    collections::BTreeMap,
    io::{BufRead, BufReader},
    process::{Child, Command, Stdio},
    sync::Mutex,
};

use serde_json::{Value, json};

use super::service::{Ran, Reply, Request, Service};

/// The top-level findings, as `by title`.
fn causes(ran: &Ran) -> Vec<String> {
    ran.results["findings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| format!("{} {}", one["by"]["check"], one["finding"]["title"]))
        .collect()
}

/// The numbers that the results of a requirement cite.
fn cited(ran: &Ran, id: &str) -> Vec<String> {
    let requirements = ran.results["requirements"].as_array().unwrap();
    requirements
        .iter()
        .filter(|result| result["requirement"]["id"] == id)
        .flat_map(|result| result["results"].as_array().unwrap())
        .flat_map(|one| one["findings"].as_array().cloned().unwrap_or_default())
        .map(|number| number.as_str().unwrap().to_owned())
        .collect()
}

/// Keeps whatever it is sent, so that it sends it back.
fn credulous() -> Service {
    let notes = Mutex::new(BTreeMap::<String, Value>::new());
    Service::start(move |request| {
        let mut notes = notes.lock().unwrap();
        match (request.method.as_str(), request.segments().as_slice()) {
            ("GET", ["notes"]) => {
                Reply::json(200, &json!({ "items": notes.values().collect::<Vec<_>>() }))
            }
            ("POST", ["notes"]) => match request.json() {
                Some(Value::Object(mut note)) => {
                    let id = format!("00000000-0000-4000-8000-{:012}", notes.len() + 1);
                    note.insert("id".into(), id.clone().into());
                    notes.insert(id.clone(), Value::Object(note.clone()));
                    Reply::json(201, &Value::Object(note)).with("location", &format!("/notes/{id}"))
                }
                _ => Reply::problem(400, "Not an object"),
            },
            ("GET", ["notes", id]) => match notes.get(*id) {
                Some(note) => Reply::json(200, note),
                None => Reply::problem(404, "Not found"),
            },
            ("DELETE", ["notes", id]) => match notes.remove(*id) {
                Some(_) => Reply::empty(204),
                None => Reply::problem(404, "Not found"),
            },
            (_, ["notes"]) => Reply::not_allowed("GET, HEAD, POST"),
            (_, ["notes", _]) => Reply::not_allowed("GET, HEAD, DELETE"),
            _ => Reply::problem(404, "Not found"),
        }
    })
}

const NOTES: &str = r##"
openapi: 3.1.0
info: { title: Notes, version: 1.0.0 }
servers: [{ url: "{origin}" }]
paths:
  /notes:
    get:
      operationId: listNotes
      responses:
        '200':
          description: Notes
          content:
            application/json:
              schema:
                type: object
                required: [items]
                properties:
                  items: { type: array, items: { $ref: '#/components/schemas/Note' } }
    post:
      operationId: createNote
      requestBody:
        required: true
        content:
          application/json:
            schema: { $ref: '#/components/schemas/NewNote' }
      responses:
        '201':
          description: Created
          headers: { Location: { schema: { type: string } } }
          content:
            application/json: { schema: { $ref: '#/components/schemas/Note' } }
        '400': { description: Refused }
  /notes/{noteId}:
    parameters:
      - { name: noteId, in: path, required: true, schema: { type: string, format: uuid } }
    get:
      operationId: getNote
      responses:
        '200':
          description: A note
          content:
            application/json: { schema: { $ref: '#/components/schemas/Note' } }
        '404': { description: Not found }
    delete:
      operationId: deleteNote
      responses:
        '204': { description: Gone }
        '404': { description: Not found }
components:
  schemas:
    NewNote:
      type: object
      required: [title, pages]
      properties:
        title: { type: string, maxLength: 60 }
        author: { type: string, maxLength: 40 }
        pages: { type: integer, minimum: 1 }
        copies: { type: integer, minimum: 0 }
    Note:
      allOf:
        - $ref: '#/components/schemas/NewNote'
        - type: object
          required: [id]
          properties: { id: { type: string, format: uuid } }
"##;

#[test]
fn what_was_accepted_against_the_contract_is_the_cause_of_what_comes_back() {
    let service = credulous();
    let ran = service.run(
        NOTES,
        "writes: allowed\n",
        &[
            "--effort",
            "quick",
            "--only",
            "input.invalid-body-accepted",
            "--only",
            "response.body-schema",
        ],
    );
    assert_eq!(ran.exit, 1, "{}", ran.told());
    let causes = causes(&ran);
    assert!(
        causes
            .iter()
            .all(|one| one.contains("input.invalid-body-accepted")),
        "responses are told as defects of their own: {causes:#?}"
    );
    assert!(
        causes.len() <= 3,
        "one for each kind of mistake: {causes:#?}"
    );
    // The requirement on responses fails as before, and cites an effect.
    assert_eq!(ran.verdict("GOV-17"), "fail");
    let cited = cited(&ran, "GOV-17");
    assert!(
        !cited.is_empty() && cited.iter().all(|number| number.contains('.')),
        "{cited:?}"
    );
}

#[test]
fn a_timestamp_without_an_offset_is_one_finding_wherever_its_schema_is_embedded() {
    let stamp = json!({ "created": "2026-11-23T09:00:00", "updated": "2026-11-23T09:00:01" });
    let service = Service::start(move |request| match request.path.as_str() {
        _ if request.method != "GET" => Reply::not_allowed("GET, HEAD"),
        "/visits" => Reply::json(
            200,
            &json!({ "items": [{ "stamp": stamp }, { "stamp": null }] }),
        ),
        "/last-visit" => Reply::json(200, &json!({ "stamp": stamp })),
        "/status" => Reply::json(200, &stamp),
        _ => Reply::problem(404, "Not found"),
    });
    let read = |path: &str, schema: &str| {
        format!(
            "  {path}:\n    get:\n      responses:\n        '200':\n          description: It\n          content:\n            application/json:\n              schema: {schema}\n"
        )
    };
    let contract = format!(
        "openapi: 3.1.0\ninfo: {{ title: Visits, version: 1.0.0 }}\nservers: [{{ url: \"{{origin}}\" }}]\npaths:\n{}{}{}{}",
        read(
            "/visits",
            "{ type: object, properties: { items: { type: array, items: { $ref: '#/components/schemas/Visit' } } } }"
        ),
        read(
            "/last-visit",
            "{ allOf: [{ $ref: '#/components/schemas/Visit' }] }"
        ),
        read("/status", "{ $ref: '#/components/schemas/Stamp' }"),
        r##"components:
  schemas:
    Visit:
      type: object
      properties:
        stamp: { anyOf: [{ $ref: '#/components/schemas/Stamp' }, { type: 'null' }] }
    Stamp:
      type: object
      properties:
        created: { type: string, format: date-time }
        updated: { type: string, format: date-time }
"##
    );
    let ran = service.run(
        &contract,
        "",
        &[
            "--effort",
            "quick",
            "--only",
            "response.body-schema",
            "--only",
            "response.dates",
        ],
    );
    assert_eq!(causes(&ran).len(), 1, "{:#?}", causes(&ran));
    let one = &ran.results["findings"][0];
    assert_eq!(one["operations"].as_array().unwrap().len(), 3, "{one:#}");
    let received = one.to_string();
    assert!(
        received.contains("2026-11-23T09:00:0"),
        "as it was received: {one:#}"
    );
}

#[test]
fn a_handler_that_fails_on_any_wrong_value_is_one_finding() {
    let service = Service::start(|request| {
        let is_number = |name: &str| {
            request.parameter(name).is_none_or(|value| {
                value
                    .parse::<u32>()
                    .is_ok_and(|value| (1..=100).contains(&value))
            })
        };
        match request.path.as_str() {
            _ if request.method != "GET" => Reply::not_allowed("GET, HEAD"),
            "/search" if !is_number("page") || !is_number("size") => {
                Reply::problem(500, "ValueError: invalid literal")
            }
            "/search" => Reply::json(200, &json!({ "items": [] })),
            _ => Reply::problem(404, "Not found"),
        }
    });
    let ran = service.run(
        r##"
openapi: 3.1.0
info: { title: Search, version: 1.0.0 }
servers: [{ url: "{origin}" }]
paths:
  /search:
    get:
      operationId: search
      parameters:
        - { name: page, in: query, schema: { type: integer, minimum: 1, maximum: 100 } }
        - { name: size, in: query, schema: { type: integer, minimum: 1, maximum: 100 } }
      responses:
        '200':
          description: Found
          content:
            application/json:
              schema: { type: object, properties: { items: { type: array, items: {} } } }
        '400': { description: Refused }
"##,
        "",
        &[
            "--effort",
            "quick",
            "--only",
            "response.server-error",
            "--only",
            "input.server-error",
            "--only",
            "input.invalid-parameter-accepted",
        ],
    );
    assert_eq!(ran.exit, 1, "{}", ran.told());
    assert_eq!(causes(&ran).len(), 1, "{:#?}", causes(&ran));
}

fn refuses(status: u16, title: &'static str) -> Ran {
    let service = Service::start(move |request: &Request| {
        if request.path == "/notes" || request.path.starts_with("/notes/") {
            Reply::problem(status, title)
        } else {
            Reply::problem(404, "Not found")
        }
    });
    service.run(NOTES, "writes: allowed\n", &[])
}

#[test]
fn a_run_whose_valid_requests_are_all_refused_ends_after_a_handful() {
    for (status, title, responsible) in [
        (400, "Tenant header missing", "supplier"),
        (422, "Unprocessable", "supplier"),
        (403, "Tenant is locked", "credentials"),
    ] {
        let ran = refuses(status, title);
        assert_eq!(ran.exit, 3, "{}", ran.told());
        assert_eq!(ran.results["conformance"], "undetermined");
        let requests = ran.results["requests"].as_u64().unwrap();
        assert!(requests < 60, "{requests} requests");
        let stopped = &ran.results["end"]["stopped"];
        let reason = stopped["reason"].as_str().unwrap();
        assert!(reason.contains("No valid request was accepted"), "{reason}");
        assert!(
            reason.contains(&status.to_string()) && reason.contains(title),
            "{reason}"
        );
        assert_eq!(stopped["responsible"], responsible);
    }
}

#[test]
fn one_operation_that_accepts_lets_the_run_go_on() {
    let service = Service::start(|request| match request.path.as_str() {
        "/notes" if request.method == "GET" => Reply::json(200, &json!({ "items": [] })),
        "/notes" => Reply::problem(400, "Tenant header missing"),
        _ => Reply::problem(404, "Not found"),
    });
    let ran = service.run(
        NOTES,
        "writes: allowed\n",
        &["--effort", "quick", "--only", "GOV-17"],
    );
    assert_eq!(ran.results["end"], "complete", "{}", ran.told());
}

#[test]
fn a_target_without_tls_does_not_show_the_level_of_secure_connection() {
    let service = credulous();
    let ran = service.run(
        NOTES,
        "",
        &["--effort", "quick", "--only", "response.content-type"],
    );
    let levels = ran.results["levels"].as_array().unwrap();
    let foundational = levels
        .iter()
        .find(|level| level["level"] == "foundational")
        .unwrap();
    assert!(
        foundational["not_shown"].as_str().unwrap().contains("TLS"),
        "{foundational}"
    );
}

/// `muster demo` with faults, until it is dropped.
struct Demo {
    process: Child,
    lines: BTreeMap<String, String>,
}

impl Demo {
    fn start(faults: &[&str]) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_muster"));
        command.args(["demo", "--listen", "127.0.0.1:0"]);
        for fault in faults {
            command.args(["--fault", fault]);
        }
        let mut process = command.stdout(Stdio::piped()).spawn().unwrap();
        let mut lines = BTreeMap::new();
        for line in BufReader::new(process.stdout.take().unwrap()).lines() {
            let line = line.unwrap();
            if let Some((name, value)) = line.split_once("  ") {
                lines.insert(name.trim().to_owned(), value.trim().to_owned());
            }
            if line.starts_with("client") {
                break;
            }
        }
        Self { process, lines }
    }
}

impl Drop for Demo {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

#[test]
fn every_command_of_a_faulty_run_shows_what_its_finding_says() {
    let demo = Demo::start(&["operation-open", "member-unknown-taken", "method-not-found"]);
    let (client, secret) = demo.lines["client"].split_once(" / ").unwrap();
    let folder = tempfile::tempdir().unwrap();
    let target = format!(
        "target: Demo\nsupplier: Example Ltd\nenvironment: test\nbase_url: {}\ncontract: {}\nwrites: allowed\nidentities:\n  default: {{ oauth2: {{ token_url: \"{}\", client_id: {client}, client_secret: {{ env: RMS_SECRET }} }} }}\n",
        demo.lines["base URL"], demo.lines["contract"], demo.lines["token URL"]
    );
    std::fs::write(folder.path().join("target.yaml"), target).unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_muster"))
        .args([
            "run",
            "--target",
            "target.yaml",
            "--seed",
            "1",
            "--quiet",
            "--out",
            "run",
        ])
        .args(["--effort", "quick", "--only", "security.no-credentials"])
        .args([
            "--only",
            "http.undeclared-method",
            "--only",
            "input.invalid-body-accepted",
        ])
        .env("RMS_SECRET", secret)
        .current_dir(folder.path())
        .output()
        .unwrap();
    let text = std::fs::read_to_string(folder.path().join("run/results.json"));
    let results: Value =
        serde_json::from_str(&text.unwrap_or_else(|error| {
            panic!("{error}: {}", String::from_utf8_lossy(&output.stderr))
        }))
        .unwrap();
    let findings = results["findings"].as_array().unwrap();
    let all: Vec<&Value> = findings
        .iter()
        .flat_map(|one| std::iter::once(one).chain(one["effects"].as_array().into_iter().flatten()))
        .collect();
    assert!(
        all.len() >= 3,
        "{}",
        String::from_utf8_lossy(&output.stdout)
    );
    for one in all {
        // A record of the run's own is gone when the run has ended.
        let of_record = one["finding"]["received"].as_str().unwrap();
        let Some(curl) = one["curl"].as_str() else {
            continue;
        };
        let mut script = String::new();
        for line in one["prepare"].as_array().into_iter().flatten() {
            script.push_str(line.as_str().unwrap());
            script.push('\n');
        }
        assert!(
            !script.contains('…'),
            "the user knows every secret: {script}"
        );
        script.push_str(curl);
        let shown = Command::new("sh")
            .args(["-c", &script])
            .env("RMS_SECRET", secret)
            .output()
            .unwrap();
        let shown = String::from_utf8_lossy(&shown.stdout).into_owned();
        let status = of_record.get(..3).unwrap_or_default();
        assert!(
            shown.lines().next().unwrap_or_default().contains(status),
            "{}: {of_record}\n{script}\n{shown}",
            one["finding"]["title"]
        );
    }
}

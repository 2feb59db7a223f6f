//! Services that stop answering: because of a request, or because somebody starts them again.

use std::{
    collections::BTreeMap,
    io::{Read, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use serde_json::{Value, json};

const CONTRACT: &str = r##"
openapi: 3.1.0
info: { title: Tags, version: 1.0.0 }
servers: [{ url: "{origin}" }]
paths:
  /tags:
    get:
      operationId: listTags
      responses:
        '200': { description: All, content: { application/json: { schema: { type: object, required: [items], properties: { items: { type: array, items: { $ref: '#/components/schemas/Tag' } } } } } } }
    post:
      operationId: createTag
      requestBody: { required: true, content: { application/json: { schema: { $ref: '#/components/schemas/NewTag' } } } }
      responses:
        '201': { description: Made, headers: { Location: { schema: { type: string } } }, content: { application/json: { schema: { $ref: '#/components/schemas/Tag' } } } }
        '400': { description: Refused }
  /tags/{tagId}:
    parameters: [ { name: tagId, in: path, required: true, schema: { type: integer, minimum: 1 } } ]
    get:
      operationId: getTag
      responses:
        '200': { description: One, content: { application/json: { schema: { $ref: '#/components/schemas/Tag' } } } }
        '404': { description: None }
    delete:
      operationId: deleteTag
      responses: { '204': { description: Gone }, '404': { description: None } }
components:
  schemas:
    NewTag: { type: object, required: [label], properties: { label: { type: string, minLength: 1, maxLength: 60 }, weight: { type: integer, minimum: 0, maximum: 1000 } } }
    Tag: { type: object, required: [id, label], properties: { id: { type: integer }, label: { type: string }, weight: { type: integer } } }
"##;

/// When the service goes, for a while.
#[derive(Clone, Copy)]
enum Goes {
    /// On a label that is not a string, without a response.
    OnWrongLabel,
    /// Once, after this many requests, in between two of them.
    Between(u64),
    /// Once, after this many requests, with what is under way.
    Amid(u64),
}

struct Shared {
    goes: Goes,
    number: AtomicU64,
    went: AtomicBool,
    held: Mutex<(u64, BTreeMap<u64, Value>)>,
}

/// Serves on one address, goes away for a second, and comes back, until it is dropped.
struct Fragile {
    origin: String,
    shared: Arc<Shared>,
    ended: Arc<AtomicBool>,
    thread: Option<std::thread::JoinHandle<()>>,
}

impl Fragile {
    fn start(goes: Goes) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let shared = Arc::new(Shared {
            goes,
            number: AtomicU64::new(0),
            went: AtomicBool::new(false),
            held: Mutex::default(),
        });
        let ended = Arc::new(AtomicBool::new(false));
        let (kept, end) = (Arc::clone(&shared), Arc::clone(&ended));
        let thread = std::thread::spawn(move || serve(listener, address, &kept, &end));
        Self {
            origin: format!("http://{address}"),
            shared,
            ended,
            thread: Some(thread),
        }
    }

    fn is_empty(&self) -> bool {
        let held = self.shared.held.lock();
        held.unwrap_or_else(PoisonError::into_inner).1.is_empty()
    }
}

impl Drop for Fragile {
    fn drop(&mut self) {
        self.ended.store(true, Ordering::SeqCst);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn serve(first: TcpListener, address: SocketAddr, shared: &Arc<Shared>, ended: &AtomicBool) {
    let mut listener = first;
    loop {
        listener.set_nonblocking(true).unwrap();
        let down = Arc::new(AtomicBool::new(false));
        while !down.load(Ordering::SeqCst) {
            if ended.load(Ordering::SeqCst) {
                return;
            }
            match listener.accept() {
                Ok((stream, _)) => {
                    stream.set_nonblocking(false).unwrap();
                    let (shared, down) = (Arc::clone(shared), Arc::clone(&down));
                    std::thread::spawn(move || handle(stream, &shared, &down));
                }
                Err(_) => std::thread::sleep(Duration::from_millis(1)),
            }
        }
        drop(listener);
        std::thread::sleep(Duration::from_secs(4));
        let begun = Instant::now();
        listener = loop {
            match TcpListener::bind(address) {
                Ok(listener) => break listener,
                Err(error) => {
                    assert!(begun.elapsed() < Duration::from_secs(20), "{error}");
                    std::thread::sleep(Duration::from_millis(20));
                }
            }
        };
    }
}

/// One request and its response on a connection that is then closed.
fn handle(mut stream: TcpStream, shared: &Shared, down: &AtomicBool) {
    let Some((method, path, body)) = read(&mut stream) else {
        return;
    };
    let number = shared.number.fetch_add(1, Ordering::SeqCst) + 1;
    let body: Value = serde_json::from_slice(&body).unwrap_or_default();
    let wrong_label = method == "POST" && body.get("label").is_some_and(|label| !label.is_string());
    let once = |after: u64| number >= after && !shared.went.swap(true, Ordering::SeqCst);
    let goes_amid = match shared.goes {
        Goes::OnWrongLabel => wrong_label,
        Goes::Amid(after) => number >= after && once(after),
        Goes::Between(_) => false,
    };
    if goes_amid {
        down.store(true, Ordering::SeqCst);
    }
    if down.load(Ordering::SeqCst) {
        return;
    }
    let (status, headers, text) = respond(shared, &method, &path, &body);
    let length = if status == 204 {
        String::new()
    } else {
        format!("content-length: {}\r\n", text.len())
    };
    let head = format!("HTTP/1.1 {status} X\r\nconnection: close\r\n{headers}{length}\r\n");
    let text = if method == "HEAD" { "" } else { &text };
    let _ = stream.write_all(format!("{head}{text}").as_bytes());
    let _ = stream.shutdown(std::net::Shutdown::Write);
    let mut rest = [0; 256];
    while stream.read(&mut rest).is_ok_and(|read| read > 0) {}
    if let Goes::Between(after) = shared.goes
        && once(after)
    {
        down.store(true, Ordering::SeqCst);
    }
}

fn read(stream: &mut TcpStream) -> Option<(String, String, Vec<u8>)> {
    stream
        .set_read_timeout(Some(Duration::from_secs(5)))
        .unwrap();
    let mut bytes = Vec::new();
    let mut part = [0; 4096];
    loop {
        let end = bytes.windows(4).position(|four| four == b"\r\n\r\n");
        if let Some(end) = end {
            let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
            let length = head
                .lines()
                .filter_map(|line| line.split_once(':'))
                .find(|(name, _)| name.eq_ignore_ascii_case("content-length"))
                .and_then(|(_, value)| value.trim().parse().ok())
                .unwrap_or(0);
            if bytes.len() >= end + 4 + length {
                let mut line = head.lines().next()?.split(' ');
                let (method, path) = (line.next()?, line.next()?);
                let body = bytes[end + 4..end + 4 + length].to_vec();
                return Some((method.to_owned(), path.to_owned(), body));
            }
        }
        match stream.read(&mut part) {
            Ok(read) if read > 0 => bytes.extend_from_slice(&part[..read]),
            _ => return None,
        }
    }
}

fn respond(shared: &Shared, method: &str, path: &str, body: &Value) -> (u16, String, String) {
    let json = "content-type: application/json\r\n".to_owned();
    let problem = |status: u16, more: &str| {
        (
            status,
            format!("content-type: application/problem+json\r\n{more}"),
            json!({ "title": "Refused", "status": status }).to_string(),
        )
    };
    let mut held = shared.held.lock().unwrap_or_else(PoisonError::into_inner);
    let path = path.split('?').next().unwrap_or_default();
    let id = path
        .strip_prefix("/tags/")
        .and_then(|id| id.parse::<u64>().ok());
    let label = body["label"].as_str().map(|label| label.chars().count());
    let weight = body.get("weight");
    match (method, path, id) {
        ("GET" | "HEAD", "/tags", _) => {
            let items: Vec<&Value> = held.1.values().collect();
            (200, json, json!({ "items": items }).to_string())
        }
        ("POST", "/tags", _) => {
            let good = label.is_some_and(|long| (1..=60).contains(&long))
                && weight.is_none_or(|weight| weight.as_u64().is_some_and(|weight| weight <= 1000));
            if !good {
                return problem(400, "");
            }
            held.0 += 1;
            let id = held.0;
            let mut made = json!({ "id": id, "label": body["label"] });
            if let Some(weight) = weight {
                made["weight"] = weight.clone();
            }
            held.1.insert(id, made.clone());
            (
                201,
                format!("{json}location: /tags/{id}\r\n"),
                made.to_string(),
            )
        }
        ("GET" | "HEAD", _, Some(id)) => match held.1.get(&id) {
            Some(tag) => (200, json, tag.to_string()),
            None => problem(404, ""),
        },
        ("DELETE", _, Some(id)) => match held.1.remove(&id) {
            Some(_) => (204, String::new(), String::new()),
            None => problem(404, ""),
        },
        (_, "/tags", _) => problem(405, "allow: GET, HEAD, POST\r\n"),
        (_, _, Some(_)) => problem(405, "allow: GET, HEAD, DELETE\r\n"),
        _ => problem(404, ""),
    }
}

struct Ran {
    exit: i32,
    results: Value,
}

impl Ran {
    fn stopped(&self) -> &str {
        self.results["end"]["stopped"]["reason"]
            .as_str()
            .unwrap_or_else(|| panic!("the run did not stop: {}", self.results["end"]))
    }

    fn blames(&self) -> Vec<&Value> {
        let findings = self.results["findings"].as_array().unwrap();
        findings
            .iter()
            .filter(|finding| {
                let title = finding["finding"]["title"].as_str().unwrap();
                title.contains("stops answering") || title.contains("lost")
            })
            .collect()
    }
}

fn run(service: &Fragile) -> Ran {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: String| std::fs::write(folder.path().join(name), text).unwrap();
    write(
        "contract.yaml",
        CONTRACT.replace("{origin}", &service.origin),
    );
    write(
        "target.yaml",
        format!(
            "target: Fragile\nenvironment: test\nbase_url: {}\ncontract: ./contract.yaml\nwrites: allowed\n",
            service.origin
        ),
    );
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_muster"))
        .args(["run", "--target", "target.yaml", "--quiet", "--seed", "1"])
        .args(["--out", "run"])
        .env("NO_COLOR", "1")
        .current_dir(folder.path())
        .output()
        .unwrap();
    let results = std::fs::read_to_string(folder.path().join("run/results.json")).unwrap();
    Ran {
        exit: output.status.code().unwrap_or(-1),
        results: serde_json::from_str(&results).unwrap(),
    }
}

#[test]
fn a_request_that_ends_the_service_is_found_and_named() {
    let service = Fragile::start(Goes::OnWrongLabel);
    let ran = run(&service);
    assert!(ran.stopped().contains("POST /tags"), "{}", ran.stopped());
    assert_ne!(ran.results["end"]["stopped"]["responsible"], "network");
    let blames = ran.blames();
    assert_eq!(blames.len(), 1, "{blames:?}");
    assert_eq!(
        blames[0]["finding"]["title"],
        "The target stops answering after POST /tags."
    );
    assert_eq!(
        blames[0]["evidence"].as_array().unwrap().len(),
        2,
        "{}",
        blames[0]
    );
    assert_eq!(ran.exit, 1);
    assert!(service.is_empty(), "{}", ran.results["left_behind"]);
}

#[test]
fn a_restart_between_requests_blames_nobody() {
    let service = Fragile::start(Goes::Between(60));
    let ran = run(&service);
    assert_eq!(ran.blames(), Vec::<&Value>::new());
    assert_eq!(ran.exit, 3, "{}", ran.results["gate"]);
}

#[test]
fn a_restart_amid_requests_blames_no_request() {
    let service = Fragile::start(Goes::Amid(60));
    let ran = run(&service);
    assert_eq!(ran.blames(), Vec::<&Value>::new());
    assert_eq!(ran.exit, 3, "{}", ran.results["gate"]);
    let notices = ran.results["notices"].to_string();
    assert!(notices.contains("came back"), "{notices}");
    assert!(service.is_empty(), "{}", ran.results["left_behind"]);
}

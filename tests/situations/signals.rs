//! Runs that are ended from outside, and what they leave.
#![cfg(unix)]

use std::{
    collections::BTreeMap,
    fs,
    path::Path,
    process::{Child, Command, Output, Stdio},
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use serde_json::{Value, json};

use super::service::{Reply, Request, Service};

const CONTRACT: &str = r##"
openapi: 3.1.0
info: { title: Exhibits, version: 1.0.0 }
servers: [{ url: "{origin}" }]
paths:
  /exhibits:
    get:
      operationId: listExhibits
      responses:
        '200': { description: All, content: { application/json: { schema: { type: object, required: [items], properties: { items: { type: array, items: { $ref: '#/components/schemas/Exhibit' } } } } } } }
    post:
      operationId: createExhibit
      requestBody: { required: true, content: { application/json: { schema: { $ref: '#/components/schemas/NewExhibit' } } } }
      responses:
        '201': { description: Made, headers: { Location: { schema: { type: string } } }, content: { application/json: { schema: { $ref: '#/components/schemas/Exhibit' } } } }
        '400': { description: Refused }
  /exhibits/{exhibitId}:
    parameters: [ { name: exhibitId, in: path, required: true, schema: { type: integer, minimum: 1 } } ]
    get:
      operationId: getExhibit
      responses:
        '200': { description: One, content: { application/json: { schema: { $ref: '#/components/schemas/Exhibit' } } } }
        '404': { description: None }
    delete:
      operationId: deleteExhibit
      responses: { '204': { description: Gone }, '404': { description: None } }
components:
  schemas:
    NewExhibit: { type: object, required: [label], properties: { label: { type: string, minLength: 1, maxLength: 60 }, weight: { type: integer, minimum: 0, maximum: 1000 } } }
    Exhibit: { type: object, required: [id, label], properties: { id: { type: integer }, label: { type: string }, weight: { type: integer } } }
"##;

/// Exhibits in memory, those of others among them.
#[derive(Default)]
struct Store {
    held: BTreeMap<u64, Value>,
    last: u64,
}

type Shared = Arc<Mutex<Store>>;

fn store() -> Shared {
    let held = BTreeMap::from([(1, json!({ "id": 1, "label": "Of somebody else" }))]);
    Arc::new(Mutex::new(Store { held, last: 1 }))
}

/// What others hold, and nothing of a run.
fn is_as_before(store: &Shared) -> bool {
    let held = store.lock().unwrap_or_else(PoisonError::into_inner);
    held.held.keys().collect::<Vec<_>>() == [&1]
}

fn reply(store: &Shared, request: &Request) -> Reply {
    let mut store = store.lock().unwrap_or_else(PoisonError::into_inner);
    let segments = request.segments();
    let id = segments.get(1).and_then(|id| id.parse::<u64>().ok());
    match (request.method.as_str(), segments.as_slice()) {
        ("GET", ["exhibits"]) => {
            let items: Vec<&Value> = store.held.values().collect();
            Reply::json(200, &json!({ "items": items }))
        }
        ("POST", ["exhibits"]) => {
            let Some(mut made) = request.json().filter(|body| body["label"].is_string()) else {
                return Reply::problem(400, "Refused");
            };
            store.last += 1;
            let id = store.last;
            made["id"] = json!(id);
            store.held.insert(id, made.clone());
            Reply::json(201, &made).with("location", &format!("/exhibits/{id}"))
        }
        ("GET", ["exhibits", _]) => match id.and_then(|id| store.held.get(&id)) {
            Some(held) => Reply::json(200, held),
            None => Reply::problem(404, "None"),
        },
        ("DELETE", ["exhibits", _]) => match id.and_then(|id| store.held.remove(&id)) {
            Some(_) => Reply::empty(204),
            None => Reply::problem(404, "None"),
        },
        (_, ["exhibits"]) => Reply::not_allowed("GET, HEAD, POST"),
        (_, ["exhibits", _]) => Reply::not_allowed("GET, HEAD, DELETE"),
        _ => Reply::problem(404, "None"),
    }
}

/// A service of exhibits that waits before each response, so that a run takes its time.
fn serve(store: &Shared, pause: Duration) -> Service {
    let store = Arc::clone(store);
    Service::start(move |request| {
        std::thread::sleep(pause);
        reply(&store, request)
    })
}

fn prepare(service: &Service, folder: &Path) {
    fs::write(
        folder.join("contract.yaml"),
        CONTRACT.replace("{origin}", &service.origin),
    )
    .unwrap();
    fs::write(
        folder.join("target.yaml"),
        format!(
            "target: Exhibits\nenvironment: test\nbase_url: {}\ncontract: ./contract.yaml\nwrites: allowed\n",
            service.origin
        ),
    )
    .unwrap();
}

fn muster(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_muster"));
    command
        .args(arguments)
        .env("NO_COLOR", "1")
        .current_dir(folder)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

fn start(folder: &Path) -> Child {
    let arguments = [
        "run",
        "--target",
        "target.yaml",
        "--quiet",
        "--out",
        "run",
        "--seed",
        "7",
    ];
    muster(folder, &arguments).spawn().unwrap()
}

fn signal(child: &Child, name: &str) {
    let sent = Command::new("kill")
        .args([&format!("-{name}"), &child.id().to_string()])
        .status()
        .unwrap();
    assert!(sent.success());
}

/// Waits until the journal tells of some creations, so that there is something to remove.
fn until_created(folder: &Path, number: usize) {
    let begun = Instant::now();
    loop {
        let journal = fs::read_to_string(folder.join("run/journal.jsonl")).unwrap_or_default();
        if journal.matches("\"created\"").count() >= number {
            return;
        }
        assert!(
            begun.elapsed() < Duration::from_secs(120),
            "nothing is created"
        );
        std::thread::sleep(Duration::from_millis(20));
    }
}

fn clean(folder: &Path, more: &[&str]) -> Output {
    let mut arguments = vec!["cleanup", "run"];
    arguments.extend(more);
    muster(folder, &arguments).output().unwrap()
}

fn told(output: &Output) -> String {
    format!(
        "{:?}\n{}\n{}",
        output.status.code(),
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    )
}

fn results(folder: &Path) -> Value {
    serde_json::from_str(&fs::read_to_string(folder.join("run/results.json")).unwrap()).unwrap()
}

#[test]
fn a_signal_ends_a_run_in_good_order() {
    for (name, code) in [("TERM", 143), ("HUP", 129), ("INT", 130)] {
        let store = store();
        let service = serve(&store, Duration::from_millis(3));
        let folder = tempfile::tempdir().unwrap();
        prepare(&service, folder.path());
        let run = start(folder.path());
        until_created(folder.path(), 3);
        signal(&run, name);
        let output = run.wait_with_output().unwrap();
        assert_eq!(
            output.status.code(),
            Some(code),
            "{name}: {}",
            told(&output)
        );
        let results = results(folder.path());
        assert_eq!(results["end"], "interrupted");
        assert_eq!(results["exit_code"], code);
        for file in ["junit.xml", "report.html", "summary.md"] {
            assert!(
                folder.path().join("run").join(file).exists(),
                "{name}: {file}"
            );
        }
        assert_eq!(results["left_behind"], json!([]), "{name}");
        assert!(is_as_before(&store), "{name}");
    }
}

#[test]
fn the_same_signal_twice_at_once_counts_once() {
    let store = store();
    let service = serve(&store, Duration::from_millis(3));
    let folder = tempfile::tempdir().unwrap();
    prepare(&service, folder.path());
    let run = start(folder.path());
    until_created(folder.path(), 3);
    signal(&run, "INT");
    std::thread::sleep(Duration::from_millis(150));
    signal(&run, "INT");
    let output = run.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(130), "{}", told(&output));
    assert!(folder.path().join("run/report.html").exists());
    assert!(is_as_before(&store));
}

/// A service that does not answer removals in time: the reports are written all the same, what is left is told with the
/// command that removes it, and the command does.
#[test]
fn what_is_not_removed_in_time_is_left_to_cleanup() {
    let store = store();
    let slow = Arc::new(Mutex::new(true));
    let handler = {
        let (store, slow) = (Arc::clone(&store), Arc::clone(&slow));
        move |request: &Request| {
            let is_slow = *slow.lock().unwrap_or_else(PoisonError::into_inner);
            if is_slow && request.method == "DELETE" {
                return Reply::problem(503, "Busy");
            }
            std::thread::sleep(Duration::from_millis(3));
            reply(&store, request)
        }
    };
    let service = Service::start(handler);
    let folder = tempfile::tempdir().unwrap();
    prepare(&service, folder.path());
    let run = start(folder.path());
    until_created(folder.path(), 3);
    signal(&run, "TERM");
    let output = run.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(143), "{}", told(&output));
    assert!(
        !results(folder.path())["left_behind"]
            .as_array()
            .unwrap()
            .is_empty()
    );
    let refused = clean(folder.path(), &[]);
    assert_eq!(refused.status.code(), Some(1), "{}", told(&refused));
    *slow.lock().unwrap() = false;
    let done = clean(folder.path(), &[]);
    assert_eq!(done.status.code(), Some(0), "{}", told(&done));
    assert!(is_as_before(&store));
    let report = muster(folder.path(), &["report", "run"]).output().unwrap();
    assert!(report.status.success());
    assert_eq!(results(folder.path())["left_behind"], json!([]));
}

/// What was under way as a run was killed is still carried out.
fn the_service_comes_to_rest() {
    std::thread::sleep(Duration::from_millis(300));
}

/// Every record that the journal tells to be created is gone; one whose response was still under way may be there where
/// its values are anybody's, and then it is told.
#[track_caller]
fn nothing_known_is_left(store: &Shared, folder: &Path, cleaned: &Output) {
    let held = store.lock().unwrap_or_else(PoisonError::into_inner);
    let journal = fs::read_to_string(folder.join("run/journal.jsonl")).unwrap();
    let known: Vec<u64> = journal
        .lines()
        .filter_map(|line| serde_json::from_str::<Value>(line).ok())
        .filter_map(|line| {
            let removal = line["event"]["created"]["removal"].as_str()?;
            removal.rsplit('/').next()?.parse().ok()
        })
        .collect();
    assert!(!known.is_empty());
    for id in known {
        assert!(!held.held.contains_key(&id), "{id}: {}", told(cleaned));
    }
    assert!(held.held.contains_key(&1), "{}", told(cleaned));
    let left = held.held.len() - 1;
    let text = String::from_utf8_lossy(&cleaned.stdout);
    let named = text
        .lines()
        .filter(|line| line.starts_with("left "))
        .count();
    assert!(named >= left, "{left} are left: {}", told(cleaned));
    assert_eq!(
        cleaned.status.code(),
        Some(i32::from(named > 0)),
        "{}",
        told(cleaned)
    );
}

/// Kills runs at varied times; what the journal knows is removed afterwards, and nothing else.
fn kill_and_clean(signals: &[&str], numbers: &[usize]) {
    for name in signals {
        for number in numbers {
            let store = store();
            let service = serve(&store, Duration::from_millis(2));
            let folder = tempfile::tempdir().unwrap();
            prepare(&service, folder.path());
            let run = start(folder.path());
            until_created(folder.path(), *number);
            std::thread::sleep(Duration::from_millis(
                u64::try_from(number * 37 % 90).unwrap(),
            ));
            signal(&run, name);
            run.wait_with_output().unwrap();
            the_service_comes_to_rest();
            let looked = clean(folder.path(), &["--dry-run"]);
            let left = store.lock().unwrap().held.len() - 1;
            if *name == "KILL" && left > 0 {
                assert_eq!(looked.status.code(), Some(1), "{}", told(&looked));
            }
            let cleaned = clean(folder.path(), &[]);
            nothing_known_is_left(&store, folder.path(), &cleaned);
            let again = clean(folder.path(), &[]);
            nothing_known_is_left(&store, folder.path(), &again);
            if *name != "KILL" {
                assert!(is_as_before(&store), "{name}: {}", told(&cleaned));
                assert_eq!(again.status.code(), Some(0), "{name}: {}", told(&again));
            }
        }
    }
}

#[test]
fn a_killed_run_is_cleaned_up_from_its_journal() {
    kill_and_clean(&["KILL"], &[1, 4, 9, 17]);
}

#[test]
fn an_ended_run_leaves_nothing_to_clean_up() {
    kill_and_clean(&["TERM", "HUP", "INT"], &[2, 8]);
}

/// `cargo test --test situations -- --ignored a_hundred_kills`
#[test]
#[ignore = "takes minutes"]
fn a_hundred_kills_leave_nothing() {
    let numbers: Vec<usize> = (1..=25).map(|number| number * 2).collect();
    kill_and_clean(&["KILL", "TERM", "HUP", "INT"], &numbers);
}

/// A service that began anew and gave the number of a lost record to somebody else: it is not touched.
#[test]
fn a_record_that_took_the_number_is_left_alone() {
    let store = store();
    let service = serve(&store, Duration::from_millis(2));
    let folder = tempfile::tempdir().unwrap();
    prepare(&service, folder.path());
    let run = start(folder.path());
    until_created(folder.path(), 3);
    signal(&run, "KILL");
    run.wait_with_output().unwrap();
    the_service_comes_to_rest();
    {
        let mut store = store.lock().unwrap();
        for (id, held) in &mut store.held {
            *held = json!({ "id": id, "label": "Of somebody else" });
        }
    }
    let before = store.lock().unwrap().held.clone();
    let cleaned = clean(folder.path(), &[]);
    assert_eq!(cleaned.status.code(), Some(1), "{}", told(&cleaned));
    assert_eq!(store.lock().unwrap().held, before);
}

#[test]
fn cleanup_refuses_another_target() {
    let store = store();
    let service = serve(&store, Duration::from_millis(2));
    let folder = tempfile::tempdir().unwrap();
    prepare(&service, folder.path());
    let run = start(folder.path());
    until_created(folder.path(), 1);
    signal(&run, "KILL");
    run.wait_with_output().unwrap();
    the_service_comes_to_rest();
    let sent = service.requests().len();
    let elsewhere = clean(
        folder.path(),
        &[
            "--base-url",
            "http://127.0.0.1:9/other",
            "--contract",
            "contract.yaml",
        ],
    );
    assert_eq!(elsewhere.status.code(), Some(2), "{}", told(&elsewhere));
    let contract = folder.path().join("contract.yaml");
    let text = fs::read_to_string(&contract).unwrap();
    fs::write(&contract, text.replace("1.0.0", "1.0.1")).unwrap();
    let changed = clean(folder.path(), &[]);
    assert_eq!(changed.status.code(), Some(2), "{}", told(&changed));
    assert_eq!(service.requests().len(), sent);
}

/// A journal with a line that cannot be read, and a last line cut in half: the rest counts for both commands.
#[test]
fn a_damaged_journal_is_salvaged() {
    let store = store();
    let service = serve(&store, Duration::from_millis(2));
    let folder = tempfile::tempdir().unwrap();
    prepare(&service, folder.path());
    let run = start(folder.path());
    until_created(folder.path(), 4);
    signal(&run, "KILL");
    run.wait_with_output().unwrap();
    let journal = folder.path().join("run/journal.jsonl");
    let text = fs::read_to_string(&journal).unwrap();
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    let damaged = lines
        .iter()
        .position(|line| line.contains("\"case-started\""))
        .unwrap();
    lines[damaged].truncate(10);
    fs::write(&journal, lines.join("\n") + "\n{\"at_us\":12,\"eve").unwrap();
    let report = muster(folder.path(), &["report", "run"]).output().unwrap();
    assert!(report.status.success(), "{}", told(&report));
    let results = results(folder.path());
    let gate = results["gate"].to_string();
    assert!(
        gate.contains(&format!("journal.jsonl:{}:", damaged + 1)),
        "{gate}"
    );
    let page = fs::read_to_string(folder.path().join("run/report.html")).unwrap();
    assert!(page.contains("journal is damaged"));
    let cleaned = clean(folder.path(), &[]);
    nothing_known_is_left(&store, folder.path(), &cleaned);
}

#[test]
fn the_run_folder_is_chosen_before_anything_is_sent() {
    use std::os::unix::fs::PermissionsExt;
    let store = store();
    let service = serve(&store, Duration::ZERO);
    let folder = tempfile::tempdir().unwrap();
    prepare(&service, folder.path());
    let run = |more: &[&str]| {
        let mut arguments = vec![
            "run",
            "--target",
            "target.yaml",
            "--quiet",
            "--only",
            "op:getExhibit",
            "--effort",
            "quick",
            "--seed",
            "1",
        ];
        arguments.extend(more);
        muster(folder.path(), &arguments).output().unwrap()
    };
    let first = run(&["--out", "reports/one"]);
    assert_ne!(first.status.code(), Some(2), "{}", told(&first));
    let mode = |path: &str| {
        let found = fs::metadata(folder.path().join(path)).unwrap();
        found.permissions().mode() & 0o777
    };
    assert_eq!(mode("reports/one"), 0o700);
    for file in [
        "journal.jsonl",
        "results.json",
        "junit.xml",
        "report.html",
        "summary.md",
    ] {
        assert_eq!(mode(&format!("reports/one/{file}")), 0o600, "{file}");
    }
    assert_eq!(
        fs::read_link(folder.path().join("reports/latest")).unwrap(),
        Path::new("one")
    );
    fs::write(folder.path().join("a-file"), "mine").unwrap();
    fs::create_dir(folder.path().join("mine")).unwrap();
    fs::write(folder.path().join("mine/report.html"), "mine").unwrap();
    let sent = service.requests().len();
    for out in ["reports/one", "a-file", "a-file/below", "mine"] {
        let refused = run(&["--out", out]);
        assert_eq!(refused.status.code(), Some(2), "{out}: {}", told(&refused));
    }
    let refused = run(&["--out", "mine", "--overwrite"]);
    assert_eq!(refused.status.code(), Some(2), "{}", told(&refused));
    assert_eq!(service.requests().len(), sent);
    assert_eq!(
        fs::read_to_string(folder.path().join("mine/report.html")).unwrap(),
        "mine"
    );
    let again = run(&["--out", "reports/one", "--overwrite"]);
    assert_eq!(again.status.code(), first.status.code(), "{}", told(&again));
    run(&["--out", "nightly/{run}"]);
    assert_eq!(
        fs::read_dir(folder.path().join("nightly")).unwrap().count(),
        1
    );
}

/// A journal that reaches the limit of a file: the write fails with an error of its own, what was created is removed, and
/// the command says why it ended.
#[test]
fn a_journal_that_cannot_be_written_ends_the_run_with_a_reason() {
    let store = store();
    let service = serve(&store, Duration::ZERO);
    let folder = tempfile::tempdir().unwrap();
    prepare(&service, folder.path());
    let output = Command::new("sh")
        .args([
            "-c",
            "ulimit -f 300; exec \"$0\" \"$@\"",
            env!("CARGO_BIN_EXE_muster"),
        ])
        .args([
            "run",
            "--target",
            "target.yaml",
            "--quiet",
            "--out",
            "run",
            "--seed",
            "7",
        ])
        .current_dir(folder.path())
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(4), "{}", told(&output));
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(text.contains("cannot be written any more"), "{text}");
    assert!(is_as_before(&store), "{text}");
}

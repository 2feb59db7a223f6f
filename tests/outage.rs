//! A target that is lost in mid-run: the run stops, says when and why, ends with 3, and every report is whole.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::disallowed_methods,
    reason = "tests read and write files"
)]

use std::{
    fs,
    process::Command,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use axum::{
    Router,
    body::Bytes,
    extract::{Request, State},
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response},
};
use muster_supplier::{Options, Supplier};
use tokio::{net::TcpListener, sync::Notify};

/// What happens after some requests.
#[derive(Clone, Copy, PartialEq)]
enum Outage {
    /// Nobody listens any more.
    Dies,
    /// Everything is answered so.
    Answers(u16),
}

#[derive(Clone)]
struct Gate {
    behind: Arc<str>,
    seen: Arc<AtomicU64>,
    after: u64,
    outage: Outage,
    died: Arc<Notify>,
    client: reqwest::Client,
}

async fn pass(State(gate): State<Gate>, request: Request) -> Response {
    let number = gate.seen.fetch_add(1, Ordering::SeqCst);
    if number >= gate.after {
        match gate.outage {
            Outage::Dies => {
                gate.died.notify_one();
                std::future::pending::<()>().await;
            }
            Outage::Answers(status) => {
                return StatusCode::from_u16(status).unwrap().into_response();
            }
        }
    }
    let (head, body) = request.into_parts();
    let body: Bytes = axum::body::to_bytes(body, 10_000_000)
        .await
        .unwrap_or_default();
    let path = head.uri.path_and_query().map_or("/", |path| path.as_str());
    let mut headers = head.headers;
    headers.remove("host");
    let answered = gate
        .client
        .request(head.method, format!("{}{path}", gate.behind))
        .headers(headers)
        .body(body)
        .send()
        .await;
    match answered {
        Err(_) => StatusCode::BAD_GATEWAY.into_response(),
        Ok(answer) => {
            let status = answer.status();
            let headers: HeaderMap = answer.headers().clone();
            let body = answer.bytes().await.unwrap_or_default();
            (status, headers, body).into_response()
        }
    }
}

/// Runs Muster against the good supplier behind a gate that closes after some requests.
async fn run(outage: Outage, after: u64) -> (Option<i32>, serde_json::Value, u64) {
    let supplier = Supplier::start(Options::default()).await.unwrap();
    let died = Arc::new(Notify::new());
    let seen = Arc::new(AtomicU64::new(0));
    let gate = Gate {
        behind: supplier.origin().into(),
        seen: Arc::clone(&seen),
        after,
        outage,
        died: Arc::clone(&died),
        client: reqwest::Client::builder()
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .unwrap(),
    };
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let address = listener.local_addr().unwrap();
    // A runtime of its own ends as a process does: with every connection.
    let ended = Arc::new(Notify::new());
    let end = Arc::clone(&ended);
    let serving = std::thread::spawn(move || {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        runtime.block_on(async {
            let listener = TcpListener::from_std(listener).unwrap();
            let router = Router::new().fallback(pass).with_state(gate);
            tokio::select! {
                served = async { axum::serve(listener, router).await } => served.unwrap(),
                () = died.notified() => {}
                () = end.notified() => {}
            }
        });
        runtime.shutdown_background();
    });

    let folder = tempfile::tempdir().unwrap();
    let north = &supplier.credentials().north;
    let target = format!(
        "target: Behind a gate
environment: test
base_url: http://{address}/v1
contract: {}/openapi.json
claims: [pagination, etag, idempotency-key]
writes: allowed
identities:
  default:
    oauth2: {{ token_url: '{}', client_id: {}, client_secret: {{ env: GATE_SECRET }} }}
parameters: {{ body_limit_bytes: 65536 }}
",
        supplier.origin(),
        supplier.credentials().token_url,
        north.id,
    );
    fs::write(folder.path().join("target.yaml"), target).unwrap();
    let out = folder.path().join("run");
    let mut command = Command::new(env!("CARGO_BIN_EXE_muster"));
    command
        .args([
            "run",
            "--target",
            "target.yaml",
            "--quiet",
            "--seed",
            "1",
            "--effort",
            "quick",
            "--out",
        ])
        .arg(&out)
        .env("GATE_SECRET", &north.secret)
        .env("NO_COLOR", "1")
        .current_dir(folder.path());
    let ran = tokio::task::spawn_blocking(move || command.output().unwrap())
        .await
        .unwrap();
    ended.notify_one();
    serving.join().unwrap();
    for file in [
        "journal.jsonl",
        "results.json",
        "junit.xml",
        "report.html",
        "summary.md",
    ] {
        assert!(out.join(file).exists(), "{file}: {ran:?}");
    }
    let results = fs::read_to_string(out.join("results.json")).unwrap();
    let results: serde_json::Value = serde_json::from_str(&results).unwrap();
    supplier.stop().await;
    (ran.status.code(), results, seen.load(Ordering::SeqCst))
}

fn stopped(results: &serde_json::Value) -> String {
    results["end"]["stopped"]["reason"]
        .as_str()
        .unwrap_or_else(|| panic!("the run did not stop: {}", results["end"]))
        .to_owned()
}

fn told(results: &serde_json::Value) -> Vec<&str> {
    let findings = results["findings"].as_array().unwrap();
    findings
        .iter()
        .map(|finding| finding["finding"]["title"].as_str().unwrap())
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_target_that_dies() {
    let (code, results, _) = run(Outage::Dies, 120).await;
    let reason = stopped(&results);
    assert!(reason.contains("could not connect"), "{reason}");
    assert!(reason.contains("It began with request"), "{reason}");
    assert_eq!(code, Some(3), "{reason} {:?}", told(&results));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_target_that_turns_everybody_away() {
    let (code, results, seen) = run(Outage::Answers(401), 120).await;
    let reason = stopped(&results);
    assert!(reason.contains("credentials stopped working"), "{reason}");
    assert_eq!(code, Some(3), "{reason} {:?}", told(&results));
    assert!(seen < 1_000, "{seen} requests");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_target_that_fails_everything() {
    let (code, results, seen) = run(Outage::Answers(503), 120).await;
    let reason = stopped(&results);
    assert!(reason.contains("answered 5xx"), "{reason}");
    assert_eq!(code, Some(3), "{reason} {:?}", told(&results));
    assert!(seen < 1_000, "{seen} requests");
}

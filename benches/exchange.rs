//! What one exchange costs Muster, beside a bare reqwest loop measured in the same run.
//!
//! A small fast server (axum, static JSON of 1 kB) runs in a process of its own, so that the processor time
//! of the client can be told from that of the server. Muster's exchange is the whole one: arranged, paced,
//! sent, judged by every response check of `uk-gov-api` and its schema, redacted, and written to a journal.
//!
//! `cargo bench --bench exchange` prints both, and the ratio. `EXCHANGES=n` sets how many (60,000).

#![allow(
    clippy::print_stdout,
    clippy::disallowed_methods,
    clippy::unwrap_used,
    clippy::panic,
    missing_docs
)]

use std::{
    io::{BufRead, BufReader, Write},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use futures::StreamExt;
use muster::{
    http::{Credentials, Options, Sent, Transport},
    journal::Writer,
    runner::{Cancel, Runner, Setup, Wire},
};
use muster_checks::{
    self as checks, Kind,
    plan::{CaseName, Plan, PlannedCase, Stage, Work},
    profile::Profile,
};
use muster_core::{
    arrange::Relations,
    contract::{Contract, Operation},
    exchange::{Headers, Request},
    model::{Budget, Claims, Environment, IdentityName, OperationKey, Parameters},
    observation::Redactor,
    value_pool::ValuePool,
    verdict::Unverified,
};
use muster_report::event::{ContractFacts, Entry, Event, Started};
use serde_json::{Value, json};

/// How many requests are under way at once, for both.
const AT_ONCE: usize = 16;

fn main() {
    if std::env::args().any(|argument| argument == "--serve") {
        serve();
        return;
    }
    let exchanges: usize = std::env::var("EXCHANGES")
        .ok()
        .and_then(|text| text.parse().ok())
        .unwrap_or(60_000);
    let server = Server::start();
    let base = server.base.clone();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(bare(&base, exchanges / 10));
    let bare = measure(|| runtime.block_on(bare(&base, exchanges)));
    let muster = measure(|| runtime.block_on(muster(&base, exchanges)));
    drop(server);
    bare.print("bare reqwest loop", exchanges);
    muster.print("muster, whole exchange", exchanges);
    println!(
        "ratio of client CPU {:.2}, of wall time {:.2}; peak memory {} MiB",
        muster.cpu.as_secs_f64() / bare.cpu.as_secs_f64(),
        muster.wall.as_secs_f64() / bare.wall.as_secs_f64(),
        peak_memory_mib(),
    );
}

struct Measured {
    wall: Duration,
    cpu: Duration,
}

impl Measured {
    fn print(&self, name: &str, exchanges: usize) {
        let count = exchanges as f64;
        println!(
            "{name}: {:.0} exchanges a second, {:.1} µs of client CPU each",
            count / self.wall.as_secs_f64(),
            self.cpu.as_secs_f64() * 1e6 / count
        );
    }
}

fn measure(work: impl FnOnce()) -> Measured {
    let (wall, cpu) = (Instant::now(), own_cpu());
    work();
    Measured {
        wall: wall.elapsed(),
        cpu: own_cpu() - cpu,
    }
}

/// Processor time of this process, user and system, in ticks of 10 ms (Linux).
fn own_cpu() -> Duration {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap();
    let after_name = stat.rsplit(')').next().unwrap();
    let ticks: u64 = after_name
        .split_whitespace()
        .skip(11)
        .take(2)
        .map(|ticks| ticks.parse::<u64>().unwrap())
        .sum();
    Duration::from_millis(ticks * 10)
}

fn peak_memory_mib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status
        .lines()
        .find(|line| line.starts_with("VmHWM"))
        .unwrap();
    line.split_whitespace()
        .nth(1)
        .unwrap()
        .parse::<u64>()
        .unwrap()
        / 1024
}

fn record() -> Value {
    json!({
        "id": "5f0c2a52-7d4b-4c5e-9d7f-0a1b2c3d4e5f", "surname": "Zztest", "givenNames": ["Àlmond", "Bryn"],
        "dateOfBirth": "1990-02-28", "updatedAt": "2026-01-02T03:04:05Z", "status": "open",
        "notes": "x".repeat(700), "height": 181, "markers": [ { "code": "A1", "since": "2020-01-01" } ],
    })
}

fn contract() -> Value {
    json!({
        "openapi": "3.1.0", "info": { "title": "Bench", "version": "1.0.0" },
        "paths": { "/record": { "get": { "operationId": "getRecord", "responses": { "200": {
            "description": "One.", "content": { "application/json": { "schema": {
                "type": "object", "additionalProperties": false,
                "required": ["id", "surname", "givenNames", "dateOfBirth", "updatedAt", "status", "notes", "height", "markers"],
                "properties": {
                    "id": { "type": "string", "format": "uuid" },
                    "surname": { "type": "string", "minLength": 1, "maxLength": 35 },
                    "givenNames": { "type": "array", "items": { "type": "string", "maxLength": 35 }, "uniqueItems": true },
                    "dateOfBirth": { "type": "string", "format": "date" },
                    "updatedAt": { "type": "string", "format": "date-time" },
                    "status": { "enum": ["open", "closed"] },
                    "notes": { "type": "string", "maxLength": 2000 },
                    "height": { "type": "integer", "minimum": 30, "maximum": 250 },
                    "markers": { "type": "array", "items": { "type": "object", "required": ["code"], "properties": {
                        "code": { "type": "string", "pattern": "^[A-Z][0-9]$" }, "since": { "type": "string", "format": "date" } } } },
                } } } } } } } } },
    })
}

fn serve() {
    // The parent holds the other end of standard input: its death, however it came, ends the server.
    std::thread::spawn(|| {
        let _ = std::io::copy(&mut std::io::stdin(), &mut std::io::sink());
        std::process::exit(0);
    });
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        let body = bytes::Bytes::from(record().to_string());
        let app = axum::Router::new().route(
            "/record",
            axum::routing::get(move || {
                let body = body.clone();
                async move {
                    let headers = [
                        ("content-type", "application/json"),
                        ("cache-control", "no-store"),
                        ("x-content-type-options", "nosniff"),
                    ];
                    (headers, body)
                }
            }),
        );
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        println!("{}", listener.local_addr().unwrap().port());
        std::io::stdout().flush().unwrap();
        axum::serve(
            axum::serve::ListenerExt::tap_io(listener, |io| drop(io.set_nodelay(true))),
            app,
        )
        .await
        .unwrap();
    });
}

/// The server in a process of its own, ended when this is dropped.
struct Server {
    process: Child,
    base: String,
}

impl Server {
    fn start() -> Self {
        let mut process = Command::new(std::env::current_exe().unwrap())
            .arg("--serve")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(process.stdout.take().unwrap())
            .read_line(&mut line)
            .unwrap();
        Self {
            process,
            base: format!("http://127.0.0.1:{}", line.trim()),
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

async fn bare(base: &str, exchanges: usize) {
    let client = reqwest::Client::builder()
        .no_proxy()
        .tls_certs_only([])
        .tcp_nodelay(true)
        .build()
        .unwrap();
    let url = format!("{base}/record");
    futures::stream::iter(0..exchanges)
        .map(|_| {
            let request = client.get(&url);
            async move {
                let response = request.send().await.unwrap();
                assert_eq!(response.status(), 200);
                response.bytes().await.unwrap().len()
            }
        })
        .buffered(AT_ONCE)
        .for_each(|_| async {})
        .await;
}

struct Plain(Transport);

impl Wire for Plain {
    async fn send(&self, request: &Request, _: Option<&Operation>) -> Sent {
        self.0.send(request, &Credentials::default()).await
    }

    async fn log_in(&self, _: &IdentityName) -> Result<(), Unverified> {
        Ok(())
    }

    fn renew(&self, _: &IdentityName, _: &Headers) -> bool {
        false
    }
}

async fn muster(base: &str, exchanges: usize) {
    let contract = Contract::from_value(contract()).unwrap();
    let relations = Relations::of(&contract);
    let (claims, parameters) = (Claims::default(), Parameters::default());
    let key: OperationKey = contract.operations.first().unwrap().key.clone();
    let plan = Plan {
        cases: (0..exchanges)
            .map(|number| PlannedCase {
                name: CaseName(format!("exercise {number}").into()),
                work: Work::Exercise(key.clone()),
                stage: Stage::Collections,
                writes: false,
            })
            .collect(),
        response_checks: checks::ALL
            .iter()
            .copied()
            .filter(|check| matches!(check.kind, Kind::Response(_)))
            .collect(),
        ..Plan::default()
    };
    let setup = Setup {
        started: started(base, &key),
        contract: &contract,
        relations: &relations,
        claims: &claims,
        parameters: &parameters,
        identities: &[IdentityName::default()],
        run_tag: "muster-bench",
        plan: &plan,
        known: ValuePool::default(),
        asked_before: 0,
    };
    let folder = tempfile::tempdir().unwrap();
    let writer = Writer::create(&folder.path().join("run")).unwrap();
    let began = Instant::now();
    let blamed = std::sync::OnceLock::new();
    let listener = |event: Event| {
        if let Event::Judged(judged) = &event
            && judged.judgement.verdict() > Some(muster_core::verdict::Verdict::Pass)
        {
            blamed.get_or_init(|| format!("{:?}: {:?}", judged.by, judged.judgement));
        }
        let at_us = u64::try_from(began.elapsed().as_micros()).unwrap();
        writer.write(&Entry { at_us, event }).unwrap();
    };
    let mut options = Options::new(base.parse().unwrap());
    options.concurrency = AT_ONCE;
    let wire = Plain(Transport::new(options).unwrap());
    let finished = Runner::new(
        &setup,
        &wire,
        &Redactor::default(),
        &listener,
        &Cancel::default(),
    )
    .run()
    .await;
    writer.finish().unwrap();
    if let Some(blamed) = blamed.get() {
        panic!("a clean server was blamed: {blamed}");
    }
    assert_eq!(finished.requests, exchanges as u64);
}

fn started(base: &str, key: &OperationKey) -> Started {
    let profile: Profile =
        serde_json::from_value(json!({ "id": "bench", "version": "1.0.0", "title": "Bench", "classes": [], "requirements": [] })).unwrap();
    Started {
        run_id: "bench".into(),
        muster: "0".into(),
        at: "2026-01-01T00:00:00Z".into(),
        seed: 1,
        profile,
        target: "Bench".into(),
        target_file: None,
        supplier: "Bench".into(),
        environment: Environment::Test,
        base_url: base.to_owned(),
        claims: Claims::default(),
        budget: Budget {
            requests: u64::MAX,
            per_second: 0,
            concurrency: AT_ONCE,
            minutes: None,
        },
        writes: false,
        contract: ContractFacts {
            title: "Bench".into(),
            version: "1.0.0".into(),
            openapi: "3.1.0".into(),
            location: "bench".into(),
            sha256: String::new(),
            operations: vec![key.clone()],
            surfaces: muster_core::coverage::surfaces(&Contract::from_value(contract()).unwrap()),
            reconstruction: false,
        },
        waivers: Vec::new(),
        attestations: Vec::new(),
        today: "2026-01-01".into(),
        fail_on_should: false,
        reproduction: muster_report::event::Reproduction::default(),
    }
}

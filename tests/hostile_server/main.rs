//! A server that does what no server should: each behaviour ends in time and in little memory, and is told as what it
//! is, with the party that is responsible for it.
//!
//! `http1` and `http2` are tables of behaviours; `server` carries them out on loopback.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    unreachable_pub,
    missing_docs,
    reason = "tests stop at what is wrong, and read the memory of the process"
)]

mod http1;
mod http2;
mod server;

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use futures::{StreamExt, stream};
use muster::http::{Credentials, Options, Transport};
use muster_checks::{self as checks, Answer, Kind};
use muster_core::{
    contract::Contract,
    exchange::{Address, BreakageKind, Exchange, ExchangeId, Intent, Outcome, Request},
    model::{Parameters, Responsible},
    observation::Redactor,
    verdict::Judgement,
};
use serde_json::json;

/// Bytes of a body that are read.
const BODY_LIMIT: usize = 1 << 20;
/// The time limit of an exchange.
const TIMEOUT: Duration = Duration::from_secs(4);
/// How long a behaviour may take, all repeats, judging and keeping included.
const MOST_TIME: Duration = Duration::from_secs(30);
/// Memory of the process with every behaviour of a table, several of them at the same time (Linux).
const MOST_MEMORY_MIB: u64 = 600;
/// What is kept of an exchange, in bytes.
const MOST_KEPT: usize = 128 << 10;
/// Behaviours at the same time, each with a thread to send on.
const AT_ONCE: usize = 8;

/// What a behaviour is told as.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Told {
    /// No usable response, and who is responsible for that.
    Broken(BreakageKind, Responsible),
    /// A response with this status that breaks nothing.
    Right(u16),
    /// A response with this status, of which only the beginning is read, and which breaks nothing.
    Cut(u16),
    /// A response with this status, of which this response check says that the supplier has to mend it.
    Wrong(u16, &'static str),
    /// A response with this status, of which this check says that it cannot judge it, and who is responsible.
    Unjudged(u16, &'static str, Responsible),
}

/// A behaviour by its name, where it is served, and what it is told as.
pub struct Row {
    pub name: &'static str,
    pub options: Options,
    pub told: Told,
}

fn contract() -> Contract {
    Contract::from_value(json!({
        "openapi": "3.1.0", "info": { "title": "T", "version": "1.0.0" },
        "paths": { "/people": { "get": { "responses": {
            "200": { "description": "A person", "content": { "application/json": { "schema": {
                "type": "object", "required": ["id"], "properties": { "id": { "type": "integer" } },
            } } } },
            "204": { "description": "Nobody" },
            "default": { "description": "Any other", "content": { "application/json": {} } },
        } } } },
    }))
    .unwrap()
}

/// The checks that judge the form of a response.
const OF_FORM: [&str; 6] = [
    "response.well-formed",
    "response.body-schema",
    "response.json-utf8",
    "response.content-type",
    "response.status-documented",
    "response.server-error",
];

async fn told(contract: &Contract, row: &Row) -> (Told, String, Duration) {
    let began = Instant::now();
    let mut options = row.options.clone();
    options.timeout = TIMEOUT;
    options.body_limit = BODY_LIMIT;
    let transport = Arc::new(Transport::new(options).unwrap());
    let operation = &contract.operations[0];
    let request = Request::new(
        operation.key.method.clone(),
        Address::Base("/people".into()),
        "reads a person",
    )
    .calling(&operation.key)
    .meant(Intent::Valid);
    let sent = transport
        .send_apart(&request, &Credentials::default())
        .await;
    let exchange = sent.into_exchange(ExchangeId(1), request);
    let parameters = Parameters::default();
    let answer = Answer {
        contract,
        operation: Some(operation),
        exchange: &exchange,
        parameters: &parameters,
    };
    let judged: Vec<(&str, Judgement)> = checks::ALL
        .iter()
        .filter_map(|check| match check.kind {
            Kind::Response(judge) => Some(judge(&answer).into_iter().map(|one| (check.id, one))),
            Kind::Contract(_) | Kind::Probe { .. } => None,
        })
        .flatten()
        .collect();
    let redactor = Redactor::new([("SECRET", "s3cr3t-value")], ["surname"]);
    redactor.learn_returned(&exchange);
    let kept = serde_json::to_vec(&redactor.observe(&exchange))
        .unwrap()
        .len();
    assert!(kept <= MOST_KEPT, "{}: {kept} bytes are kept", row.name);
    (
        sorted(&exchange, &judged),
        format!("{}; {judged:?}", exchange.received()),
        began.elapsed(),
    )
}

fn sorted(exchange: &Exchange, judged: &[(&'static str, Judgement)]) -> Told {
    let response = match &exchange.outcome {
        Outcome::Broken(breakage) => {
            return Told::Broken(breakage.kind, breakage.kind.responsible());
        }
        Outcome::Answered(response) => response,
    };
    assert!(response.body.len() <= BODY_LIMIT);
    let of_form = || judged.iter().filter(|(id, _)| OF_FORM.contains(id));
    if let Some((id, _)) = of_form().find(|(_, judgement)| matches!(judgement, Judgement::Fail(_)))
    {
        return Told::Wrong(response.status, id);
    }
    let gap = of_form().find_map(|(id, judgement)| match judgement {
        Judgement::Inconclusive(gap) if !response.cut => Some((*id, gap.responsible)),
        _ => None,
    });
    match gap {
        Some((id, responsible)) => Told::Unjudged(response.status, id, responsible),
        None if response.cut => Told::Cut(response.status),
        None => Told::Right(response.status),
    }
}

fn all_hold(rows: &[Row], at_least: usize) {
    assert!(rows.len() >= at_least, "{} behaviours", rows.len());
    let contract = contract();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(AT_ONCE)
        .enable_all()
        .build()
        .unwrap();
    let wrong: Vec<String> = runtime.block_on(async {
        let each = rows.iter().map(|row| {
            let contract = &contract;
            async move {
                let (told, how, took) = told(contract, row).await;
                let is_right = told == row.told && took < MOST_TIME;
                (!is_right).then(|| {
                    let how: String = how.chars().take(600).collect();
                    format!(
                        "{}: {told:?} in {took:.1?}, expected {:?}\n    {how}",
                        row.name, row.told
                    )
                })
            }
        });
        stream::iter(each)
            .buffer_unordered(AT_ONCE)
            .filter_map(std::future::ready)
            .collect()
            .await
    });
    runtime.shutdown_background();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    if let Some(peak) = peak_memory_mib() {
        assert!(peak < MOST_MEMORY_MIB, "{peak} MiB");
    }
}

fn peak_memory_mib() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM"))?;
    let kib: u64 = line.split_whitespace().nth(1)?.parse().ok()?;
    Some(kib / 1024)
}

#[test]
fn behaviours_over_http1_are_bounded_and_told_as_what_they_are() {
    all_hold(&http1::rows(), 60);
}

#[test]
fn behaviours_over_http2_are_bounded_and_told_as_what_they_are() {
    all_hold(&http2::rows(), 20);
}

//! Loading, compiling and judging: `cargo bench --bench contract`.
//!
//! `cargo bench --bench contract -- memory` loads the large document once and prints time and peak
//! memory instead (Linux); `-- document` prints the document.
#![allow(
    clippy::disallowed_methods,
    reason = "a bench measures time and memory"
)]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    missing_docs,
    reason = "a benchmark is no product"
)]

use std::{fmt::Write, time::Instant};

use muster::load::contract_source;
use muster_core::contract::{Contract, Documents};
use serde_json::{Value, json};

fn main() {
    if std::env::args().any(|argument| argument == "memory") {
        memory();
    } else if std::env::args().any(|argument| argument == "document") {
        println!("{}", large());
    } else {
        divan::main();
    }
}

/// An OpenAPI 3.0 document of about ten megabytes with a thousand operations, each with schemas of its
/// own and some that all share, which refer to each other in rings of five.
fn large() -> String {
    let property = |number: u32| {
        json!({
            "type": "string", "minLength": 1, "maxLength": 80, "nullable": number.is_multiple_of(3),
            "description": "A field of the record, described in one sentence as documents do.",
            "example": format!("value {number}")
        })
    };
    let mut schemas = serde_json::Map::new();
    for shared in 0..50 {
        schemas.insert(
            format!("Shared{shared}"),
            json!({ "type": "object", "required": ["id"], "properties": {
                "id": { "type": "integer", "format": "int64" },
                "next": { "$ref": format!("#/components/schemas/Shared{}", shared / 5 * 5 + (shared + 1) % 5) },
                "seen": { "type": "string", "format": "date-time" }
            } }),
        );
    }
    let mut paths = serde_json::Map::new();
    for number in 0..500 {
        for side in ["In", "Out"] {
            let mut properties = serde_json::Map::new();
            for field in 0..28 {
                properties.insert(format!("field{field}"), property(field));
            }
            properties.insert(
                "shared".to_owned(),
                json!({ "$ref": format!("#/components/schemas/Shared{}", number % 50) }),
            );
            schemas.insert(
                format!("Record{number}{side}"),
                json!({ "type": "object", "required": ["field0"], "properties": properties }),
            );
        }
        let body = |side: &str| {
            json!({ "application/json": {
                "schema": { "$ref": format!("#/components/schemas/Record{number}{side}") },
                "example": { "field0": "x", "field1": "y" } } })
        };
        let problem = json!({ "description": "a problem", "content": { "application/problem+json": {
            "schema": { "type": "object", "properties": { "title": { "type": "string" } } } } } });
        paths.insert(
            format!("/area{}/records{number}/{{id}}", number % 20),
            json!({
                "parameters": [{ "name": "id", "in": "path", "required": true,
                    "schema": { "type": "string", "format": "uuid" } }],
                "get": { "operationId": format!("get{number}"),
                    "parameters": [{ "name": "limit", "in": "query",
                        "schema": { "type": "integer", "minimum": 1, "maximum": 100 } }],
                    "responses": { "200": { "description": "one", "content": body("Out") },
                        "404": problem, "default": problem } },
                "put": { "operationId": format!("put{number}"),
                    "requestBody": { "required": true, "content": body("In") },
                    "responses": { "200": { "description": "one", "content": body("Out") },
                        "400": problem, "409": problem } }
            }),
        );
    }
    let document = json!({ "openapi": "3.0.3", "info": { "title": "Large", "version": "1" },
        "paths": paths, "components": { "schemas": schemas } });
    serde_json::to_string_pretty(&document).unwrap()
}

fn load(text: &str) -> Contract {
    let document = contract_source::read(text.as_bytes()).unwrap();
    Contract::build(
        "file:///large.json",
        Documents::single("file:///large.json", document),
    )
    .unwrap()
}

/// Compiles whatever an operation sends or answers with.
fn compile(contract: &Contract) -> usize {
    let mut compiled = 0;
    for operation in &contract.operations {
        let bodies = operation.body.iter().flat_map(|body| &body.content);
        let answers = operation
            .responses
            .iter()
            .flat_map(|answer| &answer.content);
        let parameters = operation
            .parameters
            .iter()
            .filter_map(|parameter| parameter.schema.as_ref());
        for schema in bodies
            .chain(answers)
            .filter_map(|media| media.schema.as_ref())
            .chain(parameters)
        {
            assert_eq!(contract.schemas.compile_fault(schema), None);
            compiled += 1;
        }
    }
    compiled
}

fn memory() {
    let text = large();
    println!("document: {:.1} MB", text.len() as f64 / 1e6);
    let before = peak();
    let start = Instant::now();
    let contract = load(&text);
    let loaded = start.elapsed();
    let after_load = peak();
    let compiled = compile(&contract);
    println!("operations: {}", contract.operations.len());
    println!("schema places: {}", contract.schemas.places().len());
    println!("faults: {}", contract.faults.len());
    println!("read and built: {loaded:.2?}, peak {after_load} MB");
    println!(
        "and {compiled} schemas compiled: {:.2?}, peak {} MB (before: {before} MB)",
        start.elapsed(),
        peak()
    );
}

/// The most memory this process ever held, in megabytes.
fn peak() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))
        .and_then(|rest| rest.trim().split(' ').next()?.parse::<u64>().ok())
        .unwrap_or(0)
        / 1024
}

#[divan::bench(sample_count = 5)]
fn load_ten_megabytes(bencher: divan::Bencher<'_, '_>) {
    let text = large();
    bencher.bench(|| load(&text));
}

#[divan::bench(sample_count = 5)]
fn load_and_compile_ten_megabytes(bencher: divan::Bencher<'_, '_>) {
    let text = large();
    bencher.bench(|| compile(&load(&text)));
}

#[divan::bench]
fn judge_one_kilobyte(bencher: divan::Bencher<'_, '_>) {
    let contract = load(&large());
    let schema = contract.schemas.component("Record7Out").unwrap().clone();
    let value = record();
    assert!(contract.schemas.validate(&schema, &value).is_valid());
    bencher.bench(|| contract.schemas.validate(&schema, &value));
}

#[divan::bench]
fn find_an_operation(bencher: divan::Bencher<'_, '_>) {
    let contract = load(&large());
    bencher.bench(|| {
        contract
            .find_operation(&muster_core::model::Method::Get, "/area7/records7/7d0c3b0e")
            .is_some()
    });
}

fn record() -> Value {
    let mut text = String::from("{");
    for field in 0..28 {
        write!(
            text,
            "\"field{field}\": \"a value of some length {field}\","
        )
        .unwrap();
    }
    text.push_str("\"shared\": { \"id\": 7, \"seen\": \"2026-01-02T03:04:05Z\" } }");
    serde_json::from_str(&text).unwrap()
}

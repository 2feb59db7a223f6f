//! Everything that reads what comes from outside, as functions of bytes that must end and never panic: what the
//! fuzz targets call, and `tests/hostile.rs` with mutations of good input.
#![allow(
    dead_code,
    clippy::disallowed_methods,
    reason = "each target calls one of them; the journal is a file"
)]

use std::path::Path;

use muster::{
    checks::{self, Answer, Kind},
    contract::Contract,
    exchange::{
        Address, Exchange, ExchangeId, Headers, HttpVersion, Intent, Outcome, Request, Response,
        Timing,
    },
    journal,
    load::{Diagnostic, Source, contract_source, profile, suite, target, waivers},
    model::Parameters,
    report,
};

/// A contract in JSON or YAML: read, built, each schema compiled and asked.
pub(crate) fn contract(bytes: &[u8]) {
    let Ok(document) = contract_source::read(bytes) else {
        return;
    };
    let Ok(contract) = Contract::from_value(document.value) else {
        return;
    };
    for schema in contract.schemas.places().iter().take(200) {
        let _ = contract.schemas.is_unconstrained(schema);
        let _ = contract.schemas.validate(schema, &serde_json::Value::Null);
    }
    for fault in &contract.faults {
        let _ = contract.position(&fault.document, &fault.pointer);
    }
    let parameters = Parameters::default();
    for check in checks::ALL {
        if let Kind::Contract(judge) = check.kind {
            let _ = judge(&contract, &parameters);
        }
    }
    let _ = muster::coverage::surfaces(&contract);
}

fn source(bytes: &[u8]) -> Source {
    Source::new("fuzz.yaml", String::from_utf8_lossy(bytes).into_owned())
}

/// A target file.
pub(crate) fn target(bytes: &[u8]) {
    let settings = target::Settings {
        environment: &|_| Some("value".to_owned()),
        allow_writes_in_production: false,
        without_secrets: false,
    };
    if let Err(wrong) = target::load(source(bytes), &settings) {
        assert!(!wrong.render(false).is_empty());
    }
}

/// A profile. What it extends or names is not found.
pub(crate) fn profile(bytes: &[u8]) {
    if let Err(wrong) = profile::load_source(source(bytes), &profile::Catalogue::default()) {
        assert!(!wrong.render(false).is_empty());
    }
}

/// A suite. What it names is not found.
pub(crate) fn suite(bytes: &[u8]) {
    let none = |name: &str| Err(Diagnostic::plain(format!("no file {name}")).into());
    match suite::load(source(bytes), &none) {
        Ok(suite) => drop(suite::uncited(&suite, &[])),
        Err(wrong) => assert!(!wrong.render(false).is_empty()),
    }
}

/// Waivers, against a bundled profile.
pub(crate) fn waivers(bytes: &[u8]) {
    let Ok(loaded) = profile::load("uk-gov-api", &profile::Catalogue::default()) else {
        return;
    };
    if let Err(wrong) = waivers::load(source(bytes), &loaded.profile) {
        assert!(!wrong.render(false).is_empty());
    }
}

/// A journal, kept in this folder: folded, and every report written.
pub(crate) fn journal(bytes: &[u8], folder: &Path) {
    let path = folder.join("journal.jsonl");
    if std::fs::write(&path, bytes).is_err() {
        return;
    }
    if let Ok(summary) = journal::summary(&path) {
        for format in report::FORMATS {
            let text = (format.render)(&summary, &report::Options::default());
            assert!(!text.is_empty());
            if format.name == "junit" {
                // What stands in answers must not make results of its own.
                let parsed = quick_junit::Report::deserialize_from_str(&text);
                assert!(parsed.is_ok(), "{parsed:?}");
            }
        }
    }
}

/// An answer: the first byte is the status, a line of headers follows, the rest is the body; every response
/// check judges it.
pub(crate) fn answer(bytes: &[u8]) {
    let contract = Contract::from_value(serde_json::json!({
        "openapi": "3.1.0", "info": {"title": "T", "version": "1.0.0"},
        "paths": {"/people": {"get": {"deprecated": true, "responses": {
            "default": {"description": "", "headers": {"x-total": {"schema": {"type": "integer"}}},
                "content": {"application/json": {"schema": {"$ref": "#/components/schemas/P"}}}},
        }}}},
        "components": {"schemas": {"P": {
            "type": "object", "required": ["id"],
            "properties": {
                "id": {"type": "string", "format": "uuid"}, "born": {"type": "string", "format": "date"},
                "place": {"type": "object", "properties": {"type": {"const": "Point"}, "coordinates": {"type": "array"}}},
                "kin": {"type": "array", "items": {"$ref": "#/components/schemas/P"}},
            },
        }}},
    }));
    let Ok(contract) = contract else { return };
    let Some((&status, rest)) = bytes.split_first() else {
        return;
    };
    let end = rest
        .iter()
        .position(|byte| *byte == b'\n')
        .unwrap_or(rest.len());
    let (head, body) = rest.split_at(end);
    let mut headers = Headers::new();
    for pair in String::from_utf8_lossy(head).split('\r') {
        if let Some((name, value)) = pair.split_once(':') {
            headers.append(name, value);
        }
    }
    let Some(operation) = contract.operations.first() else {
        return;
    };
    let request = Request::new(
        operation.key.method.clone(),
        Address::Base("/people".into()),
        "fuzzes",
    )
    .calling(&operation.key)
    .meant(Intent::Valid);
    let exchange = Exchange {
        id: ExchangeId(1),
        request,
        url: "https://api.example.test/people".into(),
        credentials: Headers::new(),
        followed: None,
        outcome: Outcome::Answered(Response::new(
            100 + u16::from(status) * 2,
            HttpVersion::Http11,
            headers,
            body.to_vec().into(),
            false,
            Timing::default(),
        )),
    };
    let parameters = Parameters::default();
    let answer = Answer {
        contract: &contract,
        operation: Some(operation),
        exchange: &exchange,
        parameters: &parameters,
    };
    for check in checks::ALL {
        if let Kind::Response(judge) = check.kind {
            let _ = judge(&answer);
        }
    }
    let _ = muster::observation::Redactor::new([("SECRET", "s3cr3t-value")], ["surname"])
        .observe(&exchange);
}

//! Everything that reads what comes from outside, as functions of bytes that must end and never panic: what the
//! fuzz targets call, and `tests/hostile.rs` with mutations of good input.
#![allow(
    dead_code,
    clippy::disallowed_methods,
    reason = "each target calls one of them; the journal is a file"
)]

use std::path::Path;

use muster::{
    journal,
    load::{Diagnostic, Source, contract_source, profile, suite, target, waivers},
};
use muster_checks::{self as checks, Answer, Kind};
use muster_core::{
    arrange::{self, Relations},
    contract::Contract,
    exchange::{
        Address, Exchange, ExchangeId, Headers, HttpVersion, Intent, Outcome, Request, Response,
        Timing, sequence::Sequence,
    },
    model::Parameters,
    observation::Redactor,
    value_pool::ValuePool,
};
use muster_jose as jose;
use muster_report::report;

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
    let _ = muster_core::coverage::surfaces(&contract);
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

/// A contract with an operation that documents a header and a schema.
fn people() -> Option<Contract> {
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
    contract.ok()
}

/// An exchange of bytes: the first is the status, a line of headers follows, the rest is the body.
fn exchange(contract: &Contract, bytes: &[u8]) -> Option<Exchange> {
    let (&status, rest) = bytes.split_first()?;
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
    let operation = contract.operations.first()?;
    let request = Request::new(
        operation.key.method.clone(),
        Address::Base("/people".into()),
        "fuzzes",
    )
    .calling(&operation.key)
    .meant(Intent::Valid);
    Some(Exchange {
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
    })
}

/// A response: every response check judges it, what it shows is learned, and what is kept of it is redacted.
pub(crate) fn answer(bytes: &[u8]) {
    let Some(contract) = people() else { return };
    let Some(exchange) = exchange(&contract, bytes) else {
        return;
    };
    let parameters = Parameters::default();
    let answer = Answer {
        contract: &contract,
        operation: contract.operations.first(),
        exchange: &exchange,
        parameters: &parameters,
    };
    for check in checks::ALL {
        if let Kind::Response(judge) = check.kind {
            let _ = judge(&answer);
        }
    }
    let redactor = Redactor::new([("SECRET", "s3cr3t-value")], ["surname"]).with_usual_personal();
    redactor.learn_returned(&exchange);
    let _ = redactor.observe(&exchange);
    let relations = Relations::of(&contract);
    arrange::learn(&contract, &relations, &exchange, &mut ValuePool::default());
}

/// What leads to other pages: `Link`, cursors and addresses in the body; and bodies that are sequences of items.
pub(crate) fn links(bytes: &[u8]) {
    const BASE: &str = "https://api.example.test/v1/";
    let Some(contract) = people() else { return };
    let Some(exchange) = exchange(&contract, bytes) else {
        return;
    };
    let _ = arrange::paging::next(&exchange, BASE);
    for relation in ["first", "prev", "next", "last"] {
        let _ = arrange::paging::page_at(&exchange, BASE, relation);
    }
    let Some(response) = exchange.response() else {
        return;
    };
    for media_type in [
        "application/x-ndjson",
        "application/json-seq",
        "text/event-stream",
    ] {
        if let Some(sequence) = Sequence::of(media_type) {
            for whole in [true, false] {
                let items = sequence.items(&response.body, whole, 100);
                assert!(items.len() <= 100);
            }
        }
    }
}

/// A token, a key set of an issuer and a private key of a target file: the lines of the input.
pub(crate) fn tokens(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let (token, keys) = text.split_once('\n').unwrap_or((&text, ""));
    let _ = jose::peek(token);
    let _ = jose::Proof::read(token);
    if let Ok(keys) = serde_json::from_str::<serde_json::Value>(keys) {
        let listed = keys.get("keys").and_then(serde_json::Value::as_array);
        for key in listed.into_iter().flatten().chain([&keys]).take(20) {
            // Nothing that Muster did not sign may count as signed by a key of the input.
            let _ = jose::verifies(token, key);
            let _ = jose::thumbprint(key);
            let _ = jose::public_pem(key);
        }
    }
    let _ = jose::SigningKey::read(keys, None);
}

/// A text that may hold a secret: whatever stands around it, the secret is not in what is kept.
pub(crate) fn redaction(bytes: &[u8]) {
    const SECRET: &str = "s3cr3t-Value/+9";
    let redactor = Redactor::new([("SECRET", SECRET)], ["surname"]).with_usual_personal();
    let middle = bytes.len() / 2;
    let (before, after) = bytes.split_at(middle);
    let text = [before, SECRET.as_bytes(), after].concat();
    let kept = redactor.text(&String::from_utf8_lossy(&text));
    assert!(!kept.contains(SECRET), "{kept:?}");
    let _ = redactor.text(&String::from_utf8_lossy(bytes));
}

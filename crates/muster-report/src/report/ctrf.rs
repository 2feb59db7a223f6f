//! CTRF (Common Test Report Format) 0.0, for dashboards and reporters that read it.

use serde_json::{Value, json};

use super::{
    Format,
    cases::{Case, Outcome, suites},
    evidence::{self, set},
    sanitise, text,
};
use crate::summary::Summary;

/// `ctrf.json`.
pub(super) const FORMAT: Format = Format {
    name: "ctrf",
    file: "ctrf.json",
    about: "CTRF JSON, for dashboards and CI reporters",
    in_folder: false,
    render: |summary, _| render(summary),
};

/// The version of the format that is written.
const VERSION: &str = "0.0.0";

fn render(summary: &Summary) -> String {
    let suites = suites(summary);
    let tests: Vec<Value> = suites
        .iter()
        .flat_map(|suite| suite.cases.iter().map(|case| test(&suite.name, case)))
        .collect();
    let count = |status: &str| tests.iter().filter(|test| test["status"] == status).count();
    let start = &summary.started;
    let mut document = json!({
        "reportFormat": "CTRF",
        "specVersion": VERSION,
        "runId": sanitise::line(&start.run_id),
        "generatedBy": format!("Muster {}", sanitise::line(&start.muster)),
        "results": {
            "tool": { "name": "Muster", "version": sanitise::line(&start.muster) },
            "summary": {
                "tests": tests.len(),
                "passed": count("passed"),
                "failed": count("failed"),
                "skipped": count("skipped"),
                "pending": 0,
                "other": 0,
                "suites": suites.len(),
                "start": integer(evidence::millis(summary, 0)),
                "stop": integer(evidence::millis(summary, summary.took_us)),
                "extra": {
                    "verdict": sanitise::line(&text::verdict(summary)),
                    "conformance": summary.conformance.label(),
                    "exitCode": summary.exit_code,
                },
            },
            "environment": {
                "appName": sanitise::line(&start.target),
                "testEnvironment": start.environment,
                "extra": {
                    "profile": sanitise::line(&format!("{} {}", start.profile.id, start.profile.version)),
                    "contractSha256": sanitise::line(&start.contract.sha256),
                },
            },
            "tests": tests,
        },
    });
    if let Some((_, stop)) = evidence::times(summary) {
        set(&mut document, "timestamp", stop);
    }
    let text = serde_json::to_string_pretty(&document).unwrap_or_default();
    format!("{text}\n")
}

fn integer(number: i128) -> i64 {
    i64::try_from(number).unwrap_or_default()
}

/// What is red in JUnit has failed, so that both agree with the exit code; the kind is in `rawStatus`.
fn test(suite: &str, case: &Case) -> Value {
    let (status, raw) = match &case.outcome {
        Outcome::Success => ("passed", "passed"),
        Outcome::Failure(_) => ("failed", "failed"),
        Outcome::Error(told) => ("failed", told.kind.as_str()),
        Outcome::Skipped(told) => ("skipped", told.kind.as_str()),
    };
    let labels: serde_json::Map<String, Value> = case
        .properties
        .iter()
        .map(|(name, value)| (name.clone(), value.as_str().into()))
        .collect();
    let mut test = json!({
        "testId": evidence::digest(&[suite, &case.name]),
        "name": case.name,
        "status": status,
        "rawStatus": raw,
        // What a case took is not told: one request may judge many.
        "duration": 0,
        "suite": [suite],
        "type": "conformance",
        "labels": labels,
    });
    if let Some(told) = case.told() {
        set(&mut test, "message", told.message.as_str());
        if !told.detail.is_empty() {
            set(&mut test, "trace", told.detail.as_str());
        }
    }
    if let Some((file, line)) = &case.place {
        set(&mut test, "filePath", file.as_str());
        set(&mut test, "line", *line);
    }
    test
}

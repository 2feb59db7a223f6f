//! SARIF 2.1.0, for code scanning (GitHub, GitLab, Azure DevOps) and editors (owner of [`log`]).

use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};
use serde_json::{Value, json};

use super::{
    Format,
    evidence::{self, set},
    sanitise, text,
};
use crate::{
    event::End,
    summary::{FindingResult, Standing, Summary},
};
use muster_core::{
    model::{Level, Verifier},
    observation::{Content, Observation},
    verdict::SourceLocation,
};

/// `muster.sarif`.
pub(super) const FORMAT: Format = Format {
    name: "sarif",
    file: "muster.sarif",
    about: "SARIF 2.1.0, for code scanning and editors",
    in_folder: false,
    render: |summary, _| render(summary),
};

/// What a path may not hold as it is (RFC 3986 §3.3).
const IN_PATH: &AsciiSet = &CONTROLS
    .add(b' ')
    .add(b'"')
    .add(b'#')
    .add(b'%')
    .add(b'<')
    .add(b'>')
    .add(b'?')
    .add(b'[')
    .add(b'\\')
    .add(b']')
    .add(b'^')
    .add(b'`')
    .add(b'{')
    .add(b'|')
    .add(b'}');

/// GitHub takes up to 25,000 results of a run and shows 5,000.
const MOST_RESULTS: usize = 5_000;
/// How much of one message is told.
const MESSAGE: usize = 4_000;
/// How much of one body is told.
const BODY: usize = 2_000;

/// What finds results of one kind: a check or a suite's case.
#[derive(Debug, Clone)]
pub struct Rule {
    /// Its id.
    pub id: String,
    /// What it is for, in one sentence.
    pub purpose: String,
    /// What it verifies.
    pub verifies: String,
    /// How to fix what it finds.
    pub fix: String,
}

impl Rule {
    /// The rule of a check or a case.
    #[must_use]
    pub fn of(by: &Verifier) -> Self {
        let check = match by {
            Verifier::Check(id) => muster_checks::find(id.as_str()),
            Verifier::Case(_) => None,
        };
        Self {
            id: by.to_string(),
            purpose: check.map_or_else(
                || format!("The case {by} of a suite."),
                |check| check.purpose.to_owned(),
            ),
            verifies: check.map_or_else(String::new, |check| check.verifies.to_owned()),
            fix: check.map_or_else(String::new, |check| check.fix.to_owned()),
        }
    }
}

/// One finding of it.
#[derive(Debug, Clone, Default)]
pub struct Finding {
    /// The id of its rule.
    pub rule: String,
    /// `error`, `warning` or `note`.
    pub level: &'static str,
    /// What is wrong.
    pub message: String,
    /// Where.
    pub source: Option<SourceLocation>,
    /// The operation it is about.
    pub operation: Option<String>,
    /// What stays the same of it from run to run.
    pub fingerprint: String,
    /// Who accepted it, and until when.
    pub accepted: Option<String>,
    /// Further members.
    pub properties: Value,
    /// What shows it: request and response.
    pub exchange: Option<(Value, Value)>,
}

/// What stays the same of a finding from run to run: what found it, the cause, and the operation.
#[must_use]
pub fn fingerprint(rule: &str, cause: &str, operation: &str) -> String {
    evidence::digest(&[rule, cause, operation])
}

/// The document of one run of Muster.
#[must_use]
pub fn log(rules: &[Rule], findings: &[Finding], invocation: &Value, category: &str) -> Value {
    let place = |rule: &str| rules.iter().position(|one| one.id == rule);
    json!({
        "$schema": "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": {
                "name": "Muster",
                "semanticVersion": env!("CARGO_PKG_VERSION"),
                "rules": rules.iter().map(rule).collect::<Vec<_>>(),
            } },
            "automationDetails": { "id": format!("muster/{}/", sanitise::line(category)) },
            "columnKind": "unicodeCodePoints",
            "invocations": [invocation],
            "results": findings.iter().take(MOST_RESULTS).map(|one| result(one, place(&one.rule))).collect::<Vec<_>>(),
        }],
    })
}

fn rule(rule: &Rule) -> Value {
    let mut value = json!({
        "id": clean(&rule.id),
        "shortDescription": { "text": clean(&rule.purpose) },
    });
    if !rule.verifies.is_empty() {
        set(
            &mut value,
            "fullDescription",
            json!({ "text": clean(&rule.verifies) }),
        );
    }
    if !rule.fix.is_empty() {
        set(&mut value, "help", json!({ "text": clean(&rule.fix) }));
    }
    value
}

fn result(finding: &Finding, rule: Option<usize>) -> Value {
    let mut value = json!({
        "ruleId": clean(&finding.rule),
        "level": finding.level,
        "message": { "text": clean(&finding.message) },
        "partialFingerprints": { "musterCause/v1": finding.fingerprint },
    });
    if let Some(rule) = rule {
        set(&mut value, "ruleIndex", rule);
    }
    let mut location = json!({});
    if let Some(source) = &finding.source {
        set(
            &mut location,
            "physicalLocation",
            json!({
                "artifactLocation": { "uri": uri(&source.file) },
                "region": { "startLine": source.line.max(1), "startColumn": source.column.max(1) },
            }),
        );
    }
    if let Some(operation) = &finding.operation {
        set(
            &mut location,
            "logicalLocations",
            json!([{ "fullyQualifiedName": clean(operation), "kind": "resource" }]),
        );
    }
    set(&mut value, "locations", json!([location]));
    if let Some(accepted) = &finding.accepted {
        set(
            &mut value,
            "suppressions",
            json!([{ "kind": "external", "status": "accepted", "justification": clean(accepted) }]),
        );
    }
    if let Some((request, response)) = &finding.exchange {
        set(&mut value, "webRequest", request.clone());
        set(&mut value, "webResponse", response.clone());
    }
    if !finding.properties.is_null() {
        set(&mut value, "properties", finding.properties.clone());
    }
    value
}

/// A path or URL as a URI reference.
fn uri(file: &str) -> String {
    if file.contains(":/") {
        return clean(file);
    }
    let path = utf8_percent_encode(&file.replace('\\', "/"), IN_PATH).to_string();
    match path.strip_prefix('/') {
        Some(_) => format!("file://{path}"),
        // A colon in the first segment would read as a scheme.
        None if path
            .split('/')
            .next()
            .is_some_and(|first| first.contains(':')) =>
        {
            format!("./{path}")
        }
        None => path,
    }
}

fn clean(text: &str) -> String {
    let text = sanitise::cap(&sanitise::text(text), MESSAGE);
    if text.is_empty() {
        "–".to_owned()
    } else {
        text
    }
}

fn render(summary: &Summary) -> String {
    let mut rules: Vec<Rule> = Vec::new();
    let mut findings = Vec::new();
    for one in summary.findings_with_effects() {
        let id = one.by.to_string();
        if !rules.iter().any(|rule| rule.id == id) {
            rules.push(Rule {
                fix: one.fix.clone(),
                ..Rule::of(&one.by)
            });
        }
        findings.push(finding(summary, one));
    }
    let document = log(
        &rules,
        &findings,
        &invocation(summary),
        summary.started.profile.id.as_str(),
    );
    let text = serde_json::to_string_pretty(&document).unwrap_or_default();
    format!("{text}\n")
}

fn finding(summary: &Summary, one: &FindingResult) -> Finding {
    let requirements: Vec<&str> = one.requirements.iter().map(|id| id.as_str()).collect();
    Finding {
        rule: one.by.to_string(),
        level: match one.level {
            level if text::gating(summary, level) => "error",
            Level::Must | Level::Should => "warning",
            Level::May => "note",
        },
        message: format!(
            "{} {} Expected: {} Received: {} Requirements: {}.",
            one.number,
            one.finding.title,
            stopped(&one.finding.expected),
            stopped(&one.finding.received),
            requirements.join(", ")
        ),
        source: Some(evidence::file_location(summary, one)),
        operation: one.operations.first().map(ToString::to_string),
        fingerprint: evidence::fingerprint(one),
        accepted: one.waived.then(|| accepted(summary, one)),
        properties: json!({
            "number": one.number,
            "requirements": requirements,
            "level": one.level.to_string(),
            "seen": one.seen,
            "pointer": one.finding.pointer.as_deref().map(clean),
        }),
        exchange: one
            .evidence
            .last()
            .filter(|shown| shown.handshake.is_none())
            .map(|shown| (request(shown), response(shown))),
    }
}

fn stopped(text: &str) -> String {
    format!("{}.", text.trim_end_matches('.'))
}

fn accepted(summary: &Summary, one: &FindingResult) -> String {
    let told: Vec<String> = summary
        .waivers
        .iter()
        .map(|result| &result.waiver)
        .filter(|waiver| one.requirements.contains(&waiver.requirement))
        .map(|waiver| {
            format!(
                "Waived until {}, owner {}, approved by {}: {}",
                waiver.expires, waiver.owner, waiver.approved_by, waiver.reason
            )
        })
        .collect();
    told.join(" ")
}

/// Header names stand once each, since they are names of members.
fn headers(pairs: &[(String, String)]) -> Value {
    let mut headers = serde_json::Map::new();
    for (name, value) in pairs {
        let value = sanitise::line(value);
        let name = sanitise::line(name);
        match headers.get(&name).and_then(Value::as_str) {
            Some(held) => {
                let both = format!("{held}, {value}");
                headers.insert(name, both.into());
            }
            None => {
                headers.insert(name, value.into());
            }
        }
    }
    Value::Object(headers)
}

fn body(content: Option<&Content>) -> Value {
    content.map_or_else(
        || json!({}),
        |content| json!({ "text": sanitise::cap(&sanitise::text(&content.text), BODY) }),
    )
}

fn request(shown: &Observation) -> Value {
    json!({
        "protocol": "HTTP",
        "method": shown.method.to_string(),
        "target": sanitise::line(&shown.url),
        "headers": headers(&shown.request_headers),
        "body": body(shown.request_body.as_ref()),
    })
}

fn response(shown: &Observation) -> Value {
    let Some(status) = shown.status else {
        return json!({ "noResponseReceived": true });
    };
    json!({
        "protocol": "HTTP",
        "statusCode": status,
        "headers": headers(&shown.response_headers),
        "body": body(shown.response_body.as_ref()),
    })
}

/// The run: how it ended, its verdict, and what was not verified.
fn invocation(summary: &Summary) -> Value {
    let mut notes = vec![json!({
        "level": if summary.exit_code == 0 { "note" } else { "error" },
        "message": { "text": clean(&text::verdict(summary)) },
    })];
    for reason in &summary.gate {
        notes.push(json!({ "level": "error", "message": { "text": clean(reason) } }));
    }
    for result in &summary.requirements {
        let is_open = matches!(result.standing, Standing::Inconclusive | Standing::Error);
        if is_open && result.requirement.level == Level::Must {
            let told = format!(
                "{} is not verified: {}",
                result.requirement.id, result.reason
            );
            notes.push(json!({ "level": "warning", "message": { "text": clean(&told) } }));
        }
    }
    let mut value = json!({
        "executionSuccessful": summary.end == End::Complete,
        "exitCode": summary.exit_code,
        "toolExecutionNotifications": notes,
    });
    if let Some((start, stop)) = super::evidence::times(summary) {
        set(&mut value, "startTimeUtc", start);
        set(&mut value, "endTimeUtc", stop);
    }
    value
}

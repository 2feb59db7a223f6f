//! What shows a finding, and where it points (owner of [`exchange`]).

use serde_json::Value;

use super::sanitise;
use crate::summary::{CaseResult, FindingResult, Summary};
use muster_core::{
    observation::{Content, Observation},
    verdict::SourceLocation,
};

/// How much of a body is shown.
const BODY: usize = 1_000;

/// The exchange that decided a case that failed: its own, or that of its finding.
pub(crate) fn decisive<'a>(summary: &'a Summary, one: &'a CaseResult) -> Option<&'a Observation> {
    one.exchange.as_deref().or_else(|| {
        one.findings
            .iter()
            .filter_map(|number| summary.finding(number))
            .find_map(|finding| finding.evidence.last())
    })
}

/// One exchange as text, redacted as it is kept: what was sent with `>`, what was received with `<`.
pub(crate) fn exchange(shown: &Observation) -> String {
    let mut lines = vec![format!("Exchange {}, {}:", shown.id.0, shown.purpose)];
    lines.push(format!("> {} {}", shown.method, shown.url));
    part(
        &mut lines,
        '>',
        &shown.request_headers,
        shown.request_body.as_ref(),
    );
    match (shown.status, &shown.broken, &shown.handshake) {
        (Some(status), _, _) => lines.push(format!("< {status}")),
        (None, Some(broken), _) => lines.push(format!("< no response: {}", broken.detail)),
        (None, None, Some(handshake)) => lines.push(format!("< {}", handshake.outcome)),
        (None, None, None) => lines.push("< no response".to_owned()),
    }
    part(
        &mut lines,
        '<',
        &shown.response_headers,
        shown.response_body.as_ref(),
    );
    lines.join("\n")
}

fn part(lines: &mut Vec<String>, mark: char, headers: &[(String, String)], body: Option<&Content>) {
    for (name, value) in headers {
        lines.push(format!("{mark} {name}: {}", sanitise::line(value)));
    }
    let Some(body) = body else {
        return;
    };
    lines.push(mark.to_string());
    for line in sanitise::cap(&sanitise::text(&body.text), BODY).lines() {
        lines.push(format!("{mark} {line}"));
    }
    if body.abridged {
        lines.push(format!("{mark} (abridged, {} bytes in all)", body.bytes));
    }
}

/// Where a finding points: into the contract or a suite, where that is a file, or else the target file as a whole, since a
/// reader of a code review wants a file.
pub(crate) fn file_location(summary: &Summary, finding: &FindingResult) -> SourceLocation {
    finding
        .finding
        .source
        .as_deref()
        .cloned()
        .filter(|source| !source.file.contains(":/"))
        .unwrap_or_else(|| SourceLocation {
            file: summary
                .started
                .target_file
                .clone()
                .filter(|file| !file.contains(":/"))
                .unwrap_or_else(|| "target.yaml".to_owned()),
            line: 1,
            column: 1,
        })
}

/// What stays the same of a finding from run to run: what found it, the cause, and the operation. 32 hexadecimal digits.
pub(crate) fn fingerprint(finding: &FindingResult) -> String {
    let operation = finding.operations.first().map(ToString::to_string);
    digest(&[
        &finding.by.to_string(),
        &finding.finding.cause,
        &operation.unwrap_or_default(),
    ])
}

/// 32 hexadecimal digits of texts: FNV-1a in both directions, since nobody is to be kept from guessing it.
pub(crate) fn digest(parts: &[&str]) -> String {
    const PRIME: u64 = 0x0100_0000_01b3;
    const BASIS: u64 = 0xcbf2_9ce4_8422_2325;
    let text = parts.join("\u{0}");
    let step = |hash: u64, byte: u8| (hash ^ u64::from(byte)).wrapping_mul(PRIME);
    let forth = text.bytes().fold(BASIS, step);
    let back = text.bytes().rev().fold(BASIS, step);
    format!("{forth:016x}{back:016x}")
}

/// A time of the run as RFC 3339 in UTC with milliseconds: so many microseconds after its start.
pub(crate) fn time(summary: &Summary, after_us: u64) -> Option<String> {
    let at = moment(summary, after_us)?;
    at.format(time::macros::format_description!(
        "[year]-[month]-[day]T[hour]:[minute]:[second].[subsecond digits:3]Z"
    ))
    .ok()
}

/// When the run started and ended.
pub(crate) fn times(summary: &Summary) -> Option<(String, String)> {
    Some((time(summary, 0)?, time(summary, summary.took_us)?))
}

/// A time of the run in milliseconds since 1970.
pub(crate) fn millis(summary: &Summary, after_us: u64) -> i128 {
    moment(summary, after_us).map_or(0, |at| at.unix_timestamp_nanos() / 1_000_000)
}

fn moment(summary: &Summary, after_us: u64) -> Option<time::OffsetDateTime> {
    let started = time::OffsetDateTime::parse(
        &summary.started.at,
        &time::format_description::well_known::Rfc3339,
    )
    .ok()?;
    let after = time::Duration::microseconds(i64::try_from(after_us).ok()?);
    started
        .checked_add(after)
        .map(|at| at.to_offset(time::UtcOffset::UTC))
}

/// Sets a member of an object.
pub(crate) fn set(object: &mut Value, name: &str, value: impl Into<Value>) {
    if let Value::Object(members) = object {
        members.insert(name.to_owned(), value.into());
    }
}

//! Workflow commands of GitHub Actions, which show findings beside the lines of contract and suites.
//!
//! GitHub shows at most 10 errors and 10 warnings of a step, so that many are written, worst first.

use std::fmt::Write as _;

use super::{Format, evidence, sanitise, text};
use crate::summary::{FindingResult, Summary};
use muster_core::model::Level;

/// `annotations.txt`.
pub(super) const FORMAT: Format = Format {
    name: "github",
    file: "annotations.txt",
    about: "annotations of GitHub Actions: print the file in a step, or write it to `-`",
    in_folder: false,
    render: |summary, _| render(summary),
};

/// How many of one kind GitHub shows of a step.
const MOST: usize = 10;
/// How much of one message is told.
const MESSAGE: usize = 2_000;

fn render(summary: &Summary) -> String {
    let mut out = String::new();
    let kind = |finding: &FindingResult| match finding.level {
        _ if finding.waived => "notice",
        level if text::gating(summary, level) => "error",
        Level::Must | Level::Should => "warning",
        Level::May => "notice",
    };
    // The verdict comes first, and takes one of the places.
    let (word, verdict) = match summary.exit_code {
        0 => ("notice", text::verdict(summary)),
        _ => (
            "error",
            format!("{} {}", text::verdict(summary), summary.gate.join(" ")),
        ),
    };
    command(&mut out, word, &[("title", "Muster")], &verdict);
    for wanted in ["error", "warning", "notice"] {
        let room = MOST - usize::from(wanted == word);
        let all: Vec<&FindingResult> = summary
            .findings
            .iter()
            .filter(|finding| kind(finding) == wanted)
            .collect();
        // The last place tells how many there are besides.
        let shown = if all.len() > room {
            room - 1
        } else {
            all.len()
        };
        for finding in all.iter().take(shown) {
            annotation(&mut out, wanted, summary, finding);
        }
        if all.len() > shown {
            let rest = text::count((all.len() - shown) as u64, "more finding");
            let told = format!("{rest} of this kind in the reports.");
            command(&mut out, wanted, &[("title", "Muster")], &told);
        }
    }
    out
}

fn annotation(out: &mut String, kind: &str, summary: &Summary, finding: &FindingResult) {
    let place = evidence::file_location(summary, finding);
    let ids: Vec<&str> = finding.requirements.iter().map(|id| id.as_str()).collect();
    let title = format!("{} {}", ids.join(", "), finding.number);
    let message = format!(
        "{}\nExpected: {}\nReceived: {}\nFix: {}",
        finding.finding.title, finding.finding.expected, finding.finding.received, finding.fix
    );
    command(
        out,
        kind,
        &[
            ("file", &place.file),
            ("line", &place.line.to_string()),
            ("col", &place.column.to_string()),
            ("title", &title),
        ],
        &message,
    );
}

/// One command on one line; what it says cannot end it or begin another.
fn command(out: &mut String, kind: &str, properties: &[(&str, &str)], message: &str) {
    let properties: Vec<String> = properties
        .iter()
        .map(|(name, value)| format!("{name}={}", property(value)))
        .collect();
    let _ = writeln!(out, "::{kind} {}::{}", properties.join(","), data(message));
}

fn data(text: &str) -> String {
    sanitise::cap(&sanitise::text(text), MESSAGE)
        .replace('%', "%25")
        .replace('\r', "%0D")
        .replace('\n', "%0A")
}

fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

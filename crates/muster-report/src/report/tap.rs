//! TAP 14 (Test Anything Protocol), for harnesses that read a stream.

use std::fmt::Write as _;

use super::{
    Format,
    cases::{Case, Outcome, suites},
    sanitise, text,
};
use crate::summary::Summary;

/// `results.tap`.
pub(super) const FORMAT: Format = Format {
    name: "tap",
    file: "results.tap",
    about: "TAP 14, for harnesses that read a stream",
    in_folder: false,
    render: |summary, _| render(summary),
};

/// The longest description or reason.
const LINE: usize = 600;

fn render(summary: &Summary) -> String {
    let suites = suites(summary);
    let total: usize = suites.iter().map(|suite| suite.cases.len()).sum();
    let mut out = format!(
        "TAP version 14\n# {}\n1..{total}\n",
        comment(&text::verdict(summary))
    );
    let cases = suites.iter().flat_map(|suite| &suite.cases);
    for (number, case) in (1_usize..).zip(cases) {
        test(&mut out, number, case);
    }
    out
}

/// A line that no reader takes for a directive of its own.
fn comment(text: &str) -> String {
    sanitise::cap(&sanitise::line(text), LINE)
}

/// A description, in which a hash does not begin a directive (TAP 14, "Escaping").
fn description(text: &str) -> String {
    comment(text).replace('\\', "\\\\").replace('#', "\\#")
}

fn test(out: &mut String, number: usize, case: &Case) {
    let name = description(&format!("{} {}", case.classname, case.name));
    let _ = match &case.outcome {
        Outcome::Success => writeln!(out, "ok {number} - {name}"),
        Outcome::Failure(_) | Outcome::Error(_) => writeln!(out, "not ok {number} - {name}"),
        // What fails and does not gate is what TAP calls a to-do: it failed, and the run has not.
        Outcome::Skipped(told) if told.kind == "warning" => {
            writeln!(
                out,
                "not ok {number} - {name} # TODO {}",
                description(&told.message)
            )
        }
        Outcome::Skipped(told) => {
            writeln!(
                out,
                "ok {number} - {name} # SKIP {}",
                description(&told.message)
            )
        }
    };
    let (Outcome::Failure(told) | Outcome::Error(told)) = &case.outcome else {
        return;
    };
    out.push_str("  ---\n");
    let mut field = |name: &str, value: &str| {
        let _ = writeln!(out, "  {name}: {}", scalar(value));
    };
    field("message", &told.message);
    field("severity", &told.kind);
    if let Some((file, line)) = &case.place {
        field("file", file);
        field("line", &line.to_string());
    }
    if !told.detail.is_empty() {
        field("detail", &told.detail);
    }
    out.push_str("  ...\n");
}

/// A text as a double-quoted scalar on one line: what JSON quotes, YAML reads.
fn scalar(text: &str) -> String {
    let quoted = serde_json::to_string(text).unwrap_or_default();
    // What YAML takes for a line break, and JSON leaves as it is.
    quoted
        .replace('\u{85}', "\\u0085")
        .replace('\u{2028}', "\\u2028")
        .replace('\u{2029}', "\\u2029")
        .replace('\u{feff}', "\\ufeff")
}

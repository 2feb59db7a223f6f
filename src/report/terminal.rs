//! What is printed at the end of a run: the verdict first, then what to do about it.

use std::{fmt::Write as _, path::PathBuf};

use super::{sanitise, text, view};
use crate::{
    model::Level,
    summary::{FindingResult, Standing, Summary},
    verdict::Conformance,
};

/// How many findings are told in full.
const FINDINGS: usize = 20;
/// How many reasons are told.
const REASONS: usize = 12;
/// How much of one value is told; the reports have the rest.
const VALUE: usize = 400;

/// Whether colours are written. The caller knows the terminal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Colour {
    /// They are.
    On,
    /// They are not.
    Off,
}

/// Writes the summary for a terminal or a log; `reports` are where the reports lie.
#[must_use]
pub fn render(summary: &Summary, colour: Colour, reports: &[PathBuf]) -> String {
    let ink = Ink(colour);
    let mut out = String::new();
    head(&mut out, summary, ink);
    for finding in summary.findings.iter().take(FINDINGS) {
        out.push('\n');
        one(&mut out, summary, finding, ink);
    }
    let rest = summary.findings.len().saturating_sub(FINDINGS);
    if rest > 0 {
        let _ = writeln!(
            out,
            "\n{} in the reports.",
            text::count(rest as u64, "more finding")
        );
    }
    open(&mut out, summary, ink);
    tiers(&mut out, summary, ink);
    if !summary.left_behind.is_empty() {
        let _ = writeln!(out, "\n{}", ink.bold("Left behind at the target"));
        for group in summary.left_in_short.iter().take(REASONS) {
            let _ = writeln!(out, "  {}", safe(&text::left(group)));
        }
        if let Some(folder) = reports.first().and_then(|report| report.parent()) {
            let folder = safe(&folder.display().to_string());
            let _ = writeln!(
                out,
                "  `muster cleanup {folder}` removes what it finds to be of this run."
            );
        }
    }
    if !reports.is_empty() {
        let _ = writeln!(out, "\n{}", ink.bold("Reports"));
        for path in reports {
            let _ = writeln!(out, "  {}", safe(&path.display().to_string()));
        }
    }
    let _ = writeln!(out, "\nExit code {}.", summary.exit_code);
    out
}

#[derive(Clone, Copy)]
struct Ink(Colour);

impl Ink {
    fn paint(self, style: anstyle::Style, text: &str) -> String {
        match self.0 {
            Colour::On => format!("{style}{text}{style:#}"),
            Colour::Off => text.to_owned(),
        }
    }

    fn bold(self, text: &str) -> String {
        self.paint(anstyle::Style::new().bold(), text)
    }

    fn of(self, colour: anstyle::AnsiColor, text: &str) -> String {
        self.paint(colour.on_default().bold(), text)
    }
}

fn safe(raw: &str) -> String {
    sanitise::log(&sanitise::cap(&sanitise::line(raw), VALUE))
}

fn head(out: &mut String, summary: &Summary, ink: Ink) {
    use anstyle::AnsiColor as C;
    let (colour, mark) = match summary.conformance {
        Conformance::Conformant => (C::Green, "✓"),
        Conformance::NonConformant => (C::Red, "✕"),
        Conformance::Undetermined => (C::Yellow, "?"),
    };
    let word = summary.conformance.label().to_uppercase();
    let _ = writeln!(
        out,
        "{} {}",
        ink.of(colour, &format!("{mark} {word}")),
        safe(&text::verdict(summary))
    );
    for reason in &summary.gate {
        let _ = writeln!(out, "  {}", safe(reason));
    }
    let counts = &summary.counts;
    let parts: Vec<String> = [
        (counts.passed, "passed", C::Green),
        (counts.failed, "failed", C::Red),
        (counts.warnings, "warned", C::Yellow),
        (counts.inconclusive, "inconclusive", C::Magenta),
        (counts.errors, "in error", C::Magenta),
        (counts.waived, "waived", C::Yellow),
        (counts.attested, "attested", C::Green),
        (counts.not_applicable, "not applicable", C::White),
        (counts.not_tested, "not tested", C::White),
    ]
    .into_iter()
    .filter(|(number, ..)| *number > 0)
    .map(|(number, word, colour)| ink.of(colour, &format!("{number} {word}")))
    .collect();
    let _ = writeln!(
        out,
        "\nRequirements: {}. {} in {}.",
        parts.join(", "),
        text::requests(summary),
        text::duration(summary.took_us)
    );
}

fn one(out: &mut String, summary: &Summary, finding: &FindingResult, ink: Ink) {
    use anstyle::AnsiColor as C;
    let (colour, word) = match (finding.waived, finding.level) {
        (true, _) => (C::Yellow, "waived"),
        (false, Level::Must) => (C::Red, "MUST"),
        (false, Level::Should) => (C::Yellow, "SHOULD"),
        (false, Level::May) => (C::Yellow, "MAY"),
    };
    let _ = writeln!(
        out,
        "{} {}",
        ink.of(colour, &format!("{} {word}", finding.number)),
        ink.bold(&safe(&finding.finding.title))
    );
    for id in &finding.requirements {
        if let Some(result) = summary.requirement(id) {
            let _ = writeln!(
                out,
                "  {}",
                safe(&format!(
                    "{id}: {} ({})",
                    result.requirement.statement, result.requirement.source
                ))
            );
        }
    }
    let line = |out: &mut String, name: &str, value: &str| {
        let _ = writeln!(out, "  {name:<9} {}", safe(value));
    };
    line(out, "expected", &finding.finding.expected);
    line(out, "received", &finding.finding.received);
    if let Some(pointer) = &finding.finding.pointer {
        line(out, "where", pointer);
    }
    if let Some(authored) = &finding.finding.authored {
        // Its place is told above, and a caret is right only where the blanks before it are kept.
        for row in authored
            .lines()
            .filter(|row| !row.trim_start().starts_with("-->"))
        {
            let row = sanitise::log(&sanitise::cap(row, VALUE));
            let _ = writeln!(out, "  {:<9} {}", "", row.trim_end());
        }
    }
    let confirmed = text::confirmation(finding.confirmation);
    line(
        out,
        "seen",
        &format!("{}. {confirmed}", text::seen(finding)),
    );
    if !finding.fix.is_empty() {
        line(out, "fix", &finding.fix);
    }
    let labels = if finding.curl_before.is_some() {
        ("try", "then")
    } else {
        ("", "try")
    };
    for (label, command) in [(labels.0, &finding.curl_before), (labels.1, &finding.curl)] {
        if let Some(command) = command {
            // Whole: half a command is none.
            let _ = writeln!(out, "  {label:<9} {}", sanitise::log(command));
        }
    }
}

fn tiers(out: &mut String, summary: &Summary, ink: Ink) {
    if summary.tiers.is_empty() {
        return;
    }
    let _ = writeln!(out, "\n{}", ink.bold("Supplier tier"));
    let _ = writeln!(out, "  {}", text::tier(summary));
    for result in &summary.tiers {
        let word = if result.shown { "shown" } else { "not shown" };
        let _ = writeln!(
            out,
            "  {:<6} {word}: {}",
            result.tier.label(),
            safe(&result.reason)
        );
    }
}

fn open(out: &mut String, summary: &Summary, ink: Ink) {
    let reasons = view::reasons(summary);
    let untested = summary
        .requirements
        .iter()
        .filter(|result| result.standing == Standing::NotTested);
    if reasons.is_empty() && untested.clone().next().is_none() {
        return;
    }
    let _ = writeln!(out, "\n{}", ink.bold("Not verified"));
    let rest = reasons.len().saturating_sub(REASONS);
    for ((reason, whose), (requirements, _)) in reasons.into_iter().take(REASONS) {
        let ids: Vec<String> = requirements
            .iter()
            .take(8)
            .map(|result| result.requirement.id.to_string())
            .collect();
        let more = if requirements.len() > 8 { ", …" } else { "" };
        let _ = writeln!(
            out,
            "  {} ({}): {}{more}",
            safe(&reason),
            whose.label(),
            safe(&ids.join(", "))
        );
    }
    if rest > 0 {
        let _ = writeln!(
            out,
            "  {} in the reports.",
            text::count(rest as u64, "more reason")
        );
    }
    for result in untested.take(REASONS) {
        let _ = writeln!(
            out,
            "  {} is not tested: {}",
            safe(result.requirement.id.as_str()),
            safe(&result.reason)
        );
    }
}

//! What is printed at the end of a run: what is wrong and what stayed open, and last the verdict and the counts,
//! where a reader of a terminal looks first.

use std::{fmt::Write as _, path::PathBuf};

use super::{sanitise, text, view};
use crate::summary::{FindingResult, Standing, Summary};
use muster_core::{model::Level, verdict::Conformance};

/// How many findings are told.
const FINDINGS: usize = 20;
/// How many effects of one finding are told.
const EFFECTS: usize = 5;
/// How many reasons are told.
const REASONS: usize = 12;
/// How many ids are named of one reason.
const IDS: usize = 8;
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

/// How the summary is written.
#[derive(Debug, Clone, Copy)]
pub struct Style {
    /// Whether colours are written.
    pub colour: Colour,
    /// Where lines are wrapped, in characters; nothing for a log, in which lines are as long as they are.
    pub width: Option<usize>,
    /// Whether findings that do not gate are told in full.
    pub verbose: bool,
}

/// Writes the summary for a terminal or a log; `reports` are where the reports lie.
#[must_use]
pub fn render(summary: &Summary, style: Style, reports: &[PathBuf]) -> String {
    let mut page = Page {
        out: String::new(),
        style,
    };
    for finding in summary.findings.iter().take(FINDINGS) {
        page.finding(summary, finding);
    }
    let rest = summary.findings.len().saturating_sub(FINDINGS);
    if rest > 0 {
        page.blank();
        let more = text::count(rest as u64, "more finding");
        page.line("", &format!("{more} in the reports."));
    }
    page.open(summary);
    page.tiers(summary);
    if !summary.left_behind.is_empty() {
        page.heading("Left behind at the target");
        for group in summary.left_in_short.iter().take(REASONS) {
            page.line("  ", &safe(&text::left(group)));
        }
        if let Some(folder) = reports.first().and_then(|report| report.parent()) {
            let folder = safe(&folder.display().to_string());
            page.line(
                "  ",
                &format!("`muster cleanup {folder}` removes what it finds to be of this run."),
            );
        }
    }
    if !reports.is_empty() {
        page.heading("Reports");
        for path in reports {
            let _ = writeln!(page.out, "  {}", safe(&path.display().to_string()));
        }
    }
    page.verdict(summary);
    page.out
}

fn safe(raw: &str) -> String {
    sanitise::log(&sanitise::cap(&sanitise::line(raw), VALUE))
}

struct Page {
    out: String,
    style: Style,
}

impl Page {
    fn paint(&self, style: anstyle::Style, text: &str) -> String {
        match self.style.colour {
            Colour::On => format!("{style}{text}{style:#}"),
            Colour::Off => text.to_owned(),
        }
    }

    fn bold(&self, text: &str) -> String {
        self.paint(anstyle::Style::new().bold(), text)
    }

    fn of(&self, colour: anstyle::AnsiColor, text: &str) -> String {
        self.paint(colour.on_default().bold(), text)
    }

    fn blank(&mut self) {
        if !self.out.is_empty() {
            self.out.push('\n');
        }
    }

    fn heading(&mut self, text: &str) {
        self.blank();
        let text = self.bold(text);
        let _ = writeln!(self.out, "{text}");
    }

    /// A line after a prefix, wrapped below its own beginning.
    fn line(&mut self, prefix: &str, text: &str) {
        self.painted(prefix, prefix, text, anstyle::Style::new());
    }

    /// The same with a prefix that has colours; `plain` is as wide as it is.
    fn painted(&mut self, prefix: &str, plain: &str, text: &str, style: anstyle::Style) {
        let indent = plain.chars().count();
        let mut prefix = prefix.to_owned();
        for line in wrapped(
            text,
            self.style.width.map(|width| width.saturating_sub(indent)),
        ) {
            let line = if style == anstyle::Style::new() {
                line
            } else {
                self.paint(style, &line)
            };
            let _ = writeln!(self.out, "{}", format!("{prefix}{line}").trim_end());
            prefix = " ".repeat(indent);
        }
    }

    fn finding(&mut self, summary: &Summary, finding: &FindingResult) {
        use anstyle::AnsiColor as C;
        let is_short =
            !self.style.verbose && (finding.waived || !text::gating(summary, finding.level));
        let (colour, word) = match (finding.waived, finding.level) {
            (true, _) => (C::Yellow, "waived"),
            (false, Level::Must) => (C::Red, "MUST"),
            (false, Level::Should) => (C::Yellow, "SHOULD"),
            (false, Level::May) => (C::Yellow, "MAY"),
        };
        let plain = format!("{} {word} ", finding.number);
        let prefix = format!("{} ", self.of(colour, plain.trim_end()));
        if is_short {
            let ids: Vec<&str> = finding.requirements.iter().map(|id| id.as_str()).collect();
            let title = format!("{} ({})", finding.finding.title, ids.join(", "));
            self.painted(&prefix, &plain, &safe(&title), anstyle::Style::new());
            return;
        }
        self.blank();
        let bold = anstyle::Style::new().bold();
        self.painted(&prefix, &plain, &safe(&finding.finding.title), bold);
        for id in &finding.requirements {
            if let Some(result) = summary.requirement(id) {
                let requirement = &result.requirement;
                self.line(
                    "  ",
                    &safe(&format!(
                        "{id}: {} ({})",
                        requirement.statement, requirement.source
                    )),
                );
            }
        }
        self.field("expected", &finding.finding.expected);
        self.field("received", &finding.finding.received);
        if let Some(pointer) = &finding.finding.pointer {
            self.field("where", pointer);
        }
        if let Some(authored) = &finding.finding.authored {
            // Its place is told above, and a caret is right only where the blanks before it are kept.
            for row in authored
                .lines()
                .filter(|row| !row.trim_start().starts_with("-->"))
            {
                let row = sanitise::log(&sanitise::cap(row, VALUE));
                let _ = writeln!(self.out, "  {:<9} {}", "", row.trim_end());
            }
        }
        let confirmed = text::confirmation(finding.confirmation);
        self.field("seen", &format!("{}. {confirmed}", text::seen(finding)));
        if !finding.fix.is_empty() {
            self.field("fix", &finding.fix);
        }
        for line in &finding.prepare {
            let _ = writeln!(self.out, "  {:<9} {}", "before", sanitise::log(line));
        }
        let labels = if finding.curl_before.is_some() {
            ("try", "then")
        } else {
            ("", "try")
        };
        for (label, command) in [(labels.0, &finding.curl_before), (labels.1, &finding.curl)] {
            if let Some(command) = command {
                // Whole: half a command is none.
                let command = sanitise::log(&text::command(command));
                let _ = writeln!(self.out, "  {label:<9} {command}");
            }
        }
        self.effects(finding);
    }

    fn effects(&mut self, finding: &FindingResult) {
        for effect in finding.effects.iter().take(EFFECTS) {
            let ids: Vec<&str> = effect.requirements.iter().map(|id| id.as_str()).collect();
            let title = format!(
                "{} {} ({}) {}",
                effect.number,
                effect.finding.title,
                ids.join(", "),
                effect.because.as_deref().unwrap_or_default()
            );
            self.field("effect", &title);
        }
        let rest = finding.effects.len().saturating_sub(EFFECTS);
        if rest > 0 {
            let more = text::count(rest as u64, "more effect");
            self.field("", &format!("{more} in the reports."));
        }
    }

    fn field(&mut self, name: &str, value: &str) {
        self.line(&format!("  {name:<9} "), &safe(value));
    }

    fn open(&mut self, summary: &Summary) {
        let reasons = view::reasons(summary);
        let untested: Vec<_> = summary
            .requirements
            .iter()
            .filter(|result| result.standing == Standing::NotTested)
            .collect();
        if reasons.is_empty() && untested.is_empty() && summary.withheld().next().is_none() {
            return;
        }
        self.heading("Not verified");
        for exclusion in summary.withheld().take(REASONS) {
            self.line(
                "  ",
                &safe(&format!("Left out for safety: {}", exclusion.reason)),
            );
        }
        let rest = reasons.len().saturating_sub(REASONS);
        for ((reason, responsible), (requirements, _)) in reasons.into_iter().take(REASONS) {
            let ids: Vec<String> = requirements
                .iter()
                .take(IDS)
                .map(|result| result.requirement.id.to_string())
                .collect();
            let more = match requirements.len().saturating_sub(IDS) {
                0 => String::new(),
                more => format!(" and {more} more"),
            };
            self.line(
                "  ",
                &format!(
                    "{} ({}): {}{more}",
                    safe(&reason),
                    responsible.label(),
                    safe(&ids.join(", "))
                ),
            );
        }
        if rest > 0 {
            let more = text::count(rest as u64, "more reason");
            self.line("  ", &format!("{more} in the reports."));
        }
        for result in untested.iter().take(REASONS) {
            let id = &result.requirement.id;
            self.line(
                "  ",
                &safe(&format!("{id} is not tested: {}", result.reason)),
            );
        }
    }

    fn tiers(&mut self, summary: &Summary) {
        if summary.tiers.is_empty() {
            return;
        }
        self.heading("Supplier tier");
        self.line("  ", &text::tier(summary));
        for result in &summary.tiers {
            let word = if result.shown { "shown" } else { "not shown" };
            let prefix = format!("  {:<6} ", result.tier.label());
            self.line(&prefix, &format!("{word}: {}", safe(&result.reason)));
        }
    }

    fn verdict(&mut self, summary: &Summary) {
        use anstyle::AnsiColor as C;
        let (colour, mark) = match summary.conformance {
            Conformance::Conformant => (C::Green, "✓"),
            Conformance::NonConformant => (C::Red, "✕"),
            Conformance::Undetermined => (C::Yellow, "?"),
        };
        self.blank();
        let plain = format!("{mark} {} ", text::word(summary).to_uppercase());
        let prefix = format!("{} ", self.of(colour, plain.trim_end()));
        let about = safe(&text::verdict(summary));
        self.painted(&prefix, &plain, &about, anstyle::Style::new());
        for reason in &summary.gate {
            self.line("  ", &safe(reason));
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
            (counts.not_selected, "not selected", C::White),
        ]
        .into_iter()
        .filter(|(number, ..)| *number > 0)
        .map(|(number, word, colour)| self.of(colour, &format!("{number} {word}")))
        .collect();
        let _ = writeln!(
            self.out,
            "{}; requirements: {}. {} in {}. Exit code {}.",
            text::capital(&text::causes(summary)),
            parts.join(", "),
            text::requests(summary),
            text::duration(summary.took_us),
            summary.exit_code
        );
    }
}

/// The lines of a text; one where there is no width.
fn wrapped(text: &str, width: Option<usize>) -> Vec<String> {
    /// Narrower than this nothing can be read.
    const LEAST: usize = 20;
    let Some(width) = width.map(|width| width.max(LEAST)) else {
        return vec![text.to_owned()];
    };
    let mut lines = vec![String::new()];
    for word in text.split(' ').filter(|word| !word.is_empty()) {
        let is_full = lines.last().is_some_and(|line| {
            !line.is_empty() && line.chars().count() + 1 + word.chars().count() > width
        });
        if is_full {
            lines.push(String::new());
        }
        if let Some(line) = lines.last_mut() {
            if !line.is_empty() {
                line.push(' ');
            }
            line.push_str(word);
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_line_is_wrapped_between_words() {
        assert_eq!(
            wrapped("one two three four five six", Some(10)),
            ["one two three four", "five six"],
            "no narrower than can be read"
        );
        assert_eq!(wrapped("one two three", None), ["one two three"]);
        assert_eq!(wrapped("", Some(40)), [""]);
    }
}

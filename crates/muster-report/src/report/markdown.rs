//! `summary.md`, for the summary page of a CI job: short, and safe to be put into a page of somebody else.

use std::fmt::Write as _;

use super::{Format, sanitise, text, view};
use crate::summary::{FindingResult, Summary};
use muster_core::{model::Level, verdict::Conformance};

/// CI systems cut or refuse longer ones; GitHub's comments end at 65,536.
const ROOM: usize = 60_000;
/// How many places of one finding are shown.
const PLACES: usize = 20;
/// What a closing note may take of it.
const RESERVE: usize = 600;

/// `summary.md`.
pub(super) const FORMAT: Format = Format {
    name: "markdown",
    file: "summary.md",
    about: "a short summary, for the summary page of a CI job",
    in_folder: true,
    render: |summary, _| render(summary),
};

/// Writes the summary as Markdown.
#[must_use]
pub fn render(summary: &Summary) -> String {
    let mut page = Page::default();
    page.head(summary);
    page.findings(summary);
    page.open(summary);
    page.classes(summary);
    page.rights(summary);
    page.operations(summary);
    page.latency(summary);
    page.coverage(summary);
    page.end(summary)
}

#[derive(Default)]
struct Page {
    text: String,
    left_out: bool,
}

/// ` of Example Ltd`; nothing where the target file names no supplier.
fn supplied(supplier: &str) -> String {
    if supplier.trim().is_empty() {
        return String::new();
    }
    format!(" of {}", prose(supplier))
}

impl Page {
    /// Adds a part whole, or not at all.
    fn add(&mut self, part: &str) -> bool {
        if self.text.len() + part.len() + RESERVE > ROOM {
            self.left_out = true;
            return false;
        }
        self.text.push_str(part);
        true
    }

    fn head(&mut self, summary: &Summary) {
        let start = &summary.started;
        let counts = &summary.counts;
        let mark = match summary.conformance {
            Conformance::Conformant => "✅",
            Conformance::NonConformant => "❌",
            Conformance::Undetermined => "❓",
        };
        let mut part = format!(
            "## {mark} {}\n\n{}\n\n",
            text::capital(text::word(summary)),
            prose(&text::verdict(summary))
        );
        for reason in &summary.gate {
            let _ = writeln!(part, "- {}", prose(reason));
        }
        let _ = write!(
            part,
            "\n| passed | failed | warnings | inconclusive | errors | waived | attested | not applicable | not tested |\n|--:|--:|--:|--:|--:|--:|--:|--:|--:|\n| {} | {} | {} | {} | {} | {} | {} | {} | {} |\n\n",
            counts.passed,
            counts.failed,
            counts.warnings,
            counts.inconclusive,
            counts.errors,
            counts.waived,
            counts.attested,
            counts.not_applicable,
            counts.not_tested
        );
        let _ = write!(
            part,
            "{}{}, contract {} ({}), {}, {} in {}, seed {}.\n\n",
            code(&start.target),
            supplied(&start.supplier),
            code(&start.contract.title),
            code(&format!("sha256:{}", start.contract.sha256)),
            prose(&start.at),
            text::requests(summary),
            text::duration(summary.took_us),
            start.seed
        );
        self.add(&sanitise::cap(&part, ROOM / 2));
    }

    fn findings(&mut self, summary: &Summary) {
        if summary.findings.is_empty() {
            return;
        }
        self.add(&format!("### Findings\n\n{}.\n\n", text::causes(summary)));
        for (at, finding) in summary.findings.iter().enumerate() {
            if !self.add(&one(summary, finding)) {
                let rest = summary.findings.len() - at;
                self.text.push_str(&format!(
                    "{} are in `report.html`.\n\n",
                    text::count(rest as u64, "more finding")
                ));
                break;
            }
        }
    }

    fn open(&mut self, summary: &Summary) {
        let reasons = view::reasons(summary);
        if reasons.is_empty() {
            return;
        }
        let mut part = String::from(
            "### Not verified\n\n| reason | responsible | leaves open |\n|---|---|---|\n",
        );
        let rest = reasons.len().saturating_sub(40);
        for ((reason, responsible), (requirements, _)) in reasons.into_iter().take(40) {
            let ids: Vec<String> = requirements
                .iter()
                .take(12)
                .map(|result| code(result.requirement.id.as_str()))
                .collect();
            let more = if requirements.len() > 12 { ", …" } else { "" };
            let _ = writeln!(
                part,
                "| {} | {} | {}{more} |",
                prose(&sanitise::cap(&reason, 300)),
                responsible.label(),
                ids.join(", ")
            );
        }
        if rest > 0 {
            let _ = writeln!(part, "\n{}.", text::count(rest as u64, "more reason"));
        }
        part.push('\n');
        self.add(&part);
    }

    fn classes(&mut self, summary: &Summary) {
        let mut part = String::from(
            "### Classes\n\n| class | conformance | passed | failed |\n|---|---|--:|--:|\n",
        );
        for class in &summary.classes {
            let word = match (class.selected, class.conformance) {
                (false, _) => "not claimed",
                (true, None) => "no MUST applied",
                (true, Some(rolled)) => rolled.label(),
            };
            let _ = writeln!(
                part,
                "| {} | {word} | {} | {} |",
                prose(&class.class.title),
                class.counts.passed,
                class.counts.failed
            );
        }
        part.push('\n');
        self.add(&part);
        self.tiers(summary);
    }

    fn tiers(&mut self, summary: &Summary) {
        if summary.tiers.is_empty() {
            return;
        }
        let mut part = format!("### Supplier tier\n\n{}\n\n", prose(&text::tier(summary)));
        for result in &summary.tiers {
            let _ = writeln!(
                part,
                "- **{}**, {}: {}",
                result.tier.label(),
                if result.shown { "shown" } else { "not shown" },
                prose(&result.reason)
            );
        }
        part.push('\n');
        self.add(&part);
    }

    fn rights(&mut self, summary: &Summary) {
        let grid = view::rights::Grid::of(summary);
        if grid.rows.is_empty() {
            return;
        }
        let mut table = String::from("| Operation |");
        for column in &grid.columns {
            let head = match column.records.as_str() {
                "" => column.caller.clone(),
                records => format!("{} ({records})", column.caller),
            };
            let _ = write!(table, " {} |", prose(&sanitise::cap(&head, 80)));
        }
        table.push_str("\n|---|");
        table.push_str(&"---|".repeat(grid.columns.len()));
        table.push('\n');
        for row in grid.rows.iter().take(200) {
            let _ = write!(table, "| {} |", code(&row.operation));
            for held in &row.cells {
                match held {
                    Some(held) => {
                        let mark = match held.tone {
                            "pass" => "✅",
                            "fail" => "❌",
                            _ => "❔",
                        };
                        let _ = write!(table, " {mark} {}", prose(&held.received));
                        if held.tone != "pass" {
                            let _ = write!(table, " (promised: {})", prose(&held.expected));
                        }
                        table.push_str(" |");
                    }
                    None => table.push_str(" – |"),
                }
            }
            table.push('\n');
        }
        self.add(&format!(
            "<details><summary>Who may do what</summary>\n\n{table}\n</details>\n\n"
        ));
    }

    fn operations(&mut self, summary: &Summary) {
        let unreached: Vec<String> = summary
            .operations
            .iter()
            .filter(|one| !one.reached)
            .take(50)
            .map(|one| {
                let reason = one.gap.as_ref().map_or("", |gap| gap.reason.as_str());
                format!(
                    "- {}: {}\n",
                    code(&one.operation.to_string()),
                    prose(&sanitise::cap(reason, 300))
                )
            })
            .collect();
        if !unreached.is_empty() {
            self.add(&format!(
                "<details><summary>Operations that gave no success answer</summary>\n\n{}\n</details>\n\n",
                unreached.concat()
            ));
        }
    }

    fn latency(&mut self, summary: &Summary) {
        if summary.latency.is_empty() {
            return;
        }
        let mut part = String::from(
            "<details><summary>Times at a constant rate</summary>\n\n| operation | answers | p50 | p95 | p99 | longest |\n|---|---|---|---|---|---|\n",
        );
        for one in summary.latency.iter().take(50) {
            let [p50, p95, p99, longest] =
                [one.p50_us, one.p95_us, one.p99_us, one.max_us].map(text::duration);
            let _ = writeln!(
                part,
                "| {} | {} | {p50} | {p95} | {p99} | {longest} |",
                code(&one.operation.to_string()),
                one.samples,
            );
        }
        part.push_str("\n</details>\n\n");
        self.add(&part);
    }

    fn coverage(&mut self, summary: &Summary) {
        let mut part =
            "### Coverage of the contract\n\n| | seen | of |\n|---|--:|--:|\n".to_owned();
        for row in view::coverage::totals(summary) {
            let _ = writeln!(
                part,
                "| {}, {} | {} | {} |",
                row.name, row.about, row.seen, row.total
            );
        }
        part.push('\n');
        if !self.add(&part) {
            return;
        }
        let mut part =
            "<details><summary>By operation</summary>\n\n| operation | valid, 2xx |".to_owned();
        for (.., short) in view::coverage::ASPECTS {
            let _ = write!(part, " {} |", short.to_lowercase());
        }
        part.push_str("\n|---|");
        part.push_str(&"--:|".repeat(view::coverage::ASPECTS.len() + 1));
        part.push('\n');
        for row in view::coverage::rows(summary) {
            let _ = writeln!(
                part,
                "| {} | {} | {} |",
                code(&row.operation),
                row.succeeded,
                row.shares.join(" | ")
            );
        }
        part.push_str("\nWhat was never seen is in `report.html`.\n\n</details>\n\n");
        self.add(&part);
    }

    fn end(mut self, summary: &Summary) -> String {
        if self.left_out {
            self.text
                .push_str("Some of the results did not fit here: see `report.html`.\n\n");
        }
        let _ = writeln!(
            self.text,
            "<sub>Muster {}, run {}, exit code {}.</sub>",
            prose(&sanitise::cap(&summary.started.muster, 40)),
            code(&sanitise::cap(&summary.started.run_id, 100)),
            summary.exit_code
        );
        self.text
    }
}

fn one(summary: &Summary, finding: &FindingResult) -> String {
    let mark = match (finding.waived, finding.level) {
        (true, _) => "waived",
        (false, Level::Must) => "MUST",
        (false, Level::Should) => "SHOULD",
        (false, Level::May) => "MAY",
    };
    let short = |text: &str| sanitise::cap(text, 600);
    let mut part = format!(
        "<details><summary><b>{}</b> {mark}: {}</summary>\n\n",
        finding.number,
        prose(&short(&finding.finding.title))
    );
    for id in &finding.requirements {
        if let Some(result) = summary.requirement(id) {
            let _ = writeln!(
                part,
                "- {} {}: {} ({})",
                code(id.as_str()),
                result.requirement.level,
                prose(&result.requirement.statement),
                prose(&result.requirement.source.to_string())
            );
        }
    }
    let _ = writeln!(
        part,
        "- expected: {}",
        code(&short(&finding.finding.expected))
    );
    let _ = writeln!(
        part,
        "- received: {}",
        code(&short(&finding.finding.received))
    );
    if let Some(pointer) = &finding.finding.pointer {
        let _ = writeln!(part, "- where: {}", code(pointer));
    }
    if let Some(authored) = &finding.finding.authored {
        let _ = writeln!(part, "\n{}\n", block(&sanitise::cap(authored, 2_000)));
    }
    let _ = writeln!(part, "- seen: {}", prose(&text::seen(finding)));
    if !finding.places.is_empty() {
        part.push_str("\n| operation | what is wrong | received |\n|---|---|---|\n");
        for place in finding.places.iter().take(PLACES) {
            let operation = place.operation.as_ref().map(ToString::to_string);
            let _ = writeln!(
                part,
                "| {} | {} | {} |",
                code(&operation.unwrap_or_default()),
                prose(&sanitise::cap(&place.title, 200)),
                code(&sanitise::cap(&place.received, 100))
            );
        }
        let rest = finding.places.len().saturating_sub(PLACES);
        if rest > 0 {
            let _ = writeln!(
                part,
                "\n{} in `report.html`.",
                text::count(rest as u64, "more place")
            );
        }
        part.push('\n');
    }
    let confirmed = text::confirmation(finding.confirmation);
    if !confirmed.is_empty() {
        let _ = writeln!(part, "- {confirmed}");
    }
    if !finding.fix.is_empty() {
        let _ = writeln!(part, "- how to fix it: {}", prose(&finding.fix));
    }
    let commands = finding.curl_before.iter().chain(&finding.curl);
    let lines: Vec<String> = finding
        .prepare
        .iter()
        .cloned()
        .chain(commands.map(|curl| sanitise::cap(&text::command(curl), 2_000)))
        .collect();
    if !lines.is_empty() {
        let _ = write!(part, "\n{}\n", block(&lines.join("\n")));
    }
    for effect in &finding.effects {
        let ids: Vec<String> = effect
            .requirements
            .iter()
            .map(|id| code(id.as_str()))
            .collect();
        let _ = writeln!(
            part,
            "- effect **{}** ({}): {} {}",
            effect.number,
            ids.join(", "),
            prose(&short(&effect.finding.title)),
            prose(effect.because.as_deref().unwrap_or_default())
        );
    }
    part.push_str("\n</details>\n\n");
    part
}

/// Text in which nothing is markup, a link, a mention or a reference.
fn prose(raw: &str) -> String {
    let line = sanitise::line(raw);
    let mut out = String::with_capacity(line.len() + 16);
    for c in line.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '@' => out.push_str("&#64;"),
            '#' => out.push_str("&#35;"),
            '|' => out.push_str("&#124;"),
            '\\' | '`' | '*' | '_' | '[' | ']' | '~' | '!' | '$' => {
                out.push('\\');
                out.push(c);
            }
            c => out.push(c),
        }
    }
    // Nothing that a reader could be made to click on.
    out.replace("://", "&#58;//").replace("www.", "www&#46;")
}

/// Text as inline code: an element rather than backticks, which end at other places in other readers.
fn code(raw: &str) -> String {
    let text = prose(raw);
    if text.is_empty() {
        text
    } else {
        format!("<code>{text}</code>")
    }
}

/// Text as a block of code.
fn block(raw: &str) -> String {
    let text = sanitise::text(raw)
        .replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;");
    format!("<pre><code>{text}</code></pre>")
}

//! Sentences that several reports share (owner of [`finding`]).

use super::basis;
use crate::{
    event::Confirmation,
    summary::{
        CaseResult, FindingResult, LeftInShort, Partial, Place, RequirementResult, Standing,
        Summary, highest,
    },
};
use muster_core::{
    model::{Level, Verifier},
    verdict::{Conformance, Verdict},
};

/// The verdict of a run in one word: `partial` where it passed and is of a part of the profile alone. Waivers are named,
/// since without them the word would be another.
pub(crate) fn word(summary: &Summary) -> &'static str {
    match (summary.conformance, &summary.partial) {
        (Conformance::Conformant, Some(_)) => "partial",
        (Conformance::Conformant, None) if !basis::waivers(summary).is_empty() => {
            "conformant with waivers"
        }
        (conformance, _) => conformance.label(),
    }
}

/// The verdict of a part: `3 of 59 requirements of Police API 1.0.0 selected, all passed.`
fn part(summary: &Summary, part: Partial, about: &str) -> String {
    let counts = &summary.counts;
    let outcomes: Vec<String> = [
        (counts.failed, "failed"),
        (counts.errors, "in error"),
        (counts.inconclusive, "inconclusive"),
        (counts.warnings, "warned"),
        (counts.waived, "waived"),
        (counts.passed + counts.attested, "passed"),
    ]
    .into_iter()
    .filter(|(number, _)| *number > 0)
    .map(|(number, word)| format!("{number} {word}"))
    .collect();
    let outcome = if counts.passed > 0 && outcomes.len() == 1 {
        "all passed".to_owned()
    } else if outcomes.is_empty() {
        "none applied".to_owned()
    } else {
        outcomes.join(", ")
    };
    let left_out = if part.operations_left_out {
        " Operations were left out, too."
    } else {
        ""
    };
    let operations = match withheld(summary) {
        Some(operations) => format!("{left_out} {operations}"),
        None => left_out.to_owned(),
    };
    format!(
        "{} of {} of {about} selected, {outcome}: this says nothing of the rest.{operations}",
        part.selected,
        count(part.of.into(), "requirement"),
    )
}

/// The verdict of a run in one sentence, and in another what it rests on besides tests.
pub(crate) fn verdict(summary: &Summary) -> String {
    match basis::sentence(summary) {
        Some(basis) => format!("{} {basis}", conclusion(summary)),
        None => conclusion(summary),
    }
}

fn conclusion(summary: &Summary) -> String {
    let start = &summary.started;
    let about = format!("{} {}", start.profile.title, start.profile.version);
    let withheld = match summary.partial {
        Some(partial) if partial.selected < partial.of || partial.operations_left_out => {
            return part(summary, partial, &about);
        }
        Some(_) => withheld(summary).map_or_else(String::new, |one| format!(" {one}")),
        None => String::new(),
    };
    let sentence = match summary.conformance {
        Conformance::Conformant => format!("{} conforms to {about}.", start.target),
        Conformance::NonConformant => format!("{} does not conform to {about}.", start.target),
        Conformance::Undetermined => format!(
            "Whether {} conforms to {about} could not be determined.",
            start.target
        ),
    };
    sentence + &withheld
}

/// How many operations a sentence names.
const NAMED: usize = 3;

/// `This says nothing of POST /auth/logout, which was left out for safety.`
fn withheld(summary: &Summary) -> Option<String> {
    let left_out: Vec<String> = summary
        .withheld()
        .filter_map(|exclusion| exclusion.operation.as_ref())
        .map(ToString::to_string)
        .collect();
    let were = if left_out.len() == 1 { "was" } else { "were" };
    let what = match left_out.as_slice() {
        [] => return None,
        [one] => one.clone(),
        [most @ .., last] if left_out.len() <= NAMED => format!("{} and {last}", most.join(", ")),
        more => format!("{} operations", grouped(more.len() as u64)),
    };
    Some(format!(
        "This says nothing of {what}, which {were} left out for safety."
    ))
}

/// With a capital letter at its beginning.
pub(crate) fn capital(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map_or_else(String::new, |first| {
        first.to_uppercase().chain(letters).collect()
    })
}

/// `1 request`, `2 requests`.
pub(crate) fn count(number: u64, one: &str) -> String {
    if number == 1 {
        format!("1 {one}")
    } else {
        format!("{} {one}s", grouped(number))
    }
}

/// The requests of a run; those of cleaning up are told apart, since the budget does not count them.
pub(crate) fn requests(summary: &Summary) -> String {
    let all = count(summary.requests, "request");
    match summary.removals {
        0 => all,
        removals => format!("{all}, {} of them to clean up", grouped(removals)),
    }
}

/// What the target file says, or that it does not.
pub(crate) fn given(text: &str) -> &str {
    if text.trim().is_empty() {
        "not named"
    } else {
        text
    }
}

/// `47 records by POST /incidents, such as record 1, record 2 and record 3. It is not known how to remove them.`
pub(crate) fn left(group: &LeftInShort) -> String {
    let examples = match group.examples.as_slice() {
        [] => String::new(),
        [one] => one.clone(),
        [most @ .., last] => format!("{} and {last}", most.join(", ")),
    };
    let such = if group.count > group.examples.len() as u64 {
        ", such as"
    } else {
        ":"
    };
    format!(
        "{} by {}{such} {examples}. {}",
        count(group.count, "record"),
        group.operation,
        group.reason
    )
}

/// `12,345`.
pub(crate) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// `12 ms`, `3.4 s`, `2 min 5 s`.
#[must_use]
pub fn duration(us: u64) -> String {
    match us {
        0..1_000 => format!("{us} µs"),
        1_000..1_000_000 => format!("{} ms", us / 1_000),
        1_000_000..60_000_000 => format!("{}.{} s", us / 1_000_000, us % 1_000_000 / 100_000),
        _ => format!("{} min {} s", us / 60_000_000, us % 60_000_000 / 1_000_000),
    }
}

/// `23 November 2026, 10:15 UTC`; what is no moment stays as it is.
pub(crate) fn moment(at: &str) -> String {
    use time::{OffsetDateTime, UtcOffset, format_description::well_known::Rfc3339};
    OffsetDateTime::parse(at, &Rfc3339).map_or_else(
        |_| at.to_owned(),
        |moment| {
            let moment = moment.to_offset(UtcOffset::UTC);
            format!(
                "{} {} {}, {:02}:{:02} UTC",
                moment.day(),
                moment.month(),
                moment.year(),
                moment.hour(),
                moment.minute()
            )
        },
    )
}

/// How a failure was confirmed, for a reader.
pub(crate) const fn confirmation(confirmation: Confirmation) -> &'static str {
    match confirmation {
        Confirmation::None => "",
        Confirmation::Repeated => "Reproduced: the same requests gave the same result again.",
        Confirmation::Flaky => {
            "Flaky: the same requests gave another result when they were repeated. It is still a failure."
        }
        Confirmation::Unrepeated => "It could not be repeated in this run.",
    }
}

/// Where a finding was seen: `3 times, on GET /people and 2 more operations`.
pub(crate) fn seen(finding: &FindingResult) -> String {
    let times = count(finding.seen, "time");
    match finding.operations.as_slice() {
        [] => times,
        [one] => format!("{times}, on {one}"),
        [one, rest @ ..] => format!(
            "{times}, on {one} and {}",
            count(rest.len() as u64, "more operation")
        ),
    }
}

/// A finding in one line that stands alone.
pub(crate) fn headline(summary: &Summary, result: &RequirementResult, one: &CaseResult) -> String {
    let requirement = &result.requirement;
    let head = format!(
        "{} {} ({})",
        requirement.id, requirement.level, requirement.source
    );
    let Some(finding) = one
        .findings
        .iter()
        .find_map(|number| summary.finding(number))
    else {
        return head;
    };
    let place = one
        .operation
        .as_ref()
        .map_or_else(String::new, |operation| format!(" on {operation}"));
    let more = match one.findings.len() {
        0 | 1 => String::new(),
        more => format!(" And {}.", count(more as u64 - 1, "more cause")),
    };
    format!(
        "{head}{place}: {}: {} Expected: {}. Received: {}.{more}",
        finding.number,
        finding.finding.title,
        unstopped(&finding.finding.expected),
        unstopped(&finding.finding.received)
    )
}

/// Without its full stop, for the middle of a sentence.
fn unstopped(text: &str) -> &str {
    text.trim_end_matches('.')
}

/// Of an effect: the finding that it follows from, and why.
pub(crate) fn follows(summary: &Summary, finding: &FindingResult) -> Option<String> {
    let because = finding.because.as_ref()?;
    let cause = summary.finding(finding.number.split('.').next()?)?;
    Some(format!(
        "Follows from {}: {} {because}",
        cause.number, cause.finding.title
    ))
}

/// One place of a finding that was seen in several: `POST /people, /age: What is wrong there. Received: 201.`
pub(crate) fn place(place: &Place) -> String {
    let mut text = String::new();
    if let Some(operation) = &place.operation {
        text.push_str(&format!("{operation}: "));
    }
    text.push_str(&format!(
        "{} Received: {}",
        place.title,
        unstopped(&place.received)
    ));
    if let Some(pointer) = &place.pointer {
        text.push_str(&format!(" (at {pointer})"));
    }
    text
}

/// `9 causes, with 4 effects`: how many findings there are.
pub(crate) fn causes(summary: &Summary) -> String {
    let effects: usize = summary.findings.iter().map(|one| one.effects.len()).sum();
    let causes = count(summary.findings.len() as u64, "finding");
    match effects {
        0 => causes,
        effects => format!(
            "{causes}, with {} below them",
            count(effects as u64, "effect")
        ),
    }
}

/// How long the lines of a command are.
const COMMAND: usize = 100;

/// A command for a POSIX shell, broken into lines between its words where it is long.
pub(crate) fn command(line: &str) -> String {
    let mut words: Vec<String> = vec![String::new()];
    let mut quote = None;
    let mut comment = "";
    for (at, sign) in line.char_indices() {
        match (quote, sign) {
            (None, '#') if words.last().is_some_and(String::is_empty) => {
                comment = line.get(at..).unwrap_or_default();
                break;
            }
            (None, ' ') => {
                words.push(String::new());
                continue;
            }
            (None, '\'' | '"') => quote = Some(sign),
            (Some(open), _) if open == sign => quote = None,
            _ => {}
        }
        if let Some(word) = words.last_mut() {
            word.push(sign);
        }
    }
    let mut text = String::new();
    let mut width = 0;
    let mut after_option = false;
    for word in words.iter().filter(|word| !word.is_empty()) {
        let length = word.chars().count();
        // The value of an option stays beside it.
        if width > 0 && width + length + 1 > COMMAND && !after_option {
            text.push_str(" \\\n  ");
            width = 2;
        } else if width > 0 {
            text.push(' ');
            width += 1;
        }
        text.push_str(word);
        width += length;
        after_option = matches!(
            word.as_str(),
            "-H" | "-X" | "-m" | "--data-binary" | "--data-raw" | "--cert" | "--key" | "--cacert"
        );
    }
    if !comment.is_empty() {
        text.push_str(&format!(" {comment}"));
    }
    text
}

/// A finding in full, one thing a line.
#[must_use]
pub fn finding(summary: &Summary, finding: &FindingResult) -> String {
    let mut lines = vec![
        format!("{}: {}", finding.number, finding.finding.title),
        format!("Expected: {}", finding.finding.expected),
        format!("Received: {}", finding.finding.received),
    ];
    if let Some(pointer) = &finding.finding.pointer {
        lines.push(format!("Where: {pointer}"));
    }
    if let Some(source) = &finding.finding.source {
        lines.push(format!(
            "Source: {}:{}:{}",
            source.file, source.line, source.column
        ));
    }
    if let Some(authored) = &finding.finding.authored {
        lines.push(authored.clone());
    }
    lines.extend(follows(summary, finding));
    lines.push(format!("Seen: {}", seen(finding)));
    if finding.places.is_empty() {
        for operation in finding.operations.iter().skip(1).take(20) {
            lines.push(format!("  also on {operation}"));
        }
    }
    for one in finding.places.iter().take(20) {
        lines.push(format!("  {}", place(one)));
    }
    for id in &finding.requirements {
        if let Some(result) = summary.requirement(id) {
            let requirement = &result.requirement;
            lines.push(format!(
                "Requirement: {id} {}: {} ({})",
                requirement.level, requirement.statement, requirement.source
            ));
        }
    }
    let confirmed = confirmation(finding.confirmation);
    if !confirmed.is_empty() {
        lines.push(confirmed.to_owned());
    }
    if let Some(observation) = finding.evidence.last() {
        lines.push(format!(
            "Exchange {}: {} {}",
            observation.id.0, observation.method, observation.url
        ));
    }
    for line in &finding.prepare {
        lines.push(format!("Before: {line}"));
    }
    if let Some(first) = &finding.curl_before {
        lines.push(format!("First: {}", command(first)));
    }
    if let Some(curl) = &finding.curl {
        lines.push(format!("Try it: {}", command(curl)));
    }
    if !finding.fix.is_empty() {
        lines.push(format!("How to fix: {}", finding.fix));
    }
    for effect in &finding.effects {
        lines.push(format!(
            "Effect {}: {} {}",
            effect.number,
            effect.finding.title,
            effect.because.as_deref().unwrap_or_default()
        ));
    }
    lines.join("\n")
}

/// The reasons of a case result that is no pass, with whose they are.
pub(crate) fn gaps(one: &CaseResult) -> String {
    let reasons: Vec<String> = one
        .gaps
        .iter()
        .map(|gap| format!("{} ({})", gap.reason, gap.responsible.label()))
        .collect();
    reasons.join(" ")
}

/// What a verifier is for, in a sentence, where it is a check.
pub(crate) fn purpose(by: &Verifier) -> Option<&'static str> {
    match by {
        Verifier::Check(id) => muster_checks::find(id.as_str()).map(|check| check.purpose),
        Verifier::Case(_) => None,
    }
}

/// Whether a failure at this level fails the gate.
pub(crate) const fn gating(summary: &Summary, level: Level) -> bool {
    match level {
        Level::Must => true,
        Level::Should => summary.started.fail_on_should,
        Level::May => false,
    }
}

/// The standing of one case result, as its requirement would stand if this were all.
pub(crate) fn standing(result: &RequirementResult, one: &CaseResult) -> Standing {
    if one.waived && one.verdict == Some(Verdict::Fail) {
        return Standing::Waived;
    }
    if !one.findings.is_empty() && !one.waived {
        return if result.requirement.level == Level::Must {
            Standing::Failed
        } else {
            Standing::Warned
        };
    }
    match one.verdict {
        None => Standing::NotApplicable,
        Some(Verdict::Pass) => Standing::Passed,
        Some(Verdict::Inconclusive) => Standing::Inconclusive,
        Some(Verdict::Fail) => Standing::Failed,
        Some(Verdict::Error) => Standing::Error,
    }
}
/// Which supplier tier the evidence supports, in a sentence.
pub(super) fn tier(summary: &Summary) -> String {
    match highest(&summary.tiers) {
        Some(tier) => format!(
            "The evidence of this run supports the InterOp-Pol supplier tier {}.",
            tier.label()
        ),
        None => "The evidence of this run supports no InterOp-Pol supplier tier yet.".to_owned(),
    }
}

//! The test cases that JUnit, CTRF and TAP write (owner of [`suites`]).
//!
//! The law: there is a failure or an error in the file exactly if the exit code is not 0, so that a CI
//! that looks at the file and one that looks at the exit code agree. So what does not gate is never red:
//!
//! | what became of it | MUST | SHOULD, MAY |
//! |---|---|---|
//! | passed, attested | success | success |
//! | failed | failure | skipped, `warning` (failure where the run was told to fail on SHOULD) |
//! | inconclusive | error, `inconclusive` | skipped, `inconclusive` |
//! | error | error, `error` | skipped, `error` |
//! | waived, not applicable, not tested | skipped | skipped |
//!
//! A warning is skipped rather than passed because GitLab and Jenkins show a reason for what is skipped
//! and hide the output of what passes; Jenkins marks a build as unstable for any failure.

use std::collections::HashSet;

use super::{evidence, sanitise, text};
use crate::{
    event::End,
    summary::{CaseResult, RequirementResult, Standing, Summary, WaiverState},
};
use muster_core::model::Level;

/// The longest name; readers use names as keys.
const NAME: usize = 400;
/// The longest message.
const MESSAGE: usize = 2_000;
/// GitLab refuses files of 30 MB: the details of all cases share this many characters.
const ROOM: usize = 12_000_000;

/// One suite.
pub(super) struct Suite {
    pub(super) name: String,
    pub(super) properties: Vec<(String, String)>,
    pub(super) cases: Vec<Case>,
}

/// One test case.
pub(super) struct Case {
    pub(super) classname: String,
    pub(super) name: String,
    pub(super) outcome: Outcome,
    /// Where in contract or suite it stands what was expected: file and line.
    pub(super) place: Option<(String, usize)>,
    pub(super) properties: Vec<(String, String)>,
    /// For `system-out`.
    pub(super) out: String,
}

impl Case {
    /// What is said of it, where it did not pass.
    pub(super) const fn told(&self) -> Option<&Told> {
        match &self.outcome {
            Outcome::Success => None,
            Outcome::Failure(told) | Outcome::Error(told) | Outcome::Skipped(told) => Some(told),
        }
    }
}

/// How it ended: kind, type, message, detail.
pub(super) enum Outcome {
    Success,
    Failure(Told),
    Error(Told),
    Skipped(Told),
}

/// What is said of a case that did not pass.
#[derive(Default)]
pub(super) struct Told {
    pub(super) kind: String,
    pub(super) message: String,
    pub(super) detail: String,
}

impl Told {
    fn new(kind: &str, message: &str, detail: &str, room: usize) -> Self {
        Self {
            kind: sanitise::xml_line(kind, NAME),
            message: sanitise::xml_line(message, MESSAGE),
            detail: sanitise::xml_text(detail, room),
        }
    }
}

/// Every suite, names unique, text still to be escaped by the writer.
pub(super) fn suites(summary: &Summary) -> Vec<Suite> {
    let profile = &summary.started.profile;
    let cases: usize = summary
        .requirements
        .iter()
        .map(|result| result.results.len().max(1))
        .sum();
    let room = (ROOM / cases.max(1)).clamp(400, 16_000);
    let mut suites = Vec::new();
    for class in &summary.classes {
        let classname = sanitise::xml_line(&format!("{}.{}", profile.id, class.class.id), NAME);
        let mut suite = Suite {
            properties: vec![
                ("title".into(), sanitise::xml_line(&class.class.title, NAME)),
                ("seed".into(), summary.started.seed.to_string()),
            ],
            name: classname.clone(),
            cases: Vec::new(),
        };
        for result in summary
            .requirements
            .iter()
            .filter(|result| result.requirement.class == class.class.id)
        {
            if result.results.is_empty() {
                suite.cases.push(alone(summary, result, &classname, room));
            }
            for one in &result.results {
                suite
                    .cases
                    .push(case(summary, result, one, &classname, room));
            }
        }
        suites.push(suite);
    }
    let red = suites.iter().flat_map(|suite| &suite.cases).any(is_red);
    suites.push(run(summary, red));
    for suite in &mut suites {
        make_unique(&mut suite.cases);
    }
    suites
}

const fn is_red(case: &Case) -> bool {
    matches!(case.outcome, Outcome::Failure(_) | Outcome::Error(_))
}

/// GitLab drops a second case of one name.
fn make_unique(cases: &mut [Case]) {
    let mut seen = HashSet::new();
    for case in cases {
        let name = case.name.clone();
        let mut again = 1;
        while !seen.insert(case.name.clone()) {
            again += 1;
            case.name = format!("{name} ({again})");
        }
    }
}

fn properties(summary: &Summary, result: &RequirementResult) -> Vec<(String, String)> {
    let requirement = &result.requirement;
    vec![
        ("requirement".into(), requirement.id.to_string()),
        ("level".into(), requirement.level.to_string()),
        ("source".into(), requirement.source.to_string()),
        ("seed".into(), summary.started.seed.to_string()),
    ]
}

fn clean(properties: Vec<(String, String)>) -> Vec<(String, String)> {
    properties
        .into_iter()
        .map(|(name, value)| (name, sanitise::xml_line(&value, MESSAGE)))
        .collect()
}

/// A requirement that nothing verified: attested, not tested, or of a class that does not count.
fn alone(summary: &Summary, result: &RequirementResult, classname: &str, room: usize) -> Case {
    let requirement = &result.requirement;
    let told = |kind: &str| {
        Told::new(
            kind,
            &format!(
                "{} {} ({}): {}",
                requirement.id, requirement.level, requirement.source, result.reason
            ),
            &requirement.statement,
            room,
        )
    };
    let outcome = outcome(summary, requirement.level, result.standing, told);
    Case {
        classname: classname.to_owned(),
        name: sanitise::xml_line(requirement.id.as_str(), NAME),
        outcome,
        place: None,
        properties: clean(properties(summary, result)),
        out: sanitise::xml_text(&result.reason, room),
    }
}

fn outcome(
    summary: &Summary,
    level: Level,
    standing: Standing,
    told: impl Fn(&str) -> Told,
) -> Outcome {
    let must = level == Level::Must;
    match standing {
        Standing::Passed | Standing::Attested => Outcome::Success,
        Standing::Failed | Standing::Warned if text::gating(summary, level) => {
            Outcome::Failure(told("failure"))
        }
        Standing::Failed | Standing::Warned => Outcome::Skipped(told("warning")),
        Standing::Inconclusive if must => Outcome::Error(told("inconclusive")),
        Standing::Inconclusive => Outcome::Skipped(told("inconclusive")),
        Standing::Error if must => Outcome::Error(told("error")),
        Standing::Error => Outcome::Skipped(told("error")),
        Standing::Waived => Outcome::Skipped(told("waived")),
        Standing::NotApplicable => Outcome::Skipped(told("not-applicable")),
        Standing::NotTested => Outcome::Skipped(told("not-tested")),
        Standing::NotSelected => Outcome::Skipped(told("not-selected")),
    }
}

fn case(
    summary: &Summary,
    result: &RequirementResult,
    one: &CaseResult,
    classname: &str,
    room: usize,
) -> Case {
    let requirement = &result.requirement;
    let standing = text::standing(result, one);
    let name = one.operation.as_ref().map_or_else(
        || format!("{} [{}]", requirement.id, one.by),
        |operation| format!("{} {operation} [{}]", requirement.id, one.by),
    );
    let findings: Vec<String> = one
        .findings
        .iter()
        .take(20)
        .filter_map(|number| summary.finding(number))
        .map(|finding| text::finding(summary, finding))
        .chain(evidence::decisive(summary, one).map(evidence::exchange))
        .collect();
    let detail = findings.join("\n\n");
    let head = format!(
        "{} {} ({})",
        requirement.id, requirement.level, requirement.source
    );
    let told = |kind: &str| {
        let message = match standing {
            Standing::Failed => text::headline(summary, result, one),
            Standing::Warned => format!("warning: {}", text::headline(summary, result, one)),
            Standing::Waived => format!("{head}: {}", waiver(summary, result, one)),
            Standing::NotApplicable => format!(
                "{head}: not applicable: {}",
                one.not_applicable.as_deref().unwrap_or_default()
            ),
            _ => format!("{head}: {kind}: {}", text::gaps(one)),
        };
        let kind = if kind == "failure" {
            one.by.to_string()
        } else {
            kind.to_owned()
        };
        Told::new(&kind, &message, &detail, room)
    };
    let outcome = outcome(summary, requirement.level, standing, told);
    let mut properties = properties(summary, result);
    if let Some(operation) = &one.operation {
        properties.push(("operation".into(), operation.to_string()));
    }
    properties.push(("verifier".into(), one.by.to_string()));
    properties.push(("judged".into(), one.judged.to_string()));
    if !one.findings.is_empty() {
        properties.push(("finding".into(), one.findings.join(", ")));
    }
    let findings = || {
        one.findings
            .iter()
            .filter_map(|number| summary.finding(number))
    };
    if let Some(pointer) = findings().find_map(|finding| finding.finding.pointer.as_deref()) {
        properties.push(("pointer".into(), pointer.to_owned()));
    }
    let place = findings()
        .find_map(|finding| finding.finding.source.as_ref())
        .filter(|source| !source.file.contains(":/"))
        .map(|source| (sanitise::xml_line(&source.file, NAME), source.line));
    if let Some((file, line)) = &place {
        properties.push(("source-line".into(), format!("{file}:{line}")));
    }
    Case {
        classname: classname.to_owned(),
        name: sanitise::xml_line(&name, NAME),
        place,
        out: match &outcome {
            // What is skipped has no room for a detail of its own in every reader.
            Outcome::Skipped(told) if !told.detail.is_empty() => told.detail.clone(),
            _ => String::new(),
        },
        outcome,
        properties: clean(properties),
    }
}

fn waiver(summary: &Summary, result: &RequirementResult, one: &CaseResult) -> String {
    summary
        .started
        .waivers
        .iter()
        .find(|waiver| {
            waiver.in_date(&summary.started.today)
                && waiver.covers(&result.requirement.id, &one.by, one.operation.as_ref())
        })
        .map_or_else(
            || "waived".to_owned(),
            |waiver| {
                format!(
                    "waived until {}, {} mends it, {} accepted it: {}",
                    waiver.expires, waiver.owner, waiver.approved_by, waiver.reason
                )
            },
        )
}

/// The run itself: its end, its waivers, and whatever else keeps the exit code from 0.
fn run(summary: &Summary, red: bool) -> Suite {
    let classname = sanitise::xml_line(&format!("{}.run", summary.started.profile.id), NAME);
    let case = |name: &str, outcome| Case {
        classname: classname.clone(),
        name: sanitise::xml_line(name, NAME),
        outcome,
        place: None,
        properties: vec![("seed".into(), summary.started.seed.to_string())],
        out: String::new(),
    };
    let told = |kind: &str, message: &str| Told::new(kind, message, "", MESSAGE);
    let mut cases = vec![case(
        "the run reached its end",
        match &summary.end {
            End::Complete => Outcome::Success,
            End::Interrupted => Outcome::Error(told("interrupted", "The run was interrupted.")),
            End::Stopped {
                reason,
                responsible,
            } => Outcome::Error(told(
                "stopped",
                &format!("The run stopped: {reason} ({})", responsible.label()),
            )),
        },
    )];
    for result in &summary.waivers {
        let name = format!("waiver of {}", result.waiver.scope());
        let outcome = match result.state {
            WaiverState::Used => Outcome::Success,
            WaiverState::Idle => Outcome::Skipped(told("idle", result.state.meaning())),
            WaiverState::Expired => Outcome::Failure(told(
                "waiver.expired",
                &format!(
                    "Delete {}: it ran out on {}.",
                    result.waiver.place(),
                    result.waiver.expires
                ),
            )),
            WaiverState::Stale => Outcome::Failure(told(
                "waiver.stale",
                &format!(
                    "Delete {}: what it accepts now passes.",
                    result.waiver.place()
                ),
            )),
        };
        cases.push(case(&name, outcome));
    }
    if summary.exit_code != 0 && !red && !cases.iter().any(is_red) {
        cases.push(case(
            "the profile is verified",
            Outcome::Error(told("undetermined", &summary.gate.join(" "))),
        ));
    }
    Suite {
        name: classname.clone(),
        properties: vec![
            ("title".into(), "The run itself".into()),
            ("seed".into(), summary.started.seed.to_string()),
            ("findings".into(), summary.findings.len().to_string()),
            (
                "verdict".into(),
                sanitise::xml_line(&text::verdict(summary), MESSAGE),
            ),
        ],
        cases,
    }
}

/// What verifies a case, for a reader who has no properties.
pub(super) fn property_lines(case: &Case) -> String {
    let lines: Vec<String> = case
        .properties
        .iter()
        .map(|(name, value)| format!("{name}: {value}"))
        .collect();
    lines.join("\n")
}

//! The events of a run folded into what every report shows (owner of [`Summary`]).
//!
//! [`fold`] reads the events twice: once to count and judge, once to pick the exchanges that the
//! findings cite. So it holds what it found, not what was sent, however long the run was.

mod cases;
mod causes;
mod commands;
mod conclude;
mod findings;
mod fold;
mod gate;
mod latency;
mod planted;
mod rights;
mod tally;
mod tier;

#[doc(hidden)]
pub mod fixture;
#[cfg(test)]
mod laws;

pub use fold::{Fold, NoRun, fold};
pub use latency::LatencyResult;
pub use rights::Right;
pub use tier::{Tier, TierResult, highest};

use serde::{Deserialize, Serialize};

use crate::{
    event::{Confirmation, End, Planned, Started},
    waiver::Waiver,
};
use muster_core::{
    coverage::Aspect,
    model::{Class, Interoperability, OperationKey, Requirement, Verifier},
    observation::Observation,
    verdict::{Conformance, Finding, Unverified, Verdict},
};

/// Everything a report shows. Written whole as `results.json`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Summary {
    /// The version of this format.
    pub format: u32,
    /// What was known before the first request.
    pub started: Started,
    /// What was planned.
    pub planned: Planned,
    /// Why the run ended.
    pub end: End,
    /// Requests sent, removals among them.
    pub requests: u64,
    /// Requests of cleaning up, which the budget does not count.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub removals: u64,
    /// How long the run took, in microseconds.
    pub took_us: u64,
    /// Of the profile as a whole.
    pub conformance: Conformance,
    /// The exit code that `muster run` ended with (DESIGN §4).
    pub exit_code: u8,
    /// How much of the profile was selected; none where `--only` and `--skip` left nothing out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub partial: Option<Partial>,
    /// Why the exit code is not 0, in sentences; empty where it is.
    pub gate: Vec<String>,
    /// By class, in profile order.
    pub classes: Vec<ClassResult>,
    /// By requirement, in profile order.
    pub requirements: Vec<RequirementResult>,
    /// One per cause, worst level first, then by first appearance; what follows from a cause stands below it.
    pub findings: Vec<FindingResult>,
    /// By operation of the contract, in document order.
    pub operations: Vec<OperationResult>,
    /// What was measured at a constant rate, in document order; empty where nothing was.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub latency: Vec<LatencyResult>,
    /// Who may do what, as it was tried; empty where nobody's rights were.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rights: Vec<Right>,
    /// By PDS interoperability level.
    pub levels: Vec<LevelResult>,
    /// By InterOp-Pol supplier tier; empty for profiles that ask for none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tiers: Vec<TierResult>,
    /// Waivers and what became of them.
    pub waivers: Vec<WaiverResult>,
    /// What a reader should know that is no judgement.
    pub notices: Vec<Unverified>,
    /// Records that the run made and could not remove.
    pub left_behind: Vec<String>,
    /// The same by operation and reason, for readers: a run may leave hundreds where an API removes nothing.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub left_in_short: Vec<LeftInShort>,
    /// Counts.
    pub counts: Counts,
}

/// A run of a part of a profile: its verdict is of that part alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Partial {
    /// Requirements that were selected.
    pub selected: u32,
    /// Requirements that count for this target.
    pub of: u32,
    /// Whether operations were left out too, so that a requirement was verified on some of its operations alone.
    pub operations_left_out: bool,
    /// How many operations were left out for safety.
    #[serde(default)]
    pub withheld: u64,
}

/// A line of the journal that could not be read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Damage {
    /// The file.
    pub file: String,
    /// The line, from 1.
    pub line: u64,
    /// The column where reading ended, from 1.
    pub column: u64,
    /// Why.
    pub reason: String,
}

impl std::fmt::Display for Damage {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self {
            file,
            line,
            column,
            reason,
        } = self;
        write!(f, "{file}:{line}:{column}: {reason}")
    }
}

/// Records of one operation that were left behind for one reason.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeftInShort {
    /// The operation that made them.
    pub operation: OperationKey,
    /// Why they are still there.
    pub reason: String,
    /// How many there are.
    pub count: u64,
    /// The first of them: what removes it, or its number in the run.
    pub examples: Vec<String>,
}

/// Requirements counted by what became of them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the names say it")]
pub struct Counts {
    pub passed: u32,
    pub failed: u32,
    /// Failed SHOULDs and MAYs.
    pub warnings: u32,
    pub inconclusive: u32,
    pub waived: u32,
    pub not_applicable: u32,
    pub not_tested: u32,
    pub attested: u32,
    pub errors: u32,
    #[serde(default, skip_serializing_if = "is_zero")]
    pub not_selected: u32,
}

fn is_zero<N: Default + PartialEq>(number: &N) -> bool {
    *number == N::default()
}

/// What became of a class.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClassResult {
    /// The class.
    pub class: Class,
    /// Whether it counted (core, or its capability is claimed).
    pub selected: bool,
    /// Its conformance; none where it does not count, or none of its MUSTs applied.
    pub conformance: Option<Conformance>,
    /// Its requirements counted.
    pub counts: Counts,
}

/// What became of a requirement.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[expect(missing_docs, reason = "the names say it")]
pub enum Standing {
    Passed,
    Failed,
    /// A SHOULD or MAY that failed.
    Warned,
    Inconclusive,
    /// Failed, and accepted in date.
    Waived,
    /// Left out, with a reason.
    NotApplicable,
    /// Declared as not tested by the profile.
    NotTested,
    /// Stated by a person.
    Attested,
    /// Muster or the case went wrong.
    Error,
    /// Left out by `--only` or `--skip`: outside the verdict.
    NotSelected,
}

/// One requirement.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RequirementResult {
    /// The requirement.
    pub requirement: Requirement,
    /// What became of it.
    pub standing: Standing,
    /// The worst verdict, where anything was judged.
    pub verdict: Option<Verdict>,
    /// The reason for anything but a pass, in a sentence or two.
    pub reason: String,
    /// By verifier and operation: one JUnit case each. Empty where a person attests it, nobody tests it,
    /// or its class does not count.
    pub results: Vec<CaseResult>,
}

/// What one verifier says of one operation (or of the target as a whole), over the whole run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CaseResult {
    /// The check or case.
    pub by: Verifier,
    /// The operation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub operation: Option<OperationKey>,
    /// The worst verdict; none where it does not apply.
    pub verdict: Option<Verdict>,
    /// How often it was judged.
    pub judged: u64,
    /// Why it is not a pass.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub gaps: Vec<Unverified>,
    /// Why it does not apply.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub not_applicable: Option<String>,
    /// The numbers (`F1`…) of its findings in [`Summary::findings`].
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub findings: Vec<String>,
    /// The exchange that shows its failure here, bodies cut short; left out where the finding shows the same one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exchange: Option<Box<Observation>>,
    /// Whether its failure is waived in date.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub waived: bool,
}

/// One cause, wherever it was seen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FindingResult {
    /// Its number in this report, `F1`…
    pub number: String,
    /// The check or case.
    pub by: Verifier,
    /// The requirements it fails.
    pub requirements: Vec<muster_core::model::RequirementId>,
    /// The highest level of them and of those that its effects fail.
    pub level: muster_core::model::Level,
    /// The finding, as first seen.
    pub finding: Finding,
    /// Whether it and every effect of it are accepted in date.
    pub waived: bool,
    /// How it was confirmed.
    pub confirmation: Confirmation,
    /// How often it was seen.
    pub seen: u64,
    /// The operations it was seen on.
    pub operations: Vec<OperationKey>,
    /// Each place, where the mistake was seen in several properties or operations in different ways.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub places: Vec<Place>,
    /// The exchanges that show it, the decisive one last; at most five.
    pub evidence: Vec<Observation>,
    /// What to do before the commands: start the target, set variables, fill in an id.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub prepare: Vec<String>,
    /// A `curl` line that shows it, secrets as variables.
    pub curl: Option<String>,
    /// The `curl` line of the write that is to be sent first, where it shows only in what is read then.
    pub curl_before: Option<String>,
    /// How to fix it.
    pub fix: String,
    /// Of an effect: why it follows from the finding that it stands below.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub because: Option<String>,
    /// What follows from it, numbered `F1.1`…; effects have none of their own.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub effects: Vec<FindingResult>,
}

/// One place of a mistake that was seen in several.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    /// The operation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub operation: Option<OperationKey>,
    /// What is wrong there.
    pub title: String,
    /// Where it is, as in [`Finding::pointer`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pointer: Option<String>,
    /// What was received.
    pub received: String,
    /// How often it was seen.
    pub seen: u64,
}

/// What became of an operation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OperationResult {
    /// The operation.
    pub operation: OperationKey,
    /// Requests sent to it.
    pub requests: u64,
    /// Of them, valid ones with valid credentials, for something that should exist.
    pub valid: u64,
    /// Of the valid ones, those that were answered 2xx.
    pub succeeded: u64,
    /// Statuses seen, with how often.
    pub statuses: std::collections::BTreeMap<u16, u64>,
    /// Whether a success answer was seen.
    pub reached: bool,
    /// Why not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gap: Option<Unverified>,
    /// Time to the last byte in microseconds: median and 95th percentile.
    pub p50_us: u64,
    /// See `p50_us`.
    pub p95_us: u64,
    /// What of it was seen, and what never.
    pub coverage: Coverage,
}

/// What of an operation was seen in a run, and what never.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Coverage {
    /// Parameters that were sent.
    pub parameters: Covered,
    /// Keywords of request schemas that a value was subject to.
    pub keywords: Covered,
    /// The same, broken on purpose.
    pub mistakes: Covered,
    /// Documented statuses that were answered.
    pub statuses: Covered,
    /// Documented media types that were sent or answered.
    pub media_types: Covered,
}

/// The points of one aspect.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Covered {
    /// Those seen, in the order of the contract.
    pub seen: Vec<String>,
    /// Those never seen.
    pub never: Vec<String>,
}

impl Covered {
    /// How many points there are.
    #[must_use]
    pub const fn total(&self) -> usize {
        self.seen.len() + self.never.len()
    }
}

impl Coverage {
    /// The points of an aspect.
    #[must_use]
    pub const fn of(&self, aspect: Aspect) -> &Covered {
        match aspect {
            Aspect::Parameter => &self.parameters,
            Aspect::Keyword => &self.keywords,
            Aspect::Mistake => &self.mistakes,
            Aspect::Status => &self.statuses,
            Aspect::MediaType => &self.media_types,
        }
    }

    /// The points of an aspect, to add to.
    pub(super) const fn of_mut(&mut self, aspect: Aspect) -> &mut Covered {
        match aspect {
            Aspect::Parameter => &mut self.parameters,
            Aspect::Keyword => &mut self.keywords,
            Aspect::Mistake => &mut self.mistakes,
            Aspect::Status => &mut self.statuses,
            Aspect::MediaType => &mut self.media_types,
        }
    }
}

/// MUSTs of one PDS level.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LevelResult {
    /// The level.
    pub level: Interoperability,
    /// MUSTs that apply and are tested or attested.
    pub musts: u32,
    /// Of them, verified or attested. A waived failure is not met.
    pub met: u32,
    /// Why the level is not shown, although no MUST that applies failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub not_shown: Option<String>,
}

/// What became of a waiver.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WaiverResult {
    /// The waiver.
    pub waiver: Waiver,
    /// Whether it accepted a failure, is out of date, or accepts what now passes.
    pub state: WaiverState,
}

/// See [`WaiverResult`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[expect(missing_docs, reason = "the names say it")]
pub enum WaiverState {
    Used,
    Expired,
    /// What it accepts now passes: the line can go.
    Stale,
    /// What it accepts was not judged in this run.
    Idle,
}

impl Summary {
    /// The requirement of this id with what became of it.
    #[must_use]
    pub fn requirement(
        &self,
        id: &muster_core::model::RequirementId,
    ) -> Option<&RequirementResult> {
        self.requirements
            .iter()
            .find(|result| result.requirement.id == *id)
    }

    /// The operations that were left out for safety, with the reasons.
    pub fn withheld(&self) -> impl Iterator<Item = &muster_checks::plan::Exclusion> {
        let left_out = |one: &&muster_checks::plan::Exclusion| one.withheld && one.by.is_none();
        self.planned.excluded.iter().filter(left_out)
    }

    /// The finding of this number, or the effect of one.
    #[must_use]
    pub fn finding(&self, number: &str) -> Option<&FindingResult> {
        let cause = number.split('.').next().unwrap_or(number);
        let finding = self
            .findings
            .iter()
            .find(|finding| finding.number == cause)?;
        if number == cause {
            return Some(finding);
        }
        finding
            .effects
            .iter()
            .find(|effect| effect.number == number)
    }

    /// Every finding, each followed by its effects.
    pub fn findings_with_effects(&self) -> impl Iterator<Item = &FindingResult> {
        self.findings
            .iter()
            .flat_map(|finding| std::iter::once(finding).chain(&finding.effects))
    }
}

impl Standing {
    /// The word a reader sees.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Passed => "passed",
            Self::Failed => "failed",
            Self::Warned => "warning",
            Self::Inconclusive => "inconclusive",
            Self::Waived => "waived",
            Self::NotApplicable => "not applicable",
            Self::NotTested => "not tested",
            Self::Attested => "attested",
            Self::Error => "error",
            Self::NotSelected => "not selected",
        }
    }
}

impl WaiverState {
    /// The word a reader sees.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Used => "in use",
            Self::Expired => "expired",
            Self::Stale => "stale",
            Self::Idle => "idle",
        }
    }

    /// What the word means.
    #[must_use]
    pub const fn meaning(self) -> &'static str {
        match self {
            Self::Used => "It accepts a failure of this run.",
            Self::Expired => "It is out of date.",
            Self::Stale => "What it accepts now passes.",
            Self::Idle => "What it accepts was not judged in this run.",
        }
    }
}

impl Counts {
    /// Counts one more.
    pub const fn add(&mut self, standing: Standing) {
        let field = match standing {
            Standing::Passed => &mut self.passed,
            Standing::Failed => &mut self.failed,
            Standing::Warned => &mut self.warnings,
            Standing::Inconclusive => &mut self.inconclusive,
            Standing::Waived => &mut self.waived,
            Standing::NotApplicable => &mut self.not_applicable,
            Standing::NotTested => &mut self.not_tested,
            Standing::Attested => &mut self.attested,
            Standing::Error => &mut self.errors,
            Standing::NotSelected => &mut self.not_selected,
        };
        *field += 1;
    }
}

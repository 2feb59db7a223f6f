//! What is counted while the events go by (owner of [`Tally`], [`Sighting`] and [`Calls`]).

use std::collections::{BTreeMap, HashSet};

use hdrhistogram::Histogram;
use indexmap::IndexSet;

use crate::event::{Confirmation, Exchanged};
use muster_core::{
    coverage::{Aspect, Point},
    exchange::ExchangeId,
    model::OperationKey,
    verdict::{Finding, Judgement, Unverified, Verdict},
};

/// How many reasons one verifier gives for one operation.
const REASONS: usize = 5;
/// How many exchanges show one finding.
const EVIDENCE: usize = 5;

/// The longest time that is told from a longer one: an hour.
const LONGEST_US: u64 = 3_600_000_000;

/// What one verifier said of one operation.
#[derive(Debug, Default)]
pub(super) struct Tally {
    pub(super) worst: Option<Verdict>,
    pub(super) judged: u64,
    pub(super) gaps: Vec<Unverified>,
    pub(super) not_applicable: Option<String>,
    /// Indices of its sightings.
    pub(super) sightings: IndexSet<usize>,
}

impl Tally {
    pub(super) fn pass(&mut self) {
        self.judged += 1;
        self.worst = self.worst.max(Some(Verdict::Pass));
    }

    /// Takes a judgement; a failure's sighting is noted by the caller, which numbers them.
    pub(super) fn take(&mut self, judgement: &Judgement) {
        self.judged += 1;
        self.worst = self.worst.max(judgement.verdict());
        match judgement {
            Judgement::Pass | Judgement::Fail(_) => {}
            Judgement::NotApplicable(reason) => {
                self.not_applicable.get_or_insert_with(|| reason.clone());
            }
            Judgement::Inconclusive(gap) | Judgement::Error(gap) => {
                push_new(&mut self.gaps, gap.clone());
            }
        }
    }
}

/// Adds a reason that is not there yet, while there is room.
pub(super) fn push_new(gaps: &mut Vec<Unverified>, gap: Unverified) {
    if gaps.len() < REASONS && !gaps.contains(&gap) {
        gaps.push(gap);
    }
}

/// How many exchanges of one sighting are kept to see what it follows from.
const SHOWN: usize = 8;

/// Failures of one verifier with one cause on one operation.
#[derive(Debug)]
pub(super) struct Sighting {
    pub(super) finding: Finding,
    pub(super) confirmation: Confirmation,
    pub(super) seen: u64,
    /// Where it was seen; nothing stands for the target as a whole.
    pub(super) operation: Option<OperationKey>,
    /// What shows the finding that is kept, the decisive exchange last.
    pub(super) evidence: Vec<ExchangeId>,
    /// The decisive exchanges of the first failures.
    pub(super) shown: Vec<ExchangeId>,
    /// How large the request is that shows it, in bytes, where one alone does.
    pub(super) size: Option<u64>,
}

impl Sighting {
    pub(super) fn new(finding: Finding, operation: Option<OperationKey>) -> Self {
        Self {
            finding,
            confirmation: Confirmation::None,
            seen: 0,
            operation,
            evidence: Vec::new(),
            shown: Vec::new(),
            size: None,
        }
    }

    /// Takes note of one more failure: of those confirmed alike, the one that the smallest request shows is kept.
    pub(super) fn see(
        &mut self,
        finding: Option<Finding>,
        confirmation: Confirmation,
        evidence: &[ExchangeId],
        size: Option<u64>,
    ) {
        self.seen += 1;
        if let Some(decisive) = evidence.last()
            && self.shown.len() < SHOWN
            && !self.shown.contains(decisive)
        {
            self.shown.push(*decisive);
        }
        // The first failure that was confirmed is the one to show: it is what a reader can repeat.
        let better = weight(confirmation) > weight(self.confirmation);
        if better {
            self.confirmation = confirmation;
        }
        let smaller = weight(confirmation) == weight(self.confirmation)
            && matches!((size, self.size), (Some(now), Some(held)) if now < held);
        if !evidence.is_empty() && (better || smaller || self.evidence.is_empty()) {
            if let Some(finding) = finding {
                self.finding = finding;
            }
            self.size = size;
            let first = evidence.len().saturating_sub(EVIDENCE);
            self.evidence = evidence.get(first..).unwrap_or_default().to_vec();
        }
    }
}

/// Which of two confirmations shows more.
pub(super) const fn weight(confirmation: Confirmation) -> u8 {
    match confirmation {
        Confirmation::None => 0,
        Confirmation::Unrepeated => 1,
        Confirmation::Flaky => 2,
        Confirmation::Repeated => 3,
    }
}

/// The calls of one operation.
#[derive(Debug, Default)]
pub(super) struct Calls {
    pub(super) requests: u64,
    pub(super) statuses: BTreeMap<u16, u64>,
    pub(super) reached: bool,
    pub(super) valid: u64,
    pub(super) succeeded: u64,
    pub(super) covered: HashSet<Point>,
    times: Option<Histogram<u32>>,
}

impl Calls {
    pub(super) fn take(&mut self, exchanged: &Exchanged) {
        let observation = &exchanged.observation;
        self.requests += 1;
        self.valid += u64::from(exchanged.valid);
        self.covered.extend(exchanged.covered.iter().cloned());
        let Some(status) = observation.status else {
            return;
        };
        let success = (200..300).contains(&status) || self.is_documented_redirection(status);
        self.succeeded += u64::from(exchanged.valid && success);
        *self.statuses.entry(status).or_default() += 1;
        self.reached |= success;
        if self.times.is_none() {
            self.times = Histogram::new_with_bounds(1, LONGEST_US, 2).ok();
        }
        if let Some(times) = &mut self.times {
            times.saturating_record(observation.timing.total_us.max(1));
        }
    }

    /// Whether a status is a redirection that the contract documents for the operation, which is then its success.
    fn is_documented_redirection(&self, status: u16) -> bool {
        let documented = |point: &Point| {
            point.aspect == Aspect::Status
                && (point.name == status.to_string() || point.name == "3XX")
        };
        matches!(status, 300..=303 | 305..=399) && self.covered.iter().any(documented)
    }

    /// The time in microseconds that this part of the answers took at most; 0 where none came.
    pub(super) fn quantile(&self, part: f64) -> u64 {
        self.times
            .as_ref()
            .filter(|times| !times.is_empty())
            .map_or(0, |times| times.value_at_quantile(part))
    }
}

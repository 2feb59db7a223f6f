//! What each verifier says of each operation, gaps included (owner of [`Cases`]).
//!
//! Silence is the trap here: what was planned and not judged, left out, or never reached is told as a
//! reason, so that it can never read as a pass.

use std::collections::{BTreeMap, HashMap, HashSet};

use indexmap::IndexMap;

use super::{
    CaseResult,
    fold::{Fold, push_all},
};
use crate::event::{End, Started};
use muster_checks::{Kind, plan::Work};
use muster_core::{
    model::{CheckId, OperationKey, Responsible, Verifier},
    verdict::{Unverified, Verdict},
};

/// The check that tells of operations that never gave a success answer.
const REACHED: &str = "operation.reached";

/// What is needed to say what every verifier says.
pub(super) struct Cases<'a> {
    fold: &'a Fold,
    end: &'a End,
    /// The place of each operation in the contract.
    order: HashMap<OperationKey, usize>,
    /// Operations that no success answer was seen of, in document order, with the reasons.
    unreached: Vec<(OperationKey, Vec<Unverified>)>,
}

/// A case result with the causes of its failures, which have no numbers yet.
#[derive(Debug, Clone)]
pub(super) struct Case {
    pub(super) result: CaseResult,
    pub(super) causes: Vec<usize>,
    /// Whether it was left out by `--only`, `--skip` or for safety, and nothing else was said of it.
    pub(super) deselected: bool,
}

impl<'a> Cases<'a> {
    pub(super) fn new(fold: &'a Fold, started: &'a Started, end: &'a End) -> Self {
        let mut order = HashMap::new();
        for (place, key) in started.contract.operations.iter().enumerate() {
            order.insert(key.clone(), place);
        }
        let exercised: HashSet<&OperationKey> = fold
            .cases
            .iter()
            .filter_map(|case| match &case.work {
                Work::Exercise(key) => Some(key),
                _ => None,
            })
            .collect();
        let unreached = started
            .contract
            .operations
            .iter()
            .filter_map(|key| {
                let gaps = unreached(fold, end, key, exercised.contains(key));
                (!gaps.is_empty()).then(|| (key.clone(), gaps))
            })
            .collect();
        Self {
            fold,
            end,
            order,
            unreached,
        }
    }

    /// Why no success answer was seen of an operation, where one was looked for.
    pub(super) fn gap(&self, key: &OperationKey) -> Option<&Unverified> {
        self.unreached
            .iter()
            .find(|(held, _)| held == key)
            .and_then(|(_, gaps)| gaps.first())
    }

    /// Everything this verifier says, in document order; never empty.
    pub(super) fn of(&self, by: &Verifier) -> Vec<Case> {
        let mut cases: IndexMap<Option<OperationKey>, Case> = IndexMap::new();
        for (operation, tally) in self.fold.tallies.get(by).into_iter().flatten() {
            let mut case = blank(by, operation.clone());
            case.result.verdict = tally.worst;
            case.result.judged = tally.judged;
            case.result.gaps.clone_from(&tally.gaps);
            if tally.worst.is_none() {
                case.result.not_applicable.clone_from(&tally.not_applicable);
            }
            case.causes = tally.sightings.iter().copied().collect();
            cases.insert(operation.clone(), case);
        }
        self.add_excluded(by, &mut cases);
        self.add_unjudged(by, &mut cases);
        if self.is_response_check(by) {
            for (key, gaps) in &self.unreached {
                if !cases.contains_key(&Some(key.clone())) {
                    let mut case = blank(by, Some(key.clone()));
                    case.result.verdict = Some(Verdict::Inconclusive);
                    case.result.gaps.clone_from(gaps);
                    cases.insert(Some(key.clone()), case);
                }
            }
        }
        if cases.is_empty() {
            cases.insert(None, self.nothing_observed(by));
        }
        let mut cases: Vec<Case> = cases.into_values().collect();
        cases.sort_by_cached_key(|case| {
            case.result.operation.clone().map(|key| {
                (
                    self.order.get(&key).copied().unwrap_or(usize::MAX),
                    key.to_string(),
                )
            })
        });
        cases
    }

    fn add_excluded(&self, by: &Verifier, cases: &mut IndexMap<Option<OperationKey>, Case>) {
        let reached = self.any_success();
        for exclusion in &self.fold.excluded {
            if exclusion.by.as_ref() != Some(by) {
                continue;
            }
            let case = cases
                .entry(exclusion.operation.clone())
                .or_insert_with(|| blank(by, exclusion.operation.clone()));
            // Where nothing else was ever reached, what was left out for safety is all there is.
            if exclusion.unverified || exclusion.withheld && !reached {
                case.result.verdict = case.result.verdict.max(Some(Verdict::Inconclusive));
                push_all(
                    &mut case.result.gaps,
                    [&Unverified::new(
                        Responsible::Configuration,
                        exclusion.reason.clone(),
                    )],
                );
            } else if case.result.verdict.is_none() {
                case.deselected = exclusion.deselected || exclusion.withheld;
                case.result
                    .not_applicable
                    .get_or_insert_with(|| exclusion.reason.clone());
            }
        }
    }

    fn add_unjudged(&self, by: &Verifier, cases: &mut IndexMap<Option<OperationKey>, Case>) {
        for planned in &self.fold.cases {
            let operation = match (&planned.work, by) {
                (Work::Probe { check, operation }, Verifier::Check(id)) if check == id => {
                    operation.clone()
                }
                (Work::Suite(case), Verifier::Case(id)) if case == id => None,
                _ => continue,
            };
            let judged = if operation.is_some() {
                self.fold.tally_of(by, operation.as_ref()).is_some()
            } else {
                self.fold.tallies.contains_key(by)
            };
            if judged {
                continue;
            }
            let case = cases
                .entry(operation.clone())
                .or_insert_with(|| blank(by, operation));
            case.result.verdict = case.result.verdict.max(Some(Verdict::Inconclusive));
            let gap = cut_short(self.end).unwrap_or_else(|| {
                Unverified::new(
                    Responsible::Muster,
                    format!("{} was run and judged nothing.", planned.name),
                )
            });
            push_all(&mut case.result.gaps, [&gap]);
        }
    }

    fn nothing_observed(&self, by: &Verifier) -> Case {
        let mut case = blank(by, None);
        if *self.end == End::Complete && self.is_response_check(by) && self.any_success() {
            // The whole run went by without its subject: a contract without dates has none to get wrong.
            case.result.not_applicable = Some(format!(
                "{by} saw no response that it applies to in the whole run."
            ));
            return case;
        }
        case.result.verdict = Some(Verdict::Inconclusive);
        let gap = cut_short(self.end).unwrap_or_else(|| {
            Unverified::new(
                Responsible::Configuration,
                "Not run: it was not selected, or no response that it applies to was seen.",
            )
        });
        case.result.gaps.push(gap);
        case
    }

    fn any_success(&self) -> bool {
        self.fold.calls.values().any(|calls| calls.reached)
    }

    fn is_response_check(&self, by: &Verifier) -> bool {
        let Verifier::Check(id) = by else {
            return false;
        };
        (self.fold.lookup)(id.as_str()).map_or_else(
            || self.fold.passed.contains(id),
            |check| matches!(check.kind, Kind::Response(_)),
        )
    }
}

fn blank(by: &Verifier, operation: Option<OperationKey>) -> Case {
    Case {
        result: CaseResult {
            by: by.clone(),
            operation,
            verdict: None,
            judged: 0,
            gaps: Vec::new(),
            not_applicable: None,
            findings: Vec::new(),
            exchange: None,
            waived: false,
        },
        causes: Vec::new(),
        deselected: false,
    }
}

/// Why a run that did not reach its end leaves things unjudged.
fn cut_short(end: &End) -> Option<Unverified> {
    match end {
        End::Complete => None,
        End::Interrupted => Some(Unverified::new(
            Responsible::Configuration,
            "The run was interrupted before this was judged: run it again.",
        )),
        End::Stopped {
            reason,
            responsible,
        } => Some(Unverified::new(
            *responsible,
            format!("The run stopped before this was judged: {reason}"),
        )),
    }
}

/// Why no success answer was seen of an operation; empty where one was, or none was looked for.
fn unreached(fold: &Fold, end: &End, key: &OperationKey, exercised: bool) -> Vec<Unverified> {
    if fold.calls.get(key).is_some_and(|calls| calls.reached) {
        return Vec::new();
    }
    let mut gaps = Vec::new();
    if let Some(tally) = fold.tally_of(&Verifier::Check(CheckId::new(REACHED)), Some(key)) {
        push_all(&mut gaps, &tally.gaps);
    }
    for exclusion in &fold.excluded {
        if exclusion.by.is_none()
            && exclusion.operation.as_ref() == Some(key)
            && exclusion.unverified
        {
            push_all(
                &mut gaps,
                [&Unverified::new(
                    Responsible::Configuration,
                    exclusion.reason.clone(),
                )],
            );
        }
    }
    if gaps.is_empty() && exercised {
        gaps.push(cut_short(end).unwrap_or_else(|| never_succeeded(fold, key)));
    }
    gaps
}

fn never_succeeded(fold: &Fold, key: &OperationKey) -> Unverified {
    let statuses: BTreeMap<u16, u64> = fold
        .calls
        .get(key)
        .map(|calls| calls.statuses.clone())
        .unwrap_or_default();
    let Some((most, _)) = statuses.iter().max_by_key(|(_, count)| **count) else {
        return match fold.calls.get(key).map_or(0, |calls| calls.requests) {
            0 => Unverified::new(
                Responsible::Configuration,
                format!("{key} was not called in this run."),
            ),
            _ => Unverified::new(Responsible::Network, format!("{key} returned no response.")),
        };
    };
    let (responsible, next) = match most {
        401 | 403 => (
            Responsible::Credentials,
            "give the identity the right to call it",
        ),
        404 | 410 => (
            Responsible::TestData,
            "name a record that exists under `data` in the target file",
        ),
        _ => (Responsible::Supplier, "see its responses in the journal"),
    };
    Unverified::new(
        responsible,
        format!("{key} never returned success, mostly {most}: {next}."),
    )
}

//! Who may do what, as it was tried (owner of [`Right`]).

use std::collections::BTreeSet;

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};

use muster_core::{
    model::{Access, Expected, OperationKey},
    observation::Observation,
    verdict::Verdict,
};

/// More than any table has: what comes after them is not kept.
const MOST: usize = 20_000;

/// One cell of the grid: what one caller was promised of an operation, and what it was answered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Right {
    /// The operation.
    pub operation: OperationKey,
    /// The identity that called, or `nobody`.
    pub caller: String,
    /// Whose records, in a few words; empty where it makes no difference.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub records: String,
    /// What was promised: `allowed`, or the statuses of a refusal.
    pub expected: String,
    /// The statuses that came, each once; empty where no answer came.
    pub received: Vec<u16>,
    /// Whether the promise was kept.
    pub verdict: Verdict,
}

/// The cells in the order they were tried.
#[derive(Debug, Default)]
pub(super) struct Rights(IndexMap<(OperationKey, Access), BTreeSet<Option<u16>>>);

impl Rights {
    /// Takes an exchange that tried a right; any other says nothing here.
    pub(super) fn take(&mut self, observation: &Observation) {
        let (Some(access), Some(operation)) = (&observation.access, &observation.operation) else {
            return;
        };
        let key = (operation.clone(), access.clone());
        if self.0.len() < MOST || self.0.contains_key(&key) {
            self.0.entry(key).or_default().insert(observation.status);
        }
    }

    /// Every cell, by operation in the order of the contract.
    pub(super) fn cells(&self, operations: &[OperationKey]) -> Vec<Right> {
        let mut cells: Vec<Right> = self
            .0
            .iter()
            .map(|((operation, access), statuses)| Right {
                operation: operation.clone(),
                caller: access.caller.clone(),
                records: access.records.clone(),
                expected: access.expected.to_string(),
                received: statuses.iter().copied().flatten().collect(),
                verdict: Verdict::worst(
                    statuses
                        .iter()
                        .map(|status| judge(&access.expected, *status)),
                ),
            })
            .collect();
        let place = |right: &Right| operations.iter().position(|key| *key == right.operation);
        cells.sort_by_cached_key(|right| {
            (
                place(right),
                right.caller.clone(),
                right.records.clone(),
                right.expected.clone(),
            )
        });
        cells
    }
}

/// Whether an answer keeps a promise. What neither grants nor refuses says nothing.
fn judge(expected: &Expected, status: Option<u16>) -> Verdict {
    match (expected, status) {
        (Expected::Allowed, Some(200..300)) => Verdict::Pass,
        (Expected::Allowed, Some(401 | 403)) => Verdict::Fail,
        (Expected::Refused(statuses), Some(status)) if statuses.contains(&status) => Verdict::Pass,
        (Expected::Refused(_), Some(200..300 | 401 | 403)) => Verdict::Fail,
        _ => Verdict::Inconclusive,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_promise_is_kept_broken_or_not_shown() {
        let refused = Expected::Refused(vec![403, 404]);
        for (expected, status, verdict) in [
            (&Expected::Allowed, Some(204), Verdict::Pass),
            (&Expected::Allowed, Some(403), Verdict::Fail),
            (&Expected::Allowed, Some(404), Verdict::Inconclusive),
            (&Expected::Allowed, Some(422), Verdict::Inconclusive),
            (&refused, Some(404), Verdict::Pass),
            (&refused, Some(200), Verdict::Fail),
            (&refused, Some(401), Verdict::Fail),
            (&refused, Some(500), Verdict::Inconclusive),
            (&refused, None, Verdict::Inconclusive),
        ] {
            assert_eq!(judge(expected, status), verdict, "{expected} {status:?}");
        }
    }
}

//! How long answers took at a constant rate (owner of [`LatencyResult`]).

use hdrhistogram::Histogram;
use indexmap::IndexMap;
use serde::{Deserialize, Serialize};

use crate::event::{Exchanged, Started};
use muster_checks as checks;
use muster_core::{model::OperationKey, observation::Observation};

/// The longest time that is told apart, in microseconds: an hour.
const LONGEST_US: u64 = 3_600_000_000;

/// What was measured of one operation with requests at a constant rate, times in microseconds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LatencyResult {
    /// The operation.
    pub operation: OperationKey,
    /// How many answers were measured.
    pub samples: u64,
    /// How many requests had no answer in time, or none at all.
    pub unanswered: u64,
    /// The median.
    pub p50_us: u64,
    /// The 95th percentile.
    pub p95_us: u64,
    /// The 99th percentile; of fewer than a hundred answers the longest.
    pub p99_us: u64,
    /// The longest.
    pub max_us: u64,
    /// By how much the latest request missed its moment, for a reason of the machine that Muster ran on.
    pub late_us: u64,
    /// The declared objectives, such as `p95_ms`, that were judged.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub objectives: Vec<String>,
}

/// Times by operation, as they come.
#[derive(Debug, Default)]
pub(super) struct Latencies(IndexMap<OperationKey, Times>);

#[derive(Debug, Default)]
struct Times {
    answered: Vec<u64>,
    unanswered: u64,
    late_us: u64,
}

impl Latencies {
    /// Takes an exchange, if it was one of a constant rate.
    pub(super) fn take(&mut self, exchanged: &Exchanged) {
        let Observation {
            operation: Some(operation),
            timing,
            broken,
            ..
        } = &exchanged.observation
        else {
            return;
        };
        let measured = exchanged
            .case
            .0
            .strip_prefix(checks::MEASURES)
            .is_some_and(|rest| rest.starts_with(' '));
        if !measured || (timing.late_us.is_none() && broken.is_none()) {
            return;
        }
        let times = self.0.entry(operation.clone()).or_default();
        times.late_us = times.late_us.max(timing.late_us.unwrap_or_default());
        if broken.is_some() {
            times.unanswered += 1;
        } else {
            times.answered.push(timing.total_us);
        }
    }

    /// The results, in the order in which they were first seen in the contract.
    pub(super) fn results(&self, started: &Started) -> Vec<LatencyResult> {
        let mut objectives: Vec<String> = Vec::new();
        for percentile in ["p50_ms", "p95_ms", "p99_ms"] {
            let declared = started.profile.parameters.0.get(percentile);
            if let Some(declared) = declared {
                objectives.push(format!("{percentile}: {declared}"));
            }
        }
        started
            .contract
            .operations
            .iter()
            .filter_map(|key| Some(result(key, self.0.get(key)?, &objectives)))
            .collect()
    }
}

fn result(key: &OperationKey, times: &Times, objectives: &[String]) -> LatencyResult {
    let histogram = Histogram::<u64>::new_with_bounds(1, LONGEST_US, 3).ok();
    let mut histogram = histogram;
    if let Some(histogram) = &mut histogram {
        for time in &times.answered {
            histogram.saturating_record(*time);
        }
    }
    let at = |share: f64| {
        histogram
            .as_ref()
            .filter(|histogram| !histogram.is_empty())
            .map_or(0, |histogram| histogram.value_at_quantile(share))
    };
    LatencyResult {
        operation: key.clone(),
        samples: times.answered.len() as u64,
        unanswered: times.unanswered,
        p50_us: at(0.5),
        p95_us: at(0.95),
        p99_us: at(0.99),
        max_us: times.answered.iter().copied().max().unwrap_or_default(),
        late_us: times.late_us,
        objectives: objectives.to_vec(),
    }
}

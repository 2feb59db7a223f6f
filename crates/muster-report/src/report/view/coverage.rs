//! What of the contract was seen, in all and by operation (owner of [`CoverageRow`]).

use serde::Serialize;

use crate::{
    report::text,
    summary::{OperationResult, Summary},
};
use muster_core::coverage::Aspect;

/// How many names one cell tells.
const NAMES: usize = 40;

/// One line of the totals.
#[derive(Debug, Serialize)]
pub(crate) struct TotalRow {
    pub(crate) name: &'static str,
    pub(crate) about: &'static str,
    pub(crate) seen: u64,
    pub(crate) total: u64,
    pub(crate) percent: u64,
}

/// One operation.
#[derive(Debug, Serialize)]
pub(crate) struct CoverageRow {
    pub(crate) operation: String,
    pub(crate) exercised: bool,
    /// `12 of 14`, or nothing where no valid request was sent.
    pub(crate) succeeded: String,
    /// By aspect, in the order of [`ASPECTS`]: `3 of 5`, or a dash where there is nothing to see.
    pub(crate) shares: Vec<String>,
    /// What was never seen: the aspect, and the names.
    pub(crate) never: Vec<(&'static str, String)>,
}

/// The aspects in the order in which they are told.
pub(crate) const ASPECTS: [(Aspect, &str, &str, &str); 5] = [
    (
        Aspect::Parameter,
        "Parameters",
        "sent at least once",
        "Parameters",
    ),
    (
        Aspect::Keyword,
        "Schema keywords",
        "with a value sent that they speak of",
        "Keywords",
    ),
    (
        Aspect::Mistake,
        "Schema keywords, broken",
        "with a wrong value sent on purpose",
        "Broken",
    ),
    (
        Aspect::Status,
        "Documented statuses",
        "answered at least once",
        "Statuses",
    ),
    (
        Aspect::MediaType,
        "Media types",
        "sent or answered at least once",
        "Media types",
    ),
];

/// The totals of a run.
pub(crate) fn totals(summary: &Summary) -> Vec<TotalRow> {
    let operations = &summary.operations;
    let sum = |of: &dyn Fn(&OperationResult) -> u64| operations.iter().map(of).sum::<u64>();
    let mut rows = vec![
        row(
            "Operations",
            "answered with success",
            sum(&|one| u64::from(one.reached)),
            operations.len() as u64,
        ),
        row(
            "Valid requests",
            "answered with 2xx",
            sum(&|one| one.succeeded),
            sum(&|one| one.valid),
        ),
    ];
    for (aspect, name, about, _) in ASPECTS {
        rows.push(row(
            name,
            about,
            sum(&|one| one.coverage.of(aspect).seen.len() as u64),
            sum(&|one| one.coverage.of(aspect).total() as u64),
        ));
    }
    rows
}

fn row(name: &'static str, about: &'static str, seen: u64, total: u64) -> TotalRow {
    TotalRow {
        name,
        about,
        seen,
        total,
        percent: (seen * 100).checked_div(total).unwrap_or_default(),
    }
}

/// Every operation, in document order.
pub(crate) fn rows(summary: &Summary) -> Vec<CoverageRow> {
    summary
        .operations
        .iter()
        .map(|one| CoverageRow {
            operation: one.operation.to_string(),
            exercised: one.reached,
            succeeded: share(one.succeeded, one.valid),
            shares: ASPECTS
                .iter()
                .map(|(aspect, ..)| {
                    let covered = one.coverage.of(*aspect);
                    share(covered.seen.len() as u64, covered.total() as u64)
                })
                .collect(),
            never: ASPECTS
                .iter()
                .filter_map(|(aspect, .., short)| {
                    let names = &one.coverage.of(*aspect).never;
                    (!names.is_empty()).then(|| (*short, listed(names)))
                })
                .collect(),
        })
        .collect()
}

fn share(seen: u64, total: u64) -> String {
    if total == 0 {
        "–".to_owned()
    } else {
        format!("{} of {}", text::grouped(seen), text::grouped(total))
    }
}

fn listed(names: &[String]) -> String {
    let some: Vec<&str> = names.iter().take(NAMES).map(String::as_str).collect();
    let more = names.len() - some.len();
    let rest = if more > 0 {
        format!(" and {more} more in results.json")
    } else {
        String::new()
    };
    format!("{}{rest}", some.join(", "))
}

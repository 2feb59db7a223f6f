//! What changed between two contracts, and whether it breaks callers (owner of [`compare`]).
//!
//! `docs/drift-rules.md` is the list of rules for readers; a test holds the two together. Schemas are compared as they are
//! meant: references followed, `allOf` merged, and read-only and write-only members where they count.

mod operations;
mod render;
mod rules;
mod same;
mod schemas;
mod view;

pub use render::{markdown, text};
pub use rules::{Impact, RULES, Rule, page, rule};

use serde::Serialize;

use crate::contract::Contract;

/// One difference.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Difference {
    /// The rule it falls under.
    pub rule: &'static str,
    /// What it means for callers.
    pub impact: Impact,
    /// The operation it is about, as `METHOD /path` of the old document, or of the new one where it is new.
    pub operation: String,
    /// What changed, in one sentence.
    pub message: String,
}

/// Every difference, in the order of the old document's operations, new operations last.
#[must_use]
pub fn compare(old: &Contract, new: &Contract) -> Vec<Difference> {
    operations::compare(old, new)
}

#[cfg(test)]
mod tests;

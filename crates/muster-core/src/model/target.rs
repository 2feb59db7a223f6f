//! What a run may do to its target, and what the target says of itself.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Which of the supplier's environments is tested.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[expect(missing_docs, reason = "the names say it")]
pub enum Environment {
    Development,
    Test,
    Preproduction,
    Production,
}

/// Whether a run may change anything at the target.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Writes {
    /// It may create, change and delete what it created itself.
    Allowed,
    /// It only reads.
    Refused,
}

/// How much a run may send.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Budget {
    /// Requests in all.
    pub requests: u64,
    /// Requests a second.
    pub per_second: u32,
    /// Requests under way at once.
    pub concurrency: usize,
    /// Minutes from the start of a run until it sends nothing more but removals; no limit where there are none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub minutes: Option<u32>,
}

impl Default for Budget {
    fn default() -> Self {
        Self {
            requests: 5000,
            per_second: 50,
            concurrency: 8,
            minutes: None,
        }
    }
}

/// The capabilities a supplier claims.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Claims(pub BTreeSet<String>);

impl Claims {
    /// Whether this capability is claimed.
    #[must_use]
    pub fn has(&self, capability: &str) -> bool {
        self.0.contains(capability)
    }
}

/// Values that profile and target set, the target's over the profile's.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Parameters(pub BTreeMap<String, Value>);

impl Parameters {
    /// A whole number.
    #[must_use]
    pub fn integer(&self, name: &str) -> Option<i64> {
        self.0.get(name).and_then(Value::as_i64)
    }

    /// A text.
    #[must_use]
    pub fn text(&self, name: &str) -> Option<&str> {
        self.0.get(name).and_then(Value::as_str)
    }

    /// The texts of a list.
    pub fn texts<'a>(&'a self, name: &str) -> impl Iterator<Item = &'a str> {
        self.0
            .get(name)
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
    }
}

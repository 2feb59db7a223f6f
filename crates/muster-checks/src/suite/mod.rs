//! Hand-written test cases as data, and the one interpreter of them (owner of [`Suite`]).
//!
//! A suite is read by `load`, checked by [`lint`], and run by [`converse`], which is a conversation like
//! any probe's: a function from the answers so far to the next question. `docs/suites.md` is the reference
//! of the format.

mod body;
mod capture;
mod expect;
mod expression;
mod functions;
mod interpreter;
pub mod lint;
mod matcher;
mod overlay;
mod request;
mod scope;
mod spot;
mod status;
mod step;
mod template;
#[cfg(test)]
mod tests;

pub use interpreter::{converse, file_of};
pub use spot::{Spot, Spots};
pub use status::{Status, Statuses};
pub use step::{
    Body, Capture, CaptureType, Certificate, Credentials, ExpectBody, Expectation, GeneratedStyle,
    Matcher, Overlay, Raw, Refusal, Step, Until, With,
};

use std::{collections::BTreeMap, sync::Arc};

use serde::Deserialize;
use serde_json::{Map, Value};

use muster_core::model::{CaseId, Method, OperationKey};

/// What a suite file holds.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Definition {
    /// The id.
    pub suite: String,
    /// The name for readers.
    pub title: String,
    /// What it is about, in a paragraph.
    #[serde(default)]
    pub description: String,
    /// Default values of parameters.
    #[serde(default)]
    pub parameters: Map<String, Value>,
    /// Variables of every case.
    #[serde(default)]
    pub variables: Map<String, Value>,
    /// The cases.
    pub cases: Vec<Case>,
}

/// One case as it is written: several, where it has rows.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Case {
    /// The id, unique in the suite.
    pub id: String,
    /// What it shows, in one sentence.
    pub purpose: String,
    /// Capabilities the target must claim.
    #[serde(default)]
    pub requires: Vec<String>,
    /// Variables of this case.
    #[serde(default)]
    pub variables: Map<String, Value>,
    /// A table: the case runs once for each row.
    #[serde(default)]
    pub rows: Vec<Map<String, Value>>,
    /// What is done, in order.
    pub steps: Vec<Step>,
    /// What is done at the end whatever happened.
    #[serde(default)]
    pub cleanup: Vec<Step>,
}

/// A loaded suite.
#[derive(Debug, Clone)]
pub struct Suite {
    /// What its file holds.
    pub definition: Definition,
    /// Where each part of it stands.
    pub spots: Spots,
    /// The files it names, parsed.
    pub files: BTreeMap<String, Value>,
}

/// A suite is its text: two with one text are one.
impl PartialEq for Suite {
    fn eq(&self, other: &Self) -> bool {
        self.spots == other.spots && self.files == other.files
    }
}

/// One case to run: of a table, one row.
#[derive(Debug, Clone, Copy)]
pub struct Chosen<'a> {
    /// The suite.
    pub suite: &'a Suite,
    /// Its case.
    pub case: &'a Case,
    /// Where the case stands in the list.
    pub index: usize,
    /// The row, where the case is a table, and where it stands.
    pub row: Option<(usize, &'a Map<String, Value>)>,
}

impl Suite {
    /// The id.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.definition.suite
    }

    /// Every case to run, rows one by one.
    pub fn cases(&self) -> impl Iterator<Item = Chosen<'_>> {
        self.definition
            .cases
            .iter()
            .enumerate()
            .flat_map(move |(index, case)| {
                let rows: Vec<Option<(usize, &Map<String, Value>)>> = if case.rows.is_empty() {
                    vec![None]
                } else {
                    case.rows.iter().enumerate().map(Some).collect()
                };
                rows.into_iter().map(move |row| Chosen {
                    suite: self,
                    case,
                    index,
                    row,
                })
            })
    }

    /// Every case that a citation stands for: `suite/case` for a case with all its rows, `suite/case[row]`
    /// for one row.
    pub fn cited<'a>(&'a self, citation: &'a str) -> impl Iterator<Item = Chosen<'a>> {
        self.cases().filter(move |chosen| {
            chosen.id().as_str() == citation
                || format!("{}/{}", self.id(), chosen.case.id) == citation
        })
    }
}

/// Finds a case to run by its id.
#[must_use]
pub fn find<'a>(suites: &'a [Arc<Suite>], id: &CaseId) -> Option<Chosen<'a>> {
    suites
        .iter()
        .flat_map(|suite| suite.cases())
        .find(|chosen| chosen.id() == *id)
}

impl Chosen<'_> {
    /// `suite/case`, or `suite/case[row]`.
    #[must_use]
    pub fn id(&self) -> CaseId {
        let row = self
            .row
            .and_then(|(_, row)| row.get("id"))
            .and_then(Value::as_str);
        CaseId::new(match row {
            Some(row) => format!("{}/{}[{row}]", self.suite.id(), self.case.id),
            None => format!("{}/{}", self.suite.id(), self.case.id),
        })
    }

    /// Whether a step may change anything at the target.
    #[must_use]
    pub fn writes(&self, contract: &muster_core::contract::Contract) -> bool {
        self.case.steps.iter().any(|step| {
            let method = match step.target(contract) {
                Target::Declared(key) | Target::Undeclared(key) => key.method,
                Target::Unknown => Method::Post,
            };
            !method.is_safe()
        })
    }

    /// The most requests that it may send.
    #[must_use]
    pub fn most_requests(&self) -> u64 {
        self.case
            .steps
            .iter()
            .chain(&self.case.cleanup)
            .map(Step::most_requests)
            .sum()
    }
}

/// What a `call` names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// An operation of the contract.
    Declared(OperationKey),
    /// A method and path that the contract does not declare.
    Undeclared(OperationKey),
    /// An operation id that the contract does not have.
    Unknown,
}

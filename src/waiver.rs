//! Dated, owned, reasoned acceptances of known failures (owner of [`Waiver`]).

use serde::{Deserialize, Serialize};

use crate::model::RequirementId;

/// A waiver, as `waivers.yaml` holds it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Waiver {
    /// The requirement whose failure is accepted.
    pub requirement: RequirementId,
    /// Only on this operation, as `METHOD /path`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub operation: Option<String>,
    /// Only this suite case.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub case: Option<String>,
    /// Why.
    pub reason: String,
    /// Who mends it.
    pub owner: String,
    /// Who accepted it.
    pub approved_by: String,
    /// The last day it holds, `YYYY-MM-DD`.
    pub expires: String,
    /// The line of the file it stands on, from 1; 0 where it is not from a file.
    #[serde(default)]
    pub line: usize,
}

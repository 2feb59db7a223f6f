//! Profile × contract × suites × claims → what will be done, and what will not and why (owner of [`Plan`]).

use std::{fmt, sync::Arc};

use serde::{Deserialize, Serialize};

use crate::model::{CaseId, CheckId, OperationKey, Verifier};

/// The name of a case in a run, stable from run to run: `exercise GET /people`, `http.undeclared-method GET /people`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct CaseName(pub Arc<str>);

impl fmt::Display for CaseName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

/// What a case does.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Work {
    /// Calls an operation validly until it succeeds; response checks judge what comes.
    Exercise(OperationKey),
    /// Runs a probe.
    Probe {
        /// The check.
        check: CheckId,
        /// The operation, where the probe is by operation.
        operation: Option<OperationKey>,
    },
    /// Runs a case of a suite.
    Suite(CaseId),
}

/// Cases of one stage run side by side; what they learn serves the next.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Stage {
    /// Operations that need nothing, or only what the target file gives.
    Collections,
    /// Operations on one record.
    Records,
    /// Probes.
    Probes,
    /// Suites.
    Suites,
    /// Operations that take something away.
    Removals,
}

/// One case of the plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlannedCase {
    /// Its name.
    pub name: CaseName,
    /// What it does.
    pub work: Work,
    /// When.
    pub stage: Stage,
    /// Whether it may change anything at the target.
    pub writes: bool,
}

/// Something that is left out before the run, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Exclusion {
    /// The check or case.
    pub by: Option<Verifier>,
    /// The operation, where it is about one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub operation: Option<OperationKey>,
    /// The reason.
    pub reason: String,
    /// Whether what is left out leaves its requirement unverified (inconclusive), or does not apply.
    pub unverified: bool,
}

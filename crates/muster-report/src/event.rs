//! What happens in a run, as facts in order (owner of [`Event`]).
//!
//! The runner writes events, the journal keeps them, progress shows them, and the summary is folded
//! from them. They hold no taste of any report.

pub mod leftovers;

use serde::{Deserialize, Serialize};

use crate::waiver::Waiver;
use muster_checks::{
    plan::{CaseName, Exclusion, PlannedCase},
    profile::Profile,
};
use muster_core::{
    coverage::{Point, Surface},
    model::{
        Attestation, Budget, Claims, Environment, IdentityName, OperationKey, RequirementId,
        Responsible, StopSignal, Verifier,
    },
    observation::Observation,
    verdict::{Judgement, Unverified},
};

/// The name of the case that removals are told under.
pub const CLEANUP: &str = "cleanup";

/// An event with its moment, in microseconds since the run started.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    /// Microseconds since the run started.
    pub at_us: u64,
    /// What happened.
    pub event: Event,
}

/// What happened. Externally tagged, so that one JSON line reads `{"at_us":…,"event":{"judged":{…}}}`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Event {
    /// The run started; holds everything a report needs that is known before the first request.
    Started(Box<Started>),
    /// What will be done, and what will not.
    Planned(Planned),
    /// A case began.
    CaseStarted(CaseName),
    /// An exchange ended and was judged by the response checks.
    Exchanged(Box<Exchanged>),
    /// Something was judged. For response checks only what is not a pass is told here: passes are counted
    /// in [`Exchanged::passed`].
    Judged(Box<Judged>),
    /// Something will be created; told before it is sent.
    CreationIntended(Creation),
    /// It was created, and lives here.
    Created(Creation),
    /// It is gone again.
    Removed(Creation),
    /// It is not there: its creation was refused, or it was looked for where it would be.
    Absent(Creation),
    /// It could not be removed, for this reason: a person has to.
    LeftBehind(Creation, String),
    /// What the run created is about to be removed.
    CleanupStarted(Cleanup),
    /// Something a reader should know that is no judgement.
    Noticed(Unverified),
    /// A case ended.
    CaseFinished(CaseName),
    /// The run ended.
    Finished(Finished),
}

/// What is known before the first request.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Started {
    /// The id of the run.
    pub run_id: String,
    /// The version of Muster.
    pub muster: String,
    /// When, RFC 3339 in UTC.
    pub at: String,
    /// The seed.
    pub seed: u64,
    /// The profile, whole, so that a journal can be reported on without it.
    pub profile: Profile,
    /// The name of the target.
    pub target: String,
    /// The target file as the command line named it, where it did: `muster cleanup` reads it again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target_file: Option<String>,
    /// The supplier.
    pub supplier: String,
    /// The environment.
    pub environment: Environment,
    /// The base URL.
    pub base_url: String,
    /// What the supplier claims.
    pub claims: Claims,
    /// What the run may send.
    pub budget: Budget,
    /// Whether writes were allowed.
    pub writes: bool,
    /// The contract.
    pub contract: ContractFacts,
    /// Waivers that were given.
    pub waivers: Vec<Waiver>,
    /// Attestations that were given.
    pub attestations: Vec<Attestation>,
    /// The date of the run, `YYYY-MM-DD`, for waivers.
    pub today: String,
    /// Whether a failed SHOULD fails the gate too.
    pub fail_on_should: bool,
    /// What sends the requests of the run again.
    #[serde(default, skip_serializing_if = "Reproduction::is_empty")]
    pub reproduction: Reproduction,
}

/// What a reader needs besides a command to send a request of the run again.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reproduction {
    /// The command that starts the target again, where it is the reference supplier.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub start: Option<String>,
    /// What the variables of commands stand for, as far as it is known.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub variables: Vec<ShellVariable>,
}

impl Reproduction {
    const fn is_empty(&self) -> bool {
        self.start.is_none() && self.variables.is_empty()
    }
}

/// A variable that stands for a secret in commands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShellVariable {
    /// Its name, such as `MUSTER_DEFAULT_TOKEN`.
    pub name: String,
    /// An expression of a POSIX shell that gives its value, such as `$RMS_TOKEN`; it holds no secret.
    pub value: String,
}

/// What a report says of the contract.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContractFacts {
    /// Its title.
    pub title: String,
    /// Its version.
    pub version: String,
    /// The version of OpenAPI as written.
    pub openapi: String,
    /// Where it was read.
    pub location: String,
    /// SHA-256 of its bytes, hexadecimal.
    pub sha256: String,
    /// Its operations in document order.
    pub operations: Vec<OperationKey>,
    /// What there is to see of each.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub surfaces: Vec<Surface>,
    /// Whether the document says that it is a reconstruction, and not the official one (`info.x-reconstruction`).
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub reconstruction: bool,
}

/// What will be done, and what will not.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Planned {
    /// The cases in order.
    pub cases: Vec<PlannedCase>,
    /// What is left out, with the reason.
    pub excluded: Vec<Exclusion>,
    /// Requirements that `--only` or `--skip` left out: they are outside the verdict.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub not_selected: Vec<RequirementId>,
}

/// An exchange and the response checks it passed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Exchanged {
    /// The case it was sent for.
    pub case: CaseName,
    /// The exchange.
    pub observation: Observation,
    /// The response checks it passed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub passed: Vec<muster_core::model::CheckId>,
    /// Whether it was a valid request with valid credentials, for something that should exist.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub valid: bool,
    /// Whether the contract forbids the request: it was sent to see it refused.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub wrong: bool,
    /// What of the contract it shows that none did before it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub covered: Vec<Point>,
}

/// One judgement.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Judged {
    /// The check or suite case.
    pub by: Verifier,
    /// The operation it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub operation: Option<OperationKey>,
    /// What it says.
    pub judgement: Judgement,
    /// How a failure was confirmed.
    #[serde(default, skip_serializing_if = "Confirmation::is_none")]
    pub confirmation: Confirmation,
    /// The exchanges that justify it, the decisive one last.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub evidence: Vec<muster_core::exchange::ExchangeId>,
}

/// How a failure was confirmed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Confirmation {
    /// Nothing to confirm: no failure, or a judgement of the document.
    #[default]
    None,
    /// It showed again when the same requests were repeated.
    Repeated,
    /// It did not show again: flaky, and still a failure.
    Flaky,
    /// It could not be repeated (budget, cancellation).
    Unrepeated,
}

impl Confirmation {
    /// Whether there was nothing to confirm.
    #[must_use]
    pub const fn is_none(&self) -> bool {
        matches!(self, Self::None)
    }
}

/// A record that the run creates at the target.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Creation {
    /// Its number in the run.
    pub number: u64,
    /// The operation that creates it.
    pub operation: OperationKey,
    /// What deletes it: method and full path below the base URL; empty until it is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub removal: Option<String>,
    /// As whom it is created, and so removed.
    #[serde(default, skip_serializing_if = "is_default")]
    pub identity: IdentityName,
    /// Where the request goes, below the base URL and redacted: told before it is sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// The values that it is sent with, redacted and only as far as they are short: what the record shows, so that it
    /// is recognised when it is read. Told before it is sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sent: Option<serde_json::Value>,
    /// The exchange that created it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exchange: Option<muster_core::exchange::ExchangeId>,
}

fn is_default(identity: &IdentityName) -> bool {
    *identity == IdentityName::default()
}

/// What cleaning up has to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cleanup {
    /// How many records are to be removed.
    pub records: u64,
    /// How long that may take, in milliseconds.
    pub limit_ms: u64,
}

/// How a run ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finished {
    /// Why it ended.
    pub end: End,
    /// The signal that ended it, where one did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signal: Option<StopSignal>,
    /// Requests sent, removals among them.
    pub requests: u64,
    /// Requests of cleaning up, which the budget does not count.
    #[serde(default)]
    pub removals: u64,
    /// How long it took, in microseconds.
    pub took_us: u64,
}

/// Why a run ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum End {
    /// Everything planned was done.
    Complete,
    /// A person stopped it.
    Interrupted,
    /// It stopped by itself, for this reason.
    Stopped {
        /// The reason.
        reason: String,
        /// Whose it is.
        responsible: Responsible,
    },
}

//! Where the command line meets the parts that do the work; nothing else in `cli` names them.

use std::{net::SocketAddr, path::Path};

use super::{
    Exit, Failure,
    args::{self, SubjectArguments},
    job::{Job, JunitFlavour, OutputFormat, Reporting},
    report::ReportFormat,
};
use crate::{
    contract::Contract,
    load::{ProfileContract, Target, profile::Catalogue},
};

fn missing(part: &str) -> Failure {
    Failure::Internal(format!("this build has no {part}"))
}

/// What profiles may cite.
pub(super) fn catalogue() -> Catalogue {
    args::catalogue_of([])
}

/// Loads a contract.
pub(super) fn contract(_place: &ProfileContract) -> Result<Contract, Failure> {
    Err(missing("reader of OpenAPI documents"))
}

/// Does a run.
pub(super) fn run(_job: &Job, _reporting: &Reporting<'_>) -> Result<Exit, Failure> {
    Err(missing("runner"))
}

/// Tells what a run would send.
pub(super) fn plan(_job: &Job, _format: OutputFormat) -> Result<String, Failure> {
    Err(missing("planner"))
}

/// Reaches for the target.
pub(super) fn preflight(_target: &Target, _format: OutputFormat) -> Result<Exit, Failure> {
    Err(missing("transport"))
}

/// Reaches for the reference supplier.
pub(super) fn preflight_demo(
    _arguments: &SubjectArguments,
    _format: OutputFormat,
) -> Result<Exit, Failure> {
    Err(missing("reference supplier"))
}

/// Renders reports of a run folder again.
pub(super) fn report(
    _run: &Path,
    _formats: &[ReportFormat],
    _out: Option<&Path>,
    _flavour: JunitFlavour,
) -> Result<Exit, Failure> {
    Err(missing("reports"))
}

/// Serves the reference supplier until it is interrupted.
pub(super) fn demo(_listen: SocketAddr, _faults: &[String]) -> Result<Exit, Failure> {
    Err(missing("reference supplier"))
}

/// The faults of the reference supplier: id and what goes wrong.
pub(super) const fn faults() -> Vec<(String, String)> {
    Vec::new()
}

/// Proves every check against the reference supplier.
pub(super) fn selftest(_only: &[String], _format: OutputFormat) -> Result<Exit, Failure> {
    Err(missing("self-test"))
}

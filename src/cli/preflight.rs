//! `muster preflight`.

use clap::Args;

use super::{
    Exit, Failure,
    args::{self, SubjectArguments},
    job::OutputFormat,
    wiring,
};
use crate::load::ProfileContract;

/// Flags of `muster preflight`.
#[derive(Debug, Args)]
#[command(
    after_help = "Example:\n  muster preflight --target target.yaml\n\nExit codes: 0 ready, 2 a flag or file is wrong, 3 not reached or not logged in"
)]
pub(super) struct Arguments {
    #[command(flatten)]
    subject: SubjectArguments,
    /// How the result is written.
    #[arg(long, value_enum, default_value_t)]
    format: OutputFormat,
}

pub(super) fn run(arguments: &Arguments) -> Result<Exit, Failure> {
    if arguments.subject.demo {
        return wiring::preflight_demo(&arguments.subject, arguments.format);
    }
    let target = args::load_target(&arguments.subject)?;
    let location = arguments
        .subject
        .contract
        .clone()
        .or_else(|| target.contract.clone());
    let contract = location
        .map(|place| {
            let root = args::contract_root(&arguments.subject, &target);
            wiring::contract_of(&ProfileContract::Location(place), &target, root.as_deref())
        })
        .transpose()?;
    wiring::preflight(target, contract, arguments.format)
}

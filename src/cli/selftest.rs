//! `muster selftest`.

use clap::Args;

use super::{Exit, Failure, job::OutputFormat, wiring};

/// Flags of `muster selftest`.
#[derive(Debug, Args)]
#[command(
    after_help = "Exit codes: 0 every check passes the good supplier and catches its fault, 4 one does not"
)]
pub(super) struct Arguments {
    /// Prove the requirements of this profile, in place of the checks.
    #[arg(long, short, value_name = "ID")]
    profile: Option<String>,
    /// Only these checks (with --profile: requirements or faults); may be given again.
    #[arg(long, value_name = "ID", num_args = 1..)]
    only: Vec<String>,
    /// How many seeds the good supplier is tested with.
    #[arg(long, value_name = "NUMBER", default_value_t = 1, value_parser = clap::value_parser!(u64).range(1..=1000))]
    seeds: u64,
    /// How the result is written.
    #[arg(long, value_enum, default_value_t)]
    format: OutputFormat,
}

pub(super) fn run(arguments: &Arguments) -> Result<Exit, Failure> {
    if let Some(profile) = &arguments.profile {
        return wiring::selftest_of(profile, &arguments.only, arguments.seeds, arguments.format);
    }
    for id in &arguments.only {
        super::checks::find(id)?;
    }
    wiring::selftest(&arguments.only, arguments.seeds, arguments.format)
}

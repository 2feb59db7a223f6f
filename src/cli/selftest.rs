//! `muster selftest`.

use clap::Args;

use super::{
    Exit, Failure, args::DelayArguments, job::OutputFormat, prove::Scope, prove_profile,
    reference::IHUB, ways::Depth, wiring,
};

/// Flags of `muster selftest`.
#[derive(Debug, Args)]
#[command(
    after_help = "Exit codes: 0 every check passes the good supplier and catches its fault, 4 one does not"
)]
pub(super) struct Arguments {
    /// Only the checks that this profile cites; of `ihub-standard-api` and `policing-api-security`, its requirements.
    #[arg(long, short, value_name = "ID")]
    profile: Option<String>,
    /// Only these checks (of those two: requirements or faults); may be given again.
    #[arg(long, value_name = "ID", num_args = 1..)]
    only: Vec<String>,
    /// How many seeds the good supplier is tested with.
    #[arg(long, value_name = "NUMBER", default_value_t = 1, value_parser = clap::value_parser!(u64).range(1..=1000))]
    seeds: u64,
    /// Only what shows fast that faults are caught: one serving mode, and each fault with its own checks first.
    #[arg(long)]
    quick: bool,
    #[command(flatten)]
    delay: DelayArguments,
    /// How the result is written.
    #[arg(long, value_enum, default_value_t)]
    format: OutputFormat,
}

pub(super) fn run(arguments: &Arguments) -> Result<Exit, Failure> {
    let depth = if arguments.quick {
        Depth::Quick
    } else {
        Depth::Full
    };
    // These two are proved requirement by requirement.
    if let Some(profile) = arguments
        .profile
        .as_deref()
        .filter(|profile| [IHUB, prove_profile::SECURITY].contains(profile))
    {
        if !arguments.delay.with_seed(0).is_none() {
            return Err(Failure::usage(format!(
                "`{profile}` is proved without --latency, --jitter and --eventual"
            )));
        }
        return wiring::selftest_of(
            profile,
            &arguments.only,
            arguments.seeds,
            depth,
            arguments.format,
        );
    }
    for id in &arguments.only {
        super::checks::find(id)?;
    }
    let scope = match &arguments.profile {
        None => Scope::all(&arguments.only)?,
        Some(name) => Scope::cited_by(name, &arguments.only)?,
    };
    wiring::selftest(
        scope,
        arguments.seeds,
        arguments.delay.with_seed(1),
        depth,
        arguments.format,
    )
}

//! `muster selftest`.

use std::time::Duration;

use clap::Args;

use super::{
    Exit, Failure, job::OutputFormat, prove::Scope, prove_profile, reference::Delay, wiring,
};

/// Flags of `muster selftest`.
#[derive(Debug, Args)]
#[command(
    after_help = "Exit codes: 0 every check passes the good supplier and catches its fault, 4 one does not"
)]
pub(super) struct Arguments {
    /// Only the checks that this profile cites; of `ihub-standard-api`, its requirements.
    #[arg(long, short, value_name = "ID")]
    profile: Option<String>,
    /// Only these checks (of `ihub-standard-api`: requirements or faults); may be given again.
    #[arg(long, value_name = "ID", num_args = 1..)]
    only: Vec<String>,
    /// How many seeds the good supplier is tested with.
    #[arg(long, value_name = "NUMBER", default_value_t = 1, value_parser = clap::value_parser!(u64).range(1..=1000))]
    seeds: u64,
    /// How long the reference supplier waits before each answer, such as 50ms.
    #[arg(long, value_name = "TIME", default_value = "0ms", value_parser = milliseconds)]
    latency: Duration,
    /// How much longer it may wait, at random.
    #[arg(long, value_name = "TIME", default_value = "0ms", value_parser = milliseconds)]
    jitter: Duration,
    /// How the result is written.
    #[arg(long, value_enum, default_value_t)]
    format: OutputFormat,
}

pub(super) fn run(arguments: &Arguments) -> Result<Exit, Failure> {
    if let Some(profile) = arguments
        .profile
        .as_deref()
        .filter(|profile| prove_profile::PROFILES.contains(profile))
    {
        return wiring::selftest_of(profile, &arguments.only, arguments.seeds, arguments.format);
    }
    for id in &arguments.only {
        super::checks::find(id)?;
    }
    let scope = match &arguments.profile {
        None => Scope::all(&arguments.only)?,
        Some(name) => Scope::cited_by(name, &arguments.only)?,
    };
    let delay = Delay {
        latency: arguments.latency,
        jitter: arguments.jitter,
    };
    wiring::selftest(&scope, arguments.seeds, delay, arguments.format)
}

/// A time such as `50ms`.
fn milliseconds(text: &str) -> Result<Duration, String> {
    text.strip_suffix("ms")
        .and_then(|number| number.parse().ok())
        .map(Duration::from_millis)
        .ok_or_else(|| "expected milliseconds, such as 50ms".to_owned())
}

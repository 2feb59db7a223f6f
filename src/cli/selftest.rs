//! `muster selftest`.

use std::time::Duration;

use clap::Args;

use super::{
    Exit, Failure,
    job::OutputFormat,
    prove::{Delay, Scope},
    wiring,
};
use crate::{
    load::profile,
    model::{Verification, Verifier},
};

/// Flags of `muster selftest`.
#[derive(Debug, Args)]
#[command(
    after_help = "Exit codes: 0 every check passes the good supplier and catches its fault, 4 one does not"
)]
pub(super) struct Arguments {
    /// Only these checks; may be given again.
    #[arg(long, value_name = "ID", num_args = 1..)]
    only: Vec<String>,
    /// Only the checks that this profile cites, and only they are run.
    #[arg(long, value_name = "PROFILE", conflicts_with = "only")]
    profile: Option<String>,
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
    for id in &arguments.only {
        super::checks::find(id)?;
    }
    let scope = match &arguments.profile {
        None => Scope::All(arguments.only.clone()),
        Some(name) => Scope::Cited(cited(name)?),
    };
    let delay = Delay {
        latency: arguments.latency,
        jitter: arguments.jitter,
    };
    wiring::selftest(&scope, delay, arguments.format)
}

/// The checks that a profile cites.
fn cited(name: &str) -> Result<Vec<String>, Failure> {
    let profile = profile::load(name, &wiring::catalogue())?.profile;
    Ok(profile
        .requirements
        .iter()
        .filter_map(|requirement| match &requirement.verification {
            Verification::VerifiedBy(by) => Some(by),
            _ => None,
        })
        .flatten()
        .filter_map(|verifier| match verifier {
            Verifier::Check(id) => Some(id.to_string()),
            Verifier::Case(_) => None,
        })
        .collect())
}

/// A time such as `50ms`.
fn milliseconds(text: &str) -> Result<Duration, String> {
    text.strip_suffix("ms")
        .and_then(|number| number.parse().ok())
        .map(Duration::from_millis)
        .ok_or_else(|| "expected milliseconds, such as 50ms".to_owned())
}

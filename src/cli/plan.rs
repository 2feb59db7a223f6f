//! `muster plan`.

use clap::Args;

use super::{
    Exit, Failure,
    args::{Secrets, SelectionArguments, SubjectArguments},
    job::{Job, OutputFormat},
    output, wiring,
};

/// Flags of `muster plan`.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  muster plan --target target.yaml --format json")]
pub(super) struct Arguments {
    #[command(flatten)]
    subject: SubjectArguments,
    #[command(flatten)]
    selection: SelectionArguments,
    /// How the plan is written.
    #[arg(long, value_enum, default_value_t)]
    format: OutputFormat,
}

pub(super) fn run(arguments: &Arguments) -> Result<Exit, Failure> {
    // Nothing is sent to the target, so that whoever reviews a plan needs none of its secrets.
    let subject = SubjectArguments {
        secrets: Secrets::Unread,
        ..arguments.subject.clone()
    };
    let job = Job::load(&subject, &arguments.selection, None)?;
    output::out(&wiring::plan(job, arguments.format)?)?;
    Ok(Exit::Conformant)
}

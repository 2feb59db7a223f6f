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
    // Secrets only open a contract that is shown to clients alone: whoever reviews a plan needs none of them.
    let unread = SubjectArguments {
        secrets: Secrets::Unread,
        ..arguments.subject.clone()
    };
    let load = |subject: &SubjectArguments| Job::load(subject, &arguments.selection, None);
    let given = &arguments.subject;
    let reads_stdin = [&given.target, &given.profile, &given.contract]
        .iter()
        .any(|place| place.as_deref() == Some("-"));
    let job = if reads_stdin {
        // Standard input can be read once.
        load(&unread)?
    } else {
        load(given).or_else(|_| load(&unread))?
    };
    output::out(&wiring::plan(job, arguments.format)?)?;
    Ok(Exit::Conformant)
}

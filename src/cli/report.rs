//! `muster report`.

use std::path::PathBuf;

use clap::{Args, builder::PossibleValuesParser};

use super::{Exit, Failure, job::JunitFlavour, reports, wiring};
use muster_report::report::{self, FORMATS};

/// Flags of `muster report`.
#[derive(Debug, Args)]
#[command(
    after_help = format!(
        "Example:\n  muster report reports/latest --format html --format sarif\n\n{}",
        reports::list()
    )
)]
pub(super) struct Arguments {
    /// The run folder.
    run: PathBuf,
    /// Which reports; those of every run folder where none is named. May be given again.
    #[arg(long, value_parser = names())]
    format: Vec<String>,
    /// Where to write them [default: the run folder].
    #[arg(long, short, value_name = "FOLDER")]
    out: Option<PathBuf>,
    /// Which JUnit shape to write.
    #[arg(long, value_enum, default_value_t)]
    junit_flavour: JunitFlavour,
}

/// The names of the formats.
fn names() -> PossibleValuesParser {
    FORMATS
        .iter()
        .map(|format| format.name)
        .collect::<Vec<_>>()
        .into()
}

pub(super) fn run(arguments: &Arguments) -> Result<Exit, Failure> {
    if !arguments.run.join("journal.jsonl").is_file() {
        return Err(Failure::usage(format!(
            "`{}` is not a run folder: there is no journal.jsonl in it",
            arguments.run.display()
        )));
    }
    let formats: Vec<&report::Format> = if arguments.format.is_empty() {
        FORMATS.iter().filter(|format| format.in_folder).collect()
    } else {
        let named = arguments.format.iter();
        named.filter_map(|name| report::find(name)).collect()
    };
    wiring::report(
        &arguments.run,
        &formats,
        arguments.out.as_deref(),
        arguments.junit_flavour,
    )
}

//! `muster report`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::{Exit, Failure, job::JunitFlavour, wiring};

/// The reports there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum ReportFormat {
    /// `results.json`.
    Json,
    /// `junit.xml`.
    Junit,
    /// `report.html`.
    Html,
    /// `summary.md`.
    Markdown,
}

/// Flags of `muster report`.
#[derive(Debug, Args)]
#[command(
    after_help = "Example:\n  muster report reports/2026-11-23T0900 --format html --format junit"
)]
pub(super) struct Arguments {
    /// The run folder.
    run: PathBuf,
    /// Which reports; all of them where none is named. May be given again.
    #[arg(long, value_enum)]
    format: Vec<ReportFormat>,
    /// Where to write them [default: the run folder].
    #[arg(long, short, value_name = "FOLDER")]
    out: Option<PathBuf>,
    /// Which JUnit shape to write.
    #[arg(long, value_enum, default_value_t)]
    junit_flavour: JunitFlavour,
}

pub(super) fn run(arguments: &Arguments) -> Result<Exit, Failure> {
    if !arguments.run.join("journal.jsonl").is_file() {
        return Err(Failure::usage(format!(
            "`{}` is no run folder: there is no journal.jsonl in it",
            arguments.run.display()
        )));
    }
    let formats = if arguments.format.is_empty() {
        ReportFormat::value_variants()
    } else {
        &arguments.format
    };
    wiring::report(
        &arguments.run,
        formats,
        arguments.out.as_deref(),
        arguments.junit_flavour,
    )
}

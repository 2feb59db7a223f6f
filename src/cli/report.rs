//! `muster report`.

use std::path::{Path, PathBuf};

use clap::{Args, builder::PossibleValuesParser};

use super::{
    Exit, Failure,
    job::JunitFlavour,
    output,
    reports::{self, STDOUT},
    wiring,
};
use crate::journal;
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
    /// Where to write them; `-` is standard output, for one report [default: the run folder].
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
    let run = &arguments.run;
    if !run.join("journal.jsonl").is_file() {
        return Err(Failure::usage(format!(
            "`{}` is not a run folder: there is no journal.jsonl in it",
            run.display()
        )));
    }
    let mut formats: Vec<&report::Format> = FORMATS
        .iter()
        .filter(|format| match arguments.format.as_slice() {
            [] => format.in_folder,
            named => named.iter().any(|name| name == format.name),
        })
        .collect();
    let out = arguments.out.as_deref();
    let options = wiring::options(arguments.junit_flavour);
    let summary = journal::summary(run).map_err(|error| Failure::no_run(&error))?;
    if out == Some(Path::new(STDOUT)) {
        let (Some(format), true) = (formats.pop(), formats.is_empty()) else {
            return Err(Failure::usage(
                "`--out -` writes one report: name it, such as `--format sarif`",
            ));
        };
        output::out(&(format.render)(&summary, &options))?;
        return Ok(Exit::Conformant);
    }
    let folder = out.unwrap_or(run);
    output::folder(folder)?;
    for format in formats {
        let path = report::write_one(format, &folder.join(format.file), &summary, &options)
            .map_err(|error| Failure::usage(error.to_string()))?;
        output::out(&format!("{}\n", path.display()))?;
    }
    Ok(Exit::Conformant)
}

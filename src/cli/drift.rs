//! `muster drift`.

use clap::{Args, ValueEnum};

use super::{Exit, Failure, output, wiring};
use crate::load::ProfileContract;
use muster_core::drift::{self, Impact};

/// Flags of `muster drift`.
#[derive(Debug, Args)]
#[command(after_help = concat!(
    "Examples:\n",
    "  muster drift bid/openapi.yaml https://rms.example.test/openapi.json\n",
    "  muster drift v1.yaml v2.yaml --format markdown > changes.md\n",
    "\n",
    "The rules: docs/drift-rules.md\n",
    "\n",
    "Exit codes:\n",
    "  0  nothing that --fail-on names\n",
    "  1  something that it names\n",
    "  2  a flag is wrong, or a document cannot be read",
))]
pub(super) struct Arguments {
    /// The contract as it was; `-` and URLs work too.
    #[arg(value_name = "OLD")]
    old: String,
    /// The contract as it is.
    #[arg(value_name = "NEW")]
    new: String,
    /// How the differences are written.
    #[arg(long, value_enum, default_value_t)]
    format: Format,
    /// Which differences end with exit code 1.
    #[arg(long, value_enum, default_value_t)]
    fail_on: FailOn,
}

/// How differences are written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people.
    #[default]
    Human,
    /// For machines.
    Json,
    /// A table for a pull request or a report.
    Markdown,
}

/// Which differences fail.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
enum FailOn {
    /// What breaks clients.
    #[default]
    Breaking,
    /// What breaks clients, and what the rules cannot tell.
    Unclear,
    /// Any difference.
    Any,
}

pub(super) fn run(arguments: &Arguments) -> Result<Exit, Failure> {
    if arguments.old == "-" && arguments.new == "-" {
        return Err(Failure::usage(
            "only one of the two documents can come from standard input",
        ));
    }
    let load = |location: &str| {
        wiring::contract(&ProfileContract::Location(location.to_owned()))
            .map(|loaded| loaded.contract)
    };
    let found = drift::compare(&load(&arguments.old)?, &load(&arguments.new)?);
    match arguments.format {
        Format::Json => output::json(&found)?,
        Format::Human => output::out(&drift::text(&found))?,
        Format::Markdown => output::out(&drift::markdown(&found))?,
    }
    let worst = match arguments.fail_on {
        FailOn::Breaking => Impact::Breaking,
        FailOn::Unclear => Impact::Unclear,
        FailOn::Any => Impact::Compatible,
    };
    Ok(if found.iter().any(|found| found.impact <= worst) {
        Exit::NonConformant
    } else {
        Exit::Conformant
    })
}

//! `muster drift`.

use clap::Args;

use super::{Exit, Failure, job::OutputFormat, output, wiring};
use crate::{drift, load::ProfileContract};

/// Flags of `muster drift`.
#[derive(Debug, Args)]
#[command(
    after_help = "Exit codes: 0 nothing that breaks callers, 1 something does\nThe rules: docs/drift-rules.md\n\nExample:\n  muster drift bid/openapi.yaml https://rms.example.test/openapi.json"
)]
pub(super) struct Arguments {
    /// The contract as it was; `-` and URLs work too.
    #[arg(value_name = "OLD")]
    old: String,
    /// The contract as it is.
    #[arg(value_name = "NEW")]
    new: String,
    /// How the differences are written.
    #[arg(long, value_enum, default_value_t)]
    format: OutputFormat,
}

pub(super) fn run(arguments: &Arguments) -> Result<Exit, Failure> {
    let load = |location: &str| {
        wiring::contract(&ProfileContract::Location(location.to_owned()))
            .map(|loaded| loaded.contract)
    };
    let found = drift::compare(&load(&arguments.old)?, &load(&arguments.new)?);
    let breaking = found
        .iter()
        .filter(|difference| difference.breaking)
        .count();
    match arguments.format {
        OutputFormat::Json => output::json(&found)?,
        OutputFormat::Human => {
            let rows: Vec<Vec<String>> = found
                .iter()
                .map(|difference| {
                    let class = if difference.breaking { "breaking" } else { "-" };
                    vec![
                        class.to_owned(),
                        difference.rule.to_owned(),
                        difference.operation.clone(),
                        difference.message.clone(),
                    ]
                })
                .collect();
            let differences = found.len();
            output::out(&format!(
                "{}{differences} differences, {breaking} of them breaking.\n",
                output::columns(&rows)
            ))?;
        }
    }
    Ok(if breaking == 0 {
        Exit::Conformant
    } else {
        Exit::NonConformant
    })
}

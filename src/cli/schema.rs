//! `muster schema`.

use std::path::PathBuf;

use clap::{Args, builder::PossibleValuesParser};

use super::{Exit, Failure, output};
use crate::load::schemas::{self, Format};

/// Flags of `muster schema`.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  muster schema target > target.schema.json\n  muster schema --out .schemas\n\nThe first line `# yaml-language-server: $schema=target.schema.json` makes most editors complete a file."
)]
pub(super) struct Arguments {
    /// The format; a list of them where none is named.
    #[arg(value_parser = PossibleValuesParser::new(["target", "profile", "suite", "waivers"]))]
    format: Option<String>,
    /// Write the schema, or all of them, into this folder.
    #[arg(long, short, value_name = "FOLDER")]
    out: Option<PathBuf>,
}

pub(super) fn run(arguments: &Arguments) -> Result<Exit, Failure> {
    let named: Vec<&Format> = schemas::ALL
        .into_iter()
        .filter(|format| {
            arguments
                .format
                .as_deref()
                .is_none_or(|name| name == format.name)
        })
        .collect();
    match (&arguments.out, named.as_slice()) {
        (Some(folder), formats) => {
            output::folder(folder)?;
            for format in formats {
                let path = folder.join(format.file_name());
                output::file(&path, format.text.as_bytes())?;
                output::out(&format!("{}\n", path.display()))?;
            }
        }
        (None, [one]) => output::out(one.text)?,
        (None, several) => {
            let rows: Vec<Vec<String>> = several
                .iter()
                .map(|format| vec![format.name.to_owned(), format.purpose.to_owned()])
                .collect();
            output::out(&output::columns(&rows))?;
        }
    }
    Ok(Exit::Conformant)
}

#[cfg(test)]
mod tests {
    use clap::Args as _;

    use super::*;

    #[test]
    fn every_format_can_be_named() {
        let command = Arguments::augment_args(clap::Command::new("schema"));
        for format in schemas::ALL {
            assert!(
                command
                    .clone()
                    .try_get_matches_from(["schema", format.name])
                    .is_ok(),
                "{}",
                format.name
            );
        }
        assert!(command.try_get_matches_from(["schema", "other"]).is_err());
    }
}

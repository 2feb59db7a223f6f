//! `muster init`.

use std::path::{Path, PathBuf};

use clap::Args;

use super::{Exit, Failure, output, starter, wiring};
use crate::load::{Diagnostic, ProfileContract};

/// Flags of `muster init`.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  muster init openapi.yaml\n  muster init https://rms.example.test/openapi.json --out -"
)]
pub(super) struct Arguments {
    /// The OpenAPI document; `-` and URLs work too.
    #[arg(
        value_name = "FILE",
        required_unless_present = "named",
        conflicts_with = "named"
    )]
    contract: Option<String>,
    /// The OpenAPI document, as `muster run` takes it.
    #[arg(long = "contract", id = "named", value_name = "FILE")]
    named: Option<String>,
    /// The folder that references of the document may lead to, in place of the document's own.
    #[arg(long, value_name = "DIR")]
    contract_root: Option<PathBuf>,
    /// Where to write; `-` is standard output.
    #[arg(long, short, value_name = "FILE", default_value = "target.yaml")]
    out: String,
    /// Write over a file that is there already.
    #[arg(long)]
    force: bool,
}

pub(super) fn run(arguments: &Arguments) -> Result<Exit, Failure> {
    let path = Path::new(&arguments.out);
    if arguments.out != "-" && holds_something(path) && !arguments.force {
        return Err(Failure::Usage(
            Diagnostic::plain(format!("`{}` is there already", arguments.out))
                .help("name another file with `--out`, or write over it with `--force`")
                .into(),
        ));
    }
    let Some(location) = arguments.contract.as_ref().or(arguments.named.as_ref()) else {
        return Err(Failure::usage("name the OpenAPI document".to_owned()));
    };
    let place = ProfileContract::Location(location.clone());
    let contract = wiring::contract_within(&place, arguments.contract_root.as_deref())?.contract;
    let text = starter::target(&contract, location);
    if arguments.out == "-" {
        output::out(&text)?;
        return Ok(Exit::Conformant);
    }
    output::file(path, text.as_bytes())?;
    output::err(&format!(
        "Wrote {0}. Read it, fill in what is yours, then:\n  muster preflight --target {0}\n",
        arguments.out
    ));
    Ok(Exit::Conformant)
}

/// Whether something is there that must not be written over. An empty file is what a shell makes for `> target.yaml`.
fn holds_something(path: &Path) -> bool {
    std::fs::metadata(path).is_ok_and(|found| !found.is_file() || found.len() > 0)
}

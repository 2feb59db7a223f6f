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
    #[arg(value_name = "FILE")]
    contract: String,
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
    if arguments.out != "-" && path.exists() && !arguments.force {
        return Err(Failure::Usage(
            Diagnostic::plain(format!("`{}` is there already", arguments.out))
                .help("name another file with `--out`, or write over it with `--force`")
                .into(),
        ));
    }
    let place = ProfileContract::Location(arguments.contract.clone());
    let contract = wiring::contract_within(&place, arguments.contract_root.as_deref())?.contract;
    let text = starter::target(&contract, &arguments.contract);
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

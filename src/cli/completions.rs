//! `muster completions`.

use clap::{Args, CommandFactory};
use clap_complete::{Shell, generate};

use super::{Cli, Exit, Failure, output};

/// Flags of `muster completions`.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  muster completions bash > /etc/bash_completion.d/muster")]
pub(super) struct Arguments {
    /// The shell.
    #[arg(value_enum)]
    shell: Shell,
}

pub(super) fn run(arguments: &Arguments) -> Result<Exit, Failure> {
    let mut script = Vec::new();
    generate(arguments.shell, &mut Cli::command(), "muster", &mut script);
    output::out(&String::from_utf8_lossy(&script))?;
    Ok(Exit::Conformant)
}

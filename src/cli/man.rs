//! `muster man`.

use std::path::PathBuf;

use clap::{Args, CommandFactory};
use clap_mangen::Man;

use super::{Cli, Exit, Failure, output};

/// Flags of `muster man`.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  muster man | man -l -\n  muster man --out /usr/local/share/man/man1"
)]
pub(super) struct Arguments {
    /// Write the page of every command into this folder.
    #[arg(long, short, value_name = "FOLDER")]
    out: Option<PathBuf>,
}

pub(super) fn run(arguments: &Arguments) -> Result<Exit, Failure> {
    let mut root = Cli::command();
    root.build();
    let Some(folder) = &arguments.out else {
        output::out(&String::from_utf8_lossy(&page(&root, "muster")?))?;
        return Ok(Exit::Conformant);
    };
    output::folder(folder)?;
    let mut commands = vec![(root, "muster".to_owned())];
    while let Some((command, name)) = commands.pop() {
        let path = folder.join(format!("{name}.1"));
        output::file(&path, &page(&command, &name)?)?;
        output::out(&format!("{}\n", path.display()))?;
        for sub in command
            .get_subcommands()
            .filter(|sub| sub.get_name() != "help")
        {
            commands.push((sub.clone(), format!("{name}-{}", sub.get_name())));
        }
    }
    Ok(Exit::Conformant)
}

fn page(command: &clap::Command, name: &str) -> Result<Vec<u8>, Failure> {
    let mut page = Vec::new();
    Man::new(command.clone())
        .title(name)
        .render(&mut page)
        .map_err(|error| Failure::Internal(error.to_string()))?;
    Ok(page)
}

//! The command line: one file per subcommand (owner of [`main`]).
//!
//! Results go to standard output, everything else to standard error. What a command was told is read and
//! checked here; what it does is done by the library.
#![allow(
    clippy::disallowed_methods,
    reason = "the command line is where files, the environment and the clock are met"
)]

mod args;
mod checks;
mod cleanup;
mod completions;
mod contract_credentials;
mod demo;
mod drift;
pub mod exit;
mod explain;
mod failure;
mod id;
mod init;
mod interruption;
mod issuer;
pub mod job;
mod lint;
mod located;
mod man;
mod output;
mod plan;
mod preflight;
mod profiles;
mod progress;
mod prove;
mod prove_profile;
mod reference;
mod report;
mod reports;
mod reproduction;
mod run;
mod run_folder;
mod schema;
mod selection;
mod selftest;
pub mod session;
mod side_by_side;
mod starter;
mod suites;
mod told;
mod waive;
mod waivers;
mod ways;
mod wiring;

use std::process::ExitCode;

use clap::{Parser, Subcommand, builder::styling};

pub use exit::Exit;
pub use failure::Failure;

/// Does this API pass muster? Conformance tests for the APIs of UK policing.
#[derive(Debug, Parser)]
#[command(
    name = "muster",
    version,
    max_term_width = 100,
    styles = STYLES,
    after_help = concat!(
        "Examples:\n",
        "  muster run --demo                     see it work, against the built-in supplier\n",
        "  muster init openapi.yaml              write a first target.yaml\n",
        "  muster run --target target.yaml       test an API\n",
        "\n",
        "Exit codes:\n",
        "  0  conformant       1  non-conformant    2  wrong usage or file; nothing was sent\n",
        "  3  undetermined     4  Muster failed     130  interrupted\n",
        "  143  ended by SIGTERM                    129  ended by SIGHUP",
    )
)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

const STYLES: styling::Styles = styling::Styles::styled()
    .header(styling::Style::new().bold())
    .usage(styling::Style::new().bold())
    .literal(styling::AnsiColor::Cyan.on_default());

#[derive(Debug, Subcommand)]
enum Command {
    /// Test an API and report.
    Run(run::Arguments),
    /// Show what a run would send, without sending it.
    Plan(plan::Arguments),
    /// Can the target be reached and logged in to, and does its clock agree?
    Preflight(preflight::Arguments),
    /// List, show and validate profiles.
    Profiles(profiles::Arguments),
    /// List and explain checks.
    Checks(checks::Arguments),
    /// Explain a requirement, a check or a finding of the last run.
    Explain(explain::Arguments),
    /// Judge an OpenAPI document, without a target.
    Lint(lint::Arguments),
    /// Accept findings of a run until a date: write waivers for them.
    Waive(waive::Arguments),
    /// Check that the waivers of a file are well-formed and in date.
    Waivers(waivers::Arguments),
    /// Write the reports of a run again, or in other formats.
    Report(report::Arguments),
    /// Remove what a run left at its target.
    Cleanup(cleanup::Arguments),
    /// Serve the reference supplier, good or faulty.
    Demo(demo::Arguments),
    /// Serve a small OpenID provider for test systems, whose tokens can be wrong on request.
    Issuer(issuer::Arguments),
    /// Prove on this machine that every check passes the good supplier and catches its fault.
    Selftest(selftest::Arguments),
    /// Show what changed between two contracts, and which changes break clients.
    Drift(drift::Arguments),
    /// Check, make and explain identifiers of policing: PNC ID, CRO, ASN, NINO, postcode and others.
    Id(id::Arguments),
    /// Write a first target.yaml from an OpenAPI document.
    Init(init::Arguments),
    /// Print or write the JSON Schemas of Muster's own formats, for editors.
    Schema(schema::Arguments),
    /// Print a completion script for a shell.
    Completions(completions::Arguments),
    /// Print or write the manual pages.
    Man(man::Arguments),
}

/// Parses the command line, does what it says, and answers with the exit code.
#[must_use]
pub fn main() -> ExitCode {
    std::panic::set_hook(Box::new(failure::tell_panic));
    let exit = std::panic::catch_unwind(|| match Cli::try_parse() {
        Ok(cli) => dispatch(cli.command).unwrap_or_else(|failure| {
            output::err(&failure.render());
            failure.exit()
        }),
        Err(error) => {
            // Help and version are no errors, and go to standard output.
            let _ = error.print();
            if error.use_stderr() {
                Exit::Usage
            } else {
                Exit::Conformant
            }
        }
    })
    .unwrap_or(Exit::Internal);
    ExitCode::from(exit.code())
}

fn dispatch(command: Command) -> Result<Exit, Failure> {
    match command {
        Command::Run(arguments) => run::run(&arguments),
        Command::Plan(arguments) => plan::run(&arguments),
        Command::Preflight(arguments) => preflight::run(&arguments),
        Command::Profiles(arguments) => profiles::run(&arguments),
        Command::Checks(arguments) => checks::run(&arguments),
        Command::Explain(arguments) => explain::run(&arguments),
        Command::Lint(arguments) => lint::run(&arguments),
        Command::Waive(arguments) => waive::run(&arguments),
        Command::Waivers(arguments) => waivers::run(&arguments),
        Command::Report(arguments) => report::run(&arguments),
        Command::Cleanup(arguments) => cleanup::run(&arguments),
        Command::Demo(arguments) => demo::run(&arguments),
        Command::Issuer(arguments) => issuer::run(&arguments),
        Command::Selftest(arguments) => selftest::run(&arguments),
        Command::Id(arguments) => id::run(&arguments),
        Command::Init(arguments) => init::run(&arguments),
        Command::Drift(arguments) => drift::run(&arguments),
        Command::Schema(arguments) => schema::run(&arguments),
        Command::Completions(arguments) => completions::run(&arguments),
        Command::Man(arguments) => man::run(&arguments),
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_sound() {
        Cli::command().debug_assert();
    }

    #[test]
    fn every_flag_is_explained() {
        let mut unexplained = Vec::new();
        let mut commands = vec![Cli::command()];
        while let Some(command) = commands.pop() {
            if command.get_about().is_none() {
                unexplained.push(command.get_name().to_owned());
            }
            for argument in command.get_arguments() {
                if argument.get_help().is_none() {
                    unexplained.push(format!("{} {}", command.get_name(), argument.get_id()));
                }
            }
            commands.extend(command.get_subcommands().cloned());
        }
        assert!(unexplained.is_empty(), "{unexplained:?}");
    }

    #[test]
    fn help_says_every_exit_code() {
        let help = Cli::command().render_long_help().to_string();
        for exit in Exit::ALL {
            assert!(
                help.contains(&format!("{}  ", exit.code())),
                "{}",
                exit.code()
            );
        }
    }
}

//! `muster id`: identifiers of policing, checked, made and explained.

mod check;
mod explain;
mod make;

use clap::{
    Args, Subcommand,
    builder::{PossibleValue, PossibleValuesParser, TypedValueParser},
};
use muster_id::{KINDS, Kind};

use super::{Exit, Failure, job::OutputFormat};

/// Flags of `muster id`.
#[derive(Debug, Args)]
#[command(after_help = concat!(
    "Examples:\n",
    "  muster id list                                  the kinds: pnc, cro, asn, nino, postcode, …\n",
    "  muster id check pnc 2099/1234567B               is it valid, and if not, what exactly is wrong?\n",
    "  cut -f3 people.tsv | muster id check pnc --stdin\n",
    "  muster id make asn --count 5 --seed 7           valid values that are nobody's\n",
    "  muster id explain cro                           forms, rules, check letter, sources\n",
    "\n",
    "Nothing is sent and nothing is kept: the command has no network and writes no file.\n",
    "\n",
    "Exit codes:\n",
    "  0  every value is valid (warnings included)    1  a value is invalid    2  wrong usage",
))]
pub(super) struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Check values: canonical form, check character, and what exactly is wrong.
    Check(check::Arguments),
    /// Make valid values that are synthetic; the same seed gives the same values.
    Make(make::Arguments),
    /// Explain a kind: its forms, rules, check character, limits, and the standing of its sources.
    Explain(explain::Arguments),
    /// List the kinds of identifier.
    List(explain::ListArguments),
}

pub(super) fn run(arguments: &Arguments) -> Result<Exit, Failure> {
    match &arguments.command {
        Command::Check(arguments) => check::run(arguments),
        Command::Make(arguments) => make::run(arguments),
        Command::Explain(arguments) => explain::run(arguments),
        Command::List(arguments) => explain::list(arguments),
    }
}

/// Takes the name or alias of a kind; help and completions list the names.
fn kind_parser() -> impl TypedValueParser<Value = &'static Kind> {
    PossibleValuesParser::new(KINDS.iter().map(|kind| {
        PossibleValue::new(kind.id)
            .aliases(kind.aliases)
            .help(kind.title)
    }))
    .try_map(|name| muster_id::kind(&name).ok_or("there is no such kind"))
}

//! `muster id make`.

use clap::Args;
use muster_id::Kind;
use serde_json::json;

use super::{Exit, Failure, OutputFormat, kind_parser};
use crate::cli::output;

/// How much is gathered before it is written, in bytes.
const CHUNK: usize = 64 * 1024;

/// Flags of `muster id make`.
#[derive(Debug, Args)]
#[command(
    after_help = "The values are valid and synthetic: they lie in a range that the scheme reserves, or in one that is easy to see. `muster id explain KIND` says which."
)]
pub(super) struct Arguments {
    /// The kind of identifier.
    #[arg(value_parser = kind_parser(), ignore_case = true)]
    kind: &'static Kind,
    /// How many; no two are the same.
    #[arg(long, value_name = "NUMBER", default_value_t = 1, value_parser = clap::value_parser!(u64).range(1..))]
    count: u64,
    /// The same seed gives the same values.
    #[arg(long, value_name = "NUMBER", default_value_t = 1)]
    seed: u64,
    /// How the values are written.
    #[arg(long, value_enum, default_value_t)]
    format: OutputFormat,
}

pub(super) fn run(arguments: &Arguments) -> Result<Exit, Failure> {
    let Arguments {
        kind,
        count,
        seed,
        format,
    } = arguments;
    if *count > kind.capacity {
        return Err(Failure::usage(format!(
            "`--count {count}` is more than there are: `{}` has {} synthetic values",
            kind.id, kind.capacity
        )));
    }
    let values = kind
        .make(*seed)
        .take(usize::try_from(*count).unwrap_or(usize::MAX));
    match format {
        OutputFormat::Json => {
            let values: Vec<String> = values.map(|id| id.to_string()).collect();
            output::json(&json!({ "kind": kind.id, "seed": seed, "values": values }))?;
        }
        OutputFormat::Human => {
            let mut text = String::new();
            for id in values {
                text.push_str(id.as_str());
                text.push('\n');
                if text.len() >= CHUNK {
                    output::out(&text)?;
                    text.clear();
                }
            }
            output::out(&text)?;
        }
    }
    Ok(Exit::Conformant)
}

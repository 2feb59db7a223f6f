//! `muster checks`.

use clap::{Args, Subcommand};
use serde_json::json;

use super::{Exit, Failure, explain, job::OutputFormat, output};
use crate::load::{Diagnostic, nearest::nearest};
use muster_checks::{ALL, Check, Kind};

/// Flags of `muster checks`.
#[derive(Debug, Args)]
#[command(after_help = concat!(
    "Examples:\n",
    "  muster checks list\n",
    "  muster checks explain http.undeclared-method",
))]
pub(super) struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// List the checks.
    List {
        /// How the list is written.
        #[arg(long, value_enum, default_value_t)]
        format: OutputFormat,
    },
    /// Say what a check verifies, why it matters, and how to fix what it finds.
    Explain {
        /// The id of the check; that of a requirement or the number of a finding of the last run works too.
        #[arg(value_name = "ID")]
        check: String,
        /// How the explanation is written.
        #[arg(long, value_enum, default_value_t)]
        format: OutputFormat,
    },
}

pub(super) fn run(arguments: &Arguments) -> Result<Exit, Failure> {
    match &arguments.command {
        Command::List { format } => list(*format)?,
        Command::Explain { check, format } => {
            explain::explain(check, None, *format)?;
        }
    }
    Ok(Exit::Conformant)
}

/// Says what a check is for.
pub(super) fn tell(check: &Check, format: OutputFormat) -> Result<(), Failure> {
    match format {
        OutputFormat::Json => output::json(&described(check)),
        OutputFormat::Human => output::out(&explained(check)),
    }
}

/// The check of this id, or the nearest that there is.
pub(super) fn find(id: &str) -> Result<&'static Check, Failure> {
    muster_checks::find(id).ok_or_else(|| {
        let help = nearest(id, ALL.iter().map(|check| check.id)).map_or_else(
            || "`muster checks list` shows what there is".to_owned(),
            |meant| format!("did you mean `{meant}`?"),
        );
        Failure::Usage(
            Diagnostic::plain(format!("there is no check `{id}`"))
                .help(help)
                .into(),
        )
    })
}

fn list(format: OutputFormat) -> Result<(), Failure> {
    if format == OutputFormat::Json {
        return output::json(&ALL.iter().map(|check| described(check)).collect::<Vec<_>>());
    }
    let rows: Vec<Vec<String>> = ALL
        .iter()
        .map(|check| {
            vec![
                check.id.to_owned(),
                kind(check).to_owned(),
                check.purpose.to_owned(),
            ]
        })
        .collect();
    output::out(&output::columns(&rows))
}

const fn kind(check: &Check) -> &'static str {
    match check.kind {
        Kind::Contract(_) => "contract",
        Kind::Response(_) => "response",
        Kind::Probe { writes: false, .. } => "probe",
        Kind::Probe { writes: true, .. } => "probe, writes",
    }
}

fn described(check: &Check) -> serde_json::Value {
    json!({
        "id": check.id,
        "kind": kind(check),
        "purpose": check.purpose,
        "verifies": check.verifies,
        "matters": check.matters,
        "fix": check.fix,
        "examples": check.examples.iter().map(|example| example.title).collect::<Vec<_>>(),
    })
}

fn explained(check: &Check) -> String {
    let mut text = format!("{} ({})\n{}\n", check.id, kind(check), check.purpose);
    for (heading, body) in [
        ("What it verifies", check.verifies),
        ("Why it matters", check.matters),
        ("How to fix it", check.fix),
    ] {
        text.push_str(&format!("\n{heading}\n"));
        for part in body.split("\n\n") {
            text.push_str(&output::paragraph(part, 2, 100));
        }
    }
    text.push_str("\nExamples\n");
    for example in check.examples {
        text.push_str(&format!("  {}\n", example.title));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    static SAMPLE: Check = Check {
        id: "area.sample",
        purpose: "Is a sample.",
        verifies: "That it is.",
        matters: "It matters.",
        fix: "Mend it.",
        kind: Kind::Response(|_| Vec::new()),
        examples: &[],
    };

    #[test]
    fn an_explanation_says_what_why_and_how() {
        assert_eq!(
            explained(&SAMPLE),
            "area.sample (response)\nIs a sample.\n\nWhat it verifies\n  That it is.\n\nWhy it matters\n  It matters.\n\nHow to fix it\n  Mend it.\n\nExamples\n"
        );
        assert_eq!(described(&SAMPLE)["fix"], "Mend it.");
    }
}

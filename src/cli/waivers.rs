//! `muster waivers check`.

use clap::{Args, Subcommand};
use serde_json::json;

use super::{Exit, Failure, job::OutputFormat, output, session::Session, waive, wiring};
use crate::load::{
    Diagnostic, Diagnostics, dates,
    nearest::nearest,
    profile::{self, BUNDLED},
    waivers,
};
use muster_core::contract::Contract;
use muster_report::waiver::Waiver;

/// Flags of `muster waivers`.
#[derive(Debug, Args)]
#[command(after_help = concat!(
    "Examples:\n",
    "  muster waivers check\n",
    "  muster waivers check waivers.yaml --within 14",
))]
pub(super) struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Check that every waiver is well-formed and in date.
    #[command(after_help = "Exit codes: 0 all are in date, 1 one has expired, 2 the file is wrong")]
    Check {
        /// The file of waivers; `-` and URLs work too.
        #[arg(value_name = "FILE", default_value = "waivers.yaml")]
        file: String,
        /// The profile whose failures are accepted; may be given again [default: every profile that comes with Muster].
        #[arg(long, short, value_name = "ID|FILE")]
        profile: Vec<String>,
        /// Say how many days are left of those that end within so many days.
        #[arg(long, value_name = "DAYS", default_value_t = 30)]
        within: i64,
        /// How the result is written.
        #[arg(long, value_enum, default_value_t)]
        format: OutputFormat,
    },
}

pub(super) fn run(arguments: &Arguments) -> Result<Exit, Failure> {
    let Command::Check {
        file,
        profile,
        within,
        format,
    } = &arguments.command;
    let all: Vec<String> = BUNDLED.iter().map(|one| one.id.to_owned()).collect();
    let profiles = if profile.is_empty() { &all } else { profile };
    let profile = profile::load_all(profiles, &wiring::catalogue())?.profile;
    let waivers = waivers::load(waivers::read(file, false)?, &profile)?;
    let today = waive::today();
    let states: Vec<(&Waiver, String, bool)> = waivers
        .iter()
        .map(|waiver| {
            let (state, expired) = state(waiver, &today, *within);
            (waiver, state, expired)
        })
        .collect();
    match format {
        OutputFormat::Json => {
            let all: Vec<_> = states
                .iter()
                .map(|(waiver, state, expired)| {
                    json!({ "waiver": waiver, "state": state, "expired": expired })
                })
                .collect();
            output::json(&all)?;
        }
        OutputFormat::Human => {
            let rows: Vec<Vec<String>> = states
                .iter()
                .map(|(waiver, state, _)| {
                    vec![
                        format!("{file}:{}", waiver.line),
                        waiver.scope(),
                        state.clone(),
                        format!("owner {}, approved by {}", waiver.owner, waiver.approved_by),
                    ]
                })
                .collect();
            let expired = states.iter().filter(|(.., expired)| *expired).count();
            output::out(&format!(
                "{}{} waivers, {expired} expired\n",
                output::columns(&rows),
                states.len()
            ))?;
        }
    }
    Ok(if states.iter().any(|(.., expired)| *expired) {
        Exit::NonConformant
    } else {
        Exit::Conformant
    })
}

/// Refuses waivers of operations that the contract does not have: they would accept nothing, and nobody would be told.
pub(super) fn check(session: &Session) -> Result<(), Failure> {
    Ok(of_operations(&session.waivers, &session.contract)?)
}

fn of_operations(waivers: &[Waiver], contract: &Contract) -> Result<(), Diagnostics> {
    let there: Vec<String> = contract
        .operations
        .iter()
        .map(|operation| operation.key.to_string())
        .collect();
    let mut wrong = Diagnostics::new();
    for waiver in waivers {
        let Some(operation) = waiver.operation.as_ref().filter(|one| !there.contains(one)) else {
            continue;
        };
        let help = nearest(operation, there.iter().map(String::as_str)).map_or_else(
            || "delete the waiver, or correct its `operation`".to_owned(),
            |meant| format!("did you mean `{meant}`?"),
        );
        wrong.push(
            Diagnostic::plain(format!(
                "the waiver of {} on line {} of the waivers file is for `{operation}`, which the contract does not have",
                waiver.requirement, waiver.line
            ))
            .help(help),
        );
    }
    wrong.or(())
}

/// What is to be said of the last day of a waiver, and whether it is past.
fn state(waiver: &Waiver, today: &str, within: i64) -> (String, bool) {
    if !waiver.in_date(today) {
        let advice = "delete it, or have a new date approved";
        return (format!("expired on {}: {advice}", waiver.expires), true);
    }
    let left = match (dates::day(&waiver.expires), dates::day(today)) {
        (Ok(last), Ok(today)) => (last - today).whole_days(),
        _ => i64::MAX,
    };
    let told = if left > within {
        format!("until {}", waiver.expires)
    } else if left == 1 {
        format!("until {}, in 1 day", waiver.expires)
    } else {
        format!("until {}, in {left} days", waiver.expires)
    };
    (told, false)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn waiver(operation: Option<&str>) -> Waiver {
        Waiver {
            requirement: "GOV-21".into(),
            operation: operation.map(Into::into),
            case: None,
            reason: "R".into(),
            owner: "O".into(),
            approved_by: "A".into(),
            expires: "2027-01-31".into(),
            line: 3,
        }
    }

    #[test]
    fn a_waiver_is_for_an_operation_of_the_contract() {
        let contract = Contract::from_value(json!({
            "openapi": "3.1.0", "info": {"title": "T", "version": "1"},
            "paths": {"/people/{id}": {"get": {"responses": {"200": {"description": ""}}}}},
        }))
        .unwrap();
        let sound = [waiver(None), waiver(Some("GET /people/{id}"))];
        assert!(of_operations(&sound, &contract).is_ok());
        let told = of_operations(&[waiver(Some("GET /person/{id}"))], &contract)
            .unwrap_err()
            .to_string();
        assert!(told.contains("on line 3"), "{told}");
        assert!(told.contains("did you mean `GET /people/{id}`?"), "{told}");
    }

    #[test]
    fn a_waiver_that_ends_soon_is_told() {
        let waiver = waiver(None);
        let told = |today: &str| state(&waiver, today, 30);
        assert_eq!(told("2026-12-01"), ("until 2027-01-31".to_owned(), false));
        assert_eq!(
            told("2027-01-30"),
            ("until 2027-01-31, in 1 day".to_owned(), false)
        );
        assert_eq!(
            told("2027-01-31"),
            ("until 2027-01-31, in 0 days".to_owned(), false)
        );
        assert!(told("2027-02-01").1);
    }
}

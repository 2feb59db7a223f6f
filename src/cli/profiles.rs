//! `muster profiles`.

use clap::{Args, Subcommand};
use serde_json::json;

use super::{Exit, Failure, job::OutputFormat, output, suites, wiring};
use crate::load::{
    Diagnostics,
    profile::{self, BUNDLED},
};
use muster_checks::profile::Profile;
use muster_core::model::{Class, ClassKind, Requirement, Verification};

/// Flags of `muster profiles`.
#[derive(Debug, Args)]
#[command(after_help = concat!(
    "Examples:\n",
    "  muster profiles list\n",
    "  muster profiles show uk-gov-api\n",
    "  muster profiles validate own/profile.yaml",
))]
pub(super) struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// List the profiles that come with Muster.
    List {
        /// How the list is written.
        #[arg(long, value_enum, default_value_t)]
        format: OutputFormat,
    },
    /// Show a profile: its classes, its requirements, and what verifies each.
    Show {
        /// An id, or a path to a profile.yaml.
        #[arg(value_name = "ID|FILE")]
        profile: String,
        /// How the profile is written.
        #[arg(long, value_enum, default_value_t)]
        format: OutputFormat,
    },
    /// Check profile files; every error is told with line and column.
    Validate {
        /// Paths, URLs, or `-`.
        #[arg(value_name = "FILE", required = true)]
        files: Vec<String>,
    },
}

pub(super) fn run(arguments: &Arguments) -> Result<Exit, Failure> {
    match &arguments.command {
        Command::List { format } => list(*format)?,
        Command::Show { profile, format } => show(profile, *format)?,
        Command::Validate { files } => validate(files)?,
    }
    Ok(Exit::Conformant)
}

fn list(format: OutputFormat) -> Result<(), Failure> {
    let mut profiles = Vec::new();
    for bundled in BUNDLED {
        profiles.push(profile::load(bundled.id, &wiring::catalogue())?.profile);
    }
    if format == OutputFormat::Json {
        let listed: Vec<_> = profiles
            .iter()
            .map(|profile| {
                json!({
                    "id": profile.id,
                    "version": profile.version,
                    "title": profile.title,
                    "description": profile.description,
                    "requirements": profile.requirements.len(),
                })
            })
            .collect();
        return output::json(&listed);
    }
    let rows: Vec<Vec<String>> = profiles
        .iter()
        .map(|profile| {
            vec![
                profile.id.to_string(),
                profile.version.clone(),
                format!("{} requirements", profile.requirements.len()),
                profile.title.clone(),
            ]
        })
        .collect();
    output::out(&output::columns(&rows))
}

fn show(given: &str, format: OutputFormat) -> Result<(), Failure> {
    let profile = profile::load(given, &wiring::catalogue())?.profile;
    match format {
        OutputFormat::Json => output::json(&profile),
        OutputFormat::Human => output::out(&describe(&profile)),
    }
}

fn validate(files: &[String]) -> Result<(), Failure> {
    let mut wrong = Diagnostics::new();
    for file in files {
        match profile::load(file, &wiring::catalogue()) {
            Ok(loaded) => {
                let contract = match &loaded.contract {
                    Some(place) if !loaded.profile.suites.is_empty() => {
                        Some(wiring::contract(place)?.contract)
                    }
                    _ => None,
                };
                let mistakes = suites::mistakes(&loaded.profile, contract.as_ref());
                if !mistakes.is_empty() {
                    wrong.extend(mistakes);
                    continue;
                }
                let profile = loaded.profile;
                output::out(&format!(
                    "{file}: sound: {} {}, {} requirements in {} classes{}\n",
                    profile.id,
                    profile.version,
                    profile.requirements.len(),
                    profile.classes.len(),
                    suites::counted(&profile)
                ))?;
            }
            Err(errors) => {
                wrong.extend(errors);
                wrong.extend(suites::against_contract(file));
            }
        }
    }
    Ok(wrong.or(())?)
}

const WIDTH: usize = 100;

fn describe(profile: &Profile) -> String {
    let mut text = format!("{} {}: {}\n", profile.id, profile.version, profile.title);
    if !profile.description.is_empty() {
        text.push_str(&format!(
            "\n{}",
            output::paragraph(&profile.description, 0, WIDTH)
        ));
    }
    for class in &profile.classes {
        text.push_str(&format!("\n{}\n", heading(class)));
        let members = profile
            .requirements
            .iter()
            .filter(|one| one.class == class.id);
        for requirement in members {
            text.push_str(&entry(requirement));
        }
    }
    if !profile.parameters.0.is_empty() {
        text.push_str("\nParameters\n");
        for (name, value) in &profile.parameters.0 {
            text.push_str(&format!("  {name}: {value}\n"));
        }
    }
    text
}

fn heading(class: &Class) -> String {
    match &class.kind {
        ClassKind::Core => format!("{} ({}, core)", class.title, class.id),
        ClassKind::Optional { capability } => {
            format!(
                "{} ({}, for suppliers that claim {capability})",
                class.title, class.id
            )
        }
    }
}

fn entry(requirement: &Requirement) -> String {
    let verified = match &requirement.verification {
        Verification::VerifiedBy(verifiers) => {
            let ids: Vec<String> = verifiers.iter().map(ToString::to_string).collect();
            format!("verified by {}", ids.join(", "))
        }
        Verification::Attested => "attested by a person".to_owned(),
        Verification::NotTested(reason) => format!("not tested: {reason}"),
    };
    format!(
        "  {:8} {:7}{}\n{}{}",
        requirement.id,
        requirement.level,
        output::paragraph(&requirement.statement, 18, WIDTH).trim(),
        output::paragraph(&requirement.source.to_string(), 18, WIDTH),
        output::paragraph(&verified, 18, WIDTH),
    )
}

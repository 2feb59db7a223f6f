//! What an id stands for: a check, a requirement, or a finding of the last run (owner of [`explain`]).

use std::path::Path;

use clap::Args;
use serde_json::{Value, json};

use super::{
    Exit, Failure, checks,
    job::OutputFormat,
    output,
    run_folder::{LATEST, REPORTS},
    wiring,
};
use crate::{
    journal,
    load::{
        Diagnostic,
        nearest::nearest,
        profile::{self, BUNDLED},
    },
};
use muster_checks::profile::Profile;
use muster_core::model::{Requirement, Verification, Verifier};
use muster_report::{report, summary::Summary};

/// Flags of `muster explain`.
#[derive(Debug, Args)]
#[command(after_help = concat!(
    "Examples:\n",
    "  muster explain GOV-21\n",
    "  muster explain http.undeclared-method\n",
    "  muster explain F3",
))]
pub(super) struct Arguments {
    /// The id of a check or a requirement, or the number of a finding of the last run.
    #[arg(value_name = "ID")]
    id: String,
    /// The run folder that numbers of findings are of [default: reports/latest].
    #[arg(long, value_name = "RUN")]
    run: Option<std::path::PathBuf>,
    /// How the explanation is written.
    #[arg(long, value_enum, default_value_t)]
    format: OutputFormat,
}

pub(super) fn run(arguments: &Arguments) -> Result<Exit, Failure> {
    explain(&arguments.id, arguments.run.as_deref(), arguments.format)?;
    Ok(Exit::Conformant)
}

/// Says what an id stands for.
///
/// # Errors
/// Usage: nothing has this id, or there is no run to look a finding up in.
pub(super) fn explain(id: &str, run: Option<&Path>, format: OutputFormat) -> Result<(), Failure> {
    if is_number(id) {
        return finding(id, &last_run(run)?, format);
    }
    if let Some(check) = muster_checks::find(id) {
        return checks::tell(check, format);
    }
    // The profile of the last run first: it may be the reader's own.
    let last = last_run(run).ok().map(|summary| summary.started.profile);
    if let Some((requirement, profile)) = last
        .as_ref()
        .and_then(|profile| Some((requirement_of(profile, id)?, profile)))
    {
        return tell(requirement, profile, format);
    }
    let mut known = Vec::new();
    for bundled in BUNDLED {
        let profile = profile::load(bundled.id, &wiring::catalogue())?.profile;
        if let Some(requirement) = requirement_of(&profile, id) {
            return tell(requirement, &profile, format);
        }
        known.extend(profile.requirements.iter().map(|one| one.id.to_string()));
    }
    known.extend(muster_checks::ALL.iter().map(|check| check.id.to_owned()));
    let help = nearest(id, known.iter().map(String::as_str)).map_or_else(
        || "`muster checks list` and `muster profiles list` show what there is".to_owned(),
        |meant| format!("did you mean `{meant}`?"),
    );
    Err(Failure::Usage(
        Diagnostic::plain(format!(
            "there is no check, no requirement and no finding `{id}`"
        ))
        .help(help)
        .into(),
    ))
}

/// Whether a word is the number of a finding: `F3`, or `F3.1` for an effect.
pub(super) fn is_number(word: &str) -> bool {
    word.strip_prefix('F').is_some_and(|rest| {
        let mut parts = rest.split('.');
        let digits =
            |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
        parts.next().is_some_and(digits)
            && parts.next().is_none_or(digits)
            && parts.next().is_none()
    })
}

/// The run that numbers of findings are of.
///
/// # Errors
/// Usage: there is none, or it cannot be read.
pub(super) fn last_run(run: Option<&Path>) -> Result<Summary, Failure> {
    let latest = Path::new(REPORTS).join(LATEST);
    let folder = run.unwrap_or(&latest);
    if !journal::is_run(folder) {
        return Err(Failure::Usage(
            Diagnostic::plain(format!("`{}` is not a run folder", folder.display()))
                .help("numbers such as F3 are of the last run that was written below `reports`")
                .into(),
        ));
    }
    journal::summary(folder).map_err(|error| Failure::usage(error.to_string()))
}

/// What verifies the finding of a number, for `--only`.
///
/// # Errors
/// Usage: the last run has no such finding.
pub(super) fn verifier_of(number: &str) -> Result<String, Failure> {
    let summary = last_run(None)?;
    let found = summary
        .finding(number)
        .map(|finding| finding.by.to_string());
    found.ok_or_else(|| no_finding(number, &summary))
}

pub(super) fn no_finding(number: &str, summary: &Summary) -> Failure {
    let help = summary.findings.last().map_or_else(
        || "the run has no findings; `--run` names the folder of another".to_owned(),
        |last| format!("its findings go from F1 to {}", last.number),
    );
    Failure::Usage(
        Diagnostic::plain(format!(
            "the run {} has no finding `{number}`",
            summary.started.run_id
        ))
        .help(help)
        .into(),
    )
}

fn finding(number: &str, summary: &Summary, format: OutputFormat) -> Result<(), Failure> {
    let finding = summary
        .finding(number)
        .ok_or_else(|| no_finding(number, summary))?;
    match format {
        OutputFormat::Json => output::json(finding),
        OutputFormat::Human => output::out(&format!("{}\n", report::finding(summary, finding))),
    }
}

fn requirement_of<'a>(profile: &'a Profile, id: &str) -> Option<&'a Requirement> {
    profile
        .requirements
        .iter()
        .find(|requirement| requirement.id.as_str() == id)
}

fn tell(requirement: &Requirement, profile: &Profile, format: OutputFormat) -> Result<(), Failure> {
    match format {
        OutputFormat::Json => output::json(&described(requirement, profile)),
        OutputFormat::Human => output::out(&text(requirement, profile)),
    }
}

fn described(requirement: &Requirement, profile: &Profile) -> Value {
    json!({ "profile": profile.id, "requirement": requirement })
}

fn text(requirement: &Requirement, profile: &Profile) -> String {
    const WIDTH: usize = 100;
    let mut text = format!(
        "{} {} ({} {})\n",
        requirement.id, requirement.level, profile.title, profile.version
    );
    text.push_str(&output::paragraph(&requirement.statement, 2, WIDTH));
    text.push_str(&format!("\nSource\n  {}\n", requirement.source));
    match &requirement.verification {
        Verification::VerifiedBy(verifiers) => {
            text.push_str("\nVerified by\n");
            for by in verifiers {
                let purpose = match by {
                    Verifier::Check(id) => muster_checks::find(id.as_str()),
                    Verifier::Case(_) => None,
                }
                .map_or("", |check| check.purpose);
                text.push_str(&output::paragraph(&format!("{by} {purpose}"), 2, WIDTH));
            }
            text.push_str("\n`muster explain` with the id of a check says how it verifies this, and how to fix what it finds.\n");
        }
        Verification::Attested => {
            text.push_str("\nA person attests it, under `attestations` in the target file.\n");
        }
        Verification::NotTested(reason) => {
            text.push_str("\nNot tested\n");
            text.push_str(&output::paragraph(reason, 2, WIDTH));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may stop where it stands")]

    use super::*;
    use crate::load::profile::Catalogue;

    #[test]
    fn numbers_of_findings_are_told_from_ids() {
        for number in ["F1", "F12", "F3.1"] {
            assert!(is_number(number), "{number}");
        }
        for id in ["F", "F1.", "F1.2.3", "GOV-21", "Fx", "f1", "F1a"] {
            assert!(!is_number(id), "{id}");
        }
    }

    #[test]
    fn a_requirement_is_told_with_what_verifies_it() {
        let profile = profile::load("uk-gov-api", &Catalogue::default())
            .unwrap()
            .profile;
        let requirement = requirement_of(&profile, "GOV-21").unwrap();
        let text = text(requirement, &profile);
        assert!(text.starts_with("GOV-21 "), "{text}");
        assert!(text.contains("http.undeclared-method"), "{text}");
        assert!(explain("GOV-21O", Some(Path::new("nowhere")), OutputFormat::Human).is_err());
    }
}

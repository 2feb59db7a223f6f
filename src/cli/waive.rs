//! `muster waive`: writes the waivers of a run's findings into the file of waivers.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use clap::Args;
use time::{OffsetDateTime, macros::format_description};

use super::{Exit, Failure, explain, output};
use crate::{
    journal,
    load::{Diagnostic, Source, dates, source::is_url, waivers},
};
use muster_checks::profile::Profile;
use muster_core::{
    model::{OperationKey, Verifier},
    verdict::Verdict,
};
use muster_report::{
    report,
    summary::{FindingResult, Summary},
    waiver::Waiver,
};

/// Flags of `muster waive`.
#[derive(Debug, Args)]
#[command(after_help = concat!(
    "Examples:\n",
    "  muster waive reports/latest F3 --owner \"Gateway team\" --approved-by \"A. Lead\" --until 2027-01-31 \\\n",
    "    --reason \"The gateway returns 404.\"\n",
    "  muster waive reports/latest --baseline --owner \"RMS team\" --approved-by \"A. Lead\" --until 2027-01-31 \\\n",
    "    --reason \"Known when the gate was introduced.\"",
))]
pub(super) struct Arguments {
    /// The run folder.
    run: PathBuf,
    /// The numbers of findings, such as F3 or F3.1; the effects of a finding are accepted with it.
    #[arg(
        value_name = "FINDING",
        required_unless_present = "baseline",
        conflicts_with = "baseline"
    )]
    findings: Vec<String>,
    /// Accept every finding of the run.
    #[arg(long)]
    baseline: bool,
    /// Who mends it.
    #[arg(long, value_name = "NAME", value_parser = not_blank)]
    owner: String,
    /// Who accepted it.
    #[arg(long, value_name = "NAME", value_parser = not_blank)]
    approved_by: String,
    /// The last day it holds, YYYY-MM-DD.
    #[arg(long, value_name = "DATE", value_parser = day)]
    until: String,
    /// Why the failure is accepted.
    #[arg(long, value_name = "TEXT", value_parser = not_blank)]
    reason: String,
    /// The file of waivers, a path; it is made where it is not there.
    #[arg(long, short, value_name = "FILE", default_value = "waivers.yaml")]
    waivers: PathBuf,
}

fn not_blank(text: &str) -> Result<String, String> {
    match text.trim() {
        "" => Err("it is empty".to_owned()),
        text => Ok(text.to_owned()),
    }
}

fn day(text: &str) -> Result<String, String> {
    dates::day(text).map(|_| text.to_owned())
}

/// Today, as waivers write it.
pub(super) fn today() -> String {
    OffsetDateTime::now_utc()
        .format(format_description!("[year]-[month]-[day]"))
        .unwrap_or_default()
}

pub(super) fn run(arguments: &Arguments) -> Result<Exit, Failure> {
    if arguments.until < today() {
        return Err(Failure::usage(format!(
            "`--until {}` is past: a waiver holds through its last day",
            arguments.until
        )));
    }
    let location = arguments.waivers.to_string_lossy();
    if location == "-" || is_url(&location) {
        return Err(Failure::usage(format!(
            "`--waivers {location}`: waivers are written to a file; name a path"
        )));
    }
    let summary = journal::summary(&arguments.run).map_err(|error| Failure::no_run(&error))?;
    let findings = chosen(&summary, arguments)?;
    let file = &arguments.waivers;
    let shown = file.display().to_string();
    let text = match fs::read_to_string(file) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => String::new(),
        Err(error) => {
            return Err(Failure::usage(format!("`{shown}` cannot be read: {error}")));
        }
    };
    let profile = &summary.started.profile;
    let held = load(&shown, &text, profile)?;
    let mut added: Vec<Waiver> = Vec::new();
    let mut already = 0;
    for waiver in wanted(&summary, &findings, arguments) {
        let is_among = |all: &[Waiver]| all.iter().any(|one| covers(one, &waiver, &summary));
        if is_among(&held) {
            already += 1;
        } else if !is_among(&added) {
            added.push(waiver);
        }
    }
    if added.is_empty() {
        output::out(&format!("Nothing to write: `{shown}` accepts all of it.\n"))?;
        return Ok(Exit::Conformant);
    }
    let text = appended(&text, &added);
    // What was written by hand in another way than ours is not spoilt: the new text must say what it is to say.
    let read = load(&shown, &text, profile).map_err(|_| unreadable(&shown))?;
    if read.len() != held.len() + added.len() {
        return Err(unreadable(&shown));
    }
    replace(file, &text)
        .map_err(|error| Failure::usage(format!("`{shown}` cannot be written: {error}")))?;
    let mut told = String::new();
    for waiver in &added {
        told.push_str(&format!(
            "{}: accepted until {}, owner {}\n",
            waiver.scope(),
            waiver.expires,
            waiver.owner
        ));
    }
    let count = |number: usize| match number {
        1 => "1 waiver".to_owned(),
        number => format!("{number} waivers"),
    };
    told.push_str(&format!("{} written to `{shown}`", count(added.len())));
    if already > 0 {
        told.push_str(&format!(", {already} there already"));
    }
    told.push_str(&format!(
        ". The next run takes them by `waivers: {shown}` in the target file, or by `--waivers {shown}`.\n"
    ));
    output::out(&told)?;
    Ok(Exit::Conformant)
}

/// Writes the new text beside the old and puts it in its place, so that a full disk costs no waiver.
fn replace(file: &Path, text: &str) -> io::Result<()> {
    // A link stays a link.
    let file = file.canonicalize().unwrap_or_else(|_| file.to_path_buf());
    let name = file.file_name().unwrap_or_default().to_string_lossy();
    let draft = file.with_file_name(report::draft(&name));
    fs::write(&draft, text)
        .and_then(|()| match fs::metadata(&file) {
            Ok(found) => fs::set_permissions(&draft, found.permissions()),
            Err(_) => Ok(()),
        })
        .and_then(|()| fs::rename(&draft, &file))
        .inspect_err(|_| {
            let _ = fs::remove_file(&draft);
        })
}

fn unreadable(shown: &str) -> Failure {
    Failure::Usage(
        Diagnostic::plain(format!(
            "`{shown}` is written in a way that no entry can be added to"
        ))
        .help("write it as a list: `waivers:` on a line of its own, and below it `  - requirement: …`; nothing was changed")
        .into(),
    )
}

fn load(name: &str, text: &str, profile: &Profile) -> Result<Vec<Waiver>, Failure> {
    if text.trim().is_empty() {
        return Ok(Vec::new());
    }
    Ok(waivers::load(Source::new(name, text), profile)?)
}

/// The findings that were named, with their effects.
fn chosen<'a>(
    summary: &'a Summary,
    arguments: &Arguments,
) -> Result<Vec<&'a FindingResult>, Failure> {
    let mut chosen: Vec<&FindingResult> = Vec::new();
    if arguments.baseline {
        chosen.extend(summary.findings_with_effects());
    }
    for number in &arguments.findings {
        let finding = summary
            .finding(number)
            .ok_or_else(|| explain::no_finding(number, summary))?;
        chosen.push(finding);
        chosen.extend(&finding.effects);
    }
    if chosen.is_empty() {
        return Err(Failure::usage(
            "the run has no findings: there is nothing to accept",
        ));
    }
    Ok(chosen)
}

/// A waiver for each place where a finding fails a requirement: as narrow as can be, so that it accepts nothing else.
fn wanted(summary: &Summary, findings: &[&FindingResult], arguments: &Arguments) -> Vec<Waiver> {
    let mut all: Vec<Waiver> = Vec::new();
    for result in &summary.requirements {
        for one in &result.results {
            let is_meant = one.verdict >= Some(Verdict::Fail)
                && findings
                    .iter()
                    .any(|finding| one.findings.contains(&finding.number));
            if !is_meant {
                continue;
            }
            let waiver = Waiver {
                requirement: result.requirement.id.clone(),
                operation: match &one.by {
                    Verifier::Check(_) => one.operation.as_ref().map(OperationKey::to_string),
                    Verifier::Case(_) => None,
                },
                case: match &one.by {
                    Verifier::Check(_) => None,
                    Verifier::Case(id) => Some(id.to_string()),
                },
                reason: arguments.reason.clone(),
                owner: arguments.owner.clone(),
                approved_by: arguments.approved_by.clone(),
                expires: arguments.until.clone(),
                line: 0,
            };
            if !all.contains(&waiver) {
                all.push(waiver);
            }
        }
    }
    all
}

/// Whether a waiver in date accepts all that another would.
fn covers(held: &Waiver, wanted: &Waiver, summary: &Summary) -> bool {
    held.requirement == wanted.requirement
        && held.in_date(&summary.started.today)
        && (held.operation.is_none() || held.operation == wanted.operation)
        && (held.case.is_none() || held.case == wanted.case)
}

/// The text with more entries at its end, indented as its own are.
fn appended(text: &str, added: &[Waiver]) -> String {
    let mut text = text.to_owned();
    if text.trim().is_empty() {
        text = "# Accepted failures: each with an owner, an approver and a last day.\nwaivers:\n"
            .to_owned();
    }
    let empty = ["waivers: []", "waivers: ~", "waivers: null"];
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    for line in &mut lines {
        if empty.contains(&line.trim_end()) {
            "waivers:".clone_into(line);
        }
    }
    let indent: String = lines
        .iter()
        .find(|line| line.trim_start().starts_with("- "))
        .map_or_else(
            || "  ".to_owned(),
            |line| line.chars().take_while(|c| *c == ' ').collect(),
        );
    for waiver in added {
        let mut item = vec![("requirement", waiver.requirement.to_string())];
        item.extend(
            waiver
                .operation
                .clone()
                .map(|operation| ("operation", operation)),
        );
        item.extend(waiver.case.clone().map(|case| ("case", case)));
        item.push(("reason", waiver.reason.clone()));
        item.push(("owner", waiver.owner.clone()));
        item.push(("approved_by", waiver.approved_by.clone()));
        item.push(("expires", waiver.expires.clone()));
        for (at, (name, value)) in item.iter().enumerate() {
            let mark = if at == 0 { "- " } else { "  " };
            // What JSON quotes, YAML reads.
            let value = serde_json::Value::from(value.as_str()).to_string();
            lines.push(format!("{indent}{mark}{name}: {value}"));
        }
    }
    // Line ends stay as the file has them.
    let end = if text.contains("\r\n") { "\r\n" } else { "\n" };
    let mut text = lines.join(end);
    text.push_str(end);
    text
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may stop where it stands")]

    use super::*;
    use crate::load::profile::{self, Catalogue};

    fn waiver(operation: Option<&str>) -> Waiver {
        Waiver {
            requirement: "GOV-21".into(),
            operation: operation.map(Into::into),
            case: None,
            reason: "It says \"no\": #1\nand more".into(),
            owner: "A".into(),
            approved_by: "B".into(),
            expires: "2027-01-31".into(),
            line: 0,
        }
    }

    #[test]
    fn entries_are_added_to_any_list_and_read_back() {
        let profile = profile::load("uk-gov-api", &Catalogue::default())
            .unwrap()
            .profile;
        let own = "# ours\nwaivers:\n- requirement: GOV-22 # soon\n  reason: R\n  owner: O\n  approved_by: A\n  expires: 2027-01-01";
        let indented = "waivers:\n    - requirement: GOV-22\n      reason: R\n      owner: O\n      approved_by: A\n      expires: 2027-01-01\n";
        let windows = own.replace('\n', "\r\n");
        for (text, held) in [
            ("", 0),
            ("waivers: []\n", 0),
            (own, 1),
            (indented, 1),
            (windows.as_str(), 1),
        ] {
            let added = [waiver(None), waiver(Some("GET /people/{id}"))];
            let new = appended(text, &added);
            let read = load("waivers.yaml", &new, &profile).unwrap();
            assert_eq!(read.len(), held + 2, "{new}");
            let last = read.last().unwrap();
            assert_eq!(last.reason, added[1].reason);
            assert_eq!(last.operation, added[1].operation);
            assert_eq!(text.contains("# ours"), new.contains("# ours"));
            assert!(text == "waivers: []\n" || new.contains(text), "{new}");
            let ends = new.matches("\r\n").count();
            let all = new.matches('\n').count();
            assert_eq!(ends, if text.contains('\r') { all } else { 0 }, "{new}");
        }
    }

    #[test]
    fn a_flow_list_is_left_alone() {
        let profile = profile::load("uk-gov-api", &Catalogue::default())
            .unwrap()
            .profile;
        let flow = "waivers: [{ requirement: GOV-22, reason: R, owner: O, approved_by: A, expires: 2027-01-01 }]\n";
        assert!(load("w", &appended(flow, &[waiver(None)]), &profile).is_err());
    }
}

//! `waivers.yaml` to [`Waiver`]s, each with its line.

use serde_json::Value;

use super::{
    dates,
    diagnostic::{Diagnostic, Diagnostics},
    nearest::nearest,
    schemas,
    source::Source,
    violations::violations,
    yaml::{Confidential, Document, member},
};
use muster_checks::profile::Profile;
use muster_core::model::RequirementId;
use muster_report::waiver::Waiver;

/// Reads the text of a waiver file, which a flag or the target file names.
///
/// # Errors
/// Where it cannot be read.
pub fn read(location: &str, is_of_target: bool) -> Result<Source, Diagnostics> {
    Source::read(location, "waiver file").map_err(|wrong| {
        let help = if is_of_target {
            "`waivers` in the target file names it; `muster waive` writes one from a run"
        } else {
            "`muster waive` writes one from a run"
        };
        wrong.help(help)
    })
}

/// Reads a waiver file against the profile whose failures it accepts.
///
/// # Errors
/// Everything that is wrong with it.
pub fn load(source: Source, profile: &Profile) -> Result<Vec<Waiver>, Diagnostics> {
    let document = Document::parse(source, Confidential::NOTHING)?;
    let mut wrong = violations(&document, &schemas::WAIVERS);
    for (pointer, waiver) in document.items("/waivers") {
        let expires = member(&pointer, "expires");
        if let Some(Err(reason)) = document.text(&expires).map(dates::day) {
            wrong.push(document.error(&expires, reason));
        }
        let requirement = member(&pointer, "requirement");
        if let Some(id) = document.text(&requirement)
            && profile.requirement(&RequirementId::new(id)).is_none()
        {
            wrong.push(unknown_requirement(&document, &requirement, id, profile));
        }
        if waiver.get("operation").is_some() && waiver.get("case").is_some() {
            wrong.push(
                document
                    .key_error(
                        &member(&pointer, "case"),
                        "a waiver is for an operation or a case, not both",
                    )
                    .help("write two waivers"),
            );
        }
    }
    wrong.or(())?;
    let mut waivers = Vec::new();
    for (pointer, item) in document.items("/waivers") {
        let mut item = item.clone();
        if let Value::Object(members) = &mut item {
            members.insert(
                "line".into(),
                document.line(&member(&pointer, "requirement")).into(),
            );
        }
        waivers.push(
            serde_json::from_value(item)
                .map_err(|error| document.error(&pointer, error.to_string()))?,
        );
    }
    Ok(waivers)
}

fn unknown_requirement(
    document: &Document,
    pointer: &str,
    id: &str,
    profile: &Profile,
) -> Diagnostic {
    let there = profile
        .requirements
        .iter()
        .map(|requirement| requirement.id.as_str());
    let help = nearest(id, there).map_or_else(
        || "`muster profiles show ID` lists the requirements of a profile".to_owned(),
        |meant| format!("did you mean `{meant}`?"),
    );
    document
        .error(
            pointer,
            format!("profile `{}` has no requirement `{id}`", profile.id),
        )
        .help(help)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::load::profile::{self, Catalogue};

    fn load_text(text: &str) -> Result<Vec<Waiver>, Diagnostics> {
        let profile = profile::load("uk-gov-api", &Catalogue::default())
            .unwrap()
            .profile;
        load(Source::new("waivers.yaml", text), &profile)
    }

    const GOOD: &str = "# accepted in June\nwaivers:\n  - requirement: GOV-21\n    operation: GET /people/{id}\n    reason: The gateway answers 404.\n    owner: A. Person\n    approved_by: B. Person\n    expires: 2027-01-31\n";

    #[test]
    fn a_waiver_knows_its_line() {
        let waivers = load_text(GOOD).unwrap();
        assert_eq!(waivers.len(), 1);
        assert_eq!(waivers[0].line, 3);
        assert_eq!(waivers[0].operation.as_deref(), Some("GET /people/{id}"));
        assert_eq!(waivers[0].expires, "2027-01-31");
        assert!(load_text("waivers: []\n").unwrap().is_empty());
    }

    #[test]
    fn what_is_wrong_is_told_all_at_once() {
        let text = GOOD
            .replace("GOV-21", "GOV-2I")
            .replace("2027-01-31", "2027-02-30")
            .replace("GET /people/{id}", "people")
            .replace("    owner: A. Person\n", "    line: 9\n    case: a/b\n");
        let told = load_text(&text).unwrap_err().to_string();
        for part in [
            "profile `uk-gov-api` has no requirement `GOV-2I`",
            "did you mean `GOV-2",
            "`2027-02-30` is not a day of the calendar",
            "`waivers[0].operation` is not written as it should be",
            "`waivers[0]` has no `owner`",
            "unknown key `line`",
            "for an operation or a case, not both",
            "6 errors",
        ] {
            assert!(told.contains(part), "{part}\n{told}");
        }
    }
}

//! `muster lint`: the checks of the document, without a target.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use serde_json::{Value, json};

use super::{Exit, Failure, job::FailOn, located, output, wiring};
use crate::load::{ProfileContract, profile};
use muster_checks::{ALL, Check, Kind, profile::Profile};
use muster_core::{
    contract::Contract,
    model::{Level, OperationKey, Verification, Verifier},
    verdict::{Finding, Judgement, SourceLocation},
};
use muster_report::report::sarif;

/// Flags of `muster lint`.
#[derive(Debug, Args)]
#[command(after_help = concat!(
    "Examples:\n",
    "  muster lint openapi.yaml\n",
    "  muster lint openapi.yaml --format sarif > contract.sarif\n",
    "\n",
    "Exit codes:\n",
    "  0  no finding that a MUST of the profile forbids (or SHOULD, with --fail-on should)\n",
    "  1  there is one     2  a flag is wrong, or the document cannot be read",
))]
pub(super) struct Arguments {
    /// The OpenAPI document; `-` and URLs work too.
    #[arg(value_name = "CONTRACT")]
    contract: String,
    /// The folder that references of the document may lead to, in place of its own.
    #[arg(long, value_name = "DIR")]
    contract_root: Option<PathBuf>,
    /// The profile that says which findings are errors; may be given again.
    #[arg(long, short, value_name = "ID|FILE", default_value = "uk-gov-api")]
    profile: Vec<String>,
    /// Which levels fail the command.
    #[arg(long, value_enum, default_value_t)]
    fail_on: FailOn,
    /// How the findings are written.
    #[arg(long, value_enum, default_value_t)]
    format: LintFormat,
}

/// How findings of the document are written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
enum LintFormat {
    /// For people.
    #[default]
    Text,
    /// For programs.
    Json,
    /// SARIF 2.1.0, for code scanning and editors.
    Sarif,
}

/// One finding of the document.
#[derive(Debug)]
struct Found {
    check: &'static Check,
    /// The requirements of the profile that it fails, and the highest level of them.
    requirements: Vec<String>,
    level: Option<Level>,
    operation: Option<OperationKey>,
    finding: Finding,
    source: Option<SourceLocation>,
}

/// What was linted, and what was found.
#[derive(Debug)]
struct Linted {
    file: String,
    sha256: String,
    operations: usize,
    checks: usize,
    found: Vec<Found>,
}

pub(super) fn run(arguments: &Arguments) -> Result<Exit, Failure> {
    let profile = profile::load_all(&arguments.profile, &wiring::catalogue())?.profile;
    let place = ProfileContract::Location(arguments.contract.clone());
    let loaded = wiring::contract_within(&place, arguments.contract_root.as_deref())?;
    let linted = lint(&loaded.contract, loaded.sha256, &profile);
    let fails = linted.found.iter().any(|found| {
        found.level == Some(Level::Must)
            || arguments.fail_on == FailOn::Should && found.level == Some(Level::Should)
    });
    let exit = if fails {
        Exit::NonConformant
    } else {
        Exit::Conformant
    };
    match arguments.format {
        LintFormat::Text => output::out(&text(&linted))?,
        LintFormat::Json => output::json(&value(&linted))?,
        LintFormat::Sarif => output::json(&log(&linted, &profile, exit))?,
    }
    Ok(exit)
}

/// Runs every check of the document, and sorts what they find by its place.
fn lint(contract: &Contract, sha256: String, profile: &Profile) -> Linted {
    let mut found = Vec::new();
    let mut checks = 0;
    for check in ALL {
        let Kind::Contract(judge) = check.kind else {
            continue;
        };
        checks += 1;
        let by = Verifier::Check(check.id.into());
        let citing: Vec<_> = profile
            .requirements
            .iter()
            .filter(|requirement| match &requirement.verification {
                Verification::VerifiedBy(verifiers) => verifiers.contains(&by),
                Verification::Attested | Verification::NotTested(_) => false,
            })
            .collect();
        for judged in judge(contract, &profile.parameters) {
            let Judgement::Fail(finding) = judged.judgement else {
                continue;
            };
            let source = located::place(contract, &finding, judged.operation.as_ref())
                .or_else(|| contract.position("", "").as_ref().map(located::location));
            found.push(Found {
                check,
                requirements: citing.iter().map(|one| one.id.to_string()).collect(),
                level: citing.iter().map(|one| one.level).max(),
                operation: judged.operation,
                finding,
                source,
            });
        }
    }
    found.sort_by_cached_key(|one| {
        one.source
            .as_ref()
            .map(|source| (source.file.clone(), source.line, source.column))
    });
    Linted {
        file: located::file_name(&contract.location),
        sha256,
        operations: contract.operations.len(),
        checks,
        found,
    }
}

impl Found {
    /// What the profile makes of it: a finding that no requirement of it forbids is a note.
    const fn severity(&self) -> &'static str {
        match self.level {
            Some(Level::Must) => "error",
            Some(Level::Should) => "warning",
            Some(Level::May) | None => "note",
        }
    }

    fn place(&self, file: &str) -> String {
        self.source.as_ref().map_or_else(
            || file.to_owned(),
            |source| format!("{}:{}:{}", source.file, source.line, source.column),
        )
    }
}

fn text(linted: &Linted) -> String {
    /// Where a log breaks its lines.
    const LOG: usize = 120;
    let width = output::width().unwrap_or(LOG);
    let mut text = String::new();
    for one in &linted.found {
        let cited = one.requirements.join(", ");
        let cited = if cited.is_empty() {
            cited
        } else {
            format!(", {cited}")
        };
        text.push_str(&format!(
            "{}: {}: {} [{}{cited}]\n",
            one.place(&linted.file),
            one.severity(),
            one.finding.title,
            one.check.id
        ));
        for (name, said) in [
            ("expected", one.finding.expected.as_str()),
            ("received", one.finding.received.as_str()),
            ("fix", one.check.fix),
        ] {
            text.push_str(&output::field(name, said, width));
        }
    }
    if !text.is_empty() {
        text.push('\n');
    }
    let count = |severity: &str| {
        let of = linted.found.iter().filter(|one| one.severity() == severity);
        match of.count() {
            1 => format!("1 {severity}"),
            number => format!("{number} {severity}s"),
        }
    };
    text.push_str(&format!(
        "{}: {}, {}, {}; {} checks, {} operations\n",
        linted.file,
        count("error"),
        count("warning"),
        count("note"),
        linted.checks,
        linted.operations
    ));
    text
}

fn value(linted: &Linted) -> Value {
    let findings: Vec<Value> = linted
        .found
        .iter()
        .map(|one| {
            json!({
                "check": one.check.id,
                "severity": one.severity(),
                "level": one.level.map(Level::as_str),
                "requirements": one.requirements,
                "operation": one.operation.as_ref().map(ToString::to_string),
                "title": one.finding.title,
                "expected": one.finding.expected,
                "received": one.finding.received,
                "pointer": one.finding.pointer,
                "file": one.source.as_ref().map(|source| &source.file),
                "line": one.source.as_ref().map(|source| source.line),
                "column": one.source.as_ref().map(|source| source.column),
                "fix": one.check.fix,
            })
        })
        .collect();
    json!({
        "contract": linted.file,
        "sha256": linted.sha256,
        "operations": linted.operations,
        "checks": linted.checks,
        "findings": findings,
    })
}

fn log(linted: &Linted, profile: &Profile, exit: Exit) -> Value {
    let mut rules: Vec<sarif::Rule> = Vec::new();
    let mut findings = Vec::new();
    for one in &linted.found {
        let by = Verifier::Check(one.check.id.into());
        if !rules.iter().any(|rule| rule.id == one.check.id) {
            rules.push(sarif::Rule::of(&by));
        }
        let operation = one.operation.as_ref().map(ToString::to_string);
        findings.push(sarif::Finding {
            rule: one.check.id.to_owned(),
            level: one.severity(),
            message: format!(
                "{} Expected: {} Received: {}",
                one.finding.title, one.finding.expected, one.finding.received
            ),
            source: one.source.clone(),
            fingerprint: sarif::fingerprint(
                one.check.id,
                &one.finding.cause,
                operation.as_deref().unwrap_or_default(),
            ),
            operation,
            properties: json!({ "requirements": one.requirements }),
            ..sarif::Finding::default()
        });
    }
    let invocation = json!({ "executionSuccessful": true, "exitCode": exit.code() });
    let category = format!("lint/{}", profile.id);
    sarif::log(&rules, &findings, &invocation, &category)
}

#[cfg(test)]
mod tests {
    #![allow(
        clippy::unwrap_used,
        clippy::indexing_slicing,
        reason = "a test may stop where it stands"
    )]

    use super::*;
    use crate::load::{contract_source, profile::Catalogue};
    use muster_core::contract::Documents;

    const TEXT: &str = "openapi: 3.0.3
info: { title: T, version: 1.0.0 }
paths:
  /people/{id}:
    get:
      operationId: getPerson
      responses:
        '200': { description: Good., content: { application/json: { schema: { $ref: '#/components/schemas/None' } } } }
";

    fn linted(text: &str) -> Linted {
        let profile = profile::load("uk-gov-api", &Catalogue::default())
            .unwrap()
            .profile;
        let uri = "file:///contracts/openapi.yaml";
        let document = contract_source::read(text.as_bytes()).unwrap();
        let contract = Contract::build(uri, Documents::single(uri, document)).unwrap();
        lint(&contract, String::new(), &profile)
    }

    #[test]
    fn what_is_wrong_is_told_by_line_and_column() {
        let linted = linted(TEXT);
        let reference = linted
            .found
            .iter()
            .find(|one| one.finding.received.contains("None") || one.finding.title.contains("None"))
            .unwrap();
        let source = reference.source.as_ref().unwrap();
        assert_eq!(
            (source.file.as_str(), source.line),
            ("/contracts/openapi.yaml", 8)
        );
        assert!(source.column > 1);
        assert_eq!(reference.severity(), "error");
        let text = text(&linted);
        assert!(text.contains("/contracts/openapi.yaml:8:"), "{text}");
        let lines: Vec<usize> = linted
            .found
            .iter()
            .filter_map(|one| Some(one.source.as_ref()?.line))
            .collect();
        assert!(lines.is_sorted(), "{lines:?}");
    }

    #[test]
    fn every_format_tells_the_same() {
        let linted = linted(TEXT);
        let profile = profile::load("uk-gov-api", &Catalogue::default())
            .unwrap()
            .profile;
        let json = value(&linted);
        let sarif = log(&linted, &profile, Exit::NonConformant);
        let results = sarif["runs"][0]["results"].as_array().unwrap();
        assert_eq!(
            json["findings"].as_array().unwrap().len(),
            linted.found.len()
        );
        assert_eq!(results.len(), linted.found.len());
        for (result, found) in results.iter().zip(&linted.found) {
            assert_eq!(result["ruleId"], found.check.id);
            let region = &result["locations"][0]["physicalLocation"]["region"];
            assert_eq!(region["startLine"], found.source.as_ref().unwrap().line);
        }
    }
}

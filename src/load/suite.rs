//! Suites: read with every file they name, and checked, all that is wrong told at once.

use std::{collections::BTreeMap, sync::Arc};

use serde_json::Value;

use super::{
    diagnostic::{Diagnostic, Diagnostics},
    nearest::nearest,
    schemas,
    source::Source,
    violations::violations,
    yaml::{Confidential, Document},
};
use muster_checks::suite::{
    Body, Definition, Spots, Step, Suite,
    lint::{self, Mistake},
};
use muster_core::contract::Contract;

/// Reads a file that a suite names, by the path it names it by.
pub type ReadFile<'a> = &'a dyn Fn(&str) -> Result<Source, Diagnostics>;

/// Loads a suite from its text.
///
/// # Errors
/// Everything that is wrong with it, as far as that can be told without a contract.
pub fn load(source: Source, read: ReadFile<'_>) -> Result<Suite, Diagnostics> {
    let (suite, wrong) = draft(source, read)?;
    wrong.or(suite)
}

/// Loads a suite from its text with everything that is wrong in it, so that what names its cases can be looked at as well.
///
/// # Errors
/// It is not of the shape of a suite.
pub fn draft(source: Source, read: ReadFile<'_>) -> Result<(Suite, Diagnostics), Diagnostics> {
    let document = Document::parse(source, Confidential::NOTHING)?;
    violations(&document, &schemas::SUITE).or(())?;
    let definition: Definition =
        serde_json::from_value(document.value.clone()).map_err(|error| {
            Diagnostic::of_file(
                &document.source.name,
                format!("this is not a suite: {error}"),
            )
        })?;
    let mut wrong = Diagnostics::new();
    let mut files = BTreeMap::new();
    for (pointer, path) in named_files(&definition) {
        if files.contains_key(path) {
            continue;
        }
        match read(path).and_then(|file| Document::parse(file, Confidential::NOTHING)) {
            Ok(file) => {
                files.insert(path.to_owned(), file.value);
            }
            Err(errors) => {
                for error in errors.iter() {
                    if error.line == 0 {
                        wrong.push(document.error(&pointer, format!("{path}: {}", error.message)));
                    } else {
                        wrong.push(error.clone());
                    }
                }
            }
        }
    }
    let suite = Suite {
        spots: Spots::new(
            Arc::clone(&document.source.name),
            Arc::clone(&document.source.text),
            document.spots(),
        ),
        definition,
        files,
    };
    wrong.extend(told(&suite, lint::lint(&suite)));
    Ok((suite, wrong))
}

/// Everything in a suite that a contract does not have.
#[must_use]
pub fn against(suite: &Suite, contract: &Contract) -> Vec<Diagnostic> {
    told(suite, lint::against(suite, contract))
}

/// Cases that none of these citations stands for.
#[must_use]
pub fn uncited(suite: &Suite, cited: &[&str]) -> Vec<Diagnostic> {
    let mut wrong = Vec::new();
    for (index, case) in suite.definition.cases.iter().enumerate() {
        let some = suite
            .cases()
            .filter(|chosen| chosen.index == index)
            .any(|chosen| cited.contains(&chosen.id().as_str()));
        if !some {
            wrong.push(
                diagnostic(
                    &suite.spots,
                    &format!("/cases/{index}/id"),
                    format!("no requirement cites case `{}/{}`", suite.id(), case.id),
                )
                .help(format!(
                    "it never runs; add `case: {}/{}` to the `verified_by` of a requirement",
                    suite.id(),
                    case.id
                )),
            );
        }
    }
    wrong
}

fn told(suite: &Suite, mistakes: Vec<Mistake>) -> Vec<Diagnostic> {
    mistakes
        .into_iter()
        .map(|mistake| {
            let meant = mistake.meant.as_ref().and_then(|(name, there)| {
                nearest(name, there.iter().map(String::as_str))
                    .map(|meant| format!("did you mean `{meant}`?"))
            });
            diagnostic(&suite.spots, &mistake.pointer, mistake.message)
                .maybe_help(mistake.help)
                .maybe_help(meant)
        })
        .collect()
}

fn diagnostic(spots: &Spots, pointer: &str, message: String) -> Diagnostic {
    let spot = spots.at(pointer);
    Diagnostic {
        file: spots.file().into(),
        line: spot.line,
        column: spot.column,
        width: spot.width,
        source_line: spots.line(spot.line).to_owned(),
        message,
        help: None,
    }
}

/// The files that a suite names, each with the place it is named at.
fn named_files(definition: &Definition) -> Vec<(String, &str)> {
    let mut files = Vec::new();
    of_variables("/variables", &definition.variables, &mut files);
    for (index, case) in definition.cases.iter().enumerate() {
        of_variables(
            &format!("/cases/{index}/variables"),
            &case.variables,
            &mut files,
        );
        for (kind, steps) in [("steps", &case.steps), ("cleanup", &case.cleanup)] {
            for (number, step) in steps.iter().enumerate() {
                let pointer = format!("/cases/{index}/{kind}/{number}/with/body");
                of_step(&pointer, step, &mut files);
            }
        }
    }
    files
}

fn of_variables<'d>(
    pointer: &str,
    variables: &'d serde_json::Map<String, Value>,
    files: &mut Vec<(String, &'d str)>,
) {
    for (name, value) in variables {
        if let Some(path) = muster_checks::suite::file_of(value) {
            files.push((format!("{pointer}/{name}/file"), path));
        }
    }
}

fn of_step<'d>(pointer: &str, step: &'d Step, files: &mut Vec<(String, &'d str)>) {
    let mut pointer = pointer.to_owned();
    let mut body = step.with.body.as_ref();
    while let Some(one) = body.take() {
        match one {
            Body::File(path) => files.push((format!("{pointer}/file"), path.as_str())),
            Body::Overlay(overlay) => {
                pointer.push_str("/overlay/on");
                body = overlay.on.as_ref();
            }
            Body::Literal(_) | Body::Generated(_) | Body::Raw(_) => {}
        }
    }
}

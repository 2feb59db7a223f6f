//! The suites that a profile names.

use std::sync::Arc;

use super::{
    super::{
        diagnostic::{Diagnostic, Diagnostics},
        source::{Source, is_url},
        suite,
        yaml::Document,
    },
    Bundled, Origin,
};
use muster_checks::suite::Suite;
use muster_core::model::{Requirement, Verification, Verifier};

/// Loads every suite that a profile names.
pub(super) fn load(
    document: &Document,
    origin: &Origin,
    wrong: &mut Diagnostics,
) -> Vec<Arc<Suite>> {
    let mut suites = Vec::new();
    for (pointer, item) in document.items("/suites") {
        let Some(name) = item.as_str() else { continue };
        let loaded = match origin {
            Origin::Bundled(bundled) => of_bundled(bundled, name),
            Origin::Location(_) | Origin::Text(_) => of_file(document, name),
        };
        let errors = match loaded {
            Ok((suite, errors)) => {
                suites.push(Arc::new(suite));
                errors
            }
            Err(errors) => errors,
        };
        for error in errors.iter() {
            if error.line == 0 {
                wrong.push(document.error(&pointer, format!("`{name}`: {}", error.message)));
            } else {
                wrong.push(error.clone());
            }
        }
    }
    suites
}

fn of_file(document: &Document, name: &str) -> Result<(Suite, Diagnostics), Diagnostics> {
    let location = if is_url(name) {
        name.to_owned()
    } else {
        document.source.beside(name).to_string_lossy().into_owned()
    };
    let source = Source::read(&location, "suite")?;
    let beside = source.clone();
    suite::draft(source, &|path| {
        Source::read(&beside.beside(path).to_string_lossy(), "file")
    })
}

/// A suite that comes with Muster: the profile's list has it by the name the profile gives, and the files
/// that it names by their paths from there.
fn of_bundled(bundled: &'static Bundled, name: &str) -> Result<(Suite, Diagnostics), Diagnostics> {
    let source = bundled_file(bundled, name)?;
    suite::draft(source, &|path| {
        let path = match name.rsplit_once('/') {
            Some((folder, _)) => format!("{folder}/{path}"),
            None => path.to_owned(),
        };
        bundled_file(bundled, &path)
    })
}

fn bundled_file(bundled: &'static Bundled, name: &str) -> Result<Source, Diagnostics> {
    bundled
        .files
        .iter()
        .find(|(held, _)| *held == name)
        .map(|(_, text)| Source::new(format!("{}/{name}", bundled.id), *text))
        .ok_or_else(|| {
            Diagnostic::plain(format!(
                "`{name}` is not among the files that come with the profile"
            ))
            .into()
        })
}

/// Everything that a requirement may cite of a suite: cases, and rows of tables.
pub(super) fn citations(suite: &Suite) -> impl Iterator<Item = String> {
    suite.cases().flat_map(|chosen| {
        [
            chosen.id().to_string(),
            format!("{}/{}", suite.id(), chosen.case.id),
        ]
    })
}

/// A table's case stands for all its rows: each becomes a verifier of its own.
pub(super) fn expand(requirement: &mut Requirement, suites: &[Arc<Suite>]) {
    let Verification::VerifiedBy(verifiers) = &mut requirement.verification else {
        return;
    };
    let mut expanded: Vec<Verifier> = Vec::with_capacity(verifiers.len());
    for verifier in verifiers.drain(..) {
        let rows: Vec<Verifier> = match &verifier {
            Verifier::Case(id) => suites
                .iter()
                .flat_map(|suite| suite.cited(id.as_str()))
                .map(|chosen| Verifier::Case(chosen.id()))
                .collect(),
            Verifier::Check(_) => Vec::new(),
        };
        if rows.is_empty() {
            expanded.push(verifier);
        } else {
            for row in rows {
                if !expanded.contains(&row) {
                    expanded.push(row);
                }
            }
        }
    }
    *verifiers = expanded;
}

//! The words of `--only` and `--skip` before a run: each names something, or nothing is sent.

use super::{Failure, explain, output, session::Session};
use crate::load::{Diagnostic, Diagnostics, nearest::nearest};
use muster_checks::{
    plan::select::{KINDS, names_operation, parts},
    profile::Profile,
};
use muster_core::contract::Contract;

/// Splits what was written with commas, where the whole names nothing.
pub(super) fn split_commas(session: &mut Session) -> Result<(), Failure> {
    let (profile, contract) = (&session.profile, &session.contract);
    let ids = ids(profile);
    let is_known = |word: &String| {
        ids.contains(word)
            || contract
                .operations
                .iter()
                .any(|operation| names_operation(word, operation))
    };
    for (flag, words) in [
        ("--only", &mut session.selection.only),
        ("--skip", &mut session.selection.skip),
    ] {
        let given = std::mem::take(words);
        let is_given = !given.is_empty();
        for word in given {
            if !word.contains(',') || is_known(&word) {
                words.push(word);
                continue;
            }
            let parts = word.split(',').map(str::trim);
            words.extend(parts.filter(|part| !part.is_empty()).map(str::to_owned));
        }
        // A filter that names nothing would select everything.
        if is_given && words.iter().all(|word| word.trim().is_empty()) {
            return Err(Failure::Usage(
                Diagnostic::plain(format!("`{flag}` names nothing"))
                    .help(format!(
                        "name a requirement, class, check, case or operation, or leave `{flag}` out"
                    ))
                    .into(),
            ));
        }
        // The number of a finding of the last run stands for what verified it.
        for word in words.iter_mut().filter(|word| explain::is_number(word)) {
            if !ids.contains(word) {
                let verifier = explain::verifier_of(word)?;
                output::err(&format!(
                    "{word} of the last run is {verifier}: `{flag} {verifier}` chooses it again when numbers have changed.\n"
                ));
                *word = verifier;
            }
        }
    }
    Ok(())
}

/// What a profile has ids for: requirements, classes, checks and cases.
fn ids(profile: &Profile) -> Vec<String> {
    profile
        .requirements
        .iter()
        .map(|requirement| requirement.id.to_string())
        .chain(profile.classes.iter().map(|class| class.id.to_string()))
        .chain(profile.verifiers().into_iter().map(ToString::to_string))
        .collect()
}

/// Refuses words that name nothing.
pub(super) fn check(session: &Session) -> Result<(), Failure> {
    let selection = &session.selection;
    known(&session.profile, &session.contract, &selection.only)?;
    known(&session.profile, &session.contract, &selection.skip)
}

fn known(profile: &Profile, contract: &Contract, given: &[String]) -> Result<(), Failure> {
    let ids = ids(profile);
    let mut wrong = Diagnostics::new();
    for word in given {
        let names = |operation| names_operation(word, operation);
        if ids.contains(word) || contract.operations.iter().any(names) {
            continue;
        }
        wrong.push(match parts(word) {
            Some((kind, name)) => no_operation(contract, word, kind, name),
            None => nothing(profile, contract, &ids, word),
        });
    }
    Ok(wrong.or(())?)
}

/// What operations bear of a kind, as it is written after the colon.
fn borne(contract: &Contract, kind: &str) -> Vec<String> {
    let operations = contract.operations.iter();
    let mut names: Vec<String> = match kind {
        "op" => operations
            .flat_map(|operation| {
                [operation.id.clone(), Some(operation.key.to_string())]
                    .into_iter()
                    .flatten()
            })
            .collect(),
        "tag" => operations
            .flat_map(|operation| operation.tags.clone())
            .collect(),
        "path" => operations
            .map(|operation| operation.key.path.to_string())
            .collect(),
        _ => operations
            .map(|operation| operation.key.method.to_string())
            .collect(),
    };
    let mut seen = std::collections::HashSet::new();
    names.retain(|name| seen.insert(name.clone()));
    names
}

fn no_operation(contract: &Contract, word: &str, kind: &str, name: &str) -> Diagnostic {
    let names = borne(contract, kind);
    let help = match nearest(name, names.iter().map(String::as_str)) {
        Some(meant) => format!("did you mean `{kind}:{meant}`?"),
        None if names.is_empty() => format!("no operation of the contract has a {kind}"),
        None => {
            let some: Vec<String> = names
                .iter()
                .take(8)
                .map(|name| format!("`{kind}:{name}`"))
                .collect();
            let more = if names.len() > some.len() {
                ", …"
            } else {
                ""
            };
            format!("there are {}{more}", some.join(", "))
        }
    };
    Diagnostic::plain(format!(
        "no operation of the contract is chosen by `{word}`"
    ))
    .help(help)
}

fn nothing(profile: &Profile, contract: &Contract, ids: &[String], word: &str) -> Diagnostic {
    let written = KINDS.into_iter().flat_map(|kind| {
        borne(contract, kind)
            .into_iter()
            .map(move |name| (name.clone(), format!("{kind}:{name}")))
    });
    let mut candidates: Vec<(String, String)> =
        ids.iter().map(|id| (id.clone(), id.clone())).collect();
    candidates.extend(written);
    let meant = nearest(word, candidates.iter().map(|(name, _)| name.as_str()))
        .and_then(|near| candidates.iter().find(|(name, _)| name == near));
    let help = meant.map_or_else(
        || {
            "`muster profiles show ID` lists what a profile has; operations are chosen by `op:`, `tag:`, `path:` or `method:`"
                .to_owned()
        },
        |(_, meant)| format!("did you mean `{meant}`?"),
    );
    Diagnostic::plain(format!(
        "`{word}` is not a requirement, class, check or case of the profile `{}`, nor an operation of the contract",
        profile.id
    ))
    .help(help)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{load::profile, load::profile::Catalogue};

    fn told(words: &[&str]) -> Option<String> {
        let profile = profile::load("uk-gov-api", &Catalogue::default())
            .unwrap()
            .profile;
        let contract = Contract::from_value(serde_json::json!({
            "openapi": "3.1.0", "info": {"title": "T", "version": "1"},
            "paths": {"/people/{id}": {"get": {
                "operationId": "getPerson", "tags": ["people"], "responses": {"200": {"description": ""}},
            }}},
        }))
        .unwrap();
        let words: Vec<String> = words.iter().map(|&word| word.to_owned()).collect();
        known(&profile, &contract, &words)
            .err()
            .map(|failure| failure.render())
    }

    #[test]
    fn words_that_name_something_are_taken() {
        let words = [
            "GOV-21",
            "errors",
            "http.undeclared-method",
            "GET /people/{id}",
            "op:getPerson",
            "tag:people",
            "path:/people/*",
            "method:get",
        ];
        assert_eq!(told(&words), None);
    }

    #[test]
    fn words_that_name_nothing_are_told_with_what_was_meant() {
        for (word, help) in [
            (
                "http.undeclared-methods",
                "did you mean `http.undeclared-method`?",
            ),
            ("getPersons", "did you mean `op:getPerson`?"),
            ("op:getPersn", "did you mean `op:getPerson`?"),
            ("tag:vehicles", "there are `tag:people`"),
            ("path:/vehicles/*", "there are `path:/people/{id}`"),
            ("method:PUT", "there are `method:GET`"),
            ("GET /persons/{id}", "did you mean `op:GET /people/{id}`?"),
        ] {
            let told = told(&[word]).unwrap();
            assert!(told.contains(help), "{word}: {told}");
        }
        let told = told(&["http.undeclared-methods", "x"]).unwrap();
        assert!(told.contains("2 errors"), "{told}");
    }
}

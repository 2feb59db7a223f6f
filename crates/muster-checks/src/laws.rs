//! What holds for every check of the list.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "tests stop at what is wrong"
)]

use std::{
    collections::BTreeSet,
    ffi::OsStr,
    path::{Path, PathBuf},
};

use serde_json::Value;

use crate::{ALL, Applies, Check, Expect, Kind, examples, language};
use muster_core::{contract::Contract, model::Parameters};

/// The areas and files under `src`, as ids of checks.
fn files() -> Vec<(String, PathBuf)> {
    let home = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut found = Vec::new();
    for area in std::fs::read_dir(home).unwrap().map(Result::unwrap) {
        let beside = ["examples", "plan", "profile", "suite", "support"].map(OsStr::new);
        if !area.file_type().unwrap().is_dir() || beside.contains(&area.file_name().as_os_str()) {
            continue;
        }
        for file in std::fs::read_dir(area.path()).unwrap().map(Result::unwrap) {
            let path = file.path();
            let name = path.file_stem().unwrap().to_str().unwrap();
            let id = format!("{}.{name}", area.file_name().to_str().unwrap());
            found.push((id.replace('_', "-"), path));
        }
    }
    found
}

pub(crate) fn contract(part: &str) -> Contract {
    let options = serde_saphyr::options! {
        strict_booleans: true,
        leading_zero_numbers_as_strings: true,
        underscored_numbers_as_strings: true,
    };
    let part: Value = serde_saphyr::from_str_with_options(part, options).unwrap();
    Contract::from_value(examples::document(part)).unwrap()
}

#[test]
fn every_file_is_a_check_of_the_list_and_every_check_has_its_file() {
    let listed: Vec<&str> = ALL.iter().map(|check| check.id).collect();
    let unique: BTreeSet<&str> = listed.iter().copied().collect();
    assert_eq!(unique.len(), listed.len(), "an id stands twice");
    let files: BTreeSet<String> = files().into_iter().map(|(id, _)| id).collect();
    assert_eq!(
        unique,
        files.iter().map(String::as_str).collect::<BTreeSet<_>>()
    );
}

/// The modules are declared by a macro, where `cargo fmt` does not look.
#[test]
fn every_file_is_formatted() {
    let output = std::process::Command::new("rustfmt")
        .args(["--check", "--edition", "2024"])
        .args(files().into_iter().map(|(_, path)| path))
        .output()
        .expect("rustfmt is part of the toolchain");
    assert!(
        output.status.success(),
        "run `rustfmt --edition 2024 crates/muster-checks/src/*/*.rs`:\n{}",
        String::from_utf8_lossy(&output.stdout)
    );
}

#[test]
fn every_check_is_documented() {
    for check in ALL {
        for (name, text) in [
            ("purpose", check.purpose),
            ("verifies", check.verifies),
            ("matters", check.matters),
            ("fix", check.fix),
        ] {
            let id = check.id;
            assert!(text.ends_with('.'), "{id}: {name} is not a sentence");
            assert!(!text.contains("  "), "{id}: {name} has a double space");
            let lower = text.to_lowercase();
            for american in [
                "behavior", "color", "center", "favor", "analyz", "organiz", "recogniz",
                "normaliz", "canceled", "labeled", "modeled", "catalog ",
            ] {
                assert!(!lower.contains(american), "{id}: {name} has `{american}`");
            }
        }
        assert_eq!(
            check.purpose.matches(". ").count(),
            0,
            "{}: the purpose is one sentence",
            check.id
        );
    }
}

/// A purpose has a subject, says one thing in at most 30 words, and uses the words of `docs/STYLE.md`.
#[test]
fn every_purpose_keeps_to_the_style() {
    let wrong: Vec<String> = ALL
        .iter()
        .flat_map(|check| {
            let mut broken = language::breaks(check.purpose);
            broken.extend(language::has_no_subject(check.purpose));
            broken
                .into_iter()
                .map(move |what| format!("{}: {what}", check.id))
        })
        .collect();
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn no_documentation_of_a_check_has_a_forbidden_phrase() {
    let mut wrong = Vec::new();
    for check in ALL {
        for (name, text) in [
            ("verifies", check.verifies),
            ("matters", check.matters),
            ("fix", check.fix),
        ] {
            for phrase in language::forbidden_phrases(text) {
                wrong.push(format!("{}: {name} has `{phrase}`", check.id));
            }
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn every_check_has_an_example_that_passes_and_one_that_fails() {
    for check in ALL {
        let says =
            |test: fn(Expect) -> bool| check.examples.iter().any(|example| test(example.says));
        assert!(says(|says| says == Expect::Pass), "{}", check.id);
        assert!(says(|says| matches!(says, Expect::Fail(_))), "{}", check.id);
    }
}

#[test]
fn every_example_holds() {
    let wrong: Vec<String> = ALL
        .iter()
        .flat_map(|check| broken_examples(check))
        .collect();
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

/// The law above can be broken: each check says something else of its failing example than of nothing.
#[test]
fn an_example_that_does_not_hold_is_told() {
    for check in ALL {
        let says = |test: fn(Expect) -> bool| {
            check
                .examples
                .iter()
                .find(|example| test(example.says))
                .unwrap()
        };
        let judge = |example: &super::Example| {
            examples::run(check, example, &contract(example.contract)).unwrap()
        };
        let failed = judge(says(|says| matches!(says, Expect::Fail(_))));
        let passed = judge(says(|says| says == Expect::Pass));
        assert!(!examples::holds(Expect::Pass, &failed), "{}", check.id);
        assert!(
            !examples::holds(Expect::Fail("no such title"), &failed),
            "{}",
            check.id
        );
        assert!(!examples::holds(Expect::Nothing, &passed), "{}", check.id);
    }
}

/// A probe that says it changes nothing uses methods that change nothing, where writes are refused.
#[test]
fn a_probe_that_does_not_write_only_uses_safe_methods() {
    let parameters = Parameters::default();
    let mut seen = 0;
    for check in ALL {
        let Kind::Probe {
            scope,
            run,
            writes: false,
        } = check.kind
        else {
            continue;
        };
        for example in check.examples {
            let contract = contract(example.contract);
            let stage = examples::Stage {
                contract: &contract,
                writes: false,
                parameters: &parameters,
            };
            for (operation, applies) in examples::subjects(scope, &contract, &parameters) {
                let mut asked = Vec::new();
                if applies == Applies::Yes {
                    let _ = examples::converse(run, operation, example, &stage, &mut asked);
                }
                seen += asked.len();
                for request in asked {
                    assert!(
                        request.method.is_safe(),
                        "{} asks {}",
                        check.id,
                        request.method
                    );
                }
            }
        }
    }
    assert!(seen > 20, "only {seen} requests were seen");
}

fn broken_examples(check: &Check) -> Vec<String> {
    check
        .examples
        .iter()
        .filter_map(|example| {
            let name = format!("{} ({})", check.id, example.title);
            match examples::run(check, example, &contract(example.contract)) {
                Err(error) => Some(format!("{name}: {error}")),
                Ok(judgements) if examples::holds(example.says, &judgements) => None,
                Ok(judgements) => Some(format!(
                    "{name}: expected {:?}, received {judgements:#?}",
                    example.says
                )),
            }
        })
        .collect()
}

//! Suites: what is told of bad ones, and a good one run against the reference supplier.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "tests read and write files"
)]

use std::{fs, path::Path};

use muster::load::{Source, suite};
use snapbox::{Data, assert_data_eq, cmd::Command, str};

fn muster(folder: &Path) -> Command {
    Command::new(snapbox::cmd::cargo_bin!("muster"))
        .current_dir(folder)
        .env("NO_COLOR", "1")
        .stdin("")
}

fn told(text: &str) -> String {
    let read = |path: &str| Source::read(&format!("nowhere/{path}"), "file");
    match suite::load(Source::new("s.yaml", text), &read) {
        Ok(_) => "sound".to_owned(),
        Err(wrong) => wrong.render(false),
    }
}

#[test]
fn everything_wrong_with_a_suite_is_told_at_once() {
    let told = told(include_str!("suites/faulty.yaml"));
    assert_data_eq!(
        told,
        Data::read_from(Path::new("tests/suites/faulty.txt"), None)
    );
}

#[test]
fn the_shape_is_told_by_line_and_column() {
    let told = told(include_str!("suites/misshapen.yaml"));
    assert_data_eq!(
        told,
        Data::read_from(Path::new("tests/suites/misshapen.txt"), None)
    );
}

#[test]
fn the_example_of_the_documents_is_sound_and_runs() {
    muster(Path::new("."))
        .args(["profiles", "validate", "docs/examples/first-profile.yaml"])
        .assert()
        .code(0)
        .stdout_eq(str![[r#"
docs/examples/first-profile.yaml: sound: first-suite 1.0.0, 2 requirements in 1 classes, 4 cases in 1 suite

"#]]);
    let out = tempfile::tempdir().unwrap();
    let run = |faults: &[&str]| {
        muster(Path::new("."))
            .args([
                "run",
                "--demo",
                "--quiet",
                "--profile",
                "docs/examples/first-profile.yaml",
                "--out",
            ])
            .arg(out.path().join(faults.join("-") + "run"))
            .args(faults.iter().flat_map(|fault| ["--fault", fault]))
    };
    run(&[]).assert().code(0);
    let junit = fs::read_to_string(out.path().join("run/junit.xml")).unwrap();
    assert!(
        junit.contains("people/refused[no-surname]") || junit.contains("PPL-2"),
        "{junit}"
    );
}

#[test]
fn the_page_for_newcomers_is_right_and_its_failure_shows_the_line() {
    let page = fs::read_to_string("docs/writing-a-suite.md").unwrap();
    let blocks: Vec<&str> = page
        .split("```yaml\n")
        .skip(1)
        .filter_map(|rest| rest.split("```").next())
        .collect();
    let [suite, profile] = blocks.as_slice() else {
        panic!("{blocks:?}");
    };
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("people.yaml"), suite).unwrap();
    fs::write(folder.path().join("profile.yaml"), profile).unwrap();
    let run = |code: i32| {
        muster(folder.path())
            .args([
                "run",
                "--demo",
                "--quiet",
                "--profile",
                "profile.yaml",
                "--out",
                "out",
            ])
            .assert()
            .code(code)
            .get_output()
            .clone()
    };
    run(0);
    fs::remove_dir_all(folder.path().join("out")).unwrap();
    let wrong = suite.replace("expect: { status: 201 }", "expect: { status: 200 }");
    assert_ne!(wrong, *suite);
    fs::write(folder.path().join("people.yaml"), wrong).unwrap();
    let failed = run(1);
    let shown = String::from_utf8_lossy(&failed.stdout).into_owned();
    assert!(shown.contains("people.yaml:13:27"), "{shown}");
    let lines: Vec<&str> = shown.lines().collect();
    let at = lines
        .iter()
        .position(|line| line.contains("13 | expect: { status: 200 }"))
        .unwrap();
    assert_eq!(lines[at].find("200"), lines[at + 1].find("^^^"), "{shown}");
    fs::write(
        folder.path().join("people.yaml"),
        suite.replace(
            "\"${{ person }}\" } }\n        expect",
            "\"${{ persn }}\" } }\n        expect",
        ),
    )
    .unwrap();
    let refused = muster(folder.path())
        .args(["profiles", "validate", "profile.yaml"])
        .assert()
        .code(2);
    let told = String::from_utf8_lossy(&refused.get_output().stderr).into_owned();
    assert!(told.contains("did you mean `person`?"), "{told}");
}

#[test]
fn what_the_contract_does_not_have_or_the_budget_does_not_allow_is_refused_before_sending() {
    let folder = tempfile::tempdir().unwrap();
    let suite = fs::read_to_string("docs/examples/suite.yaml").unwrap();
    let profile = fs::read_to_string("docs/examples/first-profile.yaml").unwrap();
    fs::write(folder.path().join("first-profile.yaml"), profile).unwrap();
    fs::write(
        folder.path().join("suite.yaml"),
        suite.replace("call: getPerson", "call: getPersn"),
    )
    .unwrap();
    let refused = muster(folder.path())
        .args([
            "run",
            "--demo",
            "--quiet",
            "--profile",
            "first-profile.yaml",
            "--out",
            "out",
        ])
        .assert()
        .code(2);
    let told = String::from_utf8_lossy(&refused.get_output().stderr).into_owned();
    assert!(
        told.contains("the contract has no operation `getPersn`"),
        "{told}"
    );
    assert!(told.contains("did you mean `getPerson`?"), "{told}");
    assert!(!folder.path().join("out").exists());
}

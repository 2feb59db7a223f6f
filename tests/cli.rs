//! Whole commands: exit code and both streams.
#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "tests read and write files"
)]

use std::{fs, path::Path};

use snapbox::{cmd::Command, str};
use tempfile::TempDir;

fn muster(folder: &Path) -> Command {
    Command::new(snapbox::cmd::cargo_bin!("muster"))
        .current_dir(folder)
        .env_remove("RMS_SECRET")
        .env("NO_COLOR", "1")
        .stdin("")
}

fn folder(files: &[(&str, &str)]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        fs::write(folder.path().join(name), text).unwrap();
    }
    folder
}

#[test]
fn help_is_short_with_examples_and_exit_codes() {
    muster(Path::new("."))
        .arg("--help")
        .assert()
        .code(0)
        .stderr_eq("")
        .stdout_eq(str![[r#"
Does this API pass muster? Conformance tests for the APIs of UK policing

Usage: muster <COMMAND>

Commands:
  run          Test an API and report
  plan         Show what a run would send, without sending it
  preflight    Can the target be reached and logged in to, and does its clock agree?
  profiles     List, show and validate profiles
  checks       List and explain checks
  explain      Explain a requirement, a check or a finding of the last run
  lint         Judge an OpenAPI document, without a target
  waive        Accept findings of a run until a date: write waivers for them
  waivers      Check that the waivers of a file are well-formed and in date
  report       Write the reports of a run again, or in other formats
  cleanup      Remove what a run left at its target
  demo         Serve the reference supplier, good or faulty
  issuer       Serve a small OpenID provider for test systems, whose tokens can be wrong on request
  selftest     Prove on this machine that every check passes the good supplier and catches its fault
  drift        Show what changed between two contracts, and which changes break clients
  id           Check, make and explain identifiers of policing: PNC ID, CRO, ASN, NINO, postcode and
               others
  init         Write a first target.yaml from an OpenAPI document
  schema       Print or write the JSON Schemas of Muster's own formats, for editors
  completions  Print a completion script for a shell
  man          Print or write the manual pages
  help         Print this message or the help of the given subcommand(s)

Options:
  -h, --help     Print help
  -V, --version  Print version

Examples:
  muster run --demo                     see it work, against the built-in supplier
  muster init openapi.yaml              write a first target.yaml
  muster run --target target.yaml       test an API

Exit codes:
  0  conformant       1  non-conformant    2  wrong usage or file; nothing was sent
  3  undetermined     4  Muster failed     130  interrupted
  143  ended by SIGTERM                    129  ended by SIGHUP

"#]]);
}

#[test]
fn a_bad_target_is_told_whole_with_line_and_column() {
    let folder = folder(&[(
        "target.yaml",
        "target: 4.2
claim: [etag]
base_url: https://rms.example.test/api?x=1
environment: tset
budget: { requests: 0 }
identities:
  default:
    basic: { username: clerk }
attestations:
  - { requirement: ORG-01, by: A. Person, on: 2026-02-30, statement: Seen. }
",
    )]);
    muster(folder.path())
        .args(["run", "--target", "target.yaml"])
        .assert()
        .code(2)
        .stdout_eq("")
        .stderr_eq(str![[r#"
error: `target` is a number, but a text belongs there
 --> target.yaml:1:9
  |
1 | target: 4.2
  |         ^^^
  = help: put it in quotes: "4.2"

error: unknown key `claim`
 --> target.yaml:2:1
  |
2 | claim: [etag]
  | ^^^^^
  = help: did you mean `claims`?

error: `base_url` ends in a query or fragment; paths are appended to it
 --> target.yaml:3:11
  |
3 | base_url: https://rms.example.test/api?x=1
  |           ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^

error: `environment` cannot be `tset`
 --> target.yaml:4:14
  |
4 | environment: tset
  |              ^^^^
  = help: did you mean `test`? allowed: development, test, preproduction, production

error: `budget.requests` is less than 1
 --> target.yaml:5:21
  |
5 | budget: { requests: 0 }
  |                     ^

error: `identities.default.basic` has no `password`
 --> target.yaml:8:5
  |
8 |     basic: { username: clerk }
  |     ^^^^^
  = help: `password`: Where a secret is read: `{ env: NAME }`, `{ file: path }` or `{ command: [program, argument] }`.

error: `2026-02-30` is not a day of the calendar
  --> target.yaml:10:47
   |
10 |   - { requirement: ORG-01, by: A. Person, on: 2026-02-30, statement: Seen. }
   |                                               ^^^^^^^^^^

7 errors

"#]]);
}

#[test]
fn a_secret_in_the_file_is_told_and_not_shown() {
    let folder = folder(&[(
        "target.yaml",
        "target: T
base_url: https://rms.example.test/api
identities:
  default:
    bearer: { token: hunter2 }
",
    )]);
    muster(folder.path())
        .args(["run", "--target", "target.yaml"])
        .assert()
        .code(2)
        .stdout_eq("")
        .stderr_eq(str![[r#"
error: a secret never stands in the file itself
 --> target.yaml:5:22
  |
5 |     bearer: { token: ******* }
  |                      ^^^^^^^
  = help: Where a secret is read: `{ env: NAME }`, `{ file: path }` or `{ command: [program, argument] }`.

"#]]);
}

#[test]
fn a_secret_in_an_odd_shape_is_not_shown_either() {
    for token in [
        "*hunter2",
        "&hunter2 x",
        "!hunter2 x",
        "@hunter2",
        "[\n hunter2\n ]]",
        "'hunter2",
    ] {
        let text = format!(
            "target: T\nbase_url: https://rms.example.test\nidentities: {{ a: {{ bearer: {{ token: {token} }} }} }}\n"
        );
        let folder = folder(&[("target.yaml", &text)]);
        let told = muster(folder.path())
            .args(["preflight", "--target", "target.yaml"])
            .assert()
            .code(2);
        let told = String::from_utf8_lossy(&told.get_output().stderr).into_owned();
        assert!(told.contains("target.yaml:"), "{told}");
        assert!(!told.contains("hunter2"), "{told}");
    }
}

#[test]
fn a_secret_that_is_not_set_is_told_by_the_line_that_asks_for_it() {
    let folder = folder(&[(
        "target.yaml",
        "target: T
base_url: https://rms.example.test/api
identities:
  default:
    bearer: { token: { env: RMS_SECRET } }
",
    )]);
    muster(folder.path())
        .args(["preflight", "--target", "target.yaml"])
        .assert()
        .code(2)
        .stdout_eq("")
        .stderr_eq(str![[r#"
error: the environment variable `RMS_SECRET` is not set
 --> target.yaml:5:15
  |
5 |     bearer: { token: { env: RMS_SECRET } }
  |               ^^^^^

"#]]);
}

#[test]
fn an_unknown_profile_brings_the_nearest() {
    muster(Path::new("."))
        .args(["run", "--demo", "--profile", "uk-gov-ipa"])
        .assert()
        .code(2)
        .stdout_eq("")
        .stderr_eq(str![[r#"
error: there is no profile `uk-gov-ipa`
  = help: did you mean `uk-gov-api`? bundled: policing-api-security, uk-gov-api, ihub-standard-api, http-operability; a path to a profile.yaml works too

"#]]);
}

#[test]
fn a_bad_waiver_is_told_before_anything_is_sent() {
    let folder = folder(&[(
        "waivers.yaml",
        "waivers:
  - requirement: GOV-2l
    reason: The gateway answers 404.
    owner: A. Person
    expires: 31/01/2027
",
    )]);
    muster(folder.path())
        .args(["run", "--demo", "--waivers", "waivers.yaml"])
        .assert()
        .code(2)
        .stdout_eq("")
        .stderr_eq(str![[r#"
error: `waivers[0]` has no `approved_by`
 --> waivers.yaml:2:5
  |
2 |   - requirement: GOV-2l
  |     ^
  = help: `approved_by`: Who accepted it.

error: profile `uk-gov-api` has no requirement `GOV-2l`
 --> waivers.yaml:2:18
  |
2 |   - requirement: GOV-2l
  |                  ^^^^^^
  = help: did you mean `GOV-20`?

error: `31/01/2027` is not a date, which is written YYYY-MM-DD
 --> waivers.yaml:5:14
  |
5 |     expires: 31/01/2027
  |              ^^^^^^^^^^

3 errors

"#]]);
}

#[test]
fn two_bad_files_are_told_at_once() {
    let folder = folder(&[
        ("target.yaml", "target: T\n"),
        ("waivers.yaml", "waiver: []\n"),
    ]);
    muster(folder.path())
        .args([
            "run",
            "--target",
            "target.yaml",
            "--waivers",
            "waivers.yaml",
        ])
        .assert()
        .code(2)
        .stdout_eq("")
        .stderr_eq(str![[r#"
error: `base_url` is missing
 --> target.yaml:1:1
  |
1 | target: T
  | ^
  = help: `base_url`: The URL that the paths of the contract are appended to, such as `https://rms.example.test/api`.

error: unknown key `waiver`
 --> waivers.yaml:1:1
  |
1 | waiver: []
  | ^^^^^^
  = help: did you mean `waivers`?

error: `waivers` is missing
 --> waivers.yaml:1:1
  |
1 | waiver: []
  | ^
  = help: `waivers`: The waivers.

3 errors

"#]]);
}

#[test]
fn nothing_to_test_and_contradictions_are_usage_errors() {
    muster(Path::new("."))
        .arg("run")
        .assert()
        .code(2)
        .stdout_eq("")
        .stderr_eq(str![[r#"
error: nothing says what to test
  = help: give `--target FILE`, `--base-url URL` or `--demo`; `muster init` writes a first target file

"#]]);
    muster(Path::new("."))
        .args(["run", "--demo", "--base-url", "https://rms.example.test"])
        .assert()
        .code(2);
    muster(Path::new("."))
        .args(["run", "--target", "-", "--waivers", "-"])
        .assert()
        .code(2)
        .stderr_eq(str![[r#"
error: only one of --target and --waivers can read standard input

"#]]);
    muster(Path::new("."))
        .args(["run", "--demo", "--only", "GOV-21", "http.undeclared-metod"])
        .assert()
        .code(2)
        .stderr_eq(str![[r#"
error: `http.undeclared-metod` is not a requirement, class, check or case of the profile `uk-gov-api`, nor an operation of the contract
  = help: did you mean `http.undeclared-method`?

"#]]);
}

#[test]
fn a_target_may_come_by_standard_input() {
    muster(Path::new("."))
        .args(["preflight", "--target", "-"])
        .stdin("target: T\n")
        .assert()
        .code(2)
        .stderr_eq(str![[r#"
error: `base_url` is missing
 --> <stdin>:1:1
  |
1 | target: T
  | ^
  = help: `base_url`: The URL that the paths of the contract are appended to, such as `https://rms.example.test/api`.

"#]]);
}

#[test]
fn profiles_are_listed() {
    muster(Path::new("."))
        .args(["profiles", "list"])
        .assert()
        .code(0)
        .stderr_eq("")
        .stdout_eq(str![[r#"
policing-api-security  1.0.0  54 requirements  Security of policing APIs
uk-gov-api             1.0.0  67 requirements  UK government API baseline
ihub-standard-api      1.0.0  81 requirements  Police iHub Standard API
http-operability       1.0.0  63 requirements  How an API behaves over HTTP

"#]]);
}

#[test]
fn a_profile_is_shown() {
    let example = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/examples/profile.yaml");
    let text = fs::read_to_string(example).unwrap();
    // Without the baseline the snapshot stays short.
    let own = text.replace(
        "  - profile: uk-gov-api\n    classes: [contract, responses, errors]\n",
        "  []\n",
    );
    let folder = folder(&[("profile.yaml", &own)]);
    muster(folder.path())
        .args(["profiles", "show", "./profile.yaml"])
        .assert()
        .code(0)
        .stderr_eq("")
        .stdout_eq(str![[r#"
example-force-rms 1.0.0: Records management for Example Force

What Example Force asks of a records management system, over the government baseline.

Organisation (organisation, core)
  ORG-01   MUST   A fault reported in working hours is answered within one working day.
                  Example Force tender, 7.2
                  attested by a person

Paging (paging, for suppliers that claim pagination)
  PAG-01   SHOULD The last page is marked by the absence of a link to a next one.
                  RFC 8288, §3
                  not tested: Needs more records than a test system holds.

Parameters
  p95_ms: 1000

"#]]);
}

#[test]
fn a_profile_is_shown_to_machines() {
    let output = muster(Path::new("."))
        .args(["profiles", "show", "uk-gov-api", "--format", "json"])
        .output()
        .unwrap();
    let profile: muster_checks::profile::Profile = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(profile.requirements.len(), 67);
}

#[test]
fn profile_files_are_validated() {
    let folder = folder(&[
        ("good.yaml", "profile: good\nversion: 1.0.0\ntitle: Good\n"),
        ("bad.yaml", "profile: Bad One\nversion: 1\n"),
    ]);
    muster(folder.path())
        .args(["profiles", "validate", "good.yaml", "bad.yaml"])
        .assert()
        .code(2)
        .stdout_eq(str![[r#"
good.yaml: sound: good 1.0.0, 0 requirements in 0 classes

"#]])
        .stderr_eq(str![[r#"
error: `title` is missing
 --> bad.yaml:1:1
  |
1 | profile: Bad One
  | ^
  = help: `title`: The name for readers.

error: `profile` is not written as it should be
 --> bad.yaml:1:10
  |
1 | profile: Bad One
  |          ^^^^^^^
  = help: The id, in lower case with hyphens; that of its folder.

error: `version` is a number, but a text belongs there
 --> bad.yaml:2:10
  |
2 | version: 1
  |          ^
  = help: put it in quotes: "1"

3 errors

"#]]);
}

#[test]
fn every_check_is_listed_and_explained() {
    let list = muster(Path::new("."))
        .args(["checks", "list"])
        .assert()
        .code(0)
        .stderr_eq("");
    let listed = String::from_utf8(list.get_output().stdout.clone()).unwrap();
    let ids: Vec<&str> = listed
        .lines()
        .filter_map(|line| line.split_whitespace().next())
        .collect();
    let known: Vec<&str> = muster_checks::ALL.iter().map(|check| check.id).collect();
    assert_eq!(ids, known);
    if let Some(id) = known.first() {
        muster(Path::new("."))
            .args(["checks", "explain", id])
            .assert()
            .code(0);
    }
    muster(Path::new("."))
        .args(["checks", "explain", "no.such-check-at-all"])
        .assert()
        .code(2)
        .stdout_eq("")
        .stderr_eq(str![[r#"
error: there is no check, no requirement and no finding `no.such-check-at-all`
  = help: `muster checks list` and `muster profiles list` show what there is

"#]]);
}

#[test]
fn published_schemas_are_those_of_the_binary() {
    let folder = folder(&[]);
    muster(folder.path())
        .args(["schema", "--out", "schemas"])
        .assert()
        .code(0);
    let mut written = 0;
    for entry in fs::read_dir(folder.path().join("schemas")).unwrap() {
        let path = entry.unwrap().path();
        let published = Path::new("docs/schemas").join(path.file_name().unwrap());
        assert_eq!(
            fs::read(&path).unwrap(),
            fs::read(published).unwrap(),
            "{}",
            path.display()
        );
        written += 1;
    }
    assert_eq!(written, muster::load::schemas::ALL.len());
}

#[test]
fn every_example_of_the_documents_is_as_its_schema_has_it() {
    for format in muster::load::schemas::ALL {
        let text = fs::read_to_string(format!("docs/examples/{}.yaml", format.name)).unwrap();
        let example: serde_json::Value = serde_saphyr::from_str(&text).unwrap();
        let schema: serde_json::Value = serde_json::from_str(format.text).unwrap();
        let validator = jsonschema::validator_for(&schema).unwrap();
        let errors: Vec<String> = validator
            .iter_errors(&example)
            .map(|error| error.to_string())
            .collect();
        assert!(errors.is_empty(), "{}: {errors:?}", format.name);
    }
    muster(Path::new("."))
        .args(["profiles", "validate", "docs/examples/profile.yaml"])
        .assert()
        .code(0);
}

#[test]
fn init_does_not_write_over_a_file() {
    let folder = folder(&[
        ("target.yaml", "mine"),
        ("openapi.yaml", "openapi: 3.1.0\n"),
    ]);
    muster(folder.path())
        .args(["init", "openapi.yaml"])
        .assert()
        .code(2)
        .stderr_eq(str![[r#"
error: `target.yaml` is there already
  = help: name another file with `--out`, or write over it with `--force`

"#]]);
    assert_eq!(
        fs::read_to_string(folder.path().join("target.yaml")).unwrap(),
        "mine"
    );
}

#[test]
fn init_takes_the_document_by_flag_and_fills_an_empty_file() {
    let contract = "openapi: 3.1.0\ninfo: { title: Records, version: 1.0.0 }\npaths: {}\n";
    let folder = folder(&[("target.yaml", ""), ("openapi.yaml", contract)]);
    muster(folder.path())
        .args(["init", "--contract", "openapi.yaml"])
        .assert()
        .code(0)
        .stdout_eq("");
    let written = fs::read_to_string(folder.path().join("target.yaml")).unwrap();
    assert!(written.contains("target:"), "{written}");
}

/// Every `muster` command of the README is one that the binary takes.
#[test]
fn the_commands_of_the_readme_are_there() {
    let readme = Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md");
    let readme = fs::read_to_string(readme).unwrap();
    let mut tried = 0;
    for line in readme.lines().filter(|line| line.starts_with("muster ")) {
        let command = line.split('#').next().unwrap();
        let words: Vec<&str> = command.split_whitespace().skip(1).collect();
        // The help of a command is shown once everything before it was understood.
        muster(Path::new("."))
            .args(&words)
            .arg("--help")
            .assert()
            .code(0);
        for flag in words.iter().filter(|word| word.starts_with("--")) {
            let help = muster(Path::new("."))
                .args([words[0], "--help"])
                .output()
                .unwrap();
            let help = String::from_utf8_lossy(&help.stdout).into_owned();
            assert!(help.contains(flag), "{line}");
        }
        tried += 1;
    }
    assert!(tried >= 4, "{tried}");
}

#[test]
fn a_folder_that_is_no_run_is_told() {
    let folder = folder(&[]);
    muster(folder.path())
        .args(["report", "."])
        .assert()
        .code(2)
        .stderr_eq(str![[r#"
error: `.` is not a run folder: there is no journal.jsonl in it

"#]]);
}

#[test]
fn completions_and_manual_pages_come_for_every_command() {
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let output = muster(Path::new("."))
            .args(["completions", shell])
            .output()
            .unwrap();
        assert!(output.status.success(), "{shell}");
        assert!(
            String::from_utf8(output.stdout)
                .unwrap()
                .contains("preflight"),
            "{shell}"
        );
    }
    let folder = folder(&[]);
    muster(folder.path())
        .args(["man", "--out", "."])
        .assert()
        .code(0);
    for page in ["muster.1", "muster-run.1", "muster-profiles-show.1"] {
        let text = fs::read_to_string(folder.path().join(page)).unwrap();
        assert!(text.contains(".SH NAME"), "{page}");
    }
}

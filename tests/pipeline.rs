//! What a pipeline does, as whole commands: reports in other formats, waivers from a run to the next, the document alone, and
//! a plan without secrets.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "tests read and write files"
)]

use std::{
    fs,
    io::{BufRead, BufReader, Read, Write},
    net::TcpStream,
    path::{Path, PathBuf},
    process::{Child, Command, Output, Stdio},
};

use serde_json::Value;

/// A fault of the reference supplier that breaks a MUST, GOV-01.
const FAULT: &str = "reference-broken";
/// What finds it.
const CHECK: &str = "contract.references-resolve";

fn muster(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_muster"))
        .current_dir(folder)
        .env("NO_COLOR", "1")
        .env_remove("RMS_TOKEN")
        .args(arguments)
        .output()
        .unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn done(output: &Output, code: i32) -> String {
    assert_eq!(
        output.status.code(),
        Some(code),
        "{}\n{}",
        text(&output.stdout),
        text(&output.stderr)
    );
    text(&output.stdout)
}

#[test]
fn a_finding_is_waived_and_the_headline_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path();
    let run = |more: &[&str]| {
        let mut all = vec![
            "run", "--demo", "--fault", FAULT, "--only", CHECK, "--seed", "1", "--quiet",
        ];
        all.extend(more);
        muster(here, &all)
    };
    let first = run(&[
        "--report",
        "sarif=out/muster.sarif",
        "--report",
        "tap",
        "--report",
        "github=-",
    ]);
    let told = done(&first, 1);
    assert!(told.contains("::error file="), "{told}");
    assert!(
        told.lines().all(|line| line.starts_with("::")),
        "standard output is the report's alone: {told}"
    );
    let summary = text(&first.stderr);
    let last = summary.lines().last().unwrap();
    assert!(last.contains("Exit code 1."), "{last}");
    let latest = here.join("reports/latest");
    assert!(latest.join("results.tap").is_file());
    let sarif: Value =
        serde_json::from_slice(&fs::read(here.join("out/muster.sarif")).unwrap()).unwrap();
    assert_eq!(sarif["runs"][0]["results"][0]["ruleId"], CHECK);

    // The number of the finding is enough to read of it, and to run it again.
    let explained = done(&muster(here, &["explain", "F1"]), 0);
    assert!(explained.starts_with("F1: "), "{explained}");
    assert!(done(&muster(here, &["checks", "explain", "GOV-21"]), 0).starts_with("GOV-21 "));
    let again = muster(
        here,
        &[
            "run", "--demo", "--fault", FAULT, "--only", "F1", "--seed", "1", "--quiet", "--out",
            "again",
        ],
    );
    let told = done(&again, 1);
    assert!(told.contains("requirements of"), "{told}");

    let waive = |more: &[&str]| {
        let mut all = vec![
            "waive",
            "reports/latest",
            "--owner",
            "Gateway team",
            "--approved-by",
            "A. Lead",
        ];
        all.extend(more);
        muster(here, &all)
    };
    done(&waive(&["F1", "--until", "2020-01-01", "--reason", "R"]), 2);
    done(
        &waive(&["F99", "--until", "2099-01-31", "--reason", "R"]),
        2,
    );
    let told = done(
        &waive(&["F1", "--until", "2099-01-31", "--reason", "It cannot yet."]),
        0,
    );
    assert!(told.contains("GOV-01"), "{told}");
    assert!(
        done(
            &waive(&["--baseline", "--until", "2099-01-31", "--reason", "R"]),
            0
        )
        .contains("Nothing to write")
    );
    assert!(done(&muster(here, &["waivers", "check"]), 0).contains("0 expired"));

    let waived = run(&["--waivers", "waivers.yaml"]);
    let told = done(&waived, 0);
    let headline = told.lines().find(|line| line.starts_with("✓ ")).unwrap();
    for part in ["PARTIAL", "Gateway team", "until 2099-01-31"] {
        assert!(headline.contains(part), "{part}: {headline}");
    }
}

#[test]
fn a_selected_part_that_passes_is_partial_and_ends_with_0() {
    let folder = tempfile::tempdir().unwrap();
    let ran = muster(
        folder.path(),
        &[
            "run",
            "--demo",
            "--only",
            "GOV-21,GOV-22",
            "--seed",
            "1",
            "--quiet",
            "--out",
            "out",
        ],
    );
    let told = done(&ran, 0);
    let headline = told.lines().find(|line| line.starts_with("✓ ")).unwrap();
    assert!(headline.starts_with("✓ PARTIAL 2 of "), "{headline}");
    assert!(headline.contains("selected, all passed"), "{headline}");
}

const CONTRACT: &str = "openapi: 3.0.3
info: { title: T, version: 1.0.0 }
paths:
  /people/{id}:
    get:
      operationId: getPerson
      responses:
        '200': { description: Good., content: { application/json: { schema: { $ref: '#/components/schemas/None' } } } }
";

#[test]
fn a_document_is_judged_without_a_target() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path();
    fs::create_dir(here.join("api")).unwrap();
    fs::write(here.join("api/openapi.yaml"), CONTRACT).unwrap();
    let told = done(&muster(here, &["lint", "api/openapi.yaml"]), 1);
    assert!(told.contains("api/openapi.yaml:8:"), "{told}");
    assert!(told.contains("    expected  "), "{told}");
    let json: Value = serde_json::from_str(&done(
        &muster(here, &["lint", "api/openapi.yaml", "--format", "json"]),
        1,
    ))
    .unwrap();
    assert!(
        json["findings"]
            .as_array()
            .unwrap()
            .iter()
            .any(|one| one["line"] == 8)
    );
    let sarif: Value = serde_json::from_str(&done(
        &muster(here, &["lint", "api/openapi.yaml", "--format", "sarif"]),
        1,
    ))
    .unwrap();
    let place = &sarif["runs"][0]["results"][0]["locations"][0]["physicalLocation"];
    assert_eq!(place["artifactLocation"]["uri"], "api/openapi.yaml");
    fs::write(here.join("broken.yaml"), "openapi: [").unwrap();
    done(&muster(here, &["lint", "broken.yaml"]), 2);
}

fn write_target(here: &Path, more: &str) -> PathBuf {
    fs::write(here.join("openapi.yaml"), CONTRACT).unwrap();
    let path = here.join("target.yaml");
    let text = format!(
        "target: T\nbase_url: https://rms.example.test/api\ncontract: openapi.yaml\nidentities:\n  default: {{ bearer: {{ token: {{ env: RMS_TOKEN }} }} }}\n{more}"
    );
    fs::write(&path, text).unwrap();
    path
}

#[test]
fn a_plan_needs_no_secrets_and_takes_the_profiles_of_the_target_file() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path();
    write_target(here, "");
    let told = done(&muster(here, &["plan", "--target", "target.yaml"]), 0);
    assert!(told.contains("http.undeclared-method"), "{told}");
    assert!(!told.contains("wire.keep-alive"), "{told}");
    // A run needs it.
    let refused = muster(here, &["run", "--target", "target.yaml"]);
    done(&refused, 2);
    assert!(text(&refused.stderr).contains("RMS_TOKEN"));

    write_target(here, "profile: [uk-gov-api, http-operability]\n");
    let told = done(&muster(here, &["plan", "--target", "target.yaml"]), 0);
    assert!(
        told.contains("http.undeclared-method") && told.contains("wire.keep-alive"),
        "{told}"
    );
    let told = done(
        &muster(
            here,
            &[
                "plan",
                "--target",
                "target.yaml",
                "--profile",
                "http-operability",
            ],
        ),
        0,
    );
    assert!(
        told.contains("wire.keep-alive"),
        "the flag goes before the file: {told}"
    );

    write_target(here, "profile: uk-gov-ipa\nwaivers: none.yaml\n");
    let wrong = muster(here, &["plan", "--target", "target.yaml"]);
    done(&wrong, 2);
    assert!(text(&wrong.stderr).contains("did you mean `uk-gov-api`"));
    write_target(here, "waivers: none.yaml\n");
    let wrong = muster(here, &["plan", "--target", "target.yaml"]);
    done(&wrong, 2);
    assert!(
        text(&wrong.stderr).contains("none.yaml"),
        "{}",
        text(&wrong.stderr)
    );
}

#[test]
fn a_report_takes_the_place_of_no_input_and_standard_output_has_one_writer() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path();
    fs::write(here.join("waivers.yaml"), "waivers: []\n").unwrap();
    let run = |more: &[&str]| {
        let mut all = vec![
            "run",
            "--demo",
            "--only",
            "GOV-01",
            "--seed",
            "1",
            "--quiet",
            "--waivers",
            "waivers.yaml",
        ];
        all.extend(more);
        muster(here, &all)
    };
    let ran = run(&["--report", "sarif=-"]);
    let sarif: Value = serde_json::from_str(&done(&ran, 0)).unwrap();
    assert_eq!(sarif["version"], "2.1.0");
    let again = |more: &[&str]| {
        let mut all = vec!["report", "reports/latest", "--out", "-"];
        all.extend(more);
        muster(here, &all)
    };
    let printed = done(&again(&["--format", "sarif", "--format", "sarif"]), 0);
    assert!(serde_json::from_str::<Value>(&printed).is_ok(), "{printed}");
    done(&again(&[]), 2);
    assert!(!here.join("-").exists());
    assert!(text(&ran.stderr).contains("PARTIAL"));

    fs::create_dir(here.join("folder")).unwrap();
    for (wrong, reason) in [
        (
            vec!["--report", "sarif=-", "--report", "ctrf=-"],
            "standard output",
        ),
        (
            vec!["--report", "sarif=-", "--format", "json"],
            "standard output",
        ),
        (vec!["--report", "sarif=./waivers.yaml"], "would overwrite"),
        (
            vec!["--report", "sarif=x", "--report", "ctrf=./x"],
            "another report",
        ),
        (
            vec!["--report", "sarif=waivers.yaml/x"],
            "cannot make the folder",
        ),
        (vec!["--skip", ","], "names nothing"),
        (vec!["--skip", ""], "names nothing"),
    ] {
        let refused = run(&wrong);
        done(&refused, 2);
        let told = text(&refused.stderr);
        assert!(told.contains(reason), "{wrong:?}: {told}");
    }
    assert!(!here.join("x").exists(), "the file was only tried");
    let refused = muster(here, &["plan", "--base-url", "rms.test:80", "-c", "x.yaml"]);
    done(&refused, 2);
    assert!(text(&refused.stderr).contains("begin it with `https://`"));
    assert_eq!(
        fs::read_to_string(here.join("waivers.yaml")).unwrap(),
        "waivers: []\n"
    );
}

#[test]
fn a_waiver_of_any_profile_is_checked_and_one_of_no_operation_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path();
    let waiver = |requirement: &str, operation: &str| {
        format!(
            "waivers:\n  - requirement: {requirement}\n    operation: {operation}\n    reason: R\n    owner: O\n    approved_by: A\n    expires: 2099-01-01\n"
        )
    };
    fs::write(
        here.join("waivers.yaml"),
        waiver("OPS-12", "GET /people/{id}"),
    )
    .unwrap();
    assert!(done(&muster(here, &["waivers", "check"]), 0).contains("OPS-12"));

    write_target(here, "waivers: waivers.yaml\n");
    fs::write(
        here.join("waivers.yaml"),
        waiver("GOV-17", "GET /person/{id}"),
    )
    .unwrap();
    let refused = muster(here, &["plan", "--target", "target.yaml"]);
    done(&refused, 2);
    let told = text(&refused.stderr);
    assert!(told.contains("did you mean `GET /people/{id}`?"), "{told}");

    fs::remove_file(here.join("waivers.yaml")).unwrap();
    let refused = muster(here, &["plan", "--target", "target.yaml"]);
    done(&refused, 2);
    assert!(text(&refused.stderr).contains("`muster waive` writes one"));
    let refused = muster(
        here,
        &[
            "waive",
            "nowhere",
            "F1",
            "--owner",
            "O",
            "--approved-by",
            "A",
            "--until",
            "2099-01-01",
            "--reason",
            "R",
            "--waivers",
            "-",
        ],
    );
    done(&refused, 2);
    assert!(text(&refused.stderr).contains("name a path"));
    assert!(!here.join("-").exists());
}

/// A reference supplier that ends with the test.
struct Demo(Child);

impl Drop for Demo {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// The contract that a server on this machine serves.
fn fetched(url: &str) -> String {
    let (host, path) = url
        .strip_prefix("http://")
        .and_then(|rest| rest.split_once('/'))
        .unwrap();
    let mut stream = TcpStream::connect(host).unwrap();
    write!(
        stream,
        "GET /{path} HTTP/1.0\r\nhost: {host}\r\nconnection: close\r\n\r\n"
    )
    .unwrap();
    let mut response = String::new();
    stream.read_to_string(&mut response).unwrap();
    response.split_once("\r\n\r\n").unwrap().1.to_owned()
}

#[test]
fn the_commands_of_the_readme_work_as_they_are_written() {
    let mut demo = Demo(
        Command::new(env!("CARGO_BIN_EXE_muster"))
            .args(["demo", "--fault", FAULT, "--listen", "127.0.0.1:0"])
            .stdout(Stdio::piped())
            .spawn()
            .unwrap(),
    );
    let mut told = std::collections::BTreeMap::new();
    for line in BufReader::new(demo.0.stdout.as_mut().unwrap()).lines() {
        let line = line.unwrap();
        let Some((name, value)) = line.split_once("  ") else {
            break;
        };
        told.insert(name.to_owned(), value.trim().to_owned());
        if name == "client" {
            break;
        }
    }
    let (id, secret) = told["client"].split_once(" / ").unwrap();
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path();
    fs::write(here.join("openapi.yaml"), fetched(&told["contract"])).unwrap();

    let readme = Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md");
    let readme = fs::read_to_string(readme).unwrap();
    let mut done = Vec::new();
    for line in readme.lines().filter(|line| line.starts_with("muster ")) {
        let command = line.split('#').next().unwrap();
        let words: Vec<&str> = command
            .split_whitespace()
            .skip(1)
            .map(|word| match word {
                "RUN" => "reports/latest",
                "F3" => "F1",
                word => word,
            })
            .collect();
        let ran = Command::new(env!("CARGO_BIN_EXE_muster"))
            .current_dir(here)
            .env("NO_COLOR", "1")
            .env("MUSTER_CLIENT_ID", id)
            .env("MUSTER_CLIENT_SECRET", secret)
            .args(&words)
            .output()
            .unwrap();
        // The contract of this supplier has a reference that leads nowhere.
        let expected = i32::from(matches!(words[0], "run" | "lint"));
        self::done(&ran, expected);
        if words[0] == "init" {
            // What a reader fills in.
            let target = fs::read_to_string(here.join("target.yaml")).unwrap();
            assert!(target.contains("writes: refused"), "{target}");
            let target = target.replace("per_second: 50", "per_second: 2000");
            fs::write(here.join("target.yaml"), target).unwrap();
        }
        done.push(words[0].to_owned());
    }
    assert_eq!(
        done,
        [
            "init",
            "preflight",
            "plan",
            "run",
            "cleanup",
            "lint",
            "explain"
        ]
    );
    for entry in fs::read_dir(here.join("reports/latest")).unwrap() {
        let path = entry.unwrap().path();
        let text = fs::read_to_string(&path).unwrap();
        assert!(!text.contains(secret), "{} holds a secret", path.display());
    }
}

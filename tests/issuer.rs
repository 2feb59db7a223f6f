//! The test issuer end to end: it issues, the reference supplier trusts it, and a run shows what it makes.
#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "tests start programs and read what they write"
)]

use std::{
    io::{BufRead, BufReader},
    process::{Child, Command, Stdio},
};

const SECRET: &str = "zztest-issuer-secret-0123456789";

/// A program that serves until it is dropped.
struct Serving(Child);

impl Drop for Serving {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn muster() -> Command {
    let mut command = Command::new(snapbox::cmd::cargo_bin!("muster"));
    command.env("NO_COLOR", "1").env("ISSUER_SECRET", SECRET);
    command
}

/// Starts it and reads what it says of these names.
fn serve<const N: usize>(arguments: &[&str], names: [&str; N]) -> (Serving, [String; N]) {
    let mut child = muster()
        .args(arguments)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let told = names.map(|name| {
        let line = lines
            .by_ref()
            .map(Result::unwrap)
            .find(|line| line.starts_with(name))
            .unwrap();
        line.split_whitespace().last().unwrap().to_owned()
    });
    (Serving(child), told)
}

fn standings(fault: &[&str]) -> (serde_json::Value, String) {
    let (_issuer, [issuer]) = serve(
        &[
            "issuer",
            "--listen",
            "127.0.0.1:0",
            "--audience",
            "https://records.example/v1",
            "--scope",
            "records:read records:write audit:read",
            "--claim",
            "force=ZZ01",
            "--secret-env",
            "ISSUER_SECRET",
        ],
        ["issuer"],
    );
    let mut demo = vec!["demo", "--listen", "127.0.0.1:0", "--trust", &issuer];
    demo.extend(fault);
    let (_demo, [base, contract]) = serve(&demo, ["base URL", "contract"]);
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(
        folder.path().join("target.yaml"),
        format!(
            "target: Demo\nbase_url: {base}\ncontract: {contract}\nissuer:\n  url: {issuer}\n  client_id: muster\n  client_secret: {{ env: ISSUER_SECRET }}\n"
        ),
    )
    .unwrap();
    let output = muster()
        .current_dir(folder.path())
        .args(["run", "--quiet", "--profile", "policing-api-security"])
        .args([
            "--target",
            "target.yaml",
            "--out",
            "run",
            "--format",
            "json",
        ])
        .args(["--only", "SEC-07", "SEC-08", "SEC-12", "SEC-13", "SEC-50"])
        .output()
        .unwrap();
    let told = String::from_utf8(output.stdout).unwrap();
    let value = serde_json::from_str(&told)
        .unwrap_or_else(|_| panic!("{told}{}", String::from_utf8_lossy(&output.stderr)));
    let mut kept = String::new();
    for file in std::fs::read_dir(folder.path().join("run")).unwrap() {
        kept.push_str(&std::fs::read_to_string(file.unwrap().path()).unwrap_or_default());
    }
    assert!(!kept.contains(SECRET), "no secret is kept");
    (value, told)
}

fn standing<'a>(value: &'a serde_json::Value, id: &str) -> &'a str {
    value["requirements"]
        .as_array()
        .unwrap()
        .iter()
        .find(|result| result["requirement"]["id"] == id)
        .and_then(|result| result["standing"].as_str())
        .unwrap_or("absent")
}

#[test]
fn the_whole_matrix_of_wrong_tokens_is_refused_by_who_trusts_the_issuer_rightly() {
    let (value, told) = standings(&[]);
    for id in ["SEC-07", "SEC-08", "SEC-12", "SEC-13", "SEC-50"] {
        assert_eq!(standing(&value, id), "passed", "{id}: {told}");
    }
}

#[test]
fn and_found_where_one_of_them_is_believed() {
    let (value, told) = standings(&["--fault", "issuer-overlooked"]);
    assert_eq!(standing(&value, "SEC-12"), "failed", "{told}");
    for id in ["SEC-07", "SEC-08", "SEC-13", "SEC-50"] {
        assert_eq!(standing(&value, id), "passed", "{id}: {told}");
    }
}

#[test]
fn what_an_issuer_cannot_start_with_is_told() {
    for (arguments, part) in [
        (vec!["issuer"], "--audience"),
        (
            vec!["issuer", "--audience", "a", "--claim", "x"],
            "NAME=VALUE",
        ),
        (
            vec!["issuer", "--audience", "a", "--algorithm", "HS256"],
            "RS256",
        ),
        (
            vec!["issuer", "--audience", "a", "--secret-env", "NOT_SET"],
            "`NOT_SET` is not set",
        ),
        (
            vec!["issuer", "--audience", "a", "--key", "none.pem"],
            "`none.pem` cannot be read",
        ),
        (
            vec!["issuer", "--audience", "a", "--listen", "192.0.2.1:1"],
            "nothing can listen on 192.0.2.1:1",
        ),
    ] {
        let output = muster().args(&arguments).output().unwrap();
        let told = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {told}");
        assert!(told.contains(part), "{told}");
    }
}

/// Runs a target file whose only identity logs in like this, and tells its exit code and what it says.
fn logged_in(oauth2: &str) -> (Option<i32>, String) {
    let (_demo, [base, contract]) = serve(
        &["demo", "--listen", "127.0.0.1:0"],
        ["base URL", "contract"],
    );
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(
        folder.path().join("locked.key"),
        "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----\n",
    )
    .unwrap();
    std::fs::write(
        folder.path().join("target.yaml"),
        format!(
            "target: Demo\nbase_url: {base}\ncontract: {contract}\nidentities:\n  default: {{ oauth2: {{ client_id: muster, {oauth2} }} }}\n"
        ),
    )
    .unwrap();
    let output = muster()
        .current_dir(folder.path())
        .args(["run", "--quiet", "--target", "target.yaml", "--out", "run"])
        .output()
        .unwrap();
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    (output.status.code(), told)
}

#[test]
fn a_login_that_cannot_be_ends_the_run_before_it_begins() {
    let (_issuer, [issuer]) = serve(
        &[
            "issuer",
            "--listen",
            "127.0.0.1:0",
            "--audience",
            "a",
            "--secret-env",
            "ISSUER_SECRET",
        ],
        ["issuer"],
    );
    for (oauth2, code, part) in [
        // A slash more: not the same letter by letter.
        (
            format!("issuer: '{issuer}/', client_secret: {{ env: ISSUER_SECRET }}"),
            3,
            "must be the same letter by letter",
        ),
        (
            format!("issuer: '{issuer}/elsewhere', client_secret: {{ env: ISSUER_SECRET }}"),
            3,
            "publishes no discovery document",
        ),
        (
            format!("issuer: '{issuer}', client_secret: {{ env: PATH }}"),
            3,
            "invalid_client",
        ),
        (
            format!("token_url: '{issuer}/jwks.json', client_secret: {{ env: ISSUER_SECRET }}"),
            3,
            "token_url may be wrong",
        ),
        (
            format!("issuer: '{issuer}', key: {{ file: locked.key }}"),
            2,
            "locked by a pass phrase",
        ),
        (
            format!("issuer: '{issuer}', auth: tls_client_auth"),
            2,
            "needs a client certificate",
        ),
    ] {
        let (got, told) = logged_in(&oauth2);
        assert_eq!(got, Some(code), "{oauth2}: {told}");
        assert!(told.contains(part), "{oauth2}: {told}");
        assert!(!told.contains(SECRET), "{told}");
    }
}

//! A receiver of another hand, in another language, from its own reading of the public facts, passes the core of the
//! iHub profile.
#![allow(
    clippy::disallowed_methods,
    reason = "a test starts programs and reads files"
)]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test that panics is a test that fails"
)]

use std::{
    fs,
    io::{BufRead, BufReader},
    path::Path,
    process::{Child, Command, Stdio},
};

use rcgen::{BasicConstraints, CertificateParams, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair};
use serde_json::Value;
use time::{Duration, OffsetDateTime};

const CLIENT_ID: &str = "zztest-ihub";
const CLIENT_SECRET: &str = "zztest-secret-of-a-fixture";

/// Ends the receiver, whatever becomes of the test.
struct Receiver(Child);

impl Drop for Receiver {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn named(name: &str) -> rcgen::DistinguishedName {
    let mut distinguished = rcgen::DistinguishedName::new();
    distinguished.push(rcgen::DnType::CommonName, name);
    distinguished
}

fn params(names: &[&str]) -> CertificateParams {
    let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
    let mut params = CertificateParams::new(names).unwrap();
    let now = OffsetDateTime::now_utc();
    params.not_before = now - Duration::days(1);
    params.not_after = now + Duration::days(90);
    params
}

/// Writes an authority, a server's and a client's certificate into the folder.
fn certificates(folder: &Path) {
    let mut authority = params(&[]);
    // Names of their own: a leaf that bears its issuer's name looks self-signed.
    authority.distinguished_name = named("Zztest receiver authority");
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    authority.key_usages = vec![rcgen::KeyUsagePurpose::KeyCertSign];
    let key = KeyPair::generate().unwrap();
    fs::write(
        folder.join("ca.pem"),
        authority.self_signed(&key).unwrap().pem(),
    )
    .unwrap();
    let issuer = Issuer::new(authority, key);
    for (name, names, usage) in [
        (
            "server",
            ["localhost", "127.0.0.1"],
            ExtendedKeyUsagePurpose::ServerAuth,
        ),
        (
            "client",
            ["ihub.example", "sender.ihub.example"],
            ExtendedKeyUsagePurpose::ClientAuth,
        ),
    ] {
        let mut leaf = params(&names);
        leaf.distinguished_name = named(name);
        leaf.use_authority_key_identifier_extension = true;
        leaf.extended_key_usages = vec![usage];
        leaf.key_usages = vec![rcgen::KeyUsagePurpose::DigitalSignature];
        let key = KeyPair::generate().unwrap();
        let pem = leaf.signed_by(&key, &issuer).unwrap().pem();
        fs::write(folder.join(format!("{name}.pem")), pem).unwrap();
        fs::write(folder.join(format!("{name}.key")), key.serialize_pem()).unwrap();
    }
}

fn start(folder: &Path) -> (Receiver, u16) {
    let script =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/force-receiver/receiver.py");
    let mut child = Command::new("python3")
        .arg("-B")
        .arg(script)
        .args(["--cert", "server.pem", "--key", "server.key"])
        .args(["--client-ca", "ca.pem", "--store", "reports.jsonl"])
        .env("RECEIVER_CLIENT_ID", CLIENT_ID)
        .env("RECEIVER_CLIENT_SECRET", CLIENT_SECRET)
        .current_dir(folder)
        .stdout(Stdio::piped())
        .spawn()
        .expect("python3 runs the receiver");
    let stdout = child.stdout.take().unwrap();
    let receiver = Receiver(child);
    let mut line = String::new();
    BufReader::new(stdout).read_line(&mut line).unwrap();
    (
        receiver,
        line.trim().parse().expect("the receiver tells its port"),
    )
}

fn target(port: u16) -> String {
    let identity = |name: &str, id: &str, secret: &str| {
        format!(
            "  {name}:\n    api_keys:\n      - {{ in: header, name: client-id, value: {{ env: {id} }} }}\n      - {{ in: header, name: client-secret, value: {{ env: {secret} }} }}\n"
        )
    };
    format!(
        "target: Force receiver\nsupplier: A force\nenvironment: test\nbase_url: https://127.0.0.1:{port}\nwrites: allowed\n\
         tls: {{ ca: ca.pem, client_cert: client.pem, client_key: {{ file: client.key }} }}\n\
         budget: {{ requests: 5000, per_second: 200, concurrency: 8 }}\n\
         attestations:\n  - {{ requirement: IHUB-04, by: A. Tester, on: 2026-01-01, statement: The file is flushed to disk before the answer is written. }}\n\
         identities:\n{}{}{}",
        identity("default", "ID", "SECRET"),
        identity("wrong-client-id", "WRONG", "SECRET"),
        identity("wrong-client-secret", "ID", "WRONG"),
    )
}

#[test]
fn a_force_that_read_the_public_facts_passes_the_core() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    certificates(folder);
    let (_receiver, port) = start(folder);
    fs::write(folder.join("target.yaml"), target(port)).unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_muster"))
        .args([
            "run",
            "--profile",
            "ihub-standard-api",
            "--target",
            "target.yaml",
        ])
        .args(["--out", "run", "--quiet"])
        .env("ID", CLIENT_ID)
        .env("SECRET", CLIENT_SECRET)
        .env("WRONG", "zztest-something-else")
        .current_dir(folder)
        .output()
        .unwrap();
    let told = format!(
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    assert_eq!(output.status.code(), Some(0), "{told}");
    let results: Value =
        serde_json::from_str(&fs::read_to_string(folder.join("run/results.json")).unwrap())
            .unwrap();
    for class in results["classes"].as_array().unwrap() {
        if class["class"]["kind"] == "core" && class["class"]["id"] != "openness" {
            assert_eq!(class["conformance"], "conformant", "{class}\n{told}");
        }
    }
    assert!(
        results["tiers"]
            .as_array()
            .unwrap()
            .iter()
            .all(|tier| tier["shown"] == false),
        "nobody attested anything about openness: {}",
        results["tiers"]
    );
}

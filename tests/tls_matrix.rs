//! The checks of TLS against OpenSSL's `s_server`, which speaks what no Rust library does any more: each
//! configuration is served on loopback and judged by the whole command.
//!
//! Without `openssl` on the machine there is nothing to test against, and the tests say so.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "tests start programs and read files"
)]

use std::{
    collections::BTreeSet,
    fs,
    io::{BufRead, BufReader},
    path::Path,
    process::{Child, Command, Stdio},
};

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, ExtendedKeyUsagePurpose, IsCa,
    KeyPair, PKCS_RSA_SHA256,
};
use serde_json::Value;
use tempfile::TempDir;
use time::{Duration, OffsetDateTime};

const PROFILE: &str = "profile: tls-matrix
version: 1.0.0
title: TLS matrix
classes: [{ id: tls, title: TLS, kind: core }]
requirements:
";

const CHECKS: [&str; 7] = [
    "transport.tls-versions",
    "transport.tls13",
    "transport.cipher-suites",
    "transport.certificate",
    "transport.certificate-expiry",
    "transport.certificate-strength",
    "transport.client-certificate-required",
];

const CONTRACT: &str = "openapi: 3.1.0
info: { title: Page of s_server, version: 1.0.0 }
paths:
  /:
    get: { security: [], responses: { '200': { description: A page. } } }
";

type Authority = CertifiedIssuer<'static, KeyPair>;

/// A folder with everything that a server and a run need.
struct Bench {
    folder: TempDir,
    authority: Authority,
}

impl Bench {
    fn new() -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params
            .distinguished_name
            .push(DnType::CommonName, "Matrix authority");
        let authority = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
        let bench = Self {
            folder: tempfile::tempdir().unwrap(),
            authority,
        };
        bench.write("ca.pem", &bench.authority.pem());
        let mut profile = PROFILE.to_owned();
        for (number, check) in CHECKS.iter().enumerate() {
            profile.push_str(&format!(
                "  - {{ id: T-{number}, class: tls, level: MUST, statement: Judged., source: {{ document: Matrix }}, verified_by: [{{ check: {check} }}] }}\n"
            ));
        }
        bench.write("profile.yaml", &profile);
        bench.write("openapi.yaml", CONTRACT);
        bench.issue("client", "client.example", &PKCS_RSA_SHA256, |params| {
            params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
        });
        bench
    }

    fn write(&self, name: &str, text: &str) {
        fs::write(self.folder.path().join(name), text).unwrap();
    }

    /// Issues a certificate with its key as `NAME.pem` and `NAME.key`.
    fn issue(
        &self,
        name: &str,
        host: &str,
        kind: &'static rcgen::SignatureAlgorithm,
        change: impl FnOnce(&mut CertificateParams),
    ) {
        let mut params = CertificateParams::new(vec![host.to_owned()]).unwrap();
        let now = OffsetDateTime::now_utc();
        params.not_before = now - Duration::days(30);
        params.not_after = now + Duration::days(60);
        change(&mut params);
        let key = KeyPair::generate_for(kind).unwrap();
        let certificate = params.signed_by(&key, &self.authority).unwrap();
        self.write(&format!("{name}.pem"), &certificate.pem());
        self.write(&format!("{name}.key"), &key.serialize_pem());
    }

    /// Issues the server's certificate for this machine.
    fn issue_server(&self, change: impl FnOnce(&mut CertificateParams)) {
        self.issue("server", "127.0.0.1", &PKCS_RSA_SHA256, change);
    }

    /// Runs every check against a server with these options; gives the ids of those that failed and of those
    /// that passed.
    fn judge(&self, options: &[&str], mutual: bool) -> Judged {
        let server = Server::start(self.folder.path(), options);
        let client = if mutual {
            ", client_cert: client.pem, client_key: { file: client.key }"
        } else {
            ""
        };
        self.write(
            "target.yaml",
            &format!(
                "target: s_server\nsupplier: OpenSSL\nenvironment: test\nbase_url: https://127.0.0.1:{}\ncontract: ./openapi.yaml\nwrites: refused\ntls: {{ ca: ca.pem{client} }}\n",
                server.port
            ),
        );
        let output = Command::new(env!("CARGO_BIN_EXE_muster"))
            .current_dir(self.folder.path())
            .args([
                "run",
                "--profile",
                "profile.yaml",
                "--target",
                "target.yaml",
            ])
            .args(["--out", "out", "--format", "json"])
            .output()
            .unwrap();
        drop(server);
        let key = fs::read_to_string(self.folder.path().join("client.key")).unwrap();
        self.holds_no_key(&key, &output.stdout, &output.stderr);
        let told: Value = serde_json::from_slice(&output.stdout).unwrap_or_else(|_| {
            panic!(
                "no results: {}{}",
                String::from_utf8_lossy(&output.stdout),
                String::from_utf8_lossy(&output.stderr)
            )
        });
        fs::remove_dir_all(self.folder.path().join("out")).unwrap();
        Judged::of(&told)
    }

    /// No line of a private key is in anything that a run leaves.
    fn holds_no_key(&self, key: &str, stdout: &[u8], stderr: &[u8]) {
        let mut told: Vec<(String, Vec<u8>)> = vec![
            ("stdout".to_owned(), stdout.to_vec()),
            ("stderr".to_owned(), stderr.to_vec()),
        ];
        for file in fs::read_dir(self.folder.path().join("out")).unwrap() {
            let path = file.unwrap().path();
            told.push((path.display().to_string(), fs::read(path).unwrap()));
        }
        assert!(told.len() > 5, "the run left no reports");
        for (name, bytes) in told {
            let text = String::from_utf8_lossy(&bytes);
            assert!(!text.contains("PRIVATE KEY"), "{name} holds a key");
            for line in key.lines().filter(|line| line.len() > 40) {
                assert!(!text.contains(line), "{name} holds a part of a key");
            }
        }
    }
}

/// What came of a run.
#[derive(Debug, PartialEq, Eq)]
struct Judged {
    failed: BTreeSet<String>,
    passed: BTreeSet<String>,
}

impl Judged {
    fn of(told: &Value) -> Self {
        let of = |standings: &[&str]| {
            told["requirements"]
                .as_array()
                .unwrap()
                .iter()
                .filter(|result| standings.contains(&result["standing"].as_str().unwrap()))
                .map(|result| {
                    let id = result["requirement"]["id"]
                        .as_str()
                        .or_else(|| result["id"].as_str())
                        .unwrap();
                    let number: usize = id.trim_start_matches("T-").parse().unwrap();
                    CHECKS[number].trim_start_matches("transport.").to_owned()
                })
                .collect()
        };
        Self {
            failed: of(&["failed"]),
            passed: of(&["passed"]),
        }
    }

    #[track_caller]
    fn fails(&self, failed: &[&str]) {
        let expected: BTreeSet<String> = failed.iter().map(|id| (*id).to_owned()).collect();
        assert_eq!(self.failed, expected, "{self:?}");
    }

    #[track_caller]
    fn passes(&self, passed: &[&str]) {
        for id in passed {
            assert!(self.passed.contains(*id), "{id}: {self:?}");
        }
    }
}

/// A running `openssl s_server`.
struct Server {
    child: Child,
    port: u16,
}

impl Server {
    /// Starts it on a port that the system chooses, and waits until it says that it listens.
    fn start(folder: &Path, options: &[&str]) -> Self {
        let mut child = Command::new("openssl")
            .args(["s_server", "-accept", "127.0.0.1:0", "-www"])
            .args(["-cert", "server.pem", "-key", "server.key"])
            .args(options)
            .current_dir(folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let port = lines
            .by_ref()
            .map_while(Result::ok)
            .find_map(|line| {
                line.strip_prefix("ACCEPT ")
                    .and_then(|place| place.rsplit(':').next()?.trim().parse().ok())
            })
            .expect("s_server does not listen");
        // What it says later is read away, so that it never waits for a reader.
        std::thread::spawn(move || lines.map_while(Result::ok).for_each(drop));
        Self { child, port }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Whether there is an `openssl` to test against.
fn has_openssl() -> bool {
    let found = Command::new("openssl").arg("version").output().is_ok();
    assert!(
        found || std::env::var_os("CI").is_none(),
        "`openssl` is missing: install it"
    );
    found
}

/// Suites without ECDHE or without authenticated encryption, as OpenSSL names them.
const GOOD: &[&str] = &[
    "-cipher",
    "ECDHE+AESGCM:ECDHE+CHACHA20",
    "-no_tls1",
    "-no_tls1_1",
];

#[test]
fn a_good_server_is_not_blamed() {
    if !has_openssl() {
        return;
    }
    let bench = Bench::new();
    bench.issue_server(|_| {});
    let judged = bench.judge(GOOD, false);
    judged.fails(&[]);
    judged.passes(&[
        "tls-versions",
        "tls13",
        "cipher-suites",
        "certificate",
        "certificate-expiry",
        "certificate-strength",
    ]);
}

#[test]
fn tls_1_0_is_found() {
    if !has_openssl() {
        return;
    }
    let bench = Bench::new();
    bench.issue_server(|_| {});
    let judged = bench.judge(&["-cipher", "ALL:@SECLEVEL=0"], false);
    judged.fails(&["tls-versions", "cipher-suites"]);
    judged.passes(&["tls13", "certificate"]);
}

#[test]
fn a_weak_suite_is_found_and_tls_1_3_missed() {
    if !has_openssl() {
        return;
    }
    let bench = Bench::new();
    bench.issue_server(|_| {});
    let judged = bench.judge(&["-tls1_2", "-cipher", "ECDHE+AESGCM:AES128-SHA"], false);
    judged.fails(&["tls13", "cipher-suites"]);
    judged.passes(&["tls-versions", "certificate"]);
}

#[test]
fn an_expired_certificate_is_found() {
    if !has_openssl() {
        return;
    }
    let bench = Bench::new();
    bench.issue_server(|params| {
        params.not_after = OffsetDateTime::now_utc() - Duration::days(1);
    });
    let judged = bench.judge(GOOD, false);
    judged.fails(&["certificate"]);
    judged.passes(&["tls-versions", "tls13", "certificate-strength"]);
}

#[test]
fn a_certificate_for_another_host_is_found() {
    if !has_openssl() {
        return;
    }
    let bench = Bench::new();
    bench.issue("server", "other.example", &PKCS_RSA_SHA256, |params| {
        params.not_after = OffsetDateTime::now_utc() + Duration::days(5);
    });
    let judged = bench.judge(GOOD, false);
    judged.fails(&["certificate", "certificate-expiry"]);
}

#[test]
fn optional_mutual_tls_is_found_and_required_is_not_blamed() {
    if !has_openssl() {
        return;
    }
    let bench = Bench::new();
    bench.issue_server(|_| {});
    let optional = [GOOD, &["-verify", "2", "-CAfile", "ca.pem"]].concat();
    bench
        .judge(&optional, true)
        .fails(&["client-certificate-required"]);
    let required = [
        GOOD,
        &["-Verify", "2", "-verify_return_error", "-CAfile", "ca.pem"],
    ]
    .concat();
    let judged = bench.judge(&required, true);
    judged.fails(&[]);
    judged.passes(&["client-certificate-required", "certificate"]);
}

#[test]
fn a_short_key_and_sha_1_are_found() {
    if !has_openssl() {
        return;
    }
    let bench = Bench::new();
    // OpenSSL makes what no Rust library makes: an RSA key of 1024 bits, signed with SHA-1.
    let made = Command::new("openssl")
        .args(["req", "-x509", "-newkey", "rsa:1024", "-nodes", "-sha1"])
        .args(["-days", "60", "-subj", "/CN=weak", "-addext"])
        .args(["subjectAltName=IP:127.0.0.1", "-addext"])
        .args(["basicConstraints=critical,CA:FALSE"])
        .args(["-keyout", "server.key", "-out", "server.pem"])
        .current_dir(bench.folder.path())
        .output()
        .unwrap();
    assert!(made.status.success(), "{made:?}");
    let judged = bench.judge(
        &[
            "-cipher",
            "ECDHE+AESGCM:@SECLEVEL=0",
            "-no_tls1",
            "-no_tls1_1",
        ],
        false,
    );
    judged.fails(&["certificate", "certificate-strength"]);
    judged.passes(&["tls-versions", "cipher-suites"]);
}

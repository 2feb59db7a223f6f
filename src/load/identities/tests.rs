//! Every way to log in loads, and whatever is wrong with one says what to change.

use crate::load::{
    Diagnostics, Source, Target,
    target::{Settings, load},
};
use muster_core::model::{ClientAuth, Credential, Grant, IdentityName, TokenPlace};

fn environment(name: &str) -> Option<String> {
    Some(format!("value of {name}"))
}

/// A folder with a key, its certificate, and things that are neither.
fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let pair = rcgen::KeyPair::generate_for(&rcgen::PKCS_RSA_SHA256).unwrap();
    let params = rcgen::CertificateParams::new(vec!["client.test".to_owned()]).unwrap();
    let certificate = params.self_signed(&pair).unwrap();
    let other = rcgen::KeyPair::generate().unwrap();
    for (name, text) in [
        ("client.key", pair.serialize_pem()),
        ("client.pem", certificate.pem()),
        ("other.key", other.serialize_pem()),
        ("public.pem", pair.public_key_pem()),
        ("nothing.txt", "nothing\n".to_owned()),
        (
            "locked.key",
            "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----\n"
                .to_owned(),
        ),
        ("token.txt", "t0ken-t0ken\n".to_owned()),
        ("expired.token", "t0ken-of-old\n".to_owned()),
        ("clerk.password", "correct horse\n".to_owned()),
    ] {
        std::fs::write(folder.path().join(name), text).unwrap();
    }
    folder
}

fn loaded(text: &str) -> Result<Target, Diagnostics> {
    let folder = folder();
    let text = format!("target: Example\nbase_url: https://rms.example.test\n{text}");
    let source = Source {
        folder: folder.path().to_path_buf(),
        ..Source::new("target.yaml", text)
    };
    load(
        source,
        &Settings {
            environment: &environment,
            allow_writes_in_production: false,
            without_secrets: false,
        },
    )
}

#[test]
fn every_example_of_the_manual_loads() {
    let manual = include_str!("../../../docs/credentials.md");
    let examples: Vec<&str> = manual
        .split("```yaml\n")
        .skip(1)
        .filter_map(|rest| rest.split("```").next())
        .collect();
    assert!(examples.len() >= 12, "{}", examples.len());
    for example in examples {
        let target = loaded(example).unwrap_or_else(|wrong| panic!("{example}\n{wrong}"));
        assert!(
            target.identity(&IdentityName::default()).is_some(),
            "{example}"
        );
    }
}

fn default_of(text: &str) -> Credential {
    let target = loaded(text).unwrap_or_else(|wrong| panic!("{wrong}"));
    let identity = target.identity(&IdentityName::default()).unwrap();
    identity.credentials[0].1.clone()
}

#[test]
fn the_way_to_log_in_is_what_is_written() {
    let credential = default_of(
        "identities: { default: { oauth2: { issuer: 'https://id.test/', client_id: c, key: { file: client.key }, certificate: client.pem } } }",
    );
    let Credential::OAuth2(oauth) = credential else {
        panic!("{credential:?}");
    };
    assert_eq!(
        oauth.issued_by,
        TokenPlace::Issuer("https://id.test/".to_owned())
    );
    let ClientAuth::Assertion(assertion) = &oauth.auth else {
        panic!("{oauth:?}");
    };
    // SHA-1 in base64url.
    assert_eq!(assertion.x5t.as_ref().unwrap().len(), 27);
    assert!(oauth.dpop.is_none());
    let credential = default_of(
        "identities: { default: { oauth2: { token_url: 'https://id.test/t', client_id: c, auth: none, refresh_token: { env: R }, dpop: {} } } }",
    );
    let Credential::OAuth2(oauth) = credential else {
        panic!("{credential:?}");
    };
    assert!(matches!(oauth.grant, Grant::Refresh(_)));
    assert!(matches!(oauth.auth, ClientAuth::Nothing));
    assert!(oauth.dpop.is_some());
}

#[test]
fn an_issuer_makes_the_identities_of_a_run() {
    let target = loaded(
        "issuer: { url: 'http://127.0.0.1:8090/', client_id: c, client_secret: { env: S }, claims: { force: ZZ01 }, callers: { other-force: { claims: { force: ZZ02 } } } }\nidentities: { expired: { bearer: { token: { env: T } } } }\n",
    )
    .unwrap();
    let names: Vec<&str> = target
        .identities
        .iter()
        .map(|(name, _)| name.as_str())
        .collect();
    assert_eq!(
        names,
        [
            "expired",
            "default",
            "other-force",
            "not-yet-valid",
            "other-audience",
            "other-issuer",
            "unknown-key"
        ]
    );
    let parameters = |name: &str| {
        let identity = target.identity(&name.into()).unwrap();
        match &identity.credentials[0].1 {
            Credential::OAuth2(oauth) => oauth.parameters.clone(),
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(
        parameters("other-force"),
        [("muster_claims".to_owned(), r#"{"force":"ZZ02"}"#.to_owned())]
    );
    assert_eq!(
        parameters("unknown-key")[1],
        ("muster_flaw".to_owned(), "unknown-key".to_owned())
    );
}

#[test]
fn what_does_not_go_together_says_what_to_change() {
    let at = "token_url: 'https://id.test/t', client_id: c";
    for (oauth2, message, help) in [
        (
            "client_id: c, client_secret: { env: S }",
            "nothing says where tokens are issued",
            "token_url",
        ),
        (
            "issuer: 'https://id.test', token_url: 'https://id.test/t', client_id: c, client_secret: { env: S }",
            "`token_url` stands beside `issuer`",
            "alone",
        ),
        (
            at,
            "nothing says how the client proves itself",
            "auth: none",
        ),
        (
            "token_url: 'https://id.test/t', client_id: c, auth: private_key_jwt",
            "`key` is missing",
            "client.key",
        ),
        (
            "token_url: 'https://id.test/t', client_id: c, client_secret: { env: S }, key: { file: client.key }",
            "`client_secret` stands beside `key`",
            "one way",
        ),
        (
            "token_url: 'https://id.test/t', client_id: c, auth: tls_client_auth",
            "`tls_client_auth` needs a client certificate",
            "client_cert",
        ),
        (
            "token_url: 'https://id.test/t', client_id: c, client_secret: { env: S }, certificate: client.pem",
            "`certificate` belongs to a `key`",
            "leave it out",
        ),
        (
            "token_url: 'https://id.test/t', client_id: c, auth: none",
            "a public client obtains nothing by itself",
            "refresh_token",
        ),
        (
            "token_url: 'https://id.test/t', client_id: c, key: { file: locked.key }",
            "`key` is locked by a pass phrase",
            "openssl pkey",
        ),
        (
            "token_url: 'https://id.test/t', client_id: c, key: { file: nothing.txt }",
            "`key` holds no private key",
            "PEM",
        ),
        (
            "token_url: 'https://id.test/t', client_id: c, key: { file: public.pem }",
            "`key` is a public key",
            "private",
        ),
        (
            "token_url: 'https://id.test/t', client_id: c, key: { file: other.key }, algorithm: RS256",
            "`key` is a P-256 key, which signs with ES256, not with RS256",
            "",
        ),
        (
            "token_url: 'https://id.test/t', client_id: c, key: { file: other.key }, certificate: client.pem",
            "`key` is not the key of the client certificate",
            "",
        ),
        (
            "token_url: 'https://id.test/t', client_id: c, key: { file: client.key }, certificate: nothing.txt",
            "`nothing.txt` holds no certificate in PEM",
            "",
        ),
    ] {
        let text = format!("identities:\n  default:\n    oauth2: {{ {oauth2} }}\n");
        let told = loaded(&text).unwrap_err().to_string();
        assert!(told.contains(message), "{oauth2}\n{told}");
        assert!(told.contains(help), "{oauth2}\n{told}");
        assert!(!told.contains("value of"), "{told}");
        // Each names its place.
        assert!(told.contains(":5:"), "{told}");
    }
}

#[test]
fn a_secret_in_the_issuer_block_is_not_repeated() {
    let told =
        loaded("issuer: { url: 'http://127.0.0.1:8090', client_id: c, client_secret: hunter2 }\n")
            .unwrap_err()
            .to_string();
    assert!(!told.contains("hunter2"), "{told}");
}

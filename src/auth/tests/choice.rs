//! The contract decides what is shown.

use secrecy::ExposeSecret;

use super::*;
use muster_core::{
    exchange::{Alteration, Headers},
    model::Responsible,
};

const BASIC: &str = "authorization: Basic YW5uOnBAc3M=";
const BEARER: &str = "authorization: Bearer t0ken";

async fn ask(keyring: &Keyring, security: Security) -> Result<String, LoginError> {
    keyring
        .credentials(
            &"default".into(),
            Some(&operation(security)),
            &Auth::Declared,
        )
        .await
        .map(|credentials| shown(&credentials))
}

#[tokio::test]
async fn the_first_alternative_that_can_be_met_as_a_whole_counts() {
    use KeyPlace::{Cookie, Header, Query};
    let every = || {
        vec![
            key(Header, "x-key"),
            key(Query, "key"),
            key(Cookie, "sid"),
            key(Cookie, "sid2"),
        ]
    };
    for (held, security, expected) in [
        (vec![basic()], any_of(&[&["bearer"], &["basic"]]), BASIC),
        (
            vec![basic(), bearer()],
            any_of(&[&["bearer"], &["basic"]]),
            BEARER,
        ),
        (vec![bearer()], any_of(&[&["oauth"]]), BEARER),
        (every(), any_of(&[&["header"]]), "x-key: x-key-value"),
        (every(), any_of(&[&["query"]]), "?key=key-value"),
        (
            every(),
            any_of(&[&["cookie", "cookie2"]]),
            "cookie: sid=sid-value; sid2=sid2-value",
        ),
        (
            vec![bearer(), key(Header, "X-Key")],
            any_of(&[&["basic", "header"], &["bearer", "header"], &["bearer"]]),
            "authorization: Bearer t0ken, x-key: X-Key-value",
        ),
        // Public on purpose, or as a last resort only.
        (vec![bearer()], any_of(&[]), ""),
        (vec![bearer()], any_of(&[&[], &["bearer"]]), BEARER),
        (vec![bearer()], any_of(&[&[], &["basic"]]), ""),
        // The document asks for what nobody has: everything there is, rather than nothing.
        (vec![bearer()], any_of(&[&["odd"]]), BEARER),
        (vec![bearer()], any_of(&[&["missing"]]), BEARER),
        // The key of a gateway, which the document does not speak of.
        (
            vec![bearer(), key(Header, "Subscription-Key")],
            any_of(&[&["bearer"]]),
            "authorization: Bearer t0ken, subscription-key: Subscription-Key-value",
        ),
    ] {
        let keyring = keyring(held, true);
        assert_eq!(
            ask(&keyring, security.clone()).await.unwrap(),
            expected,
            "{security:?}"
        );
    }
}

#[tokio::test]
async fn what_is_not_declared_is_public_unless_nothing_is_declared_anywhere() {
    let public = ask(&keyring(vec![bearer()], true), Security::NotDeclared).await;
    assert_eq!(public.unwrap(), "");
    let silent = ask(&keyring(vec![bearer()], false), Security::NotDeclared).await;
    assert_eq!(silent.unwrap(), BEARER);
    let unknown = keyring(vec![bearer()], true)
        .credentials(&"default".into(), None, &Auth::Declared)
        .await;
    assert_eq!(shown(&unknown.unwrap()), BEARER);
}

#[tokio::test]
async fn a_scheme_by_name_beats_the_kind() {
    let mut odd = bearer();
    odd.0 = Some("odd".to_owned());
    let keyring = keyring(vec![odd, basic()], true);
    assert_eq!(ask(&keyring, any_of(&[&["odd"]])).await.unwrap(), BEARER);
    assert_eq!(
        ask(&keyring, any_of(&[&["bearer"], &["basic"]]))
            .await
            .unwrap(),
        BASIC
    );
}

#[tokio::test]
async fn mutual_tls_is_met_by_the_connection() {
    let identity = Identity {
        credentials: vec![basic()],
        client_certificate: None,
    };
    let mut options = Options::new("http://127.0.0.1:1".parse().unwrap());
    for (certificate, expected) in [(true, ""), (false, BASIC)] {
        options.client_certificate = certificate.then(|| crate::http::ClientCertificate {
            chain: Vec::new(),
            key: "none".into(),
        });
        let keyring = Keyring::under(
            vec![("default".into(), identity.clone())],
            schemes(),
            true,
            &options,
            &Redactor::default(),
        )
        .unwrap();
        let got = ask(&keyring, any_of(&[&["mtls"], &["basic"]])).await;
        assert_eq!(got.unwrap(), expected);
    }
}

#[tokio::test]
async fn nothing_to_show_is_a_fault_of_the_target_file_where_something_is_asked_for() {
    {
        let keyring = keyring(Vec::new(), true);
        let error = ask(&keyring, any_of(&[&["bearer"]])).await.unwrap_err();
        assert_eq!(error.responsible, Responsible::Configuration);
        assert!(error.detail.contains("GET /people"), "{error}");
        assert_eq!(
            ask(&keyring, any_of(&[&["bearer"], &[]])).await.unwrap(),
            ""
        );
        assert_eq!(ask(&keyring, Security::NotDeclared).await.unwrap(), "");
    }
    let error = keyring(vec![bearer()], true)
        .credentials(&"other".into(), None, &Auth::Declared)
        .await
        .unwrap_err();
    assert_eq!(error.detail, "The target file has no identity other.");
}

#[tokio::test]
async fn a_request_may_ask_for_nothing_or_for_headers_of_its_own() {
    let keyring = keyring(vec![bearer()], false);
    let none = keyring
        .credentials(&"default".into(), None, &Auth::Nothing)
        .await;
    assert_eq!(shown(&none.unwrap()), "");
    let headers: Headers = [("authorization", "Bearer altered")].into_iter().collect();
    let instead = keyring
        .credentials(&"default".into(), None, &Auth::Instead(headers))
        .await
        .unwrap();
    assert_eq!(shown(&instead), "authorization: Bearer altered");
    assert!(!keyring.invalidate(&"default".into(), &instead));
}

#[test]
fn every_secret_has_a_variable_and_the_redactor_knows_it() {
    let redactor = Redactor::default();
    let keyring = keyring_with(
        vec![
            basic(),
            bearer(),
            key(KeyPlace::Header, "X-Key"),
            key(KeyPlace::Query, "x_key"),
        ],
        true,
        &redactor,
    );
    let variables: Vec<_> = keyring
        .secrets()
        .into_iter()
        .map(|(name, _)| name)
        .collect();
    assert_eq!(
        variables,
        [
            "MUSTER_DEFAULT_PASSWORD",
            "MUSTER_DEFAULT_BASIC",
            "MUSTER_DEFAULT_TOKEN",
            "MUSTER_DEFAULT_X_KEY",
            "MUSTER_DEFAULT_X_KEY_2",
        ]
    );
    for (variable, secret) in keyring.secrets() {
        assert_eq!(
            redactor.text(secret.expose_secret()),
            format!("${variable}")
        );
    }
    assert!(!format!("{keyring:?}").contains("t0ken"));
}

#[tokio::test]
async fn keys_and_passwords_are_broken_as_tokens_are() {
    use KeyPlace::{Cookie, Header, Query};
    for (held, scheme, alteration, expected) in [
        (
            key(Header, "x-key"),
            "header",
            Alteration::Garbage,
            "x-key: muster-is-no-key",
        ),
        (
            key(Query, "key"),
            "query",
            Alteration::Garbage,
            "?key=muster-is-no-key",
        ),
        (
            key(Cookie, "sid"),
            "cookie",
            Alteration::Garbage,
            "cookie: sid=muster-is-no-key",
        ),
        (
            key(Header, "x-key"),
            "header",
            Alteration::Truncate,
            "x-key: x-key-v",
        ),
        (
            basic(),
            "basic",
            Alteration::Truncate,
            "authorization: Basic YW5uOnBA",
        ),
    ] {
        let keyring = keyring(vec![held], true);
        let shown_as = keyring
            .credentials(
                &"default".into(),
                Some(&operation(any_of(&[&[scheme]]))),
                &Auth::Altered(alteration),
            )
            .await
            .map(|credentials| shown(&credentials));
        assert_eq!(shown_as.ok().as_deref(), Some(expected));
    }
}

//! What it issues is right, or wrong in the one way that was asked for.

use std::net::{Ipv4Addr, SocketAddr};

use serde_json::{Map, Value, json};

use muster_jose::{self as jose, Algorithm, SigningKey};
use muster_supplier::issuer::{Client, FLAWS, Issuer, Options};
use time::OffsetDateTime;

use crate::{auth::Keyring, http};
use muster_core::{
    contract::Contract,
    exchange::Auth,
    model::{Assertion, ClientAuth, Credential, Identity, OAuth2, TokenPlace},
    observation::Redactor,
};

async fn issuer(keys: Option<Value>) -> Issuer {
    let claims = [("force".to_owned(), json!("ZZ01"))].into_iter().collect();
    Issuer::start(Options {
        listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
        url: None,
        audience: "api".to_owned(),
        scope: "read".to_owned(),
        client: Client {
            id: "muster".to_owned(),
            secret: Some("s3cret/+".into()),
            keys,
        },
        claims,
        key: None,
        algorithm: Algorithm::Es256,
    })
    .await
    .unwrap()
}

fn oauth(issuer: &Issuer) -> OAuth2 {
    OAuth2 {
        issued_by: TokenPlace::Issuer(issuer.url().to_owned()),
        ..OAuth2::with_secret(
            "http://127.0.0.1:1".parse().unwrap(),
            "muster".to_owned(),
            "s3cret/+".into(),
        )
    }
}

/// The token that a keyring obtains, or why there is none.
async fn token(oauth: OAuth2) -> Result<(String, String), String> {
    let identity = Identity {
        credentials: vec![(None, Credential::OAuth2(Box::new(oauth)))],
        client_certificate: None,
    };
    let contract = Contract::from_value(
        json!({ "openapi": "3.1.0", "info": { "title": "", "version": "" }, "paths": {} }),
    )
    .unwrap();
    let options = http::Options::new("http://127.0.0.1:1".parse().unwrap());
    let identities = vec![("default".into(), identity)];
    let keyring = Keyring::new(identities, &contract, &options, &Redactor::default()).unwrap();
    let shown = keyring
        .credentials(&"default".into(), None, &Auth::Declared)
        .await
        .map_err(|error| error.detail)?;
    let (scheme, token) = shown
        .headers
        .get("authorization")
        .and_then(|value| value.split_once(' '))
        .unwrap();
    Ok((scheme.to_owned(), token.to_owned()))
}

fn claims(token: &str) -> Map<String, Value> {
    jose::peek(token).unwrap().1
}

#[tokio::test]
async fn a_token_is_right_unless_a_flaw_is_asked_for() {
    let issuer = issuer(None).await;
    let key = issuer.keys()["keys"][0].clone();
    let now = OffsetDateTime::now_utc().unix_timestamp();
    let (scheme, good) = token(oauth(&issuer)).await.unwrap();
    assert_eq!(scheme, "Bearer");
    let right = claims(&good);
    let moment = |claims: &Map<String, Value>, name: &str| claims[name].as_i64().unwrap();
    assert!(jose::verifies(&good, &key));
    assert_eq!(right["iss"], issuer.url());
    assert_eq!(
        (&right["aud"], &right["force"]),
        (&json!("api"), &json!("ZZ01"))
    );
    assert!(moment(&right, "nbf") <= now + 5 && moment(&right, "exp") > now);
    for (flaw, _) in FLAWS {
        let mut wanted = oauth(&issuer);
        wanted.parameters = vec![
            ("muster_flaw".to_owned(), flaw.to_owned()),
            ("muster_claims".to_owned(), r#"{"force":"ZZ02"}"#.to_owned()),
        ];
        let (_, wrong) = token(wanted).await.unwrap();
        let said = claims(&wrong);
        assert_eq!(said["force"], "ZZ02");
        let differs = [
            ("unknown-key", !jose::verifies(&wrong, &key)),
            ("other-issuer", said["iss"] != right["iss"]),
            ("other-audience", said["aud"] != right["aud"]),
            ("insufficient-scope", said["scope"] != right["scope"]),
            ("without-expiry", !said.contains_key("exp")),
            (
                "expired",
                said.get("exp").is_some_and(|end| end.as_i64() < Some(now)),
            ),
            ("not-yet-valid", moment(&said, "nbf") > now + 60),
        ];
        for (name, is) in differs {
            assert_eq!(is, name == flaw, "{flaw}: {said:?}");
        }
    }
    let mut wanted = oauth(&issuer);
    wanted.parameters = vec![("muster_flaw".to_owned(), "none".to_owned())];
    assert!(
        token(wanted)
            .await
            .unwrap_err()
            .contains("there are expired")
    );
}

#[tokio::test]
async fn clients_prove_themselves_by_secret_or_assertion() {
    for algorithm in [Algorithm::Ps256, Algorithm::Es256, Algorithm::EdDsa] {
        let key = SigningKey::generate(algorithm).unwrap();
        let issuer = issuer(Some(json!({ "keys": [key.published("k")] }))).await;
        let mut wanted = oauth(&issuer);
        let assertion = Assertion {
            key,
            kid: Some("k".to_owned()),
            x5t: None,
            audience: None,
        };
        wanted.auth = ClientAuth::Assertion(Box::new(assertion.clone()));
        wanted.dpop = SigningKey::generate(algorithm);
        let jkt = wanted.dpop.as_ref().unwrap().thumbprint().to_owned();
        let (scheme, bound) = token(wanted.clone()).await.unwrap();
        assert_eq!(scheme, "DPoP");
        assert_eq!(claims(&bound)["cnf"]["jkt"], jkt);
        let other = Assertion {
            key: SigningKey::generate(algorithm).unwrap(),
            ..assertion
        };
        wanted.auth = ClientAuth::Assertion(Box::new(other));
        assert!(token(wanted).await.unwrap_err().contains("invalid_client"));
    }
    let issuer = issuer(None).await;
    let mut wanted = oauth(&issuer);
    wanted.auth = ClientAuth::Post("s3cret/+".into());
    assert!(token(wanted.clone()).await.is_ok());
    wanted.auth = ClientAuth::Basic("wrong".into());
    assert!(token(wanted).await.unwrap_err().contains("invalid_client"));
    assert!(!format!("{issuer:?}").contains("s3cret"));
}

//! The ways to obtain a token: assertions, certificates, discovery, refresh tokens.

use jsonwebtoken::{Algorithm as Alg, DecodingKey, Validation, decode, jwk::Jwk};
use serde_json::{Value, json};
use wiremock::{
    Mock, MockServer, ResponseTemplate,
    matchers::{body_string_contains, method, path},
};

use super::*;
use muster_core::model::{Assertion, Grant, Responsible, TokenPlace};
use muster_jose::{Algorithm, SigningKey};

pub(super) fn issued(token: &str) -> ResponseTemplate {
    ResponseTemplate::new(200)
        .set_body_json(json!({ "access_token": token, "token_type": "Bearer", "expires_in": 300 }))
}

fn oauth(issued_by: TokenPlace, auth: ClientAuth) -> OAuth2 {
    OAuth2 {
        issued_by,
        auth,
        ..OAuth2::with_secret(
            "http://127.0.0.1:1/".parse().unwrap(),
            "client".to_owned(),
            "unused".into(),
        )
    }
}

pub(super) async fn ask(keyring: &Keyring) -> Result<Credentials, LoginError> {
    keyring
        .credentials(&"default".into(), None, &Auth::Declared)
        .await
}

fn ring(oauth: OAuth2, redactor: &Redactor) -> Keyring {
    keyring_with(
        vec![(None, Credential::OAuth2(Box::new(oauth)))],
        false,
        redactor,
    )
}

fn issuer_of(server: &MockServer) -> TokenPlace {
    TokenPlace::Issuer(server.uri())
}

async fn discovery(server: &MockServer, document: Value) {
    Mock::given(path("/.well-known/openid-configuration"))
        .respond_with(ResponseTemplate::new(200).set_body_json(document))
        .mount(server)
        .await;
}

fn form(body: &[u8]) -> BTreeMap<String, String> {
    url::form_urlencoded::parse(body).into_owned().collect()
}

#[tokio::test]
async fn an_assertion_is_signed_for_the_issuer_and_lives_for_a_minute() {
    for algorithm in [
        Algorithm::Rs256,
        Algorithm::Ps256,
        Algorithm::Es256,
        Algorithm::EdDsa,
    ] {
        let server = MockServer::start().await;
        let endpoint = format!("{}/token", server.uri());
        discovery(
            &server,
            json!({ "issuer": server.uri(), "token_endpoint": endpoint }),
        )
        .await;
        Mock::given(method("POST"))
            .and(path("/token"))
            .respond_with(issued("tok-1"))
            .expect(1)
            .mount(&server)
            .await;
        let key = SigningKey::generate(algorithm).unwrap();
        let assertion = Assertion {
            key: key.clone(),
            kid: Some("key-1".to_owned()),
            x5t: Some("thumb".to_owned()),
            audience: None,
        };
        let redactor = Redactor::default();
        let auth = ClientAuth::Assertion(Box::new(assertion));
        let keyring = ring(oauth(issuer_of(&server), auth), &redactor);
        let all = futures::future::join_all((0..8).map(|_| ask(&keyring))).await;
        for credentials in all {
            assert_eq!(shown(&credentials.unwrap()), "authorization: Bearer tok-1");
        }
        let requests = server.received_requests().await.unwrap();
        let sent = form(&requests.last().unwrap().body);
        assert_eq!(
            sent["client_assertion_type"],
            "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
        );
        let jwk: Jwk = serde_json::from_value(key.public().clone()).unwrap();
        let named = match algorithm {
            Algorithm::Rs256 => Alg::RS256,
            Algorithm::Ps256 => Alg::PS256,
            Algorithm::Es256 | Algorithm::Es384 => Alg::ES256,
            Algorithm::EdDsa => Alg::EdDSA,
        };
        let mut validation = Validation::new(named);
        validation.set_audience(&[server.uri()]);
        validation.set_issuer(&["client"]);
        let token = decode::<Value>(
            &sent["client_assertion"],
            &DecodingKey::from_jwk(&jwk).unwrap(),
            &validation,
        )
        .unwrap();
        assert_eq!(token.header.kid.as_deref(), Some("key-1"));
        assert_eq!(token.header.x5t.as_deref(), Some("thumb"));
        let claims = token.claims;
        assert_eq!(claims["sub"], "client");
        let moment = |name: &str| claims[name].as_u64().unwrap();
        assert_eq!(moment("exp") - moment("iat"), 60);
        assert!(claims["jti"].as_str().unwrap().len() >= 22);
        // Neither the assertion nor anything that could be replayed is kept.
        let kept: String = keyring
            .take_exchanges()
            .iter()
            .map(|exchange| serde_json::to_string(&redactor.observe(exchange)).unwrap())
            .collect();
        assert!(!kept.contains(&sent["client_assertion"]), "{kept}");
    }
}

#[tokio::test]
async fn what_is_wrong_with_discovery_is_told() {
    let key = || ClientAuth::Basic("s3cret".into());
    for (status, body, responsible, part) in [
        (
            200,
            json!({ "issuer": "https://id.example.test", "token_endpoint": "https://id.example.test/t" }),
            Responsible::Configuration,
            "is of the issuer https://id.example.test, and the target file says",
        ),
        (
            200,
            json!({}),
            Responsible::Configuration,
            "does not name its issuer",
        ),
        (
            200,
            json!([]),
            Responsible::Configuration,
            "in place of a JSON object",
        ),
        (
            404,
            json!({}),
            Responsible::Configuration,
            "publishes no discovery document",
        ),
        (503, json!({}), Responsible::Supplier, "answered 503"),
        (
            200,
            json!({ "issuer": "SELF" }),
            Responsible::Configuration,
            "names no usable token_endpoint",
        ),
        (
            200,
            json!({ "issuer": "SELF", "token_endpoint": "SELF/t", "token_endpoint_auth_methods_supported": ["private_key_jwt"] }),
            Responsible::Configuration,
            "by private_key_jwt, and the target file says `auth: basic`",
        ),
    ] {
        let server = MockServer::start().await;
        let text = body.to_string().replace("SELF", &server.uri());
        Mock::given(method("GET"))
            .respond_with(
                ResponseTemplate::new(status).set_body_raw(text.into_bytes(), "application/json"),
            )
            .mount(&server)
            .await;
        let keyring = ring(oauth(issuer_of(&server), key()), &Redactor::default());
        let error = ask(&keyring).await.unwrap_err();
        assert_eq!(error.responsible, responsible, "{}", error.detail);
        assert!(error.detail.contains(part), "{}", error.detail);
        assert!(error.detail.contains(&server.uri()), "{}", error.detail);
    }
}

#[tokio::test]
async fn the_other_place_of_a_discovery_document_is_asked_too() {
    let server = MockServer::start().await;
    let issuer = format!("{}/tenant", server.uri());
    Mock::given(path("/.well-known/oauth-authorization-server/tenant"))
        .respond_with(ResponseTemplate::new(200).set_body_json(
            json!({ "issuer": issuer, "token_endpoint": format!("{}/t?x=1", server.uri()) }),
        ))
        .mount(&server)
        .await;
    Mock::given(path("/t"))
        .respond_with(issued("tok-1"))
        .mount(&server)
        .await;
    let auth = ClientAuth::Post("s3cret".into());
    let keyring = ring(
        oauth(TokenPlace::Issuer(issuer), auth),
        &Redactor::default(),
    );
    assert_eq!(
        shown(&ask(&keyring).await.unwrap()),
        "authorization: Bearer tok-1"
    );
}

#[tokio::test]
async fn a_refresh_token_is_used_once_where_the_issuer_gives_the_next() {
    let server = MockServer::start().await;
    for (given, next) in [("first", "second"), ("second", "third")] {
        Mock::given(body_string_contains(format!("refresh_token={given}")))
            .and(body_string_contains("grant_type=refresh_token"))
            .respond_with(ResponseTemplate::new(200).set_body_json(json!({
                "access_token": format!("tok-{given}"), "token_type": "bearer",
                "expires_in": 0, "refresh_token": next,
            })))
            .expect(1)
            .mount(&server)
            .await;
    }
    let endpoint = TokenPlace::Endpoint(server.uri().parse().unwrap());
    let mut oauth = oauth(endpoint, ClientAuth::Nothing);
    oauth.grant = Grant::Refresh("first".into());
    let keyring = ring(oauth, &Redactor::default());
    for token in ["tok-first", "tok-second"] {
        assert_eq!(
            shown(&ask(&keyring).await.unwrap()),
            format!("authorization: Bearer {token}")
        );
    }
    let error = ask(&keyring).await.unwrap_err();
    assert!(error.detail.contains("404"), "{}", error.detail);
}

#[tokio::test]
async fn further_members_of_the_form_are_sent() {
    let server = MockServer::start().await;
    Mock::given(body_string_contains("resource=urn%3Aapi"))
        .respond_with(issued("tok-1"))
        .mount(&server)
        .await;
    let endpoint = TokenPlace::Endpoint(server.uri().parse().unwrap());
    let mut oauth = oauth(endpoint, ClientAuth::Certificate);
    oauth.parameters = vec![("resource".into(), "urn:api".into())];
    let keyring = ring(oauth, &Redactor::default());
    ask(&keyring).await.unwrap();
    let requests = server.received_requests().await.unwrap();
    assert_eq!(form(&requests[0].body)["client_id"], "client");
}

#[tokio::test]
async fn a_pasted_token_that_has_ended_is_told_before_the_run() {
    let key = SigningKey::generate(Algorithm::Es256).unwrap();
    let ended = [("exp".to_owned(), json!(1_000))].into_iter().collect();
    let token = key.sign(serde_json::Map::new(), &ended);
    let bearer = Credential::Bearer {
        token: token.into(),
    };
    let keyring = keyring(vec![(None, bearer)], false);
    let error = keyring.lasts(&"default".into()).unwrap_err();
    assert_eq!(error.responsible, Responsible::Credentials);
    assert!(error.detail.contains("minutes ago"), "{}", error.detail);
    assert!(keyring.lasts(&"expired".into()).is_ok());
}

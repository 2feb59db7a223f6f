//! Tokens: obtained once, renewed in time, and failures with whose fault they are.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use tokio::io::AsyncWriteExt;

use super::*;
use crate::http::tests::kit::{Server, drain};
use muster_core::{exchange::Outcome, model::Responsible, observation::contains_secret};

/// A token endpoint whose answer is made from the number of the request.
async fn endpoint(answer: impl Fn(usize) -> String + Clone + Send + 'static) -> Server {
    let count = Arc::new(AtomicUsize::new(0));
    Server::raw(move |mut stream, _| {
        let number = count.fetch_add(1, Ordering::SeqCst) + 1;
        let answer = answer(number);
        async move {
            let _ = stream.write_all(answer.as_bytes()).await;
            let _ = stream.shutdown().await;
            drain(&mut stream).await;
        }
    })
    .await
}

fn http(status: &str, media: &str, body: &str) -> String {
    format!(
        "HTTP/1.1 {status}\r\nContent-Type: {media}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
        body.len()
    )
}

fn token(number: usize, life: &str) -> String {
    http(
        "200 OK",
        "application/json",
        &format!(r#"{{"access_token":"tok-{number}","token_type":"Bearer"{life}}}"#),
    )
}

fn oauth(server: &Server) -> OAuth2 {
    OAuth2 {
        scope: Some("people.read".to_owned()),
        audience: Some("https://rms.example.test".to_owned()),
        ..OAuth2::with_secret(
            server.url.join("/login/token?tenant=1").unwrap(),
            "client:1".to_owned(),
            "s3cret/+".into(),
        )
    }
}

fn ring(server: &Server, redactor: &Redactor) -> Keyring {
    keyring_with(
        vec![(None, Credential::OAuth2(Box::new(oauth(server))))],
        false,
        redactor,
    )
}

async fn ask(keyring: &Keyring) -> Result<Credentials, LoginError> {
    keyring
        .credentials(&"default".into(), None, &Auth::Declared)
        .await
}

#[tokio::test]
async fn one_login_serves_everyone_who_waits() {
    let server = endpoint(|number| token(number, r#","expires_in":3600"#)).await;
    let redactor = Redactor::default();
    let keyring = ring(&server, &redactor);
    let all = futures::future::join_all((0..20).map(|_| ask(&keyring))).await;
    for credentials in all {
        assert_eq!(shown(&credentials.unwrap()), "authorization: Bearer tok-1");
    }
    assert_eq!(server.seen().len(), 1);
    assert!(server.seen()[0].starts_with("POST /login/token?tenant=1 HTTP/1.1\r\n"));
    // "client%3A1:s3cret%2F%2B"
    assert!(
        server.seen()[0].contains("authorization: Basic Y2xpZW50JTNBMTpzM2NyZXQlMkYlMkI=\r\n"),
        "{:?}",
        server.seen()
    );
}

#[tokio::test]
async fn the_login_is_evidence_without_its_secrets() {
    for method in [
        ClientAuth::Basic("s3cret/+".into()),
        ClientAuth::Post("s3cret/+".into()),
    ] {
        let posted = matches!(method, ClientAuth::Post(_));
        let server = endpoint(|number| token(number, r#","refresh_token":"refresh-1""#)).await;
        let redactor = Redactor::default();
        let mut oauth = oauth(&server);
        oauth.auth = method;
        let keyring = keyring_with(
            vec![(None, Credential::OAuth2(Box::new(oauth)))],
            false,
            &redactor,
        );
        ask(&keyring).await.unwrap();
        let exchanges = keyring.take_exchanges();
        assert_eq!(exchanges.len(), 1);
        assert!(matches!(&exchanges[0].outcome, Outcome::Answered(_)));
        let body = exchanges[0].request.body.clone().unwrap().bytes;
        let body = std::str::from_utf8(&body).unwrap();
        assert!(body.starts_with("grant_type=client_credentials&scope=people.read&audience="));
        assert_eq!(
            body.ends_with("&client_id=client%3A1&client_secret=s3cret%2F%2B"),
            posted
        );
        let observation = redactor.observe(&exchanges[0]);
        let kept = format!(
            "{}{}",
            serde_json::to_string(&observation).unwrap(),
            observation.curl()
        );
        for secret in ["s3cret/+", "tok-1", "refresh-1"] {
            assert_eq!(contains_secret(kept.as_bytes(), secret), None, "{kept}");
            assert!(redactor.text(secret).starts_with("$MUSTER_DEFAULT_"));
        }
        assert!(keyring.take_exchanges().is_empty());
    }
}

#[tokio::test]
async fn a_token_is_renewed_before_it_ends() {
    for (life, logins) in [
        (r#","expires_in":0"#, 2),
        (r#","expires_in":"0""#, 2),
        (r#","expires_in":"3600""#, 1),
        (r#","expires_in":-5"#, 2),
        ("", 1),
    ] {
        let server = endpoint(move |number| token(number, life)).await;
        let keyring = ring(&server, &Redactor::default());
        ask(&keyring).await.unwrap();
        ask(&keyring).await.unwrap();
        assert_eq!(server.seen().len(), logins, "{life}");
    }
}

#[tokio::test]
async fn a_refused_token_is_replaced_once() {
    let server = endpoint(|number| token(number, "")).await;
    let keyring = ring(&server, &Redactor::default());
    let default = "default".into();
    let first = ask(&keyring).await.unwrap();
    assert!(keyring.invalidate(&default, &first));
    assert!(
        keyring.invalidate(&default, &first),
        "two requests may carry the same token"
    );
    let second = ask(&keyring).await.unwrap();
    assert_eq!(shown(&second), "authorization: Bearer tok-2");
    assert!(
        keyring.invalidate(&default, &first),
        "a late 401 does not end the new token"
    );
    assert!(
        !keyring.invalidate(&default, &second),
        "a second refusal is not about tokens"
    );
    assert_eq!(
        shown(&ask(&keyring).await.unwrap()),
        "authorization: Bearer tok-2"
    );
    assert_eq!(server.seen().len(), 2);
}

#[tokio::test]
async fn failures_say_whose_they_are_and_are_not_repeated() {
    let json = "application/json";
    for (answer, responsible, words) in [
        (
            http(
                "401 Unauthorized",
                json,
                r#"{"error":"invalid_client","error_description":"no s3cret/+"}"#,
            ),
            Responsible::Credentials,
            "invalid_client",
        ),
        (
            http("400 Bad Request", json, r#"{"error":"invalid_scope"}"#),
            Responsible::Configuration,
            "scope",
        ),
        (
            http(
                "400 Bad Request",
                json,
                r#"{"error":"unsupported_grant_type"}"#,
            ),
            Responsible::Supplier,
            "client-credentials",
        ),
        (
            http("200 OK", "text/html", "<html>"),
            Responsible::Configuration,
            "an HTML page",
        ),
        (
            http("200 OK", json, "{}"),
            Responsible::Supplier,
            "without an access_token",
        ),
        (
            http("200 OK", json, "[]"),
            Responsible::Configuration,
            "not a JSON object",
        ),
        (
            http(
                "200 OK",
                json,
                r#"{"access_token":"abcd","token_type":"mac"}"#,
            ),
            Responsible::Muster,
            "type mac",
        ),
        (
            http("302 Found", json, ""),
            Responsible::Configuration,
            "redirect",
        ),
        (
            http("404 Not Found", "text/html", "<html>"),
            Responsible::Configuration,
            "404",
        ),
        (
            http("403 Forbidden", "text/html", "<html>"),
            Responsible::Credentials,
            "403",
        ),
        (
            http("503 Service Unavailable", json, ""),
            Responsible::Supplier,
            "503",
        ),
        (
            "garbage\r\n\r\n".to_owned(),
            Responsible::Supplier,
            "not an HTTP response",
        ),
    ] {
        let server = endpoint(move |_| answer.clone()).await;
        let keyring = ring(&server, &Redactor::default());
        let error = ask(&keyring).await.unwrap_err();
        assert_eq!(error.responsible, responsible, "{error}");
        assert!(error.detail.contains(words), "{error}");
        assert!(!error.detail.contains("s3cret"), "{error}");
        assert_eq!(ask(&keyring).await.unwrap_err(), error);
        assert_eq!(server.seen().len(), 1, "{words}");
        assert_eq!(keyring.take_exchanges().len(), 1);
    }
}

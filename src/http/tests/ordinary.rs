//! What is sent, and what is kept of an answer.

use std::sync::Arc;

use bytes::Bytes;
use wiremock::{
    Mock, MockServer, ResponseTemplate,
    matchers::{body_bytes, header, method, path, query_param},
};

use super::kit::{Server, answer, broken, get, send};
use crate::http::{Credentials, Options, Outgoing, Signer, Transport, TransportError};
use muster_core::{
    exchange::{Address, Body, BreakageKind, Headers, Outcome, Request},
    model::Method,
};

const OK: &str = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";

fn at(base: &str) -> Transport {
    Transport::new(Options::new(base.parse().unwrap())).unwrap()
}

#[tokio::test]
async fn a_request_arrives_whole() {
    let server = MockServer::start().await;
    Mock::given(method("POST"))
        .and(path("/api/people"))
        .and(query_param("dry", "yes"))
        .and(query_param("api key", "k&=1"))
        .and(header("content-type", "application/json"))
        .and(header("authorization", "Bearer t"))
        .and(header("x-one", "1"))
        .and(body_bytes(br#"{"a":1}"#))
        .respond_with(
            ResponseTemplate::new(201)
                .append_header("Set-Cookie", "a=1")
                .append_header("Set-Cookie", "b=2")
                .set_body_raw("{}", "application/json"),
        )
        .expect(1)
        .mount(&server)
        .await;
    let transport = at(&format!("{}/api/", server.uri()));
    let mut request = Request::new(
        Method::Post,
        Address::Base("/people?dry=yes".to_owned()),
        "creates",
    )
    .header("X-One", "1")
    .header("Authorization", "replaced");
    request.body = Some(Body {
        media_type: Some("application/json".to_owned()),
        bytes: Bytes::from_static(br#"{"a":1}"#),
    });
    let mut credentials = Credentials::of([("Authorization", "Bearer t")].into_iter().collect());
    credentials.query = vec![("api key".to_owned(), "k&=1".to_owned())];
    let sent = transport.send(&request, &credentials).await;
    assert!(
        sent.url.ends_with("/api/people?dry=yes&api%20key=k%26%3D1"),
        "{}",
        sent.url
    );
    let Outcome::Answered(response) = sent.outcome else {
        panic!("no answer: {:?}", sent.outcome)
    };
    assert_eq!(response.status, 201);
    assert_eq!(
        response.headers.all("set-cookie").collect::<Vec<_>>(),
        ["a=1", "b=2"]
    );
    assert!(response.timing.first_byte_us > 0);
    assert!(response.timing.total_us >= response.timing.first_byte_us);
}

#[tokio::test]
async fn redirects_are_answers() {
    let server =
        Server::answering("HTTP/1.1 302 Found\r\nLocation: /b\r\nContent-Length: 0\r\n\r\n").await;
    let response = answer(&server.transport(), &get("/a")).await;
    assert_eq!(response.status, 302);
    assert_eq!(server.seen().len(), 1);
}

#[tokio::test]
async fn untidy_paths_and_odd_methods_go_out_as_asked() {
    for (method, target) in [
        ("GET", "/a/../b"),
        ("GET", "/a/%2e%2e/b"),
        ("GET", "//a"),
        ("GET", r"/a\b"),
        ("GET", "/{id}?x=[1]|2&y=%zz"),
        ("GET", "/a b`c\"<d>"),
        ("GET", "/caf\u{e9}"),
        ("GET", "/a#b"),
        ("HEAD", "/./x"),
        ("get", "/lower"),
        ("CONNECT", "/x"),
        ("G(T", "/x"),
        ("LINK", "/x"),
    ] {
        let server = Server::answering(OK).await;
        let mut request = get(target);
        request.method = Method::parse(method);
        let sent = send(&server.transport(), &request).await;
        assert!(
            matches!(&sent.outcome, Outcome::Answered(response) if response.status == 200),
            "{method} {target}: {:?}",
            sent.outcome
        );
        let seen = server.seen();
        assert_eq!(
            seen[0].lines().next().unwrap(),
            format!("{method} {target} HTTP/1.1")
        );
        assert!(
            seen[0].contains(&format!("host: {}", server.url.authority())),
            "{}",
            seen[0]
        );
        assert!(seen[0].contains("user-agent: muster/"));
    }
}

#[tokio::test]
async fn a_body_goes_with_an_untidy_path() {
    let server = MockServer::start().await;
    Mock::given(body_bytes(vec![b'x'; 300_000]))
        .respond_with(ResponseTemplate::new(200))
        .mount(&server)
        .await;
    let mut request = get("/a/../b");
    request.method = Method::Put;
    request.body = Some(Body {
        media_type: None,
        bytes: vec![b'x'; 300_000].into(),
    });
    assert_eq!(answer(&at(&server.uri()), &request).await.status, 200);
}

#[tokio::test]
async fn nothing_leaves_the_own_host() {
    let transport = at("http://127.0.0.1:1/api");
    for address in [
        Address::Absolute("http://example.test/".to_owned()),
        Address::Absolute("https://127.0.0.2/".to_owned()),
        Address::Absolute("http://127.0.0.1@example.test/".to_owned()),
        Address::Absolute("http://example.test\\@127.0.0.1/".to_owned()),
        Address::Absolute("http://user@127.0.0.1:1/".to_owned()),
        Address::Absolute("ftp://127.0.0.1/".to_owned()),
        Address::Absolute("/people".to_owned()),
        Address::Base("@example.test/".to_owned()),
        Address::Base(".example.test/".to_owned()),
        Address::Base("/a\r\nHost: example.test".to_owned()),
        Address::Root(":80@example.test/".to_owned()),
    ] {
        let request = Request::new(Method::Get, address.clone(), "strays");
        let breakage = broken(&transport, &request).await;
        assert_eq!(
            breakage.kind,
            BreakageKind::NotSent,
            "{address:?}: {breakage:?}"
        );
    }
}

#[tokio::test]
async fn another_port_of_the_own_host_is_reached() {
    let server = Server::answering(OK).await;
    let transport = at("http://127.0.0.1:1/api");
    let request = Request::new(
        Method::Get,
        Address::Absolute(format!("{}x?y", server.url)),
        "reads",
    );
    assert_eq!(answer(&transport, &request).await.status, 200);
    assert!(server.seen()[0].starts_with("GET /x?y HTTP/1.1"));
}

#[tokio::test]
async fn base_and_root_differ_by_the_base_path() {
    let server = Server::answering(OK).await;
    let transport = at(&format!("{}api/v1/", server.url));
    for address in [
        Address::Base("/a".to_owned()),
        Address::Base(String::new()),
        Address::Root("/a".to_owned()),
        Address::Root("?a".to_owned()),
    ] {
        answer(&transport, &Request::new(Method::Get, address, "reads")).await;
    }
    let lines: Vec<_> = server
        .seen()
        .iter()
        .map(|head| head.split(' ').nth(1).unwrap().to_owned())
        .collect();
    assert_eq!(lines, ["/api/v1/a", "/api/v1", "/a", "/?a"]);
}

#[tokio::test]
async fn what_http_cannot_carry_is_not_sent() {
    let transport = at("http://127.0.0.1:1");
    for (name, value) in [
        ("bad name", "x"),
        ("x", "a\r\nb: c"),
        ("Content-Length", "7"),
        ("Transfer-Encoding", "chunked"),
    ] {
        let breakage = broken(&transport, &get("/").header(name, value)).await;
        assert_eq!(breakage.kind, BreakageKind::NotSent, "{name}: {breakage:?}");
    }
}

#[test]
fn a_base_url_must_be_an_address_without_a_user() {
    for (url, expected) in [
        (
            "ftp://a.test",
            TransportError::BaseUrl("ftp://a.test/".to_owned()),
        ),
        ("data:x", TransportError::BaseUrl("data:x".to_owned())),
        ("https://u:p@a.test", TransportError::UserInBaseUrl),
    ] {
        let error = Transport::new(Options::new(url.parse().unwrap())).unwrap_err();
        assert_eq!(error, expected);
    }
}

#[derive(Debug)]
struct Seal;

impl Signer for Seal {
    fn sign(&self, outgoing: &Outgoing<'_>) -> Result<Headers, String> {
        let seal = format!(
            "{} {} {} {}",
            outgoing.method.as_str(),
            outgoing.url.rsplit('/').next().unwrap(),
            outgoing.headers.len(),
            outgoing.body.len()
        );
        Ok([("X-Seal", seal)].into_iter().collect())
    }
}

#[tokio::test]
async fn a_signer_sees_the_finished_request_and_its_proof_is_a_credential() {
    let server = Server::answering(OK).await;
    let credentials = Credentials {
        headers: [("x-key", "k")].into_iter().collect(),
        query: vec![("q".to_owned(), "1".to_owned())],
        signers: vec![Arc::new(Seal)],
        ..Credentials::default()
    };
    let sent = server.transport().send(&get("/a"), &credentials).await;
    assert!(
        server.seen()[0].contains("x-seal: GET a?q=1 2 0\r\n"),
        "{:?}",
        server.seen()
    );
    assert_eq!(sent.credentials.get("x-seal"), Some("GET a?q=1 2 0"));
}

#[tokio::test]
async fn connections_are_kept() {
    let server = MockServer::start().await;
    Mock::given(method("GET"))
        .respond_with(ResponseTemplate::new(200).set_body_string("x"))
        .mount(&server)
        .await;
    let transport = at(&server.uri());
    let first = answer(&transport, &get("/")).await;
    assert_eq!(&first.body[..], b"x");
    for _ in 0..3 {
        assert_eq!(answer(&transport, &get("/")).await.status, 200);
    }
}

//! Requests that say over which connection they go.

use std::time::Duration;

use tokio::io::AsyncWriteExt;

use super::kit::{Server, answer, broken, drain, get, read_head};
use muster_core::exchange::{BreakageKind, ConnectionUse, HttpVersion};

/// Answers every request of a connection with its number there.
async fn counting() -> Server {
    Server::raw(|mut stream, mut head| async move {
        let mut number = 1;
        while !head.is_empty() {
            let answer = format!("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n{number}");
            if stream.write_all(answer.as_bytes()).await.is_err() {
                return;
            }
            number += 1;
            head = read_head(&mut stream).await;
        }
    })
    .await
}

#[tokio::test]
async fn a_kept_connection_takes_one_request_after_the_other() {
    let server = counting().await;
    let transport = server.transport();
    for (over, expected) in [
        (ConnectionUse::Kept(7), "1"),
        (ConnectionUse::Kept(7), "2"),
        (ConnectionUse::Kept(8), "1"),
        (ConnectionUse::Own, "1"),
        (ConnectionUse::Kept(7), "3"),
        (ConnectionUse::Kept(8), "2"),
    ] {
        let response = answer(&transport, &get("/a?b=c").over(over)).await;
        assert_eq!(&response.body[..], expected.as_bytes(), "{over:?}");
        assert_eq!(response.version, HttpVersion::Http11);
    }
    let first = server.seen().remove(0);
    assert!(first.starts_with("GET /a?b=c HTTP/1.1\r\n"), "{first}");
    assert!(first.contains("\r\nhost: 127.0.0.1:"), "{first}");
}

#[tokio::test]
async fn a_connection_that_closes_without_a_word_is_lost_to_the_next_request() {
    let server = Server::answering("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n").await;
    let transport = server.transport();
    let request = get("/").over(ConnectionUse::Kept(1));
    assert_eq!(answer(&transport, &request).await.status, 200);
    let breakage = broken(&transport, &request).await;
    assert_eq!(breakage.kind, BreakageKind::ConnectionLost, "{breakage:?}");
}

#[tokio::test]
async fn after_connection_close_the_next_request_opens_another() {
    let server =
        Server::answering("HTTP/1.1 200 OK\r\nConnection: Close\r\nContent-Length: 0\r\n\r\n")
            .await;
    let transport = server.transport();
    let request = get("/").over(ConnectionUse::Kept(1));
    for _ in 0..2 {
        assert_eq!(answer(&transport, &request).await.status, 200);
    }
}

#[tokio::test]
async fn bytes_after_an_answer_are_not_taken_for_the_next() {
    let server = Server::raw(|mut stream, _| async move {
        // A body to HEAD, as some servers send it.
        let _ = stream
            .write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nfour")
            .await;
        read_head(&mut stream).await;
        let _ = stream
            .write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nfour")
            .await;
        drain(&mut stream).await;
    })
    .await;
    let transport = server.transport();
    let mut head = get("/").over(ConnectionUse::Kept(1));
    head.method = muster_core::model::Method::Head;
    assert_eq!(answer(&transport, &head).await.status, 200);
    let breakage = broken(&transport, &get("/").over(ConnectionUse::Kept(1))).await;
    assert_eq!(breakage.kind, BreakageKind::ConnectionLost, "{breakage:?}");
}

#[tokio::test]
async fn a_caller_hangs_up_once_the_request_is_there() {
    let server = Server::raw(|mut stream, _| async move {
        drain(&mut stream).await;
    })
    .await;
    let patience = ConnectionUse::HangUpAfter(Duration::from_millis(30));
    let breakage = broken(&server.transport(), &get("/").over(patience)).await;
    assert_eq!(breakage.kind, BreakageKind::HungUp, "{breakage:?}");
    assert_eq!(server.seen().len(), 1);
}

#[tokio::test]
async fn an_answer_that_comes_in_time_is_taken() {
    let server = counting().await;
    let patience = ConnectionUse::HangUpAfter(Duration::from_secs(20));
    let response = answer(&server.transport(), &get("/").over(patience)).await;
    assert_eq!(&response.body[..], b"1");
}

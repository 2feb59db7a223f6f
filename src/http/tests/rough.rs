//! Targets that break the rules of HTTP, or of good manners.

use std::{io::Write, sync::Arc, task::Poll, time::Duration};

use flate2::{Compression, write::GzEncoder};
use futures::future::{Either, select};
use tokio::io::AsyncWriteExt;

use super::kit::{Server, answer, broken, drain, get};
use crate::http::{Credentials, Options, Transport};
use muster_core::exchange::{BreakageKind, Outcome};

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn encoded(coding: &str, body: &[u8]) -> Vec<u8> {
    let mut answer = format!(
        "HTTP/1.1 200 OK\r\nContent-Encoding: {coding}\r\nContent-Length: {}\r\n\r\n",
        body.len()
    )
    .into_bytes();
    answer.extend_from_slice(body);
    answer
}

fn limited(server: &Server, body_limit: usize) -> Transport {
    let mut options = Options::new(server.url.clone());
    options.body_limit = body_limit;
    Transport::new(options).unwrap()
}

#[tokio::test]
async fn a_body_that_never_ends_is_cut() {
    let server = Server::raw(|mut stream, _| async move {
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await;
        while stream.write_all(&[b'x'; 4096]).await.is_ok() {}
    })
    .await;
    let response = answer(&limited(&server, 10_000), &get("/")).await;
    assert!(response.cut);
    assert_eq!(response.body.len(), 10_000);
}

#[tokio::test]
async fn a_body_of_exactly_the_limit_is_whole() {
    let server = Server::answering("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nfour").await;
    let response = answer(&limited(&server, 4), &get("/")).await;
    assert!(!response.cut);
    assert_eq!(&response.body[..], b"four");
}

#[tokio::test]
async fn a_gzip_bomb_is_cut_at_the_decoded_limit() {
    let server = Server::answering(encoded("gzip", &gzip(&vec![0; 20 << 20]))).await;
    let response = answer(&limited(&server, 1 << 20), &get("/")).await;
    assert!(response.cut);
    assert_eq!(response.body.len(), 1 << 20);
}

#[tokio::test]
async fn codings_are_undone_in_reverse_order() {
    let mut brotli = Vec::new();
    brotli::BrotliCompress(
        &mut gzip(b"hello").as_slice(),
        &mut brotli,
        &brotli::enc::BrotliEncoderParams::default(),
    )
    .unwrap();
    let server = Server::answering(encoded("gzip, br", &brotli)).await;
    let response = answer(&server.transport(), &get("/")).await;
    assert_eq!(&response.body[..], b"hello");
    assert_eq!(response.headers.get("content-encoding"), Some("gzip, br"));
}

#[tokio::test]
async fn deflate_is_read_with_and_without_its_zlib_wrapper() {
    let mut zlib = flate2::write::ZlibEncoder::new(Vec::new(), Compression::fast());
    zlib.write_all(b"hello").unwrap();
    let mut bare = flate2::write::DeflateEncoder::new(Vec::new(), Compression::fast());
    bare.write_all(b"hello").unwrap();
    for body in [zlib.finish().unwrap(), bare.finish().unwrap()] {
        let server = Server::answering(encoded("deflate", &body)).await;
        let response = answer(&server.transport(), &get("/")).await;
        assert_eq!(&response.body[..], b"hello");
    }
}

#[tokio::test]
async fn a_body_that_is_not_in_its_coding_is_told() {
    let server = Server::answering(encoded("gzip", b"plain text")).await;
    let breakage = broken(&server.transport(), &get("/")).await;
    assert_eq!(breakage.kind, BreakageKind::NotHttp);
    assert!(
        breakage.detail.contains("Content-Encoding: gzip"),
        "{breakage:?}"
    );
}

#[tokio::test]
async fn an_unknown_coding_leaves_the_body_as_it_came() {
    let server = Server::answering(encoded("zstd", b"\x28\xb5\x2f\xfd")).await;
    let response = answer(&server.transport(), &get("/")).await;
    assert_eq!(&response.body[..], b"\x28\xb5\x2f\xfd");
}

#[tokio::test]
async fn a_hundred_thousand_headers_are_too_large() {
    let mut head = b"HTTP/1.1 200 OK\r\n".to_vec();
    for number in 0..100_000 {
        head.extend_from_slice(format!("X-{number}: y\r\n").as_bytes());
    }
    head.extend_from_slice(b"\r\n");
    let server = Server::answering(head).await;
    let breakage = broken(&server.transport(), &get("/")).await;
    assert_eq!(breakage.kind, BreakageKind::TooLarge, "{breakage:?}");
}

#[tokio::test]
async fn one_endless_header_is_too_large() {
    let server = Server::raw(|mut stream, _| async move {
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nX: ").await;
        while stream.write_all(&[b'x'; 4096]).await.is_ok() {}
    })
    .await;
    let breakage = broken(&server.transport(), &get("/")).await;
    assert_eq!(breakage.kind, BreakageKind::TooLarge, "{breakage:?}");
}

#[tokio::test]
async fn a_connection_dropped_before_the_answer_is_lost_and_asked_twice_at_most() {
    let server = Server::raw(|stream, _| async move { drop(stream) }).await;
    let breakage = broken(&server.transport(), &get("/")).await;
    assert_eq!(breakage.kind, BreakageKind::ConnectionLost, "{breakage:?}");
    assert_eq!(server.seen().len(), 2);
}

#[tokio::test]
async fn what_may_have_had_an_effect_is_never_sent_again() {
    let server = Server::raw(|stream, _| async move { drop(stream) }).await;
    let mut request = get("/");
    request.method = muster_core::model::Method::Post;
    let breakage = broken(&server.transport(), &request).await;
    assert_eq!(breakage.kind, BreakageKind::ConnectionLost, "{breakage:?}");
    assert_eq!(server.seen().len(), 1);
}

#[tokio::test]
async fn a_body_shorter_than_declared_is_lost_in_the_middle() {
    let server = Server::answering("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nshort").await;
    let breakage = broken(&server.transport(), &get("/")).await;
    assert_eq!(breakage.kind, BreakageKind::ConnectionLost);
    assert!(
        breakage.detail.contains("5 of the 100 bytes"),
        "{breakage:?}"
    );
}

#[tokio::test]
async fn a_body_longer_than_declared_ends_where_it_was_declared_to() {
    let server = Server::answering("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nlonger").await;
    let response = answer(&server.transport(), &get("/")).await;
    assert_eq!(&response.body[..], b"lo");
}

#[tokio::test]
async fn contradictory_lengths_are_not_http() {
    let server =
        Server::answering("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nabc")
            .await;
    let breakage = broken(&server.transport(), &get("/")).await;
    assert_eq!(breakage.kind, BreakageKind::NotHttp, "{breakage:?}");
}

#[tokio::test]
async fn garbage_is_not_http() {
    let server = Server::answering("220 mail.example.test ESMTP ready\r\n").await;
    let breakage = broken(&server.transport(), &get("/")).await;
    assert_eq!(breakage.kind, BreakageKind::NotHttp, "{breakage:?}");
    assert!(
        breakage
            .detail
            .starts_with("What was received is not an HTTP response")
    );
}

#[tokio::test]
async fn broken_chunks_are_not_http() {
    let server =
        Server::answering("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nhello\r\n")
            .await;
    let breakage = broken(&server.transport(), &get("/")).await;
    assert_eq!(breakage.kind, BreakageKind::NotHttp, "{breakage:?}");
}

#[tokio::test]
async fn chunks_with_trailers_are_read() {
    let server = Server::answering(
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X-Sum\r\n\r\n5\r\nhello\r\n0\r\nX-Sum: 9\r\n\r\n",
    )
    .await;
    let response = answer(&server.transport(), &get("/")).await;
    assert_eq!(&response.body[..], b"hello");
}

#[tokio::test]
async fn informational_answers_are_passed_over() {
    let server = Server::answering(
        "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n",
    )
    .await;
    let response = answer(&server.transport(), &get("/")).await;
    assert_eq!(response.status, 204);
}

#[tokio::test]
async fn header_values_beyond_utf8_are_kept_with_a_mark() {
    let server = Server::answering(
        b"HTTP/1.1 200 OK\r\nX-Name: caf\xe9\r\nContent-Length: 0\r\n\r\n".as_slice(),
    )
    .await;
    let response = answer(&server.transport(), &get("/")).await;
    assert_eq!(response.headers.get("x-name"), Some("caf\u{fffd}"));
}

#[tokio::test]
async fn silence_times_out() {
    let server = Server::raw(|mut stream, _| async move { drain(&mut stream).await }).await;
    let breakage = broken(&server.impatient(), &get("/")).await;
    assert_eq!(breakage.kind, BreakageKind::TimedOut);
    assert_eq!(breakage.detail, "No response came within 250 ms.");
}

#[tokio::test]
async fn a_body_that_stops_times_out_and_says_how_far_it_came() {
    let server = Server::raw(|mut stream, _| async move {
        let _ = stream
            .write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhello")
            .await;
        drain(&mut stream).await;
    })
    .await;
    let breakage = broken(&server.impatient(), &get("/")).await;
    assert_eq!(breakage.kind, BreakageKind::TimedOut);
    assert!(breakage.detail.contains("5 bytes"), "{breakage:?}");
}

#[tokio::test]
async fn a_trickle_times_out_as_a_whole() {
    let server = Server::raw(|mut stream, _| async move {
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await;
        while stream.write_all(b"x").await.is_ok() {
            tokio::task::yield_now().await;
        }
    })
    .await;
    let breakage = broken(&server.impatient(), &get("/")).await;
    assert_eq!(breakage.kind, BreakageKind::TimedOut, "{breakage:?}");
}

#[tokio::test]
async fn a_half_closed_connection_still_answers() {
    let server = Server::answering("HTTP/1.0 200 OK\r\n\r\nuntil the end").await;
    let response = answer(&server.transport(), &get("/")).await;
    assert_eq!(&response.body[..], b"until the end");
    assert_eq!(response.version, muster_core::exchange::HttpVersion::Http10);
}

#[tokio::test]
async fn nobody_listening_is_refused() {
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = free.local_addr().unwrap();
    drop(free);
    let url = format!("http://{address}").parse().unwrap();
    let transport = Transport::new(Options::new(url)).unwrap();
    for path in ["/", "/a/../b"] {
        let breakage = broken(&transport, &get(path)).await;
        assert_eq!(breakage.kind, BreakageKind::ConnectionRefused);
        assert_eq!(breakage.detail, format!("Nothing listens on {address}."));
    }
}

#[tokio::test]
async fn a_name_that_does_not_exist_is_told() {
    let url = "http://no-such-host.invalid".parse().unwrap();
    let mut options = Options::new(url);
    options.proxy = false;
    let transport = Transport::new(options).unwrap();
    for path in ["/", "/a/../b"] {
        let breakage = broken(&transport, &get(path)).await;
        assert_eq!(breakage.kind, BreakageKind::NameNotFound, "{breakage:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_response_is_read_while_its_caller_is_busy_with_another() {
    const LONG: usize = 64 << 20;
    let (written, was_written) = std::sync::mpsc::channel();
    let server = Server::raw(move |mut stream, _| {
        let written = written.clone();
        async move {
            let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {LONG}\r\n\r\n");
            let _ = stream.write_all(head.as_bytes()).await;
            // More than the sockets hold, so that all of it is written only when it is read.
            let _ = stream.write_all(&vec![b'x'; LONG]).await;
            let _ = written.send(());
            drain(&mut stream).await;
        }
    })
    .await;
    let transport = Arc::new(limited(&server, LONG));
    let (request, nobody) = (get("/"), Credentials::default());
    let sending = std::pin::pin!(transport.send_apart(&request, &nobody));
    let busy = std::future::poll_fn(|_| {
        Poll::Ready(was_written.recv_timeout(Duration::from_secs(60)).is_ok())
    });
    // The first is asked first, and then not looked at until all of its response was read.
    let Either::Right((was_read, sending)) = select(sending, busy).await else {
        panic!("it was not busy");
    };
    assert!(was_read);
    let sent = sending.await;
    assert!(matches!(&sent.outcome, Outcome::Answered(response) if response.body.len() == LONG));
}

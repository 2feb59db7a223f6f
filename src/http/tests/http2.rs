//! Errors of HTTP/2: each with its kind, at once, and never told as one of TLS.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use bytes::Bytes;
use h2::{Reason, server::SendResponse};
use rcgen::{CertificateParams, KeyPair};
use rustls::{ServerConfig, pki_types::PrivateKeyDer};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};
use tokio_rustls::{TlsAcceptor, server::TlsStream};

use super::kit::{answer, broken, get};
use crate::http::{Options, Transport, Trust};
use muster_core::{
    exchange::{Address, Breakage, BreakageKind, Request},
    model::{Method, Responsible},
};

/// What the server does with a request.
#[derive(Clone, Copy)]
enum Act {
    Reset(Reason),
    /// Refuses the first requests, and then answers.
    RefuseFirst(usize),
    /// A head and a part of the body, then a reset.
    ResetBody(Reason),
    GoAway(Reason),
    /// Closes the connection without a word.
    Close,
}

/// A server of HTTP/2 alone, over TLS, which counts the requests that it received.
async fn serve(act: Act) -> (Transport, Arc<AtomicUsize>) {
    let key = KeyPair::generate().unwrap();
    let params = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
    let certificate = params.self_signed(&key).unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(
            vec![certificate.der().clone()],
            PrivateKeyDer::try_from(key.serialize_der()).unwrap(),
        )
        .unwrap();
    config.alpn_protocols = vec![b"h2".to_vec()];
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let seen = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&seen);
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let (acceptor, count) = (acceptor.clone(), Arc::clone(&count));
            tokio::spawn(async move {
                let Ok(mut stream) = acceptor.accept(stream).await else {
                    return;
                };
                if let Act::GoAway(reason) = act {
                    go_away(&mut stream, reason).await;
                    return;
                }
                let Ok(mut connection) = h2::server::handshake(stream).await else {
                    return;
                };
                while let Some(Ok((_, respond))) = connection.accept().await {
                    let number = count.fetch_add(1, Ordering::SeqCst) + 1;
                    if matches!(act, Act::Close) {
                        return;
                    }
                    respond_with(act, number, respond);
                }
            });
        }
    });
    let mut options = Options::new(format!("https://localhost:{port}").parse().unwrap());
    options.trust = Trust::Only(certificate.pem().into_bytes());
    options.timeout = Duration::from_secs(20);
    (Transport::new(options).unwrap(), seen)
}

/// Reads up to the first request, says that none was processed, and leaves the connection open.
async fn go_away(stream: &mut TlsStream<TcpStream>, reason: Reason) {
    const PREFACE: usize = 24;
    let settings = [0, 0, 0, 4, 0, 0, 0, 0, 0];
    stream.write_all(&settings).await.unwrap();
    stream.flush().await.unwrap();
    let mut preface = [0; PREFACE];
    stream.read_exact(&mut preface).await.unwrap();
    loop {
        let mut head = [0; 9];
        stream.read_exact(&mut head).await.unwrap();
        let length = usize::from(head[1]) << 8 | usize::from(head[2]);
        let mut payload = vec![0; length];
        stream.read_exact(&mut payload).await.unwrap();
        // HEADERS
        if head[3] == 1 {
            break;
        }
    }
    let mut frame = vec![0, 0, 8, 7, 0, 0, 0, 0, 0, 0, 0, 0, 0];
    frame.extend(u32::from(reason).to_be_bytes());
    stream.write_all(&frame).await.unwrap();
    stream.flush().await.unwrap();
    tokio::time::sleep(Duration::from_secs(30)).await;
}

fn respond_with(act: Act, number: usize, mut respond: SendResponse<Bytes>) {
    match act {
        Act::Reset(reason) => respond.send_reset(reason),
        Act::RefuseFirst(most) if number <= most => respond.send_reset(Reason::REFUSED_STREAM),
        Act::RefuseFirst(_) => {
            let _ = respond.send_response(::http::Response::new(()), true);
        }
        Act::ResetBody(reason) => {
            if let Ok(mut body) = respond.send_response(::http::Response::new(()), false) {
                let _ = body.send_data(Bytes::from_static(b"[1,"), false);
                tokio::spawn(async move {
                    tokio::time::sleep(Duration::from_millis(50)).await;
                    body.send_reset(reason);
                });
            }
        }
        Act::GoAway(_) | Act::Close => {}
    }
}

/// Why there is no answer, which has to be known long before the time-out.
async fn breakage(act: Act) -> Breakage {
    let (transport, _) = serve(act).await;
    let begun = Instant::now();
    let breakage = broken(&transport, &get("/people")).await;
    assert!(begun.elapsed() < Duration::from_secs(10), "{breakage:?}");
    assert_ne!(
        breakage.kind.responsible(),
        Responsible::Credentials,
        "{breakage:?}"
    );
    breakage
}

#[tokio::test]
async fn a_reset_stream_is_told_with_its_code() {
    let told = breakage(Act::Reset(Reason::INTERNAL_ERROR)).await;
    assert_eq!(told.kind, BreakageKind::StreamReset);
    assert!(told.detail.contains("INTERNAL_ERROR"), "{}", told.detail);
    let told = breakage(Act::ResetBody(Reason::CANCEL)).await;
    assert_eq!(told.kind, BreakageKind::StreamReset);
    assert!(told.detail.contains("after 3 bytes"), "{}", told.detail);
}

#[tokio::test]
async fn a_client_that_is_held_off_is_told_so() {
    for act in [
        Act::Reset(Reason::ENHANCE_YOUR_CALM),
        Act::GoAway(Reason::ENHANCE_YOUR_CALM),
    ] {
        let told = breakage(act).await;
        assert_eq!(told.kind, BreakageKind::HeldOff, "{told:?}");
        assert_eq!(told.kind.responsible(), Responsible::Configuration);
    }
}

#[tokio::test]
async fn a_connection_that_is_ended_is_told_with_its_code() {
    let told = breakage(Act::GoAway(Reason::INTERNAL_ERROR)).await;
    assert_eq!(told.kind, BreakageKind::GoneAway);
    assert!(told.detail.contains("INTERNAL_ERROR"), "{}", told.detail);
}

#[tokio::test]
async fn a_refused_stream_is_asked_for_again_whatever_its_method() {
    let (transport, seen) = serve(Act::RefuseFirst(2)).await;
    let post = Request::new(Method::Post, Address::Base("/people".into()), "creates");
    assert_eq!(answer(&transport, &post).await.status, 200);
    assert_eq!(seen.load(Ordering::SeqCst), 3);
    let told = breakage(Act::Reset(Reason::REFUSED_STREAM)).await;
    assert_eq!(told.kind, BreakageKind::StreamRefused);
}

#[tokio::test]
async fn a_request_that_may_have_been_processed_is_sent_once() {
    let (transport, seen) = serve(Act::Reset(Reason::INTERNAL_ERROR)).await;
    let post = Request::new(Method::Post, Address::Base("/people".into()), "creates");
    broken(&transport, &post).await;
    assert_eq!(seen.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn a_connection_that_closes_without_a_word_is_lost_and_no_fault_of_the_credentials() {
    let told = breakage(Act::Close).await;
    assert_eq!(told.kind, BreakageKind::ConnectionLost, "{told:?}");
}

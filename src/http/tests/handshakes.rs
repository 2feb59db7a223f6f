//! Handshakes against servers on loopback.

use std::{sync::Arc, time::Duration};

use rcgen::{CertificateParams, DnType, KeyPair};
use rustls::{ServerConfig, pki_types::PrivateKeyDer};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};
use tokio_rustls::TlsAcceptor;

use crate::http::{Options, Transport, Trust};
use muster_core::exchange::{
    BreakageKind,
    handshake::{DistrustKind, End, Handshake, HandshakeResult, Shown, TlsVersion},
};

/// A server that reads what comes first, says this, and closes.
async fn saying(bytes: &'static [u8]) -> Transport {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut buffer = [0; 4096];
            let _ = stream.read(&mut buffer).await;
            let _ = stream.write_all(bytes).await;
            let _ = stream.shutdown().await;
        }
    });
    transport(port)
}

fn transport(port: u16) -> Transport {
    let mut options = Options::new(format!("https://127.0.0.1:{port}").parse().unwrap());
    options.timeout = Duration::from_secs(5);
    options.trust = Trust::Only(authority_pem());
    Transport::new(options).unwrap()
}

fn authority_pem() -> Vec<u8> {
    rcgen::generate_simple_self_signed(vec!["nobody.test".to_owned()])
        .unwrap()
        .cert
        .pem()
        .into_bytes()
}

async fn old(transport: &Transport) -> HandshakeResult {
    transport
        .handshake(&Handshake::offering([TlsVersion::Tls10], "offers TLS 1.0"))
        .await
}

#[tokio::test]
async fn an_old_offer_is_taken_refused_or_not_understood() {
    const HELLO: &[u8] = &[
        22, 3, 1, 0, 42, 2, 0, 0, 38, 3, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,
        1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 0xC0, 0x13, 0,
    ];
    let taken = old(&saying(HELLO).await).await;
    assert_eq!(
        taken.outcome(),
        "accepted: TLS 1.0 with TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA"
    );
    let alert = old(&saying(&[21, 3, 1, 0, 2, 2, 70]).await).await;
    assert_eq!(alert.outcome(), "refused: alert protocol_version");
    let silent = old(&saying(b"").await).await;
    assert!(
        matches!(&silent.end, End::Refused(refusal) if refusal.alert.is_none()),
        "{silent:?}"
    );
    let plain = old(&saying(b"HTTP/1.1 400 Bad Request\r\n\r\n").await).await;
    assert!(
        matches!(&plain.end, End::Broken(breakage) if breakage.kind == BreakageKind::Tls),
        "{plain:?}"
    );
}

#[tokio::test]
async fn nobody_there_and_no_tls_are_broken() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    drop(listener);
    for asked in [
        Handshake::usual("looks"),
        Handshake::offering([TlsVersion::Ssl3], "offers SSL 3.0"),
    ] {
        let result = transport(port).handshake(&asked).await;
        assert!(
            matches!(&result.end, End::Broken(breakage) if breakage.kind == BreakageKind::ConnectionRefused),
            "{result:?}"
        );
    }
    let plain = Transport::new(Options::new("http://127.0.0.1:1".parse().unwrap())).unwrap();
    let result = plain.handshake(&Handshake::usual("looks")).await;
    assert!(
        matches!(&result.end, End::Broken(breakage) if breakage.kind == BreakageKind::NotSent),
        "{result:?}"
    );
}

#[tokio::test]
async fn what_is_not_trusted_is_told_and_the_handshake_ends_well() {
    let key = KeyPair::generate().unwrap();
    let mut params = CertificateParams::new(vec!["127.0.0.1".to_owned()]).unwrap();
    // With the name of the trusted authority it would be a forgery, which is told otherwise.
    params
        .distinguished_name
        .push(DnType::CommonName, "server of its own");
    let certificate = params.self_signed(&key).unwrap();
    let config = ServerConfig::builder_with_provider(Arc::new(
        rustls::crypto::aws_lc_rs::default_provider(),
    ))
    .with_safe_default_protocol_versions()
    .unwrap()
    .with_no_client_auth()
    .with_single_cert(
        vec![certificate.der().clone()],
        PrivateKeyDer::try_from(key.serialize_der()).unwrap(),
    )
    .unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            if let Ok(mut stream) = acceptor.accept(stream).await {
                let mut buffer = [0; 4096];
                let _ = stream.read(&mut buffer).await;
                let _ = stream.write_all(b"HTTP/1.1 204 No Content\r\n\r\n").await;
                let _ = stream.shutdown().await;
            }
        }
    });
    let asked = Handshake::usual("looks")
        .showing(Shown::SelfSigned)
        .knocking("/");
    let result = transport(port).handshake(&asked).await;
    let End::Completed(agreed) = &result.end else {
        panic!("{result:?}")
    };
    assert_eq!(
        (agreed.version, agreed.status, agreed.asks_for_certificate),
        (TlsVersion::Tls13, Some(204), false)
    );
    let chain = result.chain.unwrap();
    assert_eq!(chain.certificates[0].names, ["127.0.0.1"]);
    assert_eq!(chain.trust.unwrap_err().kind, DistrustKind::UnknownIssuer);

    let own = transport(port)
        .handshake(&Handshake::usual("looks").showing(Shown::Own))
        .await;
    assert!(
        matches!(&own.end, End::Broken(breakage) if breakage.detail.contains("no client certificate")),
        "{own:?}"
    );
}

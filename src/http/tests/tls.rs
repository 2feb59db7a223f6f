//! Certificates: whose fault it is, and the sentence that says so.

use std::sync::Arc;

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, ExtendedKeyUsagePurpose, IsCa,
    KeyPair, date_time_ymd,
};
use rustls::{RootCertStore, ServerConfig, pki_types::PrivateKeyDer, server::WebPkiClientVerifier};
use tokio::{io::AsyncWriteExt, net::TcpListener};
use tokio_rustls::TlsAcceptor;

use super::kit::{answer, broken, drain, get, read_head};
use crate::http::{
    ClientCertificate, Options, Transport, TransportError, Trust,
    tls::{self, Roots},
    verbatim::Direct,
};
use muster_core::exchange::{Auth, Breakage, BreakageKind, HttpVersion};

type Authority = CertifiedIssuer<'static, KeyPair>;

fn authority() -> Authority {
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    let name = format!("Authority {:016x}", rand::random::<u64>());
    params.distinguished_name.push(DnType::CommonName, name);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap()
}

fn certificate(
    authority: &Authority,
    name: &str,
    change: impl FnOnce(&mut CertificateParams),
) -> (rcgen::Certificate, KeyPair) {
    let key = KeyPair::generate().unwrap();
    let mut params = CertificateParams::new(vec![name.to_owned()]).unwrap();
    change(&mut params);
    (params.signed_by(&key, authority).unwrap(), key)
}

fn client(authority: &Authority) -> ClientCertificate {
    let (certificate, key) = certificate(authority, "supplier.example.test", |params| {
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
    });
    ClientCertificate {
        chain: certificate.pem().into_bytes(),
        key: key.serialize_pem().into(),
    }
}

/// A server with this certificate, which may ask for one of the client's.
async fn serve(
    (certificate, key): (rcgen::Certificate, KeyPair),
    clients: Option<&Authority>,
    versions: &[&'static rustls::SupportedProtocolVersion],
    http2: bool,
) -> String {
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let builder = ServerConfig::builder_with_provider(Arc::clone(&provider))
        .with_protocol_versions(versions)
        .unwrap();
    let builder = match clients {
        None => builder.with_no_client_auth(),
        Some(authority) => {
            let mut store = RootCertStore::empty();
            store.add(authority.der().clone()).unwrap();
            let verifier = WebPkiClientVerifier::builder_with_provider(store.into(), provider)
                .build()
                .unwrap();
            builder.with_client_cert_verifier(verifier)
        }
    };
    let key = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
    let mut config = builder
        .with_single_cert(vec![certificate.der().clone()], key)
        .unwrap();
    if http2 {
        config.alpn_protocols = vec![b"h2".to_vec()];
    }
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let acceptor = acceptor.clone();
            tokio::spawn(async move {
                let Ok(mut stream) = acceptor.accept(stream).await else {
                    return;
                };
                if http2 {
                    let service = hyper::service::service_fn(|_| async {
                        Ok::<_, std::convert::Infallible>(::http::Response::new(String::from(
                            "two",
                        )))
                    });
                    let _ = hyper::server::conn::http2::Builder::new(
                        hyper_util::rt::TokioExecutor::new(),
                    )
                    .serve_connection(hyper_util::rt::TokioIo::new(stream), service)
                    .await;
                    return;
                }
                read_head(&mut stream).await;
                let _ = stream
                    .write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
                    .await;
                drain(&mut stream).await;
            });
        }
    });
    format!("https://localhost:{port}")
}

fn trusting(url: &str, authority: &Authority) -> Options {
    let mut options = Options::new(url.parse().unwrap());
    options.trust = Trust::Only(authority.pem().into_bytes());
    options
}

async fn complaint(options: Options) -> String {
    let transport = Transport::new(options).unwrap();
    let mut details = Vec::new();
    for path in ["/", "/a/../b"] {
        let breakage = broken(&transport, &get(path)).await;
        assert_eq!(breakage.kind, BreakageKind::Tls, "{path}: {breakage:?}");
        details.push(breakage.detail);
    }
    assert_eq!(details[0], details[1]);
    details.remove(0)
}

#[tokio::test]
async fn a_private_authority_is_accepted_where_it_is_given() {
    let ours = authority();
    let url = serve(
        certificate(&ours, "localhost", |_| {}),
        None,
        rustls::DEFAULT_VERSIONS,
        false,
    )
    .await;
    let only = Transport::new(trusting(&url, &ours)).unwrap();
    let mut options = trusting(&url, &ours);
    options.trust = Trust::SystemAnd(ours.pem().into_bytes());
    let system_and = Transport::new(options).unwrap();
    for transport in [only, system_and] {
        assert_eq!(answer(&transport, &get("/")).await.status, 200);
        assert_eq!(answer(&transport, &get("/a/../b")).await.status, 200);
    }
}

#[tokio::test]
async fn http2_is_agreed_on_where_the_target_speaks_it() {
    let ours = authority();
    let url = serve(
        certificate(&ours, "localhost", |_| {}),
        None,
        rustls::DEFAULT_VERSIONS,
        true,
    )
    .await;
    let response = answer(&Transport::new(trusting(&url, &ours)).unwrap(), &get("/")).await;
    assert_eq!(response.version, HttpVersion::Http2);
    assert_eq!(&response.body[..], b"two");
}

#[tokio::test]
async fn an_unknown_authority_is_told() {
    let (ours, theirs) = (authority(), authority());
    let url = serve(
        certificate(&theirs, "localhost", |_| {}),
        None,
        rustls::DEFAULT_VERSIONS,
        false,
    )
    .await;
    let detail = complaint(trusting(&url, &ours)).await;
    assert!(
        detail.contains("an authority that is not trusted here"),
        "{detail}"
    );
}

#[tokio::test]
async fn an_expired_certificate_is_told() {
    let ours = authority();
    let expired = certificate(&ours, "localhost", |params| {
        params.not_before = date_time_ymd(2019, 1, 1);
        params.not_after = date_time_ymd(2020, 1, 1);
    });
    let url = serve(expired, None, rustls::DEFAULT_VERSIONS, false).await;
    let detail = complaint(trusting(&url, &ours)).await;
    assert!(detail.ends_with("has expired."), "{detail}");
}

#[tokio::test]
async fn a_certificate_of_another_host_is_told_with_its_names() {
    let ours = authority();
    let url = serve(
        certificate(&ours, "other.example.test", |_| {}),
        None,
        rustls::DEFAULT_VERSIONS,
        false,
    )
    .await;
    let detail = complaint(trusting(&url, &ours)).await;
    assert!(
        detail.contains("another host name") && detail.contains("other.example.test"),
        "{detail}"
    );
}

#[tokio::test]
async fn a_missing_client_certificate_is_told_for_either_version_of_tls() {
    let ours = authority();
    for (version, sentence) in [
        (&rustls::version::TLS13, "requires a client certificate"),
        (&rustls::version::TLS12, "client certificate"),
    ] {
        let url = serve(
            certificate(&ours, "localhost", |_| {}),
            Some(&ours),
            &[version],
            false,
        )
        .await;
        let detail = complaint(trusting(&url, &ours)).await;
        assert!(detail.contains(sentence), "{detail}");
    }
}

#[tokio::test]
async fn a_client_certificate_opens_the_door() {
    let ours = authority();
    let url = serve(
        certificate(&ours, "localhost", |_| {}),
        Some(&ours),
        rustls::DEFAULT_VERSIONS,
        false,
    )
    .await;
    let mut options = trusting(&url, &ours);
    options.client_certificate = Some(client(&ours));
    let transport = Transport::new(options).unwrap();
    assert_eq!(answer(&transport, &get("/")).await.status, 200);
    assert_eq!(answer(&transport, &get("/a/../b")).await.status, 200);
}

#[tokio::test]
async fn a_client_certificate_of_an_unknown_authority_is_told() {
    let (ours, theirs) = (authority(), authority());
    let url = serve(
        certificate(&ours, "localhost", |_| {}),
        Some(&ours),
        rustls::DEFAULT_VERSIONS,
        false,
    )
    .await;
    let mut options = trusting(&url, &ours);
    options.client_certificate = Some(client(&theirs));
    let detail = complaint(options).await;
    assert!(detail.contains("client certificate"), "{detail}");
}

#[tokio::test]
async fn an_identity_shows_its_own_certificate_and_nobody_else_does() {
    let ours = authority();
    let url = serve(
        certificate(&ours, "localhost", |_| {}),
        Some(&ours),
        rustls::DEFAULT_VERSIONS,
        false,
    )
    .await;
    let mut options = trusting(&url, &ours);
    options
        .identity_certificates
        .insert("officer".into(), client(&ours));
    let transport = Transport::new(options).unwrap();
    let mut request = get("/");
    assert_eq!(broken(&transport, &request).await.kind, BreakageKind::Tls);
    request.identity = "officer".into();
    assert_eq!(answer(&transport, &request).await.status, 200);
    request.auth = Auth::Nothing;
    let without = broken(&transport, &request).await;
    assert!(
        matches!(
            without.kind,
            BreakageKind::Tls | BreakageKind::ConnectionLost
        ),
        "{without:?}"
    );
}

#[tokio::test]
async fn a_plain_port_is_told_from_tls() {
    let server = super::kit::Server::answering("HTTP/1.1 400 Bad Request\r\n\r\n").await;
    let url = format!("https://localhost:{}", server.url.port().unwrap());
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let _ = stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").await;
            drain(&mut stream).await;
        }
    });
    let url = url.replace(&server.url.port().unwrap().to_string(), &port.to_string());
    let detail = complaint(trusting(&url, &authority())).await;
    assert!(detail.contains("does not speak TLS"), "{detail}");
}

#[test]
fn unusable_certificates_are_told() {
    let ours = authority();
    let mut options = trusting("https://localhost", &ours);
    options.trust = Trust::Only(b"nothing".to_vec());
    assert!(matches!(
        Transport::new(options).unwrap_err(),
        TransportError::Authorities(_)
    ));
    let mut options = trusting("https://localhost", &ours);
    options.client_certificate = Some(ClientCertificate {
        chain: client(&ours).chain,
        key: "nothing".into(),
    });
    assert!(matches!(
        Transport::new(options).unwrap_err(),
        TransportError::ClientCertificate(_)
    ));
}

#[test]
fn a_machine_without_authorities_is_told_where_tls_needs_them() {
    let (config, _) = tls::config(&Trust::System, None).unwrap();
    let direct = Direct::new(config, Roots::Missing, std::time::Duration::from_secs(1));
    for (kind, noted) in [(BreakageKind::Tls, true), (BreakageKind::TimedOut, false)] {
        let mut breakage = Breakage {
            kind,
            detail: "It failed.".to_owned(),
        };
        direct.note(&mut breakage);
        assert_eq!(breakage.detail.contains("no store of certificate"), noted);
    }
}

/// A certificate that signs itself and says that it is an authority, as `openssl req -x509` makes it.
fn self_signed(
    name: &str,
    change: impl FnOnce(&mut CertificateParams),
) -> (rcgen::Certificate, KeyPair) {
    let key = KeyPair::generate().unwrap();
    let mut params = CertificateParams::new(vec![name.to_owned()]).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    change(&mut params);
    (params.self_signed(&key).unwrap(), key)
}

#[tokio::test]
async fn a_self_signed_certificate_that_was_given_is_trusted_within_its_names_and_dates() {
    let versions = [&rustls::version::TLS13];
    let good = self_signed("localhost", |_| {});
    let elsewhere = self_signed("elsewhere.example.test", |_| {});
    let ended = self_signed("localhost", |params| {
        params.not_before = date_time_ymd(2020, 1, 1);
        params.not_after = date_time_ymd(2021, 1, 1);
    });
    let early = self_signed("localhost", |params| {
        params.not_before = date_time_ymd(2090, 1, 1);
        params.not_after = date_time_ymd(2091, 1, 1);
    });
    for (pair, said) in [
        (good, None),
        (elsewhere, Some("for another host name")),
        (ended, Some("has expired")),
        (early, Some("is not valid yet")),
    ] {
        let pem = pair.0.pem();
        let url = serve(pair, None, &versions, false).await;
        let mut options = Options::new(url.parse().unwrap());
        options.trust = Trust::Only(pem.into_bytes());
        match said {
            None => {
                let transport = Transport::new(options).unwrap();
                assert_eq!(answer(&transport, &get("/")).await.status, 200);
            }
            Some(said) => {
                let heard = complaint(options).await;
                assert!(heard.contains(said), "{heard}");
            }
        }
    }
}

#[tokio::test]
async fn another_self_signed_certificate_than_the_one_that_was_given_is_refused_in_words() {
    let given = self_signed("localhost", |_| {}).0.pem();
    let pair = self_signed("localhost", |_| {});
    let url = serve(pair, None, &[&rustls::version::TLS13], false).await;
    let mut options = Options::new(url.parse().unwrap());
    options.trust = Trust::Only(given.into_bytes());
    let heard = complaint(options).await;
    assert!(heard.contains("tls.ca"), "{heard}");
    assert!(!heard.contains("Other("), "{heard}");
}

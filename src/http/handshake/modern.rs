//! Handshakes with TLS 1.2 and 1.3, which look at everything and refuse nothing: what is wrong with the target
//! is told, not enforced. Nothing secret is ever sent over such a connection.

use std::{
    io,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};

use rustls::{
    AlertDescription, CertificateError, ClientConfig, DigitallySignedStruct, Error,
    SignatureScheme, SupportedProtocolVersion,
    client::{
        ResolvesClientCert, Resumption,
        danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
    },
    crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature},
    pki_types::{CertificateDer, ServerName, UnixTime},
    sign::CertifiedKey,
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};
use tokio_rustls::{TlsConnector, client::TlsStream};

use super::{alerted, clients, connect, facts::facts, hung_up, is_gone, silent};
use crate::http::{
    Options,
    address::Place,
    breakage::{Stage, sort},
    tls,
    trust::Verifier,
};
use muster_core::exchange::{
    Breakage, BreakageKind,
    handshake::{
        Chain, DistrustKind, End, Handshake, Negotiated, Refusal, TlsVersion, TrustFailure,
        alert_name,
    },
};

/// The first line of an answer is not longer than this.
const LONGEST_LINE: usize = 4096;

/// Shakes hands.
pub(super) async fn shake(
    asked: &Handshake,
    place: &Place,
    options: &Options,
) -> (End, Option<Chain>) {
    let witness = match Witness::new(options) {
        Ok(witness) => Arc::new(witness),
        Err(detail) => return (not_tried(detail), None),
    };
    let own = options.any_certificate();
    let card = match clients::certified(asked.shown, own) {
        Ok(key) => Arc::new(Card {
            key,
            asked: AtomicBool::new(false),
        }),
        Err(detail) => return (not_tried(detail), None),
    };
    let end = match config(asked, &witness, &card) {
        Ok(config) => converse(asked, place, options, config, &card).await,
        Err(detail) => not_tried(detail),
    };
    let chain = witness.chain(place);
    (end, chain)
}

fn not_tried(detail: String) -> End {
    End::Broken(Breakage {
        kind: BreakageKind::NotSent,
        detail,
    })
}

fn config(
    asked: &Handshake,
    witness: &Arc<Witness>,
    card: &Arc<Card>,
) -> Result<ClientConfig, String> {
    let versions: Vec<&'static SupportedProtocolVersion> = asked
        .versions
        .iter()
        .map(|version| match version {
            TlsVersion::Tls13 => &rustls::version::TLS13,
            _ => &rustls::version::TLS12,
        })
        .collect();
    let mut config = ClientConfig::builder_with_provider(Arc::clone(&witness.provider))
        .with_protocol_versions(&versions)
        .map_err(|error| error.to_string())?
        .dangerous()
        .with_custom_certificate_verifier(Arc::clone(witness) as _)
        .with_client_cert_resolver(Arc::clone(card) as _);
    config.enable_sni = asked.names_host;
    config.resumption = Resumption::disabled();
    config.alpn_protocols = if asked.knock.is_some() {
        vec![b"http/1.1".to_vec()]
    } else {
        vec![b"h2".to_vec(), b"http/1.1".to_vec()]
    };
    Ok(config)
}

async fn converse(
    asked: &Handshake,
    place: &Place,
    options: &Options,
    config: ClientConfig,
    card: &Card,
) -> End {
    let Ok(name) = ServerName::try_from(place.host()) else {
        return not_tried(format!("{} is not a name that TLS can use.", place.host()));
    };
    let stream = match connect(place, options.connect_timeout).await {
        Ok(stream) => stream,
        Err(end) => return end,
    };
    let mut stream = match TlsConnector::from(Arc::new(config))
        .connect(name, stream)
        .await
    {
        Ok(stream) => stream,
        Err(error) => return failed(&error, place, false),
    };
    let agreed = agreed(&stream, card);
    match (&asked.knock, agreed) {
        (_, None) => not_tried("The handshake ended without an agreement.".to_owned()),
        (None, Some(agreed)) => End::Completed(agreed),
        (Some(_), Some(agreed)) => knock(&mut stream, place, options, agreed).await,
    }
}

fn agreed(stream: &TlsStream<TcpStream>, card: &Card) -> Option<Negotiated> {
    let connection = stream.get_ref().1;
    Some(Negotiated {
        version: TlsVersion::of_wire(connection.protocol_version()?.into())?,
        suite: connection.negotiated_cipher_suite()?.suite().into(),
        alpn: connection
            .alpn_protocol()
            .map(|protocol| String::from_utf8_lossy(protocol).into_owned()),
        asks_for_certificate: card.asked.load(Ordering::Relaxed),
        status: None,
    })
}

/// Asks for a path, without credentials, and reads the first line of the answer.
async fn knock(
    stream: &mut TlsStream<TcpStream>,
    place: &Place,
    options: &Options,
    mut agreed: Negotiated,
) -> End {
    let request = format!(
        "GET {} HTTP/1.1\r\nHost: {}\r\nUser-Agent: {}\r\nAccept: */*\r\nConnection: close\r\n\r\n",
        place.target(),
        place.host_header(),
        options.user_agent,
    );
    // A refusal may come before the request is out, and explains itself when it is read.
    let written = async {
        stream.write_all(request.as_bytes()).await?;
        stream.flush().await
    }
    .await;
    let mut line = Vec::new();
    let mut buffer = [0; 1024];
    while !line.contains(&b'\n') && line.len() < LONGEST_LINE {
        match tokio::time::timeout(options.timeout, stream.read(&mut buffer)).await {
            Err(_) => return silent(place),
            Ok(Err(error)) => return failed(&error, place, true),
            Ok(Ok(0)) => {
                return match written {
                    Err(error) if !is_gone(&error) => failed(&error, place, true),
                    _ => hung_up(true),
                };
            }
            Ok(Ok(read)) => line.extend_from_slice(buffer.get(..read).unwrap_or_default()),
        }
    }
    match status(&line) {
        Some(status) => {
            agreed.status = Some(status);
            End::Completed(agreed)
        }
        None => End::Broken(Breakage {
            kind: BreakageKind::NotHttp,
            detail: format!("What {} returns is not HTTP.", place.authority()),
        }),
    }
}

fn status(line: &[u8]) -> Option<u16> {
    let line = String::from_utf8_lossy(line);
    let mut words = line.lines().next()?.split(' ');
    words.next()?.starts_with("HTTP/1.").then_some(())?;
    words.next()?.trim().parse().ok()
}

/// How a handshake, or the first words after it, failed.
fn failed(error: &io::Error, place: &Place, late: bool) -> End {
    let tls = error
        .get_ref()
        .and_then(|inner| inner.downcast_ref::<Error>());
    match tls {
        Some(Error::AlertReceived(alert)) => alerted(alert_word(*alert), late),
        Some(Error::PeerIncompatible(problem)) => End::Refused(Refusal {
            alert: None,
            detail: format!(
                "The target answered with something that was not offered ({problem:?})."
            ),
            late,
        }),
        Some(other) => End::Broken(Breakage {
            kind: BreakageKind::Tls,
            detail: tls::reason(other, place),
        }),
        None if is_gone(error) => hung_up(late),
        None => End::Broken(sort(error, place, Stage::Head)),
    }
}

fn alert_word(alert: AlertDescription) -> String {
    alert_name(alert.into())
}

/// The client's certificate, and whether the target asked for it.
#[derive(Debug)]
struct Card {
    key: Option<Arc<CertifiedKey>>,
    asked: AtomicBool,
}

impl ResolvesClientCert for Card {
    fn resolve(&self, _: &[&[u8]], _: &[SignatureScheme]) -> Option<Arc<CertifiedKey>> {
        self.asked.store(true, Ordering::Relaxed);
        self.key.clone()
    }

    fn has_certs(&self) -> bool {
        true
    }
}

/// What was seen of the target.
#[derive(Debug, Default)]
struct Seen {
    chain: Vec<Vec<u8>>,
    problem: Option<Error>,
}

/// Looks at the target's certificate as strictly as any client, and lets the handshake go on.
#[derive(Debug)]
struct Witness {
    provider: Arc<CryptoProvider>,
    judge: Option<Verifier>,
    seen: Mutex<Option<Seen>>,
}

impl Witness {
    fn new(options: &Options) -> Result<Self, String> {
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let (judge, _) =
            Verifier::new(&options.trust, &provider).map_err(|error| error.to_string())?;
        Ok(Self {
            provider,
            judge,
            seen: Mutex::new(None),
        })
    }

    fn note(&self, change: impl FnOnce(&mut Seen)) {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        change(seen.get_or_insert_default());
    }

    /// A proof that is wrong is a problem; one that this library cannot check is none of the target's.
    fn note_proof(&self, checked: Result<HandshakeSignatureValid, Error>) {
        if let Err(Error::InvalidCertificate(CertificateError::BadSignature)) = checked {
            self.note(|seen| {
                seen.problem.get_or_insert(Error::General(
                    "the target does not prove that it has the key of its certificate".to_owned(),
                ));
            });
        }
    }

    fn chain(&self, place: &Place) -> Option<Chain> {
        let seen = self
            .seen
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take()?;
        let trust = match (&self.judge, seen.problem) {
            (None, _) => Err(TrustFailure {
                kind: DistrustKind::NothingTrusted,
                detail: "This machine has no store of certificate authorities: give them as tls.ca in the target file.".to_owned(),
            }),
            (Some(_), Some(problem)) => Err(TrustFailure {
                kind: kind(&problem),
                detail: tls::reason(&problem, place),
            }),
            (Some(_), None) => Ok(()),
        };
        Some(Chain {
            certificates: seen.chain.iter().filter_map(|der| facts(der)).collect(),
            trust,
        })
    }
}

fn kind(problem: &Error) -> DistrustKind {
    use CertificateError as Problem;
    let Error::InvalidCertificate(problem) = problem else {
        return DistrustKind::Other;
    };
    match problem {
        Problem::Expired | Problem::ExpiredContext { .. } => DistrustKind::Expired,
        Problem::NotValidYet | Problem::NotValidYetContext { .. } => DistrustKind::NotYetValid,
        Problem::NotValidForName | Problem::NotValidForNameContext { .. } => {
            DistrustKind::OtherHost
        }
        Problem::UnknownIssuer => DistrustKind::UnknownIssuer,
        _ => DistrustKind::Other,
    }
}

impl ServerCertVerifier for Witness {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let problem = self.judge.as_ref().and_then(|judge| {
            judge
                .verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now)
                .err()
        });
        self.note(|seen| {
            seen.chain = std::iter::once(end_entity)
                .chain(intermediates)
                .map(|certificate| certificate.to_vec())
                .collect();
            seen.problem = problem;
        });
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        self.note_proof(verify_tls12_signature(message, cert, dss, algorithms));
        Ok(HandshakeSignatureValid::assertion())
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        self.note_proof(verify_tls13_signature(message, cert, dss, algorithms));
        Ok(HandshakeSignatureValid::assertion())
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider
            .signature_verification_algorithms
            .supported_schemes()
    }
}

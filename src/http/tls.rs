//! TLS settings, and the reasons for which TLS fails.

use std::sync::{Arc, LazyLock};

use rustls::{
    AlertDescription as Alert, CertificateError, ClientConfig, RootCertStore, SignatureScheme,
    client::ResolvesClientCert,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
    sign::CertifiedKey,
};
use secrecy::ExposeSecret;

use super::{ClientCertificate, TransportError, Trust, address::Place, trust::Verifier};

/// The certificate authorities of this machine, read once.
static SYSTEM: LazyLock<Vec<CertificateDer<'static>>> =
    LazyLock::new(|| rustls_native_certs::load_native_certs().certs);

/// Whether any certificate authority is known at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Roots {
    /// There are some.
    ValuePool,
    /// This machine has none and none were given: plain HTTP works, TLS cannot.
    Missing,
}

/// The settings of a client.
pub(super) fn config(
    trust: &Trust,
    certificate: Option<&ClientCertificate>,
) -> Result<(ClientConfig, Roots), TransportError> {
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let (verifier, roots) = Verifier::new(trust, &provider)?;
    let builder = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| TransportError::Client(error.to_string()))?;
    let builder = match verifier {
        None => builder.with_root_certificates(RootCertStore::empty()),
        Some(verifier) => builder
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(verifier)),
    };
    let mut config = match certificate {
        None => builder.with_no_client_auth(),
        Some(certificate) => {
            let chain =
                certificates(&certificate.chain).map_err(TransportError::ClientCertificate)?;
            let key = PrivateKeyDer::from_pem_slice(certificate.key.expose_secret().as_bytes())
                .map_err(|_| {
                    TransportError::ClientCertificate(
                        "the key file holds no private key in PEM".to_owned(),
                    )
                })?;
            builder
                .with_client_auth_cert(chain, key)
                .map_err(|error| TransportError::ClientCertificate(error.to_string()))?
        }
    };
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok((config, roots))
}

/// Shows this certificate, or none, whatever the target asks for.
#[derive(Debug)]
pub(super) struct Only(pub(super) Option<Arc<CertifiedKey>>);

impl ResolvesClientCert for Only {
    fn resolve(&self, _: &[&[u8]], _: &[SignatureScheme]) -> Option<Arc<CertifiedKey>> {
        self.0.clone()
    }

    fn has_certs(&self) -> bool {
        self.0.is_some()
    }
}

/// Whom to trust.
pub(super) fn roots(trust: &Trust) -> Result<(RootCertStore, Roots), TransportError> {
    let mut store = RootCertStore::empty();
    if matches!(trust, Trust::System | Trust::SystemAnd(_)) {
        // One broken certificate among those of a machine is no reason to refuse the others.
        store.add_parsable_certificates(SYSTEM.iter().cloned());
    }
    if let Trust::Only(pem) | Trust::SystemAnd(pem) = trust {
        for certificate in certificates(pem).map_err(TransportError::Authorities)? {
            store
                .add(certificate)
                .map_err(|error| TransportError::Authorities(error.to_string()))?;
        }
    }
    let roots = if store.is_empty() {
        Roots::Missing
    } else {
        Roots::ValuePool
    };
    Ok((store, roots))
}

/// The certificates of a text in PEM.
pub(super) fn certificates(pem: &[u8]) -> Result<Vec<CertificateDer<'static>>, String> {
    let found = CertificateDer::pem_slice_iter(pem)
        .collect::<Result<Vec<_>, _>>()
        .map_err(|error| error.to_string())?;
    if found.is_empty() {
        return Err("it has no certificate in PEM".to_owned());
    }
    Ok(found)
}

/// Why TLS failed, in one sentence.
pub(super) fn reason(error: &rustls::Error, place: &Place) -> String {
    let host = place.authority();
    match error {
        rustls::Error::InvalidCertificate(problem) => certificate(problem, &host),
        rustls::Error::AlertReceived(alert) => refused(*alert, &host),
        rustls::Error::PeerIncompatible(problem) => format!(
            "{host} and Muster have no version or cipher of TLS in common; Muster speaks TLS 1.2 and 1.3 ({problem:?})."
        ),
        rustls::Error::InvalidMessage(_) => {
            format!("{host} does not speak TLS: it may be a plain http port.")
        }
        rustls::Error::NoCertificatesPresented => {
            format!("{host} shows no certificate.")
        }
        other => format!("TLS with {host} failed: {other}."),
    }
}

fn certificate(problem: &CertificateError, host: &str) -> String {
    use CertificateError as Problem;
    match problem {
        Problem::Expired | Problem::ExpiredContext { .. } => {
            format!("The certificate of {host} has expired.")
        }
        Problem::NotValidYet | Problem::NotValidYetContext { .. } => {
            format!(
                "The certificate of {host} is not valid yet: it, or the clock of this machine, is wrong."
            )
        }
        Problem::NotValidForName => format!("The certificate of {host} is for another host name."),
        Problem::NotValidForNameContext { presented, .. } => format!(
            "The certificate of {host} is for another host name: {}.",
            if presented.is_empty() {
                "it names none".to_owned()
            } else {
                presented.join(", ")
            }
        ),
        Problem::UnknownIssuer => format!(
            "The certificate of {host} is issued by an authority that is not trusted here; if it is the right one, give its certificate as tls.ca in the target file."
        ),
        Problem::BadSignature => format!(
            "The certificate of {host} is not signed by the authority that is trusted here, though it bears its name."
        ),
        Problem::Revoked => format!("The certificate of {host} is revoked."),
        Problem::InvalidPurpose | Problem::InvalidPurposeContext { .. } => {
            format!("The certificate of {host} is not meant for servers.")
        }
        Problem::UnknownRevocationStatus => {
            format!("Whether the certificate of {host} is revoked could not be found out.")
        }
        Problem::BadEncoding => format!("The certificate of {host} cannot be read as X.509."),
        Problem::UnhandledCriticalExtension => {
            format!("The certificate of {host} has a critical extension that Muster does not know.")
        }
        Problem::Other(other) if other.to_string().contains("CaUsedAsEndEntity") => format!(
            "The certificate of {host} is that of a certificate authority (basicConstraints CA:TRUE), and no server may show one. If it is self-signed, give it as tls.ca in the target file, or make it with `-addext basicConstraints=critical,CA:FALSE`."
        ),
        Problem::Other(other) if other.to_string().contains("UnsupportedCertVersion") => format!(
            "The certificate of {host} is of X.509 version 1, without the extensions that TLS needs: make one of version 3 with a subjectAltName."
        ),
        _ => format!(
            "The certificate of {host} is not valid, for a reason that Muster has no words for. `openssl s_client -connect {host}` shows it."
        ),
    }
}

fn refused(alert: Alert, host: &str) -> String {
    match alert {
        Alert::CertificateRequired => format!(
            "{host} requires a client certificate and none was given: set tls.client_cert and tls.client_key in the target file."
        ),
        Alert::ProtocolVersion => {
            format!("{host} does not accept the versions of TLS that Muster speaks, 1.2 and 1.3.")
        }
        Alert::HandshakeFailure => format!(
            "{host} refused the TLS handshake: it may require a client certificate, or have no cipher in common."
        ),
        Alert::UnknownCA => {
            format!("{host} does not trust the authority that issued the client certificate.")
        }
        Alert::CertificateExpired => {
            format!("{host} says that the client certificate has expired.")
        }
        Alert::CertificateRevoked => format!("{host} says that the client certificate is revoked."),
        Alert::BadCertificate
        | Alert::UnsupportedCertificate
        | Alert::CertificateUnknown
        | Alert::AccessDenied => {
            format!("{host} refused the client certificate, or the lack of one ({alert:?}).")
        }
        Alert::UnrecognisedName => format!("{host} has no certificate for this host name."),
        Alert::NoApplicationProtocol => {
            format!("{host} speaks neither HTTP/1.1 nor HTTP/2 over TLS.")
        }
        other => format!("{host} refused the TLS handshake ({other:?})."),
    }
}

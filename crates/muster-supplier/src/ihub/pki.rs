//! A private authority that lives as long as its receiver: [`Pki`].

use std::{fmt, sync::Arc};

use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose,
};
use rustls::{
    DigitallySignedStruct, DistinguishedName, RootCertStore, ServerConfig, SignatureScheme,
    client::danger::HandshakeSignatureValid,
    crypto::CryptoProvider,
    server::{
        WebPkiClientVerifier,
        danger::{ClientCertVerified, ClientCertVerifier},
    },
};
use rustls_pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer, UnixTime};
use time::{Duration, OffsetDateTime};

use crate::{
    SupplierError,
    certificates::{Leaf, TlsFault},
};

/// A certificate and its key, in PEM.
#[derive(Clone)]
pub struct PemPair {
    /// The certificate.
    pub certificate: String,
    /// The key.
    pub key: String,
}

impl fmt::Debug for PemPair {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PemPair").finish_non_exhaustive()
    }
}

/// What was made for one receiver.
#[derive(Debug)]
pub(super) struct Pki {
    pub(super) ca_pem: String,
    pub(super) client: PemPair,
    pub(super) server: Arc<ServerConfig>,
}

impl Pki {
    /// Makes an authority, a certificate for this machine, and one for the sender.
    pub(super) fn make(
        asks_none: bool,
        takes_any: bool,
        faults: &[TlsFault],
    ) -> Result<Self, SupplierError> {
        let mut params = CertificateParams::new(Vec::new()).map_err(failed)?;
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        params
            .distinguished_name
            .push(DnType::CommonName, "Muster reference receiver test CA");
        validity(&mut params);
        let key = KeyPair::generate().map_err(failed)?;
        let ca = params.self_signed(&key).map_err(failed)?;
        let issuer = Issuer::new(params, key);
        let here = vec!["localhost".to_owned(), "127.0.0.1".to_owned()];
        let now = OffsetDateTime::now_utc();
        let end = if faults.contains(&TlsFault::Leaf(Leaf::Expired)) {
            now - Duration::days(3)
        } else if faults.contains(&TlsFault::Leaf(Leaf::RunsOut)) {
            now + Duration::days(7)
        } else {
            now + VALID
        };
        let (server, server_key) = leaf(&issuer, here, ExtendedKeyUsagePurpose::ServerAuth, end)?;
        let sender = vec!["sender.ihub.example".to_owned()];
        let (client, client_key) = leaf(
            &issuer,
            sender,
            ExtendedKeyUsagePurpose::ClientAuth,
            now + VALID,
        )?;

        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let versions = if faults.contains(&TlsFault::OnlyTls12) {
            &[&rustls::version::TLS12][..]
        } else {
            rustls::DEFAULT_VERSIONS
        };
        let builder = ServerConfig::builder_with_provider(Arc::clone(&provider))
            .with_protocol_versions(versions)
            .map_err(failed)?;
        let builder = if asks_none {
            builder.with_no_client_auth()
        } else if takes_any {
            builder.with_client_cert_verifier(Arc::new(Anyone(provider)))
        } else {
            let mut roots = RootCertStore::empty();
            roots.add(ca.der().clone()).map_err(failed)?;
            let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider)
                .build()
                .map_err(failed)?;
            builder.with_client_cert_verifier(verifier)
        };
        let der = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(server_key.serialize_der()));
        let mut config = builder
            .with_single_cert(vec![server.der().clone()], der)
            .map_err(failed)?;
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        Ok(Self {
            ca_pem: ca.pem(),
            client: PemPair {
                certificate: client.pem(),
                key: client_key.serialize_pem(),
            },
            server: Arc::new(config),
        })
    }
}

fn leaf(
    issuer: &Issuer<'_, KeyPair>,
    names: Vec<String>,
    usage: ExtendedKeyUsagePurpose,
    end: OffsetDateTime,
) -> Result<(rcgen::Certificate, KeyPair), SupplierError> {
    let common = names.first().cloned().unwrap_or_default();
    let mut params = CertificateParams::new(names).map_err(failed)?;
    params.distinguished_name.push(DnType::CommonName, common);
    params.use_authority_key_identifier_extension = true;
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![usage];
    validity(&mut params);
    params.not_before = params.not_before.min(end - Duration::days(10));
    params.not_after = end;
    let key = KeyPair::generate().map_err(failed)?;
    let certificate = params.signed_by(&key, issuer).map_err(failed)?;
    Ok((certificate, key))
}

/// Three months, as a careful operator would.
const VALID: Duration = Duration::days(90);

/// From yesterday, as clocks differ.
fn validity(params: &mut CertificateParams) {
    let now = OffsetDateTime::now_utc();
    params.not_before = now - Duration::days(1);
    params.not_after = now + VALID;
}

fn failed(error: impl fmt::Display) -> SupplierError {
    SupplierError::Certificates(error.to_string())
}

/// Wants a certificate, and takes any: what the fault of that name puts in place of trust.
#[derive(Debug)]
struct Anyone(Arc<CryptoProvider>);

impl ClientCertVerifier for Anyone {
    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        &[]
    }

    fn verify_client_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: UnixTime,
    ) -> Result<ClientCertVerified, rustls::Error> {
        Ok(ClientCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.0.signature_verification_algorithms;
        rustls::crypto::verify_tls12_signature(message, certificate, signed, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.0.signature_verification_algorithms;
        rustls::crypto::verify_tls13_signature(message, certificate, signed, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}

//! A private certificate authority that lives as long as its supplier: [`Certificates`].

use std::sync::Arc;

use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose,
};
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig};
use rustls_pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use time::{Duration, OffsetDateTime};

use super::{SupplierError, Tls};

/// What was made for one supplier.
#[derive(Debug)]
pub(crate) struct Certificates {
    pub(crate) ca_pem: String,
    /// A client's certificate and key, from the same authority.
    pub(crate) client_pem: (String, String),
    pub(crate) server: Arc<ServerConfig>,
}

impl Certificates {
    /// Makes an authority, a server's certificate for this machine, and a client's.
    pub(crate) fn make(tls: Tls) -> Result<Self, SupplierError> {
        let mut params = CertificateParams::new(Vec::new()).map_err(failed)?;
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        params
            .distinguished_name
            .push(DnType::CommonName, "Muster reference supplier test CA");
        set_validity(&mut params);
        let key = KeyPair::generate().map_err(failed)?;
        let ca = params.self_signed(&key).map_err(failed)?;
        let issuer = Issuer::new(params, key);

        let names = vec!["localhost".to_owned(), "127.0.0.1".to_owned()];
        let server = leaf(&issuer, names, ExtendedKeyUsagePurpose::ServerAuth)?;
        let client = leaf(
            &issuer,
            vec!["client.records.example".to_owned()],
            ExtendedKeyUsagePurpose::ClientAuth,
        )?;

        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let builder = ServerConfig::builder_with_provider(provider.clone())
            .with_safe_default_protocol_versions()
            .map_err(failed)?;
        let builder = if tls.require_client_certificate {
            let mut roots = RootCertStore::empty();
            roots.add(ca.der().clone()).map_err(failed)?;
            let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider)
                .build()
                .map_err(failed)?;
            builder.with_client_cert_verifier(verifier)
        } else {
            builder.with_no_client_auth()
        };
        let server_key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(server.1.serialize_der()));
        let mut config = builder
            .with_single_cert(vec![server.0.der().clone()], server_key)
            .map_err(failed)?;
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        Ok(Self {
            ca_pem: ca.pem(),
            client_pem: (client.0.pem(), client.1.serialize_pem()),
            server: Arc::new(config),
        })
    }
}

fn leaf(
    issuer: &Issuer<'_, KeyPair>,
    names: Vec<String>,
    usage: ExtendedKeyUsagePurpose,
) -> Result<(rcgen::Certificate, KeyPair), SupplierError> {
    let common = names.first().cloned().unwrap_or_default();
    let mut params = CertificateParams::new(names).map_err(failed)?;
    params.distinguished_name.push(DnType::CommonName, common);
    params.use_authority_key_identifier_extension = true;
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![usage];
    set_validity(&mut params);
    let key = KeyPair::generate().map_err(failed)?;
    let certificate = params.signed_by(&key, issuer).map_err(failed)?;
    Ok((certificate, key))
}

/// From yesterday, as clocks differ, for three months, as a careful operator would.
fn set_validity(params: &mut CertificateParams) {
    let now = OffsetDateTime::now_utc();
    params.not_before = now - Duration::days(1);
    params.not_after = now + Duration::days(90);
}

fn failed(error: impl std::fmt::Display) -> SupplierError {
    SupplierError::Certificates(error.to_string())
}

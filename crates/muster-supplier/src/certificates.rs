//! A private certificate authority that lives as long as its supplier: [`Certificates`].

use std::sync::Arc;

use rcgen::{
    BasicConstraints, Certificate, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa,
    Issuer, KeyPair, KeyUsagePurpose, PKCS_RSA_SHA256, PublicKeyData, SignatureAlgorithm,
};
use rustls::client::danger::HandshakeSignatureValid;
use rustls::crypto::CryptoProvider;
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::server::{ClientHello, ResolvesServerCert, WebPkiClientVerifier};
use rustls::sign::CertifiedKey;
use rustls::{
    DigitallySignedStruct, DistinguishedName, Error, RootCertStore, ServerConfig, SignatureScheme,
};
use rustls_pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer, UnixTime};
use time::{Duration, OffsetDateTime};

use super::{SupplierError, Tls};

/// A fault of TLS itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TlsFault {
    /// The server's certificate is wrong.
    Leaf(Leaf),
    /// An old version is taken.
    Version(u16),
    /// A weak suite of TLS 1.2 is taken.
    Suite(u16),
    /// TLS 1.3 is not spoken.
    OnlyTls12,
    /// Certificates of clients are not looked at as they should be.
    Clients(Clients),
}

/// What is wrong with the server's certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Leaf {
    Expired,
    NotYetValid,
    OtherHost,
    SelfSigned,
    RunsOut,
    /// An RSA key of 1024 bits, which the server shows without having it.
    WeakKey,
    /// SHA-1 by name: the signature was made with SHA-256 and is none under the name it bears.
    Sha1,
}

/// What is wrong with how client certificates are looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Clients {
    Optional,
    Any,
    Unproved,
    NeverAsked,
}

/// What was made for one supplier.
#[derive(Debug)]
pub(crate) struct Certificates {
    pub(crate) ca_pem: String,
    /// A client's certificate and key, from the same authority.
    pub(crate) client_pem: (String, String),
    /// Another client's.
    pub(crate) other_client_pem: (String, String),
    pub(crate) server: Arc<ServerConfig>,
}

impl Certificates {
    /// Makes an authority, a server's certificate for this machine, and a client's.
    pub(crate) fn make(tls: Tls, faults: &[TlsFault]) -> Result<Self, SupplierError> {
        let wrong = faults.iter().find_map(|fault| match fault {
            TlsFault::Leaf(leaf) => Some(*leaf),
            _ => None,
        });
        let mut params = CertificateParams::new(Vec::new()).map_err(failed)?;
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        params
            .distinguished_name
            .push(DnType::CommonName, "Muster reference supplier test CA");
        set_validity(&mut params);
        let key = if wrong == Some(Leaf::Sha1) {
            // Only the name of an RSA signature has the same length with SHA-1.
            KeyPair::generate_for(&PKCS_RSA_SHA256).map_err(failed)?
        } else {
            KeyPair::generate().map_err(failed)?
        };
        let ca = params.self_signed(&key).map_err(failed)?;
        let issuer = Issuer::new(params, key);

        let server = server(&issuer, wrong)?;
        let client = |name: &str| {
            let names = vec![format!("{name}.records.example")];
            let params = leaf_params(names, ExtendedKeyUsagePurpose::ClientAuth)?;
            let (certificate, key) = leaf(&issuer, params)?;
            Ok::<_, SupplierError>((certificate.pem(), key.serialize_pem()))
        };
        let client_pem = client("client")?;
        let other_client_pem = client("other-client")?;

        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let versions: &[&rustls::SupportedProtocolVersion] =
            if faults.contains(&TlsFault::OnlyTls12) {
                &[&rustls::version::TLS12]
            } else {
                rustls::ALL_VERSIONS
            };
        let builder = ServerConfig::builder_with_provider(provider.clone())
            .with_protocol_versions(versions)
            .map_err(failed)?;
        let clients = faults.iter().find_map(|fault| match fault {
            TlsFault::Clients(clients) => Some(*clients),
            _ => None,
        });
        let asks = tls.require_client_certificate && clients != Some(Clients::NeverAsked);
        let builder = if asks {
            let mut roots = RootCertStore::empty();
            roots.add(ca.der().clone()).map_err(failed)?;
            let verifier =
                WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider.clone());
            let verifier = match clients {
                Some(Clients::Optional) => verifier.allow_unauthenticated(),
                _ => verifier,
            };
            let strict = verifier.build().map_err(failed)?;
            builder.with_client_cert_verifier(match clients {
                Some(lax @ (Clients::Any | Clients::Unproved)) => Arc::new(Lax {
                    strict,
                    provider,
                    lax,
                }),
                _ => strict,
            })
        } else {
            builder.with_no_client_auth()
        };
        let mut config = builder.with_cert_resolver(Arc::new(Shows(Arc::new(server))));
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        Ok(Self {
            ca_pem: ca.pem(),
            client_pem,
            other_client_pem,
            server: Arc::new(config),
        })
    }
}

/// The server's certificate, and the key that it works with.
fn server(
    issuer: &Issuer<'_, KeyPair>,
    wrong: Option<Leaf>,
) -> Result<CertifiedKey, SupplierError> {
    let names = match wrong {
        Some(Leaf::OtherHost) => vec!["other.records.example".to_owned()],
        _ => vec!["localhost".to_owned(), "127.0.0.1".to_owned()],
    };
    let mut params = leaf_params(names, ExtendedKeyUsagePurpose::ServerAuth)?;
    let now = OffsetDateTime::now_utc();
    match wrong {
        Some(Leaf::Expired) => {
            params.not_before = now - Duration::days(93);
            params.not_after = now - Duration::days(3);
        }
        Some(Leaf::NotYetValid) => params.not_before = now + Duration::days(1),
        Some(Leaf::RunsOut) => params.not_after = now + Duration::days(7),
        _ => {}
    }
    let (der, key) = match wrong {
        Some(Leaf::SelfSigned) => {
            let key = KeyPair::generate().map_err(failed)?;
            let certificate = params.self_signed(&key).map_err(failed)?;
            (certificate.der().to_vec(), key)
        }
        Some(Leaf::WeakKey) => {
            let weak = WeakKey::new();
            let certificate = params.signed_by(&weak, issuer).map_err(failed)?;
            let key = KeyPair::generate().map_err(failed)?;
            (certificate.der().to_vec(), key)
        }
        Some(Leaf::Sha1) => {
            let (certificate, key) = leaf(issuer, params)?;
            (named_sha1(certificate.der()), key)
        }
        _ => {
            let (certificate, key) = leaf(issuer, params)?;
            (certificate.der().to_vec(), key)
        }
    };
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
    let key = rustls::crypto::aws_lc_rs::sign::any_supported_type(&key).map_err(failed)?;
    Ok(CertifiedKey::new(vec![CertificateDer::from(der)], key))
}

fn leaf_params(
    names: Vec<String>,
    usage: ExtendedKeyUsagePurpose,
) -> Result<CertificateParams, SupplierError> {
    let common = names.first().cloned().unwrap_or_default();
    let mut params = CertificateParams::new(names).map_err(failed)?;
    params.distinguished_name.push(DnType::CommonName, common);
    params.use_authority_key_identifier_extension = true;
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![usage];
    set_validity(&mut params);
    Ok(params)
}

fn leaf(
    issuer: &Issuer<'_, KeyPair>,
    params: CertificateParams,
) -> Result<(Certificate, KeyPair), SupplierError> {
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

/// Gives `sha256WithRSAEncryption` the name of `sha1WithRSAEncryption`, in both places.
fn named_sha1(der: &[u8]) -> Vec<u8> {
    const SHA256: [u8; 9] = [0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x01, 0x0B];
    let mut named = Vec::with_capacity(der.len());
    let mut rest = der;
    while let Some((&byte, after)) = rest.split_first() {
        if let Some(after) = rest.strip_prefix(&SHA256) {
            named.extend(SHA256.iter().take(8));
            named.push(0x05);
            rest = after;
        } else {
            named.push(byte);
            rest = after;
        }
    }
    named
}

/// A public key of 1024 bits to which nobody has the private one.
struct WeakKey(Vec<u8>);

impl WeakKey {
    fn new() -> Self {
        // A sequence of the modulus and the exponent 65537.
        let mut der = vec![0x30, 0x81, 0x89, 0x02, 0x81, 0x81, 0x00];
        der.extend([0xC5; 128]);
        der.extend([0x02, 0x03, 0x01, 0x00, 0x01]);
        Self(der)
    }
}

impl PublicKeyData for WeakKey {
    fn der_bytes(&self) -> &[u8] {
        &self.0
    }

    fn algorithm(&self) -> &'static SignatureAlgorithm {
        &PKCS_RSA_SHA256
    }
}

/// Shows one certificate to everybody, whether or not the key is its own.
#[derive(Debug)]
struct Shows(Arc<CertifiedKey>);

impl ResolvesServerCert for Shows {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(self.0.clone())
    }
}

/// Takes certificates that it should not.
#[derive(Debug)]
struct Lax {
    strict: Arc<dyn ClientCertVerifier>,
    provider: Arc<CryptoProvider>,
    lax: Clients,
}

impl Lax {
    fn proof(
        &self,
        checked: Result<HandshakeSignatureValid, Error>,
    ) -> Result<HandshakeSignatureValid, Error> {
        match self.lax {
            Clients::Unproved => Ok(HandshakeSignatureValid::assertion()),
            _ => checked,
        }
    }
}

impl ClientCertVerifier for Lax {
    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        self.strict.root_hint_subjects()
    }

    fn verify_client_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        now: UnixTime,
    ) -> Result<ClientCertVerified, Error> {
        match self.lax {
            Clients::Any => Ok(ClientCertVerified::assertion()),
            _ => self
                .strict
                .verify_client_cert(end_entity, intermediates, now),
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.proof(self.strict.verify_tls12_signature(message, cert, dss))
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.proof(self.strict.verify_tls13_signature(message, cert, dss))
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider
            .signature_verification_algorithms
            .supported_schemes()
    }
}

fn failed(error: impl std::fmt::Display) -> SupplierError {
    SupplierError::Certificates(error.to_string())
}

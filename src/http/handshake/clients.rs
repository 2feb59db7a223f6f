//! Client certificates for a handshake: the configured one, and some that must be refused. What is made here
//! is made for one handshake and never leaves memory (owner of [`certified`]).

use std::sync::Arc;

use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    PKCS_ECDSA_P256_SHA256, PKCS_ECDSA_P384_SHA384, PKCS_ED25519, PKCS_RSA_SHA256,
    SignatureAlgorithm,
};
use rustls::{
    crypto::aws_lc_rs::sign::any_supported_type,
    pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer, pem::PemObject},
    sign::CertifiedKey,
};
use secrecy::ExposeSecret;
use time::{Duration, OffsetDateTime};

use super::facts::facts;
use crate::http::{ClientCertificate, tls};
use muster_core::exchange::handshake::{KeyKind, Shown};

/// The certificate to show; the reason where it cannot be had.
pub(in crate::http) fn certified(
    shown: Shown,
    own: Option<&ClientCertificate>,
) -> Result<Option<Arc<CertifiedKey>>, String> {
    let own = || own.ok_or_else(|| "The target file gives no client certificate.".to_owned());
    let (chain, key) = match shown {
        Shown::Nothing => return Ok(None),
        Shown::Own => {
            let own = own()?;
            let key = PrivateKeyDer::from_pem_slice(own.key.expose_secret().as_bytes())
                .map_err(|_| "The key of the client certificate cannot be read.".to_owned())?;
            (tls::certificates(&own.chain)?, key)
        }
        Shown::OwnWithoutItsKey => {
            let chain = tls::certificates(&own()?.chain)?;
            let key = KeyPair::generate_for(like(chain.first())).map_err(failed)?;
            (chain, private(&key))
        }
        Shown::SelfSigned => {
            let key = KeyPair::generate().map_err(failed)?;
            let certificate = client()?.self_signed(&key).map_err(failed)?;
            (vec![certificate.der().clone()], private(&key))
        }
        Shown::OtherAuthority => {
            let mut params = CertificateParams::new(Vec::new()).map_err(failed)?;
            params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
            params
                .distinguished_name
                .push(DnType::CommonName, "Muster zztest authority");
            let authority = Issuer::new(params, KeyPair::generate().map_err(failed)?);
            let key = KeyPair::generate().map_err(failed)?;
            let certificate = client()?.signed_by(&key, &authority).map_err(failed)?;
            (vec![certificate.der().clone()], private(&key))
        }
    };
    let key = any_supported_type(&key).map_err(failed)?;
    Ok(Some(Arc::new(CertifiedKey::new(chain, key))))
}

fn client() -> Result<CertificateParams, String> {
    let mut params =
        CertificateParams::new(vec!["zztest.muster.example".to_owned()]).map_err(failed)?;
    params
        .distinguished_name
        .push(DnType::CommonName, "Muster zztest client");
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
    let now = OffsetDateTime::now_utc();
    params.not_before = now - Duration::days(1);
    params.not_after = now + Duration::days(1);
    Ok(params)
}

/// The algorithm of a key like the one of this certificate, so that only the key itself is wrong.
fn like(certificate: Option<&CertificateDer<'_>>) -> &'static SignatureAlgorithm {
    let facts = certificate.and_then(|certificate| facts(certificate));
    match facts.map(|facts| (facts.key, facts.bits)) {
        Some((KeyKind::Rsa, _)) => &PKCS_RSA_SHA256,
        Some((KeyKind::EllipticCurve, 384)) => &PKCS_ECDSA_P384_SHA384,
        Some((KeyKind::Edwards, _)) => &PKCS_ED25519,
        _ => &PKCS_ECDSA_P256_SHA256,
    }
}

fn private(key: &KeyPair) -> PrivateKeyDer<'static> {
    PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()))
}

fn failed(error: impl std::fmt::Display) -> String {
    format!("A client certificate for the handshake could not be made: {error}.")
}

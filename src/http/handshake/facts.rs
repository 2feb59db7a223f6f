//! What a certificate says (owner of [`facts`]).

use std::net::IpAddr;

use x509_parser::{
    extensions::GeneralName,
    prelude::{FromDer, X509Certificate},
    public_key::PublicKey,
    x509::SubjectPublicKeyInfo,
};

use muster_core::exchange::handshake::{CertificateFacts, KeyKind};

/// The facts of a certificate in DER; none where it cannot be read.
pub(super) fn facts(der: &[u8]) -> Option<CertificateFacts> {
    let (_, certificate) = X509Certificate::from_der(der).ok()?;
    let names = certificate
        .subject_alternative_name()
        .ok()
        .flatten()
        .map(|names| names.value.general_names.iter().filter_map(name).collect())
        .unwrap_or_default();
    let (key, bits) = key(certificate.public_key());
    Some(CertificateFacts {
        subject: certificate.subject().to_string(),
        issuer: certificate.issuer().to_string(),
        names,
        not_before: certificate.validity().not_before.timestamp(),
        not_after: certificate.validity().not_after.timestamp(),
        key,
        bits,
        signature: signature(&certificate.signature_algorithm.algorithm.to_id_string()),
        self_issued: certificate.subject().as_raw() == certificate.issuer().as_raw(),
    })
}

/// From when to when a certificate in DER is valid, in seconds since 1970; none where it cannot be read.
pub(in crate::http) fn validity(der: &[u8]) -> Option<(i64, i64)> {
    let (_, certificate) = X509Certificate::from_der(der).ok()?;
    let validity = certificate.validity();
    Some((
        validity.not_before.timestamp(),
        validity.not_after.timestamp(),
    ))
}

fn name(name: &GeneralName<'_>) -> Option<String> {
    match name {
        GeneralName::DNSName(name) => Some((*name).to_owned()),
        GeneralName::IPAddress(bytes) => {
            if let Ok(four) = <[u8; 4]>::try_from(*bytes) {
                Some(IpAddr::from(four).to_string())
            } else {
                let sixteen = <[u8; 16]>::try_from(*bytes).ok()?;
                Some(IpAddr::from(sixteen).to_string())
            }
        }
        _ => None,
    }
}

fn key(info: &SubjectPublicKeyInfo<'_>) -> (KeyKind, u32) {
    let bits = |size: usize| u32::try_from(size).unwrap_or(u32::MAX);
    match info.algorithm.algorithm.to_id_string().as_str() {
        "1.3.101.112" => return (KeyKind::Edwards, 256),
        "1.3.101.113" => return (KeyKind::Edwards, 456),
        _ => {}
    }
    match info.parsed() {
        Ok(PublicKey::RSA(key)) => (KeyKind::Rsa, bits(significant(key.modulus))),
        Ok(PublicKey::EC(point)) => (KeyKind::EllipticCurve, bits(point.key_size())),
        Ok(PublicKey::DSA(_)) => (KeyKind::Dsa, bits(info.subject_public_key.data.len() * 8)),
        _ => (KeyKind::Unknown, 0),
    }
}

/// The bits of a number, its leading zeros left out.
fn significant(number: &[u8]) -> usize {
    let mut bytes = number.iter().skip_while(|byte| **byte == 0);
    let first = bytes
        .next()
        .map_or(0, |byte| 8 - byte.leading_zeros() as usize);
    first + bytes.count() * 8
}

fn signature(oid: &str) -> String {
    let name = match oid {
        "1.2.840.113549.1.1.2" => "md2WithRSAEncryption",
        "1.2.840.113549.1.1.4" => "md5WithRSAEncryption",
        "1.2.840.113549.1.1.5" => "sha1WithRSAEncryption",
        "1.2.840.113549.1.1.10" => "RSASSA-PSS",
        "1.2.840.113549.1.1.11" => "sha256WithRSAEncryption",
        "1.2.840.113549.1.1.12" => "sha384WithRSAEncryption",
        "1.2.840.113549.1.1.13" => "sha512WithRSAEncryption",
        "1.2.840.113549.1.1.14" => "sha224WithRSAEncryption",
        "1.2.840.10040.4.3" => "dsa-with-SHA1",
        "1.2.840.10045.4.1" => "ecdsa-with-SHA1",
        "1.2.840.10045.4.3.1" => "ecdsa-with-SHA224",
        "1.2.840.10045.4.3.2" => "ecdsa-with-SHA256",
        "1.2.840.10045.4.3.3" => "ecdsa-with-SHA384",
        "1.2.840.10045.4.3.4" => "ecdsa-with-SHA512",
        "1.3.101.112" => "Ed25519",
        "1.3.101.113" => "Ed448",
        other => other,
    };
    name.to_owned()
}

#[cfg(test)]
mod tests {
    use rcgen::{CertificateParams, KeyPair, PKCS_ECDSA_P384_SHA384, PKCS_ED25519};

    use super::*;

    #[test]
    fn the_facts_are_those_the_certificate_was_made_with() {
        let mut params =
            CertificateParams::new(vec!["rms.example.test".to_owned(), "127.0.0.1".to_owned()])
                .unwrap();
        params.not_before = rcgen::date_time_ymd(2026, 1, 1);
        params.not_after = rcgen::date_time_ymd(2026, 3, 1);
        let key = KeyPair::generate_for(&PKCS_ECDSA_P384_SHA384).unwrap();
        let made = params.self_signed(&key).unwrap();
        let facts = facts(made.der()).unwrap();
        assert_eq!(facts.names, ["rms.example.test", "127.0.0.1"]);
        assert_eq!((facts.key, facts.bits), (KeyKind::EllipticCurve, 384));
        assert_eq!(facts.signature, "ecdsa-with-SHA384");
        assert_eq!(facts.not_after - facts.not_before, 59 * 86_400);
        assert!(facts.self_issued);
    }

    #[test]
    fn keys_of_other_kinds_are_told_apart() {
        let key = KeyPair::generate_for(&PKCS_ED25519).unwrap();
        let made = CertificateParams::new(Vec::new())
            .unwrap()
            .self_signed(&key)
            .unwrap();
        let facts = facts(made.der()).unwrap();
        assert_eq!((facts.key, facts.bits), (KeyKind::Edwards, 256));
        assert_eq!(significant(&[0, 0x80, 0]), 16);
        assert_eq!(significant(&[0x01, 0xFF]), 9);
        assert_eq!(significant(&[]), 0);
    }

    #[test]
    fn what_is_no_certificate_has_no_facts() {
        assert_eq!(facts(&[]), None);
        assert_eq!(facts(b"-----BEGIN CERTIFICATE-----"), None);
    }
}

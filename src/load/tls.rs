//! Certificates and keys as PEM, read and checked before anything is sent (owner of [`TlsFiles`]).

use std::sync::Arc;

use rustls::{crypto::aws_lc_rs, sign::CertifiedKey};
use rustls_pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject};
use secrecy::{ExposeSecret, SecretString};

use super::source::{Source, read_file};
use muster_core::model::ClientCertificate;

/// The certificates of a target.
#[derive(Debug, Clone, Default)]
pub struct TlsFiles {
    /// What the target's own certificate is trusted by, PEM; none where the system decides.
    pub ca_pem: Option<Vec<u8>>,
    /// The client certificate of every caller that has none of its own.
    pub client: Option<ClientCertificate>,
}

/// Reads a file of certificates.
pub(super) fn certificates(source: &Source, path: &str) -> Result<Vec<u8>, String> {
    let bytes = read_file(&source.beside(path))
        .map_err(|reason| format!("cannot read `{path}`: {reason}"))?;
    parse_certificates(&bytes).map_err(|reason| format!("`{path}` {reason}"))?;
    Ok(bytes)
}

/// Puts a certificate and its key together, if they belong together.
pub(super) fn client(
    chain_pem: Vec<u8>,
    key_pem: SecretString,
) -> Result<ClientCertificate, String> {
    let chain = parse_certificates(&chain_pem)?;
    let text = key_pem.expose_secret();
    if text.contains("ENCRYPTED") {
        return Err(
            "is locked by a pass phrase; unlock it (openssl pkey -in locked.key -out client.key)"
                .into(),
        );
    }
    let key = PrivateKeyDer::from_pem_slice(text.as_bytes())
        .map_err(|_| "holds no private key in PEM (-----BEGIN PRIVATE KEY-----)".to_owned())?;
    let key = aws_lc_rs::sign::any_supported_type(&key)
        .map_err(|_| "is of no kind that TLS can use".to_owned())?;
    match CertifiedKey::new(chain, Arc::clone(&key)).keys_match() {
        Ok(()) | Err(rustls::Error::InconsistentKeys(rustls::InconsistentKeys::Unknown)) => {}
        Err(rustls::Error::InconsistentKeys(_)) => {
            return Err("is not the key of the client certificate".into());
        }
        Err(error) => {
            return Err(format!(
                "cannot be used with the client certificate: {error}"
            ));
        }
    }
    Ok(ClientCertificate { chain_pem, key_pem })
}

fn parse_certificates(pem: &[u8]) -> Result<Vec<CertificateDer<'static>>, String> {
    let certificates: Vec<_> = CertificateDer::pem_slice_iter(pem)
        .collect::<Result<_, _>>()
        .map_err(|error| format!("is not sound PEM: {error}"))?;
    if !certificates.is_empty() {
        return Ok(certificates);
    }
    // The two other shapes certificates come in both start with an ASN.1 sequence.
    Err(if pem.starts_with(&[0x30]) {
        "is binary (DER or PKCS#12); convert it to PEM (openssl x509 -inform der, or openssl pkcs12)".into()
    } else {
        "holds no certificate in PEM (-----BEGIN CERTIFICATE-----)".into()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pair() -> (Vec<u8>, SecretString) {
        let made = rcgen::generate_simple_self_signed(vec!["client.test".to_owned()]).unwrap();
        (
            made.cert.pem().into_bytes(),
            made.signing_key.serialize_pem().into(),
        )
    }

    #[test]
    fn a_certificate_and_its_key_belong_together() {
        let (chain, key) = pair();
        assert!(client(chain.clone(), key).is_ok());
        let (_, other) = pair();
        assert_eq!(
            client(chain.clone(), other).unwrap_err(),
            "is not the key of the client certificate"
        );
        let locked =
            "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----\n";
        assert!(
            client(chain.clone(), locked.to_owned().into())
                .unwrap_err()
                .starts_with("is locked")
        );
        assert!(
            client(chain, "nothing".to_owned().into())
                .unwrap_err()
                .starts_with("holds no private key")
        );
    }

    #[test]
    fn names_the_file_and_the_reason() {
        let folder = tempfile::tempdir().unwrap();
        let source = Source {
            folder: folder.path().to_path_buf(),
            ..Source::new("target.yaml", "")
        };
        let write =
            |name: &str, bytes: &[u8]| std::fs::write(folder.path().join(name), bytes).unwrap();
        write("good.pem", &pair().0);
        write("text.pem", b"nothing");
        write("der.pem", &[0x30, 0x82, 0x01]);
        write(
            "cut.pem",
            b"-----BEGIN CERTIFICATE-----\n%%%\n-----END CERTIFICATE-----\n",
        );
        assert!(certificates(&source, "good.pem").is_ok());
        for (name, reason) in [
            ("none.pem", "cannot read `none.pem`: there is no such file"),
            (
                "text.pem",
                "`text.pem` holds no certificate in PEM (-----BEGIN CERTIFICATE-----)",
            ),
            ("der.pem", "`der.pem` is binary (DER or PKCS#12)"),
            ("cut.pem", "`cut.pem` is not sound PEM"),
        ] {
            let told = certificates(&source, name).unwrap_err();
            assert!(told.starts_with(reason), "{told}");
        }
    }
}

//! Whom to trust over TLS: certificate authorities, and a self-signed certificate that is given as one
//! (owner of [`Verifier`]).

use std::sync::Arc;

use rustls::{
    CertificateError, DigitallySignedStruct, Error, SignatureScheme,
    client::{
        WebPkiServerVerifier,
        danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
        verify_server_name,
    },
    crypto::CryptoProvider,
    pki_types::{CertificateDer, ServerName, UnixTime},
    server::ParsedCertificate,
};

use super::{
    TransportError, Trust,
    handshake::validity,
    tls::{self, Roots},
};

/// Verifies as WebPKI does, and trusts a certificate that was given itself, as `curl --cacert` does: within its dates
/// and for its names.
///
/// The commonest self-signed certificate (`openssl req -x509`) says that it is an authority, which WebPKI accepts from
/// no server.
#[derive(Debug)]
pub(super) struct Verifier {
    inner: Arc<WebPkiServerVerifier>,
    given: Vec<CertificateDer<'static>>,
}

impl Verifier {
    /// A verifier for this trust; none where nothing at all is trusted.
    pub(super) fn new(
        trust: &Trust,
        provider: &Arc<CryptoProvider>,
    ) -> Result<(Option<Self>, Roots), TransportError> {
        let (store, roots) = tls::roots(trust)?;
        if matches!(roots, Roots::Missing) {
            return Ok((None, roots));
        }
        let given = match trust {
            Trust::Only(pem) | Trust::SystemAnd(pem) => {
                tls::certificates(pem).map_err(TransportError::Authorities)?
            }
            Trust::System => Vec::new(),
        };
        let inner = WebPkiServerVerifier::builder_with_provider(store.into(), Arc::clone(provider))
            .build()
            .map_err(|error| TransportError::Authorities(error.to_string()))?;
        Ok((Some(Self { inner, given }), roots))
    }

    fn is_given(&self, end_entity: &CertificateDer<'_>) -> bool {
        self.given.iter().any(|given| **given == **end_entity)
    }
}

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let judged = self.inner.verify_server_cert(
            end_entity,
            intermediates,
            server_name,
            ocsp_response,
            now,
        );
        match &judged {
            Err(Error::InvalidCertificate(
                CertificateError::Other(_) | CertificateError::UnknownIssuer,
            )) if self.is_given(end_entity) => {}
            _ => return judged,
        }
        let Some((not_before, not_after)) = validity(end_entity) else {
            return judged;
        };
        let now = i64::try_from(now.as_secs()).unwrap_or(i64::MAX);
        if now < not_before {
            return Err(CertificateError::NotValidYet.into());
        }
        if now > not_after {
            return Err(CertificateError::Expired.into());
        }
        verify_server_name(&ParsedCertificate::try_from(end_entity)?, server_name)?;
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.inner
            .verify_tls12_signature(message, certificate, signature)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.inner
            .verify_tls13_signature(message, certificate, signature)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.inner.supported_verify_schemes()
    }
}

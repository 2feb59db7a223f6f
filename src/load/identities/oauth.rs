//! `oauth2` and `hmac` of an identity: as they are written, and resolved.

use aws_lc_rs::digest::{SHA1_FOR_LEGACY_USE_ONLY, digest};
use base64::{
    Engine,
    prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD},
};
use indexmap::IndexMap;
use rustls_pki_types::{CertificateDer, pem::PemObject};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use url::Url;

use super::{Plain, Reader};
use crate::load::{
    secrets::SecretReference,
    tls,
    yaml::{Document, member},
};
use muster_core::model::{Assertion, ClientAuth, Grant, Hmac, OAuth2, TokenPlace};
use muster_jose::{Algorithm, SigningKey};

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawOAuth2 {
    token_url: Option<String>,
    issuer: Option<String>,
    client_id: Plain,
    client_secret: Option<SecretReference>,
    auth: Option<RawAuth>,
    key: Option<SecretReference>,
    algorithm: Option<String>,
    key_id: Option<String>,
    certificate: Option<String>,
    assertion_audience: Option<String>,
    refresh_token: Option<SecretReference>,
    scope: Option<String>,
    audience: Option<String>,
    #[serde(default)]
    parameters: IndexMap<String, String>,
    dpop: Option<RawDpop>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum RawAuth {
    Basic,
    Post,
    PrivateKeyJwt,
    TlsClientAuth,
    None,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawDpop {
    algorithm: Option<String>,
    key: Option<SecretReference>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawHmac {
    key_id: Plain,
    secret: SecretReference,
    secret_is: Option<SecretForm>,
    signature_header: Option<String>,
    key_id_header: Option<String>,
}

/// How a shared secret is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum SecretForm {
    Text,
    Base64,
}

/// What of `oauth2` does not go together: the member to point at, what is wrong, and what would be right.
/// The schema has held each member by itself already.
pub(in crate::load) fn at_odds(
    document: &Document,
    pointer: &str,
) -> Vec<(String, String, String)> {
    let has = |name: &str| document.value.pointer(&member(pointer, name)).is_some();
    let auth = document.text(&member(pointer, "auth"));
    let mut wrong = Vec::new();
    let mut tell = |name: &str, message: &str, help: &str| {
        wrong.push((member(pointer, name), message.to_owned(), help.to_owned()));
    };
    if has("issuer") && has("token_url") {
        tell(
            "token_url",
            "`token_url` stands beside `issuer`",
            "give `issuer` alone: it tells its token endpoint itself; or `token_url` alone",
        );
    }
    if !has("issuer") && !has("token_url") {
        tell(
            "",
            "nothing says where tokens are issued",
            "give `token_url`, or `issuer` where it publishes /.well-known/openid-configuration",
        );
    }
    match auth {
        Some("basic" | "post") if !has("client_secret") => tell(
            "auth",
            "`client_secret` is missing",
            "give it as `client_secret: { env: NAME }`",
        ),
        Some("private_key_jwt") if !has("key") => tell(
            "auth",
            "`key` is missing: `private_key_jwt` signs with a private key",
            "give it as `key: { file: client.key }`",
        ),
        Some("private_key_jwt" | "tls_client_auth" | "none") if has("client_secret") => tell(
            "client_secret",
            "`client_secret` is not used with this `auth`",
            "leave `client_secret` out, or set `auth` to `basic` or `post`",
        ),
        Some("basic" | "post" | "tls_client_auth" | "none") if has("key") => tell(
            "key",
            "`key` is not used with this `auth`",
            "leave `key` out, or set `auth: private_key_jwt`",
        ),
        None if has("key") && has("client_secret") => tell(
            "client_secret",
            "`client_secret` stands beside `key`",
            "a client proves itself in one way: give one of them, or say which by `auth`",
        ),
        None if !has("key") && !has("client_secret") => tell(
            "",
            "nothing says how the client proves itself",
            "give `client_secret`, `key` (private_key_jwt), `auth: tls_client_auth`, or `auth: none` for a public client",
        ),
        _ => {}
    }
    if !has("key") {
        for name in ["algorithm", "key_id", "certificate", "assertion_audience"] {
            if has(name) {
                tell(
                    name,
                    &format!("`{name}` belongs to a `key`, and there is none"),
                    "give `key: { file: client.key }`, or leave it out",
                );
            }
        }
    }
    if auth == Some("none") && !has("refresh_token") {
        tell(
            "auth",
            "a public client obtains nothing by itself",
            "give `refresh_token`, or let the client prove itself",
        );
    }
    wrong
}

impl Reader<'_> {
    pub(super) fn oauth2(&mut self, pointer: &str, raw: &RawOAuth2) -> Option<OAuth2> {
        let issued_by = match (&raw.token_url, &raw.issuer) {
            (Some(url), _) => self
                .url(&member(pointer, "token_url"), "token_url", url)
                .map(TokenPlace::Endpoint),
            (None, Some(issuer)) => self
                .url(&member(pointer, "issuer"), "issuer", issuer)
                .map(|_| TokenPlace::Issuer(issuer.clone())),
            // Told before anything is resolved.
            (None, None) => None,
        };
        let client_id = self.plain(&member(pointer, "client_id"), &raw.client_id);
        let auth = self.client_auth(pointer, raw);
        let grant = match &raw.refresh_token {
            Some(token) => self
                .secret(&member(pointer, "refresh_token"), token)
                .map(Grant::Refresh),
            None => Some(Grant::ClientCredentials),
        };
        let dpop = match &raw.dpop {
            None => Some(None),
            Some(dpop) => self.dpop(&member(pointer, "dpop"), dpop).map(Some),
        };
        Some(OAuth2 {
            issued_by: issued_by?,
            client_id: client_id?,
            auth: auth?,
            grant: grant?,
            scope: raw.scope.clone(),
            audience: raw.audience.clone(),
            parameters: raw
                .parameters
                .iter()
                .map(|(name, value)| (name.clone(), value.clone()))
                .collect(),
            dpop: dpop?,
        })
    }

    fn client_auth(&mut self, pointer: &str, raw: &RawOAuth2) -> Option<ClientAuth> {
        let usual = if raw.key.is_some() {
            RawAuth::PrivateKeyJwt
        } else {
            RawAuth::Basic
        };
        match raw.auth.unwrap_or(usual) {
            RawAuth::PrivateKeyJwt => {
                let key = raw.key.as_ref()?;
                let at = member(pointer, "key");
                let (key, text) = self.key_of(&at, "key", key, raw.algorithm.as_deref())?;
                let x5t = match &raw.certificate {
                    Some(path) => Some(self.thumbprint(pointer, path, text)?),
                    None => None,
                };
                let kid = raw.key_id.clone().or_else(|| key.kid().map(str::to_owned));
                Some(ClientAuth::Assertion(Box::new(Assertion {
                    key,
                    kid,
                    x5t,
                    audience: raw.assertion_audience.clone(),
                })))
            }
            RawAuth::TlsClientAuth => Some(ClientAuth::Certificate),
            RawAuth::None => Some(ClientAuth::Nothing),
            method => {
                let at = member(pointer, "client_secret");
                let secret = self.secret(&at, raw.client_secret.as_ref()?)?;
                Some(if method == RawAuth::Post {
                    ClientAuth::Post(secret)
                } else {
                    ClientAuth::Basic(secret)
                })
            }
        }
    }

    fn dpop(&mut self, pointer: &str, raw: &RawDpop) -> Option<SigningKey> {
        match &raw.key {
            Some(key) => {
                let at = member(pointer, "key");
                self.key_of(&at, "key", key, raw.algorithm.as_deref())
                    .map(|(key, _)| key)
            }
            None => {
                let named = raw.algorithm.as_deref().and_then(Algorithm::named);
                let key = SigningKey::generate(named.unwrap_or(Algorithm::Es256));
                if key.is_none() {
                    self.tell(pointer, "no key could be made on this machine".to_owned());
                }
                key
            }
        }
    }

    /// A key, and the text that it was read from.
    fn key_of(
        &mut self,
        pointer: &str,
        name: &str,
        reference: &SecretReference,
        algorithm: Option<&str>,
    ) -> Option<(SigningKey, SecretString)> {
        let text = self.secret(pointer, reference)?;
        let named = algorithm.and_then(Algorithm::named);
        if self.document.source.without_secrets {
            let key = SigningKey::generate(named.unwrap_or(Algorithm::Es256))?;
            return Some((key, text));
        }
        match SigningKey::read(text.expose_secret(), named) {
            Ok(key) => Some((key, text)),
            Err(reason) => {
                self.tell(pointer, format!("`{name}` {reason}"));
                None
            }
        }
    }

    /// The SHA-1 thumbprint of the certificate that belongs to a key.
    fn thumbprint(&mut self, pointer: &str, path: &str, key: SecretString) -> Option<String> {
        let at = member(pointer, "certificate");
        let chain = tls::certificates(&self.document.source, path)
            .map_err(|reason| self.tell(&at, reason))
            .ok()?;
        // A JWK cannot be compared with a certificate; PEM can.
        if !self.document.source.without_secrets
            && !key.expose_secret().trim_start().starts_with('{')
            && let Err(reason) = tls::client(chain.clone(), key)
        {
            self.tell(&member(pointer, "key"), format!("`key` {reason}"));
            return None;
        }
        let first = CertificateDer::from_pem_slice(&chain).ok()?;
        Some(BASE64_URL_SAFE_NO_PAD.encode(digest(&SHA1_FOR_LEGACY_USE_ONLY, &first)))
    }

    pub(super) fn hmac(&mut self, pointer: &str, raw: &RawHmac) -> Option<Hmac> {
        let key_id = self.plain(&member(pointer, "key_id"), &raw.key_id);
        let at = member(pointer, "secret");
        let secret = self.secret(&at, &raw.secret)?;
        let secret = match raw.secret_is {
            None | Some(SecretForm::Text) => BASE64_STANDARD.encode(secret.expose_secret()).into(),
            Some(SecretForm::Base64) => {
                if BASE64_STANDARD.decode(secret.expose_secret()).is_err() {
                    self.tell(
                        &at,
                        "`secret` is not base64, though `secret_is` says so".into(),
                    );
                    return None;
                }
                secret
            }
        };
        let header =
            |name: &Option<String>, usual: &str| name.clone().unwrap_or_else(|| usual.to_owned());
        Some(Hmac {
            key_id: key_id?,
            secret,
            key_id_header: header(&raw.key_id_header, "X-Key-Id"),
            signature_header: header(&raw.signature_header, "X-Signature"),
        })
    }

    fn url(&mut self, pointer: &str, name: &str, text: &str) -> Option<Url> {
        Url::parse(text)
            .map_err(|error| self.tell(pointer, format!("`{name}` is not a URL: {error}")))
            .ok()
    }

    fn tell(&mut self, pointer: &str, message: String) {
        self.wrong.push(self.document.error(pointer, message));
    }
}

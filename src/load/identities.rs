//! The identities of a target file: as they are written, and resolved.

mod login;
mod oauth;

use serde::Deserialize;

pub(super) use self::oauth::at_odds;
use self::{
    login::{RawFixed, RawLogin},
    oauth::{RawHmac, RawOAuth2},
};
use super::{
    diagnostic::Diagnostics,
    secrets::{Lookup, SecretReference},
    tls,
    yaml::{Document, member},
};
use muster_core::model::{ClientCertificate, Credential, Identity, KeyPlace};
use secrecy::{ExposeSecret, SecretString};

/// An identity as it is written.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawIdentity {
    #[serde(default, rename = "none")]
    _none: Option<Nothing>,
    basic: Option<RawBasic>,
    bearer: Option<RawBearer>,
    api_key: Option<RawKey>,
    #[serde(default)]
    api_keys: Vec<RawKey>,
    oauth2: Option<RawOAuth2>,
    hmac: Option<RawHmac>,
    authorization: Option<RawFixed>,
    login: Option<RawLogin>,
    #[serde(default)]
    schemes: indexmap::IndexMap<String, String>,
    tls: Option<RawCertificate>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Nothing {}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawBasic {
    username: Plain,
    password: SecretReference,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawBearer {
    token: SecretReference,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawKey {
    r#in: RawPlace,
    name: String,
    value: SecretReference,
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
enum RawPlace {
    Header,
    Query,
    Cookie,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawCertificate {
    client_cert: String,
    client_key: SecretReference,
}

/// A text that may stand in the file, or be read from where secrets are.
#[derive(Debug)]
pub(super) enum Plain {
    Text(String),
    Read(SecretReference),
}

impl<'de> Deserialize<'de> for Plain {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl<'de> serde::de::Visitor<'de> for Visitor {
            type Value = Plain;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("a text, or where it is read")
            }

            fn visit_str<E>(self, text: &str) -> Result<Plain, E> {
                Ok(Plain::Text(text.to_owned()))
            }

            fn visit_map<A: serde::de::MapAccess<'de>>(self, map: A) -> Result<Plain, A::Error> {
                let map = serde::de::value::MapAccessDeserializer::new(map);
                SecretReference::deserialize(map).map(Plain::Read)
            }
        }
        deserializer.deserialize_any(Visitor)
    }
}

/// Resolves what an identity is made of; whatever cannot be read is told and left out.
pub(super) fn resolve(
    document: &Document,
    pointer: &str,
    raw: &RawIdentity,
    environment: Lookup<'_>,
    wrong: &mut Diagnostics,
) -> Identity {
    let mut reader = Reader {
        document,
        environment,
        wrong,
    };
    // Each with the name that `schemes` may call it by.
    let mut found: Vec<(&str, Credential)> = Vec::new();
    if let Some(basic) = &raw.basic {
        let at = member(pointer, "basic");
        let username = reader.plain(&member(&at, "username"), &basic.username);
        let password = reader.secret(&member(&at, "password"), &basic.password);
        if let (Some(username), Some(password)) = (username, password) {
            found.push(("basic", Credential::Basic { username, password }));
        }
    }
    if let Some(bearer) = &raw.bearer {
        let at = member(&member(pointer, "bearer"), "token");
        if let Some(token) = reader.secret(&at, &bearer.token) {
            found.push(("bearer", Credential::Bearer { token }));
        }
    }
    if let Some(key) = &raw.api_key {
        let key = reader.key(&member(pointer, "api_key"), key);
        found.extend(key.map(|key| ("api_key", key)));
    }
    for (index, raw) in raw.api_keys.iter().enumerate() {
        let key = reader.key(&format!("{pointer}/api_keys/{index}"), raw);
        found.extend(key.map(|key| (raw.name.as_str(), key)));
    }
    if let Some(oauth2) = &raw.oauth2 {
        let oauth2 = reader.oauth2(&member(pointer, "oauth2"), oauth2);
        found.extend(oauth2.map(|oauth2| ("oauth2", Credential::OAuth2(Box::new(oauth2)))));
    }
    if let Some(hmac) = &raw.hmac {
        let hmac = reader.hmac(&member(pointer, "hmac"), hmac);
        found.extend(hmac.map(|hmac| ("hmac", Credential::Hmac(hmac))));
    }
    if let Some(fixed) = &raw.authorization {
        let fixed = reader.fixed(&member(pointer, "authorization"), fixed);
        found.extend(fixed.map(|fixed| ("authorization", fixed)));
    }
    if let Some(login) = &raw.login {
        let login = reader.login(&member(pointer, "login"), login);
        found.extend(login.map(|login| ("login", login)));
    }
    let mut credentials = Vec::new();
    for (name, credential) in found {
        let schemes: Vec<&String> = raw
            .schemes
            .iter()
            .filter(|(_, kind)| kind.as_str() == name)
            .map(|(scheme, _)| scheme)
            .collect();
        if schemes.is_empty() {
            credentials.push((None, credential));
        } else {
            credentials.extend(
                schemes
                    .into_iter()
                    .map(|scheme| (Some(scheme.clone()), credential.clone())),
            );
        }
    }
    let client_certificate = raw.tls.as_ref().and_then(|tls| {
        let at = member(pointer, "tls");
        client_certificate(
            document,
            &at,
            &tls.client_cert,
            &tls.client_key,
            environment,
            wrong,
        )
    });
    Identity {
        credentials,
        client_certificate,
    }
}

/// Reads a client certificate and its key from `client_cert` and `client_key` below a pointer.
pub(super) fn client_certificate(
    document: &Document,
    pointer: &str,
    certificate: &str,
    key: &SecretReference,
    environment: Lookup<'_>,
    wrong: &mut Diagnostics,
) -> Option<ClientCertificate> {
    let chain = tls::certificates(&document.source, certificate)
        .map_err(|reason| wrong.push(document.error(&member(pointer, "client_cert"), reason)));
    let at = member(pointer, "client_key");
    let key = Reader {
        document,
        environment,
        wrong,
    }
    .secret(&at, key);
    if document.source.without_secrets {
        return Some(ClientCertificate {
            chain_pem: chain.ok()?,
            key_pem: key?,
        });
    }
    tls::client(chain.ok()?, key?)
        .map_err(|reason| wrong.push(document.error(&at, format!("`client_key` {reason}"))))
        .ok()
}

pub(super) struct Reader<'a> {
    pub(super) document: &'a Document,
    pub(super) environment: Lookup<'a>,
    pub(super) wrong: &'a mut Diagnostics,
}

impl Reader<'_> {
    pub(super) fn secret(
        &mut self,
        pointer: &str,
        reference: &SecretReference,
    ) -> Option<SecretString> {
        reference
            .resolve(&self.document.source, self.environment)
            .map_err(|reason| self.wrong.push(self.document.error(pointer, reason)))
            .ok()
    }

    pub(super) fn plain(&mut self, pointer: &str, plain: &Plain) -> Option<String> {
        match plain {
            Plain::Text(text) => Some(text.clone()),
            Plain::Read(reference) => self
                .secret(pointer, reference)
                .map(|secret| secret.expose_secret().to_owned()),
        }
    }

    fn key(&mut self, pointer: &str, raw: &RawKey) -> Option<Credential> {
        Some(Credential::ApiKey {
            place: match raw.r#in {
                RawPlace::Header => KeyPlace::Header,
                RawPlace::Query => KeyPlace::Query,
                RawPlace::Cookie => KeyPlace::Cookie,
            },
            name: raw.name.clone(),
            value: self.secret(&member(pointer, "value"), &raw.value)?,
        })
    }
}

#[cfg(test)]
mod tests;

//! `issuer` of a target file: a test issuer whose tokens can be wrong, as the identities that it makes.

use indexmap::IndexMap;
use serde::Deserialize;
use serde_json::{Map, Value};

use super::{
    identities::{self, Plain},
    secrets::SecretReference,
    yaml::{Document, member},
};
use muster_core::model::{
    ClientAuth, Credential, Grant, Identity, IdentityName, OAuth2, TokenPlace,
};

/// The flaws that any API must mind, and that are lent where nobody says which.
const USUAL: [&str; 5] = [
    "expired",
    "not-yet-valid",
    "other-audience",
    "other-issuer",
    "unknown-key",
];

/// The block as it is written.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawIssuer {
    url: String,
    client_id: Plain,
    client_secret: SecretReference,
    scope: Option<String>,
    audience: Option<String>,
    #[serde(default)]
    claims: Map<String, Value>,
    #[serde(default)]
    callers: IndexMap<String, RawCaller>,
    lends: Option<Vec<String>>,
}

/// A caller whose tokens differ.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawCaller {
    scope: Option<String>,
    #[serde(default)]
    claims: Map<String, Value>,
}

/// The identities that an issuer makes: `default`, the callers of the block, and one for each flaw.
pub(super) fn resolve(
    raw: &RawIssuer,
    reader: &mut identities::Reader<'_>,
) -> Vec<(IdentityName, Identity)> {
    let id = reader.plain("/issuer/client_id", &raw.client_id);
    let secret = reader.secret("/issuer/client_secret", &raw.client_secret);
    let (Some(id), Some(secret)) = (id, secret) else {
        return Vec::new();
    };
    let identity = |caller: Option<&RawCaller>, flaw: Option<&str>| {
        let mut claims = raw.claims.clone();
        claims.extend(
            caller
                .map(|caller| caller.claims.clone())
                .unwrap_or_default(),
        );
        let mut parameters = Vec::new();
        if !claims.is_empty() {
            let claims = Value::Object(claims).to_string();
            parameters.push(("muster_claims".to_owned(), claims));
        }
        parameters.extend(flaw.map(|flaw| ("muster_flaw".to_owned(), flaw.to_owned())));
        let oauth = OAuth2 {
            issued_by: TokenPlace::Issuer(raw.url.trim_end_matches('/').to_owned()),
            client_id: id.clone(),
            auth: ClientAuth::Basic(secret.clone()),
            grant: Grant::ClientCredentials,
            scope: caller
                .and_then(|caller| caller.scope.clone())
                .or_else(|| raw.scope.clone()),
            audience: raw.audience.clone(),
            parameters,
            dpop: None,
        };
        Identity {
            credentials: vec![(None, Credential::OAuth2(Box::new(oauth)))],
            client_certificate: None,
        }
    };
    let mut made = vec![(IdentityName::default(), identity(None, None))];
    made.extend(raw.callers.iter().map(|(name, caller)| {
        (
            IdentityName::new(name.as_str()),
            identity(Some(caller), None),
        )
    }));
    let lent: Vec<&str> = match &raw.lends {
        Some(lent) => lent.iter().map(String::as_str).collect(),
        None => USUAL.to_vec(),
    };
    made.extend(
        lent.into_iter()
            .map(|flaw| (IdentityName::new(flaw), identity(None, Some(flaw)))),
    );
    made
}

/// Callers that the block makes and `identities` has too: which of them is meant is not clear.
pub(super) fn twice(document: &Document) -> Vec<String> {
    let callers = document
        .value
        .pointer("/issuer/callers")
        .and_then(Value::as_object);
    let written = document.value.get("identities").and_then(Value::as_object);
    callers
        .into_iter()
        .flat_map(Map::keys)
        .filter(|name| written.is_some_and(|written| written.contains_key(*name)))
        .map(|name| member("/issuer/callers", name))
        .collect()
}

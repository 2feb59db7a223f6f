//! Fetching a contract that the target shows to its clients alone: with the credentials of the default identity, from the
//! target's own host and from no other.

use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use serde_json::json;
use url::Url;

use crate::{
    auth::Keyring,
    http,
    load::{
        Target,
        contract::{LoadError, Loaded, RemotePolicy, load_contract, load_contract_with},
    },
};
use muster_core::{contract::Contract, exchange::Auth, model::IdentityName, observation::Redactor};

/// Loads a contract; where its address asks for credentials, with those of the default identity.
pub(super) async fn load(
    location: &str,
    target: &Target,
    policy: &RemotePolicy,
) -> Result<Loaded, LoadError> {
    let first = load_contract(location, policy).await;
    let asks = matches!(
        &first,
        Err(LoadError::Status {
            status: 401 | 403,
            ..
        })
    );
    if !asks || !is_of_target(location, target) {
        return first;
    }
    match client(target).await {
        Some(client) => load_contract_with(location, policy, Some(client)).await,
        None => first,
    }
}

/// Whether an address has the scheme, host and port of the target.
fn is_of_target(location: &str, target: &Target) -> bool {
    Url::parse(location).is_ok_and(|url| url.origin() == target.base_url.origin())
}

/// A client that shows the credentials of the default identity and follows no redirect.
async fn client(target: &Target) -> Option<reqwest::Client> {
    let nothing =
        json!({ "openapi": "3.1.0", "info": { "title": "", "version": "" }, "paths": {} });
    let contract = Contract::from_value(nothing).ok()?;
    let mut options = http::Options::new(target.base_url.clone());
    if let Some(ca) = &target.tls.ca_pem {
        options.trust = http::Trust::SystemAnd(ca.clone());
    }
    let identities = target.identities.clone();
    let keyring = Keyring::new(identities, &contract, &options, &Redactor::default()).ok()?;
    let credentials = keyring
        .credentials(&IdentityName::default(), None, &Auth::Declared)
        .await
        .ok()?;
    let mut headers = HeaderMap::new();
    for (name, value) in credentials.headers.iter() {
        let mut value = HeaderValue::from_str(value).ok()?;
        value.set_sensitive(true);
        headers.insert(HeaderName::from_bytes(name.as_bytes()).ok()?, value);
    }
    if headers.is_empty() {
        return None;
    }
    reqwest::Client::builder()
        .user_agent(concat!("muster/", env!("CARGO_PKG_VERSION")))
        .timeout(std::time::Duration::from_secs(10))
        .redirect(reqwest::redirect::Policy::none())
        .default_headers(headers)
        .build()
        .ok()
}

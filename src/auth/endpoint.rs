//! Where tokens are issued: the token endpoint that is written down, or the one that an issuer tells
//! (OpenID Connect Discovery 1.0 §4, RFC 8414).

use serde_json::Value;
use url::{Position, Url};

use super::oauth::Log;
use crate::http::{Credentials, Options, Transport, TransportError};
use muster_core::{
    exchange::{Address, Auth, ExchangeId, Intent, Outcome, Request},
    model::{ClientAuth, IdentityName, Method, Responsible},
};

/// A token endpoint, and the way to it.
#[derive(Debug)]
pub(super) struct Endpoint {
    pub(super) url: Url,
    pub(super) transport: Transport,
    /// What the issuer says of itself, where it was asked.
    pub(super) document: Option<Value>,
}

/// The way to one host of the issuer.
///
/// # Errors
/// Where the address or a certificate cannot be used.
pub(super) fn way(connection: &Options, to: &Url) -> Result<Transport, TransportError> {
    let mut options = connection.clone();
    options.base_url = to.clone();
    options.base_url.set_query(None);
    options.base_url.set_fragment(None);
    options.body_limit = 1 << 20;
    options.concurrency = 1;
    Transport::new(options)
}

/// Why an issuer could not be asked: whose it is, in one sentence, and whether it may pass by itself.
pub(super) type Obstacle = (Responsible, String, bool);

/// Asks an issuer for its token endpoint.
///
/// # Errors
/// What stands in the way.
pub(super) async fn discover(
    issuer: &str,
    auth: &ClientAuth,
    transport: &Transport,
    connection: &Options,
    identity: &IdentityName,
    log: &Log,
) -> Result<Endpoint, Obstacle> {
    let config = |detail: String| (Responsible::Configuration, detail, false);
    let at =
        Url::parse(issuer).map_err(|error| config(format!("`issuer` is not a URL: {error}.")))?;
    let path = at.path().trim_end_matches('/');
    let mut tried = Vec::new();
    let mut found = None;
    // The first is appended to the path, the second stands before it (RFC 8414 §3.1).
    for place in [
        format!("{path}/.well-known/openid-configuration"),
        format!("/.well-known/oauth-authorization-server{path}"),
    ] {
        match fetch(transport, identity, &place, log).await {
            Outcome::Answered(response) if response.is_success() => {
                match response.json().ok().filter(|json| json.is_object()) {
                    Some(document) => {
                        found = Some((place, document.clone()));
                        break;
                    }
                    None => {
                        let media = response.media_type().unwrap_or_else(|| "no type".into());
                        tried.push(format!("{place} ({media} in place of a JSON object)"));
                    }
                }
            }
            Outcome::Answered(response) => {
                if response.status >= 500 {
                    let detail = format!(
                        "The issuer answered {} at {place}. Try again when it is up.",
                        response.status
                    );
                    return Err((Responsible::Supplier, detail, true));
                }
                tried.push(format!("{place} ({})", response.status));
            }
            Outcome::Broken(breakage) => {
                let detail = format!(
                    "No response from the issuer at {place}. {}",
                    breakage.detail
                );
                return Err((breakage.kind.responsible(), detail, true));
            }
        }
    }
    let Some((place, document)) = found else {
        return Err(config(format!(
            "The issuer publishes no discovery document at {}. Correct `issuer`, or give `token_url` in its place.",
            tried.join(" or ")
        )));
    };
    let text = |name: &str| document.get(name).and_then(Value::as_str);
    match text("issuer") {
        Some(named) if named == issuer => {}
        Some(named) => {
            let named: String = named.chars().take(200).collect();
            return Err(config(format!(
                "The discovery document at {place} is of the issuer {named}, and the target file says {issuer}: both must be the same letter by letter (RFC 8414, section 3.3). Write `issuer: {named}` if that is the one you mean."
            )));
        }
        None => {
            return Err(config(format!(
                "The discovery document at {place} does not name its issuer. Give `token_url` in place of `issuer`."
            )));
        }
    }
    let by_certificate = matches!(auth, ClientAuth::Certificate);
    let alias = document
        .get("mtls_endpoint_aliases")
        .and_then(|aliases| aliases.get("token_endpoint"))
        .and_then(Value::as_str)
        .filter(|_| by_certificate);
    let url = alias
        .or_else(|| text("token_endpoint"))
        .and_then(|url| Url::parse(url).ok())
        .filter(|url| matches!(url.scheme(), "http" | "https"))
        .ok_or_else(|| {
            config(format!(
                "The discovery document at {place} names no usable token_endpoint. Give `token_url` in place of `issuer`."
            ))
        })?;
    if at.scheme() == "https" && url.scheme() != "https" {
        return Err((
            Responsible::Supplier,
            format!(
                "The discovery document at {place} names a token_endpoint without TLS, and no credentials are sent there."
            ),
            false,
        ));
    }
    offered(&document, auth).map_err(config)?;
    let transport = way(connection, &url).map_err(|error| config(error.to_string()))?;
    Ok(Endpoint {
        url,
        transport,
        document: Some(document),
    })
}

/// Whether the issuer offers the way in which the client proves itself; those that say nothing may.
fn offered(document: &Value, auth: &ClientAuth) -> Result<(), String> {
    let (name, written) = match auth {
        ClientAuth::Basic(_) => ("client_secret_basic", "basic"),
        ClientAuth::Post(_) => ("client_secret_post", "post"),
        ClientAuth::Assertion(_) => ("private_key_jwt", "private_key_jwt"),
        ClientAuth::Certificate => ("tls_client_auth", "tls_client_auth"),
        ClientAuth::Nothing => ("none", "none"),
    };
    let list = |member: &str| -> Option<Vec<&str>> {
        let list = document.get(member)?.as_array()?;
        Some(list.iter().filter_map(Value::as_str).collect())
    };
    let Some(methods) = list("token_endpoint_auth_methods_supported") else {
        return Ok(());
    };
    let also = if name == "tls_client_auth" {
        "self_signed_tls_client_auth"
    } else {
        name
    };
    if !methods.contains(&name) && !methods.contains(&also) {
        return Err(format!(
            "The issuer lets clients prove themselves by {}, and the target file says `auth: {written}`. Set `auth` to one of those.",
            methods.join(", ")
        ));
    }
    if let (ClientAuth::Assertion(assertion), Some(known)) = (
        auth,
        list("token_endpoint_auth_signing_alg_values_supported"),
    ) {
        let ours = assertion.key.algorithm().name();
        if !known.contains(&ours) {
            return Err(format!(
                "The issuer takes assertions signed with {}, and `key` signs with {ours}. Set `algorithm`, or give a key of another kind.",
                known.join(", ")
            ));
        }
    }
    Ok(())
}

/// Reads what an issuer publishes, as evidence.
pub(super) async fn fetch(
    transport: &Transport,
    identity: &IdentityName,
    path: &str,
    log: &Log,
) -> Outcome {
    let mut request = Request::new(
        Method::Get,
        Address::Root(path.to_owned()),
        "reads what the issuer of tokens publishes",
    )
    .meant(Intent::Housekeeping)
    .header("accept", "application/json");
    request.identity = identity.clone();
    request.auth = Auth::Nothing;
    let sent = transport.send(&request, &Credentials::default()).await;
    let outcome = sent.outcome.clone();
    super::oauth::note(log, sent.into_exchange(ExchangeId(0), request));
    outcome
}

/// The path and query of an address.
pub(super) fn path_of(url: &Url) -> &str {
    &url[Position::BeforePath..Position::AfterQuery]
}

//! What a token endpoint answers (RFC 6749 §5): a token with its life, or whose fault it is that there is
//! none.

use std::time::Duration;

use serde_json::Value;

use muster_core::{exchange::Response, model::Responsible};

/// A token as it was issued.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Issued {
    pub(super) token: String,
    /// Whether it is bound to the key of the proof that asked for it.
    pub(super) dpop: bool,
    pub(super) life: Option<Duration>,
    pub(super) refresh: Option<String>,
}

/// Why there is no token: whose it is, in one sentence, and whether it may pass by itself.
pub(super) type Refused = (Responsible, String, bool);

/// The members of an answer that are secrets, with what they are called.
pub(super) fn secrets(response: &Response) -> Vec<(&'static str, String)> {
    [
        ("access_token", "TOKEN"),
        ("refresh_token", "REFRESH_TOKEN"),
        ("id_token", "ID_TOKEN"),
    ]
    .into_iter()
    .filter_map(|(member, what)| Some((what, text(response, member)?.to_owned())))
    .collect()
}

fn text<'a>(response: &'a Response, name: &str) -> Option<&'a str> {
    response.json().ok()?.get(name)?.as_str()
}

/// Whether the endpoint asks for the proof again, with the nonce that it gives (RFC 9449 §8).
pub(super) fn wants_nonce(response: &Response) -> bool {
    text(response, "error") == Some("use_dpop_nonce")
        && response.headers.get("dpop-nonce").is_some()
}

/// Reads it. `proved` says whether a DPoP proof was sent along.
pub(super) fn read(response: &Response, proved: bool, refreshed: bool) -> Result<Issued, Refused> {
    let status = response.status;
    let json = response.json().ok().filter(|json| json.is_object());
    if let Some(code) = text(response, "error").filter(|_| !response.is_success()) {
        let (responsible, detail) = refused(code, text(response, "error_description"), refreshed);
        return Err((responsible, detail, false));
    }
    let fail = |responsible, detail: String, passing| Err((responsible, detail, passing));
    match status {
        200..=299 => {}
        500..=599 | 429 => {
            return fail(
                Responsible::Supplier,
                format!("The token endpoint answered {status}."),
                true,
            );
        }
        300..=399 => {
            return fail(
                Responsible::Configuration,
                format!(
                    "The token endpoint answered {status}, a redirect: token_url is not its address."
                ),
                false,
            );
        }
        401 | 403 => {
            return fail(
                Responsible::Credentials,
                format!("The token endpoint answered {status}: it does not accept the client."),
                false,
            );
        }
        _ => {
            return fail(
                Responsible::Configuration,
                format!("The token endpoint answered {status}: token_url may be wrong."),
                false,
            );
        }
    }
    let Some(token) = text(response, "access_token").filter(|token| !token.is_empty()) else {
        let (responsible, what) = if json.is_some() {
            (
                Responsible::Supplier,
                "JSON without an access_token".to_owned(),
            )
        } else {
            let media = response.media_type().unwrap_or_default();
            let what = match media.as_str() {
                "text/html" => "an HTML page instead of a token".to_owned(),
                "" => "a body that is not JSON".to_owned(),
                other => format!("{other} that is not a JSON object"),
            };
            (Responsible::Configuration, what)
        };
        return fail(
            responsible,
            format!("The token endpoint answered {status} with {what}; check token_url."),
            false,
        );
    };
    let kind = text(response, "token_type").unwrap_or("Bearer");
    let dpop = kind.eq_ignore_ascii_case("dpop");
    if dpop && !proved {
        return fail(
            Responsible::Configuration,
            "The token endpoint gave a token of type DPoP, which only its key opens anything with. Add `dpop: {}` to `oauth2`.".to_owned(),
            false,
        );
    }
    if !dpop && !kind.eq_ignore_ascii_case("bearer") {
        return fail(
            Responsible::Muster,
            format!(
                "The token endpoint gave a token of type {kind}; Muster can use Bearer and DPoP only."
            ),
            false,
        );
    }
    let life = json
        .and_then(|json| json.get("expires_in"))
        .and_then(|life| {
            // Some servers send the number as text.
            life.as_f64()
                .or_else(|| life.as_str()?.trim().parse().ok())
                .and_then(|seconds| Duration::try_from_secs_f64(seconds.max(0.0)).ok())
        });
    Ok(Issued {
        token: token.to_owned(),
        dpop,
        life,
        refresh: json
            .and_then(|json| json.get("refresh_token"))
            .and_then(Value::as_str)
            .map(str::to_owned),
    })
}

/// An error of RFC 6749 §5.2, RFC 9449 §5 or RFC 8707 §2.
fn refused(code: &str, description: Option<&str>, refreshed: bool) -> (Responsible, String) {
    let (responsible, meaning) = match code {
        "invalid_client" => (
            Responsible::Credentials,
            "it does not accept client_id and what proves it, or the way it is sent; compare `auth`, the secret or key, and what the issuer has registered",
        ),
        "unauthorized_client" | "access_denied" => (
            Responsible::Credentials,
            "this client may not use the client-credentials grant",
        ),
        "invalid_grant" if refreshed => (
            Responsible::Credentials,
            "it does not accept the refresh token, which has ended or was used before; log in again and give the new one",
        ),
        "invalid_grant" => (Responsible::Credentials, "it does not accept the grant"),
        "invalid_scope" | "invalid_target" => (
            Responsible::Configuration,
            "it does not know the scope, audience or resource of the target file",
        ),
        "unsupported_grant_type" => (
            Responsible::Supplier,
            "it does not offer the client-credentials grant",
        ),
        "invalid_dpop_proof" | "use_dpop_nonce" => (
            Responsible::Configuration,
            "it does not accept the DPoP proof; compare the clocks, and `dpop.algorithm` with what the issuer supports",
        ),
        "server_error" | "temporarily_unavailable" => {
            (Responsible::Supplier, "it is not available")
        }
        _ => (Responsible::Configuration, "it does not accept the request"),
    };
    let described = description.map_or_else(String::new, |text| {
        let short: String = text.chars().take(200).collect();
        format!(" It says: {short}")
    });
    let code: String = code.chars().take(60).collect();
    (
        responsible,
        format!("The token endpoint answered {code}: {meaning}.{described}"),
    )
}

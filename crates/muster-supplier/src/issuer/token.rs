//! Access tokens (RFC 9068), right or with one flaw: [`make`].

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use serde_json::{Map, Value, json};
use time::OffsetDateTime;

use muster_jose::SigningKey;

/// What a token is to say.
pub(super) struct Wanted<'a> {
    pub(super) issuer: &'a str,
    pub(super) audience: &'a str,
    pub(super) client: &'a str,
    pub(super) scope: &'a str,
    pub(super) flaw: Option<&'a str>,
    /// Further claims, such as the force that the client is of.
    pub(super) claims: Map<String, Value>,
    /// The thumbprint of the key that it is bound to.
    pub(super) bound: Option<&'a str>,
    pub(super) key: &'a SigningKey,
    /// A key that nobody publishes.
    pub(super) stranger: &'a SigningKey,
    pub(super) lifetime_s: i64,
}

/// Makes it: right in everything but its flaw.
pub(super) fn make(wanted: &Wanted<'_>) -> String {
    let now = OffsetDateTime::now_utc().unix_timestamp();
    let start = match wanted.flaw {
        Some("expired") => now - 3_600 - wanted.lifetime_s,
        Some("not-yet-valid") => now + 3_600,
        _ => now,
    };
    let or = |flaw: &str, other: &'static str, right| {
        if wanted.flaw == Some(flaw) {
            json!(other)
        } else {
            json!(right)
        }
    };
    let mut claims = Map::new();
    let mut say = |name: &str, value: Value| {
        claims.insert(name.to_owned(), value);
    };
    say("sub", wanted.client.into());
    say("client_id", wanted.client.into());
    for (name, value) in &wanted.claims {
        say(name, value.clone());
    }
    // After those that were asked for, which cannot undo a flaw.
    say(
        "iss",
        or(
            "other-issuer",
            "https://other-issuer.invalid",
            wanted.issuer,
        ),
    );
    say(
        "aud",
        or(
            "other-audience",
            "https://other-api.invalid",
            wanted.audience,
        ),
    );
    say(
        "scope",
        or("insufficient-scope", "muster:nothing", wanted.scope),
    );
    say(
        "jti",
        BASE64_URL_SAFE_NO_PAD
            .encode(rand::random::<[u8; 16]>())
            .into(),
    );
    say("iat", start.into());
    say("nbf", start.into());
    if wanted.flaw != Some("without-expiry") {
        say("exp", (start + wanted.lifetime_s).into());
    }
    if let Some(bound) = wanted.bound {
        say("cnf", json!({ "jkt": bound }));
    }
    let mut header = Map::new();
    header.insert("typ".into(), "at+jwt".into());
    header.insert("kid".into(), "muster-issuer".into());
    let key = if wanted.flaw == Some("unknown-key") {
        wanted.stranger
    } else {
        wanted.key
    };
    key.sign(header, &claims)
}

//! What an identity can show, and which scheme of the contract each credential is for.

use std::fmt::Write as _;

use base64::{Engine, prelude::BASE64_STANDARD};
use secrecy::{ExposeSecret, SecretString};
use url::form_urlencoded;

use muster_core::{
    contract::{ParameterPlace, SchemeKind},
    model::{ClientAuth, Credential, Grant, Identity, IdentityName, KeyPlace, Shown},
    observation::variable,
};

/// A credential, and the scheme of the contract that it is for; none where its kind decides.
pub(super) type Held = (Option<String>, Credential);

/// Whether a credential is meant for this scheme of the contract.
pub(super) fn fits((scheme, credential): &Held, name: &str, kind: Option<&SchemeKind>) -> bool {
    match scheme {
        Some(scheme) => scheme == name,
        None => kind.is_some_and(|kind| is_of(credential, kind)),
    }
}

fn is_of(credential: &Credential, kind: &SchemeKind) -> bool {
    match (kind, credential) {
        (SchemeKind::Http { scheme }, Credential::Basic { .. }) => scheme == "basic",
        (SchemeKind::Http { scheme }, Credential::Bearer { .. } | Credential::OAuth2(_)) => {
            scheme == "bearer"
        }
        (
            SchemeKind::ApiKey { place, name },
            Credential::ApiKey {
                place: held,
                name: known,
                ..
            },
        ) => is_key(*held, known, *place, name),
        (
            SchemeKind::ApiKey {
                place: ParameterPlace::Header,
                name,
            },
            Credential::Hmac(hmac),
        ) => {
            name.eq_ignore_ascii_case(&hmac.signature_header)
                || name.eq_ignore_ascii_case(&hmac.key_id_header)
        }
        // Many documents describe a bearer token as a key in this header.
        (
            SchemeKind::ApiKey {
                place: ParameterPlace::Header,
                name,
            },
            Credential::Basic { .. } | Credential::Bearer { .. } | Credential::OAuth2(_),
        ) => name.eq_ignore_ascii_case("authorization"),
        (kind, Credential::Fixed { shown, .. }) => takes(kind, shown),
        (kind, Credential::Login(login)) => takes(kind, &login.shown),
        (
            SchemeKind::OAuth2 { .. } | SchemeKind::OpenIdConnect { .. },
            Credential::Bearer { .. } | Credential::OAuth2(_),
        ) => true,
        _ => false,
    }
}

/// Whether a scheme of the contract means a token that is shown like this.
fn takes(kind: &SchemeKind, shown: &Shown) -> bool {
    match kind {
        SchemeKind::Http { scheme } => match shown.scheme() {
            // A contract can only say `bearer`, where the server wants a word of its own.
            Some(word) => word == *scheme || (scheme == "bearer" && word != "basic"),
            None => scheme == "bearer",
        },
        SchemeKind::ApiKey { place, name } => is_key(shown.place, &shown.name, *place, name),
        SchemeKind::OAuth2 { .. } | SchemeKind::OpenIdConnect { .. } => true,
        _ => false,
    }
}

/// Whether the contract means this key; header names in any case.
fn is_key(held: KeyPlace, known: &str, place: ParameterPlace, name: &str) -> bool {
    match (held, place) {
        (KeyPlace::Header, ParameterPlace::Header) => known.eq_ignore_ascii_case(name),
        (KeyPlace::Query, ParameterPlace::Query | ParameterPlace::Querystring)
        | (KeyPlace::Cookie, ParameterPlace::Cookie) => known == name,
        _ => false,
    }
}

/// The value of HTTP Basic without its scheme.
pub(super) fn basic(user: &str, password: &str) -> String {
    BASE64_STANDARD.encode(format!("{user}:{password}"))
}

/// The same for a client, whose id and secret are form-encoded first (RFC 6749 §2.3.1).
pub(super) fn client_basic(id: &str, secret: &SecretString) -> String {
    let encode = |text: &str| form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
    basic(&encode(id), &encode(secret.expose_secret()))
}

/// The secrets of an identity, each with the variable that stands for it.
pub(super) fn secrets(of: &IdentityName, identity: &Identity) -> Vec<(String, SecretString)> {
    let mut found: Vec<(String, SecretString)> = Vec::new();
    let mut add = |what: &str, value: SecretString| {
        let mut name = variable(of, what);
        let taken = |name: &str| found.iter().filter(|(held, _)| held == name).count();
        let mut number = 2;
        let plain = name.len();
        while taken(&name) > 0 {
            name.truncate(plain);
            // Writing to a string cannot fail.
            let _ = write!(name, "_{number}");
            number += 1;
        }
        found.push((name, value));
    };
    for (_, credential) in &identity.credentials {
        match credential {
            Credential::Basic { username, password } => {
                add("PASSWORD", password.clone());
                add("BASIC", basic(username, password.expose_secret()).into());
            }
            Credential::Bearer { token } => add("TOKEN", token.clone()),
            Credential::ApiKey { name, value, .. } => add(name, value.clone()),
            Credential::OAuth2(oauth) => {
                match &oauth.auth {
                    ClientAuth::Basic(secret) => {
                        add("SECRET", secret.clone());
                        add("CLIENT", client_basic(&oauth.client_id, secret).into());
                    }
                    ClientAuth::Post(secret) => add("SECRET", secret.clone()),
                    ClientAuth::Assertion(_) | ClientAuth::Certificate | ClientAuth::Nothing => {}
                }
                if let Grant::Refresh(token) = &oauth.grant {
                    add("REFRESH", token.clone());
                }
            }
            Credential::Fixed { value, .. } => add("TOKEN", value.clone()),
            Credential::Login(login) => {
                for (name, value) in login.body.values() {
                    // Names of accounts and the like are shown; what is read from elsewhere is not.
                    if !login.plain.contains(name) {
                        add(name, value.clone());
                    }
                }
            }
            Credential::Hmac(hmac) => {
                // As it may have been written, and in base64 in case its bytes are no text.
                if let Some(text) = BASE64_STANDARD
                    .decode(hmac.secret.expose_secret())
                    .ok()
                    .and_then(|bytes| String::from_utf8(bytes).ok())
                {
                    add("HMAC", text.into());
                }
                add("HMAC_BASE64", hmac.secret.clone());
            }
        }
    }
    found
}

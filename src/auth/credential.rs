//! What an identity can show.

use std::fmt::Write as _;

use base64::{Engine, prelude::BASE64_STANDARD};
use secrecy::{ExposeSecret, SecretString};
use url::{Url, form_urlencoded};

use crate::{
    contract::{ParameterPlace, SchemeKind},
    model::IdentityName,
    observation::variable,
};

/// Someone as whom Muster calls the target.
#[derive(Debug, Clone)]
pub struct Identity {
    /// The name in the target file.
    pub name: IdentityName,
    /// What it can show.
    pub held: Vec<Held>,
    /// Whether its connections show a client certificate, its own or the target's.
    pub certificate: bool,
}

/// One credential of an identity.
#[derive(Debug, Clone)]
pub struct Held {
    /// The security scheme of the contract that it is for; none where its kind decides.
    pub scheme: Option<String>,
    /// The credential.
    pub credential: Credential,
}

impl From<Credential> for Held {
    fn from(credential: Credential) -> Self {
        Self {
            scheme: None,
            credential,
        }
    }
}

/// A credential.
#[derive(Debug, Clone)]
pub enum Credential {
    /// None.
    None,
    /// A user name and a password, for HTTP Basic.
    Basic {
        /// The user name.
        user: String,
        /// The password.
        password: SecretString,
    },
    /// A bearer token.
    Bearer {
        /// The token.
        token: SecretString,
    },
    /// Keys in headers, in the query or in cookies.
    ApiKeys(Vec<ApiKey>),
    /// Tokens from a token endpoint, by client credentials.
    OAuth2(OAuth2),
}

/// A key under a name.
#[derive(Debug, Clone)]
pub struct ApiKey {
    /// Header, query or cookie.
    pub place: ParameterPlace,
    /// The name of it.
    pub name: String,
    /// The key.
    pub value: SecretString,
}

/// The client-credentials grant (RFC 6749 §4.4).
#[derive(Debug, Clone)]
pub struct OAuth2 {
    /// The token endpoint; it may be on another host than the target.
    pub token_url: Url,
    /// The client's id.
    pub client_id: String,
    /// The client's secret.
    pub client_secret: SecretString,
    /// How the client shows its secret.
    pub method: ClientAuthentication,
    /// The scope to ask for.
    pub scope: Option<String>,
    /// More parameters, such as `audience` or `resource`.
    pub extra: Vec<(String, String)>,
}

/// How a client shows its secret at the token endpoint (RFC 6749 §2.3.1).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum ClientAuthentication {
    /// As HTTP Basic.
    #[default]
    Basic,
    /// In the form.
    Post,
}

impl Held {
    /// Whether it is meant for this scheme of the contract.
    pub(super) fn fits(&self, name: &str, kind: Option<&SchemeKind>) -> bool {
        match &self.scheme {
            Some(scheme) => scheme == name,
            None => kind.is_some_and(|kind| self.credential.fits(kind)),
        }
    }
}

impl Credential {
    fn fits(&self, kind: &SchemeKind) -> bool {
        match (kind, self) {
            (SchemeKind::Http { scheme }, Self::Basic { .. }) => scheme == "basic",
            (SchemeKind::Http { scheme }, Self::Bearer { .. } | Self::OAuth2(_)) => {
                scheme == "bearer"
            }
            (SchemeKind::ApiKey { place, name }, Self::ApiKeys(keys)) => {
                keys.iter().any(|key| key.is(*place, name))
            }
            // Many documents describe a bearer token as a key in this header.
            (
                SchemeKind::ApiKey {
                    place: ParameterPlace::Header,
                    name,
                },
                Self::Basic { .. } | Self::Bearer { .. } | Self::OAuth2(_),
            ) => name.eq_ignore_ascii_case("authorization"),
            (
                SchemeKind::OAuth2 { .. } | SchemeKind::OpenIdConnect { .. },
                Self::Bearer { .. } | Self::OAuth2(_),
            ) => true,
            _ => false,
        }
    }
}

impl ApiKey {
    /// Whether the contract means this one; header names in any case.
    pub(super) fn is(&self, place: ParameterPlace, name: &str) -> bool {
        self.place == place
            && if place == ParameterPlace::Header {
                self.name.eq_ignore_ascii_case(name)
            } else {
                self.name == name
            }
    }
}

/// The value of HTTP Basic without its scheme.
pub(super) fn basic(user: &str, password: &str) -> String {
    BASE64_STANDARD.encode(format!("{user}:{password}"))
}

/// The same for a client, whose id and secret are form-encoded first (RFC 6749 §2.3.1).
pub(super) fn client_basic(oauth: &OAuth2) -> String {
    let encode = |text: &str| form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
    basic(
        &encode(&oauth.client_id),
        &encode(oauth.client_secret.expose_secret()),
    )
}

impl Identity {
    /// Its secrets, each with the variable that stands for it.
    pub(super) fn secrets(&self) -> Vec<(String, SecretString)> {
        let mut found: Vec<(String, SecretString)> = Vec::new();
        let mut add = |what: &str, value: SecretString| {
            let mut name = variable(&self.name, what);
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
        for held in &self.held {
            match &held.credential {
                Credential::None => {}
                Credential::Basic { user, password } => {
                    add("PASSWORD", password.clone());
                    add("BASIC", basic(user, password.expose_secret()).into());
                }
                Credential::Bearer { token } => add("TOKEN", token.clone()),
                Credential::ApiKeys(keys) => {
                    for key in keys {
                        add(&key.name, key.value.clone());
                    }
                }
                Credential::OAuth2(oauth) => {
                    add("SECRET", oauth.client_secret.clone());
                    if oauth.method == ClientAuthentication::Basic {
                        add("CLIENT", client_basic(oauth).into());
                    }
                }
            }
        }
        found
    }
}

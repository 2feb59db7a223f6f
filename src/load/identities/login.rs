//! Ways of security of a supplier's own in a target file: a word before a token, a request that logs in.

use std::time::Duration;

use indexmap::IndexMap;
use serde::Deserialize;

use super::{Plain, Reader};
use crate::load::{secrets::SecretReference, yaml::member};
use muster_core::model::{
    Credential, KeyPlace, LoginBody, LoginRequest, Method, Shown, TokenSource,
};

/// A value that goes into a header as it is, behind a word.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawFixed {
    scheme: Option<String>,
    prefix: Option<String>,
    header: Option<String>,
    value: SecretReference,
}

/// A request that logs in.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawLogin {
    request: String,
    json: Option<IndexMap<String, Plain>>,
    form: Option<IndexMap<String, Plain>>,
    token: Option<String>,
    token_header: Option<String>,
    token_cookie: Option<String>,
    send_as: Option<RawShown>,
    lifetime_s: Option<u64>,
}

/// Where the token goes.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawShown {
    scheme: Option<String>,
    prefix: Option<String>,
    header: Option<String>,
    cookie: Option<String>,
}

impl Reader<'_> {
    pub(super) fn fixed(&mut self, pointer: &str, raw: &RawFixed) -> Option<Credential> {
        let shown = self.header(
            pointer,
            raw.header.as_deref(),
            raw.scheme.as_deref(),
            raw.prefix.as_deref(),
        )?;
        let value = self.secret(&member(pointer, "value"), &raw.value)?;
        Some(Credential::Fixed { shown, value })
    }

    pub(super) fn login(&mut self, pointer: &str, raw: &RawLogin) -> Option<Credential> {
        let (method, address) = match raw.request.split_once(' ') {
            Some((method, address)) => (Method::parse(method), address.trim().to_owned()),
            None => (Method::Post, raw.request.clone()),
        };
        if !address.starts_with('/')
            && !address.starts_with("http://")
            && !address.starts_with("https://")
        {
            self.error(
                &member(pointer, "request"),
                "expected a method and a path or URL, such as `POST /auth/login`",
            );
            return None;
        }
        let (body, plain) = match (&raw.json, &raw.form) {
            (Some(_), Some(_)) => {
                self.error(
                    &member(pointer, "form"),
                    "a login has `json` or `form`, not both",
                );
                return None;
            }
            (Some(values), None) => {
                let (values, plain) = self.values(&member(pointer, "json"), values)?;
                (LoginBody::Json(values), plain)
            }
            (None, Some(values)) => {
                let (values, plain) = self.values(&member(pointer, "form"), values)?;
                (LoginBody::Form(values), plain)
            }
            (None, None) => (LoginBody::Nothing, Vec::new()),
        };
        let token = match (&raw.token, &raw.token_header, &raw.token_cookie) {
            (Some(path), None, None) if path.starts_with(['/', '$']) => {
                TokenSource::Body(path.clone())
            }
            (Some(_), None, None) => {
                self.error(
                    &member(pointer, "token"),
                    "expected a JSON Pointer or a JSONPath, such as `/access_token` or `$.data.token`",
                );
                return None;
            }
            (None, Some(name), None) => TokenSource::Header(name.clone()),
            (None, None, Some(name)) => TokenSource::Cookie(name.clone()),
            _ => {
                self.error(
                    pointer,
                    "a login names where the token is: one of `token`, `token_header` and `token_cookie`",
                );
                return None;
            }
        };
        let at = member(pointer, "send_as");
        let shown = match (&raw.send_as, &token) {
            // A cookie goes back as it came.
            (None, TokenSource::Cookie(name)) => cookie(name),
            (None, _) => self.header(&at, None, Some("Bearer"), None)?,
            (Some(shown), _) => match (&shown.cookie, &shown.header) {
                (Some(name), None) if shown.scheme.is_none() && shown.prefix.is_none() => {
                    cookie(name)
                }
                (Some(_), _) => {
                    self.error(&at, "`cookie` stands alone");
                    return None;
                }
                (None, header) => self.header(
                    &at,
                    header.as_deref(),
                    shown.scheme.as_deref(),
                    shown.prefix.as_deref(),
                )?,
            },
        };
        Some(Credential::Login(Box::new(LoginRequest {
            method,
            address,
            body,
            plain,
            token,
            shown,
            lifetime: raw.lifetime_s.map(Duration::from_secs),
        })))
    }

    fn header(
        &mut self,
        pointer: &str,
        header: Option<&str>,
        scheme: Option<&str>,
        prefix: Option<&str>,
    ) -> Option<Shown> {
        let prefix = match (scheme, prefix) {
            (Some(_), Some(_)) => {
                self.error(pointer, "either `scheme` or `prefix`, not both");
                return None;
            }
            (Some(scheme), None) => format!("{scheme} "),
            (None, prefix) => prefix.unwrap_or_default().to_owned(),
        };
        Some(Shown {
            place: KeyPlace::Header,
            name: header.unwrap_or("Authorization").to_owned(),
            prefix,
        })
    }

    /// The values of a body, and the names of those that stand in the file.
    #[expect(clippy::type_complexity, reason = "two lists, used once")]
    fn values(
        &mut self,
        pointer: &str,
        values: &IndexMap<String, Plain>,
    ) -> Option<(Vec<(String, secrecy::SecretString)>, Vec<String>)> {
        let mut read = Vec::new();
        let mut plain = Vec::new();
        for (name, value) in values {
            if matches!(value, Plain::Text(_)) {
                plain.push(name.clone());
            }
            let text = self.plain(&member(pointer, name), value)?;
            read.push((name.clone(), text.into()));
        }
        Some((read, plain))
    }

    fn error(&mut self, pointer: &str, reason: &str) {
        self.wrong.push(self.document.error(pointer, reason));
    }
}

fn cookie(name: &str) -> Shown {
    Shown {
        place: KeyPlace::Cookie,
        name: name.to_owned(),
        prefix: String::new(),
    }
}

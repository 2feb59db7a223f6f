//! Which credentials go where, and logins against a token endpoint of this test.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test that fails may panic"
)]

mod choice;
mod issued;
mod login;
mod methods;
mod proofs;

use std::collections::BTreeMap;

use super::{credential::Held, *};
use crate::http::{Credentials, Options};
use muster_core::{
    contract::{Alternative, Operation, ParameterPlace, SchemeKind, Security},
    exchange::Auth,
    model::{ClientAuth, Credential, Identity, KeyPlace, Method, OAuth2, OperationKey},
    observation::Redactor,
};

fn operation(security: Security) -> Operation {
    Operation {
        key: OperationKey {
            method: Method::Get,
            path: "/people".into(),
        },
        id: None,
        summary: String::new(),
        tags: Vec::new(),
        deprecated: false,
        parameters: Vec::new(),
        body: None,
        responses: Vec::new(),
        security,
        servers: Vec::new(),
        broken: None,
        pointer: String::new(),
        surroundings: muster_core::contract::Surroundings::default(),
    }
}

fn any_of(alternatives: &[&[&str]]) -> Security {
    Security::AnyOf(
        alternatives
            .iter()
            .map(|schemes| {
                Alternative(
                    schemes
                        .iter()
                        .map(|name| ((*name).to_owned(), Vec::new()))
                        .collect(),
                )
            })
            .collect(),
    )
}

fn schemes() -> BTreeMap<String, SchemeKind> {
    let key = |place, name: &str| SchemeKind::ApiKey {
        place,
        name: name.to_owned(),
    };
    [
        (
            "basic",
            SchemeKind::Http {
                scheme: "basic".to_owned(),
            },
        ),
        (
            "bearer",
            SchemeKind::Http {
                scheme: "bearer".to_owned(),
            },
        ),
        ("header", key(ParameterPlace::Header, "X-Key")),
        ("query", key(ParameterPlace::Query, "key")),
        ("cookie", key(ParameterPlace::Cookie, "sid")),
        ("cookie2", key(ParameterPlace::Cookie, "sid2")),
        (
            "oauth",
            SchemeKind::OAuth2 {
                token_url: None,
                scopes: Vec::new(),
            },
        ),
        ("mtls", SchemeKind::MutualTls),
        ("odd", SchemeKind::Unknown("odd".to_owned())),
    ]
    .into_iter()
    .map(|(name, kind)| (name.to_owned(), kind))
    .collect()
}

fn keyring(held: Vec<Held>, declares: bool) -> Keyring {
    keyring_with(held, declares, &Redactor::default())
}

fn keyring_with(held: Vec<Held>, declares: bool, redactor: &Redactor) -> Keyring {
    let identity = Identity {
        credentials: held,
        client_certificate: None,
    };
    let options = Options::new("http://127.0.0.1:1".parse().unwrap());
    Keyring::under(
        vec![("default".into(), identity)],
        schemes(),
        declares,
        &options,
        redactor,
    )
    .unwrap()
}

fn basic() -> Held {
    let credential = Credential::Basic {
        username: "ann".to_owned(),
        password: "p@ss".into(),
    };
    (None, credential)
}

fn bearer() -> Held {
    let credential = Credential::Bearer {
        token: "t0ken".into(),
    };
    (None, credential)
}

fn key(place: KeyPlace, name: &str) -> Held {
    let credential = Credential::ApiKey {
        place,
        name: name.to_owned(),
        value: format!("{name}-value").into(),
    };
    (None, credential)
}

fn shown(credentials: &Credentials) -> String {
    let headers = credentials
        .headers
        .iter()
        .map(|(name, value)| format!("{name}: {value}"));
    let query = credentials
        .query
        .iter()
        .map(|(name, value)| format!("?{name}={value}"));
    headers.chain(query).collect::<Vec<_>>().join(", ")
}

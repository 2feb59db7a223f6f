use serde_json::json;

use super::*;
use crate::load::{Source, target};
use muster_core::{
    contract::{Alternative, Parameter, Server, Style},
    model::OperationKey,
};

fn operation(
    method: Method,
    path: &str,
    parameters: &[(ParameterPlace, &str)],
    schemes: &[&str],
) -> Operation {
    Operation {
        key: OperationKey::new(method, path),
        id: None,
        summary: String::new(),
        tags: Vec::new(),
        deprecated: false,
        parameters: parameters
            .iter()
            .map(|(place, name)| Parameter {
                name: (*name).to_owned(),
                description: String::new(),
                place: *place,
                required: false,
                deprecated: false,
                style: Style::Form,
                explode: true,
                allow_reserved: false,
                schema: None,
                content: None,
                examples: Vec::new(),
                pointer: String::new(),
            })
            .collect(),
        body: None,
        responses: Vec::new(),
        security: Security::AnyOf(
            schemes
                .iter()
                .map(|name| Alternative(vec![((*name).to_owned(), Vec::new())]))
                .collect(),
        ),
        servers: Vec::new(),
        broken: None,
        pointer: String::new(),
        surroundings: muster_core::contract::Surroundings::default(),
    }
}

fn contract(
    servers: &[(&str, &str)],
    schemes: Vec<(&str, SchemeKind)>,
    operations: Vec<Operation>,
) -> Contract {
    let mut contract = Contract::from_value(json!({
        "openapi": "3.1.0",
        "info": { "title": "Records: \"A\" # B", "version": "2.0" },
        "paths": {},
    }))
    .unwrap();
    contract.location = "openapi.yaml".into();
    contract.operations = operations.into();
    contract.servers = servers
        .iter()
        .map(|(url, description)| Server {
            template: (*url).to_owned(),
            url: (*url).to_owned(),
            description: (*description).to_owned(),
            pointer: String::new(),
        })
        .collect();
    contract.security_schemes = schemes
        .into_iter()
        .map(|(name, kind)| {
            let scheme = SecurityScheme {
                name: name.to_owned(),
                kind,
                pointer: String::new(),
            };
            (name.to_owned(), scheme)
        })
        .collect();
    contract
}

fn load(text: &str) -> crate::load::Target {
    let environment = |name: &str| name.starts_with("MUSTER_").then(|| "secret".to_owned());
    let settings = target::Settings {
        environment: &environment,
        allow_writes_in_production: false,
        without_secrets: false,
    };
    target::load(Source::new("target.yaml", text), &settings)
        .unwrap_or_else(|errors| panic!("{errors}\n{text}"))
}

#[test]
fn what_is_written_is_a_sound_target() {
    let schemes = vec![
        (
            "oauth",
            SchemeKind::OAuth2 {
                token_url: Some("https://id.test/token".into()),
                scopes: vec!["people.read".into(), "people.write".into()],
            },
        ),
        (
            "login",
            SchemeKind::Http {
                scheme: "basic".into(),
            },
        ),
        (
            "jwt",
            SchemeKind::Http {
                scheme: "bearer".into(),
            },
        ),
        (
            "key",
            SchemeKind::ApiKey {
                place: ParameterPlace::Header,
                name: "X-Key".into(),
            },
        ),
        (
            "session",
            SchemeKind::ApiKey {
                place: ParameterPlace::Cookie,
                name: "sid".into(),
            },
        ),
        ("certificate", SchemeKind::MutualTls),
        (
            "never",
            SchemeKind::ApiKey {
                place: ParameterPlace::Query,
                name: "unused".into(),
            },
        ),
    ];
    let used = ["oauth", "login", "jwt", "key", "session", "certificate"];
    let operations = vec![
        operation(
            Method::Get,
            "/people",
            &[(ParameterPlace::Query, "limit")],
            &used,
        ),
        operation(
            Method::Put,
            "/people/{id}",
            &[(ParameterPlace::Header, "if-match")],
            &used,
        ),
        operation(
            Method::Post,
            "/people",
            &[(ParameterPlace::Header, "Idempotency-Key")],
            &used,
        ),
    ];
    let servers = [
        ("https://rms.police.example", "Live"),
        ("https://sandbox.example/v1", "Try it"),
    ];
    let text = super::target(&contract(&servers, schemes, operations), "api/openapi.yaml");
    let target = load(&text);
    assert_eq!(target.name, "Records: \"A\" # B 2.0");
    assert_eq!(target.base_url.as_str(), "https://sandbox.example/v1");
    assert_eq!(target.contract.as_deref(), Some("./api/openapi.yaml"));
    let claims: Vec<&str> = target.claims.0.iter().map(String::as_str).collect();
    assert_eq!(claims, ["etag", "idempotency-key", "pagination"]);
    let credentials = &target.identities[0].1.credentials;
    assert_eq!(credentials.len(), 5, "{credentials:?}");
    assert!(!text.contains("unused"));
    assert!(
        text.contains("#   \"id\": \"\" # PUT /people/{id}"),
        "{text}"
    );
    assert_eq!(target.profiles, ["uk-gov-api"]);
    // A reader takes the marks off the lines that are to hold.
    let filled = text
        .replace("# data:", "data:")
        .replace("#   \"id\": \"\"", "   \"id\": \"7\"")
        .replace("# waivers:", "waivers:");
    let target = load(&filled);
    assert!(target.data.contains_key("id"), "{filled}");
    assert_eq!(target.waivers.as_deref(), Some("./waivers.yaml"));
}

#[test]
fn a_contract_that_says_little_still_gives_a_sound_target() {
    let text = super::target(
        &contract(
            &[("/api/v2", "")],
            Vec::new(),
            vec![operation(Method::Get, "/a", &[], &[])],
        ),
        "-",
    );
    let target = load(&text);
    assert_eq!(target.base_url.as_str(), "https://api.example.test/api/v2");
    assert_eq!(target.contract, None);
    assert!(target.identities[0].1.credentials.is_empty());
    assert!(text.contains("put yours here"));
}

use serde_json::json;

use super::*;
use crate::{
    plan::{Plan, Selection},
    profile::Profile,
};
use muster_core::{
    exchange::Headers,
    model::{Claims, Parameters},
};

const PROFILE: &str = r#"{
  "id": "test", "version": "1.0.0", "title": "Test",
  "classes": [ { "id": "all", "title": "All", "kind": "core" } ], "requirements": []
}"#;

fn contract() -> Contract {
    let ok = json!({ "responses": { "200": { "description": "" } } });
    Contract::from_value(json!({
        "openapi": "3.1.0", "info": { "title": "T", "version": "1" },
        "servers": [{ "url": "https://h.test/api" }],
        "paths": {
            "/people": { "get": ok, "post": ok },
            "/people/{id}": { "get": ok, "delete": ok },
            "/auth/logout": { "get": ok },
            "/system/shutdown": { "post": ok },
            "/tokens": { "get": ok, "post": ok },
            "/tokens/{id}": { "get": ok, "delete": ok },
        },
    }))
    .unwrap()
}

fn permits(contract: &Contract, selection: &Selection) -> Permits {
    let profile: Profile = serde_json::from_str(PROFILE).unwrap();
    Plan::new(Basis {
        profile: &profile,
        contract,
        claims: &Claims::default(),
        parameters: &Parameters::default(),
        writes: true,
        selection,
    })
    .permits
    .unwrap()
}

fn request(method: Method, address: Address) -> Request {
    Request::new(method, address, "a test")
}

#[test]
fn a_request_is_judged_by_its_method_and_path() {
    let permits = permits(&contract(), &Selection::default());
    let base = |path: &str| Address::Base(path.to_owned());
    for (method, address) in [
        (Method::Get, base("/auth/logout")),
        (Method::Head, base("/auth/logout")),
        (Method::Get, base("/auth/logout?next=a")),
        (Method::Post, base("/auth/logout")),
        (Method::Post, base("/system/shutdown")),
        (Method::Patch, base("/system/shutdown")),
        (Method::Get, base("/system/shutdown")),
        (Method::Delete, base("/tokens/7")),
        (Method::Get, Address::Root("/api/auth/logout".into())),
        (
            Method::Get,
            Address::Absolute("http://h.test/api/auth/logout".into()),
        ),
    ] {
        let sent = permits.may_send(&request(method.clone(), address.clone()));
        assert!(sent.is_err(), "{method} {address:?}");
    }
    for (method, address) in [
        (Method::Get, base("")),
        (Method::Get, base("/people")),
        (Method::Patch, base("/people/7")),
        (Method::Delete, base("/people/7")),
        (Method::Get, base("/tokens")),
        (Method::Options, base("/system/shutdown")),
        (Method::Get, base("/no-such-path")),
        (
            Method::Get,
            Address::Root("/.well-known/security.txt".into()),
        ),
    ] {
        let sent = permits.may_send(&request(method.clone(), address.clone()));
        assert!(sent.is_ok(), "{method} {address:?}: {sent:?}");
    }
}

#[test]
fn a_method_in_a_header_or_a_query_counts_as_the_method() {
    let permits = permits(&contract(), &Selection::default());
    let read = request(Method::Get, Address::Base("/tokens/7".into()));
    assert!(permits.may_send(&read).is_ok());
    let mut headers = Headers::new();
    headers.append("X-HTTP-Method-Override", "delete");
    let by_header = Request {
        headers,
        ..read.clone()
    };
    assert!(permits.may_send(&by_header).is_err());
    let by_query = Request {
        address: Address::Base("/tokens/7?_method=DELETE".into()),
        ..read
    };
    assert!(permits.may_send(&by_query).is_err());
}

#[test]
fn what_the_run_made_may_be_removed() {
    let permits = permits(&contract(), &Selection::default());
    let removal =
        request(Method::Delete, Address::Base("/tokens/7".into())).meant(Intent::Housekeeping);
    assert!(permits.may_send(&removal).is_ok());
}

#[test]
fn the_operator_decides() {
    let contract = contract();
    let mut selection = Selection {
        include_hazards: vec!["POST /system/shutdown".into()],
        skip: vec!["POST /people".into()],
        ..Selection::default()
    };
    let base = |path: &str| Address::Base(path.to_owned());
    let asked = permits(&contract, &selection);
    assert!(
        asked
            .may_send(&request(Method::Post, base("/system/shutdown")))
            .is_ok()
    );
    assert!(
        asked
            .may_send(&request(Method::Post, base("/people")))
            .is_err()
    );
    selection.only = vec!["GET /people/{id}".into()];
    selection.skip.clear();
    let narrowed = permits(&contract, &selection);
    let standing = |key: &str| {
        narrowed
            .operations()
            .find(|(held, _)| held.to_string() == key)
            .map(|(_, standing)| standing.clone())
    };
    assert_eq!(standing("GET /people/{id}"), Some(Standing::Tested));
    assert_eq!(standing("POST /people"), Some(Standing::Prepares));
    assert!(matches!(
        standing("GET /auth/logout"),
        Some(Standing::Refused(_))
    ));
}

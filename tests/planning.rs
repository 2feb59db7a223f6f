//! Planning does no more than it must: the work grows with the operations, not with their square.

#![cfg(debug_assertions)]
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test may stop where it stands"
)]

use muster_checks::{
    plan::{Basis, Plan, Selection},
    profile::Profile,
};
use muster_core::{
    arrange::Relations,
    contract::{Contract, operation_list::visits},
    model::{Claims, Parameters},
};
use serde_json::{Map, Value, json};

/// Records of so many kinds, each with five operations.
fn document(kinds: usize) -> Value {
    let mut paths = Map::new();
    for kind in 0..kinds {
        let schema = json!({ "type": "object", "properties": {
            "id": { "type": "string" }, "name": { "type": "string" },
        } });
        let body = json!({ "content": { "application/json": { "schema": schema } } });
        let response = json!({ "description": "It", "content": body["content"] });
        let id =
            json!({ "name": "id", "in": "path", "required": true, "schema": { "type": "string" } });
        paths.insert(
            format!("/kind{kind}"),
            json!({
                "get": { "tags": ["t"], "responses": { "200": response } },
                "post": { "requestBody": body, "responses": { "201": response } },
            }),
        );
        paths.insert(
            format!("/kind{kind}/{{id}}"),
            json!({
                "parameters": [id],
                "get": { "responses": { "200": response } },
                "put": { "requestBody": body, "responses": { "200": response } },
                "delete": { "responses": { "204": { "description": "Gone" } } },
            }),
        );
    }
    json!({ "openapi": "3.1.0", "info": { "title": "T", "version": "1" }, "paths": paths })
}

/// Operations that are visited to load, relate and plan records of so many kinds.
fn visited(kinds: usize, profile: &Profile) -> u64 {
    let document = document(kinds);
    visits::of(|| {
        let contract = Contract::from_value(document).unwrap();
        drop(Relations::of(&contract));
        let plan = Plan::new(Basis {
            profile,
            contract: &contract,
            claims: &Claims::default(),
            parameters: &Parameters::default(),
            writes: true,
            selection: &Selection::default(),
        });
        assert!(plan.cases.len() > 5 * kinds);
    })
}

#[test]
fn loading_and_planning_visit_each_operation_so_often_however_many_there_are() {
    let profile = muster::load::profile::load("uk-gov-api", &Default::default())
        .unwrap()
        .profile;
    let (few, many) = (visited(20, &profile), visited(80, &profile));
    assert!(many <= few * 4 + few / 2, "{few} visits, then {many}");
}

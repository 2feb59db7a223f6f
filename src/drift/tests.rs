#![allow(clippy::unwrap_used, reason = "tests stop at what is wrong")]

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::{RULES, compare};
use crate::contract::Contract;

fn contract(change: impl FnOnce(&mut Value)) -> Contract {
    let mut document = json!({
        "openapi": "3.1.0",
        "info": { "title": "Example", "version": "1" },
        "paths": { "/people": { "post": {
            "parameters": [{ "name": "dry", "in": "query", "schema": { "type": "boolean" } }],
            "requestBody": { "content": { "application/json": { "schema": { "$ref": "#/components/schemas/Person" } } } },
            "responses": { "201": { "description": "Created", "content": { "application/json": { "schema": { "$ref": "#/components/schemas/Person" } } } } },
        } } },
        "components": { "schemas": { "Person": {
            "type": "object",
            "required": ["name"],
            "properties": {
                "name": { "type": "string", "maxLength": 60 },
                "sex": { "type": "string", "enum": ["female", "male"] },
                "friend": { "$ref": "#/components/schemas/Person" },
            },
        } } },
    });
    change(&mut document);
    Contract::from_value(document).unwrap()
}

fn told(change: impl FnOnce(&mut Value)) -> BTreeSet<(&'static str, bool)> {
    compare(&contract(|_| {}), &contract(change))
        .into_iter()
        .map(|difference| (difference.rule, difference.breaking))
        .collect()
}

#[test]
fn a_contract_does_not_differ_from_itself() {
    assert_eq!(told(|_| {}), BTreeSet::new());
}

#[test]
fn what_is_taken_must_not_become_less_and_what_is_sent_not_more() {
    let less = told(|document| {
        document["components"]["schemas"]["Person"]["properties"]["sex"]["enum"] =
            json!(["female"]);
    });
    assert_eq!(
        less,
        BTreeSet::from([
            ("request-enum-narrowed", true),
            ("response-enum-narrowed", false)
        ])
    );
    let more = told(|document| {
        document["components"]["schemas"]["Person"]["properties"]["name"]["maxLength"] = json!(80);
    });
    assert_eq!(
        more,
        BTreeSet::from([
            ("request-bound-widened", false),
            ("response-bound-widened", true)
        ])
    );
}

#[test]
fn operations_parameters_and_members_that_go_break() {
    let gone = told(|document| document["paths"] = json!({}));
    assert_eq!(gone, BTreeSet::from([("operation-removed", true)]));
    let needed = told(|document| {
        document["paths"]["/people"]["post"]["parameters"][0]["required"] = json!(true);
    });
    assert_eq!(needed, BTreeSet::from([("parameter-required", true)]));
    let member = told(|document| {
        document["components"]["schemas"]["Person"]["properties"]
            .as_object_mut()
            .unwrap()
            .shift_remove("sex");
    });
    assert_eq!(
        member,
        BTreeSet::from([
            ("request-property-removed", true),
            ("response-property-removed", true)
        ])
    );
}

#[test]
fn every_rule_is_published() {
    let published = include_str!("../../docs/drift-rules.md");
    for rule in RULES {
        let class = if rule.breaking {
            "breaking"
        } else {
            "not breaking"
        };
        let line = format!("| `{}` | {class} | {} |", rule.id, rule.meaning);
        assert!(published.contains(&line), "{line}");
    }
    assert_eq!(published.matches("| `").count(), RULES.len());
}

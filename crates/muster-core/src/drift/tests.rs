#![allow(clippy::unwrap_used, reason = "tests stop at what is wrong")]

use std::collections::BTreeSet;

use proptest::prelude::*;
use serde_json::{Map, Value, json};

use super::{Impact, RULES, compare, markdown, page, rule, text};
use crate::contract::Contract;

fn base() -> Value {
    json!({
        "openapi": "3.1.0",
        "info": { "title": "Example", "version": "1" },
        "paths": {
            "/people": { "post": {
                "security": [{ "key": ["write"] }],
                "parameters": [
                    { "name": "dry", "in": "query", "schema": { "type": "boolean" } },
                    { "name": "tag", "in": "query", "required": true, "schema": { "type": "string" } },
                ],
                "requestBody": { "content": {
                    "application/json": { "schema": { "$ref": "#/components/schemas/Person" } },
                    "text/csv": { "schema": { "type": "string" } },
                } },
                "responses": {
                    "201": {
                        "description": "Created",
                        "headers": { "Location": { "required": true, "schema": { "type": "string" } }, "ETag": { "schema": { "type": "string" } } },
                        "content": {
                            "application/json": { "schema": { "$ref": "#/components/schemas/Person" } },
                            "text/csv": { "schema": { "type": "string" } },
                        },
                    },
                    "400": { "description": "Wrong" },
                },
            } },
            "/people/{id}": { "get": {
                "security": [{ "key": ["read"] }],
                "parameters": [{ "name": "id", "in": "path", "required": true, "schema": { "type": "string" } }],
                "responses": { "200": { "description": "One", "content": { "application/json": { "schema": { "$ref": "#/components/schemas/Person" } } } } },
            } },
        },
        "components": {
            "securitySchemes": {
                "key": { "type": "oauth2", "flows": { "clientCredentials": { "tokenUrl": "https://example.test/token", "scopes": { "read": "", "write": "" } } } },
                "basic": { "type": "http", "scheme": "basic" },
            },
            "schemas": { "Person": {
                "allOf": [{ "$ref": "#/components/schemas/Named" }],
                "type": "object",
                "properties": {
                    "id": { "type": "string", "readOnly": true },
                    "sex": { "type": "string", "enum": ["female", "male"], "default": "female" },
                    "age": { "type": "integer", "minimum": 0, "maximum": 150 },
                    "born": { "type": "string", "format": "date" },
                    "mark": { "oneOf": [{ "type": "string" }, { "type": "object", "properties": { "kind": { "type": "string" } } }] },
                    "friend": { "$ref": "#/components/schemas/Person" },
                    "tags": { "type": "array", "maxItems": 5, "items": { "type": "string", "maxLength": 20 } },
                    "when": { "not": { "const": "never" } },
                },
            }, "Named": {
                "type": "object",
                "required": ["name"],
                "properties": { "name": { "type": "string", "maxLength": 60 } },
            } },
        },
    })
}

fn contract(document: Value) -> Contract {
    Contract::from_value(document).unwrap()
}

fn told(change: impl FnOnce(&mut Value)) -> BTreeSet<&'static str> {
    let mut document = base();
    change(&mut document);
    compare(&contract(base()), &contract(document))
        .into_iter()
        .map(|difference| {
            assert_eq!(
                Some(difference.impact),
                rule(difference.rule).map(|rule| rule.impact)
            );
            difference.rule
        })
        .collect()
}

const POST: &str = "/paths/~1people/post";
const SCHEMA: &str = "/components/schemas/Person/properties";

/// Sets the value at a pointer; `null` takes it out.
fn set(document: &mut Value, pointer: &str, value: Value) {
    let (parent, key) = pointer.rsplit_once('/').unwrap();
    let key = key.replace("~1", "/");
    match document.pointer_mut(parent).unwrap() {
        Value::Object(members) if value.is_null() => {
            members.shift_remove(&key).unwrap();
        }
        Value::Object(members) => {
            members.insert(key, value);
        }
        Value::Array(items) => items[key.parse::<usize>().unwrap()] = value,
        other => panic!("{other} has no members"),
    }
}

/// A kind of change: where, to what, and the rules that it falls under.
type Mutation = (&'static str, Value, &'static [&'static str]);

#[expect(clippy::too_many_lines, reason = "it is a table")]
fn mutations() -> Vec<Mutation> {
    let post = |rest: &str| -> &'static str { format!("{POST}{rest}").leak() };
    let schema = |rest: &str| -> &'static str { format!("{SCHEMA}{rest}").leak() };
    vec![
        ("/paths/~1people", Value::Null, &["operation-removed"]),
        (
            "/paths/~1cars",
            json!({ "get": { "responses": { "200": { "description": "All" } } } }),
            &["operation-added"],
        ),
        (post("/deprecated"), json!(true), &["operation-deprecated"]),
        (
            post("/security"),
            json!([{ "key": ["write", "admin"] }]),
            &["security-narrowed"],
        ),
        (
            post("/security"),
            json!([{ "key": ["write"], "basic": [] }]),
            &["security-narrowed"],
        ),
        (
            post("/security"),
            json!([{ "basic": [] }]),
            &["security-removed", "security-widened"],
        ),
        (
            post("/security"),
            json!([{ "key": ["write"] }, { "basic": [] }]),
            &["security-widened"],
        ),
        (post("/security"), json!([]), &["security-widened"]),
        (
            post("/parameters"),
            json!([{ "name": "tag", "in": "query", "required": true, "schema": { "type": "string" } }]),
            &["parameter-removed"],
        ),
        (
            post("/parameters/0/required"),
            json!(true),
            &["parameter-required"],
        ),
        (
            post("/parameters/1/required"),
            json!(false),
            &["parameter-optional"],
        ),
        (
            post("/parameters/0/explode"),
            json!(false),
            &["parameter-style-changed"],
        ),
        (
            post("/parameters/0/schema/type"),
            json!("string"),
            &["request-type-narrowed", "request-type-widened"],
        ),
        (
            "/paths/~1people~1{id}/get/parameters/0/schema/maxLength",
            json!(8),
            &["request-bound-narrowed"],
        ),
        (
            post("/requestBody/required"),
            json!(true),
            &["body-required"],
        ),
        (post("/requestBody"), Value::Null, &["body-removed"]),
        (
            post("/requestBody/content/text~1csv"),
            Value::Null,
            &["request-media-type-removed"],
        ),
        (
            post("/requestBody/content/text~1plain"),
            json!({}),
            &["request-media-type-added"],
        ),
        (
            post("/responses/201/content/text~1csv"),
            Value::Null,
            &["response-media-type-removed"],
        ),
        (
            post("/responses/201/content/text~1plain"),
            json!({}),
            &["response-media-type-added"],
        ),
        (
            post("/responses/201/content"),
            Value::Null,
            &["response-body-removed"],
        ),
        (post("/responses/201"), Value::Null, &["success-removed"]),
        (
            post("/responses/202"),
            json!({ "description": "Later" }),
            &["success-added"],
        ),
        (post("/responses/400"), Value::Null, &["error-removed"]),
        (
            post("/responses/409"),
            json!({ "description": "No" }),
            &["error-added"],
        ),
        (
            post("/responses/201/headers/Location"),
            Value::Null,
            &["response-header-removed"],
        ),
        (
            post("/responses/201/headers/Location/required"),
            json!(false),
            &["response-header-optional"],
        ),
        (
            post("/responses/201/headers/ETag/required"),
            json!(true),
            &["response-header-required"],
        ),
        (
            post("/responses/201/headers/Age"),
            json!({ "schema": { "type": "integer" } }),
            &["response-header-added"],
        ),
        (
            schema("/sex/enum"),
            json!(["female"]),
            &["request-enum-narrowed", "response-enum-narrowed"],
        ),
        (
            schema("/sex/enum"),
            json!(["female", "male", "other"]),
            &["request-enum-widened", "response-enum-widened"],
        ),
        (
            schema("/sex/enum"),
            Value::Null,
            &["request-enum-widened", "response-enum-widened"],
        ),
        (
            schema("/sex/type"),
            json!(["string", "null"]),
            &["request-type-widened", "response-type-widened"],
        ),
        (
            schema("/sex/default"),
            json!("male"),
            &["request-default-changed"],
        ),
        (
            schema("/sex"),
            Value::Null,
            &["request-property-removed", "response-property-removed"],
        ),
        (
            schema("/sex/readOnly"),
            json!(true),
            &["request-property-removed"],
        ),
        (
            schema("/sex/writeOnly"),
            json!(true),
            &["response-property-removed"],
        ),
        (
            schema("/rank"),
            json!({ "type": "string" }),
            &["request-property-added", "response-property-added"],
        ),
        (
            schema("/rank"),
            json!({ "type": "string", "readOnly": true }),
            &["response-property-added"],
        ),
        (
            schema("/age/maximum"),
            json!(120),
            &["request-bound-narrowed", "response-bound-narrowed"],
        ),
        (
            schema("/age/maximum"),
            json!(200),
            &["request-bound-widened", "response-bound-widened"],
        ),
        (
            schema("/age/exclusiveMinimum"),
            json!(0),
            &["request-bound-narrowed", "response-bound-narrowed"],
        ),
        (
            schema("/age/multipleOf"),
            json!(5),
            &["request-bound-narrowed", "response-bound-narrowed"],
        ),
        (
            schema("/age/type"),
            json!("number"),
            &["request-type-widened", "response-type-widened"],
        ),
        (
            schema("/tags/maxItems"),
            Value::Null,
            &["request-bound-widened", "response-bound-widened"],
        ),
        (
            schema("/tags/uniqueItems"),
            json!(true),
            &["request-bound-narrowed", "response-bound-narrowed"],
        ),
        (
            schema("/tags/items/maxLength"),
            json!(10),
            &["request-bound-narrowed", "response-bound-narrowed"],
        ),
        (
            schema("/born/format"),
            json!("date-time"),
            &["request-format-changed", "response-format-changed"],
        ),
        (
            schema("/born/format"),
            Value::Null,
            &["request-format-removed", "response-format-changed"],
        ),
        (
            schema("/born/pattern"),
            json!("^2"),
            &["request-format-changed", "response-format-added"],
        ),
        (
            schema("/mark/oneOf"),
            json!([{ "type": "string" }, { "type": "object", "properties": { "kind": { "type": "string" } } }, { "type": "integer" }]),
            &["request-variant-added", "response-variant-added"],
        ),
        (
            schema("/mark/oneOf"),
            json!([{ "type": "string" }]),
            &["request-variant-removed", "response-variant-removed"],
        ),
        (
            schema("/mark/oneOf"),
            json!([{ "type": "object", "properties": { "kind": { "type": "string", "maxLength": 2 } } }, { "type": "string" }]),
            &["request-bound-narrowed", "response-bound-narrowed"],
        ),
        (schema("/mark/oneOf"), Value::Null, &["composition-changed"]),
        (
            schema("/when/not"),
            json!({ "const": "ever" }),
            &["composition-changed"],
        ),
        (
            "/components/schemas/Person/required",
            json!(["sex"]),
            &["request-property-required", "response-property-required"],
        ),
        (
            "/components/schemas/Person/required",
            json!(["id"]),
            &["response-property-required"],
        ),
        (
            "/components/schemas/Named/required",
            json!([]),
            &["request-property-optional", "response-property-optional"],
        ),
        (
            "/components/schemas/Person/additionalProperties",
            json!(false),
            &["request-closed", "response-closed"],
        ),
    ]
}

#[test]
fn a_contract_does_not_differ_from_itself() {
    assert_eq!(told(|_| {}), BTreeSet::new());
}

#[test]
fn each_kind_of_change_is_told_by_its_rules_and_by_no_other() {
    for (pointer, value, rules) in mutations() {
        let found = told(|document| set(document, pointer, value.clone()));
        let expected: BTreeSet<&str> = rules.iter().copied().collect();
        assert_eq!(found, expected, "{pointer} := {value}");
    }
}

/// A change read backwards is told by the opposite rules: what narrows forwards widens backwards.
#[test]
fn each_kind_of_change_is_told_backwards_too() {
    let mut reached: BTreeSet<&str> = BTreeSet::new();
    for (pointer, value, rules) in mutations() {
        let mut document = base();
        set(&mut document, pointer, value.clone());
        let found: BTreeSet<&str> = compare(&contract(document), &contract(base()))
            .into_iter()
            .map(|difference| difference.rule)
            .collect();
        assert!(!found.is_empty(), "{pointer} := {value}");
        let opposite = |id: &str| {
            [
                ("narrowed", "widened"),
                ("added", "removed"),
                ("closed", "opened"),
            ]
            .into_iter()
            .find_map(|(one, other)| {
                id.ends_with(one)
                    .then(|| id.replace(one, other))
                    .or_else(|| id.ends_with(other).then(|| id.replace(other, one)))
            })
        };
        for rule in rules {
            if let Some(other) = opposite(rule).filter(|other| super::rule(other).is_some())
                && !rule.starts_with("response-format")
                && !rule.starts_with("security")
                && !rule.ends_with("property-removed")
            {
                assert!(
                    found.contains(other.as_str()),
                    "{pointer} := {value}: {found:?} lacks {other}"
                );
            }
        }
        reached.extend(found);
        reached.extend(rules.iter().copied());
    }
    reached.insert("operation-unreadable");
    // A parameter, body or property that is new and needed, told apart below.
    reached.extend(told(|document| {
        let parameter = json!({ "name": "why", "in": "query", "required": true, "schema": {} });
        document.pointer_mut(POST).unwrap()["parameters"]
            .as_array_mut()
            .unwrap()
            .push(parameter);
        set(
            document,
            &format!("{SCHEMA}/rank"),
            json!({ "type": "string" }),
        );
        set(
            document,
            "/components/schemas/Person/required",
            json!(["rank"]),
        );
    }));
    let unreached: Vec<&str> = RULES
        .iter()
        .map(|rule| rule.id)
        .filter(|id| !reached.contains(id))
        .collect();
    assert!(unreached.is_empty(), "no change is told by {unreached:?}");
}

#[test]
fn a_property_that_is_needed_breaks_where_callers_write_it() {
    let found = told(|document| {
        set(
            document,
            &format!("{SCHEMA}/rank"),
            json!({ "type": "string" }),
        );
        set(
            document,
            "/components/schemas/Person/required",
            json!(["rank"]),
        );
    });
    assert_eq!(
        found,
        BTreeSet::from(["request-property-added-required", "response-property-added"])
    );
}

#[test]
fn the_same_in_other_words_is_no_difference() {
    let merged = told(|document| {
        let named = document["components"]["schemas"]["Named"].clone();
        let person = document["components"]["schemas"]["Person"]
            .as_object_mut()
            .unwrap();
        person.shift_remove("allOf");
        person.insert("required".to_owned(), named["required"].clone());
        person["properties"]["name"] = named["properties"]["name"].clone();
    });
    assert_eq!(merged, BTreeSet::new());
    let renamed = told(|document| {
        let item = document["paths"]
            .as_object_mut()
            .unwrap()
            .shift_remove("/people/{id}")
            .unwrap();
        document["paths"]["/people/{person}"] = item;
        set(
            document,
            "/paths/~1people~1{person}/get/parameters/0/name",
            json!("person"),
        );
    });
    assert_eq!(renamed, BTreeSet::new());
    let spelled = told(|document| {
        set(document, &format!("{SCHEMA}/sex/type"), json!(["string"]));
        set(document, &format!("{SCHEMA}/age/minimum"), Value::Null);
        set(
            document,
            &format!("{SCHEMA}/age/exclusiveMinimum"),
            json!(-1),
        );
    });
    assert_eq!(spelled, BTreeSet::new());
}

#[test]
fn versions_of_openapi_are_read_alike() {
    let document = |version: &str, name: Value| {
        let mut document = base();
        document["openapi"] = json!(version);
        set(&mut document, &format!("{SCHEMA}/when"), Value::Null);
        set(&mut document, &format!("{SCHEMA}/sex"), name);
        contract(document)
    };
    let old = document("3.0.3", json!({ "type": "string", "nullable": true }));
    let new = document("3.1.0", json!({ "type": ["string", "null"] }));
    assert_eq!(compare(&old, &new), Vec::new());
}

#[test]
fn one_change_of_a_shared_part_is_one_line() {
    let mut document = base();
    set(
        &mut document,
        &format!("{SCHEMA}/sex/enum"),
        json!(["female", "male", "x|y"]),
    );
    let found = compare(&contract(base()), &contract(document));
    let text = text(&found);
    assert_eq!(
        text.matches("`/sex` in the answer 201").count(),
        1,
        "{text}"
    );
    assert!(text.contains("breaking"), "{text}");
    let table = markdown(&found);
    assert!(table.contains("x\\|y"), "{table}");
    assert!(markdown(&[]).starts_with("No differences."));
}

/// `docs/drift-rules.md` is made from the list; `MUSTER_WRITE_DOCS=1 cargo test drift` writes it anew.
#[test]
#[expect(
    clippy::disallowed_methods,
    reason = "a test may write the page it holds"
)]
fn every_rule_is_published() {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/drift-rules.md");
    if std::env::var_os("MUSTER_WRITE_DOCS").is_some() {
        std::fs::write(file, page()).unwrap();
    }
    assert_eq!(std::fs::read_to_string(file).unwrap(), page());
    let ids: BTreeSet<&str> = RULES.iter().map(|rule| rule.id).collect();
    assert_eq!(ids.len(), RULES.len());
    assert!(
        RULES
            .iter()
            .all(|rule| rule.impact != Impact::Breaking || rule.meaning.len() > 10)
    );
}

/// Any order of members, with references inlined or not.
fn shuffled(value: &Value, order: &mut impl FnMut() -> u64) -> Value {
    match value {
        Value::Object(members) => {
            let mut pairs: Vec<(u64, &String, &Value)> = members
                .iter()
                .map(|(name, value)| (order(), name, value))
                .collect();
            pairs.sort_by_key(|(key, ..)| *key);
            pairs
                .into_iter()
                .map(|(_, name, value)| (name.clone(), shuffled(value, order)))
                .collect::<Map<_, _>>()
                .into()
        }
        Value::Array(items) => items.iter().map(|item| shuffled(item, order)).collect(),
        other => other.clone(),
    }
}

/// References to `Named` replaced by what they lead to.
fn inlined(value: &Value, document: &Value) -> Value {
    match value {
        Value::Object(members) => match members.get("$ref").and_then(Value::as_str) {
            Some(reference) if reference.ends_with("/Named") => document
                .pointer(reference.trim_start_matches('#'))
                .unwrap()
                .clone(),
            _ => members
                .iter()
                .map(|(name, value)| (name.clone(), inlined(value, document)))
                .collect::<Map<_, _>>()
                .into(),
        },
        Value::Array(items) => items.iter().map(|item| inlined(item, document)).collect(),
        other => other.clone(),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn order_and_place_of_parts_change_nothing(seed: u64, inline: bool) {
        let mut state = seed;
        let mut order = || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            state >> 33
        };
        let document = if inline { inlined(&base(), &base()) } else { base() };
        let other = shuffled(&document, &mut order);
        prop_assert_eq!(compare(&contract(base()), &contract(other.clone())), Vec::new());
        prop_assert_eq!(compare(&contract(other), &contract(base())), Vec::new());
    }

    #[test]
    fn two_changes_are_both_told(one in 0..mutations().len(), two in 0..mutations().len(), seed: u64) {
        let all = mutations();
        let (first, second) = (&all[one], &all[two]);
        // Changes in one place hide one another.
        let root = |pointer: &str| pointer.split('/').take(6).collect::<Vec<_>>().join("/");
        prop_assume!(!root(first.0).starts_with(&root(second.0)) && !root(second.0).starts_with(&root(first.0)));
        // What is gone does not change besides.
        let whole = ["/paths/~1people", "/requestBody", "/201", "/content"];
        prop_assume!(!whole.iter().any(|end| first.0.ends_with(end) || second.0.ends_with(end)));
        let mut document = base();
        set(&mut document, first.0, first.1.clone());
        // A member that is gone is not required besides.
        prop_assume!(![first, second].iter().all(|change| change.2.iter().any(|rule| rule.contains("property-re"))));
        prop_assume!(document.pointer(second.0.rsplit_once('/').unwrap().0).is_some());
        set(&mut document, second.0, second.1.clone());
        let mut state = seed;
        let document = shuffled(&document, &mut || { state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1); state >> 33 });
        let found: BTreeSet<&str> = compare(&contract(base()), &contract(document))
            .into_iter()
            .map(|difference| difference.rule)
            .collect();
        let expected: BTreeSet<&str> = first.2.iter().chain(second.2).copied().collect();
        prop_assert_eq!(found, expected);
    }
}

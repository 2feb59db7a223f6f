//! Whatever a document holds, building a contract from it ends without a panic.
#![allow(clippy::unwrap_used, reason = "tests may stop at the first surprise")]

use proptest::prelude::*;
use serde_json::{Map, Value, json};

use super::Contract;

/// Keys that mean something, so that random documents get past the first check.
const KEYS: &[&str] = &[
    "$ref",
    "$id",
    "$anchor",
    "$schema",
    "paths",
    "components",
    "schemas",
    "parameters",
    "/a",
    "/a/{b}",
    "get",
    "post",
    "responses",
    "200",
    "2XX",
    "default",
    "content",
    "application/json",
    "schema",
    "name",
    "in",
    "required",
    "type",
    "properties",
    "items",
    "allOf",
    "oneOf",
    "not",
    "nullable",
    "enum",
    "format",
    "pattern",
    "minimum",
    "exclusiveMinimum",
    "examples",
    "example",
    "value",
    "security",
    "securitySchemes",
    "flows",
    "servers",
    "url",
    "variables",
    "links",
    "operationId",
    "operationRef",
    "callbacks",
    "headers",
    "requestBody",
    "readOnly",
    "webhooks",
];
/// Texts that mean something.
const TEXTS: &[&str] = &[
    "#",
    "#/paths/~1a",
    "#/components/schemas/a",
    "#/components/schemas/%",
    "#a",
    "other.yaml#/x",
    "http://[",
    "path",
    "query",
    "string",
    "integer",
    "int32",
    "(",
    "(a+)+$",
    "{",
    "{a",
    "a",
    "#/components/schemas/a/properties/a",
    "http://json-schema.org/draft-04/schema#",
    "",
];

fn any_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        prop::sample::select(TEXTS).prop_map(Value::from),
        prop::sample::select(KEYS).prop_map(Value::from),
    ];
    leaf.prop_recursive(7, 60, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::vec((prop::sample::select(KEYS), inner), 0..6).prop_map(|members| {
                Value::Object(
                    members
                        .into_iter()
                        .map(|(key, value)| (key.to_owned(), value))
                        .collect::<Map<_, _>>(),
                )
            }),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_document_is_read_to_its_end(
        version in prop::sample::select(&["3.0.3", "3.1.0", "3.2.0"][..]),
        paths in any_value(),
        operation in any_value(),
        schemas in prop::collection::vec(any_value(), 0..4),
        other in any_value(),
        instance in any_value(),
    ) {
        let schemas: Map<String, Value> = ["a", "b", "c", "d"]
            .into_iter()
            .map(str::to_owned)
            .zip(schemas)
            .collect();
        let document = json!({
            "openapi": version, "info": other, "servers": other, "security": other,
            "paths": { "/a": paths, "/a/{b}": { "get": operation } },
            "components": { "schemas": schemas, "parameters": { "a": other }, "responses": { "a": other } },
            "webhooks": { "a": paths },
        });
        let contract = Contract::from_value(document).unwrap();
        for schema in contract.schemas.places() {
            prop_assert!(contract.schemas.original(schema).is_some());
            prop_assert!(contract.schemas.normalised(schema).is_some());
            let _ = contract.schemas.is_unconstrained(schema);
            let _ = contract.schemas.validate(schema, &instance);
            let _ = contract.schemas.validate_request(schema, &instance);
            let _ = contract.schemas.validate_response(schema, &instance);
        }
        for fault in &contract.faults {
            prop_assert!(fault.pointer.starts_with('#'));
        }
        for operation in &contract.operations {
            prop_assert!(contract.at(&operation.pointer).is_some());
        }
        let _ = super::typed::findings(&contract);
    }
}

//! What the checks of the document share.

pub(crate) mod prelude {
    pub(crate) use super::{
        by_operation, each_property, faults, is_own_machine, is_success, literal_segments, or_pass,
        place, text_at,
    };
    pub(crate) use crate::{Check, Example, Expect, Judged, Kind};
    pub(crate) use muster_core::{
        contract::{Contract, Operation, ParameterPlace, Schema, Validity},
        model::Parameters,
        verdict::{Finding, Judgement},
    };
}

use serde_json::Value;

use crate::Judged;
use muster_core::{
    contract::{Contract, Fault, FaultKind, Operation, StatusPattern, typed},
    verdict::{Finding, Judgement},
};

/// Judges each operation.
pub(crate) fn by_operation(
    contract: &Contract,
    judge: impl Fn(&Operation) -> Judgement,
) -> Vec<Judged> {
    if contract.operations.is_empty() {
        return vec![Judged::document(Judgement::not_applicable(
            "The contract declares no operation.",
        ))];
    }
    contract
        .operations
        .iter()
        .map(|operation| Judged::operation(&operation.key, judge(operation)))
        .collect()
}

/// A finding for each fault of a kind, or a pass.
pub(crate) fn faults(
    contract: &Contract,
    kind: impl Fn(FaultKind) -> bool,
    tell: impl Fn(&Fault) -> Finding,
) -> Vec<Judged> {
    // The strict reader of OpenAPI 3.0 adds what our own lenient one lets pass.
    let strict = typed::findings(contract);
    or_pass(
        contract
            .faults
            .iter()
            .chain(&strict)
            .filter(|fault| kind(fault.kind))
            .map(|fault| Judged::document(tell(fault).at(place(fault))))
            .collect(),
    )
}

/// A pass for the document where nothing was found.
pub(crate) fn or_pass(found: Vec<Judged>) -> Vec<Judged> {
    if found.is_empty() {
        vec![Judged::document(Judgement::Pass)]
    } else {
        found
    }
}

/// Where a fault stands, with its document where that is not the root.
pub(crate) fn place(fault: &Fault) -> String {
    format!("{}{}", fault.document, fault.pointer)
}

/// A text of the document that is there and not blank.
pub(crate) fn text_at<'a>(contract: &'a Contract, pointer: &str) -> Option<&'a str> {
    contract
        .at(pointer)
        .and_then(Value::as_str)
        .map(str::trim)
        .filter(|text| !text.is_empty())
}

/// The segments of a path that are not variables.
pub(crate) fn literal_segments(path: &str) -> impl Iterator<Item = &str> {
    path.split('/')
        .filter(|segment| !segment.is_empty() && !segment.contains('{'))
}

/// Whether an address is that of the own machine.
pub(crate) fn is_own_machine(url: &str) -> bool {
    let host = url
        .split("://")
        .nth(1)
        .unwrap_or(url)
        .split(['/', '?'])
        .next()
        .unwrap_or_default();
    let host = host.rsplit_once('@').map_or(host, |(_, host)| host);
    host.starts_with("localhost")
        || host.starts_with("127.")
        || host.starts_with("[::1]")
        || host.starts_with("0.0.0.0")
}

/// Whether an answer is a success.
pub(crate) const fn is_success(status: StatusPattern) -> bool {
    matches!(
        status,
        StatusPattern::Exact(200..=299) | StatusPattern::Range(2)
    )
}

/// Calls `tell` with the name of every property that the schemas of a document name.
pub(crate) fn each_property(document: &Value, tell: &mut dyn FnMut(&str)) {
    match document {
        Value::Object(members) => {
            for (key, value) in members {
                match (key.as_str(), value) {
                    // Payloads, not schemas.
                    ("example" | "examples" | "default" | "enum" | "const", _) => {}
                    ("schema", schema) => each_schema_property(schema, tell),
                    ("schemas", Value::Object(schemas)) => schemas
                        .values()
                        .for_each(|schema| each_schema_property(schema, tell)),
                    (key, _) if key.starts_with("x-") => {}
                    (_, value) => each_property(value, tell),
                }
            }
        }
        Value::Array(items) => items.iter().for_each(|item| each_property(item, tell)),
        _ => {}
    }
}

fn each_schema_property(schema: &Value, tell: &mut dyn FnMut(&str)) {
    let Value::Object(members) = schema else {
        return;
    };
    for (key, value) in members {
        match (key.as_str(), value) {
            ("properties", Value::Object(properties)) => {
                for (name, property) in properties {
                    tell(name);
                    each_schema_property(property, tell);
                }
            }
            (
                "patternProperties" | "$defs" | "definitions" | "dependentSchemas",
                Value::Object(schemas),
            ) => {
                schemas
                    .values()
                    .for_each(|schema| each_schema_property(schema, tell));
            }
            ("allOf" | "anyOf" | "oneOf" | "prefixItems", Value::Array(schemas)) => {
                schemas
                    .iter()
                    .for_each(|schema| each_schema_property(schema, tell));
            }
            (
                "items"
                | "not"
                | "if"
                | "then"
                | "else"
                | "additionalProperties"
                | "contains"
                | "propertyNames",
                schema,
            ) => {
                each_schema_property(schema, tell);
            }
            _ => {}
        }
    }
}

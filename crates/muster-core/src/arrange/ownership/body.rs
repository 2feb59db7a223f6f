//! The id of a new record in the body of a response.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::Item;
use crate::{
    arrange::{answers, names, relations::Relations, shape},
    contract::{Contract, Operation, Schema},
    exchange::Exchange,
};

/// An id that a body holds.
pub(super) struct Found {
    pub(super) id: Value,
    /// Whether schema and names leave no doubt that it is the record's.
    pub(super) certain: bool,
}

/// The names, folded, that leave no doubt of which thing they name.
pub(super) fn names_of_one(variable: &str, thing: &str) -> Vec<String> {
    let folded = names::folded(variable);
    let mut wanted = vec![folded.clone()];
    let by = names::identifier(variable).map(|(_, by)| by);
    let kinds: Vec<&str> = match by.as_deref() {
        Some(kind @ ("id" | "uuid" | "guid")) => vec![kind, "id", "uuid", "guid"],
        Some(other) => vec![other],
        None => vec!["id", "uuid", "guid"],
    };
    for kind in kinds {
        wanted.push(format!("{thing}{kind}"));
        wanted.push(kind.to_owned());
    }
    let mut seen = BTreeSet::new();
    wanted.retain(|name| seen.insert(name.clone()));
    wanted
}

/// A property of an object, or of its JSON:API attributes, by any of these folded names.
pub(super) fn property<'e>(record: &'e Value, wanted: &[String]) -> Option<&'e Value> {
    let members = record.as_object()?;
    let attributes = record.get("attributes").and_then(Value::as_object);
    wanted.iter().find_map(|name| {
        [Some(members), attributes]
            .into_iter()
            .flatten()
            .find_map(|members| {
                members
                    .iter()
                    .find(|(held, value)| names::folded(held) == *name && is_key(value))
                    .map(|(_, value)| value)
            })
    })
}

/// A property of an object by its folded name, however long its text is.
pub(super) fn text_or_number<'e>(record: &'e Value, wanted: &[String]) -> Option<&'e Value> {
    record
        .as_object()?
        .iter()
        .find(|(held, value)| {
            wanted.contains(&names::folded(held)) && (value.is_string() || value.is_number())
        })
        .map(|(_, value)| value)
}

fn is_key(value: &Value) -> bool {
    match value {
        Value::String(text) => !text.is_empty() && text.len() <= 400,
        Value::Number(number) => number.is_i64() || number.is_u64(),
        _ => false,
    }
}

/// The id of the record that a creation made, as its body tells.
pub(super) fn id(
    contract: &Contract,
    relations: &Relations,
    exchange: &Exchange,
    item: &Item,
) -> Option<Found> {
    let operation = contract.operation(exchange.request.operation.as_ref()?)?;
    let body = exchange.response()?.json().ok()?;
    let of_item = item_properties(contract, relations, item);
    let body = match body {
        Value::Array(items) => match items.as_slice() {
            [one] => one,
            _ => return None,
        },
        bare @ (Value::String(_) | Value::Number(_)) => {
            let id = super::fitting(contract, item, bare).filter(is_key)?;
            return Some(Found { id, certain: false });
        }
        other => other,
    };
    let record = unwrapped(body, &item.thing, &of_item)?;
    let declared = declared(contract, operation, exchange, body, record);
    let sent = sent(exchange);
    let has = members(record);
    let shows_sent = sent
        .as_ref()
        .and_then(Value::as_object)
        .is_some_and(|sent| shows(&has, sent));
    let requested: BTreeSet<String> = shape::body(operation)
        .map(|schema| folded_members(contract, schema))
        .unwrap_or_default();
    let kinship = kinship(&declared, &has, &of_item, &requested, item);
    if kinship == Kinship::Other && !shows_sent {
        return None;
    }
    let variable = names::folded(&item.variable);
    let has_variable = |names: &BTreeSet<String>| names.contains(&variable);
    let exact = property(record, std::slice::from_ref(&variable));
    // The schema has a property with the variable's own name: no other one stands for it.
    let wanted = names_of_one(&item.variable, &item.thing);
    let found = match exact {
        Some(value) => Some(value),
        None if has_variable(&declared) && !has_variable(&of_item) => return None,
        None => property(record, &wanted),
    };
    let parents: Vec<String> =
        crate::arrange::serialise::unfill(&operation.key.path, answers::request_path(exchange))
            .unwrap_or_default()
            .into_iter()
            .map(|(_, text)| text)
            .collect();
    let is_parent =
        |id: &Value| !shows_sent && parents.contains(&crate::arrange::serialise::scalar(id));
    if let Some(id) = found.and_then(|value| super::fitting(contract, item, value)) {
        if is_parent(&id) {
            return None;
        }
        return Some(Found {
            id,
            certain: kinship == Kinship::Same || shows_sent,
        });
    }
    // Names by which people know a record: only a guess.
    let guesses = names::members_for(&item.variable, &item.thing);
    let id = property(record, &guesses).and_then(|value| super::fitting(contract, item, value))?;
    (!is_parent(&id)).then_some(Found { id, certain: false })
}

/// How what a response shows is related to the records of the item.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kinship {
    /// It is one of them.
    Same,
    /// Nothing shows what it is.
    Unknown,
    /// It is something else: a monitor, a parent, an envelope.
    Other,
}

fn kinship(
    declared: &BTreeSet<String>,
    has: &Map<String, Value>,
    of_item: &BTreeSet<String>,
    requested: &BTreeSet<String>,
    item: &Item,
) -> Kinship {
    let of_one = names_of_one(&item.variable, &item.thing);
    let shown: BTreeSet<String> = if declared.is_empty() {
        has.keys().map(|name| names::folded(name)).collect()
    } else {
        declared.clone()
    };
    let shown: BTreeSet<&String> = shown
        .iter()
        .filter(|name| !of_one.contains(name) && !is_address(name))
        .collect();
    if shown.is_empty() {
        return Kinship::Same;
    }
    let known = |name: &str| of_item.contains(name) || requested.contains(name);
    let shared = shown.iter().filter(|name| known(name)).count();
    let telling = shown.iter().filter(|name| !is_usual(name)).count();
    let of_known = of_item
        .union(requested)
        .filter(|name| !of_one.contains(name) && !is_address(name) && !is_usual(name))
        .count();
    if shared * 2 >= shown.len() || shared > 0 && shared * 2 >= of_known {
        Kinship::Same
    } else if shared > 0 || telling == 0 || of_known == 0 {
        Kinship::Unknown
    } else {
        Kinship::Other
    }
}

/// Properties that say where a resource is, or what stands beside it.
fn is_address(name: &str) -> bool {
    matches!(
        name,
        "id" | "href" | "self" | "url" | "uri" | "links" | "meta" | "attributes" | "relationships"
    )
}

/// Properties that resources of every kind have.
fn is_usual(name: &str) -> bool {
    matches!(
        name,
        "type"
            | "kind"
            | "status"
            | "state"
            | "version"
            | "etag"
            | "created"
            | "createdat"
            | "createdon"
            | "createdby"
            | "updated"
            | "updatedat"
            | "updatedon"
            | "updatedby"
            | "modified"
            | "modifiedat"
            | "timestamp"
            | "message"
            | "success"
            | "ok"
            | "code"
    )
}

/// The object in a body that is the record, if any: what `data`, the thing's own name or an only property wraps.
fn unwrapped<'e>(body: &'e Value, thing: &str, of_item: &BTreeSet<String>) -> Option<&'e Value> {
    let members = body.as_object()?;
    let wraps = |name: &str| !of_item.contains(&names::folded(name));
    if let Some(data) = members.get("data").filter(|_| wraps("data")) {
        return match data {
            Value::Object(_) => Some(data),
            Value::Array(items) => match items.as_slice() {
                [one @ Value::Object(_)] => Some(one),
                _ => None,
            },
            _ => None,
        };
    }
    let inner = members
        .iter()
        .find(|(name, value)| value.is_object() && wraps(name) && names::thing(name) == thing);
    if let Some((_, inner)) = inner {
        return Some(inner);
    }
    match members.iter().next() {
        Some((name, inner @ Value::Object(_))) if members.len() == 1 && wraps(name) => Some(inner),
        _ => Some(body),
    }
}

/// A record with its JSON:API attributes beside its own properties.
fn members(record: &Value) -> Map<String, Value> {
    let mut all = record.as_object().cloned().unwrap_or_default();
    if let Some(attributes) = record.get("attributes").and_then(Value::as_object) {
        all.extend(attributes.clone());
    }
    all
}

/// Whether a record shows a value that was sent under the same name.
fn shows(record: &Map<String, Value>, sent: &Map<String, Value>) -> bool {
    let wrapped = match sent.get("data") {
        Some(data @ Value::Object(_)) => members(data),
        _ => members(&Value::Object(sent.clone())),
    };
    wrapped.iter().any(|(name, value)| {
        (value.is_string() || value.is_number()) && record.get(name) == Some(value)
    })
}

fn sent(exchange: &Exchange) -> Option<Value> {
    serde_json::from_slice(&exchange.request.body.as_ref()?.bytes).ok()
}

/// The property names, folded, that the contract gives the object of this response.
fn declared(
    contract: &Contract,
    operation: &Operation,
    exchange: &Exchange,
    body: &Value,
    record: &Value,
) -> BTreeSet<String> {
    let Some(status) = exchange.status() else {
        return BTreeSet::new();
    };
    let schema = operation
        .responses
        .iter()
        .filter(|response| response.status.matches(status))
        .flat_map(|response| &response.content)
        .find(|media| media.is_json())
        .and_then(|media| media.schema.as_ref());
    let Some(schema) = schema else {
        return BTreeSet::new();
    };
    let schemas = &contract.schemas;
    if std::ptr::eq(body, record) {
        return folded_members(contract, schema);
    }
    let wrapper = body.as_object().and_then(|members| {
        members
            .iter()
            .find(|(_, value)| std::ptr::eq(*value, record))
            .map(|(name, _)| name)
    });
    shape::members(schemas, schema)
        .into_iter()
        .find(|member| Some(&member.name) == wrapper)
        .map(|member| folded_members(contract, &member.schema))
        .unwrap_or_default()
}

/// The property names, folded, of a schema of an object and of its JSON:API attributes.
fn folded_members(contract: &Contract, schema: &Schema) -> BTreeSet<String> {
    let schemas = &contract.schemas;
    let mut names = BTreeSet::new();
    for member in shape::members(schemas, schema) {
        if matches!(member.name.as_str(), "attributes" | "data") {
            let inner = shape::members(schemas, &member.schema);
            if !inner.is_empty() {
                names.extend(inner.iter().map(|inner| names::folded(&inner.name)));
                if let Some(attributes) = inner.iter().find(|inner| inner.name == "attributes") {
                    let deeper = shape::members(schemas, &attributes.schema);
                    names.extend(deeper.iter().map(|deeper| names::folded(&deeper.name)));
                }
                continue;
            }
        }
        names.insert(names::folded(&member.name));
    }
    names
}

/// What the contract says that a record of the item has, by what reads it, else by what lists it.
fn item_properties(contract: &Contract, relations: &Relations, item: &Item) -> BTreeSet<String> {
    let Some(collection) = relations.collection_at(&item.collection) else {
        return BTreeSet::new();
    };
    [
        &collection.read,
        &collection.list,
        &collection.replace,
        &collection.patch,
    ]
    .into_iter()
    .flatten()
    .filter_map(|key| shape::success(contract.operation(key)?))
    .map(|schema| {
        let (record, _) = shape::records(contract, schema);
        let inner = shape::members(&contract.schemas, &record);
        // `{order: {...}}` around one record.
        match inner.as_slice() {
            [only] if names::thing(&only.name) == item.thing => {
                folded_members(contract, &only.schema)
            }
            _ => folded_members(contract, &record),
        }
    })
    .find(|names| !names.is_empty())
    .unwrap_or_default()
}

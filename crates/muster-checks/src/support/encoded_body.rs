//! Bodies that are not JSON: what the encoding can tell, and what it cannot (owner of [`Encoding`]).
//!
//! A form holds nothing but text. Whether `7` is a number or a string is for the reader, so a value counts as wrong only
//! where no fair reading of it is valid.

use serde_json::Value;

use crate::support::schema_view::Place;
use muster_core::{
    arrange::body,
    contract::{Contract, Media, Operation, Schema},
    generate::{Invalid, Mutation},
};

/// How a body is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encoding {
    /// JSON, which keeps every type.
    Json,
    /// `application/x-www-form-urlencoded`.
    Form,
    /// `multipart/form-data`.
    Multipart,
    /// Plain text.
    Text,
}

impl Encoding {
    /// How a media type is written; none where nothing is known of it.
    #[must_use]
    pub fn of(media: &Media) -> Option<Self> {
        let essence = media.media_type.split(';').next().unwrap_or_default();
        match essence.trim() {
            _ if media.is_json() => Some(Self::Json),
            "application/x-www-form-urlencoded" => Some(Self::Form),
            "multipart/form-data" => Some(Self::Multipart),
            "text/plain" => Some(Self::Text),
            _ => None,
        }
    }

    /// What a reader calls a body of this kind.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Json => "JSON",
            Self::Form => "a form",
            Self::Multipart => "a multipart body",
            Self::Text => "text",
        }
    }
}

/// The body of an operation as a valid request writes it, where wrong values in it can be told from right ones.
#[must_use]
pub fn written(operation: &Operation) -> Option<(&Media, &Schema, Encoding)> {
    let media = body::choose(&operation.body.as_ref()?.content)?;
    Some((media, media.schema.as_ref()?, Encoding::of(media)?))
}

/// Whether a value is wrong as it is written: no fair reading of it keeps to the schema.
#[must_use]
pub fn is_wrong(contract: &Contract, encoding: Encoding, schema: &Schema, value: &Value) -> bool {
    let invalid = |value: &Value| {
        matches!(
            contract.schemas.validate_request(schema, value),
            muster_core::contract::Validity::Invalid(_)
        )
    };
    if encoding == Encoding::Json {
        return invalid(value);
    }
    let place = Place::of(contract, schema);
    let read = read(&place, value);
    if encoding == Encoding::Text {
        return invalid(&read);
    }
    // An empty field is often a field that was not filled in; an unticked box and an empty list are not sent at all.
    let filled = without_empty(&read);
    let completed = with_unsent(&place, &filled);
    invalid(&read) && invalid(&filled) && invalid(&completed)
}

/// Whether a value is valid as it is written, however it is read.
#[must_use]
pub fn is_plain(contract: &Contract, encoding: Encoding, schema: &Schema, value: &Value) -> bool {
    if encoding == Encoding::Json {
        return true;
    }
    let place = Place::of(contract, schema);
    read(&place, value) == *value && !has_empty(value)
}

/// Whether a wrong value can be told in this encoding by the kind of its mistake.
#[must_use]
pub fn can_tell(
    contract: &Contract,
    encoding: Encoding,
    schema: &Schema,
    invalid: &Invalid,
) -> bool {
    if encoding == Encoding::Json {
        return true;
    }
    // Null has no form; what stands in the place of a list or an object is a matter of how a reader splits text; fields
    // that nobody knows are left alone by most readers.
    let vague = matches!(
        invalid.kind,
        Mutation::Null | Mutation::WrongStructure | Mutation::ExtraProperty
    );
    let length = matches!(invalid.kind, Mutation::MissingRequired | Mutation::TooLong);
    let place = place_at(contract, schema, &invalid.pointer);
    !vague
        && (length || !is_file_at(&place))
        && (invalid.kind == Mutation::MissingRequired
            || invalid
                .value
                .pointer(&invalid.pointer)
                .is_none_or(|value| has_form(&place, value)))
}

/// Whether a value has a form of its own at a place: what stands where an object, a list or a single value belongs
/// depends on how a reader splits text.
fn has_form(place: &Place<'_>, value: &Value) -> bool {
    let types = place.types();
    match value {
        Value::Object(_) => types.contains("object"),
        Value::Array(_) => types.contains("array"),
        _ => types.iter().any(|kind| *kind != "object"),
    }
}

/// Whether a place in a body is a file, whose content only its reader understands.
#[must_use]
pub fn is_file(contract: &Contract, schema: &Schema, pointer: &str) -> bool {
    is_file_at(&place_at(contract, schema, pointer))
}

fn place_at<'a>(contract: &'a Contract, schema: &Schema, pointer: &str) -> Place<'a> {
    let mut place = Place::of(contract, schema);
    for token in pointer.split('/').skip(1) {
        let name = token.replace("~1", "/").replace("~0", "~");
        place = match name.parse() {
            Ok(index) if place.named().is_empty() => place.item(index),
            _ => place.member(&name),
        };
    }
    place
}

fn is_file_at(place: &Place<'_>) -> bool {
    place.has_format("binary")
        || place.has("contentMediaType")
        || place.has("contentEncoding")
        || place.types().is_empty()
            && place.named().is_empty()
            && !place.has("enum")
            && !place.has("const")
}

/// A value as a fair reader takes it from its text.
fn read(place: &Place<'_>, value: &Value) -> Value {
    match value {
        Value::Object(members) => Value::Object(
            members
                .iter()
                .map(|(name, member)| (name.clone(), read(&place.member(name), member)))
                .collect(),
        ),
        Value::Array(items) => Value::Array(
            items
                .iter()
                .enumerate()
                .map(|(index, item)| read(&place.item(index), item))
                .collect(),
        ),
        one => {
            let types = place.types();
            if types.contains("array") && !types.contains("string") {
                return Value::Array(vec![scalar(&place.item(0), one)]);
            }
            scalar(place, one)
        }
    }
}

fn scalar(place: &Place<'_>, value: &Value) -> Value {
    let text = match value {
        Value::String(text) => text.clone(),
        Value::Null => String::new(),
        other => other.to_string(),
    };
    let types = place.types();
    let trimmed = text.trim();
    let number = || serde_json::from_str::<serde_json::Number>(trimmed).ok();
    if (types.contains("integer") || types.contains("number"))
        && let Some(number) = number()
    {
        return Value::Number(number);
    }
    if types.contains("boolean") {
        match trimmed.to_ascii_lowercase().as_str() {
            "true" | "1" | "yes" | "on" => return Value::Bool(true),
            "false" | "0" | "no" | "off" => return Value::Bool(false),
            _ => {}
        }
    }
    if types.contains("null") && trimmed.is_empty() {
        return Value::Null;
    }
    if types.is_empty() {
        return value.clone();
    }
    Value::String(text)
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.trim().is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::Object(members) => members.is_empty(),
        Value::Bool(_) | Value::Number(_) => false,
    }
}

fn has_empty(value: &Value) -> bool {
    is_empty(value)
        || match value {
            Value::Array(items) => items.iter().any(has_empty),
            Value::Object(members) => members.values().any(has_empty),
            _ => false,
        }
}

fn without_empty(value: &Value) -> Value {
    match value {
        Value::Object(members) => Value::Object(
            members
                .iter()
                .filter(|(_, member)| !is_empty(member))
                .map(|(name, member)| (name.clone(), without_empty(member)))
                .collect(),
        ),
        other => other.clone(),
    }
}

/// The value with an empty list or `false` where a list or a box is missing.
fn with_unsent(place: &Place<'_>, value: &Value) -> Value {
    let Value::Object(members) = value else {
        return value.clone();
    };
    let mut members = members.clone();
    for name in place.named() {
        let types = place.member(name).types();
        let unsent = if types.contains("array") {
            Value::Array(Vec::new())
        } else if types.contains("boolean") {
            Value::Bool(false)
        } else {
            continue;
        };
        if !members.contains_key(name) {
            members.insert(name.to_owned(), unsent);
        }
    }
    Value::Object(members)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests stop at what is wrong")]

    use serde_json::json;

    use super::*;

    fn contract() -> Contract {
        Contract::from_value(json!({
            "openapi": "3.1.0",
            "info": { "title": "Example", "version": "1" },
            "paths": {},
            "components": { "schemas": { "Order": {
                "type": "object",
                "required": ["customer", "tags", "gift"],
                "properties": {
                    "customer": { "type": "string", "minLength": 2, "maxLength": 9 },
                    "tags": { "type": "array", "items": { "enum": ["new", "old"], "type": "string" } },
                    "amount": { "type": "integer", "maximum": 9 },
                    "gift": { "type": "boolean" },
                    "note": { "type": "string", "minLength": 1 },
                    "scan": { "type": "string", "format": "binary" },
                },
            } } },
        }))
        .unwrap()
    }

    #[test]
    fn a_value_is_wrong_in_a_form_where_no_fair_reading_is_valid() {
        let contract = contract();
        let order = contract.schemas.component("Order").unwrap();
        let base = json!({ "customer": "Zztest", "tags": ["new"], "gift": true });
        let with = |name: &str, value: Value| {
            let mut order = base.clone();
            order[name] = value;
            order
        };
        let without = |name: &str| {
            let mut order = base.clone();
            order.as_object_mut().unwrap().remove(name);
            order
        };
        let wrong = |value: &Value| is_wrong(&contract, Encoding::Form, order, value);
        for value in [
            with("amount", json!("many")),
            with("amount", json!(10)),
            with("gift", json!("perhaps")),
            with("tags", json!(["fresh"])),
            with("customer", json!("Z")),
            with("customer", json!("")),
            without("customer"),
        ] {
            assert!(wrong(&value), "{value}");
        }
        for value in [
            base.clone(),
            with("amount", json!("7")),
            with("customer", json!(77)),
            with("gift", json!("on")),
            with("note", json!("")),
            with("tags", json!("old")),
            // A form cannot send an empty list, and does not send an unticked box.
            without("tags"),
            without("gift"),
        ] {
            assert!(!wrong(&value), "{value}");
        }
        assert!(is_wrong(
            &contract,
            Encoding::Json,
            order,
            &with("amount", json!("7"))
        ));
        assert!(is_file(&contract, order, "/scan"));
        assert!(!is_file(&contract, order, "/tags/0"));
    }
}

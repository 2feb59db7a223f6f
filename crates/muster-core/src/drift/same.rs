//! Whether two schemas say the same (owner of [`meaning`]).

use serde_json::{Map, Value};

use crate::contract::{Contract, Schema};

/// What says nothing about values.
const ANNOTATIONS: [&str; 13] = [
    "title",
    "description",
    "example",
    "examples",
    "deprecated",
    "externalDocs",
    "xml",
    "discriminator",
    "$comment",
    "$defs",
    "definitions",
    "$schema",
    "default",
];

/// Keywords whose lists are sets.
const SETS: [&str; 7] = [
    "required", "enum", "type", "allOf", "anyOf", "oneOf", "examples",
];

/// Parts that are worked out before a schema is known by its place alone.
const MOST: usize = 1_000;

/// A schema in a form that is equal for schemas that say the same in another order or with parts elsewhere.
pub(super) fn meaning(contract: &Contract, schema: &Schema) -> Value {
    let mut writer = Writer {
        contract,
        within: Vec::new(),
        room: MOST,
    };
    writer.schema(schema)
}

struct Writer<'a> {
    contract: &'a Contract,
    within: Vec<Schema>,
    room: usize,
}

impl Writer<'_> {
    fn schema(&mut self, schema: &Schema) -> Value {
        if let Some(depth) = self.within.iter().rposition(|held| held == schema) {
            // A circle: the same wherever it stands, if it leads back as far.
            return Value::from(format!("back {}", self.within.len() - depth));
        }
        let Some(room) = self.room.checked_sub(1) else {
            return Value::from(schema.pointer.to_string());
        };
        self.room = room;
        let contract = self.contract;
        let Some(value) = contract.schemas.normalised(schema) else {
            return Value::Null;
        };
        self.within.push(schema.clone());
        let written = self.value(&schema.document, value);
        self.within.pop();
        written
    }

    fn value(&mut self, document: &str, value: &Value) -> Value {
        let Value::Object(keywords) = value else {
            return value.clone();
        };
        let mut written = Map::new();
        let mut names: Vec<&String> = keywords.keys().collect();
        names.sort();
        for name in names {
            let Some(value) = keywords.get(name) else {
                continue;
            };
            if ANNOTATIONS.contains(&name.as_str()) || name.starts_with("x-") {
                continue;
            }
            if name == "$ref" {
                let target = value
                    .as_str()
                    .and_then(|reference| self.contract.schemas.follow(document, reference));
                let target = match target {
                    Some(target) => self.schema(&target),
                    None => value.clone(),
                };
                match target {
                    Value::Object(members) if keywords.len() == 1 => return Value::Object(members),
                    other => {
                        written.insert("$ref".to_owned(), other);
                    }
                }
                continue;
            }
            written.insert(name.clone(), self.keyword(document, name, value));
        }
        Value::Object(written)
    }

    fn keyword(&mut self, document: &str, name: &str, value: &Value) -> Value {
        match (name, value) {
            ("enum" | "const" | "required" | "type", _) => sorted(name, value.clone()),
            ("properties" | "patternProperties" | "dependentSchemas", Value::Object(members)) => {
                let mut names: Vec<&String> = members.keys().collect();
                names.sort();
                names
                    .into_iter()
                    .filter_map(|name| {
                        Some((name.clone(), self.value(document, members.get(name)?)))
                    })
                    .collect::<Map<_, _>>()
                    .into()
            }
            (_, Value::Array(items)) => {
                let items = items
                    .iter()
                    .map(|item| self.value(document, item))
                    .collect();
                sorted(name, Value::Array(items))
            }
            (_, Value::Object(_)) => self.value(document, value),
            _ => value.clone(),
        }
    }
}

fn sorted(name: &str, value: Value) -> Value {
    match value {
        Value::Array(mut items) if SETS.contains(&name) => {
            items.sort_by_key(ToString::to_string);
            Value::Array(items)
        }
        Value::String(one) if name == "type" => Value::Array(vec![Value::String(one)]),
        other => other,
    }
}

//! Schemas of every dialect become JSON Schema 2020-12, at schema positions only.
//!
//! The survey has found every place of every document that is read as a schema. The copy writes each
//! document anew with only the way to its schemas and the schemas themselves, at the same pointers.
//! Examples, defaults and enumerations are data and stay as they are.

use std::{collections::HashMap, sync::Arc};

use serde_json::{Map, Value, json};

use super::{
    documents::Library,
    keywords::{Holds, NOT_IN_3_0, Rules, holds},
    model::FaultKind,
    modernise::{admit_null, modernise},
    patterns::{FOREIGN_PATTERN, Reading},
    pointer,
    survey::{Base, DEEPEST, Tree},
};

/// Where a reference goes that leads nowhere: a place that does not exist.
pub(super) const UNRESOLVED: &str = "muster:///unresolved#/leads/nowhere";

/// Where a reference goes to a document that was not fetched.
pub(super) const UNFETCHED: &str = "muster:///unresolved#/not/fetched";

/// Every surveyed document anew, normalised.
pub(super) fn copies(
    library: &Library,
    trees: &HashMap<Arc<str>, Tree>,
    patterns: &HashMap<String, Reading>,
) -> HashMap<Arc<str>, Value> {
    trees
        .iter()
        .filter_map(|(document, tree)| {
            let base = Base {
                document: Arc::clone(document),
                resource: None,
                rules: Rules::Draft2020,
            };
            let copy = Copy { library, patterns };
            let value = library.value(document)?;
            Some((
                Arc::clone(document),
                copy.way(value, tree, &mut String::new(), &base),
            ))
        })
        .collect()
}

struct Copy<'a> {
    library: &'a Library,
    patterns: &'a HashMap<String, Reading>,
}

impl Copy<'_> {
    /// A value that is no schema, but on the way to one: only what leads there.
    fn way(&self, value: &Value, tree: &Tree, pointer: &mut String, base: &Base) -> Value {
        if let Some(rules) = tree.rules {
            let base = Base {
                rules,
                ..base.clone()
            };
            return self.schema(value, Some(tree), pointer, &base, 0);
        }
        let length = pointer.len();
        match value {
            Value::Object(members) => Value::Object(
                members
                    .iter()
                    .filter_map(|(name, member)| {
                        let tree = tree.children.get(name)?;
                        pointer::push(pointer, name);
                        let copy = self.way(member, tree, pointer, base);
                        pointer.truncate(length);
                        Some((name.clone(), copy))
                    })
                    .collect(),
            ),
            Value::Array(items) => Value::Array(
                items
                    .iter()
                    .enumerate()
                    .map(|(index, item)| {
                        let token = index.to_string();
                        let Some(tree) = tree.children.get(&token) else {
                            return Value::Null;
                        };
                        pointer::push(pointer, &token);
                        let copy = self.way(item, tree, pointer, base);
                        pointer.truncate(length);
                        copy
                    })
                    .collect(),
            ),
            _ => Value::Null,
        }
    }

    /// Data inside a schema: as it is, but for places that something refers to as a schema.
    fn data(&self, value: &Value, tree: Option<&Tree>, pointer: &mut String, base: &Base) -> Value {
        let Some(tree) = tree else {
            return value.clone();
        };
        if let Some(rules) = tree.rules {
            let base = Base {
                rules,
                ..base.clone()
            };
            return self.schema(value, Some(tree), pointer, &base, 0);
        }
        let length = pointer.len();
        match value {
            Value::Object(members) => Value::Object(
                members
                    .iter()
                    .map(|(name, member)| {
                        pointer::push(pointer, name);
                        let copy = self.data(member, tree.children.get(name), pointer, base);
                        pointer.truncate(length);
                        (name.clone(), copy)
                    })
                    .collect(),
            ),
            other => other.clone(),
        }
    }

    fn schema(
        &self,
        value: &Value,
        tree: Option<&Tree>,
        pointer: &mut String,
        outer: &Base,
        depth: usize,
    ) -> Value {
        let Value::Object(schema) = value else {
            return value.clone();
        };
        if depth > DEEPEST {
            return json!({ "$ref": UNRESOLVED });
        }
        let base = outer.enter(schema, pointer);
        let rules = base.rules;
        let alone = rules.reference_stands_alone() && schema.contains_key("$ref");
        let mut copy = Map::with_capacity(schema.len());
        let length = pointer.len();
        for (keyword, value) in schema {
            let below = tree.and_then(|tree| tree.children.get(keyword));
            pointer::push(pointer, keyword);
            match keyword.as_str() {
                "$ref" => {
                    copy.insert("$ref".into(), self.reference(value, &base));
                }
                // Beside a lone `$ref` nothing counts, but other schemas may lead into it.
                _ if alone => {
                    if below.is_some() {
                        copy.insert(keyword.clone(), self.data(value, below, pointer, &base));
                    }
                }
                "$schema" | "$id" | "$anchor" | "$vocabulary" | "$recursiveAnchor" => {}
                "id" if rules == Rules::Draft4 && value.is_string() => {}
                "pattern" if self.is_unused(value) => {
                    copy.insert(FOREIGN_PATTERN.into(), self.translated(value));
                }
                "$recursiveRef" if rules == Rules::Draft2019 => {
                    copy.insert("$ref".into(), self.reference(value, &base));
                }
                "$dynamicRef" if rules == Rules::Draft2020 => {
                    let reference = value.as_str().unwrap_or_default();
                    if base.resolve(self.library, reference).is_ok() {
                        copy.insert("$ref".into(), self.reference(value, &base));
                    } else {
                        copy.insert(keyword.clone(), value.clone());
                    }
                }
                name if rules == Rules::OpenApi30 && NOT_IN_3_0.contains(&name) => {
                    if below.is_some() {
                        copy.insert(keyword.clone(), self.data(value, below, pointer, &base));
                    }
                }
                _ => {
                    let child = self.keyword(keyword, value, below, pointer, &base, depth + 1);
                    copy.insert(keyword.clone(), child);
                }
            }
            pointer.truncate(length);
        }
        if !alone {
            self.drop_foreign_names(&mut copy);
            modernise(&mut copy, rules);
        }
        if schema.get("nullable") == Some(&Value::Bool(true)) {
            admit_null(&mut copy, &|reference| self.admits_null(reference, &base));
        }
        Value::Object(copy)
    }

    /// Whether a pattern judges nothing, because it is of another dialect or too large.
    fn is_unused(&self, pattern: &Value) -> bool {
        pattern
            .as_str()
            .and_then(|text| self.patterns.get(text))
            .is_some_and(|reading| *reading != Reading::Ecma)
    }

    fn translated(&self, pattern: &Value) -> Value {
        match pattern.as_str().and_then(|text| self.patterns.get(text)) {
            Some(Reading::Foreign {
                translated: Some(text),
                ..
            }) => Value::from(text.as_str()),
            _ => Value::Bool(true),
        }
    }

    /// Property names that only another dialect describes are not judged, and so neither are those that nothing
    /// else describes.
    fn drop_foreign_names(&self, copy: &mut Map<String, Value>) {
        let Some(Value::Object(members)) = copy.get_mut("patternProperties") else {
            return;
        };
        let before = members.len();
        members.retain(|name, _| {
            self.patterns
                .get(name)
                .is_none_or(|reading| *reading == Reading::Ecma)
        });
        if members.len() < before {
            for closing in ["additionalProperties", "unevaluatedProperties"] {
                copy.shift_remove(closing);
            }
        }
    }

    /// Whether the schema that a reference leads to says itself that it takes null: by `nullable`, by its type, or by
    /// its values where it has no type.
    fn admits_null(&self, reference: &str, base: &Base) -> bool {
        let Ok(target) = base.resolve(self.library, reference) else {
            return false;
        };
        let schema = self.library.at(&target.document, &target.pointer);
        schema.is_some_and(|schema| {
            schema.get("nullable") == Some(&Value::Bool(true))
                || match schema.get("type") {
                    Some(Value::String(name)) => name == "null",
                    Some(Value::Array(names)) => names.iter().any(|name| name == "null"),
                    _ => {
                        schema.get("const").is_some_and(Value::is_null)
                            || matches!(schema.get("enum"), Some(Value::Array(values)) if values.contains(&Value::Null))
                    }
                }
        })
    }

    fn keyword(
        &self,
        keyword: &str,
        value: &Value,
        tree: Option<&Tree>,
        pointer: &mut String,
        base: &Base,
        depth: usize,
    ) -> Value {
        let length = pointer.len();
        match (holds(keyword, base.rules), value) {
            (Holds::Schema | Holds::SchemaOrList, Value::Object(_)) => {
                self.schema(value, tree, pointer, base, depth)
            }
            (Holds::List | Holds::SchemaOrList, Value::Array(items)) => Value::Array(
                items
                    .iter()
                    .enumerate()
                    .map(|(index, item)| {
                        let token = index.to_string();
                        pointer::push(pointer, &token);
                        let below = tree.and_then(|tree| tree.children.get(&token));
                        let copy = self.schema(item, below, pointer, base, depth);
                        pointer.truncate(length);
                        copy
                    })
                    .collect(),
            ),
            (Holds::Map | Holds::Dependencies, Value::Object(members)) => Value::Object(
                members
                    .iter()
                    .map(|(name, member)| {
                        pointer::push(pointer, name);
                        let below = tree.and_then(|tree| tree.children.get(name));
                        let copy = self.schema(member, below, pointer, base, depth);
                        pointer.truncate(length);
                        (name.clone(), copy)
                    })
                    .collect(),
            ),
            _ => self.data(value, tree, pointer, base),
        }
    }

    /// A `$ref` that our library and a JSON Schema library read the same way. Plain local pointers
    /// stay as they are.
    fn reference(&self, value: &Value, base: &Base) -> Value {
        let Some(reference) = value.as_str() else {
            return UNRESOLVED.into();
        };
        match base.resolve(self.library, reference) {
            Ok(target) => {
                let local = reference.strip_prefix('#').is_some_and(|fragment| {
                    target.document == base.document
                        && fragment == pointer::fragment(&target.pointer)
                });
                if local {
                    value.clone()
                } else {
                    Library::address(&target).into()
                }
            }
            Err(_) => match self.library.fault_kind(base.uri(), reference) {
                FaultKind::Unfetched => UNFETCHED.into(),
                _ => UNRESOLVED.into(),
            },
        }
    }
}

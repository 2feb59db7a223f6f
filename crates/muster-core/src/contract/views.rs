//! Schemas as a request or an answer sees them: who may leave out which required property.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use serde_json::Value;

use super::{
    documents::Library,
    keywords::{Holds, Rules, holds},
};

/// The side a value is judged from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum View {
    /// As the schema says.
    Plain,
    /// A request: `readOnly` properties may be absent.
    Request,
    /// An answer: `writeOnly` properties may be absent.
    Response,
}

/// The documents from this side; none where nothing differs.
pub(super) fn view(
    documents: &HashMap<Arc<str>, Arc<Value>>,
    library: &Library,
    side: View,
) -> Option<HashMap<Arc<str>, Arc<Value>>> {
    let marker = match side {
        View::Plain => return None,
        View::Request => "readOnly",
        View::Response => "writeOnly",
    };
    let mut viewer = Viewer {
        documents,
        library,
        marker,
        changed: false,
    };
    let seen = documents
        .iter()
        .map(|(uri, value)| {
            if !mentions(value, marker) {
                return (Arc::clone(uri), Arc::clone(value));
            }
            let mut value = Value::clone(value);
            viewer.walk(&mut value, uri);
            (Arc::clone(uri), Arc::new(value))
        })
        .collect();
    viewer.changed.then_some(seen)
}

fn mentions(value: &Value, marker: &str) -> bool {
    match value {
        Value::Object(members) => {
            members.get(marker) == Some(&Value::Bool(true))
                || members.contains_key("required") && members.contains_key("$ref")
                || members.values().any(|member| mentions(member, marker))
        }
        Value::Array(items) => items.iter().any(|item| mentions(item, marker)),
        _ => false,
    }
}

struct Viewer<'a> {
    documents: &'a HashMap<Arc<str>, Arc<Value>>,
    library: &'a Library,
    marker: &'static str,
    changed: bool,
}

impl Viewer<'_> {
    /// Walks the containers on the way to schemas, and schemas alike: in normalised documents there
    /// is nothing else but data inside schemas, which `data` keywords keep out.
    fn walk(&mut self, value: &mut Value, document: &str) {
        match value {
            Value::Object(members) => {
                let mut marked = HashSet::new();
                self.marked(members, document, &mut marked, 0);
                if !marked.is_empty() {
                    self.release(members, &marked);
                }
                for (keyword, member) in members.iter_mut() {
                    let data = matches!(
                        keyword.as_str(),
                        "example" | "examples" | "default" | "enum" | "const" | "required"
                    ) && !(member.is_object() && member.get("type").is_some());
                    if !data {
                        self.walk(member, document);
                    }
                }
            }
            Value::Array(items) => {
                for item in items {
                    self.walk(item, document);
                }
            }
            _ => {}
        }
    }

    /// The names of marked properties of a schema and of what it is made of.
    fn marked(
        &self,
        schema: &serde_json::Map<String, Value>,
        document: &str,
        names: &mut HashSet<String>,
        depth: usize,
    ) {
        if depth > 8 {
            return;
        }
        if let Some(Value::Object(properties)) = schema.get("properties") {
            for (name, property) in properties {
                if self.is_marked(property, document, 0) {
                    names.insert(name.clone());
                }
            }
        }
        if let Some(Value::Array(parts)) = schema.get("allOf") {
            for part in parts.iter().filter_map(Value::as_object) {
                self.marked(part, document, names, depth + 1);
            }
        }
        if let Some((base, Value::Object(target))) = self.target(schema.get("$ref"), document) {
            self.marked(target, &base, names, depth + 1);
        }
    }

    fn is_marked(&self, property: &Value, document: &str, depth: usize) -> bool {
        let Value::Object(property) = property else {
            return false;
        };
        if property.get(self.marker) == Some(&Value::Bool(true)) {
            return true;
        }
        depth < 8
            && (self
                .target(property.get("$ref"), document)
                .is_some_and(|(base, target)| self.is_marked(target, &base, depth + 1))
                || property
                    .get("allOf")
                    .and_then(Value::as_array)
                    .is_some_and(|parts| {
                        parts
                            .iter()
                            .any(|part| self.is_marked(part, document, depth + 1))
                    }))
    }

    fn target(&self, reference: Option<&Value>, document: &str) -> Option<(Arc<str>, &Value)> {
        let target = self.library.resolve(document, reference?.as_str()?).ok()?;
        let value = self
            .documents
            .get(&target.document)?
            .pointer(&target.pointer)?;
        Some((target.document, value))
    }

    /// Takes the names off `required`, here and in the inline parts of `allOf`.
    fn release(&mut self, schema: &mut serde_json::Map<String, Value>, names: &HashSet<String>) {
        if let Some(Value::Array(required)) = schema.get_mut("required") {
            let before = required.len();
            required.retain(|name| !name.as_str().is_some_and(|name| names.contains(name)));
            self.changed |= required.len() != before;
        }
        if holds("allOf", Rules::Draft2020) == Holds::List
            && let Some(Value::Array(parts)) = schema.get_mut("allOf")
        {
            for part in parts.iter_mut().filter_map(Value::as_object_mut) {
                self.release(part, names);
            }
        }
    }
}

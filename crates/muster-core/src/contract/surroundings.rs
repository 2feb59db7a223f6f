//! What stands around an operation in its contract (owner of [`Surroundings`]).
//!
//! Whether a POST makes a record or does something is seldom said by the operation alone: the paths beside it say it.

use std::{
    collections::HashSet,
    sync::{Arc, OnceLock},
};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{Contract, Media, Operation, Parameter, Schema, Schemas};
use crate::model::Method;

/// What the contract shows of an operation besides itself.
#[derive(Debug, Clone, Default)]
pub struct Surroundings {
    /// The description of the operation.
    pub description: String,
    /// What the GET of the same path gives.
    pub reads: Reads,
    /// Whether a path for one record lies below: `/people/{id}` below `/people`.
    pub has_item: bool,
    /// Whether the contract has a POST or a PUT that makes what the last variable of the path names.
    pub is_made: bool,
    /// The names of the properties of a JSON body.
    pub body: Vec<String>,
    /// Whether the JSON body is an array.
    pub many_in_body: bool,
    /// Whether the same path, without a variable of its own, has a PUT, a PATCH or a DELETE as well.
    pub is_changed_whole: bool,
    /// Query parameters that are not sent, since they make a read act.
    pub withheld: Vec<Withheld>,
    /// Whether it is a hazard, once that was asked.
    pub hazard: OnceLock<Option<Hazard>>,
}

/// A parameter that the contract declares and a run does not send.
#[derive(Debug, Clone)]
pub struct Withheld {
    /// The parameter.
    pub parameter: Parameter,
    /// Why it is not sent.
    pub reason: String,
}

/// What a GET gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Reads {
    /// There is no GET.
    #[default]
    Nothing,
    /// One object.
    One,
    /// An array, or an object with an array of objects.
    Many,
    /// The contract does not say.
    Unknown,
}

/// Why an operation is not sent unless it is asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hazard {
    /// The kind of harm.
    pub kind: HazardKind,
    /// How much speaks for it.
    pub score: i32,
    /// What speaks for it, and against it.
    pub signs: Vec<Sign>,
}

/// Something that speaks for a hazard or against it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sign {
    /// How much; below zero where it speaks against.
    pub weight: i32,
    /// What it is, such as "`revoke` ends the path".
    pub reason: String,
}

/// The kinds of harm that an operation can do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum HazardKind {
    /// Logs out, revokes, resets, locks: the run's own access, or somebody's.
    EndsAccess,
    /// Sends to people or to other systems.
    ReachesPeople,
    /// Stops, reloads, migrates or empties the service, or a part of it.
    ActsOnService,
    /// Removes or changes records that the run did not make.
    ChangesMany,
    /// Changes what holds for the service, the tenant or the caller.
    ChangesSettings,
    /// Named by the target file.
    Named,
}

impl HazardKind {
    /// Every kind.
    pub const ALL: [Self; 6] = [
        Self::EndsAccess,
        Self::ReachesPeople,
        Self::ActsOnService,
        Self::ChangesMany,
        Self::ChangesSettings,
        Self::Named,
    ];

    /// What such an operation may do, after its name: `POST /logout may end access`.
    #[must_use]
    pub const fn effect(self) -> &'static str {
        match self {
            Self::EndsAccess => "may end or change somebody's access",
            Self::ReachesPeople => "may reach people or other systems",
            Self::ActsOnService => "may act on the service as a whole",
            Self::ChangesMany => "may remove or change records that the run did not make",
            Self::ChangesSettings => {
                "may change settings, or something else that no variable of the path names"
            }
            Self::Named => "bears a word that the target file names as a hazard",
        }
    }
}

impl Contract {
    /// Fills in what stands around each operation; linear in the operations.
    pub(super) fn look_around(&mut self) {
        let plain = |path: &str| path.trim_end_matches('/').to_owned();
        let items: HashSet<String> = self
            .operations
            .iter()
            .filter_map(|operation| collection_of(&operation.key.path))
            .collect();
        let makers: HashSet<String> = self
            .operations
            .iter()
            .filter_map(|operation| match operation.key.method {
                Method::Post => Some(plain(&operation.key.path)),
                Method::Put => collection_of(&operation.key.path),
                _ => None,
            })
            .collect();
        let changed_whole: HashSet<String> = self
            .operations
            .iter()
            .filter(|operation| {
                matches!(
                    operation.key.method,
                    Method::Put | Method::Patch | Method::Delete
                ) && !operation.key.path.trim_end_matches('/').ends_with('}')
            })
            .map(|operation| plain(&operation.key.path))
            .collect();
        let mut operations = std::mem::take(&mut self.operations);
        let reads: Vec<Reads> = operations
            .iter()
            .map(|operation| self.reads_beside(operation, &operations))
            .collect();
        for (operation, reads) in operations.iter_mut().zip(reads) {
            let path = plain(&operation.key.path);
            let (body, many_in_body) = self.body_of(operation);
            let around = &mut operation.surroundings;
            around.reads = reads;
            around.has_item = items.contains(&path);
            around.is_changed_whole = changed_whole.contains(&path);
            around.is_made = path
                .rfind('{')
                .and_then(|at| path.get(..at))
                .and_then(|before| before.rfind('/').and_then(|at| before.get(..at)))
                .is_some_and(|collection| makers.contains(collection));
            around.body = body;
            around.many_in_body = many_in_body;
        }
        self.operations = operations;
    }

    fn reads_beside(&self, operation: &Operation, operations: &[Operation]) -> Reads {
        if operation.key.method.is_safe() {
            return Reads::Nothing;
        }
        let read = self
            .router
            .on_path(&operation.key.path)
            .iter()
            .filter_map(|index| operations.get(*index))
            .find(|other| other.key.method == Method::Get);
        let Some(read) = read else {
            return Reads::Nothing;
        };
        let success = read.response(200).or_else(|| read.responses.first());
        let Some(schema) = success.and_then(|spec| json_schema(&spec.content)) else {
            return Reads::Unknown;
        };
        let Some((schema, object)) = resolved(&self.schemas, schema) else {
            return Reads::Unknown;
        };
        if is_array(object) {
            return Reads::Many;
        }
        let properties = properties(&self.schemas, &schema, object);
        if properties.is_empty() {
            return Reads::Unknown;
        }
        let is_list = properties.iter().any(|(_, schema)| {
            resolved(&self.schemas, schema).is_some_and(|(array, object)| {
                is_array(object)
                    && resolved(&self.schemas, &below(&array, &["items"]))
                        .is_some_and(|(_, item)| is_object(item))
            })
        });
        if is_list { Reads::Many } else { Reads::One }
    }

    fn body_of(&self, operation: &Operation) -> (Vec<String>, bool) {
        let schema = operation
            .body
            .as_ref()
            .and_then(|body| json_schema(&body.content));
        let Some((schema, object)) = schema.and_then(|schema| resolved(&self.schemas, schema))
        else {
            return (Vec::new(), false);
        };
        let names = properties(&self.schemas, &schema, object)
            .into_iter()
            .map(|(name, _)| name)
            .collect();
        (names, is_array(object))
    }
}

/// The path of the collection of an item: `/people` of `/people/{id}`.
fn collection_of(path: &str) -> Option<String> {
    let path = path.trim_end_matches('/');
    let (collection, last) = path.rsplit_once('/')?;
    (last.starts_with('{') && last.ends_with('}')).then(|| collection.to_owned())
}

fn json_schema(content: &[Media]) -> Option<&Schema> {
    content
        .iter()
        .find(|media| media.is_json())?
        .schema
        .as_ref()
}

/// The most references that are followed from one schema.
const DEPTH: usize = 12;

fn resolved<'c>(schemas: &'c Schemas, schema: &Schema) -> Option<(Schema, &'c Map<String, Value>)> {
    let mut schema = schema.clone();
    for _ in 0..DEPTH {
        let object = schemas.normalised(&schema)?.as_object()?;
        match object.get("$ref").and_then(Value::as_str) {
            Some(reference) => schema = schemas.follow(&schema.document, reference)?,
            None => return Some((schema, object)),
        }
    }
    None
}

fn below(schema: &Schema, steps: &[&str]) -> Schema {
    let mut pointer = schema.pointer.to_string();
    for step in steps {
        pointer.push('/');
        pointer.push_str(&step.replace('~', "~0").replace('/', "~1"));
    }
    Schema {
        document: Arc::clone(&schema.document),
        pointer: pointer.into(),
    }
}

/// The properties of an object, those of the parts of an `allOf` among them.
fn properties(
    schemas: &Schemas,
    schema: &Schema,
    object: &Map<String, Value>,
) -> Vec<(String, Schema)> {
    let own = |schema: &Schema, object: &Map<String, Value>| -> Vec<(String, Schema)> {
        let named = object.get("properties").and_then(Value::as_object);
        named
            .into_iter()
            .flatten()
            .map(|(name, _)| (name.clone(), below(schema, &["properties", name])))
            .collect()
    };
    let mut found = own(schema, object);
    let parts = object.get("allOf").and_then(Value::as_array);
    for at in 0..parts.map_or(0, Vec::len) {
        if let Some((part, object)) = resolved(schemas, &below(schema, &["allOf", &at.to_string()]))
        {
            found.extend(own(&part, object));
        }
    }
    found
}

fn has_type(object: &Map<String, Value>, wanted: &str) -> bool {
    match object.get("type") {
        Some(Value::String(name)) => name == wanted,
        Some(Value::Array(names)) => names.iter().any(|name| name == wanted),
        _ => false,
    }
}

fn is_array(object: &Map<String, Value>) -> bool {
    has_type(object, "array") || !object.contains_key("type") && object.contains_key("items")
}

fn is_object(object: &Map<String, Value>) -> bool {
    has_type(object, "object") || object.contains_key("properties") || object.contains_key("allOf")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_paths_beside_an_operation_are_seen() {
        let ok = |schema: Value| json!({ "responses": { "200": { "description": "", "content": { "application/json": { "schema": schema } } } } });
        let list = json!({ "type": "object", "properties": { "items": { "type": "array", "items": { "type": "object", "properties": {} } } } });
        let one = json!({ "type": "object", "properties": { "enabled": { "type": "boolean" } } });
        let contract = Contract::from_value(json!({
            "openapi": "3.0.3", "info": { "title": "T", "version": "1" },
            "paths": {
                "/people": { "get": ok(list), "post": ok(one.clone()) },
                "/people/{id}": { "get": ok(one.clone()), "put": ok(one.clone()) },
                "/people/{id}/close": { "post": ok(one.clone()) },
                "/settings": { "get": ok(one.clone()), "put": ok(one.clone()) },
                "/queues/{name}/pause": { "post": ok(one) },
            },
        }))
        .unwrap();
        let around = |key: &str| {
            let found = contract
                .operations
                .iter()
                .find(|one| one.key.to_string() == key);
            let around = &found.unwrap().surroundings;
            (around.reads, around.has_item, around.is_made)
        };
        assert_eq!(around("POST /people"), (Reads::Many, true, false));
        assert_eq!(around("PUT /people/{id}"), (Reads::One, false, true));
        assert_eq!(
            around("POST /people/{id}/close"),
            (Reads::Nothing, false, true)
        );
        assert_eq!(around("PUT /settings"), (Reads::One, false, false));
        assert_eq!(
            around("POST /queues/{name}/pause"),
            (Reads::Nothing, false, false)
        );
    }
}

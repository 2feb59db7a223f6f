//! A look into schemas: members, items and types, through references and compositions.
//!
//! This reads what a schema is plainly made of. What is valid is for the validator to say.

use serde_json::{Map, Value};

use crate::contract::{Contract, FOREIGN_PATTERN, Media, Operation, Schema, Schemas};

/// A member of an object as its schema describes it.
#[derive(Debug, Clone)]
pub struct Member {
    /// Its name.
    pub name: String,
    /// Its schema.
    pub schema: Schema,
    /// Whether the object must have it.
    pub required: bool,
    /// Whether only answers have it.
    pub read_only: bool,
}

const DEPTH: usize = 12;

/// The schema itself, where the handle stands for a reference.
pub fn resolved<'c>(
    schemas: &'c Schemas,
    schema: &Schema,
) -> Option<(Schema, &'c Map<String, Value>)> {
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

/// The schema at a step below another.
pub fn below(schema: &Schema, steps: &[&str]) -> Schema {
    let mut pointer = schema.pointer.to_string();
    for step in steps {
        pointer.push('/');
        pointer.push_str(&step.replace('~', "~0").replace('/', "~1"));
    }
    Schema {
        document: schema.document.clone(),
        pointer: pointer.into(),
    }
}

/// Every member that the schema names, in order, those of `allOf` and of the first alternatives among them.
pub fn members(schemas: &Schemas, schema: &Schema) -> Vec<Member> {
    let mut found = Vec::new();
    collect(schemas, schema, true, DEPTH, &mut found);
    found
}

fn collect(
    schemas: &Schemas,
    schema: &Schema,
    binding: bool,
    depth: usize,
    found: &mut Vec<Member>,
) {
    if depth == 0 || found.len() > 400 {
        return;
    }
    let Some(object) = schemas.normalised(schema).and_then(Value::as_object) else {
        return;
    };
    let required: Vec<&str> = object
        .get("required")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect();
    if let Some(properties) = object.get("properties").and_then(Value::as_object) {
        for (name, property) in properties {
            let must = binding && required.contains(&name.as_str());
            let read_only = property.get("readOnly") == Some(&Value::Bool(true));
            match found.iter_mut().find(|member| member.name == *name) {
                Some(member) => {
                    member.required |= must;
                    member.read_only |= read_only;
                }
                None => found.push(Member {
                    name: name.clone(),
                    schema: below(schema, &["properties", name]),
                    required: must,
                    read_only,
                }),
            }
        }
    }
    if binding {
        for member in found.iter_mut() {
            member.required |= required.contains(&member.name.as_str());
        }
    }
    if let Some(target) = object
        .get("$ref")
        .and_then(Value::as_str)
        .and_then(|reference| schemas.follow(&schema.document, reference))
    {
        collect(schemas, &target, binding, depth - 1, found);
    }
    for index in 0..object
        .get("allOf")
        .and_then(Value::as_array)
        .map_or(0, Vec::len)
    {
        let part = below(schema, &["allOf", &index.to_string()]);
        collect(schemas, &part, binding, depth - 1, found);
    }
    for keyword in ["oneOf", "anyOf"] {
        let indexes = alternatives(object, keyword);
        // `anyOf: [X, null]` is X, where it is not null.
        let only = binding && indexes.len() == 1;
        for index in indexes {
            let part = below(schema, &[keyword, &index.to_string()]);
            collect(schemas, &part, only, depth - 1, found);
        }
    }
}

/// The alternatives worth a look: not the one for null, and not more than four.
fn alternatives(object: &Map<String, Value>, keyword: &str) -> Vec<usize> {
    object
        .get(keyword)
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .enumerate()
        .filter(|(_, part)| part.get("type") != Some(&Value::from("null")))
        .map(|(index, _)| index)
        .take(4)
        .collect()
}

/// The schema of a list's items, where the schema is of a list.
pub fn items(schemas: &Schemas, schema: &Schema) -> Option<Schema> {
    find(schemas, schema, DEPTH, &|schema, object| {
        object
            .get("items")
            .is_some_and(Value::is_object)
            .then(|| below(schema, &["items"]))
    })
}

/// The schema of one record, where the schema takes one record or an array of them.
pub fn one_of_many(schemas: &Schemas, schema: &Schema) -> Option<Schema> {
    let (schema, object) = resolved(schemas, schema)?;
    let is_only = |part: &Schema, name: &str| types(schemas, part).iter().all(|kind| kind == name);
    for keyword in ["oneOf", "anyOf"] {
        let parts: Vec<Schema> = alternatives(object, keyword)
            .into_iter()
            .map(|index| below(&schema, &[keyword, &index.to_string()]))
            .filter(|part| !types(schemas, part).is_empty())
            .collect();
        let has_array = parts.iter().any(|part| is_only(part, "array"));
        if let Some(one) = parts.iter().find(|part| is_only(part, "object"))
            && has_array
        {
            return Some(one.clone());
        }
    }
    None
}

/// The types that the schema allows; none where it does not say.
pub fn types(schemas: &Schemas, schema: &Schema) -> Vec<String> {
    find(
        schemas,
        schema,
        DEPTH,
        &|_, object| match object.get("type") {
            Some(Value::String(one)) => Some(vec![one.clone()]),
            Some(Value::Array(many)) => Some(
                many.iter()
                    .filter_map(Value::as_str)
                    .map(str::to_owned)
                    .collect(),
            ),
            _ => None,
        },
    )
    .unwrap_or_default()
}

/// The value of a keyword, where the schema or a part of it that always counts has it.
pub fn keyword(schemas: &Schemas, schema: &Schema, name: &str) -> Option<Value> {
    // A pattern of another dialect is one too: what it stands at is not free.
    let other = (name == "pattern").then_some(FOREIGN_PATTERN);
    find(schemas, schema, DEPTH, &|_, object| {
        let held = object.get(name);
        held.or_else(|| object.get(other?)).cloned()
    })
}

fn find<T>(
    schemas: &Schemas,
    schema: &Schema,
    depth: usize,
    look: &impl Fn(&Schema, &Map<String, Value>) -> Option<T>,
) -> Option<T> {
    if depth == 0 {
        return None;
    }
    let object = schemas.normalised(schema)?.as_object()?;
    if let Some(found) = look(schema, object) {
        return Some(found);
    }
    if let Some(target) = object
        .get("$ref")
        .and_then(Value::as_str)
        .and_then(|reference| schemas.follow(&schema.document, reference))
        && let Some(found) = find(schemas, &target, depth - 1, look)
    {
        return Some(found);
    }
    for keyword in ["allOf", "oneOf", "anyOf"] {
        let parts = if keyword == "allOf" {
            (0..object
                .get(keyword)
                .and_then(Value::as_array)
                .map_or(0, Vec::len))
                .collect()
        } else {
            alternatives(object, keyword)
        };
        for index in parts {
            let part = below(schema, &[keyword, &index.to_string()]);
            if let Some(found) = find(schemas, &part, depth - 1, look) {
                return Some(found);
            }
        }
    }
    None
}

/// The schema of the answer an operation gives on success, JSON before others.
pub fn success(operation: &Operation) -> Option<&Schema> {
    let documented = operation
        .responses
        .iter()
        .filter(|response| (200..300).any(|status| response.status.matches(status)));
    let media: Vec<&Media> = documented.flat_map(|response| &response.content).collect();
    media
        .iter()
        .find(|media| media.is_json())
        .or_else(|| media.first())
        .and_then(|media| media.schema.as_ref())
}

/// The schema of the JSON body of an operation.
pub fn body(operation: &Operation) -> Option<&Schema> {
    let content = &operation.body.as_ref()?.content;
    super::body::choose(content).and_then(|media| media.schema.as_ref())
}

/// The schema of the records in an answer, and whether there are many of them.
pub fn records(contract: &Contract, schema: &Schema) -> (Schema, bool) {
    let schemas = &contract.schemas;
    if let Some(items) = items(schemas, schema) {
        return (items, true);
    }
    let members = members(schemas, schema);
    let list_of = |member: &Member| items(schemas, &member.schema);
    for member in &members {
        if super::answers::ENVELOPES.contains(&member.name.as_str()) {
            if let Some(items) = list_of(member) {
                return (items, true);
            }
            // `_embedded: {people: [...]}` and `data: {...}`.
            let inner = self::members(schemas, &member.schema);
            if let Some(items) = inner.iter().find_map(list_of)
                && member.name == "_embedded"
            {
                return (items, true);
            }
            if !inner.is_empty() && member.name == "data" {
                return (member.schema.clone(), false);
            }
        }
    }
    // An envelope of any other name: one list of objects, and no id beside it.
    let mut lists = members.iter().filter_map(|member| {
        list_of(member).filter(|items| !self::members(schemas, items).is_empty())
    });
    let has_id = members.iter().any(|member| {
        matches!(
            super::names::folded(&member.name).as_str(),
            "id" | "uuid" | "guid" | "self"
        )
    });
    if let (Some(items), None, false) = (lists.next(), lists.next(), has_id) {
        return (items, true);
    }
    (schema.clone(), false)
}

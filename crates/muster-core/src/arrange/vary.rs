//! Requests that differ from a valid one in one thing: what input probes send (owner of [`Variant`]).

use serde_json::Value;

use super::{build::typed_references, names, shape, values};
use crate::{
    contract::{Operation, Parameter, Schema, Validity, Violation},
    generate::{self, Boundary, Generator, Invalid},
    script::ProbeContext,
};

/// A body that differs from a base in one place.
#[derive(Debug, Clone, PartialEq)]
pub struct Variant {
    /// The body.
    pub body: Value,
    /// The place, as a JSON pointer.
    pub pointer: String,
    /// What is different there, as a sentence.
    pub reason: String,
}

/// Wrong bodies for a schema, and values wrong for a parameter: at most `limit`, spread over kinds and places.
#[must_use]
pub fn invalids(
    world: &ProbeContext<'_>,
    schema: &Schema,
    place: generate::Place,
    limit: usize,
    label: &str,
) -> Vec<Invalid> {
    with_generator(world, schema, place, |generator| {
        generator.invalids(limit, &mut generate::rng(world.seed, label))
    })
    .unwrap_or_default()
}

/// Valid values at the edges of a schema: at most `limit`.
#[must_use]
pub fn boundaries(
    world: &ProbeContext<'_>,
    schema: &Schema,
    place: generate::Place,
    limit: usize,
) -> Vec<Boundary> {
    with_generator(world, schema, place, |generator| {
        generator.boundaries(limit)
    })
    .unwrap_or_default()
}

fn with_generator<T>(
    world: &ProbeContext<'_>,
    schema: &Schema,
    place: generate::Place,
    then: impl FnOnce(&Generator<'_>) -> T,
) -> Option<T> {
    let normalised = world.contract.schemas.normalised(schema)?;
    Some(values::with_source(
        world.contract,
        schema,
        normalised,
        place,
        |source| then(&Generator::new(*source)),
    ))
}

/// Where the generator thinks a parameter stands.
#[must_use]
pub fn place(parameter: &Parameter) -> generate::Place {
    values::place(parameter)
}

/// A body with the member that holds a place taken from another body of the same schema, so that a
/// choice is changed with everything that belongs to it; nothing where there is no such member.
#[must_use]
pub fn transplanted(base: &Value, from: &Value, pointer: &str) -> Option<Value> {
    let (Value::Object(base), Value::Object(from)) = (base, from) else {
        return None;
    };
    let mut members = base.clone();
    let Some(rest) = pointer.strip_prefix('/') else {
        // The object itself is wrong: what it holds more than it may is all that counts.
        for (name, value) in from.iter().filter(|(name, _)| !base.contains_key(*name)) {
            members.insert(name.clone(), value.clone());
        }
        return (members.len() > base.len()).then_some(Value::Object(members));
    };
    let name = rest
        .split('/')
        .next()?
        .replace("~1", "/")
        .replace("~0", "~");
    match from.get(&name) {
        Some(value) => {
            members.insert(name, value.clone());
        }
        None => {
            members.shift_remove(&name)?;
        }
    }
    Some(Value::Object(members))
}

/// A body without what it may do without, by and by, as long as it stays valid.
#[must_use]
pub fn least(world: &ProbeContext<'_>, schema: &Schema, body: &Value) -> Value {
    let mut least = body.clone();
    drop_optional(world, schema, &mut least, String::new(), 0);
    least
}

/// A body without the members that name other records, as far as it may do without.
#[must_use]
pub fn unnamed(world: &ProbeContext<'_>, schema: &Schema, body: &Value) -> Value {
    let mut unnamed = body.clone();
    for member in shape::members(&world.contract.schemas, schema) {
        let format = shape::keyword(&world.contract.schemas, &member.schema, "format");
        let names_one = body.get(&member.name).is_some_and(looks_like_an_id)
            || format.as_ref().and_then(Value::as_str) == Some("uuid")
            || names::identifier(&member.name).is_some();
        if !names_one {
            continue;
        }
        let mut without = unnamed.clone();
        if let Some(members) = without.as_object_mut() {
            members.shift_remove(&member.name);
        }
        if is_valid(world, schema, &without) {
            unnamed = without;
        }
    }
    unnamed
}

fn looks_like_an_id(value: &Value) -> bool {
    value
        .as_str()
        .is_some_and(|text| text.len() == 36 && ::uuid::Uuid::try_parse(text).is_ok())
}

fn drop_optional(
    world: &ProbeContext<'_>,
    schema: &Schema,
    whole: &mut Value,
    pointer: String,
    depth: usize,
) {
    let Some(Value::Object(members)) = whole.pointer(&pointer) else {
        return;
    };
    let names: Vec<String> = members.keys().cloned().collect();
    for name in names {
        let mut without = whole.clone();
        if let Some(Value::Object(members)) = without.pointer_mut(&pointer) {
            members.shift_remove(&name);
        }
        if is_valid(world, schema, &without) {
            *whole = without;
        } else if depth < 3 {
            let below = format!("{pointer}/{}", name.replace('~', "~0").replace('/', "~1"));
            drop_optional(world, schema, whole, below, depth + 1);
        }
    }
}

/// The same body for another record: what looks as if no two records may share it is told apart. Where
/// `all` is set, so is every text that is free or has a pattern.
#[must_use]
pub fn renewed(
    world: &ProbeContext<'_>,
    operation: &Operation,
    schema: &Schema,
    body: &Value,
    all: bool,
    label: &str,
) -> Value {
    let mut held: Vec<String> = world
        .relations
        .body_references(&operation.key)
        .map(|(pointer, _)| pointer.to_owned())
        .collect();
    held.extend(
        typed_references(world.relations, operation, body)
            .into_iter()
            .map(|(pointer, _)| pointer),
    );
    held.extend(
        ["id"]
            .into_iter()
            .chain(operation.path_variables())
            .filter(|name| super::repeats_id(operation, name))
            .map(|name| format!("/{name}")),
    );
    let mut body = body.clone();
    let things = world.relations.things_of(&operation.key);
    values::make_unique(world, schema, &things, &held, label, &mut body);
    if all {
        redraw(world, schema, &held, label, &mut body);
    }
    body
}

fn redraw(
    world: &ProbeContext<'_>,
    schema: &Schema,
    held: &[String],
    label: &str,
    body: &mut Value,
) {
    let schemas = &world.contract.schemas;
    for member in shape::members(schemas, schema) {
        let Some(Value::String(text)) = body.get(&member.name).cloned() else {
            continue;
        };
        let keyword = |name: &str| shape::keyword(schemas, &member.schema, name).is_some();
        let at = format!("/{}", member.name);
        // A text where a number would do as well is most likely one: `"12.50"`.
        let is_text = shape::types(schemas, &member.schema)
            .first()
            .is_some_and(|kind| kind == "string");
        if held.contains(&at)
            || !is_text
            || names::identifier(&member.name).is_some()
            || keyword("enum")
            || keyword("const")
            || keyword("format")
        {
            continue;
        }
        let label = format!("{label} {at}");
        let other = if keyword("pattern") {
            values::fresh(world, &member.schema, generate::Place::Body, &label)
        } else {
            Some(Value::from(format!(
                "{text} {}",
                values::token(world, &label)
            )))
        };
        let Some(other) = other else { continue };
        let before = body.clone();
        if let Some(slot) = body.get_mut(&member.name) {
            *slot = other;
        }
        if !is_valid(world, schema, body) {
            *body = before;
        }
    }
}

/// Whether a body is valid beyond doubt.
#[must_use]
pub fn is_valid(world: &ProbeContext<'_>, schema: &Schema, body: &Value) -> bool {
    world
        .contract
        .schemas
        .validate_request(schema, body)
        .is_valid()
}

/// Why a body is not valid, where it is not beyond doubt.
#[must_use]
pub fn violations(world: &ProbeContext<'_>, schema: &Schema, body: &Value) -> Vec<Violation> {
    match world.contract.schemas.validate_request(schema, body) {
        Validity::Invalid(violations) => violations,
        Validity::Valid | Validity::Unjudgeable(_) => Vec::new(),
    }
}

/// A random-looking UUID that is the same for the same run, seed and label.
#[must_use]
pub fn uuid(world: &ProbeContext<'_>, label: &str) -> String {
    values::uuid(world, label)
}

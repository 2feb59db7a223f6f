//! Values for slots: generated, told apart from every other run's, or made to exist nowhere.

pub(crate) mod spans;
mod unique;

use serde_json::Value;

pub(crate) use self::unique::make_unique;
use super::shape;
use crate::{
    contract::{Contract, Operation, Parameter, ParameterPlace, Schema, Schemas, Validity},
    generate,
    script::ProbeContext,
};

/// A number from a text, the same on every machine and in every release (FNV-1a, mixed once more).
pub fn hash(text: &str) -> u64 {
    let mut hash = text.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    hash = (hash ^ (hash >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    hash = (hash ^ (hash >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    hash ^ (hash >> 31)
}

/// A number that is the same for the same run, seed and label.
fn number(world: &ProbeContext<'_>, label: &str) -> u64 {
    hash(&format!("{} {} {label}", world.seed, world.run_tag))
}

/// Six letters and digits that are the same for the same run, seed and label.
pub fn token(world: &ProbeContext<'_>, label: &str) -> String {
    let mut number = number(world, label);
    (0..6)
        .filter_map(|_| {
            let digit = u32::try_from(number % 36).ok()?;
            number /= 36;
            char::from_digit(digit, 36)
        })
        .collect()
}

/// A random-looking UUID that is the same for the same run, seed and label.
pub fn uuid(world: &ProbeContext<'_>, label: &str) -> String {
    let high = u128::from(number(world, label));
    let low = u128::from(number(world, &format!("{label} low")));
    uuid::Builder::from_random_bytes(((high << 64) | low).to_be_bytes())
        .into_uuid()
        .to_string()
}

/// Whether a value may stand where the schema is, as far as that can be judged.
pub fn fits(contract: &Contract, schema: Option<&Schema>, value: &Value) -> bool {
    schema.is_none_or(|schema| {
        !matches!(
            contract.schemas.validate_request(schema, value),
            Validity::Invalid(_)
        )
    })
}

/// A value as the type the schema wants: ids are numbers here and texts there.
pub fn coerced(contract: &Contract, schema: Option<&Schema>, value: Value) -> Value {
    let Some(schema) = schema else {
        return value;
    };
    let types = shape::types(&contract.schemas, schema);
    let allows = |kind: &str| types.is_empty() || types.iter().any(|held| held == kind);
    match &value {
        Value::String(text) if !allows("string") => {
            let read = match () {
                () if allows("integer") => text.parse::<i64>().ok().map(Value::from),
                () if allows("number") => text.parse::<f64>().ok().map(Value::from),
                () if allows("boolean") => text.parse::<bool>().ok().map(Value::from),
                () => None,
            };
            let listed = || {
                allows("array").then(|| {
                    shape::items(&contract.schemas, schema).map_or_else(
                        || Value::from(vec![value.clone()]),
                        |items| Value::from(vec![coerced(contract, Some(&items), value.clone())]),
                    )
                })
            };
            read.or_else(listed).unwrap_or(value)
        }
        Value::Number(number) if !allows("number") && !allows("integer") => {
            if allows("string") {
                Value::from(number.to_string())
            } else if allows("array") {
                let inner = shape::items(&contract.schemas, schema);
                Value::from(vec![coerced(contract, inner.as_ref(), value)])
            } else {
                value
            }
        }
        _ => value,
    }
}

/// A schema-valid value, or why there is none.
pub fn generated(
    world: &ProbeContext<'_>,
    schema: &Schema,
    place: generate::Place,
    style: generate::Style,
    label: &str,
) -> Result<Value, String> {
    let normalised = world
        .contract
        .schemas
        .normalised(schema)
        .ok_or_else(|| format!("the schema {} did not load", schema.pointer))?;
    draw(world, schema, normalised, place, style, label)
}

/// A body that the contract's schema of this operation allows, of a given style.
///
/// # Errors
/// Why there is none.
pub fn generated_body(
    world: &ProbeContext<'_>,
    operation: &Operation,
    style: generate::Style,
) -> Result<Value, String> {
    let schema = operation
        .body
        .as_ref()
        .and_then(|body| super::body::choose(&body.content))
        .and_then(|media| media.schema.as_ref())
        .ok_or_else(|| format!("the contract gives {} no schema of a body", operation.key))?;
    generated(world, schema, generate::Place::Body, style, "suite body")
}

/// As [`generated`], but not one of the values the schema itself proposes.
pub fn fresh(
    world: &ProbeContext<'_>,
    schema: &Schema,
    place: generate::Place,
    label: &str,
) -> Option<Value> {
    fresh_of_each(world, schema, place, &[label.to_owned()]).pop()
}

/// As [`fresh`], a value for each label, from a schema prepared once.
pub fn fresh_of_each(
    world: &ProbeContext<'_>,
    schema: &Schema,
    place: generate::Place,
    labels: &[String],
) -> Vec<Value> {
    let Some((schema, object)) = shape::resolved(&world.contract.schemas, schema) else {
        return Vec::new();
    };
    let mut bare = object.clone();
    for proposal in ["example", "examples", "default"] {
        bare.remove(proposal);
    }
    let bare = Value::Object(bare);
    with_source(world.contract, &schema, &bare, place, |source| {
        let generator = generate::Generator::new(*source);
        labels
            .iter()
            .filter_map(|label| {
                let mut rng = generate::rng(world.seed, label);
                generator.valid(&mut rng, generate::Style::Plain).ok()
            })
            .collect()
    })
}

fn draw(
    world: &ProbeContext<'_>,
    schema: &Schema,
    normalised: &Value,
    place: generate::Place,
    style: generate::Style,
    label: &str,
) -> Result<Value, String> {
    with_source(world.contract, schema, normalised, place, |source| {
        generate::valid(source, &mut generate::rng(world.seed, label), style)
            .map_err(|unsatisfiable| unsatisfiable.to_string())
    })
}

/// Hands what the generator draws from to a function.
pub fn with_source<T>(
    contract: &Contract,
    schema: &Schema,
    normalised: &Value,
    place: generate::Place,
    then: impl FnOnce(&generate::Source<'_>) -> T,
) -> T {
    then(&generate::Source {
        schema: normalised,
        base: &schema.document,
        resolver: &Follow(&contract.schemas),
        judge: &Judge { contract, schema },
        direction: generate::Direction::Request,
        place,
    })
}

/// The contract's references, as the generator follows them.
struct Follow<'c>(&'c Schemas);

impl generate::Resolver for Follow<'_> {
    fn resolve<'a>(&'a self, base: &str, reference: &str) -> Option<(&'a str, &'a Value)> {
        self.0.resolve(base, reference)
    }
}

/// The contract's validator, as the generator asks it.
struct Judge<'c> {
    contract: &'c Contract,
    schema: &'c Schema,
}

impl generate::Judge for Judge<'_> {
    fn is_valid(&self, value: &Value) -> Option<bool> {
        match self.contract.schemas.validate_request(self.schema, value) {
            Validity::Valid => Some(true),
            Validity::Invalid(_) => Some(false),
            Validity::Unjudgeable(_) => None,
        }
    }
}

/// Where the generator thinks a parameter stands.
pub fn place(parameter: &Parameter) -> generate::Place {
    if parameter.content.is_some() {
        return generate::Place::Body;
    }
    match parameter.place {
        ParameterPlace::Path => generate::Place::Path,
        ParameterPlace::Query | ParameterPlace::Querystring => generate::Place::Query,
        ParameterPlace::Header => generate::Place::Header,
        ParameterPlace::Cookie => generate::Place::Cookie,
    }
}

/// A value that the schema allows and that names nothing: a fresh UUID, a large number, a text of the
/// run's own. Nothing where the schema leaves no room for one (an enum, a constant, a truth value).
#[must_use]
pub fn unknown_id(
    world: &ProbeContext<'_>,
    operation: &Operation,
    parameter: &Parameter,
) -> Option<Value> {
    let label = format!("unknown {} {}", operation.key, parameter.name);
    unused_id(world, operation, parameter, &label)
}

/// As [`unknown_id`], another one for each label.
pub fn unused_id(
    world: &ProbeContext<'_>,
    operation: &Operation,
    parameter: &Parameter,
    label: &str,
) -> Option<Value> {
    let known = world.known.learned(&operation.key, &parameter.name);
    let given = world.known.given(&operation.key, &parameter.name);
    let model = given
        .or_else(|| known.first())
        .or_else(|| parameter.examples.first().map(|example| &example.value));
    let schema = parameter.schema.as_ref();
    let schemas = &world.contract.schemas;
    let keyword = |name: &str| schema.and_then(|schema| shape::keyword(schemas, schema, name));
    if keyword("enum").is_some() || keyword("const").is_some() {
        return None;
    }
    let types = schema
        .map(|schema| shape::types(schemas, schema))
        .unwrap_or_default();
    let numeric = types
        .iter()
        .any(|kind| kind == "integer" || kind == "number");
    if types
        .iter()
        .any(|kind| kind == "boolean" || kind == "object" || kind == "array")
    {
        return None;
    }
    let mut candidates = Vec::new();
    let spread = i64::try_from(number(world, label) % 9_973).unwrap_or(0);
    if numeric {
        let top = if keyword("format").as_ref().and_then(Value::as_str) == Some("int64") {
            9_007_199_254_740_991
        } else {
            i64::from(i32::MAX)
        };
        let top = keyword("maximum")
            .and_then(|maximum| maximum.as_i64())
            .map_or(top, |maximum| maximum.min(top));
        // High up in the range: counters have not come that far.
        let room = spread % (top / 2).max(1);
        candidates.extend([top - room, top - 1, top].map(Value::from));
    } else {
        let fresh_uuid = uuid(world, label);
        let token = token(world, label);
        let text = format!("{}-{token}", world.run_tag);
        if let Some(Value::String(model)) = model {
            candidates.extend(like(model, &fresh_uuid, spread));
        }
        if keyword("format").as_ref().and_then(Value::as_str) == Some("uuid") {
            candidates.insert(0, Value::from(fresh_uuid.clone()));
        }
        candidates.push(Value::from(text));
        candidates.push(Value::from(fresh_uuid));
        candidates.push(Value::from(token));
    }
    // Last, whatever the schema describes: a pattern leaves room enough for a value nobody holds.
    if let Some(schema) = schema
        && keyword("pattern").is_some()
    {
        candidates.extend(fresh(world, schema, place(parameter), label));
    }
    candidates.into_iter().find(|candidate| {
        model != Some(candidate)
            && !known.contains(candidate)
            && fits(world.contract, schema, candidate)
    })
}

/// A text built like another: a UUID like a UUID, digits like digits.
fn like(model: &str, fresh_uuid: &str, spread: i64) -> Option<Value> {
    if uuid::Uuid::try_parse(model).is_ok() {
        return Some(fresh_uuid.into());
    }
    if !model.is_empty() && model.len() < 18 && model.bytes().all(|byte| byte.is_ascii_digit()) {
        let text = format!("9{spread:0>width$}", width = model.len().max(7) - 1);
        return Some(text.into());
    }
    None
}

//! Values for slots: generated, told apart from every other run's, or made to exist nowhere.

use serde_json::Value;

use super::{names, shape};
use crate::{
    contract::{Contract, Operation, Parameter, ParameterPlace, Schema, Schemas, Validity},
    generate,
    script::World,
};

/// A number from a text, the same on every machine and in every release (FNV-1a, mixed once more).
pub(crate) fn hash(text: &str) -> u64 {
    let mut hash = text.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    hash = (hash ^ (hash >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    hash = (hash ^ (hash >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    hash ^ (hash >> 31)
}

/// A number that is the same for the same run, seed and label.
fn number(world: &World<'_>, label: &str) -> u64 {
    hash(&format!("{} {} {label}", world.seed, world.run_tag))
}

/// Six letters and digits that are the same for the same run, seed and label.
pub(crate) fn token(world: &World<'_>, label: &str) -> String {
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
pub(crate) fn uuid(world: &World<'_>, label: &str) -> String {
    let high = u128::from(number(world, label));
    let low = u128::from(number(world, &format!("{label} low")));
    uuid::Builder::from_random_bytes(((high << 64) | low).to_be_bytes())
        .into_uuid()
        .to_string()
}

/// Whether a value may stand where the schema is, as far as that can be judged.
pub(crate) fn fits(contract: &Contract, schema: Option<&Schema>, value: &Value) -> bool {
    schema.is_none_or(|schema| {
        !matches!(
            contract.schemas.validate_request(schema, value),
            Validity::Invalid(_)
        )
    })
}

/// A value as the type the schema wants: ids are numbers here and texts there.
pub(crate) fn coerced(contract: &Contract, schema: Option<&Schema>, value: Value) -> Value {
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
pub(crate) fn generated(
    world: &World<'_>,
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
    world: &World<'_>,
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
pub(crate) fn fresh(
    world: &World<'_>,
    schema: &Schema,
    place: generate::Place,
    label: &str,
) -> Option<Value> {
    let (schema, object) = shape::resolved(&world.contract.schemas, schema)?;
    let mut bare = object.clone();
    for proposal in ["example", "examples", "default"] {
        bare.remove(proposal);
    }
    let bare = Value::Object(bare);
    draw(world, &schema, &bare, place, generate::Style::Plain, label).ok()
}

fn draw(
    world: &World<'_>,
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
pub(crate) fn with_source<T>(
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
pub(crate) fn place(parameter: &Parameter) -> generate::Place {
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

/// Makes the members of a body that look as if no two records may share them the run's own: names,
/// references, e-mail addresses, ids of its own making. What the schema does not let be changed stays.
pub(crate) fn make_unique(
    world: &World<'_>,
    schema: &Schema,
    things: &[String],
    held: &[String],
    label: &str,
    body: &mut Value,
) {
    let mut places = Vec::new();
    records(schema, String::new(), body, world.contract, 0, &mut places);
    for (pointer, schema_of) in places {
        let Some(Value::Object(members)) = body.pointer(&pointer) else {
            continue;
        };
        let members: Vec<(String, Value)> = members
            .iter()
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect();
        let described = shape::members(&world.contract.schemas, &schema_of);
        let mut told_apart: Vec<(String, String, Value, Option<Schema>)> = Vec::new();
        for (name, value) in members {
            let at = format!("{pointer}/{}", name.replace('~', "~0").replace('/', "~1"));
            if held.contains(&at) {
                continue;
            }
            let schema = described
                .iter()
                .find(|member| member.name == name)
                .map(|member| &member.schema);
            // `usernames` holds what `username` does.
            if let (Value::Array(items), Some(one)) = (&value, name.strip_suffix('s')) {
                let inner = schema.and_then(|schema| shape::items(&world.contract.schemas, schema));
                for (index, item) in items
                    .iter()
                    .enumerate()
                    .filter(|(_, item)| item.is_string())
                {
                    let at = format!("{at}/{index}");
                    told_apart.push((one.to_owned(), at, item.clone(), inner.clone()));
                }
            }
            told_apart.push((name, at, value, schema.cloned()));
        }
        for (name, at, value, schema_at) in told_apart {
            let label = format!("{label} {at}");
            for other in unique(world, &name, things, &value, schema_at.as_ref(), &label) {
                let Some(slot) = body.pointer_mut(&at) else {
                    break;
                };
                let before = std::mem::replace(slot, other);
                if matches!(
                    world.contract.schemas.validate_request(schema, body),
                    Validity::Valid
                ) {
                    break;
                }
                if let Some(slot) = body.pointer_mut(&at) {
                    *slot = before;
                }
            }
        }
    }
}

/// The records in a body: itself, the items of a list, what `data`, `attributes` or an only member wraps.
fn records(
    schema: &Schema,
    pointer: String,
    body: &Value,
    contract: &Contract,
    depth: usize,
    found: &mut Vec<(String, Schema)>,
) {
    match body {
        Value::Array(items) if depth < 3 => {
            if let Some(inner) = shape::items(&contract.schemas, schema) {
                for (index, item) in items.iter().enumerate().take(5) {
                    records(
                        &inner,
                        format!("{pointer}/{index}"),
                        item,
                        contract,
                        depth + 1,
                        found,
                    );
                }
            }
        }
        Value::Object(members) if depth < 3 => {
            let described = shape::members(&contract.schemas, schema);
            for (name, value) in members {
                let wraps = matches!(name.as_str(), "data" | "attributes") || members.len() == 1;
                if wraps
                    && (value.is_object() || value.is_array())
                    && let Some(member) = described.iter().find(|member| member.name == *name)
                {
                    let at = format!("{pointer}/{name}");
                    records(&member.schema, at, value, contract, depth + 1, found);
                }
            }
            found.push((pointer, schema.clone()));
        }
        _ => {}
    }
}

/// Last words of names of keys by which people know a record.
const KEYS: [&str; 10] = [
    "ref",
    "reference",
    "registration",
    "vrm",
    "urn",
    "crn",
    "nino",
    "isbn",
    "sku",
    "slug",
];

/// Values in place of one that looks as if no two records may share it, best first.
fn unique(
    world: &World<'_>,
    name: &str,
    things: &[String],
    value: &Value,
    schema: Option<&Schema>,
    label: &str,
) -> Vec<Value> {
    let words = names::words(name);
    let last = words.last().map(String::as_str).unwrap_or_default();
    let before = words
        .iter()
        .rev()
        .nth(1)
        .map(String::as_str)
        .unwrap_or_default();
    let keyword = |keyword: &str| {
        schema.and_then(|schema| shape::keyword(&world.contract.schemas, schema, keyword))
    };
    let own_key = names::identifier(name).is_some_and(|(owner, _)| {
        owner.is_empty()
            || things.contains(&owner)
            || matches!(
                owner.as_str(),
                "request"
                    | "message"
                    | "correlation"
                    | "transaction"
                    | "idempotency"
                    | "submission"
                    | "external"
                    | "client"
                    | "source"
                    | "unique"
            )
    });
    let named = match last {
        "username" | "login" | "title" | "alias" | "email" | "mail" => true,
        // A person's name is not unique, and many systems take letters only.
        "name" => {
            words.len() == 1
                || things.iter().any(|thing| thing == before)
                || matches!(before, "user" | "display" | "account")
        }
        _ => false,
    };
    // What has a pattern is a code: often a key by which people know the record, whatever it is called. One that is the
    // schema's own example may name something that is there, unless its name says that it is a key.
    let is_key = KEYS.contains(&last);
    let is_proposed = ["example", "default"]
        .into_iter()
        .filter_map(keyword)
        .chain(
            keyword("examples")
                .iter()
                .filter_map(Value::as_array)
                .flatten()
                .cloned(),
        )
        .any(|proposed| proposed == *value);
    let coded = keyword("pattern").is_some()
        && keyword("format").is_none()
        && value.is_string()
        && (is_key || !is_proposed);
    if !own_key && !named && !coded && !is_key
        || keyword("enum").is_some()
        || keyword("const").is_some()
    {
        return Vec::new();
    }
    match value {
        Value::Number(number) if own_key && number.is_i64() => {
            let number = i64::try_from(self::number(world, label) % 1_000_000_000).unwrap_or(1);
            vec![
                Value::from(number + 1_000_000_000),
                Value::from(number % 1_000_000 + 1),
            ]
        }
        Value::String(text) => {
            let token = token(world, label);
            let format = keyword("format");
            match format.as_ref().and_then(Value::as_str) {
                Some("uuid") => return vec![Value::from(uuid(world, label))],
                Some("email" | "idn-email") => {
                    return vec![Value::from(format!(
                        "{}-{token}@example.com",
                        world.run_tag
                    ))];
                }
                None if last.ends_with("mail") && text.contains('@') => {
                    return vec![Value::from(format!(
                        "{}-{token}@example.com",
                        world.run_tag
                    ))];
                }
                None => {}
                Some(_) => return Vec::new(),
            }
            let long = format!("{}-{token}", world.run_tag);
            let limit = keyword("maxLength")
                .and_then(|limit| limit.as_u64())
                .and_then(|limit| usize::try_from(limit).ok())
                .unwrap_or(usize::MAX);
            let mut candidates = if long.len() <= limit {
                vec![Value::from(long)]
            } else {
                let short: String = token.to_uppercase().chars().take(limit).collect();
                vec![Value::from(short)]
            };
            if !own_key && !named && coded {
                candidates.clear();
            }
            if keyword("pattern").is_some() {
                // The longest of a few: short ones repeat.
                let mut drawn: Vec<Value> = (0..4)
                    .filter_map(|turn| {
                        let label = format!("{label} {turn}");
                        fresh(world, schema?, generate::Place::Body, &label)
                    })
                    .collect();
                drawn.sort_by_key(|one| {
                    std::cmp::Reverse(one.as_str().map_or(0, |text| text.chars().count()))
                });
                candidates.extend(drawn);
            }
            candidates
        }
        _ => Vec::new(),
    }
}

/// A value that the schema allows and that names nothing: a fresh UUID, a large number, a text of the
/// run's own. Nothing where the schema leaves no room for one (an enum, a constant, a truth value).
#[must_use]
pub fn unknown_id(
    world: &World<'_>,
    operation: &Operation,
    parameter: &Parameter,
) -> Option<Value> {
    let label = format!("unknown {} {}", operation.key, parameter.name);
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
    let spread = i64::try_from(number(world, &label) % 9_973).unwrap_or(0);
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
        let fresh_uuid = uuid(world, &label);
        let token = token(world, &label);
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
        candidates.extend(fresh(world, schema, place(parameter), &label));
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

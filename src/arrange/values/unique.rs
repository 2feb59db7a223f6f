//! Values that no two records may share, as far as names and schemas show them.

use serde_json::Value;

use super::{fresh_of_each, number, token, uuid};
use crate::{
    arrange::{names, shape},
    contract::{Contract, Schema, Validity},
    generate,
    script::World,
};

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

/// Letters that the placeholder of a free text is told apart by.
const LETTERS: usize = 6;

/// A placeholder that no other record bears: many stores have keys of which neither the name nor the schema tells. Letters
/// alone, since many take nothing else.
fn told_apart(world: &World<'_>, limit: Option<u64>, label: &str) -> String {
    let limit = limit
        .and_then(|limit| usize::try_from(limit).ok())
        .unwrap_or(usize::MAX);
    let mut state = number(world, label);
    let letters: String = (0..LETTERS.min(limit))
        .filter_map(|_| {
            let letter = u8::try_from(state % 26).ok()?;
            state /= 26;
            Some(char::from(b'a' + letter))
        })
        .collect();
    let kept: String = generate::PLACEHOLDER
        .chars()
        .take(limit.saturating_sub(LETTERS))
        .collect();
    format!("{kept}{letters}")
}

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
    let free = ["pattern", "format", "enum", "const"]
        .iter()
        .all(|name| keyword(name).is_none());
    if free
        && !own_key
        && !named
        && !is_key
        && !is_proposed
        && value.as_str() == Some(generate::PLACEHOLDER)
    {
        let limit = keyword("maxLength").and_then(|limit| limit.as_u64());
        return vec![Value::from(told_apart(world, limit, label))];
    }
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
                let labels = [0, 1, 2, 3].map(|turn| format!("{label} {turn}"));
                let mut drawn = schema.map_or_else(Vec::new, |schema| {
                    fresh_of_each(world, schema, generate::Place::Body, &labels)
                });
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

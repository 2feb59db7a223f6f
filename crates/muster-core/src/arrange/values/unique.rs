//! Values that no two records may share, as far as names and schemas show them.

use serde_json::Value;

use super::{fresh_of_each, number, token, uuid};
use crate::{
    arrange::{names, shape},
    contract::{Contract, Schema, Validity},
    generate,
    script::ProbeContext,
};

/// Makes the members of a body that look as if no two records may share them the run's own: names,
/// references, e-mail addresses, ids of its own making. What the schema does not let be changed stays.
pub(crate) fn make_unique(
    world: &ProbeContext<'_>,
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

/// A placeholder that no other record bears, in place of a text that chance chose: many stores have keys of which neither the name nor the schema tells. Letters
/// alone, since many take nothing else.
fn told_apart(world: &ProbeContext<'_>, limit: Option<u64>, label: &str) -> String {
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
    world: &ProbeContext<'_>,
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
    let said = says_unique(
        keyword("description").as_ref(),
        keyword("x-unique").as_ref(),
    );
    let free = ["pattern", "format", "enum", "const"]
        .iter()
        .all(|name| keyword(name).is_none());
    if free
        && !own_key
        && !named
        && !is_key
        && !is_proposed
        && !said
        && value.as_str().is_some_and(generate::is_made_up)
    {
        let limit = keyword("maxLength").and_then(|limit| limit.as_u64());
        return vec![Value::from(told_apart(world, limit, label))];
    }
    if !own_key && !named && !coded && !is_key && !said
        || keyword("enum").is_some()
        || keyword("const").is_some()
    {
        return Vec::new();
    }
    if said && let Some(told_apart) = of_kind(world, value, &keyword, label) {
        return vec![told_apart];
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

/// Whether a schema says that no two records share the value, in words or by `x-unique`.
fn says_unique(description: Option<&Value>, extension: Option<&Value>) -> bool {
    if extension == Some(&Value::Bool(true)) {
        return true;
    }
    let Some(text) = description.and_then(Value::as_str) else {
        return false;
    };
    let words = names::words(text);
    words.iter().enumerate().any(|(at, word)| {
        let before = |back: usize| at.checked_sub(back).and_then(|at| words.get(at));
        let denied = (1..=3).any(|back| {
            before(back).is_some_and(|word| matches!(word.as_str(), "not" | "non" | "never" | "no"))
        });
        matches!(word.as_str(), "unique" | "uniquely" | "uniqueness") && !denied
    })
}

/// A value of the run's own of the type and format that the schema gives; nothing where texts are free.
fn of_kind(
    world: &ProbeContext<'_>,
    value: &Value,
    keyword: &impl Fn(&str) -> Option<Value>,
    label: &str,
) -> Option<Value> {
    let drawn = number(world, label);
    match value {
        Value::Number(held) => {
            let bound = |name: &str| keyword(name).and_then(|bound| bound.as_i64());
            let low = bound("minimum").unwrap_or(1);
            let high = bound("maximum").unwrap_or_else(|| {
                match keyword("format").as_ref().and_then(Value::as_str) {
                    // A time in milliseconds or a counter: both fit.
                    Some("int64") => 1_999_999_999_999,
                    _ => i64::from(i32::MAX),
                }
            });
            let room = u64::try_from(high.checked_sub(low)?).ok()?.checked_add(1)?;
            let step = keyword("multipleOf")
                .and_then(|step| step.as_i64())
                .unwrap_or(1)
                .max(1);
            let drawn = low + i64::try_from(drawn % room).ok()?;
            held.is_i64().then(|| Value::from(drawn - drawn % step))
        }
        Value::String(_) => {
            let token = token(world, label);
            let host = format!("{}-{token}.invalid", world.run_tag);
            let format = keyword("format");
            Some(match format.as_ref().and_then(Value::as_str)? {
                "date-time" => Value::from(moment(drawn)),
                "date" => Value::from(moment(drawn).get(..10)?.to_owned()),
                "hostname" | "idn-hostname" => Value::from(host),
                "uri" | "url" | "iri" => Value::from(format!("https://{host}/")),
                // Addresses for documentation (RFC 5737).
                "ipv4" => Value::from(format!("203.0.113.{}", drawn % 254 + 1)),
                _ => return None,
            })
        }
        _ => None,
    }
}

/// A time in the years 2001 to 2024, to the second.
fn moment(drawn: u64) -> String {
    let (day, second) = (drawn % 8_000, drawn / 8_000 % 86_400);
    // 28 days in each month keep to every calendar.
    let (year, month, day) = (2001 + day / 336, day % 336 / 28 + 1, day % 28 + 1);
    let (hour, minute, second) = (second / 3_600, second / 60 % 60, second % 60);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn prose_says_what_is_unique() {
        for (text, expected) in [
            ("The host. Must be unique.", true),
            ("A unique name within the force", true),
            ("Uniquely identifies the beat", true),
            ("Need not be unique.", false),
            ("Names are not unique", false),
            ("Non-unique label", false),
            ("The surname", false),
        ] {
            assert_eq!(says_unique(Some(&json!(text)), None), expected, "{text}");
        }
        assert!(says_unique(None, Some(&json!(true))));
    }

    #[test]
    fn times_are_of_the_calendar() {
        for drawn in [0, 1, 7_999, 8_000, u64::MAX] {
            let text = moment(drawn);
            let read =
                time::OffsetDateTime::parse(&text, &time::format_description::well_known::Rfc3339);
            assert!(read.is_ok(), "{text}");
        }
    }
}

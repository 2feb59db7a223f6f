//! Valid values that servers stumble over, and whether a refusal of each can be blamed (owner of [`Edge`]).

use std::collections::HashMap;

use serde_json::{Value, json};

use crate::support::schema_view::{Place, escape, is_uuid};
use muster_core::{
    arrange::vary,
    contract::{Operation, Parameter, Schema},
    generate::{self, Boundary},
    script::ProbeContext,
};

/// A valid value, and what is special about it.
#[derive(Debug, Clone)]
pub struct Edge {
    /// The whole body, or the value of a parameter.
    pub body: Value,
    /// The place in it.
    pub pointer: String,
    /// What is special, as a sentence.
    pub reason: String,
    /// What makes it the same defect as another.
    pub cause: String,
    /// Whether the schema says all there is to say of it, so that nothing excuses a refusal.
    pub blame: bool,
    /// Whether it is about a member that is not there.
    pub is_absence: bool,
}

/// Words of names whose text is a name or a note, so that any letter may stand in it.
const WRITTEN: [&str; 22] = [
    "name",
    "names",
    "surname",
    "forename",
    "forenames",
    "alias",
    "aliases",
    "title",
    "town",
    "city",
    "street",
    "description",
    "note",
    "notes",
    "comment",
    "comments",
    "text",
    "summary",
    "details",
    "narrative",
    "message",
    "remarks",
];

/// Words of parameters that search.
const SEARCHES: [&str; 6] = ["q", "query", "search", "term", "keyword", "keywords"];

/// Words of parameters whose values only the API itself can make.
const OPAQUE: [&str; 7] = [
    "cursor",
    "token",
    "continuation",
    "after",
    "before",
    "marker",
    "next",
];

/// Bodies that differ from a valid one in one value at an edge: at most about `limit`.
#[must_use]
pub fn of_body(
    world: &ProbeContext<'_>,
    operation: &Operation,
    schema: &Schema,
    base: &Value,
    limit: usize,
) -> Vec<Edge> {
    let mut edges: Vec<Edge> = Vec::new();
    let keep = |edges: &mut Vec<Edge>, made: Made| {
        let label = format!("edge {} {}", edges.len(), made.pointer);
        let fresh = vary::renewed(world, operation, schema, base, false, &label);
        let Some(body) = vary::transplanted(&fresh, &made.whole, &made.pointer) else {
            return;
        };
        if body == fresh
            || edges.iter().any(|edge| edge.body == body)
            || !vary::is_valid(world, schema, &body)
        {
            return;
        }
        edges.push(Edge {
            body,
            cause: format!("{} {}#{}", made.kind, schema.pointer, made.pointer),
            pointer: made.pointer,
            reason: made.reason,
            blame: made.blame,
            is_absence: made.is_absence,
        });
    };
    for made in written(world, schema, base) {
        keep(&mut edges, made);
    }
    // Each member of a list of values is promised by name: those come before all that is in between.
    // After them every place has its turn before any has its second.
    let boundaries = vary::boundaries(world, schema, generate::Place::Body, limit * 6);
    let mut turns: HashMap<String, usize> = HashMap::new();
    let mut ordered: Vec<(usize, Boundary)> = Vec::new();
    for boundary in boundaries {
        let turn = turns.entry(boundary.pointer.clone()).or_default();
        if kind(&boundary.reason) == "member" {
            ordered.push((0, boundary));
        } else {
            *turn += 1;
            ordered.push((*turn, boundary));
        }
    }
    ordered.sort_by_key(|(turn, _)| *turn);
    for (_, boundary) in ordered {
        if edges.len() >= limit {
            break;
        }
        if let Some(made) = made_of(boundary, base) {
            keep(&mut edges, made);
        }
    }
    edges
}

/// Values at the edges of what a parameter takes.
#[must_use]
pub fn of_parameter(world: &ProbeContext<'_>, parameter: &Parameter) -> Vec<Edge> {
    let Some(schema) = &parameter.schema else {
        return Vec::new();
    };
    let opaque = has_word(&parameter.name, &OPAQUE);
    let place = Place::of(world.contract, schema);
    let is_id = place.has_format("uuid") || has_word(&parameter.name, &["id", "ids"]);
    let mut edges = words(world, parameter, schema, &place);
    edges.extend(of_bounds(world, parameter, schema, &place, opaque || is_id));
    edges
}

/// Two words, in a parameter whose text is looked for in names and notes.
fn words(
    world: &ProbeContext<'_>,
    parameter: &Parameter,
    schema: &Schema,
    place: &Place<'_>,
) -> Vec<Edge> {
    let closed = ["enum", "const", "pattern", "format", "not"]
        .iter()
        .any(|keyword| place.has(keyword));
    let searches = has_word(&parameter.name, &WRITTEN) || has_word(&parameter.name, &SEARCHES);
    let value = Value::from("Zz zz");
    if closed
        || !searches
        || !place.types().contains("string")
        || !vary::is_valid(world, schema, &value)
    {
        return Vec::new();
    }
    vec![Edge {
        pointer: String::new(),
        reason: format!("`{}` is two words with a space between", parameter.name),
        cause: "two words".to_owned(),
        body: value,
        blame: true,
        is_absence: false,
    }]
}

fn of_bounds(
    world: &ProbeContext<'_>,
    parameter: &Parameter,
    schema: &Schema,
    place: &Place<'_>,
    open: bool,
) -> Vec<Edge> {
    vary::boundaries(world, schema, vary::place(parameter), 24)
        .into_iter()
        .filter(|boundary| boundary.value != Value::Null && boundary.value != json!(""))
        .map(|boundary| {
            let everyday = boundary.reason.starts_with("an everyday value");
            let formatted = place.has_format("date") || place.has_format("date-time");
            let kind = kind(&boundary.reason);
            let says_all =
                is_declared(kind) || (everyday && formatted) || boundary.value.is_boolean();
            let told = boundary
                .reason
                .replacen("the value", &format!("`{}`", parameter.name), 1);
            Edge {
                blame: says_all && !open && is_moderate(&boundary.value),
                pointer: boundary.pointer,
                reason: told.replacen(
                    "an everyday value",
                    &format!("`{}` with an everyday value", parameter.name),
                    1,
                ),
                cause: format!("{kind} {}", told_value(&boundary.value)),
                body: boundary.value,
                is_absence: false,
            }
        })
        .collect()
}

fn told_value(value: &Value) -> String {
    value.to_string().chars().take(40).collect()
}

/// A body that holds a special value, before it is laid over the base.
struct Made {
    whole: Value,
    pointer: String,
    kind: String,
    reason: String,
    blame: bool,
    is_absence: bool,
}

fn made_of(boundary: Boundary, base: &Value) -> Option<Made> {
    let mut kind = kind(&boundary.reason);
    if boundary.pointer.is_empty() || matches!(kind, "alone" | "together" | "least" | "most") {
        return None;
    }
    let value = boundary.value.pointer(&boundary.pointer);
    if kind == "branch" {
        // Another branch of the same type is an everyday value; null is what the last branch is for.
        match (value, base.pointer(&boundary.pointer)) {
            (Some(Value::Null), _) => kind = "null",
            (Some(one), Some(held))
                if std::mem::discriminant(one) == std::mem::discriminant(held)
                    && !one.is_object() =>
            {
                return None;
            }
            _ => {}
        }
    }
    let is_open = match value {
        Some(Value::String(text)) => text.is_empty(),
        Some(Value::Array(items)) => items.is_empty(),
        Some(other) => !is_moderate(other),
        None => false,
    };
    let identity = value.and_then(Value::as_str).is_some_and(is_uuid);
    let named = match (kind, value) {
        ("member", Some(value)) => format!("member {}", told_value(value)),
        _ => kind.to_owned(),
    };
    Some(Made {
        blame: is_declared(kind) && !is_open && !identity,
        is_absence: kind == "absent",
        reason: if kind == "null" {
            format!("null: {} is null", boundary.pointer)
        } else {
            boundary.reason
        },
        kind: named,
        pointer: boundary.pointer,
        whole: boundary.value,
    })
}

/// The word before the colon.
fn kind(reason: &str) -> &str {
    reason.split(':').next().unwrap_or_default()
}

/// Whether the schema itself draws the line.
fn is_declared(kind: &str) -> bool {
    matches!(
        kind,
        "shortest"
            | "longest"
            | "just above the shortest"
            | "just below the longest"
            | "lowest"
            | "just above the lowest"
            | "highest"
            | "just below the highest"
            | "just above the fewest"
            | "fewest"
            | "most items"
            | "just below the most"
            | "member"
            | "flag"
            | "absent"
            | "type"
            | "null"
    )
}

/// Whether a number is not one that only the limits of its format allow.
fn is_moderate(value: &Value) -> bool {
    value.as_f64().is_none_or(|number| number.abs() < 1e9)
}

/// Letters of other languages, offsets, leap days: what schemas allow without a word.
fn written(world: &ProbeContext<'_>, schema: &Schema, base: &Value) -> Vec<Made> {
    let mut made = Vec::new();
    let whole = Place::of(world.contract, schema);
    let Value::Object(members) = base else {
        return made;
    };
    for (name, value) in members {
        let place = whole.member(name);
        let (value, place, below) = match value {
            Value::Array(items) => match items.first() {
                Some(item) => (item, place.item(0), "/0"),
                None => continue,
            },
            other => (other, place, ""),
        };
        let Value::String(text) = value else {
            continue;
        };
        let pointer = format!("/{}{below}", escape(name));
        let mut put = |text: String, kind: &str, reason: String, blame: bool| {
            let mut whole = base.clone();
            if let Some(slot) = whole.pointer_mut(&pointer) {
                *slot = Value::from(text);
                made.push(Made {
                    whole,
                    pointer: pointer.clone(),
                    kind: kind.to_owned(),
                    reason,
                    blame,
                    is_absence: false,
                });
            }
        };
        let has_pattern = place.has("pattern");
        let closed = ["enum", "const", "contentEncoding", "not"]
            .iter()
            .any(|keyword| place.has(keyword));
        if closed {
            continue;
        }
        if place.has_format("date-time") && !has_pattern {
            if let Some(other) = with_offset(text) {
                put(
                    other,
                    "offset",
                    format!("{pointer} has an offset other than Z"),
                    true,
                );
            }
            if let Some(other) = behind(text) {
                put(
                    other,
                    "offset behind",
                    format!("{pointer} has an offset behind UTC"),
                    true,
                );
            }
        } else if place.has_format("date") && !has_pattern {
            put(
                "2000-02-29".to_owned(),
                "leap day",
                format!("{pointer} is a leap day"),
                false,
            );
        } else if !place.has("format") && !has_pattern {
            let blame = has_word(name, &WRITTEN);
            for (sample, kind) in [("Siân Łukasz", "accents"), ("O'Neill", "an apostrophe")] {
                put(
                    sample.to_owned(),
                    kind,
                    format!("{pointer} is {sample}, with {kind}"),
                    blame,
                );
            }
        }
    }
    made
}

/// The same moment with another offset, where the text is one at a whole hour before midnight in UTC.
fn with_offset(text: &str) -> Option<String> {
    let (date, clock) = text.split_once('T')?;
    let clock = clock.strip_suffix('Z')?;
    let (hour, rest) = clock.split_once(':')?;
    let hour: u8 = hour.parse().ok()?;
    (hour < 23).then(|| format!("{date}T{:02}:{rest}+01:00", hour + 1))
}

/// The same moment as a clock shows it that is five hours behind UTC, where it is the same day there.
fn behind(text: &str) -> Option<String> {
    let (date, clock) = text.split_once('T')?;
    let clock = clock.strip_suffix('Z')?;
    let (hour, rest) = clock.split_once(':')?;
    let hour = hour.parse::<u8>().ok()?.checked_sub(5)?;
    Some(format!("{date}T{hour:02}:{rest}-05:00"))
}

/// Whether one of the words of a name is in a list.
#[must_use]
pub fn has_word(name: &str, words: &[&str]) -> bool {
    let mut spaced = String::new();
    for c in name.chars() {
        if c.is_uppercase() {
            spaced.push(' ');
        }
        spaced.extend(c.to_lowercase());
    }
    spaced
        .split(|c: char| !c.is_alphanumeric())
        .any(|word| words.contains(&word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_keeps_its_moment_with_another_offset() {
        assert_eq!(
            with_offset("2024-05-17T10:30:00Z").as_deref(),
            Some("2024-05-17T11:30:00+01:00")
        );
        assert_eq!(with_offset("2024-05-17T23:30:00Z"), None);
        assert_eq!(with_offset("2024-05-17"), None);
    }

    #[test]
    fn names_are_read_word_by_word() {
        assert!(has_word("givenNames", &WRITTEN));
        assert!(has_word("street_name", &WRITTEN));
        assert!(!has_word("username", &WRITTEN));
        assert!(has_word("pageToken", &OPAQUE));
    }

    #[test]
    fn what_the_formats_alone_allow_is_not_moderate() {
        assert!(is_moderate(&json!(100)));
        assert!(!is_moderate(&json!(2_147_483_647)));
        assert!(is_moderate(&json!("text")));
    }
}

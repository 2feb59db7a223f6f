//! What values must be, by type (owner of [`judge`]).

use regex::Regex;
use serde_json::Value;
use serde_json_path::JsonPath;

use super::{scope::Scope, step::Matcher, template};

/// One thing that does not hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Mismatch {
    /// The key of the matcher that says so; empty for the path itself.
    pub(super) key: &'static str,
    /// What was expected.
    pub(super) expected: String,
    /// What came.
    pub(super) received: String,
}

/// The names of types.
pub(super) const TYPES: &[&str] = &[
    "string", "integer", "number", "boolean", "object", "array", "null",
];

/// Equal by type: `1` is `1.0` and is not `"1"`; the order of members does not count.
pub(super) fn equal(one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::Number(a), Value::Number(b)) => {
            a == b
                || match (a.as_i128(), b.as_i128()) {
                    (Some(a), Some(b)) => a == b,
                    _ => a.as_f64() == b.as_f64(),
                }
        }
        (Value::Array(a), Value::Array(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| equal(a, b))
        }
        (Value::Object(a), Value::Object(b)) => {
            a.len() == b.len()
                && a.iter()
                    .all(|(name, a)| b.get(name).is_some_and(|b| equal(a, b)))
        }
        _ => one == other,
    }
}

/// The name of a value's type.
pub(super) fn type_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(number) => {
            if number.is_f64() && number.as_f64().is_some_and(|n| n.fract() != 0.0) {
                "number"
            } else {
                "integer"
            }
        }
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

/// Whether a value is of a type; a whole number is a number as well.
pub(super) fn is_of_type(value: &Value, name: &str) -> bool {
    let own = type_of(value);
    own == name || (own == "integer" && name == "number")
}

/// A value, short enough for a message.
pub(super) fn shown(value: &Value) -> String {
    short(&value.to_string())
}

/// A text, short enough for a message.
pub(super) fn short(text: &str) -> String {
    const LONGEST: usize = 120;
    if text.chars().count() <= LONGEST {
        return text.to_owned();
    }
    let mut cut: String = text.chars().take(LONGEST).collect();
    cut.push('…');
    cut
}

/// What of a JSON value is not as an item says.
///
/// # Errors
/// The authored item itself is wrong: with its key and the reason.
pub(super) fn judge(
    matcher: &Matcher,
    body: &Value,
    scope: &Scope,
) -> Result<Vec<Mismatch>, (&'static str, String)> {
    let path = template::fill_as_text(&matcher.path, scope).map_err(|t| ("path", t.reason))?;
    let parsed = JsonPath::parse(&path).map_err(|error| ("path", error.to_string()))?;
    let found: Vec<&Value> = parsed.query(body).all();
    judge_values(matcher, &path, &found, scope)
}

/// What of some values is not as an item says; `place` is what they are called.
///
/// # Errors
/// The authored item itself is wrong: with its key and the reason.
pub(super) fn judge_values(
    matcher: &Matcher,
    place: &str,
    found: &[&Value],
    scope: &Scope,
) -> Result<Vec<Mismatch>, (&'static str, String)> {
    let mut wrong = Vec::new();
    let count = match &matcher.count {
        Some(value) => Some(number(value, "count", scope)?),
        None => None,
    };
    if let Some(count) = count
        && count != found.len() as f64
    {
        wrong.push(Mismatch {
            key: "count",
            expected: format!("`{place}` selects {count} values"),
            received: format!("it selects {}", found.len()),
        });
    }
    match (matcher.exists, found) {
        (Some(false), [first, ..]) => wrong.push(Mismatch {
            key: "exists",
            expected: format!("nothing at `{place}`"),
            received: shown(first),
        }),
        (Some(false), []) => {}
        (_, []) if count.is_none() => wrong.push(Mismatch {
            key: if matcher.exists.is_some() {
                "exists"
            } else {
                ""
            },
            expected: format!("a value at `{place}`"),
            received: "there is none".to_owned(),
        }),
        _ => {}
    }
    if matcher.exists != Some(false) {
        for value in found {
            if wrong.len() >= 5 {
                break;
            }
            wrong.extend(one(matcher, place, value, scope)?);
        }
    }
    Ok(wrong)
}

fn number(value: &Value, key: &'static str, scope: &Scope) -> Result<f64, (&'static str, String)> {
    let filled = template::fill(value, scope).map_err(|trouble| (key, trouble.reason))?;
    filled.as_f64().ok_or_else(|| {
        (
            key,
            format!("`{key}` needs a number; it is {}", shown(&filled)),
        )
    })
}

/// What of one value is not as an item says.
fn one(
    matcher: &Matcher,
    place: &str,
    value: &Value,
    scope: &Scope,
) -> Result<Vec<Mismatch>, (&'static str, String)> {
    let mut wrong = Vec::new();
    let mut say = |key: &'static str, expected: String| {
        wrong.push(Mismatch {
            key,
            expected,
            received: shown(value),
        });
    };
    let filled = |key: &'static str, authored: &Value| {
        template::fill(authored, scope).map_err(|trouble| (key, trouble.reason))
    };
    if let Some(authored) = &matcher.is {
        let expected = filled("is", authored)?;
        if !equal(value, &expected) {
            say("is", format!("`{place}` is {}", shown(&expected)));
        }
    }
    if let Some(authored) = &matcher.is_not {
        let unwanted = filled("is_not", authored)?;
        if equal(value, &unwanted) {
            say("is_not", format!("`{place}` is not {}", shown(&unwanted)));
        }
    }
    if let Some(authored) = &matcher.one_of {
        let allowed = filled("one_of", authored)?;
        let Some(items) = allowed.as_array() else {
            return Err(("one_of", "`one_of` needs a list".to_owned()));
        };
        if !items.iter().any(|item| equal(item, value)) {
            say("one_of", format!("`{place}` is one of {}", shown(&allowed)));
        }
    }
    if let Some(name) = &matcher.r#type
        && !is_of_type(value, name)
    {
        say("type", format!("`{place}` is of type {name}"));
    }
    if let Some(authored) = &matcher.matches {
        let pattern = template::fill_as_text(authored, scope)
            .map_err(|trouble| ("matches", trouble.reason))?;
        let regex = Regex::new(&pattern).map_err(|error| ("matches", error.to_string()))?;
        if !value.as_str().is_some_and(|text| regex.is_match(text)) {
            say(
                "matches",
                format!("`{place}` is a text that matches `{pattern}`"),
            );
        }
    }
    if let Some(authored) = &matcher.contains {
        let part = filled("contains", authored)?;
        let contains = match value {
            Value::String(text) => part.as_str().is_some_and(|part| text.contains(part)),
            Value::Array(items) => items.iter().any(|item| equal(item, &part)),
            _ => false,
        };
        if !contains {
            say("contains", format!("`{place}` contains {}", shown(&part)));
        }
    }
    if let Some(authored) = &matcher.length {
        let expected = number(authored, "length", scope)?;
        let length = match value {
            Value::String(text) => Some(text.chars().count()),
            Value::Array(items) => Some(items.len()),
            Value::Object(members) => Some(members.len()),
            _ => None,
        };
        if length.map(|length| length as f64) != Some(expected) {
            let received = length.map_or_else(|| shown(value), |length| format!("length {length}"));
            wrong.push(Mismatch {
                key: "length",
                expected: format!("`{place}` has length {expected}"),
                received,
            });
        }
    }
    for (key, authored, word, holds) in [
        (
            "at_least",
            &matcher.at_least,
            "at least",
            (|a, b| a >= b) as fn(f64, f64) -> bool,
        ),
        ("at_most", &matcher.at_most, "at most", |a, b| a <= b),
    ] {
        if let Some(authored) = authored {
            let bound = number(authored, key, scope)?;
            if !value.as_f64().is_some_and(|value| holds(value, bound)) {
                wrong.push(Mismatch {
                    key,
                    expected: format!("`{place}` is a number of {word} {bound}"),
                    received: shown(value),
                });
            }
        }
    }
    Ok(wrong)
}

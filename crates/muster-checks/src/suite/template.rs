//! `${{ … }}` in values: typed where it is the whole text, text within text.

use serde_json::Value;

use super::{
    expression::{Expression, plain_path},
    scope::Scope,
};

/// Why a value cannot be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Trouble {
    /// Where in the value, as a JSON pointer.
    pub(super) pointer: String,
    /// The reason.
    pub(super) reason: String,
    /// The name that has no value, where that is the reason.
    pub(super) missing: Option<String>,
}

impl Trouble {
    fn new(pointer: &str, reason: impl Into<String>) -> Self {
        Self {
            pointer: pointer.to_owned(),
            reason: reason.into(),
            missing: None,
        }
    }
}

/// A part of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part<'t> {
    /// As it stands.
    Text(&'t str),
    /// An expression, and the byte it starts at.
    Expression(&'t str, usize),
}

/// The parts of a text.
///
/// # Errors
/// An expression has no end.
pub(super) fn parts(text: &str) -> Result<Vec<Part<'_>>, String> {
    let mut parts = Vec::new();
    let mut from = 0;
    while let Some(start) = text.get(from..).and_then(|rest| rest.find("${{")) {
        let start = from + start;
        if start > from {
            parts.extend(text.get(from..start).map(Part::Text));
        }
        let inside = start + 3;
        let length = text
            .get(inside..)
            .and_then(end)
            .ok_or_else(|| "`${{` has no `}}`".to_owned())?;
        let expression = text.get(inside..inside + length).unwrap_or_default();
        let lead = expression.len() - expression.trim_start().len();
        parts.push(Part::Expression(expression.trim(), inside + lead));
        from = inside + length + 2;
    }
    if from < text.len() {
        parts.extend(text.get(from..).map(Part::Text));
    }
    Ok(parts)
}

/// Where an expression ends: at the first `}}` outside of braces and quotes.
fn end(text: &str) -> Option<usize> {
    let mut depth = 0_usize;
    let mut quote: Option<char> = None;
    let mut escaped = false;
    let mut characters = text.char_indices().peekable();
    while let Some((at, character)) = characters.next() {
        if let Some(mark) = quote {
            if escaped {
                escaped = false;
            } else if character == '\\' {
                escaped = true;
            } else if character == mark {
                quote = None;
            }
            continue;
        }
        match character {
            '"' | '\'' => quote = Some(character),
            '{' => depth += 1,
            '}' if depth > 0 => depth -= 1,
            '}' if characters.peek().is_some_and(|(_, next)| *next == '}') => return Some(at),
            _ => {}
        }
    }
    None
}

/// A value with its expressions evaluated.
///
/// # Errors
/// An expression has no value.
pub(super) fn fill(value: &Value, scope: &Scope) -> Result<Value, Trouble> {
    fill_at(value, scope, "")
}

fn fill_at(value: &Value, scope: &Scope, pointer: &str) -> Result<Value, Trouble> {
    match value {
        Value::String(text) if text.contains("${{") => fill_text(text, scope, pointer),
        Value::Array(items) => items
            .iter()
            .enumerate()
            .map(|(index, item)| fill_at(item, scope, &format!("{pointer}/{index}")))
            .collect(),
        Value::Object(members) => members
            .iter()
            .map(|(name, member)| {
                let at = format!("{pointer}/{}", name.replace('~', "~0").replace('/', "~1"));
                Ok((name.clone(), fill_at(member, scope, &at)?))
            })
            .collect::<Result<serde_json::Map<_, _>, _>>()
            .map(Value::Object),
        other => Ok(other.clone()),
    }
}

fn fill_text(text: &str, scope: &Scope, pointer: &str) -> Result<Value, Trouble> {
    let parts = parts(text).map_err(|reason| Trouble::new(pointer, reason))?;
    if let [Part::Expression(expression, _)] = parts.as_slice() {
        return value_of(expression, scope, pointer);
    }
    let mut filled = String::new();
    for part in parts {
        match part {
            Part::Text(text) => filled.push_str(text),
            Part::Expression(expression, _) => match value_of(expression, scope, pointer)? {
                Value::String(text) => filled.push_str(&text),
                other => filled.push_str(&other.to_string()),
            },
        }
    }
    Ok(Value::String(filled))
}

/// A text with its expressions evaluated, as text.
///
/// # Errors
/// An expression has no value.
pub(super) fn fill_as_text(text: &str, scope: &Scope) -> Result<String, Trouble> {
    match fill_at(&Value::String(text.to_owned()), scope, "")? {
        Value::String(text) => Ok(text),
        other => Ok(other.to_string()),
    }
}

fn value_of(expression: &str, scope: &Scope, pointer: &str) -> Result<Value, Trouble> {
    if let Some(path) = plain_path(expression) {
        let mut names = path.iter();
        let first = names.next().copied().unwrap_or_default();
        let mut value = scope.get(first).ok_or_else(|| missing(pointer, first))?;
        for name in names {
            value = value.get(name).ok_or_else(|| {
                Trouble::new(pointer, format!("`{expression}`: there is no `{name}`"))
            })?;
        }
        return Ok(value.clone());
    }
    let parsed = Expression::parse(expression)
        .map_err(|reason| Trouble::new(pointer, format!("`{expression}`: {reason}")))?;
    if let Some(name) = parsed.names.iter().find(|name| !scope.has(name)) {
        return Err(missing(pointer, name));
    }
    parsed
        .evaluate(scope)
        .map_err(|reason| Trouble::new(pointer, format!("`{expression}`: {reason}")))
}

fn missing(pointer: &str, name: &str) -> Trouble {
    Trouble {
        pointer: pointer.to_owned(),
        reason: format!("`{name}` has no value"),
        missing: Some(name.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_expression_ends_outside_of_braces_and_quotes() {
        assert_eq!(
            parts("a ${{ {'b': {'c': '}}'}} }} d").unwrap(),
            [
                Part::Text("a "),
                Part::Expression("{'b': {'c': '}}'}}", 6),
                Part::Text(" d"),
            ]
        );
        assert_eq!(parts("${{ x").unwrap_err(), "`${{` has no `}}`");
        assert_eq!(parts("no ${ or }} here").unwrap().len(), 1);
    }
}

//! Parameter values as text, by place, style and explode (owner of [`Unserialisable`]).
//!
//! The rules are those of the OpenAPI style tables, which are those of RFC 6570: characters of a value
//! are percent-encoded unless unreserved, delimiters between values are not.

use std::fmt;

use serde_json::Value;

use crate::contract::{Contract, Operation, Parameter, ParameterPlace, Style};

/// Why a value cannot stand where it was to stand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unserialisable(pub String);

impl fmt::Display for Unserialisable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// How strictly characters are escaped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Escape {
    /// All but unreserved characters.
    Strict,
    /// Reserved characters that do no harm in a query stay.
    Reserved,
    /// Not at all: headers and OpenAPI 3.2 cookies.
    Never,
}

impl Escape {
    fn apply(self, text: &str) -> String {
        match self {
            Self::Strict => encode(text),
            Self::Reserved => encode_but(text, b":/?@!$'()*,;="),
            Self::Never => text.to_owned(),
        }
    }
}

/// Percent-encodes everything but unreserved characters (RFC 3986 §2.3).
#[must_use]
pub fn encode(text: &str) -> String {
    encode_but(text, b"")
}

fn encode_but(text: &str, kept: &[u8]) -> String {
    const HEX: [char; 16] = [
        '0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'A', 'B', 'C', 'D', 'E', 'F',
    ];
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) || kept.contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            encoded.push('%');
            for digit in [byte >> 4, byte & 15] {
                encoded.extend(HEX.get(usize::from(digit)));
            }
        }
    }
    encoded
}

/// Undoes percent-encoding; what is not well encoded stays as it is.
#[must_use]
pub fn decode(text: &str) -> String {
    percent_encoding::percent_decode_str(text)
        .decode_utf8_lossy()
        .into_owned()
}

/// The text of a value that is not a list or an object; JSON text of those that are.
#[must_use]
pub fn scalar(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null => String::new(),
        other => other.to_string(),
    }
}

/// The value of a path parameter as it stands in the path.
///
/// # Errors
/// When the text would be empty, or a dot segment that every client and server folds away.
pub fn path(parameter: &Parameter, value: &Value) -> Result<String, Unserialisable> {
    let text = if parameter.content.is_some() {
        encode(&value.to_string())
    } else {
        styled(parameter, value, Escape::Strict)?.join("")
    };
    if text.is_empty() || value.as_str() == Some("") {
        return Err(Unserialisable(format!(
            "the path parameter `{}` cannot be empty",
            parameter.name
        )));
    }
    Ok(text)
}

/// The `name=value` pairs of a query parameter, encoded, without `?` and `&`.
///
/// # Errors
/// When the style cannot carry the value.
pub fn query(parameter: &Parameter, value: &Value) -> Result<Vec<String>, Unserialisable> {
    let escape = if parameter.allow_reserved {
        Escape::Reserved
    } else {
        Escape::Strict
    };
    match (&parameter.content, parameter.place) {
        (Some(media), ParameterPlace::Querystring) if media.contains("x-www-form-urlencoded") => {
            Ok(form_members(value))
        }
        (Some(_), ParameterPlace::Querystring) => Ok(vec![encode(&value.to_string())]),
        (Some(_), _) => Ok(vec![format!(
            "{}={}",
            encode(&parameter.name),
            encode(&value.to_string())
        )]),
        (None, _) => styled(parameter, value, escape),
    }
}

/// The value of a header.
///
/// # Errors
/// When it would hold characters that no header can carry.
pub fn header(parameter: &Parameter, value: &Value) -> Result<String, Unserialisable> {
    let text = if parameter.content.is_some() {
        ascii_json(value)
    } else {
        styled(parameter, value, Escape::Never)?.join(",")
    };
    let text = text.trim();
    if text
        .chars()
        .all(|char| char == ' ' || char.is_ascii_graphic())
    {
        Ok(text.to_owned())
    } else {
        Err(Unserialisable(format!(
            "the header `{}` cannot carry the value: only visible ASCII goes into a header",
            parameter.name
        )))
    }
}

/// The `name=value` pairs of a cookie parameter, to be joined with `; `.
///
/// # Errors
/// When the style cannot carry the value.
pub fn cookie(parameter: &Parameter, value: &Value) -> Result<Vec<String>, Unserialisable> {
    if parameter.content.is_some() {
        return Ok(vec![format!(
            "{}={}",
            parameter.name,
            encode(&value.to_string())
        )]);
    }
    let escape = if parameter.style == Style::Cookie {
        Escape::Never
    } else {
        Escape::Strict
    };
    let pairs = styled(parameter, value, escape)?;
    let fits = |pair: &String| {
        pair.chars()
            .all(|char| char.is_ascii_graphic() && !matches!(char, ';' | '"' | '\\'))
    };
    if pairs.iter().all(fits) {
        Ok(pairs)
    } else {
        Err(Unserialisable(format!(
            "the cookie `{}` cannot carry the value unescaped",
            parameter.name
        )))
    }
}

/// The members of an object as `name=value` pairs of a form body or query string.
pub(crate) fn form_members(value: &Value) -> Vec<String> {
    match value {
        Value::Object(members) => members
            .iter()
            .flat_map(|(name, value)| form_pairs(name, value))
            .collect(),
        other => vec![encode(&scalar(other))],
    }
}

/// One member as `name=value` pairs: lists spread, objects as JSON, null left out.
pub(crate) fn form_pairs(name: &str, value: &Value) -> Vec<String> {
    match value {
        Value::Null => Vec::new(),
        Value::Array(items) => items
            .iter()
            .map(|item| format!("{}={}", encode(name), encode(&scalar(item))))
            .collect(),
        other => vec![format!("{}={}", encode(name), encode(&scalar(other)))],
    }
}

/// JSON text in ASCII only, as headers need it.
fn ascii_json(value: &Value) -> String {
    let mut text = String::new();
    for char in value.to_string().chars() {
        if char.is_ascii() {
            text.push(char);
        } else {
            let mut units = [0_u16; 2];
            for unit in char.encode_utf16(&mut units) {
                text.push_str(&format!("\\u{unit:04x}"));
            }
        }
    }
    text
}

/// A member of an object or list on its way into text.
enum Shape<'v> {
    One(&'v Value),
    List(&'v [Value]),
    Members(Vec<(&'v str, &'v Value)>),
}

/// The style tables. Each text is one piece: for queries and cookies a pair, else a part of the whole.
fn styled(
    parameter: &Parameter,
    value: &Value,
    escape: Escape,
) -> Result<Vec<String>, Unserialisable> {
    let name = match parameter.place {
        ParameterPlace::Header => parameter.name.clone(),
        ParameterPlace::Cookie if escape == Escape::Never => parameter.name.clone(),
        _ => encode(&parameter.name),
    };
    let shape = match value {
        Value::Array(items) => Shape::List(items),
        Value::Object(members) => Shape::Members(
            members
                .iter()
                .filter(|(_, value)| !value.is_null())
                .map(|(name, value)| (name.as_str(), value))
                .collect(),
        ),
        one => Shape::One(one),
    };
    if matches!(&shape, Shape::One(Value::Null)) {
        return Err(Unserialisable(format!(
            "the parameter `{}` has no text for null",
            parameter.name
        )));
    }
    let text = |value: &Value| escape.apply(&scalar(value));
    let joined = |delimiter: &str| match &shape {
        Shape::One(value) => text(value),
        Shape::List(items) => items.iter().map(text).collect::<Vec<_>>().join(delimiter),
        Shape::Members(members) => members
            .iter()
            .flat_map(|(name, value)| [escape.apply(name), text(value)])
            .collect::<Vec<_>>()
            .join(delimiter),
    };
    // `a=1` of every member; of a list member, `a=1`, `a=2`.
    let spread = || match &shape {
        Shape::Members(members) => members
            .iter()
            .flat_map(|(name, value)| match value {
                Value::Array(items) => items.iter().map(|item| (*name, item)).collect(),
                one => vec![(*name, *one)],
            })
            .map(|(name, value)| format!("{}={}", escape.apply(name), text(value)))
            .collect::<Vec<_>>(),
        Shape::List(items) => items
            .iter()
            .map(|item| format!("{name}={}", text(item)))
            .collect(),
        Shape::One(value) => vec![format!("{name}={}", text(value))],
    };
    let pieces = match (parameter.style, parameter.explode) {
        (Style::Simple, false) => vec![joined(",")],
        (Style::Simple, true) => match &shape {
            Shape::Members(_) => vec![spread().join(",")],
            _ => vec![joined(",")],
        },
        (Style::Label, false) => vec![format!(".{}", joined(","))],
        (Style::Label, true) => match &shape {
            Shape::Members(_) => vec![format!(".{}", spread().join("."))],
            _ => vec![format!(".{}", joined("."))],
        },
        (Style::Matrix, explode) => match &shape {
            Shape::One(value) if scalar(value).is_empty() => vec![format!(";{name}")],
            Shape::List(_) | Shape::Members(_) if explode => {
                spread().iter().map(|pair| format!(";{pair}")).collect()
            }
            _ => vec![format!(";{name}={}", joined(","))],
        },
        (Style::DeepObject, _) => match &shape {
            Shape::Members(members) => deep(&name, members, escape),
            _ => spread(),
        },
        // The tables have no exploded form of these two; it is that of `form`.
        (Style::Form | Style::Cookie | Style::SpaceDelimited | Style::PipeDelimited, true) => {
            spread()
        }
        (Style::Form | Style::Cookie, false) => vec![format!("{name}={}", joined(","))],
        (Style::SpaceDelimited, false) => vec![format!("{name}={}", joined("%20"))],
        (Style::PipeDelimited, false) => vec![format!("{name}={}", joined("%7C"))],
    };
    Ok(pieces)
}

/// `a[b]=1`, brackets encoded; deeper members go on with brackets, which most servers read.
fn deep(name: &str, members: &[(&str, &Value)], escape: Escape) -> Vec<String> {
    members
        .iter()
        .flat_map(|(member, value)| {
            let name = format!("{name}%5B{}%5D", escape.apply(member));
            match value {
                Value::Object(members) => deep(
                    &name,
                    &members
                        .iter()
                        .map(|(name, value)| (name.as_str(), value))
                        .collect::<Vec<_>>(),
                    escape,
                ),
                Value::Array(items) => items
                    .iter()
                    .map(|item| format!("{name}={}", escape.apply(&scalar(item))))
                    .collect(),
                Value::Null => Vec::new(),
                one => vec![format!("{name}={}", escape.apply(&scalar(one)))],
            }
        })
        .collect()
}

/// Puts encoded texts into a path template.
///
/// # Errors
/// When a variable has no text, or a segment would be a dot segment.
pub fn fill(
    template: &str,
    text_of: impl Fn(&str) -> Option<String>,
) -> Result<String, Unserialisable> {
    let mut path = String::with_capacity(template.len());
    let mut rest = template;
    while let Some((literal, after)) = rest.split_once('{') {
        path.push_str(&escape_literal(literal));
        let Some((name, after)) = after.split_once('}') else {
            return Err(Unserialisable(format!(
                "the path `{template}` has an opening brace without its closing one"
            )));
        };
        let text = text_of(name)
            .ok_or_else(|| Unserialisable(format!("the path parameter `{name}` has no value")))?;
        path.push_str(&text);
        rest = after;
    }
    path.push_str(&escape_literal(rest));
    if path
        .split('/')
        .any(|segment| matches!(decode(segment).as_str(), "." | ".."))
    {
        return Err(Unserialisable(
            "a path segment cannot be `.` or `..`".to_owned(),
        ));
    }
    if !path.starts_with('/') {
        path.insert(0, '/');
    }
    Ok(path)
}

/// What stands literally in a template is sent so, but for what no path can carry.
fn escape_literal(literal: &str) -> String {
    let kept: &[u8] = b"/:@!$&'()*+,;=%";
    encode_but(literal, kept)
}

/// The variables of a template as a path gives them, decoded; nothing where the path is not of the template.
#[must_use]
pub fn unfill(template: &str, path: &str) -> Option<Vec<(String, String)>> {
    unfill_where(template, path, |_, _| true)
}

/// The variables of an operation's path, as a path of its gives them: of several readings the first that the schemas
/// of the parameters allow.
#[must_use]
pub fn unfill_call(
    contract: &Contract,
    operation: &Operation,
    path: &str,
) -> Option<Vec<(String, String)>> {
    let template = &operation.key.path;
    let allowed = |name: &str, text: &str| {
        let schema = operation
            .parameter(ParameterPlace::Path, name)
            .and_then(|parameter| parameter.schema.as_ref());
        let value = super::values::coerced(contract, schema, Value::from(text));
        super::values::fits(contract, schema, &value)
    };
    unfill_where(template, path, allowed).or_else(|| unfill(template, path))
}

/// How many places of the text between two variables are tried.
const MOST_READINGS: usize = 16;

fn unfill_where(
    template: &str,
    path: &str,
    accepts: impl Fn(&str, &str) -> bool,
) -> Option<Vec<(String, String)>> {
    let path = path.split(['?', '#']).next().unwrap_or_default();
    let (templates, segments): (Vec<_>, Vec<_>) = (
        template.trim_matches('/').split('/').collect(),
        path.trim_matches('/').split('/').collect(),
    );
    if templates.len() != segments.len() {
        return None;
    }
    let mut found = Vec::new();
    for (template, segment) in templates.into_iter().zip(segments) {
        match template.split_once('{') {
            None if template == segment || template == decode(segment) => {}
            None => return None,
            Some(_) => found.extend(unfill_segment(template, segment, &accepts)?),
        }
    }
    Some(found)
}

/// The variables of one segment: each takes as little as the text after it allows, and more where its text would
/// not be accepted.
fn unfill_segment(
    template: &str,
    segment: &str,
    accepts: &impl Fn(&str, &str) -> bool,
) -> Option<Vec<(String, String)>> {
    let (before, rest) = template.split_once('{')?;
    let (name, after) = rest.split_once('}')?;
    let left = segment.strip_prefix(before)?;
    let literal = after.split('{').next().unwrap_or_default();
    let taken = |end: usize| {
        let text = decode(left.get(..end)?);
        (!text.is_empty() && accepts(name, &text)).then(|| (name.to_owned(), text))
    };
    if !after.contains('{') {
        return Some(vec![taken(left.strip_suffix(after)?.len())?]);
    }
    let starts = left.match_indices(literal).map(|(at, _)| at);
    starts
        .filter(|at| *at > 0)
        .take(MOST_READINGS)
        .find_map(|at| {
            let first = taken(at)?;
            let mut all = vec![first];
            all.extend(unfill_segment(after, left.get(at..)?, accepts)?);
            Some(all)
        })
}

#[cfg(test)]
mod tests;

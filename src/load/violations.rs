//! What a format's schema says of a document, in words its author can act on.

use jsonschema::{ValidationError, error::ValidationErrorKind};
use serde_json::Value;

use super::{
    diagnostic::{Diagnostic, Diagnostics},
    nearest::nearest,
    schemas::Format,
    yaml::{Document, member},
};

/// Everything about a document that its format does not allow.
pub(super) fn violations(document: &Document, format: &Format) -> Diagnostics {
    let mut wrong = Diagnostics::new();
    let Some((schema, validator)) = format.compiled() else {
        wrong.push(Diagnostic::plain(format!(
            "the schema of the {} format is broken",
            format.name
        )));
        return wrong;
    };
    for error in validator.iter_errors(&document.value) {
        let pointer = error.instance_path().as_str();
        // The keyword's own schema: `/$defs/secret` of `/$defs/secret/type`.
        let rule = error.schema_path().as_str();
        let rule = rule
            .rsplit_once('/')
            .and_then(|(parent, _)| schema.pointer(parent))
            .unwrap_or(&Value::Null);
        wrong.extend(explain(document, pointer, schema, rule, &error));
    }
    wrong
}

fn explain(
    document: &Document,
    pointer: &str,
    schema: &Value,
    rule: &Value,
    error: &ValidationError<'_>,
) -> Vec<Diagnostic> {
    let about = rule
        .get("description")
        .and_then(Value::as_str)
        .map(str::to_owned);
    let own = rule.get("errorMessage").and_then(Value::as_str);
    let name = place(pointer);
    let one = match error.kind() {
        ValidationErrorKind::AdditionalProperties { unexpected } => {
            return unexpected
                .iter()
                .map(|key| unknown_key(document, pointer, rule, key))
                .collect();
        }
        ValidationErrorKind::Required { property } => {
            let key = property.as_str().unwrap_or_default();
            let help = rule
                .get("properties")
                .and_then(|properties| properties.get(key))
                .and_then(|property| described(schema, property));
            let message = if pointer.is_empty() {
                format!("`{key}` is missing")
            } else {
                format!("{name} has no `{key}`")
            };
            document
                .error(pointer, message)
                .maybe_help(help.map(|help| format!("`{key}`: {help}")))
        }
        ValidationErrorKind::Enum { options } => {
            choice(document, pointer, &name, options, error.instance())
        }
        _ if own.is_some() => document
            .error(pointer, own.unwrap_or_default())
            .maybe_help(about),
        ValidationErrorKind::Type { .. } => {
            let expected = expected(rule);
            let found = kind(error.instance());
            let quoted = expected == "a text"
                && !error.instance().is_array()
                && !error.instance().is_object();
            let help = if quoted && !error.instance().is_null() {
                Some(format!("put it in quotes: \"{}\"", error.instance()))
            } else {
                about
            };
            let message = if error.instance().is_null() {
                format!("{name} is empty, but {expected} belongs there")
            } else {
                format!("{name} is {found}, but {expected} belongs there")
            };
            document.error(pointer, message).maybe_help(help)
        }
        ValidationErrorKind::Constant { expected_value } => document
            .error(pointer, format!("{name} can only be {expected_value}"))
            .maybe_help(about),
        ValidationErrorKind::Pattern { .. } => document
            .error(pointer, format!("{name} is not written as it should be"))
            .maybe_help(about),
        ValidationErrorKind::UniqueItems => {
            document.error(pointer, format!("{name} holds an item twice"))
        }
        ValidationErrorKind::MinLength { .. }
        | ValidationErrorKind::MinItems { .. }
        | ValidationErrorKind::MinProperties { .. } => document
            .error(pointer, format!("{name} is empty"))
            .maybe_help(about),
        ValidationErrorKind::Minimum { limit } => {
            document.error(pointer, format!("{name} is less than {limit}"))
        }
        ValidationErrorKind::Maximum { limit } => {
            document.error(pointer, format!("{name} is more than {limit}"))
        }
        ValidationErrorKind::ExclusiveMinimum { limit } => {
            document.error(pointer, format!("{name} must be more than {limit}"))
        }
        // The library's own words hold the value: not for what may be a secret.
        other => document
            .error(
                pointer,
                format!("{name} is not allowed here ({})", other.keyword()),
            )
            .maybe_help(about),
    };
    vec![one]
}

/// The description of a property, its own or that of the part it refers to.
fn described<'a>(schema: &'a Value, property: &'a Value) -> Option<&'a str> {
    let referred = property
        .get("$ref")
        .and_then(Value::as_str)
        .and_then(|reference| schema.pointer(reference.trim_start_matches('#')));
    property
        .get("description")
        .or_else(|| referred?.get("description"))
        .and_then(Value::as_str)
}

fn unknown_key(document: &Document, pointer: &str, rule: &Value, key: &str) -> Diagnostic {
    let allowed: Vec<&str> = rule
        .get("properties")
        .and_then(Value::as_object)
        .into_iter()
        .flat_map(|properties| properties.keys().map(String::as_str))
        .collect();
    let help = match nearest(key, allowed.iter().copied()) {
        Some(meant) => format!("did you mean `{meant}`?"),
        None if allowed.is_empty() => "nothing belongs here".to_owned(),
        None => format!("allowed here: {}", allowed.join(", ")),
    };
    document
        .key_error(&member(pointer, key), format!("unknown key `{key}`"))
        .help(help)
}

fn choice(
    document: &Document,
    pointer: &str,
    name: &str,
    options: &Value,
    found: &Value,
) -> Diagnostic {
    let options: Vec<&str> = options
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect();
    let found = match found {
        Value::String(text) => format!("`{text}`"),
        other => kind(other).to_owned(),
    };
    let meant = nearest(found.trim_matches('`'), options.iter().copied())
        .map(|meant| format!("did you mean `{meant}`? "))
        .unwrap_or_default();
    document
        .error(pointer, format!("{name} cannot be {found}"))
        .help(format!("{meant}allowed: {}", options.join(", ")))
}

/// A pointer as a reader says it: `` `identities.default.basic` ``, `` `requirements[3].level` ``.
fn place(pointer: &str) -> String {
    let mut name = String::new();
    for token in pointer.split('/').skip(1) {
        let token = token.replace("~1", "/").replace("~0", "~");
        if !token.is_empty() && token.bytes().all(|byte| byte.is_ascii_digit()) {
            name.push_str(&format!("[{token}]"));
        } else {
            if !name.is_empty() {
                name.push('.');
            }
            name.push_str(&token);
        }
    }
    if name.is_empty() {
        "the file".to_owned()
    } else {
        format!("`{name}`")
    }
}

fn expected(rule: &Value) -> String {
    let types: Vec<&str> = match rule.get("type") {
        Some(Value::String(one)) => vec![one],
        Some(Value::Array(several)) => several.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    };
    types
        .iter()
        .map(|name| match *name {
            "object" => "a map",
            "array" => "a list",
            "string" => "a text",
            "integer" => "a whole number",
            "number" => "a number",
            "boolean" => "true or false",
            _ => "something else",
        })
        .collect::<Vec<_>>()
        .join(" or ")
}

const fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "empty",
        Value::Bool(_) => "true or false",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "a list",
        Value::Object(_) => "a map",
    }
}

#[cfg(test)]
mod tests {
    use super::super::{schemas, source::Source, yaml::Confidential};
    use super::*;

    fn told(format: &Format, text: &str) -> Vec<(usize, usize, String, String)> {
        let document = Document::parse(Source::new("t.yaml", text), Confidential::NOTHING).unwrap();
        match violations(&document, format).or(()) {
            Ok(()) => Vec::new(),
            Err(errors) => errors
                .into_iter()
                .map(|e| (e.line, e.column, e.message, e.help.unwrap_or_default()))
                .collect(),
        }
    }

    #[test]
    fn all_that_is_wrong_is_told_at_once_with_its_place_and_what_would_be_right() {
        let text = "target: 4.2\nclaim: [etag]\nenvironment: tset\nbudget: {requests: 0, speed: 9}\nidentities:\n  default:\n    basic: {username: u}\n    colour: red\n";
        let told = told(&schemas::TARGET, text);
        let expected = [
            (1, 1, "`base_url` is missing", "`base_url`: The URL"),
            (
                1,
                9,
                "`target` is a number, but a text belongs there",
                "put it in quotes: \"4.2\"",
            ),
            (2, 1, "unknown key `claim`", "did you mean `claims`?"),
            (
                3,
                14,
                "`environment` cannot be `tset`",
                "did you mean `test`? allowed: development, test",
            ),
            (4, 20, "`budget.requests` is less than 1", ""),
            (
                4,
                23,
                "unknown key `speed`",
                "allowed here: requests, per_second, concurrency",
            ),
            (
                7,
                5,
                "`identities.default.basic` has no `password`",
                "`password`",
            ),
            (8, 5, "unknown key `colour`", "allowed here: none, basic"),
        ];
        assert_eq!(told.len(), expected.len(), "{told:#?}");
        for ((line, column, message, help), (l, c, m, h)) in told.iter().zip(expected) {
            assert_eq!((*line, *column, message.as_str()), (l, c, m));
            assert!(help.starts_with(h), "{help}");
        }
    }

    #[test]
    fn an_empty_file_lacks_what_is_required() {
        let told = told(&schemas::WAIVERS, "# nothing yet\n");
        assert_eq!(told.len(), 1);
        assert_eq!(told[0].2, "`waivers` is missing");
    }

    #[test]
    fn a_text_where_a_map_belongs() {
        let told = told(
            &schemas::TARGET,
            "target: T\nbase_url: https://x.test\ntls: ca.pem\nclaims: etag\n",
        );
        assert_eq!(told[0].2, "`tls` is a text, but a map belongs there");
        assert_eq!(told[1].2, "`claims` is a text, but a list belongs there");
    }
}

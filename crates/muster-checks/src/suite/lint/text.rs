//! What is wrong with a text: an expression, a JSONPath, a regular expression.

use regex::Regex;
use serde_json::Value;
use serde_json_path::JsonPath;

use super::{Lint, Mistake, Names, member};
use crate::suite::{
    expression::Expression,
    functions,
    template::{Part, parts},
};

impl Lint<'_> {
    pub(super) fn json_path(&mut self, pointer: &str, path: &str) {
        if let Err(error) = JsonPath::parse(path) {
            let message = format!(
                "this is not a JSONPath: at character {}, {}",
                error.position(),
                error.message()
            );
            self.say(
                pointer,
                message,
                Some("as RFC 9535 writes it, such as `$.data[0]['@id']`"),
            );
        }
    }

    pub(super) fn regex(&mut self, pointer: &str, pattern: &str) {
        if let Err(error) = Regex::new(pattern) {
            let reason = error.to_string();
            let reason = reason
                .lines()
                .last()
                .unwrap_or_default()
                .trim_start_matches("error: ")
                .to_owned();
            self.say(
                pointer,
                format!("this is not a regular expression: {reason}"),
                None,
            );
        }
    }

    /// Every expression in a value.
    pub(super) fn value(&mut self, pointer: &str, value: &Value, names: &Names) {
        match value {
            Value::String(text) => self.text(pointer, text, names),
            Value::Array(items) => {
                for (index, item) in items.iter().enumerate() {
                    self.value(&format!("{pointer}/{index}"), item, names);
                }
            }
            Value::Object(members) => {
                for (name, value) in members {
                    self.value(&member(pointer, name), value, names);
                }
            }
            _ => {}
        }
    }

    pub(super) fn text(&mut self, pointer: &str, text: &str, names: &Names) {
        match parts(text) {
            Ok(parts) => {
                for part in parts {
                    if let Part::Expression(expression, _) = part {
                        self.expression(pointer, expression, names);
                    }
                }
            }
            Err(reason) => self.say(pointer, reason, None),
        }
    }

    pub(super) fn expression(&mut self, pointer: &str, text: &str, names: &Names) {
        let parsed = match Expression::parse(text) {
            Ok(parsed) => parsed,
            Err(reason) => {
                self.say(pointer, format!("`{text}` is not CEL: {reason}"), None);
                return;
            }
        };
        for function in parsed.unknown_functions() {
            self.mistakes.push(Mistake {
                pointer: pointer.to_owned(),
                message: format!("there is no function `{function}`"),
                help: Some("docs/suites.md lists the functions".to_owned()),
                meant: Some((function, functions::names().map(str::to_owned).collect())),
            });
        }
        for name in &parsed.names {
            self.used.insert(name.clone());
            if names.contains(name) {
                continue;
            }
            match self.later.get(name).copied() {
                Some(step) => self.say(
                    pointer,
                    format!("`{name}` is used before it is there: step {step} captures it"),
                    None,
                ),
                None => self.mistakes.push(Mistake {
                    pointer: pointer.to_owned(),
                    message: format!("there is no variable or capture `{name}`"),
                    help: None,
                    meant: Some((name.clone(), names.iter().cloned().collect())),
                }),
            }
        }
    }
}

//! What one exchange shows of an operation.

use std::collections::HashSet;

use percent_encoding::percent_decode_str;
use serde_json::Value;

use super::{
    Aspect, Point,
    points::{self, BODY, label},
};
use crate::{
    contract::{Contract, Operation, Parameter, ParameterPlace, Schema, Validity},
    exchange::{Exchange, Intent, Request},
};

/// Every point that an exchange shows; `labels` are the places of requests that have keywords.
pub(super) fn of(
    contract: &Contract,
    operation: &Operation,
    labels: &HashSet<String>,
    exchange: &Exchange,
) -> Vec<Point> {
    let mut look = Look {
        contract,
        labels,
        wrong: matches!(exchange.request.intent, Intent::Wrong(_)),
        points: Vec::new(),
    };
    for parameter in &operation.parameters {
        look.parameter(operation, parameter, &exchange.request);
    }
    look.body(operation, &exchange.request);
    if let Some(response) = exchange.response()
        && let Some(spec) = operation.response(response.status)
    {
        look.add(Aspect::Status, points::status(spec.status));
        let media = response.media_type().unwrap_or_default();
        for documented in &spec.content {
            if fits(&documented.media_type, &media) {
                let name = points::answered(spec.status, &documented.media_type);
                look.add(Aspect::MediaType, name);
            }
        }
    }
    look.points
}

struct Look<'a> {
    contract: &'a Contract,
    labels: &'a HashSet<String>,
    wrong: bool,
    points: Vec<Point>,
}

impl Look<'_> {
    fn add(&mut self, aspect: Aspect, name: String) {
        self.points.push(Point { aspect, name });
    }

    fn parameter(&mut self, operation: &Operation, parameter: &Parameter, request: &Request) {
        let label = label(parameter);
        let texts = texts(operation, parameter, request);
        if texts.is_empty() {
            if self.wrong && parameter.required {
                self.add(Aspect::Mistake, format!("{label} required"));
            }
            return;
        }
        self.add(Aspect::Parameter, label.clone());
        if let Some(schema) = &parameter.schema {
            let value = self.read(schema, &texts);
            self.value(schema, &value, &label);
        }
    }

    /// The value that texts of a parameter stand for, by the type that its schema names.
    fn read(&self, schema: &Schema, texts: &[String]) -> Value {
        let types = self.types(schema);
        let one = |types: &[String], text: &str| {
            if types.iter().any(|name| name == "string") {
                return Value::from(text);
            }
            serde_json::from_str(text).unwrap_or_else(|_| Value::from(text))
        };
        if types.iter().any(|name| name == "array") {
            let items = self
                .contract
                .schemas
                .below(schema, &["items"])
                .map(|items| self.types(&items))
                .unwrap_or_default();
            let split = texts.iter().flat_map(|text| text.split(','));
            return split.map(|text| one(&items, text)).collect();
        }
        texts.first().map_or(Value::Null, |text| one(&types, text))
    }

    fn types(&self, schema: &Schema) -> Vec<String> {
        let mut schema = schema.clone();
        for _ in 0..8 {
            let Some(Value::Object(map)) = self.contract.schemas.normalised(&schema) else {
                break;
            };
            match (map.get("type"), map.get("$ref").and_then(Value::as_str)) {
                (Some(Value::String(name)), _) => return vec![name.clone()],
                (Some(Value::Array(names)), _) => {
                    return names
                        .iter()
                        .filter_map(Value::as_str)
                        .map(str::to_owned)
                        .collect();
                }
                (_, Some(reference)) => {
                    let Some(next) = self.contract.schemas.follow(&schema.document, reference)
                    else {
                        break;
                    };
                    schema = next;
                }
                _ => break,
            }
        }
        Vec::new()
    }

    fn body(&mut self, operation: &Operation, request: &Request) {
        let Some(documented) = &operation.body else {
            return;
        };
        let Some(body) = request.body.as_ref().filter(|body| !body.bytes.is_empty()) else {
            if self.wrong {
                self.add(Aspect::Mistake, format!("{BODY} required"));
            }
            return;
        };
        let media = body
            .media_type
            .as_deref()
            .map(points::essence)
            .unwrap_or_default();
        let Some(held) = documented
            .content
            .iter()
            .find(|held| fits(&held.media_type, &media))
        else {
            return;
        };
        self.add(Aspect::MediaType, points::sent(&held.media_type));
        if !held.is_json() {
            return;
        }
        if let Some(schema) = &held.schema
            && let Ok(value) = serde_json::from_slice::<Value>(&body.bytes)
        {
            self.value(schema, &value, BODY);
        }
    }

    /// The keywords that a value is subject to, and those that it breaks.
    fn value(&mut self, schema: &Schema, value: &Value, label: &str) {
        let mut found = HashSet::new();
        self.places(value, label, 0, &mut found);
        for place in found {
            for keyword in points::KEYWORDS {
                self.add(Aspect::Keyword, format!("{place} {keyword}"));
            }
        }
        if !self.wrong {
            return;
        }
        if let Validity::Invalid(violations) = self.contract.schemas.validate_request(schema, value)
        {
            for violation in violations {
                let place = self.place(label, &violation.instance);
                self.add(Aspect::Mistake, format!("{place} {}", violation.keyword));
            }
        }
    }

    fn places(&self, value: &Value, label: &str, depth: usize, found: &mut HashSet<String>) {
        if depth > 12 {
            return;
        }
        if self.labels.contains(label) {
            found.insert(label.to_owned());
        }
        match value {
            Value::Array(items) => {
                let below = format!("{label}[]");
                // What a list holds is alike; the first few tell.
                for item in items.iter().take(20) {
                    self.places(item, &below, depth + 1, found);
                }
            }
            Value::Object(members) => {
                for (name, member) in members.iter().take(500) {
                    let below = self.member(label, name);
                    self.places(member, &below, depth + 1, found);
                }
            }
            _ => {}
        }
    }

    fn member(&self, label: &str, name: &str) -> String {
        let named = format!("{label}.{name}");
        let is_named = self.labels.contains(&named)
            || self.labels.iter().any(|label| {
                label
                    .strip_prefix(&named)
                    .is_some_and(|rest| rest.starts_with(['.', '[']))
            });
        if is_named {
            named
        } else {
            format!("{label}.*")
        }
    }

    /// The label of a place that a JSON pointer names.
    fn place(&self, label: &str, pointer: &str) -> String {
        let mut place = label.to_owned();
        for token in pointer.split('/').skip(1) {
            let token = token.replace("~1", "/").replace("~0", "~");
            let is_index = !token.is_empty() && token.bytes().all(|byte| byte.is_ascii_digit());
            let named = self.member(&place, &token);
            place = if is_index && named.ends_with(".*") {
                format!("{place}[]")
            } else {
                named
            };
        }
        place
    }
}

/// Whether a documented media type, or range, covers one.
fn fits(documented: &str, media: &str) -> bool {
    let documented = points::essence(documented);
    documented == media
        || documented == "*/*"
        || documented
            .strip_suffix("/*")
            .is_some_and(|family| media.split('/').next() == Some(family))
}

/// The texts that a request gives for a parameter.
fn texts(operation: &Operation, parameter: &Parameter, request: &Request) -> Vec<String> {
    let address = request.path_and_query();
    let (path, query) = address.split_once('?').unwrap_or((address, ""));
    match parameter.place {
        ParameterPlace::Query => url::form_urlencoded::parse(query.as_bytes())
            .filter(|(name, _)| *name == parameter.name)
            .map(|(_, value)| value.into_owned())
            .collect(),
        ParameterPlace::Querystring => {
            let text = percent_decode_str(query).decode_utf8_lossy().into_owned();
            (!text.is_empty()).then_some(text).into_iter().collect()
        }
        ParameterPlace::Path => {
            let wanted = format!("{{{}}}", parameter.name);
            let at = operation
                .key
                .path
                .split('/')
                .position(|part| part == wanted);
            at.and_then(|at| path.split('/').nth(at))
                .map(|text| percent_decode_str(text).decode_utf8_lossy().into_owned())
                .into_iter()
                .collect()
        }
        ParameterPlace::Header => request
            .headers
            .all(&parameter.name)
            .map(str::to_owned)
            .collect(),
        ParameterPlace::Cookie => request
            .headers
            .get("cookie")
            .into_iter()
            .flat_map(|cookies| cookies.split(';'))
            .filter_map(|pair| pair.trim().split_once('='))
            .filter(|(name, _)| *name == parameter.name)
            .map(|(_, value)| value.to_owned())
            .collect(),
    }
}

//! What there is to see of an operation.

use indexmap::IndexSet;
use serde_json::Value;

use super::{Aspect, Point};
use crate::contract::{
    Contract, Operation, Parameter, ParameterPlace, Schema, Schemas, StatusPattern,
};

/// Keywords that a value can keep or break.
pub(super) const KEYWORDS: &[&str] = &[
    "type",
    "enum",
    "const",
    "minLength",
    "maxLength",
    "pattern",
    "format",
    "minimum",
    "maximum",
    "exclusiveMinimum",
    "exclusiveMaximum",
    "multipleOf",
    "minItems",
    "maxItems",
    "uniqueItems",
    "contains",
    "required",
    "minProperties",
    "maxProperties",
    "dependentRequired",
    "additionalProperties",
    "unevaluatedProperties",
    "propertyNames",
    "oneOf",
    "anyOf",
    "not",
];
/// Deeper places are of no interest to a reader, and recursive schemas have no end.
const DEEPEST: usize = 8;
/// More keywords than anyone reads of one operation.
const MOST: usize = 500;

/// Every point of an operation.
pub(super) fn of(contract: &Contract, operation: &Operation) -> Vec<Point> {
    let point = |aspect, name| Point { aspect, name };
    let mut points = Vec::new();
    let mut keywords = Keywords {
        schemas: &contract.schemas,
        path: Vec::new(),
        found: IndexSet::new(),
        unbreakable: IndexSet::new(),
    };
    let mut needed = Vec::new();
    for parameter in &operation.parameters {
        let label = label(parameter);
        points.push(point(Aspect::Parameter, label.clone()));
        if parameter.required && parameter.place != ParameterPlace::Path {
            needed.push(point(Aspect::Mistake, format!("{label} required")));
        }
        if let Some(schema) = &parameter.schema {
            keywords.walk(schema, &label);
        }
    }
    if let Some(body) = &operation.body {
        if body.required {
            needed.push(point(Aspect::Mistake, "body required".to_owned()));
        }
        let json = body.content.iter().find(|media| media.is_json());
        if let Some(schema) = json.and_then(|media| media.schema.as_ref()) {
            keywords.walk(schema, BODY);
        }
    }
    for name in &keywords.found {
        points.push(point(Aspect::Keyword, name.clone()));
    }
    points.extend(
        needed
            .into_iter()
            .filter(|point| !keywords.found.contains(&point.name)),
    );
    for name in keywords.found {
        if !keywords.unbreakable.contains(&name) {
            points.push(point(Aspect::Mistake, name));
        }
    }
    for response in &operation.responses {
        points.push(point(Aspect::Status, status(response.status)));
    }
    if let Some(body) = &operation.body {
        for media in &body.content {
            points.push(point(Aspect::MediaType, sent(&media.media_type)));
        }
    }
    for response in &operation.responses {
        for media in &response.content {
            let name = answered(response.status, &media.media_type);
            points.push(point(Aspect::MediaType, name));
        }
    }
    points
}

/// The label of a request body.
pub(super) const BODY: &str = "body";

/// `query.limit`.
pub(super) fn label(parameter: &Parameter) -> String {
    let place = match parameter.place {
        ParameterPlace::Path => "path",
        ParameterPlace::Query => "query",
        ParameterPlace::Querystring => "querystring",
        ParameterPlace::Header => "header",
        ParameterPlace::Cookie => "cookie",
    };
    format!("{place}.{}", parameter.name)
}

/// `404`, `4XX`, `default`.
pub(super) fn status(pattern: StatusPattern) -> String {
    match pattern {
        StatusPattern::Exact(code) => code.to_string(),
        StatusPattern::Range(class) => format!("{class}XX"),
        StatusPattern::Default => "default".to_owned(),
    }
}

/// A media type of the request.
pub(super) fn sent(media: &str) -> String {
    format!("request {}", essence(media))
}

/// A media type of an answer.
pub(super) fn answered(pattern: StatusPattern, media: &str) -> String {
    format!("{} {}", status(pattern), essence(media))
}

/// A media type without parameters, in lower case.
pub(super) fn essence(media: &str) -> String {
    let essence = media.split(';').next().unwrap_or_default();
    essence.trim().to_ascii_lowercase()
}

struct Keywords<'a> {
    schemas: &'a Schemas,
    path: Vec<Schema>,
    found: IndexSet<String>,
    /// Outside a body everything is a text, and cannot fail to be one.
    unbreakable: IndexSet<String>,
}

impl Keywords<'_> {
    fn walk(&mut self, schema: &Schema, label: &str) {
        if self.path.len() >= DEEPEST * 3 || self.found.len() >= MOST || self.path.contains(schema)
        {
            return;
        }
        let schemas = self.schemas;
        let Some(Value::Object(map)) = schemas.normalised(schema) else {
            return;
        };
        if label.matches(['.', '[']).count() > DEEPEST {
            return;
        }
        self.path.push(schema.clone());
        if !label.starts_with(BODY) && map.get("type").is_some_and(|held| held == "string") {
            self.unbreakable.insert(format!("{label} type"));
        }
        for keyword in KEYWORDS {
            let counts = match map.get(*keyword) {
                None => false,
                Some(value) => match *keyword {
                    "additionalProperties" | "unevaluatedProperties" => {
                        value == &Value::Bool(false)
                    }
                    "uniqueItems" => value == &Value::Bool(true),
                    "required" => value.as_array().is_some_and(|names| !names.is_empty()),
                    _ => true,
                },
            };
            if counts {
                self.found.insert(format!("{label} {keyword}"));
            }
        }
        let reference = map.get("$ref").and_then(Value::as_str);
        if let Some(next) =
            reference.and_then(|reference| schemas.follow(&schema.document, reference))
        {
            self.walk(&next, label);
        }
        for keyword in ["allOf", "anyOf", "oneOf"] {
            let count = map
                .get(keyword)
                .and_then(Value::as_array)
                .map_or(0, Vec::len);
            for index in 0..count {
                self.below(schema, &[keyword, &index.to_string()], label);
            }
        }
        for name in names(map.get("properties")) {
            self.below(schema, &["properties", name], &format!("{label}.{name}"));
        }
        for name in names(map.get("patternProperties")) {
            self.below(schema, &["patternProperties", name], &format!("{label}.*"));
        }
        self.below(schema, &["additionalProperties"], &format!("{label}.*"));
        let tuple = map
            .get("prefixItems")
            .and_then(Value::as_array)
            .map_or(0, Vec::len);
        for index in 0..tuple {
            self.below(
                schema,
                &["prefixItems", &index.to_string()],
                &format!("{label}[]"),
            );
        }
        self.below(schema, &["items"], &format!("{label}[]"));
        self.path.pop();
    }

    fn below(&mut self, schema: &Schema, tokens: &[&str], label: &str) {
        let Some(below) = self.schemas.below(schema, tokens) else {
            return;
        };
        let read_only = self
            .schemas
            .normalised(&below)
            .and_then(|schema| schema.get("readOnly"));
        if read_only != Some(&Value::Bool(true)) {
            self.walk(&below, label);
        }
    }
}

fn names(map: Option<&Value>) -> impl Iterator<Item = &str> {
    map.and_then(Value::as_object)
        .into_iter()
        .flat_map(|map| map.keys().map(String::as_str))
}

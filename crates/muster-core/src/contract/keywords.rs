//! The keywords of schemas in each dialect: which hold schemas, which are data, which say something.

use serde_json::Value;

use super::model::Dialect;

/// The rules a schema is written by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Rules {
    /// OpenAPI 3.0: a subset and superset of a draft of 2016 that is no draft of its own.
    OpenApi30,
    /// JSON Schema draft 4 (and 3, near enough).
    Draft4,
    /// JSON Schema drafts 6 and 7.
    Draft7,
    /// JSON Schema 2019-09.
    Draft2019,
    /// JSON Schema 2020-12, and the base dialects of OpenAPI 3.1 and 3.2.
    Draft2020,
}

impl Rules {
    /// The rules of a document that says nothing else.
    pub(super) const fn of(dialect: Dialect) -> Self {
        match dialect {
            Dialect::V3_0 => Self::OpenApi30,
            Dialect::V3_1 | Dialect::V3_2 => Self::Draft2020,
        }
    }

    /// The rules that a `$schema` or `jsonSchemaDialect` names; none where it is a stranger.
    pub(super) fn named(uri: &str) -> Option<Self> {
        let uri = uri.trim_end_matches('#');
        let rest = uri
            .strip_prefix("https://")
            .or_else(|| uri.strip_prefix("http://"))?;
        if rest.starts_with("spec.openapis.org/oas/3.0") {
            Some(Self::OpenApi30)
        } else if rest.starts_with("spec.openapis.org/oas/3.")
            || rest.starts_with("json-schema.org/draft/2020-12/")
        {
            Some(Self::Draft2020)
        } else if rest.starts_with("json-schema.org/draft/2019-09/") {
            Some(Self::Draft2019)
        } else if rest.starts_with("json-schema.org/draft-07/")
            || rest.starts_with("json-schema.org/draft-06/")
        {
            Some(Self::Draft7)
        } else if rest.starts_with("json-schema.org/draft-04/")
            || rest.starts_with("json-schema.org/draft-03/")
        {
            Some(Self::Draft4)
        } else {
            None
        }
    }

    /// Whether everything beside `$ref` counts for nothing.
    pub(super) const fn reference_stands_alone(self) -> bool {
        matches!(self, Self::OpenApi30 | Self::Draft4 | Self::Draft7)
    }

    /// Whether `exclusiveMinimum` and `exclusiveMaximum` are booleans.
    pub(super) const fn boolean_bounds(self) -> bool {
        matches!(self, Self::OpenApi30 | Self::Draft4)
    }

    /// The keyword that names a schema.
    pub(super) const fn id_keyword(self) -> Option<&'static str> {
        match self {
            Self::OpenApi30 => None,
            Self::Draft4 => Some("id"),
            _ => Some("$id"),
        }
    }
}

/// What a keyword holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Holds {
    /// A schema.
    Schema,
    /// A list of schemas.
    List,
    /// A schema, or a list of them.
    SchemaOrList,
    /// Names to schemas.
    Map,
    /// Names to schemas or to lists of names.
    Dependencies,
    /// Data that no schema rule may touch.
    Data,
}

/// What a keyword holds in these rules.
pub(super) fn holds(keyword: &str, rules: Rules) -> Holds {
    match keyword {
        "properties" | "$defs" | "definitions" => Holds::Map,
        "allOf" | "anyOf" | "oneOf" => Holds::List,
        "additionalProperties" | "not" => Holds::Schema,
        "items" => Holds::SchemaOrList,
        _ if rules == Rules::OpenApi30 => Holds::Data,
        "patternProperties" | "dependentSchemas" => Holds::Map,
        "prefixItems" => Holds::List,
        "contains"
        | "propertyNames"
        | "if"
        | "then"
        | "else"
        | "unevaluatedItems"
        | "unevaluatedProperties"
        | "additionalItems"
        | "contentSchema" => Holds::Schema,
        "dependencies" => Holds::Dependencies,
        _ => Holds::Data,
    }
}

/// Keywords of JSON Schema that OpenAPI 3.0 does not have, and that would change what is valid.
pub(super) const NOT_IN_3_0: &[&str] = &[
    "$anchor",
    "$dynamicAnchor",
    "$dynamicRef",
    "$id",
    "$recursiveAnchor",
    "$recursiveRef",
    "$schema",
    "$vocabulary",
    "additionalItems",
    "const",
    "contains",
    "contentEncoding",
    "contentMediaType",
    "contentSchema",
    "dependencies",
    "dependentRequired",
    "dependentSchemas",
    "else",
    "if",
    "maxContains",
    "minContains",
    "patternProperties",
    "prefixItems",
    "propertyNames",
    "then",
    "unevaluatedItems",
    "unevaluatedProperties",
];

/// Keywords that say nothing of whether a value is valid.
pub(super) const ANNOTATIONS: &[&str] = &[
    "$anchor",
    "$comment",
    "$defs",
    "$dynamicAnchor",
    "$id",
    "$schema",
    "default",
    "definitions",
    "deprecated",
    "description",
    "discriminator",
    "example",
    "examples",
    "externalDocs",
    "nullable",
    "readOnly",
    "title",
    "writeOnly",
    "xml",
];

/// What is wrong with the value of a keyword, in words that follow the keyword's name.
pub(super) fn complaint(keyword: &str, value: &Value, rules: Rules) -> Option<String> {
    let bad = |expected: &str| Some(format!("must be {expected}"));
    match keyword {
        "type" => match value {
            Value::String(name) if is_type(name) => None,
            Value::String(name) => Some(format!("names `{name}`, which is not a type")),
            Value::Array(_) if rules == Rules::OpenApi30 => {
                Some("is a list, which OpenAPI 3.0 does not have; use `nullable` or `oneOf`".into())
            }
            Value::Array(names) if names.iter().all(|name| name.as_str().is_some_and(is_type)) => {
                None
            }
            _ => bad("a type's name"),
        },
        "minLength" | "maxLength" | "minItems" | "maxItems" | "minProperties" | "maxProperties"
        | "minContains" | "maxContains" => {
            let whole = value.as_u64().is_some()
                || value
                    .as_f64()
                    .is_some_and(|number| number >= 0.0 && number.fract() == 0.0);
            if whole {
                None
            } else {
                bad("a whole number from 0")
            }
        }
        "minimum" | "maximum" if !value.is_number() => bad("a number"),
        "exclusiveMinimum" | "exclusiveMaximum" => {
            if rules.boolean_bounds() {
                if value.is_boolean() {
                    None
                } else {
                    bad("true or false")
                }
            } else if value.is_number() {
                None
            } else {
                bad("a number")
            }
        }
        "multipleOf" if value.as_f64().is_none_or(|number| number <= 0.0) => {
            bad("a number above 0")
        }
        "pattern" | "format" | "$ref" | "title" | "description" if !value.is_string() => {
            bad("text")
        }
        "required" => match value {
            Value::Array(names) if names.iter().all(Value::is_string) => None,
            Value::Bool(_) => Some(
                "is true or false here; it belongs in the object's own list `required: [names]`"
                    .into(),
            ),
            _ => bad("a list of names"),
        },
        "enum" if !value.is_array() => bad("a list"),
        "uniqueItems" | "nullable" | "readOnly" | "writeOnly" | "deprecated"
            if !value.is_boolean() =>
        {
            bad("true or false")
        }
        _ => None,
    }
}

fn is_type(name: &str) -> bool {
    matches!(
        name,
        "null" | "boolean" | "object" | "array" | "number" | "string" | "integer"
    )
}

//! The contract as the supplier enforces it: [`Rules`], read once from `contract.yaml`.
//!
//! Faults change the document that is served, never these rules: what is enforced stays what was promised.

use std::sync::LazyLock;

use axum::http::Method;
use indexmap::IndexMap;
use jsonschema::{Registry, Validator};
use serde_json::Value;

use super::records::Act;

const BASE: &str = "https://records.example/contract";

/// The contract as it is written, before any port or fault.
pub(crate) static DOCUMENT: LazyLock<Result<Value, String>> = LazyLock::new(|| {
    let options = serde_saphyr::options! { strict_booleans: true };
    serde_saphyr::from_str_with_options(include_str!("contract.yaml"), options)
        .map_err(|error| error.to_string())
});

/// The rules of the contract. They cannot change, so all suppliers of a process share them.
static RULES: LazyLock<Result<Rules, String>> =
    LazyLock::new(|| Rules::read(DOCUMENT.as_ref().map_err(Clone::clone)?));

/// All operations, and which of them each path has.
#[derive(Debug)]
pub(crate) struct Rules {
    pub(crate) operations: Vec<Operation>,
    /// Path template → its operations, as indices into `operations`.
    pub(crate) paths: IndexMap<String, Vec<usize>>,
}

/// One operation with what it takes.
#[derive(Debug)]
pub(crate) struct Operation {
    pub(crate) id: String,
    pub(crate) act: Act,
    pub(crate) method: Method,
    /// The scopes that are needed; none means that no token is.
    pub(crate) scopes: Option<Vec<String>>,
    pub(crate) parameters: Vec<Parameter>,
    /// The media types that the body may have, each with its schema.
    pub(crate) bodies: Vec<(String, Validator)>,
    /// The media types of its success; none means that it has no body.
    pub(crate) produces: Vec<String>,
}

/// One parameter.
#[derive(Debug)]
pub(crate) struct Parameter {
    pub(crate) name: String,
    pub(crate) place: Place,
    pub(crate) required: bool,
    pub(crate) integer: bool,
    pub(crate) validator: Validator,
}

/// Where a parameter stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    /// In the path.
    Path,
    /// In the query.
    Query,
    /// In a header.
    Header,
}

impl Rules {
    /// The rules, or why the contract cannot be read.
    pub(crate) fn get() -> Result<&'static Self, String> {
        RULES.as_ref().map_err(Clone::clone)
    }

    /// The operation that a path template has for a method.
    pub(crate) fn operation(&self, template: &str, method: &Method) -> Option<&Operation> {
        self.of(template)
            .find(|operation| operation.method == *method)
    }

    /// All operations of a path template.
    pub(crate) fn of(&self, template: &str) -> impl Iterator<Item = &Operation> {
        self.paths
            .get(template)
            .into_iter()
            .flatten()
            .filter_map(|index| self.operations.get(*index))
    }

    fn read(document: &Value) -> Result<Self, String> {
        let registry = Registry::new()
            .add(BASE, document.clone())
            .and_then(|builder| builder.prepare())
            .map_err(|error| error.to_string())?;
        let reader = Reader {
            document,
            registry: &registry,
        };
        let mut rules = Self {
            operations: Vec::new(),
            paths: IndexMap::new(),
        };
        let paths = document
            .get("paths")
            .and_then(Value::as_object)
            .ok_or("the contract has no paths")?;
        for (template, item) in paths {
            let shared = item.get("parameters");
            let mut here = Vec::new();
            for method in ["get", "post", "put", "patch", "delete"] {
                if let Some(operation) = item.get(method) {
                    here.push(rules.operations.len());
                    rules
                        .operations
                        .push(reader.operation(method, operation, shared)?);
                }
            }
            rules.paths.insert(template.clone(), here);
        }
        Ok(rules)
    }
}

struct Reader<'a> {
    document: &'a Value,
    registry: &'a Registry<'a>,
}

impl<'a> Reader<'a> {
    fn operation(
        &self,
        method: &str,
        operation: &'a Value,
        shared: Option<&'a Value>,
    ) -> Result<Operation, String> {
        let id = operation
            .get("operationId")
            .and_then(Value::as_str)
            .ok_or("an operation has no operationId")?;
        let act = Act::of(id).ok_or_else(|| format!("nothing does {id}"))?;
        let parameters = shared
            .into_iter()
            .chain(operation.get("parameters"))
            .filter_map(Value::as_array)
            .flatten()
            .map(|parameter| self.parameter(self.resolve(parameter)))
            .collect::<Result<_, _>>()?;
        let bodies = operation
            .pointer("/requestBody/content")
            .and_then(Value::as_object)
            .into_iter()
            .flatten()
            .map(|(media, content)| Ok((media.clone(), self.validator(content.get("schema"))?)))
            .collect::<Result<_, String>>()?;
        let produces = operation
            .get("responses")
            .and_then(Value::as_object)
            .into_iter()
            .flatten()
            .filter(|(status, _)| status.starts_with('2'))
            .filter_map(|(_, answer)| self.resolve(answer).get("content")?.as_object())
            .flat_map(|content| content.keys().cloned())
            .collect();
        Ok(Operation {
            id: id.to_owned(),
            act,
            method: Method::from_bytes(method.to_ascii_uppercase().as_bytes())
                .map_err(|error| error.to_string())?,
            scopes: scopes(operation),
            parameters,
            bodies,
            produces,
        })
    }

    fn parameter(&self, parameter: &'a Value) -> Result<Parameter, String> {
        let text = |key| parameter.get(key).and_then(Value::as_str).unwrap_or("");
        let schema = parameter.get("schema").map(|schema| self.resolve(schema));
        Ok(Parameter {
            name: text("name").to_owned(),
            place: match text("in") {
                "path" => Place::Path,
                "query" => Place::Query,
                "header" => Place::Header,
                other => return Err(format!("a parameter stands in {other:?}")),
            },
            required: parameter.get("required") == Some(&Value::Bool(true)),
            integer: schema.and_then(|schema| schema.get("type")) == Some(&Value::from("integer")),
            validator: self.validator(schema)?,
        })
    }

    fn resolve(&self, value: &'a Value) -> &'a Value {
        value
            .get("$ref")
            .and_then(Value::as_str)
            .and_then(|reference| self.document.pointer(reference.strip_prefix('#')?))
            .unwrap_or(value)
    }

    fn validator(&self, schema: Option<&Value>) -> Result<Validator, String> {
        let mut schema = schema.ok_or("a schema is missing")?.clone();
        make_absolute(&mut schema);
        jsonschema::draft202012::options()
            .with_registry(self.registry)
            .should_validate_formats(true)
            .build(&schema)
            .map_err(|error| error.to_string())
    }
}

/// The scopes of the first security requirement; none if the list is empty.
fn scopes(operation: &Value) -> Option<Vec<String>> {
    let first = operation.get("security")?.as_array()?.first()?;
    Some(
        first
            .as_object()?
            .values()
            .filter_map(Value::as_array)
            .flatten()
            .filter_map(|scope| scope.as_str().map(str::to_owned))
            .collect(),
    )
}

/// A schema taken out of the document still refers into it.
fn make_absolute(schema: &mut Value) {
    match schema {
        Value::Object(members) => {
            for (key, member) in members {
                match member {
                    Value::String(reference) if key == "$ref" && reference.starts_with('#') => {
                        reference.insert_str(0, BASE);
                    }
                    other => make_absolute(other),
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(make_absolute),
        _ => {}
    }
}

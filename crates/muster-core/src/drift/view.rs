//! One schema as it is meant: references followed and `allOf` merged (owner of [`View`]).

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::contract::{Contract, Schema};

/// Longer chains of references and `allOf` than any that people write.
const MOST_PARTS: usize = 256;

/// The schemas that must all hold of one value, in document order.
pub(super) struct View<'a> {
    contract: &'a Contract,
    parts: Vec<(Schema, &'a Value)>,
    /// Whether a part is `false`, or cannot be read: what it means is then not worked out.
    pub(super) closed: bool,
}

impl<'a> View<'a> {
    /// The view of all of these together.
    pub(super) fn of(contract: &'a Contract, schemas: &[Schema]) -> Self {
        let mut view = Self {
            contract,
            parts: Vec::new(),
            closed: false,
        };
        for schema in schemas {
            view.add(schema.clone());
        }
        view
    }

    fn add(&mut self, schema: Schema) {
        if self.parts.len() > MOST_PARTS || self.parts.iter().any(|(held, _)| *held == schema) {
            return;
        }
        let schemas = &self.contract.schemas;
        let Some(value) = schemas.normalised(&schema) else {
            self.closed = true;
            return;
        };
        self.closed |= *value == Value::Bool(false);
        self.parts.push((schema.clone(), value));
        if let Some(reference) = value.get("$ref").and_then(Value::as_str) {
            match schemas.follow(&schema.document, reference) {
                Some(next) => self.add(next),
                None => self.closed = true,
            }
        }
        let branches = value
            .get("allOf")
            .and_then(Value::as_array)
            .map_or(0, Vec::len);
        for index in 0..branches {
            if let Some(branch) = schemas.below(&schema, &["allOf", &index.to_string()]) {
                self.add(branch);
            }
        }
    }

    /// What the pair of two views is known by, so that a circle is walked once.
    pub(super) fn name(&self) -> String {
        let places: Vec<String> = self
            .parts
            .iter()
            // What is a reference alone is known by what it leads to.
            .filter(|(_, value)| {
                value.get("$ref").is_none() || value.as_object().is_some_and(|held| held.len() > 1)
            })
            .map(|(schema, _)| format!("{}#{}", schema.document, schema.pointer))
            .collect();
        places.join(" ")
    }

    /// The values of a keyword.
    pub(super) fn all(&self, keyword: &str) -> impl Iterator<Item = &'a Value> {
        self.parts
            .iter()
            .filter_map(move |(_, value)| value.get(keyword))
    }

    /// The types that are allowed; nothing where any is.
    pub(super) fn types(&self) -> Option<BTreeSet<String>> {
        let mut types: Option<BTreeSet<String>> = None;
        for value in self.all("type") {
            let these: BTreeSet<String> = match value {
                Value::String(name) => BTreeSet::from([name.clone()]),
                Value::Array(names) => names
                    .iter()
                    .filter_map(|name| name.as_str().map(str::to_owned))
                    .collect(),
                _ => continue,
            };
            types = Some(match types {
                None => these,
                Some(held) => held
                    .iter()
                    .filter(|name| {
                        these.contains(*name) || (*name == "integer" && these.contains("number"))
                    })
                    .chain(
                        these
                            .iter()
                            .filter(|name| *name == "integer" && held.contains("number")),
                    )
                    .cloned()
                    .collect(),
            });
        }
        types
    }

    /// The values that are allowed, as JSON; nothing where the schema lists none.
    pub(super) fn values(&self) -> Option<BTreeSet<String>> {
        let mut values: Option<BTreeSet<String>> = None;
        let lists = self
            .all("enum")
            .filter_map(Value::as_array)
            .map(|items| items.iter().map(ToString::to_string).collect());
        let constants = self
            .all("const")
            .map(|value| BTreeSet::from([value.to_string()]));
        for these in lists.chain(constants) {
            let these: BTreeSet<String> = these;
            values = Some(match values {
                None => these,
                Some(held) => held.intersection(&these).cloned().collect(),
            });
        }
        values
    }

    /// The texts under a keyword, such as formats.
    pub(super) fn texts(&self, keyword: &str) -> BTreeSet<String> {
        self.all(keyword)
            .filter_map(|value| value.as_str().map(str::to_owned))
            .collect()
    }

    /// The lowest of a keyword's numbers.
    pub(super) fn lowest(&self, keyword: &str) -> Option<f64> {
        self.all(keyword).filter_map(Value::as_f64).reduce(f64::min)
    }

    /// The highest of a keyword's numbers.
    pub(super) fn highest(&self, keyword: &str) -> Option<f64> {
        self.all(keyword).filter_map(Value::as_f64).reduce(f64::max)
    }

    /// The names that must be there.
    pub(super) fn required(&self) -> BTreeSet<String> {
        self.all("required")
            .filter_map(Value::as_array)
            .flatten()
            .filter_map(|name| name.as_str().map(str::to_owned))
            .collect()
    }

    /// The properties by name, each with every schema that speaks of it.
    pub(super) fn properties(&self) -> BTreeMap<String, Vec<Schema>> {
        let mut properties: BTreeMap<String, Vec<Schema>> = BTreeMap::new();
        for (schema, value) in &self.parts {
            let names = value.get("properties").and_then(Value::as_object);
            for name in names.into_iter().flatten().map(|(name, _)| name) {
                if let Some(below) = self.contract.schemas.below(schema, &["properties", name]) {
                    properties.entry(name.clone()).or_default().push(below);
                }
            }
        }
        properties
    }

    /// The schemas of a keyword that holds one schema, such as `items`.
    pub(super) fn below(&self, keyword: &str) -> Vec<Schema> {
        self.parts
            .iter()
            .filter(|(_, value)| value.get(keyword).is_some_and(Value::is_object))
            .filter_map(|(schema, _)| self.contract.schemas.below(schema, &[keyword]))
            .collect()
    }

    /// The branches of every `oneOf` or `anyOf`, in one list for each.
    pub(super) fn choices(&self) -> Vec<Vec<Schema>> {
        let mut choices = Vec::new();
        for (schema, value) in &self.parts {
            for keyword in ["oneOf", "anyOf"] {
                let Some(branches) = value.get(keyword).and_then(Value::as_array) else {
                    continue;
                };
                let branches = (0..branches.len()).filter_map(|index| {
                    self.contract
                        .schemas
                        .below(schema, &[keyword, &index.to_string()])
                });
                choices.push(branches.collect());
            }
        }
        choices
    }

    /// Whether members that no schema names are refused.
    pub(super) fn refuses_others(&self) -> bool {
        ["additionalProperties", "unevaluatedProperties"]
            .into_iter()
            .any(|keyword| self.all(keyword).any(|value| *value == Value::Bool(false)))
    }

    /// Whether it is marked so anywhere.
    pub(super) fn is_marked(&self, keyword: &str) -> bool {
        self.all(keyword).any(|value| *value == Value::Bool(true))
    }

    /// The parts that hold a keyword.
    pub(super) fn holding(&self, keyword: &str) -> impl Iterator<Item = (&Schema, &'a Value)> {
        self.parts
            .iter()
            .filter_map(move |(schema, value)| Some((schema, value.get(keyword)?)))
    }
}

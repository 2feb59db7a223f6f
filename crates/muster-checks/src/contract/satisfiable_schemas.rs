//! `contract.satisfiable-schemas`

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use crate::support::document::prelude::*;
use muster_core::contract::Schema;

/// See [`Check::purpose`].
pub static CHECK: Check = Check {
    id: "contract.satisfiable-schemas",
    purpose: "Every schema can be satisfied by some value.",
    verifies: "Each schema is looked through for contradictions that no value escapes: bounds that exclude each other, an \
               empty list of values, values of another type than the schema names, types of `allOf` that exclude each \
               other, `not` of everything, a required property that the same schema forbids, and schemas that require \
               themselves or consist of nothing but a reference to themselves. What only looks hard to satisfy is not \
               judged.",
    matters: "Nobody can send or receive what such a schema describes: every request is wrong, or the schema is ignored, \
              and then it protects nothing.",
    fix: "Correct the keyword that excludes the other.",
    kind: Kind::Contract(judge),
    examples: &[
        Example {
            title: "bounds that leave room",
            contract: "components: { schemas: { Age: { type: integer, minimum: 0, maximum: 120 } } }",
            dialogue: &[],
            says: Expect::Pass,
        },
        Example {
            title: "a least above the most",
            contract: "components: { schemas: { Age: { type: integer, minimum: 120, maximum: 0 } } }",
            dialogue: &[],
            says: Expect::Fail("No value can satisfy"),
        },
        Example {
            title: "a record that requires another of its kind, without end",
            contract: "components: { schemas: { Note: { type: object, required: [reply], properties: { reply: { $ref: '#/components/schemas/Note' } } } } }",
            dialogue: &[],
            says: Expect::Fail("No value can satisfy"),
        },
        Example {
            title: "a record that may hold another of its kind",
            contract: "components: { schemas: { Note: { type: object, properties: { reply: { $ref: '#/components/schemas/Note' } } } } }",
            dialogue: &[],
            says: Expect::Pass,
        },
        Example {
            title: "null escapes the bounds",
            contract: "components: { schemas: { Name: { type: [string, 'null'], minLength: 9, maxLength: 3 } } }",
            dialogue: &[],
            says: Expect::Pass,
        },
        Example {
            title: "no schemas",
            contract: "info: { title: T }",
            dialogue: &[],
            says: Expect::Nothing,
        },
    ],
};

/// Deeper schemas are data to us.
const DEEPEST: usize = 60;

fn judge(contract: &Contract, _: &Parameters) -> Vec<Judged> {
    let mut search = Search {
        contract,
        seen: BTreeSet::new(),
        judged: Vec::new(),
    };
    let places = contract.schemas.places();
    for schema in places {
        search.look(schema, 0);
        if search.needs_itself(schema, &mut Vec::new()) {
            let reason = "it requires itself, or is nothing but a reference to itself";
            search.told(schema, reason.to_owned());
        }
    }
    if search.judged.is_empty() {
        search.judged.push(Judged::document(if places.is_empty() {
            Judgement::not_applicable("The contract holds no schemas.")
        } else {
            Judgement::Pass
        }));
    }
    search.judged
}

struct Search<'a> {
    contract: &'a Contract,
    seen: BTreeSet<String>,
    judged: Vec<Judged>,
}

impl<'a> Search<'a> {
    fn told(&mut self, schema: &Schema, reason: String) {
        self.judged.push(Judged::document(
            Finding::new(
                schema.pointer.to_string(),
                "No value can satisfy a schema.",
                "a schema that some value satisfies",
                format!("{}: {reason}", schema.pointer),
            )
            .at(schema.pointer.to_string()),
        ));
    }

    fn at(&self, schema: &Schema) -> Option<&'a Map<String, Value>> {
        self.contract.schemas.normalised(schema)?.as_object()
    }

    /// Looks a schema through, and what stands in it.
    fn look(&mut self, schema: &Schema, depth: usize) {
        let place = format!("{}#{}", schema.document, schema.pointer);
        if depth > DEEPEST || !self.seen.insert(place) {
            return;
        }
        let Some(map) = self.at(schema) else { return };
        if let Some(reason) = contradiction(map).or_else(|| self.excluded(schema, map)) {
            self.told(schema, reason);
        }
        for keyword in ["properties", "patternProperties"] {
            for name in map
                .get(keyword)
                .and_then(Value::as_object)
                .into_iter()
                .flat_map(Map::keys)
            {
                self.below(schema, &[keyword, name], depth);
            }
        }
        for keyword in ["allOf", "anyOf", "oneOf", "prefixItems"] {
            for index in 0..map
                .get(keyword)
                .and_then(Value::as_array)
                .map_or(0, Vec::len)
            {
                self.below(schema, &[keyword, &index.to_string()], depth);
            }
        }
        for keyword in ["items", "additionalProperties"] {
            self.below(schema, &[keyword], depth);
        }
    }

    fn below(&mut self, schema: &Schema, tokens: &[&str], depth: usize) {
        if let Some(below) = self.contract.schemas.below(schema, tokens) {
            self.look(&below, depth + 1);
        }
    }

    /// Why the types of `allOf` exclude each other, if they do.
    fn excluded(&self, schema: &Schema, map: &Map<String, Value>) -> Option<String> {
        let mut left = types(map);
        for index in 0..map
            .get("allOf")
            .and_then(Value::as_array)
            .map_or(0, Vec::len)
        {
            let part = self
                .contract
                .schemas
                .below(schema, &["allOf", &index.to_string()])?;
            let Some(more) = self.types_of(&part) else {
                continue;
            };
            left = Some(match left {
                None => more,
                Some(left) => left.intersection(&more).copied().collect(),
            });
        }
        left.is_some_and(|left| left.is_empty())
            .then(|| "the types of its parts exclude each other".to_owned())
    }

    fn types_of(&self, schema: &Schema) -> Option<BTreeSet<&'a str>> {
        let mut schema = schema.clone();
        for _ in 0..8 {
            let map = self.at(&schema)?;
            if let Some(types) = types(map) {
                return Some(types);
            }
            let reference = map.get("$ref").and_then(Value::as_str)?;
            schema = self.contract.schemas.follow(&schema.document, reference)?;
        }
        None
    }

    /// Whether a value of a schema has to hold one of the same schema, or the schema consists of itself.
    fn needs_itself(&self, schema: &Schema, path: &mut Vec<Schema>) -> bool {
        if path.contains(schema) {
            // Only what comes back to the first is told of the first.
            return path.first() == Some(schema);
        }
        if path.len() > DEEPEST {
            return false;
        }
        let Some(map) = self.at(schema) else {
            return false;
        };
        path.push(schema.clone());
        let mut needed: Vec<Schema> = Vec::new();
        let reference = map.get("$ref").and_then(Value::as_str);
        needed.extend(
            reference
                .and_then(|reference| self.contract.schemas.follow(&schema.document, reference)),
        );
        for index in 0..map
            .get("allOf")
            .and_then(Value::as_array)
            .map_or(0, Vec::len)
        {
            needed.extend(
                self.contract
                    .schemas
                    .below(schema, &["allOf", &index.to_string()]),
            );
        }
        let only =
            |name: &str| types(map).is_some_and(|types| types.iter().all(|held| *held == name));
        if only("object") {
            for name in texts(map.get("required")) {
                needed.extend(self.contract.schemas.below(schema, &["properties", name]));
            }
        }
        if only("array") && number(map, "minItems").is_some_and(|least| least >= 1.0) {
            needed.extend(self.contract.schemas.below(schema, &["items"]));
        }
        let found = needed.iter().any(|next| self.needs_itself(next, path));
        path.pop();
        found
    }
}

/// The types that a schema names; `number` has the integers in it.
fn types(map: &Map<String, Value>) -> Option<BTreeSet<&str>> {
    let mut types: BTreeSet<&str> = match map.get("type")? {
        Value::String(name) => [name.as_str()].into_iter().collect(),
        Value::Array(names) => names.iter().filter_map(Value::as_str).collect(),
        _ => return None,
    };
    if types.contains("number") {
        types.insert("integer");
    }
    Some(types)
}

fn texts(list: Option<&Value>) -> impl Iterator<Item = &str> {
    list.and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
}

fn number(map: &Map<String, Value>, keyword: &str) -> Option<f64> {
    map.get(keyword).and_then(Value::as_f64)
}

/// Why no value satisfies the keywords of one schema, if none does.
fn contradiction(map: &Map<String, Value>) -> Option<String> {
    if matches!(map.get("not"), Some(Value::Bool(true)))
        || matches!(map.get("not"), Some(Value::Object(not)) if not.is_empty())
    {
        return Some("`not` excludes everything".to_owned());
    }
    let types = types(map);
    if let Some(Value::Array(members)) = map.get("enum") {
        if members.is_empty() {
            return Some("its list of values is empty".to_owned());
        }
        if let Some(types) = &types
            && !members.iter().any(|member| types.contains(type_of(member)))
        {
            return Some("none of its values has its type".to_owned());
        }
    }
    if let (Some(value), Some(types)) = (map.get("const"), &types)
        && !types.contains(type_of(value))
    {
        return Some("its constant does not have its type".to_owned());
    }
    let mut reasons = Vec::new();
    // A schema that names no type is open to values that its bounds do not speak of.
    for name in types? {
        reasons.push(impossible(map, name)?);
    }
    reasons.into_iter().next()
}

fn type_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(number) if number.as_f64().is_some_and(|number| number.fract() == 0.0) => {
            "integer"
        }
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

/// Why no value of a type satisfies the keywords, if none does.
fn impossible(map: &Map<String, Value>, name: &str) -> Option<String> {
    let crossed = |least: &str, most: &str| {
        let (low, high) = (number(map, least)?, number(map, most)?);
        (low > high).then(|| format!("`{least}` {low} is above `{most}` {high}"))
    };
    match name {
        "string" => crossed("minLength", "maxLength"),
        "array" => crossed("minItems", "maxItems"),
        "object" => crossed("minProperties", "maxProperties").or_else(|| forbidden(map)),
        "number" | "integer" => crossed("minimum", "maximum")
            .or_else(|| crossed("exclusiveMinimum", "maximum"))
            .or_else(|| crossed("minimum", "exclusiveMaximum"))
            .or_else(|| crossed("exclusiveMinimum", "exclusiveMaximum"))
            .or_else(|| no_integer(map).filter(|_| name == "integer")),
        _ => None,
    }
}

/// Why no integer lies between the bounds, if none does.
fn no_integer(map: &Map<String, Value>) -> Option<String> {
    let low = number(map, "minimum").map(f64::ceil);
    let above = number(map, "exclusiveMinimum").map(|bound| (bound + 1.0).floor());
    let high = number(map, "maximum").map(f64::floor);
    let under = number(map, "exclusiveMaximum").map(|bound| (bound - 1.0).ceil());
    let low = low.into_iter().chain(above).reduce(f64::max)?;
    let high = high.into_iter().chain(under).reduce(f64::min)?;
    // Beyond this, whole numbers are not told apart.
    if low.abs() > 1e15 || high.abs() > 1e15 {
        return None;
    }
    let step = number(map, "multipleOf").filter(|step| step.fract() == 0.0 && *step >= 1.0);
    let step = step.unwrap_or(1.0);
    ((low / step).ceil() * step > high)
        .then(|| "no whole number lies between its bounds".to_owned())
}

/// The required property that the schema forbids, if there is one.
fn forbidden(map: &Map<String, Value>) -> Option<String> {
    let properties = map.get("properties").and_then(Value::as_object);
    let closed = map.get("additionalProperties") == Some(&Value::Bool(false))
        && map
            .get("patternProperties")
            .and_then(Value::as_object)
            .is_none_or(Map::is_empty);
    texts(map.get("required"))
        .find(
            |name| match properties.and_then(|properties| properties.get(*name)) {
                Some(schema) => schema == &Value::Bool(false),
                None => closed,
            },
        )
        .map(|name| format!("`{name}` is required, and may not be there"))
}

//! What a schema says of one place in a value (owner of [`Place`]).
//!
//! Validation tells whether a value is right; checks also ask what the contract *names*. A place holds
//! every subschema that may speak about it, through references and compositions, without asking which
//! branch of an `anyOf` applies: a check that looks for an undeclared thing must not cry wolf.

use std::{
    collections::{BTreeSet, HashMap},
    rc::Rc,
    sync::Arc,
};

use regex::Regex;
use serde_json::Value;

use muster_core::contract::{Contract, FOREIGN_PATTERN, Schema};

/// More parts than any sensible schema has in one place.
const MOST_PARTS: usize = 256;
/// More values than a check needs to see to know a defect.
const MOST_SPOTS: usize = 20_000;

/// One subschema, and the document its references are relative to.
#[derive(Debug, Clone)]
struct Part<'a> {
    document: Arc<str>,
    schema: &'a Value,
}

/// Every subschema that may speak about one place.
#[derive(Debug, Clone, Default)]
pub struct Place<'a> {
    contract: Option<&'a Contract>,
    parts: Vec<Part<'a>>,
}

impl<'a> Place<'a> {
    /// The place that a schema describes as a whole.
    #[must_use]
    pub fn of(contract: &'a Contract, schema: &Schema) -> Self {
        let mut place = Self {
            contract: Some(contract),
            parts: Vec::new(),
        };
        if let Some(value) = contract.schemas.normalised(schema) {
            place.add(&schema.document, value);
        }
        place
    }

    /// Whether the contract says anything of it.
    #[must_use]
    pub fn is_described(&self) -> bool {
        self.parts
            .iter()
            .any(|part| part.schema.as_object().is_some_and(|map| !map.is_empty()))
    }

    /// The values of a keyword in every subschema.
    pub fn keyword(&self, keyword: &str) -> impl Iterator<Item = &'a Value> {
        // A pattern of another dialect is one too: what it stands at is not free.
        let other = (keyword == "pattern").then_some(FOREIGN_PATTERN);
        self.parts.iter().filter_map(move |part| {
            let held = part.schema.get(keyword);
            held.or_else(|| part.schema.get(other?))
        })
    }

    /// Whether any subschema has this keyword.
    #[must_use]
    pub fn has(&self, keyword: &str) -> bool {
        self.keyword(keyword).next().is_some()
    }

    /// Whether a subschema says `format` with this name.
    #[must_use]
    pub fn has_format(&self, format: &str) -> bool {
        self.keyword("format").any(|value| value == format)
    }

    /// The types that subschemas name; empty where none does.
    #[must_use]
    pub fn types(&self) -> BTreeSet<&'a str> {
        self.keyword("type")
            .flat_map(|value| match value {
                Value::Array(types) => types.iter().filter_map(Value::as_str).collect(),
                other => other.as_str().into_iter().collect::<Vec<_>>(),
            })
            .collect()
    }

    /// The members that are named here.
    #[must_use]
    pub fn named(&self) -> BTreeSet<&'a str> {
        self.keyword("properties")
            .filter_map(Value::as_object)
            .flat_map(|properties| properties.keys().map(String::as_str))
            .collect()
    }

    /// Whether a member is named here, or matches a pattern for names.
    #[must_use]
    pub fn names(&self, member: &str) -> bool {
        self.keyword("properties")
            .any(|properties| properties.get(member).is_some())
            || self.patterns().any(|(pattern, _)| pattern.is_match(member))
    }

    /// Whether members that are not named have a schema of their own: a map by design.
    #[must_use]
    pub fn is_map(&self) -> bool {
        ["additionalProperties", "unevaluatedProperties"]
            .iter()
            .any(|keyword| {
                self.keyword(keyword)
                    .any(|value| value.as_object().is_some_and(|map| !map.is_empty()))
            })
    }

    /// The place of a member.
    #[must_use]
    pub fn member(&self, name: &str) -> Self {
        let mut place = self.beside();
        for part in &self.parts {
            let mut found = false;
            if let Some(schema) = part
                .schema
                .pointer(&format!("/properties/{}", escape(name)))
            {
                place.add(&part.document, schema);
                found = true;
            }
            if let Some(patterns) = part
                .schema
                .get("patternProperties")
                .and_then(Value::as_object)
            {
                for (pattern, schema) in patterns {
                    if Regex::new(pattern).is_ok_and(|pattern| pattern.is_match(name)) {
                        place.add(&part.document, schema);
                        found = true;
                    }
                }
            }
            if !found && let Some(schema) = part.schema.get("additionalProperties") {
                place.add(&part.document, schema);
            }
        }
        place
    }

    /// The place of an item.
    #[must_use]
    pub fn item(&self, index: usize) -> Self {
        let mut place = self.beside();
        for part in &self.parts {
            let first = part
                .schema
                .get("prefixItems")
                .and_then(|items| items.get(index));
            if let Some(schema) = first.or_else(|| part.schema.get("items")) {
                place.add(&part.document, schema);
            }
        }
        place
    }

    /// Whether every subschema that names a property here marks it `writeOnly`, itself or in what it is made of.
    #[must_use]
    pub fn is_write_only(&self, name: &str) -> bool {
        let mut named = self
            .parts
            .iter()
            .filter_map(|part| Some((part, part.schema.get("properties")?.get(name)?)))
            .peekable();
        named.peek().is_some()
            && named.all(|(part, schema)| self.marks(&part.document, schema, "writeOnly", 8))
    }

    /// Whether a schema carries a mark, through references and `allOf`.
    fn marks(&self, document: &str, schema: &Value, mark: &str, depth: usize) -> bool {
        if depth == 0 {
            return false;
        }
        if schema.get(mark) == Some(&Value::Bool(true)) {
            return true;
        }
        let target = schema
            .get("$ref")
            .and_then(Value::as_str)
            .and_then(|reference| self.contract?.schemas.resolve(document, reference));
        target.is_some_and(|(document, schema)| self.marks(document, schema, mark, depth - 1))
            || schema
                .get("allOf")
                .and_then(Value::as_array)
                .is_some_and(|parts| {
                    parts
                        .iter()
                        .any(|part| self.marks(document, part, mark, depth - 1))
                })
    }

    const fn beside(&self) -> Self {
        Self {
            contract: self.contract,
            parts: Vec::new(),
        }
    }

    fn patterns(&self) -> impl Iterator<Item = (Regex, &'a Value)> {
        self.keyword("patternProperties")
            .filter_map(Value::as_object)
            .flatten()
            .filter_map(|(pattern, schema)| Some((Regex::new(pattern).ok()?, schema)))
    }

    /// Takes a subschema in, and everything it refers to or is composed of.
    fn add(&mut self, document: &Arc<str>, schema: &'a Value) {
        let known = |part: &Part<'_>| std::ptr::eq(part.schema, schema);
        if !schema.is_object() || self.parts.len() >= MOST_PARTS || self.parts.iter().any(known) {
            return;
        }
        self.parts.push(Part {
            document: Arc::clone(document),
            schema,
        });
        if let Some(reference) = schema.get("$ref").and_then(Value::as_str)
            && let Some(contract) = self.contract
            && let Some((document, value)) = contract.schemas.resolve(document, reference)
        {
            self.add(&document.into(), value);
        }
        for keyword in ["allOf", "anyOf", "oneOf"] {
            for branch in schema
                .get(keyword)
                .and_then(Value::as_array)
                .into_iter()
                .flatten()
            {
                self.add(document, branch);
            }
        }
        for keyword in ["if", "then", "else"] {
            if let Some(branch) = schema.get(keyword) {
                self.add(document, branch);
            }
        }
        for branch in schema
            .get("dependentSchemas")
            .and_then(Value::as_object)
            .into_iter()
            .flat_map(serde_json::Map::values)
        {
            self.add(document, branch);
        }
    }
}

/// Visits every value within a value with its JSON pointer and what the contract says of it: the first
/// 20,000, to a depth of 64.
pub fn walk<'a, 'v>(place: &Place<'a>, value: &'v Value, visit: &mut dyn FnMut(&Spot<'_, 'a, 'v>)) {
    let mut walk = Walk {
        places: HashMap::new(),
        left: MOST_SPOTS,
    };
    let root = Spot {
        pointer: "",
        shape: "",
        name: None,
        value,
        place,
    };
    walk.step(&root, "", visit, 64);
}

/// One value on a walk.
#[derive(Debug)]
pub struct Spot<'s, 'a, 'v> {
    /// Where it is, as a JSON pointer.
    pub pointer: &'s str,
    /// The same with `*` for every index and data-like key: the place without the data.
    pub shape: &'s str,
    /// The name of the member it belongs to; items of an array have that of the array.
    pub name: Option<&'v str>,
    /// The value.
    pub value: &'v Value,
    /// What the contract says of it.
    pub place: &'s Place<'a>,
}

/// What a walk remembers: places by their path, since the items of a list are all in the same ones.
struct Walk<'a> {
    places: HashMap<String, Rc<Place<'a>>>,
    left: usize,
}

impl<'a> Walk<'a> {
    fn step<'v>(
        &mut self,
        spot: &Spot<'_, 'a, 'v>,
        path: &str,
        visit: &mut dyn FnMut(&Spot<'_, 'a, 'v>),
        depth: usize,
    ) {
        if depth == 0 || self.left == 0 {
            return;
        }
        self.left -= 1;
        visit(spot);
        match spot.value {
            Value::Object(members) => {
                for (name, value) in members {
                    let token = escape(name);
                    let shape = data_like(name).map_or(token.as_str(), |_| "*");
                    let path = format!("{path}/{token}");
                    let place = self.place(&path, || spot.place.member(name));
                    let member = Spot {
                        pointer: &format!("{}/{token}", spot.pointer),
                        shape: &format!("{}/{shape}", spot.shape),
                        name: Some(name),
                        value,
                        place: &place,
                    };
                    self.step(&member, &path, visit, depth - 1);
                }
            }
            Value::Array(items) => {
                let shape = format!("{}/*", spot.shape);
                let alike = !spot.place.has("prefixItems");
                for (index, value) in items.iter().enumerate() {
                    // A token holds `~` before 0 and 1 only, so no member has the path of an item.
                    let path = if alike {
                        format!("{path}/~-")
                    } else {
                        format!("{path}/~-{index}")
                    };
                    let place = self.place(&path, || spot.place.item(index));
                    let item = Spot {
                        pointer: &format!("{}/{index}", spot.pointer),
                        shape: &shape,
                        name: spot.name,
                        value,
                        place: &place,
                    };
                    self.step(&item, &path, visit, depth - 1);
                }
            }
            _ => {}
        }
    }

    fn place(&mut self, path: &str, make: impl FnOnce() -> Place<'a>) -> Rc<Place<'a>> {
        if let Some(place) = self.places.get(path) {
            return Rc::clone(place);
        }
        let place = Rc::new(make());
        self.places.insert(path.to_owned(), Rc::clone(&place));
        place
    }
}

/// What a member name is, where it looks like data rather than a name.
#[must_use]
pub fn data_like(name: &str) -> Option<&'static str> {
    let shape: String = name
        .chars()
        .map(|c| if c.is_ascii_digit() { '9' } else { c })
        .collect();
    if !name.is_empty() && name.chars().all(|c| c.is_ascii_digit()) {
        Some("numbers")
    } else if shape == "9999-99-99" || shape == "99/99/9999" || shape.starts_with("9999-99-99T99:")
    {
        Some("dates")
    } else if is_uuid(name) {
        Some("UUIDs")
    } else {
        None
    }
}

/// Whether a text is a UUID in its usual form.
#[must_use]
pub fn is_uuid(text: &str) -> bool {
    text.len() == 36
        && text.bytes().enumerate().all(|(index, byte)| {
            if matches!(index, 8 | 13 | 18 | 23) {
                byte == b'-'
            } else {
                byte.is_ascii_hexdigit()
            }
        })
}

/// A name as a token of a JSON pointer.
#[must_use]
pub fn escape(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests stop at what is wrong")]

    use serde_json::json;

    use super::*;

    fn contract() -> Contract {
        Contract::from_value(json!({
            "openapi": "3.1.0",
            "info": { "title": "Example", "version": "1" },
            "paths": {},
            "components": { "schemas": {
                "Person": {
                    "allOf": [
                        { "$ref": "#/components/schemas/Named" },
                        { "properties": { "born": { "type": "string", "format": "date" } } },
                    ],
                    "anyOf": [{ "patternProperties": { "^x-": { "type": "integer" } } }],
                },
                "Named": {
                    "properties": {
                        "name": { "type": "string" },
                        "friends": { "items": { "$ref": "#/components/schemas/Person" } },
                    },
                },
            } },
        }))
        .unwrap()
    }

    fn person(contract: &Contract) -> Place<'_> {
        Place::of(contract, contract.schemas.component("Person").unwrap())
    }

    #[test]
    fn references_and_compositions_are_of_the_place() {
        let contract = contract();
        let person = person(&contract);
        assert_eq!(
            person.named().into_iter().collect::<Vec<_>>(),
            ["born", "friends", "name"]
        );
        assert!(person.names("x-force"));
        assert!(!person.names("force"));
        assert!(!person.is_map());
    }

    #[test]
    fn a_walk_goes_round_a_circle_with_the_value() {
        let contract = contract();
        let value = json!({ "friends": [{ "friends": [{ "born": "1990-02-28" }] }] });
        let mut dates = Vec::new();
        walk(&person(&contract), &value, &mut |spot| {
            if spot.place.has_format("date") {
                dates.push((spot.pointer.to_owned(), spot.shape.to_owned()));
            }
        });
        assert_eq!(
            dates,
            [(
                "/friends/0/friends/0/born".to_owned(),
                "/friends/*/friends/*/born".to_owned()
            )]
        );
    }

    #[test]
    fn items_that_differ_by_their_place_are_told_apart() {
        let contract = Contract::from_value(json!({
            "openapi": "3.1.0",
            "info": { "title": "Example", "version": "1" },
            "paths": {},
            "components": { "schemas": { "Span": {
                "items": { "prefixItems": [{ "format": "date" }, { "format": "time" }] },
            } } },
        }))
        .unwrap();
        let span = Place::of(&contract, contract.schemas.component("Span").unwrap());
        let value = json!([["a", "b"], ["c", "d"]]);
        let mut times = Vec::new();
        walk(&span, &value, &mut |spot| {
            if spot.place.has_format("time") {
                times.push(spot.pointer.to_owned());
            }
        });
        assert_eq!(times, ["/0/1", "/1/1"]);
    }

    #[test]
    fn names_that_are_words_do_not_look_like_data() {
        assert_eq!(data_like("2026-11-23"), Some("dates"));
        assert_eq!(data_like("017"), Some("numbers"));
        assert_eq!(
            data_like("0d9e1a52-51b6-4f0e-9d57-2f3c5a1c7e10"),
            Some("UUIDs")
        );
        for name in ["name", "line1", "v2", "", "1st", "12:30"] {
            assert_eq!(data_like(name), None, "{name}");
        }
    }
}

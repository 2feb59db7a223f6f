//! Two schemas, keyword by keyword (owner of [`compare_schemas`]).

use std::collections::BTreeSet;

use serde_json::Value;

use crate::contract::{Contract, Schema};

/// Who writes the value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    /// The caller: what is taken must not become less.
    Request,
    /// The API: what is sent must not become more.
    Response,
}

/// Deeper than any contract that people read.
const DEEPEST: usize = 24;

/// The differences of two schemas: the rule and the sentence of each.
pub(super) fn compare_schemas(
    old: (&Contract, &Schema),
    new: (&Contract, &Schema),
    side: Side,
    place: &str,
) -> Vec<(&'static str, String)> {
    let mut walk = Walk {
        old: old.0,
        new: new.0,
        side,
        place,
        seen: BTreeSet::new(),
        found: Vec::new(),
    };
    walk.step(old.1.clone(), new.1.clone(), "", 0);
    walk.found
}

struct Walk<'a> {
    old: &'a Contract,
    new: &'a Contract,
    side: Side,
    place: &'a str,
    seen: BTreeSet<(String, String)>,
    found: Vec<(&'static str, String)>,
}

/// A schema with its references followed, while they stand alone.
fn settled(contract: &Contract, mut schema: Schema) -> Schema {
    for _ in 0..DEEPEST {
        let next = contract
            .schemas
            .normalised(&schema)
            .and_then(|value| value.get("$ref")?.as_str())
            .and_then(|reference| contract.schemas.follow(&schema.document, reference));
        match next {
            Some(next) => schema = next,
            None => break,
        }
    }
    schema
}

fn set(value: &Value, keyword: &str) -> Option<BTreeSet<String>> {
    match value.get(keyword)? {
        Value::Array(items) => Some(
            items
                .iter()
                .map(|item| {
                    item.as_str()
                        .map_or_else(|| item.to_string(), str::to_owned)
                })
                .collect(),
        ),
        Value::String(text) => Some(BTreeSet::from([text.clone()])),
        _ => None,
    }
}

impl Walk<'_> {
    fn tell(&mut self, request: &'static str, response: &'static str, message: String) {
        let rule = match self.side {
            Side::Request => request,
            Side::Response => response,
        };
        self.found.push((rule, message));
    }

    fn step(&mut self, old: Schema, new: Schema, at: &str, depth: usize) {
        let old = settled(self.old, old);
        let new = settled(self.new, new);
        let pair = (
            format!("{}#{}", old.document, old.pointer),
            format!("{}#{}", new.document, new.pointer),
        );
        if depth > DEEPEST || !self.seen.insert(pair) {
            return;
        }
        let (Some(one), Some(two)) = (
            self.old.schemas.normalised(&old).cloned(),
            self.new.schemas.normalised(&new).cloned(),
        ) else {
            return;
        };
        let place = match at {
            "" => format!("the {}", self.place),
            at => format!("`{at}` in the {}", self.place),
        };
        self.types(&one, &two, &place);
        self.values(&one, &two, &place);
        self.bounds(&one, &two, &place);
        self.members(&old, &new, &one, &two, at, depth);
        for keyword in ["allOf", "oneOf", "anyOf", "not"] {
            self.composition(&old, &new, keyword, at, depth, &place);
        }
        if let (Some(old), Some(new)) = (
            self.old.schemas.below(&old, &["items"]),
            self.new.schemas.below(&new, &["items"]),
        ) {
            self.step(old, new, &format!("{at}/*"), depth + 1);
        }
    }

    fn types(&mut self, one: &Value, two: &Value, place: &str) {
        let whole = |types: &BTreeSet<String>, name: &str| {
            types.contains(name) || (name == "integer" && types.contains("number"))
        };
        let (old, new) = (set(one, "type"), set(two, "type"));
        let gone = match (&old, &new) {
            (Some(old), Some(new)) => old.iter().find(|name| !whole(new, name)).cloned(),
            (None, Some(_)) => Some("any other".to_owned()),
            _ => None,
        };
        let come = match (&old, &new) {
            (Some(old), Some(new)) => new.iter().find(|name| !whole(old, name)).cloned(),
            (Some(_), None) => Some("any other".to_owned()),
            _ => None,
        };
        if let Some(name) = gone {
            let message = format!("The type {name} of {place} is gone.");
            self.tell("request-type-narrowed", "response-type-narrowed", message);
        }
        if let Some(name) = come {
            let message = format!("The type {name} of {place} is new.");
            self.tell("request-type-widened", "response-type-widened", message);
        }
    }

    fn values(&mut self, one: &Value, two: &Value, place: &str) {
        let (old, new) = (set(one, "enum"), set(two, "enum"));
        let empty = BTreeSet::new();
        let narrowed = match (&old, &new) {
            (None, Some(_)) => Some("any other".to_owned()),
            (Some(old), Some(new)) => old.difference(new).next().cloned(),
            _ => None,
        };
        let widened = match (&old, &new) {
            (Some(_), None) => Some("any other".to_owned()),
            (old, Some(new)) if old.is_some() => new
                .difference(old.as_ref().unwrap_or(&empty))
                .next()
                .cloned(),
            _ => None,
        };
        if let Some(value) = narrowed {
            let message = format!("The value {value} of {place} is gone.");
            self.tell("request-enum-narrowed", "response-enum-narrowed", message);
        }
        if let Some(value) = widened {
            let message = format!("The value {value} of {place} is new.");
            self.tell("request-enum-widened", "response-enum-widened", message);
        }
        for keyword in ["format", "pattern"] {
            if one.get(keyword) != two.get(keyword) {
                // A constraint that falls away takes more, and one that is new sends less.
                let falls = two.get(keyword).is_none();
                let comes = one.get(keyword).is_none();
                let message = format!("The {keyword} of {place} is another.");
                match (self.side, falls, comes) {
                    (Side::Request, true, _) => self.found.push(("request-bound-widened", message)),
                    (Side::Response, _, true) => {
                        self.found.push(("response-bound-narrowed", message));
                    }
                    _ => self.tell("request-format-changed", "response-format-changed", message),
                }
            }
        }
    }

    fn bounds(&mut self, one: &Value, two: &Value, place: &str) {
        let upper = [
            "maximum",
            "exclusiveMaximum",
            "maxLength",
            "maxItems",
            "maxProperties",
        ];
        let lower = [
            "minimum",
            "exclusiveMinimum",
            "minLength",
            "minItems",
            "minProperties",
        ];
        for (keyword, is_upper) in upper
            .iter()
            .map(|keyword| (keyword, true))
            .chain(lower.iter().map(|keyword| (keyword, false)))
        {
            let open = if is_upper {
                f64::INFINITY
            } else {
                f64::NEG_INFINITY
            };
            let bound = |value: &Value| value.get(keyword).and_then(Value::as_f64).unwrap_or(open);
            let (old, new) = (bound(one), bound(two));
            let narrower = if is_upper { new < old } else { new > old };
            let wider = if is_upper { new > old } else { new < old };
            let message = format!("{keyword} of {place} is another.");
            if narrower {
                self.tell("request-bound-narrowed", "response-bound-narrowed", message);
            } else if wider {
                self.tell("request-bound-widened", "response-bound-widened", message);
            }
        }
    }

    fn members(
        &mut self,
        old: &Schema,
        new: &Schema,
        one: &Value,
        two: &Value,
        at: &str,
        depth: usize,
    ) {
        let names = |value: &Value| -> BTreeSet<String> {
            value
                .get("properties")
                .and_then(Value::as_object)
                .map(|members| members.keys().cloned().collect())
                .unwrap_or_default()
        };
        let needed = |value: &Value| set(value, "required").unwrap_or_default();
        let (before, after) = (names(one), names(two));
        let (needed_before, needed_after) = (needed(one), needed(two));
        let label = |name: &str| format!("`{at}/{name}` in the {}", self.place);
        let mut told = Vec::new();
        for name in before.difference(&after) {
            told.push((
                "request-property-removed",
                "response-property-removed",
                format!("{} is gone.", label(name)),
            ));
        }
        for name in after.difference(&before) {
            told.push((
                "request-property-added",
                "response-property-added",
                format!("{} is new.", label(name)),
            ));
        }
        for name in needed_after.difference(&needed_before) {
            told.push((
                "request-property-required",
                "response-property-required",
                format!("{} is needed now.", label(name)),
            ));
        }
        for name in needed_before.difference(&needed_after) {
            if after.contains(name) || !before.contains(name) {
                told.push((
                    "request-property-optional",
                    "response-property-optional",
                    format!("{} may be missing now.", label(name)),
                ));
            }
        }
        for (request, response, message) in told {
            self.tell(request, response, message);
        }
        for name in before.intersection(&after) {
            let tokens = ["properties", name.as_str()];
            if let (Some(old), Some(new)) = (
                self.old.schemas.below(old, &tokens),
                self.new.schemas.below(new, &tokens),
            ) {
                self.step(old, new, &format!("{at}/{name}"), depth + 1);
            }
        }
    }

    fn composition(
        &mut self,
        old: &Schema,
        new: &Schema,
        keyword: &str,
        at: &str,
        depth: usize,
        place: &str,
    ) {
        let size = |contract: &Contract, schema: &Schema| {
            contract
                .schemas
                .normalised(schema)
                .and_then(|value| Some(value.get(keyword)?.as_array().map_or(1, Vec::len)))
                .unwrap_or(0)
        };
        let (before, after) = (size(self.old, old), size(self.new, new));
        if before != after || (keyword == "not" && before + after > 0) {
            let same = keyword == "not"
                && self.old.schemas.normalised(old) == self.new.schemas.normalised(new);
            if !same {
                let message = format!("`{keyword}` of {place} is another.");
                self.found.push(("composition-changed", message));
            }
            return;
        }
        for index in 0..before {
            let index = index.to_string();
            let tokens = [keyword, index.as_str()];
            if let (Some(old), Some(new)) = (
                self.old.schemas.below(old, &tokens),
                self.new.schemas.below(new, &tokens),
            ) {
                self.step(old, new, at, depth + 1);
            }
        }
    }
}

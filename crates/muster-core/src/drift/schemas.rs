//! Two schemas, constraint by constraint (owner of [`compare_schemas`]).

use std::collections::BTreeSet;

use serde_json::Value;

use super::{same::meaning, view::View};
use crate::contract::{Contract, Schema};

/// Who writes the value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    /// The caller: what is taken must not become less.
    Request,
    /// The API: what is sent must not become more.
    Response,
}

impl Side {
    /// What marks a member that does not count on this side.
    const fn absent(self) -> &'static str {
        match self {
            Self::Request => "readOnly",
            Self::Response => "writeOnly",
        }
    }
}

/// Deeper than any contract that people read.
const DEEPEST: usize = 24;

/// The differences of two schemas: the rule and the sentence of each. A schema that is missing allows everything.
pub(super) fn compare_schemas(
    old: (&Contract, Option<&Schema>),
    new: (&Contract, Option<&Schema>),
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
    let all = |schema: Option<&Schema>| schema.into_iter().cloned().collect::<Vec<_>>();
    walk.step(&all(old.1), &all(new.1), "", 0);
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

/// What becomes of a set of values.
#[derive(Clone, Copy)]
struct Rules {
    request: (&'static str, &'static str),
    response: (&'static str, &'static str),
}

const TYPES: Rules = Rules {
    request: ("request-type-narrowed", "request-type-widened"),
    response: ("response-type-narrowed", "response-type-widened"),
};
const ENUMS: Rules = Rules {
    request: ("request-enum-narrowed", "request-enum-widened"),
    response: ("response-enum-narrowed", "response-enum-widened"),
};
const BOUNDS: Rules = Rules {
    request: ("request-bound-narrowed", "request-bound-widened"),
    response: ("response-bound-narrowed", "response-bound-widened"),
};
const CLOSED: Rules = Rules {
    request: ("request-closed", "request-opened"),
    response: ("response-closed", "response-opened"),
};
const VARIANTS: Rules = Rules {
    request: ("request-variant-removed", "request-variant-added"),
    response: ("response-variant-removed", "response-variant-added"),
};

impl Walk<'_> {
    fn narrowed(&mut self, rules: Rules, message: String) {
        let rule = match self.side {
            Side::Request => rules.request.0,
            Side::Response => rules.response.0,
        };
        self.found.push((rule, message));
    }

    fn widened(&mut self, rules: Rules, message: String) {
        let rule = match self.side {
            Side::Request => rules.request.1,
            Side::Response => rules.response.1,
        };
        self.found.push((rule, message));
    }

    fn step(&mut self, old: &[Schema], new: &[Schema], at: &str, depth: usize) {
        let one = View::of(self.old, old);
        let two = View::of(self.new, new);
        if depth > DEEPEST || !self.seen.insert((one.name(), two.name())) {
            return;
        }
        let place = match at {
            "" => format!("the {}", self.place),
            at => format!("`{at}` in the {}", self.place),
        };
        if one.closed || two.closed {
            if one.closed != two.closed {
                self.found.push((
                    "composition-changed",
                    format!(
                        "Whether {place} may have a value at all is another, or cannot be read."
                    ),
                ));
            }
            return;
        }
        self.types(&one, &two, &place);
        self.values(&one, &two, &place);
        self.texts(&one, &two, &place);
        self.bounds(&one, &two, &place);
        self.defaults(&one, &two, &place);
        self.members(&one, &two, at, &place, depth);
        self.choices(&one, &two, at, &place, depth);
        self.conditions(&one, &two, &place);
        for keyword in ["items", "additionalProperties"] {
            let (old, new) = (one.below(keyword), two.below(keyword));
            let speak = !old.is_empty() || !new.is_empty();
            let refused = one.refuses_others() || two.refuses_others();
            if keyword == "items" || speak && !refused {
                self.step(&old, &new, &format!("{at}/*"), depth + 1);
            }
        }
    }

    fn types(&mut self, one: &View<'_>, two: &View<'_>, place: &str) {
        let lacks = |types: &BTreeSet<String>, name: &str| {
            let wider = name == "integer" && types.contains("number");
            !wider && !types.contains(name)
        };
        let missing =
            |from: &Option<BTreeSet<String>>, held: &Option<BTreeSet<String>>| match (from, held) {
                (_, None) => None,
                (None, Some(_)) => Some("any other".to_owned()),
                (Some(from), Some(held)) => {
                    let names: Vec<String> = from
                        .iter()
                        .filter(|name| lacks(held, name))
                        .cloned()
                        .collect();
                    (!names.is_empty()).then(|| names.join(", "))
                }
            };
        let (old, new) = (one.types(), two.types());
        if let Some(name) = missing(&old, &new) {
            self.narrowed(
                TYPES,
                format!("The type of {place} is not {name} any more."),
            );
        }
        if let Some(name) = missing(&new, &old) {
            self.widened(TYPES, format!("The type of {place} may be {name} now."));
        }
    }

    fn values(&mut self, one: &View<'_>, two: &View<'_>, place: &str) {
        // A list that says of itself that it will grow breaks nobody by growing.
        let grows = one.all("x-extensible-enum").next().is_some();
        let missing =
            |from: &Option<BTreeSet<String>>, held: &Option<BTreeSet<String>>| match (from, held) {
                (_, None) => None,
                (None, Some(_)) => Some("any other value".to_owned()),
                (Some(from), Some(held)) => {
                    let names: Vec<&str> = from.difference(held).map(String::as_str).collect();
                    (!names.is_empty()).then(|| shown(&names))
                }
            };
        let (old, new) = (one.values(), two.values());
        if let Some(value) = missing(&old, &new) {
            self.narrowed(
                ENUMS,
                format!("{place} is not {value} any more.", place = first_up(place)),
            );
        }
        if let Some(value) = missing(&new, &old)
            && !(grows && self.side == Side::Response)
        {
            self.widened(
                ENUMS,
                format!("{place} may be {value} now.", place = first_up(place)),
            );
        }
    }

    fn texts(&mut self, one: &View<'_>, two: &View<'_>, place: &str) {
        for keyword in ["format", "pattern"] {
            let (old, new) = (one.texts(keyword), two.texts(keyword));
            if old == new {
                continue;
            }
            let rule = match (self.side, old.is_subset(&new), new.is_subset(&old)) {
                (Side::Request, false, true) => "request-format-removed",
                (Side::Request, ..) => "request-format-changed",
                (Side::Response, true, false) => "response-format-added",
                (Side::Response, ..) => "response-format-changed",
            };
            let told = |texts: &BTreeSet<String>| match texts.is_empty() {
                true => "none".to_owned(),
                false => texts.iter().cloned().collect::<Vec<_>>().join(" and "),
            };
            self.found.push((
                rule,
                format!(
                    "The {keyword} of {place} was {}, and is {}.",
                    told(&old),
                    told(&new)
                ),
            ));
        }
    }

    fn bounds(&mut self, one: &View<'_>, two: &View<'_>, place: &str) {
        for keyword in ["maxLength", "maxItems", "maxProperties"] {
            let bound = |view: &View<'_>| view.lowest(keyword).unwrap_or(f64::INFINITY);
            self.bound(keyword, bound(one), bound(two), true, place);
        }
        for keyword in ["minLength", "minItems", "minProperties"] {
            let bound = |view: &View<'_>| view.highest(keyword).unwrap_or(0.0);
            self.bound(keyword, bound(one), bound(two), false, place);
        }
        self.bound("maximum", upper(one), upper(two), true, place);
        self.bound("minimum", lower(one), lower(two), false, place);
        let unique = |view: &View<'_>| {
            if view.is_marked("uniqueItems") {
                1.0
            } else {
                0.0
            }
        };
        self.bound("uniqueItems", unique(one), unique(two), false, place);
        let step = |view: &View<'_>| view.highest("multipleOf");
        match (step(one), step(two)) {
            (None, Some(_)) => self.narrowed(BOUNDS, format!("multipleOf of {place} is new.")),
            (Some(_), None) => self.widened(BOUNDS, format!("multipleOf of {place} is gone.")),
            (Some(old), Some(new)) if (old - new).abs() > f64::EPSILON => {
                let message = format!("multipleOf of {place} was {old}, and is {new}.");
                let fits = |part: f64, whole: f64| part != 0.0 && (whole / part).fract() == 0.0;
                if !fits(new, old) {
                    self.narrowed(BOUNDS, message.clone());
                }
                if !fits(old, new) {
                    self.widened(BOUNDS, message);
                }
            }
            _ => {}
        }
    }

    fn bound(&mut self, keyword: &str, old: f64, new: f64, is_upper: bool, place: &str) {
        let told = |bound: f64| match bound.is_finite() {
            true => bound.to_string(),
            false => "none".to_owned(),
        };
        let message = format!(
            "{keyword} of {place} was {}, and is {}.",
            told(old),
            told(new)
        );
        if (is_upper && new < old) || (!is_upper && new > old) {
            self.narrowed(BOUNDS, message);
        } else if (is_upper && new > old) || (!is_upper && new < old) {
            self.widened(BOUNDS, message);
        }
    }

    fn defaults(&mut self, one: &View<'_>, two: &View<'_>, place: &str) {
        if self.side == Side::Response {
            return;
        }
        let Some(old) = one.all("default").next() else {
            return;
        };
        let new = two.all("default").next();
        if new != Some(old) {
            let new = new.map_or_else(|| "none".to_owned(), |new| shown(&[&new.to_string()]));
            let old = shown(&[&old.to_string()]);
            self.found.push((
                "request-default-changed",
                format!("The default of {place} was {old}, and is {new}."),
            ));
        }
    }

    fn members(&mut self, one: &View<'_>, two: &View<'_>, at: &str, place: &str, depth: usize) {
        let counts = |contract: &Contract, view: &View<'_>| {
            let mut properties = view.properties();
            properties
                .retain(|_, schemas| !View::of(contract, schemas).is_marked(self.side.absent()));
            properties
        };
        let (before, after) = (counts(self.old, one), counts(self.new, two));
        let hidden = |view: &View<'_>, shown: bool, name: &str| {
            !shown && view.properties().contains_key(name)
        };
        let mut needed_before = one.required();
        needed_before.retain(|name| !hidden(one, before.contains_key(name), name));
        let mut needed_after = two.required();
        needed_after.retain(|name| !hidden(two, after.contains_key(name), name));
        let request = self.side == Side::Request;
        let label = |name: &str| format!("`{at}/{name}` in the {}", self.place);
        let mut told: Vec<(&'static str, String)> = Vec::new();
        for name in before.keys().filter(|name| !after.contains_key(*name)) {
            let rule = if request {
                "request-property-removed"
            } else {
                "response-property-removed"
            };
            told.push((rule, format!("{} is gone.", label(name))));
        }
        for name in after.keys().filter(|name| !before.contains_key(*name)) {
            let needed = needed_after.contains(name);
            let (rule, end) = match (request, needed) {
                (true, true) => ("request-property-added-required", "is new, and needed."),
                (true, false) => ("request-property-added", "is new."),
                (false, _) => ("response-property-added", "is new."),
            };
            told.push((rule, format!("{} {end}", label(name))));
        }
        for name in needed_after.difference(&needed_before) {
            if before.contains_key(name) || !after.contains_key(name) {
                let (rule, end) = match request {
                    true => ("request-property-required", "is needed now."),
                    false => ("response-property-required", "is always there now."),
                };
                told.push((rule, format!("{} {end}", label(name))));
            }
        }
        for name in needed_before.difference(&needed_after) {
            if after.contains_key(name) || !before.contains_key(name) {
                let (rule, end) = match request {
                    true => ("request-property-optional", "may be left out now."),
                    false => ("response-property-optional", "may be missing now."),
                };
                told.push((rule, format!("{} {end}", label(name))));
            }
        }
        self.found.append(&mut told);
        match (one.refuses_others(), two.refuses_others()) {
            (false, true) => self.narrowed(
                CLOSED,
                format!("Other properties of {place} are not allowed any more."),
            ),
            (true, false) => self.widened(
                CLOSED,
                format!("Other properties of {place} are allowed now."),
            ),
            _ => {}
        }
        for (name, old) in &before {
            if let Some(new) = after.get(name) {
                self.step(old, new, &format!("{at}/{name}"), depth + 1);
            }
        }
    }

    fn choices(&mut self, one: &View<'_>, two: &View<'_>, at: &str, place: &str, depth: usize) {
        let (old, new) = (one.choices(), two.choices());
        if old.len() != new.len() {
            self.found.push((
                "composition-changed",
                format!("The choice of forms (oneOf, anyOf) of {place} is another."),
            ));
            return;
        }
        for (old, new) in old.into_iter().zip(new) {
            let mut come: Vec<(Value, Schema)> = new
                .into_iter()
                .map(|schema| (meaning(self.new, &schema), schema))
                .collect();
            let mut gone: Vec<Schema> = Vec::new();
            for schema in old {
                let said = meaning(self.old, &schema);
                match come.iter().position(|(other, _)| *other == said) {
                    Some(index) => {
                        come.remove(index);
                    }
                    None => gone.push(schema),
                }
            }
            // As many that changed: one form each, in their order, is another.
            if gone.len() == come.len() {
                for (old, (_, new)) in gone.iter().zip(&come) {
                    self.step(
                        std::slice::from_ref(old),
                        std::slice::from_ref(new),
                        at,
                        depth + 1,
                    );
                }
                continue;
            }
            for _ in &gone {
                self.narrowed(VARIANTS, format!("A form of {place} is gone."));
            }
            for _ in &come {
                self.widened(VARIANTS, format!("A form of {place} is new."));
            }
        }
    }

    /// What is not worked out is at least seen to be the same or not.
    fn conditions(&mut self, one: &View<'_>, two: &View<'_>, place: &str) {
        const KEYWORDS: [&str; 11] = [
            "not",
            "if",
            "then",
            "else",
            "contains",
            "prefixItems",
            "patternProperties",
            "propertyNames",
            "dependentSchemas",
            "dependentRequired",
            "unevaluatedItems",
        ];
        for keyword in KEYWORDS {
            let told = |contract: &Contract, view: &View<'_>| {
                let mut told: Vec<String> = view
                    .holding(keyword)
                    .map(|(schema, value)| {
                        match contract.schemas.below(schema, &[keyword]) {
                            Some(below) if value.is_object() => meaning(contract, &below),
                            _ => value.clone(),
                        }
                        .to_string()
                    })
                    .collect();
                told.sort();
                told.dedup();
                told
            };
            if told(self.old, one) != told(self.new, two) {
                let message = format!("`{keyword}` of {place} is another.");
                self.found.push(("composition-changed", message));
            }
        }
    }
}

/// The highest number that is allowed; of whole numbers a bound that is itself left out counts one less.
fn upper(view: &View<'_>) -> f64 {
    let open = view
        .lowest("exclusiveMaximum")
        .map(|bound| inside(view, bound, -1.0));
    open.into_iter()
        .chain(view.lowest("maximum"))
        .fold(f64::INFINITY, f64::min)
}

/// The lowest number that is allowed.
fn lower(view: &View<'_>) -> f64 {
    let open = view
        .highest("exclusiveMinimum")
        .map(|bound| inside(view, bound, 1.0));
    open.into_iter()
        .chain(view.highest("minimum"))
        .fold(f64::NEG_INFINITY, f64::max)
}

fn inside(view: &View<'_>, bound: f64, step: f64) -> f64 {
    let whole = view
        .types()
        .is_some_and(|types| types.contains("integer") && !types.contains("number"));
    match whole {
        true if bound.fract() == 0.0 => bound + step,
        // The number next to the bound.
        _ if step < 0.0 => bound.next_down(),
        _ => bound.next_up(),
    }
}

/// Values for a sentence, short.
fn shown(values: &[&str]) -> String {
    let mut told: Vec<String> = values
        .iter()
        .take(4)
        .map(|value| match value.chars().count() > 60 {
            true => format!("{}…", value.chars().take(60).collect::<String>()),
            false => (*value).to_owned(),
        })
        .collect();
    if values.len() > told.len() {
        told.push(format!("{} more", values.len() - told.len()));
    }
    told.join(", ")
}

fn first_up(text: &str) -> String {
    let mut characters = text.chars();
    characters.next().map_or_else(String::new, |first| {
        first.to_uppercase().chain(characters).collect()
    })
}

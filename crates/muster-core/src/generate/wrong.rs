//! What can be made wrong at one place of a valid value. The main type is [`Wrong`].

use serde_json::{Map, Value};

use super::graph::NodeId;
use super::invalid::Mutation;
use super::limits::{LONGEST_ARRAY, LONGEST_TEXT};
use super::places::{Spot, called, escape};
use super::random::Rng;
use super::shape::{Shape, Types};
use super::{Generator, Place, Style};

/// A change to one place, meant to be wrong; the judge confirms it.
#[derive(Clone, Debug)]
pub(super) struct Wrong {
    pub(super) pointer: String,
    /// What to put there; nothing removes the place.
    pub(super) with: Option<Value>,
    pub(super) kind: Mutation,
    pub(super) reason: String,
    /// Which of several mistakes of this kind it is: each is worth a try.
    pub(super) variant: u8,
}

struct Wrongs<'g, 'r, 'a> {
    generator: &'g Generator<'a>,
    spot: &'g Spot,
    here: String,
    body: bool,
    rng: &'r mut Rng,
    out: Vec<Wrong>,
}

/// The changes worth trying at a place.
pub(super) fn wrongs(
    generator: &Generator<'_>,
    spot: &Spot,
    base: &Value,
    rng: &mut Rng,
) -> Vec<Wrong> {
    let Some(current) = base.pointer(&spot.pointer) else {
        return Vec::new();
    };
    let shape = generator.graph.shape(spot.node);
    let here = called(&spot.pointer).to_owned();
    let body = generator.source.place == Place::Body;
    let mut wrongs = Wrongs {
        generator,
        spot,
        here,
        body,
        rng,
        out: Vec::new(),
    };
    // What several branches allow is not wrong in one of them, so types are taken together over the open choices.
    let allowed = wrongs.allowed_types(spot.open, 0);
    wrongs.types(allowed, current);
    if shape.listed.is_some() {
        wrongs.listed(&shape, current);
    }
    match current {
        Value::String(text) => wrongs.texts(&shape, text),
        Value::Number(_) => wrongs.numbers(&shape),
        Value::Array(items) => wrongs.arrays(&shape, items),
        Value::Object(map) => wrongs.objects(&shape, map),
        Value::Null | Value::Bool(_) => {}
    }
    wrongs.out
}

impl<'a> Wrongs<'_, '_, 'a> {
    fn push(&mut self, kind: Mutation, with: Value, reason: String) {
        self.out.push(Wrong {
            pointer: self.spot.pointer.clone(),
            with: Some(with),
            kind,
            reason,
            variant: 0,
        });
    }

    fn allowed_types(&self, id: NodeId, depth: usize) -> Types {
        let graph = &self.generator.graph;
        let shape = graph.shape(id);
        let listed = shape
            .listed
            .as_ref()
            .map(|l| l.iter().map(|v| Types::of(v)).fold(Types::NONE, Types::or));
        let own = listed.map_or(shape.types, |l| shape.types.and(l));
        match shape.choices.first() {
            Some(choice) if depth < 8 => (0..choice.branches.len())
                .map(|at| self.allowed_types(graph.decide(id, choice, at), depth + 1))
                .fold(Types::NONE, Types::or)
                .and(own),
            _ if shape.never.is_some() => Types::NONE,
            _ => own,
        }
    }

    fn types(&mut self, allowed: Types, current: &Value) {
        if !self.body {
            // Everything outside a body is text, so a wrong type shows only where text is not allowed.
            if !allowed.has(Types::STRING.or(Types::ARRAY).or(Types::OBJECT)) && !current.is_null()
            {
                let text = if allowed.has(Types::NUMBER) {
                    "abc"
                } else {
                    "maybe"
                };
                let reason = format!("{} is {text}, not {}", self.here, names(allowed));
                self.push(Mutation::WrongType, Value::from(text), reason);
            }
            return;
        }
        if !allowed.has(Types::NULL) {
            self.push(
                Mutation::Null,
                Value::Null,
                format!("{} is null, which is not allowed", self.here),
            );
        }
        // Servers that turn 5 into "5" and back mean well: a wrong type here is one that nobody converts.
        let object = || {
            Value::Object(Map::from_iter([(
                "unexpected".to_owned(),
                Value::Bool(true),
            )]))
        };
        let list = || Value::Array(vec![Value::Array(Vec::new())]);
        let scalar_only = !allowed.has(Types::OBJECT.or(Types::ARRAY));
        let (kind, with) = match current {
            Value::Object(_) if !allowed.has(Types::ARRAY) => (Mutation::WrongStructure, list()),
            Value::Array(_) if !allowed.has(Types::OBJECT) => (Mutation::WrongStructure, object()),
            Value::String(_) if scalar_only => (Mutation::WrongType, object()),
            Value::Number(_) | Value::Bool(_) if scalar_only && !allowed.has(Types::STRING) => {
                (Mutation::WrongType, Value::from("abc"))
            }
            _ if scalar_only => (Mutation::WrongStructure, list()),
            _ => return,
        };
        let found = match &with {
            Value::Object(_) => "an object",
            Value::Array(_) => "a list",
            _ => "the text abc",
        };
        self.push(
            kind,
            with,
            format!("{} is {found}, not {}", self.here, names(allowed)),
        );
        if scalar_only {
            self.push(
                Mutation::WrongStructure,
                list(),
                format!("{} is a list, not {}", self.here, names(allowed)),
            );
        }
        if matches!(current, Value::Object(_) | Value::Array(_)) && !allowed.has(Types::STRING) {
            let reason = format!("{} is the text abc, not {}", self.here, names(allowed));
            self.push(Mutation::WrongType, Value::from("abc"), reason);
        }
    }

    fn listed(&mut self, shape: &Shape<'a>, current: &Value) {
        let listed = shape.listed.as_deref().unwrap_or_default();
        let with = match current {
            Value::String(_) => Value::from("not-one-of-these"),
            Value::Number(_) => {
                let highest = listed.iter().filter_map(|v| v.as_i64()).max().unwrap_or(0);
                Value::from(highest.saturating_add(9_999))
            }
            Value::Bool(flag) => Value::Bool(!flag),
            _ => return,
        };
        let reason = format!(
            "{} is {with}, which is not one of the {} listed values",
            self.here,
            listed.len()
        );
        self.push(Mutation::NotInEnum, with, reason);
    }

    fn texts(&mut self, shape: &Shape<'a>, current: &str) {
        let (min, max) = (shape.min_length, shape.max_length.unwrap_or(usize::MAX));
        let name = self.spot.name.clone();
        if min > 0 && min <= LONGEST_TEXT && (self.body || min > 1) {
            let short = min - 1;
            let text = self.text(shape, short, name.as_deref());
            let reason = format!(
                "{} has {short} characters, at least {min} are needed",
                self.here
            );
            self.push(Mutation::TooShort, Value::from(text), reason);
        }
        if max < LONGEST_TEXT {
            let long = max + 1;
            let text = self.text(shape, long, name.as_deref());
            let reason = format!("{} has {long} characters, {max} are allowed", self.here);
            self.push(Mutation::TooLong, Value::from(text), reason);
        }
        for pattern in &shape.patterns {
            if let Some(text) = pattern.mismatch(current, min, max.max(min)) {
                let reason = format!(
                    "{} is {text:?}, which does not match {}",
                    self.here,
                    pattern.source()
                );
                self.push(Mutation::PatternMismatch, Value::from(text), reason);
            }
            // What differs least from a right value shows anchors that are missing and letter case that is ignored.
            let near = [
                current.to_lowercase(),
                format!("{current}X"),
                format!("X{current}"),
                current.to_uppercase(),
            ];
            for (variant, text) in (1..).zip(near) {
                let length = text.chars().count();
                let fits = (min..=max.max(min)).contains(&length);
                if fits && text != current && pattern.matches(&text) == Some(false) {
                    let reason = format!(
                        "{} is {text:?}, which does not match {}",
                        self.here,
                        pattern.source()
                    );
                    self.push(Mutation::PatternMismatch, Value::from(text), reason);
                    if let Some(wrong) = self.out.last_mut() {
                        wrong.variant = variant;
                    }
                }
            }
        }
        for format in &shape.formats {
            if let Some((text, what)) = format.wrong() {
                let reason = format!("{} is {text:?}, which is not {what}", self.here);
                self.push(Mutation::BadFormat, Value::from(text), reason);
            }
            if let Some(text) = format.impossible() {
                let reason = format!("{} is {text:?}, a day that no calendar has", self.here);
                self.push(Mutation::BadFormat, Value::from(text), reason);
                if let Some(wrong) = self.out.last_mut() {
                    wrong.variant = 1;
                }
            }
        }
    }

    /// A text of one length, of the right pattern where there is one of that length.
    fn text(&mut self, shape: &Shape<'a>, length: usize, name: Option<&str>) -> String {
        for pattern in &shape.patterns {
            for _ in 0..8 {
                let text = pattern.draw(self.rng, Style::Plain, length, length);
                if let Some(text) =
                    text.filter(|t| t.chars().count() == length && pattern.matches(t) == Some(true))
                {
                    return text;
                }
            }
        }
        super::format::free(self.rng, Style::Plain, length, length, name)
    }

    fn numbers(&mut self, shape: &Shape<'a>) {
        let integer = !shape.types.has(Types::FRACTION);
        let Ok(grid) = shape.number.grid(integer) else {
            return;
        };
        if grid.bounded.0
            && let Some(value) = grid.below()
        {
            let lowest = grid.value(grid.low).unwrap_or_default();
            let reason = format!("{} is {value}, the lowest allowed is {lowest}", self.here);
            self.push(Mutation::BelowMinimum, value, reason);
            self.beside(!integer, grid.value(grid.low - 1), Mutation::BelowMinimum);
        }
        if grid.bounded.1
            && let Some(value) = grid.above()
        {
            let highest = grid.value(grid.high).unwrap_or_default();
            let reason = format!("{} is {value}, the highest allowed is {highest}", self.here);
            self.push(Mutation::AboveMaximum, value, reason);
            self.beside(!integer, grid.value(grid.high + 1), Mutation::AboveMaximum);
        }
        if !shape.number.multiples.is_empty()
            && let Some(value) = grid.between_points(integer)
        {
            let reason = format!(
                "{} is {value}, which is not a multiple of what it must be",
                self.here
            );
            self.push(Mutation::NotMultiple, value, reason);
        }
    }

    /// Where fractions are allowed, the nearest value that is not, which may be an exclusive bound itself.
    fn beside(&mut self, fractions: bool, value: Option<Value>, kind: Mutation) {
        let Some(value) = value.filter(|_| fractions) else {
            return;
        };
        let reason = format!("{} is {value}, just outside what is allowed", self.here);
        self.push(kind, value, reason);
        if let Some(wrong) = self.out.last_mut() {
            wrong.variant = 1;
        }
    }

    fn arrays(&mut self, shape: &Shape<'a>, items: &[Value]) {
        if let Some(few) = shape
            .min_items
            .checked_sub(1)
            .filter(|few| self.body || *few > 0)
        {
            let with = Value::Array(items.iter().take(few).cloned().collect());
            let reason = format!(
                "{} has {few} items, at least {} are needed",
                self.here, shape.min_items
            );
            self.push(Mutation::TooFew, with, reason);
        }
        if let Some(max) = shape.max_items.filter(|max| *max < LONGEST_ARRAY) {
            let mut fill = self.generator.fill(self.rng, Style::Plain);
            if let Ok(Value::Array(many)) = fill.array_of(shape, max + 1, None)
                && many.len() == max + 1
            {
                let reason = format!("{} has {} items, {max} are allowed", self.here, max + 1);
                self.push(Mutation::TooMany, Value::Array(many), reason);
            }
        }
        if shape.unique
            && let Some(first) = items.first()
        {
            let mut twice = items.to_vec();
            if shape.max_items.is_some_and(|max| twice.len() >= max) {
                twice.pop();
            }
            twice.push(first.clone());
            let reason = format!("{} holds its first item twice", self.here);
            self.push(Mutation::NotUnique, Value::Array(twice), reason);
        }
    }

    fn objects(&mut self, shape: &Shape<'a>, map: &Map<String, Value>) {
        if !self.body {
            return;
        }
        for name in &shape.required {
            if map.contains_key(name) {
                self.without(name, format!("{name} is required"));
            }
        }
        for (on, needs) in &shape.dependent {
            if map.contains_key(on) {
                for name in needs
                    .iter()
                    .filter(|n| map.contains_key(*n) && !shape.required.contains(*n))
                {
                    self.without(name, format!("{name} is required beside {on}"));
                }
            }
        }
        for (name, _) in &shape.tags {
            if map.contains_key(name) {
                let pointer = format!("{}/{}", self.spot.pointer, escape(name));
                let reason = format!("{pointer} is not-a-known-kind, which names no schema");
                let with = Some(Value::from("not-a-known-kind"));
                self.out.push(Wrong {
                    pointer,
                    with,
                    kind: Mutation::UnknownDiscriminator,
                    reason,
                    variant: 0,
                });
            }
        }
        let closed = shape.objects.iter().any(|p| {
            p.additional
                .is_some_and(|s| s.schema == &Value::Bool(false))
        }) || shape
            .unevaluated
            .iter()
            .any(|s| s.schema == &Value::Bool(false));
        if closed {
            let mut more = map.clone();
            more.insert("notInTheContract".to_owned(), Value::Bool(true));
            let reason = format!(
                "{} has the property notInTheContract, and the schema is closed",
                self.here
            );
            self.push(Mutation::ExtraProperty, Value::Object(more), reason);
        }
        if shape.min_properties > 0 && shape.required.is_empty() {
            let reason = format!(
                "{} is empty, at least {} properties are needed",
                self.here, shape.min_properties
            );
            self.push(Mutation::TooFew, Value::Object(Map::new()), reason);
        }
    }

    fn without(&mut self, name: &str, why: String) {
        let pointer = format!("{}/{}", self.spot.pointer, escape(name));
        let reason = format!("{pointer} is missing: {why}");
        self.out.push(Wrong {
            pointer,
            with: None,
            kind: Mutation::MissingRequired,
            reason,
            variant: 0,
        });
    }
}

fn names(types: Types) -> String {
    let mut out = Vec::new();
    for (one, name) in [
        (Types::OBJECT, "object"),
        (Types::ARRAY, "array"),
        (Types::STRING, "string"),
        (Types::FRACTION, "number"),
        (Types::BOOLEAN, "boolean"),
    ] {
        if types.has(one) {
            out.push(name);
        }
    }
    if types.has(Types::INTEGER) && !types.has(Types::FRACTION) {
        out.push("integer");
    }
    if out.is_empty() {
        "any allowed value".to_owned()
    } else {
        out.join(" or ")
    }
}

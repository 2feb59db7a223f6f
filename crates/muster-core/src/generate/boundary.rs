//! Valid values at the edges of what a schema allows: [`boundaries`].

use std::collections::HashSet;

use serde_json::Value;

use super::accept::members;
use super::fill::{Fill, expressible};
use super::graph::NodeId;
use super::limits::{CANDIDATES_PER_VALUE, FULL_PRODUCT, LONGEST_ARRAY, LONGEST_TEXT};
use super::pairwise::{every, pairs};
use super::places::{Spot, called, escape, replaced, spots};
use super::shape::{Shape, Types};
use super::{Generator, Style, random};

/// The kind of a boundary that is one value of an `enum`; checks read the word before the colon.
const MEMBER: &str = "member";

/// A valid value at an edge.
#[derive(Clone, Debug, PartialEq)]
pub struct Boundary {
    /// The value.
    pub value: Value,
    /// Which edge, such as "longest: /surname has 35 characters".
    pub reason: String,
    /// The place that is at the edge.
    pub pointer: String,
}

/// One place to be set (or removed) in a base value.
struct Candidate {
    pointer: String,
    with: Option<Value>,
    reason: String,
}

/// Base values beyond the first two show other branches; past this many they repeat themselves.
const BASES: usize = 24;

pub(super) fn boundaries(generator: &Generator<'_>, limit: usize) -> Vec<Boundary> {
    let mut rng = random::rng(0, "boundaries");
    let mut kept = Kept {
        generator,
        limit,
        seen: HashSet::new(),
        out: Vec::new(),
        weighed: 0,
    };
    let simple = generator.valid(&mut rng, Style::Simple).ok();
    let full = generator.valid(&mut rng, Style::Plain).ok();
    let composed = |v: &Value| v.is_object() || v.is_array();
    if let Some(value) = simple.clone() {
        let reason = if composed(&value) {
            "least: only what is required"
        } else {
            "an everyday value"
        };
        kept.offer(value, reason.to_owned(), String::new());
    }
    if let Some(value) = full.clone() {
        let reason = if composed(&value) {
            "most: everything that may stand"
        } else {
            "an everyday value"
        };
        kept.offer(value, reason.to_owned(), String::new());
    }
    let mut bases: Vec<Value> = full.or(simple).into_iter().collect();
    let mut known: HashSet<(String, NodeId)> = HashSet::new();
    let mut at = 0;
    while let Some(base) = bases.get(at).cloned() {
        at += 1;
        if kept.full() {
            break;
        }
        let mut lists: Vec<std::vec::IntoIter<Candidate>> = Vec::new();
        for spot in spots(
            &generator.graph,
            generator.root,
            &base,
            generator.sends_all(),
        ) {
            // A recursive schema shows the same node again further in: once is enough, wherever it stands first.
            if !known.insert((spot.pointer.clone(), spot.node)) {
                continue;
            }
            let current = base.pointer(&spot.pointer).cloned().unwrap_or(Value::Null);
            let mut edges = Edges {
                generator,
                fill: generator.fill(&mut rng, Style::Plain),
                spot: &spot,
                out: Vec::new(),
            };
            for branch in edges.branches() {
                if bases.len() < BASES
                    && let Some(value) = branch
                        .with
                        .as_ref()
                        .and_then(|v| replaced(&base, &spot.pointer, Some(v)))
                {
                    bases.push(value);
                }
                edges.out.push(branch);
            }
            edges.collect(&current);
            lists.push(edges.out.into_iter());
        }
        // Places take turns, so that a low limit still sees every place once.
        while !lists.is_empty() && !kept.full() {
            lists.retain_mut(|list| {
                let Some(candidate) = list.next() else {
                    return false;
                };
                if let Some(value) = replaced(&base, &candidate.pointer, candidate.with.as_ref()) {
                    kept.offer(value, candidate.reason, candidate.pointer);
                }
                true
            });
        }
    }
    kept.out
}

struct Kept<'g, 'a> {
    generator: &'g Generator<'a>,
    limit: usize,
    seen: HashSet<String>,
    out: Vec<Boundary>,
    weighed: usize,
}

impl Kept<'_, '_> {
    fn full(&self) -> bool {
        self.out.len() >= self.limit
            || self.weighed >= self.limit.saturating_mul(CANDIDATES_PER_VALUE)
    }

    fn offer(&mut self, value: Value, reason: String, pointer: String) {
        // A place whose edge is what the base holds anyway is still told, for those who lay it over another base.
        if self.full() || !self.seen.insert(format!("{pointer} {value}")) {
            return;
        }
        self.weighed += 1;
        if self.generator.source.judge.is_valid(&value) == Some(true) {
            self.out.push(Boundary {
                value,
                reason,
                pointer,
            });
        }
    }
}

struct Edges<'g, 'f, 'a> {
    generator: &'g Generator<'a>,
    fill: Fill<'f, 'a>,
    spot: &'g Spot,
    out: Vec<Candidate>,
}

impl<'a> Edges<'_, '_, 'a> {
    fn push(&mut self, with: Value, reason: String) {
        if let Value::String(text) = &with
            && !expressible(self.generator.source.place, text)
        {
            return;
        }
        self.out.push(Candidate {
            pointer: self.spot.pointer.clone(),
            with: Some(with),
            reason,
        });
    }

    /// One candidate for each branch of each choice that is open here.
    fn branches(&mut self) -> Vec<Candidate> {
        let graph = &self.generator.graph;
        let shape = graph.shape(self.spot.open);
        let mut out = Vec::new();
        for choice in &shape.choices {
            for (at, branch) in choice.branches.iter().enumerate() {
                self.fill.steps = 0;
                let decided = graph.decide(self.spot.open, choice, at);
                if let Ok(value) = self.fill.named(decided, self.spot.name.as_deref()) {
                    let reason =
                        format!("branch: {} is {}", called(&self.spot.pointer), branch.label);
                    out.push(Candidate {
                        pointer: self.spot.pointer.clone(),
                        with: Some(value),
                        reason,
                    });
                }
            }
        }
        out
    }

    fn collect(&mut self, current: &Value) {
        let shape = self.generator.graph.shape(self.spot.node);
        let here = called(&self.spot.pointer).to_owned();
        if shape.listed.is_some() {
            for member in members(&self.generator.graph, &shape)
                .iter()
                .copied()
                .cloned()
            {
                let shown = member.to_string();
                self.push(member, format!("{MEMBER}: {here} is {shown}"));
            }
            return;
        }
        match current {
            Value::String(_) => self.texts(&shape, &here),
            Value::Number(_) => self.numbers(&shape, &here),
            Value::Bool(flag) => {
                self.push(Value::Bool(!flag), format!("flag: {here} is {}", !flag))
            }
            Value::Array(items) => self.arrays(&shape, &here, items),
            Value::Object(_) => self.objects(&shape, current),
            Value::Null => {}
        }
        // A place of several types shows each of them; a schema without types asks for nothing in particular.
        if shape.types != Types::ALL {
            for one in Types::ORDER {
                let shown = Types::of(current);
                let number = one.has(Types::NUMBER) && shown.has(Types::NUMBER);
                if shape.types.has(one) && one != shown && !number && one != Types::FRACTION {
                    self.fill.steps = 0;
                    let node = self
                        .generator
                        .graph
                        .with(self.spot.node, super::shape::Sub::new(type_schema(one), ""));
                    if let Ok(value) = self.fill.named(node, None) {
                        let name = if value.is_null() {
                            "null"
                        } else {
                            "of another type"
                        };
                        self.push(value, format!("type: {here} is {name}"));
                    }
                }
            }
        }
    }

    fn texts(&mut self, shape: &Shape<'a>, here: &str) {
        let min = shape.min_length;
        let max = shape.max_length.filter(|max| *max <= LONGEST_TEXT);
        let mut lengths: Vec<(usize, &str)> = Vec::new();
        if min > 0 || (shape.formats.is_empty() && shape.patterns.is_empty()) {
            lengths.push((min, "shortest"));
        }
        lengths.extend(max.map(|max| (max, "longest")));
        if min > 0 {
            lengths.push((min + 1, "just above the shortest"));
        }
        lengths.extend(
            max.and_then(|max| max.checked_sub(1))
                .filter(|l| *l > min)
                .map(|l| (l, "just below the longest")),
        );
        for (length, which) in lengths {
            self.fill.steps = 0;
            if let Ok(text) =
                self.fill
                    .text_between(shape, length, length, self.spot.name.as_deref())
            {
                self.push(
                    Value::String(text),
                    format!("{which}: {here} has {length} characters"),
                );
            }
        }
    }

    fn numbers(&mut self, shape: &Shape<'a>, here: &str) {
        let integer = !shape.types.has(Types::FRACTION);
        let Ok(grid) = shape.number.grid(integer) else {
            return;
        };
        let mut points = Vec::new();
        if grid.bounded.0 {
            points.extend([
                (grid.low, "lowest"),
                (grid.low + 1, "just above the lowest"),
            ]);
        }
        if grid.bounded.1 {
            points.extend([
                (grid.high, "highest"),
                (grid.high - 1, "just below the highest"),
            ]);
        }
        if grid.low <= 0 && grid.high >= 0 {
            points.push((0, "nought"));
        }
        for (n, which) in points {
            if n >= grid.low
                && n <= grid.high
                && let Some(value) = grid.value(n)
            {
                let shown = value.to_string();
                self.push(value, format!("{which}: {here} is {shown}"));
            }
        }
    }

    fn arrays(&mut self, shape: &Shape<'a>, here: &str, items: &[Value]) {
        let min = shape.min_items;
        let mut lengths = vec![(min, "fewest"), (min + 1, "just above the fewest")];
        if let Some(max) = shape.max_items.filter(|max| *max <= LONGEST_ARRAY) {
            lengths.push((max, "most items"));
            lengths.extend(
                max.checked_sub(1)
                    .filter(|l| *l > min)
                    .map(|l| (l, "just below the most")),
            );
        }
        for (length, which) in lengths {
            if shape.max_items.is_some_and(|max| length > max) {
                continue;
            }
            self.fill.steps = 0;
            let built = if length <= items.len() {
                Ok(Value::Array(items.iter().take(length).cloned().collect()))
            } else {
                self.fill.array_of(shape, length, None)
            };
            if let Ok(Value::Array(items)) = built
                && items.len() == length
            {
                self.push(
                    Value::Array(items),
                    format!("{which}: {here} has {length} items"),
                );
            }
        }
    }

    fn objects(&mut self, shape: &Shape<'a>, current: &Value) {
        let Value::Object(map) = current else { return };
        let optional: Vec<&String> = map
            .keys()
            .filter(|name| !shape.required.contains(*name))
            .collect();
        for name in &optional {
            let pointer = format!("{}/{}", self.spot.pointer, escape(name));
            self.out.push(Candidate {
                reason: format!("absent: without {pointer}"),
                pointer,
                with: None,
            });
        }
        if optional.len() > 1 {
            for name in &optional {
                let only = map
                    .iter()
                    .filter(|(n, _)| n == name || shape.required.contains(*n));
                let value = Value::Object(only.map(|(n, v)| (n.clone(), v.clone())).collect());
                let pointer = format!("{}/{}", self.spot.pointer, escape(name));
                self.push(
                    value,
                    format!("alone: {pointer} is the only optional property"),
                );
            }
        }
        for (row, value) in self.combinations(shape, current) {
            self.push(
                value,
                format!("together: {} {row}", called(&self.spot.pointer)),
            );
        }
    }

    /// Combinations of optional properties, flags and members: all of them where they are few, else every pair.
    fn combinations(&self, shape: &Shape<'a>, current: &Value) -> Vec<(String, Value)> {
        let Value::Object(map) = current else {
            return Vec::new();
        };
        let graph = &self.generator.graph;
        let mut factors: Vec<(String, Vec<Option<Value>>)> = Vec::new();
        for (name, value) in map {
            let mut levels: Vec<Option<Value>> = vec![Some(value.clone())];
            let own = graph.shape(graph.property(shape, name));
            if own.listed.is_some() {
                let others = members(graph, &own).iter().filter(|v| **v != value).take(7);
                levels.extend(others.map(|v| Some((**v).clone())));
            } else if let Value::Bool(flag) = value {
                levels.push(Some(Value::Bool(!flag)));
            }
            if !shape.required.contains(name) {
                levels.push(None);
            }
            if levels.len() > 1 {
                factors.push((name.clone(), levels));
            }
        }
        if factors.len() < 2 {
            return Vec::new();
        }
        let sizes: Vec<usize> = factors.iter().map(|(_, levels)| levels.len()).collect();
        let product = sizes.iter().fold(1_usize, |p, s| p.saturating_mul(*s));
        let rows = if product <= FULL_PRODUCT {
            every(&sizes)
        } else {
            pairs(&sizes)
        };
        rows.into_iter()
            .map(|row| {
                let mut map = map.clone();
                let mut told = Vec::new();
                for ((name, levels), level) in factors.iter().zip(row) {
                    match levels.get(level).cloned().flatten() {
                        Some(value) => {
                            if level > 0 {
                                told.push(format!("{name} is {value}"));
                            }
                            map.insert(name.clone(), value);
                        }
                        None => {
                            map.shift_remove(name);
                            told.push(format!("without {name}"));
                        }
                    }
                }
                let told = if told.is_empty() {
                    "as it stands".to_owned()
                } else {
                    told.join(", ")
                };
                (told, Value::Object(map))
            })
            .collect()
    }
}

fn type_schema(one: Types) -> &'static Value {
    static SCHEMAS: std::sync::OnceLock<Vec<(Types, Value)>> = std::sync::OnceLock::new();
    let schemas = SCHEMAS.get_or_init(|| {
        [
            "object", "array", "string", "integer", "number", "boolean", "null",
        ]
        .into_iter()
        .zip(Types::ORDER)
        .map(|(name, one)| (one, serde_json::json!({ "type": name })))
        .collect()
    });
    schemas
        .iter()
        .find(|(t, _)| *t == one)
        .map_or(&super::shape::ALWAYS, |(_, schema)| schema)
}

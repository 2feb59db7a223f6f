//! Merges schemas that hold together (`allOf`, `$ref` with siblings, chosen branches) into one [`Shape`].

use serde_json::{Map, Value};

use super::format::Format;
use super::graph::{Graph, NodeId, Spec};
use super::limits::{FOREIGN_PATTERN, UNDECIDED_NULL, UNREAD};
use super::number::{Bound, Decimal};
use super::shape::{
    ALWAYS, ArrayPart, ChoiceKind, Contains, NEVER, ObjectPart, Shape, Sub, Types, same,
};

pub(super) struct Merge<'g, 'a> {
    pub(super) graph: &'g Graph<'a>,
    pub(super) shape: Shape<'a>,
    pub(super) seen: Vec<usize>,
    pub(super) decided: Vec<(usize, ChoiceKind, usize)>,
    /// Discriminators that stand without `oneOf` or `anyOf`: property, mapping, base, address.
    pub(super) mappings: Vec<(String, &'a Map<String, Value>, &'a str, usize)>,
    /// The names by which schemas were referred to, the outermost first.
    pub(super) names: Vec<String>,
}

pub(super) fn merge<'a>(graph: &Graph<'a>, spec: &Spec<'a>) -> Shape<'a> {
    let mut merge = Merge {
        graph,
        shape: Shape::empty(),
        seen: Vec::new(),
        decided: spec.decided.iter().map(|d| d.key).collect(),
        mappings: Vec::new(),
        names: Vec::new(),
    };
    for sub in &spec.subs {
        merge.absorb(*sub);
    }
    for decided in &spec.decided {
        let branch = &decided.branch;
        merge.shape.required.extend(branch.require.clone());
        merge.shape.forbidden.extend(branch.forbid.clone());
        merge.shape.tags.extend(branch.tag.clone());
        for sub in &branch.add {
            merge.absorb(*sub);
        }
    }
    merge.finish()
}

/// The schemas that speak of a property.
pub(super) fn property_subs<'a>(shape: &Shape<'a>, name: &str) -> Vec<Sub<'a>> {
    let mut subs = Vec::new();
    let mut evaluated = false;
    for part in &shape.objects {
        let before = subs.len();
        if let Some(schema) = part.properties.and_then(|p| p.get(name)) {
            subs.push(Sub::new(schema, part.base));
        }
        for (pattern, sub) in &part.patterns {
            if pattern.matches(name).unwrap_or(false) {
                subs.push(*sub);
            }
        }
        if subs.len() == before {
            subs.extend(part.additional);
        }
        evaluated |= subs.len() > before;
    }
    if !evaluated {
        subs.extend(shape.unevaluated.iter().copied());
    }
    if shape.forbidden.contains(name) {
        subs.push(Sub::new(&NEVER, ""));
    }
    if subs.is_empty() {
        subs.push(Sub::new(&ALWAYS, ""));
    }
    subs
}

/// The schemas that speak of an item.
pub(super) fn item_subs<'a>(shape: &Shape<'a>, at: usize) -> Vec<Sub<'a>> {
    let mut subs = Vec::new();
    for part in &shape.arrays {
        subs.extend(part.prefix.get(at).copied().or(part.items));
    }
    if subs.is_empty() && !shape.unevaluated_items.is_empty() {
        // What `contains` takes counts as evaluated.
        let contained = shape.contains.iter().map(|c| c.sub);
        subs.extend(contained);
        if subs.is_empty() {
            subs.extend(shape.unevaluated_items.iter().copied());
        }
    }
    if subs.is_empty() {
        subs.push(Sub::new(&ALWAYS, ""));
    }
    subs
}

fn count(value: Option<&Value>) -> Option<usize> {
    let value = value?;
    value
        .as_u64()
        .map(|n| usize::try_from(n).unwrap_or(usize::MAX))
        .or_else(|| {
            value
                .as_f64()
                .filter(|f| *f >= 0.0 && f.fract() == 0.0)
                .map(|f| f as usize)
        })
}

pub(super) fn list(value: Option<&Value>) -> &[Value] {
    value.and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

pub(super) fn texts(value: Option<&Value>) -> Vec<String> {
    list(value)
        .iter()
        .filter_map(|v| v.as_str().map(str::to_owned))
        .collect()
}

pub(super) fn last_segment(reference: &str) -> String {
    let segment = reference.rsplit(['/', '#']).next().unwrap_or(reference);
    let segment = segment
        .strip_suffix(".json")
        .or_else(|| segment.strip_suffix(".yaml"))
        .unwrap_or(segment);
    segment.replace("~1", "/").replace("~0", "~")
}

impl<'a> Merge<'_, 'a> {
    pub(super) fn never(&mut self, reason: impl Into<String>) {
        self.shape.never.get_or_insert(reason.into());
    }

    pub(super) fn absorb(&mut self, sub: Sub<'a>) {
        let map = match sub.schema {
            Value::Bool(true) => return,
            Value::Bool(false) => {
                return self.never("the schema here is false: nothing may stand here");
            }
            Value::Object(map) => map,
            _ => return,
        };
        let address = sub.address();
        if self.seen.contains(&address) {
            return;
        }
        self.seen.push(address);
        for keyword in ["$ref", "$dynamicRef"] {
            if let Some(reference) = map.get(keyword).and_then(Value::as_str) {
                if let Some(found) = self.graph.resolve(sub.base, reference) {
                    self.names.push(last_segment(reference));
                    self.absorb(found);
                } else if keyword == "$ref" {
                    self.never(format!("the reference {reference} leads nowhere"));
                }
            }
        }
        self.types_and_values(map);
        self.numbers(map);
        self.texts(map);
        self.arrays(map, sub.base);
        self.objects(map, sub.base);
        for part in list(map.get("allOf")) {
            self.absorb(Sub::new(part, sub.base));
        }
        self.choices(map, sub.base, address);
        if let Some(not) = map.get("not") {
            self.exclude(Sub::new(not, sub.base));
        }
    }

    fn types_and_values(&mut self, map: &'a Map<String, Value>) {
        let shape = &mut self.shape;
        let undecided = map.contains_key(UNDECIDED_NULL);
        match map.get("type") {
            Some(Value::String(name)) => shape.types = shape.types.and(Types::named(name)),
            Some(Value::Array(names)) => {
                let all = names
                    .iter()
                    .filter_map(Value::as_str)
                    .filter(|name| !undecided || *name != "null")
                    .map(Types::named)
                    .fold(Types::NONE, Types::or);
                shape.types = shape.types.and(all);
            }
            _ => {}
        }
        let listed: Option<Vec<&'a Value>> = match (map.get("const"), map.get("enum")) {
            (Some(value), _) => Some(vec![value]),
            (None, Some(Value::Array(values))) => Some(values.iter().collect()),
            _ => None,
        };
        if let Some(mut listed) = listed {
            listed.retain(|value| !undecided || !value.is_null());
            if let (Some(_), Some(Value::Array(values))) = (map.get("const"), map.get("enum")) {
                listed.retain(|v| values.iter().any(|w| same(v, w)));
            }
            shape.listed = Some(match shape.listed.take() {
                Some(before) => before
                    .into_iter()
                    .filter(|v| listed.iter().any(|w| same(v, w)))
                    .collect(),
                None => listed,
            });
        }
        shape.examples.extend(map.get("example"));
        match map.get("examples") {
            Some(Value::Array(examples)) => shape.examples.extend(examples),
            // Some documents write the named examples of a media type at a schema.
            Some(Value::Object(examples)) => shape
                .examples
                .extend(examples.values().filter_map(|e| e.get("value"))),
            _ => {}
        }
        shape.examples.extend(map.get("default"));
        shape.read_only |= map.get("readOnly") == Some(&Value::Bool(true));
        shape.write_only |= map.get("writeOnly") == Some(&Value::Bool(true));
    }

    fn numbers(&mut self, map: &'a Map<String, Value>) {
        let shape = &mut self.shape;
        for (keyword, low, exclusive) in [
            ("minimum", true, false),
            ("exclusiveMinimum", true, true),
            ("maximum", false, false),
            ("exclusiveMaximum", false, true),
        ] {
            if let Some(Value::Number(number)) = map.get(keyword) {
                let bound = Bound {
                    at: Decimal::read(number),
                    exclusive,
                };
                if low {
                    &mut shape.number.low
                } else {
                    &mut shape.number.high
                }
                .push(bound);
                shape.hint = shape.hint.or(Types::NUMBER);
            }
        }
        if let Some(Value::Number(number)) = map.get("multipleOf") {
            shape.number.multiples.push(Decimal::read(number));
            shape.hint = shape.hint.or(Types::NUMBER);
        }
        match map.get("format").and_then(Value::as_str) {
            Some("int32") => {
                shape.number.register = Some((i64::from(i32::MIN), i64::from(i32::MAX)))
            }
            // Beyond 2^53 JSON readers differ, so 64 bits are not used to the edge unless bounds say so.
            Some("int64") => {
                shape
                    .number
                    .register
                    .get_or_insert((-9_007_199_254_740_991, 9_007_199_254_740_991));
            }
            _ => {}
        }
    }

    fn texts(&mut self, map: &'a Map<String, Value>) {
        if let Some(min) = count(map.get("minLength")) {
            self.shape.min_length = self.shape.min_length.max(min);
            self.shape.hint = self.shape.hint.or(Types::STRING);
        }
        if let Some(max) = count(map.get("maxLength")) {
            self.shape.max_length = Some(self.shape.max_length.map_or(max, |m| m.min(max)));
            self.shape.hint = self.shape.hint.or(Types::STRING);
        }
        let foreign = map.get(FOREIGN_PATTERN);
        let pattern = map.get("pattern").or(foreign).and_then(Value::as_str);
        // One of another dialect that cannot be translated: no text is drawn for it.
        let unread = (foreign == Some(&Value::Bool(true))).then_some(UNREAD);
        if let Some(pattern) = pattern.or(unread) {
            let pattern = self.graph.pattern(pattern);
            if !self
                .shape
                .patterns
                .iter()
                .any(|p| p.source() == pattern.source())
            {
                self.shape.patterns.push(pattern);
            }
            self.shape.hint = self.shape.hint.or(Types::STRING);
        }
        if let Some(format) = map
            .get("format")
            .and_then(Value::as_str)
            .and_then(Format::named)
            && !self.shape.formats.contains(&format)
        {
            self.shape.formats.push(format);
            self.shape.hint = self.shape.hint.or(Types::STRING);
        }
    }

    fn arrays(&mut self, map: &'a Map<String, Value>, base: &'a str) {
        let prefix: Vec<_> = list(map.get("prefixItems"))
            .iter()
            .map(|s| Sub::new(s, base))
            .collect();
        let items = map.get("items").map(|s| Sub::new(s, base));
        let mut spoken = items.is_some() || !prefix.is_empty();
        if spoken {
            self.shape.arrays.push(ArrayPart { prefix, items });
        }
        if let Some(contains) = map.get("contains") {
            let sub = Sub::new(contains, base);
            let node = self.graph.node_of(sub);
            let min = count(map.get("minContains")).unwrap_or(1);
            let max = count(map.get("maxContains")).unwrap_or(usize::MAX);
            self.shape.contains.push(Contains {
                sub,
                node,
                min,
                max,
            });
            spoken = true;
        }
        if let Some(min) = count(map.get("minItems")) {
            self.shape.min_items = self.shape.min_items.max(min);
            spoken = true;
        }
        if let Some(max) = count(map.get("maxItems")) {
            self.shape.max_items = Some(self.shape.max_items.map_or(max, |m| m.min(max)));
            spoken = true;
        }
        if map.get("uniqueItems") == Some(&Value::Bool(true)) {
            self.shape.unique = true;
            spoken = true;
        }
        if let Some(rest) = map.get("unevaluatedItems") {
            self.shape.unevaluated_items.push(Sub::new(rest, base));
            spoken = true;
        }
        if spoken {
            self.shape.hint = self.shape.hint.or(Types::ARRAY);
        }
    }

    fn objects(&mut self, map: &'a Map<String, Value>, base: &'a str) {
        let properties = map.get("properties").and_then(Value::as_object);
        let patterns: Vec<_> = map
            .get("patternProperties")
            .and_then(Value::as_object)
            .into_iter()
            .flatten()
            .map(|(pattern, schema)| (self.graph.pattern(pattern), Sub::new(schema, base)))
            .collect();
        let additional = map.get("additionalProperties").map(|s| Sub::new(s, base));
        let mut spoken = properties.is_some() || !patterns.is_empty() || additional.is_some();
        if spoken {
            self.shape.objects.push(ObjectPart {
                base,
                properties,
                patterns,
                additional,
            });
        }
        let shape = &mut self.shape;
        shape.required.extend(texts(map.get("required")));
        spoken |= map.contains_key("required");
        if let Some(names) = map.get("propertyNames") {
            shape.names.push(Sub::new(names, base));
            spoken = true;
        }
        if let Some(min) = count(map.get("minProperties")) {
            shape.min_properties = shape.min_properties.max(min);
            spoken = true;
        }
        if let Some(max) = count(map.get("maxProperties")) {
            shape.max_properties = Some(shape.max_properties.map_or(max, |m| m.min(max)));
            spoken = true;
        }
        for (name, needs) in map
            .get("dependentRequired")
            .and_then(Value::as_object)
            .into_iter()
            .flatten()
        {
            shape.dependent.push((name.clone(), texts(Some(needs))));
            spoken = true;
        }
        if let Some(rest) = map.get("unevaluatedProperties") {
            shape.unevaluated.push(Sub::new(rest, base));
            spoken = true;
        }
        if spoken {
            shape.hint = shape.hint.or(Types::OBJECT);
        }
    }

    fn finish(mut self) -> Shape<'a> {
        self.settle_mappings();
        let mut shape = self.shape;
        if shape.types.is_empty() {
            shape
                .never
                .get_or_insert("its types exclude each other".to_owned());
        }
        let mut names: Vec<String> = Vec::new();
        for part in &shape.objects {
            names.extend(
                part.properties
                    .into_iter()
                    .flatten()
                    .map(|(name, _)| name.clone()),
            );
        }
        names.extend(shape.required.iter().cloned());
        names.extend(shape.tags.iter().map(|(name, _)| name.clone()));
        names.extend(
            shape
                .dependent
                .iter()
                .flat_map(|(_, needs)| needs.iter().cloned()),
        );
        let nodes: Vec<(String, NodeId)> = names
            .into_iter()
            .map(|name| {
                let node = self.graph.node(property_subs(&shape, &name));
                (name, node)
            })
            .collect();
        shape.properties.extend(nodes);
        if !shape.names.is_empty() {
            shape.names_node = Some(self.graph.node(shape.names.clone()));
        }
        shape
    }
}

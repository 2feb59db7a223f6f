//! Schemas of every dialect become JSON Schema 2020-12, at schema positions only (owner of [`Survey`]).
//!
//! Two passes. The survey starts from the places where an OpenAPI document holds a schema and follows
//! every `$ref`, so that it finds every place of every document that is read as a schema, and faults on
//! the way. The copy then writes each document anew with only the way to its schemas and the schemas
//! themselves, at the same pointers. Examples, defaults and enumerations are data and stay as they are.

use std::{collections::HashMap, sync::Arc};

use serde_json::{Map, Value, json};

use super::{
    documents::{Library, Target},
    keywords::{Holds, NOT_IN_3_0, Rules, complaint, holds},
    model::{Fault, FaultKind},
    pointer,
};

/// Where a reference goes that leads nowhere: a place that does not exist.
pub(super) const UNRESOLVED: &str = "muster:///unresolved#/leads/nowhere";

/// Schemas nest this deep at most; deeper ones are data to us.
const DEEPEST: usize = 200;

/// The base that references are resolved by, inside a schema.
#[derive(Debug, Clone)]
struct Base {
    document: Arc<str>,
    /// `$id` made absolute, and the pointer of the schema that bears it.
    resource: Option<(String, String)>,
    rules: Rules,
}

impl Base {
    /// The base inside a schema object.
    fn enter(&self, schema: &Map<String, Value>, pointer: &str) -> Self {
        let rules = schema
            .get("$schema")
            .and_then(Value::as_str)
            .and_then(Rules::named)
            .filter(|_| self.rules != Rules::OpenApi30)
            .unwrap_or(self.rules);
        let mut inner = Self {
            rules,
            ..self.clone()
        };
        if let Some(id) = rules
            .id_keyword()
            .and_then(|keyword| schema.get(keyword))
            .and_then(Value::as_str)
            && !id.starts_with('#')
        {
            let base = self
                .resource
                .as_ref()
                .map_or(&*self.document, |(uri, _)| uri);
            if let Ok(uri) = url::Url::parse(base).and_then(|base| base.join(id)) {
                inner.resource = Some((uri.into(), pointer.to_owned()));
            }
        }
        inner
    }

    fn resolve(&self, library: &Library, reference: &str) -> Result<Target, String> {
        if let Some((uri, pointer)) = &self.resource {
            if let Some(fragment) = reference.strip_prefix('#')
                && (fragment.is_empty() || fragment.starts_with('/'))
            {
                let inside = format!("{}#{}{fragment}", self.document, pointer::fragment(pointer));
                if let Ok(target) = library.resolve(&self.document, &inside) {
                    return Ok(target);
                }
            } else if let Ok(target) = library.resolve(uri, reference) {
                return Ok(target);
            }
        }
        library.resolve(&self.document, reference)
    }
}

/// The places of one document that are read as schemas, by the tokens of their pointers.
#[derive(Debug, Default)]
struct Tree {
    rules: Option<Rules>,
    children: HashMap<String, Tree>,
}

/// Finds every place that is read as a schema.
#[derive(Debug)]
pub(super) struct Survey<'a> {
    library: &'a Library,
    /// The rules of each document that bears a version of its own.
    dialects: &'a HashMap<Arc<str>, Rules>,
    trees: HashMap<Arc<str>, Tree>,
    queue: Vec<(Target, Rules)>,
    pub(super) faults: Vec<Fault>,
    /// Every place that is read as a schema from outside schemas or by `$ref`.
    pub(super) places: Vec<Target>,
}

impl<'a> Survey<'a> {
    pub(super) fn new(library: &'a Library, dialects: &'a HashMap<Arc<str>, Rules>) -> Self {
        Self {
            library,
            dialects,
            trees: HashMap::new(),
            queue: Vec::new(),
            faults: Vec::new(),
            places: Vec::new(),
        }
    }

    /// Surveys from a place, with everything it refers to.
    pub(super) fn start(&mut self, target: Target, rules: Rules) {
        self.queue.push((target, rules));
        while let Some((target, rules)) = self.queue.pop() {
            let rules = self.rules_at(&target, rules);
            if !self.mark(&target, rules) {
                continue;
            }
            if let Some(value) = self.library.at(&target.document, &target.pointer) {
                let base = Base {
                    document: Arc::clone(&target.document),
                    resource: None,
                    rules,
                };
                let mut pointer = target.pointer.clone();
                self.schema(value, &mut pointer, &base, 0);
                self.places.push(target);
            }
        }
    }

    /// A document that names its dialect at its root is read by it, whoever refers to it.
    fn rules_at(&self, target: &Target, referrer: Rules) -> Rules {
        if let Some(own) = self.dialects.get(&target.document) {
            return *own;
        }
        self.library
            .value(&target.document)
            .and_then(|root| root.get("$schema"))
            .and_then(Value::as_str)
            .and_then(Rules::named)
            .unwrap_or(referrer)
    }

    /// Notes the place; false if it was known.
    fn mark(&mut self, target: &Target, rules: Rules) -> bool {
        let mut tree = self.trees.entry(Arc::clone(&target.document)).or_default();
        for token in pointer::tokens(&target.pointer) {
            tree = tree.children.entry(token).or_default();
        }
        let new = tree.rules.is_none();
        tree.rules.get_or_insert(rules);
        new
    }

    fn fault(&mut self, kind: FaultKind, base: &Base, pointer: &str, message: String) {
        self.faults.push(Fault {
            kind,
            document: base.document.to_string(),
            pointer: pointer.to_owned(),
            message,
        });
    }

    fn schema(&mut self, value: &Value, pointer: &mut String, outer: &Base, depth: usize) {
        let schema = match value {
            Value::Object(schema) => schema,
            Value::Bool(_) if outer.rules > Rules::Draft4 => return,
            _ => {
                let message = "a schema must be an object".to_owned();
                return self.fault(FaultKind::Schema, outer, pointer, message);
            }
        };
        if depth > DEEPEST {
            let message = format!("schemas nest deeper than {DEEPEST} levels");
            return self.fault(FaultKind::Schema, outer, pointer, message);
        }
        let base = outer.enter(schema, pointer);
        for keyword in ["$ref", "$dynamicRef", "$recursiveRef"] {
            let Some(reference) = schema.get(keyword) else {
                continue;
            };
            if keyword != "$ref" && base.rules < Rules::Draft2019 {
                continue;
            }
            match reference
                .as_str()
                .ok_or_else(|| format!("`{keyword}` must be text"))
                .and_then(|reference| base.resolve(self.library, reference))
            {
                Ok(target) => self.queue.push((target, base.rules)),
                // A dynamic reference may find its anchor where it is used.
                Err(_) if keyword == "$dynamicRef" => {}
                Err(why) => self.fault(FaultKind::Reference, &base, pointer, why),
            }
        }
        if base.rules.reference_stands_alone() && schema.contains_key("$ref") {
            return;
        }
        let length = pointer.len();
        for (keyword, value) in schema {
            pointer::push(pointer, keyword);
            if let Some(complaint) = complaint(keyword, value, base.rules) {
                let kind = if matches!(
                    keyword.as_str(),
                    "nullable" | "readOnly" | "writeOnly" | "deprecated" | "title" | "description"
                ) || (keyword == "type" && value.is_array())
                {
                    FaultKind::Structure
                } else {
                    FaultKind::Schema
                };
                self.fault(kind, &base, pointer, format!("`{keyword}` {complaint}"));
            } else if base.rules == Rules::OpenApi30 && NOT_IN_3_0.contains(&keyword.as_str()) {
                let message =
                    format!("OpenAPI 3.0 schemas have no keyword `{keyword}`; it is ignored");
                self.fault(FaultKind::Structure, &base, pointer, message);
            } else if keyword == "nullable" && base.rules != Rules::OpenApi30 {
                let message =
                    "`nullable` means nothing after OpenAPI 3.0; add `null` to `type`".to_owned();
                self.fault(FaultKind::Structure, &base, pointer, message);
            } else if keyword == "$schema" && value.as_str().and_then(Rules::named).is_none() {
                let message = format!("the dialect {value} is not known; judged as 2020-12");
                self.fault(FaultKind::Schema, &base, pointer, message);
            }
            self.children(keyword, value, pointer, &base, depth + 1);
            pointer.truncate(length);
        }
    }

    fn children(
        &mut self,
        keyword: &str,
        value: &Value,
        pointer: &mut String,
        base: &Base,
        depth: usize,
    ) {
        let length = pointer.len();
        match (holds(keyword, base.rules), value) {
            (Holds::Data, _) => {}
            (Holds::Schema | Holds::SchemaOrList, Value::Object(_)) => {
                self.schema(value, pointer, base, depth);
            }
            // Booleans stand at these two in every dialect.
            (Holds::Schema | Holds::SchemaOrList, Value::Bool(_))
                if base.rules > Rules::Draft4 || keyword.starts_with("additional") => {}
            (Holds::List | Holds::SchemaOrList, Value::Array(items)) => {
                if keyword == "items" && base.rules == Rules::OpenApi30 {
                    let message = "`items` must be one schema in OpenAPI 3.0".to_owned();
                    self.fault(FaultKind::Schema, base, pointer, message);
                } else if items.is_empty() && keyword != "items" {
                    let message = format!("`{keyword}` must not be empty");
                    self.fault(FaultKind::Schema, base, pointer, message);
                }
                for (index, item) in items.iter().enumerate() {
                    pointer::push(pointer, &index.to_string());
                    self.schema(item, pointer, base, depth);
                    pointer.truncate(length);
                }
            }
            (Holds::Map | Holds::Dependencies, Value::Object(members)) => {
                for (name, member) in members {
                    if keyword == "dependencies" && member.is_array() {
                        continue;
                    }
                    pointer::push(pointer, name);
                    self.schema(member, pointer, base, depth);
                    pointer.truncate(length);
                }
            }
            _ => {
                let message = format!("`{keyword}` does not hold what it must");
                self.fault(FaultKind::Schema, base, pointer, message);
            }
        }
    }

    /// Every surveyed document anew, normalised.
    pub(super) fn copies(&self) -> HashMap<Arc<str>, Value> {
        self.trees
            .iter()
            .filter_map(|(document, tree)| {
                let base = Base {
                    document: Arc::clone(document),
                    resource: None,
                    rules: Rules::Draft2020,
                };
                let copy = Copy {
                    library: self.library,
                };
                let value = self.library.value(document)?;
                Some((
                    Arc::clone(document),
                    copy.way(value, tree, &mut String::new(), &base),
                ))
            })
            .collect()
    }
}

struct Copy<'a> {
    library: &'a Library,
}

impl Copy<'_> {
    /// A value that is no schema, but on the way to one: only what leads there.
    fn way(&self, value: &Value, tree: &Tree, pointer: &mut String, base: &Base) -> Value {
        if let Some(rules) = tree.rules {
            let base = Base {
                rules,
                ..base.clone()
            };
            return self.schema(value, Some(tree), pointer, &base, 0);
        }
        let length = pointer.len();
        match value {
            Value::Object(members) => Value::Object(
                members
                    .iter()
                    .filter_map(|(name, member)| {
                        let tree = tree.children.get(name)?;
                        pointer::push(pointer, name);
                        let copy = self.way(member, tree, pointer, base);
                        pointer.truncate(length);
                        Some((name.clone(), copy))
                    })
                    .collect(),
            ),
            Value::Array(items) => Value::Array(
                items
                    .iter()
                    .enumerate()
                    .map(|(index, item)| {
                        let token = index.to_string();
                        let Some(tree) = tree.children.get(&token) else {
                            return Value::Null;
                        };
                        pointer::push(pointer, &token);
                        let copy = self.way(item, tree, pointer, base);
                        pointer.truncate(length);
                        copy
                    })
                    .collect(),
            ),
            _ => Value::Null,
        }
    }

    /// Data inside a schema: as it is, but for places that something refers to as a schema.
    fn data(&self, value: &Value, tree: Option<&Tree>, pointer: &mut String, base: &Base) -> Value {
        let Some(tree) = tree else {
            return value.clone();
        };
        if let Some(rules) = tree.rules {
            let base = Base {
                rules,
                ..base.clone()
            };
            return self.schema(value, Some(tree), pointer, &base, 0);
        }
        let length = pointer.len();
        match value {
            Value::Object(members) => Value::Object(
                members
                    .iter()
                    .map(|(name, member)| {
                        pointer::push(pointer, name);
                        let copy = self.data(member, tree.children.get(name), pointer, base);
                        pointer.truncate(length);
                        (name.clone(), copy)
                    })
                    .collect(),
            ),
            other => other.clone(),
        }
    }

    fn schema(
        &self,
        value: &Value,
        tree: Option<&Tree>,
        pointer: &mut String,
        outer: &Base,
        depth: usize,
    ) -> Value {
        let Value::Object(schema) = value else {
            return value.clone();
        };
        if depth > DEEPEST {
            return json!({ "$ref": UNRESOLVED });
        }
        let base = outer.enter(schema, pointer);
        let rules = base.rules;
        let alone = rules.reference_stands_alone() && schema.contains_key("$ref");
        let mut copy = Map::with_capacity(schema.len());
        let length = pointer.len();
        for (keyword, value) in schema {
            let below = tree.and_then(|tree| tree.children.get(keyword));
            pointer::push(pointer, keyword);
            match keyword.as_str() {
                "$ref" => {
                    copy.insert("$ref".into(), self.reference(value, &base));
                }
                // Beside a lone `$ref` nothing counts, but other schemas may lead into it.
                _ if alone => {
                    if below.is_some() {
                        copy.insert(keyword.clone(), self.data(value, below, pointer, &base));
                    }
                }
                "$schema" | "$id" | "$anchor" | "$vocabulary" | "$recursiveAnchor" => {}
                "id" if rules == Rules::Draft4 && value.is_string() => {}
                "$recursiveRef" if rules == Rules::Draft2019 => {
                    copy.insert("$ref".into(), self.reference(value, &base));
                }
                "$dynamicRef" if rules == Rules::Draft2020 => {
                    let reference = value.as_str().unwrap_or_default();
                    if base.resolve(self.library, reference).is_ok() {
                        copy.insert("$ref".into(), self.reference(value, &base));
                    } else {
                        copy.insert(keyword.clone(), value.clone());
                    }
                }
                name if rules == Rules::OpenApi30 && NOT_IN_3_0.contains(&name) => {
                    if below.is_some() {
                        copy.insert(keyword.clone(), self.data(value, below, pointer, &base));
                    }
                }
                _ => {
                    let child = self.keyword(keyword, value, below, pointer, &base, depth + 1);
                    copy.insert(keyword.clone(), child);
                }
            }
            pointer.truncate(length);
        }
        if !alone {
            modernise(&mut copy, rules);
        }
        Value::Object(copy)
    }

    fn keyword(
        &self,
        keyword: &str,
        value: &Value,
        tree: Option<&Tree>,
        pointer: &mut String,
        base: &Base,
        depth: usize,
    ) -> Value {
        let length = pointer.len();
        match (holds(keyword, base.rules), value) {
            (Holds::Schema | Holds::SchemaOrList, Value::Object(_)) => {
                self.schema(value, tree, pointer, base, depth)
            }
            (Holds::List | Holds::SchemaOrList, Value::Array(items)) => Value::Array(
                items
                    .iter()
                    .enumerate()
                    .map(|(index, item)| {
                        let token = index.to_string();
                        pointer::push(pointer, &token);
                        let below = tree.and_then(|tree| tree.children.get(&token));
                        let copy = self.schema(item, below, pointer, base, depth);
                        pointer.truncate(length);
                        copy
                    })
                    .collect(),
            ),
            (Holds::Map | Holds::Dependencies, Value::Object(members)) => Value::Object(
                members
                    .iter()
                    .map(|(name, member)| {
                        pointer::push(pointer, name);
                        let below = tree.and_then(|tree| tree.children.get(name));
                        let copy = self.schema(member, below, pointer, base, depth);
                        pointer.truncate(length);
                        (name.clone(), copy)
                    })
                    .collect(),
            ),
            _ => self.data(value, tree, pointer, base),
        }
    }

    /// A `$ref` that our library and a JSON Schema library read the same way. Plain local pointers
    /// stay as they are.
    fn reference(&self, value: &Value, base: &Base) -> Value {
        let Some(reference) = value.as_str() else {
            return UNRESOLVED.into();
        };
        match base.resolve(self.library, reference) {
            Ok(target) => {
                let local = reference.strip_prefix('#').is_some_and(|fragment| {
                    target.document == base.document
                        && fragment == pointer::fragment(&target.pointer)
                });
                if local {
                    value.clone()
                } else {
                    Library::address(&target).into()
                }
            }
            Err(_) => UNRESOLVED.into(),
        }
    }
}

/// Rewrites the keywords of one schema object whose meaning changed since its dialect.
fn modernise(schema: &mut Map<String, Value>, rules: Rules) {
    if rules == Rules::OpenApi30
        && schema.get("nullable") == Some(&Value::Bool(true))
        && let Some(Value::String(name)) = schema.get("type")
    {
        let types = json!([name, "null"]);
        schema.insert("type".into(), types);
        if let Some(Value::Array(values)) = schema.get_mut("enum")
            && !values.contains(&Value::Null)
        {
            values.push(Value::Null);
        }
    }
    if rules.boolean_bounds() {
        for (exclusive, bound) in [
            ("exclusiveMinimum", "minimum"),
            ("exclusiveMaximum", "maximum"),
        ] {
            match schema.get(exclusive) {
                Some(Value::Bool(true)) => {
                    schema.shift_remove(exclusive);
                    if let Some(limit) = schema.shift_remove(bound) {
                        schema.insert(exclusive.into(), limit);
                    }
                }
                Some(Value::Bool(false)) => {
                    schema.shift_remove(exclusive);
                }
                _ => {}
            }
        }
    }
    if rules > Rules::OpenApi30 && rules < Rules::Draft2020 {
        if schema.get("items").is_some_and(Value::is_array) {
            if let Some(prefix) = schema.shift_remove("items") {
                schema.insert("prefixItems".into(), prefix);
            }
            if let Some(rest) = schema.shift_remove("additionalItems") {
                schema.insert("items".into(), rest);
            }
        }
        if let Some(Value::Object(dependencies)) = schema.shift_remove("dependencies") {
            let (names, schemas): (Map<_, _>, Map<_, _>) = dependencies
                .into_iter()
                .partition(|(_, dependency)| dependency.is_array());
            if !names.is_empty() {
                schema.insert("dependentRequired".into(), names.into());
            }
            if !schemas.is_empty() {
                schema.insert("dependentSchemas".into(), schemas.into());
            }
        }
    }
    bound_numbers(schema);
}

/// The range of a number format becomes bounds, since formats judge text only.
fn bound_numbers(schema: &mut Map<String, Value>) {
    let numeric = match schema.get("type") {
        Some(Value::String(name)) => is_numeric(name),
        Some(Value::Array(names)) => names.iter().filter_map(Value::as_str).any(is_numeric),
        _ => false,
    };
    let Some((low, high)) = schema
        .get("format")
        .and_then(Value::as_str)
        .filter(|_| numeric)
        .and_then(range)
    else {
        return;
    };
    let tighter = |keywords: [&str; 2], limit: f64, below: bool| {
        keywords.into_iter().any(|keyword| {
            schema.get(keyword).is_some_and(|own| match own.as_f64() {
                Some(own) if below => own >= limit,
                Some(own) => own <= limit,
                None => true,
            })
        })
    };
    let (low_number, high_number) = (
        low.as_f64().unwrap_or(f64::MIN),
        high.as_f64().unwrap_or(f64::MAX),
    );
    let keep_low = tighter(["minimum", "exclusiveMinimum"], low_number, true);
    let keep_high = tighter(["maximum", "exclusiveMaximum"], high_number, false);
    if !keep_low {
        schema.insert("minimum".into(), low);
    }
    if !keep_high {
        schema.insert("maximum".into(), high);
    }
}

fn is_numeric(name: &str) -> bool {
    name == "integer" || name == "number"
}

/// The range of a number format of OpenAPI.
pub(super) fn range(format: &str) -> Option<(Value, Value)> {
    match format {
        "int8" => Some((json!(i8::MIN), json!(i8::MAX))),
        "uint8" => Some((json!(u8::MIN), json!(u8::MAX))),
        "int16" => Some((json!(i16::MIN), json!(i16::MAX))),
        "uint16" => Some((json!(u16::MIN), json!(u16::MAX))),
        "int32" => Some((json!(i32::MIN), json!(i32::MAX))),
        "uint32" => Some((json!(u32::MIN), json!(u32::MAX))),
        "int64" => Some((json!(i64::MIN), json!(i64::MAX))),
        "uint64" => Some((json!(u64::MIN), json!(u64::MAX))),
        "float" => Some((json!(f64::from(f32::MIN)), json!(f64::from(f32::MAX)))),
        _ => None,
    }
}

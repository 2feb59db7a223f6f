//! Finding every place that is read as a schema, and what is wrong there (owner of [`Survey`]).

use std::{collections::HashMap, sync::Arc};

use serde_json::{Map, Value};

use super::{
    documents::{Library, Target},
    keywords::{Holds, NOT_IN_3_0, Rules, complaint, holds},
    model::{Fault, FaultKind},
    patterns::{self, Reading},
    pointer,
};

/// Schemas nest this deep at most; deeper ones are data to us.
pub(super) const DEEPEST: usize = 200;

/// The base that references are resolved by, inside a schema.
#[derive(Debug, Clone)]
pub(super) struct Base {
    pub(super) document: Arc<str>,
    /// `$id` made absolute, and the pointer of the schema that bears it.
    pub(super) resource: Option<(String, String)>,
    pub(super) rules: Rules,
}

impl Base {
    /// The base inside a schema object.
    pub(super) fn enter(&self, schema: &Map<String, Value>, pointer: &str) -> Self {
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

    /// What references are resolved against.
    pub(super) fn uri(&self) -> &str {
        match &self.resource {
            Some((uri, _)) => uri,
            None => &self.document,
        }
    }

    pub(super) fn resolve(&self, library: &Library, reference: &str) -> Result<Target, String> {
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
pub(super) struct Tree {
    pub(super) rules: Option<Rules>,
    pub(super) children: HashMap<String, Tree>,
}

/// Finds every place that is read as a schema.
#[derive(Debug)]
pub(super) struct Survey<'a> {
    library: &'a Library,
    /// The rules of each document that bears a version of its own.
    dialects: &'a HashMap<Arc<str>, Rules>,
    trees: HashMap<Arc<str>, Tree>,
    /// Patterns that were tried, and how they can be read.
    pub(super) patterns: HashMap<String, Reading>,
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
            patterns: HashMap::new(),
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
                Err(why) => {
                    let reference = reference.as_str().unwrap_or_default();
                    let kind = self.library.fault_kind(base.uri(), reference);
                    self.fault(kind, &base, pointer, why);
                }
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
                self.fault(FaultKind::Dialect, &base, pointer, message);
            } else if keyword == "$schema" && value.as_str().and_then(Rules::named).is_none() {
                let message = format!("the dialect {value} is not known; judged as 2020-12");
                self.fault(FaultKind::Schema, &base, pointer, message);
            }
            self.patterns(keyword, value, pointer, &base);
            self.children(keyword, value, pointer, &base, depth + 1);
            pointer.truncate(length);
        }
    }

    /// Tries the patterns of a keyword, each only once in a contract.
    fn patterns(&mut self, keyword: &str, value: &Value, pointer: &str, base: &Base) {
        let texts: Vec<&str> = match (keyword, value) {
            ("pattern", Value::String(text)) => vec![text],
            ("patternProperties", Value::Object(members)) if base.rules != Rules::OpenApi30 => {
                members.keys().map(String::as_str).collect()
            }
            _ => return,
        };
        for text in texts {
            let reading = match self.patterns.get(text) {
                Some(known) => known.clone(),
                None => {
                    let reading = patterns::read(text);
                    self.patterns.insert(text.to_owned(), reading.clone());
                    reading
                }
            };
            if let Reading::Foreign { why, translated } = reading {
                let then = match translated {
                    Some(text) if keyword == "pattern" => {
                        format!("values are made by `{text}`, and none is judged by it")
                    }
                    _ => "no value is judged by it".to_owned(),
                };
                let message = format!("the pattern `{text}` {why}; {then}");
                self.fault(FaultKind::Dialect, base, pointer, message);
            }
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

    /// What was found, by document.
    pub(super) const fn trees(&self) -> &HashMap<Arc<str>, Tree> {
        &self.trees
    }
}

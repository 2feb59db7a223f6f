//! A place in a document while it is read, references followed (owner of [`Cursor`] and [`Reader`]).

use std::{collections::HashMap, sync::Arc};

use serde_json::Value;

use super::{
    documents::{Library, Target},
    keywords::Rules,
    model::{Dialect, Example, Fault, FaultKind},
    pointer,
    schema::Schema,
};

/// A value with where it stands.
#[derive(Debug, Clone)]
pub(super) struct Cursor<'a> {
    pub(super) document: Arc<str>,
    pub(super) pointer: String,
    pub(super) value: &'a Value,
}

impl<'a> Cursor<'a> {
    pub(super) fn get(&self, key: &str) -> Option<Self> {
        Some(Self {
            document: Arc::clone(&self.document),
            pointer: pointer::join(&self.pointer, key),
            value: self.value.get(key)?,
        })
    }

    pub(super) fn text(&self, key: &str) -> Option<&'a str> {
        self.value.get(key)?.as_str()
    }

    pub(super) fn owned(&self, key: &str) -> String {
        self.text(key).unwrap_or_default().to_owned()
    }

    pub(super) fn flag(&self, key: &str) -> bool {
        self.value
            .get(key)
            .and_then(Value::as_bool)
            .unwrap_or(false)
    }

    /// The members of an object, extensions left out.
    pub(super) fn members(&self) -> impl Iterator<Item = (&'a str, Self)> + use<'a> {
        let document = Arc::clone(&self.document);
        let pointer = self.pointer.clone();
        self.value
            .as_object()
            .into_iter()
            .flatten()
            .filter(|(name, _)| !name.starts_with("x-"))
            .map(move |(name, value)| {
                let member = Self {
                    document: Arc::clone(&document),
                    pointer: pointer::join(&pointer, name),
                    value,
                };
                (name.as_str(), member)
            })
    }

    /// The members of an object of free names, where `x-` means nothing.
    pub(super) fn entries(&self) -> impl Iterator<Item = (&'a str, Self)> + use<'a> {
        let document = Arc::clone(&self.document);
        let pointer = self.pointer.clone();
        self.value
            .as_object()
            .into_iter()
            .flatten()
            .map(move |(name, value)| {
                let member = Self {
                    document: Arc::clone(&document),
                    pointer: pointer::join(&pointer, name),
                    value,
                };
                (name.as_str(), member)
            })
    }

    /// The items of a list.
    pub(super) fn items(&self) -> impl Iterator<Item = Self> + use<'a> {
        let document = Arc::clone(&self.document);
        let pointer = self.pointer.clone();
        self.value
            .as_array()
            .into_iter()
            .flatten()
            .enumerate()
            .map(move |(index, value)| Self {
                document: Arc::clone(&document),
                pointer: pointer::join(&pointer, &index.to_string()),
                value,
            })
    }
}

/// What is gathered while the documents are read.
pub(super) struct Reader<'a> {
    pub(super) library: &'a Library,
    pub(super) dialect: Dialect,
    /// The rules of documents that name an OpenAPI version of their own.
    pub(super) dialects: &'a HashMap<Arc<str>, Rules>,
    pub(super) rules: Rules,
    pub(super) faults: Vec<Fault>,
    /// Places that hold a schema, with the rules of what refers to them.
    pub(super) schemas: Vec<(Target, Rules)>,
    /// Examples of schemas of their own places, gathered on the way.
    pub(super) examples: Vec<super::examples::Documented>,
}

impl<'a> Reader<'a> {
    pub(super) fn fault(&mut self, at: &Cursor<'_>, message: impl Into<String>) {
        self.fault_of(FaultKind::Structure, at, message);
    }

    pub(super) fn fault_of(
        &mut self,
        kind: FaultKind,
        at: &Cursor<'_>,
        message: impl Into<String>,
    ) {
        self.faults.push(Fault {
            kind,
            document: at.document.to_string(),
            pointer: at.pointer.clone(),
            message: message.into(),
        });
    }

    /// Follows `$ref` to its end; none (and a fault) where it leads nowhere or round in a circle.
    pub(super) fn follow(&mut self, at: &Cursor<'a>) -> Option<Cursor<'a>> {
        let mut at = at.clone();
        for _ in 0..32 {
            let reference = match at.value.get("$ref") {
                None => return Some(at),
                Some(Value::String(reference)) => reference,
                Some(_) => {
                    self.fault(&at, "`$ref` must be text");
                    return None;
                }
            };
            match self.library.resolve(&at.document, reference) {
                Ok(target) => {
                    let value = self.library.at(&target.document, &target.pointer)?;
                    at = Cursor {
                        document: target.document,
                        pointer: target.pointer,
                        value,
                    };
                }
                Err(why) => {
                    let kind = self.library.fault_kind(&at.document, reference);
                    self.fault_of(kind, &at, why);
                    return None;
                }
            }
        }
        self.fault_of(FaultKind::Reference, &at, "`$ref`s lead round in a circle");
        None
    }

    /// Where something stands, as the model has it: a plain pointer in the root document, with the
    /// URI before it elsewhere.
    pub(super) fn location(&self, at: &Cursor<'_>) -> String {
        if at.document == self.library.root {
            at.pointer.clone()
        } else {
            format!("{}#{}", at.document, at.pointer)
        }
    }

    /// Notes a place as a schema and hands out its handle.
    pub(super) fn schema(&mut self, at: &Cursor<'a>) -> Schema {
        let rules = self
            .dialects
            .get(&at.document)
            .copied()
            .unwrap_or(self.rules);
        self.schemas.push((
            Target {
                document: Arc::clone(&at.document),
                pointer: at.pointer.clone(),
            },
            rules,
        ));
        Schema {
            document: Arc::clone(&at.document),
            pointer: at.pointer.as_str().into(),
        }
    }

    /// `example` and `examples` of a parameter, header or media type.
    pub(super) fn examples(&mut self, at: &Cursor<'a>) -> Vec<Example> {
        let mut examples = Vec::new();
        if let Some(example) = at.get("example") {
            if at.value.get("examples").is_some() {
                self.fault(at, "`example` and `examples` exclude each other");
            }
            examples.push(Example {
                name: "example".to_owned(),
                value: example.value.clone(),
                pointer: self.location(&example),
            });
        }
        let Some(named) = at.get("examples") else {
            return examples;
        };
        if !named.value.is_object() {
            self.fault(
                &named,
                "`examples` must be an object of named examples here",
            );
            return examples;
        }
        for (name, example) in named.entries() {
            let Some(example) = self.follow(&example) else {
                continue;
            };
            // OpenAPI 3.2 calls a value before it is written out `dataValue`.
            let value = example.get("value").or_else(|| example.get("dataValue"));
            if let Some(value) = value {
                examples.push(Example {
                    name: name.to_owned(),
                    value: value.value.clone(),
                    pointer: self.location(&value),
                });
            } else if example.value.get("externalValue").is_none()
                && example.value.get("serializedValue").is_none()
            {
                self.fault(&example, format!("the example `{name}` has no `value`"));
            }
        }
        examples
    }
}

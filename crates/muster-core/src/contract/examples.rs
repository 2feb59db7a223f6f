//! Every documented example with the schema it should meet (owner of [`Documented`]).

use std::sync::Arc;

use serde_json::Value;

use super::{
    documents::Library,
    keywords::{Holds, Rules, holds},
    pointer,
    schema::Schema,
};

/// An example of the document, with the schema it stands for.
#[derive(Debug, Clone)]
pub struct Documented {
    /// Its name, or `example`.
    pub name: String,
    /// The value.
    pub value: Value,
    /// Where it stands: a pointer in the root document, or `uri#/pointer` elsewhere.
    pub pointer: String,
    /// The schema it should meet.
    pub schema: Schema,
}

/// The examples that stand in a schema and below it, in the schemas it is made of. References are not
/// followed: what they lead to is a place of its own.
pub(super) fn of_schema(
    library: &Library,
    document: &Arc<str>,
    at: &str,
    rules: Rules,
    found: &mut Vec<Documented>,
) {
    if let Some(value) = library.at(document, at) {
        let mut gather = Gather {
            library,
            document,
            rules,
            found,
        };
        gather.schema(value, &mut at.to_owned(), 0);
    }
}

struct Gather<'a> {
    library: &'a Library,
    document: &'a Arc<str>,
    rules: Rules,
    found: &'a mut Vec<Documented>,
}

impl Gather<'_> {
    fn schema(&mut self, value: &Value, at: &mut String, depth: usize) {
        let Value::Object(schema) = value else { return };
        if depth > 100 || (self.rules.reference_stands_alone() && schema.contains_key("$ref")) {
            return;
        }
        if let Some(example) = schema.get("example") {
            self.add("example", example, at, &["example"]);
        }
        if let Some(Value::Array(examples)) = schema.get("examples") {
            for (index, example) in examples.iter().enumerate() {
                let index = index.to_string();
                self.add(
                    &format!("example {index}"),
                    example,
                    at,
                    &["examples", &index],
                );
            }
        }
        let length = at.len();
        for (keyword, value) in schema {
            let kind = holds(keyword, self.rules);
            if kind == Holds::Data || keyword == "not" || keyword == "if" {
                continue;
            }
            pointer::push(at, keyword);
            match (kind, value) {
                (Holds::Schema | Holds::SchemaOrList, Value::Object(_)) => {
                    self.schema(value, at, depth + 1);
                }
                (Holds::List | Holds::SchemaOrList, Value::Array(items)) => {
                    let length = at.len();
                    for (index, item) in items.iter().enumerate() {
                        pointer::push(at, &index.to_string());
                        self.schema(item, at, depth + 1);
                        at.truncate(length);
                    }
                }
                (Holds::Map, Value::Object(members)) => {
                    let length = at.len();
                    for (name, member) in members {
                        pointer::push(at, name);
                        self.schema(member, at, depth + 1);
                        at.truncate(length);
                    }
                }
                _ => {}
            }
            at.truncate(length);
        }
    }

    fn add(&mut self, name: &str, value: &Value, schema: &str, tokens: &[&str]) {
        let mut at = schema.to_owned();
        for token in tokens {
            pointer::push(&mut at, token);
        }
        if *self.document != self.library.root {
            at = format!("{}#{at}", self.document);
        }
        self.found.push(Documented {
            name: name.to_owned(),
            value: value.clone(),
            pointer: at,
            schema: Schema {
                document: Arc::clone(self.document),
                pointer: schema.into(),
            },
        });
    }
}

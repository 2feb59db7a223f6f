//! Schemas: a place in a document, normalised to JSON Schema 2020-12, compiled once and shared
//! (owner of [`Schema`] and [`Schemas`]).

use std::{
    borrow::Cow,
    collections::{HashMap, HashSet},
    fmt,
    sync::{Arc, OnceLock},
};

use serde_json::Value;

use super::{
    documents::{Library, Target, normal},
    judge::{Book, Judge},
    keywords::ANNOTATIONS,
    pointer,
    views::{View, view},
};

/// A handle to one schema of the contract. Cheap to clone; equal handles share their validator.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Schema {
    /// The URI of the document it stands in.
    pub document: Arc<str>,
    /// Its JSON pointer in that document, such as `/components/schemas/Person`.
    pub pointer: Arc<str>,
}

/// What a validator says of a value.
#[derive(Debug, Clone, PartialEq)]
pub enum Validity {
    /// It is valid.
    Valid,
    /// It is not, for these reasons (at most twenty).
    Invalid(Vec<Violation>),
    /// It cannot be told: the schema does not compile, or matching it took too long.
    Unjudgeable(String),
}

impl Validity {
    /// Whether the value was found valid.
    #[must_use]
    pub const fn is_valid(&self) -> bool {
        matches!(self, Self::Valid)
    }
}

/// One reason why a value is not valid.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    /// Where in the value, as a JSON pointer; empty for the whole.
    pub instance: String,
    /// The keyword that says no, as a JSON pointer in the document it stands in, references followed.
    pub schema: String,
    /// The keyword that says no.
    pub keyword: String,
    /// The reason, without more of the value than a short excerpt.
    pub message: String,
    /// How often the keyword says no in this value; of a huge one, in its beginning.
    pub count: usize,
}

/// Every schema of a contract: normalised documents, and validators compiled on first use.
///
/// `validate` takes no lock for a schema of the contract: each has its own cell, filled once.
#[derive(Default)]
pub struct Schemas {
    library: Library,
    places: Vec<Schema>,
    components: Vec<(String, Schema)>,
    index: HashMap<Arc<str>, HashMap<Arc<str>, usize>>,
    plain: Book,
    request: OnceLock<Option<Book>>,
    response: OnceLock<Option<Book>>,
}

impl fmt::Debug for Schemas {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Schemas")
            .field("places", &self.places.len())
            .finish_non_exhaustive()
    }
}

impl Schemas {
    pub(super) fn new(
        library: Library,
        documents: HashMap<Arc<str>, Value>,
        places: Vec<Target>,
        components: Vec<(String, Schema)>,
    ) -> Self {
        let mut index: HashMap<Arc<str>, HashMap<Arc<str>, usize>> = HashMap::new();
        let places: Vec<Schema> = places
            .into_iter()
            .enumerate()
            .map(|(at, place)| {
                let pointer: Arc<str> = place.pointer.into();
                index
                    .entry(Arc::clone(&place.document))
                    .or_default()
                    .insert(Arc::clone(&pointer), at);
                Schema {
                    document: place.document,
                    pointer,
                }
            })
            .collect();
        let documents = documents
            .into_iter()
            .map(|(uri, value)| (uri, Arc::new(value)))
            .collect();
        let plain = Book::new(documents, places.len());
        Self {
            library,
            places,
            components,
            index,
            plain,
            request: OnceLock::new(),
            response: OnceLock::new(),
        }
    }

    /// The schema itself, normalised to 2020-12. `$ref`s stand as the document has them, or made
    /// absolute where they lead to another document; [`Schemas::resolve`] reads both.
    #[must_use]
    pub fn normalised(&self, schema: &Schema) -> Option<&Value> {
        self.plain.at(&schema.document, &schema.pointer)
    }

    /// The schema as the document has it.
    #[must_use]
    pub fn original(&self, schema: &Schema) -> Option<&Value> {
        self.library.at(&schema.document, &schema.pointer)
    }

    /// Where a `$ref` of a normalised schema leads, one hop: the document and the schema there.
    #[must_use]
    pub fn resolve(&self, base: &str, reference: &str) -> Option<(&str, &Value)> {
        let (document, pointer) = self.locate(base, reference)?;
        let (document, _) = self.plain.documents.get_key_value(&*document)?;
        Some((document, self.plain.at(document, &pointer)?))
    }

    /// Where a `$ref` leads, one hop, as a handle.
    #[must_use]
    pub fn follow(&self, base: &str, reference: &str) -> Option<Schema> {
        let (document, pointer) = self.locate(base, reference)?;
        Some(Schema {
            document,
            pointer: pointer.into(),
        })
    }

    /// A handle to the schema below this one, such as `["properties", "name"]`.
    #[must_use]
    pub fn below(&self, schema: &Schema, tokens: &[&str]) -> Option<Schema> {
        let mut pointer = schema.pointer.to_string();
        for token in tokens {
            pointer::push(&mut pointer, token);
        }
        let below = Schema {
            document: Arc::clone(&schema.document),
            pointer: pointer.into(),
        };
        self.normalised(&below).is_some().then_some(below)
    }

    fn locate(&self, base: &str, reference: &str) -> Option<(Arc<str>, String)> {
        let base = if base.is_empty() {
            Cow::Borrowed(&*self.library.root)
        } else if self.library.values.contains_key(base) {
            // What handles give: it is normal already, and parsing it again costs more than all the rest.
            Cow::Borrowed(base)
        } else {
            Cow::Owned(normal(base))
        };
        let target = self.library.resolve(&base, reference).ok()?;
        Some((target.document, target.pointer))
    }

    /// Whether every value is valid: `true`, `{}`, or annotations alone (also behind a `$ref`).
    #[must_use]
    pub fn is_unconstrained(&self, schema: &Schema) -> bool {
        let mut schema = schema.clone();
        let mut seen = HashSet::new();
        while seen.insert(schema.clone()) {
            match self.normalised(&schema) {
                Some(Value::Bool(everything)) => return *everything,
                Some(Value::Object(keywords)) => {
                    let telling = |keyword: &&String| {
                        !ANNOTATIONS.contains(&keyword.as_str()) && !keyword.starts_with("x-")
                    };
                    let mut telling = keywords.keys().filter(telling);
                    match (telling.next(), telling.next()) {
                        (None, _) => return true,
                        (Some(reference), None) if reference == "$ref" => {
                            let next = keywords
                                .get("$ref")
                                .and_then(Value::as_str)
                                .and_then(|reference| self.follow(&schema.document, reference));
                            let Some(next) = next else { return false };
                            schema = next;
                        }
                        _ => return false,
                    }
                }
                _ => return false,
            }
        }
        false
    }

    /// The schemas of `components/schemas` by name, in document order.
    pub fn components(&self) -> impl Iterator<Item = (&str, &Schema)> {
        self.components
            .iter()
            .map(|(name, schema)| (name.as_str(), schema))
    }

    /// The schema of `components/schemas` of this name.
    #[must_use]
    pub fn component(&self, name: &str) -> Option<&Schema> {
        self.components
            .iter()
            .find(|(own, _)| own == name)
            .map(|(_, schema)| schema)
    }

    /// Every place that is read as a schema of its own: in parameters, bodies, headers and
    /// components, and whatever a `$ref` leads to.
    #[must_use]
    pub fn places(&self) -> &[Schema] {
        &self.places
    }

    /// Why the schema cannot be compiled, if so. Compiles it.
    #[must_use]
    pub fn compile_fault(&self, schema: &Schema) -> Option<String> {
        self.with(View::Plain, schema, |judge| {
            judge.fault().map(str::to_owned)
        })
    }

    /// Judges a value. `format` is asserted.
    #[must_use]
    pub fn validate(&self, schema: &Schema, value: &Value) -> Validity {
        self.with(View::Plain, schema, |judge| judge.validate(value))
    }

    /// Judges a value that goes in a request: required properties that are `readOnly` may be absent.
    #[must_use]
    pub fn validate_request(&self, schema: &Schema, value: &Value) -> Validity {
        self.with(View::Request, schema, |judge| judge.validate(value))
    }

    /// Judges a value that came in an answer: required properties that are `writeOnly` may be absent.
    #[must_use]
    pub fn validate_response(&self, schema: &Schema, value: &Value) -> Validity {
        self.with(View::Response, schema, |judge| judge.validate(value))
    }

    fn book(&self, of: View) -> &Book {
        let cell = match of {
            View::Plain => return &self.plain,
            View::Request => &self.request,
            View::Response => &self.response,
        };
        cell.get_or_init(|| {
            let documents = view(&self.plain.documents, &self.library, of)?;
            Some(Book::new(documents, self.places.len()))
        })
        .as_ref()
        .unwrap_or(&self.plain)
    }

    fn with<T>(&self, of: View, schema: &Schema, then: impl FnOnce(&Judge) -> T) -> T {
        let book = self.book(of);
        match self.cell(&schema.document, &schema.pointer) {
            Some(at) => then(self.judge(book, at)),
            // A place inside a schema, which only a caller of ours made up.
            None => then(&book.inner(schema)),
        }
    }

    fn cell(&self, document: &str, pointer: &str) -> Option<usize> {
        self.index.get(document)?.get(pointer).copied()
    }

    /// The judge of a place; a schema that is nothing but a `$ref` shares that of where it leads.
    fn judge<'a>(&'a self, book: &'a Book, at: usize) -> &'a Arc<Judge> {
        let Some(cell) = book.cells.get(at) else {
            return &book.nobody;
        };
        cell.get_or_init(|| {
            let Some(schema) = self.places.get(at) else {
                return Arc::clone(&book.nobody);
            };
            let end = self.end_of_chain(schema);
            match self.cell(&end.document, &end.pointer) {
                Some(other) if other != at => Arc::clone(self.judge(book, other)),
                _ => Arc::new(book.compile(&schema.document, &schema.pointer)),
            }
        })
    }

    /// Follows a chain of lone `$ref`s to its end; a circle ends where it began.
    fn end_of_chain(&self, start: &Schema) -> Schema {
        let mut schema = start.clone();
        for _ in 0..64 {
            let reference = match self.normalised(&schema) {
                Some(Value::Object(keywords)) if keywords.len() == 1 => {
                    keywords.get("$ref").and_then(Value::as_str)
                }
                _ => None,
            };
            let Some(reference) = reference else {
                return schema;
            };
            match self.follow(&schema.document, reference) {
                Some(next) => schema = next,
                None => return schema,
            }
        }
        start.clone()
    }
}

//! Schemas: a place in a document, normalised to JSON Schema 2020-12, compiled once and shared
//! (owner of [`Schema`] and [`Schemas`]).

use std::sync::Arc;

use serde_json::Value;

/// A handle to one schema of the contract. Cheap to clone; equal handles share their validator.
#[derive(Debug, Clone)]
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

/// One reason why a value is not valid.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    /// Where in the value, as a JSON pointer; empty for the whole.
    pub instance: String,
    /// Where in the schema, as a JSON pointer from its root.
    pub schema: String,
    /// The keyword that says no.
    pub keyword: String,
    /// The reason, without more of the value than a short excerpt.
    pub message: String,
}

/// Every schema of a contract: normalised documents, and validators compiled on first use.
#[derive(Debug, Default)]
pub struct Schemas {}

impl Schemas {
    /// The schema itself, normalised to 2020-12, `$ref`s as they stand.
    #[must_use]
    pub fn normalised(&self, _schema: &Schema) -> Option<&Value> {
        None
    }

    /// Judges a value. `format` is asserted.
    #[must_use]
    pub fn validate(&self, _schema: &Schema, _value: &Value) -> Validity {
        Validity::Unjudgeable(String::new())
    }
}

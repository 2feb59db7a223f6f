//! The generator as a whole: a real validator judges what it makes.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests say what they expect"
)]

mod corpus;
mod keywords;
mod laws;

use serde_json::Value;

use super::*;

/// One document that refers to itself only.
pub(super) struct Document(pub(super) Value);

impl Resolver for Document {
    fn resolve<'a>(&'a self, _base: &str, reference: &str) -> Option<(&'a str, &'a Value)> {
        let pointer = reference
            .strip_prefix('#')?
            .replace("%25", "%")
            .replace("%22", "\"");
        self.0.pointer(&pointer).map(|schema| ("", schema))
    }
}

/// The validator that the contract uses, formats asserted.
pub(super) struct Strict(pub(super) jsonschema::Validator);

impl Judge for Strict {
    fn is_valid(&self, value: &Value) -> Option<bool> {
        Some(self.0.is_valid(value))
    }
}

pub(super) fn strict(schema: &Value) -> Strict {
    Strict(
        jsonschema::options()
            .with_draft(jsonschema::Draft::Draft202012)
            .should_validate_formats(true)
            .offline()
            .build(schema)
            .unwrap_or_else(|e| panic!("{e}: {schema}")),
    )
}

/// Runs a test with a generator for a schema.
pub(super) fn with<T>(
    schema: &Value,
    place: Place,
    run: impl FnOnce(&Generator<'_>, &Strict) -> T,
) -> T {
    let document = Document(schema.clone());
    let judge = strict(schema);
    let source = Source {
        schema: &document.0,
        base: "",
        resolver: &document,
        judge: &judge,
        direction: Direction::Request,
        place,
    };
    run(&Generator::new(source), &judge)
}

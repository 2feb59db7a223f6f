//! How fast bodies are made and confirmed: a run is to wait for the target, never for its own values.
//!
//! `body_40` has forty properties in nested objects; the aim is 20,000 of them a second on one core, confirmed.
#![allow(
    clippy::disallowed_methods,
    reason = "a test starts programs and reads files"
)]

use divan::Bencher;
use divan::counter::ItemsCount;
use muster_core::generate::{
    Direction, Generator, Judge, Place, Resolver, Rng, Source, Style, rng,
};
use serde_json::{Value, json};

fn main() {
    divan::main();
}

struct Document(Value);

impl Resolver for Document {
    fn resolve<'a>(&'a self, _base: &str, reference: &str) -> Option<(&'a str, &'a Value)> {
        self.0
            .pointer(reference.strip_prefix('#')?)
            .map(|schema| ("", schema))
    }
}

struct Strict(jsonschema::Validator);

impl Judge for Strict {
    fn is_valid(&self, value: &Value) -> Option<bool> {
        Some(self.0.is_valid(value))
    }
}

/// Forty properties in nested objects, with the keywords that contracts use.
fn body_40() -> Value {
    let person = json!({
        "type": "object",
        "required": ["surname", "date_of_birth", "address"],
        "additionalProperties": false,
        "properties": {
            "title": {"type": "string", "enum": ["Mr", "Mrs", "Ms", "Dr", "Mx"]},
            "surname": {"type": "string", "minLength": 1, "maxLength": 35},
            "forename": {"type": "string", "maxLength": 35},
            "middle_name": {"type": ["string", "null"], "maxLength": 35},
            "date_of_birth": {"type": "string", "format": "date"},
            "pnc_id": {"type": "string", "pattern": r"^\d{4}/\d{7}[A-Z]$"},
            "height_cm": {"type": "integer", "minimum": 30, "maximum": 250},
            "risk": {"type": "number", "minimum": 0, "maximum": 1},
            "address": {
                "type": "object",
                "required": ["line_1", "postcode"],
                "properties": {
                    "line_1": {"type": "string", "maxLength": 60},
                    "line_2": {"type": "string", "maxLength": 60},
                    "town": {"type": "string"},
                    "postcode": {"type": "string", "maxLength": 8},
                    "easting": {"type": "integer", "minimum": 0, "maximum": 700_000},
                },
            },
        },
    });
    json!({
        "type": "object",
        "required": ["id", "created", "suspect", "offence"],
        "properties": {
            "id": {"type": "string", "format": "uuid"},
            "created": {"type": "string", "format": "date-time"},
            "urn": {"type": "string", "pattern": "^[0-9]{2}[A-Z0-9]{2}[0-9]{7}$"},
            "status": {"type": "string", "enum": ["OPEN", "CLOSED", "FILED"]},
            "domestic": {"type": "boolean"},
            "suspect": {"$ref": "#/$defs/person"},
            "victim": {"$ref": "#/$defs/person"},
            "offence": {
                "type": "object",
                "required": ["code"],
                "properties": {
                    "code": {"type": "string", "pattern": "^[A-Z]{2}[0-9]{5}[A-Z]?$"},
                    "wording": {"type": "string", "maxLength": 2_500},
                    "count": {"type": "integer", "minimum": 1, "maximum": 99},
                    "from": {"type": "string", "format": "date"},
                    "to": {"type": "string", "format": "date"},
                },
            },
        },
        "$defs": {"person": person},
    })
}

fn measure(bencher: Bencher<'_, '_>, work: impl Fn(&Generator<'_>, &mut Rng) + Sync) {
    let document = Document(body_40());
    let validator = jsonschema::options()
        .should_validate_formats(true)
        .offline()
        .build(&document.0);
    let Ok(validator) = validator else { return };
    let judge = Strict(validator);
    let source = Source {
        schema: &document.0,
        base: "",
        resolver: &document,
        judge: &judge,
        direction: Direction::Request,
        place: Place::Body,
    };
    let generator = Generator::new(source);
    let mut rng = rng(1, "bench");
    bencher
        .counter(ItemsCount::new(1_usize))
        .bench_local(|| work(&generator, &mut rng));
}

#[divan::bench(args = [Style::Simple, Style::Plain, Style::Varied])]
fn valid(bencher: Bencher<'_, '_>, style: Style) {
    measure(bencher, |generator, rng| {
        divan::black_box(generator.valid(rng, style).is_ok());
    });
}

#[divan::bench]
fn fifty_invalids(bencher: Bencher<'_, '_>) {
    measure(bencher, |generator, rng| {
        divan::black_box(generator.invalids(50, rng).len());
    });
}

#[divan::bench]
fn hundred_boundaries(bencher: Bencher<'_, '_>) {
    measure(bencher, |generator, _| {
        divan::black_box(generator.boundaries(100).len());
    });
}

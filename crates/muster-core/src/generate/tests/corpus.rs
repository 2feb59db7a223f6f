//! The schemas of the JSON Schema Test Suite: what can be satisfied is, and what cannot is told so.

use serde::Deserialize;

use super::*;

#[derive(Deserialize)]
struct Group {
    file: String,
    description: String,
    satisfiable: bool,
    schema: Value,
}

/// Schemas that have a valid instance which the generator does not find.
const BEYOND: &[(&str, &str)] = &[(
    "collect annotations inside a 'not', even if collection is disabled",
    "a not over unevaluatedProperties asks for annotations that the local filter does not follow",
)];

#[test]
fn the_test_suites_schemas_are_satisfied() {
    let groups: Vec<Group> =
        serde_json::from_str(include_str!("json-schema-test-suite/schemas.json")).unwrap();
    assert!(groups.len() > 250);
    let mut wrong = Vec::new();
    for group in &groups {
        let name = format!("{}: {}", group.file, group.description);
        with(&group.schema, Place::Body, |generator, judge| {
            let mut missing = 0;
            for style in [Style::Simple, Style::Plain, Style::Varied] {
                match generator.valid(&mut rng(1, "corpus"), style) {
                    Ok(value) => assert!(judge.0.is_valid(&value), "{name}: {value}"),
                    Err(_) => missing += 1,
                }
            }
            for boundary in generator.boundaries(20) {
                assert!(judge.0.is_valid(&boundary.value), "{name}: {boundary:?}");
            }
            for invalid in generator.invalids(20, &mut rng(1, "corpus")) {
                assert!(!judge.0.is_valid(&invalid.value), "{name}: {invalid:?}");
            }
            let beyond = BEYOND
                .iter()
                .any(|(description, _)| *description == group.description);
            if group.satisfiable && !beyond && missing > 0 {
                wrong.push(name.clone());
            }
            if beyond && missing == 0 {
                wrong.push(format!("{name} is found after all: take it off the list"));
            }
        });
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

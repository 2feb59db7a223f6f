//! Each keyword by example: what is drawn, and what is made wrong.

use std::collections::BTreeSet;
use std::time::Instant;

use serde_json::json;

use super::*;
use Mutation::*;

/// Valid values of all styles for a few seeds.
fn values(schema: &Value) -> Vec<Value> {
    with(schema, Place::Body, |generator, _| {
        let styles = [Style::Simple, Style::Plain, Style::Varied];
        let draw = |seed: u64, style| generator.valid(&mut rng(seed, "keyword"), style);
        (0..20)
            .flat_map(|seed| {
                styles.map(|s| draw(seed, s).unwrap_or_else(|e| panic!("{e}: {schema}")))
            })
            .collect()
    })
}

fn kinds(schema: &Value, place: Place) -> BTreeSet<Mutation> {
    with(schema, place, |g, _| {
        g.invalids(200, &mut rng(1, "kinds"))
            .into_iter()
            .map(|i| i.kind)
            .collect()
    })
}

fn refusal(schema: &Value) -> Unsatisfiable {
    let start = Instant::now();
    let refused = with(schema, Place::Body, |g, _| {
        g.valid(&mut rng(1, "refused"), Style::Plain)
    })
    .unwrap_err();
    assert!(
        start.elapsed().as_secs() < 20,
        "{schema} took {:?}",
        start.elapsed()
    );
    refused
}

#[test]
fn each_keyword_is_kept_and_can_be_broken() {
    let table = [
        (
            json!({"type": "string"}),
            vec![WrongType, WrongStructure, Null],
        ),
        (json!({"type": ["string", "null"]}), vec![WrongType]),
        (json!({"type": "integer"}), vec![WrongType, Null]),
        (json!({"type": "boolean"}), vec![WrongType, Null]),
        (json!({"enum": ["A", "B", 3]}), vec![NotInEnum]),
        (json!({"const": "A"}), vec![NotInEnum]),
        (
            json!({"type": "string", "minLength": 3, "maxLength": 5}),
            vec![TooShort, TooLong],
        ),
        (
            json!({"type": "string", "pattern": "^[A-Z]{3}$", "minLength": 3}),
            vec![PatternMismatch],
        ),
        (
            json!({"type": "string", "pattern": "^[a-z ]+$", "minLength": 50, "maxLength": 52}),
            vec![TooShort, TooLong],
        ),
        (json!({"type": "string", "format": "date"}), vec![BadFormat]),
        (
            json!({"type": "string", "format": "unheard-of"}),
            vec![Null],
        ),
        (
            json!({"type": "integer", "minimum": 3, "maximum": 9}),
            vec![BelowMinimum, AboveMaximum],
        ),
        (
            json!({"type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": 0.01}),
            vec![BelowMinimum, AboveMaximum],
        ),
        (
            json!({"type": "number", "multipleOf": 0.01}),
            vec![NotMultiple],
        ),
        (
            json!({"type": "integer", "multipleOf": 7, "minimum": 100}),
            vec![NotMultiple, BelowMinimum],
        ),
        (
            json!({"type": "array", "items": {"type": "integer"}, "minItems": 2, "maxItems": 3}),
            vec![TooFew, TooMany],
        ),
        (
            json!({"type": "array", "items": {"enum": [1, 2, 3]}, "uniqueItems": true, "minItems": 3}),
            vec![NotUnique],
        ),
        (
            json!({"type": "array", "prefixItems": [{"type": "string"}, {"const": 1}], "items": false, "minItems": 2}),
            vec![WrongType],
        ),
        (
            json!({"type": "array", "items": {"type": "integer"}, "contains": {"minimum": 5}, "minContains": 2, "maxContains": 3}),
            vec![WrongStructure],
        ),
        (
            json!({"type": "object", "required": ["a"], "properties": {"a": {"type": "string"}}}),
            vec![MissingRequired],
        ),
        (
            json!({"type": "object", "properties": {"a": {}}, "additionalProperties": false}),
            vec![ExtraProperty],
        ),
        (
            json!({"type": "object", "allOf": [{"properties": {"a": {}}}, {"properties": {"b": {}}}], "unevaluatedProperties": false}),
            vec![ExtraProperty],
        ),
        (
            json!({"type": "object", "additionalProperties": {"type": "integer"}, "minProperties": 1}),
            vec![TooFew],
        ),
        (
            json!({"type": "object", "patternProperties": {"^n_": {"type": "integer"}}, "additionalProperties": false, "minProperties": 2}),
            vec![TooFew],
        ),
        (
            json!({"type": "object", "propertyNames": {"pattern": "^[a-z]{3}$"}, "minProperties": 2}),
            vec![TooFew],
        ),
        (
            json!({"type": "object", "properties": {"a": {"type": "string"}, "b": {"type": "string"}}, "dependentRequired": {"a": ["b"]}}),
            vec![MissingRequired],
        ),
        (
            json!({"type": "object", "properties": {"a": {"type": "string"}}, "dependentSchemas": {"a": {"required": ["b"]}}}),
            vec![WrongType],
        ),
        (
            json!({"type": "object", "required": ["k"], "properties": {"k": {"enum": ["x", "y"]}}, "if": {"properties": {"k": {"const": "x"}}}, "then": {"required": ["x"]}, "else": {"required": ["y"]}}),
            vec![MissingRequired, NotInEnum],
        ),
        (
            json!({"allOf": [{"type": "object", "required": ["a"]}, {"properties": {"a": {"type": "integer", "minimum": 4}}}, {"properties": {"a": {"maximum": 4}}}]}),
            vec![BelowMinimum, AboveMaximum],
        ),
        (
            json!({"oneOf": [{"type": "integer", "multipleOf": 3}, {"type": "integer", "multipleOf": 5}]}),
            vec![WrongType, NotMultiple],
        ),
        (
            json!({"anyOf": [{"type": "string", "maxLength": 3}, {"type": "integer", "minimum": 10}]}),
            vec![Null],
        ),
        (
            json!({"type": "string", "not": {"maxLength": 4}}),
            vec![WrongType],
        ),
        (
            json!({"type": "object", "properties": {"a": {}, "b": {}}, "not": {"required": ["a"]}, "required": ["b"]}),
            vec![MissingRequired],
        ),
        (
            json!({"$ref": "#/$defs/n", "minimum": 5, "$defs": {"n": {"type": "integer", "maximum": 6}}}),
            vec![BelowMinimum, AboveMaximum],
        ),
    ];
    for (schema, expected) in table {
        assert_eq!(values(&schema).len(), 60);
        let found = kinds(&schema, Place::Body);
        for kind in expected {
            assert!(found.contains(&kind), "{kind} for {schema}: {found:?}");
        }
    }
}

#[test]
fn each_mistake_is_alone() {
    let schema = json!({
        "type": "object", "required": ["a", "b"],
        "properties": {"a": {"type": "string", "maxLength": 5}, "b": {"type": "integer", "minimum": 1}, "c": {"type": "boolean"}},
    });
    with(&schema, Place::Body, |generator, judge| {
        let invalids = generator.invalids(100, &mut rng(2, "alone"));
        assert!(invalids.len() > 8);
        for invalid in invalids {
            let errors: BTreeSet<_> = judge
                .0
                .iter_errors(&invalid.value)
                .map(|e| e.instance_path().to_string())
                .collect();
            assert_eq!(errors.len(), 1, "{invalid:?}");
            let at = errors.first().unwrap();
            assert!(
                invalid.pointer == *at
                    || (invalid.kind == MissingRequired && invalid.pointer.starts_with(at)),
                "{invalid:?}"
            );
        }
    });
}

#[test]
fn boundaries_stand_on_each_edge() {
    let schema = json!({
        "type": "object", "required": ["id"],
        "properties": {
            "id": {"type": "string", "minLength": 2, "maxLength": 35}, "age": {"type": "integer", "minimum": 10, "maximum": 120},
            "state": {"enum": ["OPEN", "SHUT"]}, "tags": {"type": "array", "items": {"type": "string"}, "maxItems": 4},
        },
    });
    let reasons: Vec<String> = with(&schema, Place::Body, |g, _| {
        g.boundaries(200).into_iter().map(|b| b.reason).collect()
    });
    for expected in [
        "least: only what is required",
        "most: everything that may stand",
        "shortest: /id has 2 characters",
        "longest: /id has 35 characters",
        "just below the longest: /id has 34 characters",
        "lowest: /age is 10",
        "just above the lowest: /age is 11",
        "highest: /age is 120",
        "just below the highest: /age is 119",
        "fewest: /tags has 0 items",
        "most items: /tags has 4 items",
        "absent: without /age",
        "alone: /state is the only optional property",
    ] {
        assert!(
            reasons.iter().any(|r| r == expected),
            "{expected}: {reasons:#?}"
        );
    }
    assert!(
        reasons
            .iter()
            .any(|r| r.starts_with("member: /state is") || r.contains("state is \"SHUT\""))
    );
    assert_eq!(with(&schema, Place::Body, |g, _| g.boundaries(5).len()), 5);
}

#[test]
fn parameters_are_wrong_only_where_text_can_be() {
    assert!(!kinds(&json!({"type": "string"}), Place::Query).contains(&WrongType));
    assert!(kinds(&json!({"type": "string"}), Place::Path).is_empty());
    assert_eq!(
        kinds(&json!({"type": "string", "minLength": 1}), Place::Path),
        BTreeSet::new()
    );
    with(
        &json!({"type": "integer", "minimum": 5}),
        Place::Query,
        |g, _| {
            let all: Vec<_> = g
                .invalids(9, &mut rng(1, "q"))
                .into_iter()
                .map(|i| (i.kind, i.value))
                .collect();
            assert!(
                all.contains(&(WrongType, json!("abc")))
                    && all.contains(&(BelowMinimum, json!("4"))),
                "{all:?}"
            );
        },
    );
    with(&json!({"type": "boolean"}), Place::Header, |g, _| {
        let all = g.invalids(9, &mut rng(1, "q"));
        assert_eq!(all.len(), 1);
        assert_eq!(all[0].value, json!("maybe"));
    });
    // The number 5 is text as well, so it is not outside this list.
    with(&json!({"enum": ["10008", 9]}), Place::Query, |g, _| {
        for invalid in g.invalids(9, &mut rng(1, "q")) {
            assert_ne!(invalid.value, json!("10008"));
        }
    });
}

#[test]
fn a_discriminator_gets_the_value_of_its_branch() {
    let schema = json!({
        "oneOf": [{"$ref": "#/$defs/Cat"}, {"$ref": "#/$defs/Dog"}],
        "discriminator": {"propertyName": "kind", "mapping": {"feline": "#/$defs/Cat"}},
        "$defs": {
            "Cat": {"type": "object", "required": ["kind", "lives"], "properties": {"kind": {"type": "string"}, "lives": {"type": "integer"}}},
            "Dog": {"type": "object", "required": ["kind", "barks"], "properties": {"kind": {"type": "string"}, "barks": {"type": "boolean"}}},
        },
    });
    let mut seen = BTreeSet::new();
    for value in values(&schema) {
        let kind = value["kind"].as_str().unwrap().to_owned();
        assert_eq!(kind == "feline", value.get("lives").is_some(), "{value}");
        assert!(kind == "feline" || kind == "Dog", "{value}");
        seen.insert(kind);
    }
    assert_eq!(seen.len(), 2);
}

#[test]
fn a_discriminator_of_a_parent_makes_its_children() {
    let schema = json!({
        "$ref": "#/$defs/Pet",
        "$defs": {
            "Pet": {
                "type": "object", "required": ["kind"], "properties": {"kind": {"type": "string"}},
                "discriminator": {"propertyName": "kind", "mapping": {"c": "#/$defs/Cat", "d": "#/$defs/Dog"}},
            },
            "Cat": {"allOf": [{"$ref": "#/$defs/Pet"}, {"type": "object", "required": ["lives"], "properties": {"lives": {"type": "integer"}}}]},
            "Dog": {"allOf": [{"$ref": "#/$defs/Pet"}, {"type": "object", "required": ["barks"], "properties": {"barks": {"type": "boolean"}}}]},
        },
    });
    for value in values(&schema) {
        assert_eq!(
            value["kind"] == "c",
            value.get("lives").is_some(),
            "{value}"
        );
        assert_eq!(
            value["kind"] == "d",
            value.get("barks").is_some(),
            "{value}"
        );
    }
}

#[test]
fn recursion_stops() {
    let tree = json!({
        "$ref": "#/$defs/node",
        "$defs": {"node": {"type": "object", "required": ["name", "children"], "properties": {
            "name": {"type": "string"}, "children": {"type": "array", "items": {"$ref": "#/$defs/node"}},
            "parent": {"oneOf": [{"$ref": "#/$defs/node"}, {"type": "null"}]}, "next": {"$ref": "#/$defs/node"},
        }}},
    });
    for value in values(&tree) {
        assert!(value.to_string().len() < 300_000);
    }
    let list = json!({"$ref": "#/$defs/l", "$defs": {"l": {"anyOf": [
        {"type": "object", "required": ["next"], "properties": {"next": {"$ref": "#/$defs/l"}}}, {"type": "null"}]}}});
    assert_eq!(values(&list).len(), 60);
    let endless = json!({"$ref": "#/$defs/e", "$defs": {"e": {"type": "object", "required": ["e"], "properties": {"e": {"$ref": "#/$defs/e"}}}}});
    assert!(refusal(&endless).reason.contains("without end"));
    let broad = json!({"$ref": "#/$defs/e", "$defs": {"e": {"type": "object", "required": ["a", "b", "c"], "properties": {
        "a": {"$ref": "#/$defs/e"}, "b": {"$ref": "#/$defs/e"}, "c": {"anyOf": [{"$ref": "#/$defs/e"}, {"$ref": "#/$defs/e"}]}}}}});
    refusal(&broad);
}

#[test]
fn what_cannot_be_says_why_and_where() {
    for (schema, reason, pointer) in [
        (json!(false), "nothing may stand", ""),
        (
            json!({"type": "string", "allOf": [{"type": "integer"}]}),
            "types exclude",
            "",
        ),
        (
            json!({"type": "object", "required": ["n"], "properties": {"n": {"type": "integer", "minimum": 5, "maximum": 4}}}),
            "between its bounds",
            "/n",
        ),
        (
            json!({"type": "object", "required": ["s"], "properties": {"s": {"type": "string", "pattern": "^(?=.*x).+$"}}}),
            "looks around",
            "/s",
        ),
        (
            json!({"type": "array", "minItems": 1, "items": {"type": "string", "minLength": 10_000_000}}),
            "Muster builds",
            "/0",
        ),
        (
            json!({"type": "array", "minItems": 3, "uniqueItems": true, "items": {"type": "boolean"}}),
            "unlike the others",
            "/2",
        ),
        (
            json!({"enum": [1, 2], "type": "string"}),
            "no listed value",
            "",
        ),
        (
            json!({"type": "object", "required": ["a/b"], "properties": {"a/b": false}}),
            "nothing may stand",
            "/a~1b",
        ),
        (
            json!({"type": "string", "not": {"type": "string", "minLength": 0}}),
            "excluded by not",
            "",
        ),
        (
            json!({"type": "string", "pattern": "^[a-z]{3}$", "minLength": 4}),
            "no text was found",
            "",
        ),
        (
            json!({"type": "object", "minProperties": 3, "additionalProperties": false, "properties": {"a": {}}}),
            "minProperties",
            "",
        ),
    ] {
        let refused = refusal(&schema);
        assert!(refused.reason.contains(reason), "{schema}: {refused}");
        assert_eq!(refused.pointer, pointer, "{schema}: {refused}");
    }
}

#[test]
fn large_limits_cost_nothing() {
    let schema = json!({"type": "object", "properties": {
        "text": {"type": "string", "maxLength": 10_000_000}, "list": {"type": "array", "maxItems": 10_000_000, "items": {}},
        "pattern": {"type": "string", "pattern": "^[a-z]*$", "maxLength": 4_000_000_000_u64}, "nested": {"type": "string", "pattern": "^((a*)*)*$"}}});
    for value in values(&schema) {
        assert!(
            value.to_string().len() < 10_000,
            "{}",
            value.to_string().len()
        );
    }
    with(&schema, Place::Body, |g, _| {
        for boundary in g.boundaries(100) {
            assert!(
                boundary.value.to_string().len() < 500_000,
                "{}",
                boundary.reason
            );
        }
    });
}

#[test]
fn directions_leave_out_what_is_not_theirs() {
    let schema = json!({"type": "object", "required": ["name"], "properties": {
        "id": {"type": "string", "readOnly": true}, "name": {"type": "string"}, "pin": {"$ref": "#/$defs/pin"}},
        "$defs": {"pin": {"type": "string", "writeOnly": true}}});
    let document = Document(schema.clone());
    let judge = strict(&schema);
    for (direction, there, gone) in [
        (Direction::Request, "pin", "id"),
        (Direction::Response, "id", "pin"),
    ] {
        let source = Source {
            schema: &document.0,
            base: "",
            resolver: &document,
            judge: &judge,
            direction,
            place: Place::Body,
        };
        let value = valid(&source, &mut rng(1, "direction"), Style::Plain).unwrap();
        assert!(
            value.get(there).is_some() && value.get(gone).is_none(),
            "{value}"
        );
    }
    // A validator that insists on a required readOnly property has its way.
    let insists = json!({"type": "object", "required": ["id"], "properties": {"id": {"type": "string", "readOnly": true}}});
    assert!(values(&insists).iter().all(|v| v.get("id").is_some()));
}

#[test]
fn simple_values_are_the_schemas_own_examples() {
    let schema = json!({"type": "object", "required": ["a", "b", "c"], "properties": {
        "a": {"type": "string", "example": "AB123"}, "b": {"type": "integer", "default": 7}, "c": {"type": "integer", "example": "no integer"}}});
    let value = with(&schema, Place::Body, |g, _| {
        g.valid(&mut rng(1, "example"), Style::Simple)
    })
    .unwrap();
    assert_eq!(value, json!({"a": "AB123", "b": 7, "c": 1}));
}

#[test]
fn nothing_leaves_unjudged() {
    struct Unsure;
    impl Judge for Unsure {
        fn is_valid(&self, _: &Value) -> Option<bool> {
            None
        }
    }
    let document = Document(json!({"type": "string", "minLength": 2}));
    let source = Source {
        schema: &document.0,
        base: "",
        resolver: &document,
        judge: &Unsure,
        direction: Direction::Request,
        place: Place::Body,
    };
    assert!(
        valid(&source, &mut rng(1, "unsure"), Style::Plain)
            .unwrap_err()
            .reason
            .contains("refused by the validator")
    );
    assert!(boundaries(&source, 10).is_empty());
    assert!(invalids(&source, 10, &mut rng(1, "unsure")).is_empty());
}

#[test]
fn a_reference_to_nowhere_is_told() {
    let document = Document(json!({"$ref": "#/$defs/gone"}));
    let judge = strict(&json!(true));
    let source = Source {
        schema: &document.0,
        base: "",
        resolver: &document,
        judge: &judge,
        direction: Direction::Request,
        place: Place::Body,
    };
    let refused = valid(&source, &mut rng(1, "gone"), Style::Plain).unwrap_err();
    assert_eq!(refused.reason, "the reference #/$defs/gone leads nowhere");
}

#[test]
fn a_pattern_beyond_drawing_is_served_by_its_example() {
    let schema = json!({"type": "string", "pattern": "^(?!BG)[A-Z]{2}[0-9]{6}$", "examples": ["BG123456", "AB123456"]});
    assert!(values(&schema).iter().all(|v| v == "AB123456"));
}

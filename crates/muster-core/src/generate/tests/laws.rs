//! Laws that hold for every schema: random schemas, built to be satisfiable more often than not.

use proptest::prelude::*;
use serde_json::json;

use super::*;

fn scalar() -> impl Strategy<Value = Value> {
    prop_oneof![
        (0_u32..6, 0_u32..30).prop_map(
            |(min, more)| json!({"type": "string", "minLength": min, "maxLength": min + more})
        ),
        prop::sample::select(vec![
            "date",
            "date-time",
            "uuid",
            "email",
            "ipv4",
            "uri",
            "time",
            "hostname"
        ])
        .prop_map(|format| json!({"type": "string", "format": format})),
        prop::sample::select(vec![
            r"^[A-Z]{2}\d{4}$",
            r"\d{3}",
            r"^(a|bb|ccc)+$",
            r"^\w+( \w+)?$",
            "^$|^x"
        ])
        .prop_map(|pattern| json!({"type": "string", "pattern": pattern, "maxLength": 40})),
        (-50_i64..50, 0_i64..100, any::<bool>()).prop_map(|(min, more, integer)| {
            let kind = if integer { "integer" } else { "number" };
            json!({"type": kind, "minimum": min, "maximum": min + more})
        }),
        (prop::sample::select(vec![0.01, 0.5, 3.0, 7.0]), -5_i64..5).prop_map(|(step, above)| {
            json!({"type": "number", "multipleOf": step, "exclusiveMinimum": above})
        }),
        prop::collection::vec(
            prop_oneof![
                Just(json!("A")),
                Just(json!(1)),
                Just(json!(null)),
                Just(json!(true))
            ],
            1..4
        )
        .prop_map(|members| json!({"enum": members})),
        Just(json!({"type": ["integer", "null"]})),
        Just(json!({"type": "boolean"})),
        Just(json!({"const": {"a": [1, 2]}})),
        Just(json!({"not": {"type": ["string", "number"]}})),
        Just(json!(true)),
        Just(json!({})),
    ]
}

fn schema() -> impl Strategy<Value = Value> {
    scalar().prop_recursive(4, 24, 4, |inner| {
        let properties = prop::collection::btree_map("[a-f]", inner.clone(), 0..4);
        prop_oneof![
            (properties.clone(), any::<u8>(), any::<bool>()).prop_map(|(properties, mask, closed)| {
                let names: Vec<_> = properties.keys().enumerate().filter(|(i, _)| mask >> i & 1 == 1).map(|(_, n)| n).collect();
                let mut schema = json!({"type": "object", "properties": properties, "required": names});
                if closed {
                    schema["additionalProperties"] = json!(false);
                }
                schema
            }),
            (inner.clone(), 0_u32..3, 0_u32..3, any::<bool>()).prop_map(|(items, min, more, unique)| {
                json!({"type": "array", "items": items, "minItems": min, "maxItems": min + more, "uniqueItems": unique})
            }),
            prop::collection::vec(inner.clone(), 1..4).prop_map(|branches| json!({"oneOf": branches})),
            prop::collection::vec(inner.clone(), 1..4).prop_map(|branches| json!({"anyOf": branches})),
            prop::collection::vec(inner.clone(), 1..3).prop_map(|parts| json!({"allOf": parts})),
            (inner.clone(), inner.clone(), inner.clone())
                .prop_map(|(a, b, c)| json!({"if": {"properties": {"a": a}}, "then": b, "else": c})),
            (properties, inner.clone()).prop_map(|(properties, rest)| {
                json!({"properties": properties, "patternProperties": {"^x_": rest}, "minProperties": 1, "maxProperties": 6})
            }),
            inner.prop_map(|next| json!({"$defs": {}, "type": "object", "properties": {"value": next, "again": {"$ref": "#"}}})),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_is_made_is_what_it_claims_to_be(schema in schema(), seed in any::<u64>()) {
        with(&schema, Place::Body, |generator, judge| {
            for style in [Style::Simple, Style::Plain, Style::Varied] {
                let first = generator.valid(&mut rng(seed, "law"), style);
                if let Ok(value) = &first {
                    prop_assert!(judge.0.is_valid(value), "{style:?} {value}");
                }
                // The generator remembers what it prepared, never what it drew.
                let bytes = |r: &Result<Value, Unsatisfiable>| r.as_ref().map(Value::to_string).map_err(Clone::clone);
                let again = generator.valid(&mut rng(seed, "law"), style);
                prop_assert_eq!(bytes(&first), bytes(&again));
            }
            let invalids = generator.invalids(12, &mut rng(seed, "wrong"));
            for invalid in &invalids {
                prop_assert!(!judge.0.is_valid(&invalid.value), "{invalid:?}");
            }
            prop_assert_eq!(invalids, generator.invalids(12, &mut rng(seed, "wrong")));
            let boundaries = generator.boundaries(12);
            for boundary in &boundaries {
                prop_assert!(judge.0.is_valid(&boundary.value), "{boundary:?}");
            }
            prop_assert_eq!(boundaries, generator.boundaries(12));
            Ok(())
        })?;
    }

    #[test]
    fn what_has_a_known_value_is_satisfied(value in known(0), seed in any::<u64>()) {
        // A schema drawn from a value is satisfiable for certain, so the generator has no excuse.
        let schema = describe(&value);
        with(&schema, Place::Body, |generator, _| {
            for style in [Style::Simple, Style::Plain, Style::Varied] {
                let made = generator.valid(&mut rng(seed, "known"), style);
                prop_assert!(made.is_ok(), "{style:?} {made:?} {schema}");
            }
            Ok(())
        })?;
    }

    #[test]
    fn a_parameters_text_is_invalid_however_it_is_read(schema in scalar(), seed in any::<u64>()) {
        for place in [Place::Path, Place::Query, Place::Header, Place::Cookie] {
            with(&schema, place, |generator, judge| {
                for invalid in generator.invalids(12, &mut rng(seed, "text")) {
                    let text = invalid.value.as_str().unwrap_or_else(|| panic!("{invalid:?}"));
                    prop_assert!(!text.is_empty());
                    prop_assert!(!judge.0.is_valid(&invalid.value), "{invalid:?}");
                    if let Ok(read) = serde_json::from_str::<Value>(text) {
                        prop_assert!(!judge.0.is_valid(&read), "{invalid:?}");
                    }
                }
                if let Ok(Value::String(text)) = generator.valid(&mut rng(seed, "text"), Style::Varied) {
                    prop_assert!(fill::expressible(place, &text), "{text:?}");
                }
                Ok(())
            })?;
        }
    }
}

fn known(depth: u32) -> BoxedStrategy<Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        (-1_000_i64..1_000).prop_map(Value::from),
        (-1_000_i64..1_000).prop_map(|n| json!(n as f64 / 100.0)),
        "[a-zA-Z0-9 ]{0,12}".prop_map(Value::from),
    ];
    if depth == 3 {
        return leaf.boxed();
    }
    prop_oneof![
        leaf,
        prop::collection::vec(known(depth + 1), 0..4).prop_map(Value::from),
        prop::collection::btree_map("[a-h]{1,3}", known(depth + 1), 0..5).prop_map(|m| json!(m)),
    ]
    .boxed()
}

/// A narrow schema that the value satisfies.
fn describe(value: &Value) -> Value {
    match value {
        Value::Null => json!({"type": "null"}),
        Value::Bool(_) => json!({"type": "boolean", "const": value}),
        Value::Number(n) => {
            let low = n.as_f64().unwrap();
            json!({"type": "number", "minimum": low, "maximum": low, "multipleOf": 0.01})
        }
        Value::String(text) => {
            let length = text.chars().count();
            json!({"type": "string", "minLength": length, "maxLength": length, "pattern": "^[a-zA-Z0-9 ]*$"})
        }
        Value::Array(items) if items.is_empty() => json!({"type": "array", "maxItems": 0}),
        Value::Array(items) => json!({
            "type": "array", "prefixItems": items.iter().map(describe).collect::<Vec<_>>(), "items": false,
            "minItems": items.len(),
        }),
        Value::Object(map) => json!({
            "type": "object", "additionalProperties": false, "minProperties": map.len(),
            "properties": map.iter().map(|(k, v)| (k.clone(), describe(v))).collect::<serde_json::Map<_, _>>(),
        }),
    }
}

//! Keywords whose meaning changed since a schema's dialect, rewritten one object at a time.

use serde_json::{Map, Value, json};

use super::keywords::Rules;

/// Rewrites the keywords of one schema object whose meaning changed since its dialect.
pub(super) fn modernise(schema: &mut Map<String, Value>, rules: Rules) {
    if rules == Rules::OpenApi30
        && schema.get("nullable") == Some(&Value::Bool(true))
        && let Some(Value::String(name)) = schema.get("type")
    {
        let types = json!([name, "null"]);
        schema.insert("type".into(), types);
    }
    if rules.boolean_bounds() {
        for (exclusive, bound) in [
            ("exclusiveMinimum", "minimum"),
            ("exclusiveMaximum", "maximum"),
        ] {
            match schema.get(exclusive) {
                Some(Value::Bool(true)) => {
                    schema.shift_remove(exclusive);
                    if let Some(limit) = schema.shift_remove(bound) {
                        schema.insert(exclusive.into(), limit);
                    }
                }
                Some(Value::Bool(false)) => {
                    schema.shift_remove(exclusive);
                }
                _ => {}
            }
        }
    }
    if rules > Rules::OpenApi30 && rules < Rules::Draft2020 {
        if schema.get("items").is_some_and(Value::is_array) {
            if let Some(prefix) = schema.shift_remove("items") {
                schema.insert("prefixItems".into(), prefix);
            }
            if let Some(rest) = schema.shift_remove("additionalItems") {
                schema.insert("items".into(), rest);
            }
        }
        if let Some(Value::Object(dependencies)) = schema.shift_remove("dependencies") {
            let (names, schemas): (Map<_, _>, Map<_, _>) = dependencies
                .into_iter()
                .partition(|(_, dependency)| dependency.is_array());
            if !names.is_empty() {
                schema.insert("dependentRequired".into(), names.into());
            }
            if !schemas.is_empty() {
                schema.insert("dependentSchemas".into(), schemas.into());
            }
        }
    }
    bound_numbers(schema);
}

/// The keyword of a normalised schema whose null the document may or may not mean: no value is judged by it, and
/// none is made with it.
pub const UNDECIDED_NULL: &str = "x-muster-null";

/// Takes null where `nullable: true` stands beside keywords that exclude null by the letter (OpenAPI 3.0.3 gives it
/// no effect without `type`, and none on `enum`; later versions none at all) and everybody who writes it means null.
///
/// Every keyword stays where it is, so that pointers into the schema hold.
pub(super) fn admit_null(schema: &mut Map<String, Value>, admits: &impl Fn(&str) -> bool) {
    let undecided_null = json!({ "type": "null", UNDECIDED_NULL: true });
    if let Some(reference) = schema.get("$ref").and_then(Value::as_str) {
        if !admits(reference)
            && let Some(reference) = schema.shift_remove("$ref")
        {
            schema.insert(
                "anyOf".into(),
                json!([{ "$ref": reference }, undecided_null]),
            );
        }
        return;
    }
    let mut undecided = false;
    match schema.get_mut("type") {
        Some(Value::Array(names)) if !names.iter().any(|name| name == "null") => {
            names.push("null".into());
            undecided = true;
        }
        Some(Value::String(name)) if name != "null" => {
            let types = json!([name, "null"]);
            schema.insert("type".into(), types);
            undecided = true;
        }
        _ => {}
    }
    if let Some(only) = schema.get("const").filter(|only| !only.is_null()).cloned() {
        schema.shift_remove("const");
        schema.insert("enum".into(), Value::Array(vec![only]));
    }
    if let Some(Value::Array(values)) = schema.get_mut("enum")
        && !values.contains(&Value::Null)
    {
        values.push(Value::Null);
        undecided = true;
    }
    if undecided {
        schema.insert(UNDECIDED_NULL.into(), true.into());
    }
    if let Some(Value::Array(parts)) = schema.get_mut("allOf") {
        for part in parts.iter_mut().filter_map(Value::as_object_mut) {
            admit_null(part, admits);
        }
    }
    for keyword in ["oneOf", "anyOf"] {
        if let Some(Value::Array(parts)) = schema.get_mut(keyword)
            && !parts.iter().any(|part| takes_null(part, admits))
        {
            parts.push(undecided_null.clone());
        }
    }
}

/// Whether an alternative plainly takes null.
fn takes_null(part: &Value, admits: &impl Fn(&str) -> bool) -> bool {
    let Value::Object(part) = part else {
        return part == &Value::Bool(true);
    };
    if let Some(reference) = part.get("$ref").and_then(Value::as_str) {
        return admits(reference);
    }
    let by_type = match part.get("type") {
        Some(Value::String(name)) => name == "null",
        Some(Value::Array(names)) => names.iter().any(|name| name == "null"),
        _ => !["enum", "const", "allOf", "oneOf", "anyOf", "not"]
            .iter()
            .any(|keyword| part.contains_key(*keyword)),
    };
    let by_value = match part.get("enum") {
        Some(Value::Array(values)) => values.contains(&Value::Null),
        _ => part.get("const").is_none_or(Value::is_null),
    };
    by_type && by_value
        || ["oneOf", "anyOf"].iter().any(|keyword| {
            let alternatives = part.get(*keyword).and_then(Value::as_array);
            alternatives
                .into_iter()
                .flatten()
                .any(|part| takes_null(part, admits))
        })
}

/// The range of a number format becomes bounds, since formats judge text only.
fn bound_numbers(schema: &mut Map<String, Value>) {
    let numeric = match schema.get("type") {
        Some(Value::String(name)) => is_numeric(name),
        Some(Value::Array(names)) => names.iter().filter_map(Value::as_str).any(is_numeric),
        _ => false,
    };
    let Some((low, high)) = schema
        .get("format")
        .and_then(Value::as_str)
        .filter(|_| numeric)
        .and_then(range)
    else {
        return;
    };
    let tighter = |keywords: [&str; 2], limit: f64, below: bool| {
        keywords.into_iter().any(|keyword| {
            schema.get(keyword).is_some_and(|own| match own.as_f64() {
                Some(own) if below => own >= limit,
                Some(own) => own <= limit,
                None => true,
            })
        })
    };
    let (low_number, high_number) = (
        low.as_f64().unwrap_or(f64::MIN),
        high.as_f64().unwrap_or(f64::MAX),
    );
    let keep_low = tighter(["minimum", "exclusiveMinimum"], low_number, true);
    let keep_high = tighter(["maximum", "exclusiveMaximum"], high_number, false);
    if !keep_low {
        schema.insert("minimum".into(), low);
    }
    if !keep_high {
        schema.insert("maximum".into(), high);
    }
}

fn is_numeric(name: &str) -> bool {
    name == "integer" || name == "number"
}

/// The range of a number format of OpenAPI.
pub(super) fn range(format: &str) -> Option<(Value, Value)> {
    match format {
        "int8" => Some((json!(i8::MIN), json!(i8::MAX))),
        "uint8" => Some((json!(u8::MIN), json!(u8::MAX))),
        "int16" => Some((json!(i16::MIN), json!(i16::MAX))),
        "uint16" => Some((json!(u16::MIN), json!(u16::MAX))),
        "int32" => Some((json!(i32::MIN), json!(i32::MAX))),
        "uint32" => Some((json!(u32::MIN), json!(u32::MAX))),
        "int64" => Some((json!(i64::MIN), json!(i64::MAX))),
        "uint64" => Some((json!(u64::MIN), json!(u64::MAX))),
        "float" => Some((json!(f64::from(f32::MIN)), json!(f64::from(f32::MAX)))),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contract::{Contract, Validity};

    /// Whether null and `high` are valid by `components/schemas/It`.
    fn judged(openapi: &str, it: Value) -> (bool, bool) {
        let contract = Contract::from_value(json!({
            "openapi": openapi, "info": {"title": "T", "version": "1"}, "paths": {},
            "components": {"schemas": {
                "It": it,
                "Level": {"type": "string", "enum": ["low", "high"]},
                "Open": {"type": "string", "nullable": true, "enum": ["low", "high"]},
            }},
        }))
        .unwrap();
        let schema = contract.schemas.component("It").unwrap();
        let is = |value: Value| contract.schemas.validate(schema, &value) == Validity::Valid;
        assert!(!is(json!(7)), "{:?}", contract.schemas.normalised(schema));
        (is(Value::Null), is(json!("high")))
    }

    #[test]
    fn null_is_taken_where_nullable_stands_beside_other_keywords() {
        let level = json!({"$ref": "#/components/schemas/Level"});
        let open = json!({"$ref": "#/components/schemas/Open"});
        for (openapi, it) in [
            ("3.0.3", json!({"nullable": true, "allOf": [level]})),
            ("3.0.3", json!({"nullable": true, "oneOf": [level]})),
            ("3.0.3", json!({"nullable": true, "anyOf": [level]})),
            ("3.0.3", json!({"nullable": true, "oneOf": [open]})),
            (
                "3.0.3",
                json!({"nullable": true, "$ref": "#/components/schemas/Level"}),
            ),
            ("3.0.3", json!({"nullable": true, "enum": ["low", "high"]})),
            (
                "3.0.3",
                json!({"nullable": true, "type": "string", "enum": ["low", "high"]}),
            ),
            (
                "3.0.3",
                json!({"nullable": true, "allOf": [{"type": "string"}, {"maxLength": 4}]}),
            ),
            ("3.1.0", json!({"nullable": true, "type": "string"})),
            ("3.1.0", json!({"nullable": true, "allOf": [level]})),
        ] {
            assert_eq!(judged(openapi, it.clone()), (true, true), "{openapi} {it}");
        }
        assert_eq!(judged("3.0.3", level), (false, true));
    }
}

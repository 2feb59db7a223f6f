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
        if let Some(Value::Array(values)) = schema.get_mut("enum")
            && !values.contains(&Value::Null)
        {
            values.push(Value::Null);
        }
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

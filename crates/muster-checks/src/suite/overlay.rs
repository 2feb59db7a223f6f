//! JSON Merge Patch (RFC 7396) and JSON Patch (RFC 6902).

use serde_json::Value;

/// Applies a merge patch.
pub(super) fn merge(target: &mut Value, patch: &Value) {
    let Value::Object(changes) = patch else {
        *target = patch.clone();
        return;
    };
    if !target.is_object() {
        *target = Value::Object(serde_json::Map::new());
    }
    if let Value::Object(members) = target {
        for (name, change) in changes {
            if change.is_null() {
                members.shift_remove(name);
            } else {
                merge(members.entry(name.clone()).or_insert(Value::Null), change);
            }
        }
    }
}

/// Applies a patch, all of it or nothing.
///
/// # Errors
/// The first operation that cannot be done, with its number and the reason.
pub(super) fn patch(target: &mut Value, operations: &Value) -> Result<(), String> {
    let operations = operations
        .as_array()
        .ok_or("a JSON Patch is a list of operations")?;
    let mut changed = target.clone();
    for (index, operation) in operations.iter().enumerate() {
        one(&mut changed, operation)
            .map_err(|reason| format!("operation {} of the patch: {reason}", index + 1))?;
    }
    *target = changed;
    Ok(())
}

fn one(target: &mut Value, operation: &Value) -> Result<(), String> {
    let text = |name: &str| {
        operation
            .get(name)
            .and_then(Value::as_str)
            .ok_or_else(|| format!("it has no `{name}`"))
    };
    let value = || {
        operation
            .get("value")
            .cloned()
            .ok_or_else(|| "it has no `value`".to_owned())
    };
    let path = text("path")?;
    match text("op")? {
        "add" => add(target, path, value()?),
        "remove" => remove(target, path).map(|_| ()),
        "replace" => {
            let new = value()?;
            *target.pointer_mut(path).ok_or_else(|| nothing_at(path))? = new;
            Ok(())
        }
        "move" => {
            let from = text("from")?;
            if path.starts_with(&format!("{from}/")) {
                return Err(format!("`{from}` cannot be moved into itself"));
            }
            let moved = remove(target, from)?;
            add(target, path, moved)
        }
        "copy" => {
            let from = text("from")?;
            let copied = target
                .pointer(from)
                .cloned()
                .ok_or_else(|| nothing_at(from))?;
            add(target, path, copied)
        }
        "test" => {
            let found = target.pointer(path).ok_or_else(|| nothing_at(path))?;
            if super::matcher::equal(found, &value()?) {
                Ok(())
            } else {
                Err(format!("`{path}` is another value"))
            }
        }
        other => Err(format!("there is no operation `{other}`")),
    }
}

fn nothing_at(path: &str) -> String {
    format!("nothing is at `{path}`")
}

fn split(path: &str) -> Option<(&str, String)> {
    let (parent, last) = path.rsplit_once('/')?;
    Some((parent, last.replace("~1", "/").replace("~0", "~")))
}

fn add(target: &mut Value, path: &str, value: Value) -> Result<(), String> {
    let Some((parent, last)) = split(path) else {
        *target = value;
        return Ok(());
    };
    match target.pointer_mut(parent) {
        Some(Value::Object(members)) => {
            members.insert(last, value);
            Ok(())
        }
        Some(Value::Array(items)) => {
            let index = if last == "-" {
                Some(items.len())
            } else {
                last.parse().ok()
            };
            match index.filter(|index| *index <= items.len()) {
                Some(index) => {
                    items.insert(index, value);
                    Ok(())
                }
                None => Err(format!("the list at `{parent}` has no place `{last}`")),
            }
        }
        _ => Err(nothing_at(parent)),
    }
}

fn remove(target: &mut Value, path: &str) -> Result<Value, String> {
    let Some((parent, last)) = split(path) else {
        return Ok(target.take());
    };
    let removed = match target.pointer_mut(parent) {
        Some(Value::Object(members)) => members.shift_remove(&last),
        Some(Value::Array(items)) => last
            .parse()
            .ok()
            .filter(|index: &usize| *index < items.len())
            .map(|index| items.remove(index)),
        _ => None,
    };
    removed.ok_or_else(|| nothing_at(path))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn merges_as_rfc_7396_says() {
        // The table of appendix A.
        for (mut target, change, result) in [
            (json!({"a":"b"}), json!({"a":"c"}), json!({"a":"c"})),
            (json!({"a":"b"}), json!({"b":"c"}), json!({"a":"b","b":"c"})),
            (json!({"a":"b"}), json!({"a":null}), json!({})),
            (json!({"a":["b"]}), json!({"a":"c"}), json!({"a":"c"})),
            (json!({"a":"c"}), json!({"a":["b"]}), json!({"a":["b"]})),
            (
                json!({"a":{"b":"c"}}),
                json!({"a":{"b":"d","c":null}}),
                json!({"a":{"b":"d"}}),
            ),
            (json!(["a", "b"]), json!(["c"]), json!(["c"])),
            (json!({"a":"foo"}), json!(null), json!(null)),
            (json!({"e":null}), json!({"a":1}), json!({"e":null,"a":1})),
            (json!([1, 2]), json!({"a":"b","c":null}), json!({"a":"b"})),
            (
                json!({}),
                json!({"a":{"bb":{"ccc":null}}}),
                json!({"a":{"bb":{}}}),
            ),
        ] {
            merge(&mut target, &change);
            assert_eq!(target, result, "{change}");
        }
    }

    #[test]
    fn patches_as_rfc_6902_says() {
        let cases = [
            (
                json!({"a":[1,2]}),
                json!([{"op":"add","path":"/a/1","value":9}]),
                Some(json!({"a":[1,9,2]})),
            ),
            (
                json!({"a":[1]}),
                json!([{"op":"add","path":"/a/-","value":2}]),
                Some(json!({"a":[1,2]})),
            ),
            (
                json!({"a":[1]}),
                json!([{"op":"add","path":"/a/3","value":2}]),
                None,
            ),
            (
                json!({"a":1}),
                json!([{"op":"replace","path":"/b","value":2}]),
                None,
            ),
            (
                json!({"a":1}),
                json!([{"op":"remove","path":"/a"}]),
                Some(json!({})),
            ),
            (
                json!({"a/b":1}),
                json!([{"op":"move","from":"/a~1b","path":"/c"}]),
                Some(json!({"c":1})),
            ),
            (
                json!({"a":{"b":1}}),
                json!([{"op":"move","from":"/a","path":"/a/b"}]),
                None,
            ),
            (
                json!({"a":1}),
                json!([{"op":"copy","from":"/a","path":"/b"}]),
                Some(json!({"a":1,"b":1})),
            ),
            (
                json!({"a":1}),
                json!([{"op":"test","path":"/a","value":1.0}]),
                Some(json!({"a":1})),
            ),
            (
                json!({"a":1}),
                json!([{"op":"remove","path":"/a"},{"op":"test","path":"/a","value":1}]),
                None,
            ),
            (
                json!({"a":1}),
                json!([{"op":"add","path":"","value":[]}]),
                Some(json!([])),
            ),
            (json!(1), json!({"op":"add"}), None),
        ];
        for (mut target, operations, result) in cases {
            let before = target.clone();
            let done = patch(&mut target, &operations);
            match result {
                Some(result) => assert_eq!(target, result, "{operations}"),
                None => {
                    assert!(done.is_err(), "{operations}");
                    assert_eq!(target, before, "all or nothing: {operations}");
                }
            }
        }
    }
}

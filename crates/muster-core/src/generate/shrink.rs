//! Makes a value smaller while it keeps what matters about it: [`shrink`].

use serde_json::{Map, Number, Value};

use super::limits::SHRINK_TRIES;

/// The smallest value found that still satisfies `keep`: fewer properties and items first, then shorter texts and
/// rounder numbers. A value that does not satisfy `keep` itself comes back as it is. Asks at most
/// [`SHRINK_TRIES`] times, and never again once `keep` gives `None`: then the smallest found so far comes back.
pub fn shrink(value: &Value, keep: &mut dyn FnMut(&Value) -> Option<bool>) -> Value {
    let mut tries = SHRINK_TRIES;
    let mut ask = |candidate: &Value| {
        tries = tries.checked_sub(1)?;
        keep(candidate)
    };
    if ask(value) != Some(true) {
        return value.clone();
    }
    let mut best = value.clone();
    // Each pass walks every place once; a pass that changes nothing ends it.
    while let Some(true) = pass(&mut best, &mut ask) {}
    best
}

type Ask<'k> = dyn FnMut(&Value) -> Option<bool> + 'k;

/// `None` where the tries ran out, else whether anything became smaller.
fn pass(best: &mut Value, ask: &mut Ask<'_>) -> Option<bool> {
    let mut changed = false;
    let mut at = 0;
    loop {
        let places = places(best);
        let Some(pointer) = places.get(at) else {
            return Some(changed);
        };
        changed |= settle(best, pointer, ask)?;
        at += 1;
    }
}

/// Takes the first smaller value at a place that is kept, again and again.
fn settle(best: &mut Value, pointer: &str, ask: &mut Ask<'_>) -> Option<bool> {
    let mut changed = false;
    'again: loop {
        let Some(here) = best.pointer(pointer).cloned() else {
            return Some(changed);
        };
        for smaller in smaller(&here) {
            let mut candidate = best.clone();
            if let Some(slot) = candidate.pointer_mut(pointer) {
                *slot = smaller;
            }
            if ask(&candidate)? {
                *best = candidate;
                changed = true;
                continue 'again;
            }
        }
        return Some(changed);
    }
}

fn places(value: &Value) -> Vec<String> {
    let mut found = Vec::new();
    let mut open = vec![(String::new(), value)];
    while let Some((pointer, value)) = open.pop() {
        match value {
            Value::Object(map) => {
                for (name, value) in map.iter().rev() {
                    let name = name.replace('~', "~0").replace('/', "~1");
                    open.push((format!("{pointer}/{name}"), value));
                }
            }
            Value::Array(items) => {
                for (at, value) in items.iter().enumerate().rev() {
                    open.push((format!("{pointer}/{at}"), value));
                }
            }
            _ => {}
        }
        found.push(pointer);
    }
    found
}

/// Smaller values of the same type, the boldest first. Each is strictly smaller, so that shrinking ends.
fn smaller(value: &Value) -> Vec<Value> {
    match value {
        Value::Null | Value::Bool(false) => Vec::new(),
        Value::Bool(true) => vec![Value::Bool(false)],
        Value::Number(number) => smaller_numbers(number),
        Value::String(text) => smaller_texts(text).into_iter().map(Value::String).collect(),
        Value::Array(items) => {
            let mut out = Vec::new();
            let mut size = items.len();
            while size > 0 {
                for from in (0..items.len()).step_by(size) {
                    let kept = items
                        .iter()
                        .enumerate()
                        .filter(|(at, _)| *at < from || *at >= from + size);
                    out.push(Value::Array(kept.map(|(_, item)| item.clone()).collect()));
                }
                size /= 2;
            }
            out
        }
        Value::Object(map) => {
            let mut out = Vec::new();
            let mut size = map.len();
            while size > 0 {
                for from in (0..map.len()).step_by(size) {
                    let kept = map
                        .iter()
                        .enumerate()
                        .filter(|(at, _)| *at < from || *at >= from + size);
                    out.push(Value::Object(
                        kept.map(|(_, (k, v))| (k.clone(), v.clone()))
                            .collect::<Map<_, _>>(),
                    ));
                }
                size /= 2;
            }
            out
        }
    }
}

fn smaller_numbers(number: &Number) -> Vec<Value> {
    if let Some(n) = number.as_i64() {
        let mut out: Vec<i64> = vec![0];
        if n < 0 {
            out.extend(n.checked_neg());
        }
        out.extend([n / 2, n - n.signum()]);
        // A negative number counts as larger than its positive twin, or the two would swap for ever.
        let size = |n: i64| (n.unsigned_abs(), n < 0);
        out.retain(|m| size(*m) < size(n));
        out.dedup();
        return out.into_iter().map(Value::from).collect();
    }
    let float = number.as_f64().unwrap_or(0.0);
    let whole = float.trunc();
    let mut out = vec![Value::from(0)];
    if whole.abs() < 9e15 {
        out.push(Value::from(whole as i64));
    }
    out
}

fn smaller_texts(text: &str) -> Vec<String> {
    let chars: Vec<char> = text.chars().collect();
    let mut out = Vec::new();
    let mut size = chars.len();
    while size > 0 {
        // Long texts are cut in a few bold ways, not at each of a hundred thousand places.
        for from in (0..chars.len()).step_by(size).take(32) {
            out.push(
                chars
                    .iter()
                    .enumerate()
                    .filter(|(at, _)| *at < from || *at >= from + size)
                    .map(|(_, c)| *c)
                    .collect(),
            );
        }
        size /= 2;
    }
    let plain: String = chars
        .iter()
        .map(|c| if c.is_ascii_digit() { '0' } else { 'a' })
        .collect();
    let odd = |text: &str| text.chars().filter(|c| *c != 'a' && *c != '0').count();
    if odd(&plain) < odd(text) {
        out.push(plain);
        for (at, c) in chars.iter().enumerate().take(64) {
            if *c != 'a' && *c != '0' {
                out.push(
                    chars
                        .iter()
                        .enumerate()
                        .map(|(i, c)| if i == at { 'a' } else { *c })
                        .collect(),
                );
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_matters_stays_and_the_rest_goes() {
        let value = json!({"id": "x-123", "tags": ["one", "two", "bad!", "four"], "age": 57, "more": {"deep": [1, 2, 3]}});
        let small = shrink(&value, &mut |v| {
            let tags = v.pointer("/tags").and_then(Value::as_array);
            Some(tags.is_some_and(|t| {
                t.iter()
                    .any(|t| t.as_str().is_some_and(|t| t.contains('!')))
            }))
        });
        assert_eq!(small, json!({"tags": ["!"]}));
    }

    #[test]
    fn numbers_go_to_the_edge() {
        let small = shrink(&json!({"n": 7_381, "f": 3.25}), &mut |v| {
            Some(
                v["n"].as_i64().is_some_and(|n| n > 100)
                    && v["f"].as_f64().is_some_and(|f| f > 2.0),
            )
        });
        assert_eq!(small, json!({"n": 101, "f": 3}));
        assert_eq!(
            shrink(&json!(-40), &mut |v| Some(
                v.as_i64().is_some_and(|n| n < 0)
            )),
            json!(-1)
        );
    }

    #[test]
    fn nothing_is_asked_after_the_end() {
        let mut asked = 0;
        let small = shrink(&json!([1, 2, 3, 4]), &mut |v| {
            asked += 1;
            (asked < 4).then(|| v.as_array().is_some_and(|v| v.len() > 1))
        });
        assert_eq!((asked, small), (4, json!([3, 4])));
    }

    #[test]
    fn the_tries_are_bounded_and_a_misfit_is_left_alone() {
        let mut asked = 0;
        let long = json!("z".repeat(50_000));
        shrink(&long, &mut |v| {
            asked += 1;
            Some(v.as_str().is_some_and(|t| t.contains('z')))
        });
        assert!(asked <= SHRINK_TRIES);
        assert_eq!(shrink(&json!([1, 2]), &mut |_| Some(false)), json!([1, 2]));
    }
}

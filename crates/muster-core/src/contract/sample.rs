//! The beginning of a huge value, so that what is wrong with it can be told in bounded time and memory.

use serde_json::{Map, Value};

/// Values that are looked at one by one; a value with no more is taken whole.
const MOST_VALUES: usize = 20_000;
/// Items of an array, and properties of an object, of a value that is not taken whole.
const MOST_CHILDREN: usize = 500;

/// Keywords that speak of what was left out.
const OF_THE_WHOLE: [&str; 9] = [
    "contains",
    "dependentRequired",
    "dependencies",
    "maxContains",
    "minContains",
    "minItems",
    "minProperties",
    "required",
    "unevaluatedItems",
];

/// A value, or its beginning.
pub(super) struct Sample<'v> {
    whole: &'v Value,
    beginning: Option<Value>,
    /// Pointers to the arrays and objects of which something was left out.
    cut: Vec<String>,
}

/// The value itself, where it is not huge.
pub(super) fn of(value: &Value) -> Sample<'_> {
    let mut left = MOST_VALUES;
    if fits(value, &mut left) {
        return Sample {
            whole: value,
            beginning: None,
            cut: Vec::new(),
        };
    }
    let mut taking = Taking {
        left: MOST_VALUES,
        cut: Vec::new(),
    };
    let beginning = taking.beginning(value, &mut String::new());
    Sample {
        whole: value,
        beginning: Some(beginning),
        cut: taking.cut,
    }
}

impl Sample<'_> {
    pub(super) fn value(&self) -> &Value {
        self.beginning.as_ref().unwrap_or(self.whole)
    }

    /// Whether a violation may come of what was left out.
    pub(super) fn made(&self, instance: &str, keyword: &str) -> bool {
        OF_THE_WHOLE.contains(&keyword) && self.cut.iter().any(|cut| cut == instance)
    }
}

fn fits(value: &Value, left: &mut usize) -> bool {
    if *left == 0 {
        return false;
    }
    *left -= 1;
    match value {
        Value::Array(items) => items.iter().all(|item| fits(item, left)),
        Value::Object(members) => members.values().all(|member| fits(member, left)),
        _ => true,
    }
}

struct Taking {
    left: usize,
    cut: Vec<String>,
}

impl Taking {
    fn beginning(&mut self, value: &Value, pointer: &mut String) -> Value {
        self.left = self.left.saturating_sub(1);
        let length = pointer.len();
        match value {
            Value::Array(items) => {
                let mut taken = Vec::new();
                for (index, item) in items.iter().enumerate().take(MOST_CHILDREN) {
                    if self.left == 0 {
                        break;
                    }
                    pointer.push_str(&format!("/{index}"));
                    taken.push(self.beginning(item, pointer));
                    pointer.truncate(length);
                }
                if taken.len() < items.len() {
                    self.cut.push(pointer.clone());
                }
                Value::Array(taken)
            }
            Value::Object(members) => {
                let mut taken = Map::new();
                for (name, member) in members.iter().take(MOST_CHILDREN) {
                    if self.left == 0 {
                        break;
                    }
                    super::pointer::push(pointer, name);
                    taken.insert(name.clone(), self.beginning(member, pointer));
                    pointer.truncate(length);
                }
                if taken.len() < members.len() {
                    self.cut.push(pointer.clone());
                }
                Value::Object(taken)
            }
            one => one.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_value_of_usual_size_is_taken_whole() {
        let value = json!({ "items": vec![json!({ "id": 1 }); 1000] });
        let sample = of(&value);
        assert_eq!(sample.value(), &value);
        assert!(!sample.made("/items", "minItems"));
    }

    #[test]
    fn of_a_huge_value_the_beginning_is_taken() {
        let value = json!({ "total": 1, "items": vec![json!({ "id": 1 }); 300_000] });
        let sample = of(&value);
        let items = sample.value().pointer("/items").and_then(Value::as_array);
        assert_eq!(items.map(Vec::len), Some(MOST_CHILDREN));
        assert!(sample.made("/items", "minItems"));
        assert!(!sample.made("/items/7", "required"));
        assert!(!sample.made("", "required"));
    }

    #[test]
    fn deep_and_wide_values_are_bounded_as_a_whole() {
        let row = Value::Array(vec![Value::Array(vec![json!(1); 400]); 400]);
        let value = Value::Array(vec![row; 3]);
        let mut left = MOST_VALUES + 2;
        assert!(fits(of(&value).value(), &mut left));
    }
}

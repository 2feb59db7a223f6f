//! Values that a server masks instead of sending: `*****`, `[redacted]`, `xxxx1234`.

use serde_json::Value;

/// Characters that stand for hidden ones.
const MASKS: &[char] = &['*', '•', '●', '∙', '·', '█'];

/// Words that stand for a hidden value, whatever brackets are around them.
const WORDS: &[&str] = &[
    "redacted",
    "masked",
    "hidden",
    "secret",
    "filtered",
    "removed",
    "withheld",
    "protected",
];

/// Whether a text stands for a value that is not shown.
#[must_use]
pub(crate) fn is_masked(text: &str) -> bool {
    // Groups of digits, as of a card, are one value.
    let text: String = text.trim().split(['-', ' ']).collect();
    let longest = |is_mask: &dyn Fn(char) -> bool| {
        text.split(|c: char| !is_mask(c))
            .map(|run| run.chars().count())
            .max()
            .unwrap_or(0)
    };
    if longest(&|c| MASKS.contains(&c)) >= 3 {
        return true;
    }
    // Letters hide the beginning or the end, and at most a few characters are shown.
    let crosses = longest(&|c| matches!(c, 'x' | 'X'));
    let outside = text.chars().count() - crosses;
    let at_an_end = |c: Option<char>| c.is_some_and(|c| matches!(c, 'x' | 'X'));
    let begins_or_ends = at_an_end(text.chars().next()) || at_an_end(text.chars().last());
    if crosses >= 4 && begins_or_ends && outside <= 6 {
        return true;
    }
    let text = text.as_str();
    let inner = text.trim_matches(|c: char| "[]<>(){}*_-#$ ".contains(c));
    inner.len() < text.len() && WORDS.iter().any(|word| inner.eq_ignore_ascii_case(word))
        || text.eq_ignore_ascii_case("redacted")
}

/// Whether a value shows nothing: there is none, it is empty, or it is masked.
#[must_use]
pub(crate) fn shows_nothing(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.is_empty() || is_masked(text),
        Value::Array(items) => items.iter().all(shows_nothing),
        Value::Object(members) => members.values().all(shows_nothing),
        Value::Bool(_) | Value::Number(_) => false,
    }
}

/// Whether two values are the same wherever both are shown: a mask stands for any text.
#[must_use]
pub(crate) fn is_same_where_shown(one: &Value, other: &Value) -> bool {
    let hides = |value: &Value| value.as_str().is_some_and(is_masked);
    match (one, other) {
        (Value::Object(one), Value::Object(other)) => {
            one.len() == other.len()
                && one.iter().all(|(name, value)| {
                    other
                        .get(name)
                        .is_some_and(|with| is_same_where_shown(value, with))
                })
        }
        (Value::Array(one), Value::Array(other)) => {
            one.len() == other.len()
                && one
                    .iter()
                    .zip(other)
                    .all(|(value, with)| is_same_where_shown(value, with))
        }
        (Value::String(_), Value::String(_)) => one == other || hides(one) || hides(other),
        _ => one == other,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn masks_are_told_from_values() {
        for masked in [
            "*****",
            "••••1234",
            "xxxx1234",
            "XXXX-XXXX-1234",
            "4111********1111",
            "[redacted]",
            "<hidden>",
            "REDACTED",
            "[FILTERED]",
            "sk_live_***",
        ] {
            assert!(is_masked(masked), "{masked}");
        }
        for value in [
            "",
            "a*b",
            "Maxxxine",
            "hidden",
            "secret",
            "x",
            "xxx",
            "Example of **bold** text",
            "the last four are shown: xxxx in a long sentence",
        ] {
            assert!(!is_masked(value), "{value}");
        }
    }

    #[test]
    fn a_value_of_nothing_but_masks_shows_nothing() {
        assert!(shows_nothing(&json!({"a": null, "b": ["***", ""]})));
        assert!(!shows_nothing(&json!({"a": "***", "b": 0})));
    }

    #[test]
    fn a_mask_stands_for_any_text_and_for_nothing_else() {
        let record = json!({"name": "Zz", "hook": {"url": "https://a.test"}, "keys": ["abc"]});
        let shown = json!({"name": "Zz", "hook": {"url": "*****"}, "keys": ["[redacted]"]});
        assert!(is_same_where_shown(&record, &shown));
        assert!(is_same_where_shown(&shown, &record));
        for other in [
            json!({"name": "Yy", "hook": {"url": "*****"}, "keys": ["[redacted]"]}),
            json!({"name": "Zz", "hook": {"url": "*****"}, "keys": []}),
            json!({"name": "Zz", "hook": "*****", "keys": ["[redacted]"]}),
            json!({"name": "Zz", "hook": {"url": null}, "keys": ["abc"]}),
        ] {
            assert!(!is_same_where_shown(&record, &other), "{other}");
        }
        assert!(!is_same_where_shown(&json!(7), &json!("*****")));
    }
}

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
pub(super) fn is_masked(text: &str) -> bool {
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
pub(super) fn shows_nothing(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.is_empty() || is_masked(text),
        Value::Array(items) => items.iter().all(shows_nothing),
        Value::Object(members) => members.values().all(shows_nothing),
        Value::Bool(_) | Value::Number(_) => false,
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
}

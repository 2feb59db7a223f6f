//! The text of a JSON or YAML document, read with the place of everything in it (owner of [`read`]).

use muster_core::contract::Document;

use super::{contract_json, contract_yaml};

/// Values nest this deep at most.
pub(super) const DEEPEST: usize = 200;

/// Text that is neither JSON nor YAML.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}, column {column}: {message}")]
pub struct SyntaxError {
    /// The line, from 1.
    pub line: usize,
    /// The column, from 1.
    pub column: usize,
    /// What is wrong.
    pub message: String,
}

/// Reads a document: JSON where it begins like JSON and is, YAML otherwise.
///
/// # Errors
/// Where the bytes are no UTF-8 text, or the text is neither JSON nor YAML.
pub fn read(bytes: &[u8]) -> Result<Document, SyntaxError> {
    let text = std::str::from_utf8(bytes).map_err(|error| {
        let before = bytes.get(..error.valid_up_to()).unwrap_or_default();
        SyntaxError {
            line: before.iter().filter(|byte| **byte == b'\n').count() + 1,
            column: before
                .iter()
                .rev()
                .take_while(|byte| **byte != b'\n')
                .count()
                + 1,
            message: "the text is not UTF-8; save it as UTF-8".to_owned(),
        }
    })?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let begin = text.trim_start();
    if !begin.starts_with(['{', '[']) {
        return contract_yaml::read(text);
    }
    contract_json::read(text).or_else(|json| {
        // Flow YAML begins like JSON too, but hardly anyone quotes its keys: with a quote, JSON was
        // meant, and what is wrong with it should be told rather than guessed away.
        if begin
            .split_once('{')
            .is_some_and(|(_, rest)| rest.trim_start().starts_with('"'))
        {
            Err(json)
        } else {
            contract_yaml::read(text).map_err(|_| json)
        }
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests may stop at the first surprise")]

    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::*;

    fn place(document: &Document, pointer: &str) -> Option<(usize, usize)> {
        document.positions.as_ref().unwrap().get(pointer)
    }

    #[test]
    fn yaml_is_read_as_its_author_meant() {
        let text = "\u{feff}version: 1.10\r\ncode: 007\r\nbig: 1_000\r\nyes: no\r\n\
            200: ok\r\nnone: ~\r\nhex: 0x1F\r\nfloat: -1.5e3\r\ndate: 2026-01-02\r\n\
            tagged: !!str 12\r\ntext: \"\\ud83d\\ude00\"\r\n\
            base: &base { a: 1, b: 2 }\r\nown: { <<: *base, b: 3 }\r\nlist:\r\n  - *base\r\n";
        let document = read(text.as_bytes()).unwrap();
        assert_eq!(
            document.value,
            json!({
                "version": 1.1, "code": "007", "big": "1_000", "yes": "no", "200": "ok",
                "none": null, "hex": 31, "float": -1500.0, "date": "2026-01-02", "tagged": "12",
                "text": "😀", "base": { "a": 1, "b": 2 }, "own": { "b": 3, "a": 1 },
                "list": [{ "a": 1, "b": 2 }]
            })
        );
        assert_eq!(place(&document, ""), Some((1, 1)));
        assert_eq!(place(&document, "/code"), Some((2, 1)));
        assert_eq!(place(&document, "/base/b"), Some((12, 21)));
        assert_eq!(place(&document, "/list/0"), Some((15, 5)));
        assert_eq!(place(&document, "/nothing"), None);
    }

    #[test]
    fn json_has_places_and_duplicates() {
        let text = "{\n  \"a\": [1, {\"é\": \"x\", \"b\\n~/\": {}}],\n  \"c\": 1,\n  \"c\": [2]\n}";
        let document = read(text.as_bytes()).unwrap();
        assert_eq!(
            document.value,
            json!({ "a": [1, { "é": "x", "b\n~/": {} }], "c": [2] })
        );
        assert_eq!(place(&document, "/a/1"), Some((2, 12)));
        assert_eq!(place(&document, "/a/1/b\n~0~1"), Some((2, 23)));
        assert_eq!(place(&document, "/c"), Some((4, 3)));
        assert_eq!(place(&document, "/c/0"), Some((4, 9)));
        let duplicate = document.duplicates.first().unwrap();
        assert_eq!((&*duplicate.key, duplicate.line), ("c", 4));
    }

    #[test]
    fn bad_text_is_told_with_its_place() {
        assert_eq!(
            read(b"{ a: 1, b: [c] }").unwrap().value,
            json!({ "a": 1, "b": ["c"] })
        );
        for (text, line, word) in [
            (&b"a: 1\nb: \xff"[..], 2, "UTF-8"),
            (b"{\n  \"a\": }", 2, "JSON"),
            (b"a: [1\n", 1, "YAML"),
            (b"a: *b", 1, "YAML"),
        ] {
            let error = read(text).unwrap_err();
            assert_eq!(error.line, line, "{error}");
            assert!(error.message.contains(word), "{error}");
        }
        assert!(read(&b"[".repeat(100_000)).is_err());
        assert!(read("- ".repeat(100_000).as_bytes()).is_err());
    }

    #[test]
    fn aliases_do_not_grow_without_bound() {
        let mut text = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n".to_owned();
        for level in 1..9 {
            let below = format!("*a{}, ", level - 1).repeat(9);
            text.push_str(&format!("a{level}: &a{level} [{below}]\n"));
        }
        let error = read(text.as_bytes()).unwrap_err();
        assert!(error.message.contains("aliases"), "{error}");
    }

    fn any_value() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            "[ -~]{0,12}".prop_map(Value::from),
            prop::sample::select(&["no", "~", "1.0", "0x1F", "- a", "a: b", "é\n😀"][..])
                .prop_map(Value::from),
        ];
        leaf.prop_recursive(5, 40, 5, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
                prop::collection::btree_map("[ -~]{0,6}", inner, 0..5)
                    .prop_map(|members| Value::Object(members.into_iter().collect())),
            ]
        })
    }

    /// Every pointer of a value.
    fn pointers(value: &Value, at: String, all: &mut Vec<String>) {
        let escape = |key: &str| key.replace('~', "~0").replace('/', "~1");
        match value {
            Value::Object(members) => {
                for (key, member) in members {
                    pointers(member, format!("{at}/{}", escape(key)), all);
                }
            }
            Value::Array(items) => {
                for (index, item) in items.iter().enumerate() {
                    pointers(item, format!("{at}/{index}"), all);
                }
            }
            _ => {}
        }
        all.push(at);
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn json_comes_back_with_every_place(value in any_value()) {
            let object = json!({ "it": value });
            let document = read(serde_json::to_string_pretty(&object).unwrap().as_bytes()).unwrap();
            prop_assert_eq!(&document.value, &object);
            let mut all = Vec::new();
            pointers(&object, String::new(), &mut all);
            for pointer in &all {
                prop_assert!(place(&document, pointer).is_some(), "{}", pointer);
            }
            prop_assert_eq!(all.len(), document.positions.unwrap().len());
        }

        /// Another reader of YAML, and another writer, agree with ours.
        #[test]
        fn yaml_is_what_another_reader_reads(value in any_value()) {
            let object = json!({ "it": value });
            let text = serde_saphyr::to_string(&object).unwrap();
            let document = read(text.as_bytes()).unwrap();
            prop_assert_eq!(&document.value, &object, "{}", text);
            let mut all = Vec::new();
            pointers(&object, String::new(), &mut all);
            for pointer in &all {
                prop_assert!(place(&document, pointer).is_some(), "{}", pointer);
            }
        }

        #[test]
        fn any_text_is_read_to_its_end(text in "[a-z\\[\\]{}:,&*<!|>'\"#?\\- \n\t]{0,80}") {
            let _ = read(text.as_bytes());
        }
    }
}

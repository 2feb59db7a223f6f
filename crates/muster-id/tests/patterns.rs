//! The parsers accept what the published patterns do, no more and no less, check characters apart.
//!
//! The patterns are those of the standards and public systems that each kind names as its source. A parser that says
//! what exactly is wrong is longer than a pattern; this holds the one to the other.
#![allow(clippy::unwrap_used, reason = "a test compiles its own patterns")]

use muster_id::{Kind, Problem, kind};
use proptest::{prelude::*, string::string_regex};
use regex::Regex;

/// Kind and pattern. Letters that are never check letters are part of it where a sum finds them anyway.
const PATTERNS: &[(&str, &str)] = &[
    ("pnc", "([0-9]{2}|[0-9]{4})/?[0-9]{1,7}[A-Z]"),
    ("cro", "[0-9]{1,6}/[0-9]{2}[A-Z]"),
    ("sf-cro", "SF ?[0-9]{2}/[0-9]{1,6}[A-HJ-NP-RT-Z]"),
    (
        "asn",
        "[0-9]{2}[A-Z0-9]{6}[0-9]{11}[A-Z]|[0-9]{2}[A-Z0-9]{7}[0-9]{11}[A-HJ-NP-RT-Z]|\
         [0-9]{2}/[A-Z0-9]{4}/[A-Z0-9]{2}/[0-9]{1,11}[A-Z]",
    ),
    ("court-case", "[0-9]{2}/[0-9]{4}/[0-9]{1,6}[A-HJ-NP-RT-Z]"),
    ("urn", "[A-Z0-9]{4}[0-9]{3,7}"),
    (
        "offence",
        "([A-Z]{2}[0-9]{2}[0-9]{3}|COML[0-9]{3}|XX00[0-9]{3})[ABCI]?",
    ),
    ("station", "[0-9A-Z]{4}"),
    ("ou", "[A-JZ0-9]?[A-Z0-9]{6}"),
    ("nino", "[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z][0-9]{6}[A-D]?"),
    (
        "driver",
        "[A-Z0-9]{5}[0-9][0156][0-9](0[1-9]|[12][0-9]|3[01])[0-9][A-Z0-9]{3}[A-Z]{2}",
    ),
    ("vrm", "[A-Z0-9]{1,11}"),
    (
        "postcode",
        "GIR 0AA|([A-PR-UWYZ][A-HK-Y]?[0-9][0-9]?|[A-PR-UWYZ][0-9][A-HJKSTUW]|\
         [A-PR-UWYZ][A-HK-Y][0-9][ABEHMNPRV-Y]) [0-9][ABD-HJLNP-UW-Z]{2}",
    ),
    ("uprn", "[0-9]{1,12}"),
    ("e164", "\\+[1-9][0-9]{9,14}"),
    ("imei", "[0-9]{15}"),
    ("imsi", "[0-9]{6,15}"),
];

/// What a pattern alone does not say, and the sources do.
fn is_exception(kind: &str, value: &str) -> bool {
    match kind {
        // The letter of some is judged and of others not.
        "sf-cro" => value.ends_with(['I', 'O', 'S']),
        "nino" => {
            let barred = ["BG", "GB", "KN", "NK", "NT", "TN", "ZZ"];
            barred.iter().any(|prefix| value.starts_with(prefix)) || value.contains(' ')
        }
        // A real district that the pattern refuses.
        "postcode" => value.starts_with("N1P"),
        "e164" => value.starts_with("+440"),
        _ => false,
    }
}

/// A value of the pattern, with up to two characters changed, added or taken away.
fn near(pattern: &str) -> impl Strategy<Value = String> + use<> {
    let change = (any::<prop::sample::Index>(), 0..3_u8, "[A-Z0-9/ +-]");
    (
        string_regex(pattern).unwrap(),
        prop::collection::vec(change, 0..3),
    )
        .prop_map(|(value, changes)| {
            let mut characters: Vec<char> = value.chars().collect();
            for (place, what, by) in changes {
                let at = place.index(characters.len() + 1);
                let by = by.chars().next().unwrap_or('0');
                if what == 0 || at == characters.len() {
                    characters.insert(at, by);
                } else if what == 1 {
                    characters.remove(at);
                } else if let Some(character) = characters.get_mut(at) {
                    *character = by;
                }
            }
            let value: String = characters.into_iter().collect();
            // White space around a value never counts.
            value.trim().to_owned()
        })
}

fn is_of_the_shape(kind: &'static Kind, value: &str) -> bool {
    matches!(
        kind.parse(value),
        Ok(_) | Err(Problem::CheckCharacter { .. })
    )
}

#[test]
fn parsers_accept_what_patterns_do() {
    for (id, pattern) in PATTERNS {
        let kind = kind(id).unwrap();
        let whole = Regex::new(&format!("^(?:{pattern})$")).unwrap();
        let config = ProptestConfig {
            failure_persistence: None,
            ..ProptestConfig::with_cases(3_000)
        };
        proptest!(config, |(value in near(pattern))| {
            if !is_exception(id, &value) {
                prop_assert_eq!(
                    is_of_the_shape(kind, &value),
                    whole.is_match(&value),
                    "{} `{}`: {:?}",
                    id,
                    value,
                    kind.parse(&value)
                );
            }
        });
    }
}

#[test]
fn every_kind_has_a_pattern_or_a_list() {
    for kind in muster_id::KINDS {
        let has_pattern = PATTERNS.iter().any(|(id, _)| *id == kind.id);
        assert!(has_pattern || kind.id == "force", "{}", kind.id);
    }
}

//! What holds of every kind in the list.

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::KINDS;
use crate::{Identifier, Kind, Options, Problem, kind};

/// The first value that a kind makes.
fn made(kind: &'static Kind, seed: u64) -> Identifier {
    kind.make(seed).next().unwrap()
}

#[test]
fn names_are_distinct_and_lead_to_their_kind() {
    let mut names = BTreeSet::new();
    for one in KINDS {
        for name in std::iter::once(&one.id).chain(one.aliases) {
            assert!(names.insert(*name), "{name} is the name of two kinds");
            assert_eq!(kind(&name.to_uppercase()), Some(*one));
        }
    }
    assert_eq!(kind("no-such-kind"), None);
}

#[test]
fn every_kind_explains_itself() {
    for one in KINDS {
        let id = one.id;
        for (what, text) in [
            ("title", one.title),
            ("purpose", one.purpose),
            ("check", one.check),
            ("synthetic", one.synthetic),
        ] {
            assert!(!text.is_empty(), "{id} has no {what}");
        }
        for sentence in
            one.rules
                .iter()
                .chain(one.limits)
                .chain([&one.purpose, &one.check, &one.synthetic])
        {
            assert!(sentence.ends_with('.'), "{id}: {sentence}");
            assert!(!sentence.contains("  "), "{id}: {sentence}");
        }
        for list in [
            one.rules.len(),
            one.sources.len(),
            one.valid.len(),
            one.limits.len(),
        ] {
            assert!(list > 0, "{id} leaves something out");
        }
        assert!(
            one.invalid.len() >= 3,
            "{id} shows too little of what is refused"
        );
        let forms: BTreeSet<&str> = one.forms.iter().map(|form| form.name).collect();
        assert_eq!(
            forms.len(),
            one.forms.len(),
            "{id} has two forms of one name"
        );
    }
}

#[test]
fn examples_are_as_they_say() {
    for one in KINDS {
        for value in one.valid {
            assert!(one.parse(value).is_ok(), "{}: {value}", one.id);
        }
        for (value, message) in one.invalid {
            let told = one.parse(value).unwrap_err().to_string();
            assert_eq!(told, *message, "{}: {value}", one.id);
        }
    }
}

#[test]
fn every_form_is_shown_by_a_value() {
    let options = Options::default();
    for one in KINDS {
        let mut shown = BTreeSet::new();
        let examples = one.valid.iter().filter_map(|value| one.parse(value).ok());
        for id in examples.chain(one.make(1).take(50)) {
            shown.extend(id.forms(&options).map(|(form, _)| form.name));
        }
        for form in one.forms {
            assert!(shown.contains(form.name), "{}: {}", one.id, form.name);
        }
    }
}

#[test]
fn as_many_distinct_values_are_made_as_it_says() {
    for one in KINDS {
        let count = usize::try_from(one.capacity.min(50_000)).unwrap();
        let values: BTreeSet<String> = one
            .make(7)
            .take(count)
            .map(|id| id.as_str().to_owned())
            .collect();
        assert_eq!(values.len(), count, "{}", one.id);
    }
}

#[test]
fn the_seed_decides_what_is_made() {
    for one in KINDS {
        let take = |seed| -> Vec<String> {
            one.make(seed)
                .take(3)
                .map(|id| id.as_str().to_owned())
                .collect()
        };
        assert_eq!(take(1), take(1), "{}", one.id);
        assert!((2..30).any(|seed| take(seed) != take(1)), "{}", one.id);
    }
}

#[test]
fn what_is_made_is_synthetic() {
    for (id, start) in [
        ("pnc", "2099/"),
        ("cro", "9"),
        ("sf-cro", "SF95/9"),
        ("asn", "9986ZZ"),
        ("urn", "86ZZ"),
        ("court-case", "99/9999/"),
        ("nino", "NC99"),
        ("driver", "ZZ999"),
        ("e164", "+447700900"),
        ("imsi", "00101"),
        ("imei", "00"),
        ("postcode", "ZY99 "),
        ("vrm", "ZZ00"),
        ("uprn", "999999"),
        ("offence", "ZZ99"),
        ("station", "86"),
        ("ou", "86ZZ"),
    ] {
        let kind = kind(id).unwrap();
        assert!(
            kind.make(3)
                .take(200)
                .all(|made| made.as_str().starts_with(start)),
            "{id}"
        );
    }
}

/// A kind and a value near to what it accepts: a made value in one of its forms, with a few characters changed.
fn near_value() -> impl Strategy<Value = (&'static Kind, String)> {
    let change = (
        any::<prop::sample::Index>(),
        0..4_u8,
        any::<char>(),
        "[ -~]",
    );
    (
        prop::sample::select(KINDS),
        any::<u64>(),
        any::<prop::sample::Index>(),
        prop::collection::vec(change, 0..4),
    )
        .prop_map(|(kind, seed, form, changes)| {
            let forms: Vec<String> = made(kind, seed)
                .forms(&Options::default())
                .map(|(_, text)| text.to_string())
                .collect();
            let mut characters: Vec<char> = form.get(&forms).chars().collect();
            for (place, what, wild, tame) in changes {
                let at = place.index(characters.len() + 1);
                let tame = tame.chars().next().unwrap_or('0');
                match what {
                    0 => characters.insert(at, tame),
                    1 if at < characters.len() => characters[at] = tame,
                    2 if at < characters.len() => {
                        characters.remove(at);
                    }
                    _ => characters.insert(at, wild),
                }
            }
            (kind, characters.into_iter().collect())
        })
}

/// Whatever the value, the parser ends, and what it accepts holds the laws.
fn judge(one: &'static Kind, value: &str) -> Result<(), TestCaseError> {
    let options = Options::default();
    match one.parse(value) {
        Ok(id) => {
            let again = one.parse(id.as_str());
            prop_assert_eq!(again.as_ref(), Ok(&id), "canonical is idempotent");
            prop_assert!(one.parse_canonical(id.as_str()).is_ok());
            prop_assert!(id.form().is_some());
            let mut is_canonical_written = false;
            for (form, text) in id.forms(&options) {
                is_canonical_written |= text.as_str() == id.as_str();
                let read = one.parse(text.as_str());
                prop_assert_eq!(read.as_ref(), Ok(&id), "{} of {}", form.name, value);
                let read = read.map_err(|problem| TestCaseError::fail(problem.to_string()))?;
                prop_assert_eq!(
                    read.form().map(|read| read.name),
                    Some(form.name),
                    "{}",
                    text
                );
            }
            prop_assert!(is_canonical_written, "{} is in none of its forms", id);
            for warning in id.warnings() {
                prop_assert!(!warning.to_string().is_empty());
                prop_assert!(!warning.masked().is_empty());
            }
        }
        Err(problem) => {
            let message = problem.to_string();
            prop_assert!(!message.is_empty() && !message.contains(char::is_control));
            if let Problem::Written { instead, .. } = problem {
                prop_assert!(one.parse_canonical(instead.as_str()).is_ok(), "{}", instead);
            }
            let masked = problem.masked().to_string();
            prop_assert!(!masked.is_empty());
            // Code points of characters that cannot be shown are no digits of the value.
            let masked = masked
                .split("(U+")
                .map(|part| part.split_once(')').map_or(part, |(_, rest)| rest));
            let masked = masked.collect::<String>();
            let digits: Vec<char> = value.chars().filter(char::is_ascii_digit).collect();
            for run in digits.windows(4) {
                let run: String = run.iter().collect();
                prop_assert!(!masked.contains(&run), "{} tells {}", masked, run);
            }
            prop_assert!(problem.fix().ends_with('.'));
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn what_is_made_is_accepted_without_a_warning(
        one in prop::sample::select(KINDS),
        seed in any::<u64>(),
    ) {
        for id in one.make(seed).take(5) {
            prop_assert!(id.warnings().is_empty(), "{} {:?}", id, id.warnings());
            judge(one, id.as_str())?;
        }
    }

    #[test]
    fn letter_case_and_space_around_do_not_count(
        one in prop::sample::select(KINDS),
        seed in any::<u64>(),
    ) {
        let id = made(one, seed);
        let loose = format!("\t {}\u{a0}\n", id.as_str().to_lowercase());
        prop_assert_eq!(one.parse(&loose), Ok(id));
    }

    #[test]
    fn no_text_panics(one in prop::sample::select(KINDS), value in any::<String>()) {
        judge(one, &value)?;
    }

    #[test]
    fn no_text_of_their_characters_panics(
        one in prop::sample::select(KINDS),
        value in "[ /+0-9A-Z-]{0,34}",
    ) {
        judge(one, &value)?;
    }

    #[test]
    fn no_value_near_a_right_one_panics((one, value) in near_value()) {
        judge(one, &value)?;
    }

    #[test]
    fn a_wrong_digit_is_found_by_the_check_character(
        one in prop::sample::select(&["pnc", "cro", "sf-cro", "asn", "imei"][..]),
        seed in any::<u64>(),
        place in any::<prop::sample::Index>(),
        by in 1..10_u8,
    ) {
        let one = kind(one).unwrap();
        let id = made(one, seed);
        let mut bytes = id.as_str().as_bytes().to_vec();
        let digits: Vec<usize> = bytes.iter().enumerate()
            .filter(|(index, byte)| byte.is_ascii_digit() && !outside(one, *index))
            .map(|(index, _)| index)
            .collect();
        let at = *place.get(&digits);
        bytes[at] = b'0' + (bytes[at] - b'0' + by) % 10;
        let value = String::from_utf8(bytes).unwrap();
        let found = one.parse(&value);
        prop_assert!(found.is_err(), "{} after {}", value, id);
    }
}

/// Digits that take no part in the sum, or without which the sum is not judged.
fn outside(one: &Kind, index: usize) -> bool {
    match one.id {
        // The century.
        "pnc" => index < 2,
        // The year, and the size of the serial, decide whether it is judged.
        "sf-cro" => (2..4).contains(&index) || index == 5,
        _ => false,
    }
}

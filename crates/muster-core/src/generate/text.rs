//! Texts that people's names, addresses and statements really hold, and the everyday texts of plain values.

use super::random::{Rng, below, pick};

/// A text with the reason it is worth sending.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sample {
    /// The text itself.
    pub text: &'static str,
    /// What it tries.
    pub tries: &'static str,
}

const fn sample(text: &'static str, tries: &'static str) -> Sample {
    Sample { text, tries }
}

/// Texts that police systems meet and that naive ones lose: a service must give back what it was given.
pub fn police_strings() -> &'static [Sample] {
    const SAMPLES: &[Sample] = &[
        sample("O'Neill", "an apostrophe"),
        sample("O\u{2019}Neill", "a typographic apostrophe"),
        sample("Smythe-Okafor", "a double-barrelled surname"),
        sample("de la Cruz", "a surname of several words"),
        sample("Llŷr Gwyn", "Welsh: y with circumflex"),
        sample("Siân Tŵr", "Welsh: w with circumflex"),
        sample("Łukasz Wójcik", "Polish letters"),
        sample("Đorđe Šarić", "South Slavic letters"),
        sample("Straße", "a letter that grows when upper-cased"),
        sample("İpek Işık", "Turkish dotted and dotless i"),
        sample("Nguyễn Thị Ánh", "stacked Vietnamese accents"),
        sample("Jose\u{301}", "a combining accent (NFD)"),
        sample("Jos\u{e9}", "the same name precomposed (NFC)"),
        sample("محمد أمين", "Arabic, written right to left"),
        sample("שרה לוי", "Hebrew, written right to left"),
        sample("Саша Петренко", "Cyrillic letters"),
        sample("王小明", "Chinese characters"),
        sample("ਹਰਪ੍ਰੀਤ", "Gurmukhi with conjuncts"),
        sample(
            "\u{200f}Ali\u{200e}",
            "right-to-left and left-to-right marks",
        ),
        sample("Ann\u{a0}Lee", "a no-break space"),
        sample("Zoë\u{200d}X", "a zero-width joiner"),
        sample("👮🏽\u{200d}♀️", "an emoji of several code points"),
        sample("𝒜𝓃𝓃", "letters beyond the basic plane"),
        sample("007", "leading zeros"),
        sample("00441632960001", "a number that is text"),
        sample("1e5", "text that looks like a number with an exponent"),
        sample("+44 20 7946 0000", "a leading plus sign"),
        sample("null", "the word null"),
        sample("NaN", "the words not-a-number"),
        sample("true", "the word true"),
        sample("undefined", "the word undefined"),
        sample("None", "the word None"),
        sample("No", "a word that YAML takes for false"),
        sample("2024-02-30", "text that looks like a date"),
        sample(" leading", "a leading space"),
        sample("trailing ", "a trailing space"),
        sample("two  spaces", "two spaces in a row"),
        sample("line\nbreak", "a line break"),
        sample("tab\there", "a tab"),
        sample("\"quoted\"", "double quotes"),
        sample("back\\slash", "a backslash"),
        sample("a/b", "a slash"),
        sample("a&b=c", "characters that queries use"),
        sample("50% off", "a bare percent sign"),
        sample("%41", "text that is already percent-encoded"),
        sample("<b>bold</b>", "characters that markup uses"),
        sample("{{name}}", "characters that templates use"),
        sample("=1+1", "a text that a spreadsheet would run"),
        sample("X Æ A-12", "digits and ligatures in a name"),
        sample("Test", "an everyday word that is a real surname"),
        sample("Null", "a real surname that is a keyword"),
        sample("N", "a name of one letter"),
        sample(
            "Wolfeschlegelsteinhausenbergerdorff-Featherstonehaugh-Cholmondeley-Majoribanks-Auchinleck-Beauchamp",
            "a very long surname",
        ),
    ];
    SAMPLES
}

const FORENAMES: &[&str] = &[
    "Alex", "Robin", "Sam", "Morgan", "Rowan", "Ashley", "Jamie", "Kerry", "Leslie", "Taylor",
];
const SURNAMES: &[&str] = &[
    "Example",
    "Testcase",
    "Sampleton",
    "Mockford",
    "Fixtureham",
    "Demoson",
    "Stubbington",
    "Placeholder",
    "Trialby",
];
const TOWNS: &[&str] = &[
    "Exampleton",
    "Sampleford",
    "Testbury",
    "Mockham",
    "Trialstow",
];

/// An everyday text for a property of this name, of people and places that do not exist.
pub(super) fn everyday(name: &str, rng: &mut Rng) -> Option<String> {
    let tails = tails(name);
    let ends = |endings: &[&str]| endings.iter().any(|e| tails.iter().any(|t| t == e));
    let one = |rng: &mut Rng, list: &[&str]| pick(rng, list).map(|s| (*s).to_owned());
    if ends(&["surname", "lastname", "familyname"]) {
        return one(rng, SURNAMES);
    }
    if ends(&[
        "forename",
        "forenames",
        "firstname",
        "givenname",
        "middlename",
        "forename1",
        "forename2",
        "knownas",
    ]) {
        return one(rng, FORENAMES);
    }
    if ends(&["postcode", "postalcode"]) {
        // ZZ99 is the pseudo-postcode of addresses that are not to be found.
        return Some(format!("ZZ99 {}ZZ", 1 + below(rng, 9)));
    }
    if ends(&[
        "phone",
        "telephone",
        "mobile",
        "phonenumber",
        "telephonenumber",
        "mobilenumber",
    ]) {
        // The range kept free for drama: it rings nowhere.
        return Some(format!("020 7946 0{:03}", below(rng, 1_000)));
    }
    if ends(&["email", "emailaddress"]) {
        return one(rng, FORENAMES).map(|n| format!("{}@example.com", n.to_ascii_lowercase()));
    }
    if ends(&["town", "city", "county"]) {
        return one(rng, TOWNS);
    }
    if ends(&[
        "street",
        "addressline1",
        "address1",
        "line1",
        "line2",
        "address",
    ]) {
        return Some(format!("{} Sample Street", 1 + below(rng, 200)));
    }
    if ends(&["dateofbirth", "dob", "date"]) {
        return Some(format!(
            "{}-{:02}-{:02}",
            1950 + below(rng, 55),
            1 + below(rng, 12),
            1 + below(rng, 28)
        ));
    }
    if ends(&["host", "hostname", "domain", "fqdn"]) {
        return Some("host.example.com".to_owned());
    }
    if ends(&["ip", "ipaddress", "ipv4", "ipv4address"]) {
        return Some("192.0.2.1".to_owned());
    }
    if ends(&["url", "uri", "website", "webhook", "callback", "endpoint"]) {
        return Some("https://example.com/".to_owned());
    }
    if ends(&[
        "description",
        "summary",
        "notes",
        "comment",
        "comments",
        "reason",
        "narrative",
    ]) {
        return Some("Made up for a conformance test.".to_owned());
    }
    if ends(&["name", "fullname"]) {
        return Some(format!("{} {}", one(rng, FORENAMES)?, one(rng, SURNAMES)?));
    }
    None
}

/// The last word of a name, the last two, and the last three, each run together in lower case.
fn tails(name: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let mut fresh = true;
    let mut lower = false;
    for c in name.chars() {
        if !c.is_ascii_alphanumeric() {
            fresh = true;
            continue;
        }
        if fresh || (lower && c.is_ascii_uppercase()) {
            words.push(String::new());
        }
        fresh = false;
        lower = !c.is_ascii_uppercase();
        if let Some(word) = words.last_mut() {
            word.push(c.to_ascii_lowercase());
        }
    }
    (1..=words.len().min(3))
        .map(|count| {
            words
                .iter()
                .skip(words.len() - count)
                .map(String::as_str)
                .collect()
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn samples_are_distinct_and_say_what_they_try() {
        let mut seen = std::collections::BTreeSet::new();
        for sample in police_strings() {
            assert!(seen.insert(sample.text), "twice: {}", sample.text);
            assert!(!sample.tries.is_empty());
            assert!(
                !sample.text.contains('\0'),
                "NUL is refused by many stores, and rightly"
            );
        }
        let composed = police_strings().iter().find(|s| s.text == "Jos\u{e9}");
        let combining = police_strings().iter().find(|s| s.text == "Jose\u{301}");
        assert!(composed.is_some() && combining.is_some());
    }

    #[test]
    fn names_are_read_word_by_word() {
        let mut rng = super::super::random::rng(1, "names");
        for name in [
            "city",
            "homeCity",
            "post_town",
            "dateOfBirth",
            "date_of_birth",
            "firstName",
            "address_line1",
        ] {
            assert!(everyday(name, &mut rng).is_some(), "{name}");
        }
        for name in ["ethnicity", "velocity", "update", "filename", "id", ""] {
            assert_eq!(everyday(name, &mut rng), None, "{name}");
        }
    }
}

//! The Unique Property Reference Number (POLE DS_011).

use crate::{
    Form, Kind, Options, Problem, Source, Standing, Text, Warning, kind::Reading, part::Part,
};

/// The kind.
pub static KIND: Kind = Kind {
    id: "uprn",
    aliases: &["property-reference"],
    title: "Unique Property Reference Number (UPRN)",
    purpose: "Identifies an addressable place in Great Britain.",
    forms: &[
        Form {
            name: "12 digits",
            shape: "NNNNNNNNNNNN",
            about: "With zeros to 12 digits, as POLE DS_011 has it.",
            write: |canonical, _| Some(Text::format(format_args!("{canonical}"))),
        },
        Form {
            name: "without zeros",
            shape: "N…N",
            about: "1 to 12 digits, as Ordnance Survey gives it; a warning.",
            write: |canonical, _| {
                let short = canonical.trim_start_matches('0');
                (!short.is_empty() && short.len() < canonical.len())
                    .then(|| Text::format(format_args!("{short}")))
            },
        },
    ],
    rules: &[
        "1 to 12 digits.",
        "Fewer than 12 digits are a warning: POLE DS_011 asks for 12.",
    ],
    check: "None: the scheme has no check character.",
    limits: &["Whether the place exists is not judged: that takes the address file."],
    synthetic: "Numbers from 999999000000. The scheme has no reserved range; the highest numbers are easy to see.",
    sources: &[
        Source {
            name: "NPCC Minimum POLE Data Standards Dictionary 1.1, DS_011",
            standing: Standing::Official,
        },
        Source {
            name: "Ordnance Survey, for 1 to 12 digits",
            standing: Standing::General,
        },
    ],
    valid: &["999999000001", "000000012345", "12345"],
    invalid: &[
        (
            "1234567890123",
            "the value has 13 characters: expected 1 to 12 digits",
        ),
        ("UPRN 12345", "character 1 is `U`: expected a digit"),
        ("12345A", "character 6 is `A`: expected a digit"),
    ],
    capacity: 1_000_000,
    parse,
    make: |number| Text::format(format_args!("{}", 999_999_000_000 + number)),
};

fn parse(text: &Text, _: &Options) -> Result<Reading, Problem> {
    let whole = Part::whole(text.as_str());
    let number = whole.digits(1..=12, "1 to 12 digits")?;
    let is_short = whole.len() < 12;
    let canonical = Text::format(format_args!("{number:012}"));
    let mut reading = Reading::new(canonical, usize::from(is_short));
    if is_short {
        reading.warn(Warning::Doubtful(
            "padding",
            "the number has fewer than 12 digits, and POLE DS_011 asks for zeros in front",
        ));
    }
    Ok(reading)
}

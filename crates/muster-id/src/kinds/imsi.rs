//! The International Mobile Subscriber Identity (POLE DS_100 of the type IMSI, ITU-T E.212).

use crate::{
    Form, Kind, Options, Problem, Source, Standing, Text, Warning, kind::Reading, part::Part,
};

/// The kind.
pub static KIND: Kind = Kind {
    id: "imsi",
    aliases: &[],
    title: "IMSI",
    purpose: "Identifies a subscription of a mobile network, which is on the SIM.",
    forms: &[Form {
        name: "plain",
        shape: "CCCNNSSSSSSSSSS",
        about: "Country 3 digits, network 2 or 3 digits, then the subscriber; 15 digits in all.",
        write: |canonical, _| Some(Text::format(format_args!("{canonical}"))),
    }],
    rules: &[
        "6 to 15 digits.",
        "Fewer than 15 digits are a warning: they are allowed and rare.",
        "A country code that starts with 0, 1 or 8 is a warning, but for the test networks of 001.",
    ],
    check: "None: the scheme has no check character.",
    limits: &[
        "The police standards name the IMSI and give no rule, so that this one is ITU's.",
        "Whether the network has 2 or 3 digits depends on the country, and is not judged.",
    ],
    synthetic: "Subscribers of the network 001 01, which is for tests.",
    sources: &[
        Source {
            name: "NPCC Minimum POLE Data Standards Dictionary 1.1, DS_099 and DS_100, for the use",
            standing: Standing::Official,
        },
        Source {
            name: "ITU-T E.212, for the rule",
            standing: Standing::General,
        },
    ],
    valid: &["001010000000001", "234150000000001", "23415000000"],
    invalid: &[
        (
            "2341500000000012",
            "the value has 16 characters: expected 6 to 15 digits",
        ),
        (
            "23415",
            "the value has 5 characters: expected 6 to 15 digits",
        ),
        ("234-15-000000001", "character 4 is `-`: expected a digit"),
    ],
    capacity: 10_000_000_000,
    parse,
    make: |number| Text::format(format_args!("00101{number:010}")),
};

fn parse(text: &Text, _: &Options) -> Result<Reading, Problem> {
    let whole = Part::whole(text.as_str());
    whole.digits(6..=15, "6 to 15 digits")?;
    let mut reading = Reading::new(*text, 0);
    if whole.len() < 15 {
        reading.warn(Warning::Doubtful(
            "short",
            "the number has fewer than 15 digits, which is rare",
        ));
    }
    let (country, _) = whole.split_at(3, "country");
    if country.as_str() != "001" && country.as_str().starts_with(['0', '1', '8']) {
        reading.warn(Warning::Doubtful(
            "country",
            "no country has a mobile country code that starts so",
        ));
    }
    Ok(reading)
}

//! The international telephone number (POLE DS_053, ITU-T E.164).

use crate::{Form, Kind, Options, Problem, Source, Standing, Text, kind::Reading, part::Part};

/// What people put between digits.
const PUNCTUATION: [char; 6] = [' ', '-', '.', '(', ')', '/'];

/// The kind.
pub static KIND: Kind = Kind {
    id: "e164",
    aliases: &["e.164", "phone", "telephone"],
    title: "telephone number (E.164)",
    purpose: "Identifies a telephone in the world.",
    forms: &[Form {
        name: "international",
        shape: "+NNNNNNNNNN…",
        about: "A plus sign, then country code and number, 10 to 15 digits in all.",
        write: |canonical, _| Some(Text::format(format_args!("{canonical}"))),
    }],
    rules: &[
        "A plus sign, then a digit that is not 0.",
        "10 to 15 digits, without spaces or other punctuation.",
        "No 0 after the country code 44.",
    ],
    check: "None: the scheme has no check character.",
    limits: &[
        "POLE DS_053 sets the minimum of 10 digits. E.164 has none, and a few small countries have shorter numbers.",
        "A 0 after another country code is not judged: Italy's numbers have one.",
        "Whether the country code exists is not judged.",
    ],
    synthetic: "Numbers from +447700900000 to +447700900999, which Ofcom keeps free for drama.",
    sources: &[
        Source {
            name: "NPCC Minimum POLE Data Standards Dictionary 1.1, DS_053",
            standing: Standing::Official,
        },
        Source {
            name: "ITU-T E.164, for 15 digits; Ofcom, for the free range",
            standing: Standing::General,
        },
    ],
    valid: &["+447700900123", "+442079460000", "+390612345678"],
    invalid: &[
        (
            "+44 7700 900123",
            "a telephone number has no spaces or punctuation after the plus sign: expected +447700900123",
        ),
        (
            "00447700900123",
            "a telephone number starts with a plus sign and not with 00: expected +447700900123",
        ),
        (
            "07700900123",
            "character 1 is `0`: expected a plus sign and the country code",
        ),
        (
            "+4407700900123",
            "the 0 before a national number is left out after the country code 44: expected +447700900123",
        ),
        (
            "+44770090",
            "the number has 8 characters: expected 10 to 15 digits",
        ),
    ],
    capacity: 1_000,
    parse,
    make: |number| Text::format(format_args!("+447700900{number:03}")),
};

fn parse(text: &Text, _: &Options) -> Result<Reading, Problem> {
    let written = text.as_str();
    let judged = judge(written);
    if judged.is_ok() {
        return judged.map(|()| Reading::new(*text, 0));
    }
    // Where punctuation alone is wrong, that is what is told.
    let mut compact = Text::default();
    for piece in written.split(PUNCTUATION) {
        compact = Text::format(format_args!("{compact}{piece}"));
    }
    let (plus, because) = match compact.as_str().strip_prefix("00") {
        Some(rest) => (
            Text::format(format_args!("+{rest}")),
            "a telephone number starts with a plus sign and not with 00",
        ),
        None => (
            compact,
            "a telephone number has no spaces or punctuation after the plus sign",
        ),
    };
    match judge(plus.as_str()) {
        Ok(()) => Err(Problem::Written {
            because,
            instead: plus,
        }),
        Err(written @ Problem::Written { .. }) => Err(written),
        Err(_) => judged.map(|()| Reading::new(*text, 0)),
    }
}

fn judge(written: &str) -> Result<(), Problem> {
    let (plus, number) = Part::whole(written).split_at(1, "value");
    if plus.as_str() != "+" {
        return Err(plus.character(0, "a plus sign and the country code"));
    }
    let number = number.named("number");
    if number.as_str().starts_with('0') {
        return Err(number.character(0, "the country code, which does not start with 0"));
    }
    number.digits(10..=15, "10 to 15 digits")?;
    let Some(national) = number.as_str().strip_prefix("44") else {
        return Ok(());
    };
    let significant = national.trim_start_matches('0');
    if significant == national {
        Ok(())
    } else if significant.len() < 8 {
        Err(number.character(2, "a digit other than 0 after the country code 44"))
    } else {
        Err(Problem::Written {
            because: "the 0 before a national number is left out after the country code 44",
            instead: Text::format(format_args!("+44{significant}")),
        })
    }
}

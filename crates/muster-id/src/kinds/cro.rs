//! The Criminal Records Office number of a person, with or without fingerprints (POLE DS_071).

use crate::{
    Form, Kind, Options, Problem, Source, Standing, Text, check_letter, check_letter::verify,
    kind::Reading, kinds::sf_cro, part::Part,
};

/// How many forms the standard number has; those of the SF number follow.
const STANDARD_FORMS: usize = 2;

/// The kind.
pub static KIND: Kind = Kind {
    id: "cro",
    aliases: &["cro-number"],
    title: "CRO number",
    purpose: "Identifies a person in the criminal records; the SF form is of a person without fingerprints.",
    forms: &[
        Form {
            name: "standard",
            shape: "NNNNNN/YYD",
            about: "The serial with zeros to 6 digits, so that numbers can be compared.",
            write: |canonical, _| {
                parts(canonical).map(|(serial, year, letter)| standard(serial, year, letter))
            },
        },
        Form {
            name: "without zeros",
            shape: "N…N/YYD",
            about: "The zeros at the start of the serial are dropped, as POLE DS_071 does.",
            write: |canonical, _| {
                let (serial, year, letter) = parts(canonical)?;
                (serial < 100_000).then(|| Text::format(format_args!("{serial}/{year:02}{letter}")))
            },
        },
        Form {
            name: "SF",
            shape: "SFYY/N…ND",
            about: "A person without fingerprints; see the kind `sf-cro`.",
            write: sf_cro::as_written,
        },
        Form {
            name: "SF with a space",
            shape: "SF YY/N…ND",
            about: "As the text of POLE DS_071 prints it.",
            write: sf_cro::with_space,
        },
    ],
    rules: &[
        "The serial has 1 to 6 digits, the year 2.",
        "The last character is the check letter.",
        "A value that starts with SF follows the rules of the kind `sf-cro`.",
    ],
    check: "Write the year, then the serial with zeros to 6 digits. The remainder of that number by 23 is the place in \
        ZABCDEFGHJKLMNPQRTUVWXY, counted from 0. 065656/91H: 91065656 has the remainder 8, which is H.",
    limits: &["Some schemas of the courts ask for 6 digits, although POLE DS_071 drops the zeros."],
    synthetic: "Numbers of the year 38 with a serial from 900001. The scheme has no reserved range; 2038 has not come, and \
        the serials of 1938 did not reach so far.",
    sources: &[
        Source {
            name: "NPCC Minimum POLE Data Standards Dictionary 1.1, DS_071",
            standing: Standing::Official,
        },
        Source {
            name: "ministryofjustice/hmpps-person-record, CROIdentifier.kt",
            standing: Standing::Code,
        },
        Source {
            name: "that no serial of 1938 reached 900001",
            standing: Standing::General,
        },
    ],
    valid: &["065656/91H", "65656/91H", "SF83/50058Z"],
    invalid: &[
        ("85227/65G", "the check letter of 85227/65 is L, not G"),
        (
            "123456/20I",
            "the check letter of 123456/20 is W, not I; the letters I, O and S are never used",
        ),
        (
            "065656-91H",
            "character 7 is `-`: expected `/` between serial and year",
        ),
        (
            "0656567/91H",
            "the serial has 7 characters: expected 1 to 6 digits",
        ),
        (
            "065656/1991H",
            "the year has 4 characters: expected 2 digits",
        ),
    ],
    capacity: 99_999,
    parse,
    make: |number| {
        let serial = 900_001 + number;
        standard(serial, 38, check_letter(38_000_000 + serial))
    },
};

fn parse(text: &Text, options: &Options) -> Result<Reading, Problem> {
    if text.as_str().starts_with("SF") {
        let mut reading = (sf_cro::KIND.parse)(text, options)?;
        reading.form += STANDARD_FORMS;
        return Ok(reading);
    }
    let (body, letter) = Part::whole(text.as_str()).split_check_letter()?;
    let Some((serial, year)) = body.split_once('/') else {
        body.every(|byte| byte.is_ascii_digit(), "`/` between serial and year")?;
        return Err(Problem::Length {
            part: "year",
            expected: "`/` and 2 digits after the serial",
            actual: 0,
        });
    };
    let serial = serial.named("serial");
    let number = serial.digits(1..=6, "1 to 6 digits")?;
    let year = year.named("year").digits(2..=2, "2 digits")?;
    verify(year * 1_000_000 + number, letter, body.as_str())?;
    let form = usize::from(serial.len() < 6);
    Ok(Reading::new(standard(number, year, letter), form))
}

fn standard(serial: u64, year: u64, letter: char) -> Text {
    Text::format(format_args!("{serial:06}/{year:02}{letter}"))
}

/// Serial, year and check letter of a canonical standard number.
fn parts(canonical: &str) -> Option<(u64, u64, char)> {
    let (serial, rest) = canonical.split_once('/')?;
    let letter = rest.chars().next_back()?;
    let year = rest.strip_suffix(letter)?;
    Some((serial.parse().ok()?, year.parse().ok()?, letter))
}

//! The Criminal Records Office number of a person without fingerprints (POLE DS_071).

use crate::{
    Form, Kind, Options, Problem, Source, Standing, Text, Warning, check_letter,
    check_letter::{in_alphabet, verify},
    kind::Reading,
    part::Part,
};

/// The kind.
pub static KIND: Kind = Kind {
    id: "sf-cro",
    aliases: &["cro-sf", "sf"],
    title: "SF-CRO number",
    purpose: "Identifies a person with a criminal record whose fingerprints are not held.",
    forms: &[
        Form {
            name: "SF",
            shape: "SFYY/N…ND",
            about: "The serial as it was issued: its zeros are part of the check.",
            write: as_written,
        },
        Form {
            name: "SF with a space",
            shape: "SF YY/N…ND",
            about: "As the text of POLE DS_071 prints it; its 12 characters leave no room for the space.",
            write: with_space,
        },
    ],
    rules: &[
        "SF, the year in 2 digits, `/`, then a serial of 1 to 6 digits.",
        "The last character is the check letter.",
        "A year outside 39 to 95 is a warning: POLE DS_071 bars it, and published numbers carry it.",
    ],
    check: "Write the year, then the serial as it is written, without more zeros. The remainder of that number by 23 is \
        the place in ZABCDEFGHJKLMNPQRTUVWXY, counted from 0. SF83/50058Z: 8350058 has the remainder 0, which is Z.",
    limits: &[
        "A serial under 10000 is not judged: the sources do not settle whether it counts with zeros to 5 digits.",
        "The years 39 to 64 are not judged: POLE DS_071 describes a sum of the serial alone, and no published number shows it.",
    ],
    synthetic: "Numbers of the year 95 with a serial from 900001. The scheme has no reserved range; published numbers reach \
        482703.",
    sources: &[
        Source {
            name: "NPCC Minimum POLE Data Standards Dictionary 1.1, DS_071",
            standing: Standing::Official,
        },
        Source {
            name: "ministryofjustice/hmpps-person-record, CROIdentifier.kt, for the sum",
            standing: Standing::Code,
        },
    ],
    valid: &["SF83/50058Z", "SF 83/50058Z", "SF89/25862Y"],
    invalid: &[
        (
            "SF83/050058Z",
            "the check letter of SF83/050058 is B, not Z",
        ),
        ("SF83/50059Z", "the check letter of SF83/50059 is A, not Z"),
        (
            "SX83/50058Z",
            "character 2 is `X`, in the prefix: expected SF",
        ),
        (
            "SF83-50058Z",
            "character 5 is `-`: expected `/` between year and serial",
        ),
    ],
    capacity: 99_999,
    parse,
    make: |number| {
        let serial = 900_001 + number;
        let letter = check_letter(95_000_000 + serial);
        Text::format(format_args!("SF95/{serial}{letter}"))
    },
};

fn parse(text: &Text, _: &Options) -> Result<Reading, Problem> {
    let whole = Part::whole(text.as_str());
    let (prefix, rest) = whole.split_at(2, "prefix");
    for (index, (found, letter)) in prefix.as_str().chars().zip("SF".chars()).enumerate() {
        if found != letter {
            return Err(prefix.character(index, "SF"));
        }
    }
    let (space, after) = rest.split_at(1, "separator");
    let is_spaced = space.as_str() == " ";
    let rest = if is_spaced { after } else { rest };
    let (body, letter) = rest.split_check_letter()?;
    let Some((year, serial)) = body.split_once('/') else {
        body.every(|byte| byte.is_ascii_digit(), "`/` between year and serial")?;
        return Err(Problem::Length {
            part: "serial",
            expected: "`/` and 1 to 6 digits after the year",
            actual: 0,
        });
    };
    let (year, serial) = (year.named("year"), serial.named("serial"));
    let short_year = year.digits(2..=2, "2 digits")?;
    let number = serial.digits(1..=6, "1 to 6 digits")?;
    let canonical = Text::format(format_args!("SF{}{letter}", body.as_str()));
    let mut reading = Reading::new(canonical, usize::from(is_spaced));
    if number < 10_000 {
        in_alphabet(&rest, letter)?;
        reading.warn(Warning::NotJudged(
            "the sources do not settle how a serial under 10000 is counted",
        ));
    } else if (39..=64).contains(&short_year) {
        in_alphabet(&rest, letter)?;
        reading.warn(Warning::NotJudged(
            "the sum of numbers from before 1965 is known from no published number",
        ));
    } else {
        let scale = if serial.len() == 6 {
            1_000_000
        } else {
            100_000
        };
        let of = canonical.as_str().strip_suffix(letter).unwrap_or_default();
        verify(short_year * scale + number, letter, of)?;
    }
    if !(39..=95).contains(&short_year) {
        reading.warn(Warning::Doubtful(
            "year-range",
            "POLE DS_071 allows the years 39 to 95, though published numbers carry others",
        ));
    }
    Ok(reading)
}

/// The canonical form.
pub(super) fn as_written(canonical: &str, _: &Options) -> Option<Text> {
    canonical
        .starts_with("SF")
        .then(|| Text::format(format_args!("{canonical}")))
}

pub(super) fn with_space(canonical: &str, _: &Options) -> Option<Text> {
    canonical
        .strip_prefix("SF")
        .map(|rest| Text::format(format_args!("SF {rest}")))
}

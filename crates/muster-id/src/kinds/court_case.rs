//! The court case reference of the Police National Computer.

use crate::{
    Form, Kind, Options, Problem, Source, Standing, Text, Warning, check_letter,
    check_letter::{in_alphabet, verify},
    kind::Reading,
    part::Part,
};

/// The kind.
pub static KIND: Kind = Kind {
    id: "court-case",
    aliases: &["court-case-reference", "ccr"],
    title: "court case reference",
    purpose: "Identifies a case at a court on the Police National Computer.",
    forms: &[
        Form {
            name: "full",
            shape: "YY/CCCC/NNNNNND",
            about: "The serial with zeros to 6 digits, as the Police National Computer holds it.",
            write: |canonical, _| Some(Text::format(format_args!("{canonical}"))),
        },
        Form {
            name: "without zeros",
            shape: "YY/CCCC/N…ND",
            about: "The zeros at the start of the serial are dropped.",
            write: |canonical, _| {
                let (head, tail) = canonical.rsplit_once('/')?;
                let short = tail.trim_start_matches('0');
                // Of a serial of zeros one is left.
                let short = if short.len() == 1 {
                    tail.get(5..)?
                } else {
                    short
                };
                (short.len() < tail.len()).then(|| Text::format(format_args!("{head}/{short}")))
            },
        },
    ],
    rules: &[
        "Year 2 digits, court 4 digits, serial 1 to 6 digits, check letter.",
        "A check letter that does not fit is a warning only.",
    ],
    check: "Write the year, the court, then the serial with zeros to 6 digits. The remainder of that number by 23 is the \
        place in ZABCDEFGHJKLMNPQRTUVWXY, counted from 0. 97/1626/008395Q: 971626008395 has the remainder 15, which is Q.",
    limits: &[
        "No authority publishes the sum. It was derived from published test data, where 465 of 491 values fit, so that a \
         mismatch is a warning and never an error.",
        "Whether the court exists is not judged: that takes the list of court codes.",
    ],
    synthetic: "Cases of the year 99 at the court 9999.",
    sources: &[
        Source {
            name: "ministryofjustice/bichard7-next-core, exception HO100203, for the shape",
            standing: Standing::Code,
        },
        Source {
            name: "values in the fixtures of bichard7-next-core, for the sum",
            standing: Standing::Derived,
        },
    ],
    valid: &["97/1626/008395Q", "97/1626/8395Q", "97/1626/008395R"],
    invalid: &[
        (
            "97/1626/0083950Q",
            "the serial has 7 characters: expected 1 to 6 digits",
        ),
        (
            "97/162/008395Q",
            "the court has 3 characters: expected 4 digits",
        ),
        (
            "97/1626",
            "the serial is missing: expected `/`, 1 to 6 digits and a check letter",
        ),
        (
            "97/1626/008395O",
            "character 15 is `O`: expected a check letter, which is never I, O or S",
        ),
    ],
    capacity: 1_000_000,
    parse,
    make: |number| {
        let letter = check_letter(sum(99, 9999, number));
        Text::format(format_args!("99/9999/{number:06}{letter}"))
    },
};

fn parse(text: &Text, _: &Options) -> Result<Reading, Problem> {
    let whole = Part::whole(text.as_str());
    let missing = |part, expected| Problem::Length {
        part,
        expected,
        actual: 0,
    };
    let (year, rest) = whole
        .split_once('/')
        .ok_or_else(|| missing("court", "a year of 2 digits, `/` and 4 digits"))?;
    let (court, tail) = rest
        .split_once('/')
        .ok_or_else(|| missing("serial", "`/`, 1 to 6 digits and a check letter"))?;
    let short_year = year.named("year").digits(2..=2, "2 digits")?;
    let court_number = court.named("court").digits(4..=4, "4 digits")?;
    let (serial, letter) = tail.split_check_letter().map_err(|problem| match problem {
        Problem::Empty => missing("serial", "1 to 6 digits and a check letter"),
        other => other,
    })?;
    let serial = serial.named("serial");
    let number = serial.digits(1..=6, "1 to 6 digits")?;
    in_alphabet(&whole, letter)?;
    let canonical = Text::format(format_args!(
        "{short_year:02}/{court_number:04}/{number:06}{letter}"
    ));
    let mut reading = Reading::new(canonical, usize::from(serial.len() < 6));
    let of = canonical.as_str().strip_suffix(letter).unwrap_or_default();
    if let Err(mismatch) = verify(sum(short_year, court_number, number), letter, of) {
        reading.warn(Warning::CheckCharacter(mismatch));
    }
    Ok(reading)
}

/// The number that the check letter is computed from.
const fn sum(year: u64, court: u64, serial: u64) -> u64 {
    (year * 10_000 + court) * 1_000_000 + serial
}

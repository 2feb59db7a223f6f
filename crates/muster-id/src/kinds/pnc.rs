//! The Police National Computer id of a person (POLE DS_072).

use crate::{
    Form, Kind, Options, Problem, Source, Standing, Text, check_letter, check_letter::verify,
    kind::Reading, part::Part,
};

/// The kind.
pub static KIND: Kind = Kind {
    id: "pnc",
    aliases: &["pnc-id", "pncid"],
    title: "PNC ID",
    purpose: "Identifies a person on the Police National Computer.",
    forms: &[
        Form {
            name: "long",
            shape: "YYYY/NNNNNNND",
            about: "13 characters; the form of POLE DS_072.",
            write: |canonical, _| {
                parts(canonical).map(|(year, serial, letter)| long(year, serial, letter))
            },
        },
        Form {
            name: "long without zeros",
            shape: "YYYY/N…ND",
            about: "The zeros at the start of the serial are dropped.",
            write: |canonical, _| {
                let (year, serial, letter) = parts(canonical)?;
                (serial < 1_000_000)
                    .then(|| Text::format(format_args!("{year:04}/{serial}{letter}")))
            },
        },
        Form {
            name: "long without slash",
            shape: "YYYYNNNNNNND",
            about: "The serial has at least 6 digits; with fewer, the first two digits are the year.",
            write: |canonical, _| {
                let (year, serial, letter) = parts(canonical)?;
                Some(Text::format(format_args!("{year:04}{serial:07}{letter}")))
            },
        },
        Form {
            name: "short",
            shape: "YY/N…ND",
            about: "Two digits of the year; zeros dropped or kept. 00 up to this year is 20YY, the rest is 19YY.",
            write: |canonical, options| {
                let (year, serial, letter) = parts(canonical)?;
                (options.full_year(year % 100) == year)
                    .then(|| Text::format(format_args!("{:02}/{serial}{letter}", year % 100)))
            },
        },
        Form {
            name: "short without slash",
            shape: "YYN…ND",
            about: "As the short form.",
            write: |canonical, options| {
                let (year, serial, letter) = parts(canonical)?;
                (options.full_year(year % 100) == year)
                    .then(|| Text::format(format_args!("{:02}{serial}{letter}", year % 100)))
            },
        },
    ],
    rules: &[
        "The year has 4 digits, or 2 in the short forms.",
        "The serial has 1 to 7 digits.",
        "The last character is the check letter.",
    ],
    check: "Write the last two digits of the year, then the serial with zeros to 7 digits. The remainder of that number \
        by 23 is the place in ZABCDEFGHJKLMNPQRTUVWXY, counted from 0. 1981/0000034U: 810000034 has the remainder 18, \
        which is U.",
    limits: &[
        "The century of a short form is a reading, not a fact: the check letter is the same for both.",
        "Some systems of the courts accept any letter or digit at the end and compute nothing, so that wrong ids are in use.",
    ],
    synthetic: "Ids of the year 2099, which nobody has yet.",
    sources: &[
        Source {
            name: "NPCC Minimum POLE Data Standards Dictionary 1.1, DS_072",
            standing: Standing::Official,
        },
        Source {
            name: "ministryofjustice/hmpps-person-record, PNCIdentifier.kt, for the short forms",
            standing: Standing::Code,
        },
    ],
    valid: &[
        "2099/1234567B",
        "1981/0000034U",
        "81/34U",
        "8134U",
        "19810000034U",
    ],
    invalid: &[
        (
            "2018/0123456X",
            "the check letter of 2018/0123456 is P, not X",
        ),
        (
            "2012/0052494O",
            "the check letter of 2012/0052494 is Q, not O; the letters I, O and S are never used",
        ),
        (
            "2099/12345678B",
            "the serial has 8 characters: expected 1 to 7 digits",
        ),
        (
            "209/1234567B",
            "the year has 3 characters: expected 4 digits, or 2 in the short form",
        ),
        (
            "2O99/1234567B",
            "character 2 is `O`, in the year: expected a digit",
        ),
        (
            "2099/1234567",
            "character 12 is `7`: expected the check letter at the end",
        ),
    ],
    capacity: 10_000_000,
    parse,
    make: |number| {
        let letter = check_letter(sum(2099, number));
        long(2099, number, letter)
    },
};

fn parse(text: &Text, options: &Options) -> Result<Reading, Problem> {
    let (body, letter) = Part::whole(text.as_str()).split_check_letter()?;
    let slashed = body.split_once('/');
    let (year, serial) = match slashed {
        Some((year, serial)) => (year.named("year"), serial),
        None => {
            body.digits(3..=11, "a year of 2 or 4 digits and a serial of 1 to 7")?;
            // Two digits are a year where a serial of at most 7 digits is left.
            body.split_at(if body.len() <= 9 { 2 } else { 4 }, "year")
        }
    };
    let serial = serial.named("serial");
    let written = year.digits(2..=4, "4 digits, or 2 in the short form")?;
    let (full, is_short) = match year.len() {
        2 => (options.full_year(written), true),
        4 => (written, false),
        _ => {
            year.length(4..=4, "4 digits, or 2 in the short form")?;
            (written, false)
        }
    };
    let number = serial.digits(1..=7, "1 to 7 digits")?;
    verify(sum(full, number), letter, body.as_str())?;
    let form = match (is_short, slashed.is_some()) {
        (false, true) if serial.len() == 7 => 0,
        (false, true) => 1,
        (false, false) => 2,
        (true, true) => 3,
        (true, false) => 4,
    };
    Ok(Reading::new(long(full, number, letter), form))
}

/// The number that the check letter is computed from.
const fn sum(year: u64, serial: u64) -> u64 {
    year % 100 * 10_000_000 + serial
}

fn long(year: u64, serial: u64, letter: char) -> Text {
    Text::format(format_args!("{year:04}/{serial:07}{letter}"))
}

/// Year, serial and check letter of a canonical id.
fn parts(canonical: &str) -> Option<(u64, u64, char)> {
    let (year, rest) = canonical.split_once('/')?;
    let letter = rest.chars().next_back()?;
    let serial = rest.strip_suffix(letter)?;
    Some((year.parse().ok()?, serial.parse().ok()?, letter))
}

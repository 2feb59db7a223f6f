//! The driver number of a licence of Great Britain (POLE DS_061).

use crate::{
    Form, Kind, Options, Problem, Source, Standing, Text, Warning, kind::Reading, part::Part,
};

/// The kind.
pub static KIND: Kind = Kind {
    id: "driver",
    aliases: &["driver-number", "driving-licence"],
    title: "driver number",
    purpose: "Identifies the holder of a driving licence of Great Britain.",
    forms: &[Form {
        name: "plain",
        shape: "SSSSSYMMDDYIIICC",
        about: "16 characters: surname 5, decade, month, day, year, initials 3, then 2 letters that DVLA computes.",
        write: |canonical, _| Some(Text::format(format_args!("{canonical}"))),
    }],
    rules: &[
        "5 letters or digits, 6 digits, 3 letters or digits, 2 letters.",
        "The second of the six digits is 0, 1, 5 or 6: 50 is added to the month for women.",
        "The day is 01 to 31.",
        "A month that is not 01 to 12 or 51 to 62, or a date that no calendar has, is a warning.",
    ],
    check: "DVLA computes the last two letters by a method that is not public. They are not judged.",
    limits: &[
        "The text of POLE DS_061 lets a month such as 13 pass, so that it is a warning.",
        "Numbers of Northern Ireland have another shape and are not driver numbers of this kind.",
    ],
    synthetic: "Holders with the surname ZZ, the initials ZZ and the letters ZZ.",
    sources: &[
        Source {
            name: "NPCC Minimum POLE Data Standards Dictionary 1.1, DS_061",
            standing: Standing::Official,
        },
        Source {
            name: "ministryofjustice/bichard7-next-core, exception HO100208",
            standing: Standing::Code,
        },
        Source {
            name: "what the six digits stand for",
            standing: Standing::General,
        },
    ],
    valid: &["SMITH710238JA9AB", "MORGA657054SM9IJ", "SMITH713238JA9AB"],
    invalid: &[
        (
            "SMITH799238JA9AB",
            "character 7 is `9`, in the month: expected 0, 1, 5 or 6",
        ),
        ("SMITH710328JA9AB", "the day is 32: expected 01 to 31"),
        (
            "SMITH710238JA9A",
            "the value has 15 characters: expected 16",
        ),
        (
            "SMITH71O238JA9AB",
            "character 8 is `O`, in the month: expected a digit",
        ),
    ],
    capacity: 100 * 24 * 28,
    parse,
    make: |number| {
        let (year, rest) = (number % 100, number / 100);
        let (day, rest) = (1 + rest % 28, rest / 28);
        let month = 1 + rest % 12 + if rest < 12 { 0 } else { 50 };
        Text::format(format_args!(
            "ZZ999{}{month:02}{day:02}{}ZZ9ZZ",
            year / 10,
            year % 10
        ))
    },
};

fn parse(text: &Text, _: &Options) -> Result<Reading, Problem> {
    let whole = Part::whole(text.as_str());
    whole.alphanumeric(16..=16, "16")?;
    let (_surname, rest) = whole.split_at(5, "surname");
    let (decade, rest) = rest.split_at(1, "decade");
    let (month, rest) = rest.split_at(2, "month");
    let (day, rest) = rest.split_at(2, "day");
    let (year, rest) = rest.split_at(1, "year");
    let (_initials, letters) = rest.split_at(3, "initials");
    let decade = decade.digits(1..=1, "1 digit")?;
    let month_number = month.digits(2..=2, "2 digits")?;
    if !matches!(month_number / 10, 0 | 1 | 5 | 6) {
        return Err(month.character(0, "0, 1, 5 or 6"));
    }
    let day_number = day.digits(2..=2, "2 digits")?;
    if !(1..=31).contains(&day_number) {
        return Err(Problem::Barred {
            part: "day",
            value: Text::format(format_args!("{}", day.as_str())),
            because: "expected 01 to 31",
        });
    }
    let year = year.digits(1..=1, "1 digit")?;
    letters
        .named("last two characters")
        .every(|byte| byte.is_ascii_uppercase(), "a letter")?;
    let mut reading = Reading::new(*text, 0);
    match days(month_number, decade * 10 + year) {
        None => reading.warn(Warning::Doubtful(
            "month",
            "the month is neither 01 to 12 nor 51 to 62; POLE DS_061 lets it pass",
        )),
        Some(last) if day_number > last => reading.warn(Warning::Doubtful(
            "calendar",
            "no calendar has this day in this month; POLE DS_061 lets it pass",
        )),
        Some(_) => {}
    }
    Ok(reading)
}

/// How many days a month has, or nothing where there is no such month.
const fn days(month: u64, year: u64) -> Option<u64> {
    let month = if month > 50 { month - 50 } else { month };
    match month {
        2 if year.is_multiple_of(4) => Some(29),
        2 => Some(28),
        4 | 6 | 9 | 11 => Some(30),
        1..=12 => Some(31),
        _ => None,
    }
}

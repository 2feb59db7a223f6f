//! The Arrest Summons Number (POLE DS_073).

use crate::{
    Form, Kind, Options, Problem, Source, Standing, Text, Warning, check_letter,
    check_letter::{in_alphabet, verify},
    forces,
    kind::Reading,
    part::{self, Part},
};

/// The kind.
pub static KIND: Kind = Kind {
    id: "asn",
    aliases: &["arrest-summons-number"],
    title: "Arrest Summons Number (ASN)",
    purpose: "Identifies an arrest or summons, from the police to the court.",
    forms: &[
        Form {
            name: "plain",
            shape: "YYFFUUSSNNNNNNNNNNND",
            about: "20 characters: year, force, unit, system, sequence with zeros to 11 digits, check letter.",
            write: |canonical, _| {
                (canonical.len() == PLAIN).then(|| Text::format(format_args!("{canonical}")))
            },
        },
        Form {
            name: "slashed",
            shape: "YY/FFUU/SS/N…ND",
            about: "The zeros at the start of the sequence are dropped, or kept.",
            write: slashed,
        },
        Form {
            name: "plain with a top-level code",
            shape: "YYTFFUUSSNNNNNNNNNNND",
            about: "21 characters: a top-level code stands before the force.",
            write: |canonical, _| {
                (canonical.len() == PLAIN + 1).then(|| Text::format(format_args!("{canonical}")))
            },
        },
    ],
    rules: &[
        "Year 2 digits; force, unit and system 2 letters or digits each; sequence 11 digits.",
        "The last character is the check letter.",
        "A force of two digits that the list does not hold is a warning.",
        "A dummy ASN, as courts use where there is none, is a warning: it is not allowed for a recordable offence.",
    ],
    check: "Write the force if it is digits, the system if it is digits, the year, then the sequence with zeros to 11 \
        digits; the unit takes no part. The remainder of that number by 23 is the place in ZABCDEFGHJKLMNPQRTUVWXY, \
        counted from 0. 1101ZD0100000448754K: 01 01 11 00000448754 has the remainder 10, which is K.",
    limits: &[
        "The check letter of 21 characters is not judged: no source settles its sum.",
        "Whether the unit exists is not judged: that takes the list of organisation units.",
    ],
    synthetic: "Numbers of the year 99 of the force code 86, which the list of forces keeps reserved, and the unit ZZ.",
    sources: &[
        Source {
            name: "NPCC Minimum POLE Data Standards Dictionary 1.1, DS_073, for the shape",
            standing: Standing::Official,
        },
        Source {
            name: "ministryofjustice/bichard7-next-core, Asn.ts and isAsnValid.ts, for the sum and the slashed form",
            standing: Standing::Code,
        },
        Source {
            name: "bichard7-next-core, exception HO100321, for dummy numbers",
            standing: Standing::Code,
        },
    ],
    valid: &[
        "1101ZD0100000448754K",
        "11/01ZD/01/448754K",
        "22FD112200001234560X",
        "11A01ZD0100000448754K",
    ],
    invalid: &[
        (
            "2202XC0200000000021D",
            "the check letter of 2202XC0200000000021 is R, not D",
        ),
        (
            "1101ZD010000448754K",
            "the value has 19 characters: expected 20, or 21 with a top-level code",
        ),
        (
            "11/01ZD/448754K",
            "the system has 6 characters: expected 2 letters or digits",
        ),
        (
            "11/01Z/01/448754K",
            "the unit has 1 character: expected 2 letters or digits",
        ),
        (
            "1101ZD01000004487A4K",
            "character 18 is `A`, in the sequence: expected a digit",
        ),
    ],
    capacity: 100_000_000,
    parse,
    make: |number| {
        let sequence = 99_900_000_000 + number;
        let letter = check_letter(sum("86", "01", 99, sequence));
        Text::format(format_args!("9986ZZ01{sequence:011}{letter}"))
    },
};

const PLAIN: usize = 20;

fn parse(text: &Text, _: &Options) -> Result<Reading, Problem> {
    let whole = Part::whole(text.as_str());
    let is_slashed = text.as_str().contains('/');
    if !is_slashed {
        whole.length(PLAIN..=PLAIN + 1, "20, or 21 with a top-level code")?;
    }
    let (body, letter) = whole.split_check_letter()?;
    let (year, rest) = next(&body, 2, "year", is_slashed);
    let is_long = !is_slashed && whole.len() > PLAIN;
    let (top, rest) = rest.split_at(usize::from(is_long), "top-level code");
    let (force, rest) = rest.split_at(2, "force");
    let (unit, rest) = next(&rest, 2, "unit", is_slashed);
    let (system, rest) = next(&rest, 2, "system", is_slashed);
    let sequence = rest.named("sequence");

    let short_year = year.digits(2..=2, "2 digits")?;
    top.alphanumeric(usize::from(is_long)..=1, "1 letter or digit")?;
    for code in [force, unit, system] {
        code.alphanumeric(2..=2, "2 letters or digits")?;
    }
    let number = if is_slashed {
        sequence.digits(1..=11, "1 to 11 digits")?
    } else {
        sequence.digits(11..=11, "11 digits")?
    };
    let canonical = Text::format(format_args!(
        "{short_year:02}{}{}{}{}{number:011}{letter}",
        top.as_str(),
        force.as_str(),
        unit.as_str(),
        system.as_str(),
    ));
    let form = match (is_slashed, is_long) {
        (true, _) => 1,
        (false, true) => 2,
        (false, false) => 0,
    };
    let mut reading = Reading::new(canonical, form);
    if is_long {
        in_alphabet(&whole, letter)?;
        reading.warn(Warning::NotJudged(
            "no source settles the sum of an ASN of 21 characters",
        ));
    } else {
        let total = sum(force.as_str(), system.as_str(), short_year, number);
        verify(total, letter, body.as_str())?;
    }
    if !forces::is_listed_or_letters(force.as_str()) {
        reading.warn(Warning::UnlistedForce(Text::format(format_args!(
            "{}",
            force.as_str()
        ))));
    }
    if is_dummy(canonical.as_str()) {
        reading.warn(Warning::Doubtful(
            "dummy",
            "this is a dummy number, which is not allowed for a recordable offence (HO100321)",
        ));
    }
    Ok(reading)
}

/// The next part and the rest: up to the next slash, or of a fixed length.
fn next<'a>(
    from: &Part<'a>,
    length: usize,
    name: &'static str,
    is_slashed: bool,
) -> (Part<'a>, Part<'a>) {
    if is_slashed {
        from.split_once('/').map_or_else(
            || from.split_at(from.len(), name),
            |(first, rest)| (first.named(name), rest),
        )
    } else {
        from.split_at(length, name)
    }
}

/// The number that the check letter is computed from; force and system count where they are digits.
fn sum(force: &str, system: &str, year: u64, sequence: u64) -> u64 {
    let mut total = 0;
    for code in [force, system] {
        if part::is_digits(code) {
            total = total * 100 + part::number(code);
        }
    }
    (total * 100 + year) * 100_000_000_000 + sequence
}

/// Numbers that courts put where there is no ASN.
fn is_dummy(plain: &str) -> bool {
    let Some((head, _)) = plain.split_at_checked(8) else {
        return false;
    };
    let after_year = head.get(2..).unwrap_or_default();
    matches!(head, "0800NP01" | "0800PP01")
        || ["00NP00", "12LN00"].contains(&after_year)
        || ["6300", "06SS", "00XX"]
            .iter()
            .any(|start| after_year.starts_with(start))
        || (after_year.ends_with("NRPR") && after_year.get(..2).is_some_and(part::is_digits))
}

fn slashed(canonical: &str, _: &Options) -> Option<Text> {
    if canonical.len() != PLAIN {
        return None;
    }
    let (year, rest) = canonical.split_at_checked(2)?;
    let (station, rest) = rest.split_at_checked(4)?;
    let (system, rest) = rest.split_at_checked(2)?;
    let (sequence, letter) = rest.split_at_checked(11)?;
    let sequence = part::number(sequence);
    Some(Text::format(format_args!(
        "{year}/{station}/{system}/{sequence}{letter}"
    )))
}

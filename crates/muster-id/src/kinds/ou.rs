//! The organisation unit code of the criminal justice system.

use crate::{
    Form, Kind, Options, Problem, Source, Standing, Text, Warning, forces, kind::Reading,
    part::Part,
};

/// The kind.
pub static KIND: Kind = Kind {
    id: "ou",
    aliases: &["ou-code", "organisation-unit"],
    title: "organisation unit code (OU code)",
    purpose: "Names a unit of an organisation of the criminal justice system: police, court, prosecution.",
    forms: &[
        Form {
            name: "without a top-level code",
            shape: "FFUUSS",
            about: "6 letters or digits: force or area, unit, part of the unit.",
            write: |canonical, _| {
                (canonical.len() == 6).then(|| Text::format(format_args!("{canonical}")))
            },
        },
        Form {
            name: "with a top-level code",
            shape: "TFFUUSS",
            about: "The top-level code comes first: B is a magistrates' court, C the Crown Court.",
            write: |canonical, _| {
                (canonical.len() == 7).then(|| Text::format(format_args!("{canonical}")))
            },
        },
    ],
    rules: &[
        "6 letters or digits, or 7.",
        "The first of 7 is A to J, Z or a digit.",
        "A force of two digits that the list does not hold is a warning, where there is no top-level code.",
    ],
    check: "None: the scheme has no check character.",
    limits: &[
        "Grammar only. Whether the unit exists is not judged: that takes the list of 6,410 units.",
        "The forms with and without a top-level code are not turned into each other, so that they do not compare as equal.",
    ],
    synthetic: "Units ZZ of the force code 86, which the list of forces keeps reserved.",
    sources: &[Source {
        name: "ministryofjustice/bichard7-next-core, exception HO100200",
        standing: Standing::Code,
    }],
    valid: &["01ZD00", "B01LY00", "C01CE00"],
    invalid: &[
        (
            "01ZD0",
            "the value has 5 characters: expected 6, or 7 with a top-level code",
        ),
        (
            "K01LY00",
            "character 1 is `K`, in the top-level code: expected A to J, Z or a digit",
        ),
        ("01/ZD0", "character 3 is `/`: expected a letter or digit"),
    ],
    capacity: 100,
    parse,
    make: |number| Text::format(format_args!("86ZZ{number:02}")),
};

fn parse(text: &Text, _: &Options) -> Result<Reading, Problem> {
    let whole = Part::whole(text.as_str());
    whole.alphanumeric(6..=7, "6, or 7 with a top-level code")?;
    let has_top_level = whole.len() == 7;
    let mut reading = Reading::new(*text, usize::from(has_top_level));
    if has_top_level {
        let (top, _) = whole.split_at(1, "top-level code");
        top.every(
            |byte| matches!(byte, b'A'..=b'J' | b'Z') || byte.is_ascii_digit(),
            "A to J, Z or a digit",
        )?;
    } else {
        let (force, _) = whole.split_at(2, "force");
        if !forces::is_listed_or_letters(force.as_str()) {
            reading.warn(Warning::UnlistedForce(Text::format(format_args!(
                "{}",
                force.as_str()
            ))));
        }
    }
    Ok(reading)
}

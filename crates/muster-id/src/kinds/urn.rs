//! The Unique Reference Number of a case between police and prosecution (PTI-URN).

use crate::{
    Form, Kind, Options, Problem, Source, Standing, Text, Warning, forces, kind::Reading,
    part::Part,
};

/// The kind.
pub static KIND: Kind = Kind {
    id: "urn",
    aliases: &["pti-urn", "case-urn"],
    title: "Unique Reference Number (PTI-URN)",
    purpose: "Identifies a case from the police through the prosecution to the court.",
    forms: &[Form {
        name: "plain",
        shape: "FFUUNNNNNNN",
        about: "Force 2 characters, unit 2 characters, then 3 to 7 digits; at most 11 characters.",
        write: |canonical, _| Some(Text::format(format_args!("{canonical}"))),
    }],
    rules: &[
        "Force and unit are 2 letters or digits each.",
        "The number has 3 to 7 digits.",
        "A force of two digits that the list does not hold is a warning.",
    ],
    check: "None: the scheme has no check character.",
    limits: &["Whether the unit exists is not judged: that takes the list of organisation units."],
    synthetic: "Cases of the force code 86, which the list of forces keeps reserved, and the unit ZZ.",
    sources: &[
        Source {
            name: "ministryofjustice/bichard7-next-core, exception HO100201",
            standing: Standing::Code,
        },
        Source {
            name: "hmcts Standard Prosecutor Interface, PTIURNtype, for the length",
            standing: Standing::Code,
        },
    ],
    valid: &["01ZD0303208", "62AA1234", "01AA123"],
    invalid: &[
        ("01ZD", "the number is missing: expected 3 to 7 digits"),
        (
            "01ZD30",
            "the number has 2 characters: expected 3 to 7 digits",
        ),
        (
            "01ZDA303208",
            "character 5 is `A`, in the number: expected a digit",
        ),
        (
            "01/ZD0303208",
            "character 3 is `/`, in the unit: expected a letter or digit",
        ),
        (
            "01ZD03032081",
            "the number has 8 characters: expected 3 to 7 digits",
        ),
    ],
    capacity: 10_000_000,
    parse,
    make: |number| Text::format(format_args!("86ZZ{number:07}")),
};

fn parse(text: &Text, _: &Options) -> Result<Reading, Problem> {
    let (force, rest) = Part::whole(text.as_str()).split_at(2, "force");
    let (unit, number) = rest.split_at(2, "unit");
    for code in [force, unit] {
        code.alphanumeric(2..=2, "2 letters or digits")?;
    }
    number.named("number").digits(3..=7, "3 to 7 digits")?;
    let mut reading = Reading::new(*text, 0);
    if !forces::is_listed_or_letters(force.as_str()) {
        reading.warn(Warning::UnlistedForce(Text::format(format_args!(
            "{}",
            force.as_str()
        ))));
    }
    Ok(reading)
}

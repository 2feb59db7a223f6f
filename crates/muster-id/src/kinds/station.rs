//! The code of a police station or unit.

use crate::{
    Form, Kind, Options, Problem, Source, Standing, Text, Warning, forces, kind::Reading,
    part::Part,
};

/// The kind.
pub static KIND: Kind = Kind {
    id: "station",
    aliases: &["force-station", "station-code"],
    title: "force and station code",
    purpose: "Names a station or unit of a force.",
    forms: &[Form {
        name: "plain",
        shape: "FFUU",
        about: "Force 2 characters, unit 2 characters.",
        write: |canonical, _| Some(Text::format(format_args!("{canonical}"))),
    }],
    rules: &[
        "Force and unit are 2 letters or digits each.",
        "A force of two digits that the list does not hold is a warning.",
    ],
    check: "None: the scheme has no check character.",
    limits: &["Whether the unit exists is not judged: that takes the list of organisation units."],
    synthetic: "Units of the force code 86, which the list of forces keeps reserved.",
    sources: &[Source {
        name: "ministryofjustice/bichard7-next-core, leds/common.ts",
        standing: Standing::Code,
    }],
    valid: &["01ZD", "62AA"],
    invalid: &[
        (
            "01Z",
            "the unit has 1 character: expected 2 letters or digits",
        ),
        ("01ZDX", "the value has 5 characters: expected 4"),
        (
            "01-D",
            "character 3 is `-`, in the unit: expected a letter or digit",
        ),
    ],
    capacity: 100,
    parse,
    make: |number| Text::format(format_args!("86{number:02}")),
};

fn parse(text: &Text, _: &Options) -> Result<Reading, Problem> {
    let whole = Part::whole(text.as_str());
    let (force, unit) = whole.split_at(2, "force");
    force.alphanumeric(2..=2, "2 letters or digits")?;
    whole.length(0..=4, "4")?;
    unit.named("unit")
        .alphanumeric(2..=2, "2 letters or digits")?;
    let mut reading = Reading::new(*text, 0);
    if !forces::is_listed_or_letters(force.as_str()) {
        reading.warn(Warning::UnlistedForce(Text::format(format_args!(
            "{}",
            force.as_str()
        ))));
    }
    Ok(reading)
}

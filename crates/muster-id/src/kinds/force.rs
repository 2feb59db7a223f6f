//! The code of a force on the Police National Computer.

use crate::{
    Form, Kind, Options, Problem, Source, Standing, Text, forces, kind::Reading, part::Part,
};

/// The codes that the list keeps reserved.
const RESERVED: [&str; 5] = ["18", "86", "92", "94", "99"];

/// The kind.
pub static KIND: Kind = Kind {
    id: "force",
    aliases: &["force-code"],
    title: "force code",
    purpose: "Names a police force or another body on the Police National Computer.",
    forms: &[Form {
        name: "plain",
        shape: "FF",
        about: "Two digits.",
        write: |canonical, _| Some(Text::format(format_args!("{canonical}"))),
    }],
    rules: &["Two digits that the list of forces holds, which `muster id list --forces` shows."],
    check: "None: a code is right when it is listed.",
    limits: &[
        "The list holds former forces and reserved codes as well, as records of the past carry them.",
        "Force mergers are under way. A code that is newer than the list is refused.",
    ],
    synthetic: "The five codes that the list keeps reserved.",
    sources: &[Source {
        name: "ministryofjustice/bichard7-next-data, forces.json, read in November 2026",
        standing: Standing::Code,
    }],
    valid: &["01", "63", "98"],
    invalid: &[
        ("09", "there is no force code 09 in the list of forces"),
        ("1", "the force code has 1 character: expected 2 digits"),
        (
            "XX",
            "character 1 is `X`, in the force code: expected a digit",
        ),
    ],
    capacity: 5,
    parse,
    make: |number| {
        let code = usize::try_from(number)
            .ok()
            .and_then(|index| RESERVED.get(index))
            .unwrap_or(&"86");
        Text::format(format_args!("{code}"))
    },
};

fn parse(text: &Text, _: &Options) -> Result<Reading, Problem> {
    let code = Part::whole(text.as_str()).named("force code");
    code.digits(2..=2, "2 digits")?;
    if forces::is_listed_or_letters(code.as_str()) {
        Ok(Reading::new(*text, 0))
    } else {
        Err(Problem::Unlisted {
            part: "force code",
            value: *text,
            list: "the list of forces",
        })
    }
}

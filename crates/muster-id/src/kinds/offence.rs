//! The offence code of the criminal justice system (POLE DS_080).

use crate::{Form, Kind, Options, Problem, Source, Standing, Text, kind::Reading, part::Part};

/// The kind.
pub static KIND: Kind = Kind {
    id: "offence",
    aliases: &["offence-code", "cjs-offence-code"],
    title: "CJS offence code",
    purpose: "Names an offence of the Police National Legal Database.",
    forms: &[Form {
        name: "plain",
        shape: "AAYYNNN, AAYYNNNQ",
        about: "Act 2 letters, year 2 digits, reason 3 digits, then a qualifier or none; or COML and 3 digits.",
        write: |canonical, _| Some(Text::format(format_args!("{canonical}"))),
    }],
    rules: &[
        "Two letters for the act, two digits for its year, three digits for the reason.",
        "COML and three digits is an offence at common law; XX00 and three digits is a count of an indictment.",
        "A qualifier may follow: A attempt, B aid and abet, C conspire, I incite.",
    ],
    check: "None: the scheme has no check character.",
    limits: &[
        "Grammar only. Whether the offence exists is not judged: that takes the published index of offences.",
        "Local offences have four digits of an area in front of the code. They are not codes of this kind.",
    ],
    synthetic: "Codes of the act ZZ in the year 99, which the index of bichard7-next-data does not hold.",
    sources: &[
        Source {
            name: "NPCC Minimum POLE Data Standards Dictionary 1.1, DS_080",
            standing: Standing::Official,
        },
        Source {
            name: "all 15,352 codes of the index in ministryofjustice/bichard7-next-data fit the grammar",
            standing: Standing::Code,
        },
    ],
    valid: &["TH68001", "TH68001A", "COML001", "XX00001"],
    invalid: &[
        (
            "TH68001D",
            "character 8 is `D`, in the qualifier: expected A, B, C or I",
        ),
        (
            "TH6800",
            "the year and reason has 4 characters: expected 5 digits",
        ),
        (
            "T068001",
            "character 2 is `0`, in the act: expected a letter",
        ),
        (
            "COML0011",
            "character 8 is `1`, in the qualifier: expected A, B, C or I",
        ),
    ],
    capacity: 1_000,
    parse,
    make: |number| Text::format(format_args!("ZZ99{number:03}")),
};

fn parse(text: &Text, _: &Options) -> Result<Reading, Problem> {
    let whole = Part::whole(text.as_str());
    let qualifier = if text.as_str().starts_with("COML") {
        let (_, rest) = whole.split_at(4, "act");
        let (reason, qualifier) = rest.split_at(3, "reason");
        reason.digits(3..=3, "3 digits")?;
        qualifier
    } else {
        let (act, rest) = whole.split_at(2, "act");
        act.every(|byte| byte.is_ascii_uppercase(), "a letter")?;
        act.length(2..=2, "2 letters")?;
        let (digits, qualifier) = rest.split_at(5, "year and reason");
        digits.digits(5..=5, "5 digits")?;
        qualifier
    };
    let qualifier = qualifier.named("qualifier");
    qualifier.every(|byte| b"ABCI".contains(&byte), "A, B, C or I")?;
    qualifier.length(0..=1, "one letter or none")?;
    Ok(Reading::new(*text, 0))
}

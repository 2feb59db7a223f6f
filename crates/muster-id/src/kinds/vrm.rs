//! The registration mark of a vehicle (POLE DS_065).

use crate::{Form, Kind, Options, Problem, Source, Standing, Text, kind::Reading, part::Part};

/// Letters of a registration mark of Great Britain.
const LETTERS: &[u8; 23] = b"ABCDEFGHJKLMNOPRSTUVWXY";

/// The kind.
pub static KIND: Kind = Kind {
    id: "vrm",
    aliases: &["registration-mark", "number-plate"],
    title: "vehicle registration mark (VRM)",
    purpose: "Identifies a vehicle by its number plate.",
    forms: &[Form {
        name: "plain",
        shape: "1 to 11 characters",
        about: "Letters and digits without spaces.",
        write: |canonical, _| Some(Text::format(format_args!("{canonical}"))),
    }],
    rules: &["1 to 11 letters and digits.", "No spaces."],
    check: "None: the scheme has no check character.",
    limits: &["Foreign marks are allowed, so that no shape of a UK mark is required."],
    synthetic: "Marks that start with ZZ00: no mark of Great Britain has the age identifier 00.",
    sources: &[
        Source {
            name: "NPCC Minimum POLE Data Standards Dictionary 1.1, DS_065",
            standing: Standing::Official,
        },
        Source {
            name: "the age identifier 00",
            standing: Standing::General,
        },
    ],
    valid: &["ZZ00TST", "A1", "zz00tst"],
    invalid: &[
        (
            "ZZ00 TST",
            "a registration mark has no spaces: expected ZZ00TST",
        ),
        ("ZZ00-TST", "character 5 is `-`: expected a letter or digit"),
        (
            "ZZ00TSTZZ00T",
            "the value has 12 characters: expected 1 to 11",
        ),
    ],
    capacity: 23 * 23 * 23,
    parse,
    make: |number| {
        let letter = |place: u64| {
            usize::try_from(number / place % 23)
                .ok()
                .and_then(|index| LETTERS.get(index))
                .map_or('T', |letter| char::from(*letter))
        };
        Text::format(format_args!(
            "ZZ00{}{}{}",
            letter(529),
            letter(23),
            letter(1)
        ))
    },
};

fn parse(text: &Text, _: &Options) -> Result<Reading, Problem> {
    let whole = Part::whole(text.as_str());
    whole.every(
        |byte| byte.is_ascii_alphanumeric() || byte == b' ',
        "a letter or digit",
    )?;
    let mut compact = Text::default();
    for piece in text.as_str().split(' ') {
        compact = Text::format(format_args!("{compact}{piece}"));
    }
    Part::whole(compact.as_str()).length(1..=11, "1 to 11")?;
    if compact == *text {
        Ok(Reading::new(compact, 0))
    } else {
        Err(Problem::Written {
            because: "a registration mark has no spaces",
            instead: compact,
        })
    }
}

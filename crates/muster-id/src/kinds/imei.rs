//! The International Mobile Equipment Identity (POLE DS_100 of the type IMEI).

use crate::{Form, Kind, Options, Problem, Source, Standing, Text, kind::Reading, part::Part};

/// The kind.
pub static KIND: Kind = Kind {
    id: "imei",
    aliases: &[],
    title: "IMEI",
    purpose: "Identifies a mobile telephone, whatever SIM is in it.",
    forms: &[
        Form {
            name: "plain",
            shape: "NNNNNNNNNNNNNNC",
            about: "15 digits.",
            write: |canonical, _| Some(Text::format(format_args!("{canonical}"))),
        },
        Form {
            name: "in groups",
            shape: "NN-NNNNNN-NNNNNN-C",
            about: "As telephones print it, with hyphens or spaces.",
            write: |canonical, _| {
                Some(Text::format(format_args!(
                    "{}-{}-{}-{}",
                    canonical.get(..2)?,
                    canonical.get(2..8)?,
                    canonical.get(8..14)?,
                    canonical.get(14..)?
                )))
            },
        },
    ],
    rules: &["15 digits; the last is the check digit."],
    check: "Luhn: from the check digit leftwards, double every second digit and take 9 off where the double is over 9; the \
        sum of all digits is a multiple of 10. 490154203237518 has the sum 60.",
    limits: &["An IMEISV has 16 digits and no check digit. It is not an IMEI and is refused."],
    synthetic: "Numbers that start with 00: the reporting body 00 stands for test equipment.",
    sources: &[
        Source {
            name: "NPCC Minimum POLE Data Standards Dictionary 1.1, DS_099 and DS_100, for the use",
            standing: Standing::Official,
        },
        Source {
            name: "3GPP TS 23.003, GSMA TS.06, for the sum and the test range",
            standing: Standing::General,
        },
    ],
    valid: &["490154203237518", "356938035643809", "49-015420-323751-8"],
    invalid: &[
        (
            "490154203237517",
            "the check digit of 49015420323751 is 8, not 7",
        ),
        (
            "4901542032375187",
            "the value has 16 characters: expected 15 digits; 16 digits are an IMEISV, which has no check digit",
        ),
        (
            "49015420323751",
            "the value has 14 characters: expected 15 digits",
        ),
        ("49015420323751X", "character 15 is `X`: expected a digit"),
    ],
    capacity: 1_000_000,
    parse,
    make: |number| {
        let body = Text::format(format_args!("00999900{number:06}"));
        let digit = check_digit(body.as_str());
        Text::format(format_args!("{body}{digit}"))
    },
};

fn parse(text: &Text, _: &Options) -> Result<Reading, Problem> {
    let groups = ungrouped(text);
    let plain = groups.unwrap_or(*text);
    let whole = Part::whole(plain.as_str());
    let expected = if whole.len() == 16 {
        "15 digits; 16 digits are an IMEISV, which has no check digit"
    } else {
        "15 digits"
    };
    whole.digits(15..=15, expected)?;
    let (body, digit) = whole.split_at(14, "value");
    let (expected, actual) = (
        check_digit(body.as_str()),
        digit.as_str().chars().next().unwrap_or_default(),
    );
    if expected != actual {
        return Err(Problem::CheckCharacter {
            name: "check digit",
            of: Text::format(format_args!("{}", body.as_str())),
            expected,
            actual,
        });
    }
    Ok(Reading::new(plain, usize::from(groups.is_some())))
}

/// The digits of a value in groups of 2, 6, 6 and 1.
fn ungrouped(text: &Text) -> Option<Text> {
    let mut rest = text.as_str();
    let mut plain = Text::default();
    for length in [2, 6, 6] {
        let (group, after) = rest.split_at_checked(length)?;
        plain = Text::format(format_args!("{plain}{group}"));
        rest = after.strip_prefix(['-', ' '])?;
    }
    let is_plain = crate::part::is_digits(plain.as_str()) && rest.len() == 1;
    is_plain.then(|| Text::format(format_args!("{plain}{rest}")))
}

/// The Luhn digit that follows these digits.
fn check_digit(body: &str) -> char {
    let sum: u32 = body
        .bytes()
        .rev()
        .enumerate()
        .map(|(index, byte)| {
            let digit = u32::from(byte.wrapping_sub(b'0'));
            match (index % 2, digit) {
                (0, 5..) => digit * 2 - 9,
                (0, _) => digit * 2,
                (_, _) => digit,
            }
        })
        .sum();
    char::from_digit((10 - sum % 10) % 10, 10).unwrap_or('0')
}

//! The National Insurance number (POLE DS_060).

use crate::{Form, Kind, Options, Problem, Source, Standing, Text, kind::Reading, part::Part};

/// The kind.
pub static KIND: Kind = Kind {
    id: "nino",
    aliases: &["ni-number", "national-insurance-number"],
    title: "National Insurance number (NINO)",
    purpose: "Identifies a person to HMRC and DWP.",
    forms: &[
        Form {
            name: "plain",
            shape: "AANNNNNNS",
            about: "9 characters; where the suffix is not known, the ninth is a space, which may be left out on input.",
            write: |canonical, _| Some(Text::format(format_args!("{canonical}"))),
        },
        Form {
            name: "in pairs",
            shape: "AA NN NN NN S",
            about: "As HMRC prints it.",
            write: |canonical, _| {
                let pair = |at: usize| canonical.get(at..at + 2);
                let text = Text::format(format_args!(
                    "{} {} {} {} {}",
                    pair(0)?,
                    pair(2)?,
                    pair(4)?,
                    pair(6)?,
                    canonical.get(8..)?
                ));
                Text::read(text.as_str()).ok()
            },
        },
    ],
    rules: &[
        "Two letters, six digits, then A, B, C, D or a space.",
        "The first letter is not D, F, I, Q, U or V; the second is not one of these and not O.",
        "The letters are not BG, GB, KN, NK, NT, TN or ZZ.",
    ],
    check: "None: the suffix is a class, not a check character.",
    limits: &[
        "Whether the number was issued is not judged.",
        "Prefixes that HMRC and DWP used for their own administration, such as NC, are not told apart.",
        "QQ 12 34 56 A, the usual example, is not a valid number: no number starts with Q.",
    ],
    synthetic: "Numbers that start with NC99. NC is a prefix of administration, which HMRC gives to no person's number.",
    sources: &[
        Source {
            name: "NPCC Minimum POLE Data Standards Dictionary 1.1, DS_060",
            standing: Standing::Official,
        },
        Source {
            name: "HMRC National Insurance Manual, NIM39110, for prefixes of administration",
            standing: Standing::Official,
        },
    ],
    valid: &["SN123456C", "AB123456", "SN 12 34 56 C"],
    invalid: &[
        (
            "QQ123456C",
            "the first letter is Q: D, F, I, Q, U and V are never used there",
        ),
        (
            "AO123456A",
            "the second letter is O: D, F, I, O, Q, U and V are never used there",
        ),
        (
            "BG123456A",
            "the prefix is BG: BG, GB, KN, NK, NT, TN and ZZ are never used",
        ),
        (
            "AB123456E",
            "character 9 is `E`, in the suffix: expected A, B, C or D",
        ),
        (
            "AB12345A",
            "character 8 is `A`, in the number: expected a digit",
        ),
        (
            "AB 12 34 5X C",
            "character 11 is `X`, in the number: expected a digit",
        ),
    ],
    capacity: 40_000,
    parse,
    make: |number| {
        let suffix = match number % 4 {
            0 => 'A',
            1 => 'B',
            2 => 'C',
            _ => 'D',
        };
        Text::format(format_args!("NC99{:04}{suffix}", number / 4))
    },
};

fn parse(text: &Text, _: &Options) -> Result<Reading, Problem> {
    match unpaired(text) {
        Some(plain) => parse_plain(&plain, 1).map_err(|problem| match problem {
            // The place in the value as it was written: a space follows each pair.
            Problem::Character {
                part,
                at,
                found,
                expected,
            } => Problem::Character {
                part,
                at: at + at.saturating_sub(1) / 2,
                found,
                expected,
            },
            other => other,
        }),
        None => parse_plain(text, 0),
    }
}

/// The value without its spaces, where they stand after each pair.
fn unpaired(text: &Text) -> Option<Text> {
    let mut rest = text.as_str();
    let mut pieces = [""; 5];
    for piece in &mut pieces {
        let (first, after) = rest.split_once(' ').unwrap_or((rest, ""));
        (*piece, rest) = (first, after);
    }
    let [prefix, one, two, three, suffix] = pieces;
    let are_pairs = [prefix, one, two, three].iter().all(|pair| pair.len() == 2);
    (are_pairs && suffix.len() <= 1 && rest.is_empty())
        .then(|| Text::format(format_args!("{prefix}{one}{two}{three}{suffix}")))
}

fn parse_plain(text: &Text, form: usize) -> Result<Reading, Problem> {
    let whole = Part::whole(text.as_str());
    let (prefix, rest) = whole.split_at(2, "prefix");
    let (number, suffix) = rest.split_at(6, "number");
    let suffix = suffix.named("suffix");
    prefix.every(|byte| byte.is_ascii_uppercase(), "a letter")?;
    number.digits(6..=6, "6 digits")?;
    suffix.every(|byte| matches!(byte, b'A'..=b'D'), "A, B, C or D")?;
    suffix.length(0..=1, "one letter or none")?;
    barred(&prefix)?;
    let canonical = Text::format(format_args!("{:9}", text));
    Ok(Reading::new(canonical, form))
}

fn barred(prefix: &Part<'_>) -> Result<(), Problem> {
    let (first, second) = prefix.split_at(1, "first letter");
    for (letter, part, never, because) in [
        (
            first,
            "first letter",
            "DFIQUV",
            "D, F, I, Q, U and V are never used there",
        ),
        (
            second,
            "second letter",
            "DFIOQUV",
            "D, F, I, O, Q, U and V are never used there",
        ),
    ] {
        if never.contains(letter.as_str()) {
            return Err(Problem::Barred {
                part,
                value: Text::format(format_args!("{}", letter.as_str())),
                because,
            });
        }
    }
    if ["BG", "GB", "KN", "NK", "NT", "TN", "ZZ"].contains(&prefix.as_str()) {
        return Err(Problem::Barred {
            part: "prefix",
            value: Text::format(format_args!("{}", prefix.as_str())),
            because: "BG, GB, KN, NK, NT, TN and ZZ are never used",
        });
    }
    Ok(())
}

//! The UK postcode (POLE DS_010).

use crate::{
    Form, Kind, Options, Problem, Source, Standing, Text, Warning, kind::Reading, part::Part,
};

/// Letters of the inward code: all but C, I, K, M, O and V.
const INWARD: &[u8; 20] = b"ABDEFGHJLNPQRSTUWXYZ";

/// The kind.
pub static KIND: Kind = Kind {
    id: "postcode",
    aliases: &["post-code"],
    title: "postcode",
    purpose: "Names a small group of addresses in the United Kingdom.",
    forms: &[Form {
        name: "spaced",
        shape: "AN NAA to AANA NAA",
        about: "Outward code, one space, inward code.",
        write: |canonical, _| Some(Text::format(format_args!("{canonical}"))),
    }],
    rules: &[
        "The outward code has the shape AN, ANN, AAN, AANN, ANA or AANA; the inward code has the shape NAA.",
        "The first letter is not Q, V or X; a second letter is not I, J or Z.",
        "A letter after one letter and a digit is A to H, J, K, S, T, U or W; after two letters and a digit it is \
         A, B, E, H, M, N, P, R, V, W, X or Y.",
        "The letters of the inward code are not C, I, K, M, O or V.",
        "One space stands between the two codes. GIR 0AA is the one exception to the shapes.",
    ],
    check: "None: whether a postcode exists takes the address file.",
    limits: &[
        "The district N1P exists, and the pattern of the criminal justice system refuses it: it is a warning.",
        "The pseudo-postcodes that start with ZZ99, as health records use them, do not follow the rule.",
    ],
    synthetic: "Postcodes of the area ZY, which is not in use.",
    sources: &[
        Source {
            name: "NPCC Minimum POLE Data Standards Dictionary 1.1, DS_010",
            standing: Standing::Official,
        },
        Source {
            name: "hmcts ukGovPostCode, from the CJS data standards, for letters by position",
            standing: Standing::Code,
        },
        Source {
            name: "the district N1P; that the area ZY is not in use",
            standing: Standing::General,
        },
    ],
    valid: &[
        "SW1A 1AA", "M1 1AE", "B33 8TH", "EC1A 1BB", "W1A 0AX", "GIR 0AA", "n1p 1aa",
    ],
    invalid: &[
        (
            "SW1A1AA",
            "one space stands before the last three characters of a postcode: expected SW1A 1AA",
        ),
        (
            "Q1 1AA",
            "character 1 is `Q`, in the outward code: expected a letter that is not Q, V or X",
        ),
        (
            "ZZ99 3VZ",
            "character 2 is `Z`, in the outward code: expected a letter that is not I, J or Z, or a digit",
        ),
        (
            "PG0 1CX",
            "character 6 is `C`, in the inward code: expected a letter that is not C, I, K, M, O or V",
        ),
        (
            "M1 AE1",
            "character 4 is `A`, in the inward code: expected a digit",
        ),
    ],
    capacity: 4_000,
    parse,
    make: |number| {
        let letter = |place: u64| {
            usize::try_from(number / place % 20)
                .ok()
                .and_then(|index| INWARD.get(index))
                .map_or('A', |letter| char::from(*letter))
        };
        Text::format(format_args!(
            "ZY99 {}{}{}",
            number / 400 % 10,
            letter(20),
            letter(1)
        ))
    },
};

fn parse(text: &Text, _: &Options) -> Result<Reading, Problem> {
    let whole = Part::whole(text.as_str());
    whole.length(5..=Text::LIMIT, "5 to 8")?;
    let (outward, inward) = whole.split_at(whole.len() - 3, "outward code");
    let inward = inward.named("inward code");
    let bare = outward.as_str().trim_end_matches(' ');
    let spaces = outward.len() - bare.len();
    let (outward, _) = outward.split_at(bare.len(), "outward code");
    let canonical = Text::format(format_args!("{bare} {}", inward.as_str()));
    let mut reading = Reading::new(canonical, 0);
    if canonical.as_str() != "GIR 0AA" {
        if judge_outward(&outward)? {
            reading.warn(Warning::Doubtful(
                "district",
                "the district N1P exists, but the pattern of the criminal justice system refuses it",
            ));
        }
        let (digit, letters) = inward.split_at(1, "inward code");
        digit.every(|byte| byte.is_ascii_digit(), "a digit")?;
        letters.every(
            |byte| INWARD.contains(&byte),
            "a letter that is not C, I, K, M, O or V",
        )?;
    }
    if spaces == 1 {
        Ok(reading)
    } else {
        Err(Problem::Written {
            because: "one space stands before the last three characters of a postcode",
            instead: canonical,
        })
    }
}

/// Refuses an outward code of another shape. Answers whether it is N1P.
fn judge_outward(outward: &Part<'_>) -> Result<bool, Problem> {
    outward.length(2..=4, "2 to 4")?;
    let area = outward
        .as_str()
        .bytes()
        .take_while(u8::is_ascii_uppercase)
        .count();
    let (letters, rest) = outward.split_at(area.min(2), "outward code");
    let (first, second) = letters.split_at(1, "outward code");
    if first.len() == 0 {
        return Err(outward.character(0, "a letter that is not Q, V or X"));
    }
    first.every(
        |byte| byte.is_ascii_uppercase() && !b"QVX".contains(&byte),
        "a letter that is not Q, V or X",
    )?;
    second.every(
        |byte| !b"IJZ".contains(&byte),
        "a letter that is not I, J or Z, or a digit",
    )?;
    let (digit, last) = rest.split_at(1, "outward code");
    digit.digits(1..=1, "1 or 2 digits after the letters")?;
    if last.is_digits() {
        last.length(0..=1, "1 or 2 digits after the letters")?;
        return Ok(false);
    }
    if outward.as_str() == "N1P" {
        return Ok(true);
    }
    let (allowed, expected): (&[u8], _) = if second.len() == 0 {
        (b"ABCDEFGHJKSTUW", "a digit, or one of ABCDEFGHJKSTUW")
    } else {
        (b"ABEHMNPRVWXY", "a digit, or one of ABEHMNPRVWXY")
    };
    last.every(|byte| allowed.contains(&byte), expected)?;
    last.length(0..=1, "one more digit or letter, or none")?;
    Ok(false)
}

//! The check letter of the Police National Computer: modulus 23 (owner of [`check_letter`]).

use crate::{Problem, Text, part::Part};

/// The letters by remainder. I, O and S are left out, as they are mistaken for 1, 0 and 5.
pub const ALPHABET: [u8; 23] = *b"ZABCDEFGHJKLMNPQRTUVWXY";

/// The letter that belongs to a number. The number is the digits of the identifier in the order that its rule gives.
#[must_use]
pub fn check_letter(number: u64) -> char {
    usize::try_from(number % 23)
        .ok()
        .and_then(|remainder| ALPHABET.get(remainder))
        .map_or('Z', |letter| char::from(*letter))
}

/// Compares a letter with the one that belongs to the number. `of` is the value without its letter, for the message.
pub(crate) fn verify(number: u64, actual: char, of: &str) -> Result<(), Problem> {
    let expected = check_letter(number);
    if expected == actual {
        return Ok(());
    }
    Err(Problem::CheckCharacter {
        name: "check letter",
        of: Text::format(format_args!("{of}")),
        expected,
        actual,
    })
}

/// Refuses a letter that is never a check letter, where the rule cannot judge which one is right. `whole` ends in it.
pub(crate) fn in_alphabet(whole: &Part<'_>, letter: char) -> Result<(), Problem> {
    if ALPHABET.iter().any(|known| char::from(*known) == letter) {
        Ok(())
    } else {
        Err(whole.character(
            whole.len().saturating_sub(1),
            "a check letter, which is never I, O or S",
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn worked_sums() {
        for (number, letter) in [
            (810_000_034, 'U'),
            (91_065_656, 'H'),
            (8_350_058, 'Z'),
            (971_626_008_395, 'Q'),
            (1, 'A'),
            (0, 'Z'),
            (22, 'Y'),
        ] {
            assert_eq!(check_letter(number), letter, "{number}");
        }
    }
}

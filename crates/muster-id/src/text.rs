//! Short ASCII text without an allocation (owner of [`Text`]).

use std::{
    fmt::{self, Write},
    hash::{Hash, Hasher},
};

use crate::Problem;

/// At most 31 upper-case ASCII characters, held in place. Every identifier of this crate fits.
#[derive(Clone, Copy)]
pub struct Text {
    bytes: [u8; Text::LIMIT],
    length: u8,
}

impl Text {
    /// The most characters that it holds.
    pub const LIMIT: usize = 31;

    /// Reads a value as it was written: white space around it is dropped and letters are made upper-case.
    ///
    /// # Errors
    /// [`Problem::Empty`], [`Problem::TooLong`], and [`Problem::Character`] where a character is not printable ASCII.
    pub fn read(input: &str) -> Result<Self, Problem> {
        let trimmed = input.trim();
        if trimmed.is_empty() {
            return Err(Problem::Empty);
        }
        let mut text = Self::default();
        for (index, byte) in trimmed.bytes().enumerate() {
            if !(byte.is_ascii_graphic() || byte == b' ') {
                return Err(not_ascii(trimmed));
            }
            match text.bytes.get_mut(index) {
                Some(place) => *place = byte.to_ascii_uppercase(),
                None => return Err(too_long(trimmed)),
            }
            text.length = text.length.saturating_add(1);
        }
        Ok(text)
    }

    /// Writes a value; what goes beyond [`Text::LIMIT`], or is not ASCII, is left out.
    #[must_use]
    pub fn format(arguments: fmt::Arguments<'_>) -> Self {
        let mut text = Self::default();
        // Writing into memory does not fail.
        let _ = text.write_fmt(arguments);
        text
    }

    /// The characters.
    #[must_use]
    pub fn as_str(&self) -> &str {
        // Only ASCII is ever written, so that the fallback is not reached.
        self.bytes
            .get(..usize::from(self.length))
            .and_then(|bytes| std::str::from_utf8(bytes).ok())
            .unwrap_or_default()
    }
}

fn not_ascii(trimmed: &str) -> Problem {
    let (at, found) = trimmed
        .chars()
        .enumerate()
        .find(|(_, character)| !(character.is_ascii_graphic() || *character == ' '))
        .unwrap_or_default();
    Problem::Character {
        part: "value",
        at: at + 1,
        found,
        expected: "letters, digits and separators of ASCII only",
    }
}

fn too_long(trimmed: &str) -> Problem {
    // A character that has no place in any identifier says more than the length does.
    if trimmed
        .bytes()
        .all(|byte| byte.is_ascii_graphic() || byte == b' ')
    {
        Problem::TooLong { limit: Text::LIMIT }
    } else {
        not_ascii(trimmed)
    }
}

impl Write for Text {
    fn write_str(&mut self, written: &str) -> fmt::Result {
        for byte in written.bytes().filter(u8::is_ascii) {
            if let Some(place) = self.bytes.get_mut(usize::from(self.length)) {
                *place = byte;
                self.length = self.length.saturating_add(1);
            }
        }
        Ok(())
    }
}

impl Default for Text {
    fn default() -> Self {
        Self {
            bytes: [0; Self::LIMIT],
            length: 0,
        }
    }
}

impl PartialEq for Text {
    fn eq(&self, other: &Self) -> bool {
        self.as_str() == other.as_str()
    }
}

impl Eq for Text {}

impl Hash for Text {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.as_str().hash(state);
    }
}

impl fmt::Display for Text {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.as_str())
    }
}

impl fmt::Debug for Text {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.as_str(), formatter)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_upper_case_without_space_around() {
        assert_eq!(
            Text::read("\t sw1a 1aa\u{a0}").unwrap().as_str(),
            "SW1A 1AA"
        );
        assert_eq!(Text::read(" \n"), Err(Problem::Empty));
    }

    #[test]
    fn says_which_character_is_not_ascii() {
        assert_eq!(
            Text::read("é2099–1").unwrap_err().to_string(),
            "character 1 is `é` (U+00E9): expected letters, digits and separators of ASCII only"
        );
        let long = format!("{}–", "1".repeat(40));
        assert!(matches!(
            Text::read(&long),
            Err(Problem::Character {
                at: 41,
                found: '–',
                ..
            })
        ));
    }

    #[test]
    fn holds_no_more_than_its_limit() {
        assert_eq!(Text::read(&"1".repeat(31)).unwrap().as_str().len(), 31);
        assert_eq!(
            Text::read(&"1".repeat(32)),
            Err(Problem::TooLong { limit: 31 })
        );
        assert_eq!(Text::format(format_args!("{:040}", 1)).as_str().len(), 31);
    }
}

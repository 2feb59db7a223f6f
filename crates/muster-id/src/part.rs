//! Parts of a value while it is read (owner of [`Part`]).

use crate::Problem;

/// A piece of a value, with its name and the place where it starts.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Part<'a> {
    text: &'a str,
    start: usize,
    name: &'static str,
}

impl<'a> Part<'a> {
    /// The whole value.
    pub(crate) const fn whole(text: &'a str) -> Self {
        Self {
            text,
            start: 0,
            name: "value",
        }
    }

    pub(crate) const fn as_str(&self) -> &'a str {
        self.text
    }

    pub(crate) const fn len(&self) -> usize {
        self.text.len()
    }

    pub(crate) const fn named(mut self, name: &'static str) -> Self {
        self.name = name;
        self
    }

    /// The first characters and the rest; the first are fewer where there are not so many.
    pub(crate) fn split_at(&self, length: usize, name: &'static str) -> (Self, Self) {
        let (first, rest) = self
            .text
            .split_at_checked(length)
            .unwrap_or((self.text, ""));
        (
            Self {
                text: first,
                start: self.start,
                name,
            },
            Self {
                text: rest,
                start: self.start + first.len(),
                name: self.name,
            },
        )
    }

    /// What stands before and after the first of a separator.
    pub(crate) fn split_once(&self, separator: char) -> Option<(Self, Self)> {
        let (first, rest) = self.text.split_once(separator)?;
        Some((
            Self {
                text: first,
                ..*self
            },
            Self {
                text: rest,
                start: self.start + first.len() + separator.len_utf8(),
                name: self.name,
            },
        ))
    }

    /// Everything but the last character, and that character, which must be a letter.
    pub(crate) fn split_check_letter(&self) -> Result<(Self, char), Problem> {
        let mut characters = self.text.chars();
        match characters.next_back() {
            Some(letter) if letter.is_ascii_uppercase() => Ok((
                Self {
                    text: characters.as_str(),
                    ..*self
                },
                letter,
            )),
            Some(found) => Err(Problem::Character {
                part: "value",
                at: self.start + self.text.len(),
                found,
                expected: "the check letter at the end",
            }),
            None => Err(Problem::Empty),
        }
    }

    /// Refuses a length outside a range. `expected` says the range.
    pub(crate) fn length(
        &self,
        range: std::ops::RangeInclusive<usize>,
        expected: &'static str,
    ) -> Result<(), Problem> {
        if range.contains(&self.len()) {
            Ok(())
        } else {
            Err(Problem::Length {
                part: self.name,
                expected,
                actual: self.len(),
            })
        }
    }

    /// Refuses the first character that does not fit.
    pub(crate) fn every(
        &self,
        fits: impl Fn(u8) -> bool,
        expected: &'static str,
    ) -> Result<(), Problem> {
        match self.text.bytes().position(|byte| !fits(byte)) {
            None => Ok(()),
            Some(index) => Err(self.character(index, expected)),
        }
    }

    /// The problem that the character at an index of this part does not belong there.
    pub(crate) fn character(&self, index: usize, expected: &'static str) -> Problem {
        Problem::Character {
            part: self.name,
            at: self.start + index + 1,
            found: self
                .text
                .get(index..)
                .and_then(|rest| rest.chars().next())
                .unwrap_or_default(),
            expected,
        }
    }

    /// The number of a part that is digits, of a length in a range.
    pub(crate) fn digits(
        &self,
        range: std::ops::RangeInclusive<usize>,
        expected: &'static str,
    ) -> Result<u64, Problem> {
        // A wrong character says more than the length that comes of it.
        self.every(|byte| byte.is_ascii_digit(), "a digit")?;
        self.length(range, expected)?;
        Ok(number(self.text))
    }

    /// Refuses what is not capital letters and digits, or has another length.
    pub(crate) fn alphanumeric(
        &self,
        range: std::ops::RangeInclusive<usize>,
        expected: &'static str,
    ) -> Result<(), Problem> {
        self.every(|byte| byte.is_ascii_alphanumeric(), "a letter or digit")?;
        self.length(range, expected)
    }

    /// Whether it is digits alone, and at least one.
    pub(crate) fn is_digits(&self) -> bool {
        is_digits(self.text)
    }
}

/// Whether a text is digits alone, and at least one.
pub(crate) fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// The number that digits spell; what does not fit 64 bits wraps, which no identifier of 19 digits or fewer does.
pub(crate) fn number(digits: &str) -> u64 {
    digits.bytes().fold(0_u64, |sum, byte| {
        sum.wrapping_mul(10)
            .wrapping_add(u64::from(byte.wrapping_sub(b'0')))
    })
}

//! What is wrong with a value, and what is doubtful about it (owner of [`Problem`] and [`Warning`]).

use std::fmt;

use crate::Text;

/// Why a value is not an identifier of its kind.
///
/// [`fmt::Display`] says what was expected and what was found. [`Problem::masked`] says the same without repeating
/// the value, for places where personal data must not appear.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Problem {
    /// Nothing but white space.
    Empty,
    /// Longer than any identifier.
    TooLong {
        /// The most characters of any kind.
        limit: usize,
    },
    /// A part of the value is too short or too long, or missing.
    Length {
        /// What the part is called.
        part: &'static str,
        /// What belongs there, such as `1 to 7 digits`.
        expected: &'static str,
        /// How many characters there are.
        actual: usize,
    },
    /// A character that does not belong where it stands.
    Character {
        /// What the part is called.
        part: &'static str,
        /// Which character of the trimmed value, counted from 1.
        at: usize,
        /// The character.
        found: char,
        /// What belongs there.
        expected: &'static str,
    },
    /// The check letter or check digit does not fit the rest.
    CheckCharacter {
        /// `check letter` or `check digit`.
        name: &'static str,
        /// The value without it.
        of: Text,
        /// The one that fits.
        expected: char,
        /// The one that stands there.
        actual: char,
    },
    /// A part has the right shape and a value that the rule bars.
    Barred {
        /// What the part is called.
        part: &'static str,
        /// Its value.
        value: Text,
        /// What the rule says.
        because: &'static str,
    },
    /// A code that its list does not hold.
    Unlisted {
        /// What the code is called.
        part: &'static str,
        /// The code.
        value: Text,
        /// The list.
        list: &'static str,
    },
    /// Written in a way that the rule does not allow, though it is plain what is meant.
    Written {
        /// What the rule says.
        because: &'static str,
        /// How it is written.
        instead: Text,
    },
    /// An accepted form where the canonical form is required.
    NotCanonical {
        /// The canonical form.
        canonical: Text,
    },
}

impl Problem {
    /// A stable name of the problem, for machines.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Empty => "empty",
            Self::TooLong { .. } | Self::Length { .. } => "length",
            Self::Character { .. } => "character",
            Self::CheckCharacter { .. } => "check-character",
            Self::Barred { .. } => "barred",
            Self::Unlisted { .. } => "unlisted",
            Self::Written { .. } => "written",
            Self::NotCanonical { .. } => "not-canonical",
        }
    }

    /// What to do first.
    #[must_use]
    pub const fn fix(&self) -> &'static str {
        match self {
            Self::Empty => "Give a value, or leave the property out.",
            Self::TooLong { .. } | Self::Length { .. } => {
                "Compare the length with the source record; a separator or digit is missing or too many."
            }
            Self::Character { .. } => {
                "Compare this character with the source record; O and 0, I and 1, S and 5 are often mistaken."
            }
            Self::CheckCharacter { .. } => {
                "Compare every character with the source record: one was mistyped, or two were swapped. \
                 Do not replace the check character alone."
            }
            Self::Barred { .. } => {
                "Take the value from its source again; this one was never issued."
            }
            Self::Unlisted { .. } => {
                "Take the code from the list; if the code is newer than the list, tell the maintainers."
            }
            Self::Written { .. } | Self::NotCanonical { .. } => {
                "Write the value in its canonical form before it is stored or sent."
            }
        }
    }

    /// The same message without the value or the greater part of it.
    #[must_use]
    pub const fn masked(self) -> Masked {
        Masked(self)
    }

    fn write(&self, formatter: &mut fmt::Formatter<'_>, masked: bool) -> fmt::Result {
        match self {
            Self::Empty => formatter.write_str("the value is empty"),
            Self::TooLong { limit } => write!(
                formatter,
                "the value is longer than any identifier: expected at most {limit} characters"
            ),
            Self::Length {
                part,
                expected,
                actual: 0,
            } => write!(formatter, "the {part} is missing: expected {expected}"),
            Self::Length {
                part,
                expected,
                actual,
            } => write!(
                formatter,
                "the {part} has {actual} character{}: expected {expected}",
                if *actual == 1 { "" } else { "s" }
            ),
            Self::Character {
                part,
                at,
                found,
                expected,
            } => {
                write!(formatter, "character {at} is {}", Shown(*found))?;
                if *part != "value" {
                    write!(formatter, ", in the {part}")?;
                }
                write!(formatter, ": expected {expected}")
            }
            Self::CheckCharacter {
                name,
                of,
                expected,
                actual,
            } => {
                if masked {
                    write!(formatter, "the {name} is {expected}, not {actual}")?;
                } else {
                    write!(formatter, "the {name} of {of} is {expected}, not {actual}")?;
                }
                if matches!(actual, 'I' | 'O' | 'S') {
                    formatter.write_str("; the letters I, O and S are never used")?;
                }
                Ok(())
            }
            Self::Barred {
                part,
                value,
                because,
            } => write!(formatter, "the {part} is {value}: {because}"),
            Self::Unlisted { part, value, list } => {
                write!(formatter, "there is no {part} {value} in {list}")
            }
            Self::Written { because, instead } => {
                if masked {
                    formatter.write_str(because)
                } else {
                    write!(formatter, "{because}: expected {instead}")
                }
            }
            Self::NotCanonical { canonical } => {
                if masked {
                    formatter.write_str("the value is not in its canonical form")
                } else {
                    write!(
                        formatter,
                        "the value is not in its canonical form: expected {canonical}"
                    )
                }
            }
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.write(formatter, false)
    }
}

impl std::error::Error for Problem {}

/// A [`Problem`] told without the value (see [`Problem::masked`]).
#[derive(Debug, Clone, Copy)]
pub struct Masked(Problem);

impl fmt::Display for Masked {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.write(formatter, true)
    }
}

/// A character as a reader can tell it from others; control characters are escaped.
struct Shown(char);

impl fmt::Display for Shown {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            ' ' => formatter.write_str("a space"),
            found if found.is_ascii_graphic() => write!(formatter, "`{found}`"),
            found => write!(
                formatter,
                "`{}` (U+{:04X})",
                found.escape_debug(),
                u32::from(found)
            ),
        }
    }
}

/// What is doubtful about a value that is accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Warning {
    /// The check letter does not fit, under a rule that no authority publishes.
    CheckCharacter(Problem),
    /// A check letter that no known rule judges.
    NotJudged(&'static str),
    /// A force code that the list of forces does not hold.
    UnlistedForce(Text),
    /// Anything else, by a stable name and what it means.
    Doubtful(&'static str, &'static str),
}

impl Warning {
    /// A stable name of the warning, for machines.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::CheckCharacter(_) => "check-character",
            Self::NotJudged(_) => "not-judged",
            Self::UnlistedForce(_) => "unlisted-force",
            Self::Doubtful(code, _) => code,
        }
    }

    /// The same message without the value or the greater part of it.
    #[must_use]
    pub fn masked(&self) -> String {
        match self {
            Self::CheckCharacter(problem) => format!("{}{DERIVED}", problem.masked()),
            other => other.to_string(),
        }
    }
}

const DERIVED: &str = ", by a rule derived from published values and not documented";

impl fmt::Display for Warning {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::CheckCharacter(problem) => write!(formatter, "{problem}{DERIVED}"),
            Self::NotJudged(because) => {
                write!(formatter, "the check letter was not judged: {because}")
            }
            Self::UnlistedForce(code) => {
                write!(formatter, "the list of forces has no code {code}")
            }
            Self::Doubtful(_, message) => formatter.write_str(message),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_masked_message_does_not_repeat_the_value() {
        let of = Text::read("2018/0123456").unwrap();
        let problem = Problem::CheckCharacter {
            name: "check letter",
            of,
            expected: 'P',
            actual: 'X',
        };
        assert_eq!(
            problem.to_string(),
            "the check letter of 2018/0123456 is P, not X"
        );
        assert_eq!(problem.masked().to_string(), "the check letter is P, not X");
        assert_eq!(
            Warning::CheckCharacter(problem).masked(),
            "the check letter is P, not X, by a rule derived from published values and not documented"
        );
        for problem in [
            Problem::Written {
                because: "no space",
                instead: of,
            },
            Problem::NotCanonical { canonical: of },
        ] {
            assert!(problem.to_string().contains("2018"));
            assert!(!problem.masked().to_string().contains("2018"));
        }
    }

    #[test]
    fn control_characters_are_escaped() {
        let problem = Problem::Character {
            part: "serial",
            at: 3,
            found: '\u{1b}',
            expected: "a digit",
        };
        assert_eq!(
            problem.to_string(),
            "character 3 is `\\u{1b}` (U+001B), in the serial: expected a digit"
        );
    }
}

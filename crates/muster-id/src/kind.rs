//! Kinds of identifier: what each is, how it is read, written and made (owner of [`Kind`]).

use std::fmt;

use crate::{Identifier, Problem, Text, Warning, series::Series};

/// A kind of identifier. The list is [`crate::KINDS`].
pub struct Kind {
    /// The name on the command line and in files, such as `pnc`.
    pub id: &'static str,
    /// Other names that lead to it.
    pub aliases: &'static [&'static str],
    /// What it is called in full.
    pub title: &'static str,
    /// What it identifies, in one sentence.
    pub purpose: &'static str,
    /// The forms that are accepted, the canonical one first. Letter case and white space around a value never count.
    pub forms: &'static [Form],
    /// What makes a value right, beside its check character.
    pub rules: &'static [&'static str],
    /// How the check character is computed, or why there is none.
    pub check: &'static str,
    /// What is not judged, and what to beware of.
    pub limits: &'static [&'static str],
    /// What [`Kind::make`] gives, and why it is nobody's.
    pub synthetic: &'static str,
    /// Where the rule comes from, and how much it weighs.
    pub sources: &'static [Source],
    /// Values that are accepted.
    pub valid: &'static [&'static str],
    /// Values that are refused, each with the message.
    pub invalid: &'static [(&'static str, &'static str)],
    /// How many distinct values [`Kind::make`] gives.
    pub capacity: u64,
    pub(crate) parse: fn(&Text, &Options) -> Result<Reading, Problem>,
    pub(crate) make: fn(u64) -> Text,
}

/// A way to write an identifier.
#[derive(Debug)]
pub struct Form {
    /// Its name, such as `long`.
    pub name: &'static str,
    /// Its shape, such as `YYYY/NNNNNNND`.
    pub shape: &'static str,
    /// When it is met, in one sentence.
    pub about: &'static str,
    /// Writes a canonical value in this form, where it can be.
    pub(crate) write: fn(&str, &Options) -> Option<Text>,
}

/// Where a rule comes from.
#[derive(Debug)]
pub struct Source {
    /// The document or source code, with its clause.
    pub name: &'static str,
    /// How much it weighs.
    pub standing: Standing,
}

/// How much a source weighs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// The issuing body's own text was read.
    Official,
    /// Read in a public system's source code.
    Code,
    /// Derived from published values; documented nowhere.
    Derived,
    /// General knowledge of the field; no source text was read.
    General,
}

impl Standing {
    /// Its name in files.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Official => "official",
            Self::Code => "code",
            Self::Derived => "derived",
            Self::General => "general",
        }
    }

    /// What it means.
    #[must_use]
    pub const fn about(self) -> &'static str {
        match self {
            Self::Official => "the issuing body's own text was read",
            Self::Code => "read in the source code of a public system",
            Self::Derived => "derived from published values; documented nowhere",
            Self::General => "general knowledge; no source text was read",
        }
    }
}

/// What the reading of a value depends on beside the value. The library has no clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Options {
    /// The current year. Two-digit years up to it are of this century, the others of the last.
    pub this_year: u16,
}

impl Default for Options {
    /// The year of this version of the library.
    fn default() -> Self {
        Self { this_year: 2026 }
    }
}

impl Options {
    /// The year that two digits stand for: 00 up to this year is 20YY, the rest 19YY.
    pub(crate) fn full_year(&self, two_digits: u64) -> u64 {
        let this_year = u64::from(self.this_year);
        let century = this_year / 100 * 100;
        if two_digits <= this_year % 100 {
            century + two_digits
        } else {
            century.saturating_sub(100) + two_digits
        }
    }
}

/// What the parser of a kind found in a value.
pub(crate) struct Reading {
    pub(crate) canonical: Text,
    /// The place of the form in [`Kind::forms`].
    pub(crate) form: usize,
    pub(crate) warnings: Vec<Warning>,
}

impl Reading {
    /// An accepted value without warnings.
    pub(crate) const fn new(canonical: Text, form: usize) -> Self {
        Self {
            canonical,
            form,
            warnings: Vec::new(),
        }
    }

    pub(crate) fn warn(&mut self, warning: Warning) {
        self.warnings.push(warning);
    }
}

impl Kind {
    /// Reads a value in any accepted form.
    ///
    /// # Errors
    /// What exactly is wrong with it.
    pub fn parse(&'static self, value: &str) -> Result<Identifier, Problem> {
        self.parse_with(value, &Options::default())
    }

    /// As [`Kind::parse`], with the current year given.
    ///
    /// # Errors
    /// What exactly is wrong with the value.
    pub fn parse_with(
        &'static self,
        value: &str,
        options: &Options,
    ) -> Result<Identifier, Problem> {
        let text = Text::read(value)?;
        let reading = (self.parse)(&text, options)?;
        Ok(Identifier {
            kind: self,
            canonical: reading.canonical,
            form: reading.form,
            warnings: reading.warnings,
        })
    }

    /// Reads a value that must be in canonical form, letter case included.
    ///
    /// # Errors
    /// As [`Kind::parse`], and [`Problem::NotCanonical`].
    pub fn parse_canonical(&'static self, value: &str) -> Result<Identifier, Problem> {
        self.parse(value)?.require_canonical(value)
    }

    /// Valid values that are synthetic. The same seed gives the same values. They are distinct until [`Kind::capacity`]
    /// is reached, and then come again.
    pub fn make(&'static self, seed: u64) -> impl Iterator<Item = Identifier> + use<> {
        Series::new(self.capacity, seed)
            .filter_map(move |number| self.parse((self.make)(number).as_str()).ok())
    }
}

impl PartialEq for Kind {
    fn eq(&self, other: &Self) -> bool {
        self.id == other.id
    }
}

impl Eq for Kind {}

impl fmt::Debug for Kind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Kind({})", self.id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_digits_are_a_year_up_to_this_one() {
        let options = Options { this_year: 2026 };
        assert_eq!(options.full_year(26), 2026);
        assert_eq!(options.full_year(27), 1927);
        assert_eq!(options.full_year(0), 2000);
        assert_eq!(options.full_year(99), 1999);
        assert_eq!(Options { this_year: 3 }.full_year(99), 99);
    }
}

//! A value that is known to be right (owner of [`Identifier`]).

use std::fmt;

use crate::{Form, Kind, Options, Problem, Text, Warning};

/// An identifier: a value that was parsed, so that it need not be checked again.
///
/// Two are equal when kind and canonical form are, however they were written.
#[derive(Debug, Clone)]
pub struct Identifier {
    pub(crate) kind: &'static Kind,
    pub(crate) canonical: Text,
    pub(crate) form: usize,
    pub(crate) warnings: Vec<Warning>,
}

impl Identifier {
    /// Its kind.
    #[must_use]
    pub const fn kind(&self) -> &'static Kind {
        self.kind
    }

    /// The canonical form, in which it is stored, sent and compared.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.canonical.as_str()
    }

    /// The form in which it was written, letter case and white space around it apart.
    #[must_use]
    pub fn form(&self) -> Option<&'static Form> {
        self.kind.forms.get(self.form)
    }

    /// What is doubtful about it.
    #[must_use]
    pub fn warnings(&self) -> &[Warning] {
        &self.warnings
    }

    /// The same identifier in every form in which it can be written, the canonical one first.
    pub fn forms(&self, options: &Options) -> impl Iterator<Item = (&'static Form, Text)> {
        self.kind
            .forms
            .iter()
            .filter_map(|form| Some((form, (form.write)(self.as_str(), options)?)))
    }

    /// Refuses the value that this was read from, unless it was in canonical form to the letter.
    ///
    /// # Errors
    /// [`Problem::NotCanonical`].
    pub fn require_canonical(self, value: &str) -> Result<Self, Problem> {
        if value == self.as_str() {
            Ok(self)
        } else {
            Err(Problem::NotCanonical {
                canonical: self.canonical,
            })
        }
    }
}

impl fmt::Display for Identifier {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.canonical.fmt(formatter)
    }
}

impl PartialEq for Identifier {
    fn eq(&self, other: &Self) -> bool {
        self.kind == other.kind && self.canonical == other.canonical
    }
}

impl Eq for Identifier {}

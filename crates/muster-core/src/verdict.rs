//! Verdicts, what a check says, and how many of them become one (owner of [`Verdict`] and [`Judgement`]).

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{exchange::ExchangeId, model::Responsible};

/// The outcome of one judgement, from best to worst; the worst of several counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// Verified.
    Pass,
    /// Could not be verified, for a reason that is told.
    Inconclusive,
    /// Violated.
    Fail,
    /// Muster itself, or the authored case, went wrong.
    Error,
}

impl Verdict {
    /// The word a reader sees.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Inconclusive => "inconclusive",
            Self::Fail => "fail",
            Self::Error => "error",
        }
    }

    /// The worst of several; nothing observed is inconclusive, never pass.
    #[must_use]
    pub fn worst(verdicts: impl IntoIterator<Item = Self>) -> Self {
        verdicts.into_iter().max().unwrap_or(Self::Inconclusive)
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.label())
    }
}

/// Of a class or a profile.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Conformance {
    /// Every MUST is verified, or waived in date.
    Conformant,
    /// At least one MUST failed.
    NonConformant,
    /// No MUST failed, but at least one could not be verified.
    Undetermined,
}

impl Conformance {
    /// The word a reader sees.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Conformant => "conformant",
            Self::NonConformant => "non-conformant",
            Self::Undetermined => "undetermined",
        }
    }

    /// Rolls the verdicts of the MUSTs of a class or profile up.
    #[must_use]
    pub fn of(musts: impl IntoIterator<Item = Verdict>) -> Self {
        let mut rolled = Self::Conformant;
        for verdict in musts {
            match verdict {
                Verdict::Pass => {}
                Verdict::Fail => return Self::NonConformant,
                Verdict::Inconclusive | Verdict::Error => rolled = Self::Undetermined,
            }
        }
        rolled
    }
}

/// Why something was not verified, and whose it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unverified {
    /// The reason, a sentence that stands alone and says what to do next.
    pub reason: String,
    /// Who can close it.
    pub responsible: Responsible,
}

impl Unverified {
    /// Puts a gap together.
    pub fn new(responsible: Responsible, reason: impl Into<String>) -> Self {
        Self {
            reason: reason.into(),
            responsible,
        }
    }
}

/// A place in a file of the supplier's or of a suite.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SourceLocation {
    /// The file: a path relative to the working folder where it lies below it, a path or a URL otherwise.
    pub file: String,
    /// The line, from 1.
    pub line: usize,
    /// The column, from 1.
    pub column: usize,
}

/// One defect, told so that a reader can act on it without anything else.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// A short stable key: two findings of one check with one cause are one finding, seen twice.
    pub cause: String,
    /// What is wrong, in one sentence.
    pub title: String,
    /// What was expected.
    pub expected: String,
    /// What came.
    pub received: String,
    /// Where: a JSON pointer into the contract (`#/paths/…`) or into the body (`/items/0/name`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pointer: Option<String>,
    /// The authored line that says what was expected, with a caret: of a case of a suite.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub authored: Option<String>,
    /// Where in contract or suite it stands that says what was expected, where that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<Box<SourceLocation>>,
    /// The kind of mistake, as a sentence in the plural: findings of one kind are told as one, with a table.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// The exchange that shows it, where a conversation has many; the last few of it otherwise.
    #[serde(skip)]
    pub shown_by: Option<ExchangeId>,
}

impl Finding {
    /// Puts a finding together; `cause` is what makes it the same defect as another.
    pub fn new(
        cause: impl Into<String>,
        title: impl Into<String>,
        expected: impl Into<String>,
        received: impl Into<String>,
    ) -> Self {
        Self {
            cause: cause.into(),
            title: title.into(),
            expected: expected.into(),
            received: received.into(),
            pointer: None,
            authored: None,
            source: None,
            kind: None,
            shown_by: None,
        }
    }

    /// Shows the authored line that says what was expected.
    #[must_use]
    pub fn authored(mut self, excerpt: impl Into<String>) -> Self {
        self.authored = Some(excerpt.into());
        self
    }

    /// Says where in a file it stands that says what was expected.
    #[must_use]
    pub fn in_source(mut self, source: SourceLocation) -> Self {
        self.source = Some(Box::new(source));
        self
    }

    /// Says of which kind the mistake is: a sentence that holds of every finding of the kind.
    #[must_use]
    pub fn of_kind(mut self, kind: impl Into<String>) -> Self {
        self.kind = Some(kind.into());
        self
    }

    /// Says which exchange shows it.
    #[must_use]
    pub const fn shown_by(mut self, exchange: ExchangeId) -> Self {
        self.shown_by = Some(exchange);
        self
    }

    /// Says where.
    #[must_use]
    pub fn at(mut self, pointer: impl Into<String>) -> Self {
        self.pointer = Some(pointer.into());
        self
    }
}

/// What a check says of one thing it judged.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Judgement {
    /// It is as it must be.
    Pass,
    /// The check does not apply here, for this reason. Counts neither way.
    NotApplicable(String),
    /// It could not be verified.
    Inconclusive(Unverified),
    /// It is not as it must be.
    Fail(Finding),
    /// Muster or the authored case went wrong.
    Error(Unverified),
}

impl Judgement {
    /// The verdict, or nothing where the check does not apply.
    #[must_use]
    pub const fn verdict(&self) -> Option<Verdict> {
        match self {
            Self::Pass => Some(Verdict::Pass),
            Self::NotApplicable(_) => None,
            Self::Inconclusive(_) => Some(Verdict::Inconclusive),
            Self::Fail(_) => Some(Verdict::Fail),
            Self::Error(_) => Some(Verdict::Error),
        }
    }

    /// Inconclusive, in short.
    pub fn inconclusive(responsible: Responsible, reason: impl Into<String>) -> Self {
        Self::Inconclusive(Unverified::new(responsible, reason))
    }

    /// Not applicable, in short.
    pub fn not_applicable(reason: impl Into<String>) -> Self {
        Self::NotApplicable(reason.into())
    }
}

impl From<Finding> for Judgement {
    fn from(finding: Finding) -> Self {
        Self::Fail(finding)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_observed_is_never_a_pass() {
        assert_eq!(Verdict::worst([]), Verdict::Inconclusive);
    }

    #[test]
    fn the_worst_counts() {
        assert_eq!(
            Verdict::worst([Verdict::Pass, Verdict::Fail, Verdict::Inconclusive]),
            Verdict::Fail
        );
        assert_eq!(
            Verdict::worst([Verdict::Fail, Verdict::Error]),
            Verdict::Error
        );
    }

    #[test]
    fn a_failure_and_a_gap_do_not_hide_each_other() {
        assert_eq!(
            Conformance::of([Verdict::Pass, Verdict::Inconclusive]),
            Conformance::Undetermined
        );
        assert_eq!(
            Conformance::of([Verdict::Fail, Verdict::Inconclusive]),
            Conformance::NonConformant
        );
        assert_eq!(
            Conformance::of([Verdict::Fail, Verdict::Error]),
            Conformance::NonConformant
        );
    }
}

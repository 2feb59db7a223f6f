//! Requirements and the conformance classes they are scored in.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{CaseId, CheckId, ClassId, RequirementId};

/// How strongly a requirement binds (RFC 2119).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
#[expect(missing_docs, reason = "the names say it")]
pub enum Level {
    May,
    Should,
    Must,
}

impl Level {
    /// The word as RFC 2119 writes it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::May => "MAY",
            Self::Should => "SHOULD",
            Self::Must => "MUST",
        }
    }
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// The level of the PDS interoperability maturity model that a requirement speaks to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Interoperability {
    /// Secure connection.
    Foundational,
    /// Data standards and APIs.
    Structural,
    /// Shared vocabularies.
    Semantic,
    /// Agreements and policies.
    Organisational,
}

impl Interoperability {
    /// Every level, from the ground up.
    pub const ALL: [Self; 4] = [
        Self::Foundational,
        Self::Structural,
        Self::Semantic,
        Self::Organisational,
    ];

    /// The word a reader sees.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Foundational => "foundational",
            Self::Structural => "structural",
            Self::Semantic => "semantic",
            Self::Organisational => "organisational",
        }
    }
}

/// Where a requirement comes from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Source {
    /// The document, such as `RFC 9110`.
    pub document: String,
    /// The clause of it, such as `§15.5.6`.
    #[serde(default)]
    pub clause: String,
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.clause.is_empty() {
            f.write_str(&self.document)
        } else {
            write!(f, "{}, {}", self.document, self.clause)
        }
    }
}

/// One thing that a requirement is verified by.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Verifier {
    /// A check of the list.
    Check(CheckId),
    /// A case of a suite.
    Case(CaseId),
}

impl fmt::Display for Verifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Check(id) => f.pad(id.as_str()),
            Self::Case(id) => f.pad(id.as_str()),
        }
    }
}

/// How a requirement is verified: each has exactly one way, or a reason for having none.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verification {
    /// By checks and cases; the worst of them counts. Never empty.
    VerifiedBy(Vec<Verifier>),
    /// A person states it, with a name and a date, in the target file.
    Attested,
    /// Not tested, for this reason.
    NotTested(String),
}

/// A person's statement that an attested requirement is met.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Attestation {
    /// What is attested.
    pub requirement: RequirementId,
    /// Who states it.
    pub by: String,
    /// On what date, `YYYY-MM-DD`.
    pub on: String,
    /// What was seen.
    pub statement: String,
}

/// One normative sentence.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Requirement {
    /// Its id, unique in the profile.
    pub id: RequirementId,
    /// The class it is scored in.
    pub class: ClassId,
    /// How strongly it binds.
    pub level: Level,
    /// The sentence.
    pub statement: String,
    /// Where it comes from.
    pub source: Source,
    /// The level of the PDS maturity model it speaks to.
    pub interoperability: Interoperability,
    /// How it is verified.
    pub verification: Verification,
}

/// Whether a class counts for everyone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ClassKind {
    /// For everyone.
    Core,
    /// Only for a target that claims this capability.
    Optional {
        /// The capability that selects the class.
        capability: String,
    },
}

/// Requirements that are claimed and scored together.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Class {
    /// Its id, unique in the profile.
    pub id: ClassId,
    /// Its name for readers.
    pub title: String,
    /// Whether it counts for everyone.
    pub kind: ClassKind,
}

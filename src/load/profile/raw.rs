//! A profile as it is written.

use serde::Deserialize;
use serde_json::Value;

use muster_checks::profile::Tiers;
use muster_core::model::{
    Class, ClassId, ClassKind, Interoperability, Level, Parameters, ProfileId, Requirement,
    RequirementId, Source, Verification, Verifier,
};

/// `profile.yaml`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawProfile {
    pub(super) profile: ProfileId,
    pub(super) version: String,
    pub(super) title: String,
    #[serde(default)]
    pub(super) description: String,
    pub(super) contract: Option<String>,
    /// Read from the document as well.
    #[serde(default, rename = "suites")]
    _suites: Vec<Value>,
    /// Read from the document, where it can be told by line and column.
    #[serde(default, rename = "extends")]
    _extends: Vec<Value>,
    #[serde(default)]
    pub(super) classes: Vec<RawClass>,
    #[serde(default)]
    pub(super) requirements: Vec<RawRequirement>,
    #[serde(default)]
    pub(super) parameters: Parameters,
    #[serde(default)]
    pub(super) personal: Vec<String>,
    #[serde(default)]
    pub(super) harmless: Vec<String>,
    pub(super) tiers: Option<Tiers>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawClass {
    id: ClassId,
    title: String,
    #[serde(default)]
    kind: RawKind,
    capability: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
enum RawKind {
    #[default]
    Core,
    Optional,
}

impl From<RawClass> for Class {
    fn from(raw: RawClass) -> Self {
        Self {
            id: raw.id,
            title: raw.title,
            kind: match (raw.kind, raw.capability) {
                (RawKind::Optional, Some(capability)) => ClassKind::Optional { capability },
                (RawKind::Core | RawKind::Optional, _) => ClassKind::Core,
            },
        }
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawRequirement {
    id: RequirementId,
    class: ClassId,
    level: Level,
    statement: String,
    source: Source,
    interoperability: Option<Interoperability>,
    verified_by: Option<Vec<Verifier>>,
    attested: Option<bool>,
    not_tested: Option<String>,
}

impl RawRequirement {
    /// The requirement; nothing where none or several ways of verification stand there, which is told before.
    pub(super) fn into_requirement(self) -> Option<Requirement> {
        let verification = match (self.verified_by, self.attested, self.not_tested) {
            (Some(verifiers), None, None) => Verification::VerifiedBy(verifiers),
            (None, Some(true), None) => Verification::Attested,
            (None, None, Some(reason)) => Verification::NotTested(reason),
            _ => return None,
        };
        Some(Requirement {
            id: self.id,
            class: self.class,
            level: self.level,
            statement: self.statement,
            source: self.source,
            interoperability: self
                .interoperability
                .unwrap_or(Interoperability::Structural),
            verification,
        })
    }
}

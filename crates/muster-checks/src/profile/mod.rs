//! A loaded profile: what is required, and what verifies it (owner of [`Profile`]).

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::suite::Suite;
use muster_core::model::{
    Class, ClassId, Parameters, ProfileId, Requirement, RequirementId, Verification, Verifier,
};

/// A named, versioned selection of conformance classes, every `extends` resolved.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Profile {
    /// Its id.
    pub id: ProfileId,
    /// Its version.
    pub version: String,
    /// Its name for readers.
    pub title: String,
    /// What it is for, in a paragraph.
    #[serde(default)]
    pub description: String,
    /// Where its own contract lies, if it has one; relative to the profile's folder.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contract: Option<String>,
    /// Its classes in order.
    pub classes: Vec<Class>,
    /// Its requirements in order.
    pub requirements: Vec<Requirement>,
    /// Its parameters.
    #[serde(default)]
    pub parameters: Parameters,
    /// Names of members that hold personal data, masked in everything that is kept.
    #[serde(default)]
    pub personal: Vec<String>,
    /// Whether the usual names of personal data are masked besides `personal`: where a profile of a combination names none.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub usual_personal: bool,
    /// Operations that are no hazards at a target of this profile, written as for `--only`: what its suites are there to
    /// send.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub harmless: Vec<String>,
    /// What shows a supplier tier, for profiles that say so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tiers: Option<Tiers>,
    /// Its suites.
    #[serde(skip)]
    pub suites: Vec<Arc<Suite>>,
}

/// The requirements that show a supplier tier of the InterOp-Pol charter, besides the core.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tiers {
    /// That the interfaces will be opened, and when.
    pub bronze: Vec<RequirementId>,
    /// That they are published in full.
    pub silver: Vec<RequirementId>,
}

impl Profile {
    /// The requirement of this id.
    #[must_use]
    pub fn requirement(&self, id: &RequirementId) -> Option<&Requirement> {
        self.requirements
            .iter()
            .find(|requirement| requirement.id == *id)
    }

    /// The class of this id.
    #[must_use]
    pub fn class(&self, id: &ClassId) -> Option<&Class> {
        self.classes.iter().find(|class| class.id == *id)
    }

    /// Every verifier that any requirement cites, once, in order.
    #[must_use]
    pub fn verifiers(&self) -> Vec<&Verifier> {
        let mut seen = Vec::new();
        for requirement in &self.requirements {
            if let Verification::VerifiedBy(verifiers) = &requirement.verification {
                for verifier in verifiers {
                    if !seen.contains(&verifier) {
                        seen.push(verifier);
                    }
                }
            }
        }
        seen
    }
}

//! Which InterOp-Pol supplier tier the evidence of a run supports (owner of [`tiers`]).
//!
//! A tier is never awarded for what was not verified: a waived failure, a core class that was left out and a statement
//! that nobody made all keep it from being shown.

use serde::{Deserialize, Serialize};

use super::{RequirementResult, Standing};
use crate::event::{End, Started};
use muster_core::model::{ClassKind, Level, RequirementId, Verification};

/// A tier of the charter, from the ground up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[expect(missing_docs, reason = "the names say it")]
pub enum Tier {
    Bronze,
    Silver,
    Gold,
}

impl Tier {
    /// The word a reader sees.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Bronze => "Bronze",
            Self::Silver => "Silver",
            Self::Gold => "Gold",
        }
    }

    /// What it asks for.
    #[must_use]
    pub const fn asks(self) -> &'static str {
        match self {
            Self::Bronze => "Opening the interfaces is announced, with a date.",
            Self::Silver => {
                "Interfaces for import and export are published in full, and the core of this profile is conformant."
            }
            Self::Gold => {
                "It interoperates with another supplier's product, and a customer certifies that."
            }
        }
    }
}

/// What a run shows of one tier.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TierResult {
    /// The tier.
    pub tier: Tier,
    /// Whether the evidence supports it, and every tier below.
    pub shown: bool,
    /// What shows it, or what is missing.
    pub reason: String,
}

/// The tiers of a profile that asks for them; none for others.
pub(super) fn tiers(
    started: &Started,
    end: &End,
    requirements: &[RequirementResult],
) -> Vec<TierResult> {
    let Some(asked) = &started.profile.tiers else {
        return Vec::new();
    };
    let mut bronze = unmet(&asked.bronze, requirements);
    let mut silver = unmet(&asked.silver, requirements);
    silver.extend(core(started, end, requirements));
    let above = |below: &TierResult| {
        (!below.shown).then(|| format!("{} is not shown.", below.tier.label()))
    };
    let bronze = told(Tier::Bronze, &mut bronze, &asked.bronze);
    silver.extend(above(&bronze));
    let silver = told(Tier::Silver, &mut silver, &asked.silver);
    let gold = TierResult {
        tier: Tier::Gold,
        shown: false,
        reason:
            "A run against one target gives no evidence of interoperation with another supplier."
                .to_owned(),
    };
    vec![bronze, silver, gold]
}

/// The highest tier that is shown.
#[must_use]
pub fn highest(tiers: &[TierResult]) -> Option<Tier> {
    tiers
        .iter()
        .filter(|result| result.shown)
        .map(|result| result.tier)
        .max()
}

fn told(tier: Tier, missing: &mut Vec<String>, asked: &[RequirementId]) -> TierResult {
    if asked.is_empty() {
        missing.push("The profile does not say what shows it.".to_owned());
    }
    let ids: Vec<&str> = asked.iter().map(RequirementId::as_str).collect();
    let core = if tier == Tier::Silver {
        " The core is conformant."
    } else {
        ""
    };
    TierResult {
        tier,
        shown: missing.is_empty(),
        reason: if missing.is_empty() {
            format!("Shown by {}.{core}", ids.join(", "))
        } else {
            missing.join(" ")
        },
    }
}

/// Why what a tier asks for is not met.
fn unmet(asked: &[RequirementId], requirements: &[RequirementResult]) -> Vec<String> {
    asked
        .iter()
        .filter_map(|id| {
            let result = requirements
                .iter()
                .find(|result| result.requirement.id == *id);
            match result.map(|result| result.standing) {
                Some(Standing::Passed | Standing::Attested) => None,
                Some(_) if result.is_some_and(is_attested) => {
                    Some(format!("Nobody attested {id}."))
                }
                Some(standing) => Some(format!("{id}: {}.", standing.label())),
                None => Some(format!("{id} is not in the profile.")),
            }
        })
        .collect()
}

fn is_attested(result: &RequirementResult) -> bool {
    result.requirement.verification == Verification::Attested
}

/// Why the core is not conformant; nothing where every MUST of every core class is met.
fn core(started: &Started, end: &End, requirements: &[RequirementResult]) -> Option<String> {
    if *end != End::Complete {
        return Some("The run did not come to its end.".to_owned());
    }
    let musts = requirements.iter().filter(|result| {
        result.requirement.level == Level::Must
            && started
                .profile
                .class(&result.requirement.class)
                .is_some_and(|class| class.kind == ClassKind::Core)
    });
    let mut met = 0;
    let mut open = Vec::new();
    for result in musts {
        match result.standing {
            Standing::Passed | Standing::Attested => met += 1,
            Standing::NotApplicable => {}
            standing => open.push(format!("{} ({})", result.requirement.id, standing.label())),
        }
    }
    if open.is_empty() && met > 0 {
        return None;
    }
    const NAMED: usize = 6;
    let more = open.len().saturating_sub(NAMED);
    open.truncate(NAMED);
    let more = if more > 0 {
        format!(" and {more} more")
    } else {
        String::new()
    };
    Some(if open.is_empty() {
        "No MUST of the core was verified.".to_owned()
    } else {
        format!("The core is not conformant: {}{more}.", open.join(", "))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::summary::fixture;
    use muster_checks::profile::Tiers;
    use muster_core::model::{Class, Interoperability, Requirement, Source};

    fn class(id: &str, kind: ClassKind) -> Class {
        Class {
            id: id.into(),
            title: id.to_owned(),
            kind,
        }
    }

    fn stands(
        id: &str,
        class: &str,
        level: Level,
        attested: bool,
        standing: Standing,
    ) -> RequirementResult {
        RequirementResult {
            requirement: Requirement {
                id: id.into(),
                class: class.into(),
                level,
                statement: String::new(),
                source: Source {
                    document: String::new(),
                    clause: String::new(),
                },
                interoperability: Interoperability::Structural,
                verification: if attested {
                    Verification::Attested
                } else {
                    Verification::VerifiedBy(Vec::new())
                },
            },
            standing,
            verdict: None,
            reason: String::new(),
            results: Vec::new(),
        }
    }

    fn shown(
        core: Standing,
        bronze: Standing,
        silver: Standing,
        end: End,
    ) -> (Option<Tier>, Vec<TierResult>) {
        let mut started = fixture::started(Vec::new(), &[]);
        started.profile.classes = vec![
            class("core", ClassKind::Core),
            class(
                "more",
                ClassKind::Optional {
                    capability: "more".to_owned(),
                },
            ),
        ];
        started.profile.tiers = Some(Tiers {
            bronze: vec!["B".into()],
            silver: vec!["S".into()],
        });
        let results = [
            stands("C", "core", Level::Must, false, core),
            stands("O", "more", Level::Must, false, Standing::Failed),
            stands("W", "core", Level::Should, false, Standing::Warned),
            stands("B", "core", Level::May, true, bronze),
            stands("S", "core", Level::May, true, silver),
        ];
        let tiers = tiers(&started, &end, &results);
        (highest(&tiers), tiers)
    }

    #[test]
    fn a_tier_is_shown_by_what_was_verified_alone() {
        use Standing as Is;
        let yes = Is::Attested;
        let no = Is::Inconclusive;
        for (core, bronze, silver, expected) in [
            (Is::Passed, yes, yes, Some(Tier::Silver)),
            (Is::Attested, yes, yes, Some(Tier::Silver)),
            (Is::Passed, yes, no, Some(Tier::Bronze)),
            (Is::Passed, no, yes, None),
            (Is::Passed, no, no, None),
            (Is::Failed, yes, yes, Some(Tier::Bronze)),
            (Is::Waived, yes, yes, Some(Tier::Bronze)),
            (Is::Inconclusive, yes, yes, Some(Tier::Bronze)),
            (Is::Error, yes, yes, Some(Tier::Bronze)),
            (Is::NotApplicable, yes, yes, Some(Tier::Bronze)),
            (Is::NotTested, yes, yes, Some(Tier::Bronze)),
            (Is::Passed, Is::Waived, yes, None),
        ] {
            let (highest, tiers) = shown(core, bronze, silver, End::Complete);
            assert_eq!(
                highest, expected,
                "{core:?} {bronze:?} {silver:?}: {tiers:?}"
            );
            assert!(!tiers[2].shown, "a run alone never shows Gold");
        }
    }

    #[test]
    fn a_run_that_ended_early_shows_no_core() {
        let (highest, tiers) = shown(
            Standing::Passed,
            Standing::Attested,
            Standing::Attested,
            End::Interrupted,
        );
        assert_eq!(highest, Some(Tier::Bronze));
        assert!(
            tiers[1].reason.contains("did not come to its end"),
            "{tiers:?}"
        );
    }

    #[test]
    fn what_is_missing_is_named() {
        let (_, tiers) = shown(
            Standing::Failed,
            Standing::Inconclusive,
            Standing::Inconclusive,
            End::Complete,
        );
        assert_eq!(tiers[0].reason, "Nobody attested B.");
        assert_eq!(
            tiers[1].reason,
            "Nobody attested S. The core is not conformant: C (failed). Bronze is not shown."
        );
    }

    #[test]
    fn a_profile_that_asks_for_no_tiers_gets_none() {
        assert!(tiers(&fixture::started(Vec::new(), &[]), &End::Complete, &[]).is_empty());
    }
}

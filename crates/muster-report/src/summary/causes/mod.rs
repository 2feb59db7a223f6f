//! Which failures have one cause, and which follow from another (owner of [`group`]).
//!
//! A pure stage between the fold and the reports. First, sightings of one check are joined that are one mistake in
//! several places ([`kinds`]). Then what follows from another failure is put below it ([`effects`]). No verdict of a
//! requirement depends on it: a requirement that failed cites the cause, or the effect below it.

mod effects;
mod families;
pub(super) mod handlers;
pub(super) mod kinds;

use std::collections::{BTreeMap, HashMap};

use indexmap::IndexMap;

use super::{fold::Fold, planted::Planted};
use crate::event::Confirmation;
use muster_core::{
    exchange::ExchangeId,
    model::{Level, OperationKey, Verifier},
    observation::Observation,
    verdict::Finding,
};

/// A cause, with what follows from it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Group {
    /// Its sightings, in the order in which they were first seen.
    pub(super) members: Vec<usize>,
    /// What follows from it.
    pub(super) effects: Vec<Effect>,
}

/// Failures that follow from a cause.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Effect {
    /// Its sightings.
    pub(super) members: Vec<usize>,
    /// Why they follow from it.
    pub(super) because: &'static str,
}

/// What the rules look at of one sighting.
#[derive(Debug)]
pub(super) struct Facts<'a> {
    /// Its index in the fold.
    pub(super) index: usize,
    pub(super) by: &'a Verifier,
    /// The id of the check; empty for a case of a suite.
    pub(super) check: &'a str,
    pub(super) finding: &'a Finding,
    pub(super) operation: Option<&'a OperationKey>,
    pub(super) level: Level,
    /// Whether it did not show again when the same requests were repeated.
    pub(super) is_flaky: bool,
    /// The decisive exchanges of its first failures.
    pub(super) shown: Vec<&'a Observation>,
}

impl<'a> Facts<'a> {
    /// The facts of a sighting of the fold.
    pub(super) fn of(
        fold: &'a Fold,
        index: usize,
        level: Level,
        evidence: &'a BTreeMap<ExchangeId, Observation>,
    ) -> Option<Self> {
        let ((by, ..), sighting) = fold.sightings.get_index(index)?;
        Some(Self {
            index,
            by,
            check: match by {
                Verifier::Check(id) => id.as_str(),
                Verifier::Case(_) => "",
            },
            finding: &sighting.finding,
            operation: sighting.operation.as_ref(),
            level,
            is_flaky: sighting.confirmation == Confirmation::Flaky,
            shown: sighting
                .shown
                .iter()
                .filter_map(|id| evidence.get(id))
                .collect(),
        })
    }

    /// The status of the decisive exchange, where it has one and every one has the same.
    fn status(&self) -> Option<u16> {
        let status = self.shown.first()?.status?;
        self.shown
            .iter()
            .all(|shown| shown.status == Some(status))
            .then_some(status)
    }

    /// Whether every decisive exchange was answered 5xx.
    fn is_server_error(&self) -> bool {
        !self.shown.is_empty()
            && self.shown.iter().all(|shown| {
                shown
                    .status
                    .is_some_and(|status| (500..600).contains(&status))
            })
    }

    /// What the error says, without what differs from one response to the next.
    fn error_text(&self) -> Option<String> {
        let body = self.shown.first()?.response_body.as_ref();
        Some(body.map_or_else(String::new, |body| without_numbers(&body.text)))
    }

    /// The property that the finding is about, as far as it says.
    fn property(&self) -> Option<&str> {
        let pointer = self
            .finding
            .pointer
            .as_deref()
            .filter(|pointer| !is_of_contract(pointer));
        pointer
            .and_then(super::planted::name_of)
            .or_else(|| self.finding.title.split('`').nth(1))
            .or_else(|| {
                let words: Vec<&str> = self.finding.cause.split_whitespace().collect();
                match words.as_slice() {
                    [_, .., last] => Some(last),
                    _ => None,
                }
            })
    }
}

/// Whether a pointer leads to a place in the contract, and not to one in a body.
fn is_of_contract(pointer: &str) -> bool {
    ["#", "/paths/", "/components/"]
        .iter()
        .any(|start| pointer.starts_with(start))
}

/// A text in which every word with a digit is one sign.
fn without_numbers(text: &str) -> String {
    const LOOKED_AT: usize = 400;
    let mut out = String::new();
    let mut word = String::new();
    let end = |word: &mut String, out: &mut String| {
        let is_number = word.chars().any(|sign| sign.is_ascii_digit());
        out.push_str(if is_number { "#" } else { word.as_str() });
        word.clear();
    };
    for sign in text.chars().take(LOOKED_AT) {
        if sign.is_alphanumeric() {
            word.push(sign);
        } else {
            end(&mut word, &mut out);
            out.push(sign);
        }
    }
    end(&mut word, &mut out);
    out
}

/// Groups the sightings that fail a requirement that counts.
pub(super) fn group(facts: &[Facts<'_>], planted: &Planted) -> Vec<Group> {
    let kind = kinds::join(facts);
    let explained = effects::explain(facts, planted);
    let mut groups: IndexMap<usize, Group> = IndexMap::new();
    for (at, one) in facts.iter().enumerate() {
        if !explained.contains_key(&at) {
            let group = groups.entry(root(&kind, at)).or_insert_with(|| Group {
                members: Vec::new(),
                effects: Vec::new(),
            });
            group.members.push(one.index);
        }
    }
    let mut of_effects: IndexMap<(usize, usize, &'static str), Vec<usize>> = IndexMap::new();
    for (at, (cause, because)) in &explained {
        let key = (root(&kind, *cause), root(&kind, *at), *because);
        if let Some(one) = facts.get(*at) {
            of_effects.entry(key).or_default().push(one.index);
        }
    }
    for ((cause, _, because), members) in of_effects {
        if let Some(group) = groups.get_mut(&cause) {
            group.effects.push(Effect { members, because });
        }
    }
    let levels: HashMap<usize, Level> = facts.iter().map(|one| (one.index, one.level)).collect();
    let level = |group: &Group| {
        let effects = group.effects.iter().flat_map(|effect| &effect.members);
        let all = group.members.iter().chain(effects);
        all.filter_map(|index| levels.get(index).copied()).max()
    };
    let mut groups: Vec<Group> = groups.into_values().collect();
    groups.sort_by_cached_key(|group| {
        (
            std::cmp::Reverse(level(group)),
            group.members.first().copied(),
        )
    });
    groups
}

/// The representative of a joined set.
fn root(joined: &[usize], at: usize) -> usize {
    let mut at = at;
    while let Some(next) = joined.get(at)
        && *next != at
    {
        at = *next;
    }
    at
}

#[cfg(test)]
mod tests;

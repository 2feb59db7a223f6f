//! What follows from another failure (owner of [`explain`]).
//!
//! A rule names the checks whose failure may be the cause, those whose failure may follow, and the condition under
//! which it does. Where in doubt a rule does not hold: two findings for one cause cost a reader a minute, a defect
//! below another may stay unseen for longer.

use std::collections::{HashMap, HashSet};

use indexmap::IndexMap;

use super::{
    Facts,
    families::FAMILIES,
    handlers::{self, Handlers},
    kinds,
};
use crate::summary::planted::{Planted, Planting};
use muster_core::exchange::ExchangeId;

/// Checks that may cause, checks that may follow, when they do, and why.
pub(super) struct Rule {
    pub(super) causes: &'static [&'static str],
    /// Ids, or areas with a full stop at their end; empty for any.
    pub(super) effects: &'static [&'static str],
    pub(super) holds: Condition,
    pub(super) because: &'static str,
}

/// Whether the first, an effect, follows from the second.
pub(super) type Condition = fn(&Facts<'_>, &Facts<'_>) -> bool;

const SERVER_ERRORS: &[&str] = &["response.server-error", "input.server-error"];
/// What is a defect of its own, even where it shows only in the response of a server error.
const OWN_DEFECTS: &[&str] = &[
    "security.leaky-errors",
    "security.banner",
    "response.server-error",
];

const ACCEPTED: &[&str] = &[
    "input.invalid-body-accepted",
    "input.required-body-missing",
    "security.mass-assignment",
];
/// What judges the state of the target, which an accepted write has changed.
const OF_STATE: &[&str] = &["response.", "records.", "ops.", "data."];

/// Why an effect of an accepted invalid write is one.
const PLANTED: &str =
    "The value or record comes from an invalid request of this run that was accepted.";

/// For each sighting that follows from another: that one, and why.
pub(super) fn explain(
    facts: &[Facts<'_>],
    planted: &Planted,
) -> IndexMap<usize, (usize, &'static str)> {
    let mut state = Explained::new(facts);
    state.server_errors();
    state.planted(planted);
    state.told_twice();
    for rule in FAMILIES {
        state.apply(rule);
    }
    state.rooted()
}

struct Explained<'f, 'a> {
    facts: &'f [Facts<'a>],
    by_check: HashMap<&'a str, Vec<usize>>,
    why: IndexMap<usize, (usize, &'static str)>,
}

impl<'f, 'a> Explained<'f, 'a> {
    fn new(facts: &'f [Facts<'a>]) -> Self {
        let mut by_check: HashMap<&str, Vec<usize>> = HashMap::new();
        for (at, one) in facts.iter().enumerate() {
            by_check.entry(one.check).or_default().push(at);
        }
        Self {
            facts,
            by_check,
            why: IndexMap::new(),
        }
    }

    /// The cause at the end of a chain.
    fn root(&self, at: usize) -> usize {
        let mut at = at;
        while let Some((next, _)) = self.why.get(&at) {
            at = *next;
        }
        at
    }

    /// Puts one below another, unless that one follows from it.
    fn put(&mut self, at: usize, cause: usize, because: &'static str) -> bool {
        if self.why.contains_key(&at) || self.root(cause) == at {
            return false;
        }
        self.why.insert(at, (cause, because));
        true
    }

    fn candidates(&self, checks: &[&str]) -> Vec<usize> {
        checks
            .iter()
            .filter_map(|id| self.by_check.get(id))
            .flatten()
            .copied()
            .collect()
    }

    fn apply(&mut self, rule: &Rule) {
        let causes = self.candidates(rule.causes);
        if causes.is_empty() {
            return;
        }
        for (at, one) in self.facts.iter().enumerate() {
            if !may_follow(one.check, rule.effects) {
                continue;
            }
            for cause in &causes {
                let Some(other) = self.facts.get(*cause) else {
                    continue;
                };
                if one.by != other.by
                    && (rule.holds)(one, other)
                    && self.put(at, *cause, rule.because)
                {
                    break;
                }
            }
        }
    }

    /// What a server error breaks besides: everything that judges its response.
    fn server_errors(&mut self) {
        let causes = self.candidates(SERVER_ERRORS);
        for (at, one) in self.facts.iter().enumerate() {
            if OWN_DEFECTS.contains(&one.check) || !one.is_server_error() {
                continue;
            }
            let text = handlers::specific(one);
            let nearest = |holds: &dyn Fn(&Facts<'_>) -> bool| {
                causes.iter().copied().find(|cause| {
                    self.facts
                        .get(*cause)
                        .is_some_and(|other| other.by != one.by && holds(other))
                })
            };
            let same_handler =
                |other: &Facts<'_>| one.operation.is_some() && same_operation(one, other);
            let cause =
                nearest(&|other| same_handler(other) && one.finding.kind == other.finding.kind)
                    .or_else(|| nearest(&|other| same_exchange(one, other)))
                    .or_else(|| nearest(&same_handler))
                    .or_else(|| {
                        nearest(&|other| {
                            text.is_some()
                                && other.is_server_error()
                                && handlers::specific(other) == text
                        })
                    });
            if let Some(cause) = cause {
                self.put(at, cause, "The same request receives this server error.");
            }
        }
    }

    /// What an accepted invalid write leaves behind, and what later responses show of it.
    fn planted(&mut self, planted: &Planted) {
        let causes = self.candidates(ACCEPTED);
        for (at, one) in self.facts.iter().enumerate() {
            if ACCEPTED.contains(&one.check) || !may_follow(one.check, OF_STATE) {
                continue;
            }
            let of_one = planting(one, planted);
            // Of a body that was not kept whole the same failure elsewhere tells.
            let of_others = || {
                self.by_check
                    .get(one.check)
                    .into_iter()
                    .flatten()
                    .any(|other| {
                        self.facts.get(*other).is_some_and(|other| {
                            other.finding.cause == one.finding.cause
                                && planting(other, planted) == Planting::Shown
                        })
                    })
            };
            if of_one == Planting::Other || of_one == Planting::Unknown && !of_others() {
                continue;
            }
            let nearest = |holds: Condition| {
                causes.iter().copied().find(|cause| {
                    self.facts
                        .get(*cause)
                        .is_some_and(|other| holds(one, other))
                })
            };
            let cause =
                nearest(|one, other| same_resource(one, other) && same_property(one, other))
                    .or_else(|| nearest(same_resource))
                    .or_else(|| nearest(same_property));
            if let Some(cause) = cause {
                self.put(at, cause, PLANTED);
            }
        }
    }

    /// Two checks that say the same.
    fn told_twice(&mut self) {
        let mut first: HashMap<String, usize> = HashMap::new();
        for (at, one) in self.facts.iter().enumerate() {
            // Of server errors it is told by operation already.
            if one.check.is_empty() || Handlers::judge(one) {
                continue;
            }
            let earlier = *first.entry(kinds::kind(one)).or_insert(at);
            let is_another = self
                .facts
                .get(earlier)
                .is_some_and(|other| other.by != one.by);
            if is_another {
                self.put(at, earlier, "Another check found the same.");
            }
        }
    }

    /// Every effect with the cause at the end of its chain.
    fn rooted(self) -> IndexMap<usize, (usize, &'static str)> {
        self.why
            .iter()
            .map(|(at, (_, because))| (*at, (self.root(*at), *because)))
            .collect()
    }
}

/// Whether a failure shows what was planted, in every exchange that is known of.
fn planting(one: &Facts<'_>, planted: &Planted) -> Planting {
    let pointer = one.finding.pointer.as_deref().unwrap_or_default();
    let all: Vec<Planting> = one
        .shown
        .iter()
        .map(|shown| planted.explains(shown, pointer, &one.finding.received))
        .collect();
    if all.is_empty() || all.contains(&Planting::Other) {
        Planting::Other
    } else if all.contains(&Planting::Shown) {
        Planting::Shown
    } else {
        Planting::Unknown
    }
}

fn may_follow(check: &str, effects: &[&str]) -> bool {
    effects.iter().any(|effect| {
        if effect.ends_with('.') {
            check.starts_with(effect)
        } else {
            check == *effect
        }
    })
}

/// The two judge one response.
pub(super) fn same_exchange(one: &Facts<'_>, other: &Facts<'_>) -> bool {
    let ids: HashSet<ExchangeId> = other.shown.iter().map(|shown| shown.id).collect();
    one.shown.iter().any(|shown| ids.contains(&shown.id))
}

/// The second tells of what the first is about: a header, parameter or property by name.
pub(super) fn is_named(one: &Facts<'_>, other: &Facts<'_>) -> bool {
    let names = [
        one.property().unwrap_or_default(),
        one.finding.cause.split(' ').next().unwrap_or_default(),
    ];
    let told = format!("{} {}", other.finding.title, other.finding.expected).to_ascii_lowercase();
    (same_operation(one, other) || same_exchange(one, other))
        && names
            .iter()
            .any(|name| name.len() > 2 && told.contains(&name.to_ascii_lowercase()))
}

/// One resource, and the same property of it.
pub(super) fn same_property_of_record(one: &Facts<'_>, other: &Facts<'_>) -> bool {
    same_resource(one, other) && same_property(one, other)
}

/// The two judge one value of one response.
pub(super) fn same_value(one: &Facts<'_>, other: &Facts<'_>) -> bool {
    same_exchange(one, other) && one.finding.pointer == other.finding.pointer
}

pub(super) fn same_operation(one: &Facts<'_>, other: &Facts<'_>) -> bool {
    one.operation == other.operation
}

/// The same operation answers with the same status.
pub(super) fn same_response(one: &Facts<'_>, other: &Facts<'_>) -> bool {
    same_operation(one, other) && one.status().is_some() && one.status() == other.status()
}

/// Both are answered with success, whatever the operation.
pub(super) fn both_accepted(one: &Facts<'_>, other: &Facts<'_>) -> bool {
    let accepted = |facts: &Facts<'_>| {
        facts
            .status()
            .is_some_and(|status| (200..300).contains(&status))
    };
    accepted(one) && accepted(other)
}

/// One collection and its records.
pub(super) fn same_resource(one: &Facts<'_>, other: &Facts<'_>) -> bool {
    match (one.operation, other.operation) {
        (Some(one), Some(other)) => {
            let (one, other) = (collection(&one.path), collection(&other.path));
            is_below(one, other) || is_below(other, one)
        }
        _ => false,
    }
}

/// A filtered collection shows a value that is no other spelling of the one that was asked for: no filter is at work.
pub(super) fn is_unfiltered(one: &Facts<'_>) -> bool {
    let letters = |text: &str| -> String {
        text.chars()
            .filter(|sign| sign.is_alphanumeric())
            .flat_map(char::to_lowercase)
            .collect()
    };
    one.finding.cause.starts_with("wide ")
        && !letters(&one.finding.expected).ends_with(&letters(&one.finding.received))
}

/// One resource, and the second is a record that its collection lacks.
pub(super) fn lacks_a_record(one: &Facts<'_>, other: &Facts<'_>) -> bool {
    same_resource(one, other) && other.finding.cause.starts_with("not listed")
}

pub(super) fn same_property(one: &Facts<'_>, other: &Facts<'_>) -> bool {
    one.property().is_some() && one.property() == other.property()
}

/// One resource, and no two different properties of it.
pub(super) fn same_property_or_record(one: &Facts<'_>, other: &Facts<'_>) -> bool {
    same_resource(one, other)
        && match (one.property(), other.property()) {
            (Some(one), Some(other)) => one == other,
            _ => true,
        }
}

/// A path without the variable at its end.
fn collection(path: &str) -> &str {
    let path = path.trim_end_matches('/');
    match path.rsplit_once('/') {
        Some((before, last)) if last.starts_with('{') => before,
        _ => path,
    }
}

fn is_below(path: &str, above: &str) -> bool {
    !above.is_empty()
        && path
            .strip_prefix(above)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

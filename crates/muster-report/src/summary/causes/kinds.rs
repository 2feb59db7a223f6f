//! One mistake in several places (owner of [`join`]).

use std::collections::HashMap;

use super::{Facts, handlers::Handlers, root};
use muster_core::model::Verifier;

/// When sightings of one check are one mistake: where a rule gives them the same key.
struct Rule {
    /// Why they are.
    #[cfg_attr(
        not(test),
        expect(dead_code, reason = "read by people and by the tests")
    )]
    reason: &'static str,
    key: fn(&Facts<'_>, &Handlers) -> Option<String>,
}

/// Every rule; one that gives the same key is enough.
static RULES: &[Rule] = &[
    Rule {
        reason: "The check says that they have one cause.",
        key: |one, _| (!Handlers::judge(one)).then(|| one.finding.cause.clone()),
    },
    Rule {
        reason: "They are of one kind, in other properties or operations.",
        key: |one, _| (!Handlers::judge(one)).then(|| kind(one)),
    },
    Rule {
        reason: "The server fails at the same: a kind of value, a parameter, concurrency, or all that one handler is sent.",
        key: |one, handlers| handlers.key(one),
    },
    Rule {
        reason: "The error says the same, so the code behind it is the same.",
        key: |one, handlers| handlers.error(one),
    },
];

/// The kind of a mistake: what the check says, else its title without the names in it.
pub(super) fn kind(one: &Facts<'_>) -> String {
    one.finding
        .kind
        .clone()
        .unwrap_or_else(|| without_names(&one.finding.title))
}

/// A title with `…` for every name in backticks.
pub(in crate::summary) fn without_names(title: &str) -> String {
    let parts: Vec<&str> = title.split('`').collect();
    // An odd number of backticks has no pairs to leave out.
    if parts.len().is_multiple_of(2) {
        return title.to_owned();
    }
    parts
        .iter()
        .enumerate()
        .map(|(at, part)| if at % 2 == 1 { "…" } else { part })
        .collect()
}

/// For each sighting a sighting of the same mistake, or itself; [`root`] follows it to the first.
pub(super) fn join(facts: &[Facts<'_>]) -> Vec<usize> {
    let handlers = Handlers::new(facts);
    let mut joined: Vec<usize> = (0..facts.len()).collect();
    let mut first: HashMap<(&Verifier, usize, String), usize> = HashMap::new();
    for (at, one) in facts.iter().enumerate() {
        for (number, rule) in RULES.iter().enumerate() {
            let Some(key) = (rule.key)(one, &handlers) else {
                continue;
            };
            let earlier = *first.entry((one.by, number, key)).or_insert(at);
            // Two rules may lead to two earlier sightings, which are then one mistake as well.
            let (here, there) = (root(&joined, at), root(&joined, earlier));
            if let Some(slot) = joined.get_mut(here.max(there)) {
                *slot = here.min(there);
            }
        }
    }
    joined
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_left_out_of_a_kind() {
        assert_eq!(
            without_names("The date in `created` is not RFC 3339."),
            "The date in … is not RFC 3339."
        );
        assert_eq!(without_names("A stray ` stays."), "A stray ` stays.");
    }

    #[test]
    fn every_rule_says_why() {
        assert!(RULES.iter().all(|rule| rule.reason.ends_with('.')));
    }
}

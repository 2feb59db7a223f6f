//! What a conformant verdict rests on besides tests (owner of [`sentence`]).

use crate::summary::{RequirementResult, Standing, Summary, WaiverResult, WaiverState};
use muster_core::{model::Level, verdict::Conformance};

/// How many waivers and attestations a headline names.
const NAMED: usize = 5;

/// Waivers that accept a failure of this run, those of a MUST first: what comes first is what a headline names.
pub(crate) fn waivers(summary: &Summary) -> Vec<&WaiverResult> {
    let mut used: Vec<&WaiverResult> = summary
        .waivers
        .iter()
        .filter(|result| result.state == WaiverState::Used)
        .collect();
    used.sort_by_key(|result| !is_of_must(summary, result));
    used
}

fn is_of_must(summary: &Summary, result: &WaiverResult) -> bool {
    summary.requirements.iter().any(|one| {
        one.requirement.id == result.waiver.requirement && one.requirement.level == Level::Must
    })
}

fn attested(summary: &Summary) -> Vec<&RequirementResult> {
    summary
        .requirements
        .iter()
        .filter(|result| {
            result.standing == Standing::Attested && result.requirement.level == Level::Must
        })
        .collect()
}

/// What a conformant verdict rests on, in a sentence of the headline; nothing where tests alone carry it, or where the
/// verdict is another.
pub(crate) fn sentence(summary: &Summary) -> Option<String> {
    if summary.conformance != Conformance::Conformant {
        return None;
    }
    let mut parts = Vec::new();
    let waivers = waivers(summary);
    if !waivers.is_empty() {
        let named = waivers.iter().map(|result| {
            let waiver = &result.waiver;
            format!(
                "{}, owner {}, until {}",
                waiver.scope(),
                waiver.owner,
                waiver.expires
            )
        });
        let musts = waivers
            .iter()
            .filter(|result| is_of_must(summary, result))
            .count();
        let what = list("waiver", waivers.len(), named);
        parts.push(if musts == waivers.len() {
            what
        } else {
            what.replacen(" (", &format!(", {musts} of them of a MUST ("), 1)
        });
    }
    let attested = attested(summary);
    if !attested.is_empty() {
        let named = attested.iter().map(|result| {
            let id = &result.requirement.id;
            let attestations = &summary.started.attestations;
            match attestations.iter().find(|one| one.requirement == *id) {
                Some(one) => format!("{id}, by {} on {}", one.by, one.on),
                None => id.to_string(),
            }
        });
        parts.push(list("attestation", attested.len(), named));
    }
    if summary.started.contract.reconstruction {
        parts.push("a contract that is a reconstruction and not the official one".to_owned());
    }
    let last = parts.pop()?;
    Some(if parts.is_empty() {
        format!("This rests on {last}.")
    } else {
        format!("This rests on {} and {last}.", parts.join(", "))
    })
}

/// `2 waivers (GOV-21, owner A, until 2027-01-31; …)`.
fn list(noun: &str, number: usize, named: impl Iterator<Item = String>) -> String {
    let mut named: Vec<String> = named.take(NAMED).collect();
    if number > NAMED {
        named.push(format!("{} more", number - NAMED));
    }
    format!(
        "{} ({})",
        super::text::count(number as u64, noun),
        named.join("; ")
    )
}

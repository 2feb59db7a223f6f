//! One cause, one finding (owner of [`findings()`]).

use std::{
    cmp::Reverse,
    collections::{BTreeMap, HashMap, HashSet},
};

use super::{
    FindingResult, Place, RequirementResult,
    causes::{self, Facts, Group, handlers, kinds::without_names},
    commands::commands,
    fold::{Fold, Remains},
    gate,
    tally::{Sighting, weight},
};
use crate::event::{Reproduction, Started};
use muster_core::{
    exchange::ExchangeId,
    model::{Level, OperationKey, Requirement, Verification, Verifier},
    observation::Observation,
    verdict::Finding,
};

/// The requirements that count, by what verifies them.
pub(super) struct Cited<'a>(HashMap<&'a Verifier, Vec<&'a Requirement>>);

impl<'a> Cited<'a> {
    pub(super) fn new(started: &'a Started) -> Self {
        let mut cited: HashMap<&Verifier, Vec<&Requirement>> = HashMap::new();
        for requirement in &started.profile.requirements {
            if let Verification::VerifiedBy(verifiers) = &requirement.verification
                && gate::counts(requirement, started)
            {
                for by in verifiers {
                    cited.entry(by).or_default().push(requirement);
                }
            }
        }
        Self(cited)
    }

    fn by(&self, by: &Verifier) -> &[&'a Requirement] {
        self.0.get(by).map_or(&[], Vec::as_slice)
    }

    fn level(&self, by: &Verifier) -> Option<Level> {
        self.by(by)
            .iter()
            .map(|requirement| requirement.level)
            .max()
    }
}

/// The causes of the failures of requirements that count, worst level first, with what follows from them.
pub(super) fn group(
    fold: &Fold,
    cited: &Cited<'_>,
    evidence: &BTreeMap<ExchangeId, Observation>,
) -> Vec<Group> {
    let facts: Vec<Facts<'_>> = fold
        .sightings
        .keys()
        .enumerate()
        .filter_map(|(index, (by, ..))| Facts::of(fold, index, cited.level(by)?, evidence))
        .collect();
    causes::group(&facts, &fold.planted)
}

/// The number of the finding that tells of each sighting: `F2`, or `F2.1` for what follows from it.
pub(super) fn number(groups: &[Group]) -> HashMap<usize, String> {
    let mut numbers = HashMap::new();
    for (at, group) in (1_usize..).zip(groups) {
        for index in &group.members {
            numbers.insert(*index, format!("F{at}"));
        }
        for (effect, told) in (1_usize..).zip(&group.effects) {
            for index in &told.members {
                numbers.insert(*index, format!("F{at}.{effect}"));
            }
        }
    }
    numbers
}

/// What the bodies of all findings may take, so that results stay small enough to open and to send; the
/// journal has them whole.
const ROOM: usize = 8 * 1024 * 1024;
/// What stays of a body when the room is spent.
const LEFT: usize = 500;

/// Cuts bodies short from the finding on at which the room is spent.
fn abridge(findings: &mut [FindingResult]) {
    let mut room = ROOM;
    let all = findings.iter_mut().flat_map(|one| {
        let effects = one
            .effects
            .iter_mut()
            .flat_map(|effect| &mut effect.evidence);
        one.evidence.iter_mut().chain(effects)
    });
    for observation in all {
        let bodies = [
            observation.request_body.as_mut(),
            observation.response_body.as_mut(),
        ];
        for body in bodies.into_iter().flatten() {
            if body.text.len() > room && body.text.len() > LEFT {
                body.text = body.text.chars().take(LEFT).collect();
                body.abridged = true;
            }
            room = room.saturating_sub(body.text.len());
        }
    }
}

/// The findings, worst level first.
pub(super) fn findings(
    fold: &Fold,
    cited: &Cited<'_>,
    groups: &[Group],
    requirements: &[RequirementResult],
    evidence: &BTreeMap<ExchangeId, Observation>,
    reproduction: &Reproduction,
) -> Vec<FindingResult> {
    let mut waived: HashMap<&str, bool> = HashMap::new();
    for one in requirements.iter().flat_map(|result| &result.results) {
        for number in &one.findings {
            *waived.entry(number).or_insert(true) &= one.waived;
        }
    }
    let told = |number: String, members: &[usize]| {
        let waived = waived.get(number.as_str()).copied().unwrap_or_default();
        let result = finding(fold, cited, members, evidence, reproduction)?;
        Some(FindingResult {
            number,
            waived,
            ..result
        })
    };
    let mut findings = Vec::new();
    for (at, group) in (1_usize..).zip(groups) {
        let Some(mut cause) = told(format!("F{at}"), &group.members) else {
            continue;
        };
        for (effect, follows) in (1_usize..).zip(&group.effects) {
            if let Some(mut effect) = told(format!("F{at}.{effect}"), &follows.members) {
                effect.because = Some(follows.because.to_owned());
                cause.level = cause.level.max(effect.level);
                cause.waived &= effect.waived;
                cause.effects.push(effect);
            }
        }
        findings.push(cause);
    }
    abridge(&mut findings);
    findings
}

/// How many places of one finding are listed; results stay small enough to open.
const PLACES: usize = 300;

/// One finding of the sightings that are one mistake: the one that is best confirmed and smallest is shown.
fn finding(
    fold: &Fold,
    cited: &Cited<'_>,
    members: &[usize],
    evidence: &BTreeMap<ExchangeId, Observation>,
    reproduction: &Reproduction,
) -> Option<FindingResult> {
    let sightings: Vec<&Sighting> = members
        .iter()
        .filter_map(|index| fold.sightings.get_index(*index))
        .map(|(_, sighting)| sighting)
        .collect();
    let ((by, ..), _) = fold.sightings.get_index(*members.first()?)?;
    let best = sightings.iter().min_by_key(|sighting| {
        (
            Reverse(weight(sighting.confirmation)),
            sighting.size.unwrap_or(u64::MAX),
        )
    })?;
    let requirements = cited.by(by);
    let level = cited.level(by)?;
    let shown: Vec<Observation> = best
        .evidence
        .iter()
        .filter_map(|id| evidence.get(id).cloned())
        .collect();
    let mut operations: Vec<OperationKey> = Vec::new();
    for operation in sightings.iter().filter_map(|one| one.operation.as_ref()) {
        if !operations.contains(operation) {
            operations.push(operation.clone());
        }
    }
    let mut commands = commands(&shown, reproduction);
    if commands.before.is_none()
        && commands.shown.is_some()
        && let Some((record, creation)) = shown.last().and_then(|shown| removed(fold, &shown.url))
    {
        commands.prepare.push(format!(
            "# The run has removed {record} since: make a record by {creation}, and put it in place of that one."
        ));
    }
    let causes: HashSet<&str> = sightings
        .iter()
        .map(|one| one.finding.cause.as_str())
        .collect();
    let mut told = best.finding.clone();
    let mut places = Vec::new();
    if causes.len() > 1 || sightings.len() > 1 && handlers::are_judged_by(by) {
        let common = handlers::common_kind(sightings.iter().map(|one| &one.finding));
        told.kind = common.map(ToOwned::to_owned).or(told.kind);
        told.title = title(&told, sightings.len(), operations.len());
        places = sightings
            .iter()
            .take(PLACES)
            .map(|one| Place {
                operation: one.operation.clone(),
                title: one.finding.title.clone(),
                pointer: one.finding.pointer.clone(),
                received: one.finding.received.clone(),
                seen: one.seen,
            })
            .collect();
    }
    Some(FindingResult {
        number: String::new(),
        by: by.clone(),
        requirements: requirements
            .iter()
            .map(|requirement| requirement.id.clone())
            .collect(),
        level,
        finding: told,
        waived: false,
        confirmation: best.confirmation,
        seen: sightings.iter().map(|one| one.seen).sum(),
        operations,
        places,
        prepare: commands.prepare,
        curl: commands.shown,
        curl_before: commands.before,
        evidence: shown,
        fix: fix(fold, by, requirements),
        because: None,
        effects: Vec::new(),
    })
}

/// The record of the run's own that a URL leads to, where it was removed since, with the operation that made it.
fn removed<'f>(fold: &'f Fold, url: &str) -> Option<(&'f str, &'f OperationKey)> {
    let address = url.split(['?', '#']).next().unwrap_or(url);
    fold.creations
        .values()
        .filter(|(_, remains)| *remains == Remains::Gone)
        .find_map(|(creation, _)| {
            let (_, record) = creation.removal.as_deref()?.split_once(' ')?;
            let (_, rest) = address.split_once(record)?;
            (record.len() > 1 && (rest.is_empty() || rest.starts_with('/')))
                .then_some((record, &creation.operation))
        })
}

/// The title of a mistake that was seen in several places.
fn title(finding: &Finding, places: usize, operations: usize) -> String {
    let kind = finding
        .kind
        .clone()
        .unwrap_or_else(|| without_names(&finding.title));
    let places = match operations {
        0 => format!("{places} places"),
        1 => format!("{places} places of one operation"),
        more => format!("{places} places of {more} operations"),
    };
    format!("{}: {places}.", kind.trim_end_matches('.'))
}

fn fix(fold: &Fold, by: &Verifier, requirements: &[&Requirement]) -> String {
    let check = match by {
        Verifier::Check(id) => (fold.lookup)(id.as_str()),
        Verifier::Case(_) => None,
    };
    check.map_or_else(
        || {
            requirements
                .first()
                .map_or_else(String::new, |requirement| {
                    format!(
                        "Change the target so that it does what {} says: {}",
                        requirement.id, requirement.statement
                    )
                })
        },
        |check| check.fix.to_owned(),
    )
}

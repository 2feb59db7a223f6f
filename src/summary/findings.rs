//! One cause, one finding (owner of [`findings()`]).

use std::collections::{BTreeMap, HashMap};

use super::{FindingResult, RequirementResult, fold::Fold, gate, tally::Cause};
use crate::{
    event::Started,
    exchange::{self, ExchangeId},
    model::{Level, Requirement, Verification, Verifier},
    observation::Observation,
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

/// The numbers of the causes that fail a requirement that counts: worst level first, then as they came.
pub(super) fn number(fold: &Fold, cited: &Cited<'_>) -> BTreeMap<usize, String> {
    let mut order: Vec<(Level, usize)> = fold
        .causes
        .keys()
        .enumerate()
        .filter_map(|(index, (by, _))| cited.level(by).map(|level| (level, index)))
        .collect();
    order.sort_by_key(|(level, index)| (std::cmp::Reverse(*level), *index));
    order
        .into_iter()
        .enumerate()
        .map(|(at, (_, index))| (index, format!("F{}", at + 1)))
        .collect()
}

/// What the bodies of all findings may take, so that results stay small enough to open and to send; the
/// journal has them whole.
const ROOM: usize = 8 * 1024 * 1024;
/// What stays of a body when the room is spent.
const LEFT: usize = 500;

/// Cuts bodies short from the finding on at which the room is spent.
fn abridge(findings: &mut [FindingResult]) {
    let mut room = ROOM;
    for observation in findings.iter_mut().flat_map(|one| &mut one.evidence) {
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
    numbers: &BTreeMap<usize, String>,
    requirements: &[RequirementResult],
    evidence: &BTreeMap<ExchangeId, Observation>,
) -> Vec<FindingResult> {
    let mut waived: HashMap<&str, bool> = HashMap::new();
    for one in requirements.iter().flat_map(|result| &result.results) {
        for number in &one.findings {
            *waived.entry(number).or_insert(true) &= one.waived;
        }
    }
    let mut findings: Vec<(Level, usize, FindingResult)> = Vec::new();
    for (index, ((by, _), cause)) in fold.causes.iter().enumerate() {
        let (Some(level), Some(number)) = (cited.level(by), numbers.get(&index)) else {
            continue;
        };
        let waived = waived.get(number.as_str()).copied().unwrap_or_default();
        let requirements = cited.by(by);
        let result = finding(fold, by, cause, requirements, evidence);
        findings.push((
            level,
            index,
            FindingResult {
                number: number.clone(),
                level,
                waived,
                ..result
            },
        ));
    }
    findings.sort_by_key(|(level, index, _)| (std::cmp::Reverse(*level), *index));
    let mut findings: Vec<FindingResult> =
        findings.into_iter().map(|(_, _, result)| result).collect();
    abridge(&mut findings);
    findings
}

fn finding(
    fold: &Fold,
    by: &Verifier,
    cause: &Cause,
    requirements: &[&Requirement],
    evidence: &BTreeMap<ExchangeId, Observation>,
) -> FindingResult {
    let evidence: Vec<Observation> = cause
        .evidence
        .iter()
        .filter_map(|id| evidence.get(id).cloned())
        .collect();
    let check = match by {
        Verifier::Check(id) => (fold.lookup)(id.as_str()),
        Verifier::Case(_) => None,
    };
    let fix = check.map_or_else(
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
    );
    let shown = evidence.last().filter(|shown| shown.can_be_sent_again());
    let write = evidence.iter().rev().nth(1).filter(|write| {
        shown.is_some_and(|shown| {
            shown.method.is_safe()
                && !write.method.is_safe()
                && write.can_be_sent_again()
                && exchange::is_below(&shown.url, &write.url)
        })
    });
    FindingResult {
        number: String::new(),
        by: by.clone(),
        requirements: requirements
            .iter()
            .map(|requirement| requirement.id.clone())
            .collect(),
        level: Level::May,
        finding: cause.finding.clone(),
        waived: false,
        confirmation: cause.confirmation,
        seen: cause.seen,
        operations: cause.operations.iter().flatten().cloned().collect(),
        curl: shown.map(|shown| {
            let before = evidence.iter().rev().nth(1);
            before
                .and_then(|before| shown.curl_after(before))
                .unwrap_or_else(|| shown.curl())
        }),
        curl_before: write.map(Observation::curl),
        evidence,
        fix,
    }
}

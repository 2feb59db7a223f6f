//! Tallies in, summary out (owner of [`conclude`]).

use std::collections::{BTreeMap, HashMap};

use super::{
    Counts, Coverage, FindingResult, LeftInShort, LevelResult, OperationResult, Partial,
    RequirementResult, Standing, Summary, WaiverResult, WaiverState,
    cases::{Case, Cases},
    findings,
    fold::{Fold, Remains},
    gate,
    tally::Calls,
    tier,
};
use crate::{
    event::{Creation, End, Finished, Planned, Started},
    waiver::Waiver,
};
use muster_checks::plan::Exclusion;
use muster_core::{
    coverage::Surface,
    exchange::ExchangeId,
    model::{
        Interoperability, Level, OperationKey, Requirement, Responsible, Verification, Verifier,
    },
    observation::Observation,
    verdict::{Unverified, Verdict},
};

/// The version of the format of `results.json`.
const FORMAT: u32 = 2;

/// Puts the summary together.
pub(super) fn conclude(
    fold: &Fold,
    mut started: Started,
    evidence: &BTreeMap<ExchangeId, Observation>,
) -> Summary {
    // What there is to see is told operation by operation.
    let surfaces = std::mem::take(&mut started.contract.surfaces);
    // Where nothing told the end, the run died, and what it wrote until then counts.
    let finished = fold.finished.clone().unwrap_or(Finished {
        end: End::Interrupted,
        signal: None,
        requests: fold.requests,
        removals: fold.removals,
        took_us: fold.last_us,
    });
    let Finished {
        end,
        signal,
        requests,
        removals,
        took_us,
    } = finished;
    let cases = Cases::new(fold, &started, &end);
    let cited = findings::Cited::new(&started);
    let mut said: HashMap<&Verifier, Vec<Case>> = HashMap::new();
    for by in started.profile.verifiers() {
        said.insert(by, cases.of(by));
    }
    let groups = findings::group(fold, &cited, evidence);
    let numbers = findings::number(&groups);

    let mut standing_waivers: Vec<(bool, bool, bool)> =
        vec![(false, false, false); started.waivers.len()];
    let mut own = OwnEvidence::new(evidence);
    let mut requirements: Vec<RequirementResult> = started
        .profile
        .requirements
        .iter()
        .map(|requirement| {
            judge(
                fold,
                &started,
                requirement,
                &said,
                &numbers,
                &mut standing_waivers,
                &mut own,
            )
        })
        .collect();
    let waivers = waivers(&started, &standing_waivers);
    let findings = findings::findings(
        fold,
        &cited,
        &groups,
        &requirements,
        evidence,
        &started.reproduction,
    );
    shown_once(&mut requirements, &findings);
    let partial = partial(fold, &started, &requirements);
    let ended = gate::Ended {
        end: &end,
        signal,
        damage: &fold.damage,
    };
    let gate = gate::gate(&started, &ended, &requirements, &waivers, partial.is_some());
    let mut counts = Counts::default();
    for result in &requirements {
        counts.add(result.standing);
    }
    let operations = operations(fold, &started, &surfaces, &cases);
    let rights = fold.rights.cells(&started.contract.operations);
    let classes = gate::classes(&started, &requirements);
    let latency = fold.latencies.results(&started);
    let levels = levels(&started, &requirements);
    let tiers = tier::tiers(&started, &end, &requirements);
    let notices = notices(fold, &started, &waivers);
    let left_behind = left_behind(fold, &end);
    let left_in_short = in_short(fold, &end);
    Summary {
        format: FORMAT,
        planned: Planned {
            cases: fold.cases.clone(),
            excluded: fold.excluded.clone(),
            not_selected: fold.not_selected.clone(),
        },
        started,
        end,
        requests,
        removals,
        took_us,
        conformance: gate.conformance,
        exit_code: gate.exit_code,
        partial,
        gate: gate.reasons,
        classes,
        requirements,
        findings,
        operations,
        latency,
        rights,
        levels,
        tiers,
        waivers,
        notices,
        left_behind,
        left_in_short,
        counts,
    }
}

/// One requirement. Of each waiver it notes whether what it covers failed, passed, or was left open.
fn judge(
    fold: &Fold,
    started: &Started,
    requirement: &Requirement,
    said: &HashMap<&Verifier, Vec<Case>>,
    numbers: &HashMap<usize, String>,
    waivers: &mut [(bool, bool, bool)],
    own: &mut OwnEvidence<'_>,
) -> RequirementResult {
    let mut result = RequirementResult {
        requirement: requirement.clone(),
        standing: Standing::NotApplicable,
        verdict: None,
        reason: String::new(),
        results: Vec::new(),
    };
    if !gate::counts(requirement, started) {
        result.reason = format!(
            "The class {} is optional, and the target does not claim it.",
            requirement.class
        );
        return result;
    }
    if fold.not_selected.contains(&requirement.id) {
        result.standing = Standing::NotSelected;
        return result;
    }
    let verifiers = match &requirement.verification {
        Verification::NotTested(reason) => {
            result.standing = Standing::NotTested;
            result.reason.clone_from(reason);
            return result;
        }
        Verification::Attested => {
            attest(started, &mut result);
            return result;
        }
        Verification::VerifiedBy(verifiers) => verifiers,
    };
    let cases = || verifiers.iter().filter_map(|by| said.get(by)).flatten();
    if cases().next().is_some() && cases().all(|case| case.deselected) {
        result.standing = Standing::NotSelected;
        return result;
    }
    for case in cases() {
        let mut one = case.result.clone();
        for index in &case.causes {
            if let Some(number) = numbers.get(index)
                && !one.findings.contains(number)
            {
                one.findings.push(number.clone());
            }
        }
        one.exchange = case.causes.iter().find_map(|index| own.of(fold, *index));
        for (waiver, (failed, passed, open)) in started.waivers.iter().zip(waivers.iter_mut()) {
            if !waiver.covers(&requirement.id, &one.by, one.operation.as_ref()) {
                continue;
            }
            match one.verdict {
                Some(Verdict::Fail) => *failed = true,
                Some(Verdict::Pass) => *passed = true,
                Some(Verdict::Inconclusive | Verdict::Error) => {
                    *open = true;
                    // An error does not hide the failure that the waiver accepts.
                    *failed |= !case.causes.is_empty();
                }
                None => {}
            }
            one.waived |= !case.causes.is_empty() && waiver.in_date(&started.today);
        }
        result.verdict = result.verdict.max(one.verdict);
        result.results.push(one);
    }
    stand(fold, started, &mut result, said);
    result
}

/// What shows each failure where it was seen, while there is room: results stay small enough to open and to send.
struct OwnEvidence<'a> {
    evidence: &'a BTreeMap<ExchangeId, Observation>,
    room: usize,
}

impl<'a> OwnEvidence<'a> {
    /// What the bodies of all of it may take.
    const ROOM: usize = 2 * 1024 * 1024;
    /// What stays of a body.
    const BODY: usize = 1_000;

    const fn new(evidence: &'a BTreeMap<ExchangeId, Observation>) -> Self {
        Self {
            evidence,
            room: Self::ROOM,
        }
    }

    /// The decisive exchange of a sighting.
    fn of(&mut self, fold: &Fold, index: usize) -> Option<Box<Observation>> {
        let (_, sighting) = fold.sightings.get_index(index)?;
        let mut shown = self.evidence.get(sighting.evidence.last()?)?.clone();
        let bodies = [shown.request_body.as_mut(), shown.response_body.as_mut()];
        let mut taken = shown.url.len() + 500;
        for body in bodies.into_iter().flatten() {
            if body.text.chars().nth(Self::BODY).is_some() {
                body.text = body.text.chars().take(Self::BODY).collect();
                body.abridged = true;
            }
            taken += body.text.len();
        }
        self.room = self.room.checked_sub(taken)?;
        Some(Box::new(shown))
    }
}

/// Leaves out what the finding shows already.
fn shown_once(requirements: &mut [RequirementResult], findings: &[FindingResult]) {
    let shown: HashMap<&str, ExchangeId> = findings
        .iter()
        .flat_map(|cause| std::iter::once(cause).chain(&cause.effects))
        .filter_map(|one| Some((one.number.as_str(), one.evidence.last()?.id)))
        .collect();
    for one in requirements.iter_mut().flat_map(|one| &mut one.results) {
        let first = one
            .findings
            .first()
            .and_then(|number| shown.get(number.as_str()));
        if one.exchange.as_ref().map(|own| own.id) == first.copied() {
            one.exchange = None;
        }
    }
}

/// How much of the profile was selected, where `--only`, `--skip` or safety left something out.
fn partial(fold: &Fold, started: &Started, requirements: &[RequirementResult]) -> Option<Partial> {
    let deselects = |exclusion: &Exclusion| exclusion.deselected || exclusion.withheld;
    if fold.not_selected.is_empty() && !fold.excluded.iter().any(deselects) {
        return None;
    }
    let mut partial = Partial {
        selected: 0,
        of: 0,
        operations_left_out: fold
            .excluded
            .iter()
            .any(|exclusion| exclusion.deselected && exclusion.operation.is_some()),
        withheld: fold
            .excluded
            .iter()
            .filter(|exclusion| exclusion.withheld && exclusion.by.is_none())
            .count() as u64,
    };
    for result in requirements
        .iter()
        .filter(|result| gate::counts(&result.requirement, started))
    {
        partial.of += 1;
        partial.selected += u32::from(result.standing != Standing::NotSelected);
    }
    Some(partial)
}

fn attest(started: &Started, result: &mut RequirementResult) {
    let id = &result.requirement.id;
    if let Some(attestation) = started
        .attestations
        .iter()
        .find(|attestation| attestation.requirement == *id)
    {
        result.standing = Standing::Attested;
        result.reason = format!(
            "Stated by {} on {}: {}",
            attestation.by, attestation.on, attestation.statement
        );
    } else {
        result.standing = Standing::Inconclusive;
        result.verdict = Some(Verdict::Inconclusive);
        result.reason = "Nobody attested it: name a person, a date and what was seen under `attestations` in the target file.".to_owned();
    }
}

/// Decides where a verified requirement stands, and why.
fn stand(
    fold: &Fold,
    started: &Started,
    result: &mut RequirementResult,
    said: &HashMap<&Verifier, Vec<Case>>,
) {
    let failed =
        |one: &super::CaseResult| one.verdict == Some(Verdict::Fail) || !one.findings.is_empty();
    let first = result
        .results
        .iter()
        .find(|one| failed(one) && !one.waived)
        .or_else(|| result.results.iter().find(|one| failed(one)));
    let title = first.and_then(|one| {
        let index = said
            .get(&one.by)?
            .iter()
            .find(|case| case.result.operation == one.operation)?
            .causes
            .first()?;
        let (_, sighting) = fold.sightings.get_index(*index)?;
        Some(sighting.finding.title.clone())
    });
    let rest: Vec<&super::CaseResult> = result.results.iter().filter(|one| !one.waived).collect();
    // What a waiver accepts is a failure: an error beside it stays.
    let erred = result
        .results
        .iter()
        .any(|one| one.verdict == Some(Verdict::Error));
    let worst = |wanted: Verdict| rest.iter().any(|one| one.verdict == Some(wanted));
    let gap = |wanted: Verdict| {
        let mut gaps: Vec<&Unverified> = Vec::new();
        for one in result
            .results
            .iter()
            .filter(|one| one.verdict == Some(wanted))
        {
            for gap in &one.gaps {
                if !gaps.contains(&gap) {
                    gaps.push(gap);
                }
            }
        }
        let more = gaps.len().saturating_sub(1);
        gaps.first().map_or_else(String::new, |gap| {
            let more = match more {
                0 => String::new(),
                1 => " And one more reason.".to_owned(),
                more => format!(" And {more} more reasons."),
            };
            format!("{} ({}){more}", gap.reason, gap.responsible.label())
        })
    };
    let (standing, reason) = if rest.iter().any(|one| failed(one)) {
        let standing = if result.requirement.level == Level::Must {
            Standing::Failed
        } else {
            Standing::Warned
        };
        (standing, title.unwrap_or_default())
    } else if erred {
        (Standing::Error, gap(Verdict::Error))
    } else if worst(Verdict::Inconclusive) {
        (Standing::Inconclusive, gap(Verdict::Inconclusive))
    } else if let Some(one) = result.results.iter().find(|one| one.waived) {
        let waiver = started.waivers.iter().find(|waiver| {
            waiver.in_date(&started.today)
                && waiver.covers(&result.requirement.id, &one.by, one.operation.as_ref())
        });
        (Standing::Waived, waiver.map(accepted).unwrap_or_default())
    } else if worst(Verdict::Pass) {
        (Standing::Passed, String::new())
    } else {
        let reason = rest
            .iter()
            .find_map(|one| one.not_applicable.clone())
            .unwrap_or_default();
        (Standing::NotApplicable, reason)
    };
    result.standing = standing;
    result.reason = reason;
}

fn accepted(waiver: &Waiver) -> String {
    format!(
        "Accepted until {} by {}: {} ({} mends it.)",
        waiver.expires, waiver.approved_by, waiver.reason, waiver.owner
    )
}

fn waivers(started: &Started, seen: &[(bool, bool, bool)]) -> Vec<WaiverResult> {
    started
        .waivers
        .iter()
        .zip(seen)
        .map(|(waiver, (failed, passed, open))| WaiverResult {
            waiver: waiver.clone(),
            state: if !waiver.in_date(&started.today) {
                WaiverState::Expired
            } else if *failed {
                WaiverState::Used
            } else if *passed && !*open {
                WaiverState::Stale
            } else {
                WaiverState::Idle
            },
        })
        .collect()
}

fn operations(
    fold: &Fold,
    started: &Started,
    surfaces: &[Surface],
    cases: &Cases<'_>,
) -> Vec<OperationResult> {
    let surfaces: HashMap<&OperationKey, &Surface> = surfaces
        .iter()
        .map(|surface| (&surface.operation, surface))
        .collect();
    started
        .contract
        .operations
        .iter()
        .map(|key| {
            let calls = fold.calls.get(key);
            let reached = calls.is_some_and(|calls| calls.reached);
            let gap = cases.gap(key).cloned().or_else(|| {
                fold.excluded
                    .iter()
                    .find(|exclusion| {
                        exclusion.by.is_none() && exclusion.operation.as_ref() == Some(key)
                    })
                    .map(|exclusion| {
                        Unverified::new(Responsible::Configuration, exclusion.reason.clone())
                    })
            });
            OperationResult {
                operation: key.clone(),
                requests: calls.map_or(0, |calls| calls.requests),
                statuses: calls
                    .map(|calls| calls.statuses.clone())
                    .unwrap_or_default(),
                reached,
                gap: if reached {
                    None
                } else {
                    gap.or_else(|| {
                        Some(Unverified::new(
                            Responsible::Configuration,
                            "It was not part of this run.",
                        ))
                    })
                },
                p50_us: calls.map_or(0, |calls| calls.quantile(0.5)),
                p95_us: calls.map_or(0, |calls| calls.quantile(0.95)),
                valid: calls.map_or(0, |calls| calls.valid),
                succeeded: calls.map_or(0, |calls| calls.succeeded),
                coverage: coverage(surfaces.get(key).copied(), calls),
            }
        })
        .collect()
}

fn coverage(surface: Option<&Surface>, calls: Option<&Calls>) -> Coverage {
    let mut coverage = Coverage::default();
    for point in surface.into_iter().flat_map(|surface| &surface.points) {
        let covered = coverage.of_mut(point.aspect);
        let seen = calls.is_some_and(|calls| calls.covered.contains(point));
        let list = if seen {
            &mut covered.seen
        } else {
            &mut covered.never
        };
        if !list.contains(&point.name) {
            list.push(point.name.clone());
        }
    }
    coverage
}

fn levels(started: &Started, requirements: &[RequirementResult]) -> Vec<LevelResult> {
    Interoperability::ALL
        .into_iter()
        .map(|level| {
            let mut roll = LevelResult {
                level,
                musts: 0,
                met: 0,
                not_shown: None,
            };
            for result in requirements.iter().filter(|result| {
                result.requirement.level == Level::Must
                    && result.requirement.interoperability == level
                    && gate::counts(&result.requirement, started)
            }) {
                match result.standing {
                    Standing::NotApplicable | Standing::NotTested => {}
                    Standing::Passed | Standing::Attested => {
                        roll.musts += 1;
                        roll.met += 1;
                    }
                    _ => roll.musts += 1,
                }
            }
            roll.not_shown = if level == Interoperability::Foundational
                && started.base_url.starts_with("http://")
            {
                Some("The target is not served over TLS.".to_owned())
            } else if roll.musts == 0 {
                Some("No MUST of this level applied.".to_owned())
            } else {
                None
            };
            roll
        })
        .collect()
}

fn notices(fold: &Fold, started: &Started, waivers: &[WaiverResult]) -> Vec<Unverified> {
    let mut notices = fold.notices.clone();
    notices.extend(fold.damage.iter().map(|damage| {
        Unverified::new(
            Responsible::Configuration,
            format!("A line of the journal could not be read and was skipped: {damage}"),
        )
    }));
    for result in waivers {
        let place = result.waiver.place();
        let text = gate::waiver_reason(result).or_else(|| match result.state {
            WaiverState::Idle
                if started
                    .profile
                    .requirement(&result.waiver.requirement)
                    .is_none() =>
            {
                Some(format!(
                    "Correct {place}: the profile has no such requirement."
                ))
            }
            WaiverState::Idle => Some(format!(
                "Nothing that {place} covers was judged in this run."
            )),
            _ => None,
        });
        notices.extend(text.map(|text| Unverified::new(Responsible::Configuration, text)));
    }
    notices
}

/// How many records of one reason are named.
const EXAMPLES: usize = 3;

fn left_behind(fold: &Fold, end: &End) -> Vec<String> {
    left(fold, end)
        .map(|(creation, reason)| {
            let removal = creation
                .removal
                .as_ref()
                .map_or_else(String::new, |removal| format!(" ({removal} removes it)"));
            format!(
                "Record {} by {}{removal}: {reason}",
                creation.number, creation.operation
            )
        })
        .collect()
}

fn in_short(fold: &Fold, end: &End) -> Vec<LeftInShort> {
    let mut groups: Vec<LeftInShort> = Vec::new();
    for (creation, reason) in left(fold, end) {
        let example = creation
            .removal
            .clone()
            .unwrap_or_else(|| format!("record {}", creation.number));
        match groups
            .iter_mut()
            .find(|group| group.operation == creation.operation && group.reason == reason)
        {
            Some(group) => {
                group.count += 1;
                if group.examples.len() < EXAMPLES {
                    group.examples.push(example);
                }
            }
            None => groups.push(LeftInShort {
                operation: creation.operation.clone(),
                reason: reason.to_owned(),
                count: 1,
                examples: vec![example],
            }),
        }
    }
    groups
}

/// Every record that is or may be still there, and why.
fn left<'f>(fold: &'f Fold, end: &'f End) -> impl Iterator<Item = (&'f Creation, &'f str)> {
    fold.creations
        .values()
        .filter_map(move |(creation, remains)| {
            let reason = match remains {
                Remains::Gone => return None,
                Remains::Left(reason) => reason.as_str(),
                Remains::There => "Nothing told of its removal.",
                // A creation that was refused leaves nothing; only a run that was cut short cannot know.
                Remains::Intended if *end == End::Complete => return None,
                Remains::Intended => "It may exist, for the run ended before the response came.",
            };
            Some((creation, reason))
        })
}

//! Events in, tallies out (owner of [`Fold`]).

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use indexmap::IndexMap;

use super::{
    Damage, Summary,
    latency::Latencies,
    planted::Planted,
    rights::Rights,
    tally::{Calls, Sighting, Tally, push_new},
};
use crate::event::{CLEANUP, Creation, Entry, Event, Exchanged, Finished, Judged, Started};
use muster_checks::{
    self as checks, Check,
    plan::{Exclusion, PlannedCase},
};
use muster_core::{
    exchange::ExchangeId,
    model::{CheckId, OperationKey, RequirementId, Verifier},
    observation::Observation,
    verdict::{Finding, Judgement, Unverified},
};

/// How many causes of one verifier are told apart; what comes after them is told as one.
const CAUSES: usize = 500;
/// How many notices of the run are kept.
const NOTICES: usize = 200;

/// Why there is nothing to summarise: the events do not say what run they are of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("The journal does not begin with the start of a run: there is nothing to report on.")]
pub struct NoRun;

/// Folds the events of a run. They are read twice, so `journal` gives them anew each time.
///
/// # Errors
/// [`NoRun`] where no event tells the start of a run.
pub fn fold<I>(journal: impl Fn() -> I) -> Result<Summary, NoRun>
where
    I: IntoIterator<Item = Entry>,
{
    let mut fold = Fold::new();
    for entry in journal() {
        fold.take(entry);
    }
    let wanted = fold.wanted();
    let mut evidence = BTreeMap::new();
    if !wanted.is_empty() {
        for entry in journal() {
            if let Event::Exchanged(exchanged) = entry.event
                && wanted.contains(&exchanged.observation.id)
            {
                let mut observation = exchanged.observation;
                observation.ended_us = Some(entry.at_us);
                evidence.insert(observation.id, observation);
            }
        }
    }
    fold.finish(&evidence)
}

/// What a check id stands for.
pub(super) type Lookup = fn(&str) -> Option<&'static Check>;

/// The state of a fold, for those who read the events themselves: [`take`](Self::take) each in order,
/// look up what is [`wanted`](Self::wanted), then [`finish`](Self::finish).
#[derive(Debug)]
pub struct Fold {
    pub(super) lookup: Lookup,
    pub(super) started: Option<Box<Started>>,
    pub(super) cases: Vec<PlannedCase>,
    pub(super) excluded: Vec<Exclusion>,
    pub(super) not_selected: Vec<RequirementId>,
    pub(super) finished: Option<Finished>,
    pub(super) tallies: HashMap<Verifier, IndexMap<Option<OperationKey>, Tally>>,
    /// Failures by verifier, cause and operation, in the order in which they were first seen.
    pub(super) sightings: IndexMap<(Verifier, String, Option<OperationKey>), Sighting>,
    causes_of: HashMap<Verifier, HashSet<String>>,
    /// What was sent against the contract and taken all the same.
    pub(super) planted: Planted,
    /// How large each request was, in bytes of its URL and its body.
    sizes: HashMap<ExchangeId, u64>,
    pub(super) calls: IndexMap<OperationKey, Calls>,
    /// Checks that passed an exchange: response checks by what they did.
    pub(super) passed: BTreeSet<CheckId>,
    pub(super) creations: BTreeMap<u64, (Creation, Remains)>,
    pub(super) notices: Vec<Unverified>,
    pub(super) latencies: Latencies,
    pub(super) rights: Rights,
    pub(super) requests: u64,
    pub(super) removals: u64,
    pub(super) last_us: u64,
    pub(super) damage: Vec<Damage>,
}

/// What is left of a record that the run made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Remains {
    Intended,
    There,
    Gone,
    Left(String),
}

impl Default for Fold {
    fn default() -> Self {
        Self::new()
    }
}

impl Fold {
    /// Nothing seen yet.
    #[must_use]
    pub fn new() -> Self {
        Self::with(checks::find)
    }

    pub(super) fn with(lookup: Lookup) -> Self {
        Self {
            lookup,
            started: None,
            cases: Vec::new(),
            excluded: Vec::new(),
            not_selected: Vec::new(),
            finished: None,
            tallies: HashMap::new(),
            sightings: IndexMap::new(),
            causes_of: HashMap::new(),
            planted: Planted::default(),
            sizes: HashMap::new(),
            calls: IndexMap::new(),
            passed: BTreeSet::new(),
            creations: BTreeMap::new(),
            notices: Vec::new(),
            latencies: Latencies::default(),
            rights: Rights::default(),
            requests: 0,
            removals: 0,
            last_us: 0,
            damage: Vec::new(),
        }
    }

    /// Takes the next event.
    pub fn take(&mut self, entry: Entry) {
        self.last_us = self.last_us.max(entry.at_us);
        match entry.event {
            Event::Started(started) => {
                self.started.get_or_insert(started);
            }
            Event::Planned(planned) => {
                self.cases.extend(planned.cases);
                self.excluded.extend(planned.excluded);
                self.not_selected.extend(planned.not_selected);
            }
            Event::CaseStarted(_) | Event::CaseFinished(_) | Event::CleanupStarted(_) => {}
            Event::Exchanged(exchanged) => self.exchanged(*exchanged),
            Event::Judged(judged) => self.judged(*judged),
            Event::CreationIntended(creation) => self.creation(creation, Remains::Intended),
            Event::Created(creation) => self.creation(creation, Remains::There),
            Event::Removed(creation) | Event::Absent(creation) => {
                self.creation(creation, Remains::Gone);
            }
            Event::LeftBehind(creation, reason) => {
                self.creation(creation, Remains::Left(reason));
            }
            Event::Noticed(gap) => {
                if self.notices.len() < NOTICES && !self.notices.contains(&gap) {
                    self.notices.push(gap);
                }
            }
            Event::Finished(finished) => self.finished = Some(finished),
        }
    }

    /// Takes the next event of cleaning up after the run: it tells what is gone, and nothing of the API.
    pub fn take_cleanup(&mut self, entry: Entry) {
        if matches!(
            entry.event,
            Event::Removed(_) | Event::Absent(_) | Event::LeftBehind(..)
        ) {
            let last_us = self.last_us;
            self.take(entry);
            self.last_us = last_us;
        }
    }

    /// Takes note of lines that could not be read.
    pub fn damaged(&mut self, lines: impl IntoIterator<Item = Damage>) {
        self.damage.extend(lines);
    }

    fn exchanged(&mut self, exchanged: Exchanged) {
        self.requests += 1;
        self.removals += u64::from(exchanged.case.0.as_ref() == CLEANUP);
        self.latencies.take(&exchanged);
        self.rights.take(&exchanged.observation);
        self.planted.take(&exchanged);
        let observation = &exchanged.observation;
        let body = observation.request_body.as_ref();
        self.sizes.insert(
            observation.id,
            observation.url.len() as u64 + body.map_or(0, |body| body.bytes),
        );
        let operation = observation.operation.clone();
        if let Some(key) = &operation {
            if !self.calls.contains_key(key) {
                self.calls.insert(key.clone(), Calls::default());
            }
            if let Some(calls) = self.calls.get_mut(key) {
                calls.take(&exchanged);
            }
        }
        for check in exchanged.passed {
            if !self.passed.contains(&check) {
                self.passed.insert(check.clone());
            }
            self.tally(&Verifier::Check(check), operation.as_ref())
                .pass();
        }
    }

    fn judged(&mut self, judged: Judged) {
        let Judged {
            by,
            operation,
            judgement,
            confirmation,
            evidence,
        } = judged;
        self.tally(&by, operation.as_ref()).take(&judgement);
        if let Judgement::Fail(finding) = judgement {
            let size = match evidence.as_slice() {
                [one] => self.sizes.get(one).copied(),
                _ => None,
            };
            let index = self.sighting(&by, operation.as_ref(), &finding);
            if let Some((_, sighting)) = self.sightings.get_index_mut(index) {
                let same = (sighting.finding.cause == finding.cause).then_some(finding);
                sighting.see(same, confirmation, &evidence, size);
            }
            self.tally(&by, operation.as_ref()).sightings.insert(index);
        }
    }

    fn tally(&mut self, by: &Verifier, operation: Option<&OperationKey>) -> &mut Tally {
        if !self.tallies.contains_key(by) {
            self.tallies.insert(by.clone(), IndexMap::new());
        }
        self.tallies
            .entry(by.clone())
            .or_default()
            .entry(operation.cloned())
            .or_default()
    }

    /// The index of a finding's sighting. A check that finds a cause of its own for every response is held to a
    /// bound, so that the fold stays as small as the plan.
    fn sighting(
        &mut self,
        by: &Verifier,
        operation: Option<&OperationKey>,
        finding: &Finding,
    ) -> usize {
        let known = self.causes_of.entry(by.clone()).or_default();
        let mut finding = finding.clone();
        if !known.contains(&finding.cause) {
            if known.len() < CAUSES {
                known.insert(finding.cause.clone());
            } else {
                "more-causes".clone_into(&mut finding.cause);
                finding.title = format!("{} (one of more than {CAUSES} causes)", finding.title);
                finding.kind = None;
            }
        }
        let key = (by.clone(), finding.cause.clone(), operation.cloned());
        match self.sightings.get_index_of(&key) {
            Some(index) => index,
            None => {
                self.sightings
                    .insert_full(key, Sighting::new(finding, operation.cloned()))
                    .0
            }
        }
    }

    fn creation(&mut self, creation: Creation, remains: Remains) {
        let held = self
            .creations
            .entry(creation.number)
            .or_insert_with(|| (creation.clone(), Remains::Intended));
        if creation.removal.is_some() {
            held.0 = creation;
        }
        held.1 = remains;
    }

    /// The exchanges that findings cite.
    #[must_use]
    pub fn wanted(&self) -> BTreeSet<ExchangeId> {
        self.sightings
            .values()
            .flat_map(|sighting| sighting.evidence.iter().chain(&sighting.shown).copied())
            .collect()
    }

    /// The summary, with the exchanges that were [`wanted`](Self::wanted).
    ///
    /// # Errors
    /// [`NoRun`] where no event told the start of a run.
    pub fn finish(
        mut self,
        evidence: &BTreeMap<ExchangeId, Observation>,
    ) -> Result<Summary, NoRun> {
        let started = self.started.take().ok_or(NoRun)?;
        Ok(super::conclude::conclude(&self, *started, evidence))
    }

    /// The tally of a verifier for an operation, if it judged it.
    pub(super) fn tally_of(
        &self,
        by: &Verifier,
        operation: Option<&OperationKey>,
    ) -> Option<&Tally> {
        self.tallies.get(by)?.get(&operation.cloned())
    }
}

/// Adds every reason that is not there yet.
pub(super) fn push_all<'a>(
    gaps: &mut Vec<Unverified>,
    more: impl IntoIterator<Item = &'a Unverified>,
) {
    for gap in more {
        push_new(gaps, gap.clone());
    }
}

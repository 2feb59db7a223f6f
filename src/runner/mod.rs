//! Order, concurrency, budget, retries, cleanup and cancellation of a run (owner of [`Runner`]).
//!
//! The runner does what the plan says and tells what happens as [`Event`]s. It judges nothing itself:
//! checks do. It knows no report and no progress bar: whoever listens to the events does.
#![allow(clippy::disallowed_methods, reason = "a run has a clock")]

mod cancel;
mod cleanup;
mod confirm;
mod creation;
mod drive;
mod exchanger;
mod ledger;
mod outage;
mod ownership;
mod pace;
pub mod preflight;
pub mod reclaim;
mod search;
mod settle;
mod share;
#[cfg(test)]
mod tests;
mod watch;
mod wire;

pub use cancel::Cancel;
pub use wire::{HttpWire, Sent, Wire};

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    sync::OnceLock,
    time::Instant,
};

use futures::StreamExt;

use self::{
    confirm::Confirmed,
    drive::{CaseOutcome, Pass},
    exchanger::Exchanger,
};
use muster_checks::{
    Kind,
    plan::{Plan, PlannedCase, Stage, Work},
};
use muster_core::{
    arrange::Relations,
    contract::Contract,
    model::{Claims, IdentityName, OperationKey, Parameters, Verifier},
    observation::Redactor,
    script::ProbeContext,
    value_pool::ValuePool,
    verdict::Judgement,
};
use muster_report::event::{Confirmation, End, Event, Finished, Judged, Planned, Started};

/// Everything a run stands on.
#[derive(Debug)]
pub struct Setup<'a> {
    /// The first event.
    pub started: Started,
    /// The contract.
    pub contract: &'a Contract,
    /// What its operations have to do with each other.
    pub relations: &'a Relations,
    /// What the supplier claims.
    pub claims: &'a Claims,
    /// Parameters of profile and target.
    pub parameters: &'a Parameters,
    /// The identities, `default` first.
    pub identities: &'a [IdentityName],
    /// A short text that is unique to the run and visibly synthetic.
    pub run_tag: &'a str,
    /// What will be done.
    pub plan: &'a Plan,
    /// What is known to exist at the start.
    pub known: ValuePool,
    /// How many requests asked before whether the run makes sense; the budget counts them.
    pub asked_before: u64,
}

/// How many operations are measured side by side: each has a constant rate of its own.
const MEASURED_AT_ONCE: usize = 4;

/// So many cases in a row that lose a response a second time show that more of them would.
const MOST_IN_VAIN: usize = 3;

/// Does what a plan says.
#[derive(Debug)]
pub struct Runner<'a, W> {
    setup: &'a Setup<'a>,
    exchanger: Exchanger<'a, W>,
    cancel: &'a Cancel,
    /// What the probes of an operation may cost, once they begin.
    shares: OnceLock<HashMap<OperationKey, u64>>,
}

/// Whoever listens to the events of a run.
pub type Listener<'a> = &'a (dyn Fn(Event) + Sync);

impl<'a, W: Wire> Runner<'a, W> {
    /// A runner that sends over `wire` and tells `listener`.
    pub fn new(
        setup: &'a Setup<'a>,
        wire: &'a W,
        redactor: &'a Redactor,
        listener: Listener<'a>,
        cancel: &'a Cancel,
    ) -> Self {
        Self {
            setup,
            exchanger: Exchanger::new(setup, wire, redactor, listener, cancel),
            cancel,
            shares: OnceLock::new(),
        }
    }

    /// Runs the plan to its end, to a reason to stop, or until it is cancelled; then cleans up.
    pub async fn run(&self) -> Finished {
        let began = Instant::now();
        self.tell(Event::Started(Box::new(self.setup.started.clone())));
        self.judge_contract();
        self.tell(Event::Planned(Planned {
            cases: self.setup.plan.cases.clone(),
            excluded: self.setup.plan.excluded.clone(),
            not_selected: self.setup.plan.not_selected.clone(),
        }));
        let mut known = self.setup.known.clone();
        let mut confirmed = Confirmed::default();
        for stage in [
            Stage::Settling,
            Stage::Collections,
            Stage::Records,
            Stage::Probes,
            Stage::Alone,
            Stage::Suites,
            Stage::Measuring,
            Stage::Removals,
        ] {
            if self.is_over() {
                break;
            }
            if stage == Stage::Probes {
                // Suites bring valid requests of their own.
                if self.setup.plan.suites.is_empty() {
                    self.exchanger.needs_a_success();
                }
                if self.is_over() {
                    break;
                }
                self.shares.get_or_init(|| self.share_out());
            }
            known = self.run_stage(stage, known, &mut confirmed).await;
        }
        if self.exchanger.stopped().is_some() {
            self.look_into_outage().await;
        }
        self.exchanger.clean_up().await;
        self.tell_held(confirmed);
        self.exchanger.tell_undeclared();
        let finished = Finished {
            end: self.end(),
            signal: self.cancel.signal(),
            requests: self.exchanger.sent(),
            removals: self.exchanger.removals(),
            took_us: u64::try_from(began.elapsed().as_micros()).unwrap_or(u64::MAX),
        };
        self.tell(Event::Finished(finished.clone()));
        finished
    }

    /// Spreads what is left of the budget over the operations that probes are planned for; what suites, removals
    /// and repeats need is kept back.
    fn share_out(&self) -> HashMap<OperationKey, u64> {
        let mut keys = HashSet::new();
        let unseen: Vec<(OperationKey, usize)> = self
            .setup
            .plan
            .cases
            .iter()
            .filter_map(|case| match &case.work {
                Work::Probe { operation, .. } => operation.as_ref(),
                Work::Exercise(_) | Work::Suite(_) => None,
            })
            .filter(|key| keys.insert(*key))
            .map(|key| (key.clone(), self.exchanger.unseen(key)))
            .collect();
        let left = self
            .setup
            .started
            .budget
            .requests
            .saturating_sub(self.exchanger.sent())
            .saturating_sub(self.setup.plan.most_of_suites());
        share::shares(left / 5 * 4, &unseen)
    }

    /// The parameters of a case: those of the run, with the share of its operation.
    fn parameters(&self, case: &PlannedCase) -> Parameters {
        let mut parameters = self.setup.parameters.clone();
        if let Work::Probe {
            operation: Some(key),
            ..
        } = &case.work
            && let Some(share) = self.shares.get().and_then(|shares| shares.get(key))
        {
            parameters
                .0
                .insert("requests_per_operation".to_owned(), (*share).into());
        }
        parameters
    }

    fn end(&self) -> End {
        if self.cancel.is_asked() {
            End::Interrupted
        } else {
            self.exchanger
                .stopped()
                .map_or(End::Complete, |gap| End::Stopped {
                    reason: gap.reason,
                    responsible: gap.responsible,
                })
        }
    }

    fn is_over(&self) -> bool {
        self.cancel.is_asked() || self.exchanger.stopped().is_some()
    }

    fn tell(&self, event: Event) {
        self.exchanger.tell(event);
    }

    fn judge_contract(&self) {
        for check in &self.setup.plan.contract_checks {
            let Kind::Contract(judge) = check.kind else {
                continue;
            };
            for judged in judge(self.setup.contract, self.setup.parameters) {
                self.tell(Event::Judged(Box::new(Judged {
                    by: Verifier::Check(check.id.into()),
                    operation: judged.operation,
                    judgement: judged.judgement,
                    confirmation: Confirmation::None,
                    evidence: Vec::new(),
                })));
            }
        }
    }

    /// Runs the cases of a stage side by side, then confirms in plan order what failed, so that which
    /// requests are sent does not hang on which answers came first.
    async fn run_stage(
        &self,
        stage: Stage,
        known: ValuePool,
        confirmed: &mut Confirmed,
    ) -> ValuePool {
        let cases: Vec<&PlannedCase> = self
            .setup
            .plan
            .cases
            .iter()
            .filter(|case| case.stage == stage)
            .collect();
        let at_once = self.setup.started.budget.concurrency.max(1);
        let at_once = match stage {
            Stage::Alone => 1,
            Stage::Measuring => at_once.min(MEASURED_AT_ONCE),
            _ => at_once,
        };
        // A long conversation holds up no other: they end in any order, and are told in that of the plan.
        let mut driven = futures::stream::iter(cases.iter().enumerate().map(|(at, case)| {
            let driving = self.drive(case, &known, Pass::First);
            async move { (at, driving.await) }
        }))
        .buffer_unordered(at_once);
        let mut learned = ValuePool::default();
        let mut failed: Vec<(&PlannedCase, CaseOutcome)> = Vec::new();
        let mut cut_short: Vec<(&PlannedCase, CaseOutcome)> = Vec::new();
        let mut waiting: BTreeMap<usize, CaseOutcome> = BTreeMap::new();
        let mut position = 0;
        while let Some((at, outcome)) = driven.next().await {
            waiting.insert(at, outcome);
            while let Some(mut outcome) = waiting.remove(&position) {
                learned.merge(std::mem::take(&mut outcome.learned));
                if let Some(case) = cases.get(position) {
                    if outcome.cut_short {
                        cut_short.push((case, outcome));
                    } else if outcome.has_failure() {
                        failed.push((case, outcome));
                    } else {
                        self.tell_all(outcome.noted, Confirmation::None);
                        self.tell(Event::CaseFinished(case.name.clone()));
                    }
                }
                position += 1;
            }
        }
        drop(driven);
        for (case, outcome) in self.restart(cut_short, &known, &mut learned).await {
            if outcome.has_failure() {
                failed.push((case, outcome));
            } else {
                self.tell_all(outcome.noted, Confirmation::None);
                self.tell(Event::CaseFinished(case.name.clone()));
            }
        }
        for (case, outcome) in failed {
            self.confirm(case, outcome, &known, confirmed).await;
            self.tell(Event::CaseFinished(case.name.clone()));
        }
        if stage == Stage::Settling {
            self.exchanger.settling.take_up();
        }
        let mut known = known;
        known.merge(learned);
        known
    }

    /// Runs the cases that lost a response once more, one at a time and from their start: a verdict does not hang on one
    /// connection. A target that loses responses again and again is not asked for ever.
    async fn restart<'c>(
        &self,
        cut_short: Vec<(&'c PlannedCase, CaseOutcome)>,
        known: &ValuePool,
        learned: &mut ValuePool,
    ) -> Vec<(&'c PlannedCase, CaseOutcome)> {
        let mut ended = Vec::with_capacity(cut_short.len());
        let mut in_vain = 0;
        for (case, first) in cut_short {
            if in_vain >= MOST_IN_VAIN || self.is_over() {
                ended.push((case, first));
                continue;
            }
            let mut again = self.drive(case, known, Pass::Restart).await;
            in_vain = if again.cut_short { in_vain + 1 } else { 0 };
            learned.merge(std::mem::take(&mut again.learned));
            ended.push((case, again.after(first, &drive::subject(case).0)));
        }
        ended
    }

    fn tell_all(&self, noted: Vec<drive::PendingJudgement>, confirmation: Confirmation) {
        for note in noted {
            let confirmation = if matches!(note.judgement, Judgement::Fail(_)) {
                confirmation
            } else {
                Confirmation::None
            };
            self.tell_note(note, confirmation);
        }
    }

    fn tell_note(&self, note: drive::PendingJudgement, confirmation: Confirmation) {
        self.tell(Event::Judged(Box::new(Judged {
            by: note.by,
            operation: note.operation,
            judgement: self.exchanger.redacted(note.judgement),
            confirmation,
            evidence: note.evidence,
        })));
    }

    /// The world of one conversation. Each has a seed of its own, so that two of them never make the same
    /// “unique” value, and a repeat bears another tag, so that it does not meet what the first one left.
    fn world<'k>(
        &'k self,
        known: &'k ValuePool,
        parameters: &'k Parameters,
        writes: bool,
        seed: u64,
        tag: &'k str,
    ) -> ProbeContext<'k> {
        ProbeContext {
            contract: self.setup.contract,
            relations: self.setup.relations,
            known,
            claims: self.setup.claims,
            parameters,
            identities: self.setup.identities,
            base_url: &self.setup.started.base_url,
            writes,
            seed,
            run_tag: tag,
        }
    }
}

/// The seed of a conversation: FNV-1a of the run's seed and the name of the case.
fn conversation_seed(seed: u64, case: &PlannedCase) -> u64 {
    seed.to_le_bytes()
        .iter()
        .chain(case.name.0.as_bytes())
        .fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
            (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
        })
}

//! One case from its first question to its judgements (owner of [`CaseOutcome`]).

use std::{
    collections::HashSet,
    time::{Duration, Instant},
};

use futures::future::join_all;

use super::{
    Runner, conversation_seed,
    exchanger::{Answered, Held},
    wire::Wire,
};
use muster_checks::{
    self as checks, Check, Kind,
    plan::{PlannedCase, Stage, Work},
    suite,
};
use muster_core::{
    arrange,
    exchange::{self, BreakageKind, ConnectionUse, Exchange, ExchangeId, Outcome, Response},
    model::{OperationKey, Responsible, Verifier},
    script::{self, Effect, EffectResult, ProbeContext, Turn},
    value_pool::ValuePool,
    verdict::{Finding, Judgement, Unverified},
};
use muster_report::event::Event;

/// A judgement with what it rests on, before it is confirmed.
#[derive(Debug, Clone)]
pub(super) struct PendingJudgement {
    pub(super) by: Verifier,
    pub(super) operation: Option<OperationKey>,
    pub(super) judgement: Judgement,
    pub(super) evidence: Vec<ExchangeId>,
}

impl PendingJudgement {
    /// What makes two failures the same, where this is one.
    pub(super) fn failure(&self) -> Option<(Verifier, String)> {
        match &self.judgement {
            Judgement::Fail(finding) => Some((self.by.clone(), finding.cause.clone())),
            _ => None,
        }
    }
}

/// Whether a case is driven for the first time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Pass {
    First,
    /// From its start, alone, after the network cut the first attempt short.
    Restart,
    /// To confirm a failure.
    Repeat,
}

/// What a case brought.
#[derive(Debug, Default)]
pub(super) struct CaseOutcome {
    pub(super) noted: Vec<PendingJudgement>,
    pub(super) learned: ValuePool,
    /// Whether it ended without a verdict because a response never came.
    pub(super) cut_short: bool,
    /// Every exchange with its operation and status.
    pub(super) answers: Vec<(ExchangeId, Option<OperationKey>, Option<u16>)>,
}

impl CaseOutcome {
    pub(super) fn has_failure(&self) -> bool {
        self.noted
            .iter()
            .any(|note| matches!(note.judgement, Judgement::Fail(_)))
    }

    /// Takes over from an attempt before it what the response checks noted there.
    pub(super) fn after(mut self, first: Self, subject: &Verifier) -> Self {
        let mut noted: Vec<PendingJudgement> = first
            .noted
            .into_iter()
            .filter(|note| note.by != *subject)
            .collect();
        noted.append(&mut self.noted);
        self.noted = noted;
        let mut learned = first.learned;
        learned.merge(std::mem::take(&mut self.learned));
        self.learned = learned;
        self
    }

    pub(super) fn failures(&self) -> HashSet<(Verifier, String)> {
        self.noted
            .iter()
            .filter_map(PendingJudgement::failure)
            .collect()
    }
}

/// The verifier that says whether an operation could be called with success.
pub(super) const REACHED: &str = "operation.reached";

/// More questions than any honest case asks.
const MOST_TURNS: usize = 2_000;

impl<W: Wire> Runner<'_, W> {
    /// Drives a case to its end.
    pub(super) async fn drive(
        &self,
        case: &PlannedCase,
        known: &ValuePool,
        pass: Pass,
    ) -> CaseOutcome {
        let seed = conversation_seed(self.setup.started.seed, case);
        let tag = match pass {
            Pass::First => self.setup.run_tag.to_owned(),
            Pass::Restart => format!("{}s", self.setup.run_tag),
            Pass::Repeat => format!("{}r", self.setup.run_tag),
        };
        let parameters = self.parameters(case);
        let writes = self.setup.started.writes || is_writing_probe(case);
        let world = self.world(known, &parameters, writes, seed, &tag);
        self.tell(Event::CaseStarted(case.name.clone()));
        let mut driven = CaseOutcome::default();
        let mut history: Vec<EffectResult> = Vec::new();
        let mut paused = Duration::ZERO;
        let left_out = self.needs_an_end(case);
        let judgements = loop {
            if let Some(reason) = left_out {
                break vec![Judgement::not_applicable(reason)];
            }
            if history.len() > MOST_TURNS {
                break vec![Judgement::Error(Unverified::new(
                    Responsible::Muster,
                    "The case does not come to an end.",
                ))];
            }
            match self.turn(case, world, &history) {
                Turn::Done(judgements) => break judgements,
                Turn::Effect(Effect::Pause(time)) => {
                    paused += time;
                    self.cancel.unless_asked(tokio::time::sleep(time)).await;
                    history.push(EffectResult::Paused);
                }
                Turn::Effect(Effect::Handshake(asked)) => {
                    match self.exchanger.handshake(&case.name, asked).await {
                        Ok(handshaken) => {
                            history.push(EffectResult::Handshake(Box::new(handshaken)))
                        }
                        Err(Held(gap)) => break vec![Judgement::Inconclusive(gap)],
                    }
                }
                Turn::Effect(ask @ (Effect::Send(_) | Effect::SendPaced(..))) => {
                    match self.send(case, ask).await {
                        Ok(answered) => {
                            let mut exchanges = Vec::with_capacity(answered.len());
                            for answer in answered {
                                driven.noted.extend(answer.noted);
                                driven.answers.push((
                                    answer.exchange.id,
                                    answer.exchange.request.operation.clone(),
                                    answer.exchange.status(),
                                ));
                                arrange::learn(
                                    self.setup.contract,
                                    self.setup.relations,
                                    &answer.exchange,
                                    &mut driven.learned,
                                );
                                exchanges.push(answer.exchange);
                            }
                            history.push(EffectResult::Exchanges(exchanges));
                        }
                        Err(Held(gap)) => break vec![Judgement::Inconclusive(gap)],
                    }
                }
            }
        };
        let (by, operation) = subject(case);
        let late = |judgement: &Judgement| matches!(judgement, Judgement::Fail(_));
        if case.stage == Stage::Settling && judgements.iter().any(late) {
            self.exchanger.settling.learn(paused);
        }
        let open = |judgement: &Judgement| matches!(judgement, Judgement::Inconclusive(_));
        driven.cut_short = judgements.iter().any(open) && history.iter().any(lost_a_response);
        for judgement in judgements {
            let evidence = match &judgement {
                // What a case did before is part of what shows it.
                Judgement::Fail(finding) => {
                    decisive(&history, finding).map(|exchange| match &case.work {
                        Work::Suite(_) => last_of(&history, Some(exchange)),
                        Work::Exercise(_) | Work::Probe { .. } => with_write(&history, exchange),
                    })
                }
                _ => None,
            };
            driven.noted.push(PendingJudgement {
                by: by.clone(),
                operation: operation.clone(),
                judgement,
                evidence: evidence.unwrap_or_else(|| last_of(&history, None)),
            });
        }
        driven
    }

    /// Why a probe is left out whose operation turned out to be a stream without an end.
    fn needs_an_end(&self, case: &PlannedCase) -> Option<&'static str> {
        let Work::Probe {
            check,
            operation: Some(key),
        } = &case.work
        else {
            return None;
        };
        let needs = checks::find(check.as_str()).is_some_and(Check::needs_whole_responses);
        (needs && self.exchanger.is_endless(key)).then_some(checks::NO_END)
    }

    /// Sends what a conversation asks for: all at once, or each at its moment.
    async fn send(&self, case: &PlannedCase, ask: Effect) -> Result<Vec<Answered>, Held> {
        let answers = match ask {
            Effect::Send(requests) => {
                let sent = requests
                    .into_iter()
                    .map(|request| self.exchanger.exchange(&case.name, request));
                join_all(sent).await
            }
            Effect::SendPaced(requests, every) => {
                let start = Instant::now();
                let sent = (0..).zip(requests).map(|(index, request)| {
                    let due = start + every * index;
                    self.exchanger.exchange_at(&case.name, request, due)
                });
                join_all(sent).await
            }
            Effect::Pause(_) | Effect::Handshake(_) => Vec::new(),
        };
        answers.into_iter().collect()
    }

    fn turn<'w>(
        &'w self,
        case: &PlannedCase,
        world: ProbeContext<'w>,
        history: &'w [EffectResult],
    ) -> Turn {
        match &case.work {
            Work::Exercise(key) => match self.setup.contract.operation(key) {
                Some(operation) => script::turn(world, history, |script| {
                    arrange::exercise(script, operation)
                }),
                None => lost(),
            },
            Work::Probe { check, operation } => {
                let operation = operation
                    .as_ref()
                    .map(|key| self.setup.contract.operation(key));
                match (
                    checks::find(check.as_str()).map(|check| check.kind),
                    operation,
                ) {
                    (Some(Kind::Probe { run, .. }), None) => {
                        script::turn(world, history, |script| run(script, None))
                    }
                    (Some(Kind::Probe { run, .. }), Some(Some(operation))) => {
                        script::turn(world, history, |script| run(script, Some(operation)))
                    }
                    _ => lost(),
                }
            }
            Work::Suite(id) => match suite::find(&self.setup.plan.suites, id) {
                Some(chosen) => {
                    script::turn(world, history, |script| suite::converse(script, chosen))
                }
                None => lost(),
            },
        }
    }
}

/// Whether a case is a probe that cannot do without writes. It is held as if writes were allowed, so that whether it
/// applies is seen first; where they are refused, the exchanger sends nothing that writes.
fn is_writing_probe(case: &PlannedCase) -> bool {
    let Work::Probe { check, .. } = &case.work else {
        return false;
    };
    matches!(
        checks::find(check.as_str()).map(|check| check.kind),
        Some(Kind::Probe { writes: true, .. })
    )
}

fn lost() -> Turn {
    Turn::Done(vec![Judgement::Error(Unverified::new(
        Responsible::Muster,
        "The plan names a check, operation or case that is not there.",
    ))])
}

pub(super) fn subject(case: &PlannedCase) -> (Verifier, Option<OperationKey>) {
    match &case.work {
        Work::Exercise(key) => (Verifier::Check(REACHED.into()), Some(key.clone())),
        Work::Probe { check, operation } => (Verifier::Check(check.clone()), operation.clone()),
        Work::Suite(id) => (Verifier::Case(id.clone()), None),
    }
}

/// Whether a response never came for a reason of the network, or of something before the API.
fn lost_a_response(reply: &EffectResult) -> bool {
    let EffectResult::Exchanges(exchanges) = reply else {
        return false;
    };
    exchanges.iter().any(|exchange| match &exchange.outcome {
        Outcome::Broken(breakage) => matches!(
            breakage.kind,
            BreakageKind::ConnectionRaced
                | BreakageKind::ConnectionLost
                | BreakageKind::ConnectionRefused
                | BreakageKind::TimedOut
        ),
        Outcome::Answered(response) => matches!(response.status, 502..=504),
    })
}

/// The exchange that shows a finding: the one that the check names, else the last whose response the finding tells as
/// received. What a case does afterwards, such as a control or a removal, is not it.
fn decisive(history: &[EffectResult], finding: &Finding) -> Option<ExchangeId> {
    finding.shown_by.or_else(|| {
        let told = |exchange: &Exchange| {
            let received = exchange.received();
            !received.is_empty() && finding.received.starts_with(&received)
        };
        history
            .iter()
            .rev()
            .flat_map(|reply| {
                match reply {
                    EffectResult::Exchanges(exchanges) => exchanges.as_slice(),
                    EffectResult::Handshake(_) | EffectResult::Paused => &[],
                }
                .iter()
                .rev()
            })
            .find(|exchange| told(exchange))
            .map(|exchange| exchange.id)
    })
}

/// An exchange; before one that reads what was not as it should be, the write that it followed; before one over a kept
/// connection, that before it.
fn with_write(history: &[EffectResult], shown: ExchangeId) -> Vec<ExchangeId> {
    let all = || {
        history.iter().flat_map(|reply| match reply {
            EffectResult::Exchanges(exchanges) => exchanges.as_slice(),
            EffectResult::Handshake(_) | EffectResult::Paused => &[],
        })
    };
    let over = all()
        .find(|exchange| exchange.id == shown)
        .map(|exchange| exchange.request.over);
    if let Some(over @ ConnectionUse::Kept(_)) = over {
        let before = all()
            .take_while(|exchange| exchange.id != shown)
            .filter(|exchange| exchange.request.over == over)
            .last();
        let before = before.map(|exchange| exchange.id);
        return before.into_iter().chain([shown]).collect();
    }
    let read = all().find(|exchange| {
        exchange.id == shown
            && exchange.request.method.is_safe()
            && exchange.response().is_some_and(Response::is_success)
    });
    let write = read.and_then(|read| {
        all()
            .take_while(|exchange| exchange.id != shown)
            .filter(|exchange| !exchange.request.method.is_safe())
            .filter(|exchange| exchange::is_below(&read.url, &exchange.url))
            .last()
    });
    let write = write.map(|exchange| exchange.id);
    write.into_iter().chain([shown]).collect()
}

/// The last few exchanges of a conversation, or those up to one of them, in order: what its judgement rests on.
fn last_of(history: &[EffectResult], until: Option<ExchangeId>) -> Vec<ExchangeId> {
    let mut all: Vec<ExchangeId> = history
        .iter()
        .flat_map(|reply| match reply {
            EffectResult::Exchanges(exchanges) => {
                exchanges.iter().map(|exchange| exchange.id).collect()
            }
            EffectResult::Handshake(handshaken) => vec![handshaken.id],
            EffectResult::Paused => Vec::new(),
        })
        .collect();
    if let Some(end) = all.iter().position(|id| Some(*id) == until) {
        all.truncate(end + 1);
    }
    all.split_off(all.len().saturating_sub(MOST_EVIDENCE))
}

/// How many exchanges of a conversation are kept for a judgement.
const MOST_EVIDENCE: usize = 5;

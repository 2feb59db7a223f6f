//! One request: held back, paced, sent, renewed, repeated, noted and judged (owner of [`Exchanger`]).

mod housekeeping;
mod judging;
mod masking;
mod undeclared;

use std::{
    collections::HashSet,
    sync::{
        Mutex, OnceLock, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use self::{
    masking::{redacted, without_secrets},
    undeclared::Asking,
};
use super::{
    Cancel, Listener, Setup,
    drive::PendingJudgement,
    ledger::Ledger,
    outage::Lost,
    ownership::{Records, keeps_ids},
    pace::Pace,
    settle::ReadLag,
    watch::OutageDetector,
    wire::Wire,
};
use muster_checks::{
    Answer, Kind,
    plan::{CaseName, WRITES_REFUSED},
};
use muster_core::{
    arrange,
    contract::Operation,
    coverage::Atlas,
    exchange::{
        Auth, Exchange, ExchangeId, Intent, Outcome, Patience, Request, Response,
        handshake::{Handshake, Handshaken},
    },
    model::{CheckId, OperationKey, Responsible},
    observation::Redactor,
    verdict::{Judgement, Unverified},
};
use muster_report::event::{CLEANUP, Event, Exchanged};

type ResponseCheck = (CheckId, fn(&Answer<'_>) -> Vec<Judgement>);

/// Sends requests and has every exchange judged.
pub(super) struct Exchanger<'a, W> {
    pub(super) setup: &'a Setup<'a>,
    pub(super) wire: &'a W,
    pub(super) ledger: Ledger,
    pub(super) records: Records,
    /// When the run began.
    began: Instant,
    /// When cleaning up began.
    pub(super) cleaning: OnceLock<Instant>,
    /// Whether the ids that the target shows are remembered.
    pub(super) keeps_ids: bool,
    pub(super) settling: ReadLag,
    pub(super) redactor: &'a Redactor,
    listener: Listener<'a>,
    pub(super) cancel: &'a Cancel,
    checks: Vec<ResponseCheck>,
    pub(super) pace: Pace,
    watch: OutageDetector,
    sent: AtomicU64,
    /// Those of them that are outside the budget: removals.
    removals: AtomicU64,
    atlas: Mutex<Atlas>,
    /// Operations of which a response was a stream without an end.
    endless: Mutex<HashSet<OperationKey>>,
    asking: Mutex<Asking>,
    /// What was said already of an operation without being a failure, so that it is said once.
    said: Mutex<HashSet<(CheckId, Option<OperationKey>, bool)>>,
}

impl<W> std::fmt::Debug for Exchanger<'_, W> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Exchanger")
            .field("sent", &self.sent)
            .finish_non_exhaustive()
    }
}

/// An exchange and what the response checks noted of it.
#[derive(Debug)]
pub(super) struct Answered {
    pub(super) exchange: Exchange,
    pub(super) noted: Vec<PendingJudgement>,
}

/// A request was held back, for this reason.
#[derive(Debug)]
pub(super) struct Held(pub(super) Unverified);

/// How often a request is sent again because the target asks for patience.
const MOST_RETRIES: u32 = 3;
/// The longest wait for one `Retry-After`; a target that asks for more is taken at its word as busy.
const LONGEST_WAIT: Duration = Duration::from_secs(30);

impl<'a, W: Wire> Exchanger<'a, W> {
    pub(super) fn new(
        setup: &'a Setup<'a>,
        wire: &'a W,
        redactor: &'a Redactor,
        listener: Listener<'a>,
        cancel: &'a Cancel,
    ) -> Self {
        let checks = setup
            .plan
            .response_checks
            .iter()
            .filter_map(|check| match check.kind {
                Kind::Response(judge) => Some((CheckId::from(check.id), judge)),
                Kind::Contract(_) | Kind::Probe { .. } => None,
            })
            .collect();
        Self {
            setup,
            wire,
            ledger: Ledger::default(),
            records: Records::default(),
            began: Instant::now(),
            cleaning: OnceLock::new(),
            keeps_ids: keeps_ids(setup.contract, setup.relations),
            settling: ReadLag::of(setup.parameters),
            redactor,
            listener,
            cancel,
            checks,
            pace: Pace::new(&setup.started.budget),
            watch: OutageDetector::default(),
            sent: AtomicU64::new(setup.asked_before),
            removals: AtomicU64::new(0),
            atlas: Mutex::new(Atlas::new(&setup.started.contract.surfaces)),
            endless: Mutex::default(),
            asking: Mutex::default(),
            said: Mutex::default(),
        }
    }

    /// Tells what happened, without secrets in any of its texts.
    pub(super) fn tell(&self, event: Event) {
        (self.listener)(without_secrets(self.redactor, event));
    }

    pub(super) fn sent(&self) -> u64 {
        self.sent.load(Ordering::Relaxed)
    }

    pub(super) fn removals(&self) -> u64 {
        self.removals.load(Ordering::Relaxed)
    }

    /// The requests that were lost as the target stopped answering.
    pub(super) fn lost_requests(&self) -> Vec<Lost> {
        self.watch.lost_requests()
    }

    /// Notes that the target is back, and that what was under way did not end it.
    pub(super) fn came_back(&self) {
        self.watch.came_back();
    }

    pub(super) fn stopped(&self) -> Option<Unverified> {
        // The reason may quote the target.
        self.watch.stopped().map(|gap| Unverified {
            reason: self.redactor.text(&gap.reason),
            responsible: gap.responsible,
        })
    }

    /// How much of an operation was not seen yet.
    pub(super) fn unseen(&self, key: &OperationKey) -> usize {
        self.atlas
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .unseen(key)
    }

    /// Whether one of these exchanges was part of what made the run stop.
    pub(super) fn is_of_the_outage(&self, evidence: &[ExchangeId]) -> bool {
        evidence.iter().any(|id| self.watch.is_of_the_outage(*id))
    }

    /// Stops the run where no valid request was accepted so far.
    pub(super) fn needs_a_success(&self) {
        self.watch.needs_a_success();
    }

    /// Whether one of these exchanges may turn out to be part of an outage.
    pub(super) fn may_be_of_an_outage(&self, evidence: &[ExchangeId]) -> bool {
        evidence
            .iter()
            .any(|id| self.watch.may_be_of_an_outage(*id))
    }

    pub(super) fn redacted(&self, judgement: Judgement) -> Judgement {
        redacted(self.redactor, judgement)
    }

    /// Sends a request, again where the token had run out or the target asks for patience.
    pub(super) async fn exchange(
        &self,
        case: &CaseName,
        request: Request,
    ) -> Result<Answered, Held> {
        self.may_write(&request)?;
        self.wire.may_send(&request).map_err(Held)?;
        let leave = self.may_change(case, &request).await?;
        let mut creation = None;
        let mut is_noted = false;
        let mut noted = Vec::new();
        let mut renewed = false;
        let mut nonced = false;
        let mut retries = 0;
        let mut insisted = None;
        loop {
            let place = match self.place().await {
                Ok(place) => place,
                Err(held) => {
                    self.withdraws(creation);
                    return Err(held);
                }
            };
            // Noted as it is sent: what was held back creates nothing.
            if !is_noted {
                is_noted = true;
                creation = self.intends(&request, leave);
                if let Err(held) = self.may_send() {
                    self.withdraws(creation);
                    return Err(held);
                }
            }
            let sent = self.send_now(case, request.clone()).await;
            drop(place);
            let (exchange, logins) = sent?;
            noted.extend(logins);
            match &insisted {
                None => {
                    insisted = self.asks_undeclared(&exchange);
                    if insisted.is_some() {
                        self.tell_unjudged(case, &exchange);
                        continue;
                    }
                }
                Some(key) => self.has_insisted(key, &exchange),
            }
            noted.extend(self.judge(case, &exchange));
            if retries > 0 {
                noted.extend(self.was_meant(&exchange));
            }
            if let Some(wait) = patience(&exchange).filter(|_| retries < MOST_RETRIES) {
                retries += 1;
                self.cancel.unless_asked(tokio::time::sleep(wait)).await;
                continue;
            }
            if wants_nonce(&exchange.outcome) && !nonced {
                nonced = true;
                continue;
            }
            if exchange.status() == Some(401) && request.auth == Auth::Declared && !renewed {
                renewed = true;
                if self.wire.renew(&request.identity, &exchange.credentials) {
                    continue;
                }
            }
            self.settles(creation, leave, &exchange);
            self.settle(case, &exchange).await;
            return Ok(Answered { exchange, noted });
        }
    }

    /// Sends a request at its moment, once, whatever is under way: the rate is the conversation's affair.
    pub(super) async fn exchange_at(
        &self,
        case: &CaseName,
        request: Request,
        due: Instant,
    ) -> Result<Answered, Held> {
        // What changes something is no matter of a constant rate.
        if !request.method.is_safe() {
            return self.exchange(case, request).await;
        }
        self.may_write(&request)?;
        self.wire.may_send(&request).map_err(Held)?;
        let waiting = tokio::time::sleep_until(due.into());
        self.cancel.unless_asked(waiting).await;
        self.may_send()?;
        let late_us = u64::try_from(due.elapsed().as_micros()).unwrap_or(u64::MAX);
        let (mut exchange, mut noted) = self.send_now(case, request).await?;
        if let Outcome::Answered(response) = &mut exchange.outcome {
            response.timing.late_us = Some(late_us);
        }
        noted.extend(self.judge(case, &exchange));
        Ok(Answered { exchange, noted })
    }

    pub(super) async fn send_once(
        &self,
        case: &CaseName,
        request: Request,
    ) -> Result<(Exchange, Vec<PendingJudgement>), Held> {
        self.may_write(&request)?;
        self.wire.may_send(&request).map_err(Held)?;
        let place = self.place().await?;
        let sent = self.send_now(case, request).await;
        drop(place);
        sent
    }

    /// Sends a request of the run's own beside a conversation. Cleaning up goes on when the run has ended.
    pub(super) async fn send_aside(
        &self,
        case: &CaseName,
        request: Request,
    ) -> Result<(Exchange, Vec<PendingJudgement>), Held> {
        if *case.0 == *CLEANUP {
            return Ok((self.housekeep_unsaid(request).await, Vec::new()));
        }
        self.send_once(case, request).await
    }

    /// A place for a request that may be sent.
    async fn place(&self) -> Result<Option<tokio::sync::SemaphorePermit<'_>>, Held> {
        self.may_send()?;
        let place = self.ready().await?;
        self.may_send()?;
        Ok(place)
    }

    /// Waits for a place among the concurrent requests, and for the rate.
    async fn ready(&self) -> Result<Option<tokio::sync::SemaphorePermit<'_>>, Held> {
        tokio::select! {
            place = self.pace.ready() => Ok(place),
            () = self.cancel.asked() => Err(Held(interrupted())),
        }
    }

    pub(super) async fn send_now(
        &self,
        case: &CaseName,
        mut request: Request,
    ) -> Result<(Exchange, Vec<PendingJudgement>), Held> {
        let id = ExchangeId(self.sent.fetch_add(1, Ordering::Relaxed) + 1);
        let operation = request
            .operation
            .as_ref()
            .and_then(|key| self.setup.contract.operation(key));
        request.patience = operation.map_or(Patience::Usual, |operation| self.patience(operation));
        let sent = tokio::select! {
            sent = self.wire.send(&request, operation) => sent,
            () = self.cancel.patience_ends() => return Err(Held(interrupted())),
        };
        let logins = self.tell_logins(case);
        let exchange = sent.into_exchange(id, request);
        self.redactor.learn_returned(&exchange);
        self.watch.saw(&exchange);
        if let Some(key) = &exchange.request.operation
            && exchange.response().is_some_and(|response| response.open)
        {
            self.endless().insert(key.clone());
        }
        Ok((exchange, logins))
    }

    /// Whether a response of this operation was a stream without an end.
    pub(super) fn is_endless(&self, key: &OperationKey) -> bool {
        self.endless().contains(key)
    }

    fn endless(&self) -> std::sync::MutexGuard<'_, HashSet<OperationKey>> {
        self.endless.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn patience(&self, operation: &Operation) -> Patience {
        if self.is_endless(&operation.key) {
            Patience::Least
        } else if arrange::stream::waiting(operation).is_some() {
            Patience::Short
        } else {
            Patience::Usual
        }
    }

    /// Tries a TLS handshake, which counts as a request, and tells it.
    pub(super) async fn handshake(
        &self,
        case: &CaseName,
        asked: Handshake,
    ) -> Result<Handshaken, Held> {
        self.may_send()?;
        let place = self.ready().await?;
        self.may_send()?;
        let id = ExchangeId(self.sent.fetch_add(1, Ordering::Relaxed) + 1);
        let result = tokio::select! {
            result = self.wire.handshake(&asked) => result,
            () = self.cancel.patience_ends() => return Err(Held(interrupted())),
        };
        drop(place);
        let handshaken = Handshaken { id, asked, result };
        self.tell(Event::Exchanged(Box::new(Exchanged {
            case: case.clone(),
            observation: self.redactor.observe_handshake(&handshaken),
            passed: Vec::new(),
            valid: false,
            wrong: false,
            covered: Vec::new(),
        })));
        Ok(handshaken)
    }

    /// Logins are evidence too, and judged: what a token endpoint says of a token, say.
    fn tell_logins(&self, case: &CaseName) -> Vec<PendingJudgement> {
        let mut noted = Vec::new();
        for mut login in self.wire.take_logins() {
            self.redactor.learn_returned(&login);
            login.id = ExchangeId(self.sent.fetch_add(1, Ordering::Relaxed) + 1);
            noted.extend(self.judge(case, &login));
        }
        noted
    }

    /// Holds back what may change something, where writes are refused: whatever a conversation asks for.
    fn may_write(&self, request: &Request) -> Result<(), Held> {
        if self.setup.started.writes || request.method.is_safe() {
            return Ok(());
        }
        Err(Held(Unverified::new(
            Responsible::Configuration,
            WRITES_REFUSED,
        )))
    }

    fn may_send(&self) -> Result<(), Held> {
        if self.cancel.is_asked() {
            return Err(Held(interrupted()));
        }
        if let Some(gap) = self.watch.stopped() {
            return Err(Held(gap));
        }
        let most = self.setup.started.budget.requests;
        // Removals are outside it: what was created is removed however much was sent.
        if self.sent() - self.removals() >= most {
            return Err(Held(Unverified::new(
                Responsible::Configuration,
                format!(
                    "The budget of {most} requests is used up. Raise `budget.requests` in the target file, or narrow the run with `--only`."
                ),
            )));
        }
        if let Some(minutes) = self.setup.started.budget.minutes
            && self.began.elapsed() >= Duration::from_secs(60) * minutes
        {
            return Err(Held(Unverified::new(
                Responsible::Configuration,
                format!(
                    "The time of {minutes} minutes is over. Raise `budget.minutes` in the target file, choose less `--effort`, or narrow the run with `--only`."
                ),
            )));
        }
        Ok(())
    }
}

fn interrupted() -> Unverified {
    Unverified::new(Responsible::Configuration, "The run was interrupted.")
}

/// Whether the target asks for the proof again, with the nonce that it gives (RFC 9449 §9).
fn wants_nonce(outcome: &Outcome) -> bool {
    let Outcome::Answered(response) = outcome else {
        return false;
    };
    response.status == 401
        && response.headers.get("dpop-nonce").is_some()
        && response
            .headers
            .all("www-authenticate")
            .any(|challenge| challenge.contains("use_dpop_nonce"))
}

/// How long the target asks to wait, where a request that should succeed was put off (RFC 9110 §10.2.3).
fn patience(exchange: &Exchange) -> Option<Duration> {
    let Outcome::Answered(response) = &exchange.outcome else {
        return None;
    };
    if !matches!(response.status, 429 | 503) || matches!(exchange.request.intent, Intent::Wrong(_))
    {
        return None;
    }
    retry_after(response).filter(|wait| *wait <= LONGEST_WAIT)
}

fn retry_after(response: &Response) -> Option<Duration> {
    let value = response.headers.get("retry-after")?.trim();
    if let Ok(seconds) = value.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let parse = |text: &str| {
        time::OffsetDateTime::parse(text, &time::format_description::well_known::Rfc2822).ok()
    };
    let until = parse(&value.replace("GMT", "+0000"))?;
    let now = response
        .headers
        .get("date")
        .and_then(|date| parse(&date.replace("GMT", "+0000")))?;
    Duration::try_from(until - now).ok()
}

/// The path of a request without its query.
pub(super) fn path_of(request: &Request) -> &str {
    let path = request.path_and_query();
    path.split_once('?').map_or(path, |(path, _)| path)
}

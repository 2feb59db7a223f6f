//! Notices when a run has lost its target, so that it stops and says why (owner of [`Watch`]).

use std::{
    collections::HashSet,
    sync::{Mutex, PoisonError},
};

use crate::{
    exchange::{Address, Auth, Exchange, ExchangeId, Intent, Outcome},
    model::{OperationKey, Whose},
    verdict::Gap,
};

/// How many valid requests in a row must be turned away before the run's access counts as lost.
const ACCESS_LOST_AFTER: u64 = 30;
/// How many valid requests in a row must find nothing.
const GONE_AFTER: u64 = 60;
/// How many requests in a row must find nobody there before the target counts as down.
const DOWN_AFTER: u64 = 12;
/// How many valid requests in a row must be failed by the target.
const FAILING_AFTER: u64 = 25;
/// Over how many operations that succeeded before, so that broken operations are not taken for a broken target.
const FAILING_ON: usize = 3;
/// How many valid requests in a row, where they are of fewer such operations.
const FAILING_ON_FEW_AFTER: u64 = 150;

/// What it saw so far.
#[derive(Debug, Default)]
pub(super) struct Watch {
    state: Mutex<State>,
}

/// Exchanges in a row that ended alike.
#[derive(Debug, Default)]
struct Streak {
    /// How many of them were valid requests.
    long: u64,
    /// The first, valid or not.
    began: Option<ExchangeId>,
    /// Operations of these requests that had succeeded before.
    operations: HashSet<OperationKey>,
}

impl Streak {
    fn saw(&mut self, is_like: bool, counts: bool, exchange: &Exchange) {
        if !is_like {
            // An answer to an earlier request may come late: it says nothing of those after it.
            if self.began.is_none_or(|began| exchange.id > began) {
                *self = Self::default();
            }
            return;
        }
        let began = self.began.get_or_insert(exchange.id);
        *began = (*began).min(exchange.id);
        self.long += u64::from(counts);
    }

    /// Notes that an operation which had succeeded before is among them.
    fn saw_fall(&mut self, is_like: bool, exchange: &Exchange, succeeded: &HashSet<OperationKey>) {
        if is_like
            && let Some(key) = &exchange.request.operation
            && succeeded.contains(key)
        {
            self.operations.insert(key.clone());
        }
    }

    fn is_of_the_target(&self) -> bool {
        self.long >= FAILING_AFTER && self.operations.len() >= FAILING_ON
            || self.long >= FAILING_ON_FEW_AFTER
    }
}

#[derive(Debug, Default)]
struct State {
    welcomed: bool,
    /// Operations that were answered with success.
    succeeded: HashSet<OperationKey>,
    turned_away: Streak,
    unfound: Streak,
    /// Answered 5xx.
    failing: Streak,
    /// Answered 429.
    held_off: Streak,
    /// Valid requests without any answer.
    silent: Streak,
    nobody: Streak,
    stopped: Option<(Gap, Option<ExchangeId>)>,
}

impl Watch {
    /// Why the run must stop, if it must.
    pub(super) fn stopped(&self) -> Option<Gap> {
        self.state
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .stopped
            .as_ref()
            .map(|(gap, _)| gap.clone())
    }

    /// Whether an exchange was part of what made the run stop: then it shows the outage and nothing else.
    pub(super) fn is_of_the_outage(&self, exchange: ExchangeId) -> bool {
        self.state
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .stopped
            .as_ref()
            .is_some_and(|(_, first)| first.is_some_and(|first| exchange >= first))
    }

    /// Takes note of an exchange.
    pub(super) fn saw(&self, exchange: &Exchange) {
        // Another port of the host is another door.
        if matches!(exchange.request.address, Address::Absolute(_)) {
            return;
        }
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let is_valid =
            exchange.request.intent == Intent::Valid && exchange.request.auth == Auth::Declared;
        match &exchange.outcome {
            Outcome::Answered(response) => {
                let status = response.status;
                state.nobody.saw(false, true, exchange);
                state.silent.saw(false, true, exchange);
                let State {
                    failing,
                    held_off,
                    succeeded,
                    ..
                } = &mut *state;
                for (streak, is_like) in [(failing, status >= 500), (held_off, status == 429)] {
                    streak.saw(is_like, is_valid, exchange);
                    streak.saw_fall(is_like && is_valid, exchange, succeeded);
                }
                if is_valid
                    && response.is_success()
                    && let Some(key) = &exchange.request.operation
                {
                    state.succeeded.insert(key.clone());
                }
                if exchange.request.auth == Auth::Declared {
                    state.turned_away.saw(status == 401, is_valid, exchange);
                }
                if is_valid {
                    state.unfound.saw(status == 404, true, exchange);
                    state.welcomed |= response.is_success();
                }
            }
            Outcome::Broken(breakage) => {
                use crate::exchange::BreakageKind as Kind;
                let refused = matches!(breakage.kind, Kind::ConnectionRefused | Kind::NameNotFound);
                let lost = matches!(
                    breakage.kind,
                    Kind::ConnectionLost | Kind::ConnectionRaced | Kind::TimedOut | Kind::NotHttp
                );
                // Who goes down loses what is under way before it refuses what comes.
                if refused || lost {
                    state.nobody.saw(true, refused, exchange);
                    state.silent.saw(true, is_valid && lost, exchange);
                }
            }
        }
        if state.stopped.is_none() {
            state.stopped = state.verdict();
        }
    }
}

impl State {
    fn verdict(&self) -> Option<(Gap, Option<ExchangeId>)> {
        let (streak, whose, reason) = if self.nobody.long >= DOWN_AFTER {
            (
                &self.nobody,
                Whose::Network,
                format!(
                    "The target does not answer any more: the last {DOWN_AFTER} requests found nobody there. Start it again and run once more."
                ),
            )
        } else if self.silent.long >= FAILING_AFTER {
            (
                &self.silent,
                Whose::Supplier,
                format!(
                    "The target does not answer any more: the last {FAILING_AFTER} valid requests got no answer. Find out what it waits for, and run once more."
                ),
            )
        } else if self.failing.is_of_the_target() {
            (
                &self.failing,
                Whose::Supplier,
                format!(
                    "The target fails everything: the last {} valid requests were answered 5xx. Look into its log, and run once more.",
                    self.failing.long
                ),
            )
        } else if self.held_off.is_of_the_target() {
            (
                &self.held_off,
                Whose::Configuration,
                format!(
                    "The target takes no more for now: the last {} valid requests were answered 429. Lower `budget.per_second` in the target file, and run once more.",
                    self.held_off.long
                ),
            )
        } else if self.welcomed && self.turned_away.long >= ACCESS_LOST_AFTER {
            (
                &self.turned_away,
                Whose::Credentials,
                format!(
                    "The credentials stopped working in mid-run: the last {ACCESS_LOST_AFTER} valid requests were answered 401. An operation may have ended the session; leave it out with `--skip`."
                ),
            )
        } else if self.welcomed && self.unfound.long >= GONE_AFTER {
            (
                &self.unfound,
                Whose::Supplier,
                format!(
                    "Everything is gone in mid-run: the last {GONE_AFTER} valid requests were answered 404. An operation may have removed what the others need; leave it out with `--skip`."
                ),
            )
        } else {
            return None;
        };
        let first = streak.began;
        let since = first.map_or_else(String::new, |first| {
            format!(" It began with request {}.", first.0)
        });
        Some((Gap::new(whose, format!("{reason}{since}")), first))
    }
}

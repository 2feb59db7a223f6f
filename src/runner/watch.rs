//! Notices when a run has lost its target, so that it stops and says why (owner of [`OutageDetector`]).

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    sync::{Mutex, PoisonError},
};

use super::outage::Lost;
use muster_core::{
    exchange::{Address, Auth, Exchange, ExchangeId, Intent, Outcome, Response},
    model::{OperationKey, Responsible},
    verdict::Unverified,
};

/// How many valid requests in a row must be turned away before the run's access counts as lost.
const ACCESS_LOST_AFTER: u64 = 30;
/// How many valid requests in a row must find nothing.
const GONE_AFTER: u64 = 60;
/// How many requests in a row must find nobody there before the target counts as down.
const DOWN_AFTER: u64 = 12;
/// How many where a request had lost its response just before.
const DOWN_AFTER_LOSS: u64 = 6;
/// How many valid requests in a row must be failed by the target.
const FAILING_AFTER: u64 = 25;
/// Over how many operations that succeeded before, so that broken operations are not taken for a broken target.
const FAILING_ON: usize = 3;
/// How many valid requests in a row, where they are of fewer such operations.
const FAILING_ON_FEW_AFTER: u64 = 150;
/// From how many in a row on what they show waits until it is known whether the target is lost.
const DOUBTFUL_AFTER: u64 = 3;
/// How many valid requests may be refused while none was accepted yet.
const REFUSED_AT_MOST: u64 = 60;
/// How many of one operation count, so that one that is tried often does not stand for all.
const REFUSED_OF_ONE: u64 = 3;
/// How much of an error is told.
const SAID: usize = 80;
/// How far apart the numbers of requests are that may have been under way together: these may reach the target in
/// another order than they were numbered in, so that one of them succeeds after another has met the outage.
const UNDER_WAY: u64 = 32;

/// How many requests that got no response are remembered.
const MOST_LOST: usize = 32;

/// What it saw so far.
#[derive(Debug, Default)]
pub(super) struct OutageDetector {
    state: Mutex<State>,
}

/// Exchanges in a row that ended alike.
#[derive(Debug, Default)]
struct Streak {
    /// How many of them were valid requests.
    long: u64,
    /// The first, valid or not.
    began: Option<ExchangeId>,
    /// All of them, and those of streaks that were cut short not long before.
    seen: Vec<ExchangeId>,
    /// Operations of these requests that had succeeded before.
    operations: HashSet<OperationKey>,
}

impl Streak {
    fn saw(&mut self, is_like: bool, counts: bool, exchange: &Exchange) {
        if !is_like {
            // An answer to an earlier request may come late: it says nothing of those after it.
            if self.began.is_none_or(|began| exchange.id > began) {
                self.long = 0;
                self.began = None;
                self.operations.clear();
            }
            return;
        }
        if self.began.is_none() {
            self.seen.retain(|id| exchange.id.0 <= id.0 + UNDER_WAY);
        }
        self.seen.push(exchange.id);
        let began = self.began.get_or_insert(exchange.id);
        *began = (*began).min(exchange.id);
        self.long += u64::from(counts);
    }

    /// The first that shows the outage: where one was under way together with the first of the streak, that one.
    fn first(&self) -> Option<ExchangeId> {
        let began = self.began?;
        let together = self.seen.iter().filter(|id| began.0 <= id.0 + UNDER_WAY);
        together.min().copied().or(Some(began))
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
    /// Whether any valid request was answered below 400.
    accepted: bool,
    refused: Refused,
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
    stopped: Option<(Unverified, Option<ExchangeId>)>,
    /// Requests that got no response while others found nobody there; the earliest that may have ended the target first.
    lost: Vec<Lost>,
}

/// Valid requests that were refused before any was accepted.
#[derive(Debug, Default)]
struct Refused {
    /// The first of them.
    first: Option<ExchangeId>,
    /// How many by operation.
    operations: HashMap<OperationKey, u64>,
    /// How many by status, with the first words of the first error.
    statuses: BTreeMap<u16, (u64, String)>,
}

impl Refused {
    fn saw(&mut self, exchange: &Exchange, response: &Response) {
        let Some(key) = &exchange.request.operation else {
            return;
        };
        // Requests that are under way together are answered in any order.
        let first = self.first.get_or_insert(exchange.id);
        *first = (*first).min(exchange.id);
        *self.operations.entry(key.clone()).or_default() += 1;
        let held = self.statuses.entry(response.status).or_insert_with(|| {
            let text = String::from_utf8_lossy(&response.body);
            let words: Vec<&str> = text.split_whitespace().collect();
            (0, words.join(" ").chars().take(SAID).collect())
        });
        held.0 += 1;
    }

    /// How many of them count.
    fn counted(&self) -> u64 {
        self.operations
            .values()
            .map(|count| (*count).min(REFUSED_OF_ONE))
            .sum()
    }

    /// What was refused and how, and who can mend it.
    fn gap(&self) -> Option<Unverified> {
        let (most, _) = self.statuses.iter().max_by_key(|(_, (count, _))| *count)?;
        let (responsible, next) = match most {
            401 | 403 => (
                Responsible::Credentials,
                "Correct the credentials in the target file, and run once more.",
            ),
            404 | 405 => (
                Responsible::Configuration,
                "Correct `base_url` in the target file, or give records that exist under `data`, and run once more.",
            ),
            429 => (
                Responsible::Configuration,
                "Lower `budget.per_second` in the target file, and run once more.",
            ),
            500.. => (
                Responsible::Supplier,
                "Find the errors in the log of the target, and run once more.",
            ),
            _ => (
                Responsible::Supplier,
                "Compare the requests with what the target expects; the contract does not say what is wrong with them.",
            ),
        };
        let statuses: Vec<String> = self
            .statuses
            .iter()
            .map(|(status, (count, said))| match said.as_str() {
                "" => format!("{count} with {status}"),
                said => format!("{count} with {status} (“{said}”)"),
            })
            .collect();
        let total: u64 = self.operations.values().sum();
        Some(Unverified::new(
            responsible,
            format!(
                "No valid request was accepted: {total} to {} of the operations were refused, {}. {next}",
                self.operations.len(),
                statuses.join(", ")
            ),
        ))
    }
}

impl OutageDetector {
    /// Stops the run where valid requests were refused and none was ever accepted: what is left to try would be as
    /// many refusals more.
    pub(super) fn needs_a_success(&self) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if state.stopped.is_none() && !state.accepted {
            state.stopped = state.refused.gap().map(|gap| (gap, state.refused.first));
        }
    }

    /// Why the run must stop, if it must.
    pub(super) fn stopped(&self) -> Option<Unverified> {
        self.state
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .stopped
            .as_ref()
            .map(|(gap, _)| gap.clone())
    }

    /// The requests that were lost as the target stopped answering, by their numbers; none where it stopped in between, or
    /// went on answering.
    pub(super) fn lost_requests(&self) -> Vec<Lost> {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if state.stopped.is_none() || !state.is_down() {
            return Vec::new();
        }
        let mut lost = state.lost.clone();
        lost.sort_by_key(|lost| lost.id);
        lost
    }

    /// The target is back, and none of the requests that were under way ended it: nobody is to blame.
    pub(super) fn came_back(&self) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((gap, _)) = &mut state.stopped {
            gap.responsible = Responsible::Network;
        }
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

    /// Whether an exchange belongs to what may turn out to be an outage: to failures in a row that go on.
    pub(super) fn may_be_of_an_outage(&self, exchange: ExchangeId) -> bool {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let streaks = [
            (&state.failing, 2),
            (&state.held_off, 2),
            (&state.silent, 0),
            (&state.nobody, 0),
            (&state.turned_away, 0),
        ];
        // Where nothing is ever accepted, the requests may be wrong rather than the responses.
        let may_all_be_refused =
            !state.accepted && state.refused.first.is_some_and(|first| exchange >= first);
        state.stopped.is_none()
            && (may_all_be_refused
                || streaks.iter().any(|(streak, operations)| {
                    streak.long >= DOUBTFUL_AFTER
                        && streak.operations.len() >= *operations
                        && streak.first().is_some_and(|first| exchange >= first)
                }))
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
                // A target that answers what was sent well after a loss was not ended by it.
                let id = exchange.id.0;
                state.lost.retain(|lost| id <= lost.id.0 + UNDER_WAY);
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
                    state.accepted |= status < 400;
                    if !state.accepted {
                        state.refused.saw(exchange, response);
                    }
                    state.unfound.saw(status == 404, true, exchange);
                    state.welcomed |= response.is_success();
                }
            }
            Outcome::Broken(breakage) => {
                use muster_core::exchange::BreakageKind as Kind;
                let refused = matches!(breakage.kind, Kind::ConnectionRefused | Kind::NameNotFound);
                let lost = breakage.kind.is_cut_off()
                    || matches!(
                        breakage.kind,
                        Kind::ConnectionRaced
                            | Kind::StreamRefused
                            | Kind::HeldOff
                            | Kind::TimedOut
                            | Kind::NotHttp
                    );
                if lost && state.lost.len() < MOST_LOST {
                    state.lost.push(Lost {
                        id: exchange.id,
                        request: exchange.request.clone(),
                        detail: breakage.detail.clone(),
                    });
                }
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
    /// Whether nobody is there: a few refused connections say so where a request had lost its response before them.
    const fn is_down(&self) -> bool {
        self.nobody.long >= DOWN_AFTER
            || self.nobody.long >= DOWN_AFTER_LOSS && !self.lost.is_empty()
    }

    fn verdict(&self) -> Option<(Unverified, Option<ExchangeId>)> {
        if !self.accepted && self.refused.counted() >= REFUSED_AT_MOST {
            return self.refused.gap().map(|gap| (gap, self.refused.first));
        }
        let (streak, responsible, reason) = if self.is_down() {
            // Who goes while it works on a request is told with it; who goes in between was ended from outside.
            let names: Vec<String> = self.lost.iter().map(Lost::named).collect();
            let (responsible, under_way) = match self.lost.first() {
                None => (Responsible::Network, String::new()),
                Some(first) => (
                    Responsible::Supplier,
                    format!(
                        " Under way as it stopped: {}. {}",
                        names.join(", "),
                        first.detail
                    ),
                ),
            };
            (
                &self.nobody,
                responsible,
                format!(
                    "The target no longer responds: the last {} requests could not connect. Start it again and run \
                    once more.{under_way}",
                    self.nobody.long
                ),
            )
        } else if self.silent.long >= FAILING_AFTER {
            (
                &self.silent,
                Responsible::Supplier,
                format!(
                    "The target no longer responds: the last {FAILING_AFTER} valid requests received no response. Find \
                    out what it waits for, and run once more."
                ),
            )
        } else if self.failing.is_of_the_target() {
            (
                &self.failing,
                Responsible::Supplier,
                format!(
                    "The target fails everything: the last {} valid requests were answered 5xx. Look into its log, and run once more.",
                    self.failing.long
                ),
            )
        } else if self.held_off.is_of_the_target() {
            (
                &self.held_off,
                Responsible::Configuration,
                format!(
                    "The target takes no more for now: the last {} valid requests were answered 429. Lower `budget.per_second` in the target file, and run once more.",
                    self.held_off.long
                ),
            )
        } else if self.welcomed && self.turned_away.long >= ACCESS_LOST_AFTER {
            (
                &self.turned_away,
                Responsible::Credentials,
                format!(
                    "The credentials stopped working in mid-run: the last {ACCESS_LOST_AFTER} valid requests were answered 401. An operation may have ended the session; leave it out with `--skip`."
                ),
            )
        } else if self.welcomed && self.unfound.long >= GONE_AFTER {
            (
                &self.unfound,
                Responsible::Supplier,
                format!(
                    "Everything is gone in mid-run: the last {GONE_AFTER} valid requests were answered 404. An operation may have removed what the others need; leave it out with `--skip`."
                ),
            )
        } else {
            return None;
        };
        let first = streak.first();
        let since = first.map_or_else(String::new, |first| {
            format!(" It began with request {}.", first.0)
        });
        Some((
            Unverified::new(responsible, format!("{reason}{since}")),
            first,
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use muster_core::{
        exchange::{Headers, HttpVersion, Request, Response, Timing},
        model::Method,
    };

    fn answered(number: u64, status: u16) -> Exchange {
        let path = format!("/things-{}", number % 5);
        let request = Request::new(Method::Get, Address::Base(path.clone()), "lists things")
            .calling(&OperationKey::new(Method::Get, path))
            .meant(Intent::Valid);
        let response = Response::new(
            status,
            HttpVersion::Http11,
            Headers::new(),
            Vec::new().into(),
            false,
            Timing::default(),
        );
        Exchange {
            id: ExchangeId(number),
            request,
            url: String::new(),
            credentials: Headers::new(),
            followed: None,
            outcome: Outcome::Answered(response),
        }
    }

    #[test]
    fn what_was_under_way_with_the_first_of_an_outage_is_of_it() {
        let watch = OutageDetector::default();
        for number in 1..=20 {
            watch.saw(&answered(number, if number == 3 { 500 } else { 200 }));
        }
        // Request 61 met the outage, and 62 had got through before it.
        for (number, status) in [(61, 503), (62, 200)] {
            watch.saw(&answered(number, status));
        }
        for number in 63..63 + FAILING_AFTER {
            assert!(watch.stopped().is_none());
            watch.saw(&answered(number, 503));
            assert_eq!(
                watch.may_be_of_an_outage(ExchangeId(61)),
                (64 < number && watch.stopped().is_none())
            );
        }
        assert!(watch.stopped().is_some());
        assert!(!watch.may_be_of_an_outage(ExchangeId(70)));
        assert!(watch.is_of_the_outage(ExchangeId(61)));
        assert!(!watch.is_of_the_outage(ExchangeId(60)));
    }
}

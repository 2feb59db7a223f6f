//! Notices when a run has lost its target, so that it stops and says why (owner of [`Watch`]).

use std::sync::{Mutex, PoisonError};

use crate::{
    exchange::{Auth, BreakageKind, Exchange, Intent, Outcome},
    model::Whose,
    verdict::Gap,
};

/// How many valid requests in a row must be turned away before the run's access counts as lost.
const ACCESS_LOST_AFTER: u32 = 30;
/// How many requests in a row must find nobody there before the target counts as down.
const DOWN_AFTER: u32 = 12;

/// What it saw so far.
#[derive(Debug, Default)]
pub(super) struct Watch {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    welcomed: bool,
    turned_away: u32,
    unfound: u32,
    nobody: u32,
    stopped: Option<Gap>,
}

impl Watch {
    /// Why the run must stop, if it must.
    pub(super) fn stopped(&self) -> Option<Gap> {
        self.state
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .stopped
            .clone()
    }

    /// Takes note of an exchange.
    pub(super) fn saw(&self, exchange: &Exchange) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        match &exchange.outcome {
            Outcome::Answered(response) => {
                state.nobody = 0;
                if exchange.request.intent != Intent::Valid
                    || exchange.request.auth != Auth::Declared
                {
                    return;
                }
                state.turned_away = if response.status == 401 {
                    state.turned_away + 1
                } else {
                    0
                };
                state.unfound = if response.status == 404 {
                    state.unfound + 1
                } else {
                    0
                };
                state.welcomed |= response.is_success();
            }
            Outcome::Broken(breakage) => {
                if matches!(
                    breakage.kind,
                    BreakageKind::ConnectionRefused | BreakageKind::NameNotFound
                ) {
                    state.nobody += 1;
                }
            }
        }
        if state.stopped.is_some() {
            return;
        }
        if state.nobody >= DOWN_AFTER {
            state.stopped = Some(Gap::new(
                Whose::Network,
                format!(
                    "The target does not answer any more: the last {DOWN_AFTER} requests found nobody there. Start it again and run once more."
                ),
            ));
        } else if state.welcomed && state.turned_away >= ACCESS_LOST_AFTER {
            state.stopped = Some(Gap::new(
                Whose::Credentials,
                format!(
                    "The credentials stopped working in mid-run: the last {ACCESS_LOST_AFTER} valid requests were answered 401. An operation may have ended the session; leave it out with `--skip`."
                ),
            ));
        } else if state.welcomed && state.unfound >= ACCESS_LOST_AFTER * 2 {
            state.stopped = Some(Gap::new(
                Whose::Supplier,
                format!(
                    "Everything is gone in mid-run: the last {} valid requests were answered 404. An operation may have removed what the others need; leave it out with `--skip`.",
                    ACCESS_LOST_AFTER * 2
                ),
            ));
        }
    }
}

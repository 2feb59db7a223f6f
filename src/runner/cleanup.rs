//! What a run creates it remembers before it is created, and takes away at the end (owner of [`Ledger`]).

use std::{
    sync::{Mutex, PoisonError},
    time::Instant,
};

use super::{creation, exchanger::Exchanger, wire::Wire};
use crate::{
    arrange,
    event::{Cleanup, Creation, Event},
    exchange::{Address, Exchange, Intent, Outcome, Over, Request},
    model::Method,
};

/// What was created and is not gone yet.
#[derive(Debug, Default)]
pub(super) struct Ledger {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    last: u64,
    open: Vec<Open>,
}

#[derive(Debug, Clone)]
struct Open {
    creation: Creation,
    /// As whom it was made, and how to take it away once that is known.
    request: Option<Request>,
    /// What was sent, as long as no answer came.
    unanswered: Option<Request>,
}

impl Open {
    /// Whether a request is this one, sent again because no answer came: one with a key of its own.
    fn is_repeated_by(&self, request: &Request) -> bool {
        self.unanswered.as_ref().is_some_and(|sent| {
            matches!(sent.over, Over::HangUpAfter(_))
                && sent.operation == request.operation
                && sent.headers == request.headers
                && sent.body == request.body
        })
    }
}

impl Ledger {
    /// Notes what a request is going to create, before it is sent.
    pub(super) fn intends<W: Wire>(
        &self,
        exchanger: &Exchanger<'_, W>,
        request: &Request,
    ) -> Option<u64> {
        let operation = request
            .operation
            .as_ref()
            .and_then(|key| exchanger.setup.contract.operation(key))?;
        if !arrange::creation_of(
            exchanger.setup.contract,
            exchanger.setup.relations,
            operation,
        ) {
            return None;
        }
        let creation = {
            let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
            state.last += 1;
            let creation = Creation {
                number: state.last,
                operation: operation.key.clone(),
                removal: None,
                identity: request.identity.clone(),
                path: None,
                sent: None,
                exchange: None,
            };
            state.open.push(Open {
                creation: creation.clone(),
                request: None,
                unanswered: Some(request.clone()),
            });
            creation
        };
        let number = creation.number;
        let intended = creation::with_sent_values(creation, request, exchanger.redactor);
        exchanger.tell(Event::CreationIntended(intended));
        Some(number)
    }

    /// Notes that the request was held back, so that nothing is created.
    pub(super) fn withdraws<W: Wire>(&self, exchanger: &Exchanger<'_, W>, creation: Option<u64>) {
        let Some(number) = creation else { return };
        let withdrawn = {
            let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
            let at = state
                .open
                .iter()
                .position(|open| open.creation.number == number);
            at.map(|at| state.open.remove(at).creation)
        };
        if let Some(creation) = withdrawn {
            exchanger.tell(Event::Absent(creation));
        }
    }

    /// Notes how it went: created here, not created, or gone by the case's own deletion.
    pub(super) fn settles<W: Wire>(
        &self,
        exchanger: &Exchanger<'_, W>,
        creation: Option<u64>,
        exchange: &Exchange,
    ) {
        if exchange.request.method == Method::Delete
            && exchange
                .response()
                .is_some_and(|response| response.is_success() || response.status == 404)
        {
            self.gone(exchanger, exchange.request.path_and_query());
        }
        let Some(number) = creation else { return };
        match &exchange.outcome {
            // A replacement of what was there already makes nothing (RFC 9110 §9.3.4).
            Outcome::Answered(response)
                if !response.is_success()
                    || (exchange.request.method == Method::Put && response.status != 201) =>
            {
                let refused = {
                    let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
                    let at = |open: &Open| open.creation.number == number;
                    let refused = state.open.iter().find(|open| at(open)).cloned();
                    state.open.retain(|open| !at(open));
                    refused
                };
                // What fails on the side of the target may have been created all the same.
                if let Some(refused) = refused.filter(|_| response.status < 500) {
                    exchanger.tell(Event::Absent(refused.creation));
                }
            }
            Outcome::Answered(_) => {
                let removal = arrange::removal(
                    exchanger.setup.contract,
                    exchanger.setup.relations,
                    exchange,
                );
                let created = self.note_created(number, exchange, removal);
                if let Some(creation) = created {
                    exchanger.tell(Event::Created(creation));
                }
            }
            // No answer: it may exist. It stays open and is told at the end.
            Outcome::Broken(_) => {}
        }
    }

    fn note_created(
        &self,
        number: u64,
        exchange: &Exchange,
        removal: Option<(Method, String)>,
    ) -> Option<Creation> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        // A repeat with a key, after the answer was lost, is about the record of the first request.
        state.open.retain(|open| {
            open.creation.number == number || !open.is_repeated_by(&exchange.request)
        });
        let open = state
            .open
            .iter_mut()
            .find(|open| open.creation.number == number)?;
        open.unanswered = None;
        open.creation.exchange = Some(exchange.id);
        if let Some((method, path)) = removal {
            open.creation.removal = Some(format!("{method} {path}"));
            let mut request =
                Request::new(method, Address::Base(path), "removes what this run created");
            request.identity = exchange.request.identity.clone();
            request.intent = Intent::Housekeeping;
            open.request = Some(request);
        }
        let creation = open.creation.clone();
        let made_twice = creation.removal.is_some()
            && state.open.iter().any(|other| {
                other.creation.number != number && other.creation.removal == creation.removal
            });
        if made_twice {
            state.open.retain(|open| open.creation.number != number);
            return None;
        }
        Some(creation)
    }

    fn gone<W: Wire>(&self, exchanger: &Exchanger<'_, W>, path: &str) {
        let removed: Vec<Creation> = {
            let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
            let is_it = |open: &Open| {
                open.request
                    .as_ref()
                    .is_some_and(|request| request.path_and_query() == path)
            };
            let removed = state
                .open
                .iter()
                .filter(|open| is_it(open))
                .map(|open| open.creation.clone())
                .collect();
            state.open.retain(|open| !is_it(open));
            removed
        };
        for creation in removed {
            exchanger.tell(Event::Removed(creation));
        }
    }

    fn take(&self) -> Vec<Open> {
        std::mem::take(
            &mut self
                .state
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .open,
        )
    }
}

impl<W: Wire> Exchanger<'_, W> {
    /// Takes away what the run created, last first. Runs also after an interruption, outside the budget.
    pub(super) async fn clean_up(&self) {
        let began = Instant::now();
        let opens = self.ledger.take();
        if !opens.is_empty() {
            let limit = self.cancel.cleanup_time();
            self.tell(Event::CleanupStarted(Cleanup {
                records: opens.len() as u64,
                limit_ms: u64::try_from(limit.as_millis()).unwrap_or(u64::MAX),
            }));
        }
        for open in opens.into_iter().rev() {
            let Some(request) = open.request else {
                let reason = if open.creation.removal.is_none() {
                    "The contract does not say how such a record is removed, or no answer said where it lives."
                } else {
                    "It is not known how to remove it."
                };
                self.tell(Event::LeftBehind(open.creation, reason.to_owned()));
                continue;
            };
            match self.remove_in_time(request, began).await {
                Ok(()) => self.tell(Event::Removed(open.creation)),
                Err(reason) => self.tell(Event::LeftBehind(open.creation, reason)),
            }
        }
    }

    /// Removes a record unless the time for it is over.
    async fn remove_in_time(&self, request: Request, began: Instant) -> Result<(), String> {
        if self.cancel.cleanup_is_over(began) {
            return Err(creation::OUT_OF_TIME.to_owned());
        }
        tokio::select! {
            biased;
            removed = self.remove(request) => removed,
            () = self.cancel.cleanup_ends(began) => Err(creation::OUT_OF_TIME.to_owned()),
        }
    }

    pub(super) async fn remove(&self, request: Request) -> Result<(), String> {
        let status = match self.housekeep(request.clone()).await.outcome {
            Outcome::Answered(response) => response.status,
            Outcome::Broken(breakage) => return Err(breakage.detail),
        };
        let status = match status {
            412 | 428 => self.remove_conditionally(request).await.unwrap_or(status),
            _ => status,
        };
        match status {
            200..=299 | 404 | 410 => Ok(()),
            _ => Err(format!("Its removal was answered {status}.")),
        }
    }

    /// Where the target wants to see the entity tag first (RFC 9110 §13.1.1).
    async fn remove_conditionally(&self, request: Request) -> Option<u16> {
        let read = Request {
            method: Method::Get,
            ..request.clone()
        };
        let Outcome::Answered(current) = self.housekeep(read).await.outcome else {
            return None;
        };
        let tag = current.headers.get("etag")?.to_owned();
        match self
            .housekeep(request.header("If-Match", tag))
            .await
            .outcome
        {
            Outcome::Answered(response) => Some(response.status),
            Outcome::Broken(_) => None,
        }
    }
}

//! What a run creates, from the moment before it is sent until it is gone (owner of [`Ledger`]).
//!
//! Nothing here sends anything. Every creation that was noted is settled exactly once: as never made, as removed, or by
//! [`Ledger::take`], after which cleaning up removes it or tells it.

use std::sync::{Mutex, PoisonError};

use muster_core::{
    arrange::ownership::{Claim, path_key},
    exchange::{ConnectionUse, ExchangeId, Request},
    model::OperationKey,
};
use muster_report::event::Creation;

/// What was created and is not known to be gone.
#[derive(Debug, Default)]
pub(super) struct Ledger {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    last: u64,
    open: Vec<Entry>,
}

/// One creation.
#[derive(Debug, Clone)]
pub(super) struct Entry {
    pub(super) creation: Creation,
    /// The request that makes it.
    pub(super) sent: Request,
    pub(super) state: Made,
}

/// How far a creation has come.
#[derive(Debug, Clone)]
pub(super) enum Made {
    /// It was sent, or is about to be, and no response came.
    Sent,
    /// It may have been made, for this reason.
    Doubtful(String),
    /// It was made, or will be, and no record was named.
    Unnamed {
        /// The resource that tells how far it is, if any.
        job: Option<String>,
        /// Whether the response says that a record exists (201).
        is_created: bool,
    },
    /// It was made and is here.
    Named(Named),
}

/// A record with its address.
#[derive(Debug, Clone)]
pub(super) struct Named {
    /// The path below the base URL.
    pub(super) path: String,
    /// The path template.
    pub(super) template: String,
    /// The path of its removal, where that is another one. It may hold a secret.
    pub(super) removed_at: Option<String>,
    /// What shows that it is the run's own.
    pub(super) claim: Claim,
    /// Whether it was seen.
    pub(super) seen: bool,
    /// Whether a removal of it was answered with success.
    pub(super) deleted: bool,
}

impl Named {
    /// The path at which it is removed.
    pub(super) fn removal(&self) -> &str {
        self.removed_at.as_deref().unwrap_or(&self.path)
    }
}

impl Entry {
    /// Whether a request is this one, sent again because no response came: one with a key of its own.
    fn is_repeated_by(&self, request: &Request) -> bool {
        matches!(self.state, Made::Sent | Made::Doubtful(_))
            && matches!(self.sent.over, ConnectionUse::HangUpAfter(_))
            && self.sent.operation == request.operation
            && self.sent.headers == request.headers
            && self.sent.body == request.body
    }

    fn is_at(&self, key: &str) -> bool {
        matches!(&self.state, Made::Named(named) if path_key(&named.path) == key)
    }
}

impl Ledger {
    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes what a request is going to create, before it is sent.
    pub(super) fn intends(&self, operation: &OperationKey, request: &Request) -> Creation {
        let mut state = self.lock();
        state.last += 1;
        let creation = Creation {
            number: state.last,
            operation: operation.clone(),
            removal: None,
            identity: request.identity.clone(),
            path: None,
            sent: None,
            exchange: None,
        };
        state.open.push(Entry {
            creation: creation.clone(),
            sent: request.clone(),
            state: Made::Sent,
        });
        creation
    }

    /// Nothing was made. Gives the creation that is closed by it.
    pub(super) fn not_made(&self, number: u64) -> Option<Creation> {
        let mut state = self.lock();
        let at = state.position(number)?;
        Some(state.open.remove(at).creation)
    }

    /// Whether it was made is not known, or not where.
    pub(super) fn is_unsure(&self, number: u64, made: Made) {
        let mut state = self.lock();
        if let Some(at) = state.position(number)
            && let Some(entry) = state.open.get_mut(at)
        {
            entry.state = made;
        }
    }

    /// Whether an operation has made something that no response named, or that nothing removes.
    pub(super) fn leaves_behind(&self, operation: &OperationKey) -> bool {
        self.lock().open.iter().any(|entry| {
            entry.creation.operation == *operation
                && match &entry.state {
                    Made::Unnamed { job, .. } => job.is_none(),
                    Made::Named(_) => entry.creation.removal.is_none(),
                    Made::Sent | Made::Doubtful(_) => false,
                }
        })
    }

    /// It was made and is here. Gives what is to be told of it, and what is closed because it was about the same record.
    pub(super) fn is_named(
        &self,
        number: u64,
        exchange: ExchangeId,
        named: Named,
        removal: Option<String>,
    ) -> (Option<Creation>, Vec<Creation>) {
        let mut state = self.lock();
        let Some(at) = state.position(number) else {
            return (None, Vec::new());
        };
        let key = path_key(&named.path);
        // The record of an earlier creation: a replay, or one that joins what is alike.
        let is_known = state
            .open
            .iter()
            .any(|other| other.creation.number != number && other.is_at(&key));
        if is_known {
            return (None, vec![state.open.remove(at).creation]);
        }
        let Some(entry) = state.open.get_mut(at) else {
            return (None, Vec::new());
        };
        entry.creation.removal = removal;
        entry.creation.exchange = Some(exchange);
        entry.state = Made::Named(named);
        let creation = entry.creation.clone();
        let sent = entry.sent.clone();
        // A repeat with a key, after the response was lost, is about the record of the first request.
        let (repeated, rest): (Vec<Entry>, Vec<Entry>) = std::mem::take(&mut state.open)
            .into_iter()
            .partition(|other| other.creation.number != number && other.is_repeated_by(&sent));
        state.open = rest;
        let repeated = repeated.into_iter().map(|entry| entry.creation).collect();
        (Some(creation), repeated)
    }

    /// A record was seen.
    pub(super) fn saw(&self, key: &str) {
        self.change(key, |named| named.seen = true);
    }

    /// A removal was answered with success.
    pub(super) fn deleted(&self, key: &str) {
        self.change(key, |named| named.deleted = true);
    }

    fn change(&self, key: &str, change: impl Fn(&mut Named)) {
        for entry in &mut self.lock().open {
            if let Made::Named(named) = &mut entry.state
                && path_key(&named.path) == key
            {
                change(named);
            }
        }
    }

    /// A record that was seen, or whose removal succeeded, is not there any more. Gives what is closed by it.
    pub(super) fn is_gone(&self, key: &str) -> Vec<Creation> {
        let mut state = self.lock();
        let (gone, rest): (Vec<Entry>, Vec<Entry>) = std::mem::take(&mut state.open)
            .into_iter()
            .partition(|entry| {
                entry.is_at(key) && matches!(&entry.state, Made::Named(named) if named.deleted)
            });
        state.open = rest;
        gone.into_iter().map(|entry| entry.creation).collect()
    }

    /// Everything that is not settled, in the order in which it was sent.
    pub(super) fn take(&self) -> Vec<Entry> {
        std::mem::take(&mut self.lock().open)
    }
}

impl State {
    fn position(&self, number: u64) -> Option<usize> {
        self.open
            .iter()
            .position(|entry| entry.creation.number == number)
    }
}

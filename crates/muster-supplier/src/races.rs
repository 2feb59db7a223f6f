//! What a request saw that arrived before another was done: [`Races`], for faults of suppliers that look first
//! and write later.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use super::SupplierState;
use super::fault::Misbehaviour;
use super::store::{Key, Record};

/// How long a supplier with such a fault is about its work.
pub(crate) const GAP: Duration = Duration::from_millis(25);

/// The last change of each record, and when each key was first used.
#[derive(Debug, Default)]
pub(crate) struct Races {
    records: HashMap<String, (Instant, Record)>,
    keys: HashMap<Key, Instant>,
    /// The last creation of a client on a path: when, and under which key.
    creations: HashMap<(String, String), (Instant, Key)>,
}

impl Races {
    /// Does the supplier take its time between looking and writing?
    pub(crate) fn is_slow(house: &SupplierState) -> bool {
        [
            Misbehaviour::RacyIfMatch,
            Misbehaviour::RacyPatch,
            Misbehaviour::RacyKeys,
            Misbehaviour::SharedKeys,
        ]
        .into_iter()
        .any(|switch| house.is(switch))
    }

    /// Remembers a record as it was until now.
    pub(crate) fn changed(&mut self, record: Record) {
        self.records
            .insert(record.text("id").to_owned(), (Instant::now(), record));
    }

    /// The record as it was when a request arrived, if it was changed since.
    pub(crate) fn before(&self, id: &str, arrived: Instant) -> Option<&Record> {
        self.records
            .get(id)
            .filter(|(changed, _)| *changed > arrived)
            .map(|(_, record)| record)
    }

    /// Remembers that a key was used.
    pub(crate) fn used(&mut self, key: &Key) {
        let now = Instant::now();
        self.keys.insert(key.clone(), now);
        let place = (key.client.clone(), key.path.clone());
        self.creations.insert(place, (now, key.clone()));
    }

    /// Was the key used only after a request had arrived?
    pub(crate) fn is_newer(&self, key: &Key, arrived: Instant) -> bool {
        self.keys.get(key).is_some_and(|used| *used > arrived)
    }

    /// Another key of the same client that was used on the same path since a request arrived.
    pub(crate) fn neighbour(&self, key: &Key, arrived: Instant) -> Option<&Key> {
        self.creations
            .get(&(key.client.clone(), key.path.clone()))
            .filter(|(used, other)| *used > arrived && other != key)
            .map(|(_, other)| other)
    }
}

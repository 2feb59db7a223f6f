//! What the supplier remembers: [`Store`], in memory, behind one lock.

use std::collections::{BTreeMap, HashMap};

use serde_json::{Map, Value};

use super::exports::Export;
use super::message::Outgoing;
use super::races::Races;

/// How many audit events and idempotency keys are kept.
const KEPT: usize = 50_000;

/// The kinds of record that share one way of working.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// People.
    Person,
    /// Locations.
    Location,
    /// Vehicles.
    Vehicle,
    /// Incidents.
    Incident,
}

impl Kind {
    /// All kinds.
    pub(crate) const ALL: [Self; 4] = [Self::Person, Self::Location, Self::Vehicle, Self::Incident];

    /// As the contract names it in `recordType`.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Person => "person",
            Self::Location => "location",
            Self::Vehicle => "vehicle",
            Self::Incident => "incident",
        }
    }

    /// The segment of its collection.
    pub(crate) const fn segment(self) -> &'static str {
        match self {
            Self::Person => "people",
            Self::Location => "locations",
            Self::Vehicle => "vehicles",
            Self::Incident => "incidents",
        }
    }

    /// The path parameter that names one of it.
    pub(crate) const fn parameter(self) -> &'static str {
        match self {
            Self::Person => "personId",
            Self::Location => "locationId",
            Self::Vehicle => "vehicleId",
            Self::Incident => "incidentId",
        }
    }

    /// The kind with this name.
    pub(crate) fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }
}

/// One record, as it is answered, with what the answer does not say.
#[derive(Debug, Clone)]
pub(crate) struct Record {
    /// The order of creation over all records.
    pub(crate) sequence: u64,
    /// Counts up with every change.
    pub(crate) version: u64,
    pub(crate) force: String,
    pub(crate) restricted: bool,
    pub(crate) body: Map<String, Value>,
}

impl Record {
    /// The strong entity tag.
    pub(crate) fn etag(&self) -> String {
        format!("\"{}-{}\"", self.sequence, self.version)
    }

    /// May this force know of it?
    pub(crate) fn is_visible_to(&self, force: &str) -> bool {
        !self.restricted || self.force == force
    }

    /// Every second member of it, and the others as they were before.
    pub(crate) fn torn(&self, before: &Self) -> Self {
        let mut torn = self.clone();
        for (name, value) in torn.body.iter_mut().skip(1).step_by(2) {
            if let Some(old) = before.body.get(name) {
                value.clone_from(old);
            }
        }
        torn
    }

    /// What it says, but for the moment of its last change.
    pub(crate) fn body_but_moment(&self) -> Map<String, Value> {
        let mut body = self.body.clone();
        body.shift_remove("updatedAt");
        body
    }

    /// One text of it.
    pub(crate) fn text(&self, name: &str) -> &str {
        self.body.get(name).and_then(Value::as_str).unwrap_or("")
    }
}

/// Records of one kind, by id and in the order of creation.
#[derive(Debug, Clone, Default)]
pub(crate) struct Collection {
    by_sequence: BTreeMap<u64, Record>,
    by_id: HashMap<String, u64>,
}

impl Collection {
    /// The record with this id.
    pub(crate) fn get(&self, id: &str) -> Option<&Record> {
        self.by_sequence.get(self.by_id.get(id)?)
    }

    /// The record with this id, to change it.
    pub(crate) fn get_mut(&mut self, id: &str) -> Option<&mut Record> {
        self.by_sequence.get_mut(self.by_id.get(id)?)
    }

    /// All records, oldest first.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Record> {
        self.by_sequence.values()
    }

    fn insert(&mut self, record: Record) {
        self.by_id
            .insert(record.text("id").to_owned(), record.sequence);
        self.by_sequence.insert(record.sequence, record);
    }

    fn remove(&mut self, id: &str) {
        if let Some(sequence) = self.by_id.remove(id) {
            self.by_sequence.remove(&sequence);
        }
    }

    fn forget_oldest(&mut self, kept: usize) {
        while self.by_sequence.len() > kept {
            if let Some((_, record)) = self.by_sequence.pop_first() {
                self.by_id.remove(record.text("id"));
            }
        }
    }
}

/// Everything.
#[derive(Debug, Default)]
pub(crate) struct Store {
    last: u64,
    people: Collection,
    locations: Collection,
    vehicles: Collection,
    incidents: Collection,
    pub(crate) links: Collection,
    pub(crate) audit: Collection,
    pub(crate) exports: HashMap<String, Export>,
    keys: HashMap<Key, (Value, Outgoing)>,
    /// The last number that was given before the first call.
    pub(crate) seeded: u64,
    /// The id of the vehicle deleted last, for a supplier that gives it out again.
    pub(crate) spare: Option<String>,
    pub(crate) races: Races,
}

/// An idempotency key is one client's, for one path.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Key {
    pub(crate) client: String,
    pub(crate) path: String,
    pub(crate) key: String,
}

impl Store {
    /// The records alone, as they are now.
    pub(crate) fn snapshot(&self) -> Self {
        Self {
            last: self.last,
            people: self.people.clone(),
            locations: self.locations.clone(),
            vehicles: self.vehicles.clone(),
            incidents: self.incidents.clone(),
            links: self.links.clone(),
            ..Self::default()
        }
    }

    /// The next number in the order of creation.
    pub(crate) fn next_sequence(&mut self) -> u64 {
        self.last += 1;
        self.last
    }

    /// The number that was given last.
    pub(crate) const fn last(&self) -> u64 {
        self.last
    }

    /// The records of one kind.
    pub(crate) fn of(&self, kind: Kind) -> &Collection {
        match kind {
            Kind::Person => &self.people,
            Kind::Location => &self.locations,
            Kind::Vehicle => &self.vehicles,
            Kind::Incident => &self.incidents,
        }
    }

    /// The records of one kind, to change them.
    pub(crate) fn of_mut(&mut self, kind: Kind) -> &mut Collection {
        match kind {
            Kind::Person => &mut self.people,
            Kind::Location => &mut self.locations,
            Kind::Vehicle => &mut self.vehicles,
            Kind::Incident => &mut self.incidents,
        }
    }

    /// Keeps a new record.
    pub(crate) fn add(&mut self, kind: Kind, record: Record) {
        self.of_mut(kind).insert(record);
    }

    /// Keeps a new link.
    pub(crate) fn add_link(&mut self, record: Record) {
        self.links.insert(record);
    }

    /// Keeps an audit event, and forgets the oldest if there are too many.
    pub(crate) fn add_audit(&mut self, record: Record) {
        self.audit.insert(record);
        self.audit.forget_oldest(KEPT);
    }

    /// Deletes a record and the links that name it.
    pub(crate) fn remove(&mut self, kind: Kind, id: &str) {
        self.of_mut(kind).remove(id);
        let name = match kind {
            Kind::Incident => "incidentId",
            Kind::Person | Kind::Location | Kind::Vehicle => "recordId",
        };
        let gone: Vec<String> = self
            .links
            .iter()
            .filter(|link| link.text(name) == id)
            .map(|link| link.text("id").to_owned())
            .collect();
        for link in gone {
            self.links.remove(&link);
        }
    }

    /// Deletes a link.
    pub(crate) fn remove_link(&mut self, id: &str) {
        self.links.remove(id);
    }

    /// May this force know of the link? Only if it may know of what is linked.
    pub(crate) fn shows_link(&self, link: &Record, force: &str) -> bool {
        Kind::named(link.text("recordType"))
            .and_then(|kind| self.of(kind).get(link.text("recordId")))
            .is_some_and(|record| record.is_visible_to(force))
    }

    /// What this key was used for, if it was.
    pub(crate) fn used(&self, key: &Key) -> Option<&(Value, Outgoing)> {
        self.keys.get(key)
    }

    /// Forgets what a key was used for, whoever used it.
    pub(crate) fn forget(&mut self, key: &str) {
        self.keys.retain(|held, _| held.key != key);
    }

    /// Remembers the answer to a key.
    pub(crate) fn remember(&mut self, key: Key, body: Value, answer: Outgoing) {
        if self.keys.len() >= KEPT {
            self.keys.clear();
        }
        self.races.used(&key);
        self.keys.insert(key, (body, answer));
    }
}

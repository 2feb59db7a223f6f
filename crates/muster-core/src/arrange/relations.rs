//! Which operations make, list, show, change and remove the same things (owner of [`Relations`]).
//!
//! Worked out once from the document alone: links first, then paths, then names and schemas. Every
//! relation carries its reason, so that a reader can follow and correct it.

mod chain;
mod paths;
mod sources;

pub(crate) use paths::{documents_creation, is_search, named_by, prefix_through, skeleton};

use std::collections::{BTreeMap, HashMap};

use serde_json::Value;

use crate::{
    contract::{Contract, ParameterPlace},
    model::OperationKey,
};
use paths::{is_verb, item_of, split_last, things};
use sources::{IdKind, SameKind, finders, insert, links};

/// What an operation does to a thing or a collection of things.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    /// Lists or searches a collection.
    List,
    /// Adds to a collection.
    Create,
    /// Reads one record, or one thing there is only one of.
    Read,
    /// Replaces one record.
    Replace,
    /// Changes a part of one record.
    Patch,
    /// Removes one record.
    Delete,
    /// Replaces, changes or removes a whole collection.
    Bulk,
    /// Does something else, such as `POST /cases/{caseId}/close`.
    Action,
    /// Reads nothing and changes nothing of the data: `HEAD`, `OPTIONS`, `TRACE`.
    Other,
}

/// The things under one path, and what can be done with them.
#[derive(Debug, Clone)]
pub struct Collection {
    /// Its path, such as `/people/{personId}/notes`.
    pub path: String,
    /// What one of it is called, folded: `person`.
    pub thing: String,
    /// The path of one of it, and the variable that names it.
    pub item: Option<(String, String)>,
    /// Where no single variable names one of it: the path of one, and the variables that name it together, as
    /// `/links/{from}/{to}` does in `/links`.
    pub compound: Option<(String, Vec<String>)>,
    /// Lists it.
    pub list: Option<OperationKey>,
    /// Adds to it.
    pub create: Option<OperationKey>,
    /// Reads one.
    pub read: Option<OperationKey>,
    /// Replaces one.
    pub replace: Option<OperationKey>,
    /// Changes one.
    pub patch: Option<OperationKey>,
    /// Removes one.
    pub delete: Option<OperationKey>,
}

/// Where in the producer's exchange the value is.
#[derive(Debug, Clone, PartialEq)]
pub enum Pick {
    /// Where the runtime expression of a link points.
    Expression(Value),
    /// A member of the record that was made, by these names, best first; or the end of its `Location`.
    Record {
        /// Folded member names.
        members: Vec<String>,
        /// What the record is.
        thing: String,
    },
    /// A member of the records of a list.
    Element {
        /// Folded member names.
        members: Vec<String>,
        /// What the records are.
        thing: String,
    },
    /// The value the producer's own path variable had: a `PUT` to a free id makes a record of that id.
    OwnPath(String),
}

/// What a relation rests on, strongest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Evidence {
    /// A link of the document.
    Link,
    /// The paths.
    Path,
    /// The names of parameters and members.
    Name,
}

/// An operation whose answer holds a value that another operation needs.
#[derive(Debug, Clone, PartialEq)]
pub struct Source {
    /// The operation that has it.
    pub producer: OperationKey,
    /// Whether it makes the thing, rather than finding it.
    pub makes: bool,
    /// Where in its exchange.
    pub pick: Pick,
    /// What the relation rests on.
    pub evidence: Evidence,
    /// The relation in words.
    pub reason: String,
}

/// A place in a request that needs a value.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Slot {
    /// A parameter.
    Parameter(ParameterPlace, String),
    /// A member of the JSON body, as a pointer; `/0` stands for the items of a list.
    Body(String),
}

/// Producers and consumers of a contract, worked out once.
#[derive(Debug, Default)]
pub struct Relations {
    roles: HashMap<OperationKey, (Role, &'static str)>,
    collections: Vec<Collection>,
    by_skeleton: HashMap<String, usize>,
    by_thing: HashMap<String, Vec<usize>>,
    by_id_kind: HashMap<IdKind, SameKind>,
    sources: BTreeMap<OperationKey, BTreeMap<Slot, Vec<Source>>>,
    /// By producer: consumer, slot, and the place of the source in that slot's list.
    fed: HashMap<OperationKey, Vec<(OperationKey, Slot, usize)>>,
}

impl Relations {
    /// Works them out: from links first, then from paths, names and schemas.
    #[must_use]
    pub fn of(contract: &Contract) -> Self {
        let mut relations = Self::default();
        relations.gather(contract);
        relations.gather_id_kinds(contract);
        let finders = finders(contract, &relations);
        let links = links(contract, &relations);
        for operation in &contract.operations {
            let mut slots: BTreeMap<Slot, Vec<Source>> = BTreeMap::new();
            for parameter in &operation.parameters {
                let slot = Slot::Parameter(parameter.place, parameter.name.clone());
                let mut sources = links
                    .get(&(&operation.key, slot.clone()))
                    .cloned()
                    .unwrap_or_default();
                match parameter.place {
                    ParameterPlace::Path => {
                        sources.extend(relations.by_path(operation, &parameter.name));
                        sources.extend(relations.by_name(operation, &parameter.name, &finders));
                    }
                    ParameterPlace::Query | ParameterPlace::Header | ParameterPlace::Cookie => {
                        sources.extend(relations.by_name(operation, &parameter.name, &finders));
                    }
                    ParameterPlace::Querystring => {}
                }
                insert(&mut slots, slot, sources);
            }
            for (slot, sources) in relations.body_slots(contract, operation, &finders) {
                insert(&mut slots, slot, sources);
            }
            for (slot, sources) in &slots {
                for (index, source) in sources.iter().enumerate() {
                    relations
                        .fed
                        .entry(source.producer.clone())
                        .or_default()
                        .push((operation.key.clone(), slot.clone(), index));
                }
            }
            if !slots.is_empty() {
                relations.sources.insert(operation.key.clone(), slots);
            }
        }
        relations
    }

    /// What an operation does.
    #[must_use]
    pub fn role(&self, operation: &OperationKey) -> Role {
        self.roles
            .get(operation)
            .map_or(Role::Other, |(role, _)| *role)
    }

    /// Why an operation is taken for what it is, in words that follow "because".
    #[must_use]
    pub fn role_reason(&self, operation: &OperationKey) -> &'static str {
        self.roles
            .get(operation)
            .map_or("nothing shows what it does", |(_, reason)| reason)
    }

    /// The collection that an operation lists, adds to, or has one of.
    #[must_use]
    pub fn collection(&self, operation: &OperationKey) -> Option<&Collection> {
        let path = operation.path.trim_end_matches('/');
        if let Some((before, _)) = item_of(path) {
            return self.collection_at(before);
        }
        let parent = || match split_last(path) {
            Some((before, last)) if is_verb(last) => self.collection_at(before),
            _ => None,
        };
        self.collection_at(path).or_else(parent)
    }

    /// The collection under a path template, whatever its variables are called.
    #[must_use]
    pub fn collection_at(&self, path: &str) -> Option<&Collection> {
        self.by_skeleton
            .get(&skeleton(path))
            .and_then(|&index| self.collections.get(index))
    }

    /// Every collection whose records are named by several variables together.
    pub(crate) fn compounds(&self) -> impl Iterator<Item = (&Collection, &(String, Vec<String>))> {
        self.collections
            .iter()
            .filter_map(|collection| Some((collection, collection.compound.as_ref()?)))
    }

    /// Every collection of things of this kind, the shallowest first.
    pub fn collections_of<'a>(&'a self, thing: &str) -> impl Iterator<Item = &'a Collection> {
        self.by_thing
            .get(thing)
            .into_iter()
            .flatten()
            .filter_map(|&index| self.collections.get(index))
    }

    /// What the records of an operation's collection may be called, folded.
    pub(crate) fn things_of(&self, operation: &OperationKey) -> Vec<String> {
        self.collection(operation).map(things).unwrap_or_default()
    }

    /// Every collection, in document order.
    #[must_use]
    pub fn collections(&self) -> &[Collection] {
        &self.collections
    }

    /// Where the value of a slot can come from, best first.
    #[must_use]
    pub fn sources(&self, operation: &OperationKey, slot: &Slot) -> &[Source] {
        self.sources
            .get(operation)
            .and_then(|slots| slots.get(slot))
            .map_or(&[], Vec::as_slice)
    }

    /// The members of an operation's body that name things which other operations have.
    pub fn body_references<'a>(
        &'a self,
        operation: &OperationKey,
    ) -> impl Iterator<Item = (&'a str, &'a [Source])> {
        self.sources
            .get(operation)
            .into_iter()
            .flatten()
            .filter_map(|(slot, sources)| match slot {
                Slot::Body(pointer) => Some((pointer.as_str(), sources.as_slice())),
                Slot::Parameter(..) => None,
            })
    }

    /// Every slot that an operation's answer can fill.
    pub fn fed_by<'a>(
        &'a self,
        producer: &OperationKey,
    ) -> impl Iterator<Item = (&'a OperationKey, &'a Slot, &'a Source)> + use<'a> {
        self.fed
            .get(producer)
            .into_iter()
            .flatten()
            .filter_map(|(consumer, slot, index)| {
                let source = self.sources(consumer, slot).get(*index)?;
                Some((consumer, slot, source))
            })
    }

    /// Every relation in words, in the order of the operations.
    pub fn reasons(&self) -> impl Iterator<Item = &str> {
        self.sources
            .values()
            .flat_map(BTreeMap::values)
            .flatten()
            .map(|source| source.reason.as_str())
    }
}

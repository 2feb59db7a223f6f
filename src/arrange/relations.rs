//! Which operations make, list, show, change and remove the same things (owner of [`Relations`]).
//!
//! Worked out once from the document alone: links first, then paths, then names and schemas. Every
//! relation carries its reason, so that a reader can follow and correct it.

use std::collections::{BTreeMap, HashMap};

use serde_json::Value;

use super::{hazard, names, shape};
use crate::{
    contract::{Contract, Operation, ParameterPlace, StatusPattern},
    model::{Method, OperationKey},
};

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
    roles: HashMap<OperationKey, Role>,
    collections: Vec<Collection>,
    by_skeleton: HashMap<String, usize>,
    by_thing: HashMap<String, Vec<usize>>,
    sources: BTreeMap<OperationKey, BTreeMap<Slot, Vec<Source>>>,
    /// By producer: consumer, slot, and the place of the source in that slot's list.
    fed: HashMap<OperationKey, Vec<(OperationKey, Slot, usize)>>,
}

/// A path with its variables' names left out, and without a slash at its end.
pub(crate) fn skeleton(path: &str) -> String {
    let mut skeleton = String::with_capacity(path.len());
    let mut rest = path.trim_end_matches('/');
    while let Some((before, after)) = rest.split_once('{') {
        skeleton.push_str(before);
        skeleton.push_str("{}");
        rest = after.split_once('}').map_or("", |(_, rest)| rest);
    }
    skeleton.push_str(rest);
    skeleton
}

/// The path before its last segment, and the last segment.
fn split_last(path: &str) -> Option<(&str, &str)> {
    path.trim_end_matches('/').rsplit_once('/')
}

/// The collection that an item path has one of, and its variable: `/courts/id/{courtId}` is one of `/courts`.
fn item_of(path: &str) -> Option<(&str, &str)> {
    let (before, last) = split_last(path)?;
    let name = variable(last)?;
    let before = before
        .strip_suffix("/id")
        .or_else(|| before.strip_suffix("/by-id"))
        .filter(|before| !before.is_empty())
        .unwrap_or(before);
    (!before.is_empty()).then_some((before, name))
}

/// The variable that a segment is, where it is nothing but one.
fn variable(segment: &str) -> Option<&str> {
    segment
        .strip_prefix('{')?
        .strip_suffix('}')
        .filter(|name| !name.contains(['{', '}']))
}

/// The path up to and with a variable.
pub(crate) fn prefix_through<'p>(path: &'p str, name: &str) -> Option<&'p str> {
    let marker = format!("{{{name}}}");
    path.find(&marker).and_then(|at| {
        let end = at + marker.len();
        let rest = path.get(end..)?;
        path.get(..end + rest.find('/').unwrap_or(rest.len()))
    })
}

impl Relations {
    /// Works them out: from links first, then from paths, names and schemas.
    #[must_use]
    pub fn of(contract: &Contract) -> Self {
        let mut relations = Self::default();
        relations.gather(contract);
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
        self.roles.get(operation).copied().unwrap_or(Role::Other)
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

    /// Collections and roles.
    fn gather(&mut self, contract: &Contract) {
        for operation in &contract.operations {
            if let Some((before, name)) = item_of(&operation.key.path) {
                self.collection_mut(before)
                    .item
                    .get_or_insert_with(|| (operation.key.path.to_string(), name.to_owned()));
            }
        }
        for operation in &contract.operations {
            let role = self.role_of(contract, operation);
            self.roles.insert(operation.key.clone(), role);
            let path = operation.key.path.trim_end_matches('/');
            let item = item_of(path);
            let on_item = item.is_some();
            let home = match (item, split_last(path), role) {
                (Some((before, _)), ..) => before,
                (None, Some((before, last)), Role::List | Role::Create)
                    if is_verb(last) && self.by_skeleton.contains_key(&skeleton(before)) =>
                {
                    before
                }
                _ => path,
            };
            if home.is_empty() || (!on_item && !matches!(role, Role::List | Role::Create)) {
                continue;
            }
            let home = home.to_owned();
            let key = operation.key.clone();
            let collection = self.collection_mut(&home);
            let place = match role {
                Role::List => &mut collection.list,
                Role::Create => &mut collection.create,
                Role::Read => &mut collection.read,
                Role::Replace => &mut collection.replace,
                Role::Patch => &mut collection.patch,
                Role::Delete => &mut collection.delete,
                Role::Bulk | Role::Action | Role::Other => continue,
            };
            // The collection's own path speaks before `/search` below it.
            if place.is_none() || *home == *key.path {
                *place = Some(key);
            }
        }
        let mut order: Vec<usize> = (0..self.collections.len()).collect();
        let depth = |index: &usize| {
            self.collections
                .get(*index)
                .map_or(0, |collection| collection.path.matches('{').count())
        };
        order.sort_by_key(depth);
        for index in order {
            if let Some(collection) = self.collections.get(index) {
                for thing in things(collection) {
                    self.by_thing.entry(thing).or_default().push(index);
                }
            }
        }
    }

    fn collection_mut(&mut self, path: &str) -> &mut Collection {
        let key = skeleton(path);
        let next = self.collections.len();
        let index = *self.by_skeleton.entry(key).or_insert(next);
        if index == next {
            let last = path
                .rsplit('/')
                .find(|segment| !segment.contains('{') && !is_verb(segment))
                .unwrap_or_default();
            self.collections.push(Collection {
                path: path.to_owned(),
                thing: names::thing(last),
                item: None,
                list: None,
                create: None,
                read: None,
                replace: None,
                patch: None,
                delete: None,
            });
        }
        #[expect(
            clippy::indexing_slicing,
            reason = "the index was made for this list above"
        )]
        &mut self.collections[index]
    }

    fn role_of(&self, contract: &Contract, operation: &Operation) -> Role {
        let path = operation.key.path.trim_end_matches('/');
        let last = split_last(path).map_or("", |(_, last)| last);
        let on_item = item_of(path).is_some();
        let has_items = self
            .by_skeleton
            .get(&skeleton(path))
            .and_then(|&index| self.collections.get(index))
            .is_some_and(|collection| collection.item.is_some());
        let lists =
            || shape::success(operation).is_some_and(|schema| shape::records(contract, schema).1);
        match operation.key.method {
            Method::Get | Method::Query if on_item => Role::Read,
            Method::Get | Method::Query if has_items || lists() => Role::List,
            Method::Get | Method::Query => Role::Read,
            Method::Post if on_item => Role::Action,
            Method::Post if is_search(last) => {
                if lists() {
                    Role::List
                } else {
                    Role::Action
                }
            }
            Method::Post if has_items || documents_creation(operation) => Role::Create,
            Method::Post if matches!(last, "create" | "add" | "new") => Role::Create,
            Method::Post => Role::Action,
            Method::Put if has_items => Role::Bulk,
            Method::Patch if has_items => Role::Bulk,
            Method::Delete if has_items => Role::Bulk,
            Method::Put => Role::Replace,
            Method::Patch => Role::Patch,
            Method::Delete => Role::Delete,
            Method::Head | Method::Options | Method::Trace => Role::Other,
            Method::Other(_) => Role::Action,
        }
    }

    /// What the collection before a path variable makes and lists.
    fn by_path(&self, operation: &Operation, name: &str) -> Vec<Source> {
        let Some(prefix) = prefix_through(&operation.key.path, name) else {
            return Vec::new();
        };
        let Some((before, _)) = item_of(prefix) else {
            return Vec::new();
        };
        self.collection_at(before)
            .map_or_else(Vec::new, |collection| {
                self.of_collection(collection, operation, name, Evidence::Path)
            })
    }

    /// What collections of the thing that a name names make and list, and answers that have a member of
    /// that name.
    fn by_name(&self, operation: &Operation, name: &str, finders: &Finders) -> Vec<Source> {
        let mut sources = Vec::new();
        let own = prefix_through(&operation.key.path, name);
        let owners = owners(name, own);
        for owner in &owners {
            for collection in self.collections_of(owner).take(3) {
                sources.extend(self.of_collection(collection, operation, name, Evidence::Name));
            }
            if !sources.is_empty() {
                break;
            }
        }
        let folded = names::folded(name);
        if names::identifier(name).is_some_and(|(owner, _)| !owner.is_empty()) {
            for (producer, thing) in finders.get(&folded).into_iter().flatten().take(2) {
                sources.push(Source {
                    producer: producer.clone(),
                    makes: false,
                    pick: Pick::Element {
                        members: vec![folded.clone()],
                        thing: thing.clone(),
                    },
                    evidence: Evidence::Name,
                    reason: format!(
                        "{producer} answers with a `{name}` that {} asks for",
                        operation.key
                    ),
                });
            }
        }
        sources.retain(|source| source.producer != operation.key);
        sources
    }

    fn of_collection(
        &self,
        collection: &Collection,
        operation: &Operation,
        name: &str,
        evidence: Evidence,
    ) -> Vec<Source> {
        let thing = &collection.thing;
        let mut members = names::members_for(name, thing);
        // The item's own variable says what its records are known by.
        if let Some((_, variable)) = &collection.item {
            let own = names::folded(variable);
            if !members.contains(&own) {
                members.insert(1, own);
            }
        }
        let how = match evidence {
            Evidence::Link => "by a link",
            Evidence::Path => "by its path",
            Evidence::Name => "by its name",
        };
        let mut sources = Vec::new();
        if let Some(create) = &collection.create {
            sources.push(Source {
                producer: create.clone(),
                makes: true,
                pick: Pick::Record {
                    members: members.clone(),
                    thing: thing.clone(),
                },
                evidence,
                reason: format!(
                    "{create} creates what `{name}` of {} names, {how}",
                    operation.key
                ),
            });
        } else if let (Some(replace), Some((_, variable))) = (&collection.replace, &collection.item)
            && *replace != operation.key
        {
            sources.push(Source {
                producer: replace.clone(),
                makes: true,
                pick: Pick::OwnPath(variable.clone()),
                evidence,
                reason: format!(
                    "{replace} may create what `{name}` of {} names, {how}: nothing else does",
                    operation.key
                ),
            });
        }
        if let Some(list) = &collection.list {
            sources.push(Source {
                producer: list.clone(),
                makes: false,
                pick: Pick::Element {
                    members,
                    thing: thing.clone(),
                },
                evidence,
                reason: format!(
                    "{list} lists what `{name}` of {} names, {how}",
                    operation.key
                ),
            });
        }
        sources.retain(|source| source.producer != operation.key);
        sources
    }

    /// Members of the body that name things of other collections.
    fn body_slots(
        &self,
        contract: &Contract,
        operation: &Operation,
        finders: &Finders,
    ) -> Vec<(Slot, Vec<Source>)> {
        let Some(schema) = shape::body(operation) else {
            return Vec::new();
        };
        let own = self.collection(&operation.key).map(|own| own.path.clone());
        let own_things = self
            .collection(&operation.key)
            .map(things)
            .unwrap_or_default();
        let mut slots = Vec::new();
        let mut open = vec![(schema.clone(), String::new(), String::new(), 0_usize)];
        if let Some(items) = shape::items(&contract.schemas, schema) {
            open.push((items, "/0".to_owned(), String::new(), 1));
        }
        while let Some((schema, pointer, parent, depth)) = open.pop() {
            if slots.len() > 60 {
                break;
            }
            for member in shape::members(&contract.schemas, &schema) {
                if member.read_only {
                    continue;
                }
                let mut at = format!(
                    "{pointer}/{}",
                    member.name.replace('~', "~0").replace('/', "~1")
                );
                let items = shape::items(&contract.schemas, &member.schema);
                let inner = items.as_ref().unwrap_or(&member.schema);
                if items.is_some() {
                    at.push_str("/0");
                }
                let types = shape::types(&contract.schemas, inner);
                if types.iter().any(|kind| kind == "object") {
                    if depth < 3 {
                        open.push((inner.clone(), at, names::thing(&member.name), depth + 1));
                    }
                    continue;
                }
                // `person: {id}` is a `personId`.
                let name = match names::identifier(&member.name) {
                    Some((owner, by)) if owner.is_empty() && !parent.is_empty() => {
                        format!("{parent}_{by}")
                    }
                    _ => member.name.clone(),
                };
                // The record's own id is its own.
                let own_id =
                    |owner: &String| owner.is_empty() || depth == 0 && own_things.contains(owner);
                if names::identifier(&name).is_none_or(|(owner, _)| own_id(&owner)) {
                    continue;
                }
                let mut sources = self.by_name(operation, &name, finders);
                sources.retain(|source| {
                    self.collection(&source.producer).map(|other| &other.path) != own.as_ref()
                });
                if !sources.is_empty() {
                    slots.push((Slot::Body(at), sources));
                }
            }
        }
        slots
    }
}

/// What one of a collection may be called: by its path, and by the variable of its item path
/// (`/court-maintenance/{courtId}` holds courts).
fn things(collection: &Collection) -> Vec<String> {
    let mut things = vec![collection.thing.clone()];
    if let Some((owner, _)) = collection
        .item
        .as_ref()
        .and_then(|(_, variable)| names::identifier(variable))
        && !owner.is_empty()
        && owner != collection.thing
    {
        things.push(owner);
    }
    things
}

fn insert(slots: &mut BTreeMap<Slot, Vec<Source>>, slot: Slot, sources: Vec<Source>) {
    let mut kept: Vec<Source> = Vec::new();
    for source in sources {
        let known = kept
            .iter()
            .any(|held| held.producer == source.producer && held.pick == source.pick);
        let again = kept.iter().any(|held| {
            held.producer == source.producer
                && held.evidence < source.evidence
                && held.evidence != Evidence::Link
        });
        if !known && !again && kept.len() < 8 {
            kept.push(source);
        }
    }
    // What makes a thing before what finds one; within that, the stronger evidence first, but for what
    // has to know a record already to answer.
    kept.sort_by_key(|source| {
        let knows = !source.makes && item_of(&source.producer.path).is_some();
        (!source.makes, knows, source.evidence)
    });
    if !kept.is_empty() {
        slots.insert(slot, kept);
    }
}

/// The things a name may be about: `parentPersonId` a parent person or a person; a bare `id` what stands
/// before it in the path; a bare `person` a person.
fn owners(name: &str, prefix: Option<&str>) -> Vec<String> {
    let mut owners = Vec::new();
    match names::identifier(name) {
        Some((owner, _)) if owner.is_empty() => {}
        Some((owner, _)) => {
            owners.push(owner);
            let words = names::words(name);
            if let Some(at) = words.len().checked_sub(2)
                && let Some(word) = words.get(at)
            {
                owners.push(names::singular(word));
            }
        }
        None if prefix.is_some() => owners.push(names::thing(name)),
        None => {}
    }
    let before = prefix.and_then(split_last).and_then(|(before, _)| {
        before
            .rsplit('/')
            .next()
            .filter(|segment| !segment.is_empty() && !segment.contains('{'))
    });
    if let Some(segment) = before {
        owners.push(names::thing(segment));
    }
    owners.dedup();
    owners
}

pub(crate) fn documents_creation(operation: &Operation) -> bool {
    operation.responses.iter().any(|response| {
        response.status == StatusPattern::Exact(201)
            || (200..300).any(|status| response.status == StatusPattern::Exact(status))
                && response
                    .headers
                    .iter()
                    .any(|header| header.name.eq_ignore_ascii_case("location"))
    })
}

fn is_search(segment: &str) -> bool {
    let words = names::words(segment);
    words.iter().any(|word| {
        matches!(
            word.as_str(),
            "search" | "searches" | "query" | "find" | "lookup" | "filter" | "match"
        )
    })
}

fn is_verb(segment: &str) -> bool {
    is_search(segment)
        || matches!(
            segment,
            "create" | "add" | "new" | "list" | "all" | "paged" | "id" | "by-id"
        )
}

/// Folded member names to the operations whose answers have them and that need nothing to be asked.
type Finders = HashMap<String, Vec<(OperationKey, String)>>;

fn finders(contract: &Contract, relations: &Relations) -> Finders {
    let mut finders: Finders = HashMap::new();
    for operation in &contract.operations {
        let asks_nothing = operation.path_variables().next().is_none()
            && operation.key.method == Method::Get
            && operation.body.is_none();
        if !asks_nothing || hazard::hazard(operation).is_some() {
            continue;
        }
        let Some(schema) = shape::success(operation) else {
            continue;
        };
        let (record, _) = shape::records(contract, schema);
        let thing = relations
            .collection(&operation.key)
            .map_or_else(String::new, |collection| collection.thing.clone());
        for member in shape::members(&contract.schemas, &record) {
            if names::identifier(&member.name).is_some_and(|(owner, _)| !owner.is_empty()) {
                finders
                    .entry(names::folded(&member.name))
                    .or_default()
                    .push((operation.key.clone(), thing.clone()));
            }
        }
    }
    finders
}

type Links<'c> = HashMap<(&'c OperationKey, Slot), Vec<Source>>;

fn links<'c>(contract: &'c Contract, relations: &Relations) -> Links<'c> {
    let mut links: Links<'_> = HashMap::new();
    let by_key: HashMap<&OperationKey, &Operation> = contract
        .operations
        .iter()
        .map(|operation| (&operation.key, operation))
        .collect();
    for operation in &contract.operations {
        // What an action such as `POST /cases/{caseId}/close` answers was there before.
        let makes = relations.role(&operation.key) == Role::Create;
        if !makes && !operation.key.method.is_safe() {
            continue;
        }
        for response in &operation.responses {
            let good = (200..400).any(|status| response.status.matches(status));
            if !good {
                continue;
            }
            for link in &response.links {
                let Some((&consumer, target)) = link
                    .operation
                    .as_ref()
                    .and_then(|key| by_key.get_key_value(key))
                else {
                    continue;
                };
                for (name, expression) in &link.parameters {
                    let Some((place, name)) = parameter_of(target, name) else {
                        continue;
                    };
                    if expression.as_str().is_none_or(|text| !text.contains('$')) {
                        continue;
                    }
                    let verb = if makes { "creates" } else { "finds" };
                    links
                        .entry((consumer, Slot::Parameter(place, name.to_owned())))
                        .or_default()
                        .push(Source {
                            producer: operation.key.clone(),
                            makes,
                            pick: Pick::Expression(expression.clone()),
                            evidence: Evidence::Link,
                            reason: format!(
                                "{} {verb} what `{name}` of {consumer} names: link `{}`",
                                operation.key, link.name
                            ),
                        });
                }
            }
        }
    }
    links
}

fn parameter_of<'o>(target: &'o Operation, name: &str) -> Option<(ParameterPlace, &'o str)> {
    let (place, bare) = match name.split_once('.') {
        Some(("path", bare)) => (Some(ParameterPlace::Path), bare),
        Some(("query", bare)) => (Some(ParameterPlace::Query), bare),
        Some(("header", bare)) => (Some(ParameterPlace::Header), bare),
        Some(("cookie", bare)) => (Some(ParameterPlace::Cookie), bare),
        _ => (None, name),
    };
    target
        .parameters
        .iter()
        .find(|parameter| {
            parameter.name == bare && place.is_none_or(|place| parameter.place == place)
        })
        .map(|parameter| (parameter.place, parameter.name.as_str()))
}

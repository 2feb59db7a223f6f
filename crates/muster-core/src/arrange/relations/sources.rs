//! Who has what an operation asks for: by links, by paths, by names and schemas.

use std::collections::{BTreeMap, HashMap};

use super::{
    Collection, Evidence, Pick, Relations, Role, Slot, Source,
    paths::{item_of, prefix_through, shares_segment, split_last, things},
};
use crate::{
    arrange::{hazard, names, shape},
    contract::{Contract, Operation, ParameterPlace, Schema},
    model::{Method, OperationKey},
};

impl Relations {
    /// What the collection before a path variable makes and lists.
    pub(super) fn by_path(&self, operation: &Operation, name: &str) -> Vec<Source> {
        let Some(prefix) = prefix_through(&operation.key.path, name) else {
            return Vec::new();
        };
        let Some((before, _)) = item_of(prefix) else {
            return Vec::new();
        };
        self.collection_at(before)
            .filter(|collection| !self.names_another(collection, name))
            .map_or_else(Vec::new, |collection| {
                self.of_collection(collection, &operation.key, name, Evidence::Path)
            })
    }

    /// Whether a variable names a record of another collection than the one before it in the path: the person of
    /// `/reports/{personId}` beside `/people`.
    fn names_another(&self, collection: &Collection, name: &str) -> bool {
        let Some((owner, _)) = names::identifier(name) else {
            return false;
        };
        !owner.is_empty()
            && !collection.thing.contains(&owner)
            && self
                .collections_of(&owner)
                .any(|other| other.path != collection.path && other.thing == owner)
    }

    /// What collections of the thing that a name names make and list, and answers that have a member of
    /// that name.
    pub(super) fn by_name(
        &self,
        operation: &Operation,
        name: &str,
        finders: &Finders,
    ) -> Vec<Source> {
        let mut sources = Vec::new();
        let own = prefix_through(&operation.key.path, name);
        // Of several variables in one segment, only one that is called an id names the record.
        if own.is_some_and(shares_segment) && names::identifier(name).is_none() {
            return sources;
        }
        let owners = owners(name, own);
        for owner in &owners {
            // One that the run can add to comes first: a record of its own is better than one of others.
            let (made, found): (Vec<_>, Vec<_>) = self
                .collections_of(owner)
                .partition(|collection| collection.create.is_some());
            for collection in made.into_iter().chain(found).take(3) {
                sources.extend(self.of_collection(
                    collection,
                    &operation.key,
                    name,
                    Evidence::Name,
                ));
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
                        "{producer} returns a `{name}` that {} requires",
                        operation.key
                    ),
                });
            }
        }
        sources.retain(|source| source.producer != operation.key);
        sources
    }

    /// Where a thing of this kind comes from, for a member of an operation's body.
    pub(crate) fn sources_of(
        &self,
        consumer: &OperationKey,
        thing: &str,
        name: &str,
    ) -> Vec<Source> {
        self.collections_of(thing)
            .take(3)
            .flat_map(|collection| self.of_collection(collection, consumer, name, Evidence::Name))
            .collect()
    }

    pub(super) fn of_collection(
        &self,
        collection: &Collection,
        consumer: &OperationKey,
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
                    consumer
                ),
            });
        } else if let (Some(replace), Some((_, variable))) = (&collection.replace, &collection.item)
            && replace != consumer
        {
            sources.push(Source {
                producer: replace.clone(),
                makes: true,
                pick: Pick::OwnPath(variable.clone()),
                evidence,
                reason: format!(
                    "{replace} may create what `{name}` of {} names, {how}: nothing else does",
                    consumer
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
                reason: format!("{list} lists what `{name}` of {} names, {how}", consumer),
            });
        }
        sources.retain(|source| source.producer != *consumer);
        sources
    }

    /// Members of the body that name things of other collections.
    pub(super) fn body_slots(
        &self,
        contract: &Contract,
        operation: &Operation,
        finders: &Finders,
    ) -> Vec<(Slot, Vec<Source>)> {
        let Some(schema) = shape::body(operation) else {
            return Vec::new();
        };
        let one = shape::one_of_many(&contract.schemas, schema);
        let schema = one.as_ref().unwrap_or(schema);
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
                // `project: uuid` beside `/projects` is a `projectId`.
                let name = match names::identifier(&name) {
                    None if self.names_record(contract, &name, inner) => format!("{name}_id"),
                    _ => name,
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
                if sources.is_empty() {
                    sources = self.by_role(contract, operation, &name, inner);
                }
                if !sources.is_empty() {
                    slots.push((Slot::Body(at), sources));
                }
            }
        }
        slots
    }

    /// Whether a property is called as a collection's records are, and has a value as their ids have: a UUID, a number,
    /// or a text of the same pattern.
    fn names_record(&self, contract: &Contract, name: &str, schema: &Schema) -> bool {
        let thing = names::thing(name);
        kind(contract, schema)
            .filter(|(of, pattern)| *of != "string" || pattern.is_some())
            .and_then(|kind| self.by_id_kind.get(&kind))
            .is_some_and(|group| {
                self.by_thing
                    .get(&thing)
                    .into_iter()
                    .flatten()
                    .any(|index| {
                        [&group.all, &group.listed]
                            .iter()
                            .any(|list| list.binary_search(index).is_ok())
                    })
            })
    }

    /// Where a name tells a part that somebody plays, and not a thing, as `ownerId` does: the collection of
    /// people or their like, or else the only one whose ids are of the kind that is asked for.
    fn by_role(
        &self,
        contract: &Contract,
        operation: &Operation,
        name: &str,
        schema: &Schema,
    ) -> Vec<Source> {
        let is_id = names::identifier(name)
            .is_some_and(|(_, by)| matches!(by.as_str(), "id" | "uuid" | "guid"));
        let kind = kind(contract, schema);
        if !is_id || kind.is_none() {
            return Vec::new();
        }
        let own = self.collection(&operation.key).map(|own| &own.path);
        let of = |index: &usize| self.collections().get(*index);
        let others = |collection: &&Collection| Some(&collection.path) != own;
        let group = kind.and_then(|kind| self.by_id_kind.get(&kind));
        let people = group
            .into_iter()
            .flat_map(|group| &group.people)
            .filter_map(of)
            .find(others);
        let fitting: Vec<&Collection> = group
            .into_iter()
            .flat_map(|group| &group.all)
            .filter_map(of)
            .filter(others)
            .take(2)
            .collect();
        let only = match fitting.as_slice() {
            [only] => Some(*only),
            _ => None,
        };
        match people.or(only) {
            Some(collection) => {
                self.of_collection(collection, &operation.key, name, Evidence::Name)
            }
            None => Vec::new(),
        }
    }
}

impl Relations {
    /// Groups the collections that records are made or listed in by the kind of their ids.
    pub(super) fn gather_id_kinds(&mut self, contract: &Contract) {
        for (index, collection) in self.collections.iter().enumerate() {
            if collection.create.is_none() && collection.list.is_none()
                || collection.path.contains('{')
            {
                continue;
            }
            let Some((path, variable)) = &collection.item else {
                continue;
            };
            let id = contract
                .operations_at(path)
                .find_map(|other| other.parameter(ParameterPlace::Path, variable));
            let Some(kind) = id.and_then(|id| self::kind(contract, id.schema.as_ref()?)) else {
                continue;
            };
            let group = self.by_id_kind.entry(kind).or_default();
            if collection.create.is_none() {
                group.listed.push(index);
                continue;
            }
            if PEOPLE.contains(&collection.thing.as_str()) {
                group.people.push(index);
            }
            group.all.push(index);
        }
    }
}

/// Collections whose ids are of one kind, by their places in the list.
#[derive(Debug, Default)]
pub(super) struct SameKind {
    people: Vec<usize>,
    /// Those that records are made in.
    all: Vec<usize>,
    /// Reference data: those that are listed, and that no record is made in.
    listed: Vec<usize>,
}

/// What those are called who play a part: an owner, a keeper, a reporter.
const PEOPLE: [&str; 12] = [
    "person", "user", "officer", "member", "contact", "employee", "customer", "staff", "account",
    "subject", "author", "party",
];

/// Of what kind an id is: a number, a UUID, or another text with its pattern.
pub(super) type IdKind = (&'static str, Option<String>);

/// The kind of the ids that a schema describes.
fn kind(contract: &Contract, schema: &Schema) -> Option<IdKind> {
    let types = shape::types(&contract.schemas, schema);
    let has = |name: &str| types.iter().any(|kind| kind == name);
    if has("integer") {
        return Some(("integer", None));
    }
    let text = |keyword| {
        let value = shape::keyword(&contract.schemas, schema, keyword)?;
        value.as_str().map(str::to_owned)
    };
    match text("format").as_deref() {
        Some("uuid") => Some(("uuid", None)),
        // A text of a pattern of its own is not the id of something with another.
        None if has("string") => Some(("string", text("pattern"))),
        _ => None,
    }
}

pub(super) fn insert(slots: &mut BTreeMap<Slot, Vec<Source>>, slot: Slot, sources: Vec<Source>) {
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
pub(super) fn owners(name: &str, prefix: Option<&str>) -> Vec<String> {
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

/// Folded member names to the operations whose answers have them and that need nothing to be asked.
pub(super) type Finders = HashMap<String, Vec<(OperationKey, String)>>;

pub(super) fn finders(contract: &Contract, relations: &Relations) -> Finders {
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

pub(super) type Links<'c> = HashMap<(&'c OperationKey, Slot), Vec<Source>>;

pub(super) fn links<'c>(contract: &'c Contract, relations: &Relations) -> Links<'c> {
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

pub(super) fn parameter_of<'o>(
    target: &'o Operation,
    name: &str,
) -> Option<(ParameterPlace, &'o str)> {
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

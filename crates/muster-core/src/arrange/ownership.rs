//! Whose a record is: which record a response names, and whether a record shows that the run made it
//! (owner of [`NamedRecord`]).
//!
//! Nothing here sends or remembers anything. The runner asks before every request that changes or removes a
//! record; `docs/decisions/0036-ownership.md` gives the reasons.

mod body;
mod location;
mod recognise;
mod removal;

pub use recognise::{Claim, Likeness, likeness, recognises};
pub use removal::removal_path;

use serde_json::Value;

use self::location::Target;
use super::{
    answers, names,
    relations::{Collection, Relations, Role, named_by, prefix_through, skeleton},
    serialise, values,
};
use crate::{
    contract::{Contract, Operation, ParameterPlace, Schema},
    exchange::{Exchange, Request},
    model::{Method, OperationKey},
};

/// How a response names the record that a request made, strongest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Naming {
    /// By `Location`, or by the record's own `self` link.
    Location,
    /// By a link of the contract.
    Link,
    /// The client named it: a PUT to its address.
    Path,
    /// By a property that schema, names and types leave no doubt of.
    Property,
    /// By a property that may mean something else: what is not found there is nobody's fault.
    Guess,
}

/// The record that a response names.
#[derive(Debug, Clone, PartialEq)]
pub struct NamedRecord {
    /// The path template of the record.
    pub template: String,
    /// The variables of the template, in its order.
    pub keys: Vec<(String, String)>,
    /// The path below the base URL, percent-encoded.
    pub path: String,
    /// The last variable, with the type that it has in the response where it comes from the body.
    pub id: Value,
    /// How the response names it.
    pub by: Naming,
}

/// The record that an exchange made, where its response says which one that is.
///
/// `Location` comes first; one that leads to another template says that no record was made yet, so that the body is
/// not looked at. The body of a 202 names none, whatever it holds (RFC 9110 §15.3.3).
#[must_use]
pub fn named_record(
    contract: &Contract,
    relations: &Relations,
    exchange: &Exchange,
) -> Option<NamedRecord> {
    let named = addressed_resource(contract, relations, exchange)?;
    let is_later = exchange.status() == Some(202);
    (!is_later || named.by == Naming::Location).then_some(named)
}

/// What a response leads to, to be read: as [`named_record`], and what the body of a 202 suggests.
#[must_use]
pub fn addressed_resource(
    contract: &Contract,
    relations: &Relations,
    exchange: &Exchange,
) -> Option<NamedRecord> {
    let key = exchange.request.operation.as_ref()?;
    let response = exchange.response()?;
    if !response.is_success() || key.method == Method::Delete {
        return None;
    }
    if matches!(key.method, Method::Put | Method::Patch) {
        let keys = serialise::unfill(&key.path, answers::request_path(exchange))?;
        return record(&key.path, keys, Naming::Path, None);
    }
    let items = items(relations, key);
    match location::target(contract, exchange, &items) {
        Target::Record(template, keys) => {
            let by_location = record(&template, keys, Naming::Location, None)?;
            // A body that is the record without doubt says which one it is, whatever `Location` says.
            let shown = by_property(contract, relations, exchange, &items);
            return match shown {
                Some(shown) if shown.path == by_location.path => Some(NamedRecord {
                    id: shown.id,
                    ..by_location
                }),
                Some(shown) if shown.by == Naming::Property && response.status != 202 => {
                    Some(shown)
                }
                _ => Some(by_location),
            };
        }
        Target::Elsewhere => return None,
        Target::Nothing => {}
    }
    if let Some(linked) = location::linked(contract, exchange) {
        return Some(linked);
    }
    by_property(contract, relations, exchange, &items)
}

/// The address that a response gives in place of a record: a monitor, a job, another resource of the contract.
#[must_use]
pub fn status_resource(
    contract: &Contract,
    relations: &Relations,
    exchange: &Exchange,
) -> Option<NamedRecord> {
    let key = exchange.request.operation.as_ref()?;
    exchange.response()?.headers.get("location")?;
    let path = location::strict(exchange)?;
    let template = contract.find_path(&path)?;
    let is_own = items(relations, key)
        .iter()
        .any(|item| skeleton(&item.template) == skeleton(template));
    let keys = serialise::unfill(template, &path)?;
    (!is_own && contract.methods_of(template).any(Method::is_safe))
        .then(|| record(template, keys, Naming::Location, None))
        .flatten()
}

/// The record that a job's end names: `Location` of its last response, or a property with the very name of the
/// variable of the item.
#[must_use]
pub fn named_by_job(
    contract: &Contract,
    relations: &Relations,
    creation: &OperationKey,
    exchange: &Exchange,
) -> Option<NamedRecord> {
    let response = exchange.response()?;
    let items = items(relations, creation);
    if response.headers.get("location").is_some()
        && let Target::Record(template, keys) = location::target(contract, exchange, &items)
    {
        return record(&template, keys, Naming::Location, None);
    }
    if !response.is_success() {
        return None;
    }
    let body = response.json().ok()?;
    items.iter().find_map(|item| {
        // The job has an id of its own, so that a bare `id` is not the record's.
        let own = names::folded(&item.variable);
        let wanted: Vec<String> = body::names_of_one(&item.variable, &item.thing)
            .into_iter()
            .filter(|name| *name == own || name.starts_with(&item.thing))
            .filter(|name| !matches!(name.as_str(), "id" | "uuid" | "guid"))
            .collect();
        let found = body::property(body, &wanted)?;
        let id = fitting(contract, item, found)?;
        let others = variables(&item.template).filter(|name| *name != item.variable);
        if others.count() > 0 {
            return None;
        }
        let keys = vec![(item.variable.clone(), serialise::scalar(&id))];
        record(&item.template, keys, Naming::Guess, Some(id))
    })
}

/// A path that ends in the variable of one record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Item {
    pub(super) template: String,
    pub(super) variable: String,
    pub(super) thing: String,
    pub(super) collection: String,
}

/// The items that an operation may make: of its own collection, then of others of the same kind.
pub(super) fn items(relations: &Relations, key: &OperationKey) -> Vec<Item> {
    let own = relations.collection(key);
    // What several variables name together is not named by one of another collection.
    if own.is_some_and(|own| own.compound.is_some()) {
        return Vec::new();
    }
    let thing = own.map_or_else(
        || {
            let last = key.path.rsplit('/').find(|segment| !segment.contains('{'));
            names::thing(last.unwrap_or_default())
        },
        |own| own.thing.clone(),
    );
    let mut items: Vec<Item> = Vec::new();
    for collection in own.into_iter().chain(relations.collections_of(&thing)) {
        let Some((template, variable)) = &collection.item else {
            continue;
        };
        let item = Item {
            template: template.clone(),
            variable: variable.clone(),
            thing: thing.clone(),
            collection: collection.path.clone(),
        };
        if !items.contains(&item) {
            items.push(item);
        }
    }
    items
}

/// The record that a property of the body names.
fn by_property(
    contract: &Contract,
    relations: &Relations,
    exchange: &Exchange,
    items: &[Item],
) -> Option<NamedRecord> {
    let key = exchange.request.operation.as_ref()?;
    let sent = serialise::unfill(&key.path, answers::request_path(exchange)).unwrap_or_default();
    items.iter().find_map(|item| {
        let found = body::id(contract, relations, exchange, item)?;
        let mut keys = Vec::new();
        for name in variables(&item.template) {
            if name == item.variable {
                keys.push((name.to_owned(), serialise::scalar(&found.id)));
                continue;
            }
            let (_, text) = sent.iter().find(|(sent, _)| {
                named_by(&item.template, name) == named_by(&key.path, sent)
                    || names::folded(sent) == names::folded(name)
            })?;
            keys.push((name.to_owned(), text.clone()));
        }
        let by = if found.certain {
            Naming::Property
        } else {
            Naming::Guess
        };
        record(&item.template, keys, by, Some(found.id))
    })
}

fn record(
    template: &str,
    keys: Vec<(String, String)>,
    by: Naming,
    id: Option<Value>,
) -> Option<NamedRecord> {
    let path = serialise::fill(template, |name| {
        keys.iter()
            .find(|(held, _)| held == name)
            .map(|(_, text)| serialise::encode(text))
    })
    .ok()?;
    let (_, last) = keys.last()?;
    Some(NamedRecord {
        id: id.unwrap_or_else(|| Value::from(last.as_str())),
        template: template.to_owned(),
        path,
        keys,
        by,
    })
}

/// A value as the type that the variable of the item has, where it is valid for it.
pub(super) fn fitting(contract: &Contract, item: &Item, value: &Value) -> Option<Value> {
    let schema = variable_schema(contract, item);
    let value = match values::coerced(contract, schema, value.clone()) {
        // A path has no types: an id is a number here and a string there.
        Value::Number(number) if schema.is_none() => Value::Number(number),
        other => other,
    };
    values::fits(contract, schema, &value).then_some(value)
}

fn variable_schema<'c>(contract: &'c Contract, item: &Item) -> Option<&'c Schema> {
    contract
        .operations
        .iter()
        .filter(|operation| *operation.key.path == *item.template)
        .find_map(|operation| operation.parameter(ParameterPlace::Path, &item.variable))
        .and_then(|parameter| parameter.schema.as_ref())
}

pub(super) fn variables(template: &str) -> impl Iterator<Item = &str> {
    template
        .split('{')
        .skip(1)
        .filter_map(|rest| rest.split_once('}').map(|(name, _)| name))
}

/// The record that a request is done to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subject {
    /// The path template of the record, where the contract has one.
    pub template: Option<String>,
    /// The path below the base URL, as it is sent.
    pub path: String,
    /// Its last variable: the operation's name for it, and the value.
    pub variable: Option<(String, String)>,
    /// Whether the request is to the record itself, and not to something below it.
    pub is_whole: bool,
}

impl Subject {
    /// The path with its segments decoded, for comparing.
    #[must_use]
    pub fn key(&self) -> String {
        path_key(&self.path)
    }
}

/// A path below the base URL with its segments decoded and without a slash at its end, for comparing.
#[must_use]
pub fn path_key(path: &str) -> String {
    let path = path.split(['?', '#']).next().unwrap_or_default();
    let segments: Vec<String> = path
        .trim_end_matches('/')
        .split('/')
        .map(serialise::decode)
        .collect();
    segments.join("/")
}

/// The header fields by which some servers take one method for another.
const OVERRIDES: [&str; 3] = [
    "x-http-method-override",
    "x-http-method",
    "x-method-override",
];

/// The record that a request may change or remove; nothing where it reads, adds to a collection, or names no record.
#[must_use]
pub fn changed_record(
    contract: &Contract,
    relations: &Relations,
    request: &Request,
    path_below_base: &str,
) -> Option<Subject> {
    let overridden = OVERRIDES
        .iter()
        .any(|name| request.headers.get(name).is_some())
        || path_below_base
            .split_once('?')
            .is_some_and(|(_, query)| query.contains("_method="));
    if request.method.is_safe() && !overridden {
        return None;
    }
    let path = path_below_base.split(['?', '#']).next().unwrap_or_default();
    let key = request.operation.as_ref();
    if let Some(key) = key
        && matches!(relations.role(key), Role::Create | Role::List)
        && request.method == key.method
        && !overridden
    {
        return None;
    }
    let template = key
        .map(|key| &*key.path)
        .filter(|template| serialise::unfill(template, path).is_some())
        .or_else(|| contract.find_path(path));
    let Some(template) = template else {
        // A POST to a place that the contract does not have makes something, if anything.
        let changes =
            matches!(request.method, Method::Put | Method::Patch | Method::Delete) || overridden;
        return changes.then(|| Subject {
            template: None,
            path: path.to_owned(),
            variable: None,
            is_whole: true,
        });
    };
    // `{status}` of a few words names no record, unless nothing else in the path does.
    let variable = variables(template)
        .filter(|name| !is_choice(contract, template, name))
        .last()
        .or_else(|| variables(template).last())?
        .to_owned();
    let prefix = prefix_through(template, &variable)?;
    let value = serialise::unfill(template, path)?
        .into_iter()
        .find(|(name, _)| *name == variable)
        .map(|(_, text)| text)?;
    let count = prefix.split('/').count();
    let own: Vec<&str> = path.split('/').take(count).collect();
    Some(Subject {
        is_whole: prefix.len() == template.trim_end_matches('/').len(),
        template: Some(prefix.to_owned()),
        path: own.join("/"),
        variable: Some((variable, value)),
    })
}

/// Whether a variable is one of a few words and names no record, as `{status}`.
fn is_choice(contract: &Contract, template: &str, name: &str) -> bool {
    contract
        .operations
        .iter()
        .filter(|operation| *operation.key.path == *template)
        .find_map(|operation| operation.parameter(ParameterPlace::Path, name))
        .and_then(|parameter| parameter.schema.as_ref())
        .is_some_and(|schema| super::shape::keyword(&contract.schemas, schema, "enum").is_some())
}

/// The operation that reads one record of a template with nothing but its path.
#[must_use]
pub fn reader<'c>(contract: &'c Contract, template: &str) -> Option<&'c Operation> {
    let wanted = skeleton(template);
    contract.operations.iter().find(|operation| {
        operation.key.method == Method::Get
            && skeleton(&operation.key.path) == wanted
            && super::hazard(operation).is_none()
            && needs_only_its_path(operation)
    })
}

/// The collection that a template has one of, and how many segments at its end name the one.
#[must_use]
pub fn collection_of<'c>(
    relations: &'c Relations,
    template: &str,
) -> Option<(&'c Collection, usize)> {
    let template = template.trim_end_matches('/');
    let parent = template.rsplit_once('/')?.0;
    let single = relations.collection_at(parent);
    if single.is_some_and(|collection| collection.list.is_some()) {
        return single.map(|collection| (collection, 1));
    }
    let segments = template.split('/').count();
    let compound = relations.compounds().find(|(collection, (held, _))| {
        collection.list.is_some() && skeleton(held) == skeleton(template)
    });
    match compound {
        Some((collection, (_, names))) if names.len() < segments => Some((collection, names.len())),
        _ => single.map(|collection| (collection, 1)),
    }
}

/// The operation that lists the records of a template with nothing but its path, and how one of them is named.
#[must_use]
pub fn lister<'c>(
    contract: &'c Contract,
    relations: &'c Relations,
    template: &str,
) -> Option<&'c Operation> {
    let list = collection_of(relations, template)?.0.list.as_ref()?;
    contract.operation(list).filter(|operation| {
        operation.key.method == Method::Get
            && super::hazard(operation).is_none()
            && needs_only_its_path(operation)
    })
}

fn needs_only_its_path(operation: &Operation) -> bool {
    operation
        .parameters
        .iter()
        .all(|parameter| !parameter.required || parameter.place == ParameterPlace::Path)
}

/// The record of a list that has these keys; nothing where the list does not show it.
#[must_use]
pub fn listed<'e>(
    relations: &Relations,
    template: &str,
    list: &'e Value,
    keys: &[String],
) -> Option<&'e Value> {
    records_with_keys(relations, template, list)
        .into_iter()
        .find(|(_, held)| held == keys)
        .map(|(record, _)| record)
}

/// The records of a list with what names each of them, in the order of the path, as far as the properties are called as the
/// variables at the end of the template suggest.
#[must_use]
pub fn records_with_keys<'e>(
    relations: &Relations,
    template: &str,
    list: &'e Value,
) -> Vec<(&'e Value, Vec<String>)> {
    let (thing, count) = collection_of(relations, template)
        .map_or(("", 1), |(collection, count)| {
            (collection.thing.as_str(), count)
        });
    let segments: Vec<&str> = template.trim_end_matches('/').split('/').collect();
    let Some(own) = segments
        .len()
        .checked_sub(count)
        .and_then(|at| segments.get(at..))
    else {
        return Vec::new();
    };
    let wanted: Vec<Vec<String>> = own
        .iter()
        .map(|segment| segment.trim_start_matches('{').trim_end_matches('}'))
        .map(|variable| match count {
            1 => body::names_of_one(variable, thing),
            _ => vec![names::folded(variable)],
        })
        .collect();
    answers::records(list, thing)
        .into_iter()
        .filter_map(|record| {
            let keys = wanted.iter().map(|wanted| {
                let value = match count {
                    1 => body::property(record, wanted),
                    _ => body::text_or_number(record, wanted),
                };
                value.map(serialise::scalar)
            });
            Some((record, keys.collect::<Option<_>>()?))
        })
        .collect()
}

/// Whether what an operation makes gives access to something: credentials, users, addresses that the target calls.
/// It is named in the plan, and removed before everything else.
#[must_use]
pub fn grants_access(operation: &Operation) -> bool {
    const WORDS: [&str; 24] = [
        "token",
        "key",
        "apikey",
        "secret",
        "credential",
        "password",
        "user",
        "account",
        "client",
        "session",
        "certificate",
        "webhook",
        "hook",
        "subscription",
        "callback",
        "invite",
        "invitation",
        "role",
        "permission",
        "grant",
        "member",
        "addon",
        "plugin",
        "application",
    ];
    let last = operation
        .key
        .path
        .rsplit('/')
        .find(|segment| !segment.is_empty() && !segment.contains('{'))
        .unwrap_or_default();
    names::words(last)
        .iter()
        .any(|word| WORDS.contains(&names::singular(word).as_str()))
}

#[cfg(test)]
mod tests;

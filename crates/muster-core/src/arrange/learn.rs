//! What answers teach: ids that exist, what a request made, and how that is removed again.

use serde_json::Value;

use super::{
    answers, build, ownership,
    relations::{Relations, Role, Slot},
    serialise,
};
use crate::{
    contract::{Contract, Operation},
    exchange::{Auth, Exchange, Intent, Response},
    model::{IdentityName, Method, OperationKey},
    value_pool::ValuePool,
};

/// Notes what an answer teaches: ids of lists and of new records for every operation that asks for them,
/// and ids that worked. What was removed is forgotten.
pub fn learn(
    contract: &Contract,
    relations: &Relations,
    exchange: &Exchange,
    known: &mut ValuePool,
) {
    let (Some(operation), Some(response)) = (&exchange.request.operation, exchange.response())
    else {
        return;
    };
    // Another identity may see what the default one may not.
    let usual = exchange.request.identity == IdentityName::default()
        && exchange.request.auth == Auth::Declared
        && !matches!(exchange.request.intent, Intent::Wrong(_));
    if !usual || response.cut {
        return;
    }
    let path = answers::request_path(exchange);
    let path = match contract.operation(operation) {
        Some(declared) => serialise::unfill_call(contract, declared, path),
        None => serialise::unfill(&operation.path, path),
    };
    let path = path.unwrap_or_default();
    let creates = relations.role(operation) == Role::Create;
    if creates && (400..500).contains(&response.status) && response.status != 429 {
        known.refused(operation, refusal(response));
    }
    if matches!(response.status, 404 | 410) {
        for (name, text) in path {
            known.forget(operation, &name, |value| serialise::scalar(value) == text);
        }
        return;
    }
    if !response.is_success() {
        return;
    }
    if creates {
        known.succeeded(operation);
    }
    if operation.method == Method::Delete {
        let (Some((_, text)), Some(collection)) = (path.last(), relations.collection(operation))
        else {
            return;
        };
        let same = |value: &Value| serialise::scalar(value) == *text;
        for producer in [&collection.create, &collection.list, &collection.replace]
            .into_iter()
            .flatten()
        {
            for (consumer, slot, _) in relations.fed_by(producer) {
                known.forget(consumer, name_of(slot), same);
            }
        }
        for item in [
            &collection.read,
            &collection.replace,
            &collection.patch,
            &collection.delete,
        ]
        .into_iter()
        .flatten()
        {
            for name in item_variables(item) {
                known.forget(item, name, same);
            }
        }
        return;
    }
    for (consumer, slot, source) in relations.fed_by(operation) {
        for value in build::picks(
            contract,
            relations,
            exchange,
            source,
            !consumer.method.is_safe(),
        ) {
            known.learn(consumer, name_of(slot), value);
        }
    }
    if operation.method.is_safe() {
        for (name, text) in path {
            known.learn(operation, &name, Value::from(text));
        }
    }
    // A monitor or a job that the response leads to exists, whatever it is of.
    if let Some(status) = ownership::status_resource(contract, relations, exchange) {
        for consumer in contract
            .operations
            .iter()
            .filter(|other| *other.key.path == *status.template && other.key.method.is_safe())
        {
            for (name, text) in &status.keys {
                known.learn(&consumer.key, name, Value::from(text.as_str()));
            }
        }
    }
}

/// How a creation was refused: the status and what the response says, without the values that differ.
fn refusal(response: &Response) -> String {
    let said: String = answers::reason(response)
        .chars()
        .filter(|char| !char.is_ascii_digit())
        .take(120)
        .collect();
    if said.is_empty() {
        response.status.to_string()
    } else {
        format!("{} ({said})", response.status)
    }
}

fn name_of(slot: &Slot) -> &str {
    match slot {
        Slot::Parameter(_, name) => name,
        Slot::Body(pointer) => build::last_name(pointer),
    }
}

fn item_variables(key: &OperationKey) -> impl Iterator<Item = &str> {
    key.path
        .split('{')
        .skip(1)
        .filter_map(|rest| rest.split_once('}').map(|(name, _)| name))
}

/// Whether a request to this operation may create something, so that the run has to remember it first.
#[must_use]
pub fn creation_of(_contract: &Contract, relations: &Relations, operation: &Operation) -> bool {
    match relations.role(&operation.key) {
        Role::Create => true,
        // A PUT to an id that was free makes a record of that id.
        Role::Replace => {
            operation.key.method == Method::Put && operation.path_variables().next().is_some()
        }
        Role::Action => super::relations::documents_creation(operation),
        _ => false,
    }
}

/// What deletes the thing that an exchange just made: a method, and a path below the base URL.
#[must_use]
pub fn removal(
    contract: &Contract,
    relations: &Relations,
    exchange: &Exchange,
) -> Option<(Method, String)> {
    let key = exchange.request.operation.as_ref()?;
    let operation = contract.operation(key)?;
    let response = exchange.response()?;
    if !response.is_success() || !creation_of(contract, relations, operation) {
        return None;
    }
    // A PUT that answers anything but 201 changed what was there before.
    if key.method == Method::Put && response.status != 201 {
        return None;
    }
    let named = ownership::named_record(contract, relations, exchange)?;
    is_removable(contract, &named.path).then_some((Method::Delete, named.path))
}

/// Whether the contract has an operation that removes what lies at a path.
#[must_use]
pub fn is_removable(contract: &Contract, path: &str) -> bool {
    contract.find_operation(&Method::Delete, path).is_some()
}

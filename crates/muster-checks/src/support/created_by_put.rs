//! Records that a client makes by PUT, at an id of its own choice.

use serde_json::Value;

use crate::{
    Applies,
    support::resource::{ResourceOperations, collection_of, on_create, on_item},
};
use muster_core::{
    arrange::{self, Arranged},
    contract::{Contract, Operation, ParameterPlace},
    model::Method,
    script::{Script, Scripted},
};

/// For probes of operations that make a record, by POST or by PUT to a free id.
pub(crate) fn makes_record(contract: &Contract, operation: &Operation) -> Applies {
    if operation.key.method == Method::Put && makes_by_put(contract, &operation.key.path) {
        return on_item(contract, operation, &Method::Put);
    }
    on_create(contract, operation)
}

/// Whether records of a path are made by PUT alone: it documents 201, and nothing is posted to their collection.
pub(crate) fn makes_by_put(contract: &Contract, item: &str) -> bool {
    let posts = collection_of(item).is_none_or(|collection| {
        contract.operations_at(collection).any(|other| {
            other.key.method == Method::Post && other.key.path.trim_end_matches('/') == collection
        })
    });
    !posts
        && contract.operations_at(item).any(|other| {
            other.key.method == Method::Put && *other.key.path == *item && other.documents(201)
        })
}

/// A creation by PUT, each time at an id of its own.
pub(crate) fn at_free_id(
    script: &Script<'_>,
    home: &ResourceOperations<'_>,
    arranged: &Arranged,
) -> Scripted<Option<Arranged>> {
    let world = script.world;
    let Some((_, variable)) = &home.collection.item else {
        return Ok(None);
    };
    let parameter = home.create.parameter(ParameterPlace::Path, variable);
    let (true, Some(parameter)) = (home.is_made_by_put(), parameter) else {
        return Ok(None);
    };
    let label = format!("made by {} at step {}", home.create.key, script.answered());
    let Some(id) = arrange::values::unused_id(&world, home.create, parameter, &label) else {
        return Ok(None);
    };
    let mut renamed = arranged.clone();
    renamed.request =
        arranged.with_path_value(world.contract, home.create, variable, id.clone())?;
    renamed
        .values
        .put(ParameterPlace::Path, variable, id.clone());
    if let Some((Value::Object(members), _)) = &mut renamed.values.body {
        for (name, value) in members.iter_mut() {
            if arrange::repeats_id(home.create, name) {
                *value = id.clone();
            }
        }
        if let Some(body) = renamed.body().cloned() {
            renamed.request = renamed.with_body(world.contract, home.create, body)?;
        }
    }
    Ok(Some(renamed))
}

/// A body with the id that another one repeats from the path.
pub(crate) fn with_id_of(home: &ResourceOperations<'_>, mut body: Value, other: &Value) -> Value {
    if let Some(members) = body.as_object_mut() {
        for (name, value) in members.iter_mut() {
            if arrange::repeats_id(home.create, name)
                && let Some(id) = other.get(name)
            {
                *value = id.clone();
            }
        }
    }
    body
}

//! Operations that write out every record of a kind (owner of [`Order`]).

use serde_json::{Map, Value};

use super::{keeping::Home, place::Place};
use crate::{
    arrange::{names, relations::Collection, shape},
    contract::{Contract, Operation, Schema},
    model::Does,
    script::{Halt, Scripted, World},
};

/// Words of operations that write records out.
const EXPORTS: [&str; 6] = ["export", "extract", "dump", "download", "backup", "csv"];
/// Kinds of records that one operation is asked for.
const MOST_KINDS: usize = 6;

/// What the operation is to write out, and the body that says so.
#[derive(Debug)]
pub(super) struct Order<'a> {
    /// Where the records are.
    pub(super) home: Home<'a>,
    /// Nothing where the operation takes none.
    pub(super) body: Option<Map<String, Value>>,
}

/// Whether an operation writes records out, by what the target file says or its own words.
fn writes_out(world: World<'_>, operation: &Operation) -> bool {
    let contract = world.contract;
    if let Some(said) = contract
        .roles
        .get(&operation.key)
        .and_then(|said| said.does)
    {
        return said == Does::Export;
    }
    let last = operation.key.path.rsplit('/').next().unwrap_or_default();
    [last, operation.id.as_deref().unwrap_or_default()]
        .into_iter()
        .flat_map(names::words)
        .any(|word| EXPORTS.contains(&names::singular(&word).as_str()))
}

/// What the operation can be asked to write out.
///
/// # Errors
/// Not applicable, where nothing tells that it writes records out, which, and all of them.
pub(super) fn orders<'a>(world: World<'a>, operation: &Operation) -> Scripted<Vec<Order<'a>>> {
    let contract = world.contract;
    let home = |collection: &Collection| {
        Home::of(world, contract.operation(collection.list.as_ref()?)?).ok()
    };
    if !writes_out(world, operation) {
        return Err(Halt::NotApplicable(format!(
            "Neither the path nor the operationId of {} says that it writes records out.",
            operation.key
        )));
    }
    let whole = operation.key.path.trim_end_matches('/');
    let by_path = whole
        .rsplit_once('/')
        .and_then(|(above, _)| home(world.relations.collection_at(above)?));
    let untold = || {
        Halt::NotApplicable(format!(
            "Neither the path of {} nor an enumerated member of its body tells which records it writes out, \
             all of them.",
            operation.key
        ))
    };
    if let Some(home) = by_path {
        let empty =
            || shape::body(operation).is_some_and(|schema| takes(contract, schema, &Map::new()));
        return match &operation.body {
            None => Ok(vec![Order { home, body: None }]),
            Some(_) if empty() => Ok(vec![Order {
                home,
                body: Some(Map::new()),
            }]),
            Some(_) => Err(untold()),
        };
    }
    let schema = shape::body(operation).ok_or_else(untold)?;
    let place = Place::of(contract, schema);
    let members = shape::members(&contract.schemas, schema);
    for member in &members {
        let kinds = place.member(&member.name);
        let listed = kinds.keyword("enum").filter_map(Value::as_array).flatten();
        let values: Vec<&Value> = listed.chain(kinds.keyword("const")).collect();
        let orders: Vec<Order<'a>> = values
            .into_iter()
            .filter_map(|value| {
                let thing = names::thing(value.as_str()?);
                let home = world.relations.collections_of(&thing).find_map(home)?;
                let body = std::iter::once((member.name.clone(), value.clone())).collect();
                Some(Order {
                    home,
                    body: Some(body),
                })
            })
            .take(MOST_KINDS)
            .collect();
        // Whatever else must be sent may narrow down what is written out.
        let alone = orders.iter().all(|order| {
            order
                .body
                .as_ref()
                .is_some_and(|body| takes(contract, schema, body))
        });
        if !orders.is_empty() && alone {
            return Ok(orders);
        }
    }
    Err(untold())
}

/// Whether a body of these members alone is valid.
fn takes(contract: &Contract, schema: &Schema, body: &Map<String, Value>) -> bool {
    let body = Value::Object(body.clone());
    contract.schemas.validate_request(schema, &body).is_valid()
}

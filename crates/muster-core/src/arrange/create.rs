//! Records of the run's own (owner of [`Created`]).

use std::collections::BTreeMap;

use serde_json::Value;

use super::{
    Arranged, answers,
    ownership::{self, Naming},
    relations::Relations,
    valid_request,
};
use crate::{
    contract::{Contract, Operation},
    exchange::Exchange,
    model::Responsible,
    script::{Halt, Script, Scripted},
    verdict::Unverified,
};

/// How often a creation that is in conflict with another record is tried.
const CONFLICTS: usize = 3;

/// A record that a conversation created.
#[derive(Debug, Clone)]
pub struct Created {
    /// The request that made it.
    pub arranged: Arranged,
    /// The whole exchange.
    pub exchange: Exchange,
    /// Its id, as the answer gives it.
    pub id: Option<Value>,
    /// Whether schema and names leave doubt that this is its id.
    pub is_guessed: bool,
    /// The variables of its item path, by name.
    pub keys: BTreeMap<String, String>,
    /// The record as the answer shows it.
    pub representation: Option<Value>,
    /// Where it lies: a path below the base URL.
    pub item: Option<String>,
}

/// Creates a fresh record through an operation that creates.
///
/// # Errors
/// Halts while answers are pending, when the request cannot be built, and when the answer is no success.
pub fn create<'a>(script: &mut Script<'a>, operation: &'a Operation) -> Scripted<Created> {
    let (arranged, exchange) = without_conflict(script, operation)?;
    let Some(response) = exchange.response() else {
        let responsible = match &exchange.outcome {
            crate::exchange::Outcome::Broken(breakage) => breakage.kind.responsible(),
            crate::exchange::Outcome::Answered(_) => Responsible::Muster,
        };
        return Err(Halt::unmet(
            responsible,
            format!(
                "No record could be created: {} got no response: {}",
                operation.key,
                exchange.received()
            ),
        ));
    };
    if !response.is_success() {
        let (responsible, reason) = super::exercise::refusal(&arranged, operation, response);
        return Err(Halt::unmet(
            responsible,
            format!("No record could be created: {reason}"),
        ));
    }
    let world = script.world;
    Ok(created(world.contract, world.relations, arranged, exchange))
}

/// The answer to a creation; where there is such a record already, to one with other values.
fn without_conflict<'a>(
    script: &mut Script<'a>,
    operation: &'a Operation,
) -> Scripted<(Arranged, Exchange)> {
    if let Some(gap) = always_refused(script, operation) {
        return Err(Halt::Unmet(gap));
    }
    let mut tries = 0;
    loop {
        let arranged = valid_request(script, operation)?;
        let mut request = arranged.request.clone();
        request.purpose = format!("creates a record through {}", operation.key);
        let exchange = script.send(request)?.clone();
        tries += 1;
        if exchange.status() != Some(409) || tries >= CONFLICTS {
            return Ok((arranged, exchange));
        }
    }
}

/// Why a creation is not sent that was refused before in the same way each time.
pub(super) fn always_refused(script: &Script<'_>, operation: &Operation) -> Option<Unverified> {
    let key = &operation.key;
    let how = script.world.known.always_refused(key)?;
    Some(Unverified::new(
        Responsible::TestData,
        format!(
            "{key} was refused several times in the same way, with {how}, so that it is not sent again. Give a body that it accepts under `data` in the target file: `{key} body`."
        ),
    ))
}

/// What a successful creation tells of the record it made.
pub fn created(
    contract: &Contract,
    relations: &Relations,
    arranged: Arranged,
    exchange: Exchange,
) -> Created {
    let found = ownership::named_record(contract, relations, &exchange);
    let thing = exchange
        .request
        .operation
        .as_ref()
        .and_then(|operation| relations.collection(operation))
        .map_or("", |collection| collection.thing.as_str());
    let representation = exchange
        .response()
        .and_then(|response| response.json().ok())
        .and_then(|body| answers::record(body, thing))
        .cloned();
    Created {
        id: found.as_ref().map(|found| found.id.clone()),
        is_guessed: found
            .as_ref()
            .is_some_and(|found| found.by == Naming::Guess),
        keys: found
            .as_ref()
            .map(|found| found.keys.iter().cloned().collect())
            .unwrap_or_default(),
        item: found.map(|found| found.path),
        representation,
        arranged,
        exchange,
    }
}

/// Where the record that an exchange made lies: a path below the base URL.
#[must_use]
pub fn item_address(
    contract: &Contract,
    relations: &Relations,
    exchange: &Exchange,
) -> Option<String> {
    ownership::named_record(contract, relations, exchange).map(|found| found.path)
}

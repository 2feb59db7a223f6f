//! Bodies for the records of a check: like another, unlike it, and half of each.

use serde_json::{Map, Value};

use crate::{
    support::fidelity_values,
    support::requests::{change, changed},
    support::resource::CreatedRecord,
    support::schema_view::Place,
};
use muster_core::{
    arrange::{shape, values::generated, vary},
    contract::Operation,
    exchange::{Exchange, Response},
    generate,
    model::Responsible,
    script::{Halt, ProbeContext, Script, Scripted},
};

/// A whole valid body for an operation on one record: what the record was made of as far as the
/// operation takes it, else a generated one.
pub(crate) fn body_for(
    world: ProbeContext<'_>,
    operation: &Operation,
    from: &Value,
    label: &str,
) -> Scripted<Value> {
    let none = |why: String| {
        Halt::unmet(
            Responsible::Muster,
            format!("No valid body for {} can be made: {why}.", operation.key),
        )
    };
    let schema = shape::body(operation)
        .ok_or_else(|| Halt::NotApplicable(format!("{} takes no JSON body.", operation.key)))?;
    let place = Place::of(world.contract, schema);
    if let Some(members) = from.as_object() {
        let known: Map<String, Value> = members
            .iter()
            .filter(|(name, _)| place.names(name))
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect();
        let known = Value::Object(known);
        if world
            .contract
            .schemas
            .validate_request(schema, &known)
            .is_valid()
        {
            return Ok(known);
        }
    }
    generated(
        &world,
        schema,
        generate::Place::Body,
        generate::Style::Plain,
        label,
    )
    .map_err(none)
}

/// A valid body that differs from another in every member that leaves room for it.
pub(crate) fn another_body(
    world: ProbeContext<'_>,
    operation: &Operation,
    from: &Value,
    round: usize,
) -> Value {
    shape::body(operation).map_or_else(
        || from.clone(),
        |schema| fidelity_values::varied(world, operation, schema, from, round),
    )
}

/// A body for one more record: as another, with new values of what no two records may share.
pub(crate) fn told_apart(
    world: ProbeContext<'_>,
    operation: &Operation,
    from: &Value,
    label: &str,
) -> Value {
    shape::body(operation).map_or_else(
        || from.clone(),
        |schema| vary::renewed(&world, operation, schema, from, true, label),
    )
}

/// Two bodies with half of the new values each, where a body is an object with several: what is left
/// of a body that is refused as a whole.
pub(crate) fn halves(plain: &Value, varied: &Value) -> Vec<Value> {
    let (Some(plain), Some(members)) = (plain.as_object(), varied.as_object()) else {
        return Vec::new();
    };
    [0, 1]
        .into_iter()
        .map(|half| {
            let mut body = plain.clone();
            let changed = members
                .iter()
                .filter(|(name, value)| plain.get(*name) != Some(value));
            for (index, (name, value)) in changed.enumerate() {
                if index % 2 == half {
                    body.insert(name.clone(), value.clone());
                }
            }
            Value::Object(body)
        })
        .collect()
}

/// Changes a record of the run's own by a whole body; where that is refused, by one with fewer new values,
/// since a rule that the schema does not tell may be at work. The body that was taken, and its answer.
pub(crate) fn changed_by<'a>(
    script: &mut Script<'a>,
    operation: &'a Operation,
    held: &CreatedRecord,
    plain: &Value,
    body: &Value,
    purpose: &str,
) -> Scripted<(Value, &'a Response)> {
    let mut tries = vec![body.clone()];
    tries.extend(halves(plain, body));
    for half in halves(plain, body) {
        tries.extend(halves(plain, &half));
    }
    tries.push(plain.clone());
    let mut tried: Vec<Value> = Vec::new();
    let mut first: Option<&'a Exchange> = None;
    for body in tries {
        let is_new = !tried.contains(&body) && is_valid(script.world, operation, &body);
        if !is_new && first.is_some() {
            continue;
        }
        tried.push(body.clone());
        let exchange = change(script, operation, held, Some(&body), purpose)?;
        if !matches!(exchange.status(), Some(400 | 409 | 422)) {
            return Ok((body, changed(operation, exchange)?));
        }
        first = first.or(Some(exchange));
    }
    match first {
        Some(exchange) => Err(changed(operation, exchange).err().unwrap_or(Halt::Pending)),
        None => Err(Halt::NotApplicable("Nothing is sent.".into())),
    }
}

fn is_valid(world: ProbeContext<'_>, operation: &Operation, body: &Value) -> bool {
    shape::body(operation).is_none_or(|schema| vary::is_valid(&world, schema, body))
}

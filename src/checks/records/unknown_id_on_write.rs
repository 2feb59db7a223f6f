//! `records.unknown-id-on-write`

use crate::{
    arrange::{serialise, shape, unknown_id},
    checks::{
        Applies, Check, Example, Kind, Line, Says, Scope,
        keeping::{Home, PEOPLE, answered, body_for, make, on_item, subject, to_item},
        probing::last_variable,
    },
    contract::{Contract, Operation, ParameterPlace},
    exchange::Request,
    model::Method,
    script::{Halt, Script, Scripted},
    verdict::{Finding, Judgement},
};

/// The check.
pub static CHECK: Check = Check {
    id: "records.unknown-id-on-write",
    purpose: "A write to an id that does not exist is not answered with success.",
    verifies: "PUT, PATCH and DELETE are sent with a valid body to an id that its schema allows and that cannot \
        exist. Success is a failure where the contract documents 404 or 410 for the operation. A PUT that \
        the contract lets create (201) may do so. Other refusals are not judged, nor are operations that \
        document neither status. The record, if one is made, is deleted at the end of the run where that \
        can be done.",
    matters: "A caller whose correction went to a mistyped id is told that all is well, and the wrong record \
        stands.",
    fix: "Look the record up first, and answer 404 when it is not there.",
    kind: Kind::Probe {
        scope: Scope::Operation(applies),
        run,
        writes: true,
    },
    examples: &[
        Example {
            title: "404",
            contract: PEOPLE,
            dialogue: &[
                Line::json("POST /people", 201, r#"{"id":"7"}"#),
                Line::empty("PUT /people/*", 404),
                Line::empty("PATCH /people/*", 404),
                Line::empty("DELETE /people/*", 404),
            ],
            says: Says::Pass,
        },
        Example {
            title: "Deleted, though it was never there",
            contract: PEOPLE,
            dialogue: &[
                Line::json("POST /people", 201, r#"{"id":"7"}"#),
                Line::empty("PUT /people/*", 404),
                Line::empty("PATCH /people/*", 404),
                Line::empty("DELETE /people/*", 204),
            ],
            says: Says::Fail("answered with success"),
        },
    ],
};

fn applies(contract: &Contract, operation: &Operation) -> Applies {
    let method = &operation.key.method;
    if !matches!(method, Method::Put | Method::Patch | Method::Delete) {
        return Applies::Beside;
    }
    match on_item(contract, operation, method) {
        Applies::Yes if operation.documents(404) || operation.documents(410) => Applies::Yes,
        Applies::Yes => Applies::No("The contract documents no 404 for it.".into()),
        other => other,
    }
}

fn run<'a>(script: &mut Script<'a>, operation: Option<&'a Operation>) -> Scripted {
    let operation = subject(operation)?;
    let world = script.world;
    let home = Home::of(world, operation)?;
    let none =
        || Halt::NotApplicable("No id was found that is allowed and sure not to exist.".into());
    let (_, name, _) = last_variable(&operation.key.path).ok_or_else(none)?;
    let unknown = operation
        .parameter(ParameterPlace::Path, name)
        .and_then(|parameter| unknown_id(&world, operation, parameter))
        .map(|id| serialise::scalar(&id))
        .filter(|id| id.len() >= 6)
        .ok_or_else(none)?;
    let held = make(script, &home)?;
    let body = match shape::body(operation) {
        Some(_) => Some(body_for(world, operation, &held.sent, "unknown")?),
        None => None,
    };
    let (collection, _) = held.path.rsplit_once('/').ok_or_else(none)?;
    let path = format!("{collection}/{}", serialise::encode(&unknown));
    let request = to_item(world, operation, &path, body.as_ref(), None)?;
    let exchange = script.send(Request {
        purpose: "writes to an id that cannot exist".into(),
        ..request
    })?;
    let response = answered(exchange)?;
    let creates =
        operation.key.method == Method::Put && response.status == 201 && operation.documents(201);
    if !response.is_success() || creates || response.status == 202 {
        return Ok(vec![Judgement::Pass]);
    }
    Ok(vec![
        Finding::new(
            "success",
            "A write to an id that does not exist is answered with success.",
            format!("{}: 404", operation.key),
            exchange.received(),
        )
        .at(operation.pointer.clone())
        .into(),
    ])
}

//! `records.unknown-id-on-write`

use crate::{
    Applies, Check, Example, Expect, Kind, Scope, ScriptedResponse,
    support::resource::{
        PEOPLE, ResourceOperations, answered, body_for, change, make, on_item, subject, to_item,
    },
};
use muster_core::{
    arrange::{hazard, serialise, shape, unknown_id, valid_request},
    contract::{Contract, Operation, ParameterPlace},
    exchange::Request,
    model::Method,
    script::{Halt, Script, Scripted},
    verdict::{Finding, Judgement},
};

/// The check.
pub static CHECK: Check = Check {
    id: "records.unknown-id-on-write",
    purpose: "The API does not report success for a write to an id that does not exist.",
    verifies: "PUT, PATCH and DELETE are sent with a valid body to an id that its schema allows and that cannot \
        exist, and so is POST where the path names a record: below a parent that does not exist, say. Where no id is sure not to exist, they go to that of a record that was \
        deleted just before. Success is a failure where the contract documents 404 or 410 for the operation. A PUT that \
        the contract lets create (201) may do so. Other refusals are not judged, nor are operations that \
        document neither status. The record, if one is made, is deleted at the end of the run where that \
        can be done.",
    matters: "A client whose correction went to a mistyped id is told that all is well, and the \
        wrong record stands.",
    fix: "Look the record up first, and return 404 when it is not there.",
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
                ScriptedResponse::json("POST /people", 201, r#"{"id":"7"}"#),
                ScriptedResponse::empty("PUT /people/*", 404),
                ScriptedResponse::empty("PATCH /people/*", 404),
                ScriptedResponse::empty("DELETE /people/*", 404),
            ],
            says: Expect::Pass,
        },
        Example {
            title: "Deleted, though it was never there",
            contract: PEOPLE,
            dialogue: &[
                ScriptedResponse::json("POST /people", 201, r#"{"id":"7"}"#),
                ScriptedResponse::empty("PUT /people/*", 404),
                ScriptedResponse::empty("PATCH /people/*", 404),
                ScriptedResponse::empty("DELETE /people/*", 204),
            ],
            says: Expect::Fail("receives a success"),
        },
    ],
};

fn applies(contract: &Contract, operation: &Operation) -> Applies {
    let method = &operation.key.method;
    if *method == Method::Post && operation.path_variables().next().is_some() {
        return match hazard(operation) {
            Some(reason) => Applies::No(reason),
            None if operation.documents(404) || operation.documents(410) => Applies::Yes,
            None => Applies::No("The contract documents no 404 for it.".into()),
        };
    }
    if !matches!(method, Method::Put | Method::Patch | Method::Delete) {
        return Applies::Irrelevant;
    }
    if *method == Method::Delete && operation.path_variables().count() > 1 {
        return Applies::No(
            "The 404 that the contract documents may be that of the parent, and a deletion of nothing may succeed.".into(),
        );
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
    let none =
        || Halt::NotApplicable("No id was found that is allowed and sure not to exist.".into());
    let name = operation.path_variables().last().ok_or_else(none)?;
    let unknown = operation
        .parameter(ParameterPlace::Path, name)
        .and_then(|parameter| unknown_id(&world, operation, parameter))
        .filter(|id| serialise::scalar(id).len() >= 6);
    if operation.key.method == Method::Post {
        let arranged = valid_request(script, operation)?;
        let unknown = unknown.ok_or_else(none)?;
        let request = arranged.with_path_value(world.contract, operation, name, unknown)?;
        return judged(script, operation, request);
    }
    let home = ResourceOperations::of(world, operation)?;
    if home.is_made_by_put() && operation.key.method == Method::Put {
        return Err(Halt::NotApplicable(
            "A PUT to an id that is free makes the record.".into(),
        ));
    }
    let held = make(script, &home)?;
    let body = match shape::body(operation) {
        Some(_) => Some(body_for(world, operation, &held.sent, "unknown")?),
        None => None,
    };
    let path = match unknown {
        Some(unknown) => {
            let (collection, _) = held.path.rsplit_once('/').ok_or_else(none)?;
            format!(
                "{collection}/{}",
                serialise::encode(&serialise::scalar(&unknown))
            )
        }
        // An id of few letters may be taken; that of a record that was deleted is free.
        None => {
            let delete = ResourceOperations::other(world, home.collection.delete.as_ref())
                .ok_or_else(none)?;
            let exchange = change(
                script,
                delete,
                &held,
                None,
                "deletes the record, so that its id is free",
            )?;
            if !answered(exchange)?.is_success() {
                return Err(none());
            }
            held.path.clone()
        }
    };
    let request = to_item(world, operation, &path, body.as_ref(), None)?;
    judged(script, operation, request)
}

fn judged<'a>(script: &mut Script<'a>, operation: &Operation, request: Request) -> Scripted {
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
            "A write to an id that does not exist receives a success.",
            format!("{}: 404", operation.key),
            exchange.received(),
        )
        .at(operation.pointer.clone())
        .into(),
    ])
}

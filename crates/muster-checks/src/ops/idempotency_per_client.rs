//! `ops.idempotency-per-client`

use crate::{
    Check, Example, Expect, Kind, Scope, ScriptedResponse,
    support::own_record::{
        PEOPLE, adds, fresh_key, idempotency_key, of_role, same_record, success, with,
    },
};
use muster_core::{
    arrange::{Role, valid_request},
    contract::{Operation, Parameter},
    exchange::{Request, Response},
    model::IdentityName,
    script::{Halt, Script, Scripted},
    verdict::{Finding, Judgement},
};

/// The check.
pub static CHECK: Check = Check {
    id: "ops.idempotency-per-client",
    purpose: "The scope of an Idempotency-Key is one client.",
    verifies: "For each operation that creates and takes an Idempotency-Key, where the target file names a \
        second identity that may create as well: the same request with the same key is sent as the first \
        identity and then as the other. The other gets a record of its own; the record of the first, or a \
        refusal for the key (409 or 422), fails. Identities that may not create are passed over.",
    matters: "Keys are chosen by clients and may meet. The response to one force must never show the record of another.",
    fix: "Keep keys under the client that sent them.",
    kind: Kind::Probe {
        scope: Scope::Operation(adds),
        run,
        writes: true,
    },
    examples: &[
        Example {
            title: "A record of its own",
            contract: PEOPLE,
            dialogue: &[
                ScriptedResponse::json("POST /people", 201, r#"{"id":"7"}"#),
                ScriptedResponse::json("POST /people", 201, r#"{"id":"8"}"#),
            ],
            says: Expect::Pass,
        },
        Example {
            title: "The record of another",
            contract: PEOPLE,
            dialogue: &[ScriptedResponse::json("POST /people", 201, r#"{"id":"7"}"#)],
            says: Expect::Fail("the record of another"),
        },
    ],
};

fn run<'a>(script: &mut Script<'a>, operation: Option<&'a Operation>) -> Scripted {
    let operation = of_role(script, operation, &[Role::Create])?;
    let (name, parameter) = idempotency_key(script, operation)?;
    if script.world.identities.len() < 2 {
        return Err(Halt::NotApplicable(
            "The target file names no second identity.".to_owned(),
        ));
    }
    let request = valid_request(script, operation)?.request;
    let key = fresh_key(script, parameter, operation.key.path.as_ref());
    let request = with(request, &name, &key, "creates a record with a key");
    let first = script.send(request.clone())?;
    success(first)?;
    for identity in script.world.identities.iter().skip(1) {
        let mut other = with(
            request.clone(),
            &name,
            &key,
            "creates a record with the same key as another client",
        );
        other.identity = identity.clone();
        let second = script.send(other)?;
        let Some(response) = second.response() else {
            continue;
        };
        let finding = match response.status {
            401 | 403 => continue,
            409 | 422 if !alone(script, &request, &name, parameter, identity)? => continue,
            409 | 422 => Finding::new(
                "refused",
                "A key is refused because another client used it.",
                format!("{} as {identity}: a new record", operation.key),
                second.received(),
            ),
            _ if !Response::is_success(response) => continue,
            _ if same_record(script, first, second) == Some(true) => Finding::new(
                "shared",
                "A client receives the record of another client that used the same key.",
                format!("{} as {identity}: a new record", operation.key),
                "the first client's record",
            ),
            _ => return Ok(vec![Judgement::Pass]),
        };
        return Ok(vec![finding.at(operation.pointer.clone()).into()]);
    }
    Err(Halt::NotApplicable(format!(
        "No second identity of the target file may call {}.",
        operation.key
    )))
}

/// Whether the same request is taken of an identity with a key of its own, so that a refusal was for the key.
fn alone<'a>(
    script: &mut Script<'a>,
    request: &Request,
    name: &str,
    parameter: Option<&Parameter>,
    identity: &IdentityName,
) -> Scripted<bool> {
    let key = fresh_key(script, parameter, identity.as_str());
    let mut request = with(
        request.clone(),
        name,
        &key,
        "creates the record as another client with a key of its own",
    );
    request.identity = identity.clone();
    Ok(script
        .send(request)?
        .response()
        .is_some_and(Response::is_success))
}

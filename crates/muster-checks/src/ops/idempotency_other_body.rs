//! `ops.idempotency-other-body`

use crate::{
    Check, Example, Expect, Kind, Scope, ScriptedResponse,
    support::own_record::{
        PEOPLE, adds, fresh_key, idempotency_key, of_role, success, variant, with,
    },
    support::probe::reached,
};
use muster_core::{
    arrange::{Role, valid_request},
    contract::Operation,
    model::Responsible,
    script::{Script, Scripted},
    verdict::{Finding, Judgement},
};

/// The check.
pub static CHECK: Check = Check {
    id: "ops.idempotency-other-body",
    purpose: "The API refuses an Idempotency-Key that is sent again with another body.",
    verifies: "For each operation that creates and takes an Idempotency-Key: a record is created \
        with a fresh key, then another valid body is sent with the same key. The response is 422 \
        or 409. A success fails, whether it makes a record or gives the first again; another \
        refusal is inconclusive, since it may be for another reason.",
    matters: "A client that mixes up its keys would be told that a record was stored which never was.",
    fix: "Keep a hash of the body with the key, and return 422 where it differs.",
    kind: Kind::Probe {
        scope: Scope::Operation(adds),
        run,
        writes: true,
    },
    examples: &[
        Example {
            title: "Refused",
            contract: PEOPLE,
            dialogue: &[
                ScriptedResponse::json("POST /people", 201, r#"{"id":"7"}"#),
                ScriptedResponse::empty("POST /people", 422),
            ],
            says: Expect::Pass,
        },
        Example {
            title: "Answered as the first was",
            contract: PEOPLE,
            dialogue: &[ScriptedResponse::json("POST /people", 201, r#"{"id":"7"}"#)],
            says: Expect::Fail("another body"),
        },
        Example {
            title: "Refused for a reason of its own",
            contract: PEOPLE,
            dialogue: &[
                ScriptedResponse::json("POST /people", 201, r#"{"id":"7"}"#),
                ScriptedResponse::empty("POST /people", 400),
            ],
            says: Expect::Inconclusive,
        },
    ],
};

fn run<'a>(script: &mut Script<'a>, operation: Option<&'a Operation>) -> Scripted {
    let operation = of_role(script, operation, &[Role::Create])?;
    let (name, parameter) = idempotency_key(script, operation)?;
    let arranged = valid_request(script, operation)?;
    let key = fresh_key(script, parameter, operation.key.path.as_ref());
    let other = variant(script, operation, &arranged, 3, None)?;
    let other = arranged.with_body(script.world.contract, operation, other)?;
    let request = with(arranged.request, &name, &key, "creates a record with a key");
    success(script.send(request)?)?;
    let request = with(other, &name, &key, "sends another body with the same key");
    let exchange = script.send(request)?;
    let judgement = match reached(exchange) {
        Err(judgement) => judgement,
        Ok(response) if matches!(response.status, 409 | 422) => Judgement::Pass,
        Ok(response) if response.is_success() => Finding::new(
            "taken",
            "A used key is accepted with another body.",
            format!("{}: 422", operation.key),
            exchange.received(),
        )
        .at(operation.pointer.clone())
        .into(),
        Ok(_) => Judgement::inconclusive(
            Responsible::Supplier,
            format!(
                "{} returned {} to a key with another body, and the reason is not known. Return 422 or 409.",
                operation.key,
                exchange.received()
            ),
        ),
    };
    Ok(vec![judgement])
}

//! `records.status-by-method`

use crate::{
    Applies, Check, Example, Expect, Kind, Scope, ScriptedResponse,
    support::resource::{PEOPLE, ResourceOperations, make_simple, on_create, subject},
};
use muster_core::{
    contract::{Contract, Operation},
    script::{Script, Scripted},
    verdict::{Finding, Judgement},
};

/// The check.
pub static CHECK: Check = Check {
    id: "records.status-by-method",
    purpose: "The API returns the documented status code for a creation.",
    verifies: "A valid record is created. Where the contract documents 201, and no other success \
        by its code, the response is 201. Contracts that document several successes, a range or \
        only `default` are not judged.",
    matters: "Generated clients look for 201 and take any other success for something else: they \
        drop the response, or create again.",
    fix: "Return 201 with the new record; where a framework returns 200 by default, set the status.",
    kind: Kind::Probe {
        scope: Scope::Operation(applies),
        run,
        writes: true,
    },
    examples: &[
        Example {
            title: "201",
            contract: PEOPLE,
            dialogue: &[ScriptedResponse::json("POST /people", 201, r#"{"id":"7"}"#)],
            says: Expect::Pass,
        },
        Example {
            title: "200",
            contract: PEOPLE,
            dialogue: &[ScriptedResponse::json("POST /people", 200, r#"{"id":"7"}"#)],
            says: Expect::Fail("receives 200"),
        },
    ],
};

fn applies(contract: &Contract, operation: &Operation) -> Applies {
    match on_create(contract, operation) {
        Applies::Yes => {}
        other => return other,
    }
    let others = (200..300).any(|status| status != 201 && operation.documents(status));
    if operation.documents(201) && !others {
        Applies::Yes
    } else {
        Applies::No("The contract does not document 201 alone.".into())
    }
}

fn run<'a>(script: &mut Script<'a>, operation: Option<&'a Operation>) -> Scripted {
    let operation = subject(operation)?;
    let home = ResourceOperations::of(script.world, operation)?;
    let held = make_simple(script, &home)?;
    let exchange = &held.created.exchange;
    let status = exchange.status().unwrap_or_default();
    Ok(vec![if status == 201 {
        Judgement::Pass
    } else {
        Finding::new(
            format!("answered {status}"),
            format!("A creation receives {status}."),
            format!("{}: 201", operation.key),
            exchange.received(),
        )
        .at(operation.pointer.clone())
        .into()
    }])
}

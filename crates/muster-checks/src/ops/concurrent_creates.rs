//! `ops.concurrent-creates`

use std::collections::BTreeSet;

use crate::{
    Check, Example, Expect, Kind, Scope, ScriptedResponse,
    support::own_record::{
        PEOPLE, adds, fresh_key, idempotency_key, identity_of, of_role, success, with,
    },
};
use muster_core::{
    arrange::{Role, valid_request},
    contract::Operation,
    script::{Halt, Script, Scripted},
    verdict::{Finding, Judgement},
};

/// How many records are created at once.
const AT_ONCE: usize = 4;
/// How often.
const ROUNDS: usize = 2;

/// The check.
pub static CHECK: Check = Check {
    id: "ops.concurrent-creates",
    purpose: "Concurrent creations create different records.",
    verifies: "For each operation that creates: 4 valid requests are sent at once, twice over, \
        each with an Idempotency-Key of its own where the operation takes one. Every response that \
        is a success names another record, by its id or Location. Twelve pairs meet: an API in \
        which one pair in three collides is missed in fewer than 1 run in 100.",
    matters: "Ids that are made of a counter or the clock collide on a busy day, and one force's record \
        ends under another's name.",
    fix: "Let the database give the ids, or use random UUIDs; hold no state between requests that two of \
        them can share.",
    kind: Kind::Probe {
        scope: Scope::Operation(adds),
        run,
        writes: true,
    },
    examples: &[
        Example {
            title: "Eight records",
            contract: PEOPLE,
            dialogue: &[
                ScriptedResponse::json("POST /people", 201, r#"{"id":"1"}"#),
                ScriptedResponse::json("POST /people", 201, r#"{"id":"2"}"#),
                ScriptedResponse::json("POST /people", 201, r#"{"id":"3"}"#),
                ScriptedResponse::json("POST /people", 201, r#"{"id":"4"}"#),
                ScriptedResponse::json("POST /people", 201, r#"{"id":"5"}"#),
                ScriptedResponse::json("POST /people", 201, r#"{"id":"6"}"#),
                ScriptedResponse::json("POST /people", 201, r#"{"id":"7"}"#),
                ScriptedResponse::json("POST /people", 201, r#"{"id":"8"}"#),
            ],
            says: Expect::Pass,
        },
        Example {
            title: "One id twice",
            contract: PEOPLE,
            dialogue: &[
                ScriptedResponse::json("POST /people", 201, r#"{"id":"1"}"#),
                ScriptedResponse::json("POST /people", 201, r#"{"id":"2"}"#),
                ScriptedResponse::json("POST /people", 201, r#"{"id":"2"}"#),
            ],
            says: Expect::Fail("same record"),
        },
        Example {
            title: "All refused",
            contract: PEOPLE,
            dialogue: &[ScriptedResponse::empty("POST /people", 409)],
            says: Expect::Inconclusive,
        },
    ],
};

fn run<'a>(script: &mut Script<'a>, operation: Option<&'a Operation>) -> Scripted {
    let operation = of_role(script, operation, &[Role::Create])?;
    let key = idempotency_key(script, operation).ok();
    let mut seen = BTreeSet::new();
    let mut made = 0;
    for round in 0..ROUNDS {
        let mut requests = Vec::new();
        for place in 0..AT_ONCE {
            let mut request = valid_request(script, operation)?.request;
            request.purpose = "creates a record at the same time as others".into();
            if let Some((name, parameter)) = &key {
                let label = format!("{}{round}-{place}", operation.key.path);
                let key = fresh_key(script, *parameter, &label);
                let purpose = request.purpose.clone();
                request = with(request, name, &key, &purpose);
            }
            requests.push(request);
        }
        let exchanges = script.send_all(requests)?;
        for exchange in exchanges {
            if success(exchange).is_ok() {
                made += 1;
                let Some(identity) = identity_of(script, exchange) else {
                    return Err(Halt::NotApplicable(format!(
                        "The answers of {} name no record.",
                        operation.key
                    )));
                };
                if !seen.insert(identity.clone()) {
                    return Ok(vec![
                        Finding::new(
                            "same",
                            "Two concurrent creations receive the same record.",
                            format!("{}: a record each", operation.key),
                            identity,
                        )
                        .at(operation.pointer.clone())
                        .into(),
                    ]);
                }
            }
        }
        if made == 0
            && let Some(first) = exchanges.first()
        {
            success(first)?;
        }
    }
    Ok(vec![Judgement::Pass])
}

//! `ops.concurrent-creates`

use std::collections::BTreeMap;

use crate::{
    arrange::{Role, valid_request},
    checks::{
        Check, Example, Kind, Line, Says, Scope,
        operating::{
            PEOPLE, adds, fresh_key, idempotency_key, identity_of, of_role, success, with,
        },
    },
    contract::Operation,
    exchange::Request,
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
        which one pair in three collides is missed in fewer than 1 run in 100. Where equal bodies \
        receive the same record, one of them is sent again alone: an API that then names that record \
        once more finds what is equal, which is no race, and the check does not apply.",
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
                Line::json("POST /people", 201, r#"{"id":"1"}"#),
                Line::json("POST /people", 201, r#"{"id":"2"}"#),
                Line::json("POST /people", 201, r#"{"id":"3"}"#),
                Line::json("POST /people", 201, r#"{"id":"4"}"#),
                Line::json("POST /people", 201, r#"{"id":"5"}"#),
                Line::json("POST /people", 201, r#"{"id":"6"}"#),
                Line::json("POST /people", 201, r#"{"id":"7"}"#),
                Line::json("POST /people", 201, r#"{"id":"8"}"#),
            ],
            says: Says::Pass,
        },
        Example {
            title: "One id twice",
            contract: PEOPLE,
            dialogue: &[
                Line::json("POST /people", 201, r#"{"id":"1"}"#),
                Line::json("POST /people", 201, r#"{"id":"2"}"#),
                Line::json("POST /people", 201, r#"{"id":"2"}"#),
                Line::json("POST /people", 201, r#"{"id":"3"}"#),
                Line::json("POST /people", 201, r#"{"id":"4"}"#),
            ],
            says: Says::Fail("same record"),
        },
        Example {
            title: "Equal bodies receive the record that is there",
            contract: PEOPLE,
            dialogue: &[
                Line::json("POST /people", 201, r#"{"id":"1"}"#),
                Line::json("POST /people", 200, r#"{"id":"1"}"#),
                Line::json("POST /people", 200, r#"{"id":"1"}"#),
                Line::json("POST /people", 200, r#"{"id":"1"}"#),
                Line::json("POST /people", 200, r#"{"id":"1"}"#),
            ],
            says: Says::Nothing,
        },
        Example {
            title: "All refused",
            contract: PEOPLE,
            dialogue: &[Line::empty("POST /people", 409)],
            says: Says::Inconclusive,
        },
    ],
};

fn run<'a>(script: &mut Script<'a>, operation: Option<&'a Operation>) -> Scripted {
    let operation = of_role(script, operation, &[Role::Create])?;
    let key = idempotency_key(script, operation).ok();
    let mut seen: BTreeMap<String, &Request> = BTreeMap::new();
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
                if let Some(other) = seen.insert(identity.clone(), &exchange.request) {
                    let alone = Request {
                        purpose: "sends the same again, alone".into(),
                        ..exchange.request.clone()
                    };
                    let alone = match &key {
                        Some((name, parameter)) => {
                            let label = format!("{} alone", operation.key.path);
                            let key = fresh_key(script, *parameter, &label);
                            let purpose = alone.purpose.clone();
                            with(alone, name, &key, &purpose)
                        }
                        None => alone,
                    };
                    if body_of(other) == body_of(&exchange.request) {
                        not_the_equal_one(script, operation, alone, &identity)?;
                    }
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

fn body_of(request: &Request) -> Option<&[u8]> {
    request.body.as_ref().map(|body| &*body.bytes)
}

/// Two requests with equal bodies received one record. Where a third, `alone`, receives it too, the API answers with the
/// record that is there.
fn not_the_equal_one<'a>(
    script: &mut Script<'a>,
    operation: &Operation,
    alone: Request,
    identity: &str,
) -> Scripted<()> {
    let exchange = script.send(alone)?;
    if success(exchange).is_ok() && identity_of(script, exchange).as_deref() == Some(identity) {
        return Err(Halt::NotApplicable(format!(
            "{} answers equal content with the record that is there, so that nothing shows a race.",
            operation.key
        )));
    }
    Ok(())
}

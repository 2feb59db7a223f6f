//! `ops.reads-whole`

use std::collections::BTreeMap;

use serde_json::Value;

use crate::{
    Applies, Check, Example, Expect, Kind, Scope, ScriptedResponse,
    examples::states::{ROUNDS, state},
    support::own_record::{Own, PEOPLE, free_member, member_of, of_role, success, when},
    support::probe::last_variable,
};
use muster_core::{
    arrange::Role,
    contract::{Contract, Operation},
    exchange::Response,
    model::Method,
    script::{Halt, Script, Scripted},
    verdict::{Finding, Judgement},
};

/// The check.
pub static CHECK: Check = Check {
    id: "ops.reads-whole",
    purpose: "The API returns the old version or the new one, never a mix, of a record that is \
        being written.",
    verifies: "For each PUT of one record with two properties that are free: a record of the run's \
        own is replaced, both properties at once, and read three times at the same time, 7 times \
        over. Each read that succeeds shows both properties as they were or both as they were \
        sent. Where a replacement is refused, the round is not judged. An API whose gap is hit \
        every second time is missed once in 128 runs.",
    matters: "Half of the old address and half of the new one is an address where nobody lives.",
    fix: "Write and read a record in one transaction each, or as one value.",
    kind: Kind::Probe {
        scope: Scope::Operation(applies),
        run,
        writes: true,
    },
    examples: &[
        Example {
            title: "Old or new",
            contract: PEOPLE,
            dialogue: &[
                ScriptedResponse::json("POST /people", 201, r#"{"id":"7"}"#),
                ScriptedResponse::json("GET /people/7", 200, OLD),
                ScriptedResponse::empty("PUT /people/7", 409),
                ScriptedResponse::json("GET /people/7", 200, OLD),
            ],
            says: Expect::Nothing,
        },
        Example {
            title: "Half of each",
            contract: PEOPLE,
            dialogue: &[
                ScriptedResponse::json("POST /people", 201, r#"{"id":"7"}"#),
                ScriptedResponse::json("GET /people/7", 200, OLD),
                ScriptedResponse::json("PUT /people/7", 200, "{}"),
                ScriptedResponse::json(
                    "GET /people/7",
                    200,
                    r#"{"name":"Zz","notes":"Zztest C2"}"#,
                ),
            ],
            says: Expect::Fail("half"),
        },
        Example {
            title: "New",
            contract: PEOPLE,
            dialogue: &[
                ScriptedResponse::json("POST /people", 201, r#"{"id":"7"}"#),
                ScriptedResponse::json("GET /people/7", 200, OLD),
                ScriptedResponse::json("PUT /people/7", 200, "{}"),
                state(0),
                state(0),
                state(0),
                state(1),
                state(1),
                state(1),
                state(2),
                state(2),
                state(2),
                state(3),
                state(3),
                state(3),
                state(4),
                state(4),
                state(4),
                state(5),
                state(5),
                state(5),
                state(6),
                state(6),
                state(6),
            ],
            says: Expect::Pass,
        },
    ],
};

const OLD: &str = r#"{"name":"Zz","notes":"Yy"}"#;

fn applies(_: &Contract, operation: &Operation) -> Applies {
    when(operation.key.method == Method::Put && last_variable(&operation.key.path).is_some())
}

fn run<'a>(script: &mut Script<'a>, operation: Option<&'a Operation>) -> Scripted {
    let change = of_role(script, operation, &[Role::Replace])?;
    let own = Own::of(script, change)?;
    let before = success(script.send(own.reading("reads a record before it is written"))?)?;
    let mut sent: BTreeMap<String, Value> = BTreeMap::new();
    let mut judged = false;
    for round in 0..ROUNDS {
        let n = 2 * round + 1;
        let one = free_member(script, change, &own.arranged, n, None)?;
        let other = free_member(script, change, &own.arranged, n + 1, Some(&one.0))?;
        let mut body = own.arranged.body().cloned().unwrap_or(Value::Null);
        if let Some(members) = body.as_object_mut() {
            for (name, value) in [&one, &other] {
                members.insert(name.clone(), value.clone());
            }
        }
        let mut write = own.changing_to(script, body, None)?;
        write.purpose = "replaces a record while it is read".into();
        let mut requests = vec![write];
        for _ in 0..3 {
            requests.push(own.reading("reads a record while it is written"));
        }
        let exchanges = script.send_all(requests)?;
        let written = exchanges
            .first()
            .and_then(|exchange| exchange.response())
            .is_some_and(Response::is_success);
        if !written {
            break;
        }
        let old = |name: &str| sent.get(name).or_else(|| member_of(before, name)).cloned();
        let (first, second) = (old(&one.0), old(&other.0));
        let was = (first.as_ref(), second.as_ref());
        let is = (Some(&one.1), Some(&other.1));
        for read in exchanges.iter().skip(1) {
            let Some(response) = read.response().filter(|response| response.is_success()) else {
                continue;
            };
            let now = (member_of(response, &one.0), member_of(response, &other.0));
            let mixed = (now.0 == is.0 && now.1 == was.1) || (now.0 == was.0 && now.1 == is.1);
            if mixed && now != is && now != was {
                return Ok(vec![
                    Finding::new(
                        "mixed",
                        "A read returns half of a write: one property is new, another is old.",
                        format!(
                            "{}: `{}` and `{}` both old or both new",
                            own.read.key, one.0, other.0
                        ),
                        "one of each",
                    )
                    .at(own.read.pointer.clone())
                    .into(),
                ]);
            }
            judged |= now == is || now == was;
        }
        sent.extend([one, other]);
    }
    if judged {
        Ok(vec![Judgement::Pass])
    } else {
        Err(Halt::NotApplicable(format!(
            "{} could not be called without a condition, or its properties do not show in {}.",
            change.key, own.read.key
        )))
    }
}

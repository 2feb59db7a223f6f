//! `security.mass-assignment`

use std::collections::VecDeque;

use serde_json::{Map, Value, json};

use crate::{
    Applies, Check, Example, Expect, Kind, Scope, ScriptedResponse,
    support::owned_record::PEOPLE,
    support::probe::reached,
    support::resource::{Made, ResourceOperations, brief, read, send, subject, workable},
};
use muster_core::{
    arrange::{names, shape, vary},
    contract::{Contract, Operation, Schema},
    model::{Method, Responsible},
    script::{Halt, ProbeContext, Script, Scripted},
    verdict::{Finding, Judgement},
};

/// The check.
pub static CHECK: Check = Check {
    id: "security.mass-assignment",
    purpose: "Clients cannot set properties that only the API may set.",
    verifies: "A record is created and read back. Then another is created whose body also holds, \
        with other values, the properties that the contract marks `readOnly`, and properties of \
        rights and ownership that it shows and does not take (`owner`, `role`, `tenant` and the \
        like). Refusing that is right, and so is overlooking them: read back, none has the value \
        that was sent. A third body brings `isAdmin` and `role`, which the contract does not have: \
        where the API keeps them, it is inconclusive, for the contract cannot say what they do.",
    matters: "Frameworks that copy every property of a body into a record let clients say who owns \
        it, who made it and when, or give themselves a role.",
    fix: "Copy the properties that clients may set by name, or refuse bodies with others \
        (`additionalProperties: false`).",
    kind: Kind::Probe {
        scope: Scope::Operation(applies),
        run,
        writes: true,
    },
    examples: &[
        Example {
            title: "Refused",
            contract: PEOPLE,
            dialogue: &[
                ScriptedResponse::json("POST /people", 201, r#"{"id":"1"}"#),
                ScriptedResponse::json("GET /people/1", 200, r#"{"id":"1","owner":"ZZ01"}"#),
                ScriptedResponse::empty("POST /people", 400),
            ],
            says: Expect::Pass,
        },
        Example {
            title: "Overlooked",
            contract: PEOPLE,
            dialogue: &[
                ScriptedResponse::json("POST /people", 201, r#"{"id":"1"}"#),
                ScriptedResponse::json("GET /people/1", 200, r#"{"id":"1","owner":"ZZ01"}"#),
                ScriptedResponse::json("POST /people", 201, r#"{"id":"2"}"#),
                ScriptedResponse::json("GET /people/2", 200, r#"{"id":"2","owner":"ZZ01"}"#),
                ScriptedResponse::json("POST /people", 201, r#"{"id":"3"}"#),
                ScriptedResponse::json("GET /people/3", 200, r#"{"id":"3","owner":"ZZ01"}"#),
            ],
            says: Expect::Pass,
        },
        Example {
            title: "The client sets the owner",
            contract: PEOPLE,
            dialogue: &[
                ScriptedResponse::json("POST /people", 201, r#"{"id":"1"}"#),
                ScriptedResponse::json("GET /people/1", 200, r#"{"id":"1","owner":"ZZ01"}"#),
                ScriptedResponse::json("POST /people", 201, r#"{"id":"2"}"#),
                ScriptedResponse::json("GET /people/2", 200, r#"{"id":"2","owner":"ZZ51"}"#),
            ],
            says: Expect::Fail("can set"),
        },
        Example {
            title: "A role that the contract does not know",
            contract: PEOPLE,
            dialogue: &[
                ScriptedResponse::json("POST /people", 201, r#"{"id":"1"}"#),
                ScriptedResponse::json("GET /people/1", 200, r#"{"id":"1","owner":"ZZ01"}"#),
                ScriptedResponse::json("POST /people", 201, r#"{"id":"2"}"#),
                ScriptedResponse::json("GET /people/2", 200, r#"{"id":"2","owner":"ZZ01"}"#),
                ScriptedResponse::json("POST /people", 201, r#"{"id":"3"}"#),
                ScriptedResponse::json(
                    "GET /people/3",
                    200,
                    r#"{"id":"3","owner":"ZZ01","isAdmin":true}"#,
                ),
            ],
            says: Expect::Inconclusive,
        },
    ],
};

/// Members, folded, that say who may do what with a record.
const PRIVILEGED: &[&str] = &[
    "owner",
    "ownerid",
    "owningforce",
    "role",
    "roles",
    "permissions",
    "scopes",
    "tenant",
    "tenantid",
    "isadmin",
    "admin",
    "force",
    "forceid",
    "createdby",
    "verified",
    "approved",
    "approvedby",
];

fn applies(_: &Contract, operation: &Operation) -> Applies {
    if operation.key.method != Method::Post || shape::body(operation).is_none() {
        return Applies::Irrelevant;
    }
    match muster_core::arrange::hazard(operation) {
        Some(reason) => Applies::No(reason),
        None => Applies::Yes,
    }
}

fn run<'a>(script: &mut Script<'a>, operation: Option<&'a Operation>) -> Scripted {
    let operation = subject(operation)?;
    let world = script.world;
    let home = ResourceOperations::of(world, operation)?;
    let schema = home
        .sent_schema()
        .filter(|_| home.create.key == operation.key)
        .ok_or_else(|| Halt::NotApplicable("It makes no record that can be read.".into()))?;
    let (arranged, held) = workable(script, &home)?;
    let before = read(script, &home, &held)?.clone();
    let Some(body) = arranged.body().cloned() else {
        return Err(Halt::NotApplicable("Its body is not JSON.".into()));
    };
    let forbidden = forbidden(world, &home, schema, &before);
    let strange: Map<String, Value> = [("isAdmin", json!(true)), ("role", json!("admin"))]
        .into_iter()
        .filter(|(name, _)| before.get(name).is_none() && !body_names(world, schema, name))
        .map(|(name, value)| (name.to_owned(), value))
        .collect();
    let mut judgements = Vec::new();
    let mut tries = VecDeque::from([
        (forbidden, "read-only".to_owned(), true),
        (strange, "undeclared".to_owned(), false),
    ]);
    while let Some((more, label, declared)) = tries.pop_front() {
        if more.is_empty() {
            continue;
        }
        let mut fresh = vary::renewed(&world, operation, schema, &body, false, &label);
        let Value::Object(members) = &mut fresh else {
            continue;
        };
        members.extend(more.clone());
        let purpose = format!("creates a record with {label} properties");
        let mut arranged = arranged.clone();
        arranged.request.intent = muster_core::exchange::Intent::Wrong(format!("{label} members"));
        let held = match send(script, &home, &arranged, Some(fresh), &purpose)? {
            Made::Record(held) => *held,
            Made::Refused(exchange) => {
                // One that is refused may stand before another that is not.
                if declared && more.len() > 1 {
                    tries.extend(more.into_iter().map(|(name, value)| {
                        let label = format!("the API's own `{name}` among its");
                        (Map::from_iter([(name, value)]), label, true)
                    }));
                }
                judgements.push(match reached(exchange) {
                    Ok(response) if response.status < 500 => Judgement::Pass,
                    Ok(response) => Judgement::inconclusive(
                        Responsible::Supplier,
                        format!("{} returned {}.", operation.key, response.status),
                    ),
                    // Refusing the caller is refusing the members.
                    Err(_) if exchange.status() == Some(403) => Judgement::Pass,
                    Err(judgement) => judgement,
                });
                continue;
            }
        };
        let after = read(script, &home, &held)?;
        let set: Vec<&String> = more
            .iter()
            .filter(|(name, value)| after.get(name.as_str()) == Some(value))
            .map(|(name, _)| name)
            .collect();
        judgements.push(match (set.first(), declared) {
            (None, _) => Judgement::Pass,
            (Some(name), true) => Finding::new(
                format!("sets {name}"),
                format!("A client can set `{name}`, which is the API's own to set."),
                format!("{}: refused, or another value than was sent", operation.key),
                format!("`{name}` is {}", brief(after.get(name.as_str()))),
            )
            .at(operation.pointer.clone())
            .into(),
            (Some(name), false) => Judgement::inconclusive(
                Responsible::Supplier,
                format!(
                    "{} keeps a property `{name}` that its contract does not have; what it does is not known. Close \
                    the schema with `additionalProperties: false`, or describe it.",
                    operation.key
                ),
            ),
        });
    }
    if judgements.is_empty() {
        judgements.push(Judgement::not_applicable(
            "The contract shows no property that is the API's own to set.",
        ));
    }
    Ok(judgements)
}

fn body_names(world: ProbeContext<'_>, schema: &Schema, name: &str) -> bool {
    shape::members(&world.contract.schemas, schema)
        .iter()
        .any(|member| member.name == name)
}

/// The members that callers may not set, with other values than the record has.
fn forbidden(
    world: ProbeContext<'_>,
    home: &ResourceOperations<'_>,
    sent: &Schema,
    before: &Value,
) -> Map<String, Value> {
    let schemas = &world.contract.schemas;
    let taken = shape::members(schemas, sent);
    let shown = shape::success(home.read)
        .map(|schema| shape::members(schemas, schema))
        .unwrap_or_default();
    let mut forbidden = Map::new();
    for (name, value) in before.as_object().into_iter().flatten() {
        // Who chooses the id of a new record gains no right by it, and many APIs allow it.
        if matches!(names::folded(name).as_str(), "id" | "uuid" | "guid") {
            continue;
        }
        let takes = taken.iter().find(|member| member.name == *name);
        let shows = shown.iter().find(|member| member.name == *name);
        let read_only = takes.iter().chain(&shows).any(|member| member.read_only);
        let privileged = takes.is_none() && PRIVILEGED.contains(&names::folded(name).as_str());
        let schema = shows.or(takes).map(|member| &member.schema);
        if (read_only || privileged)
            && let Some(other) = schema.and_then(|schema| other(world, schema, value))
        {
            forbidden.insert(name.clone(), other);
        }
    }
    forbidden
}

/// Another valid value of the same kind.
fn other(world: ProbeContext<'_>, schema: &Schema, value: &Value) -> Option<Value> {
    let mut candidates = match value {
        Value::Bool(held) => vec![json!(!held)],
        Value::Number(number) => number
            .as_i64()
            .map(|number| {
                // Far away first: the next number may be the one that the API gives.
                [FAR, -FAR, 97, -97, -1]
                    .into_iter()
                    .map(|by| json!(number.saturating_add(by)))
                    .collect()
            })
            .unwrap_or_default(),
        Value::String(text) => {
            let mut candidates = vec![
                json!("2001-02-03T04:05:06Z"),
                json!("2001-02-03"),
                json!(vary::uuid(&world, "another value")),
            ];
            candidates.extend(turned(text).map(Value::from));
            candidates
        }
        _ => Vec::new(),
    };
    candidates.retain(|candidate| candidate != value);
    candidates
        .into_iter()
        .find(|candidate| vary::is_valid(&world, schema, candidate))
}

/// Farther than a counter comes between two creations of a run.
const FAR: i64 = 100_003;

/// A text with one letter or digit turned into another: the first of the digits at its end, since the last one may count.
fn turned(text: &str) -> Option<String> {
    let last = text.rfind(|letter: char| letter.is_ascii_alphanumeric())?;
    let head = text.get(..=last)?;
    let digits = head.bytes().rev().take_while(u8::is_ascii_digit).count();
    let at = if digits == 0 {
        last
    } else {
        head.len() - digits
    };
    let other = match text.get(at..)?.chars().next()? {
        digit @ '0'..='4' => char::from(u8::try_from(digit).ok()?.checked_add(5)?),
        digit @ '5'..='9' => char::from(u8::try_from(digit).ok()?.checked_sub(4)?),
        'z' => 'y',
        'Z' => 'Y',
        letter => char::from(u8::try_from(letter).ok()?.checked_add(1)?),
    };
    let (before, rest) = text.split_at(at);
    Some(format!("{before}{other}{}", rest.get(1..)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_text_is_not_the_next_one_of_a_counter() {
        for (text, other) in [
            ("EX-0001", "EX-5001"),
            ("EX-9", "EX-5"),
            ("open", "opeo"),
            ("(z)", "(y)"),
        ] {
            assert_eq!(turned(text).as_deref(), Some(other), "{text}");
        }
        assert_eq!(turned("-"), None);
    }
}

//! `records.created-is-found`

use crate::{
    Check, Example, Expect, Kind, Scope, ScriptedResponse,
    support::resource::{
        PEOPLE, ResourceOperations, answered, get, make_simple, makes_record, subject, until,
    },
};
use muster_core::{
    arrange::{answers, names, serialise},
    contract::Operation,
    model::Responsible,
    script::{Halt, Script, Scripted},
    verdict::{Finding, Judgement},
};

/// The check.
pub static CHECK: Check = Check {
    id: "records.created-is-found",
    purpose: "A created record can be read by its id.",
    verifies: "A valid record is created, then read under the id in the response. The read \
        succeeds within `settle_ms` (a parameter, 2,000 unless set), and the record that comes has \
        that id. Creations that receive 202 are not judged: nothing says when the record will be \
        there.",
    matters: "A client that was told 201 has handed the record over and keeps no other copy. If it \
        cannot be read, it is lost, and nobody knows.",
    fix: "Return 201 after the record is stored, not before, and give the id it is stored under.",
    kind: Kind::Probe {
        scope: Scope::Operation(makes_record),
        run,
        writes: true,
    },
    examples: &[
        Example {
            title: "Found",
            contract: PEOPLE,
            dialogue: &[
                ScriptedResponse::json("POST /people", 201, r#"{"id":"7","name":"Zz"}"#),
                ScriptedResponse::json("GET /people/7", 200, r#"{"id":"7","name":"Zz"}"#),
            ],
            says: Expect::Pass,
        },
        Example {
            title: "Found a moment later",
            contract: PEOPLE,
            dialogue: &[
                ScriptedResponse::json("POST /people", 201, r#"{"id":"7","name":"Zz"}"#),
                ScriptedResponse::empty("GET /people/7", 404),
                ScriptedResponse::json("GET /people/7", 200, r#"{"id":"7","name":"Zz"}"#),
            ],
            says: Expect::Pass,
        },
        Example {
            title: "Lost",
            contract: PEOPLE,
            dialogue: &[
                ScriptedResponse::json("POST /people", 201, r#"{"id":"7","name":"Zz"}"#),
                ScriptedResponse::empty("GET /people/7", 404),
            ],
            says: Expect::Fail("cannot be read"),
        },
        Example {
            title: "Another one",
            contract: PEOPLE,
            dialogue: &[
                ScriptedResponse::json("POST /people", 201, r#"{"id":"7","name":"Zz"}"#),
                ScriptedResponse::json("GET /people/7", 200, r#"{"id":"8","name":"Zz"}"#),
            ],
            says: Expect::Fail("another id"),
        },
        Example {
            title: "Read under its secret, which is not an id",
            contract: PEOPLE,
            dialogue: &[
                ScriptedResponse::new(
                    "POST /people",
                    201,
                    &[("location", "/people/5f0c2d9ab1e7")],
                    "{}",
                ),
                ScriptedResponse::json(
                    "GET /people/5f0c2d9ab1e7",
                    200,
                    r#"{"id":"mine","secret":"5f0c2d9ab1e7","name":"Zz"}"#,
                ),
            ],
            says: Expect::Pass,
        },
        Example {
            title: "Later",
            contract: PEOPLE,
            dialogue: &[ScriptedResponse::empty("POST /people", 202)],
            says: Expect::Nothing,
        },
    ],
};

fn run<'a>(script: &mut Script<'a>, operation: Option<&'a Operation>) -> Scripted {
    let home = ResourceOperations::of(script.world, subject(operation)?)?;
    let held = make_simple(script, &home)?;
    let exchange = until(script, |script| {
        let exchange = get(script, &home, &held.path, "reads what was created")?;
        let gone = matches!(exchange.status(), Some(404 | 410));
        Ok((exchange, !gone))
    })?;
    let response = answered(exchange)?;
    if held.created.is_guessed && !response.is_success() {
        return Err(Halt::unmet(
            Responsible::Supplier,
            format!(
                "{} does not say for sure which record it made: no Location leads to one, and no property is called as `{{{}}}` is.",
                home.create.key,
                home.collection.item.as_ref().map_or("id", |(_, name)| name)
            ),
        ));
    }
    if !response.is_success() {
        return Ok(vec![
            Finding::new(
                "not found",
                "A created record cannot be read.",
                format!("{}: 2xx", home.read.key),
                exchange.received(),
            )
            .at(home.read.pointer.clone())
            .into(),
        ]);
    }
    let variable = home.collection.item.as_ref().map_or("id", |(_, name)| name);
    let thing = &home.collection.thing;
    let id = response
        .json()
        .ok()
        .and_then(|body| answers::record(body, thing))
        .and_then(|record| answers::member(record, &names::members_for(variable, thing)))
        .map(|id| serialise::scalar(&id));
    Ok(vec![match id {
        Some(id)
            if !held.created.is_guessed
                && !id.eq_ignore_ascii_case(&held.id)
                && !answers::is_named_otherwise(response, thing, &held.id) =>
        {
            Finding::new(
                "another id",
                "A record is read under one id and shows another id.",
                held.id,
                id,
            )
            .at(home.read.pointer.clone())
            .into()
        }
        _ => Judgement::Pass,
    }])
}

//! `records.put-whole`

use serde_json::Map;

use super::replaced::{NOTED, another_value, is_blank, least};
use crate::{
    Applies, Check, Example, Expect, Kind, Scope, ScriptedResponse,
    support::resource::{
        ResourceOperations, body_for, brief, change, changed_by, judged, make, on_item, read,
        shown_now, subject,
    },
    support::round_trip::differences,
    support::schema_view::Place,
};
use muster_core::{
    arrange::shape,
    contract::{Contract, Operation},
    exchange::Response,
    model::Method,
    script::{Halt, Script, Scripted},
    verdict::{Finding, Judgement},
};

/// The check.
pub static CHECK: Check = Check {
    id: "records.put-whole",
    purpose: "PUT removes an optional property that its body leaves out.",
    verifies: "A record of the run's own is replaced with a value for every property, then with the required ones \
        alone. An optional property that the second PUT left out does not keep its value, unless that is the \
        declared default, one of a few values (true, say), any of which may be a default that nobody \
        declared, or a property that the read does not declare as one that clients decide on.",
    matters: "A PUT that merges leaves a suspect's old address on the new record, and no client can remove it.",
    fix: "Store the body as the whole new state (RFC 9110, 9.3.4), or declare PATCH for changes of a part.",
    kind: Kind::Probe {
        scope: Scope::Operation(applies),
        run,
        writes: true,
    },
    examples: &[
        Example {
            title: "Gone",
            contract: NOTED,
            dialogue: &[
                CREATED,
                FIRST,
                ScriptedResponse::json("PUT /people/7", 200, r#"{"id":"7"}"#),
                FULL,
                ScriptedResponse::json("PUT /people/7", 200, r#"{"id":"7"}"#),
                ScriptedResponse::json("GET /people/7", 200, r#"{"id":"7","name":"Zz"}"#),
            ],
            says: Expect::Pass,
        },
        Example {
            title: "Kept",
            contract: NOTED,
            dialogue: &[
                CREATED,
                FIRST,
                ScriptedResponse::json("PUT /people/7", 200, r#"{"id":"7"}"#),
                FULL,
                ScriptedResponse::json("PUT /people/7", 200, r#"{"id":"7"}"#),
                FULL,
            ],
            says: Expect::Fail("keeps its value"),
        },
    ],
};

const CREATED: ScriptedResponse = ScriptedResponse::json("POST /people", 201, r#"{"id":"7"}"#);
const FIRST: ScriptedResponse = ScriptedResponse::json(
    "GET /people/7",
    200,
    r#"{"id":"7","name":"Zz","note":"Xx"}"#,
);
const FULL: ScriptedResponse = ScriptedResponse::json(
    "GET /people/7",
    200,
    r#"{"id":"7","name":"Zz","note":"Yy"}"#,
);

fn applies(contract: &Contract, operation: &Operation) -> Applies {
    on_item(contract, operation, &Method::Put)
}

fn run<'a>(script: &mut Script<'a>, operation: Option<&'a Operation>) -> Scripted {
    let put = subject(operation)?;
    let world = script.world;
    let home = ResourceOperations::of(world, put)?;
    let schema = shape::body(put)
        .ok_or_else(|| Halt::NotApplicable(format!("{} takes no JSON body.", put.key)))?;
    let held = make(script, &home)?;
    let before = read(script, &home, &held)?;
    let places = (
        Place::of(world.contract, schema),
        home.read_place(world.contract),
    );
    let plain = body_for(world, put, &held.sent, "replaced")?;
    let full = another_value(world, put, &plain, before);
    let purpose = "replaces the record";
    let (full, _) = changed_by(script, put, &held, &plain, &full, purpose)?;
    let replaced = read(script, &home, &held)?;
    if !differences(&places.0, &places.1, &full, replaced).is_empty() {
        return Err(Halt::NotApplicable(
            "PUT does not store what it is sent, which `records.replaced` judges.".into(),
        ));
    }
    let owned = home.owned(world);
    let least = least(script, put, &full);
    let left_out: Vec<&String> = full
        .as_object()
        .into_iter()
        .flat_map(Map::keys)
        .filter(|name| least.get(name.as_str()).is_none() && owned.contains(name))
        .collect();
    if left_out.is_empty() {
        return Err(Halt::NotApplicable(format!(
            "{} has no optional property to leave out.",
            put.key
        )));
    }
    let purpose = "replaces the record with the required alone";
    let exchange = change(script, put, &held, Some(&least), purpose)?;
    if !exchange.response().is_some_and(Response::is_success) {
        return Err(Halt::NotApplicable(format!(
            "{} takes no body without the optional properties.",
            put.key
        )));
    }
    let after = read(script, &home, &held)?;
    let kept = left_out.into_iter().find(|name| {
        let (old, new) = (full.get(name.as_str()), after.get(name.as_str()));
        let may_stay = |place: &Place<'_>| {
            place.keyword("default").any(|default| Some(default) == new)
                || place.keyword("readOnly").any(|mark| mark == true)
                || place.has("const")
                // One of a few values may be the default that nobody declared.
                || place.has("enum")
                || new.is_some_and(serde_json::Value::is_boolean)
        };
        new.is_some()
            && old == new
            && !is_blank(new)
            && !may_stay(&places.0.member(name))
            && !may_stay(&places.1.member(name))
    });
    let judgements: Vec<Judgement> = kept
        .map(|name| {
            Finding::new(
                format!("merged {name}"),
                format!("`{name}` keeps its value although PUT left it out."),
                "the state that was sent, without it",
                brief(after.get(name.as_str())),
            )
            .at(put.pointer.clone())
            .into()
        })
        .into_iter()
        .collect();
    Ok(judged(shown_now(script, judgements)))
}

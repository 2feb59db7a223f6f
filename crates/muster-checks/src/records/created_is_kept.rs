//! `records.created-is-kept`

use std::ops::Range;

use serde_json::Value;

use crate::{
    Check, Example, Expect, Kind, Scope, ScriptedResponse,
    support::fidelity_values::ROUNDS,
    support::resource::{
        Made, ResourceOperations, another_body, brief, halves, judged, makes_record, read, send,
        shown_now, subject, told_apart, workable,
    },
    support::round_trip::{Difference, differences},
    support::schema_view::Place,
};
use muster_core::{
    contract::Operation,
    model::Responsible,
    script::{Halt, Script, Scripted},
    verdict::{Finding, Judgement},
};

/// The check.
pub static CHECK: Check = Check {
    id: "records.created-is-kept",
    purpose: "A new record is read exactly as it was sent.",
    verifies: "Records are created with every property filled in, in several rounds with values \
        that are often kept wrongly: mixed case, combining accents, leading zeros, \
        line breaks, other scripts, markup, the longest text; leap days, moments at changes of the \
        clock with offsets and fractions; bounds, zeros and decimals; empty collections and \
        collections in no order; every value of an enumeration in turn. Each record is read back \
        and compared property by property. Times are compared as moments, UUIDs and the domains of \
        e-mail addresses in any case, collections without order where items are unique; spaces around a text are what \
        `records.spaces-kept` judges. Properties \
        that are `readOnly` or `writeOnly`, that look secret, or that the read does not declare, \
        are not compared; nor is null with absence. A round that is refused is tried with half of \
        its values; what is refused is not judged here.",
    matters: "Identity turns on details: a dropped accent, a shifted time, a lost zero of a custody number \
        joins the records of two people or parts those of one.",
    fix: "Store what was validated as it was validated. Refuse what cannot be stored; never fold, round \
        or cut in silence. Where normalising is meant, declare it by a pattern or a format.",
    kind: Kind::Probe {
        scope: Scope::Operation(makes_record),
        run,
        writes: true,
    },
    examples: &[
        Example {
            title: "Kept",
            contract: NAMES,
            dialogue: &[
                ScriptedResponse::json("POST /people", 201, r#"{"id":"7"}"#),
                ScriptedResponse::json("GET /people/7", 200, r#"{"id":"7","name":"McZz"}"#),
            ],
            says: Expect::Pass,
        },
        Example {
            title: "In capitals",
            contract: NAMES,
            dialogue: &[
                ScriptedResponse::json("POST /people", 201, r#"{"id":"7"}"#),
                ScriptedResponse::json("GET /people/7", 200, r#"{"id":"7","name":"MCZZ"}"#),
            ],
            says: Expect::Fail("another letter case"),
        },
        Example {
            title: "Dropped",
            contract: NAMES,
            dialogue: &[
                ScriptedResponse::json("POST /people", 201, r#"{"id":"7"}"#),
                ScriptedResponse::json("GET /people/7", 200, r#"{"id":"7"}"#),
            ],
            says: Expect::Fail("is not kept"),
        },
        Example {
            title: "Refused",
            contract: NAMES,
            dialogue: &[ScriptedResponse::empty("POST /people", 409)],
            says: Expect::Inconclusive,
        },
    ],
};

const NAMES: &str = "
/people:
  post:
    requestBody: {required: true, content: {application/json: {schema: {type: object, required: [name], properties: {name: {enum: [McZz]}}}}}}
    responses: {'201': {description: Created}}
/people/{id}:
  get:
    responses: {'200': {description: A person, content: {application/json: {schema: {type: object, properties: {id: {type: string}, name: {type: string}}}}}}}
";

fn run<'a>(script: &mut Script<'a>, operation: Option<&'a Operation>) -> Scripted {
    judged_in_rounds(script, subject(operation)?, 0..ROUNDS, differences)
}

/// Compares what was sent with what came.
pub(super) type Compare = fn(&Place<'_>, &Place<'_>, &Value, &Value) -> Vec<Difference>;

/// Creates records with the values of these rounds, reads each, and judges how it differs.
pub(super) fn judged_in_rounds<'a>(
    script: &mut Script<'a>,
    operation: &'a Operation,
    rounds: Range<usize>,
    compare: Compare,
) -> Scripted {
    let world = script.world;
    let home = ResourceOperations::of(world, operation)?;
    let schema = home
        .sent_schema()
        .ok_or_else(|| Halt::NotApplicable(format!("{} takes no JSON body.", home.create.key)))?;
    let places = (
        record_place(Place::of(world.contract, schema)),
        home.read_place(world.contract),
    );
    let (full, _) = workable(script, &home)?;
    let Some(plain) = full.body().cloned() else {
        return Err(Halt::NotApplicable("Nothing is sent.".into()));
    };
    let mut found: Vec<Judgement> = Vec::new();
    let mut compared = 0;
    let mut sent: Vec<Value> = Vec::new();
    for round in rounds {
        // No two records may share some values, whatever the schema says of them.
        let fresh = told_apart(world, home.create, &plain, &format!("kept {round}"));
        let varied = another_body(world, home.create, &fresh, round);
        let mut tries = vec![varied.clone()];
        while let Some(body) = tries.pop() {
            if sent.contains(&body) {
                continue;
            }
            sent.push(body.clone());
            let held = match send(
                script,
                &home,
                &full,
                Some(body.clone()),
                "creates a record with awkward values",
            )? {
                Made::Record(held) => held,
                Made::Refused(exchange) => {
                    if body == varied && exchange.status().is_some_and(|status| status < 500) {
                        tries.extend(halves(&plain, &varied));
                        tries.extend(halves(&fresh, &varied));
                    }
                    continue;
                }
            };
            let came = read(script, &home, &held)?;
            compared += 1;
            for difference in compare(&places.0, &places.1, &held.sent, came) {
                tell(&mut found, &home, &difference);
            }
            found = shown_now(script, found);
        }
    }
    if compared == 0 {
        return Err(Halt::unmet(
            Responsible::Supplier,
            format!(
                "No record could be created: {} refused every one.",
                home.create.key
            ),
        ));
    }
    Ok(judged(found))
}

fn record_place(place: Place<'_>) -> Place<'_> {
    if place.named().contains("data") && place.named().len() <= 2 {
        return place.member("data");
    }
    place
}

fn tell(found: &mut Vec<Judgement>, home: &ResourceOperations<'_>, difference: &Difference) {
    let name = difference.pointer.trim_start_matches('/');
    let cause = format!("{name} {}", difference.what);
    let known = found
        .iter()
        .any(|judgement| matches!(judgement, Judgement::Fail(finding) if finding.cause == cause));
    if known {
        return;
    }
    found.push(
        Finding::new(
            cause,
            format!("`{name}` {}.", difference.what),
            format!("{}: {}", home.create.key, brief(Some(&difference.sent))),
            brief(difference.came.as_ref()),
        )
        .at(difference.pointer.clone())
        .into(),
    );
}

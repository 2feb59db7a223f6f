//! `ops.if-match-stale`

use crate::{
    Check, Example, Expect, Kind, Scope, ScriptedResponse,
    support::own_record::{Own, PEOPLE, Tag, changes_item, conditional, of_role, settled, success},
    support::probe::reached,
};
use muster_core::{
    arrange::Role,
    contract::Operation,
    exchange::{Address, Request},
    model::Method,
    script::{Script, Scripted},
    verdict::{Finding, Judgement},
};

/// The check.
pub static CHECK: Check = Check {
    id: "ops.if-match-stale",
    purpose: "The API returns 412 and changes nothing when the If-Match of a change names an old \
        version.",
    verifies: "For each operation that changes a record, where the contract has If-Match or 412 or \
        the target claims `etag`: a record of the run's own is read, changed with its ETag in \
        If-Match, and changed again with the old ETag. The first change is taken; the second \
        receives 412, and the ETag shows that nothing was changed by it. Where the record can be \
        deleted and the contract lets the deletion have a condition, the deletion with the old \
        ETag receives 412 as well.",
    matters: "Two people edit one record: without the condition the second wipes out what the first wrote, \
        and neither of them ever learns of it.",
    fix: "Compare If-Match with the current ETag in the same transaction that writes, and return 412 where they \
    differ.",
    kind: Kind::Probe {
        scope: Scope::Operation(changes_item),
        run,
        writes: true,
    },
    examples: &[
        Example {
            title: "The second is told",
            contract: PEOPLE,
            dialogue: &[
                MADE,
                tagged("\"1\""),
                ScriptedResponse::json("PUT /people/7", 200, "{}"),
                tagged("\"2\""),
                ScriptedResponse::empty("PUT /people/7", 412),
                tagged("\"2\""),
            ],
            says: Expect::Pass,
        },
        Example {
            title: "The second wins unseen",
            contract: PEOPLE,
            dialogue: &[
                MADE,
                tagged("\"1\""),
                ScriptedResponse::json("PUT /people/7", 200, "{}"),
                tagged("\"2\""),
                ScriptedResponse::json("PUT /people/7", 200, "{}"),
            ],
            says: Expect::Fail("is accepted"),
        },
        Example {
            title: "412, and changed all the same",
            contract: PEOPLE,
            dialogue: &[
                MADE,
                tagged("\"1\""),
                ScriptedResponse::json("PUT /people/7", 200, "{}"),
                tagged("\"2\""),
                ScriptedResponse::empty("PUT /people/7", 412),
                tagged("\"3\""),
            ],
            says: Expect::Fail("changed the record"),
        },
    ],
};

const MADE: ScriptedResponse = ScriptedResponse::json("POST /people", 201, r#"{"id":"7"}"#);

const fn tagged(tag: &'static str) -> ScriptedResponse {
    let headers: &'static [(&str, &str)] = match tag.as_bytes() {
        b"\"1\"" => &[("etag", "\"1\""), ("content-type", "application/json")],
        b"\"2\"" => &[("etag", "\"2\""), ("content-type", "application/json")],
        _ => &[("etag", "\"3\""), ("content-type", "application/json")],
    };
    ScriptedResponse::new("GET /people/7", 200, headers, r#"{"id":"7"}"#)
}

fn run<'a>(script: &mut Script<'a>, operation: Option<&'a Operation>) -> Scripted {
    let change = of_role(script, operation, &[Role::Replace, Role::Patch])?;
    conditional(script, change)?;
    let own = Own::of(script, change)?;
    let old = Tag::needed(own.read(script, "reads the ETag of a record")?, own.read)?;
    let request = own.changing(script, 1, Some(&old.0))?;
    success(script.send(request)?)?;
    let reading = own.reading("reads the ETag after a change");
    let now = settled(script, &reading, |response| {
        response.headers.get("etag") != Some(old.0.as_str())
    })?;
    let current = Tag::needed(success(now)?, own.read)?;
    if current == old {
        return Ok(vec![Judgement::not_applicable(format!(
            "The ETag of {} does not change, which `ops.etag-strong` judges.",
            own.read.key
        ))]);
    }
    let mut stale = own.changing(script, 2, Some(&old.0))?;
    stale.purpose = "changes a record with If-Match and an old ETag".into();
    let refused = expect_412(script, stale, change)?;
    if refused != Judgement::Pass {
        return Ok(vec![refused]);
    }
    let after = Tag::of(own.read(script, "reads the ETag after a refused change")?);
    if after.as_ref() != Some(&current) {
        return Ok(vec![
            Finding::new(
                "changed",
                "A change that received 412 changed the record.",
                format!("{}: still {}", own.read.key, current.0),
                after.map_or_else(|| "no ETag".to_owned(), |tag| tag.0),
            )
            .at(change.pointer.clone())
            .into(),
        ]);
    }
    deletion(script, &own, &old)
}

/// The deletion on condition of the old version, once for the record.
fn deletion<'a>(script: &mut Script<'a>, own: &Own<'a>, old: &Tag) -> Scripted {
    let world = script.world;
    let delete = world
        .relations
        .collection(&own.change.key)
        .and_then(|collection| world.contract.operation(collection.delete.as_ref()?));
    let Some(delete) = delete.filter(|delete| conditional(script, delete).is_ok()) else {
        return Ok(vec![Judgement::Pass]);
    };
    let request = Request::new(
        Method::Delete,
        Address::Base(own.path.clone()),
        "deletes a record with If-Match and an old ETag",
    )
    .calling(&delete.key)
    .header("if-match", old.0.as_str());
    Ok(vec![expect_412(script, request, delete)?])
}

fn expect_412<'a>(
    script: &mut Script<'a>,
    request: Request,
    operation: &Operation,
) -> Scripted<Judgement> {
    let exchange = script.send(request)?;
    let response = match reached(exchange) {
        Ok(response) => response,
        Err(judgement) => return Ok(judgement),
    };
    let finding = match response.status {
        412 => return Ok(Judgement::Pass),
        200..300 => Finding::new(
            "taken",
            "A change with the ETag of an old version is accepted.",
            format!("{} with an old If-Match: 412", operation.key),
            exchange.received(),
        ),
        status => Finding::new(
            format!("answered {status}"),
            format!("A change with the ETag of an old version receives {status}."),
            format!("{} with an old If-Match: 412", operation.key),
            exchange.received(),
        ),
    };
    Ok(finding.at(operation.pointer.clone()).into())
}

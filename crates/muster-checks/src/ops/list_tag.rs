//! `ops.list-tag`

use std::time::Duration;

use serde_json::Value;

use crate::{
    Check, Example, Expect, Kind, Scope, ScriptedResponse,
    support::list_operation::{Lister, total},
    support::own_record::{Tag, success, unless_never_promised, with},
    support::probe::reached,
    support::resource::{
        CreatedRecord, Made, PEOPLE, ResourceOperations, on_list, send, subject, told_apart, until,
        workable,
    },
};
use muster_core::{
    contract::Operation,
    exchange::Exchange,
    model::Responsible,
    script::{Halt, Script, Scripted},
    verdict::{Finding, Judgement},
};

/// The check.
pub static CHECK: Check = Check {
    id: "ops.list-tag",
    purpose: "The ETag of a collection changes with the collection, and a request with the old \
        ETag receives the new collection.",
    verifies: "For each collection that sends an ETag and that the run can add to: the collection \
        is read, a record is added, and the collection is read until it shows the record or counts \
        one more, within `settle_ms`. Its ETag is different then, and a request with the old ETag \
        in If-None-Match receives the collection, not 304. A request with the new ETag receives \
        304, unless the collection has a different ETag by then. Of a weak ETag 304 alone is \
        judged, and more than a second passes before the record is added: such an ETag may go by \
        the clock. A page that does not show what was added is inconclusive. That the ETag stays \
        while nothing changes is not judged: others may write.",
    matters: "A control room that polls a collection with its ETag is told \"nothing new\" for as \
        long as the ETag stays. The incident that came in meanwhile is on nobody's screen.",
    fix: "Make the ETag of a collection from what it holds: its records with their versions, in \
        their order, and its total. An ETag of the newest change alone misses deletions, and one \
        that goes by the second misses what comes in the same second.",
    kind: Kind::Probe {
        scope: Scope::Operation(on_list),
        run,
        writes: true,
    },
    examples: &[
        Example {
            title: "Another list, another ETag",
            contract: PEOPLE,
            dialogue: &[
                FIRST,
                ScriptedResponse::new("GET /people", 200, &[("etag", "\"1\""), JSON], ONE),
                SECOND,
                ScriptedResponse::new("GET /people", 200, &[("etag", "\"2\""), JSON], TWO),
                ScriptedResponse::new("GET /people", 200, &[("etag", "\"2\""), JSON], TWO),
                ScriptedResponse::new("GET /people", 304, &[("etag", "\"2\"")], ""),
            ],
            says: Expect::Pass,
        },
        Example {
            title: "The ETag stays",
            contract: PEOPLE,
            dialogue: &[
                FIRST,
                ScriptedResponse::new("GET /people", 200, &[("etag", "\"1\""), JSON], ONE),
                SECOND,
                ScriptedResponse::new("GET /people", 200, &[("etag", "\"1\""), JSON], TWO),
            ],
            says: Expect::Fail("the same ETag"),
        },
        Example {
            title: "A client with the old ETag is told that nothing changed",
            contract: PEOPLE,
            dialogue: &[
                FIRST,
                ScriptedResponse::new("GET /people", 200, &[("etag", "\"1\""), JSON], ONE),
                SECOND,
                ScriptedResponse::new("GET /people", 200, &[("etag", "\"2\""), JSON], TWO),
                ScriptedResponse::new("GET /people", 304, &[("etag", "\"2\"")], ""),
            ],
            says: Expect::Fail("receives 304"),
        },
        Example {
            title: "A weak ETag by which the old list stands for the new one",
            contract: PEOPLE,
            dialogue: &[
                FIRST,
                ScriptedResponse::new("GET /people", 200, &[("etag", "W/\"1\""), JSON], ONE),
                SECOND,
                ScriptedResponse::new("GET /people", 200, &[("etag", "W/\"1\""), JSON], TWO),
                ScriptedResponse::new("GET /people", 304, &[("etag", "W/\"1\"")], ""),
            ],
            says: Expect::Fail("receives 304"),
        },
        Example {
            title: "If-None-Match is ignored",
            contract: PEOPLE,
            dialogue: &[
                FIRST,
                ScriptedResponse::new("GET /people", 200, &[("etag", "\"1\""), JSON], ONE),
                SECOND,
                ScriptedResponse::new("GET /people", 200, &[("etag", "\"2\""), JSON], TWO),
            ],
            says: Expect::Fail("receives the collection again"),
        },
        Example {
            title: "What was added is on another page",
            contract: PEOPLE,
            dialogue: &[
                FIRST,
                ScriptedResponse::new("GET /people", 200, &[("etag", "\"1\""), JSON], PAGE),
                SECOND,
                ScriptedResponse::new("GET /people", 200, &[("etag", "\"1\""), JSON], PAGE),
            ],
            says: Expect::Inconclusive,
        },
        Example {
            title: "No tag",
            contract: PEOPLE,
            dialogue: &[FIRST, ScriptedResponse::json("GET /people", 200, ONE)],
            says: Expect::Nothing,
        },
    ],
};

/// Longer than the second by which clocks of weak tags may tick (RFC 9110 §8.8.1).
const TICK: Duration = Duration::from_millis(1_100);
const JSON: (&str, &str) = ("content-type", "application/json");
const FIRST: ScriptedResponse = ScriptedResponse::json("POST /people", 201, r#"{"id":"7"}"#);
const SECOND: ScriptedResponse = ScriptedResponse::json("POST /people", 201, r#"{"id":"8"}"#);
const ONE: &str = r#"{"total":1,"items":[{"id":"7","name":"Zz"}]}"#;
const TWO: &str = r#"{"total":2,"items":[{"id":"7","name":"Zz"},{"id":"8","name":"Zz"}]}"#;
const PAGE: &str = r#"{"items":[{"id":"7","name":"Zz"}]}"#;

fn run<'a>(script: &mut Script<'a>, operation: Option<&'a Operation>) -> Scripted {
    let list = subject(operation)?;
    let ended = judge(script, list);
    unless_never_promised(script, list, None, ended)
}

fn judge<'a>(script: &mut Script<'a>, list: &'a Operation) -> Scripted {
    let home = ResourceOperations::of(script.world, list)?;
    let (full, first) = workable(script, &home)?;
    let lister = Lister::of(script, &home, list, &first)?;
    let query: Vec<(&str, Value)> = lister.longest().into_iter().collect();
    let before = lister.ask(script, &query, "reads a list with its ETag")?;
    let tag = Tag::needed(success(before)?, list)?;
    let counted = count(before);
    if tag.is_weak() {
        script.pause(TICK)?;
    }

    let plain = full.body().cloned().unwrap_or(Value::Null);
    let body = told_apart(
        script.world,
        home.create,
        &plain,
        "one more record in the collection",
    );
    let purpose = "adds a record to the collection";
    let held = match send(script, &home, &full, Some(body), purpose)? {
        Made::Record(held) => held,
        Made::Refused(exchange) => {
            return Err(Halt::unmet(
                Responsible::Supplier,
                format!(
                    "No second record could be added to {}: {}.",
                    list.key,
                    exchange.received()
                ),
            ));
        }
    };
    let (after, shows) = until(script, |script| {
        let exchange = lister.ask(
            script,
            &query,
            "reads the collection after a record was added",
        )?;
        let more = count(exchange)
            .zip(counted)
            .is_some_and(|(now, before)| now > before);
        let shows = more || shows(&lister, exchange, &held)?;
        Ok(((exchange, shows), shows))
    })?;
    if !shows {
        return Err(Halt::unmet(
            Responsible::Muster,
            format!(
                "The page of {} that was read does not show the record that was added.",
                list.key
            ),
        ));
    }
    let now = Tag::needed(success(after)?, list)?;
    // A weak tag may be the same for lists that may stand for each other; whether they may, 304 shows.
    let finding = if now == tag && !tag.is_weak() {
        Some(Finding::new(
            "same tag",
            "A changed collection has the same ETag as before.",
            format!("{}: another ETag than {}", list.key, tag.0),
            now.0,
        ))
    } else {
        on_condition(script, &lister, &query, &tag, &now)?
    };
    Ok(vec![finding.map_or(Judgement::Pass, |finding| {
        finding.at(list.pointer.clone()).into()
    })])
}

/// What requests with the old tag and the new one show.
fn on_condition<'a>(
    script: &mut Script<'a>,
    lister: &Lister<'a>,
    query: &[(&str, Value)],
    old: &Tag,
    new: &Tag,
) -> Scripted<Option<Finding>> {
    let key = &lister.operation.key;
    let asked = |script: &mut Script<'a>, tag: &Tag, purpose: &str| {
        let request = lister.request(script, query, purpose)?;
        script.send(with(request, "if-none-match", &tag.0, purpose))
    };
    // A copy that lags behind may still hold the old list.
    let stale = until(script, |script| {
        let exchange = asked(script, old, "asks for the collection with its old ETag")?;
        let stale = exchange.status() == Some(304);
        Ok((stale, !stale))
    })?;
    if stale {
        return Ok(Some(Finding::new(
            "stale 304",
            "A request with the old ETag of a changed collection receives 304.",
            format!("{key} with If-None-Match: {}: 200 with the new list", old.0),
            "304",
        )));
    }
    let exchange = asked(script, new, "asks for the collection with its new ETag")?;
    let response = match reached(exchange) {
        Ok(response) => response,
        Err(Judgement::Inconclusive(gap)) => return Err(Halt::Unmet(gap)),
        Err(_) => return Ok(None),
    };
    let sent_again = response.is_success() && Tag::of(response).as_ref() == Some(new);
    Ok(sent_again.then(|| {
        Finding::new(
            "sent again",
            "A request with the current ETag of a collection receives the collection again.",
            format!("{key} with If-None-Match: {}: 304", new.0),
            response.status.to_string(),
        )
    }))
}

/// Whether a page shows the record.
fn shows<'a>(lister: &Lister<'a>, exchange: &'a Exchange, held: &CreatedRecord) -> Scripted<bool> {
    let page = lister.read(exchange)?;
    Ok(page.items.iter().any(|item| lister.is(item, held)))
}

/// How many records a list says that it has. Only what stands in its body is part of what the tag is of.
fn count(exchange: &Exchange) -> Option<i64> {
    total(exchange.response()?.json().ok()?)
}

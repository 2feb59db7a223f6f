//! `work.expires`

use std::time::Duration;

use serde_json::{Value, json};
use time::{OffsetDateTime, format_description::well_known::Rfc3339};

use crate::{
    Check, Example, Expect, Kind, Scope, ScriptedResponse,
    support::async_job::{AsyncJob, EXPORTS, member, takes_on},
    support::schema_view::Place,
};
use muster_core::{
    arrange::Arranged,
    contract::{Operation, Validity},
    exchange::{Request, Response},
    script::{Halt, Script, Scripted},
    verdict::{Finding, Judgement},
};

/// The check.
pub static CHECK: Check = Check {
    id: "work.expires",
    purpose: "A job that states its expiry time is gone after that time.",
    verifies: "Work is started, with the shortest lifetime that the request can ask for (a \
        property such as `ttl`, `keepForSeconds` or `expiresIn`). Its status says when it expires \
        (`expiresAt` and its like). Where that is within ten seconds, the status is read after it, \
        by the target's own clock and with some seconds' grace: it receives 404 or 410. Later \
        expiries are not waited for.",
    matters: "Exports of police records are copies. One that outlives its declared date of removal is a copy that nobody \
        counts any more, and that a retention schedule does not reach.",
    fix: "Compare the expiry on every read, and do not rely on a sweep that runs at night.",
    kind: Kind::Probe {
        scope: Scope::Operation(takes_on),
        run,
        writes: true,
    },
    examples: &[
        Example {
            title: "Gone afterwards",
            contract: EXPORTS,
            dialogue: &[
                ScriptedResponse::new("POST /exports", 202, &[("location", "/exports/7")], ""),
                ScriptedResponse::json(
                    "GET /exports/7",
                    200,
                    "{\"expiresAt\": \"2026-01-01T12:00:01Z\"}",
                ),
                ScriptedResponse::empty("GET /exports/7", 410),
            ],
            says: Expect::Pass,
        },
        Example {
            title: "Still there",
            contract: EXPORTS,
            dialogue: &[
                ScriptedResponse::new("POST /exports", 202, &[("location", "/exports/7")], ""),
                ScriptedResponse::json(
                    "GET /exports/7",
                    200,
                    "{\"expiresAt\": \"2026-01-01T12:00:01Z\"}",
                ),
            ],
            says: Expect::Fail("expired"),
        },
        Example {
            title: "Tomorrow",
            contract: EXPORTS,
            dialogue: &[
                ScriptedResponse::new("POST /exports", 202, &[("location", "/exports/7")], ""),
                ScriptedResponse::json(
                    "GET /exports/7",
                    200,
                    "{\"expiresAt\": \"2026-01-02T12:00:00Z\"}",
                ),
            ],
            says: Expect::Nothing,
        },
    ],
};

/// How far away an expiry may be to be waited for, in milliseconds.
const PATIENCE_MS: i64 = 10_000;

/// The request with the shortest lifetime that it can ask for.
fn short_lived(
    script: &Script<'_>,
    operation: &Operation,
    arranged: &Arranged,
) -> Scripted<Request> {
    let plain = || Ok(arranged.request.clone());
    let contract = script.world.contract;
    let (Some(media), Some(Value::Object(body))) = (&arranged.values.media, arranged.body()) else {
        return plain();
    };
    let Some(schema) = &media.schema else {
        return plain();
    };
    let place = Place::of(contract, schema);
    for name in place.named() {
        let folded = name.replace(['_', '-'], "").to_ascii_lowercase();
        let lifetime = ["ttl", "keepfor", "expiresin", "lifetime", "retainfor"]
            .iter()
            .any(|word| folded.contains(word));
        if !lifetime || !place.member(name).types().contains("integer") {
            continue;
        }
        for seconds in [1, 2, 5] {
            let mut body = body.clone();
            body.insert(name.to_owned(), json!(seconds));
            let body = Value::Object(body);
            let valid = contract.schemas.validate_request(schema, &body);
            if matches!(valid, Validity::Valid) {
                return arranged.with_body(contract, operation, body);
            }
        }
    }
    plain()
}

/// When it expires, in milliseconds since 1970.
fn expiry(response: &Response) -> Option<i64> {
    let body = response.json().ok()?;
    let text = [
        "expiresAt",
        "expires",
        "expiry",
        "validUntil",
        "expirationTime",
    ]
    .iter()
    .find_map(|name| member(body, name)?.as_str())?;
    let moment = OffsetDateTime::parse(text, &Rfc3339).ok()?;
    i64::try_from(moment.unix_timestamp_nanos() / 1_000_000).ok()
}

fn run<'a>(script: &mut Script<'a>, operation: Option<&'a Operation>) -> Scripted {
    let work = AsyncJob::start(script, operation, short_lived)?;
    let key = operation
        .map(|operation| operation.key.to_string())
        .unwrap_or_default();
    let first = work.read(script)?;
    let said = first
        .response()
        .and_then(|response| Some((expiry(response)?, response.at_ms?)));
    let Some((expires, now)) = said else {
        return Err(Halt::NotApplicable(format!(
            "The status of work that {key} started does not say when it expires."
        )));
    };
    let left = expires - now;
    if left > PATIENCE_MS {
        return Err(Halt::NotApplicable(format!(
            "The status of work that {key} started expires in {} s, which a run does not wait for.",
            left / 1_000
        )));
    }
    script.pause(Duration::from_millis(left.max(0).unsigned_abs() + 200))?;
    let mut last = work.read(script)?;
    for grace_ms in [500, 1_000, 2_000] {
        if matches!(last.exchange.status(), Some(404 | 410)) {
            return Ok(vec![Judgement::Pass]);
        }
        script.pause(Duration::from_millis(grace_ms))?;
        last = work.read(script)?;
    }
    if matches!(last.exchange.status(), Some(404 | 410)) {
        return Ok(vec![Judgement::Pass]);
    }
    Ok(vec![
        Finding::new(
            "outlives its expiry",
            "A job that has expired can still be read.",
            format!("{key}: 404 or 410 after the expiry that the status tells"),
            format!("{}, seconds after it", last.exchange.received()),
        )
        .shown_by(last.exchange.id)
        .into(),
    ])
}

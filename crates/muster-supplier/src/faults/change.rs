//! Faults in what changes, in time, and on the wire.

use serde_json::{Value, json};

use crate::fault::{Fault, Misbehaviour};
use crate::message::{Body, Outgoing};

pub(super) const READS_LAG: Fault = Fault {
    switch: Some(Misbehaviour::ReadsLag),
    hidden_by_lag: true,
    ..Fault::new(
        "reads-lag",
        "Reads lag 300 ms behind writes, and nothing says so.",
        &["change.shows-in-time"],
    )
};

pub(super) const CONTRACT_DRIFTED: Fault = Fault {
    published: Some(|document| {
        let required = document
            .pointer_mut("/components/schemas/NewVehicle/required")
            .and_then(Value::as_array_mut);
        if let Some(required) = required {
            required.push(json!("vin"));
        }
    }),
    ..Fault::new(
        "contract-drifted",
        "The published contract needs a VIN of every vehicle, which the agreed one did not.",
        &["change.contract-drift"],
    )
};

pub(super) const OPERATION_WITHDRAWN: Fault = Fault {
    published: Some(|document| {
        if let Some(paths) = document
            .pointer_mut("/paths")
            .and_then(Value::as_object_mut)
        {
            paths.shift_remove("/incident-summaries");
        }
    }),
    ..Fault::new(
        "operation-withdrawn",
        "The published contract lacks an operation of the agreed one.",
        &["change.contract-drift"],
    )
};

pub(super) const SUMMARIES_SLOW: Fault = Fault {
    switch: Some(Misbehaviour::SlowSummaries),
    ..Fault::new(
        "summaries-slow",
        "The collection of incidents in brief takes 1.6 seconds.",
        &["time.latency"],
    )
};

pub(super) const CLOCK_AN_HOUR_AHEAD: Fault = Fault {
    answer: Some(|_, outgoing| {
        let ahead = time::OffsetDateTime::now_utc() + time::Duration::hours(1);
        let format = time::macros::format_description!(
            "[weekday repr:short], [day] [month repr:short] [year] [hour]:[minute]:[second] GMT"
        );
        if let Ok(date) = ahead.format(format) {
            outgoing.set("date", &date);
        }
    }),
    ..Fault::new(
        "clock-an-hour-ahead",
        "The clock is an hour ahead, as where summer time was taken for UTC.",
        &["time.clock-skew"],
    )
};

pub(super) const COMPRESSED_WITHOUT_VARY: Fault = Fault {
    answer: Some(|_, outgoing| {
        if outgoing.headers.contains_key("content-encoding") {
            outgoing.set("vary", "Accept");
        }
    }),
    ..Fault::new(
        "compressed-without-vary",
        "A compressed response does not name Accept-Encoding in Vary.",
        &["wire.compression"],
    )
};

pub(super) const COMPRESSED_TWICE_SAID: Fault = Fault {
    answer: Some(|incoming, outgoing| {
        // Says that it is compressed, and is not.
        if incoming.is("listLocations") && outgoing.headers.contains_key("content-encoding") {
            outgoing.body = Body::Raw(bytes::Bytes::from_static(b"{\"items\":[]}"));
        }
    }),
    ..Fault::new(
        "compression-only-said",
        "A response declares gzip, and its body is not compressed.",
        &["wire.compression"],
    )
};

pub(super) const COMPRESSED_UNASKED: Fault = Fault {
    answer: Some(|incoming, outgoing| {
        let plain = incoming.header("accept-encoding") == Some("identity");
        if incoming.is("listVehicles") && plain && matches!(outgoing.body, Body::Json(_)) {
            let mut encoder =
                flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
            let written = std::io::Write::write_all(&mut encoder, &outgoing.bytes());
            if let Ok(bytes) = written.and_then(|()| encoder.finish()) {
                outgoing.body = Body::Raw(bytes.into());
                outgoing.set("content-encoding", "gzip");
            }
        }
    }),
    ..Fault::new(
        "compressed-unasked",
        "The collection of vehicles is compressed with gzip although the request asks for an uncompressed response.",
        &["wire.compression"],
    )
};

pub(super) const RETRY_AFTER_NOT_MEANT: Fault = Fault {
    switch: Some(Misbehaviour::PutsOff),
    ..Fault::new(
        "retry-after-not-meant",
        "The collection of incidents in brief returns Retry-After of a second, and refuses again after it.",
        &[
            "wire.retry-after",
            "response.status-documented",
            "response.server-error",
            "input.server-error",
        ],
    )
};

pub(super) const SUNSET_BEFORE_DEPRECATION: Fault = Fault {
    answer: Some(|_, outgoing| {
        if outgoing.headers.contains_key("sunset") {
            outgoing.set("sunset", "Tue, 01 Sep 2020 00:00:00 GMT");
        }
    }),
    ..Fault::new(
        "sunset-before-deprecation",
        "The end of a deprecated operation lies before its deprecation.",
        &["change.end-announced"],
    )
};

pub(super) const LONG_ADDRESS_CRASHES: Fault = Fault {
    before: Some(|incoming| {
        let long = incoming
            .query
            .as_ref()
            .is_some_and(|query| query.len() > 20_000);
        long.then(|| {
            Outgoing::problem(
                axum::http::StatusCode::INTERNAL_SERVER_ERROR,
                "internal",
                "Internal error",
                "The address did not fit.",
            )
        })
    }),
    ..Fault::new(
        "long-address-crashes",
        "A URL of more than 20,000 bytes receives 500.",
        &[
            "errors.too-long",
            "response.server-error",
            "input.server-error",
        ],
    )
};

pub(super) const PROBLEM_WITHOUT_POINTER: Fault = Fault {
    answer: Some(|incoming, outgoing| {
        if !incoming.is("createVehicle") {
            return;
        }
        let places = outgoing
            .object_mut()
            .and_then(|problem| problem.get_mut("errors"))
            .and_then(Value::as_array_mut);
        for place in places.into_iter().flatten() {
            *place = json!({ "pointer": "", "detail": "is not right" });
        }
    }),
    ..Fault::new(
        "problem-without-pointer",
        "A problem with a new vehicle does not say which part is wrong.",
        &["errors.points-to-fault"],
    )
};

pub(super) const PROBLEM_ONE_AT_A_TIME: Fault = Fault {
    answer: Some(|_, outgoing| {
        let places = outgoing
            .object_mut()
            .and_then(|problem| problem.get_mut("errors"))
            .and_then(Value::as_array_mut);
        if let Some(places) = places {
            places.truncate(1);
        }
    }),
    ..Fault::new(
        "problem-one-at-a-time",
        "A problem names the first fault alone, although all at once are claimed.",
        &["errors.points-to-fault"],
    )
};

//! Faults in what changes, in time, and on the wire.

use serde_json::{Value, json};

use crate::supplier::fault::{Fault, Switch};
use crate::supplier::message::Body;

pub(super) const READS_LAG: Fault = Fault {
    switch: Some(Switch::ReadsLag),
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
    switch: Some(Switch::SlowSummaries),
    ..Fault::new(
        "summaries-slow",
        "The list of incidents in brief takes 0.9 seconds.",
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
        "A compressed answer does not name Accept-Encoding in Vary.",
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
        "An answer says that it is gzip, and is plain.",
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
        "Vehicles are listed in gzip although a plain answer is asked for.",
        &["wire.compression"],
    )
};

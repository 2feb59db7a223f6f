//! Faults in behaviour that only several requests show. The contract stays right, unless it says otherwise.

use axum::http::StatusCode;
use serde_json::json;

use super::contract::query;
use crate::fault::{Fault, Misbehaviour};
use crate::message::{Body, Outgoing};

pub(super) const ETAG_FROZEN: Fault = Fault {
    answer: Some(|incoming, outgoing| {
        let tag = outgoing
            .headers
            .get("etag")
            .and_then(|tag| tag.to_str().ok())
            .and_then(|tag| tag.split_once('-'))
            .map(|(record, _)| format!("{record}-1\""));
        if let Some(tag) = tag
            && incoming.is("getVehicle")
        {
            outgoing.set("etag", &tag);
        }
    }),
    ..Fault::new(
        "etag-frozen",
        "The ETag of a vehicle stays the same when the vehicle changes.",
        &["ops.etag-strong", "ops.if-none-match", "ops.if-match-stale"],
    )
};

pub(super) const ETAG_EACH_TIME: Fault = Fault {
    answer: Some(|incoming, outgoing| {
        if incoming.is("getLocation") && outgoing.headers.contains_key("etag") {
            outgoing.set("etag", &format!("\"{}\"", crate::making::new_id()));
        }
    }),
    ..Fault::new(
        "etag-each-time",
        "A location has another ETag each time it is read.",
        &["ops.etag-strong", "ops.head"],
    )
};

pub(super) const IF_NONE_MATCH_IGNORED: Fault = Fault {
    switch: Some(Misbehaviour::IgnoresIfNoneMatch),
    ..Fault::new(
        "if-none-match-ignored",
        "If-None-Match is ignored: the record is sent again.",
        &["ops.if-none-match"],
    )
};

pub(super) const LIST_TAG_STAYS: Fault = Fault {
    switch: Some(Misbehaviour::ListTagsStay),
    ..Fault::new(
        "list-tag-stays",
        "The collection of vehicles has the same ETag whatever it holds, so that a client that polls it receives 304.",
        &["ops.list-tag"],
    )
};

pub(super) const NOT_MODIFIED_WITHOUT_ETAG: Fault = Fault {
    answer: Some(|_, outgoing| {
        if outgoing.status == StatusCode::NOT_MODIFIED {
            outgoing.headers.remove("etag");
        }
    }),
    ..Fault::new(
        "not-modified-without-etag",
        "A 304 does not repeat the ETag.",
        &["ops.if-none-match", "response.headers-schema"],
    )
};

pub(super) const IF_MATCH_IGNORED: Fault = Fault {
    switch: Some(Misbehaviour::IgnoresIfMatch),
    ..Fault::new(
        "if-match-ignored",
        "If-Match is ignored: a change of an old version is taken.",
        &["ops.if-match-stale", "ops.lost-update", "ops.if-match-weak"],
    )
};

pub(super) const IF_MATCH_NOT_NEEDED: Fault = Fault {
    contract: Some(|document| {
        if let Some(responses) = document
            .pointer_mut("/paths/~1vehicles~1{vehicleId}/put/responses")
            .and_then(serde_json::Value::as_object_mut)
        {
            responses.insert(
                "428".to_owned(),
                json!({ "$ref": "#/components/responses/PreconditionFailed" }),
            );
        }
    }),
    ..Fault::new(
        "if-match-not-needed",
        "The contract says that a vehicle is replaced only on a condition, and it is replaced without.",
        &["ops.if-match-missing"],
    )
};

pub(super) const IF_MATCH_RACES: Fault = Fault {
    switch: Some(Misbehaviour::RacyIfMatch),
    ..Fault::new(
        "if-match-races",
        "If-Match is compared some time before the write: of two changes at once both are taken.",
        &["ops.lost-update"],
    )
};

pub(super) const IF_MATCH_WEAK: Fault = Fault {
    switch: Some(Misbehaviour::WeakIfMatch),
    ..Fault::new(
        "if-match-weak",
        "If-Match takes a weak ETag for the strong one.",
        &["ops.if-match-weak"],
    )
};

pub(super) const IF_UNMODIFIED_SINCE_IGNORED: Fault = Fault {
    switch: Some(Misbehaviour::IgnoresIfUnmodifiedSince),
    ..Fault::new(
        "if-unmodified-since-ignored",
        "If-Unmodified-Since is ignored.",
        &["ops.if-unmodified-since"],
    )
};

pub(super) const KEY_IGNORED: Fault = Fault {
    switch: Some(Misbehaviour::IgnoresKeys),
    ..Fault::new(
        "idempotency-key-ignored",
        "A repeated creation makes a second record.",
        &[
            "ops.idempotency-replay",
            "ops.idempotency-other-body",
            "ops.idempotency-concurrent",
            "ops.repeat-after-loss",
        ],
    )
};

pub(super) const KEY_WITH_ANY_BODY: Fault = Fault {
    switch: Some(Misbehaviour::KeysIgnoreBody),
    ..Fault::new(
        "idempotency-key-with-any-body",
        "A key that is used again with another body receives the first response.",
        &["ops.idempotency-other-body"],
    )
};

pub(super) const KEY_RACES: Fault = Fault {
    switch: Some(Misbehaviour::RacyKeys),
    ..Fault::new(
        "idempotency-key-races",
        "A key is kept once the record is made: two requests at once make two.",
        &["ops.idempotency-concurrent"],
    )
};

pub(super) const KEY_FORGOTTEN: Fault = Fault {
    switch: Some(Misbehaviour::ForgetsAbandoned),
    ..Fault::new(
        "idempotency-key-forgotten",
        "The idempotency key of a creation is stored only after the response is sent: a client that loses the response \
        and retries makes a second record.",
        &["ops.repeat-after-loss"],
    )
};

pub(super) const KEY_OF_ALL: Fault = Fault {
    switch: Some(Misbehaviour::KeysOfAll),
    ..Fault::new(
        "idempotency-key-of-all",
        "A key that one client used gives its record to another client.",
        &["ops.idempotency-per-client"],
    )
};

pub(super) const CREATIONS_SHARE: Fault = Fault {
    switch: Some(Misbehaviour::SharedKeys),
    ..Fault::new(
        "creations-share",
        "Of two concurrent creations, one receives the record of the other.",
        &[
            "ops.concurrent-creates",
            "ops.idempotency-replay",
            "ops.idempotency-concurrent",
            "ops.idempotency-other-body",
        ],
    )
};

pub(super) const PATCH_RACES: Fault = Fault {
    switch: Some(Misbehaviour::RacyPatch),
    ..Fault::new(
        "patch-races",
        "PATCH writes back the whole record as it was when it arrived.",
        &["ops.concurrent-updates"],
    )
};

pub(super) const UNCHANGED_IS_MISSING: Fault = Fault {
    switch: Some(Misbehaviour::UnchangedIsMissing),
    ..Fault::new(
        "unchanged-is-missing",
        "A replacement that changes nothing returns 404.",
        &["ops.put-repeat"],
    )
};

pub(super) const PAGES_OVERLAP: Fault = Fault {
    switch: Some(Misbehaviour::PagesOverlap),
    ..Fault::new(
        "pages-overlap",
        "Each page begins with the last item of the page before.",
        &[
            "ops.paging-complete",
            "ops.paging-links",
            "ops.paging-sorted",
            "ops.paging-under-change",
        ],
    )
};

pub(super) const CURSORS_COUNT: Fault = Fault {
    switch: Some(Misbehaviour::CursorsCount),
    ..Fault::new(
        "cursors-count",
        "A cursor is a number of items, so that a deletion moves a record past the reader.",
        &["ops.paging-under-change", "ops.paging-complete"],
    )
};

pub(super) const TIES_FORGOTTEN: Fault = Fault {
    switch: Some(Misbehaviour::ForgetsTies),
    ..Fault::new(
        "ties-forgotten",
        "A cursor holds only the value that the collection is sorted by, and continues after all items with that \
        value.",
        &["ops.paging-sorted"],
    )
};

pub(super) const LINKS_TO_FIRST: Fault = Fault {
    switch: Some(Misbehaviour::LinksToFirst),
    ..Fault::new(
        "links-to-first",
        "The links to the previous and to the last page lead to the first.",
        &["ops.paging-links"],
    )
};

pub(super) const CURSORS_CARRY_FORCE: Fault = Fault {
    switch: Some(Misbehaviour::CursorsCarryForce),
    ..Fault::new(
        "cursors-carry-force",
        "A cursor names the force that it was made for, and whoever brings it sees that force's records.",
        &["ops.paging-cursor"],
    )
};

pub(super) const READS_TORN: Fault = Fault {
    switch: Some(Misbehaviour::TornReads),
    hidden_by_lag: true,
    ..Fault::new(
        "reads-torn",
        "A read concurrent with a write shows every second property as it was before.",
        &["ops.reads-whole"],
    )
};

pub(super) const UNKNOWN_PARAMETER_FINDS_NOTHING: Fault = Fault {
    answer: Some(|incoming, outgoing| {
        let unknown = incoming.is("listVehicles")
            && incoming.query.as_deref().is_some_and(|query| {
                url::form_urlencoded::parse(query.as_bytes())
                    .any(|(name, _)| !VEHICLE_QUERY.contains(&&*name))
            });
        if unknown && outgoing.status == StatusCode::BAD_REQUEST {
            outgoing.status = StatusCode::OK;
            outgoing.set("content-type", "application/json");
            outgoing.set("etag", "\"vehicles-0\"");
            outgoing.body = Body::Json(json!({ "items": [], "next": null, "total": 0 }));
        }
    }),
    ..Fault::new(
        "unknown-parameter-finds-nothing",
        "A parameter that the collection of vehicles does not have is taken for a filter that nothing matches.",
        &["ops.unknown-parameter"],
    )
};

/// What the list of vehicles takes.
const VEHICLE_QUERY: [&str; 5] = ["registrationMark", "colour", "sort", "limit", "cursor"];

pub(super) const LIMIT_ABOVE_MAXIMUM: Fault = Fault {
    contract: Some(|document| {
        let schema = json!({ "type": "integer", "minimum": 1, "maximum": 2, "default": 2 });
        if let Some(parameters) = document
            .pointer_mut("/paths/~1vehicles/get/parameters")
            .and_then(serde_json::Value::as_array_mut)
        {
            parameters.retain(|parameter| parameter["$ref"] != "#/components/parameters/Limit");
            parameters.push(query("limit", "The most vehicles on a page.", &schema));
        }
    }),
    ..Fault::new(
        "limit-above-maximum",
        "The contract says that a page of vehicles holds at most two, and a page holds as many as the request names.",
        &["ops.paging-limits", "input.invalid-parameter-accepted"],
    )
};

pub(super) const EMPTY_LIST_NOT_FOUND: Fault = Fault {
    answer: Some(|incoming, outgoing| {
        let is_empty = outgoing
            .value_mut()
            .and_then(|body| body.get("items"))
            .and_then(serde_json::Value::as_array)
            .is_some_and(Vec::is_empty);
        if incoming.is("listPeople") && is_empty {
            *outgoing = Outgoing::not_found();
        }
    }),
    ..Fault::new(
        "empty-list-not-found",
        "A collection of people in which nobody matches returns 404.",
        &[
            "ops.empty-list",
            "response.status-documented",
            "response.headers-schema",
            "response.body-schema",
        ],
    )
};

pub(super) const CORRELATION_ID_OF_ITS_OWN: Fault = Fault {
    answer: Some(|incoming, outgoing| {
        if incoming.is("listIncidents") {
            outgoing.set("x-correlation-id", &crate::making::new_id());
        }
    }),
    ..Fault::new(
        "correlation-id-of-its-own",
        "The response has another correlation id than the request.",
        &["ops.correlation-echoed"],
    )
};

pub(super) const ALLOW_INCOMPLETE: Fault = Fault {
    answer: Some(|incoming, outgoing| {
        if incoming.method == axum::http::Method::OPTIONS {
            outgoing.set("allow", "GET, HEAD, OPTIONS");
        }
    }),
    ..Fault::new(
        "allow-incomplete",
        "OPTIONS names the methods that read, and no others.",
        &["ops.options"],
    )
};

pub(super) const HEAD_NOT_FOUND: Fault = Fault {
    answer: Some(|incoming, outgoing| {
        if incoming.method == axum::http::Method::HEAD {
            outgoing.status = StatusCode::NOT_FOUND;
        }
    }),
    ..Fault::new(
        "head-not-found",
        "HEAD returns 404.",
        &["ops.head", "records.head-equals-get"],
    )
};

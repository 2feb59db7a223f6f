//! Faults in what becomes of records over several requests. The contract stays right.

use axum::http::{HeaderValue, Method, StatusCode};
use serde_json::{Value, json};

use super::contract::{push, query};
use crate::fault::{Fault, Misbehaviour};
use crate::message::{Body, Incoming, Outgoing};

const fn inside(
    switch: Misbehaviour,
    id: &'static str,
    summary: &'static str,
    caught_by: &'static [&'static str],
) -> Fault {
    Fault {
        switch: Some(switch),
        ..Fault::new(id, summary, caught_by)
    }
}

pub(super) const CREATED_LOST: Fault = inside(
    Misbehaviour::LosesLocations,
    "created-lost",
    "Creating a location returns 201, and the location is not stored.",
    &[
        "records.created-is-found",
        "ops.paging-complete",
        "ops.paging-sorted",
    ],
);

pub(super) const CREATED_IN_CAPITALS: Fault = inside(
    Misbehaviour::StoresInCapitals,
    "created-in-capitals",
    "The make of a new vehicle is kept in capitals.",
    &["records.created-is-kept", "data.unicode-round-trip"],
);

pub(super) const CREATED_TRIMMED: Fault = inside(
    Misbehaviour::StoresTrimmed,
    "created-trimmed",
    "The make of a new vehicle is kept without the spaces around it.",
    &["records.spaces-kept"],
);

pub(super) const NEWEST_NOT_LISTED: Fault = inside(
    Misbehaviour::ListsLate,
    "newest-not-listed",
    "Vehicles that were created by a call are not in the collection.",
    &[
        "records.listed",
        "ops.paging-complete",
        "records.list-filter",
        "records.list-total",
        "ops.paging-sorted",
        "ops.paging-under-change",
        "records.list-limit",
    ],
);

pub(super) const REPLACE_MERGES: Fault = inside(
    Misbehaviour::MergesOnPut,
    "replace-merges",
    "PUT keeps what the body leaves out.",
    &["records.put-whole"],
);

pub(super) const CREATION_MOVES: Fault = inside(
    Misbehaviour::MovesCreation,
    "creation-moves",
    "A location that is replaced says that it was created only then.",
    &["records.replaced", "records.list-sort"],
);

pub(super) const DELETED_AND_DENIED: Fault = inside(
    Misbehaviour::DeniesDeletions,
    "deleted-and-denied",
    "DELETE of a location returns 404, and the location is gone.",
    &["records.removed"],
);

pub(super) const REPLACE_ADDS_UP: Fault = inside(
    Misbehaviour::AddsUpOnPut,
    "replace-adds-up",
    "Each PUT of an incident moves its priority on by one.",
    &["records.replace-is-idempotent", "records.replaced"],
);

pub(super) const PATCH_IGNORED: Fault = inside(
    Misbehaviour::IgnoresPatches,
    "patch-ignored",
    "PATCH of a vehicle returns 200 and changes nothing.",
    &["records.patched", "ops.concurrent-updates"],
);

pub(super) const DELETE_KEEPS: Fault = inside(
    Misbehaviour::KeepsDeleted,
    "delete-keeps",
    "DELETE of a location returns 204 and deletes nothing.",
    &["records.removed"],
);

pub(super) const NEIGHBOUR_PATCHED: Fault = inside(
    Misbehaviour::TouchesOldest,
    "neighbour-patched",
    "PATCH of a vehicle changes the make of the oldest vehicle too.",
    &["records.others-untouched"],
);

pub(super) const NEIGHBOUR_DELETED: Fault = inside(
    Misbehaviour::DeletesOldest,
    "neighbour-deleted",
    "DELETE of a location deletes the oldest location too.",
    &["records.others-untouched"],
);

pub(super) const CREATED_TWICE: Fault = inside(
    Misbehaviour::StoresTwice,
    "created-twice",
    "A new location is stored twice, under two ids.",
    &["records.others-untouched", "records.listed"],
);

pub(super) const ID_REUSED: Fault = inside(
    Misbehaviour::ReusesIds,
    "id-reused",
    "A new vehicle gets the id of the vehicle deleted last.",
    &["records.id-not-reused", "records.removed"],
);

pub(super) const REFUSED_AND_STORED: Fault = inside(
    Misbehaviour::StoresBeforeMatch,
    "refused-and-stored",
    "A change that is refused with 412 is stored all the same.",
    &[
        "records.refused-write-changes-nothing",
        "ops.if-match-stale",
    ],
);

pub(super) const CHILD_ANYWHERE: Fault = inside(
    Misbehaviour::LinksAnywhere,
    "child-anywhere",
    "A link is read under any incident.",
    &["records.child-under-wrong-parent"],
);

pub(super) const READ_CHANGES: Fault = inside(
    Misbehaviour::ReadsChange,
    "read-changes",
    "Reading an incident moves its priority on by one.",
    &[
        "records.safe-methods-change-nothing",
        "ops.concurrent-updates",
        "ops.etag-strong",
        "records.created-is-kept",
        "records.list-filter",
        "records.listed",
        "records.patched",
        "records.refused-write-changes-nothing",
        "records.replace-is-idempotent",
        "records.replaced",
        "records.write-answer",
        "wire.compression",
    ],
);

pub(super) const FILTER_IGNORED: Fault = inside(
    Misbehaviour::IgnoresFilters,
    "filter-ignored",
    "The filters of the collection of vehicles are ignored.",
    &["records.list-filter"],
);

pub(super) const LIMIT_IGNORED: Fault = inside(
    Misbehaviour::IgnoresLimits,
    "limit-ignored",
    "The limit of the collection of vehicles is ignored.",
    &["records.list-limit", "response.body-schema"],
);

pub(super) const ORDER_REVERSED: Fault = inside(
    Misbehaviour::ReversesOrder,
    "order-reversed",
    "The collection of incidents comes in the opposite order.",
    &["records.list-sort"],
);

pub(super) const OFFSET_IGNORED: Fault = Fault {
    contract: Some(|document| {
        let schema = json!({ "type": "integer", "minimum": 0 });
        let parameter = query("offset", "How many vehicles to leave out.", &schema);
        push(document, "/paths/~1vehicles/get/parameters", parameter);
    }),
    switch: Some(Misbehaviour::TakesOffset),
    ..Fault::new(
        "offset-ignored",
        "The collection of vehicles takes an offset and ignores it.",
        &[
            "records.list-offset",
            "records.list-total",
            "input.invalid-parameter-accepted",
        ],
    )
};

pub(super) const HEAD_DIFFERS: Fault = Fault {
    answer: Some(|incoming, outgoing| {
        if incoming.method == Method::HEAD && outgoing.headers.contains_key("etag") {
            outgoing
                .headers
                .insert("etag", HeaderValue::from_static("\"zz\""));
        }
    }),
    ..Fault::new(
        "head-differs",
        "HEAD has another ETag than GET.",
        &["records.head-equals-get"],
    )
};

pub(super) const UNKNOWN_DELETED: Fault = Fault {
    answer: Some(|incoming, outgoing| {
        if incoming.is("deleteLocation") && outgoing.status == StatusCode::NOT_FOUND {
            outgoing.status = StatusCode::NO_CONTENT;
            outgoing.headers.remove("content-type");
            outgoing.body = Body::None;
        }
    }),
    ..Fault::new(
        "unknown-deleted",
        "DELETE of a location that is not there returns 204.",
        &["records.unknown-id-on-write"],
    )
};

pub(super) const TOTAL_ONE_MORE: Fault = Fault {
    answer: Some(|incoming, outgoing| {
        if incoming.is("listVehicles")
            && let Body::Json(body) = &mut outgoing.body
            && let Some(total) = body.get("total").and_then(Value::as_i64)
            && let Some(place) = body.get_mut("total")
        {
            *place = json!(total + 1);
        }
    }),
    ..Fault::new(
        "total-one-more",
        "The total of the collection of vehicles is one more than there are.",
        &[
            "records.list-total",
            "records.list-filter",
            "wire.compression",
        ],
    )
};

pub(super) const ANSWER_DIFFERS: Fault = Fault {
    answer: Some(|incoming, outgoing| {
        if created_vehicle(incoming, outgoing)
            && let Body::Json(body) = &mut outgoing.body
            && let Some(place) = body.get_mut("make")
        {
            *place = json!("Zztest");
        }
    }),
    ..Fault::new(
        "answer-differs",
        "The response to the creation of a vehicle shows another make than is kept.",
        &["records.write-answer", "data.unicode-round-trip"],
    )
};

pub(super) const CREATED_WITH_200: Fault = Fault {
    answer: Some(|incoming, outgoing| {
        if created_vehicle(incoming, outgoing) {
            outgoing.status = StatusCode::OK;
        }
    }),
    ..Fault::new(
        "created-with-200",
        "The creation of a vehicle returns 200.",
        &["records.status-by-method", "response.status-documented"],
    )
};

pub(super) const LOCATION_ELSEWHERE: Fault = Fault {
    answer: Some(|incoming, outgoing| {
        if created_vehicle(incoming, outgoing)
            && let Some(location) = outgoing
                .headers
                .get("location")
                .and_then(|text| text.to_str().ok())
            && let Some((before, _)) = location.rsplit_once('/')
        {
            let elsewhere = format!("{before}/5f0c4d86-6c4d-4b0e-9a3e-0d6f3c1e7a55");
            outgoing.set("location", &elsewhere);
        }
    }),
    ..Fault::new(
        "location-elsewhere",
        "Location of a new vehicle leads nowhere.",
        &["records.location", "ops.concurrent-creates"],
    )
};

fn created_vehicle(incoming: &Incoming, outgoing: &Outgoing) -> bool {
    incoming.is("createVehicle") && outgoing.status == StatusCode::CREATED
}

//! Faults in how errors are told. The contract stays right.

use axum::http::StatusCode;
use bytes::Bytes;
use serde_json::{Value, json};

use crate::fault::Fault;
use crate::message::{Body, Incoming, Outgoing};

/// A record that is not there, read by its id.
fn is_unknown_vehicle(incoming: &Incoming, outgoing: &Outgoing) -> bool {
    incoming.is("getVehicle") && outgoing.status == StatusCode::NOT_FOUND
}

pub(super) const PROBLEM_STATUS_DIFFERS: Fault = Fault {
    answer: Some(|_, outgoing| {
        if outgoing.is_problem()
            && let Some(problem) = outgoing.object_mut()
        {
            problem.insert("status".to_owned(), json!(500));
        }
    }),
    ..Fault::new(
        "problem-status-differs",
        "The status in a problem is not the status of the response.",
        &["response.problem-status"],
    )
};

pub(super) const PROBLEM_AS_JSON: Fault = Fault {
    answer: Some(|_, outgoing| {
        if outgoing.is_problem() {
            let detail = outgoing.value_mut().map(|problem| problem["detail"].take());
            outgoing.body = Body::Json(json!({ "message": detail }));
            outgoing.set("content-type", "application/json");
        }
    }),
    ..Fault::new(
        "problem-as-json",
        "Errors are told in JSON of the supplier's own.",
        &[
            "response.problem-json",
            "response.content-type",
            "http.unknown-resource",
        ],
    )
};

pub(super) const PROBLEM_AS_HTML: Fault = Fault {
    answer: Some(|incoming, outgoing| {
        if is_unknown_vehicle(incoming, outgoing) {
            outgoing.body = Body::Raw(Bytes::from_static(b"<html><h1>Not found</h1></html>"));
            outgoing.set("content-type", "text/html");
        }
    }),
    ..Fault::new(
        "problem-as-html",
        "The 404 of a vehicle is a page for a browser.",
        &[
            "response.problem-json",
            "response.content-type",
            "http.unknown-resource",
        ],
    )
};

pub(super) const UNKNOWN_RESOURCE_EMPTY: Fault = Fault {
    answer: Some(|incoming, outgoing| {
        if is_unknown_vehicle(incoming, outgoing) {
            outgoing.status = StatusCode::OK;
            outgoing.body = Body::Json(Value::Object(serde_json::Map::new()));
            outgoing.set("content-type", "application/json");
            outgoing.set("etag", "\"0-0\"");
        }
    }),
    ..Fault::new(
        "unknown-resource-empty",
        "A request for a vehicle that does not exist receives 200 with an empty object.",
        &[
            "http.unknown-resource",
            "response.body-schema",
            "response.declared-properties",
            "records.removed",
            "ops.if-none-match",
            "ops.paging-complete",
            "ops.paging-sorted",
            "records.created-is-kept",
            "records.listed",
            "records.patched",
            "records.safe-methods-change-nothing",
            "records.replaced",
        ],
    )
};

pub(super) const UNKNOWN_RESOURCE_BAD_REQUEST: Fault = Fault {
    answer: Some(|incoming, outgoing| {
        if is_unknown_vehicle(incoming, outgoing) {
            outgoing.restate(
                StatusCode::BAD_REQUEST,
                "invalid-request",
                "The request is not valid",
            );
        }
    }),
    ..Fault::new(
        "unknown-resource-bad-request",
        "A request for a vehicle that does not exist receives 400.",
        &["http.unknown-resource"],
    )
};

pub(super) const UNKNOWN_RESOURCE_SERVER_ERROR: Fault = Fault {
    answer: Some(|incoming, outgoing| {
        if is_unknown_vehicle(incoming, outgoing) {
            outgoing.restate(
                StatusCode::INTERNAL_SERVER_ERROR,
                "internal-error",
                "The service failed",
            );
        }
    }),
    ..Fault::new(
        "unknown-resource-server-error",
        "A request for a vehicle that does not exist receives 500.",
        &["http.unknown-resource", "response.server-error"],
    )
};

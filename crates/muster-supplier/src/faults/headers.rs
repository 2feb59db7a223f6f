//! Faults in the headers of answers. The contract stays right.

use crate::fault::Fault;

pub(super) const CONTENT_TYPE_HTML: Fault = Fault {
    answer: Some(|incoming, outgoing| {
        if incoming.is("getVehicle") && outgoing.status.is_success() {
            outgoing.set("content-type", "text/html; charset=utf-8");
        }
    }),
    ..Fault::new(
        "content-type-html",
        "JSON is sent as text/html.",
        &["response.content-type"],
    )
};

pub(super) const CONTENT_TYPE_TEXT: Fault = Fault {
    answer: Some(|incoming, outgoing| {
        if incoming.is("listIncidents") && outgoing.status.is_success() {
            outgoing.set("content-type", "text/plain");
        }
    }),
    ..Fault::new(
        "content-type-text",
        "A list is sent as text/plain.",
        &["response.content-type"],
    )
};

pub(super) const CONTENT_TYPE_MISSING: Fault = Fault {
    answer: Some(|incoming, outgoing| {
        if incoming.is("getVehicle") && outgoing.status.is_success() {
            outgoing.headers.remove("content-type");
        }
    }),
    ..Fault::new(
        "content-type-missing",
        "A body is sent without saying what it is.",
        &["response.content-type"],
    )
};

pub(super) const ETAG_UNQUOTED: Fault = Fault {
    answer: Some(|incoming, outgoing| {
        let tag = outgoing
            .headers
            .get("etag")
            .and_then(|tag| tag.to_str().ok());
        if let Some(tag) = tag.map(|tag| tag.trim_matches('"').to_owned())
            && incoming.is("getVehicle")
        {
            outgoing.set("etag", &tag);
        }
    }),
    ..Fault::new(
        "etag-unquoted",
        "An ETag is sent without its quotation marks.",
        &["response.headers-schema", "ops.etag-strong"],
    )
};

pub(super) const CORRELATION_ID_MISSING: Fault = Fault {
    answer: Some(|incoming, outgoing| {
        if incoming.is("listVehicles") {
            outgoing.headers.remove("x-correlation-id");
        }
    }),
    ..Fault::new(
        "correlation-id-missing",
        "The collection of vehicles comes without the X-Correlation-Id that is documented as always there.",
        &["response.headers-schema", "ops.correlation-echoed"],
    )
};

pub(super) const LOCATION_MISSING: Fault = Fault {
    answer: Some(|incoming, outgoing| {
        if incoming.is("createVehicle") {
            outgoing.headers.remove("location");
        }
    }),
    ..Fault::new(
        "location-missing",
        "A vehicle is created, and the response does not say where it is.",
        &["response.headers-schema", "records.location"],
    )
};

pub(super) const DEPRECATION_UNSENT: Fault = Fault {
    answer: Some(|_, outgoing| {
        outgoing.headers.remove("deprecation");
        outgoing.headers.remove("sunset");
    }),
    ..Fault::new(
        "deprecation-unsent",
        "The deprecated operation sends neither Deprecation nor Sunset.",
        &["response.deprecation-headers"],
    )
};

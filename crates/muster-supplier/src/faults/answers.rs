//! Faults in the bodies and statuses of answers that are otherwise good. The contract stays right.

use axum::http::StatusCode;
use bytes::Bytes;
use serde_json::{Map, Value, json};

use crate::fault::Fault;
use crate::message::{Body, Incoming, Outgoing};

/// Changes the body of one operation's success.
fn body(
    incoming: &Incoming,
    outgoing: &mut Outgoing,
    operation: &str,
    change: impl FnOnce(&mut Map<String, Value>),
) {
    if incoming.is(operation)
        && outgoing.status.is_success()
        && let Some(object) = outgoing.object_mut()
    {
        change(object);
    }
}

/// Changes the bytes of one operation's success.
fn bytes(
    incoming: &Incoming,
    outgoing: &mut Outgoing,
    operation: &str,
    change: impl FnOnce(Bytes) -> Vec<u8>,
) {
    if incoming.is(operation) && outgoing.status.is_success() {
        outgoing.body = Body::Raw(change(outgoing.bytes()).into());
    }
}

fn put(object: &mut Map<String, Value>, name: &str, value: Value) {
    object.insert(name.to_owned(), value);
}

pub(super) const LIST_IS_ARRAY: Fault = Fault {
    answer: Some(|incoming, outgoing| {
        if incoming.is("listVehicles")
            && let Some(items) = outgoing.value_mut().and_then(|body| body.get_mut("items"))
        {
            outgoing.body = Body::Json(items.take());
        }
    }),
    ..Fault::new(
        "list-is-array",
        "The collection of vehicles is an array at the top.",
        &["response.object-body", "response.body-schema"],
    )
};

pub(super) const ITEMS_KEYED_BY_ID: Fault = Fault {
    answer: Some(|incoming, outgoing| {
        body(incoming, outgoing, "listVehicles", |list| {
            let items = list.get("items").and_then(Value::as_array).cloned();
            let keyed: Map<String, Value> = items
                .into_iter()
                .flatten()
                .filter_map(|item| Some((item.get("id")?.as_str()?.to_owned(), item)))
                .collect();
            put(list, "items", Value::Object(keyed));
        });
    }),
    ..Fault::new(
        "items-keyed-by-id",
        "The collection of vehicles is an object whose property names are ids.",
        &[
            "response.data-as-keys",
            "response.body-schema",
            "ops.paging-complete",
            "ops.paging-sorted",
        ],
    )
};

pub(super) const DATE_BRITISH: Fault = Fault {
    answer: Some(|incoming, outgoing| {
        body(incoming, outgoing, "getIncident", |incident| {
            put(incident, "reportedOn", json!("05/01/2026"));
        });
    }),
    ..Fault::new(
        "date-british",
        "A date is written day first, with slashes.",
        &[
            "response.dates",
            "response.body-schema",
            "records.created-is-kept",
            "records.listed",
            "records.patched",
            "records.replaced",
            "records.write-answer",
        ],
    )
};

pub(super) const DATE_TIME_WITHOUT_OFFSET: Fault = Fault {
    answer: Some(|incoming, outgoing| {
        body(incoming, outgoing, "getVehicle", |vehicle| {
            if let Some(Value::String(moment)) = vehicle.get_mut("createdAt") {
                *moment = moment.trim_end_matches('Z').to_owned();
            }
        });
    }),
    ..Fault::new(
        "date-time-without-offset",
        "A date-time does not say how far it is from UTC.",
        &["response.dates", "response.body-schema"],
    )
};

pub(super) const DATE_TIME_AS_NUMBER: Fault = Fault {
    answer: Some(|incoming, outgoing| {
        body(incoming, outgoing, "getVehicle", |vehicle| {
            put(vehicle, "updatedAt", json!(1_767_605_400));
        });
    }),
    ..Fault::new(
        "date-time-as-number",
        "A date-time is a count of seconds.",
        &["response.body-schema"],
    )
};

pub(super) const BYTE_ORDER_MARK: Fault = Fault {
    answer: Some(|incoming, outgoing| {
        bytes(incoming, outgoing, "getPerson", |body| {
            [b"\xEF\xBB\xBF", body.as_ref()].concat()
        });
    }),
    ..Fault::new(
        "byte-order-mark",
        "JSON starts with a byte order mark.",
        &["response.json-utf8", "response.body-schema"],
    )
};

pub(super) const LATIN_1: Fault = Fault {
    answer: Some(|incoming, outgoing| {
        bytes(incoming, outgoing, "listPeople", |body| {
            let text = String::from_utf8_lossy(&body);
            text.chars()
                .map(|c| u8::try_from(u32::from(c)).unwrap_or(b'?'))
                .collect()
        });
    }),
    ..Fault::new(
        "latin-1",
        "JSON is encoded in Latin-1.",
        &["response.json-utf8", "response.body-schema"],
    )
};

pub(super) const LATITUDE_FIRST: Fault = Fault {
    answer: Some(|incoming, outgoing| {
        body(incoming, outgoing, "getLocation", |location| {
            let position = location.get_mut("position");
            if let Some(Value::Array(pair)) =
                position.and_then(|point| point.get_mut("coordinates"))
            {
                pair.reverse();
            }
        });
    }),
    ..Fault::new(
        "latitude-first",
        "The position of a location has its latitude first.",
        &[
            "response.geojson",
            "records.created-is-kept",
            "records.listed",
            "records.patched",
            "records.replaced",
            "records.write-answer",
            "response.body-schema",
        ],
    )
};

pub(super) const COORDINATES_AS_TEXT: Fault = Fault {
    answer: Some(|incoming, outgoing| {
        body(incoming, outgoing, "getLocation", |location| {
            let position = location
                .get_mut("position")
                .and_then(|point| point.get_mut("coordinates"));
            for number in position.and_then(Value::as_array_mut).into_iter().flatten() {
                *number = json!(number.to_string());
            }
        });
    }),
    ..Fault::new(
        "coordinates-as-text",
        "The position of a location is written as text.",
        &[
            "response.body-schema",
            "response.geojson",
            "records.created-is-kept",
            "records.listed",
            "records.replaced",
            "records.write-answer",
        ],
    )
};

pub(super) const STATUS_UNDOCUMENTED: Fault = Fault {
    answer: Some(|incoming, outgoing| {
        if incoming.is("getVehicle") && outgoing.status == StatusCode::OK {
            outgoing.status = StatusCode::NON_AUTHORITATIVE_INFORMATION;
        }
    }),
    ..Fault::new(
        "status-undocumented",
        "Reading a vehicle returns 203, which is not documented.",
        &["response.status-documented"],
    )
};

pub(super) const STATUS_UNDOCUMENTED_ON_CREATE: Fault = Fault {
    answer: Some(|incoming, outgoing| {
        if incoming.is("createVehicle") && outgoing.status == StatusCode::CREATED {
            outgoing.status = StatusCode::OK;
        }
    }),
    ..Fault::new(
        "status-undocumented-on-create",
        "Creating a vehicle returns 200, where 201 is documented.",
        &["response.status-documented", "records.status-by-method"],
    )
};

pub(super) const PROPERTY_MISSING: Fault = Fault {
    answer: Some(|incoming, outgoing| {
        body(incoming, outgoing, "getPerson", |person| {
            person.shift_remove("surname");
        });
    }),
    ..Fault::new(
        "property-missing",
        "A person comes without the surname that the schema requires.",
        &[
            "response.body-schema",
            "records.created-is-kept",
            "records.listed",
            "records.replaced",
            "records.patched",
        ],
    )
};

pub(super) const NUMBER_AS_TEXT: Fault = Fault {
    answer: Some(|incoming, outgoing| {
        body(incoming, outgoing, "getIncident", |incident| {
            let text = incident.get("priority").map(Value::to_string);
            put(incident, "priority", json!(text));
        });
    }),
    ..Fault::new(
        "number-as-text",
        "A number is sent as text.",
        &[
            "response.body-schema",
            "records.created-is-kept",
            "records.listed",
            "records.replaced",
            "records.write-answer",
        ],
    )
};

pub(super) const WRITE_ONLY_SHOWN: Fault = Fault {
    answer: Some(|incoming, outgoing| {
        body(incoming, outgoing, "getVehicle", |vehicle| {
            put(vehicle, "trackerCode", json!("004711"));
        });
    }),
    ..Fault::new(
        "write-only-shown",
        "A vehicle is read with the code of its tracker, which is only ever written.",
        &["response.write-only"],
    )
};

pub(super) const VALUE_OUTSIDE_ENUM: Fault = Fault {
    answer: Some(|incoming, outgoing| {
        body(incoming, outgoing, "getVehicle", |vehicle| {
            put(vehicle, "colour", json!("BLUE"));
        });
    }),
    ..Fault::new(
        "value-outside-enum",
        "A value is none of those that the schema lists.",
        &[
            "response.body-schema",
            "records.created-is-kept",
            "records.listed",
            "records.patched",
            "records.replaced",
            "records.write-answer",
        ],
    )
};

pub(super) const NULL_WHERE_NONE_MAY_BE: Fault = Fault {
    answer: Some(|incoming, outgoing| {
        body(incoming, outgoing, "listLocations", |list| {
            put(list, "total", Value::Null);
        });
    }),
    ..Fault::new(
        "null-where-none-may-be",
        "A property is null where the schema does not allow it.",
        &["response.body-schema"],
    )
};

pub(super) const PROPERTY_UNDECLARED: Fault = Fault {
    contract: Some(|document| {
        if let Some(schema) = document
            .pointer_mut("/components/schemas/Health")
            .and_then(Value::as_object_mut)
        {
            schema.shift_remove("additionalProperties");
        }
    }),
    answer: Some(|incoming, outgoing| {
        body(incoming, outgoing, "getHealth", |health| {
            put(health, "buildMachine", json!("zztest-builder"));
        });
    }),
    ..Fault::new(
        "property-undeclared",
        "A response holds a property that its open schema does not declare.",
        &["response.undeclared-properties"],
    )
};

pub(super) const ENVELOPE_UNDECLARED: Fault = Fault {
    contract: Some(|document| {
        if let Some(schema) = document
            .pointer_mut("/components/schemas/Health")
            .and_then(Value::as_object_mut)
        {
            schema.shift_remove("additionalProperties");
            schema.shift_remove("required");
        }
    }),
    answer: Some(|incoming, outgoing| {
        body(incoming, outgoing, "getHealth", |health| {
            let inner = std::mem::take(health);
            put(health, "health", Value::Object(inner));
        });
    }),
    ..Fault::new(
        "envelope-undeclared",
        "A response is wrapped in a property that its open schema does not declare, and so keeps to it in vain.",
        &[
            "response.declared-properties",
            "response.undeclared-properties",
        ],
    )
};

fn internal_error() -> Outgoing {
    Outgoing::problem(
        StatusCode::INTERNAL_SERVER_ERROR,
        "internal-error",
        "The service failed",
        "Something went wrong. Quote the correlation id when you report it.",
    )
}

pub(super) const SERVER_ERROR_ON_DELETE: Fault = Fault {
    answer: Some(|incoming, outgoing| {
        if incoming.is("deleteVehicle") && outgoing.status == StatusCode::NO_CONTENT {
            outgoing.status = StatusCode::INTERNAL_SERVER_ERROR;
            let mut problem = internal_error();
            put_correlation(&mut problem, incoming);
            outgoing.set("content-type", crate::message::PROBLEM);
            outgoing.body = problem.body;
        }
    }),
    ..Fault::new(
        "server-error-on-delete",
        "A vehicle is deleted, and the response is 500.",
        &["response.server-error"],
    )
};

pub(super) const SERVER_ERROR_ON_FILTER: Fault = Fault {
    before: Some(|incoming| {
        let filters = incoming
            .query
            .as_deref()
            .is_some_and(|query| query.contains("surname="));
        (filters && incoming.is("listPeople")).then(internal_error)
    }),
    ..Fault::new(
        "server-error-on-filter",
        "A search for a surname returns 500.",
        &["response.server-error", "input.server-error"],
    )
};

fn put_correlation(problem: &mut Outgoing, incoming: &Incoming) {
    if let Some(object) = problem.object_mut() {
        put(object, "correlationId", json!(incoming.correlation));
    }
}

pub(super) const NOT_MODIFIED_UNASKED: Fault = Fault {
    answer: Some(|incoming, outgoing| {
        if incoming.is("getLocation")
            && outgoing.status == StatusCode::OK
            && incoming.header("if-none-match").is_none()
        {
            *outgoing = Outgoing::empty(StatusCode::NOT_MODIFIED);
        }
    }),
    ..Fault::new(
        "not-modified-unasked",
        "Reading a location returns 304 although the request has no condition.",
        &[
            "response.well-formed",
            "response.headers-schema",
            "records.created-is-found",
        ],
    )
};

pub(super) const BODY_TRUNCATED: Fault = Fault {
    answer: Some(|incoming, outgoing| {
        bytes(incoming, outgoing, "getVehicle", |body| {
            body.iter()
                .copied()
                .take(body.len().saturating_sub(1))
                .collect()
        });
    }),
    ..Fault::new(
        "body-truncated",
        "The last brace of a vehicle is missing.",
        &["response.json-utf8", "response.body-schema"],
    )
};

pub(super) const NAME_REPEATED: Fault = Fault {
    answer: Some(|incoming, outgoing| {
        bytes(incoming, outgoing, "getVehicle", |body| {
            let first = b"{\"make\":\"Zztest\",".as_slice();
            [first, body.get(1..).unwrap_or_default()].concat()
        });
    }),
    ..Fault::new(
        "name-repeated",
        "A name stands twice in one JSON object.",
        &["response.json-utf8"],
    )
};

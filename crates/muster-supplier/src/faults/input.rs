//! Faults in what is taken and what is refused. Each loosens, or tightens, one rule of the contract.

use axum::http::StatusCode;
use serde_json::{Value, json};

use crate::fault::{Fault, Misbehaviour};
use crate::message::{Incoming, Outgoing, Received};

/// The body of a call of one operation, before anything has looked at it.
fn body_of(incoming: &Incoming, operation: &str) -> Option<Value> {
    match &incoming.body {
        Received::Whole(bytes) if incoming.is(operation) => serde_json::from_slice(bytes).ok(),
        _ => None,
    }
}

fn refused() -> Outgoing {
    Outgoing::invalid("The request is not as this service likes it.", Vec::new())
}

fn failed() -> Outgoing {
    Outgoing::problem(
        StatusCode::INTERNAL_SERVER_ERROR,
        "internal-error",
        "The service failed",
        "Something went wrong. Quote the correlation id when you report it.",
    )
}

fn asks(incoming: &Incoming, operation: &str, pair: &str) -> bool {
    incoming.is(operation)
        && incoming
            .query
            .as_deref()
            .is_some_and(|query| query.split('&').any(|part| part == pair))
}

pub(super) const SURNAME_TOO_LONG_TAKEN: Fault = Fault {
    switch: Some(Misbehaviour::Overlooks("surname/maxLength")),
    ..Fault::new(
        "surname-too-long-taken",
        "A surname of more letters than allowed is taken.",
        &["input.invalid-body-accepted", "response.body-schema"],
    )
};

pub(super) const MEMBER_UNKNOWN_TAKEN: Fault = Fault {
    switch: Some(Misbehaviour::Overlooks("additionalProperties")),
    ..Fault::new(
        "member-unknown-taken",
        "Properties that the schema does not know are taken, and kept.",
        &["input.invalid-body-accepted", "response.body-schema"],
    )
};

pub(super) const HEIGHT_TOO_LOW_TAKEN: Fault = Fault {
    switch: Some(Misbehaviour::Overlooks("heightCentimetres/minimum")),
    ..Fault::new(
        "height-too-low-taken",
        "A height below its lowest is taken.",
        &["input.invalid-body-accepted", "response.body-schema"],
    )
};

pub(super) const MEMBERS_MISSING_TAKEN: Fault = Fault {
    switch: Some(Misbehaviour::Overlooks("required")),
    ..Fault::new(
        "members-missing-taken",
        "Records without their required properties are taken.",
        &[
            "input.invalid-body-accepted",
            "response.body-schema",
            "response.geojson",
        ],
    )
};

pub(super) const BODY_EMPTY_TAKEN: Fault = Fault {
    switch: Some(Misbehaviour::TakesEmptyBody),
    ..Fault::new(
        "body-empty-taken",
        "An empty body is taken for a patch that changes nothing.",
        &["input.required-body-missing"],
    )
};

pub(super) const LIMIT_ANY_TAKEN: Fault = Fault {
    switch: Some(Misbehaviour::OverlooksParameter("limit")),
    ..Fault::new(
        "limit-any-taken",
        "A limit that is none is overlooked.",
        &["input.invalid-parameter-accepted"],
    )
};

pub(super) const STATUS_ANY_TAKEN: Fault = Fault {
    switch: Some(Misbehaviour::OverlooksParameter("status")),
    ..Fault::new(
        "status-any-taken",
        "A status outside its enumeration is ignored, and the response has all incidents.",
        &["input.invalid-parameter-accepted"],
    )
};

pub(super) const REQUIRED_PARAMETER_NOT_NEEDED: Fault = Fault {
    contract: Some(|document| {
        let parameters = document
            .pointer_mut("/paths/~1audit-events/get/parameters")
            .and_then(Value::as_array_mut);
        let processing = parameters
            .into_iter()
            .flatten()
            .find(|parameter| parameter.get("name") == Some(&json!("processing")));
        if let Some(Value::Object(parameter)) = processing {
            parameter.insert("required".to_owned(), json!(true));
        }
    }),
    ..Fault::new(
        "required-parameter-not-needed",
        "The contract requires a parameter that the service does without.",
        &["input.required-parameter-missing"],
    )
};

pub(super) const COLOUR_REFUSED: Fault = Fault {
    before: Some(|incoming| {
        let colour = body_of(incoming, "createVehicle")?;
        (colour.get("colour") == Some(&json!("green"))).then(refused)
    }),
    ..Fault::new(
        "colour-refused",
        "One of the enumerated colours is refused.",
        &["input.valid-refused"],
    )
};

pub(super) const HIGHEST_LIMIT_REFUSED: Fault = Fault {
    before: Some(|incoming| asks(incoming, "listPeople", "limit=100").then(refused)),
    ..Fault::new(
        "highest-limit-refused",
        "The highest limit that is allowed is refused.",
        &["input.valid-refused"],
    )
};

pub(super) const LEAP_DAY_FAILS: Fault = Fault {
    before: Some(|incoming| {
        let person = body_of(incoming, "createPerson")?;
        let born = person.get("dateOfBirth")?.as_str()?;
        born.ends_with("-02-29").then(failed)
    }),
    ..Fault::new(
        "leap-day-fails",
        "A person who was born on a leap day makes the service fail.",
        &["input.server-error", "response.server-error"],
    )
};

pub(super) const APOSTROPHE_IN_FILTER_FAILS: Fault = Fault {
    before: Some(|incoming| {
        let query = incoming.query.as_deref()?;
        (incoming.is("listPeople") && query.contains("surname=") && query.contains("%27"))
            .then(failed)
    }),
    ..Fault::new(
        "apostrophe-in-filter-fails",
        "An apostrophe in the filter by surname makes the service fail.",
        &["input.server-error", "response.server-error"],
    )
};

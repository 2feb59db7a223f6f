//! New records, links, ids and moments.

use serde_json::{Map, Value, json};
use time::OffsetDateTime;
use time::macros::format_description;

use super::SupplierState;
use super::fault::Misbehaviour;
use super::store::{Kind, Record, Store};
use super::text;

/// The moment, as the contract writes it.
pub(crate) fn now() -> String {
    written(OffsetDateTime::now_utc())
}

/// A moment, as the contract writes it.
pub(crate) fn written(moment: OffsetDateTime) -> String {
    let format =
        format_description!("[year]-[month]-[day]T[hour]:[minute]:[second].[subsecond digits:3]Z");
    moment.format(&format).unwrap_or_default()
}

/// A new random id (UUID version 4).
pub(crate) fn new_id() -> String {
    uuid::Builder::from_random_bytes(rand::random())
        .into_uuid()
        .to_string()
}

/// What is only ever written is not kept with the record, so that no response can have it.
pub(crate) fn take_out_write_only(said: &mut Value) {
    if let Value::Object(members) = said {
        members.shift_remove("trackerCode");
    }
}

/// Builds a record from what a caller says of it.
pub(crate) fn new_record(
    house: &SupplierState,
    store: &mut Store,
    kind: Kind,
    force: &str,
    mut said: Value,
) -> Record {
    text::as_stored(house, &mut said);
    take_out_write_only(&mut said);
    let sequence = store.next_sequence();
    let moment = now();
    let mut body = Map::new();
    body.insert("id".to_owned(), json!(new_id()));
    if let Value::Object(members) = said {
        body.extend(members);
    }
    let restricted = body.get("restricted") == Some(&Value::Bool(true));
    body.insert("restricted".to_owned(), Value::Bool(restricted));
    if kind == Kind::Incident {
        body.insert(
            "reference".to_owned(),
            json!(format!("{force}-{sequence:06}")),
        );
    }
    // Only a fault lets a body name it.
    let named = body
        .get("owningForce")
        .filter(|_| house.is(Misbehaviour::AssignsOwner))
        .cloned();
    body.insert(
        "owningForce".to_owned(),
        named.unwrap_or_else(|| json!(force)),
    );
    body.insert("createdAt".to_owned(), json!(moment));
    body.insert("updatedAt".to_owned(), json!(moment));
    Record {
        sequence,
        version: 1,
        force: force.to_owned(),
        restricted,
        body,
    }
}

/// Builds a link.
pub(crate) fn new_link(
    store: &mut Store,
    force: &str,
    incident: &str,
    record_type: &str,
    record: &str,
    role: &str,
) -> Record {
    let body = [
        ("id", new_id()),
        ("incidentId", incident.to_owned()),
        ("recordType", record_type.to_owned()),
        ("recordId", record.to_owned()),
        ("role", role.to_owned()),
        ("createdAt", now()),
    ];
    Record {
        sequence: store.next_sequence(),
        version: 1,
        force: force.to_owned(),
        restricted: false,
        body: body
            .into_iter()
            .map(|(name, value)| (name.to_owned(), json!(value)))
            .collect(),
    }
}

/// The moment that a text names.
pub(crate) fn moment(text: &str) -> Option<OffsetDateTime> {
    OffsetDateTime::parse(text, &time::format_description::well_known::Rfc3339).ok()
}

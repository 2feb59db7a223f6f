//! What is told of a creation before it is sent, so that the record is found and recognised later from the journal alone.

use serde_json::{Map, Value};

use muster_core::{exchange::Request, observation::Redactor};
use muster_report::event::Creation;

/// How long the values that are told may be, as JSON.
const MOST: usize = 2048;

/// Why a record was not removed when the time for cleaning up was over.
pub(super) const OUT_OF_TIME: &str =
    "The time for cleaning up was over; `muster cleanup` with the run folder removes it.";

/// The creation with the address and the values of its request, redacted.
pub(super) fn with_sent_values(
    mut creation: Creation,
    request: &Request,
    redactor: &Redactor,
) -> Creation {
    let path = request.path_and_query();
    let path = path.split_once('?').map_or(path, |(path, _)| path);
    creation.path = Some(redactor.text(path));
    creation.sent = request
        .body
        .as_ref()
        .filter(|body| body.bytes.len() <= 8 * MOST)
        .and_then(|body| serde_json::from_slice(&body.bytes).ok())
        .map(|mut sent| {
            redactor.json(&mut sent);
            short(sent)
        });
    creation
}

/// The value where it is short, or the short ones of its scalar properties.
fn short(value: Value) -> Value {
    if value.to_string().len() <= MOST {
        return value;
    }
    let mut room = MOST;
    let mut kept = Map::new();
    for (name, property) in value.as_object().into_iter().flatten() {
        let size = name.len() + property.to_string().len() + 4;
        if !property.is_object() && !property.is_array() && size <= room {
            room -= size;
            kept.insert(name.clone(), property.clone());
        }
    }
    Value::Object(kept)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use muster_core::{
        exchange::{Address, Body},
        model::{IdentityName, Method, OperationKey},
    };

    fn told(body: &Value) -> Creation {
        let creation = Creation {
            number: 1,
            operation: OperationKey::new(Method::Post, "/people".to_owned()),
            removal: None,
            identity: IdentityName::default(),
            path: None,
            sent: None,
            exchange: None,
        };
        let mut request = Request::new(
            Method::Post,
            Address::Base("/people?notify=false".to_owned()),
            "creates a person",
        );
        request.body = Some(Body::json("application/json", body));
        with_sent_values(
            creation,
            &request,
            &Redactor::new([("KEY", "s3cr3t-value-9")], ["surname"]),
        )
    }

    #[test]
    fn the_values_that_are_told_are_redacted() {
        let creation =
            told(&json!({ "surname": "Smith", "note": "s3cr3t-value-9", "town": "Leeds" }));
        assert_eq!(creation.path.as_deref(), Some("/people"));
        let sent = creation.sent.unwrap();
        assert_eq!(sent["town"], "Leeds");
        assert_eq!(sent["surname"], "[personal]");
        assert!(!sent.to_string().contains("s3cr3t"), "{sent}");
    }

    #[test]
    fn of_a_long_body_the_short_values_are_told() {
        let creation = told(&json!({ "town": "Leeds", "text": "x".repeat(5000), "parts": [1, 2] }));
        let sent = creation.sent.unwrap();
        assert_eq!(sent, json!({ "town": "Leeds" }));
    }
}

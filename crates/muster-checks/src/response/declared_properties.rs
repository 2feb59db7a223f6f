//! `response.declared-properties`

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use crate::{Answer, Check, Example, Expect, Kind, ScriptedResponse, support::schema_view::Place};
use muster_core::{
    contract::Validity,
    verdict::{Finding, Judgement},
};

/// Undeclared members that a note names.
const MOST_NAMES: usize = 12;

/// The check.
pub static CHECK: Check = Check {
    id: "response.declared-properties",
    purpose: "An object that validates has at least one of the properties that its schema \
        declares.",
    verifies: "A JSON object that is valid and not empty, or the first object of a list, holds at \
        least one property that its schema names or has a pattern for, anywhere in its \
        compositions. An open schema in which nothing is required accepts any object, so \
        validation alone proves nothing. Properties that the contract does not declare are listed \
        as a note, which counts neither way: additions are compatible. Maps by design (a schema \
        for further properties) are left out.",
    matters: "A real contract declared `events` while its API sent `eventTypes`; every validator \
        was content, and every client saw an empty list.",
    fix: "Bring the names in the contract and in the API together, and list what is always there under \
        `required`.",
    kind: Kind::Response(judge),
    examples: &[
        Example {
            title: "A declared property",
            contract: EVENTS,
            dialogue: &[ScriptedResponse::json(
                "GET /event-types",
                200,
                r#"{"events":["created"]}"#,
            )],
            says: Expect::Pass,
        },
        Example {
            title: "A declared property beside an undeclared one",
            contract: EVENTS,
            dialogue: &[ScriptedResponse::json(
                "GET /event-types",
                200,
                r#"{"events":["created"],"count":1}"#,
            )],
            says: Expect::Pass,
        },
        Example {
            title: "Another name than the declared one",
            contract: EVENTS,
            dialogue: &[ScriptedResponse::json(
                "GET /event-types",
                200,
                r#"{"eventTypes":["created"]}"#,
            )],
            says: Expect::Fail("none of the properties"),
        },
        Example {
            title: "An empty object",
            contract: EVENTS,
            dialogue: &[ScriptedResponse::json("GET /event-types", 200, "{}")],
            says: Expect::Nothing,
        },
        Example {
            title: "A map by design",
            contract: "
/counts:
  get:
    responses:
      '200':
        description: Counts by kind
        content: {application/json: {schema: {type: object, additionalProperties: {type: integer}}}}
",
            dialogue: &[ScriptedResponse::json("GET /counts", 200, r#"{"theft":2}"#)],
            says: Expect::Nothing,
        },
    ],
};

const EVENTS: &str = "
/event-types:
  get:
    responses:
      '200':
        description: Kinds of event
        content:
          application/json:
            schema: {type: object, properties: {events: {type: array, items: {type: string}}}}
";

fn judge(answer: &Answer<'_>) -> Vec<Judgement> {
    let (Some((operation, _, _)), Some(media), Some(body)) =
        (answer.documented(), answer.media(), answer.json())
    else {
        return Vec::new();
    };
    let place = answer.place();
    let (object, place, responsible) = match body {
        Value::Object(object) => (object, place, "The body has"),
        Value::Array(items) => match items.first() {
            Some(Value::Object(object)) => {
                (object, place.item(0), "The items of the collection have")
            }
            _ => return Vec::new(),
        },
        _ => return Vec::new(),
    };
    let named = place.named();
    if object.is_empty() || named.is_empty() || place.is_map() {
        return Vec::new();
    }
    let valid = media.schema.as_ref().is_some_and(|schema| {
        answer.contract.schemas.validate_response(schema, body) == Validity::Valid
    });
    if !valid {
        return Vec::new();
    }
    if !object.keys().any(|member| place.names(member)) {
        let declared: Vec<&str> = named.into_iter().take(MOST_NAMES).collect();
        return vec![
            Finding::new(
                format!("none of {}", declared.join(", ")),
                format!("{responsible} none of the properties that the contract declares."),
                format!("{}: at least one of {}", operation.key, declared.join(", ")),
                names(object, None),
            )
            .at(media.pointer.clone())
            .into(),
        ];
    }
    let mut said = vec![Judgement::Pass];
    said.extend(note(object, &place).map(|members| {
        Judgement::not_applicable(format!(
            "{}: {responsible} properties that the contract does not declare: {members}.",
            operation.key
        ))
    }));
    said
}

fn note(object: &Map<String, Value>, place: &Place<'_>) -> Option<String> {
    let undeclared = names(object, Some(place));
    (!undeclared.is_empty()).then_some(undeclared)
}

fn names(object: &Map<String, Value>, beyond: Option<&Place<'_>>) -> String {
    let names: BTreeSet<&str> = object
        .keys()
        .filter(|member| beyond.is_none_or(|place| !place.names(member)))
        .map(String::as_str)
        .collect();
    names
        .into_iter()
        .take(MOST_NAMES)
        .collect::<Vec<_>>()
        .join(", ")
}

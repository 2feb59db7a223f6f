//! `response.undeclared-properties`

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::{Answer, Check, Example, Expect, Kind, ScriptedResponse, support::schema_view::walk};
use muster_core::verdict::{Finding, Judgement};

/// The check.
pub static CHECK: Check = Check {
    id: "response.undeclared-properties",
    purpose: "A response holds no property that the contract does not declare.",
    verifies: "The properties of each successful JSON object, and of the objects in its lists, are \
        among those that the schema names, where it names any and does not say that others may \
        follow. A schema that is closed is judged by `response.body-schema`; one that says \
        `additionalProperties` is taken at its word.",
    matters: "What is sent and not declared is data that nobody reviewed: an internal note, a hash, another \
        force's reference. It also shows that contract and service have parted.",
    fix: "Declare the property, or stop sending it.",
    kind: Kind::Response(judge),
    examples: &[
        Example {
            title: "Declared properties only",
            contract: PEOPLE,
            dialogue: &[ScriptedResponse::json(
                "GET /people",
                200,
                r#"{"items":[{"surname":"Zztest"}]}"#,
            )],
            says: Expect::Pass,
        },
        Example {
            title: "A property that nobody declared",
            contract: PEOPLE,
            dialogue: &[ScriptedResponse::json(
                "GET /people",
                200,
                r#"{"items":[{"surname":"Zztest","riskNote":"x"}]}"#,
            )],
            says: Expect::Fail("does not declare"),
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

const PEOPLE: &str = "
/people:
  get:
    responses:
      '200':
        description: People
        content:
          application/json:
            schema:
              type: object
              properties:
                items: {type: array, items: {type: object, properties: {surname: {type: string}}}}
";

/// How many names of one place are told.
const SHOWN: usize = 5;

fn judge(answer: &Answer<'_>) -> Vec<Judgement> {
    let (Some((operation, _, _)), Some(media), Some(body)) =
        (answer.documented(), answer.media(), answer.json())
    else {
        return Vec::new();
    };
    if answer
        .response()
        .is_none_or(|response| !response.is_success())
    {
        return Vec::new();
    }
    let mut judged = false;
    // By place: a schema that is behind its service in one place is one defect, however many names show it.
    let mut undeclared: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let whole = answer.place();
    walk(&whole, body, &mut |spot| {
        let Value::Object(members) = spot.value else {
            return;
        };
        let place = spot.place;
        let closed = ["additionalProperties", "unevaluatedProperties"]
            .iter()
            .flat_map(|keyword| place.keyword(keyword))
            .any(|value| value == false);
        if closed && !place.named().is_empty() {
            judged = true;
            return;
        }
        let says_more = [
            "additionalProperties",
            "unevaluatedProperties",
            "discriminator",
            "patternProperties",
        ]
        .iter()
        .any(|keyword| place.has(keyword));
        if place.named().is_empty() || says_more || place.is_map() {
            return;
        }
        judged = true;
        for name in members.keys().filter(|name| !place.names(name)) {
            undeclared
                .entry(spot.shape.to_owned())
                .or_default()
                .insert(format!("`{}/{name}`", spot.shape));
        }
    });
    if !judged {
        return Vec::new();
    }
    if undeclared.is_empty() {
        return vec![Judgement::Pass];
    }
    undeclared
        .into_iter()
        .map(|(shape, names)| {
            let shown: Vec<&str> = names.iter().take(SHOWN).map(String::as_str).collect();
            let more = match names.len().saturating_sub(SHOWN) {
                0 => String::new(),
                more => format!(" and {more} more"),
            };
            Finding::new(
                format!("{} {shape}", media.pointer),
                "A response holds a property that the contract does not declare.",
                format!("{}: the properties that the schema names", operation.key),
                format!("{}{more}", shown.join(", ")),
            )
            .at(media.pointer.clone())
            .into()
        })
        .collect()
}

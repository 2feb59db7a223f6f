//! `response.data-as-keys`

use serde_json::Value;

use crate::{
    Answer, Check, Example, Expect, Kind, ScriptedResponse,
    support::schema_view::{data_like, walk},
};
use muster_core::verdict::{Finding, Judgement};

/// The check.
pub static CHECK: Check = Check {
    id: "response.data-as-keys",
    purpose: "No object of a success has data such as ids or dates as its property names.",
    verifies: "In the JSON body of each 2xx response, no object has two or more properties whose names are all \
    numbers, UUIDs or dates, unless the contract names those properties. A single such property, names that are \
    words, and objects where only some names look like data are no finding: the check sees what it can be sure \
    of, and no more.",
    matters: "Names that change with the data cannot be described in a contract, so no code can be \
        generated for them, and their order and number cannot be paged.",
    fix: "Use a list of objects, with the id or the date as a property of each.",
    kind: Kind::Response(judge),
    examples: &[
        Example {
            title: "A list of objects",
            contract: PEOPLE,
            dialogue: &[ScriptedResponse::json("GET /people", 200, r#"{"items":[{"id":17},{"id":18}]}"#)],
            says: Expect::Pass,
        },
        Example {
            title: "Ids as names",
            contract: PEOPLE,
            dialogue: &[ScriptedResponse::json(
                "GET /people",
                200,
                r#"{"people":{"17":{"name":"Siân"},"18":{"name":"Owain"}}}"#,
            )],
            says: Expect::Fail("numbers"),
        },
        Example {
            title: "Dates as names",
            contract: PEOPLE,
            dialogue: &[ScriptedResponse::json(
                "GET /people",
                200,
                r#"{"2026-11-22":4,"2026-11-23":7}"#,
            )],
            says: Expect::Fail("dates"),
        },
        Example {
            title: "Names that the contract gives",
            contract: "
/answers:
  get:
    responses:
      '200':
        description: Answers by status
        content: {application/json: {schema: {properties: {'200': {type: integer}, '404': {type: integer}}}}}
",
            dialogue: &[ScriptedResponse::json("GET /answers", 200, r#"{"200":9,"404":1}"#)],
            says: Expect::Pass,
        },
        Example {
            title: "No objects at all",
            contract: PEOPLE,
            dialogue: &[ScriptedResponse::json("GET /people", 200, "[1, 2]")],
            says: Expect::Nothing,
        },
    ],
};

const PEOPLE: &str = "/people: {get: {responses: {'200': {description: People}}}}";

fn judge(answer: &Answer<'_>) -> Vec<Judgement> {
    let (Some(operation), Some(response), Some(body)) =
        (answer.called(), answer.response(), answer.json())
    else {
        return Vec::new();
    };
    // An API's own description is keyed by paths and status codes, as OpenAPI has it.
    let describes_an_api = ["openapi", "swagger"]
        .iter()
        .any(|member| body.get(member).is_some());
    if !response.is_success() || describes_an_api {
        return Vec::new();
    }
    let mut objects = 0_usize;
    let mut found: Vec<Finding> = Vec::new();
    walk(&answer.place(), body, &mut |spot| {
        let Value::Object(members) = spot.value else {
            return;
        };
        objects += 1;
        let Some(kind) = members.keys().next().and_then(|name| data_like(name)) else {
            return;
        };
        let all_alike = members
            .keys()
            .all(|name| data_like(name) == Some(kind) && !spot.place.names(name));
        let cause = format!("{kind} at {}", spot.shape);
        if members.len() >= 2 && all_alike && found.iter().all(|finding| finding.cause != cause) {
            found.push(
                Finding::new(
                    cause,
                    format!("An object has {kind} as its property names."),
                    format!("{}: names that do not change with the data", operation.key),
                    format!(
                        "an object with {} properties, all named by {kind}",
                        members.len()
                    ),
                )
                .at(spot.shape),
            );
        }
    });
    if found.is_empty() && objects > 0 {
        return vec![Judgement::Pass];
    }
    found.into_iter().map(Judgement::from).collect()
}

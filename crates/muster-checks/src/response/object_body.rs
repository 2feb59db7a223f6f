//! `response.object-body`

use serde_json::Value;

use crate::{Answer, Check, Example, Expect, Kind, ScriptedResponse};
use muster_core::verdict::{Finding, Judgement};

/// The check.
pub static CHECK: Check = Check {
    id: "response.object-body",
    purpose: "The JSON body of a success is an object.",
    verifies: "Each 2xx response of an operation whose body is JSON has an object at the top, and not a list or a bare \
    value. It does not judge errors, nor responses without a body.",
    matters: "An object can grow: paging, warnings and links find a place beside the data without \
        breaking a client. A list at the top cannot.",
    fix: "Put the collection into a property of an object, such as `items`, in the next version of the API.",
    kind: Kind::Response(judge),
    examples: &[
        Example {
            title: "A list within an object",
            contract: PEOPLE,
            dialogue: &[ScriptedResponse::json(
                "GET /people",
                200,
                r#"{"items":[]}"#,
            )],
            says: Expect::Pass,
        },
        Example {
            title: "A list at the top",
            contract: PEOPLE,
            dialogue: &[ScriptedResponse::json("GET /people", 200, "[]")],
            says: Expect::Fail("a list"),
        },
        Example {
            title: "An error",
            contract: PEOPLE,
            dialogue: &[ScriptedResponse::json("GET /people", 400, "[]")],
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
    if !response.is_success() {
        return Vec::new();
    }
    let what = match body {
        Value::Object(_) => return vec![Judgement::Pass],
        Value::Array(_) => "a list",
        Value::String(_) => "a text",
        Value::Number(_) => "a number",
        Value::Bool(_) => "a boolean",
        Value::Null => "null",
    };
    vec![
        Finding::new(
            what,
            format!("The JSON body of a success is {what}, not an object."),
            format!("{}: an object", operation.key),
            format!("{} with {what}", response.status),
        )
        .at(operation.pointer.clone())
        .of_kind("The JSON bodies of successes are not objects.")
        .into(),
    ]
}

//! `records.spaces-kept`

use super::created_is_kept::judged_in_rounds;
use crate::{
    Check, Example, Expect, Kind, Scope, ScriptedResponse,
    support::fidelity_values::SPACES,
    support::resource::{makes_record, subject},
    support::round_trip::trimmed,
};
use muster_core::{
    contract::Operation,
    script::{Script, Scripted},
};

/// The check.
pub static CHECK: Check = Check {
    id: "records.spaces-kept",
    purpose: "A string keeps the spaces around it, or is refused.",
    verifies: "A record is created whose strings have spaces before and behind them, as far as the schema allows, and \
    is read back. A string that is returned without them fails; whatever else differs is judged by \
    `records.created-is-kept`. A value that is refused is not judged here.",
    matters: "Many frameworks trim what they are sent, and mostly nobody misses the spaces. But the record is not \
        what the client sent: a signature over it breaks, and a comparison with the sender's copy finds a difference.",
    fix: "Keep the spaces, or refuse such a value with 400 or 422. Where they are trimmed on purpose, say so with a \
        pattern that allows no space at either end.",
    kind: Kind::Probe {
        scope: Scope::Operation(makes_record),
        run,
        writes: true,
    },
    examples: &[
        Example {
            title: "Kept",
            contract: NAMES,
            dialogue: &[
                ScriptedResponse::json("POST /people", 201, r#"{"id":"7"}"#),
                ScriptedResponse::json("GET /people/7", 200, r#"{"id":"7","name":" Zz "}"#),
            ],
            says: Expect::Pass,
        },
        Example {
            title: "Trimmed",
            contract: NAMES,
            dialogue: &[
                ScriptedResponse::json("POST /people", 201, r#"{"id":"7"}"#),
                ScriptedResponse::json("GET /people/7", 200, r#"{"id":"7","name":"Zz"}"#),
            ],
            says: Expect::Fail("loses the spaces around it"),
        },
        Example {
            title: "Something else is changed",
            contract: NAMES,
            dialogue: &[
                ScriptedResponse::json("POST /people", 201, r#"{"id":"7"}"#),
                ScriptedResponse::json("GET /people/7", 200, r#"{"id":"7","name":"ZZ"}"#),
            ],
            says: Expect::Pass,
        },
        Example {
            title: "Refused",
            contract: NAMES,
            dialogue: &[ScriptedResponse::empty("POST /people", 409)],
            says: Expect::Inconclusive,
        },
    ],
};

const NAMES: &str = "
/people:
  post:
    requestBody: {required: true, content: {application/json: {schema: {type: object, required: [name], properties: {name: {enum: [' Zz ']}}}}}}
    responses: {'201': {description: Created}}
/people/{id}:
  get:
    responses: {'200': {description: A person, content: {application/json: {schema: {type: object, properties: {id: {type: string}, name: {type: string}}}}}}}
";

fn run<'a>(script: &mut Script<'a>, operation: Option<&'a Operation>) -> Scripted {
    judged_in_rounds(script, subject(operation)?, SPACES..SPACES + 1, trimmed)
}

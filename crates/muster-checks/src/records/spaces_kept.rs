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
    exchange::Exchange,
    script::{Halt, Script, Scripted},
    verdict::Judgement,
};
use serde_json::Value;

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
            title: "Refused with a conflict",
            contract: NAMES,
            dialogue: &[ScriptedResponse::empty("POST /people", 409)],
            says: Expect::Inconclusive,
        },
        Example {
            title: "Refused as invalid",
            contract: NAMES,
            dialogue: &[ScriptedResponse::empty("POST /people", 422)],
            says: Expect::Nothing,
        },
        Example {
            title: "No string may have spaces around it",
            contract: CODES,
            dialogue: &[
                ScriptedResponse::json("POST /people", 201, r#"{"id":"7"}"#),
                ScriptedResponse::json("GET /people/7", 200, r#"{"id":"7","name":"Zz"}"#),
            ],
            says: Expect::Nothing,
        },
        Example {
            title: "A pattern that allows spaces, and a server that trims",
            contract: LABELS,
            dialogue: &[
                ScriptedResponse::json("POST /people", 201, r#"{"id":"7"}"#),
                ScriptedResponse::json("GET /people/7", 200, r#"{"id":"7","label":"Zz"}"#),
            ],
            says: Expect::Fail("loses the spaces around it"),
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

const CODES: &str = "
/people:
  post:
    requestBody: {required: true, content: {application/json: {schema: {type: object, required: [name], properties: {name: {enum: [Zz]}}}}}}
    responses: {'201': {description: Created}}
/people/{id}:
  get:
    responses: {'200': {description: A person, content: {application/json: {schema: {type: object, properties: {id: {type: string}, name: {type: string}}}}}}}
";

const LABELS: &str = "
/people:
  post:
    requestBody: {required: true, content: {application/json: {schema: {type: object, required: [label], properties: {label: {type: string, pattern: '^ ?Zz ?$'}}}}}}
    responses: {'201': {description: Created}}
/people/{id}:
  get:
    responses: {'200': {description: A person, content: {application/json: {schema: {type: object, properties: {id: {type: string}, label: {type: string}}}}}}}
";

fn run<'a>(script: &mut Script<'a>, operation: Option<&'a Operation>) -> Scripted {
    let operation = subject(operation)?;
    let ended = judged_in_rounds(script, operation, SPACES..SPACES + 1, trimmed);
    let sent_spaces = script
        .exchanges()
        .filter(|exchange| exchange.request.operation.as_ref() == Some(&operation.key))
        .filter_map(|exchange| serde_json::from_slice(&exchange.request.body.as_ref()?.bytes).ok())
        .any(|body| has_spaces_around(&body));
    let refused = script.exchanges().last().and_then(Exchange::status);
    match ended {
        Ok(judgements) if !sent_spaces && judgements.iter().all(|one| *one == Judgement::Pass) => {
            Err(no_such_string(operation))
        }
        Err(Halt::Unmet(_)) if !sent_spaces && matches!(refused, Some(400..=499)) => {
            Err(no_such_string(operation))
        }
        Err(Halt::Unmet(_)) if sent_spaces && matches!(refused, Some(400 | 422)) => {
            Err(Halt::NotApplicable(format!(
                "{} refuses strings with spaces around them.",
                operation.key
            )))
        }
        ended => ended,
    }
}

fn no_such_string(operation: &Operation) -> Halt {
    Halt::NotApplicable(format!(
        "The schema of {} allows no string with spaces around it.",
        operation.key
    ))
}

/// Whether some string in a value begins or ends with a space.
fn has_spaces_around(value: &Value) -> bool {
    match value {
        Value::String(text) => text.starts_with(' ') || text.ends_with(' '),
        Value::Array(items) => items.iter().any(has_spaces_around),
        Value::Object(members) => members.values().any(has_spaces_around),
        _ => false,
    }
}

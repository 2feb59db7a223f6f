//! `input.required-body-missing`

use serde_json::{Value, json};

use crate::{
    Applies, Check, Example, Expect, Kind, Scope, ScriptedResponse,
    support::accepted_request::{self, Taken},
    support::encoded_body::{self, Encoding},
};
use muster_core::{
    arrange::vary,
    contract::{Contract, Operation},
    exchange::Body,
    script::{ProbeContext, Script, Scripted},
    verdict::Finding,
};

/// The check.
pub static CHECK: Check = Check {
    id: "input.required-body-missing",
    purpose: "The API refuses a request with a body that is missing, not JSON, or JSON of another \
        kind.",
    verifies: "For each operation with a body in JSON, a form, multipart or text, a valid body is sent first; it has \
        to be taken. Then the \
        same request goes out with the body cut short, with words that are no JSON, with null, a list, a \
         number and a text where the schema allows none of these, and, where the body is required and an empty \
         object is none, with an empty body. A success is a failure of the API; any refusal passes. Names that stand twice, comments \
        and trailing commas are not tried: parsers may take them (RFC 8259 §4 and §9). Of other bodies, where \
        something in them is required, an empty one is sent, JSON under the media type of a form, and a \
        multipart body without its boundary.",
    matters: "A body that nobody could read and that was taken all the same has stored something that \
        nobody wrote: defaults, or what was there before.",
    fix: "Let the parser refuse what is not JSON with 400, and require the body and its kind \
        before anything is done.",
    kind: Kind::Probe {
        scope: Scope::Operation(applies),
        run,
        writes: true,
    },
    examples: &[
        Example {
            title: "Everything else refused",
            contract: PEOPLE,
            dialogue: &[
                ScriptedResponse::json("POST /people", 201, "{}"),
                ScriptedResponse::empty("POST /people", 400),
            ],
            says: Expect::Pass,
        },
        Example {
            title: "An empty body is taken",
            contract: PEOPLE,
            dialogue: &[ScriptedResponse::json("POST /people", 201, "{}")],
            says: Expect::Fail("is accepted"),
        },
        Example {
            title: "The valid body is not taken either",
            contract: PEOPLE,
            dialogue: &[ScriptedResponse::empty("POST /people", 400)],
            says: Expect::Inconclusive,
        },
    ],
};

const PEOPLE: &str = "
/people:
  post:
    requestBody:
      required: true
      content:
        application/json:
          schema: {type: object, required: [surname], properties: {surname: {type: string}}}
    responses: {'201': {description: Created}, '400': {description: Refused}}
";

fn applies(_: &Contract, operation: &Operation) -> Applies {
    if encoded_body::written(operation).is_some() && accepted_request::is_harmless(operation) {
        Applies::Yes
    } else {
        Applies::No("It takes no body with a schema, in JSON, a form, multipart or text.".into())
    }
}

fn run<'a>(script: &mut Script<'a>, operation: Option<&'a Operation>) -> Scripted {
    let Some(operation) = operation else {
        return Ok(Vec::new());
    };
    let taken = accepted_request::taken(script, operation)?;
    let world = script.world;
    let others = others(&world, operation, &taken);
    let mut requests = Vec::new();
    for (what, text) in &others {
        let mut request =
            accepted_request::with_body(&world, operation, &taken.arranged, &taken.body, what)?;
        request.body = Some(Body {
            media_type: request.body.and_then(|body| body.media_type),
            bytes: text.clone().into(),
        });
        requests.push(accepted_request::wrong(
            request,
            &format!("sends {what}"),
            what,
        ));
    }
    let answers = script.send_all(requests)?;
    let accepted: Vec<_> = others
        .iter()
        .zip(answers)
        .filter(|(_, answer)| accepted_request::is_taken(answer))
        .map(|((what, _), answer)| {
            Finding::new(
                *what,
                format!("A request with {what} is accepted."),
                format!("{}: a refusal with 400 or 422", operation.key),
                answer.received(),
            )
            .at(operation.pointer.clone())
            .shown_by(answer.id)
            .into()
        })
        .collect();
    Ok(if accepted.is_empty() {
        vec![accepted_request::passed(answers)]
    } else {
        accepted
    })
}

/// Bodies that are not what they should be, each with its name.
fn others(
    world: &ProbeContext<'_>,
    operation: &Operation,
    taken: &Taken<'_>,
) -> Vec<(&'static str, String)> {
    if taken.encoding != Encoding::Json {
        return of_encoded(world, operation, taken);
    }
    let text = taken.body.to_string();
    let mut others = vec![("words that are no JSON", "These are words.".to_owned())];
    let half: String = text.chars().take(text.chars().count() / 2).collect();
    if !half.is_empty() && serde_json::from_str::<Value>(&half).is_err() {
        others.push(("JSON that is cut short", half));
    }
    let is_required = operation.body.as_ref().is_some_and(|body| body.required);
    // A parser that reads nothing as an empty object loses nothing where that is valid.
    let is_nothing = vary::violations(world, taken.schema, &json!({})).is_empty();
    if is_required && !is_nothing {
        others.push(("an empty body", String::new()));
    }
    for (what, value) in [
        ("null as its body", Value::Null),
        ("a list as its body", json!([])),
        ("a number as its body", json!(7)),
        ("a text as its body", json!("text")),
    ] {
        if !vary::violations(world, taken.schema, &value).is_empty()
            && (is_required || !value.is_null())
        {
            others.push((what, value.to_string()));
        }
    }
    others
}

/// The same for bodies that are not JSON: only what leaves required values out.
fn of_encoded(
    world: &ProbeContext<'_>,
    operation: &Operation,
    taken: &Taken<'_>,
) -> Vec<(&'static str, String)> {
    let wrong =
        |value: &Value| encoded_body::is_wrong(world.contract, taken.encoding, taken.schema, value);
    let nothing = match taken.encoding {
        Encoding::Text => json!(""),
        _ => json!({}),
    };
    if !wrong(&nothing) || !operation.body.as_ref().is_some_and(|body| body.required) {
        return Vec::new();
    }
    let mut others = vec![("an empty body", String::new())];
    match taken.encoding {
        Encoding::Form => others.push(("JSON under the media type of a form", "{}".to_owned())),
        Encoding::Multipart => {
            others.push((
                "a multipart body without its boundary",
                "These are words.".to_owned(),
            ));
        }
        Encoding::Json | Encoding::Text => {}
    }
    others
}

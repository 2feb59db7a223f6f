//! `http.unsupported-media-type`

use crate::{
    Applies, Check, Example, Expect, Kind, Scope, ScriptedResponse, support::probe::reached,
};
use muster_core::{
    arrange::{Origin, valid_request},
    contract::{Contract, Operation},
    exchange::{Body, Exchange, Intent},
    model::{Method, Responsible},
    script::{Halt, Script, Scripted},
    verdict::{Finding, Judgement},
};

/// The check.
pub static CHECK: Check = Check {
    id: "http.unsupported-media-type",
    purpose: "The API returns 415 for a body of a media type that the operation does not accept.",
    verifies: "For each operation with a body, a valid request is sent with \
        `application/vnd.muster.none` as its Content-Type and a body of a few words that is not \
        JSON, XML or form. The response is 415, and the contract documents 415. The body is one \
        that nothing can be made of, so that no record comes into being where the API does not \
        look at the type; and a record that the run did not create itself is never the target of \
        it. 404 is inconclusive: the record may not exist.",
    matters: "An API that guesses at a body's type reads what nobody wrote. It is also the way by which \
        forms of other sites, or XML with its entities, reach a parser that was meant for JSON.",
    fix: "Let the framework accept only the documented media types and return 415 for the rest, and document 415.",
    kind: Kind::Probe {
        scope: Scope::Operation(applies),
        run,
        writes: true,
    },
    examples: &[
        Example {
            title: "415",
            contract: PEOPLE,
            dialogue: &[ScriptedResponse::empty("POST /people", 415)],
            says: Expect::Pass,
        },
        Example {
            title: "Refused for another reason",
            contract: PEOPLE,
            dialogue: &[ScriptedResponse::json(
                "POST /people",
                422,
                r#"{"detail":[]}"#,
            )],
            says: Expect::Fail("receives 422"),
        },
        Example {
            title: "Taken all the same",
            contract: PEOPLE,
            dialogue: &[ScriptedResponse::empty("POST /people", 201)],
            says: Expect::Fail("receives 201"),
        },
        Example {
            title: "No body",
            contract: "/people: {get: {responses: {'200': {description: People}}}}",
            dialogue: &[],
            says: Expect::Nothing,
        },
    ],
};

const PEOPLE: &str = "
/people:
  post:
    requestBody: {content: {application/json: {schema: {type: object}}}}
    responses: {'201': {description: Created}, '415': {description: Unsupported media type}}
";

fn applies(_: &Contract, operation: &Operation) -> Applies {
    let Some(body) = &operation.body else {
        return Applies::Irrelevant;
    };
    let takes_anything = body.content.iter().any(|media| {
        let media = &media.media_type;
        media.contains('*') || media.starts_with("application/octet-stream")
    });
    if body.content.is_empty() || takes_anything {
        Applies::No("The contract takes a body of any media type.".into())
    } else {
        Applies::Yes
    }
}

fn run<'a>(script: &mut Script<'a>, operation: Option<&'a Operation>) -> Scripted {
    let Some(operation) = operation else {
        return Ok(Vec::new());
    };
    let arranged = valid_request(script, operation)?;
    let is_ours = arranged
        .origins
        .iter()
        .filter(|(name, _)| operation.path_variables().any(|variable| variable == name))
        .all(|(_, origin)| !matches!(origin, Origin::Given | Origin::Found));
    if operation.key.method != Method::Post && !is_ours {
        return Err(Halt::NotApplicable(
            "The record that would be written to is not of this run.".into(),
        ));
    }
    let mut request = arranged.request.meant(Intent::Wrong(
        "the media type of the body is not taken".into(),
    ));
    request.body = Some(Body {
        media_type: Some("application/vnd.muster.none".into()),
        bytes: "This is not a body of any kind.".into(),
    });
    request.purpose = "sends a body of a media type that is not taken".into();
    let exchange = script.send(request)?;
    Ok(vec![judge(operation, exchange)])
}

fn judge(operation: &Operation, exchange: &Exchange) -> Judgement {
    let response = match reached(exchange) {
        Ok(response) => response,
        Err(judgement) => return judgement,
    };
    let (cause, title) = match response.status {
        415 => return Judgement::Pass,
        404 | 410 => {
            return Judgement::inconclusive(
                Responsible::TestData,
                format!(
                    "{} returned {}: the record may not exist. Give existing ids under `data` \
                        in the target file.",
                    operation.key, response.status
                ),
            );
        }
        // Which precondition is looked at first is the server's own: what needs a version is in conflict without it.
        409 | 412 | 423 | 428 if operation.key.method != Method::Post => {
            return Judgement::inconclusive(
                Responsible::TestData,
                format!(
                    "{} returned {}, which the state of the record may be the reason for.",
                    operation.key, response.status
                ),
            );
        }
        status => (
            format!("answered {status}"),
            format!("A body of an unknown media type receives {status}."),
        ),
    };
    Finding::new(
        cause,
        title,
        format!("{}: 415", operation.key),
        exchange.received(),
    )
    .at(operation.pointer.clone())
    .into()
}

//! `response.problem-json`

use serde_json::Value;

use crate::{Answer, Check, Example, Expect, Kind, ScriptedResponse};
use muster_core::{
    exchange::Response,
    verdict::{Finding, Judgement},
};

/// The check.
pub static CHECK: Check = Check {
    id: "response.problem-json",
    purpose: "The API returns errors as problem details of RFC 9457.",
    verifies: "Each body of a 4xx or 5xx response is `application/problem+json`: an object whose `type`, `title`, \
    `detail` and `instance` are texts where they are there, and whose `status` is a number. That it is the right \
    number is for `response.problem-status`. Errors without a body, 502 to 504, which come from before the API, \
    and responses to requests that accept neither JSON nor problem details are not judged.",
    matters: "One form for every error lets clients write the handling of errors once, and lets the people who run the \
    exchange find out what went wrong without the supplier.",
    fix: "Return errors with `application/problem+json`; most frameworks have a switch for it.",
    kind: Kind::Response(judge),
    examples: &[
        Example {
            title: "Problem details",
            contract: PEOPLE,
            dialogue: &[ScriptedResponse::new(
                "GET /people",
                404,
                PROBLEM,
                r#"{"type":"about:blank","title":"Not Found","status":404}"#,
            )],
            says: Expect::Pass,
        },
        Example {
            title: "JSON of the framework's own",
            contract: PEOPLE,
            dialogue: &[ScriptedResponse::json(
                "GET /people",
                404,
                r#"{"detail":"Not Found"}"#,
            )],
            says: Expect::Fail("media type"),
        },
        Example {
            title: "A property of another type",
            contract: PEOPLE,
            dialogue: &[ScriptedResponse::new(
                "GET /people",
                422,
                PROBLEM,
                r#"{"title":"Invalid","detail":["limit"]}"#,
            )],
            says: Expect::Fail("detail"),
        },
        Example {
            title: "An error without a body",
            contract: PEOPLE,
            dialogue: &[ScriptedResponse::empty("GET /people", 404)],
            says: Expect::Nothing,
        },
        Example {
            title: "A gateway without its API",
            contract: PEOPLE,
            dialogue: &[ScriptedResponse::new(
                "GET /people",
                503,
                &[("content-type", "text/html")],
                "<h1>Back soon</h1>",
            )],
            says: Expect::Nothing,
        },
    ],
};

const PROBLEM: &[(&str, &str)] = &[("content-type", "application/problem+json")];
const PEOPLE: &str = "/people: {get: {responses: {'200': {description: People}}}}";

fn judge(answer: &Answer<'_>) -> Vec<Judgement> {
    let Some(response) = answer.response().filter(|_| !answer.is_beside_the_api()) else {
        return Vec::new();
    };
    let error = (400..502).contains(&response.status) || (505..600).contains(&response.status);
    if !error || answer.is_bodyless() || response.body.is_empty() || !accepts(answer) {
        return Vec::new();
    }
    let asked = answer.called().map_or_else(
        || "every error".to_owned(),
        |operation| operation.key.to_string(),
    );
    let (cause, title, received) = match defect(response) {
        None => return vec![Judgement::Pass],
        Some(defect) => defect,
    };
    vec![
        Finding::new(
            cause,
            title,
            format!("{asked}: application/problem+json that keeps to RFC 9457"),
            received,
        )
        .into(),
    ]
}

/// Whether the request takes an error body of JSON at all.
fn accepts(answer: &Answer<'_>) -> bool {
    answer
        .exchange
        .request
        .headers
        .get("accept")
        .is_none_or(|accept| {
            accept.contains("json") || accept.contains("*/*") || accept.contains("application/*")
        })
}

fn defect(response: &Response) -> Option<(String, String, String)> {
    let status = response.status;
    let media = response.media_type();
    if media.as_deref() != Some("application/problem+json") {
        let sent = media.unwrap_or_else(|| "no media type".into());
        return Some((
            format!("media type {sent}"),
            "An error has another media type than application/problem+json.".into(),
            format!("{status} with {sent}"),
        ));
    }
    if response.cut {
        return None;
    }
    let Ok(Value::Object(problem)) = response.json() else {
        return Some((
            "no object".into(),
            "The problem details are not a JSON object.".into(),
            format!("{status} with something else"),
        ));
    };
    ["type", "title", "detail", "instance", "status"]
        .iter()
        .find(|member| {
            problem.get(**member).is_some_and(|value| match **member {
                "status" => !value.is_number(),
                _ => !value.is_string(),
            })
        })
        .map(|member| {
            (
                format!("type of {member}"),
                format!("The property `{member}` of the problem details has another type than RFC 9457 gives it."),
                format!("{status} with a `{member}` of another type"),
            )
        })
}

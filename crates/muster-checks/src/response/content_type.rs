//! `response.content-type`

use crate::{
    Answer, Check, Example, Expect, Kind, ScriptedResponse,
    answer::{documented_media, essence},
};
use muster_core::verdict::{Finding, Judgement};

/// The check.
pub static CHECK: Check = Check {
    id: "response.content-type",
    purpose: "Every body has a media type that is documented for its status code.",
    verifies: "A response with a body has a `Content-Type` that can be read, and where the \
        contract documents media types for its status, it is one of them; parameters such as \
        `charset` do not count against it, and a documented range such as `application/*` takes \
        all within it. A status whose media types are not documented is not judged: the contract \
        says nothing of its body.",
    matters: "The media type decides which parser a body meets. An error page in HTML where JSON is \
        documented becomes a parse error that hides the real one.",
    fix: "Send the documented media type, also for errors and for those that a gateway or a framework \
        sends by itself; or document the one that is sent.",
    kind: Kind::Response(judge),
    examples: &[
        Example {
            title: "As documented, with a charset",
            contract: PERSON,
            dialogue: &[ScriptedResponse::new(
                "GET /people/7",
                200,
                &[("content-type", "application/json; charset=utf-8")],
                "{}",
            )],
            says: Expect::Pass,
        },
        Example {
            title: "An error in plain text where JSON is documented",
            contract: PERSON,
            dialogue: &[ScriptedResponse::new(
                "GET /people/7",
                404,
                &[("content-type", "text/plain; charset=utf-8")],
                "404 page not found",
            )],
            says: Expect::Fail("not documented"),
        },
        Example {
            title: "A body without a media type",
            contract: PERSON,
            dialogue: &[ScriptedResponse::new("GET /people/7", 200, &[], "{}")],
            says: Expect::Fail("no Content-Type"),
        },
        Example {
            title: "A media type that cannot be read",
            contract: PERSON,
            dialogue: &[ScriptedResponse::new(
                "GET /people/7",
                200,
                &[("content-type", "json")],
                "{}",
            )],
            says: Expect::Fail("cannot be read"),
        },
        Example {
            title: "A status without documented media types",
            contract: PERSON,
            dialogue: &[ScriptedResponse::new(
                "GET /people/7",
                410,
                &[("content-type", "text/plain")],
                "gone",
            )],
            says: Expect::Nothing,
        },
    ],
};

const PERSON: &str = "
/people/{id}:
  get:
    responses:
      '200': {description: A person, content: {application/json: {}}}
      '404': {description: No such person, content: {application/json: {}}}
      '410': {description: Gone}
";

fn judge(answer: &Answer<'_>) -> Vec<Judgement> {
    let (Some(operation), Some(response)) = (answer.called(), answer.response()) else {
        return Vec::new();
    };
    if answer.is_bodyless() || response.body.is_empty() {
        return Vec::new();
    }
    let content = operation
        .response(response.status)
        .map_or(&[][..], |spec| spec.content.as_slice());
    let documented = content
        .iter()
        .map(|media| media.media_type.as_str())
        .collect::<Vec<_>>()
        .join(" or ");
    let expected = if documented.is_empty() {
        format!("{}: a media type such as application/json", operation.key)
    } else {
        format!("{}: {documented}", operation.key)
    };
    let sent = response.headers.get("content-type");
    let finding = match sent {
        Some(sent) if !is_readable(sent) => Finding::new(
            "malformed".to_owned(),
            "The Content-Type cannot be read.",
            expected,
            sent,
        ),
        Some(sent) if content.is_empty() || documented_media(content, sent).is_some() => {
            return if content.is_empty() {
                Vec::new()
            } else {
                vec![Judgement::Pass]
            };
        }
        Some(sent) => Finding::new(
            format!("undocumented {}", essence(sent)),
            format!("The media type {} is not documented.", essence(sent)),
            expected,
            answer.exchange.received(),
        ),
        None if content.is_empty() => return Vec::new(),
        None => Finding::new(
            "missing",
            "The response has a body, and no Content-Type.",
            expected,
            answer.exchange.received(),
        ),
    };
    vec![finding.at(operation.pointer.clone()).into()]
}

fn is_readable(content_type: &str) -> bool {
    let is_token = |text: &str| {
        !text.is_empty()
            && text
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte))
    };
    essence(content_type)
        .split_once('/')
        .is_some_and(|(kind, subtype)| is_token(kind) && is_token(subtype))
}

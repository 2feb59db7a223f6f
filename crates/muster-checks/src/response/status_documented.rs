//! `response.status-documented`

use crate::{
    Answer, Check, Example, Expect, Kind, ScriptedResponse, answer::documented_media,
    response::not_found_documented,
};
use muster_core::{
    contract::{Operation, StatusPattern},
    model::Responsible,
    verdict::{Finding, Judgement},
};

/// Statuses that come from the connection, a limit or a proxy, whatever the operation.
const OF_NO_OPERATION: [u16; 6] = [408, 414, 421, 426, 429, 431];

/// Statuses by which HTTP itself refuses a request that is wrong on purpose.
const REFUSALS: [u16; 11] = [400, 401, 403, 404, 405, 406, 411, 413, 415, 416, 417];

/// The check.
pub static CHECK: Check = Check {
    id: "response.status-documented",
    purpose: "The contract documents every status code that an operation returns.",
    verifies: "The status of each response to an operation of the contract is named there by its \
        code or its class (such as 4XX), or is covered by `default`. Where the contract names \
        success codes, a success that only `default` covers is inconclusive: `default` is read as \
        the description of errors by most people and tools, and the contract does not say which. \
        Left out are statuses that are no matter of the operation: 5xx (see \
        `response.server-error`), 408, 414, 421, 426, 429 and 431; 404 to an id that may name \
        nothing (see `response.not-found-documented`); 401 and 403 where the contract declares \
        security; responses to conditional and range requests by the conditions they carry; and the \
        refusals of HTTP itself (400 to 417) to requests that are wrong on purpose, but for 400 to \
        a readable body where 422 is documented and 400 is not.",
    matters: "The people who call the API write code for the statuses they are told of. One that nobody told them of \
    ends in the branch for the impossible, at night, in production.",
    fix: "Document the status with its body under `responses` of the operation, or return one that is documented.",
    kind: Kind::Response(judge),
    examples: &[
        Example {
            title: "A status named by its code",
            contract: READ,
            dialogue: &[ScriptedResponse::json(
                "GET /people/7",
                200,
                r#"{"id":"7"}"#,
            )],
            says: Expect::Pass,
        },
        Example {
            title: "A status that nobody documented",
            contract: READ,
            dialogue: &[ScriptedResponse::json(
                "GET /people/7",
                409,
                r#"{"error":"busy"}"#,
            )],
            says: Expect::Fail("409"),
        },
        Example {
            title: "A status named by its class",
            contract: "/people: {get: {responses: {'4XX': {description: A mistake of the caller}}}}",
            dialogue: &[ScriptedResponse::empty("GET /people", 422)],
            says: Expect::Pass,
        },
        Example {
            title: "An error covered by default",
            contract: "/people: {get: {responses: {'200': {description: People}, default: {description: An error}}}}",
            dialogue: &[ScriptedResponse::empty("GET /people", 422)],
            says: Expect::Pass,
        },
        Example {
            title: "A success that only default covers, beside a named one",
            contract: "/people: {post: {responses: {'201': {description: Created}, default: {description: An error}}}}",
            dialogue: &[ScriptedResponse::empty("POST /people", 202)],
            says: Expect::Inconclusive,
        },
        Example {
            title: "A refusal by HTTP of a request that is wrong on purpose",
            contract: READ,
            dialogue: &[ScriptedResponse::empty("GET /people/7", 406).to_a_wrong_request()],
            says: Expect::Nothing,
        },
        Example {
            title: "An undocumented status of validation, though the request is wrong on purpose",
            contract: READ,
            dialogue: &[ScriptedResponse::empty("GET /people/7", 422).to_a_wrong_request()],
            says: Expect::Fail("422"),
        },
        Example {
            title: "A path that the contract does not have",
            contract: READ,
            dialogue: &[ScriptedResponse::empty("GET /animals", 404)],
            says: Expect::Nothing,
        },
    ],
};

const READ: &str = "
/people/{id}:
  get:
    responses:
      '200': {description: A person}
      '404': {description: No such person}
";

fn judge(answer: &Answer<'_>) -> Vec<Judgement> {
    let (Some(operation), Some(response)) = (answer.called(), answer.response()) else {
        return Vec::new();
    };
    let status = response.status;
    if is_no_matter_of(operation, answer, status)
        || (operation.response(status).is_none() && not_found_documented::is_its_own(answer))
    {
        return Vec::new();
    }
    let judgement = match operation.response(status).map(|spec| spec.status) {
        Some(StatusPattern::Exact(_) | StatusPattern::Range(_)) => Judgement::Pass,
        Some(StatusPattern::Default) if is_success(status) && names_a_success(operation) => {
            Judgement::inconclusive(
                Responsible::Supplier,
                format!(
                    "{} answered {status}, which only `default` covers beside success codes that are named. Name {status} in the contract, so that it is clear whether it is meant.",
                    operation.key
                ),
            )
        }
        Some(StatusPattern::Default) => Judgement::Pass,
        None => Finding::new(
            format!("undocumented {status}"),
            format!("Status {status} is not documented."),
            format!("{}: {}", operation.key, documented(operation)),
            answer.exchange.received(),
        )
        .at(format!("{}/responses", operation.pointer))
        .of_kind(if is_success(status) {
            "Statuses of success are returned that the contract does not document."
        } else {
            "Statuses of errors are returned that the contract does not document."
        })
        .into(),
    };
    vec![judgement]
}

fn is_no_matter_of(operation: &Operation, answer: &Answer<'_>, status: u16) -> bool {
    let conditional = match status {
        304 => answer.sent_any(&["if-none-match", "if-modified-since"]),
        412 => answer.sent_any(&["if-match", "if-none-match", "if-unmodified-since"]),
        206 | 416 => answer.sent_any(&["range"]),
        417 => answer.sent_any(&["expect"]),
        401 | 403 => operation.security.is_required(),
        _ => false,
    };
    !(200..500).contains(&status)
        || OF_NO_OPERATION.contains(&status)
        || (conditional && !operation.documents(status))
        || (answer.was_wrong()
            && REFUSALS.contains(&status)
            && !operation.documents(status)
            && !is_told_otherwise(operation, answer, status))
}

/// Whether the contract says by what other status an invalid body is refused: 422, and 400 came. What cannot
/// be read at all, or is of another media type, may be refused before the operation has its say.
fn is_told_otherwise(operation: &Operation, answer: &Answer<'_>, status: u16) -> bool {
    let readable = answer.exchange.request.body.as_ref().is_some_and(|body| {
        let declared = operation.body.as_ref().is_some_and(|spec| {
            body.media_type
                .as_deref()
                .is_some_and(|sent| documented_media(&spec.content, sent).is_some())
        });
        declared && serde_json::from_slice::<serde_json::Value>(&body.bytes).is_ok()
    });
    let names = |code| {
        operation
            .responses
            .iter()
            .any(|spec| spec.status == StatusPattern::Exact(code))
    };
    status == 400 && names(422) && readable
}

const fn is_success(status: u16) -> bool {
    status >= 200 && status < 300
}

fn names_a_success(operation: &Operation) -> bool {
    operation.responses.iter().any(|spec| match spec.status {
        StatusPattern::Exact(code) => is_success(code),
        StatusPattern::Range(class) => class == 2,
        StatusPattern::Default => false,
    })
}

fn documented(operation: &Operation) -> String {
    let names: Vec<String> = operation
        .responses
        .iter()
        .map(|spec| match spec.status {
            StatusPattern::Exact(code) => code.to_string(),
            StatusPattern::Range(class) => format!("{class}XX"),
            StatusPattern::Default => "default".to_owned(),
        })
        .collect();
    if names.is_empty() {
        "no status is documented at all".to_owned()
    } else {
        format!("one of {}", names.join(", "))
    }
}

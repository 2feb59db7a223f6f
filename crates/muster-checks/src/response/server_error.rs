//! `response.server-error`

use crate::{Answer, Check, Example, Expect, Kind, ScriptedResponse, support::server_failure};
use muster_core::{
    contract::StatusPattern,
    model::Responsible,
    verdict::{Finding, Judgement},
};

/// The check.
pub static CHECK: Check = Check {
    id: "response.server-error",
    purpose: "The API returns a server error to no request.",
    verifies: "No response is of class 5xx, whatever the request was: valid, unusual or wrong on purpose. Fair \
    exceptions: 501 to a method that the contract does not declare and 505 to a request that is wrong on purpose \
    are what HTTP asks for; 503 with `Retry-After`, and a 501 or 503 that the contract documents by its code, \
    are inconclusive. It does not claim to know the reason; an error of a gateway counts, since the people who \
    call the API meet it all the same.",
    matters: "A server error is a defect that input reaches: a crash, a lost transaction, often a \
        way in for an attacker. Clients cannot tell whether what they sent was stored.",
    fix: "Find the response's time in the log of the API. Refuse what cannot be processed with a \
        4xx that says why; say 503 with Retry-After while the API is not available.",
    kind: Kind::Response(judge),
    examples: &[
        Example {
            title: "A refusal",
            contract: PEOPLE,
            dialogue: &[ScriptedResponse::empty("GET /people?limit=-1", 400).to_a_wrong_request()],
            says: Expect::Pass,
        },
        Example {
            title: "A crash at a value that is wrong on purpose",
            contract: PEOPLE,
            dialogue: &[ScriptedResponse::empty("GET /people?limit=-1", 500).to_a_wrong_request()],
            says: Expect::Fail("500"),
        },
        Example {
            title: "An operation of the contract that is not built",
            contract: PEOPLE,
            dialogue: &[ScriptedResponse::empty("GET /people", 501)],
            says: Expect::Fail("501"),
        },
        Example {
            title: "A method that nobody declared",
            contract: PEOPLE,
            dialogue: &[ScriptedResponse::empty("QUERY /people", 501)],
            says: Expect::Nothing,
        },
        Example {
            title: "Not available for a while",
            contract: PEOPLE,
            dialogue: &[ScriptedResponse::new(
                "GET /people",
                503,
                &[("retry-after", "120")],
                "",
            )],
            says: Expect::Inconclusive,
        },
    ],
};

const PEOPLE: &str = "/people: {get: {responses: {'200': {description: People}}}}";

fn judge(answer: &Answer<'_>) -> Vec<Judgement> {
    let Some(response) = answer.response().filter(|_| !answer.is_beside_the_api()) else {
        return Vec::new();
    };
    let status = response.status;
    let documented = answer.called().is_some_and(|operation| {
        operation
            .responses
            .iter()
            .any(|spec| spec.status == StatusPattern::Exact(status))
    });
    let asked = answer.called().map_or_else(
        || "a request that the contract does not have".to_owned(),
        |operation| operation.key.to_string(),
    );
    match status {
        501 if answer.called().is_none() => return Vec::new(),
        505 if answer.was_wrong() => return Vec::new(),
        501 | 503 if documented => {}
        503 if response.headers.get("retry-after").is_some() => {}
        500..600 => {
            let trial = answer.exchange.request.trial.as_ref();
            let came = format!("a server error {status}");
            let (cause, title) = trial.map_or_else(
                || {
                    (
                        format!("status {status}"),
                        format!("The API returns server error {status}."),
                    )
                },
                |trial| {
                    let title = server_failure::title(&came, trial.value, &trial.place);
                    (
                        format!("status {status} {} {}", trial.value, trial.place),
                        title,
                    )
                },
            );
            return vec![
                Finding::new(
                    cause,
                    title,
                    format!("{asked}: a response below 500"),
                    answer.exchange.received(),
                )
                .of_kind(server_failure::kind(
                    &came,
                    trial,
                    server_failure::RESPONSES,
                ))
                .into(),
            ];
        }
        _ => return vec![Judgement::Pass],
    }
    vec![Judgement::inconclusive(
        Responsible::Supplier,
        format!(
            "{asked} returned {status}: the API says that it is not available. Run again when it is."
        ),
    )]
}

//! `contract.negotiation-documented`

use crate::support::document::prelude::*;

/// See [`Check::purpose`].
pub static CHECK: Check = Check {
    id: "contract.negotiation-documented",
    purpose: "The operations document what happens when the media type does not fit.",
    verifies: "Each operation that returns a body documents 406, and each that takes a body documents 415, by code or \
    by class.",
    matters: "A client that asks for the wrong form must be able to tell that from any other \
        mistake.",
    fix: "Document 406 on operations that return a body and 415 on those that take one; shared components keep it \
    short.",
    kind: Kind::Contract(judge),
    examples: &[
        Example {
            title: "both are documented",
            contract: "paths: { /people: { post: { requestBody: { content: { application/json: { schema: { type: object } } } }, responses: { '201': { description: Made., content: { application/json: {} } }, '406': { description: No. }, '415': { description: No. } } } } }",
            dialogue: &[],
            says: Expect::Pass,
        },
        Example {
            title: "neither is",
            contract: "paths: { /people: { post: { requestBody: { content: { application/json: { schema: { type: object } } } }, responses: { '201': { description: Made., content: { application/json: {} } } } } } }",
            dialogue: &[],
            says: Expect::Fail("406"),
        },
        Example {
            title: "no bodies",
            contract: "paths: { /people: { get: { responses: { '204': { description: Nothing. } } } } }",
            dialogue: &[],
            says: Expect::Nothing,
        },
    ],
};

fn judge(contract: &Contract, _: &Parameters) -> Vec<Judged> {
    let mut judged = Vec::new();
    for operation in &contract.operations {
        let answers = operation
            .responses
            .iter()
            .any(|response| is_success(response.status) && !response.content.is_empty());
        for (concerned, status, what) in [
            (answers, 406, "returns a body"),
            (operation.body.is_some(), 415, "takes a body"),
        ] {
            if !concerned {
                continue;
            }
            let judgement = if operation.documents(status) {
                Judgement::Pass
            } else {
                Finding::new(
                    status.to_string(),
                    format!("An operation that {what} does not document {status}."),
                    format!("a documented response {status}"),
                    "none",
                )
                .at(&operation.pointer)
                .of_kind("Operations do not document 406 or 415.")
                .into()
            };
            judged.push(Judged::operation(&operation.key, judgement));
        }
    }
    if judged.is_empty() {
        judged.push(Judged::document(Judgement::not_applicable(
            "No operation has a body.",
        )));
    }
    judged
}

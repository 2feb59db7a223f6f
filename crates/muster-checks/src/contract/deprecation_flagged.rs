//! `contract.deprecation-flagged`

use crate::support::document::prelude::*;

/// See [`Check::purpose`].
pub static CHECK: Check = Check {
    id: "contract.deprecation-flagged",
    purpose: "The contract flags every operation that its description calls deprecated.",
    verifies: "Where an operation's summary or the first words of its description call it deprecated, its `deprecated` \
               flag is set.",
    matters: "Tools warn of the flag; nobody's build reads the prose.",
    fix: "Set `deprecated: true` on the operation.",
    kind: Kind::Contract(judge),
    examples: &[
        Example {
            title: "flagged",
            contract: "paths: { /people: { get: { summary: Deprecated. Use search., deprecated: true, responses: { '200': { description: All. } } } } }",
            dialogue: &[],
            says: Expect::Pass,
        },
        Example {
            title: "only in prose",
            contract: "paths: { /people: { get: { summary: Deprecated. Use search., responses: { '200': { description: All. } } } } }",
            dialogue: &[],
            says: Expect::Fail("is not flagged"),
        },
        Example {
            title: "nothing deprecated",
            contract: "paths: { /people: { get: { summary: All people., responses: { '200': { description: All. } } } } }",
            dialogue: &[],
            says: Expect::Nothing,
        },
    ],
};

fn judge(contract: &Contract, _: &Parameters) -> Vec<Judged> {
    let mut judged = Vec::new();
    for operation in &contract.operations {
        let called = calls_itself_deprecated(contract, operation);
        if operation.deprecated {
            judged.push(Judged::operation(&operation.key, Judgement::Pass));
        } else if called {
            judged.push(Judged::operation(
                &operation.key,
                Finding::new(
                    "unflagged",
                    "An operation whose description calls it deprecated is not flagged.",
                    "`deprecated: true`",
                    "no flag",
                )
                .at(&operation.pointer),
            ));
        }
    }
    if judged.is_empty() {
        judged.push(Judged::document(Judgement::not_applicable(
            "No operation is called deprecated.",
        )));
    }
    judged
}

fn calls_itself_deprecated(contract: &Contract, operation: &Operation) -> bool {
    let description = contract
        .at(operation.pointer.trim_start_matches('#'))
        .and_then(|raw| raw.get("description"))
        .and_then(|text| text.as_str())
        .unwrap_or_default();
    [operation.summary.as_str(), description]
        .iter()
        .any(|text| {
            let text = text
                .trim_start_matches(|c: char| !c.is_alphanumeric())
                .to_ascii_lowercase();
            text.starts_with("deprecated")
                || text.starts_with("this operation is deprecated")
                || text.starts_with("this endpoint is deprecated")
        })
}

//! `contract.rate-limits`

use crate::support::document::prelude::*;

/// See [`Check::purpose`].
pub static CHECK: Check = Check {
    id: "contract.rate-limits",
    purpose: "The contract says how fast clients may call, and that 429 tells them when they are \
        too fast.",
    verifies: "At least one operation documents 429 (by code or class), and the limits are told: in a description, by \
               rate-limit headers, or by `Retry-After` on the 429. It does not ask for 429 on each operation.",
    matters: "A force that does not know the limit finds it in the middle of an operation.",
    fix: "Document 429 with `Retry-After`, and write the limits (requests in a time) into the description.",
    kind: Kind::Contract(judge),
    examples: &[
        Example {
            title: "429 with Retry-After",
            contract: "paths: { /people: { get: { responses: { '200': { description: All. }, '429': { description: Too fast., headers: { Retry-After: { schema: { type: integer } } } } } } } }",
            dialogue: &[],
            says: Expect::Pass,
        },
        Example {
            title: "no 429 anywhere",
            contract: "paths: { /people: { get: { responses: { '200': { description: All. } } } } }",
            dialogue: &[],
            says: Expect::Fail("429"),
        },
        Example {
            title: "429 but no word of the limit",
            contract: "paths: { /people: { get: { responses: { '200': { description: All. }, '429': { description: No. } } } } }",
            dialogue: &[],
            says: Expect::Fail("does not say what the limit is"),
        },
    ],
};

fn judge(contract: &Contract, _: &Parameters) -> Vec<Judged> {
    let refusals: Vec<_> = contract
        .operations
        .iter()
        .filter_map(|operation| {
            operation
                .documents(429)
                .then(|| operation.response(429))
                .flatten()
        })
        .collect();
    if refusals.is_empty() {
        return vec![Judged::document(Finding::new(
            "undeclared",
            "No operation documents 429, so clients cannot tell that they are too fast.",
            "429 on the operations that are limited",
            "none",
        ))];
    }
    let by_header = refusals
        .iter()
        .flat_map(|response| &response.headers)
        .any(|header| {
            let name = header.name.to_ascii_lowercase();
            name == "retry-after" || name.contains("ratelimit") || name.contains("rate-limit")
        });
    let descriptions = refusals
        .iter()
        .map(|response| response.description.as_str())
        .chain(text_at(contract, "/info/description"));
    let by_words = descriptions.map(str::to_ascii_lowercase).any(|text| {
        [
            "rate limit",
            "rate-limit",
            "ratelimit",
            "requests per",
            "requests a ",
            "too many requests",
        ]
        .iter()
        .any(|words| text.contains(words))
    });
    if by_header || by_words {
        return vec![Judged::document(Judgement::Pass)];
    }
    vec![Judged::document(Finding::new(
        "untold",
        "The contract documents 429 but does not say what the limit is.",
        "the limit in a description, rate-limit headers, or `Retry-After`",
        "none of them",
    ))]
}

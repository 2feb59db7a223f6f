//! `contract.x-headers`

use crate::support::document::prelude::*;

/// See [`Check::purpose`].
pub static CHECK: Check = Check {
    id: "contract.x-headers",
    purpose: "Headers of the API's own do not start with `X-`.",
    verifies: "Header parameters and response headers are looked at by name. Established ones, such as \
               `X-Correlation-Id`, are exempt: the parameter `x_headers_allowed` lists them.",
    matters: "The prefix promises that a header is private, and so keeps it from ever becoming a standard one.",
    fix: "Name the header without `X-`, or list it in `x_headers_allowed` where it is established.",
    kind: Kind::Contract(judge),
    examples: &[
        Example {
            title: "an established one",
            contract: "paths: { /people: { get: { parameters: [ { name: X-Correlation-Id, in: header, schema: { type: string } } ], responses: { '200': { description: All. } } } } }",
            dialogue: &[],
            says: Expect::Pass,
        },
        Example {
            title: "a new one",
            contract: "paths: { /people: { get: { parameters: [ { name: X-Force-Code, in: header, schema: { type: string } } ], responses: { '200': { description: All. } } } } }",
            dialogue: &[],
            says: Expect::Fail("`X-`"),
        },
    ],
};

/// What is established everywhere, also where no parameter says so.
const ESTABLISHED: &[&str] = &[
    "x-correlation-id",
    "x-request-id",
    "x-content-type-options",
    "x-frame-options",
    "x-forwarded-for",
    "x-api-key",
];

fn judge(contract: &Contract, parameters: &Parameters) -> Vec<Judged> {
    by_operation(contract, |operation| {
        let sent = operation
            .parameters
            .iter()
            .filter(|parameter| parameter.place == ParameterPlace::Header)
            .map(|parameter| (parameter.name.as_str(), parameter.pointer.as_str()));
        let answered = operation
            .responses
            .iter()
            .flat_map(|response| &response.headers)
            .map(|header| (header.name.as_str(), header.pointer.as_str()));
        for (name, pointer) in sent.chain(answered) {
            let lower = name.to_ascii_lowercase();
            let exempt = ESTABLISHED.contains(&lower.as_str())
                || parameters
                    .texts("x_headers_allowed")
                    .any(|allowed| allowed.eq_ignore_ascii_case(name));
            if lower.starts_with("x-") && !exempt {
                return Finding::new(
                    lower,
                    "A header of the API's own starts with `X-`.",
                    "a name without `X-`",
                    format!("`{name}`"),
                )
                .at(pointer)
                .into();
            }
        }
        Judgement::Pass
    })
}

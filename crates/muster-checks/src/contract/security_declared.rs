//! `contract.security-declared`

use crate::support::document::prelude::*;
use muster_core::contract::{FaultKind, Security};

/// See [`Check::purpose`].
pub static CHECK: Check = Check {
    id: "contract.security-declared",
    purpose: "The contract declares the credentials of every operation, or that it needs none.",
    verifies: "Each operation has `security` of its own or the document's, be it the empty list of an open operation, \
               and the schemes it names are described.",
    matters: "What is not declared is found out by trial; and nobody can review an access rule that is not written.",
    fix: "Describe the schemes under `components.securitySchemes` and name them in `security`; write `security: []` \
          on operations that are open to all.",
    kind: Kind::Contract(judge),
    examples: &[
        Example {
            title: "a token",
            contract: "security: [ { token: [] } ]\npaths: { /people: { get: { responses: { '200': { description: All. } } } } }\ncomponents: { securitySchemes: { token: { type: http, scheme: bearer } } }",
            dialogue: &[],
            says: Expect::Pass,
        },
        Example {
            title: "open, and said so",
            contract: "paths: { /health: { get: { security: [], responses: { '200': { description: Well. } } } } }",
            dialogue: &[],
            says: Expect::Pass,
        },
        Example {
            title: "not a word",
            contract: "paths: { /people: { get: { responses: { '200': { description: All. } } } } }",
            dialogue: &[],
            says: Expect::Fail("does not declare"),
        },
    ],
};

fn judge(contract: &Contract, _: &Parameters) -> Vec<Judged> {
    let mut judged = by_operation(contract, |operation| match &operation.security {
        Security::AnyOf(_) => Judgement::Pass,
        Security::NotDeclared => Finding::new(
            "undeclared",
            "The contract does not declare which credentials an operation needs.",
            "`security` on the operation or the document",
            "none",
        )
        .at(&operation.pointer)
        .into(),
    });
    let unknown = contract
        .faults
        .iter()
        .filter(|fault| fault.kind == FaultKind::Security);
    judged.extend(unknown.map(|fault| {
        Judged::document(
            Finding::new(
                fault.message.clone(),
                "The contract names a security scheme that it does not describe.",
                "a scheme under `components.securitySchemes`",
                fault.message.clone(),
            )
            .at(place(fault)),
        )
    }));
    judged
}

//! `contract.valid-document`

use crate::support::document::prelude::*;
use muster_core::contract::FaultKind;

/// See [`Check::purpose`].
pub static CHECK: Check = Check {
    id: "contract.valid-document",
    purpose: "The contract is a valid OpenAPI document.",
    verifies: "The document parses, every part has the shape that its version of OpenAPI gives it, every schema \
               compiles, and no key stands twice in one object. It does not judge style.",
    matters: "Tools that generate clients, mocks and tests stop at the first part they cannot read; people then type \
              the interface in by hand.",
    fix: "Correct the part at the pointer. An OpenAPI editor or linter shows the same place while you type.",
    kind: Kind::Contract(judge),
    examples: &[
        Example {
            title: "a small valid document",
            contract: "paths: { /people: { get: { operationId: listPeople, responses: { '200': { description: A list. } } } } }",
            dialogue: &[],
            says: Expect::Pass,
        },
        Example {
            title: "a parameter without a place",
            contract: "paths: { /people: { get: { parameters: [ { name: surname, schema: { type: string } } ], responses: { '200': { description: A list. } } } } }",
            dialogue: &[],
            says: Expect::Fail("not valid OpenAPI"),
        },
    ],
};

fn judge(contract: &Contract, _: &Parameters) -> Vec<Judged> {
    faults(
        contract,
        |kind| {
            matches!(
                kind,
                FaultKind::Structure | FaultKind::Schema | FaultKind::DuplicateKey
            )
        },
        |fault| {
            let expected = match fault.kind {
                FaultKind::Schema => "a schema that a validator can compile",
                FaultKind::DuplicateKey => "each key once",
                _ => "a document as OpenAPI describes it",
            };
            Finding::new(
                format!("{:?} {}", fault.kind, fault.message),
                format!("The contract is not valid OpenAPI: {}", fault.message),
                expected,
                format!(
                    "{} at {}",
                    fault.message.trim_end_matches('.'),
                    place(fault)
                ),
            )
        },
    )
}

//! `contract.operation-ids`

use std::collections::BTreeMap;

use crate::support::document::prelude::*;

/// See [`Check::purpose`].
pub static CHECK: Check = Check {
    id: "contract.operation-ids",
    purpose: "Every operation has an `operationId` of its own.",
    verifies: "Each operation of the contract names itself, and no two bear the same name.",
    matters: "Generated clients name their functions after it; links, tests and support calls refer to it.",
    fix: "Give each operation an `operationId` that is unique in the document.",
    kind: Kind::Contract(judge),
    examples: &[
        Example {
            title: "an operation with a name",
            contract: "paths: { /people: { get: { operationId: listPeople, responses: { '200': { description: A list. } } } } }",
            dialogue: &[],
            says: Expect::Pass,
        },
        Example {
            title: "an operation without one",
            contract: "paths: { /people: { get: { responses: { '200': { description: A list. } } } } }",
            dialogue: &[],
            says: Expect::Fail("no `operationId`"),
        },
        Example {
            title: "two operations of one name",
            contract: "paths: { /people: { get: { operationId: list, responses: { '200': { description: A list. } } } }, /vehicles: { get: { operationId: list, responses: { '200': { description: A list. } } } } }",
            dialogue: &[],
            says: Expect::Fail("have the same"),
        },
    ],
};

fn judge(contract: &Contract, _: &Parameters) -> Vec<Judged> {
    let mut uses: BTreeMap<&str, usize> = BTreeMap::new();
    for id in contract
        .operations
        .iter()
        .filter_map(|operation| operation.id.as_deref())
    {
        *uses.entry(id).or_default() += 1;
    }
    by_operation(contract, |operation| match operation.id.as_deref() {
        None => Finding::new(
            "missing",
            "An operation has no `operationId`.",
            "an `operationId`",
            "none",
        )
        .at(&operation.pointer)
        .into(),
        Some(id) if uses.get(id).is_some_and(|count| *count > 1) => Finding::new(
            format!("duplicate {id}"),
            "Several operations have the same `operationId`.",
            "an `operationId` of its own",
            format!("`{id}`, which stands more than once"),
        )
        .at(&operation.pointer)
        .into(),
        Some(_) => Judgement::Pass,
    })
}

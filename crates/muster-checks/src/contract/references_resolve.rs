//! `contract.references-resolve`

use crate::support::document::prelude::*;
use muster_core::{contract::FaultKind, model::Responsible};

/// See [`Check::purpose`].
pub static CHECK: Check = Check {
    id: "contract.references-resolve",
    purpose: "Every `$ref` of the contract resolves.",
    verifies: "Each reference, in this document and in those it refers to, is followed. References to other hosts are \
               followed only where the run allows it; those that were not are told as such.",
    matters: "A reference that leads nowhere leaves everyone who generates code or tests without that part.",
    fix: "Correct the pointer or supply the missing document beside the contract.",
    kind: Kind::Contract(judge),
    examples: &[
        Example {
            title: "a reference to a component that is there",
            contract: "paths: { /people: { get: { responses: { '200': { description: A list., content: { application/json: { schema: { $ref: '#/components/schemas/People' } } } } } } } }\ncomponents: { schemas: { People: { type: object } } }",
            dialogue: &[],
            says: Expect::Pass,
        },
        Example {
            title: "a reference to a component that is not there",
            contract: "paths: { /people: { get: { responses: { '200': { description: A list., content: { application/json: { schema: { $ref: '#/components/schemas/People' } } } } } } } }",
            dialogue: &[],
            says: Expect::Fail("leads nowhere"),
        },
    ],
};

fn judge(contract: &Contract, _: &Parameters) -> Vec<Judged> {
    let unfetched: Vec<_> = contract
        .faults
        .iter()
        .filter(|fault| fault.kind == FaultKind::Unfetched)
        .collect();
    let mut judged = broken(contract);
    if let Some(first) = unfetched.first() {
        let others = match unfetched.len() {
            1 => String::new(),
            more => format!(" {} other references lead to such documents too.", more - 1),
        };
        judged.retain(|judged| judged.judgement != Judgement::Pass);
        judged.push(Judged::document(Judgement::inconclusive(
            Responsible::Configuration,
            format!(
                "The reference at {} was not followed: {}.{others} What stands behind them was not judged. Save the documents beside the contract and refer to them there.",
                place(first),
                first.message
            ),
        )));
    }
    judged
}

fn broken(contract: &Contract) -> Vec<Judged> {
    faults(
        contract,
        |kind| kind == FaultKind::Reference,
        |fault| {
            Finding::new(
                fault.message.clone(),
                format!("A reference leads nowhere: {}", fault.message),
                "a reference that leads to a part of the contract",
                format!(
                    "{} at {}",
                    fault.message.trim_end_matches('.'),
                    place(fault)
                ),
            )
        },
    )
}

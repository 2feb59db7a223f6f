//! What has to be called before what.

use std::collections::{BTreeMap, BTreeSet};

use super::{Relations, Slot};
use crate::{
    contract::{Contract, Operation},
    model::OperationKey,
};

impl Relations {
    /// The longest row of operations of which each needs a record that the one before makes.
    #[must_use]
    pub fn longest_chain(&self, contract: &Contract) -> Vec<OperationKey> {
        let mut known = BTreeMap::new();
        contract
            .operations
            .iter()
            .map(|operation| self.chain_to(contract, operation, &mut known, &mut BTreeSet::new()))
            .fold(Vec::new(), |longest, chain| {
                if chain.len() > longest.len() {
                    chain
                } else {
                    longest
                }
            })
    }

    fn chain_to(
        &self,
        contract: &Contract,
        operation: &Operation,
        known: &mut BTreeMap<OperationKey, Vec<OperationKey>>,
        above: &mut BTreeSet<OperationKey>,
    ) -> Vec<OperationKey> {
        if let Some(chain) = known.get(&operation.key) {
            return chain.clone();
        }
        if !above.insert(operation.key.clone()) {
            return Vec::new();
        }
        let needed = operation
            .parameters
            .iter()
            .filter(|parameter| parameter.required)
            .filter_map(|parameter| {
                let slot = Slot::Parameter(parameter.place, parameter.name.clone());
                let sources = self.sources(&operation.key, &slot);
                let makes = sources.iter().find(|source| source.makes);
                makes.or_else(|| sources.first())
            });
        let mut longest = Vec::new();
        for source in needed {
            let Some(producer) = contract.operation(&source.producer) else {
                continue;
            };
            let chain = self.chain_to(contract, producer, known, above);
            if chain.len() > longest.len() {
                longest = chain;
            }
        }
        above.remove(&operation.key);
        longest.push(operation.key.clone());
        known.insert(operation.key.clone(), longest.clone());
        longest
    }
}

#[cfg(test)]
mod tests {
    use crate::arrange::{
        Relations,
        testing::{contract, key},
    };

    #[test]
    fn a_record_below_another_needs_both_to_be_made() {
        let contract = contract(
            "
openapi: 3.1.0
info: {title: Cases, version: 1.0.0}
paths:
  /cases:
    post: {responses: {'201': {description: Created}}}
  /cases/{caseId}/notes:
    parameters: [{name: caseId, in: path, required: true, schema: {type: string}}]
    post: {responses: {'201': {description: Created}}}
  /cases/{caseId}/notes/{noteId}:
    parameters:
      - {name: caseId, in: path, required: true, schema: {type: string}}
      - {name: noteId, in: path, required: true, schema: {type: string}}
    get: {responses: {'200': {description: A note}}}
",
        );
        let chain = Relations::of(&contract).longest_chain(&contract);
        assert_eq!(
            chain,
            [
                key("POST /cases"),
                key("POST /cases/{caseId}/notes"),
                key("GET /cases/{caseId}/notes/{noteId}"),
            ]
        );
    }
}

//! Any bytes at all: reading them and building a contract must end, and never panic.
#![no_main]

use libfuzzer_sys::fuzz_target;
use muster::{contract::Contract, load::contract_source};

fuzz_target!(|bytes: &[u8]| {
    let Ok(document) = contract_source::read(bytes) else {
        return;
    };
    let Ok(contract) = Contract::from_value(document.value) else {
        return;
    };
    for schema in contract.schemas.places() {
        let _ = contract.schemas.is_unconstrained(schema);
        let _ = contract.schemas.validate(schema, &serde_json::Value::Null);
    }
    for fault in &contract.faults {
        let _ = contract.position(&fault.document, &fault.pointer);
    }
});

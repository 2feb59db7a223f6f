//! The contract as it is served: with the live address in it, and with the faults of this supplier.

use bytes::Bytes;
use serde_json::{Value, json};

use super::fault::Fault;
use super::rules::DOCUMENT;

/// The contract of a supplier at this origin.
pub(crate) fn served(origin: &str, faults: &[&'static Fault]) -> Result<Value, String> {
    let mut document = DOCUMENT.as_ref().map_err(Clone::clone)?.clone();
    let places = [
        ("/servers/0/url", format!("{origin}/v1")),
        (
            "/components/securitySchemes/forceClients/flows/clientCredentials/tokenUrl",
            format!("{origin}/oauth2/token"),
        ),
    ];
    for (pointer, value) in places {
        *document
            .pointer_mut(pointer)
            .ok_or_else(|| format!("the contract has no {pointer}"))? = json!(value);
    }
    for fault in faults {
        if let Some(edit) = fault.contract {
            edit(&mut document);
        }
    }
    Ok(document)
}

/// The contract as it is published, which is that of the supplier unless a fault makes it drift.
pub(crate) fn published(contract: &Value, faults: &[&'static Fault]) -> Bytes {
    let mut document = contract.clone();
    for edit in faults.iter().filter_map(|fault| fault.published) {
        edit(&mut document);
    }
    Bytes::from(serde_json::to_vec(&document).unwrap_or_default())
}

//! The contract as it is served: with the live address in it, and with the faults of this supplier.

use bytes::Bytes;
use serde_json::{Value, json};

use super::fault::Fault;
use super::rules::DOCUMENT;
use super::tokens::TokenFormat;

/// The contract of a supplier at this origin.
pub(crate) fn served(
    origin: &str,
    faults: &[&'static Fault],
    tokens: TokenFormat,
) -> Result<Value, String> {
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
    if tokens == TokenFormat::Keys {
        keys_for_tokens(&mut document);
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

/// Writes a key with a secret where the contract has tokens.
fn keys_for_tokens(document: &mut Value) {
    let header = |name: &str, description: &str| json!({ "type": "apiKey", "in": "header", "name": name, "description": description });
    if let Some(schemes) = document.pointer_mut("/components/securitySchemes") {
        *schemes = json!({
            "clientId": header("client-id", "Who calls."),
            "clientSecret": header("client-secret", "The secret of the client."),
        });
    }
    let operations = document
        .get_mut("paths")
        .and_then(Value::as_object_mut)
        .into_iter()
        .flat_map(|paths| paths.values_mut())
        .filter_map(Value::as_object_mut)
        .flat_map(|item| item.values_mut());
    for operation in operations {
        if let Some(security) = operation.get_mut("security").and_then(Value::as_array_mut)
            && !security.is_empty()
        {
            *security = vec![json!({ "clientId": [], "clientSecret": [] })];
        }
    }
}

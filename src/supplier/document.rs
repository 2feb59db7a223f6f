//! The contract as it is served: with the live address in it, and with the faults of this supplier.

use serde_json::{Value, json};

use super::fault::Fault;
use super::rules::DOCUMENT;
use super::tokens::TokenFormat;

/// The contract of a supplier at this origin.
pub(crate) fn served(
    origin: &str,
    tokens: TokenFormat,
    faults: &[&'static Fault],
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
        by_keys(&mut document);
    }
    for fault in faults {
        if let Some(edit) = fault.contract {
            edit(&mut document);
        }
    }
    Ok(document)
}

/// The contract where a key and a secret stand in place of tokens.
fn by_keys(document: &mut Value) {
    let key = |header: &str, of: &str| json!({ "type": "apiKey", "in": "header", "name": header, "description": of });
    if let Some(schemes) = document.pointer_mut("/components/securitySchemes") {
        *schemes = json!({
            "clientKey": key("X-Client-Key", "The client's id."),
            "clientSecret": key("X-Client-Secret", "The client's secret."),
        });
    }
    let keys = json!([{ "clientKey": [], "clientSecret": [] }]);
    let operations = document
        .get_mut("paths")
        .and_then(Value::as_object_mut)
        .into_iter()
        .flat_map(|paths| paths.values_mut())
        .filter_map(Value::as_object_mut)
        .flat_map(|path| path.values_mut());
    for operation in operations {
        if let Some(security) = operation.get_mut("security")
            && security.as_array().is_some_and(|any| !any.is_empty())
        {
            *security = keys.clone();
        }
    }
    if let Some(security) = document.get_mut("security") {
        *security = keys;
    }
}

//! The names that a contract gives to secrets: properties of `format: password`, and the headers, cookies and
//! parameters of its API keys.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{Contract, SchemeKind};

/// How deep a document is looked through.
const DEPTH: usize = 200;

impl Contract {
    /// The names under which secrets come and go.
    #[must_use]
    pub fn secret_names(&self) -> BTreeSet<String> {
        let mut names = BTreeSet::new();
        for scheme in self.security_schemes.values() {
            if let SchemeKind::ApiKey { name, .. } = &scheme.kind {
                names.insert(name.clone());
            }
        }
        collect(&self.root, DEPTH, &mut names);
        names
    }
}

fn collect(value: &Value, depth: usize, names: &mut BTreeSet<String>) {
    if depth == 0 {
        return;
    }
    match value {
        Value::Array(items) => {
            for item in items {
                collect(item, depth - 1, names);
            }
        }
        Value::Object(members) => {
            if let Some(Value::Object(properties)) = members.get("properties") {
                for (name, schema) in properties {
                    if schema.get("format").and_then(Value::as_str) == Some("password") {
                        names.insert(name.clone());
                    }
                }
            }
            for member in members.values() {
                collect(member, depth - 1, names);
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test stops at what is wrong")]

    use serde_json::json;

    use super::*;

    #[test]
    fn passwords_and_api_keys_are_named() {
        let contract = Contract::from_value(json!({
            "openapi": "3.0.3", "info": { "title": "t", "version": "1" }, "paths": {},
            "components": {
                "securitySchemes": { "k": { "type": "apiKey", "in": "header", "name": "X-Club-Card" } },
                "schemas": { "A": { "type": "object", "properties": {
                    "sesame": { "type": "string", "format": "password" },
                    "name": { "type": "string" } } } }
            }
        }))
        .unwrap();
        let names: Vec<String> = contract.secret_names().into_iter().collect();
        assert_eq!(names, ["X-Club-Card", "sesame"]);
    }
}

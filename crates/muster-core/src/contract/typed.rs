//! A second opinion on OpenAPI 3.0: the typed reader of the `openapiv3` crate (owner of [`findings`]).
//!
//! Our own walker is lenient, so that one bad part does not cost the rest. The typed reader is strict:
//! what it refuses and the walker let pass is told here, at the smallest part that it refuses.

use openapiv3::{
    Components, Header, Info, OpenAPI, Operation, Parameter, PathItem, RequestBody, Response,
    SecurityScheme, Server,
};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::Value;

use super::{Contract, Dialect, Fault, FaultKind, pointer};

/// Values deeper than this are not given to the typed reader, which recurses without measure.
const DEEPEST: usize = 64;

/// What the typed reader refuses in the root document of an OpenAPI 3.0 contract, where the contract
/// has no fault at, above or below that place already.
#[must_use]
pub fn findings(contract: &Contract) -> Vec<Fault> {
    if contract.dialect != Dialect::V3_0 || depth(&contract.root) > DEEPEST {
        return Vec::new();
    }
    let mut strict = Strict { found: Vec::new() };
    strict.document(&contract.root);
    let known: Vec<&str> = contract
        .faults
        .iter()
        .filter(|fault| fault.document.is_empty())
        .map(|fault| fault.pointer.as_str())
        .collect();
    strict
        .found
        .into_iter()
        .filter(|fault| !known.iter().any(|known| related(known, &fault.pointer)))
        .collect()
}

/// The operations of an OpenAPI 3.0 document as the typed reader sees them, if it reads it at all.
#[must_use]
pub fn read(root: &Value) -> Option<OpenAPI> {
    if depth(root) > DEEPEST {
        return None;
    }
    OpenAPI::deserialize(root).ok()
}

fn related(one: &str, other: &str) -> bool {
    let (short, long) = if one.len() <= other.len() {
        (one, other)
    } else {
        (other, one)
    };
    // A fault of the whole document is not about any part of it.
    short != "#"
        && long
            .strip_prefix(short)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

fn depth(value: &Value) -> usize {
    1 + match value {
        Value::Array(items) => items.iter().map(depth).max().unwrap_or(0),
        Value::Object(members) => members.values().map(depth).max().unwrap_or(0),
        _ => 0,
    }
}

struct Strict {
    found: Vec<Fault>,
}

impl Strict {
    /// Whether the type reads the value; if not, why. References are not the type's business.
    fn refusal<T: DeserializeOwned>(value: &Value) -> Option<String> {
        if value.get("$ref").is_some() {
            return None;
        }
        T::deserialize(value).err().map(|error| error.to_string())
    }

    /// Tries a part; where it is refused, tries its own parts, and blames itself if they all pass.
    fn part<T: DeserializeOwned>(
        &mut self,
        value: &Value,
        at: &str,
        parts: impl FnOnce(&mut Self),
    ) {
        let Some(why) = Self::refusal::<T>(value) else {
            return;
        };
        let before = self.found.len();
        parts(self);
        if self.found.len() == before {
            self.found.push(Fault {
                kind: FaultKind::Structure,
                document: String::new(),
                pointer: format!("#{at}"),
                message: format!("not what OpenAPI 3.0 has here: {why}"),
            });
        }
    }

    fn leaf<T: DeserializeOwned>(&mut self, value: &Value, at: &str) {
        self.part::<T>(value, at, |_| {});
    }

    fn document(&mut self, root: &Value) {
        self.part::<OpenAPI>(root, "", |strict| {
            if let Some(info) = root.get("info") {
                strict.leaf::<Info>(info, "/info");
            }
            strict.each(root.get("servers"), "/servers", Self::leaf::<Server>);
            strict.each(root.get("paths"), "/paths", |strict, item, at| {
                strict.part::<PathItem>(item, at, |strict| strict.path_item(item, at));
            });
            if let Some(components) = root.get("components") {
                strict.part::<Components>(components, "/components", |strict| {
                    strict.components(components);
                });
            }
        });
    }

    fn each(
        &mut self,
        list: Option<&Value>,
        at: &str,
        mut then: impl FnMut(&mut Self, &Value, &str),
    ) {
        match list {
            Some(Value::Array(items)) => {
                for (index, item) in items.iter().enumerate() {
                    then(self, item, &pointer::join(at, &index.to_string()));
                }
            }
            Some(Value::Object(members)) => {
                for (name, member) in members {
                    if !name.starts_with("x-") {
                        then(self, member, &pointer::join(at, name));
                    }
                }
            }
            _ => {}
        }
    }

    fn path_item(&mut self, item: &Value, at: &str) {
        let parameters = pointer::join(at, "parameters");
        self.each(item.get("parameters"), &parameters, Self::leaf::<Parameter>);
        for method in [
            "get", "put", "post", "delete", "options", "head", "patch", "trace",
        ] {
            let Some(operation) = item.get(method) else {
                continue;
            };
            let at = pointer::join(at, method);
            self.part::<Operation>(operation, &at, |strict| {
                let parameters = pointer::join(&at, "parameters");
                strict.each(
                    operation.get("parameters"),
                    &parameters,
                    Self::leaf::<Parameter>,
                );
                if let Some(body) = operation.get("requestBody") {
                    strict.leaf::<RequestBody>(body, &pointer::join(&at, "requestBody"));
                }
                let responses = pointer::join(&at, "responses");
                strict.each(
                    operation.get("responses"),
                    &responses,
                    Self::leaf::<Response>,
                );
            });
        }
    }

    fn components(&mut self, components: &Value) {
        type Leaf = fn(&mut Strict, &Value, &str);
        let sections: [(&str, Leaf); 6] = [
            ("schemas", |strict, value, at| {
                strict.leaf::<openapiv3::Schema>(value, at);
            }),
            ("responses", |strict, value, at| {
                strict.leaf::<Response>(value, at);
            }),
            ("parameters", |strict, value, at| {
                strict.leaf::<Parameter>(value, at);
            }),
            ("requestBodies", |strict, value, at| {
                strict.leaf::<RequestBody>(value, at);
            }),
            ("headers", |strict, value, at| {
                strict.leaf::<Header>(value, at);
            }),
            ("securitySchemes", |strict, value, at| {
                strict.leaf::<SecurityScheme>(value, at);
            }),
        ];
        for (section, leaf) in sections {
            let at = format!("/components/{section}");
            self.each(components.get(section), &at, leaf);
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests may stop at the first surprise")]

    use serde_json::json;

    use super::*;

    #[test]
    fn the_smallest_refused_part_is_told() {
        let contract = Contract::from_value(json!({
            "openapi": "3.0.3",
            "info": { "title": "T", "version": "1" },
            "paths": { "/a": { "get": {
                "tags": "one",
                "parameters": [{ "name": "q", "in": "query", "required": "yes",
                    "schema": { "type": "string" } }],
                "responses": { "200": { "description": "fine" } }
            } } },
            "components": { "responses": { "R": { "description": 7 } } }
        }))
        .unwrap();
        let found = findings(&contract);
        let places: Vec<_> = found.iter().map(|fault| fault.pointer.as_str()).collect();
        // The response's description is told by the walker already.
        assert_eq!(places, ["#/paths/~1a/get/parameters/0"]);
        assert!(
            contract
                .faults
                .iter()
                .any(|fault| fault.pointer == "#/components/responses/R")
        );
    }
}

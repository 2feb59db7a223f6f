//! An OpenAPI document as operations, parameters, schemas and security (owner of [`Contract`]).
//!
//! One model serves OpenAPI 3.0, 3.1 and 3.2. It is lossless: the raw JSON stays, and every part
//! keeps its JSON pointer into it.

pub mod model;

pub use model::*;
pub mod schema;

pub use schema::{Schema, Schemas, Validity, Violation};

use std::collections::BTreeMap;

use serde_json::Value;

use crate::model::{Method, OperationKey};

/// A loaded contract.
#[derive(Debug)]
pub struct Contract {
    /// The version of OpenAPI.
    pub dialect: Dialect,
    /// The URI of the root document.
    pub location: String,
    /// The root document as it was read.
    pub root: Value,
    /// Its operations, in document order.
    pub operations: Vec<Operation>,
    /// Its servers.
    pub servers: Vec<Server>,
    /// Its security schemes by name.
    pub security_schemes: BTreeMap<String, SecurityScheme>,
    /// What is not as OpenAPI has it.
    pub faults: Vec<Fault>,
    /// Its schemas.
    pub schemas: Schemas,
}

impl Contract {
    /// The operation of this key.
    #[must_use]
    pub fn operation(&self, key: &OperationKey) -> Option<&Operation> {
        self.operations
            .iter()
            .find(|operation| operation.key == *key)
    }

    /// The operation of this `operationId`.
    #[must_use]
    pub fn operation_by_id(&self, id: &str) -> Option<&Operation> {
        self.operations
            .iter()
            .find(|operation| operation.id.as_deref() == Some(id))
    }

    /// The methods that are declared on a path template.
    pub fn methods_of<'a>(&'a self, path: &'a str) -> impl Iterator<Item = &'a Method> {
        self.operations
            .iter()
            .filter(move |operation| &*operation.key.path == path)
            .map(|operation| &operation.key.method)
    }

    /// A part of the root document.
    #[must_use]
    pub fn at(&self, pointer: &str) -> Option<&Value> {
        self.root.pointer(pointer)
    }
}

//! An OpenAPI document as operations, parameters, schemas and security (owner of [`Contract`]).
//!
//! One model serves OpenAPI 3.0, 3.1 and 3.2. It is lossless: the raw JSON stays, and every part
//! keeps its JSON pointer into it. Whatever can be read is read; what cannot becomes a [`Fault`].

mod build;
mod cursor;
mod documents;
mod examples;
mod judge;
mod keywords;
mod links;
pub mod model;
mod modernise;
mod names;
mod normalise;
#[doc(hidden)]
pub mod operation_list;
mod operations;
mod parts;
mod patterns;
mod pointer;
mod router;
mod secret_names;
mod servers;
mod surroundings;
mod survey;
pub mod typed;
mod views;

pub use build::Refused;
pub use documents::{Document, Documents, DuplicateKey, Positions, PositionsBuilder};
pub use examples::Documented;
pub use model::*;
pub use modernise::UNDECIDED_NULL;
mod sample;
pub mod schema;

pub use operation_list::OperationList;
pub use patterns::FOREIGN_PATTERN;
pub use router::Router;
pub use schema::{Schema, Schemas, Validity, Violation};
pub use servers::{Elsewhere, ServerPaths};
pub use surroundings::{Hazard, HazardKind, Reads, Sign, Surroundings, Withheld};

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

use serde_json::Value;

use crate::model::{Method, OperationKey, RoleOverrides};

/// A loaded contract.
#[derive(Debug)]
pub struct Contract {
    /// The version of OpenAPI.
    pub dialect: Dialect,
    /// The URI of the root document.
    pub location: String,
    /// The root document as it was read.
    pub root: Arc<Value>,
    /// Its operations, in document order.
    pub operations: OperationList,
    /// Operations that the target under test does not serve, once its base URL is known.
    pub elsewhere: Vec<Elsewhere>,
    /// The paths of servers that operations have of their own, once the base URL is known; none where no one has.
    pub server_paths: Option<Arc<ServerPaths>>,
    /// Its servers.
    pub servers: Vec<Server>,
    /// Its security schemes by name.
    pub security_schemes: BTreeMap<String, SecurityScheme>,
    /// What is not as OpenAPI has it.
    pub faults: Vec<Fault>,
    /// Its schemas.
    pub schemas: Schemas,
    /// What its reader was told of operations beside it.
    pub roles: RoleOverrides,
    router: Arc<Router>,
    positions: HashMap<Arc<str>, Positions>,
    documented: Vec<Documented>,
}

impl Contract {
    /// The operation of this key.
    #[must_use]
    pub fn operation(&self, key: &OperationKey) -> Option<&Operation> {
        self.operations.get(self.router.key(key)?)
    }

    /// The operation of this `operationId`.
    #[must_use]
    pub fn operation_by_id(&self, id: &str) -> Option<&Operation> {
        self.operations.get(self.router.id(id)?)
    }

    /// The operation a request is for, by its method and its path below the base URL (a query is left
    /// out of account). A concrete path goes before a templated one.
    #[must_use]
    pub fn find_operation(&self, method: &Method, path_below_base: &str) -> Option<&Operation> {
        self.operations
            .get(self.router.find(method, path_below_base)?)
    }

    /// Which operation a request is for, for those who outlive the contract.
    #[must_use]
    pub fn router(&self) -> Arc<Router> {
        Arc::clone(&self.router)
    }

    /// The path template that a request's path meets, whatever its method.
    #[must_use]
    pub fn find_path(&self, path_below_base: &str) -> Option<&str> {
        self.operations
            .get(self.router.find_path(path_below_base)?)
            .map(|operation| &*operation.key.path)
    }

    /// The methods that are declared on a path template.
    pub fn methods_of<'a>(&'a self, path: &str) -> impl Iterator<Item = &'a Method> + use<'a> {
        self.router
            .on_path(path)
            .iter()
            .filter_map(|index| self.operations.get(*index))
            .map(|operation| &operation.key.method)
    }

    /// The operations of a path template, in document order, whether or not either ends with a slash.
    pub fn operations_at<'a>(
        &'a self,
        path: &str,
    ) -> impl Iterator<Item = &'a Operation> + use<'a> {
        self.of_indexes(self.router.at_place(path))
    }

    /// The operations on one item of a collection: those whose path is the collection's and one variable more.
    pub fn items_of<'a>(
        &'a self,
        collection: &str,
    ) -> impl Iterator<Item = &'a Operation> + use<'a> {
        self.of_indexes(self.router.items_of(collection))
    }

    /// The operations of every path template that a request's path meets, in document order.
    #[must_use]
    pub fn operations_for(&self, path_below_base: &str) -> Vec<&Operation> {
        let found = self.router.find_all(path_below_base);
        found
            .iter()
            .filter_map(|index| self.operations.get(*index))
            .collect()
    }

    fn of_indexes<'a>(
        &'a self,
        indexes: &'a [usize],
    ) -> impl Iterator<Item = &'a Operation> + use<'a> {
        indexes
            .iter()
            .filter_map(|index| self.operations.get(*index))
    }

    /// A part of the documents: `/pointer` or `#/pointer` in the root, `uri#/pointer` in any.
    #[must_use]
    pub fn at(&self, location: &str) -> Option<&Value> {
        let target = build::target(&self.location, location);
        if *target.document == *self.location {
            self.root.pointer(&target.pointer)
        } else {
            self.schemas.original(&Schema {
                document: target.document,
                pointer: target.pointer.into(),
            })
        }
    }

    /// Whether a text stands in the root document, so that others may have it from there.
    #[must_use]
    pub fn mentions(&self, text: &str) -> bool {
        let mut open = vec![&*self.root];
        while let Some(value) = open.pop() {
            match value {
                Value::String(held) if held.contains(text) => return true,
                Value::Array(items) => open.extend(items),
                Value::Object(members) => open.extend(members.values()),
                _ => {}
            }
        }
        false
    }

    /// Line and column of a place; the document's URI may be empty for the root. Where the place
    /// itself is not known, that of what it stands in.
    #[must_use]
    pub fn position(&self, document: &str, pointer: &str) -> Option<Position> {
        let uri = if document.is_empty() {
            self.location.clone()
        } else {
            documents::normal(document)
        };
        let (document, known) = self.positions.get_key_value(uri.as_str())?;
        let mut pointer = pointer.strip_prefix('#').unwrap_or(pointer);
        loop {
            if let Some((line, column)) = known.get(pointer) {
                return Some(Position {
                    document: Arc::clone(document),
                    line,
                    column,
                });
            }
            pointer = pointer.get(..pointer.rfind('/')?)?;
        }
    }

    /// Line and column of a part, by the `pointer` it bears.
    #[must_use]
    pub fn position_of(&self, location: &str) -> Option<Position> {
        let (document, pointer) = pointer::split(location);
        self.position(document, pointer)
    }

    /// Every documented example with the schema it should meet: of JSON media types, parameters and
    /// headers, and those that stand in schemas and their properties.
    #[must_use]
    pub fn examples(&self) -> &[Documented] {
        &self.documented
    }
}

#[cfg(test)]
mod robust;
#[cfg(test)]
mod tests;

//! What of a contract a run has seen (owner of [`Surface`] and [`Atlas`]).
//!
//! A point is one thing that the contract says of an operation: a parameter, a keyword of a schema that
//! requests must keep, a status, a media type. Names come from the contract alone, never from data.

mod points;
mod seen;
#[cfg(test)]
mod tests;

use std::collections::{HashMap, HashSet};

use serde::{Deserialize, Serialize};

use crate::{contract::Contract, exchange::Exchange, model::OperationKey};

/// What a point is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Aspect {
    /// A parameter, sent.
    Parameter,
    /// A keyword of a request's schema, with a value that it speaks of sent.
    Keyword,
    /// The same, with a value that breaks it sent.
    Mistake,
    /// A documented status, answered.
    Status,
    /// A documented media type, sent or answered.
    MediaType,
}

/// One thing that there is to see of an operation.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Point {
    /// What it is about.
    pub aspect: Aspect,
    /// Its name: `query.limit`, `body.surname maxLength`, `404`, `200 application/json`.
    pub name: String,
}

/// Everything that there is to see of one operation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Surface {
    /// The operation.
    pub operation: OperationKey,
    /// Its points, in the order of the contract.
    pub points: Vec<Point>,
}

/// The surface of every operation of a contract, in document order.
#[must_use]
pub fn surfaces(contract: &Contract) -> Vec<Surface> {
    contract
        .operations
        .iter()
        .map(|operation| Surface {
            operation: operation.key.clone(),
            points: points::of(contract, operation),
        })
        .collect()
}

/// Which points were seen so far, for whoever watches the exchanges of a run.
#[derive(Debug, Default)]
pub struct Atlas {
    unseen: HashMap<OperationKey, HashSet<Point>>,
    /// Places in request bodies that the contract names.
    labels: HashMap<OperationKey, HashSet<String>>,
}

impl Atlas {
    /// Nothing seen yet.
    #[must_use]
    pub fn new(surfaces: &[Surface]) -> Self {
        let mut atlas = Self::default();
        for surface in surfaces {
            let labels = surface
                .points
                .iter()
                .filter(|point| point.aspect == Aspect::Keyword)
                .filter_map(|point| point.name.rsplit_once(' '))
                .map(|(label, _)| label.to_owned());
            atlas
                .labels
                .insert(surface.operation.clone(), labels.collect());
            atlas.unseen.insert(
                surface.operation.clone(),
                surface.points.iter().cloned().collect(),
            );
        }
        atlas
    }

    /// How many points of an operation were not seen yet.
    #[must_use]
    pub fn unseen(&self, key: &OperationKey) -> usize {
        self.unseen.get(key).map_or(0, HashSet::len)
    }

    /// What an exchange shows that none did before it, in order.
    pub fn saw(&mut self, contract: &Contract, exchange: &Exchange) -> Vec<Point> {
        let Some(key) = &exchange.request.operation else {
            return Vec::new();
        };
        let (Some(unseen), Some(labels)) = (self.unseen.get_mut(key), self.labels.get(key)) else {
            return Vec::new();
        };
        if unseen.is_empty() {
            return Vec::new();
        }
        let Some(operation) = contract.operation(key) else {
            return Vec::new();
        };
        let mut fresh: Vec<Point> = seen::of(contract, operation, labels, exchange)
            .into_iter()
            .filter(|point| unseen.remove(point))
            .collect();
        fresh.sort();
        fresh
    }
}

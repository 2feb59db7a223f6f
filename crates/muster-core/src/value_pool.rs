//! What is known to exist at the target (owner of [`ValuePool`]): from its `data` and `writable`, and learned
//! from answers.
//!
//! A run learns in stages; within a stage what is known stays as it is, so that the same seed makes the
//! same requests whatever order the answers come in.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::model::{Method, OperationKey};

/// Values for parameters and body members, best first.
#[derive(Debug, Clone, Default)]
pub struct ValuePool {
    /// The target's `data`: by parameter name, or by `METHOD /path name`.
    data: BTreeMap<String, Value>,
    /// The target's `writable`, written in the same way: records that a run may change.
    writable: BTreeMap<String, Value>,
    /// Learned from answers: for this operation and parameter, this value.
    learned: BTreeMap<(OperationKey, String), Vec<Value>>,
    /// How operations that create were refused, and how often in the same way; gone once one succeeds.
    refusals: BTreeMap<OperationKey, BTreeMap<String, usize>>,
    /// Operations that created something.
    created: BTreeSet<OperationKey>,
}

/// How often a creation is refused in the same way before it is not sent again.
const SAME_REFUSALS: usize = 3;

impl ValuePool {
    /// Starts from the target's `data`.
    #[must_use]
    pub const fn from_data(data: BTreeMap<String, Value>) -> Self {
        Self {
            data,
            writable: BTreeMap::new(),
            learned: BTreeMap::new(),
            refusals: BTreeMap::new(),
            created: BTreeSet::new(),
        }
    }

    /// The same with what the target file says may be changed.
    #[must_use]
    pub fn with_writable(mut self, writable: BTreeMap<String, Value>) -> Self {
        self.writable = writable;
        self
    }

    /// What the target file lets this operation change, by the name of a parameter; a removal has to be named itself.
    #[must_use]
    pub fn writable(&self, operation: &OperationKey, parameter: &str) -> Option<&Value> {
        let exact = self.writable_exactly(operation, parameter);
        if operation.method == Method::Delete {
            exact
        } else {
            exact.or_else(|| self.writable.get(parameter))
        }
    }

    /// What the target file lets exactly this operation change or send, as `METHOD /path name`.
    #[must_use]
    pub fn writable_exactly(&self, operation: &OperationKey, parameter: &str) -> Option<&Value> {
        self.writable.get(&format!("{operation} {parameter}"))
    }

    /// Notes that a creation was refused, and how.
    pub fn refused(&mut self, operation: &OperationKey, how: String) {
        if !self.created.contains(operation) {
            let ways = self.refusals.entry(operation.clone()).or_default();
            *ways.entry(how).or_default() += 1;
        }
    }

    /// Notes that a creation succeeded, so that a refusal says something of the values and not of the operation.
    pub fn succeeded(&mut self, operation: &OperationKey) {
        self.refusals.remove(operation);
        self.created.insert(operation.clone());
    }

    /// How a creation was refused so often in the same way, and never accepted, that it is not worth another request.
    #[must_use]
    pub fn always_refused(&self, operation: &OperationKey) -> Option<&str> {
        self.refusals
            .get(operation)?
            .iter()
            .find(|(_, times)| **times >= SAME_REFUSALS)
            .map(|(how, _)| how.as_str())
    }

    /// Everything that the target file says.
    #[must_use]
    pub const fn data(&self) -> &BTreeMap<String, Value> {
        &self.data
    }

    /// What the target file says about a parameter of an operation.
    #[must_use]
    pub fn given(&self, operation: &OperationKey, parameter: &str) -> Option<&Value> {
        self.data
            .get(&format!("{operation} {parameter}"))
            .or_else(|| self.data.get(parameter))
    }

    /// What the target file says about a parameter of exactly this operation, as `METHOD /path name`.
    #[must_use]
    pub fn given_exactly(&self, operation: &OperationKey, parameter: &str) -> Option<&Value> {
        self.data.get(&format!("{operation} {parameter}"))
    }

    /// What earlier answers say about a parameter of an operation, oldest first.
    #[must_use]
    pub fn learned(&self, operation: &OperationKey, parameter: &str) -> &[Value] {
        self.learned
            .get(&(operation.clone(), parameter.to_owned()))
            .map_or(&[], Vec::as_slice)
    }

    /// Whether an id is known from earlier answers. Short ones and numbers are not told apart by value alone.
    #[must_use]
    pub fn holds(&self, id: &Value) -> bool {
        id.as_str().is_some_and(|id| id.len() >= 8)
            && self.learned.values().any(|values| values.contains(id))
    }

    /// Adds what another has learned, after what is there.
    pub fn merge(&mut self, other: Self) {
        for operation in other.created {
            self.succeeded(&operation);
        }
        for (operation, ways) in other.refusals {
            for (how, times) in ways {
                for _ in 0..times {
                    self.refused(&operation, how.clone());
                }
            }
        }
        for ((operation, parameter), values) in other.learned {
            for value in values {
                self.learn(&operation, &parameter, value);
            }
        }
    }

    /// Notes a value; one that is there already is not noted again. At most sixteen are kept.
    pub fn learn(&mut self, operation: &OperationKey, parameter: &str, value: Value) {
        let values = self
            .learned
            .entry((operation.clone(), parameter.to_owned()))
            .or_default();
        if values.len() < 16 && !values.contains(&value) {
            values.push(value);
        }
    }

    /// Forgets values that exist no longer.
    pub fn forget(
        &mut self,
        operation: &OperationKey,
        parameter: &str,
        gone: impl Fn(&Value) -> bool,
    ) {
        if let Some(values) = self
            .learned
            .get_mut(&(operation.clone(), parameter.to_owned()))
        {
            values.retain(|value| !gone(value));
        }
    }
}

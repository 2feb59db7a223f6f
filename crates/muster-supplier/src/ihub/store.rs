//! What was received: [`Store`].

use std::collections::{HashMap, HashSet};

use serde_json::Value;

/// Every submission by its id, until the receiver stops.
#[derive(Debug, Default)]
pub(super) struct Store {
    pub(super) received: HashMap<String, Received>,
    /// Submissions that were refused, for the fault that never forgets.
    pub(super) refused: HashSet<String>,
    /// How often each reporter's address submitted, for the fault that counts them.
    pub(super) addresses: HashMap<String, u32>,
    /// The first submission of the same words, for the fault that merges them.
    pub(super) words: HashMap<String, String>,
    /// The latest moment by reference, for the fault that wants order.
    pub(super) latest: HashMap<String, String>,
}

/// One submission.
#[derive(Debug, Clone)]
pub(super) struct Received {
    /// The id that this receiver knows the incident by.
    pub(super) incident: String,
    pub(super) document: Value,
    pub(super) at: String,
    /// How often it was delivered.
    pub(super) deliveries: u32,
}

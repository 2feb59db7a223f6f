//! Which operations make, list, show, change and remove the same things (owner of [`Relations`]).

use crate::contract::Contract;

/// Producers and consumers of a contract, worked out once.
#[derive(Debug, Default)]
pub struct Relations {}

impl Relations {
    /// Works them out: from links first, then from paths, names and schemas.
    #[must_use]
    pub fn of(_contract: &Contract) -> Self {
        Self {}
    }
}

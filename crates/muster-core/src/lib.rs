//! The pure core: contract, generation, arranging, exchanges and verdicts.
//!
//! Nothing here reads a clock, a file or the network: what the world says comes in as values, and what a run is to
//! send goes out as values. Imports point up this list only.
#![cfg_attr(
    test,
    allow(
        clippy::disallowed_methods,
        reason = "tests read files and the clock; the guard is for what is built"
    )
)]

pub mod model;
pub mod value_pool;
pub mod verdict;

pub mod exchange;
pub mod observation;

pub mod contract;
pub mod drift;
pub mod generate;

pub mod script;

pub mod arrange;

pub mod coverage;

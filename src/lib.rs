//! Muster: a conformance test harness for the APIs of UK policing.
//!
//! The map of the crate is `ARCHITECTURE.md`. Imports point up this list only: the core is pure, the
//! edges do I/O.
#![cfg_attr(
    test,
    allow(
        clippy::disallowed_methods,
        reason = "tests read files and start programs; the guard is for what is built"
    )
)]

pub mod model;
pub mod verdict;

pub mod exchange;
pub mod observation;

pub mod contract;
pub mod generate;

pub mod known;
pub mod script;

pub mod arrange;

pub mod checks;

pub mod coverage;

pub mod drift;
pub mod suite;

pub mod event;
pub mod plan;
pub mod profile;
pub mod summary;
pub mod waiver;

pub mod auth;
pub mod http;
pub mod journal;
pub mod load;
pub mod report;
pub mod runner;
pub mod supplier;

pub mod cli;

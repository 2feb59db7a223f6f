//! Muster: a conformance test harness for the APIs of UK policing.
//!
//! This crate is the edges and the command; what is pure stands in the crates below `crates/`. The map is
//! `ARCHITECTURE.md`.
#![cfg_attr(
    test,
    allow(
        clippy::disallowed_methods,
        reason = "tests read files and start programs; the guard is for what is built"
    )
)]

pub mod auth;
pub mod http;
pub mod journal;
pub mod load;
pub mod runner;

pub mod cli;

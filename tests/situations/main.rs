//! Situations that real APIs put a harness in: a small service on loopback, its contract, a whole run, and
//! what the run says and leaves behind.
//!
//! One module per kind of situation; `service` serves and runs.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::disallowed_methods,
    reason = "tests read and write files"
)]
#![allow(
    unreachable_pub,
    dead_code,
    reason = "the modules of a test share what each of them needs"
)]

mod service;

mod causes;
mod compound_keys;
mod concurrency;
mod contracts;
mod credentials;
mod findings;
mod hazards;
mod made_by_put;
mod outages;
mod ownership;
mod responses;
mod signals;
mod sound;
mod token_keys;
mod verdicts;

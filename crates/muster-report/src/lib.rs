//! Events of a run in; its summary and the text of its reports out. No clock, no network; the edges write the files.
#![cfg_attr(
    test,
    allow(
        clippy::disallowed_methods,
        reason = "tests read files and the clock; the guard is for what is built"
    )
)]

pub mod event;
pub mod report;
pub mod summary;
pub mod waiver;

//! The events of a run on disk, one JSON line each, as they happen (owner of [`Writer`] and [`Reader`]).
//!
//! The journal is what survives: a run that dies leaves everything that was flushed, and every report is
//! made from it alone.
#![allow(clippy::disallowed_methods, reason = "keeping is this edge")]

mod read;
#[cfg(test)]
mod tests;
mod write;

pub use read::{ReadError, Reader, cleanup_of, is_run, read, summary};
pub use write::{WriteError, Writer};

/// The name of the journal in a run folder.
pub const FILE: &str = "journal.jsonl";

/// The name of the journal of cleaning up after the run, beside it.
pub const CLEANUP_FILE: &str = "cleanup.jsonl";

//! Verdicts on sound services that are unlike the usual one.

mod bikes;
mod claims;
mod connections;
mod defaults;
mod deletions;
mod frameworks;
mod loans;
mod read_only;
mod selection;
mod tags;

//! Files to core types, with errors that name file, line and column.
//!
//! Everything here is an edge: it reads files, standard input and URLs.

pub mod contract;
mod contract_fetch;
mod contract_json;
pub mod contract_source;
mod contract_yaml;

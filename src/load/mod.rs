//! Files to core types, with errors that name file, line and column.
//!
//! Everything here is an edge: it reads files, standard input, the environment and URLs. What it hands on
//! is checked and typed; what is wrong comes back as [`Diagnostics`], every error of a file at once.
#![allow(
    clippy::disallowed_methods,
    reason = "loading is where files and the environment are read"
)]

pub mod contract;
mod contract_fetch;
mod contract_json;
pub mod contract_source;
mod contract_yaml;
pub mod dates;
pub mod diagnostic;
mod identities;
mod issuer;
pub mod nearest;
pub mod profile;
pub mod roles;
pub mod schemas;
pub mod secrets;
pub mod source;
pub mod suite;
pub mod target;
mod tls;
mod violations;
pub mod waivers;
pub mod yaml;

pub use diagnostic::{Diagnostic, Diagnostics};
pub use profile::{LoadedProfile, ProfileContract};
pub use source::Source;
pub use target::{HazardRules, Target};
pub use tls::TlsFiles;

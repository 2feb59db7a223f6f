//! The credentials of a target's identities (owner of [`Keyring`]).
//!
//! A [`Keyring`] decides by the contract which credentials a request carries, obtains tokens and keeps
//! them fresh, and tells the redactor every secret before anything can be kept.
#![allow(
    clippy::disallowed_methods,
    reason = "logging in takes time and a network"
)]

mod alter;
mod alter_key;
mod answer;
mod credential;
mod endpoint;
mod key_callback;
mod keyring;
mod login_request;
mod oauth;
mod proof;
#[cfg(test)]
mod tests;

pub use self::{
    key_callback::{Callback, KeyCallback},
    keyring::Keyring,
};

use muster_core::{
    exchange::{Breakage, BreakageKind},
    model::{IdentityName, Responsible},
};

/// Why an identity has no credentials for a request.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{detail}")]
pub struct LoginError {
    /// Whose login failed.
    pub identity: IdentityName,
    /// Why nothing is sent.
    pub kind: BreakageKind,
    /// Who has to act.
    pub responsible: Responsible,
    /// What happened, in one sentence.
    pub detail: String,
}

impl From<LoginError> for Breakage {
    fn from(error: LoginError) -> Self {
        Self {
            kind: error.kind,
            detail: error.detail,
        }
    }
}

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
mod keyring;
mod login_request;
mod lure;
mod oauth;
mod proof;
#[cfg(test)]
mod tests;

pub use self::{
    keyring::Keyring,
    lure::{Bait, Callback},
};

use crate::{
    exchange::{Breakage, BreakageKind},
    model::{IdentityName, Whose},
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
    pub whose: Whose,
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

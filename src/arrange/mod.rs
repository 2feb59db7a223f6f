//! Valid requests, with everything they need arranged (owner of [`Arranged`]).
//!
//! A probe that wants to judge an operation asks for a valid request to it and changes one thing. What
//! the request needs is taken, in this order, from the target's `data`, from records the conversation
//! makes or finds through the contract's links and lists, from the contract's examples, and from simple
//! schema-valid values.

pub mod relations;

pub use relations::Relations;

use crate::{
    contract::Operation,
    exchange::Request,
    script::{Script, Scripted},
};

/// A request that is valid by the contract, and where its values come from.
#[derive(Debug, Clone)]
pub struct Arranged {
    /// The request.
    pub request: Request,
    /// For each parameter, where its value comes from; for the report.
    pub origins: Vec<(String, Origin)>,
}

/// Where a value comes from, best first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Origin {
    /// The target file's `data`.
    Given,
    /// A record that this conversation created.
    Created,
    /// An answer of the target.
    Found,
    /// An example of the contract.
    Example,
    /// A generated value.
    Generated,
}

/// A valid request to an operation; creates or finds the records it needs.
///
/// # Errors
/// Halts while answers are pending, and when the request cannot be built, with the reason and whose it is.
pub fn valid_request<'a>(_script: &mut Script<'a>, operation: &'a Operation) -> Scripted<Arranged> {
    Err(crate::script::Halt::unmet(
        crate::model::Whose::Muster,
        format!("No request to {} can be built.", operation.key),
    ))
}

//! Identifiers of UK policing and justice: parsed, explained and made.
//!
//! An identifier is computed, not matched: where its scheme has a check character, the character is worked out from
//! the rest and compared. What comes out is an [`Identifier`] in its canonical form, or a [`Problem`] that says exactly
//! what is wrong.
//!
//! ```
//! use muster_id::kinds::pnc;
//!
//! let id = pnc::KIND.parse("02/73319Z")?;
//! assert_eq!(id.as_str(), "2002/0073319Z");
//!
//! let problem = pnc::KIND.parse("2018/0123456X").unwrap_err();
//! assert_eq!(problem.to_string(), "the check letter of 2018/0123456 is P, not X");
//! # Ok::<(), muster_id::Problem>(())
//! ```
//!
//! [`KINDS`] is the list of kinds, and [`kind`] finds one by name. Every [`Kind`] says its forms, its rules, how its
//! check character is computed, what is not judged, and the source of each rule with its standing. [`Kind::make`]
//! gives valid values that are synthetic:
//!
//! ```
//! let kind = muster_id::kind("ni-number").expect("an alias of nino");
//! let made: Vec<String> = kind.make(1).take(2).map(|id| id.to_string()).collect();
//! assert!(made.iter().all(|value| value.starts_with("NC99")));
//! ```
//!
//! The library is pure: no clock, no files, no global state, no dependencies. A check character proves that a value was
//! typed correctly. It does not prove that the value was issued.

mod check_letter;
mod forces;
mod identifier;
mod kind;
pub mod kinds;
mod part;
mod problem;
mod series;
mod text;

pub use check_letter::{ALPHABET, check_letter};
pub use forces::{Force, ForceStatus, force, forces};
pub use identifier::Identifier;
pub use kind::{Form, Kind, Options, Source, Standing};
pub use kinds::KINDS;
pub use problem::{Masked, Problem, Warning};
pub use text::Text;

/// The kind of this name or alias; letter case does not count.
#[must_use]
pub fn kind(name: &str) -> Option<&'static Kind> {
    KINDS.iter().copied().find(|kind| {
        std::iter::once(&kind.id)
            .chain(kind.aliases)
            .any(|known| known.eq_ignore_ascii_case(name))
    })
}

/// The example of the README is a test.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;

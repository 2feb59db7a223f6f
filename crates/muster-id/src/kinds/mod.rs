//! One file per kind of identifier, each with its rule, its sources and its examples (owner of [`KINDS`]).

use crate::Kind;

/// Declares a module for each kind and the list of all.
macro_rules! kinds {
    ($($module:ident,)+) => {
        $(pub mod $module;)+

        /// Every kind, in the order in which they are listed.
        pub static KINDS: &[&Kind] = &[$(&$module::KIND,)+];
    };
}

// A new kind is one file and one line here.
kinds! {
    pnc,
    cro,
    sf_cro,
    asn,
    court_case,
    urn,
    offence,
    force,
    station,
    ou,
    nino,
    driver,
    vrm,
    postcode,
    uprn,
    e164,
    imei,
    imsi,
}

#[cfg(test)]
mod laws;

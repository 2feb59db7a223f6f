//! Muster: a conformance test harness for the APIs of UK policing.

pub mod generate;
pub mod supplier;

//! Verdicts on sound services that are unlike the usual one.

mod read_only;

//! Contracts in all the forms in which suppliers write them.

mod segments;
mod servers;

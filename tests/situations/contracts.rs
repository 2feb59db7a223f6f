//! Contracts in all the forms in which suppliers write them.

mod generation;
mod nullable;
mod patterns;
mod references;
mod segments;
mod servers;

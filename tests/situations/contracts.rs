//! Contracts in all the forms in which suppliers write them.

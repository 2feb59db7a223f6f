//! How fast values are made and confirmed.
fn main() { divan::main(); }

//! x
use serde_json::Value;
#[derive(Clone, Debug)]
pub enum Mutation { Null }
#[derive(Clone, Debug)]
pub struct Invalid { pub value: Value, pub kind: Mutation, pub reason: String, pub pointer: String }
pub(super) fn invalids(_g: &super::Generator<'_>, _l: usize, _r: &mut super::Rng) -> Vec<Invalid> { Vec::new() }

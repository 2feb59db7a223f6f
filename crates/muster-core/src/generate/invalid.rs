//! Values that are wrong in exactly one place, beyond doubt: [`invalids`].
//!
//! A target that takes one of these has broken its contract, so fairness rules here: whatever a reasonable reader of
//! the contract could still defend is not built. What to change is decided in `wrong`; this module confirms and spreads.

use std::collections::HashSet;
use std::fmt;

use serde_json::Value;

use super::fill::expressible;
use super::limits::CANDIDATES_PER_VALUE;
use super::places::{replaced, spots};
use super::random::{Rng, below};
use super::wrong::{Wrong, wrongs};
use super::{Generator, Place, Style};

/// What is wrong with a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Mutation {
    /// A value of a type that is not allowed.
    WrongType,
    /// An object, array or scalar where one of the others belongs.
    WrongStructure,
    /// A required property is not there.
    MissingRequired,
    /// Null where null is not allowed.
    Null,
    /// A property that a closed object does not know.
    ExtraProperty,
    /// A value outside the listed ones.
    NotInEnum,
    /// A discriminator that names no schema.
    UnknownDiscriminator,
    /// A text of the wrong pattern.
    PatternMismatch,
    /// A text not of its format.
    BadFormat,
    /// A text shorter than allowed.
    TooShort,
    /// A text longer than allowed.
    TooLong,
    /// A number below its minimum.
    BelowMinimum,
    /// A number above its maximum.
    AboveMaximum,
    /// A number that is no multiple.
    NotMultiple,
    /// Too few items or properties.
    TooFew,
    /// Too many items.
    TooMany,
    /// An item that stands twice.
    NotUnique,
}

impl fmt::Display for Mutation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::WrongType => "wrong type",
            Self::WrongStructure => "wrong structure",
            Self::MissingRequired => "missing required property",
            Self::Null => "null where it is not allowed",
            Self::ExtraProperty => "unknown property",
            Self::NotInEnum => "value outside its list",
            Self::UnknownDiscriminator => "unknown discriminator",
            Self::PatternMismatch => "wrong pattern",
            Self::BadFormat => "wrong format",
            Self::TooShort => "too short",
            Self::TooLong => "too long",
            Self::BelowMinimum => "below its minimum",
            Self::AboveMaximum => "above its maximum",
            Self::NotMultiple => "not a multiple",
            Self::TooFew => "too few",
            Self::TooMany => "too many",
            Self::NotUnique => "not unique",
        })
    }
}

/// A value that is wrong in one place.
#[derive(Clone, Debug, PartialEq)]
pub struct Invalid {
    /// The value. Outside bodies, the changed scalar is the text to be written.
    pub value: Value,
    /// The place that is wrong.
    pub pointer: String,
    /// What is wrong with it.
    pub kind: Mutation,
    /// The same as a sentence, such as "/surname has 36 characters, 35 are allowed".
    pub reason: String,
}

/// Base values to change: the second and third show other branches of the choices.
const BASES: usize = 3;

pub(super) fn invalids(generator: &Generator<'_>, limit: usize, rng: &mut Rng) -> Vec<Invalid> {
    let mut out: Vec<Invalid> = Vec::new();
    let mut seen: HashSet<String> = HashSet::new();
    let mut tried: HashSet<(String, Mutation, u8)> = HashSet::new();
    let mut weighed = 0;
    for at in 0..BASES {
        let style = if at == 0 { Style::Plain } else { Style::Varied };
        let Ok(base) = generator
            .valid(rng, style)
            .or_else(|_| generator.valid(rng, Style::Simple))
        else {
            break;
        };
        let mut kinds = by_kind(generator, &base, rng);
        // Kinds take turns, so that a low limit still sees every kind once.
        while !kinds.is_empty() {
            kinds.retain_mut(|list| {
                let Some(wrong) = list.pop() else {
                    return false;
                };
                if out.len() >= limit || weighed >= limit.saturating_mul(CANDIDATES_PER_VALUE) {
                    return false;
                }
                // One mistake of a kind in a place is enough, but for those that differ on purpose.
                let tries = (wrong.pointer.clone(), wrong.kind, wrong.variant);
                if tried.contains(&tries) {
                    return true;
                }
                weighed += 1;
                if let Some(value) = confirmed(generator, &base, &wrong)
                    && seen.insert(value.to_string())
                {
                    tried.insert(tries);
                    out.push(Invalid {
                        value,
                        pointer: wrong.pointer,
                        kind: wrong.kind,
                        reason: wrong.reason,
                    });
                }
                true
            });
        }
    }
    out
}

fn by_kind(generator: &Generator<'_>, base: &Value, rng: &mut Rng) -> Vec<Vec<Wrong>> {
    let mut all: Vec<Wrong> = Vec::new();
    for spot in spots(
        &generator.graph,
        generator.root,
        base,
        generator.sends_all(),
    ) {
        all.extend(wrongs(generator, &spot, base, rng));
    }
    for at in (1..all.len()).rev() {
        all.swap(at, below(rng, at as u64 + 1) as usize);
    }
    all.sort_by_key(|wrong| wrong.kind);
    let mut kinds: Vec<Vec<Wrong>> = Vec::new();
    for wrong in all {
        match kinds
            .last_mut()
            .filter(|list| list.last().is_some_and(|w: &Wrong| w.kind == wrong.kind))
        {
            Some(list) => list.push(wrong),
            None => kinds.push(vec![wrong]),
        }
    }
    kinds
}

/// The whole value, where the judge is sure that it is invalid however it may be read.
fn confirmed(generator: &Generator<'_>, base: &Value, wrong: &Wrong) -> Option<Value> {
    let place = generator.source.place;
    let judge = generator.source.judge;
    if place == Place::Body {
        let value = replaced(base, &wrong.pointer, wrong.with.as_ref())?;
        return (judge.is_valid(&value) == Some(false)).then_some(value);
    }
    // A scalar is written as text, and the reader decides what it was: no reading of it may be valid.
    let text = match &wrong.with {
        Some(Value::String(text)) => text.clone(),
        Some(scalar @ (Value::Number(_) | Value::Bool(_))) => scalar.to_string(),
        Some(list @ Value::Array(_)) => {
            let value = replaced(base, &wrong.pointer, Some(list))?;
            return (judge.is_valid(&value) == Some(false)).then_some(value);
        }
        _ => return None,
    };
    if !expressible(place, &text) {
        return None;
    }
    for reading in readings(&text) {
        let value = replaced(base, &wrong.pointer, Some(&reading))?;
        if judge.is_valid(&value) != Some(false) {
            return None;
        }
    }
    replaced(base, &wrong.pointer, Some(&Value::String(text)))
}

/// What a reader may take a parameter's text for.
fn readings(text: &str) -> Vec<Value> {
    let mut out = vec![Value::String(text.to_owned())];
    if let Ok(value) = serde_json::from_str::<Value>(text)
        && !value.is_string()
    {
        out.push(value);
    }
    // A list of one is written like its item.
    out.push(Value::Array(vec![Value::String(text.to_owned())]));
    out
}

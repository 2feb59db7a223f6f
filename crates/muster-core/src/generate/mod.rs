//! Values from schemas: valid, boundary, invalid, each with its reason.
//!
//! The owner of everything here is [`Generator`]: a schema prepared once, from which any number of values are drawn.
//! It is pure and seeded: the same schema, seed and label give the same bytes on every machine.
//!
//! No value leaves unconfirmed. The generator builds by construction, and a [`Judge`] (a real validator) has the last
//! word: what it does not confirm is thrown away, and a schema for which nothing can be confirmed is [`Unsatisfiable`].
//! Work is bounded by the constants of [`limits`], so that a hostile schema costs a reason and never a hang.

mod accept;
mod arrange;
mod boundary;
mod choose;
pub mod coordinates;
mod ecma;
mod fill;
mod format;
mod graph;
mod invalid;
pub mod limits;
mod merge;
mod number;
mod object;
mod pairwise;
mod pattern;
mod places;
mod prepared;
mod random;
pub mod reserved;
mod shape;
mod shrink;
pub mod text;
mod wrong;

#[cfg(test)]
pub(crate) mod tests;

use std::cell::OnceCell;

use serde_json::Value;
use thiserror::Error;

pub use boundary::Boundary;
pub(crate) use format::{PLACEHOLDER, is_made_up};
pub use invalid::{Invalid, Mutation};
pub use random::{Rng, rng};
pub use shrink::shrink;

use fill::Fill;
use graph::{Graph, NodeId};

/// Finds what a `$ref` points to.
pub trait Resolver: Sync {
    /// `base` is the URI of the document the reference stands in. Answers the URI of the document the schema was
    /// found in (`base` itself for its own references) and the schema.
    fn resolve<'a>(&'a self, base: &str, reference: &str) -> Option<(&'a str, &'a Value)>;
}

/// Confirms values against the whole schema.
pub trait Judge: Sync {
    /// Whether the value is valid; `None` where that cannot be judged, as when a pattern backtracks too far.
    fn is_valid(&self, value: &Value) -> Option<bool>;
}

/// Which way a value travels: it decides whether `readOnly` or `writeOnly` properties are left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Direction {
    /// From the client to the target: `readOnly` properties are left out.
    Request,
    /// From the target to the client: `writeOnly` properties are left out.
    Response,
}

/// Where a value stands in a request: it decides what can be expressed there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Place {
    /// A JSON body: any value.
    Body,
    /// A path segment: text that is never empty, has no slash and is no dot segment.
    Path,
    /// A query parameter: text, percent-encoded by whoever sends it.
    Query,
    /// A header: visible ASCII, with spaces inside only.
    Header,
    /// A cookie: ASCII without spaces, quotes, commas, semicolons and backslashes.
    Cookie,
}

/// How adventurous a valid value is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Style {
    /// The smallest plausible value: the schema's own examples and defaults first, required properties only.
    Simple,
    /// Required and all optional properties, everyday values.
    Plain,
    /// Anything legal.
    Varied,
}

/// A schema, and all that is needed to make values for it.
#[derive(Clone, Copy)]
pub struct Source<'a> {
    /// The schema, in draft 2020-12.
    pub schema: &'a Value,
    /// The URI of the document it stands in.
    pub base: &'a str,
    /// Follows its references.
    pub resolver: &'a dyn Resolver,
    /// Confirms its values.
    pub judge: &'a dyn Judge,
    /// Which way values travel.
    pub direction: Direction,
    /// Where values stand.
    pub place: Place,
}

/// Why no value could be made.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("no value can be made at {}: {reason}", if pointer.is_empty() { "the root" } else { pointer.as_str() })]
pub struct Unsatisfiable {
    /// What stands in the way, as a short sentence.
    pub reason: String,
    /// Where in the value, as a JSON pointer.
    pub pointer: String,
}

/// A schema prepared for drawing values. Patterns are compiled and references followed once.
pub struct Generator<'a> {
    source: Source<'a>,
    graph: Graph<'a>,
    root: NodeId,
    /// Whether the judge wants required properties that the direction leaves out; asked once.
    send_all: OnceCell<bool>,
}

impl<'a> Generator<'a> {
    /// Prepares a schema. Costs little: the schema is read as far as values need it.
    pub fn new(source: Source<'a>) -> Self {
        let graph = Graph::new(source.resolver, source.direction);
        let root = graph.root(source.schema, source.base);
        Self {
            source,
            graph,
            root,
            send_all: OnceCell::new(),
        }
    }

    /// Draws one valid value, confirmed by the judge.
    ///
    /// # Errors
    /// [`Unsatisfiable`] where the schema contradicts itself, asks for something Muster does not build (a look-around
    /// in a pattern, a text of ten million characters), or where no try was confirmed.
    pub fn valid(&self, rng: &mut Rng, style: Style) -> Result<Value, Unsatisfiable> {
        let mut last = None;
        let mut exhausted = 0;
        for attempt in 0..limits::ROOT_TRIES {
            // A style that the judge keeps refusing gives way to the others: some value is better than none.
            let style = match attempt {
                a if a < limits::ROOT_TRIES / 3 => style,
                a if a % 3 == 0 => Style::Simple,
                a if a % 3 == 1 => Style::Varied,
                _ => style,
            };
            let mut fill = self.fill(rng, style);
            fill.examples = attempt < 2;
            match fill.value(self.root) {
                Ok(value) if self.source.judge.is_valid(&value) == Some(true) => return Ok(value),
                Ok(_) => {}
                Err(fail) => {
                    exhausted += u32::from(fail.exhausted);
                    // A schema that runs out of steps twice will do so again.
                    let hopeless = fail.hopeless || exhausted > 1;
                    last = Some(fail);
                    if hopeless {
                        break;
                    }
                }
            }
        }
        Err(last.map_or_else(
            || Unsatisfiable {
                reason: "every value tried was refused by the validator".to_owned(),
                pointer: String::new(),
            },
            fill::Fail::into_unsatisfiable,
        ))
    }

    /// Values on and just inside every bound, each enum member, the shortest and the longest, with and without each
    /// optional property. Deterministic; at most `limit`, the most telling first.
    pub fn boundaries(&self, limit: usize) -> Vec<Boundary> {
        boundary::boundaries(self, limit)
    }

    /// Values that are wrong in exactly one place, beyond doubt; at most `limit`, spread over kinds and places.
    pub fn invalids(&self, limit: usize, rng: &mut Rng) -> Vec<Invalid> {
        invalid::invalids(self, limit, rng)
    }

    fn fill<'f>(&'f self, rng: &'f mut Rng, style: Style) -> Fill<'f, 'a> {
        let send_all = self.sends_all();
        Fill::new(&self.graph, rng, style, self.source.place, send_all)
    }

    /// Whether a required `readOnly` property is sent all the same (in a request; `writeOnly` in a response).
    ///
    /// OpenAPI leaves it out, but a validator may insist on it. It is asked once, with a stream of its own, so that no
    /// value depends on which others were drawn before it.
    fn sends_all(&self) -> bool {
        *self.send_all.get_or_init(|| {
            let mut rng = random::rng(0, "directions");
            let place = self.source.place;
            let mut works = |send_all: bool| {
                (0..limits::BRANCH_TRIES).any(|_| {
                    let mut fill = Fill::new(&self.graph, &mut rng, Style::Plain, place, send_all);
                    fill.examples = false;
                    match fill.value(self.root) {
                        Ok(_) if !send_all && !fill.omitted => true,
                        Ok(value) => self.source.judge.is_valid(&value) == Some(true),
                        Err(fail) => fail.hopeless || fail.exhausted,
                    }
                })
            };
            !works(false) && works(true)
        })
    }
}

/// One valid value of a schema that is used once; see [`Generator::valid`].
///
/// # Errors
/// As [`Generator::valid`].
pub fn valid(source: &Source<'_>, rng: &mut Rng, style: Style) -> Result<Value, Unsatisfiable> {
    Generator::new(*source).valid(rng, style)
}

/// The boundary values of a schema that is used once; see [`Generator::boundaries`].
pub fn boundaries(source: &Source<'_>, limit: usize) -> Vec<Boundary> {
    Generator::new(*source).boundaries(limit)
}

/// The invalid values of a schema that is used once; see [`Generator::invalids`].
pub fn invalids(source: &Source<'_>, limit: usize, rng: &mut Rng) -> Vec<Invalid> {
    Generator::new(*source).invalids(limit, rng)
}

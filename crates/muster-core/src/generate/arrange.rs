//! Builds arrays: how many items, and a value for each.

use serde_json::Value;

use super::Style;
use super::accept::accepts;
use super::coordinates::is_doubtful;
use super::fill::{Fail, Fill};
use super::limits::{LOCAL_TRIES, LONGEST_ARRAY};
use super::random::between;
use super::shape::{Shape, same};

impl<'a> Fill<'_, 'a> {
    pub(super) fn array(&mut self, shape: &Shape<'a>, name: Option<&str>) -> Result<Value, Fail> {
        let needed = shape.contains.iter().map(|c| c.min).max().unwrap_or(0);
        let least = shape.min_items.max(needed);
        let most = shape.max_items.unwrap_or(usize::MAX);
        if least > most {
            return Err(Fail::hopeless(format!(
                "{least} items are needed and maxItems is {most}"
            )));
        }
        if least > LONGEST_ARRAY {
            return Err(Fail::hopeless(format!(
                "{least} items are more than the {LONGEST_ARRAY} that Muster builds"
            )));
        }
        let again = self
            .path
            .iter()
            .rev()
            .skip(1)
            .any(|p| Some(p) == self.path.last());
        let reach = match self.style {
            _ if self.frugal() || again => least,
            // An empty list shows nothing, so one item stands where it may.
            Style::Simple => least.max(1),
            Style::Plain => between(self.rng, least.max(1), least.max(2)),
            Style::Varied => between(self.rng, least, least.saturating_add(4)),
        };
        self.array_of(shape, reach.min(most).min(LONGEST_ARRAY), name)
    }

    /// An array of `length` items, or of as many as can be had where fewer are allowed too.
    pub(super) fn array_of(
        &mut self,
        shape: &Shape<'a>,
        length: usize,
        name: Option<&str>,
    ) -> Result<Value, Fail> {
        let prefix = shape
            .arrays
            .iter()
            .map(|p| p.prefix.len())
            .max()
            .unwrap_or(0);
        let mut items: Vec<Value> = Vec::with_capacity(length);
        // Each `contains` claims the first positions that have no place of their own, or the first of all.
        let start = if prefix < length { prefix } else { 0 };
        let needed = shape.contains.iter().map(|c| c.min).max().unwrap_or(0);
        for at in 0..length {
            let mut node = self.graph.item(shape, at);
            let turn = (at + length - start) % length.max(1);
            let mut node_with = node;
            for contains in shape.contains.iter().filter(|c| turn < c.min) {
                node_with = self.graph.with(node_with, contains.sub);
            }
            if turn < needed {
                node = node_with;
            }
            match self.item(shape, node, &items, turn >= needed, name) {
                Ok(item) => items.push(item),
                Err(fail) if fail.exhausted => return Err(fail.under(at.to_string())),
                Err(_) if at >= shape.min_items.max(needed + start) => break,
                Err(fail) => return Err(fail.under(at.to_string())),
            }
        }
        Ok(Value::Array(items))
    }

    fn item(
        &mut self,
        shape: &Shape<'a>,
        node: super::graph::NodeId,
        items: &[Value],
        free: bool,
        name: Option<&str>,
    ) -> Result<Value, Fail> {
        let style = self.style;
        let picky = shape.unique || shape.contains.iter().any(|c| c.max < usize::MAX);
        let examples = self.examples;
        // A place is drawn once more where it looks like one whose two numbers are swapped.
        let place = name.filter(|_| items.is_empty());
        for attempt in 0..if picky || place.is_some() {
            LOCAL_TRIES
        } else {
            1
        } {
            // The simplest item is always the same, so uniqueness asks for more variety.
            if attempt > 0 {
                self.examples = false;
                self.style = if attempt < 6 {
                    Style::Plain
                } else {
                    Style::Varied
                };
            }
            let drawn = self.named(node, name);
            (self.style, self.examples) = (style, examples);
            let item = drawn?;
            let doubtful = place.is_some_and(|name| is_doubtful(name, true, &item));
            if doubtful && attempt + 1 < LOCAL_TRIES {
                continue;
            }
            let twice = shape.unique && items.iter().any(|other| same(other, &item));
            let overfull = free
                && shape.contains.iter().any(|c| {
                    c.max < usize::MAX
                        && accepts(self.graph, c.node, &item, self.send_all)
                        && items
                            .iter()
                            .filter(|i| accepts(self.graph, c.node, i, self.send_all))
                            .count()
                            >= c.max
                });
            if !twice && !overfull {
                return Ok(item);
            }
        }
        Err(Fail::new(
            "no further item was found that is unlike the others",
        ))
    }
}

//! Holds values against a [`Shape`]: the filter for `not`, `oneOf`, `contains` and examples. Where it is unsure it
//! says yes, as the judge has the last word.

use serde_json::{Map, Value};

use super::graph::{Graph, NodeId};
use super::limits::STEPS;
use super::number;
use super::shape::{ChoiceKind, Shape, Types, same};

/// How deep a value may nest before it is taken on trust.
const DEPTH: usize = super::limits::HARD_DEPTH * 2;

/// Whether a value satisfies a node. `send_all` makes no exception for properties that the direction leaves out.
pub(super) fn accepts<'a>(graph: &Graph<'a>, id: NodeId, value: &Value, send_all: bool) -> bool {
    Accept::new(graph, send_all).node(id, value)
}

/// As [`accepts`], but for the choices still open at the top.
pub(super) fn accepts_choices<'a>(
    graph: &Graph<'a>,
    shape: &Shape<'a>,
    value: &Value,
    send_all: bool,
) -> bool {
    Accept::new(graph, send_all).choices(shape, value)
}

/// Whether none of the `not` schemas takes the value.
pub(super) fn escapes_nots<'a>(
    graph: &Graph<'a>,
    shape: &Shape<'a>,
    value: &Value,
    send_all: bool,
) -> bool {
    shape
        .nots
        .iter()
        .all(|not| !accepts(graph, *not, value, send_all))
}

/// The listed members that the other keywords allow.
pub(super) fn members<'s, 'a>(graph: &Graph<'a>, shape: &'s Shape<'a>) -> &'s [&'a Value] {
    shape.members.get_or_init(|| {
        let listed = shape.listed.as_deref().unwrap_or_default();
        listed
            .iter()
            .copied()
            .filter(|v| Accept::new(graph, false).shape(shape, v))
            .collect()
    })
}

struct Accept<'g, 'a> {
    graph: &'g Graph<'a>,
    send_all: bool,
    depth: usize,
    steps: u32,
}

impl<'g, 'a> Accept<'g, 'a> {
    fn new(graph: &'g Graph<'a>, send_all: bool) -> Self {
        Self {
            graph,
            send_all,
            depth: 0,
            steps: 0,
        }
    }

    fn node(&mut self, id: NodeId, value: &Value) -> bool {
        self.steps += 1;
        if self.depth > DEPTH || self.steps > STEPS {
            return true;
        }
        self.depth += 1;
        let shape = self.graph.shape(id);
        let accepted = self.shape(&shape, value);
        self.depth -= 1;
        accepted
    }

    fn shape(&mut self, shape: &Shape<'a>, value: &Value) -> bool {
        shape.never.is_none()
            && shape.types.has(Types::of(value))
            && shape
                .listed
                .as_ref()
                .is_none_or(|listed| listed.iter().any(|v| same(v, value)))
            && match value {
                Value::Number(n) => number::accepts(&shape.number, n),
                Value::String(text) => accepts_text(shape, text),
                Value::Array(items) => self.items(shape, items),
                Value::Object(map) => self.object(shape, map),
                Value::Null | Value::Bool(_) => true,
            }
            && self.choices(shape, value)
            && shape.nots.iter().all(|not| !self.node(*not, value))
    }

    fn choices(&mut self, shape: &Shape<'a>, value: &Value) -> bool {
        shape.choices.iter().all(|choice| {
            let takes = |this: &mut Self, at: usize| {
                choice.branches.get(at).is_some_and(|branch| {
                    let node = this.graph.node(branch.add.clone());
                    this.node(node, value)
                })
            };
            let all = 0..choice.branches.len();
            match choice.key.1 {
                ChoiceKind::One => all.filter(|at| takes(self, *at)).take(2).count() == 1,
                ChoiceKind::Any => all.into_iter().any(|at| takes(self, at)),
                ChoiceKind::If => {
                    let holds = choice
                        .condition
                        .is_none_or(|condition| self.node(condition, value));
                    takes(self, usize::from(!holds))
                }
                ChoiceKind::Dependent => {
                    let name = choice
                        .branches
                        .first()
                        .and_then(|b| b.forbid.as_deref())
                        .unwrap_or_default();
                    !value.as_object().is_some_and(|map| map.contains_key(name)) || takes(self, 1)
                }
                ChoiceKind::Mapping => true,
            }
        })
    }

    fn items(&mut self, shape: &Shape<'a>, items: &[Value]) -> bool {
        items.len() >= shape.min_items
            && shape.max_items.is_none_or(|max| items.len() <= max)
            && (!shape.unique || all_distinct(items))
            && shape.contains.iter().all(|contains| {
                let found = items
                    .iter()
                    .filter(|item| self.node(contains.node, item))
                    .count();
                found >= contains.min && found <= contains.max
            })
            && ((shape.arrays.is_empty() && shape.unevaluated_items.is_empty())
                || items.iter().enumerate().all(|(at, item)| {
                    let node = self.graph.item(shape, at);
                    self.node(node, item)
                }))
    }

    fn object(&mut self, shape: &Shape<'a>, map: &Map<String, Value>) -> bool {
        map.len() >= shape.min_properties
            && shape.max_properties.is_none_or(|max| map.len() <= max)
            && shape.required.iter().all(|name| {
                map.contains_key(name)
                    || (!self.send_all
                        && shape
                            .properties
                            .get(name)
                            .is_some_and(|id| self.graph.omitted(*id)))
            })
            && shape.forbidden.iter().all(|name| !map.contains_key(name))
            && shape.dependent.iter().all(|(name, needs)| {
                !map.contains_key(name) || needs.iter().all(|need| map.contains_key(need))
            })
            && shape.names_node.is_none_or(|node| {
                map.keys()
                    .all(|name| self.node(node, &Value::String(name.clone())))
            })
            && map.iter().all(|(name, value)| {
                // What open choices evaluate is not known here, so `unevaluatedProperties` waits for the judge.
                if !shape.choices.is_empty()
                    && !shape.unevaluated.is_empty()
                    && !shape.properties.contains_key(name)
                {
                    return true;
                }
                let node = self.graph.property(shape, name);
                self.node(node, value)
            })
    }
}

/// Whether a text keeps to lengths, patterns and formats.
pub(super) fn accepts_text(shape: &Shape<'_>, text: &str) -> bool {
    let counted = shape.min_length > 0 || shape.max_length.is_some();
    let length = if counted { text.chars().count() } else { 0 };
    (!counted || (length >= shape.min_length && shape.max_length.is_none_or(|max| length <= max)))
        && shape
            .patterns
            .iter()
            .all(|pattern| pattern.matches(text) != Some(false))
        && shape.formats.iter().all(|format| format.accepts(text))
}

/// Whether no item stands twice.
pub(super) fn all_distinct(items: &[Value]) -> bool {
    items
        .iter()
        .enumerate()
        .all(|(at, item)| items.iter().skip(at + 1).all(|other| !same(item, other)))
}

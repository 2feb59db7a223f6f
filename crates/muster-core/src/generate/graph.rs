//! The schema as a graph of combinations, each merged once when first needed. The main type is [`Graph`].

use std::cell::{OnceCell, RefCell};
use std::collections::HashMap;
use std::sync::Arc;

use serde_json::Value;

use super::limits::NODES;
use super::pattern::Pattern;
use super::prepared::prepared;
use super::shape::{Branch, Choice, ChoiceKind, NEVER, Shape, Sub};
use super::{Direction, Resolver, merge};

/// A combination of schemas, all of which a value must satisfy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct NodeId(u32);

/// A choice that has been made.
#[derive(Clone, Debug)]
pub(super) struct Decided<'a> {
    pub(super) key: (usize, ChoiceKind, usize),
    pub(super) at: usize,
    pub(super) branch: Branch<'a>,
}

/// What a node is made of.
#[derive(Clone, Debug, Default)]
pub(super) struct Spec<'a> {
    pub(super) subs: Vec<Sub<'a>>,
    pub(super) decided: Vec<Decided<'a>>,
}

type Key = (Vec<usize>, Vec<((usize, ChoiceKind, usize), usize)>);

struct Entry<'a> {
    spec: Spec<'a>,
    shape: OnceCell<Arc<Shape<'a>>>,
}

pub(super) struct Graph<'a> {
    resolver: &'a dyn Resolver,
    direction: Direction,
    entries: RefCell<Vec<Entry<'a>>>,
    index: RefCell<HashMap<Key, NodeId>>,
    patterns: RefCell<HashMap<String, Arc<Pattern>>>,
    heights: RefCell<HashMap<NodeId, usize>>,
}

/// The height of what never ends.
const ENDLESS: usize = usize::MAX / 2;

impl<'a> Graph<'a> {
    pub(super) fn new(resolver: &'a dyn Resolver, direction: Direction) -> Self {
        Self {
            resolver,
            direction,
            entries: RefCell::default(),
            index: RefCell::default(),
            patterns: RefCell::default(),
            heights: RefCell::default(),
        }
    }

    pub(super) fn root(&self, schema: &'a Value, base: &'a str) -> NodeId {
        self.node(vec![Sub::new(schema, base)])
    }

    /// The node of these schemas together.
    pub(super) fn node(&self, subs: Vec<Sub<'a>>) -> NodeId {
        self.intern(Spec {
            subs,
            decided: Vec::new(),
        })
    }

    pub(super) fn node_of(&self, sub: Sub<'a>) -> NodeId {
        self.node(vec![sub])
    }

    /// The node of `id` and one schema more.
    pub(super) fn with(&self, id: NodeId, sub: Sub<'a>) -> NodeId {
        let mut spec = self.spec(id);
        spec.subs.push(sub);
        self.intern(spec)
    }

    /// The node once a choice is made.
    pub(super) fn decide(&self, id: NodeId, choice: &Choice<'a>, at: usize) -> NodeId {
        let mut spec = self.spec(id);
        if let Some(branch) = choice.branches.get(at) {
            spec.decided.push(Decided {
                key: choice.key,
                at,
                branch: branch.clone(),
            });
        }
        self.intern(spec)
    }

    fn spec(&self, id: NodeId) -> Spec<'a> {
        self.entries
            .borrow()
            .get(id.0 as usize)
            .map(|e| e.spec.clone())
            .unwrap_or_default()
    }

    fn intern(&self, mut spec: Spec<'a>) -> NodeId {
        let mut subs: Vec<Sub<'a>> = Vec::with_capacity(spec.subs.len());
        for sub in spec.subs {
            if !subs.iter().any(|s| s.address() == sub.address()) {
                subs.push(sub);
            }
        }
        spec.subs = subs;
        let key: Key = (
            spec.subs.iter().map(Sub::address).collect(),
            spec.decided.iter().map(|d| (d.key, d.at)).collect(),
        );
        if let Some(id) = self.index.borrow().get(&key) {
            return *id;
        }
        let mut entries = self.entries.borrow_mut();
        let id = NodeId(entries.len() as u32);
        if entries.len() >= NODES {
            // A schema with this many combinations is past making; what is left of it counts as impossible.
            spec = Spec {
                subs: vec![Sub::new(&NEVER, "")],
                decided: Vec::new(),
            };
        }
        entries.push(Entry {
            spec,
            shape: OnceCell::new(),
        });
        self.index.borrow_mut().insert(key, id);
        id
    }

    /// What the node asks, merged.
    pub(super) fn shape(&self, id: NodeId) -> Arc<Shape<'a>> {
        if let Some(shape) = self
            .entries
            .borrow()
            .get(id.0 as usize)
            .and_then(|e| e.shape.get())
        {
            return Arc::clone(shape);
        }
        let shape = Arc::new(merge::merge(self, &self.spec(id)));
        if let Some(entry) = self.entries.borrow().get(id.0 as usize) {
            return Arc::clone(entry.shape.get_or_init(|| shape));
        }
        shape
    }

    pub(super) fn pattern(&self, source: &str) -> Arc<Pattern> {
        if let Some(found) = self.patterns.borrow().get(source) {
            return Arc::clone(found);
        }
        let pattern = prepared(source);
        self.patterns
            .borrow_mut()
            .insert(source.to_owned(), Arc::clone(&pattern));
        pattern
    }

    pub(super) fn resolve(&self, base: &str, reference: &str) -> Option<Sub<'a>> {
        self.resolver
            .resolve(base, reference)
            .map(|(base, schema)| Sub::new(schema, base))
    }

    /// Whether the direction leaves a property with this node out.
    pub(super) fn omitted(&self, id: NodeId) -> bool {
        let shape = self.shape(id);
        match self.direction {
            Direction::Request => shape.read_only,
            Direction::Response => shape.write_only,
        }
    }

    /// The node for a property, spoken of or not.
    pub(super) fn property(&self, shape: &Shape<'a>, name: &str) -> NodeId {
        shape
            .properties
            .get(name)
            .copied()
            .unwrap_or_else(|| self.node(merge::property_subs(shape, name)))
    }

    /// The node for the item at a position.
    pub(super) fn item(&self, shape: &Shape<'a>, at: usize) -> NodeId {
        self.node(merge::item_subs(shape, at))
    }

    /// The least nesting a value of this node needs. Only finite answers are kept: they hold whoever asks.
    pub(super) fn height(&self, id: NodeId, path: &mut Vec<NodeId>) -> usize {
        if let Some(height) = self.heights.borrow().get(&id) {
            return *height;
        }
        if path.contains(&id) || path.len() > super::limits::HARD_DEPTH {
            return ENDLESS;
        }
        path.push(id);
        let height = self.reckon(id, path);
        path.pop();
        if height < ENDLESS {
            self.heights.borrow_mut().insert(id, height);
        }
        height
    }

    fn reckon(&self, id: NodeId, path: &mut Vec<NodeId>) -> usize {
        let shape = self.shape(id);
        if shape.never.is_some() {
            return ENDLESS;
        }
        if let Some(choice) = shape.choices.first() {
            return (0..choice.branches.len())
                .map(|at| self.height(self.decide(id, choice, at), path))
                .min()
                .unwrap_or(ENDLESS);
        }
        if shape.listed.is_some() {
            return 1;
        }
        let types = shape.wanted_types();
        if types
            .without(super::shape::Types::OBJECT)
            .has(super::shape::Types(31))
        {
            return 1;
        }
        let mut best = ENDLESS;
        if types.has(super::shape::Types::ARRAY) {
            let deepest = (0..shape.min_items.min(3))
                .map(|at| self.height(self.item(&shape, at), path))
                .max();
            best = best.min(deepest.unwrap_or(0).saturating_add(1));
        }
        if types.has(super::shape::Types::OBJECT) {
            let deepest = shape
                .required
                .iter()
                .map(|name| self.property(&shape, name))
                .filter(|id| !self.omitted(*id))
                .map(|id| self.height(id, path))
                .max();
            best = best.min(deepest.unwrap_or(0).saturating_add(1));
        }
        best.min(ENDLESS)
    }
}

//! Which operation a request is for (owner of [`Router`]).

use std::{collections::HashMap, sync::Arc};

use super::model::Operation;
use crate::model::{Method, OperationKey};

/// Indexes over the operations of a contract: every answer is a position in its list of operations.
#[derive(Debug, Default)]
pub struct Router {
    keys: HashMap<OperationKey, usize>,
    ids: HashMap<String, usize>,
    paths: HashMap<Arc<str>, Vec<usize>>,
    /// By path without a slash at its end.
    places: HashMap<String, Vec<usize>>,
    /// By the path of the collection, for paths whose last segment is one variable.
    items: HashMap<String, Vec<usize>>,
    root: Node,
}

/// One segment of the paths.
#[derive(Debug, Default)]
struct Node {
    concrete: HashMap<String, Node>,
    /// Templated segments, those with the most fixed text first.
    templated: Vec<(Segment, Node)>,
    operations: Vec<(Method, usize)>,
}

/// A segment with variables: the fixed text between them.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Segment(Vec<String>);

impl Segment {
    fn parse(segment: &str) -> Option<Self> {
        if !segment.contains('{') {
            return None;
        }
        let mut fixed = Vec::new();
        let mut rest = segment;
        while let Some((before, after)) = rest.split_once('{') {
            fixed.push(before.to_owned());
            rest = after.split_once('}').map_or("", |(_, rest)| rest);
        }
        fixed.push(rest.to_owned());
        Some(Self(fixed))
    }

    fn weight(&self) -> usize {
        self.0.iter().map(String::len).sum()
    }

    fn matches(&self, segment: &str) -> bool {
        let Some((first, rest)) = self.0.split_first() else {
            return false;
        };
        let Some((last, middle)) = rest.split_last() else {
            return false;
        };
        let Some(mut left) = segment.strip_prefix(first.as_str()) else {
            return false;
        };
        for fixed in middle {
            // Each variable takes at least one character.
            let Some(start) = left.char_indices().nth(1).map(|(at, _)| at) else {
                return false;
            };
            let Some(at) = left.get(start..).and_then(|text| text.find(fixed.as_str())) else {
                return false;
            };
            left = left.get(start + at + fixed.len()..).unwrap_or_default();
        }
        left.len() > last.len() && left.ends_with(last.as_str())
    }
}

impl Router {
    pub(super) fn new(operations: &[Operation]) -> Self {
        let mut router = Self::default();
        for (index, operation) in operations.iter().enumerate() {
            router.keys.entry(operation.key.clone()).or_insert(index);
            if let Some(id) = &operation.id {
                router.ids.entry(id.clone()).or_insert(index);
            }
            router
                .paths
                .entry(Arc::clone(&operation.key.path))
                .or_default()
                .push(index);
            let place = operation.key.path.trim_end_matches('/');
            router
                .places
                .entry(place.to_owned())
                .or_default()
                .push(index);
            if let Some((collection, last)) = place.rsplit_once('/')
                && last.len() > 2
                && last.starts_with('{')
                && last.find('}') == Some(last.len() - 1)
            {
                router
                    .items
                    .entry(collection.to_owned())
                    .or_default()
                    .push(index);
            }
            let mut node = &mut router.root;
            for segment in segments(&operation.key.path) {
                node = node.child(segment);
            }
            node.operations.push((operation.key.method.clone(), index));
        }
        router
    }

    /// The operation of this key.
    #[must_use]
    pub fn key(&self, key: &OperationKey) -> Option<usize> {
        self.keys.get(key).copied()
    }

    pub(super) fn id(&self, id: &str) -> Option<usize> {
        self.ids.get(id).copied()
    }

    pub(super) fn on_path(&self, path: &str) -> &[usize] {
        self.paths.get(path).map_or(&[], Vec::as_slice)
    }

    pub(super) fn at_place(&self, path: &str) -> &[usize] {
        self.places
            .get(path.trim_end_matches('/'))
            .map_or(&[], Vec::as_slice)
    }

    pub(super) fn items_of(&self, collection: &str) -> &[usize] {
        self.items
            .get(collection.trim_end_matches('/'))
            .map_or(&[], Vec::as_slice)
    }

    /// The operations of every template that a path meets.
    pub(super) fn find_all(&self, path: &str) -> Vec<usize> {
        let path = path.split(['?', '#']).next().unwrap_or_default();
        let segments: Vec<&str> = segments(path).collect();
        let mut found = Vec::new();
        self.root.find(&segments, &mut |node| {
            found.extend(node.operations.iter().map(|(_, index)| *index));
            None
        });
        found.sort_unstable();
        found
    }

    /// The operation a request is for; of several, the most concrete.
    #[must_use]
    pub fn find(&self, method: &Method, path: &str) -> Option<usize> {
        let path = path.split(['?', '#']).next().unwrap_or_default();
        let segments: Vec<&str> = segments(path).collect();
        self.root.find(&segments, &mut |node| {
            node.operations
                .iter()
                .find(|(own, _)| own == method)
                .map(|(_, index)| *index)
        })
    }

    /// Every operation of any method whose path the request's path meets.
    #[must_use]
    pub fn all_at(&self, path: &str) -> Vec<usize> {
        let path = path.split(['?', '#']).next().unwrap_or_default();
        let segments: Vec<&str> = segments(path).collect();
        let mut found = Vec::new();
        self.root.find(&segments, &mut |node| {
            found.extend(node.operations.iter().map(|(_, index)| *index));
            None
        });
        found
    }

    /// An operation of any method whose path the request's path meets.
    pub(super) fn find_path(&self, path: &str) -> Option<usize> {
        let path = path.split(['?', '#']).next().unwrap_or_default();
        let segments: Vec<&str> = segments(path).collect();
        self.root.find(&segments, &mut |node| {
            node.operations.first().map(|(_, index)| *index)
        })
    }
}

impl Node {
    fn child(&mut self, segment: &str) -> &mut Self {
        let Some(template) = Segment::parse(segment) else {
            return self.concrete.entry(segment.to_owned()).or_default();
        };
        let at = match self.templated.iter().position(|(own, _)| *own == template) {
            Some(at) => at,
            None => {
                let at = self
                    .templated
                    .partition_point(|(own, _)| own.weight() >= template.weight());
                self.templated.insert(at, (template, Self::default()));
                at
            }
        };
        #[expect(
            clippy::indexing_slicing,
            reason = "the position was found or filled just above"
        )]
        &mut self.templated[at].1
    }

    fn find(
        &self,
        segments: &[&str],
        accept: &mut impl FnMut(&Self) -> Option<usize>,
    ) -> Option<usize> {
        let Some((segment, rest)) = segments.split_first() else {
            return accept(self);
        };
        if let Some(index) = self
            .concrete
            .get(*segment)
            .and_then(|node| node.find(rest, accept))
        {
            return Some(index);
        }
        self.templated
            .iter()
            .filter(|(template, _)| template.matches(segment))
            .find_map(|(_, node)| node.find(rest, accept))
    }
}

fn segments(path: &str) -> impl Iterator<Item = &str> {
    path.strip_prefix('/').unwrap_or(path).split('/')
}

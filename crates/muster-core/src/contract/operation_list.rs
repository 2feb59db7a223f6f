//! The operations of a contract, in document order (owner of [`OperationList`]).

use std::ops::{Deref, DerefMut};

use super::Operation;

/// The operations of a contract, in document order: a `Vec` that tests can watch, so that what goes through all of them for
/// each of them is noticed.
#[derive(Debug, Default)]
pub struct OperationList(Vec<Operation>);

#[cfg(not(debug_assertions))]
type Iter<'a> = std::slice::Iter<'a, Operation>;
#[cfg(debug_assertions)]
type Iter<'a> = std::iter::Inspect<std::slice::Iter<'a, Operation>, fn(&&'a Operation)>;

impl OperationList {
    /// Goes through them.
    #[cfg(not(debug_assertions))]
    pub fn iter(&self) -> Iter<'_> {
        self.0.iter()
    }

    /// Goes through them, and counts each.
    #[cfg(debug_assertions)]
    pub fn iter(&self) -> Iter<'_> {
        self.0.iter().inspect(|_| visits::add())
    }
}

impl From<Vec<Operation>> for OperationList {
    fn from(operations: Vec<Operation>) -> Self {
        Self(operations)
    }
}

impl Deref for OperationList {
    type Target = Vec<Operation>;

    fn deref(&self) -> &Vec<Operation> {
        &self.0
    }
}

impl DerefMut for OperationList {
    fn deref_mut(&mut self) -> &mut Vec<Operation> {
        &mut self.0
    }
}

impl<'a> IntoIterator for &'a OperationList {
    type Item = &'a Operation;
    type IntoIter = Iter<'a>;

    fn into_iter(self) -> Iter<'a> {
        self.iter()
    }
}

impl<'a> IntoIterator for &'a mut OperationList {
    type Item = &'a mut Operation;
    type IntoIter = std::slice::IterMut<'a, Operation>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.iter_mut()
    }
}

impl IntoIterator for OperationList {
    type Item = Operation;
    type IntoIter = std::vec::IntoIter<Operation>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

/// How many operations were visited on this thread; counted in debug builds, for tests of how work grows.
#[cfg(debug_assertions)]
pub mod visits {
    use std::cell::Cell;

    thread_local!(static VISITS: Cell<u64> = const { Cell::new(0) });

    pub(super) fn add() {
        VISITS.set(VISITS.get() + 1);
    }

    /// The visits of some work.
    pub fn of(work: impl FnOnce()) -> u64 {
        let before = VISITS.get();
        work();
        VISITS.get() - before
    }
}

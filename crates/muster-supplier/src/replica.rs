//! What reads see of a supplier whose reads come from a copy that lags behind: [`Replica`].

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::store::Store;

/// The records as they were before each recent write.
#[derive(Debug)]
pub(crate) struct Replica {
    lag: Duration,
    past: Mutex<VecDeque<(Instant, Arc<Store>)>>,
}

impl Replica {
    /// A copy that lags this far behind; not at all where it is zero.
    pub(crate) fn new(lag: Duration) -> Self {
        Self {
            lag,
            past: Mutex::default(),
        }
    }

    /// How far it lags behind.
    pub(crate) const fn lag(&self) -> Duration {
        self.lag
    }

    /// Does it lag behind at all?
    pub(crate) const fn lags(&self) -> bool {
        !self.lag.is_zero()
    }

    /// Remembers the records as they were before a write of this moment.
    pub(crate) fn wrote(&self, before: Store) {
        self.past
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push_back((Instant::now(), Arc::new(before)));
    }

    /// The records as they were, where they have changed since.
    pub(crate) fn view(&self) -> Option<Arc<Store>> {
        if !self.lags() {
            return None;
        }
        let mut past = self.past.lock().unwrap_or_else(PoisonError::into_inner);
        while past
            .front()
            .is_some_and(|(written, _)| written.elapsed() >= self.lag)
        {
            past.pop_front();
        }
        past.front().map(|(_, before)| Arc::clone(before))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_write_shows_once_the_lag_is_over() {
        let prompt = Replica::new(Duration::ZERO);
        prompt.wrote(Store::default());
        assert!(prompt.view().is_none());
        let late = Replica::new(Duration::from_secs(3_600));
        assert!(late.view().is_none());
        late.wrote(Store::default());
        assert!(late.view().is_some());
    }
}

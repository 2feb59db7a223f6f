//! The wish to stop a run, and how long what is under way may still take (owner of [`Cancel`]).

use std::{
    future::Future,
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use tokio::sync::Notify;

use muster_core::model::StopSignal;

/// How long requests under way may go on after a stop was asked for.
const GRACE: Duration = Duration::from_secs(2);

/// How long removals may take in a run that ends by itself.
const CLEANUP_LIMIT: Duration = Duration::from_secs(5 * 60);

/// A wish to stop: noticed before the next request, and by those under way after a grace time.
#[derive(Debug, Default)]
pub struct Cancel {
    state: Mutex<State>,
    changed: Notify,
}

#[derive(Debug, Default, Clone, Copy)]
struct State {
    asked_at: Option<Instant>,
    signal: Option<StopSignal>,
    cleanup_ended: bool,
}

impl State {
    /// When removals that began at this time have to end.
    fn cleanup_deadline(&self, began: Instant) -> Instant {
        if self.cleanup_ended {
            return began;
        }
        let usual = began + CLEANUP_LIMIT;
        match (self.asked_at, self.signal) {
            (Some(asked_at), Some(signal)) => usual.min(asked_at + cleanup_limit(signal)),
            _ => usual,
        }
    }
}

/// How long after a signal removals have to end. What ends a process waits 10 s as a rule before it kills it (`docker
/// stop`, CI runners), and the reports are written after the removals; a person may wait longer.
const fn cleanup_limit(signal: StopSignal) -> Duration {
    match signal {
        StopSignal::Interrupt => Duration::from_secs(60),
        StopSignal::Terminate | StopSignal::HangUp => Duration::from_secs(6),
    }
}

impl Cancel {
    /// Asks the run to stop.
    pub fn ask(&self) {
        self.state().asked_at.get_or_insert_with(Instant::now);
        self.changed.notify_waiters();
    }

    /// Asks the run to stop because of a signal. The first one counts.
    pub fn ask_by(&self, signal: StopSignal) {
        self.state().signal.get_or_insert(signal);
        self.ask();
    }

    /// Ends cleaning up, too.
    pub fn end_cleanup(&self) {
        self.state().cleanup_ended = true;
        self.changed.notify_waiters();
    }

    /// Whether it was asked to.
    #[must_use]
    pub fn is_asked(&self) -> bool {
        self.state().asked_at.is_some()
    }

    /// The signal that asked, if one did.
    #[must_use]
    pub fn signal(&self) -> Option<StopSignal> {
        self.state().signal
    }

    /// Waits until it is asked.
    pub async fn asked(&self) {
        loop {
            let changed = self.changed.notified();
            if self.is_asked() {
                return;
            }
            changed.await;
        }
    }

    /// Waits until it is asked and the grace time has passed.
    pub(super) async fn patience_ends(&self) {
        self.asked().await;
        let since = self.state().asked_at.map(|at| at.elapsed());
        tokio::time::sleep(GRACE.saturating_sub(since.unwrap_or_default())).await;
    }

    /// Waits for something, but not beyond the wish to stop.
    pub(super) async fn unless_asked(&self, waiting: impl Future<Output = ()>) {
        tokio::select! {
            () = waiting => {}
            () = self.asked() => {}
        }
    }

    /// How long removals that begin now may take.
    pub(super) fn cleanup_time(&self) -> Duration {
        let now = Instant::now();
        self.state()
            .cleanup_deadline(now)
            .saturating_duration_since(now)
    }

    /// Whether removals that began at this time have to end.
    pub(super) fn cleanup_is_over(&self, began: Instant) -> bool {
        let state = self.state();
        state.cleanup_ended || Instant::now() >= state.cleanup_deadline(began)
    }

    /// Waits until removals that began at this time have to end. A signal brings that forward.
    pub(super) async fn cleanup_ends(&self, began: Instant) {
        loop {
            let changed = self.changed.notified();
            if self.cleanup_is_over(began) {
                return;
            }
            let deadline = self.state().cleanup_deadline(began);
            tokio::select! {
                () = changed => {}
                () = tokio::time::sleep_until(deadline.into()) => {}
            }
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_signal_shortens_the_time_for_removals() {
        let cancel = Cancel::default();
        assert!(cancel.cleanup_time() > Duration::from_secs(200));
        cancel.ask_by(StopSignal::Terminate);
        cancel.ask_by(StopSignal::Interrupt);
        assert_eq!(cancel.signal(), Some(StopSignal::Terminate));
        let time = cancel.cleanup_time();
        assert!(time <= Duration::from_secs(6) && time > Duration::from_secs(4));
        assert!(!cancel.cleanup_is_over(Instant::now()));
        cancel.end_cleanup();
        assert!(cancel.cleanup_is_over(Instant::now()));
        cancel.cleanup_ends(Instant::now()).await;
    }

    #[tokio::test]
    async fn waiting_ends_when_a_stop_is_asked_for() {
        let cancel = Cancel::default();
        let waiting = cancel.unless_asked(tokio::time::sleep(Duration::from_secs(600)));
        let asking = async {
            tokio::task::yield_now().await;
            cancel.ask();
        };
        tokio::time::timeout(Duration::from_secs(5), async {
            tokio::join!(waiting, asking);
        })
        .await
        .unwrap();
        cancel.asked().await;
    }
}

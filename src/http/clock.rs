//! The clock of one exchange, and what is left of one that broke.

use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::{Duration, Instant},
};

use super::{Options, breakage, stream};
use muster_core::exchange::{Breakage, BreakageKind, Patience};

/// Why there is no answer, and whether asking again on a fresh connection is fair.
#[derive(Debug)]
pub(super) struct Lost {
    pub(super) breakage: Breakage,
    pub(super) repeatable: bool,
    /// Whether the target did nothing with the request, so that any request may be sent again.
    pub(super) unprocessed: bool,
}

impl From<Breakage> for Lost {
    fn from(breakage: Breakage) -> Self {
        Self {
            breakage,
            repeatable: false,
            unprocessed: false,
        }
    }
}

/// The moment, in milliseconds since 1970.
pub(super) fn now_ms() -> i64 {
    std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .ok()
        .and_then(|since| i64::try_from(since.as_millis()).ok())
        .unwrap_or_default()
}

/// The clock of one exchange.
#[derive(Debug, Clone, Copy)]
pub(super) struct Clock<'t> {
    start: Instant,
    /// What this program was busy with besides its exchanges so far, in microseconds.
    busy: &'t AtomicU64,
    busy_at_start: u64,
    limit: Duration,
    spent: Duration,
    patience: Patience,
}

impl<'t> Clock<'t> {
    pub(super) fn start(options: &Options, patience: Patience, busy: &'t AtomicU64) -> Self {
        Self {
            start: Instant::now(),
            busy,
            busy_at_start: busy.load(Ordering::Relaxed),
            limit: match patience {
                Patience::Usual => options.timeout,
                Patience::Short => options.timeout.min(stream::SHORT),
                Patience::Least => options.timeout.min(stream::LEAST),
            },
            spent: Duration::ZERO,
            patience,
        }
    }

    pub(super) const fn patience(&self) -> Patience {
        self.patience
    }

    /// Leaves out what it took to connect.
    pub(super) fn connected(&mut self) {
        self.spent = self.start.elapsed();
    }

    /// When the time of the exchange is over. What came late because this program did not look counts for nobody.
    pub(super) fn deadline(&self) -> tokio::time::Instant {
        (self.start + self.limit + self.own_delay()).into()
    }

    /// How long this program was busy with something else since the start.
    fn own_delay(&self) -> Duration {
        let busy = self.busy.load(Ordering::Relaxed);
        Duration::from_micros(busy.saturating_sub(self.busy_at_start))
    }

    /// Waits until the time of the exchange is over.
    pub(super) async fn over(&self, mut limit: std::pin::Pin<&mut tokio::time::Sleep>) {
        loop {
            limit.as_mut().await;
            let deadline = self.deadline();
            if deadline <= tokio::time::Instant::now() {
                return;
            }
            limit.as_mut().reset(deadline);
        }
    }

    pub(super) fn elapsed(&self) -> u64 {
        let others = self.spent + self.own_delay();
        let elapsed = self.start.elapsed().saturating_sub(others);
        u64::try_from(elapsed.as_micros()).unwrap_or(u64::MAX)
    }

    pub(super) fn silent(&self) -> Breakage {
        if self.patience != Patience::Usual {
            return Breakage {
                kind: BreakageKind::NothingYet,
                detail: format!(
                    "The response waits for something to happen, as the contract declares, and nothing happened within {}.",
                    breakage::span(self.limit)
                ),
            };
        }
        Breakage {
            kind: BreakageKind::TimedOut,
            detail: format!("No answer came within {}.", breakage::span(self.limit)),
        }
    }

    pub(super) fn unfinished(&self, received: usize) -> Breakage {
        Breakage {
            kind: BreakageKind::TimedOut,
            detail: format!(
                "The answer began, but its body did not end within {}: {received} bytes of it came.",
                breakage::span(self.limit)
            ),
        }
    }
}

//! The clock of one exchange, and what is left of one that broke.

use std::time::{Duration, Instant};

use super::{Options, breakage};
use crate::exchange::{Breakage, BreakageKind};

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
pub(super) struct Clock {
    start: Instant,
    limit: Duration,
    spent: Duration,
}

impl Clock {
    pub(super) fn start(options: &Options) -> Self {
        Self {
            start: Instant::now(),
            limit: options.timeout,
            spent: Duration::ZERO,
        }
    }

    /// Leaves out what it took to connect.
    pub(super) fn connected(&mut self) {
        self.spent = self.start.elapsed();
    }

    pub(super) fn deadline(&self) -> tokio::time::Instant {
        (self.start + self.limit).into()
    }

    pub(super) fn elapsed(&self) -> u64 {
        let elapsed = self.start.elapsed().saturating_sub(self.spent);
        u64::try_from(elapsed.as_micros()).unwrap_or(u64::MAX)
    }

    pub(super) fn silent(&self) -> Breakage {
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

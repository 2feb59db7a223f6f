//! The clock of one exchange, and what is left of one that broke.

use std::{
    pin::Pin,
    time::{Duration, Instant},
};

use tokio::time::Sleep;

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

/// A timer that rings this much late says that this program was not running: by then a response may be waiting.
const LATE: Duration = Duration::from_millis(100);
/// How many times its limit an exchange may take where this program was not running for much of it.
const MOST_LIMITS: u32 = 4;

/// The clock of one exchange.
#[derive(Debug, Clone, Copy)]
pub(super) struct Clock {
    start: Instant,
    limit: Duration,
    spent: Duration,
    patience: Patience,
}

/// What a timer means that rang.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Rang {
    /// The time of the exchange is over.
    ConnectionUse,
    /// It rang late, because this program was not running; the timer is set again.
    Late,
    /// It rang late again and again.
    TooLate,
}

impl Clock {
    pub(super) fn start(options: &Options, patience: Patience) -> Self {
        Self {
            start: Instant::now(),
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

    /// When the time of the exchange is over.
    pub(super) fn deadline(&self) -> tokio::time::Instant {
        (self.start + self.limit).into()
    }

    /// What it means that the timer rang. After one that rang late, what has come is looked at for as long again as it
    /// was late, so that the target is not blamed for a delay of this program.
    pub(super) fn rang(&self, timer: Pin<&mut Sleep>) -> Rang {
        let now = tokio::time::Instant::now();
        let late = now.saturating_duration_since(timer.deadline());
        if late < LATE {
            return Rang::ConnectionUse;
        }
        if self.start.elapsed() >= self.limit * MOST_LIMITS {
            return Rang::TooLate;
        }
        timer.reset(now + late.min(self.limit));
        Rang::Late
    }

    /// Waits until the time of the exchange is over, and tells why there is no response.
    pub(super) async fn over(&self, mut timer: Pin<&mut Sleep>) -> Breakage {
        loop {
            timer.as_mut().await;
            match self.rang(timer.as_mut()) {
                Rang::ConnectionUse => return self.silent(),
                Rang::TooLate => return self.delayed(),
                Rang::Late => {}
            }
        }
    }

    /// Nobody can say whether a response came in time.
    pub(super) fn delayed(&self) -> Breakage {
        Breakage {
            kind: BreakageKind::Delayed,
            detail: format!(
                "No response was read within {}, and Muster itself was held up for most of that time. Run it on a machine with less load.",
                breakage::span(self.start.elapsed())
            ),
        }
    }

    pub(super) fn elapsed(&self) -> u64 {
        let elapsed = self.start.elapsed().saturating_sub(self.spent);
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
            detail: format!("No response came within {}.", breakage::span(self.limit)),
        }
    }

    pub(super) fn unfinished(&self, received: usize) -> Breakage {
        Breakage {
            kind: BreakageKind::TimedOut,
            detail: format!(
                "The response began, but its body did not end within {}: {received} bytes were received.",
                breakage::span(self.limit)
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A clock that was started so long ago, and what a timer means on it that was due so long ago.
    fn rang(started: Duration, due: Duration) -> (Rang, bool) {
        let mut options = Options::new("https://api.example.test".parse().unwrap());
        options.timeout = Duration::from_secs(1);
        let mut clock = Clock::start(&options, Patience::Usual);
        clock.start -= started;
        let timer = tokio::time::sleep_until(tokio::time::Instant::now() - due);
        tokio::pin!(timer);
        let meaning = clock.rang(timer.as_mut());
        (meaning, timer.deadline() > tokio::time::Instant::now())
    }

    #[tokio::test]
    async fn a_timer_that_rings_late_is_set_again_within_bounds() {
        let seconds = Duration::from_secs;
        assert_eq!(
            rang(seconds(1), Duration::ZERO),
            (Rang::ConnectionUse, false)
        );
        assert_eq!(rang(seconds(3), seconds(2)), (Rang::Late, true));
        assert_eq!(rang(seconds(4), seconds(3)), (Rang::TooLate, false));
        assert_eq!(
            rang(seconds(9), Duration::ZERO),
            (Rang::ConnectionUse, false)
        );
    }
}

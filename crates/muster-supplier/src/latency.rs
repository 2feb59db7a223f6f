//! How long the supplier waits before it answers: [`Latency`].

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// A fixed wait and a jitter on top, drawn in the same order from the same seed.
#[derive(Debug)]
pub(crate) struct Latency {
    fixed: Duration,
    jitter: Duration,
    state: AtomicU64,
}

impl Latency {
    /// This wait, with up to this jitter.
    pub(crate) fn new(fixed: Duration, jitter: Duration, seed: u64) -> Self {
        Self {
            fixed,
            jitter,
            state: AtomicU64::new(seed),
        }
    }

    /// The longest wait there can be.
    pub(crate) fn longest(&self) -> Duration {
        self.fixed + self.jitter
    }

    /// The next wait, if there is any.
    pub(crate) fn next(&self) -> Option<Duration> {
        if self.fixed.is_zero() && self.jitter.is_zero() {
            return None;
        }
        // SplitMix64: one addition of state, so that any number of requests may draw at once.
        let step = 0x9E37_79B9_7F4A_7C15_u64;
        let mut z = self
            .state
            .fetch_add(step, Ordering::Relaxed)
            .wrapping_add(step);
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^= z >> 31;
        let share = f64::from(u32::try_from(z >> 32).unwrap_or(0)) / f64::from(u32::MAX);
        Some(self.fixed + self.jitter.mul_f64(share))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_draws_the_same_waits_within_bounds() {
        let (fixed, jitter) = (Duration::from_millis(5), Duration::from_millis(10));
        let draw = |seed| {
            let latency = Latency::new(fixed, jitter, seed);
            (0..8).filter_map(|_| latency.next()).collect::<Vec<_>>()
        };
        assert_eq!(draw(7), draw(7));
        assert_ne!(draw(7), draw(8));
        assert!(
            draw(7)
                .iter()
                .all(|wait| (fixed..=fixed + jitter).contains(wait))
        );
        assert_eq!(Latency::new(Duration::ZERO, Duration::ZERO, 7).next(), None);
    }
}

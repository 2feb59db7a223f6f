//! Numbers below a bound, each once, in an order that the seed gives (owner of [`Series`]).

/// Walks the numbers below a capacity by a step that has no divisor in common with it, so that each comes once before
/// the first comes again.
#[derive(Debug, Clone)]
pub(crate) struct Series {
    capacity: u64,
    step: u64,
    next: u64,
}

impl Series {
    pub(crate) fn new(capacity: u64, seed: u64) -> Self {
        let capacity = capacity.max(1);
        let mut step = mix(seed.wrapping_add(1)) % capacity;
        while divisor(step, capacity) != 1 {
            step += 1;
        }
        Self {
            capacity,
            step,
            next: mix(seed) % capacity,
        }
    }
}

impl Iterator for Series {
    type Item = u64;

    fn next(&mut self) -> Option<u64> {
        let number = self.next;
        let next = (u128::from(number) + u128::from(self.step)) % u128::from(self.capacity);
        self.next = u64::try_from(next).unwrap_or_default();
        Some(number)
    }
}

/// The finaliser of SplitMix64: neighbouring seeds give numbers that are far apart.
const fn mix(seed: u64) -> u64 {
    let mut mixed = seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

/// The greatest common divisor.
const fn divisor(mut one: u64, mut other: u64) -> u64 {
    while other != 0 {
        (one, other) = (other, one % other);
    }
    one
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_number_comes_once() {
        for capacity in [1, 2, 5, 12, 999, 1_000] {
            for seed in 0..20 {
                let size = usize::try_from(capacity).unwrap();
                let seen: BTreeSet<u64> = Series::new(capacity, seed).take(size).collect();
                assert_eq!(seen.len(), size, "{capacity} {seed}");
            }
        }
    }

    #[test]
    fn the_seed_decides() {
        let take = |seed| Series::new(1_000_000, seed).take(5).collect::<Vec<_>>();
        assert_eq!(take(1), take(1));
        assert_ne!(take(1), take(2));
    }
}

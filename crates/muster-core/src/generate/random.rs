//! The one seam to randomness: [`Rng`], seeded per label, and draws that do not depend on the platform.

use rand_chacha::rand_core::{Rng as _, SeedableRng as _};

/// The generator's source of randomness.
pub type Rng = rand_chacha::ChaCha8Rng;

/// An independent stream for a label, the same on every platform and in every release.
pub fn rng(seed: u64, label: &str) -> Rng {
    // The seed is spread with SplitMix64 and the label hashed with FNV-1a: both are fixed by their definitions, unlike
    // the hashers of the standard library.
    let mut state = seed;
    let mut bytes = [0_u8; 32];
    for chunk in bytes.chunks_mut(8) {
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut word = state;
        word = (word ^ (word >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        chunk.copy_from_slice(&(word ^ (word >> 31)).to_le_bytes());
    }
    let mut rng = Rng::from_seed(bytes);
    rng.set_stream(fnv(label));
    rng
}

fn fnv(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

/// A number below `n`, or 0 where `n` is 0.
pub(super) fn below(rng: &mut Rng, n: u64) -> u64 {
    // Multiply and shift: the bias is below 2^-32 for every n used here, and no draw is ever repeated.
    ((u128::from(rng.next_u64()) * u128::from(n)) >> 64) as u64
}

/// A number from `low` to `high`, both included.
pub(super) fn between(rng: &mut Rng, low: usize, high: usize) -> usize {
    if high <= low {
        return low;
    }
    low + below(rng, (high - low) as u64 + 1) as usize
}

/// A wide number from `low` to `high`, both included.
pub(super) fn between_wide(rng: &mut Rng, low: i128, high: i128) -> i128 {
    let Some(span) = high.checked_sub(low).filter(|span| *span > 0) else {
        return low;
    };
    if let Ok(span) = u64::try_from(span)
        && span < u64::MAX
    {
        return low + i128::from(below(rng, span + 1));
    }
    let wide = (u128::from(rng.next_u64()) << 63) | u128::from(rng.next_u64() >> 1);
    low + (wide % (span.unsigned_abs() + 1)) as i128
}

/// True `percent` times in a hundred.
pub(super) fn chance(rng: &mut Rng, percent: u64) -> bool {
    below(rng, 100) < percent
}

/// One of a list.
pub(super) fn pick<'t, T>(rng: &mut Rng, list: &'t [T]) -> Option<&'t T> {
    list.get(below(rng, list.len() as u64) as usize)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn streams_are_fixed_for_good() {
        let mut one = rng(7, "body");
        let first = [
            below(&mut one, 1_000_000),
            below(&mut one, 1_000_000),
            below(&mut one, 1_000_000),
        ];
        let mut again = rng(7, "body");
        assert_eq!(
            first,
            [
                below(&mut again, 1_000_000),
                below(&mut again, 1_000_000),
                below(&mut again, 1_000_000)
            ]
        );
        let mut other = rng(7, "query");
        assert_ne!(
            first,
            [
                below(&mut other, 1_000_000),
                below(&mut other, 1_000_000),
                below(&mut other, 1_000_000)
            ]
        );
    }

    #[test]
    fn draws_stay_in_range() {
        let mut rng = rng(1, "range");
        for _ in 0..1_000 {
            assert!((3..=5).contains(&between(&mut rng, 3, 5)));
            assert!((-4..=9).contains(&between_wide(&mut rng, -4, 9)));
            let far = between_wide(&mut rng, -(10_i128.pow(30)), 10_i128.pow(30));
            assert!(far.abs() <= 10_i128.pow(30));
        }
        assert_eq!(between(&mut rng, 5, 5), 5);
    }
}

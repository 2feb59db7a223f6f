//! How the budget is spread over operations: by what of each is still unknown (owner of [`shares`]).

use std::collections::HashMap;

use muster_core::model::OperationKey;

/// What every operation weighs besides what is unknown of it: nothing is known for good.
const GROUND: u64 = 10;

/// What each operation may cost in all: half of the pot alike, half by the points that were not seen yet.
pub(super) fn shares(pot: u64, unseen: &[(OperationKey, usize)]) -> HashMap<OperationKey, u64> {
    let weight = |points: usize| GROUND.saturating_add(points as u64);
    let count = (unseen.len() as u64).max(1);
    let total = unseen
        .iter()
        .map(|(_, points)| weight(*points))
        .sum::<u64>()
        .max(1);
    unseen
        .iter()
        .map(|(key, points)| {
            let by_weight = u128::from(pot / 2) * u128::from(weight(*points)) / u128::from(total);
            let by_weight = u64::try_from(by_weight).unwrap_or(u64::MAX);
            (key.clone(), pot / 2 / count + by_weight)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use muster_core::model::Method;

    #[test]
    fn what_is_less_known_gets_more_and_nothing_is_overspent() {
        let key = |path: &str| OperationKey::new(Method::Get, path);
        let unseen = [(key("/a"), 0), (key("/b"), 90), (key("/c"), 5)];
        for pot in [0, 1, 100, 20_000, u64::MAX] {
            let shares = shares(pot, &unseen);
            let sum: u128 = shares.values().map(|share| u128::from(*share)).sum();
            assert!(sum <= u128::from(pot));
            assert!(shares[&key("/b")] >= shares[&key("/c")]);
            assert!(shares[&key("/c")] >= shares[&key("/a")]);
        }
        let shares = shares(6_000, &unseen);
        assert!(shares[&key("/a")] >= 1_000);
        assert!(shares[&key("/b")] > 3_000);
    }
}

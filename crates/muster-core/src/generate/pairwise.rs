//! Combinations of levels of several factors: all of them ([`every`]), or enough for every pair ([`pairs`]).

use std::collections::HashSet;

/// Every combination of levels.
pub(super) fn every(sizes: &[usize]) -> Vec<Vec<usize>> {
    let mut rows = vec![Vec::new()];
    for size in sizes {
        rows = rows
            .into_iter()
            .flat_map(|row: Vec<usize>| {
                (0..*size)
                    .map(move |level| row.iter().copied().chain(std::iter::once(level)).collect())
            })
            .collect();
    }
    rows
}

/// Combinations in which every two levels of every two factors meet, chosen greedily.
pub(super) fn pairs(sizes: &[usize]) -> Vec<Vec<usize>> {
    // Pairs of forty properties are a few thousand; past that the rest is left to chance.
    let sizes = sizes.get(..40).unwrap_or(sizes);
    let mut open: HashSet<(usize, usize, usize, usize)> = HashSet::new();
    let mut order = Vec::new();
    for (a, size_a) in sizes.iter().enumerate() {
        for (b, size_b) in sizes.iter().enumerate().skip(a + 1) {
            for x in 0..*size_a {
                for y in 0..*size_b {
                    open.insert((a, x, b, y));
                    order.push((a, x, b, y));
                }
            }
        }
    }
    let mut rows: Vec<Vec<usize>> = Vec::new();
    for pair in order {
        if !open.contains(&pair) {
            continue;
        }
        let (a, x, b, y) = pair;
        let mut row: Vec<usize> = Vec::with_capacity(sizes.len());
        for (at, size) in sizes.iter().enumerate() {
            let level = if at == a {
                x
            } else if at == b {
                y
            } else {
                let gain = |level: usize| {
                    let before = row
                        .iter()
                        .enumerate()
                        .filter(|(i, l)| open.contains(&(*i, **l, at, level)))
                        .count();
                    let ahead = usize::from(a > at && open.contains(&(at, level, a, x)))
                        + usize::from(b > at && open.contains(&(at, level, b, y)));
                    before + ahead
                };
                (0..*size)
                    .max_by_key(|level| (gain(*level), std::cmp::Reverse(*level)))
                    .unwrap_or(0)
            };
            row.push(level);
        }
        for (i, x) in row.iter().enumerate() {
            for (j, y) in row.iter().enumerate().skip(i + 1) {
                open.remove(&(i, *x, j, *y));
            }
        }
        rows.push(row);
    }
    rows
}

#[cfg(test)]
mod tests {
    #![allow(clippy::indexing_slicing, reason = "tests say what they expect")]
    use super::*;

    #[test]
    fn every_pair_meets_in_few_rows() {
        let sizes = [2, 3, 2, 5, 2, 2, 4, 2, 2, 2];
        let rows = pairs(&sizes);
        assert!(rows.len() <= 30, "{} rows", rows.len());
        for a in 0..sizes.len() {
            for b in a + 1..sizes.len() {
                for x in 0..sizes[a] {
                    for y in 0..sizes[b] {
                        assert!(
                            rows.iter().any(|r| r[a] == x && r[b] == y),
                            "{a}={x} {b}={y}"
                        );
                    }
                }
            }
        }
        assert_eq!(every(&[2, 3]).len(), 6);
    }
}

//! The nearest match to a name that is not known, for "did you mean".

/// The candidate nearest to a name, if any is near enough to be meant.
///
/// Near enough is a third of the longer name, at least one slip; case does not count.
#[must_use]
pub fn nearest<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let name = name.to_lowercase();
    candidates
        .into_iter()
        .filter_map(|candidate| {
            let slips = distance(&name, &candidate.to_lowercase());
            let longest = name.chars().count().max(candidate.chars().count());
            (slips <= (longest / 3).max(1)).then_some((slips, candidate))
        })
        .min_by_key(|(slips, _)| *slips)
        .map(|(_, candidate)| candidate)
}

/// How many insertions, deletions, replacements or swaps of neighbours lie between two texts.
fn distance(from: &str, to: &str) -> usize {
    let to: Vec<char> = to.chars().collect();
    let mut before_last: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=to.len()).collect();
    let mut previous = None;
    for (row, character) in from.chars().enumerate() {
        let mut current = Vec::with_capacity(last.len());
        current.push(row + 1);
        for (column, other) in to.iter().enumerate() {
            let at =
                |costs: &[usize], index: usize| costs.get(index).copied().unwrap_or(usize::MAX / 2);
            let mut cost = (at(&last, column) + usize::from(character != *other))
                .min(at(&last, column + 1) + 1)
                .min(at(&current, column) + 1);
            let swapped =
                column > 0 && previous == Some(*other) && to.get(column - 1) == Some(&character);
            if swapped {
                cost = cost.min(at(&before_last, column - 1) + 1);
            }
            current.push(cost);
        }
        before_last = std::mem::replace(&mut last, current);
        previous = Some(character);
    }
    last.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_slips() {
        for (from, to, slips) in [
            ("", "", 0),
            ("", "abc", 3),
            ("abc", "", 3),
            ("claim", "claims", 1),
            ("kitten", "sitting", 3),
            ("wriets", "writes", 1),
            ("abc", "abc", 0),
        ] {
            assert_eq!(distance(from, to), slips, "{from} → {to}");
        }
    }

    #[test]
    fn offers_only_what_may_be_meant() {
        assert_eq!(nearest("claim", ["data", "claims"]), Some("claims"));
        assert_eq!(
            nearest("GOV-2l", ["GOV-20", "GOV-21", "SEC-01"]),
            Some("GOV-20")
        );
        assert_eq!(nearest("CLAIMS", ["claims"]), Some("claims"));
        assert_eq!(nearest("colour", ["data", "claims"]), None);
        assert_eq!(nearest("x", []), None);
    }
}

//! Response headers as they are kept: bounded, as bodies are.

/// Bytes of one value that are kept.
const KEPT_OF_A_VALUE: usize = 1_024;
/// Bytes of all names and values that are kept.
const KEPT: usize = 16 * 1_024;

/// The headers, long values cut short, and those beyond the limit counted in one line.
pub(super) fn abridged(headers: impl Iterator<Item = (String, String)>) -> Vec<(String, String)> {
    let mut kept = Vec::new();
    let mut room = KEPT;
    let (mut others, mut bytes) = (0_usize, 0_usize);
    for (mut name, mut value) in headers {
        let whole = name.len() + value.len();
        shorten(&mut name);
        shorten(&mut value);
        let size = name.len() + value.len();
        if size > room {
            room = 0;
            others += 1;
            bytes += whole;
            continue;
        }
        room -= size;
        kept.push((name, value));
    }
    if others > 0 {
        kept.push((
            "…".to_owned(),
            format!("{others} more headers of {bytes} bytes are not kept"),
        ));
    }
    kept
}

fn shorten(text: &mut String) {
    if text.len() <= KEPT_OF_A_VALUE {
        return;
    }
    let whole = text.len();
    let mut end = KEPT_OF_A_VALUE;
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text.truncate(end);
    text.push_str(&format!("… ({whole} bytes in all)"));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(count: usize, length: usize) -> impl Iterator<Item = (String, String)> {
        (0..count).map(move |number| (format!("x-{number}"), "é".repeat(length / 2)))
    }

    #[test]
    fn usual_headers_are_kept_as_they_are() {
        let usual: Vec<_> = headers(40, 100).collect();
        assert_eq!(abridged(usual.clone().into_iter()), usual);
    }

    #[test]
    fn a_long_value_is_cut_and_says_so() {
        let kept = abridged(headers(1, 300_001));
        assert!(kept.iter().all(|(_, value)| value.len() < 1_100));
        assert!(
            kept.iter()
                .any(|(_, value)| value.ends_with("(300000 bytes in all)"))
        );
    }

    #[test]
    fn many_headers_are_bounded_and_counted() {
        let kept = abridged(headers(90, 3_300));
        let bytes: usize = kept
            .iter()
            .map(|(name, value)| name.len() + value.len())
            .sum();
        assert!(bytes < 17 * 1_024, "{bytes}");
        assert!(
            kept.last()
                .is_some_and(|(name, value)| name == "…" && value.contains("more headers"))
        );
    }
}

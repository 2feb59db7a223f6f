//! Which media types the two sides can agree on (RFC 9110 §12.5.1, §8.3).

/// Does this Accept take one of these media types? No Accept takes anything.
pub(crate) fn accepts(accept: Option<&str>, offered: &[&str]) -> bool {
    let Some(accept) = accept.filter(|accept| !accept.trim().is_empty()) else {
        return true;
    };
    offered.iter().any(|media| quality(accept, media) > 0.0)
}

/// The quality of one media type: the most specific range that covers it decides.
fn quality(accept: &str, media: &str) -> f32 {
    let mut best = (0, 0.0);
    for range in accept.split(',') {
        let mut parts = range.split(';').map(str::trim);
        let name = parts.next().unwrap_or("").to_ascii_lowercase();
        let specific = match (name.as_str(), name.strip_suffix("/*")) {
            ("*/*", _) => 1,
            (_, Some(kind)) if media.split('/').next() == Some(kind) => 2,
            (exact, _) if exact == media => 3,
            _ => continue,
        };
        let weight = parts
            .find_map(|part| part.strip_prefix("q=").or_else(|| part.strip_prefix("Q=")))
            .map_or(1.0, |weight| weight.parse().unwrap_or(0.0));
        if specific >= best.0 {
            best = (specific, weight);
        }
    }
    best.1
}

/// The media type of a body in lower case, unless its charset is another than UTF-8.
pub(crate) fn media_of(content_type: Option<&str>) -> Option<String> {
    let mut parts = content_type?.split(';').map(str::trim);
    let media = parts.next()?.to_ascii_lowercase();
    let utf8 = parts
        .filter_map(|part| part.split_once('='))
        .filter(|(name, _)| name.trim().eq_ignore_ascii_case("charset"))
        .all(|(_, charset)| {
            charset
                .trim()
                .trim_matches('"')
                .eq_ignore_ascii_case("utf-8")
        });
    (utf8 && !media.is_empty()).then_some(media)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_most_specific_range_decides() {
        let json = ["application/json"];
        assert!(accepts(None, &json));
        assert!(accepts(Some("*/*"), &json));
        assert!(accepts(Some("text/html, application/*;q=0.1"), &json));
        assert!(!accepts(Some("application/json;q=0, */*"), &json));
        assert!(!accepts(Some("application/xml"), &json));
    }

    #[test]
    fn another_charset_is_no_media_type_that_is_taken() {
        assert_eq!(
            media_of(Some("Application/JSON; charset=UTF-8")).as_deref(),
            Some("application/json")
        );
        assert_eq!(media_of(Some("application/json; charset=latin1")), None);
        assert_eq!(media_of(None), None);
    }
}

//! Conditional requests (RFC 9110 §13.1).

/// Does If-Match hold: is the strong tag among these, or is anything?
pub(crate) fn match_holds(tags: &str, etag: &str) -> bool {
    each(tags).any(|tag| tag == "*" || tag == etag)
}

/// Does If-None-Match name this tag, weak or strong, or anything?
pub(crate) fn none_match_holds(tags: &str, etag: &str) -> bool {
    each(tags).any(|tag| tag == "*" || tag.strip_prefix("W/").unwrap_or(tag) == etag)
}

/// The tags of this supplier hold no comma, so a comma always parts two of them.
fn each(tags: &str) -> impl Iterator<Item = &str> {
    tags.split(',').map(str::trim)
}

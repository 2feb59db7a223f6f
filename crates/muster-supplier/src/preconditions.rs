//! Conditional requests (RFC 9110 §13.1).

use time::format_description::BorrowedFormatItem;
use time::macros::format_description;
use time::{OffsetDateTime, PrimitiveDateTime};

use super::making::moment;

/// The form of moments in headers (RFC 9110 §5.6.7).
const FORM: &[BorrowedFormatItem<'_>] = format_description!(
    "[weekday repr:short], [day] [month repr:short] [year] [hour]:[minute]:[second] GMT"
);

/// A moment of a record as a header has it.
pub(crate) fn last_modified(updated: &str) -> Option<String> {
    moment(updated)?.format(FORM).ok()
}

/// Was a record changed after the moment of a header? A header in another form says nothing.
pub(crate) fn is_newer(updated: &str, since: &str) -> bool {
    let since = PrimitiveDateTime::parse(since, FORM).map(PrimitiveDateTime::assume_utc);
    let to_second = |moment: OffsetDateTime| moment.unix_timestamp();
    match (moment(updated), since) {
        (Some(updated), Ok(since)) => to_second(updated) > to_second(since),
        _ => false,
    }
}

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

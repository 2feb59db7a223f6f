//! A body that says JSON and was not read, although it may be JSON: what nobody may be blamed for.

use serde::de::IgnoredAny;

use crate::{exchange::Response, model::Whose, verdict::Gap};

/// Why a body cannot be judged that the parser did not take for this `reason`; none where it is not JSON.
pub(super) fn gap(response: &Response, reason: &str, asked: &str) -> Option<Gap> {
    if reason.contains("recursion") {
        return Some(Gap::new(
            Whose::Muster,
            format!("A body of {asked} nests deeper than Muster reads."),
        ));
    }
    // The grammar allows numbers beyond every range, and halves of surrogate pairs (RFC 8259 §6, §8.2).
    std::str::from_utf8(&response.body)
        .is_ok_and(|text| serde_json::from_str::<IgnoredAny>(text).is_ok())
        .then(|| {
            Gap::new(
                Whose::Supplier,
                format!("A body of {asked} is JSON that cannot be held: {reason}."),
            )
        })
}

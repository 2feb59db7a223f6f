//! A body that says JSON and was not read, although it may be JSON: what nobody may be blamed for.

use serde::de::IgnoredAny;

use muster_core::{exchange::Response, model::Responsible, verdict::Unverified};

/// Why a body cannot be judged that the parser did not take for this `reason`; none where it is not JSON.
pub(super) fn gap(response: &Response, reason: &str, asked: &str) -> Option<Unverified> {
    if reason.contains("recursion") {
        return Some(Unverified::new(
            Responsible::Muster,
            format!("A body of {asked} nests deeper than Muster reads."),
        ));
    }
    // The grammar allows numbers beyond every range, and halves of surrogate pairs (RFC 8259 §6, §8.2).
    std::str::from_utf8(&response.body)
        .is_ok_and(|text| serde_json::from_str::<IgnoredAny>(text).is_ok())
        .then(|| {
            Unverified::new(
                Responsible::Supplier,
                format!("A body of {asked} is JSON that cannot be held: {reason}."),
            )
        })
}

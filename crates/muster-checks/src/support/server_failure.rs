//! What makes a server fail, in words that two checks and the report share: failures at one kind of value are one
//! cause, in whatever operation and property.

use muster_core::exchange::Trial;

/// The kind of failures at values of which only the handler is known.
const OF_A_HANDLER: [&str; 2] = [VALUES, RESPONSES];
/// The same, as the check says it that tries values.
pub const VALUES: &str = "Unusual or invalid values make the API fail.";
/// The same, as the check says it that sees every response.
pub const RESPONSES: &str = "The API returns server errors.";

/// The kind of failures at what all operations share, in the same words for every check; `otherwise` where only the
/// handler decides.
#[must_use]
pub fn kind(came: &str, trial: Option<&Trial>, otherwise: &str) -> String {
    trial.and_then(|trial| trial.strain).map_or_else(
        || otherwise.to_owned(),
        |strain| format!("There is {came} to {}.", strain.noun()),
    )
}

/// The title of a failure at one value.
#[must_use]
pub fn title(came: &str, value: &str, place: &str) -> String {
    let place = if place.starts_with('/') {
        format!("`{place}`")
    } else {
        place.to_owned()
    };
    format!("There is {came} to {value} in {place}.")
}

/// Whether a kind says nothing of the value, so that only the handler is known to fail.
#[must_use]
pub fn is_of_a_handler(kind: &str) -> bool {
    OF_A_HANDLER.contains(&kind)
}

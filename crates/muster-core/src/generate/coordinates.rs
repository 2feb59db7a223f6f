//! Places on the earth: what is no plausible pair of coordinates is never made, so that an API which gives our own
//! values back is not taken for one that swaps them.

use serde_json::Value;

/// Names of members that hold a latitude, in lower case.
pub const LATITUDES: [&str; 2] = ["latitude", "lat"];
/// Names of members that hold a longitude, in lower case.
pub const LONGITUDES: [&str; 4] = ["longitude", "lon", "lng", "long"];

/// Whether a place lies in the British Isles only if the two numbers, in degrees, are taken the other way round.
#[must_use]
pub fn looks_swapped(longitude: f64, latitude: f64) -> bool {
    (49.0..=61.0).contains(&longitude) && (-9.0..=3.0).contains(&latitude)
}

/// Whether a member or item is a longitude that would look like a latitude of the British Isles: beside nought, which
/// every probe tries somewhere, the pair would look swapped.
pub(super) fn is_doubtful(name: &str, is_first: bool, value: &Value) -> bool {
    let is_longitude = LONGITUDES
        .iter()
        .any(|known| name.eq_ignore_ascii_case(known))
        || (is_first && name.eq_ignore_ascii_case("coordinates"));
    is_longitude
        && value
            .as_f64()
            .is_some_and(|degrees| looks_swapped(degrees, 0.0))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn leeds_is_plain_and_turned_round_it_is_not() {
        assert!(!looks_swapped(-1.55, 53.8));
        assert!(looks_swapped(53.8, -1.55));
    }

    #[test]
    fn only_a_longitude_is_doubtful() {
        assert!(is_doubtful("Longitude", false, &json!(53)));
        assert!(is_doubtful("coordinates", true, &json!(53)));
        assert!(!is_doubtful("coordinates", false, &json!(53)));
        assert!(!is_doubtful("lon", false, &json!(-53)));
        assert!(!is_doubtful("latitude", false, &json!(53)));
    }
}

//! Places on the earth: what is no plausible pair of coordinates is never made, so that an API which gives our own
//! values back is not taken for one that swaps them.

use serde_json::{Map, Value};

/// Names of members that hold a latitude, in lower case.
pub const LATITUDES: [&str; 2] = ["latitude", "lat"];
/// Names of members that hold a longitude, in lower case.
pub const LONGITUDES: [&str; 4] = ["longitude", "lon", "lng", "long"];

/// Whether a place lies in the British Isles only if the two numbers, in degrees, are taken the other way round.
#[must_use]
pub fn looks_swapped(longitude: f64, latitude: f64) -> bool {
    (49.0..=61.0).contains(&longitude) && (-9.0..=3.0).contains(&latitude)
}

/// Whether a member completes such a pair.
pub(super) fn would_look_swapped(members: &Map<String, Value>, name: &str, value: &Value) -> bool {
    let of = |names: &[&str]| {
        let fits = |held: &str| names.iter().any(|known| held.eq_ignore_ascii_case(known));
        if fits(name) {
            return value.as_f64();
        }
        members
            .iter()
            .find(|(held, _)| fits(held))
            .and_then(|(_, value)| value.as_f64())
    };
    match (of(&LONGITUDES), of(&LATITUDES)) {
        (Some(longitude), Some(latitude)) => looks_swapped(longitude, latitude),
        _ => false,
    }
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
    fn only_the_second_of_a_pair_completes_it() {
        let Value::Object(members) = json!({ "Latitude": -1.5, "name": 7 }) else {
            return;
        };
        assert!(would_look_swapped(&members, "longitude", &json!(53)));
        assert!(!would_look_swapped(&members, "longitude", &json!(-53)));
        assert!(!would_look_swapped(&members, "name", &json!(53)));
    }
}

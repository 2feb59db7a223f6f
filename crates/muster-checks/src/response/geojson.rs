//! `response.geojson`

use serde_json::{Map, Value};

use crate::{
    Answer, Check, Example, Expect, Kind, ScriptedResponse,
    support::schema_view::{Place, walk},
};
use muster_core::{
    generate::coordinates::{LATITUDES, LONGITUDES, looks_swapped},
    verdict::{Finding, Judgement},
};

/// The check.
pub static CHECK: Check = Check {
    id: "response.geojson",
    purpose: "Locations are GeoJSON in WGS 84 with the longitude first, and latitudes are in \
        range.",
    verifies: "In the JSON body of each 2xx response: an object with a list of numbers as `coordinates` has the `type` \
    of a GeoJSON geometry, its positions have two or three numbers within the range of longitude and latitude, \
    and none lies in the box of the British Isles with the two swapped. Properties called latitude and longitude \
    (`lat`, `lon`, `lng`) are within their ranges and not swapped in the same way. It does not ask for GeoJSON \
    where a place is written as two such properties, nor judge eastings and northings under names of their own, \
    and it cannot tell whether a place is the right one.",
    matters: "Swapped, a point in Leeds lies in the Indian Ocean, and the map of the next force shows \
        nothing at all, without any error.",
    fix: "Write `{\"type\": \"Point\", \"coordinates\": [longitude, latitude]}` in WGS 84 or ETRS 89.",
    kind: Kind::Response(judge),
    examples: &[
        Example {
            title: "A point in Leeds",
            contract: PLACES,
            dialogue: &[ScriptedResponse::json(
                "GET /places/7",
                200,
                r#"{"where":{"type":"Point","coordinates":[-1.55,53.8]}}"#,
            )],
            says: Expect::Pass,
        },
        Example {
            title: "Latitude first",
            contract: PLACES,
            dialogue: &[ScriptedResponse::json(
                "GET /places/7",
                200,
                r#"{"where":{"type":"Point","coordinates":[53.8,-1.55]}}"#,
            )],
            says: Expect::Fail("swapped"),
        },
        Example {
            title: "Eastings and northings as GeoJSON",
            contract: PLACES,
            dialogue: &[ScriptedResponse::json(
                "GET /places/7",
                200,
                r#"{"where":{"type":"Point","coordinates":[429157,434000]}}"#,
            )],
            says: Expect::Fail("range"),
        },
        Example {
            title: "Coordinates of no type",
            contract: PLACES,
            dialogue: &[ScriptedResponse::json(
                "GET /places/7",
                200,
                r#"{"where":{"coordinates":[-1.55,53.8]}}"#,
            )],
            says: Expect::Fail("type"),
        },
        Example {
            title: "Latitude and longitude under each other's names",
            contract: PLACES,
            dialogue: &[ScriptedResponse::json(
                "GET /places/7",
                200,
                r#"{"latitude":-1.55,"longitude":53.8}"#,
            )],
            says: Expect::Fail("swapped"),
        },
        Example {
            title: "No places",
            contract: PLACES,
            dialogue: &[ScriptedResponse::json(
                "GET /places/7",
                200,
                r#"{"type":"Point","lat":null}"#,
            )],
            says: Expect::Nothing,
        },
    ],
};

const PLACES: &str = "/places/{id}: {get: {responses: {'200': {description: A place}}}}";

/// GeoJSON types that have coordinates, with the depth of their lists around a position.
const TYPES: [(&str, usize); 6] = [
    ("Point", 0),
    ("MultiPoint", 1),
    ("LineString", 1),
    ("MultiLineString", 2),
    ("Polygon", 2),
    ("MultiPolygon", 3),
];

type Defect = (&'static str, &'static str);

const SWAPPED: Defect = (
    "swapped",
    "Longitude and latitude are swapped, as far as places in the British Isles go.",
);
const RANGE: Defect = (
    "range",
    "A place is out of the range of longitude and latitude.",
);

fn judge(answer: &Answer<'_>) -> Vec<Judgement> {
    let (Some(operation), Some(response), Some(body)) =
        (answer.called(), answer.response(), answer.json())
    else {
        return Vec::new();
    };
    if !response.is_success() {
        return Vec::new();
    }
    let mut places = 0_usize;
    let mut found: Vec<Finding> = Vec::new();
    walk(&Place::default(), body, &mut |spot| {
        let Value::Object(members) = spot.value else {
            return;
        };
        for judged in [coordinates(members), pair(members)].into_iter().flatten() {
            places += 1;
            let Some((cause, title)) = judged else {
                continue;
            };
            if found.iter().all(|finding| finding.cause != cause) {
                found.push(
                    Finding::new(
                        cause,
                        title,
                        format!(
                            "{}: longitude from -180 to 180, then latitude from -90 to 90, in a GeoJSON geometry",
                            operation.key
                        ),
                        format!("a place that is not so at {}", spot.shape),
                    )
                    .at(spot.pointer),
                );
            }
        }
    });
    if found.is_empty() && places > 0 {
        return vec![Judgement::Pass];
    }
    found.into_iter().map(Judgement::from).collect()
}

/// Nothing where the object has no list of numbers as coordinates; else its defect, if any.
fn coordinates(members: &Map<String, Value>) -> Option<Option<Defect>> {
    let coordinates = members.get("coordinates")?;
    let depth = depth(coordinates)?;
    let kind = members.get("type").and_then(Value::as_str);
    let defect = match TYPES.iter().find(|(name, _)| Some(*name) == kind) {
        None => Some((
            "no type",
            "Coordinates do not have the type of a GeoJSON geometry.",
        )),
        Some((_, right)) if *right != depth => Some((
            "depth",
            "Coordinates are not nested as the type of their geometry asks.",
        )),
        Some(_) => positions(coordinates, depth),
    };
    Some(defect)
}

/// How many lists stand around a position; nothing where it is no list of numbers at the bottom.
fn depth(value: &Value) -> Option<usize> {
    match value.as_array()?.first()? {
        Value::Number(_) => Some(0),
        inner @ Value::Array(_) => Some(depth(inner)? + 1),
        _ => None,
    }
}

fn positions(value: &Value, depth: usize) -> Option<Defect> {
    let items = value.as_array()?;
    if depth > 0 {
        return items.iter().find_map(|item| positions(item, depth - 1));
    }
    let numbers: Vec<f64> = items.iter().filter_map(Value::as_f64).collect();
    match numbers.as_slice() {
        [longitude, latitude] | [longitude, latitude, _] if numbers.len() == items.len() => {
            place(*longitude, *latitude)
        }
        _ => Some(("position", "A position does not have two or three numbers.")),
    }
}

/// Nothing where the object has no pair of latitude and longitude; else its defect, if any.
fn pair(members: &Map<String, Value>) -> Option<Option<Defect>> {
    let number = |names: &[&str]| {
        members
            .iter()
            .find(|(name, _)| names.iter().any(|known| name.eq_ignore_ascii_case(known)))
            .and_then(|(_, value)| match value {
                Value::String(text) => text.trim().parse().ok(),
                value => value.as_f64(),
            })
    };
    let latitude = number(&LATITUDES)?;
    let longitude = number(&LONGITUDES)?;
    Some(place(longitude, latitude))
}

fn place(longitude: f64, latitude: f64) -> Option<Defect> {
    if looks_swapped(longitude, latitude) {
        Some(SWAPPED)
    } else if (-180.0..=180.0).contains(&longitude) && (-90.0..=90.0).contains(&latitude) {
        None
    } else {
        Some(RANGE)
    }
}

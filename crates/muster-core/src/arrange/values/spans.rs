//! Spans: two properties of which one tells where something starts and the other where it ends.

use serde_json::{Map, Value};
use time::{OffsetDateTime, format_description::well_known::Rfc3339};

use crate::arrange::names;

/// Words for the start of a span, in the names of properties.
const STARTS: [&str; 17] = [
    "start", "starts", "started", "begin", "begins", "began", "from", "since", "open", "opened",
    "seized", "issued", "min", "minimum", "low", "lower", "lowest",
];
/// Words for its end.
const ENDS: [&str; 24] = [
    "end",
    "ends",
    "ended",
    "finish",
    "finishes",
    "finished",
    "to",
    "until",
    "till",
    "close",
    "closed",
    "expiry",
    "expires",
    "expired",
    "released",
    "returned",
    "completed",
    "resolved",
    "max",
    "maximum",
    "high",
    "upper",
    "highest",
    "cleared",
];

/// How deep objects are looked into.
const DEPTH: usize = 6;

/// Puts the start of each span before its end, throughout a value: `started_at` and `ended_at`, `leasedFrom` and
/// `leasedTo`, `min_age` and `max_age`. The two values of a pair that is the wrong way round change places.
pub(crate) fn order(value: &mut Value) {
    order_within(value, DEPTH);
}

fn order_within(value: &mut Value, depth: usize) {
    if depth == 0 {
        return;
    }
    match value {
        Value::Object(members) => {
            order_members(members);
            for member in members.values_mut() {
                order_within(member, depth - 1);
            }
        }
        Value::Array(items) => {
            for item in items {
                order_within(item, depth - 1);
            }
        }
        _ => {}
    }
}

fn order_members(members: &mut Map<String, Value>) {
    let ends: Vec<(String, String)> = members
        .keys()
        .filter_map(|name| Some((stem(name, &ENDS)?, name.clone())))
        .collect();
    let starts: Vec<(String, String)> = members
        .keys()
        .filter_map(|name| Some((stem(name, &STARTS)?, name.clone())))
        .collect();
    for (stem, start) in &starts {
        for (_, end) in ends.iter().filter(|(other, _)| other == stem) {
            let (Some(first), Some(last)) = (members.get(start), members.get(end)) else {
                continue;
            };
            if !is_after(first, last) {
                continue;
            }
            let (first, last) = (first.clone(), last.clone());
            members.insert(start.clone(), last);
            members.insert(end.clone(), first);
        }
    }
}

/// The name without the one word of the list that it has, and without what only says that it is a time.
fn stem(name: &str, words: &[&str]) -> Option<String> {
    let mut found = false;
    let rest: Vec<String> = names::words(name)
        .into_iter()
        .filter(|word| {
            let is_marker = words.contains(&word.as_str());
            found |= is_marker;
            !is_marker && !matches!(word.as_str(), "at" | "on" | "date" | "time" | "datetime")
        })
        .collect();
    found.then(|| rest.join(" "))
}

/// Whether one value is beyond doubt after another: two times, two days, or two numbers.
fn is_after(one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::Number(one), Value::Number(other)) => {
            matches!((one.as_f64(), other.as_f64()), (Some(one), Some(other)) if one > other)
        }
        (Value::String(one), Value::String(other)) => {
            let moment = |text: &str| OffsetDateTime::parse(text, &Rfc3339).ok();
            match (moment(one), moment(other)) {
                (Some(one), Some(other)) => one > other,
                (None, None) => is_day(one) && is_day(other) && one > other,
                _ => false,
            }
        }
        _ => false,
    }
}

/// Whether a text has the form of a day: `2024-05-17`.
fn is_day(text: &str) -> bool {
    text.len() == 10
        && text.bytes().enumerate().all(|(at, byte)| match at {
            4 | 7 => byte == b'-',
            _ => byte.is_ascii_digit(),
        })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn ordered(mut value: Value) -> Value {
        order(&mut value);
        value
    }

    #[test]
    fn a_span_starts_before_it_ends() {
        let late = "2024-03-31T00:30:00-05:30";
        let early = "2024-03-31T01:30:00Z";
        for (start, end) in [
            ("started_at", "ended_at"),
            ("leasedFrom", "leasedTo"),
            ("startDate", "endDate"),
            ("seized_at", "returned_on"),
            ("openedAt", "closedAt"),
        ] {
            assert_eq!(
                ordered(json!({ start: late, end: early })),
                json!({ start: early, end: late }),
                "{start}"
            );
            let right = json!({ start: early, end: late });
            assert_eq!(ordered(right.clone()), right, "{start}");
        }
        assert_eq!(
            ordered(json!({ "stays": [{ "from": "2024-05-17", "until": "1999-12-31" }] })),
            json!({ "stays": [{ "from": "1999-12-31", "until": "2024-05-17" }] })
        );
        assert_eq!(
            ordered(json!({ "minAge": 40, "maxAge": 18.5 })),
            json!({ "minAge": 18.5, "maxAge": 40 })
        );
    }

    #[test]
    fn what_is_no_span_stays() {
        for value in [
            json!({ "from": "Northshire", "to": "Eastvale" }),
            json!({ "leased_from": "2024-05-17", "owned_to": "1999-12-31" }),
            json!({ "started_at": "2024-05-17", "ended_at": null }),
            json!({ "started_at": "2024-05-17", "ended_at": "2024-03-31T01:30:00Z" }),
            json!({ "min_age": 40, "max_weight": 18 }),
        ] {
            assert_eq!(ordered(value.clone()), value);
        }
    }
}

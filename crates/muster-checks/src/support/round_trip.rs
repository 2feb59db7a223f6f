//! Whether what comes back is what was sent, by meaning (owner of [`Difference`]).

use serde_json::Value;
use time::{OffsetDateTime, format_description::well_known::Rfc3339};

use crate::{
    support::masked_values::is_masked,
    support::schema_view::{Place, escape},
};
use muster_core::arrange::names;

/// The kind of mistake that several checks see: no string of other letters gets in.
pub(crate) const BEYOND_ASCII: &str =
    "Strings beyond ASCII are refused where ASCII strings are accepted.";

/// One place where what came is not what was sent.
#[derive(Debug, Clone)]
pub(crate) struct Difference {
    /// Where, as a JSON pointer.
    pub(crate) pointer: String,
    /// What happened to it, as the end of a sentence.
    pub(crate) what: &'static str,
    /// What was sent.
    pub(crate) sent: Value,
    /// What came.
    pub(crate) came: Option<Value>,
}

/// Words of names whose values no API gives back.
const SECRET: [&str; 5] = ["password", "secret", "token", "passphrase", "pin"];

/// What happened to a text of which nothing but white space at its ends is missing.
const TRIMMED: &str = "loses the spaces around it";

/// Compares member by member what was sent with what came. What the contract does not promise to give
/// back is not compared; texts that lost the spaces around them are [`trimmed`].
pub(crate) fn differences(
    sent_place: &Place<'_>,
    came_place: &Place<'_>,
    sent: &Value,
    came: &Value,
) -> Vec<Difference> {
    let mut found = all_differences(sent_place, came_place, sent, came);
    found.retain(|difference| difference.what != TRIMMED);
    found
}

/// The texts that came back without the spaces around them, compared as by [`differences`].
pub(crate) fn trimmed(
    sent_place: &Place<'_>,
    came_place: &Place<'_>,
    sent: &Value,
    came: &Value,
) -> Vec<Difference> {
    let mut found = all_differences(sent_place, came_place, sent, came);
    found.retain(|difference| difference.what == TRIMMED);
    found
}

fn all_differences(
    sent_place: &Place<'_>,
    came_place: &Place<'_>,
    sent: &Value,
    came: &Value,
) -> Vec<Difference> {
    let mut found = Vec::new();
    compare(sent_place, came_place, sent, Some(came), "", &mut found, 32);
    found
}

/// What follows `created` in names of members that tell when a record was made, and by whom.
const OF_CREATION: [&[&str]; 8] = [
    &[],
    &["at"],
    &["on"],
    &["date"],
    &["time"],
    &["date", "time"],
    &["timestamp"],
    &["by"],
];

/// The first member of a record that tells of its creation, is not the caller's to send, and has changed.
pub(crate) fn created_anew<'a>(
    sendable: &[String],
    before: &'a Value,
    after: &'a Value,
) -> Option<(&'a str, &'a Value, &'a Value)> {
    before.as_object()?.iter().find_map(|(name, old)| {
        let new = after.get(name)?;
        let words = names::words(name);
        let tells = words.split_first().is_some_and(|(first, rest)| {
            first == "created" && OF_CREATION.iter().any(|of| rest == *of)
        });
        let is_same = is_equal(old, new) || is_cut(old, new);
        let differs = tells && !sendable.contains(name) && !old.is_null() && !is_same;
        differs.then_some((name.as_str(), old, new))
    })
}

/// Whether two moments differ by no more than the coarser of them was cut or rounded: stores keep fewer digits
/// than the answer that a record was made with.
fn is_cut(one: &Value, other: &Value) -> bool {
    let moment = |value: &Value| OffsetDateTime::parse(value.as_str()?, &Rfc3339).ok();
    let (Some(one), Some(other)) = (moment(one), moment(other)) else {
        return false;
    };
    let unit = [1_000_000_000, 1_000_000, 1_000]
        .into_iter()
        .find(|unit| one.nanosecond() % unit == 0 || other.nanosecond() % unit == 0)
        .unwrap_or(1);
    let apart = (one - other).whole_nanoseconds().unsigned_abs();
    apart == 0
        || (one.nanosecond() % unit == 0) != (other.nanosecond() % unit == 0) && apart < unit.into()
}

/// Whether two values mean the same: JSON knows one kind of number, so that 2 is 2.0 (RFC 8259 §6).
pub(crate) fn is_equal(one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::Number(one), Value::Number(other)) => {
            one == other || one.as_f64().is_some() && one.as_f64() == other.as_f64()
        }
        (one, other) => one == other,
    }
}

fn compare(
    sent_place: &Place<'_>,
    came_place: &Place<'_>,
    sent: &Value,
    came: Option<&Value>,
    pointer: &str,
    found: &mut Vec<Difference>,
    depth: usize,
) {
    let mut tell = |what| {
        found.push(Difference {
            pointer: pointer.to_owned(),
            what,
            sent: sent.clone(),
            came: came.cloned(),
        });
    };
    if depth == 0 || is_default(came_place, came) && sent.is_null() {
        return;
    }
    let Some(came) = came else {
        // Serialisers leave out what is empty; that it becomes something else is another matter.
        let may_be_left_out = match sent {
            Value::Null => true,
            Value::Array(items) => items.is_empty(),
            Value::String(text) => text.is_empty(),
            _ => false,
        };
        if !may_be_left_out {
            tell("is not kept");
        }
        return;
    };
    match (sent, came) {
        (Value::Null, Value::Null) => {}
        (_, Value::Null) => tell("becomes null"),
        (Value::Object(sent), Value::Object(came)) => {
            let is_resource = sent.contains_key("type") && sent.contains_key("attributes");
            for (name, value) in sent {
                if is_resource && OF_RESOURCE.contains(&name.as_str()) {
                    continue;
                }
                let (sent_member, came_member) = (sent_place.member(name), came_place.member(name));
                let promised = came_place.names(name) || came.contains_key(name);
                if promised && is_kept(name, &sent_member, &came_member) {
                    let at = format!("{pointer}/{}", escape(name));
                    let other = came.get(name);
                    compare(
                        &sent_member,
                        &came_member,
                        value,
                        other,
                        &at,
                        found,
                        depth - 1,
                    );
                }
            }
        }
        (Value::Array(sent_items), Value::Array(came_items)) => {
            let is_set = sent_place
                .keyword("uniqueItems")
                .any(|unique| unique == true);
            if sent_items.len() != came_items.len() {
                tell("has another number of items");
            } else if sent_items != came_items && is_permutation(sent_items, came_items) {
                if !is_set {
                    tell("is returned in another order");
                }
            } else {
                for (index, (one, other)) in sent_items.iter().zip(came_items).enumerate() {
                    let at = format!("{pointer}/{index}");
                    let places = (sent_place.item(index), came_place.item(index));
                    compare(
                        &places.0,
                        &places.1,
                        one,
                        Some(other),
                        &at,
                        found,
                        depth - 1,
                    );
                }
            }
        }
        (Value::String(one), Value::String(other)) => {
            // What is masked was not lost.
            if one != other && !is_masked(other) && !is_same_text(sent_place, one, other) {
                tell(how(sent_place, one, other));
            }
        }
        (Value::Number(one), Value::Number(other)) => {
            if !is_same_number(sent_place, one, other) {
                tell("is returned as another number");
            }
        }
        (one, other) if one == other => {}
        (one, _) => {
            // Another type is a matter of the answer's own schema, unless that has no other.
            let types = came_place.types();
            if types.is_empty() || types.contains(kind(one)) {
                tell("is returned changed");
            }
        }
    }
}

/// Names of members in which a server says what it knows of a record (HAL, CouchDB, Eve).
const OWN: [&str; 5] = ["_links", "_meta", "_self", "_etag", "_rev"];

/// Members of a JSON:API resource that are the server's once it is made (JSON:API 1.1 §7.2, §7.6).
const OF_RESOURCE: [&str; 4] = ["id", "type", "links", "meta"];

fn is_kept(name: &str, sent: &Place<'_>, came: &Place<'_>) -> bool {
    let marked = |place: &Place<'_>, keyword| place.keyword(keyword).any(|mark| mark == true);
    let lower = name.to_lowercase();
    !OWN.contains(&name)
        && !marked(sent, "readOnly")
        && !marked(came, "readOnly")
        && !marked(sent, "writeOnly")
        && !marked(came, "writeOnly")
        && !sent.has_format("password")
        && !SECRET
            .iter()
            .any(|word| lower.contains(word) && lower.len() <= word.len() + 8)
}

fn is_default(place: &Place<'_>, came: Option<&Value>) -> bool {
    came.is_some_and(|came| place.keyword("default").any(|default| default == came))
}

fn is_permutation(one: &[Value], other: &[Value]) -> bool {
    let sorted = |items: &[Value]| {
        let mut texts: Vec<String> = items.iter().map(Value::to_string).collect();
        texts.sort();
        texts
    };
    sorted(one) == sorted(other)
}

fn is_same_text(place: &Place<'_>, one: &str, other: &str) -> bool {
    if place.has_format("date-time") {
        let moment = |text: &str| OffsetDateTime::parse(text, &Rfc3339).ok();
        return matches!((moment(one), moment(other)), (Some(one), Some(other)) if one == other);
    }
    if place.has_format("uuid") {
        return one.eq_ignore_ascii_case(other);
    }
    if place.has_format("email") {
        return match (one.rsplit_once('@'), other.rsplit_once('@')) {
            (Some((local, domain)), Some((other_local, other_domain))) => {
                local == other_local && domain.eq_ignore_ascii_case(other_domain)
            }
            _ => false,
        };
    }
    if place.has_format("uri") || place.has_format("url") {
        return matches!((url::Url::parse(one), url::Url::parse(other)), (Ok(one), Ok(other)) if one == other);
    }
    if place.has_format("ipv6") {
        let address = |text: &str| text.parse::<std::net::Ipv6Addr>().ok();
        return address(one).is_some() && address(one) == address(other);
    }
    if place.has_format("decimal") || place.has_format("decimal128") {
        return decimal(one).is_some() && decimal(one) == decimal(other);
    }
    if place.has_format("time") || place.has_format("duration") || place.has_format("hostname") {
        return true;
    }
    false
}

/// The value of a decimal number in a string, as its sign, whole part and fraction without the zeros that add nothing.
fn decimal(text: &str) -> Option<(bool, &str, &str)> {
    let (is_negative, digits) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let all = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if whole.len() + fraction.len() == 0 || !all(whole) || !all(fraction) {
        return None;
    }
    let (whole, fraction) = (
        whole.trim_start_matches('0'),
        fraction.trim_end_matches('0'),
    );
    let is_zero = whole.is_empty() && fraction.is_empty();
    Some((is_negative && !is_zero, whole, fraction))
}

fn is_same_number(place: &Place<'_>, one: &serde_json::Number, other: &serde_json::Number) -> bool {
    if one == other {
        return true;
    }
    // Two whole numbers that differ are different, also where a float cannot tell them apart.
    let whole = |number: &serde_json::Number| number.is_i64() || number.is_u64();
    if whole(one) && whole(other) {
        return false;
    }
    let (Some(one), Some(other)) = (one.as_f64(), other.as_f64()) else {
        return false;
    };
    let slack = if place.has_format("float") {
        1e-6
    } else {
        1e-12
    };
    (one - other).abs() <= slack * one.abs().max(other.abs())
        && (place.has_format("float") || one.fract() != 0.0 || one == other)
}

/// What happened to a text, in words.
fn how(place: &Place<'_>, one: &str, other: &str) -> &'static str {
    let spaces = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    if place.has_format("date-time") {
        "names another time"
    } else if place.has_format("date") {
        "names another day"
    } else if one.to_lowercase() == other.to_lowercase() {
        "is returned in another letter case"
    } else if one.trim() == other.trim() {
        TRIMMED
    } else if one.trim_start_matches('0') == other.trim_start_matches('0') {
        "loses its leading zeros"
    } else if one.starts_with(other) {
        "is cut short"
    } else if spaces(one) == spaces(other) {
        "loses its line breaks or inner spaces"
    } else {
        "is returned changed"
    }
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(number) => {
            if number.is_f64() {
                "number"
            } else {
                "integer"
            }
        }
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests stop at what is wrong")]

    use serde_json::json;

    use super::*;
    use muster_core::contract::Contract;

    fn differ(schema: Value, sent: Value, came: Value) -> Vec<&'static str> {
        let contract = Contract::from_value(json!({
            "openapi": "3.1.0", "info": { "title": "", "version": "" }, "paths": {},
            "components": { "schemas": { "A": { "type": "object", "properties": { "m": schema } } } }
        }))
        .unwrap();
        let place = Place::of(&contract, contract.schemas.component("A").unwrap());
        all_differences(&place, &place, &json!({ "m": sent }), &came)
            .into_iter()
            .map(|difference| difference.what)
            .collect()
    }

    #[test]
    fn moments_are_compared_and_not_their_offsets() {
        let schema = json!({ "type": "string", "format": "date-time" });
        let sent = json!("2024-03-31T01:30:15.250+01:00");
        let same = json!({ "m": "2024-03-31T00:30:15.25Z" });
        assert!(differ(schema.clone(), sent.clone(), same).is_empty());
        for other in ["2024-03-31T01:30:15.250Z", "2024-03-31T00:30:15Z"] {
            let came = json!({ "m": other });
            assert_eq!(
                differ(schema.clone(), sent.clone(), came),
                ["names another time"]
            );
        }
    }

    #[test]
    fn decimals_in_strings_are_compared_by_their_value() {
        let schema = json!({ "type": "string", "format": "decimal" });
        let what = |sent: &str, came: &str| {
            differ(schema.clone(), json!(sent), json!({ "m": came })).len()
        };
        for (sent, came) in [("44277.", "44277.00"), ("-.5", "-0.50"), ("-0", "0.00")] {
            assert_eq!(what(sent, came), 0, "{sent}");
        }
        for (sent, came) in [("0.125", "0.13"), ("-8", "8.00"), ("10", "1.0"), ("", "0")] {
            assert_eq!(what(sent, came), 1, "{sent}");
        }
        let plain = json!({ "type": "string" });
        assert_eq!(differ(plain, json!("1.0"), json!({ "m": "1.00" })).len(), 1);
    }

    #[test]
    fn a_creation_that_was_cut_is_the_same_and_one_that_moved_is_not() {
        let moved = |name: &str, old: &str, new: &str| {
            created_anew(&[], &json!({ name: old }), &json!({ name: new })).is_some()
        };
        let (fine, whole) = ("2024-03-31T01:30:15.250481Z", "2024-03-31T01:30:15Z");
        assert!(!moved("createdAt", fine, whole));
        assert!(!moved("created_at", fine, "2024-03-31T01:30:15.250Z"));
        assert!(!moved("created", fine, "2024-03-31T02:30:15.250481+01:00"));
        assert!(moved("created", whole, "2024-03-31T01:30:16Z"));
        assert!(moved("createdAt", fine, "2024-03-31T01:30:15.300481Z"));
        assert!(moved("createdAt", fine, "2024-03-31T01:30:16.300Z"));
        assert!(moved("created_by", "PC 1", "PC 2"));
        assert!(!moved("createdRevision", "1", "2"));
    }

    #[test]
    fn texts_are_kept_to_the_letter() {
        let schema = json!({ "type": "string" });
        for (sent, came, what) in [
            ("McZz", "MCZZ", "is returned in another letter case"),
            (" Zz ", "Zz", "loses the spaces around it"),
            ("0012", "12", "loses its leading zeros"),
            ("Zz 12345", "Zz 123", "is cut short"),
            ("a\nb", "a b", "loses its line breaks or inner spaces"),
            ("e\u{301}", "é", "is returned changed"),
        ] {
            assert_eq!(
                differ(schema.clone(), json!(sent), json!({ "m": came })),
                [what]
            );
        }
        assert_eq!(
            differ(schema.clone(), json!("a"), json!({})),
            ["is not kept"]
        );
        // Decision 0004: an empty text may be left out, and is not the same as null.
        assert!(differ(schema.clone(), json!(""), json!({})).is_empty());
        assert_eq!(
            differ(schema, json!(""), json!({ "m": null })),
            ["becomes null"]
        );
    }

    #[test]
    fn what_a_resource_says_of_itself_is_the_servers_and_links_elsewhere_are_not() {
        let schema = json!({ "type": "object" });
        let came = json!({ "m": { "type": "b", "links": { "self": "/1" }, "attributes": {} } });
        let resource = json!({ "type": "a", "links": { "self": "x" }, "attributes": {} });
        assert!(differ(schema.clone(), resource, came.clone()).is_empty());
        let record = json!({ "links": { "self": "x" } });
        assert_eq!(differ(schema, record, came), ["is returned changed"]);
    }

    #[test]
    fn what_the_contract_does_not_promise_is_not_compared() {
        for schema in [
            json!({ "type": "string", "writeOnly": true }),
            json!({ "type": "string", "readOnly": true }),
        ] {
            assert!(differ(schema, json!("a"), json!({})).is_empty());
        }
        let email = json!({ "type": "string", "format": "email" });
        assert!(differ(email, json!("Zz@A.example"), json!({ "m": "Zz@a.example" })).is_empty());
        let set = json!({ "type": "array", "uniqueItems": true });
        assert!(differ(set, json!(["b", "a"]), json!({ "m": ["a", "b"] })).is_empty());
        assert!(differ(json!({}), Value::Null, json!({})).is_empty());
    }

    #[test]
    fn lists_keep_their_order_and_numbers_their_value() {
        let list = json!({ "type": "array" });
        assert_eq!(
            differ(list, json!(["b", "a"]), json!({ "m": ["a", "b"] })),
            ["is returned in another order"]
        );
        let number = json!({ "type": "number" });
        assert!(differ(number.clone(), json!(1), json!({ "m": 1.0 })).is_empty());
        assert_eq!(
            differ(number, json!(120.55), json!({ "m": 121.0 })),
            ["is returned as another number"]
        );
        let long = json!({ "type": "integer", "format": "int64" });
        assert_eq!(
            differ(
                long,
                json!(9_007_199_254_740_993_i64),
                json!({ "m": 9_007_199_254_740_992_i64 })
            ),
            ["is returned as another number"]
        );
    }
}

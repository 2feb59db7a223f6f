//! What a run sent against the contract, and the target took all the same (owner of [`Planted`]).
//!
//! Such a value, and the record that holds it, come back in later responses. What those break then is an effect of
//! the write that was accepted, and no defect of the read.

use std::collections::{HashMap, HashSet};

use serde_json::Value;

use crate::event::Exchanged;
use muster_core::{
    exchange::ExchangeId,
    observation::{Content, Observation},
};

/// How an exchange has to do with what was planted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Planting {
    /// What it shows was planted.
    Shown,
    /// It shows something else.
    Other,
    /// Its body was not kept whole, so this cannot be told.
    Unknown,
}

/// How many values of one name are kept.
const VALUES: usize = 200;
/// How many properties of one body are looked at.
const PROPERTIES: usize = 300;
/// How much of a value is kept.
const LONGEST: usize = 200;

/// See the module.
#[derive(Debug, Default)]
pub(super) struct Planted {
    /// The accepted requests themselves.
    exchanges: HashSet<ExchangeId>,
    /// Values by the name of their property, as JSON.
    values: HashMap<String, HashSet<String>>,
    /// The same of requests that the contract allows: such a value is nothing that only a wrong request brings.
    allowed: HashMap<String, HashSet<String>>,
    /// Addresses of the records that hold them, without query.
    records: HashSet<String>,
}

impl Planted {
    /// Takes note of an exchange.
    pub(super) fn take(&mut self, exchanged: &Exchanged) {
        let observation = &exchanged.observation;
        let Some(body) = json(observation.request_body.as_ref()) else {
            return;
        };
        let accepted = observation
            .status
            .is_some_and(|status| (200..300).contains(&status));
        if !exchanged.wrong {
            note(&mut self.allowed, &body);
            return;
        }
        if !accepted || observation.method.is_safe() {
            return;
        }
        self.exchanges.insert(observation.id);
        note(&mut self.values, &body);
        self.records.extend(records(observation));
    }

    /// Whether what an exchange shows at a place of its response's body was planted.
    pub(super) fn explains(&self, shown: &Observation, pointer: &str, received: &str) -> Planting {
        let address = address(&shown.url);
        if self.exchanges.is_empty() {
            return Planting::Other;
        }
        let is_planted = self.exchanges.contains(&shown.id)
            || self.is_record(address)
            || self.names_a_planted_property(received)
            || self.holds(shown, address, pointer, received);
        let is_whole = shown
            .response_body
            .as_ref()
            .is_none_or(|body| !body.abridged);
        match (is_planted, is_whole) {
            (true, _) => Planting::Shown,
            (false, true) => Planting::Other,
            (false, false) => Planting::Unknown,
        }
    }

    /// Whether what was received names a property that no allowed request has, in quotes.
    fn names_a_planted_property(&self, received: &str) -> bool {
        received
            .split(['\'', '"', '`'])
            .skip(1)
            .step_by(2)
            .any(|name| self.values.contains_key(name) && !self.allowed.contains_key(name))
    }

    fn holds(&self, shown: &Observation, address: &str, pointer: &str, received: &str) -> bool {
        let name = name_of(pointer);
        let body = json(shown.response_body.as_ref());
        if let Some(body) = &body {
            if let Some(name) = name
                && let Some(value) = body.pointer(pointer)
                && self.is_planted(name, &text(value))
            {
                return true;
            }
            return self.is_inside_a_record(address, body, pointer);
        }
        // A body that was not kept whole: what was received begins with the value.
        name.and_then(|name| self.values.get(name))
            .is_some_and(|values| {
                values
                    .iter()
                    .any(|value| value.len() > 3 && received.starts_with(value.as_str()))
            })
    }

    fn is_planted(&self, name: &str, value: &str) -> bool {
        let has = |held: &HashMap<String, HashSet<String>>| {
            held.get(name).is_some_and(|values| values.contains(value))
        };
        has(&self.values) && !has(&self.allowed)
    }

    fn is_record(&self, address: &str) -> bool {
        let mut end = address.len();
        while end > 0 {
            if self
                .records
                .contains(address.get(..end).unwrap_or_default())
            {
                return true;
            }
            end = address
                .get(..end)
                .and_then(|held| held.rfind('/'))
                .unwrap_or_default();
        }
        false
    }

    /// Whether an object on the way to the place is the representation of a record that holds what was planted.
    fn is_inside_a_record(&self, address: &str, body: &Value, pointer: &str) -> bool {
        let mut at = pointer;
        loop {
            if let Some(object) = body.pointer(at)
                && ids(object).any(|id| self.records.contains(&format!("{address}/{id}")))
            {
                return true;
            }
            match at.rfind('/') {
                Some(end) => at = at.get(..end).unwrap_or_default(),
                None => return false,
            }
        }
    }
}

/// The name of the property that a pointer leads to, or the nearest above an item of an array.
pub(super) fn name_of(pointer: &str) -> Option<&str> {
    pointer
        .rsplit('/')
        .find(|part| !part.is_empty() && part.parse::<usize>().is_err())
}

fn json(content: Option<&Content>) -> Option<Value> {
    let content = content.filter(|content| !content.abridged)?;
    serde_json::from_str(&content.text).ok()
}

fn text(value: &Value) -> String {
    let text = value.to_string();
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => text.get(..end).unwrap_or_default().to_owned(),
        None => text,
    }
}

/// A URL without its query and without a `/` at its end.
fn address(url: &str) -> &str {
    url.split(['?', '#'])
        .next()
        .unwrap_or(url)
        .trim_end_matches('/')
}

/// Notes every value of a body by the name of its property.
fn note(held: &mut HashMap<String, HashSet<String>>, body: &Value) {
    let mut open: Vec<(Option<&str>, &Value)> = vec![(None, body)];
    let mut seen = 0;
    while let Some((name, value)) = open.pop() {
        seen += 1;
        if seen > PROPERTIES {
            return;
        }
        if let Some(name) = name {
            let values = held.entry(name.to_owned()).or_default();
            if values.len() < VALUES {
                values.insert(text(value));
            }
        }
        match value {
            Value::Object(object) => {
                open.extend(
                    object
                        .iter()
                        .map(|(name, value)| (Some(name.as_str()), value)),
                );
            }
            Value::Array(items) => open.extend(items.iter().map(|item| (name, item))),
            _ => {}
        }
    }
}

/// The addresses at which the record of an accepted write may be read.
fn records(written: &Observation) -> Vec<String> {
    let own = address(&written.url);
    let mut records = Vec::new();
    if written.method != muster_core::model::Method::Post {
        records.push(own.to_owned());
        return records;
    }
    let location = written
        .response_headers
        .iter()
        .find(|(name, _)| name.eq_ignore_ascii_case("location"))
        .and_then(|(_, value)| url::Url::parse(own).ok()?.join(value).ok());
    records.extend(location.map(|location| address(location.as_str()).to_owned()));
    if let Some(body) = json(written.response_body.as_ref()) {
        records.extend(ids(&body).map(|id| format!("{own}/{id}")));
    }
    records.retain(|record| record != own);
    records
}

/// The values of an object's properties that may name it in a path.
fn ids(object: &Value) -> impl Iterator<Item = String> {
    object
        .as_object()
        .into_iter()
        .flatten()
        .filter(|(name, _)| is_name_of_a_record(name))
        .filter_map(|(_, value)| match value {
            Value::String(id) if !id.is_empty() && id.len() <= 100 => Some(id.clone()),
            Value::Number(id) if id.is_u64() => Some(id.to_string()),
            _ => None,
        })
}

fn is_name_of_a_record(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    ["id", "uuid", "guid", "key", "name", "slug"].contains(&lower.as_str())
        || lower.ends_with("_id")
        || name.ends_with("Id")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        event::Event,
        summary::fixture::{exchanged, observation},
    };

    fn written(wrong: bool, status: u16, sent: &str, came: &str) -> Planted {
        let mut planted = Planted::default();
        planted.take(&write(1, wrong, status, sent, came));
        planted
    }

    fn write(id: u64, wrong: bool, status: u16, sent: &str, came: &str) -> Exchanged {
        let mut observation = observation(id, "POST /people", status, came);
        observation.request_body = Some(Content {
            bytes: sent.len() as u64,
            text: sent.to_owned(),
            abridged: false,
        });
        match exchanged(observation, &[]) {
            Event::Exchanged(exchanged) => Exchanged {
                wrong,
                ..*exchanged
            },
            _ => unreachable!("the fixture makes exchanges"),
        }
    }

    fn read(address: &str, body: &str) -> Observation {
        observation(9, &format!("GET {address}"), 200, body)
    }

    #[test]
    fn a_value_that_comes_back_was_planted() {
        let planted = written(true, 201, r#"{"age": "seven"}"#, r#"{"id": 7}"#);
        let list = read("/search", r#"{"items": [{"id": 7, "age": "seven"}]}"#);
        assert_eq!(planted.explains(&list, "/items/0/age", ""), Planting::Shown);
        assert_eq!(planted.explains(&list, "/items/0/id", ""), Planting::Other);
        let another = read("/search", r#"{"items": [{"id": 8, "age": "eight"}]}"#);
        assert_eq!(
            planted.explains(&another, "/items/0/age", ""),
            Planting::Other
        );
    }

    #[test]
    fn the_record_that_holds_it_explains_what_is_missing_in_it() {
        let planted = written(true, 201, r#"{"age": 7}"#, r#"{"id": 7}"#);
        assert_eq!(
            planted.explains(&read("/people/7", r#"{"id": 7}"#), "", ""),
            Planting::Shown
        );
        assert_eq!(
            planted.explains(
                &read("/people", r#"{"items": [{"id": 7}]}"#),
                "/items/0",
                ""
            ),
            Planting::Shown
        );
        assert_eq!(
            planted.explains(&read("/people/8", r#"{"id": 8}"#), "", ""),
            Planting::Other
        );
        assert_eq!(
            planted.explains(
                &read("/people", r#"{"items": [{"id": 70}]}"#),
                "/items/0",
                ""
            ),
            Planting::Other
        );
    }

    #[test]
    fn what_was_refused_or_is_allowed_was_not_planted() {
        let list = read("/people", r#"{"items": [{"age": "seven"}]}"#);
        let refused = written(true, 400, r#"{"age": "seven"}"#, "{}");
        assert_eq!(refused.explains(&list, "/items/0/age", ""), Planting::Other);
        let mut both = written(true, 201, r#"{"age": "seven"}"#, "{}");
        both.take(&write(2, false, 201, r#"{"age": "seven"}"#, "{}"));
        assert_eq!(both.explains(&list, "/items/0/age", ""), Planting::Other);
    }
}

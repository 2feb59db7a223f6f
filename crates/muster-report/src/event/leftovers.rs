//! What a run left at its target, by its events alone, and how a record shows that it is the run's own (owner of
//! [`Leftovers`] and [`Leftover`]).

use std::collections::{BTreeMap, HashMap};

use serde_json::Value;

use super::{Creation, Entry, Event, Started};
use muster_core::{
    exchange::ExchangeId,
    observation::{Content, Observation},
};

/// How many states of one record are kept: what was sent, what it was answered with, and the latest that were seen.
const STATES: usize = 8;
/// Words in the names of properties that a server changes by itself.
const VOLATILE: [&str; 8] = [
    "updated", "modified", "changed", "version", "revision", "etag", "last", "links",
];

/// A record that a run created, or may have created, and that no event tells to be gone.
#[derive(Debug, Clone, PartialEq)]
pub struct Leftover {
    /// What is known of its creation.
    pub creation: Creation,
    /// Whether a response said that it was created.
    pub is_created: bool,
    /// Whether the run read it at its address.
    pub was_seen: bool,
    /// States that the run sent or saw, redacted.
    states: Vec<Value>,
}

impl Leftover {
    /// Whether a record that was read, redacted in the same way, is this one: it shows the run's own text, or nothing in it
    /// contradicts a state that the run sent or saw, and more than its number says so.
    #[must_use]
    pub fn is_shown_by(&self, record: &Value, run_tag: &str) -> bool {
        if record.to_string().contains(run_tag) {
            return true;
        }
        let id = self.id();
        self.states.iter().any(|state| {
            wrapped(record)
                .into_iter()
                .any(|record| agree(state, record, id).is_enough())
        })
    }

    /// Whether an item of a collection is this record, or one that the run made like it: it shows the run's own text, and
    /// nothing in it contradicts what was sent; or it shows everything that was sent, a text among it that was drawn at
    /// random and that the contract (`is_common`) does not have. Equal values alone say nothing where the address is not
    /// known.
    #[must_use]
    pub fn is_marked_in(
        &self,
        item: &Value,
        redacted: &Value,
        run_tag: &str,
        is_common: &dyn Fn(&str) -> bool,
    ) -> bool {
        let bears_tag = item.to_string().contains(run_tag);
        if bears_tag && self.states.is_empty() {
            return true;
        }
        self.states.iter().any(|state| {
            let agreement = agree(state, redacted, None);
            agreement.different == 0
                && (bears_tag || agreement.missing == 0 && has_random(state, is_common))
        })
    }

    /// Whether nothing in an item contradicts what was sent, so that it may be this record.
    #[must_use]
    pub fn may_be(&self, redacted: &Value) -> bool {
        self.states.iter().any(|state| {
            let agreement = agree(state, redacted, None);
            agreement.different == 0 && agreement.equal > 0
        })
    }

    /// The last segment of its address: its id, which every record at that address shows.
    fn id(&self) -> Option<&str> {
        let removal = self.creation.removal.as_deref()?;
        removal.rsplit('/').next()
    }

    fn learn(&mut self, state: Value) {
        if self.states.contains(&state) {
            return;
        }
        if self.states.len() >= STATES {
            // The first tells how it was created.
            self.states.remove(1);
        }
        self.states.push(state);
    }
}

/// The records that a run left, as its events are read in order.
#[derive(Debug, Default)]
pub struct Leftovers {
    /// The start of the run, once it was read.
    pub started: Option<Box<Started>>,
    open: BTreeMap<u64, Leftover>,
    /// Records by the path of their removal.
    at: HashMap<String, Vec<u64>>,
    /// What writes were answered with, until an event tells what they created.
    answered: HashMap<ExchangeId, Value>,
}

impl Leftovers {
    /// Takes the next event.
    pub fn take(&mut self, entry: Entry) {
        match entry.event {
            Event::Started(started) => {
                self.started.get_or_insert(started);
            }
            Event::CreationIntended(mut creation) => {
                let states = creation.sent.take().into_iter().collect();
                self.open.insert(
                    creation.number,
                    Leftover {
                        creation,
                        is_created: false,
                        was_seen: false,
                        states,
                    },
                );
            }
            Event::Created(creation) => self.created(creation),
            Event::Removed(creation) | Event::Absent(creation) => {
                self.open.remove(&creation.number);
            }
            Event::LeftBehind(creation, _) => {
                // It stands as the events before it say; only an old journal tells its removal here alone.
                if let Some(leftover) = self.open.get_mut(&creation.number)
                    && leftover.creation.removal.is_none()
                {
                    leftover.creation.removal = creation.removal;
                }
            }
            Event::Exchanged(exchanged) => self.exchanged(&exchanged.observation),
            _ => {}
        }
    }

    /// Those that are or may be there, the last first.
    #[must_use]
    pub fn in_reverse(self) -> Vec<Leftover> {
        self.open.into_values().rev().collect()
    }

    fn created(&mut self, creation: Creation) {
        let answer = creation
            .exchange
            .and_then(|exchange| self.answered.remove(&exchange));
        let number = creation.number;
        let leftover = self.open.entry(number).or_insert_with(|| Leftover {
            creation: creation.clone(),
            is_created: true,
            was_seen: false,
            states: Vec::new(),
        });
        leftover.is_created = true;
        let path = leftover.creation.path.take();
        leftover.creation = Creation {
            path: creation.path.clone().or(path),
            ..creation
        };
        if let Some(answer) = answer {
            leftover.learn(answer);
        }
        if let Some(path) = leftover.creation.removal.as_deref().and_then(path_of) {
            self.at.entry(path.to_owned()).or_default().push(number);
        }
    }

    fn exchanged(&mut self, observation: &Observation) {
        let is_success = observation
            .status
            .is_some_and(|status| (200..300).contains(&status));
        if !is_success || observation.method.is_safe() && self.at.is_empty() {
            return;
        }
        let answer = observation.response_body.as_ref().and_then(json);
        let path = observation.url.split('?').next().unwrap_or_default();
        let base = self
            .started
            .as_ref()
            .map(|started| started.base_url.as_str());
        let path = base
            .and_then(|base| path.strip_prefix(base.trim_end_matches('/')))
            .unwrap_or_default();
        if let Some(numbers) = self.at.get(path) {
            let sent = observation.request_body.as_ref().and_then(json);
            for number in numbers {
                if let Some(leftover) = self.open.get_mut(number) {
                    leftover.was_seen |= observation.method.is_safe();
                    for state in [&sent, &answer].into_iter().flatten() {
                        leftover.learn(state.clone());
                    }
                }
            }
        } else if !observation.method.is_safe()
            && let Some(answer) = answer
        {
            self.answered.insert(observation.id, answer);
        }
    }
}

/// The path of `DELETE /people/1`.
#[must_use]
pub fn path_of(removal: &str) -> Option<&str> {
    removal.split_once(' ').map(|(_, path)| path)
}

fn json(content: &Content) -> Option<Value> {
    (!content.abridged)
        .then(|| serde_json::from_str::<Value>(&content.text).ok())
        .flatten()
        .filter(Value::is_object)
}

/// A record, and the objects in it that it may be wrapped in.
fn wrapped(record: &Value) -> Vec<&Value> {
    let mut all = vec![record];
    for inner in record
        .as_object()
        .into_iter()
        .flatten()
        .map(|(_, inner)| inner)
    {
        if inner.is_object() {
            all.push(inner);
        }
    }
    all
}

/// How far two states of a record agree.
#[derive(Debug, Default, Clone, Copy)]
struct Agreement {
    equal: u64,
    different: u64,
    /// How many properties the record does not show.
    missing: u64,
    /// Whether what is equal can hardly be so by chance, beside the id.
    distinctive: bool,
}

impl Agreement {
    const fn is_enough(self) -> bool {
        self.different == 0 && (self.equal >= 1 || self.distinctive)
    }
}

fn agree(state: &Value, record: &Value, id: Option<&str>) -> Agreement {
    let mut agreement = Agreement::default();
    compare(state, record, id, &mut agreement);
    agreement
}

fn compare(state: &Value, record: &Value, id: Option<&str>, agreement: &mut Agreement) {
    let (Some(state), Some(record)) = (state.as_object(), record.as_object()) else {
        return;
    };
    for (name, expected) in state {
        let Some(actual) = record.get(name) else {
            agreement.missing += 1;
            continue;
        };
        if is_masked(expected) || is_masked(actual) {
            continue;
        }
        if expected.is_object() && actual.is_object() {
            compare(expected, actual, id, agreement);
        } else if expected == actual {
            let text = expected
                .as_str()
                .map_or_else(|| expected.to_string(), str::to_owned);
            if id == Some(text.as_str()) {
                // A number is given again by a server that starts anew; a long id is not.
                agreement.distinctive |= text.len() >= 16;
            } else if !expected.is_null() {
                agreement.equal += 1;
            }
        } else if !is_volatile(name) {
            agreement.different += 1;
        }
    }
}

/// Whether a text of an object was drawn at random: letters and digits, or small and capital letters, mixed. What names
/// something else (an id, a reference) may have been read at the target, and says nothing.
fn has_random(state: &Value, is_common: &dyn Fn(&str) -> bool) -> bool {
    state
        .as_object()
        .into_iter()
        .flatten()
        .any(|(name, value)| {
            let name = name.to_ascii_lowercase();
            let names_another = ["id", "ref", "key", "code", "url", "uri", "href", "number"]
                .iter()
                .any(|end| name.ends_with(end));
            value
                .as_str()
                .is_some_and(|text| !names_another && looks_random(text) && !is_common(text))
        })
}

fn looks_random(text: &str) -> bool {
    let inner = text.get(1..).unwrap_or_default();
    let has = |is: fn(&u8) -> bool, text: &str| text.as_bytes().iter().any(is);
    let letters = has(u8::is_ascii_alphabetic, text);
    (6..=64).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric())
        && letters
        && (has(u8::is_ascii_digit, text)
            || has(u8::is_ascii_uppercase, inner) && has(u8::is_ascii_lowercase, text))
}

fn is_volatile(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    VOLATILE.iter().any(|word| name.contains(word))
}

fn is_masked(value: &Value) -> bool {
    value.as_str().is_some_and(|text| {
        text.contains("[personal]") || text.contains("[secret]") || text.contains("$MUSTER_")
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may stop where it stands")]

    use serde_json::json;

    use super::*;
    use muster_core::model::{IdentityName, Method, OperationKey};

    fn creation(number: u64, removal: Option<&str>) -> Creation {
        Creation {
            number,
            operation: OperationKey::new(Method::Post, "/people".to_owned()),
            removal: removal.map(str::to_owned),
            identity: IdentityName::default(),
            path: None,
            sent: None,
            exchange: None,
        }
    }

    fn leftover(removal: &str, states: Vec<Value>) -> Leftover {
        Leftover {
            creation: creation(1, Some(removal)),
            is_created: true,
            was_seen: false,
            states,
        }
    }

    #[test]
    fn a_record_is_recognised_by_what_was_sent() {
        let own = leftover(
            "DELETE /people/7",
            vec![json!({ "town": "Leeds", "age": 41 })],
        );
        let shows = |record: Value| own.is_shown_by(&record, "muster-7f3a9c");
        assert!(shows(json!({ "id": 7, "town": "Leeds", "age": 41 })));
        assert!(shows(
            json!({ "data": { "id": 7, "town": "Leeds", "age": 41 } })
        ));
        assert!(shows(
            json!({ "id": 7, "town": "York", "note": "muster-7f3a9c-x" })
        ));
        assert!(!shows(json!({ "id": 7, "town": "York", "age": 41 })));
        assert!(!shows(json!({ "id": 7 })));
        assert!(!shows(json!({})));
    }

    #[test]
    fn a_number_that_is_given_again_recognises_nothing() {
        let masked = json!({ "id": "7", "surname": "[personal]" });
        let own = leftover("DELETE /people/7", vec![masked.clone()]);
        assert!(!own.is_shown_by(&masked, "muster-7f3a9c"));
        let uuid = "3f0e9d53-90a5-4a2f-a8d6-0d6c1f7a2b11";
        let masked = json!({ "id": uuid, "surname": "[personal]" });
        let own = leftover(&format!("DELETE /people/{uuid}"), vec![masked.clone()]);
        assert!(own.is_shown_by(&masked, "muster-7f3a9c"));
    }

    #[test]
    fn an_item_counts_by_a_mark_or_by_a_text_drawn_at_random() {
        let none = |_: &str| false;
        let marked = |state: Value, item: Value| {
            leftover("DELETE /people/7", vec![state]).is_marked_in(
                &item,
                &item,
                "muster-7f3a9c",
                &none,
            )
        };
        let town = json!({ "town": "Leeds" });
        assert!(!marked(town.clone(), json!({ "id": 9, "town": "Leeds" })));
        let tagged = json!({ "id": 9, "town": "Leeds", "name": "muster-7f3a9c-x" });
        assert!(marked(town.clone(), tagged.clone()));
        assert!(!marked(json!({ "town": "York" }), tagged));
        let drawn = json!({ "town": "gW1gIm", "age": 4 });
        assert!(marked(
            drawn.clone(),
            json!({ "id": 9, "town": "gW1gIm", "age": 4 })
        ));
        assert!(!marked(drawn.clone(), json!({ "id": 9, "town": "gW1gIm" })));
        assert!(!marked(
            drawn,
            json!({ "id": 9, "town": "gW1gIm", "age": 5 })
        ));
        let reference = json!({ "personId": "gW1gIm" });
        assert!(!marked(reference.clone(), reference));
    }

    #[test]
    fn what_a_server_changes_by_itself_contradicts_nothing() {
        let state = json!({ "town": "Leeds", "updatedAt": "2026-01-01T00:00:00Z", "version": 1 });
        let own = leftover("DELETE /people/7", vec![state]);
        let record = json!({ "town": "Leeds", "updatedAt": "2026-02-01T00:00:00Z", "version": 2 });
        assert!(own.is_shown_by(&record, "muster-7f3a9c"));
    }

    #[test]
    fn what_is_gone_or_was_refused_is_not_left() {
        let mut leftovers = Leftovers::default();
        let events = [
            Event::CreationIntended(creation(1, None)),
            Event::CreationIntended(creation(2, None)),
            Event::Created(creation(1, Some("DELETE /people/1"))),
            Event::CreationIntended(creation(3, None)),
            Event::Created(creation(2, Some("DELETE /people/2"))),
            Event::Absent(creation(3, None)),
            Event::CreationIntended(creation(4, None)),
            Event::Removed(creation(1, Some("DELETE /people/1"))),
        ];
        for event in events {
            leftovers.take(Entry { at_us: 0, event });
        }
        let left: Vec<(u64, bool)> = leftovers
            .in_reverse()
            .iter()
            .map(|left| (left.creation.number, left.is_created))
            .collect();
        assert_eq!(left, [(4, false), (2, true)]);
    }
}

//! Bodies that are sequences of items: JSON Lines, JSON text sequences and server-sent events (owner of [`Sequence`]).

use serde_json::{Map, Value};

/// How a media type separates the items of its body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sequence {
    /// One JSON text in each line: NDJSON and JSON Lines.
    Lines,
    /// JSON texts that each follow a record separator (RFC 7464).
    Texts,
    /// Server-sent events (`text/event-stream`).
    Events,
    /// Parts that replace each other (`multipart/x-mixed-replace`): images of a camera, say.
    Parts,
}

/// One item of a body.
#[derive(Debug, Clone, PartialEq)]
pub struct Item {
    /// Its number in the body, from 1.
    pub number: usize,
    /// What it is.
    pub content: Content,
}

/// What an item is.
#[derive(Debug, Clone, PartialEq)]
pub enum Content {
    /// A JSON value.
    Json(Value),
    /// An event that has data.
    Event(Event),
    /// What cannot be read, with the reason.
    Malformed(String),
}

/// A server-sent event, as the HTML standard reads it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Event {
    /// The `event` field, where it has one.
    pub event: Option<String>,
    /// The `data` fields, joined by line feeds.
    pub data: String,
    /// The `id` field, where it has one.
    pub id: Option<String>,
    /// The `retry` field in milliseconds, where it has one.
    pub retry: Option<u64>,
}

impl Event {
    /// The event as OpenAPI 3.2 has it described: an object of its fields.
    #[must_use]
    pub fn to_value(&self) -> Value {
        let mut fields = Map::new();
        for (name, field) in [
            ("event", self.event.clone().map(Value::from)),
            ("data", Some(Value::from(self.data.clone()))),
            ("id", self.id.clone().map(Value::from)),
            ("retry", self.retry.map(Value::from)),
        ] {
            if let Some(field) = field {
                fields.insert(name.to_owned(), field);
            }
        }
        Value::Object(fields)
    }
}

impl Sequence {
    /// The sequence that a media type is; none where it is not one.
    #[must_use]
    pub fn of(media_type: &str) -> Option<Self> {
        let essence = media_type.split(';').next().unwrap_or_default().trim();
        match essence.to_ascii_lowercase().as_str() {
            "text/event-stream" => Some(Self::Events),
            "multipart/x-mixed-replace" => Some(Self::Parts),
            "application/x-ndjson"
            | "application/ndjson"
            | "application/jsonl"
            | "application/x-jsonl"
            | "application/jsonlines"
            | "application/x-jsonlines"
            | "application/json-lines"
            | "application/x-json-stream"
            | "application/stream+json"
            | "text/x-ndjson"
            | "text/jsonl" => Some(Self::Lines),
            "application/json-seq" => Some(Self::Texts),
            other if other.ends_with("+json-seq") => Some(Self::Texts),
            other if other.ends_with("+ndjson") || other.ends_with("+jsonl") => Some(Self::Lines),
            _ => None,
        }
    }

    /// Whether a body of this kind usually has no end.
    #[must_use]
    pub const fn is_endless(self) -> bool {
        matches!(self, Self::Events | Self::Parts)
    }

    /// Whether a body holds at least one complete item.
    #[must_use]
    pub fn has_item(self, body: &[u8]) -> bool {
        match self {
            Self::Lines => body
                .split_inclusive(|byte| *byte == b'\n')
                .any(|line| line.ends_with(b"\n") && !line.trim_ascii().is_empty()),
            Self::Texts => {
                body.split(|byte| *byte == RECORD_SEPARATOR)
                    .filter(|text| !text.trim_ascii().is_empty())
                    .count()
                    > 1
            }
            Self::Events => !self.items(body, false, 1).is_empty(),
            // Its boundary stands in the header: any content counts.
            Self::Parts => !body.is_empty(),
        }
    }

    /// The first items of a body, at most so many. Of a body that is not whole, an item that may be cut short is left
    /// out.
    #[must_use]
    pub fn items(self, body: &[u8], whole: bool, most: usize) -> Vec<Item> {
        let body = body.strip_prefix(BYTE_ORDER_MARK).unwrap_or(body);
        match self {
            Self::Lines => lines(body, whole, most),
            Self::Texts => texts(body, whole, most),
            Self::Events => events(body, most),
            Self::Parts => Vec::new(),
        }
    }
}

const RECORD_SEPARATOR: u8 = 0x1e;
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

fn lines(body: &[u8], whole: bool, most: usize) -> Vec<Item> {
    body.split_inclusive(|byte| *byte == b'\n')
        .filter(|line| whole || line.ends_with(b"\n"))
        .map(<[u8]>::trim_ascii)
        // An empty line keeps a connection open, and is no item.
        .filter(|line| !line.is_empty())
        .take(most)
        .enumerate()
        .map(|(index, line)| Item {
            number: index + 1,
            content: json(line),
        })
        .collect()
}

fn texts(body: &[u8], whole: bool, most: usize) -> Vec<Item> {
    let begins_right = body.trim_ascii_start().first() == Some(&RECORD_SEPARATOR);
    let mut texts: Vec<&[u8]> = body
        .split(|byte| *byte == RECORD_SEPARATOR)
        .take(most.saturating_add(2))
        .filter(|text| !text.trim_ascii().is_empty())
        .collect();
    if !whole && texts.last().is_some_and(|last| !last.ends_with(b"\n")) {
        texts.pop();
    }
    texts
        .into_iter()
        .take(most)
        .enumerate()
        .map(|(index, text)| Item {
            number: index + 1,
            content: if index == 0 && !begins_right {
                Content::Malformed(
                    "no record separator (0x1E) stands before it, as RFC 7464 §2.2 asks".to_owned(),
                )
            } else {
                json(text.trim_ascii())
            },
        })
        .collect()
}

fn json(text: &[u8]) -> Content {
    match serde_json::from_slice(text) {
        Ok(value) => Content::Json(value),
        Err(error) => Content::Malformed(format!("it is not JSON: {error}")),
    }
}

/// Events are dispatched by the empty line that ends them; what follows the last one is not an event.
fn events(body: &[u8], most: usize) -> Vec<Item> {
    let text = String::from_utf8_lossy(body);
    let mut items = Vec::new();
    let mut event = Event::default();
    let mut data: Vec<&str> = Vec::new();
    let mut rest: &str = &text;
    while items.len() < most {
        let Some(end) = rest.find(['\n', '\r']) else {
            break;
        };
        let (line, after) = rest.split_at(end);
        rest = after
            .strip_prefix("\r\n")
            .or_else(|| after.get(1..))
            .unwrap_or_default();
        if line.is_empty() {
            let mut done = std::mem::take(&mut event);
            if !data.is_empty() {
                done.data = std::mem::take(&mut data).join("\n");
                items.push(Item {
                    number: items.len() + 1,
                    content: Content::Event(done),
                });
            }
            continue;
        }
        let (name, value) = line.split_once(':').unwrap_or((line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match name {
            "data" => data.push(value),
            "event" => event.event = Some(value.to_owned()),
            "id" if !value.contains('\0') => event.id = Some(value.to_owned()),
            "retry" if value.bytes().all(|byte| byte.is_ascii_digit()) => {
                event.retry = value.parse().ok();
            }
            // A comment, whose name is empty, or a field that readers ignore.
            _ => {}
        }
    }
    items
}

#[cfg(test)]
mod tests {
    #![allow(clippy::indexing_slicing, reason = "tests stop at what is wrong")]

    use serde_json::json;

    use super::*;

    fn values(sequence: Sequence, body: &[u8], whole: bool) -> Vec<Option<Value>> {
        let items = sequence.items(body, whole, 100);
        assert!(
            items
                .iter()
                .enumerate()
                .all(|(at, item)| item.number == at + 1)
        );
        items
            .into_iter()
            .map(|item| match item.content {
                Content::Json(value) => Some(value),
                Content::Event(event) => Some(event.to_value()),
                Content::Malformed(_) => None,
            })
            .collect()
    }

    #[test]
    fn media_types_are_known_with_parameters_and_in_any_case() {
        for (media_type, sequence) in [
            ("Text/Event-Stream; charset=utf-8", Some(Sequence::Events)),
            ("application/x-ndjson", Some(Sequence::Lines)),
            ("application/geo+json-seq", Some(Sequence::Texts)),
            ("application/json", None),
            ("text/plain", None),
        ] {
            assert_eq!(Sequence::of(media_type), sequence, "{media_type}");
        }
    }

    #[test]
    fn lines_are_items_and_empty_lines_are_none() {
        let body = b"{\"a\":1}\r\n\n[2]\nthree\n{\"b\"";
        let whole = values(Sequence::Lines, body, true);
        assert_eq!(whole, [Some(json!({"a": 1})), Some(json!([2])), None, None]);
        // The last line may go on: it is no item yet.
        assert_eq!(values(Sequence::Lines, body, false).len(), 3);
        assert!(Sequence::Lines.has_item(b"1\n"));
        assert!(!Sequence::Lines.has_item(b"\n{\"a\""));
    }

    #[test]
    fn record_separators_begin_texts() {
        let body = b"\x1e{\"a\":\n1}\n\x1e\x1e2\n\x1etru";
        assert_eq!(
            values(Sequence::Texts, body, true),
            [Some(json!({"a": 1})), Some(json!(2)), None]
        );
        assert_eq!(values(Sequence::Texts, body, false).len(), 2);
        let unseparated = Sequence::Texts.items(b"{\"a\":1}\n", true, 9);
        assert!(matches!(unseparated[0].content, Content::Malformed(_)));
    }

    #[test]
    fn events_are_read_as_the_html_standard_reads_them() {
        let body = b"\xef\xbb\xbf: hello\n\nevent: add\ndata: one\ndata:two\nid: 7\nretry: 100\nother: x\n\nid: 8\n\ndata\r\rdata: cut";
        assert_eq!(
            values(Sequence::Events, body, true),
            [
                Some(json!({"event": "add", "data": "one\ntwo", "id": "7", "retry": 100})),
                Some(json!({"data": ""})),
            ]
        );
        assert!(!Sequence::Events.has_item(b": ping\n\ndata: one\n"));
        assert!(Sequence::Events.has_item(b"data: one\n\n"));
    }

    #[test]
    fn no_more_items_are_read_than_asked_for() {
        let body = "1\n".repeat(1000);
        assert_eq!(Sequence::Lines.items(body.as_bytes(), true, 10).len(), 10);
        let body = "data: 1\n\n".repeat(1000);
        assert_eq!(Sequence::Events.items(body.as_bytes(), true, 10).len(), 10);
    }
}

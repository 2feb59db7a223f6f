//! YAML text as a JSON value, with the place of everything in it, and keys that stand twice.
//!
//! The events of one parser give value, places and duplicates in a single pass. Plain scalars are read
//! as YAML 1.2 has them: `no`, `on` and `y` are text, as is a number with a leading zero or an
//! underscore, so that a version or a case number stays what its author wrote.

use std::{borrow::Cow, collections::HashMap};

use granit_parser::{Event, Options, Parser, ScalarStyle, Span};
use serde_json::{Map, Number, Value};

use muster_core::contract::{Document, DuplicateKey, PositionsBuilder};

use super::{
    contract_json::push,
    contract_source::{DEEPEST, SyntaxError},
};

/// Values that all aliases together may add: against a few lines that grow without bound.
const MOST_ALIASED: usize = 500_000;

/// Reads YAML. Of several documents only the first counts.
pub(super) fn read(text: &str) -> Result<Document, SyntaxError> {
    let mut options = Options::default();
    options.set_emit_comments(false);
    let mut build = Build::default();
    for event in Parser::new_from_str_with_options(text, options) {
        let (event, span) = event.map_err(|error| {
            let mark = error.marker();
            SyntaxError {
                line: mark.line(),
                column: mark.col() + 1,
                message: format!("this is not YAML: {}", error.info()),
            }
        })?;
        if matches!(event, Event::DocumentEnd) {
            break;
        }
        build.take(event, &span)?;
    }
    Ok(Document {
        value: build.done.unwrap_or(Value::Null),
        positions: Some(build.positions.build()),
        duplicates: build.duplicates,
    })
}

/// A collection whose end has not come yet.
struct Open {
    kind: Kind,
    anchor: usize,
    /// The length of the pointer of the collection itself.
    length: usize,
}

enum Kind {
    List(Vec<Value>),
    Object {
        members: Map<String, Value>,
        /// The key whose value comes next, and whether it is a merge key.
        key: Option<(String, bool)>,
        /// Members that `<<` brings, which the object's own go before.
        merged: Vec<Value>,
    },
}

#[derive(Default)]
struct Build {
    open: Vec<Open>,
    pointer: String,
    positions: PositionsBuilder,
    duplicates: Vec<DuplicateKey>,
    anchors: HashMap<usize, (Value, usize)>,
    aliased: usize,
    done: Option<Value>,
}

impl Build {
    fn take(&mut self, event: Event<'_>, span: &Span) -> Result<(), SyntaxError> {
        match event {
            Event::Scalar(text, style, anchor, tag) => {
                if self.wants_key() {
                    // Only an unquoted `<<` merges.
                    let merges = style == ScalarStyle::Plain && text == "<<";
                    return self.key(text.into_owned(), merges, span);
                }
                let string = style != ScalarStyle::Plain
                    || tag.is_some_and(|tag| tag.is_yaml_core_schema_tag("str"));
                let value = if string {
                    Value::String(text.into_owned())
                } else {
                    plain(text)
                };
                self.note(span);
                self.put(value, anchor);
            }
            Event::Alias(id) => {
                let Some((value, size)) = self.anchors.get(&id).cloned() else {
                    return Err(fault(
                        span,
                        "an alias names an anchor that stands around it",
                    ));
                };
                self.aliased += size;
                if self.aliased > MOST_ALIASED {
                    return Err(fault(
                        span,
                        "the aliases of the document grow beyond all measure",
                    ));
                }
                if self.wants_key() {
                    let key = match value {
                        Value::String(text) => text,
                        other => other.to_string(),
                    };
                    return self.key(key, false, span);
                }
                self.note(span);
                self.put(value, 0);
            }
            Event::SequenceStart(_, anchor, _) => {
                self.begin(Kind::List(Vec::new()), anchor, span)?
            }
            Event::MappingStart(_, anchor, _) => {
                let kind = Kind::Object {
                    members: Map::new(),
                    key: None,
                    merged: Vec::new(),
                };
                self.begin(kind, anchor, span)?;
            }
            Event::SequenceEnd | Event::MappingEnd => self.end(span)?,
            _ => {}
        }
        Ok(())
    }

    fn wants_key(&self) -> bool {
        matches!(
            self.open.last(),
            Some(Open {
                kind: Kind::Object { key: None, .. },
                ..
            })
        )
    }

    fn begin(&mut self, kind: Kind, anchor: usize, span: &Span) -> Result<(), SyntaxError> {
        if self.open.len() >= DEEPEST {
            return Err(fault(
                span,
                &format!("values nest deeper than {DEEPEST} levels"),
            ));
        }
        if self.wants_key() {
            return Err(fault(span, "a key must be a single value"));
        }
        self.note(span);
        self.open.push(Open {
            kind,
            anchor,
            length: self.pointer.len(),
        });
        Ok(())
    }

    /// Notes where the next value stands. A member stands where its key does, which was noted then.
    fn note(&mut self, span: &Span) {
        match self.open.last() {
            Some(Open {
                kind: Kind::List(items),
                length,
                ..
            }) => {
                self.pointer.truncate(*length);
                push(&mut self.pointer, &items.len().to_string());
            }
            Some(_) => return,
            None => {}
        }
        self.positions
            .add(&self.pointer, span.start.line(), span.start.col() + 1);
    }

    fn key(&mut self, text: String, merges: bool, span: &Span) -> Result<(), SyntaxError> {
        let Some(Open {
            kind: Kind::Object { members, key, .. },
            length,
            ..
        }) = self.open.last_mut()
        else {
            return Err(fault(span, "a key stands where none can"));
        };
        self.pointer.truncate(*length);
        if members.contains_key(&text) {
            self.duplicates.push(DuplicateKey {
                object: self.pointer.clone(),
                key: text.clone(),
                line: span.start.line(),
            });
        }
        push(&mut self.pointer, &text);
        self.positions
            .add(&self.pointer, span.start.line(), span.start.col() + 1);
        *key = Some((text, merges));
        Ok(())
    }

    fn put(&mut self, value: Value, anchor: usize) {
        if anchor != 0 {
            let size = count(&value);
            self.anchors.insert(anchor, (value.clone(), size));
        }
        match self.open.last_mut() {
            None => {
                self.done.get_or_insert(value);
            }
            Some(open) => {
                match &mut open.kind {
                    Kind::List(items) => items.push(value),
                    Kind::Object {
                        members,
                        key,
                        merged,
                    } => match key.take() {
                        Some((_, true)) => merged.push(value),
                        Some((key, false)) => {
                            members.insert(key, value);
                        }
                        None => {}
                    },
                }
                self.pointer.truncate(open.length);
            }
        }
    }

    fn end(&mut self, span: &Span) -> Result<(), SyntaxError> {
        let Some(open) = self.open.pop() else {
            return Err(fault(span, "a collection ends that never began"));
        };
        self.pointer.truncate(open.length);
        let value = match open.kind {
            Kind::List(items) => Value::Array(items),
            Kind::Object {
                mut members,
                merged,
                ..
            } => {
                for source in merged {
                    merge(&mut members, source);
                }
                Value::Object(members)
            }
        };
        self.put(value, open.anchor);
        Ok(())
    }
}

fn merge(members: &mut Map<String, Value>, source: Value) {
    match source {
        Value::Object(others) => {
            for (name, value) in others {
                members.entry(name).or_insert(value);
            }
        }
        Value::Array(sources) => {
            for source in sources {
                merge(members, source);
            }
        }
        _ => {}
    }
}

fn count(value: &Value) -> usize {
    1 + match value {
        Value::Array(items) => items.iter().map(count).sum(),
        Value::Object(members) => members.values().map(count).sum(),
        _ => 0,
    }
}

fn fault(span: &Span, message: &str) -> SyntaxError {
    SyntaxError {
        line: span.start.line(),
        column: span.start.col() + 1,
        message: message.to_owned(),
    }
}

/// A plain scalar as YAML 1.2 reads it.
fn plain(text: Cow<'_, str>) -> Value {
    match &*text {
        "" | "~" | "null" | "Null" | "NULL" => return Value::Null,
        "true" | "True" | "TRUE" => return Value::Bool(true),
        "false" | "False" | "FALSE" => return Value::Bool(false),
        _ => {}
    }
    number(&text).map_or_else(|| Value::String(text.into_owned()), Value::Number)
}

fn number(text: &str) -> Option<Number> {
    for (prefix, radix) in [("0x", 16), ("0o", 8)] {
        if let Some(digits) = text.strip_prefix(prefix) {
            return u64::from_str_radix(digits, radix).ok().map(Number::from);
        }
    }
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    let first = unsigned.bytes().next()?;
    if !(first.is_ascii_digit() || first == b'.')
        || !unsigned
            .bytes()
            .all(|byte| byte.is_ascii_digit() || matches!(byte, b'.' | b'e' | b'E' | b'+' | b'-'))
    {
        return None;
    }
    let mut digits = unsigned.bytes();
    if digits.next() == Some(b'0') && digits.next().is_some_and(|next| next.is_ascii_digit()) {
        return None;
    }
    let bare = text.strip_prefix('+').unwrap_or(text);
    if unsigned.bytes().all(|byte| byte.is_ascii_digit()) {
        if let Ok(whole) = bare.parse::<i64>() {
            return Some(whole.into());
        }
        if let Ok(whole) = bare.parse::<u64>() {
            return Some(whole.into());
        }
    }
    // `1.` and `.5` are numbers, but `.` and `1.2.3` are not.
    bare.parse::<f64>().ok().and_then(Number::from_f64)
}

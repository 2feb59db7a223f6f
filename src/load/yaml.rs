//! YAML of our own formats, with the place of every part (owner of [`Document`]).
//!
//! One function fixes the settings of the parser. Positions come from a second walk over the events, so
//! that whatever is wrong with a value can be told by line and column, all of it at once.

use std::collections::HashMap;

use granit_parser::{Event, Parser, Span};
use serde::de::DeserializeOwned;
use serde_json::Value;
use serde_saphyr::{MessageFormatter, UserMessageFormatter, options::DuplicateKeyPolicy};

use super::{
    diagnostic::{Diagnostic, Diagnostics},
    source::Source,
};
use muster_checks::suite::Spot;

/// The settings every file of ours is read with.
fn options() -> serde_saphyr::Options {
    serde_saphyr::options! {
        // Duplicate keys are found by the walk over the events, all at once.
        duplicate_keys: DuplicateKeyPolicy::LastWins,
        strict_booleans: true,
        leading_zero_numbers_as_strings: true,
        underscored_numbers_as_strings: true,
        with_snippet: false,
    }
}

/// What must not be shown when an error shows a line.
#[derive(Debug, Clone, Copy)]
pub struct Confidential {
    /// Whether the scalar at this JSON pointer, with this text, may be a secret.
    pub scalar: fn(&str, &str) -> bool,
    /// A line of a file that does not parse, its secrets masked.
    pub line: fn(&str) -> String,
}

impl Confidential {
    /// Nothing is.
    pub const NOTHING: Self = Self {
        scalar: |_, _| false,
        line: str::to_owned,
    };
}

/// A parsed file: its value, and where each part of it stands.
#[derive(Debug)]
pub struct Document {
    /// Where it was read.
    pub source: Source,
    /// What it holds.
    pub value: Value,
    /// The text as it may be shown.
    shown: Source,
    places: HashMap<String, Place>,
}

#[derive(Debug, Clone, Copy)]
struct Place {
    key: Option<Extent>,
    value: Extent,
    container: bool,
}

#[derive(Debug, Clone, Copy)]
struct Extent {
    line: usize,
    column: usize,
    width: usize,
}

impl Document {
    /// Parses a file.
    ///
    /// # Errors
    /// It is not YAML, or holds a key twice.
    pub fn parse(source: Source, confidential: Confidential) -> Result<Self, Diagnostics> {
        let value = serde_saphyr::from_str_with_options::<Value>(&source.text, options())
            .map_err(|error| Diagnostics::from(syntax(&source, &error, confidential)))?;
        let walk = Walk::over(&source.text);
        let mut document = Self {
            shown: masked(&source, &walk, confidential),
            source,
            value,
            places: walk.places,
        };
        if document.value.is_null() {
            document.value = Value::Object(serde_json::Map::new());
        }
        let mut wrong = Diagnostics::new();
        for (name, first, second) in walk.duplicates {
            wrong.push(
                document
                    .diagnostic(second, format!("`{name}` stands here twice"))
                    .help(format!("the first one is on line {}", first.line)),
            );
        }
        wrong.or(document)
    }

    /// The typed value. To be called on a document that its schema allows.
    ///
    /// # Errors
    /// The value does not fit.
    pub fn typed<T: DeserializeOwned>(&self) -> Result<T, Diagnostics> {
        serde_saphyr::from_str_with_options(&self.source.text, options())
            .map_err(|error| Diagnostics::from(syntax(&self.shown, &error, Confidential::NOTHING)))
    }

    /// What is wrong at a JSON pointer: the caret stands under the value, or under the key of a list or map.
    pub fn error(&self, pointer: &str, message: impl Into<String>) -> Diagnostic {
        let place = self.place(pointer);
        let extent = match place.key {
            Some(key) if place.container => key,
            _ => place.value,
        };
        self.diagnostic(extent, message)
    }

    /// What is wrong with the key at a JSON pointer.
    pub fn key_error(&self, pointer: &str, message: impl Into<String>) -> Diagnostic {
        let place = self.place(pointer);
        self.diagnostic(place.key.unwrap_or(place.value), message)
    }

    /// The line at a JSON pointer, from 1.
    #[must_use]
    pub fn line(&self, pointer: &str) -> usize {
        let place = self.place(pointer);
        place.key.unwrap_or(place.value).line
    }

    /// The text at a JSON pointer.
    #[must_use]
    pub fn text(&self, pointer: &str) -> Option<&str> {
        self.value.pointer(pointer)?.as_str()
    }

    /// The items of the list at a JSON pointer, each with its own pointer.
    pub fn items<'a>(&'a self, pointer: &'a str) -> impl Iterator<Item = (String, &'a Value)> {
        self.value
            .pointer(pointer)
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
            .enumerate()
            .map(move |(index, item)| (format!("{pointer}/{index}"), item))
    }

    /// Where every part stands, as [`Document::error`] points to it.
    #[must_use]
    pub fn spots(&self) -> HashMap<String, Spot> {
        self.places
            .iter()
            .map(|(pointer, place)| {
                let extent = match place.key {
                    Some(key) if place.container => key,
                    _ => place.value,
                };
                let spot = Spot {
                    line: extent.line,
                    column: extent.column,
                    width: extent.width,
                };
                (pointer.clone(), spot)
            })
            .collect()
    }

    fn diagnostic(&self, extent: Extent, message: impl Into<String>) -> Diagnostic {
        Diagnostic::at(
            &self.shown,
            extent.line,
            extent.column,
            extent.width,
            message,
        )
    }

    /// The place of a part, or of the nearest part around it: what an alias or a merge brings in has none.
    fn place(&self, pointer: &str) -> Place {
        let mut pointer = pointer;
        loop {
            if let Some(place) = self.places.get(pointer) {
                return *place;
            }
            match pointer.rfind('/') {
                Some(at) => pointer = pointer.get(..at).unwrap_or_default(),
                None => {
                    return Place {
                        key: None,
                        value: Extent {
                            line: 1,
                            column: 1,
                            width: 1,
                        },
                        container: false,
                    };
                }
            }
        }
    }
}

/// A JSON pointer to a member.
#[must_use]
pub fn member(pointer: &str, name: &str) -> String {
    format!("{pointer}/{}", name.replace('~', "~0").replace('/', "~1"))
}

/// What the parser says, in our own form.
fn syntax(source: &Source, error: &serde_saphyr::Error, confidential: Confidential) -> Diagnostic {
    let message = UserMessageFormatter
        .format_message(error.without_snippet())
        .into_owned();
    let Some(location) = error.location() else {
        return Diagnostic::of_file(&source.name, message);
    };
    let line = usize::try_from(location.line()).unwrap_or(1);
    let column = usize::try_from(location.column()).unwrap_or(1);
    let mut diagnostic = Diagnostic::at(
        source,
        line,
        column,
        1,
        format!("this is not YAML: {message}"),
    );
    diagnostic.source_line = (confidential.line)(&diagnostic.source_line);
    diagnostic
}

/// The text with every confidential scalar masked; lines and columns stay.
fn masked(source: &Source, walk: &Walk, confidential: Confidential) -> Source {
    let mut text = source.text.to_string();
    for (pointer, range) in &walk.scalars {
        if let Some(secret) = text.get(range.clone())
            && (confidential.scalar)(pointer, secret)
        {
            let mut colon = false;
            let stars: String = secret
                .chars()
                .map(|character| match character {
                    ' ' | '\n' | '\r' => character,
                    ':' if !std::mem::replace(&mut colon, true) => ':',
                    _ => '*',
                })
                .collect();
            // Ranges come last first, so that a mask of fewer bytes moves none that is still to come.
            text.replace_range(range.clone(), &stars);
        }
    }
    Source {
        text: text.into(),
        ..source.clone()
    }
}

/// One walk over the events of a file.
#[derive(Default)]
struct Walk {
    places: HashMap<String, Place>,
    /// Plain values with the bytes from the end of their key (a tag or an anchor may stand there) to their
    /// own, last first.
    scalars: Vec<(String, std::ops::Range<usize>)>,
    /// Where the last key ended, until its value comes.
    key_end: Option<usize>,
    /// Keys that stand twice: the name, the first, the second.
    duplicates: Vec<(String, Extent, Extent)>,
}

enum Frame {
    Map {
        pointer: String,
        key: Option<(String, Extent)>,
    },
    List {
        pointer: String,
        index: usize,
    },
}

impl Walk {
    fn over(text: &str) -> Self {
        let mut walk = Self::default();
        let mut frames: Vec<Frame> = Vec::new();
        // The parser has read this text before: an error here could only be one it did not see.
        for (event, span) in Parser::new_from_str(text).map_while(Result::ok) {
            match event {
                Event::Scalar(name, ..) => walk.scalar(&mut frames, Some(&name), text, span),
                Event::Alias(_) => walk.scalar(&mut frames, None, text, span),
                Event::MappingStart(..) => {
                    let pointer = walk.node(&mut frames, text, span, true);
                    frames.push(Frame::Map { pointer, key: None });
                }
                Event::SequenceStart(..) => {
                    let pointer = walk.node(&mut frames, text, span, true);
                    frames.push(Frame::List { pointer, index: 0 });
                }
                Event::MappingEnd | Event::SequenceEnd => {
                    frames.pop();
                }
                _ => {}
            }
        }
        walk.scalars.reverse();
        walk
    }

    /// A scalar or an alias: the key of a map, or a value.
    fn scalar(&mut self, frames: &mut [Frame], name: Option<&str>, text: &str, span: Span) {
        if let Some(Frame::Map {
            pointer,
            key: key @ None,
        }) = frames.last_mut()
        {
            let name = name.unwrap_or_default().to_owned();
            let extent = extent(text, span);
            if let Some(first) = self
                .places
                .get(&member(pointer, &name))
                .and_then(|place| place.key)
                .filter(|_| name != "<<")
            {
                self.duplicates.push((name.clone(), first, extent));
            }
            *key = Some((name, extent));
            self.key_end = span.byte_range().map(|range| range.end);
            return;
        }
        let key_end = self.key_end;
        let pointer = self.node(frames, text, span, false);
        if let Some(range) = span.byte_range() {
            self.scalars
                .push((pointer, key_end.unwrap_or(range.start)..range.end));
        }
    }

    /// A value: notes its place and gives its pointer.
    fn node(&mut self, frames: &mut [Frame], text: &str, span: Span, container: bool) -> String {
        self.key_end = None;
        let (pointer, key) = match frames.last_mut() {
            Some(Frame::Map { pointer, key }) => {
                let (name, extent) = key.take().unzip();
                (member(pointer, &name.unwrap_or_default()), extent)
            }
            Some(Frame::List { pointer, index }) => {
                *index += 1;
                (format!("{pointer}/{}", *index - 1), None)
            }
            None => (String::new(), None),
        };
        let place = Place {
            key,
            value: extent(text, span),
            container,
        };
        self.places.entry(pointer.clone()).or_insert(place);
        pointer
    }
}

/// Where a span starts, and how much of its first line it covers.
fn extent(text: &str, span: Span) -> Extent {
    let (line, column) = (span.start.line(), span.start.col() + 1);
    let width = if span.end.line() == line {
        span.end.col() + 1 - column.min(span.end.col() + 1)
    } else {
        text.lines().nth(line.saturating_sub(1)).map_or(1, |line| {
            line.trim_end().chars().count().saturating_sub(column - 1)
        })
    };
    Extent {
        line,
        column,
        width: width.max(1),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Document {
        Document::parse(Source::new("t.yaml", text), Confidential::NOTHING).unwrap()
    }

    fn at(document: &Document, pointer: &str) -> (usize, usize, usize) {
        let error = document.error(pointer, "x");
        (error.line, error.column, error.width)
    }

    #[test]
    fn knows_where_every_part_stands() {
        let document = parse("# first\na: one\nlist:\n  - x: 1\n    y: [p, quit]\nm: {k: v}\n");
        assert_eq!(at(&document, "/a"), (2, 4, 3));
        assert_eq!(
            at(&document, "/list"),
            (3, 1, 4),
            "a list is shown by its key"
        );
        assert_eq!(at(&document, "/list/0/x"), (4, 8, 1));
        assert_eq!(at(&document, "/list/0/y/1"), (5, 12, 4));
        assert_eq!(at(&document, "/m/k"), (6, 8, 1));
        assert_eq!(document.key_error("/a", "x").column, 1);
        assert_eq!(document.line("/list/0/y"), 5);
    }

    #[test]
    fn what_an_alias_brings_in_stands_where_the_alias_stands() {
        let document = parse("base: &b {k: v}\nother: *b\n");
        assert_eq!(document.text("/other/k"), Some("v"));
        assert_eq!(at(&document, "/other/k"), (2, 8, 2));
    }

    #[test]
    fn words_that_look_like_booleans_and_numbers_stay_words() {
        let document = parse("a: no\nb: 0123\nc: 1_000\nd: 2026-11-30\ne: true\n");
        assert_eq!(
            document.value,
            serde_json::json!({"a": "no", "b": "0123", "c": "1_000", "d": "2026-11-30", "e": true})
        );
    }

    #[test]
    fn every_duplicate_key_is_told() {
        let text = "a: 1\nb: 2\na: 3\nm: {x: 1, x: 2}\n";
        let errors =
            Document::parse(Source::new("t.yaml", text), Confidential::NOTHING).unwrap_err();
        let told: Vec<(usize, usize, &str)> = errors
            .iter()
            .map(|e| (e.line, e.column, e.message.as_str()))
            .collect();
        assert_eq!(
            told,
            [
                (3, 1, "`a` stands here twice"),
                (4, 11, "`x` stands here twice")
            ]
        );
    }

    #[test]
    fn a_file_that_is_no_yaml_is_told_by_line_and_column() {
        let errors = Document::parse(
            Source::new("t.yaml", "a: [1, 2\nb: 3\n"),
            Confidential::NOTHING,
        )
        .unwrap_err();
        let error = errors.iter().next().unwrap();
        assert!(error.line >= 1 && error.column >= 1, "{errors}");
        assert!(error.message.starts_with("this is not YAML"), "{errors}");
    }

    #[test]
    fn what_is_confidential_is_never_shown() {
        let confidential = Confidential {
            scalar: |pointer, _| pointer.ends_with("/secret"),
            line: |line| line.replace("hunter2", "*"),
        };
        let text = "a: {secret: hünter2, b: 1}\nc:\n  secret: |-\n    hunter2\n";
        let document = Document::parse(Source::new("t.yaml", text), confidential).unwrap();
        let shown = document.error("/a/b", "x");
        assert_eq!(shown.source_line, "a: {secret: *******, b: 1}");
        assert_eq!(shown.column, 25);
        assert!(
            !document.shown.text.contains("nter2"),
            "{}",
            document.shown.text
        );
        let broken = Document::parse(
            Source::new("t.yaml", "a: [hunter2\nb: ]hunter2\n"),
            confidential,
        )
        .unwrap_err();
        assert!(!broken.to_string().contains("hunter2"), "{broken}");
    }

    #[test]
    fn an_alias_bomb_is_an_error() {
        let mut text = String::from("a0: &a0 [x, x, x, x, x, x, x, x, x]\n");
        for n in 1..9 {
            let (item, list) = (format!("*a{}", n - 1), n);
            text.push_str(&format!(
                "a{list}: &a{list} [{}]\n",
                vec![item; 9].join(", ")
            ));
        }
        assert!(Document::parse(Source::new("t.yaml", text), Confidential::NOTHING).is_err());
    }
}

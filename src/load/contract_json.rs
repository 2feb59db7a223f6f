//! JSON text with the place of everything in it, and keys that stand twice.

use muster_core::contract::{Document, DuplicateKey, PositionsBuilder};

use super::contract_source::SyntaxError;

/// Reads JSON.
pub(super) fn read(text: &str) -> Result<Document, SyntaxError> {
    let value = serde_json::from_str(text).map_err(|error| SyntaxError {
        line: error.line(),
        column: error.column(),
        message: format!("this is not JSON: {}", bare(&error)),
    })?;
    let scan = scan(text);
    Ok(Document {
        value,
        positions: Some(scan.positions.build()),
        duplicates: scan.duplicates,
    })
}

/// Walks text that is known to be JSON.
fn scan(text: &str) -> Scan<'_> {
    let mut scan = Scan {
        bytes: text.as_bytes(),
        at: 0,
        line: 1,
        line_start: 0,
        counted: 0,
        column: 0,
        steps: 0,
        pointer: String::new(),
        positions: PositionsBuilder::default(),
        duplicates: Vec::new(),
    };
    scan.note();
    scan.value();
    scan
}

/// The error without the place, which is told beside it.
fn bare(error: &serde_json::Error) -> String {
    let text = error.to_string();
    match text.rfind(" at line ") {
        Some(end) => text.get(..end).unwrap_or_default().to_owned(),
        None => text,
    }
}

/// Walks text that is known to be JSON, no deeper than `serde_json` went.
struct Scan<'a> {
    bytes: &'a [u8],
    at: usize,
    line: usize,
    line_start: usize,
    /// Where counting stands in the current line, and the characters of the line before it.
    counted: usize,
    column: usize,
    /// Bytes that were counted, for the test that reading is linear.
    steps: usize,
    pointer: String,
    positions: PositionsBuilder,
    duplicates: Vec<DuplicateKey>,
}

impl Scan<'_> {
    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn space(&mut self) {
        while let Some(byte) = self.peek() {
            match byte {
                b'\n' => {
                    self.line += 1;
                    self.line_start = self.at + 1;
                }
                b' ' | b'\t' | b'\r' => {}
                _ => return,
            }
            self.at += 1;
        }
    }

    /// Notes the place of the current pointer, which begins at the next token.
    fn note(&mut self) {
        self.space();
        // Places are noted in the order of the text: each byte of a line is counted once.
        if self.counted < self.line_start {
            (self.counted, self.column) = (self.line_start, 0);
        }
        let uncounted = self.bytes.get(self.counted..self.at).unwrap_or_default();
        self.steps += uncounted.len();
        self.column += uncounted
            .iter()
            .filter(|byte| **byte & 0xC0 != 0x80)
            .count();
        self.counted = self.at;
        self.positions
            .add(&self.pointer, self.line, self.column + 1);
    }

    fn value(&mut self) {
        self.space();
        match self.peek() {
            Some(b'{') => self.object(),
            Some(b'[') => self.array(),
            Some(b'"') => {
                self.text();
            }
            _ => {
                while !matches!(
                    self.peek(),
                    None | Some(b',' | b'}' | b']' | b' ' | b'\n' | b'\r' | b'\t')
                ) {
                    self.at += 1;
                }
            }
        }
    }

    /// The text at the place, with its quotes.
    fn text(&mut self) -> &[u8] {
        let start = self.at;
        self.at += 1;
        while let Some(byte) = self.peek() {
            self.at += 1;
            match byte {
                b'\\' => self.at += 1,
                b'"' => break,
                _ => {}
            }
        }
        self.bytes.get(start..self.at).unwrap_or_default()
    }

    fn object(&mut self) {
        self.at += 1;
        let length = self.pointer.len();
        let mut keys = std::collections::HashSet::new();
        loop {
            self.space();
            match self.peek() {
                Some(b'"') => {}
                Some(b',') => {
                    self.at += 1;
                    continue;
                }
                _ => break,
            }
            let (key_at, key_line, key_start) = (self.at, self.line, self.line_start);
            let key: String = serde_json::from_slice(self.text()).unwrap_or_default();
            let after = self.at;
            push(&mut self.pointer, &key);
            (self.at, self.line, self.line_start) = (key_at, key_line, key_start);
            self.note();
            self.at = after;
            self.space();
            self.at += 1;
            self.value();
            self.pointer.truncate(length);
            if !keys.insert(key.clone()) {
                self.duplicates.push(DuplicateKey {
                    object: self.pointer.clone(),
                    key,
                    line: key_line,
                });
            }
        }
        self.at += 1;
    }

    fn array(&mut self) {
        self.at += 1;
        let length = self.pointer.len();
        let mut index = 0_usize;
        loop {
            self.space();
            match self.peek() {
                Some(b']') | None => break,
                Some(b',') => {
                    self.at += 1;
                    continue;
                }
                _ => {}
            }
            push(&mut self.pointer, &index.to_string());
            self.note();
            self.value();
            self.pointer.truncate(length);
            index += 1;
        }
        self.at += 1;
    }
}

/// Adds a token to a JSON pointer.
pub(super) fn push(pointer: &mut String, token: &str) {
    pointer.push('/');
    for character in token.chars() {
        match character {
            '~' => pointer.push_str("~0"),
            '/' => pointer.push_str("~1"),
            other => pointer.push(other),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_byte_of_a_line_is_counted_once() {
        for members in [10, 1_000] {
            let body: Vec<String> = (0..members).map(|n| format!("\"é{n}\":[{n}]")).collect();
            let text = format!("{{{}}}", body.join(","));
            let scan = scan(&text);
            assert!(scan.steps <= text.len(), "{} of {}", scan.steps, text.len());
        }
    }
}

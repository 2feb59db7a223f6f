//! Finds the values of named members in JSON, query strings and forms (owner of [`Masks`]).
//!
//! JSON is scanned, not parsed: what is kept must look as it came, may be cut off in the middle, and
//! may not be JSON after all.

use percent_encoding::percent_decode;

use super::secrets::{Edit, Label};

/// Members that hold a secret in any API.
const SECRET_MEMBERS: [&str; 6] = [
    "access_token",
    "refresh_token",
    "id_token",
    "client_secret",
    "client_assertion",
    "password",
];

/// The names of members whose values are masked.
#[derive(Debug, Clone, Default)]
pub(super) struct Masks {
    personal: Vec<String>,
}

impl Masks {
    pub(super) fn new<'a>(names: impl IntoIterator<Item = &'a str>) -> Self {
        Self {
            personal: names.into_iter().map(str::to_owned).collect(),
        }
    }

    /// Every name, for a first look.
    pub(super) fn names(&self) -> Vec<String> {
        SECRET_MEMBERS
            .into_iter()
            .map(str::to_owned)
            .chain(self.personal.iter().cloned())
            .collect()
    }

    /// What takes the place of the value of this member.
    pub(super) fn label(&self, name: &str) -> Option<&'static str> {
        if self
            .personal
            .iter()
            .any(|held| held.eq_ignore_ascii_case(name))
        {
            Some("[personal]")
        } else if SECRET_MEMBERS
            .iter()
            .any(|held| held.eq_ignore_ascii_case(name))
        {
            Some("[secret]")
        } else {
            None
        }
    }

    /// Finds values in pairs such as `a=1&b=2`, which begin at this place.
    pub(super) fn pairs(&self, bytes: &[u8], start: usize, edits: &mut Vec<Edit>) {
        let mut at = start;
        for pair in bytes
            .get(start..)
            .unwrap_or_default()
            .split(|byte| matches!(byte, b'&' | b';' | b'#'))
        {
            let name = pair.split(|byte| *byte == b'=').next().unwrap_or_default();
            if name.len() + 1 < pair.len() {
                let decoded = percent_decode(name).decode_utf8_lossy().replace('+', " ");
                if let Some(label) = self.label(&decoded) {
                    edits.push(Edit {
                        range: at + name.len() + 1..at + pair.len(),
                        label: Label::Words(label),
                    });
                }
            }
            at += pair.len() + 1;
        }
    }

    /// Finds values in a JSON text, whole or cut off.
    pub(super) fn json(&self, bytes: &[u8], edits: &mut Vec<Edit>) {
        let mut at = 0;
        while let Some(byte) = bytes.get(at) {
            if *byte != b'"' {
                at += 1;
                continue;
            }
            let end = string_end(bytes, at);
            let colon = skip_space(bytes, end);
            if bytes.get(colon) != Some(&b':') {
                at = end;
                continue;
            }
            let key = bytes.get(at..end).unwrap_or_default();
            at = colon + 1;
            // The parser is only needed to undo escapes, which names hardly ever have.
            let label = if key.contains(&b'\\') {
                serde_json::from_slice::<String>(key)
                    .ok()
                    .and_then(|key| self.label(&key))
            } else {
                std::str::from_utf8(key)
                    .ok()
                    .and_then(|key| self.label(key.trim_matches('"')))
            };
            if let Some(label) = label {
                let start = skip_space(bytes, at);
                let end = value_end(bytes, start);
                if bytes.get(start..end) != Some(b"null") && start < end {
                    edits.push(Edit {
                        range: start..end,
                        label: Label::Words(quoted(label)),
                    });
                }
                at = end;
            }
        }
    }
}

/// Whether a body looks like JSON, or like a sequence of JSON texts.
pub(super) fn looks_like_json(bytes: &[u8]) -> bool {
    let text = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    text.iter()
        .find(|byte| !byte.is_ascii_whitespace() && **byte != 0x1e)
        .is_some_and(|byte| matches!(byte, b'{' | b'['))
}

fn quoted(label: &'static str) -> &'static str {
    if label == "[personal]" {
        "\"[personal]\""
    } else {
        "\"[secret]\""
    }
}

fn skip_space(bytes: &[u8], mut at: usize) -> usize {
    while bytes.get(at).is_some_and(u8::is_ascii_whitespace) {
        at += 1;
    }
    at
}

/// The place after the string that begins here, or the end of the text.
fn string_end(bytes: &[u8], start: usize) -> usize {
    let mut at = start + 1;
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'\\' => at += 2,
            b'"' => return at + 1,
            _ => at += 1,
        }
    }
    bytes.len()
}

/// The place after the value that begins here, or the end of the text.
fn value_end(bytes: &[u8], start: usize) -> usize {
    let mut at = start;
    let mut depth = 0_usize;
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'"' => {
                at = string_end(bytes, at);
                if depth == 0 {
                    return at;
                }
                continue;
            }
            b'{' | b'[' => depth += 1,
            b'}' | b']' if depth == 0 => return at,
            b'}' | b']' => {
                depth -= 1;
                if depth == 0 {
                    return at + 1;
                }
            }
            b',' if depth == 0 => return at,
            _ if depth == 0 && byte.is_ascii_whitespace() => return at,
            _ => {}
        }
        at += 1;
    }
    bytes.len()
}

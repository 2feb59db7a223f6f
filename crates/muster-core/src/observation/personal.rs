//! Finds the values of named members in JSON, query strings and forms (owner of [`Masks`]).
//!
//! JSON is scanned, not parsed: what is kept must look as it came, may be cut off in the middle, and
//! may not be JSON after all.

use std::ops::Range;

use percent_encoding::percent_decode;

use super::{
    personal_names, returned,
    scan::{decoded, skip_space, string_end},
    secrets::{Edit, Label},
};

const PERSONAL: &str = "[personal]";
/// How an excerpt ends.
const CUT: char = '…';

/// Members that hold a secret in any API.
const SECRET_MEMBERS: [&str; 6] = [
    "access_token",
    "refresh_token",
    "id_token",
    "client_secret",
    "client_assertion",
    "password",
];

/// Whether a text was received, and with which outcome.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Received {
    /// It was sent.
    Nothing,
    /// With a status that refuses nothing.
    Success,
    /// With a status of 400 or more, whose texts can be about a secret.
    Refusal,
}

/// The names of members whose values are masked.
#[derive(Debug, Clone, Default)]
pub(super) struct Masks {
    personal: Vec<String>,
    /// Whether what is received under the usual names of personal properties is masked, too.
    pub(super) usual: bool,
}

impl Masks {
    pub(super) fn new<'a>(names: impl IntoIterator<Item = &'a str>) -> Self {
        Self {
            personal: names.into_iter().map(str::to_owned).collect(),
            usual: false,
        }
    }

    /// Whether the values of this property are personal data.
    pub(super) fn is_personal(&self, name: &str) -> bool {
        self.label(name) == Some(PERSONAL) || self.usual && personal_names::is_usual(name)
    }

    /// Finds personal values in what a finding quotes of a response: those of properties in JSON that may be cut off, and
    /// a value after the name of such a property, or at the start where the finding `is_of_personal` as a whole.
    pub(super) fn quoted(
        &self,
        text: &str,
        is_of_personal: bool,
        is_own: &dyn Fn(&str) -> bool,
        edits: &mut Vec<Edit>,
    ) {
        let mut start = 0;
        for part in text.split(CUT) {
            let before = edits.len();
            self.json(part.as_bytes(), Received::Success, is_own, edits);
            for edit in edits.iter_mut().skip(before) {
                edit.range = edit.range.start + start..edit.range.end + start;
            }
            start += part.len() + CUT.len_utf8();
        }
        let named = text.match_indices(" at `").filter_map(|(at, before)| {
            let start = at + before.len();
            let pointer = text.get(start..)?.split('`').next()?;
            let name = pointer.rsplit('/').next()?;
            self.is_personal(name).then_some(start + pointer.len() + 1)
        });
        for from in is_of_personal.then_some(0).into_iter().chain(named) {
            let Some(rest) = text.get(from..) else {
                continue;
            };
            let is_value = |byte: &u8| matches!(byte, b'"' | b'-' | b'0'..=b'9');
            let is_quoted = |byte: &u8| *byte == b'"';
            // A number counts where it stands first; others may be numbers of items.
            let first = rest.bytes().position(|byte| !matches!(byte, b' ' | b':'));
            let start = first
                .filter(|at| rest.as_bytes().get(*at).is_some_and(is_value))
                .or_else(|| rest.as_bytes().iter().position(is_quoted));
            if let Some(start) = start.map(|start| from + start) {
                let cut = text.get(start..).and_then(|value| value.find(CUT));
                let end = cut.map_or(usize::MAX, |cut| start + cut);
                let end = value_end(text.as_bytes(), start).min(end);
                usual(text.as_bytes(), start..end, is_own, edits);
            }
        }
    }

    /// What takes the place of the value of this member.
    pub(super) fn label(&self, name: &str) -> Option<&'static str> {
        if self
            .personal
            .iter()
            .any(|held| held.eq_ignore_ascii_case(name))
        {
            Some(PERSONAL)
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

    /// Finds values in a JSON text, whole or cut off. In one that was received, a string that is named for a secret is
    /// masked too.
    /// What `is_own` knows is the run's own, and no personal data.
    pub(super) fn json(
        &self,
        bytes: &[u8],
        received: Received,
        is_own: &dyn Fn(&str) -> bool,
        edits: &mut Vec<Edit>,
    ) {
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
            let Some(name) = decoded(key) else { continue };
            let label = self.label(&name).or_else(|| {
                let start = skip_space(bytes, at);
                let value = bytes.get(start..string_end(bytes, start))?;
                let is_string = value.first() == Some(&b'"');
                let value = decoded(value).filter(|_| is_string)?;
                let masked = match received {
                    Received::Nothing => false,
                    Received::Success => returned::is_masked(&name, &value, false),
                    Received::Refusal => returned::is_masked(&name, &value, true),
                };
                masked.then_some("[secret]")
            });
            if label.is_none()
                && self.usual
                && received != Received::Nothing
                && personal_names::is_usual(&name)
            {
                let start = skip_space(bytes, at);
                let end = value_end(bytes, start);
                let before = edits.len();
                usual(bytes, start..end, is_own, edits);
                if edits.len() > before {
                    at = end;
                    continue;
                }
            }
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

/// Finds what is personal in the value of a property whose name is: a string, a number, or the items of an array. The
/// properties of an object have names of their own.
fn usual(bytes: &[u8], range: Range<usize>, is_own: &dyn Fn(&str) -> bool, edits: &mut Vec<Edit>) {
    let value = bytes.get(range.clone()).unwrap_or_default();
    let mut mask = |range: Range<usize>, class: String| {
        edits.push(Edit {
            range,
            label: Label::Text(format!("\"{class}\"")),
        });
    };
    match value.first() {
        Some(b'"') => {
            if let Some(text) = decoded(value)
                && !text.is_empty()
                && !is_own(&text)
            {
                mask(range, personal_names::class_of(&text));
            }
        }
        Some(b'-' | b'0'..=b'9') if !is_own(&String::from_utf8_lossy(value)) => {
            mask(range, "[personal: a number]".to_owned());
        }
        Some(b'[') => {
            let mut at = range.start + 1;
            while at < range.end {
                let start = skip_space(bytes, at);
                let end = value_end(bytes, start).min(range.end);
                if matches!(bytes.get(start), Some(b'"' | b'-' | b'0'..=b'9')) {
                    usual(bytes, start..end, is_own, edits);
                }
                at = end.max(start + 1);
            }
        }
        _ => {}
    }
}

fn quoted(label: &'static str) -> &'static str {
    if label == PERSONAL {
        "\"[personal]\""
    } else {
        "\"[secret]\""
    }
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

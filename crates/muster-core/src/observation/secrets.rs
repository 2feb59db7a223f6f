//! Finds secrets in any form (owner of [`Finder`]).

use std::{collections::HashMap, ops::Range, sync::Arc};

use super::{
    forms::{Breadth, Form, forms},
    views::{Escape, each_view},
};

/// What stands where an excerpt was cut off.
const ELLIPSIS: &[u8] = "\u{2026}".as_bytes();
/// How much of the start of a secret counts, where the rest was cut off.
const SHORTEST_CUT: usize = 8;
/// How long a form is at least that is looked for across line breaks.
const SHORTEST_OVER_LINES: usize = 12;
/// Secrets shorter than this would be found everywhere.
pub(super) const SHORTEST: usize = 4;

/// A part of a text and what takes its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Edit {
    pub(super) range: Range<usize>,
    pub(super) label: Label,
}

/// What takes the place of something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Label {
    /// A variable such as `$MUSTER_DEFAULT_TOKEN`.
    Variable(Arc<str>),
    /// These words.
    Words(&'static str),
    /// This text.
    Text(String),
}

/// Every secret of a run, ready to be looked for.
///
/// An index by the first four bytes of each form, in lower case: a secret is added without building anything
/// again, and a target can return thousands.
pub(super) struct Finder {
    secrets: HashMap<Arc<str>, Arc<str>>,
    /// The secrets that are too short to be looked for everywhere, by variable.
    short: Vec<Arc<str>>,
    /// One bit for each hash of a key that has candidates.
    hashes: Vec<u64>,
    candidates: HashMap<u32, Vec<Candidate>>,
    /// The longest form, in bytes.
    longest: usize,
    /// Whether a secret has a space in it.
    spaced: bool,
}

/// What four bytes can be the start of.
struct Candidate {
    form: Form,
    variable: Arc<str>,
}

impl Default for Finder {
    fn default() -> Self {
        Self {
            secrets: HashMap::new(),
            short: Vec::new(),
            hashes: vec![0; 1 << 10],
            candidates: HashMap::new(),
            longest: 0,
            spaced: false,
        }
    }
}

impl Finder {
    /// Looks for one secret more.
    pub(super) fn add(&mut self, variable: &str, value: &str, breadth: Breadth) {
        if value.is_empty() || self.secrets.contains_key(value) {
            return;
        }
        let variable: Arc<str> = variable.into();
        self.secrets.insert(value.into(), Arc::clone(&variable));
        if value.len() < SHORTEST {
            self.short.push(variable);
            return;
        }
        self.spaced |= value.contains(' ');
        for form in forms(value, breadth) {
            let Some(key) = key_of(&form.bytes) else {
                continue;
            };
            self.longest = self.longest.max(form.bytes.len());
            let (word, bit) = bit_of(key);
            if let Some(held) = self.hashes.get_mut(word) {
                *held |= bit;
            }
            self.candidates.entry(key).or_default().push(Candidate {
                form,
                variable: Arc::clone(&variable),
            });
        }
    }

    /// Whether this value is known already.
    pub(super) fn knows(&self, value: &str) -> bool {
        self.secrets.contains_key(value)
    }

    /// How many secrets there are.
    pub(super) fn len(&self) -> usize {
        self.secrets.len()
    }

    /// The variables of secrets that are too short to be looked for everywhere.
    pub(super) fn short(&self) -> impl Iterator<Item = &str> {
        self.short.iter().map(|variable| &**variable)
    }

    /// The variable of the secret that is exactly this value.
    pub(super) fn exact(&self, value: &str) -> Option<&Arc<str>> {
        self.secrets.get(value)
    }

    /// How far a secret that begins before a place can reach beyond it, escaped twice.
    pub(super) const fn reach(&self) -> usize {
        self.longest * 12 + 64
    }

    /// Everything to take out of these bytes.
    pub(super) fn find(&self, bytes: &[u8]) -> Vec<Edit> {
        let mut edits = Vec::new();
        if self.candidates.is_empty() {
            return edits;
        }
        let escapes: &[Escape] = if self.spaced {
            &Escape::ALL
        } else {
            &Escape::WITHOUT_SPACE
        };
        each_view(bytes, escapes, &mut |view, escape, back| {
            let joined = escape == Some(Escape::LineBreak);
            let mut key = 0_u32;
            for (end, byte) in view.iter().enumerate() {
                key = key << 8 | u32::from(byte.to_ascii_lowercase());
                let (word, bit) = bit_of(key);
                if end < 3 || self.hashes.get(word).is_none_or(|held| held & bit == 0) {
                    continue;
                }
                for candidate in self.candidates.get(&key).into_iter().flatten() {
                    // Words at the ends of two lines are not one short secret.
                    if joined && candidate.form.bytes.len() < SHORTEST_OVER_LINES {
                        continue;
                    }
                    if let Some(range) = extent(view, end - 3, &candidate.form) {
                        edits.push(Edit {
                            range: back(range),
                            label: Label::Variable(Arc::clone(&candidate.variable)),
                        });
                    }
                }
            }
        });
        edits
    }
}

/// The first four bytes in lower case.
fn key_of(bytes: &[u8]) -> Option<u32> {
    let first = bytes.first_chunk::<4>()?;
    Some(u32::from_be_bytes(
        first.map(|byte| byte.to_ascii_lowercase()),
    ))
}

/// The word and the bit of a key among the hashes.
const fn bit_of(key: u32) -> (usize, u64) {
    let hash = key.wrapping_mul(0x9e37_79b1) >> 16;
    ((hash >> 6) as usize, 1 << (hash & 63))
}

/// The range of a form that begins here, with the edges that hold bits of the secret; also of one that was cut
/// short, at the end of the text or by an ellipsis.
fn extent(bytes: &[u8], start: usize, form: &Form) -> Option<Range<usize>> {
    let rest = bytes.get(start..)?;
    let same = form.common(rest);
    if same < form.bytes.len() {
        let after = rest.get(same..).unwrap_or_default();
        let is_cut = if after.is_empty() {
            same * 2 >= form.bytes.len()
        } else {
            [ELLIPSIS, b"..."]
                .iter()
                .any(|mark| after.starts_with(mark))
        };
        return (is_cut && same >= SHORTEST_CUT).then_some(start..start + same);
    }
    let mut range = start..start + same;
    let holds = |at: usize| bytes.get(at).is_some_and(|byte| form.edges.holds(*byte));
    if range.start > 0 && holds(range.start - 1) {
        range.start -= 1;
    }
    if holds(range.end) {
        range.end += 1;
    }
    Some(range)
}

/// The text with the edits made, up to this place in the bytes; whether anything was left out.
pub(super) fn apply(bytes: &[u8], mut edits: Vec<Edit>, limit: usize) -> (String, bool) {
    let limit = floor(bytes, limit);
    let abridged = limit < bytes.len();
    if edits.is_empty() {
        let kept = bytes.get(..limit).unwrap_or_default();
        return (String::from_utf8_lossy(kept).into_owned(), abridged);
    }
    edits.sort_by(|a, b| (a.range.start, b.range.end).cmp(&(b.range.start, a.range.end)));
    let mut merged: Vec<Edit> = Vec::with_capacity(edits.len());
    for edit in edits {
        match merged.last_mut() {
            Some(last) if edit.range.start < last.range.end => {
                last.range.end = last.range.end.max(edit.range.end);
            }
            _ => merged.push(edit),
        }
    }
    let mut out = String::with_capacity(limit + 64);
    let mut at = 0;
    for edit in merged {
        if edit.range.start >= limit {
            break;
        }
        let between = bytes.get(at..edit.range.start).unwrap_or_default();
        out.push_str(&String::from_utf8_lossy(between));
        match &edit.label {
            Label::Words(words) => out.push_str(words),
            Label::Text(text) => out.push_str(text),
            Label::Variable(variable) => {
                // A shell would read a letter that follows as part of the name.
                let glued = bytes
                    .get(edit.range.end)
                    .is_some_and(|next| next.is_ascii_alphanumeric() || *next == b'_');
                out.push_str(if glued { "${" } else { "$" });
                out.push_str(variable);
                out.push_str(if glued { "}" } else { "" });
            }
        }
        at = edit.range.end;
    }
    if at < limit {
        out.push_str(&String::from_utf8_lossy(
            bytes.get(at..limit).unwrap_or_default(),
        ));
    }
    (out, abridged)
}

/// The limit, moved down so that it does not split a character.
pub(super) fn floor(bytes: &[u8], limit: usize) -> usize {
    let mut at = limit.min(bytes.len());
    for _ in 0..3 {
        if at > 0 && bytes.get(at).is_some_and(|byte| byte & 0xc0 == 0x80) {
            at -= 1;
        }
    }
    at
}

/// Whether these bytes hold the secret in any form that redaction knows, and in which: for tests that
/// plant a secret and look for it in everything that was written.
#[must_use]
pub fn contains_secret(bytes: &[u8], secret: &str) -> Option<&'static str> {
    let forms = forms(secret, Breadth::Every);
    // Written apart from `Finder::find`, which it is there to test.
    let mut by_start: HashMap<[u8; 2], Vec<&Form>> = HashMap::new();
    for form in &forms {
        if let Some(start) = form.bytes.first_chunk::<2>() {
            by_start
                .entry(start.map(|byte| byte.to_ascii_lowercase()))
                .or_default()
                .push(form);
        }
    }
    let mut found = None;
    each_view(bytes, &Escape::ALL, &mut |view, escape, _| {
        let joined = escape == Some(Escape::LineBreak);
        for (at, pair) in view.windows(2).enumerate() {
            let Some(start) = pair.first_chunk::<2>() else {
                continue;
            };
            let start = start.map(|byte| byte.to_ascii_lowercase());
            for form in by_start.get(&start).into_iter().flatten() {
                if found.is_none()
                    && !(joined && form.bytes.len() < SHORTEST_OVER_LINES)
                    && view
                        .get(at..at + form.bytes.len())
                        .is_some_and(|window| form.equals(window))
                {
                    found = Some(escape.map_or(form.encoding, Escape::name));
                }
            }
        }
    });
    found
}

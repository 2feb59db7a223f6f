//! Finds secrets in any form, and names that say that a value is personal (owner of [`Finder`]).

use std::{ops::Range, sync::Arc};

use aho_corasick::{AhoCorasick, AhoCorasickKind, MatchKind};

use super::views::{Escape, Form, each_view, forms};

/// How much of a form the automaton looks for; the rest is compared. It keeps the automaton small and
/// quick to build when a token is kilobytes long.
const PREFIX: usize = 16;
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
}

/// One secret.
#[derive(Clone)]
struct Secret {
    variable: Arc<str>,
    value: Arc<str>,
}

/// What a prefix can turn out to be.
enum Candidate {
    Form(Form, Arc<str>),
    Name,
}

/// Every secret of a run, ready to be looked for.
#[derive(Default)]
pub(super) struct Finder {
    secrets: Vec<Secret>,
    names: Vec<String>,
    automaton: Option<AhoCorasick>,
    /// By pattern of the automaton.
    candidates: Vec<Vec<Candidate>>,
    /// The longest form, in bytes.
    longest: usize,
    /// Whether a secret has a space in it.
    spaced: bool,
}

/// What was found in a text.
#[derive(Debug, Default)]
pub(super) struct Found {
    pub(super) edits: Vec<Edit>,
    /// Whether a name occurs that says that a value is to be masked.
    pub(super) named: bool,
}

impl Finder {
    pub(super) fn new(names: Vec<String>) -> Self {
        Self {
            names,
            ..Self::default()
        }
    }

    /// The same with more secrets.
    pub(super) fn with<'a>(&self, more: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        let mut secrets = self.secrets.clone();
        for (variable, value) in more {
            if !value.is_empty() && !secrets.iter().any(|held| &*held.value == value) {
                secrets.push(Secret {
                    variable: variable.into(),
                    value: value.into(),
                });
            }
        }
        let mut finder = Self {
            secrets,
            names: self.names.clone(),
            ..Self::default()
        };
        finder.build();
        finder
    }

    /// Whether this value is known already.
    pub(super) fn knows(&self, value: &str) -> bool {
        self.secrets.iter().any(|held| &*held.value == value)
    }

    /// The variables of secrets that are too short to be looked for everywhere.
    pub(super) fn short(&self) -> impl Iterator<Item = &str> {
        self.secrets
            .iter()
            .filter(|held| held.value.len() < SHORTEST)
            .map(|held| &*held.variable)
    }

    /// The variable of the secret that is exactly this value.
    pub(super) fn exact(&self, value: &str) -> Option<&Arc<str>> {
        self.secrets
            .iter()
            .find(|held| &*held.value == value)
            .map(|held| &held.variable)
    }

    /// How far a secret that begins before a place can reach beyond it, escaped twice.
    pub(super) fn reach(&self) -> usize {
        self.longest * 12 + 64
    }

    fn build(&mut self) {
        let mut patterns: Vec<Vec<u8>> = Vec::new();
        let mut add = |prefix: &[u8], candidate: Candidate| {
            let prefix = prefix.to_ascii_lowercase();
            let index = patterns.iter().position(|held| *held == prefix);
            match index.and_then(|index| self.candidates.get_mut(index)) {
                Some(held) => held.push(candidate),
                None => {
                    patterns.push(prefix);
                    self.candidates.push(vec![candidate]);
                }
            }
        };
        for secret in &self.secrets {
            if secret.value.len() < SHORTEST {
                continue;
            }
            self.spaced |= secret.value.contains(' ');
            for form in forms(&secret.value) {
                self.longest = self.longest.max(form.bytes.len());
                let prefix = form.bytes.get(..PREFIX).unwrap_or(&form.bytes).to_vec();
                add(&prefix, Candidate::Form(form, Arc::clone(&secret.variable)));
            }
        }
        for name in &self.names {
            add(name.as_bytes(), Candidate::Name);
        }
        // A set of patterns that is too large for an automaton cannot come from a target file.
        self.automaton = AhoCorasick::builder()
            .match_kind(MatchKind::Standard)
            .kind(Some(AhoCorasickKind::DFA))
            .ascii_case_insensitive(true)
            .build(&patterns)
            .ok()
            .filter(|_| !patterns.is_empty());
    }

    /// Everything to take out of these bytes.
    pub(super) fn find(&self, bytes: &[u8]) -> Found {
        let mut found = Found::default();
        let Some(automaton) = &self.automaton else {
            return found;
        };
        let escapes: &[Escape] = if self.spaced {
            &Escape::ALL
        } else {
            &Escape::WITHOUT_SPACE
        };
        each_view(bytes, escapes, &mut |view, _, back| {
            for hit in automaton.find_overlapping_iter(view) {
                let Some(candidates) = self.candidates.get(hit.pattern().as_usize()) else {
                    continue;
                };
                for candidate in candidates {
                    match candidate {
                        Candidate::Name => found.named = true,
                        Candidate::Form(form, variable) => {
                            if let Some(range) = whole(view, hit.start(), form) {
                                found.edits.push(Edit {
                                    range: back(range),
                                    label: Label::Variable(Arc::clone(variable)),
                                });
                            }
                        }
                    }
                }
            }
        });
        found
    }
}

/// The range of a form that begins here, with the edges that hold bits of the secret.
fn whole(bytes: &[u8], start: usize, form: &Form) -> Option<Range<usize>> {
    if !bytes.get(start..)?.starts_with(&form.bytes) {
        return None;
    }
    let mut range = start..start + form.bytes.len();
    if form.edges {
        let is_base64 = |at: usize| {
            bytes.get(at).is_some_and(|byte| {
                byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'-' | b'_')
            })
        };
        if start > 0 && is_base64(start - 1) {
            range.start -= 1;
        }
        if is_base64(range.end) {
            range.end += 1;
        }
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
    let forms = forms(secret);
    let mut found = None;
    each_view(bytes, &Escape::ALL, &mut |view, escape, _| {
        for form in &forms {
            if found.is_none()
                && !form.bytes.is_empty()
                && view
                    .windows(form.bytes.len())
                    .any(|window| window == form.bytes)
            {
                found = Some(escape.map_or(form.encoding, Escape::name));
            }
        }
    });
    found
}

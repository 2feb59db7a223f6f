//! Strings of JSON and markup texts with the names that hold them, without parsing: what came may be cut off, may be
//! a sequence of texts, and may not be JSON after all (owner of [`Spot`]).

use std::borrow::Cow;

/// Where a string stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Spot<'a> {
    /// The name of the property, or of the array that the string is an item of.
    pub(super) name: &'a str,
    /// The nearest name of an object or array around it; empty at the top.
    pub(super) holder: &'a str,
}

/// Whether a body looks like JSON, or like a sequence of JSON texts.
pub(super) fn looks_like_json(bytes: &[u8]) -> bool {
    let text = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    text.iter()
        .find(|byte| !byte.is_ascii_whitespace() && **byte != 0x1e)
        .is_some_and(|byte| matches!(byte, b'{' | b'[' | b'"'))
}

/// Whether a body looks like XML or HTML.
pub(super) fn looks_like_markup(bytes: &[u8]) -> bool {
    let text = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    text.iter().find(|byte| !byte.is_ascii_whitespace()) == Some(&b'<')
}

/// The place after white space.
pub(super) fn skip_space(bytes: &[u8], mut at: usize) -> usize {
    while bytes.get(at).is_some_and(u8::is_ascii_whitespace) {
        at += 1;
    }
    at
}

/// The place after the string that begins here, or the end of the text.
pub(super) fn string_end(bytes: &[u8], start: usize) -> usize {
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

/// A string of JSON with its quotation marks, decoded. The parser is only needed to undo escapes.
pub(super) fn decoded(quoted: &[u8]) -> Option<Cow<'_, str>> {
    if quoted.contains(&b'\\') {
        return serde_json::from_slice::<String>(quoted)
            .ok()
            .map(Cow::Owned);
    }
    let inner = quoted.strip_prefix(b"\"").unwrap_or(quoted);
    let inner = inner.strip_suffix(b"\"").unwrap_or(inner);
    std::str::from_utf8(inner).ok().map(Cow::Borrowed)
}

/// Calls `look` on every string of a JSON text.
pub(super) fn json_strings(bytes: &[u8], look: &mut dyn FnMut(&Spot<'_>, &str)) {
    // Of each object and array around: the name under which it stands, and whether it is an array.
    let mut around: Vec<(Cow<'_, str>, bool)> = Vec::new();
    let mut pending: Cow<'_, str> = Cow::Borrowed("");
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'"' => {
                let end = string_end(bytes, at).min(bytes.len());
                let quoted = bytes.get(at..end).unwrap_or_default();
                let colon = skip_space(bytes, end);
                let Some(text) = decoded(quoted) else {
                    at = end;
                    continue;
                };
                if bytes.get(colon) == Some(&b':') {
                    pending = text;
                    at = colon + 1;
                    continue;
                }
                let named = |(name, _): &&(Cow<'_, str>, bool)| !name.is_empty();
                let spot = Spot {
                    name: match around.last() {
                        Some((name, true)) => name,
                        _ => &pending,
                    },
                    holder: around.iter().rev().find(named).map_or("", |(name, _)| name),
                };
                look(&spot, &text);
                at = end;
                continue;
            }
            b'{' | b'[' => {
                let name = match around.last() {
                    // Items of an array stand under its name.
                    Some((name, true)) => name.clone(),
                    _ => std::mem::take(&mut pending),
                };
                around.push((name, *byte == b'['));
            }
            b'}' | b']' => {
                around.pop();
            }
            _ => {}
        }
        at += 1;
    }
}

/// Calls `look` on the text of every element and on every attribute.
pub(super) fn markup_strings(bytes: &[u8], look: &mut dyn FnMut(&Spot<'_>, &str)) {
    let Ok(text) = std::str::from_utf8(bytes) else {
        return;
    };
    let mut rest = text;
    let mut holder = "";
    while let Some(start) = rest.find('<') {
        let tag = rest.get(start + 1..).unwrap_or_default();
        let Some(end) = tag.find('>') else { return };
        let head = tag.get(..end).unwrap_or_default();
        let after = tag.get(end + 1..).unwrap_or_default();
        let content = after.split('<').next().unwrap_or_default();
        let mut parts = head.trim_end_matches('/').splitn(2, char::is_whitespace);
        let name = parts.next().unwrap_or_default();
        let name = name.rsplit(':').next().unwrap_or(name);
        for pair in parts.next().unwrap_or_default().split_whitespace() {
            if let Some((attribute, value)) = pair.split_once('=') {
                let spot = Spot {
                    name: attribute,
                    holder: name,
                };
                look(&spot, value.trim_matches(['"', '\'']));
            }
        }
        if !content.trim().is_empty() && !head.starts_with(['/', '!', '?']) {
            let spot = Spot { name, holder };
            look(&spot, content.trim());
        } else if !head.starts_with(['/', '!', '?']) {
            holder = name;
        }
        rest = after;
    }
}

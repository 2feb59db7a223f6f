//! The forms in which a secret can come back: encodings of the whole value as patterns, escapes of
//! single characters as decoded views of the text.

use std::ops::Range;

use base64::{Engine, alphabet, engine::GeneralPurpose, engine::general_purpose::NO_PAD};

const STANDARD: GeneralPurpose = GeneralPurpose::new(&alphabet::STANDARD, NO_PAD);
const URL_SAFE: GeneralPurpose = GeneralPurpose::new(&alphabet::URL_SAFE, NO_PAD);

/// How deep escapes may be nested, such as a URL within a JSON string.
const DEPTH: usize = 2;

/// One way to write a secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Form {
    pub(super) encoding: &'static str,
    pub(super) bytes: Vec<u8>,
    /// Whether the characters beside it hold a few bits of the secret, too.
    pub(super) edges: bool,
}

/// Every form of a secret that escapes alone do not explain.
pub(super) fn forms(secret: &str) -> Vec<Form> {
    let mut forms = Vec::new();
    let utf8 = secret.as_bytes().to_vec();
    let latin1 = (!secret.is_ascii())
        .then(|| {
            secret
                .chars()
                .map(|character| u8::try_from(u32::from(character)))
                .collect::<Result<Vec<u8>, _>>()
                .ok()
        })
        .flatten();
    for (plain, bytes) in [("plain", Some(utf8)), ("Latin-1", latin1)] {
        let Some(bytes) = bytes else { continue };
        for (encoding, engine) in [("base64", STANDARD), ("base64url", URL_SAFE)] {
            for offset in 0..3 {
                forms.push(Form {
                    encoding,
                    bytes: aligned(&engine, &bytes, offset),
                    edges: true,
                });
            }
        }
        let lower: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        forms.push(Form {
            encoding: "hexadecimal",
            bytes: lower.to_ascii_uppercase().into_bytes(),
            edges: false,
        });
        forms.push(Form {
            encoding: "hexadecimal",
            bytes: lower.into_bytes(),
            edges: false,
        });
        forms.push(Form {
            encoding: plain,
            bytes,
            edges: false,
        });
    }
    forms.sort_by(|a, b| a.bytes.cmp(&b.bytes));
    forms.dedup_by(|a, b| a.bytes == b.bytes);
    forms
}

/// The characters of a base64 text that depend on the secret alone, when it starts at this byte of a
/// group of three.
fn aligned(engine: &GeneralPurpose, bytes: &[u8], offset: usize) -> Vec<u8> {
    let mut padded = vec![0; offset];
    padded.extend_from_slice(bytes);
    let whole = padded.len() * 8 / 6;
    let first = (offset * 8).div_ceil(6);
    let text = engine.encode(padded).into_bytes();
    text.get(first..whole).unwrap_or_default().to_vec()
}

/// A way to escape single characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Escape {
    Percent,
    /// Percent, with a plus sign for a space.
    Form,
    Json,
    Html,
}

impl Escape {
    pub(super) const ALL: [Self; 4] = [Self::Percent, Self::Form, Self::Json, Self::Html];
    /// Those that matter where no secret has a space: plus signs stand in every other date.
    pub(super) const WITHOUT_SPACE: [Self; 3] = [Self::Percent, Self::Json, Self::Html];

    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Percent => "percent-encoded",
            Self::Form => "form-encoded",
            Self::Json => "JSON-escaped",
            Self::Html => "HTML-escaped",
        }
    }

    fn occurs_in(self, bytes: &[u8]) -> bool {
        bytes.contains(&match self {
            Self::Percent => b'%',
            Self::Form => b'+',
            Self::Json => b'\\',
            Self::Html => b'&',
        })
    }

    /// What an escape at the start of `rest` stands for, and how long it is.
    fn decode(self, rest: &[u8], out: &mut Vec<u8>) -> Option<usize> {
        match (self, rest) {
            (Self::Form, [b'+', ..]) => {
                out.push(b' ');
                Some(1)
            }
            (Self::Percent | Self::Form, [b'%', high, low, ..]) => {
                let byte = digit(*high)? * 16 + digit(*low)?;
                out.push(u8::try_from(byte).ok()?);
                Some(3)
            }
            (Self::Json, [b'\\', b'u', rest @ ..]) => {
                let unit = hex(rest.get(..4)?)?;
                let (code, length) = match (unit, rest.get(4..)) {
                    (0xd800..=0xdbff, Some([b'\\', b'u', low @ ..])) => {
                        let low = low.get(..4).and_then(hex)?;
                        let low = low.checked_sub(0xdc00).filter(|low| *low < 0x400)?;
                        (0x10000 + ((unit - 0xd800) << 10) + low, 12)
                    }
                    _ => (unit, 6),
                };
                push_char(code, out)?;
                Some(length)
            }
            (Self::Json, [b'\\', short, ..]) => {
                out.push(match short {
                    b'"' | b'\\' | b'/' => *short,
                    b'b' => 8,
                    b'f' => 12,
                    b'n' => b'\n',
                    b'r' => b'\r',
                    b't' => b'\t',
                    _ => return None,
                });
                Some(2)
            }
            (Self::Html, [b'&', rest @ ..]) => {
                let end = rest.iter().take(9).position(|byte| *byte == b';')?;
                match rest.get(..end)? {
                    b"amp" => out.push(b'&'),
                    b"lt" => out.push(b'<'),
                    b"gt" => out.push(b'>'),
                    b"quot" => out.push(b'"'),
                    b"apos" => out.push(b'\''),
                    [b'#', b'x' | b'X', digits @ ..] => push_char(hex(digits)?, out)?,
                    [b'#', digits @ ..] => {
                        push_char(std::str::from_utf8(digits).ok()?.parse().ok()?, out)?;
                    }
                    _ => return None,
                }
                Some(end + 2)
            }
            _ => None,
        }
    }
}

fn digit(byte: u8) -> Option<u32> {
    char::from(byte).to_digit(16)
}

fn hex(digits: &[u8]) -> Option<u32> {
    digits.iter().try_fold(0_u32, |sum, byte| {
        Some(sum.checked_mul(16)? + digit(*byte)?)
    })
}

fn push_char(code: u32, out: &mut Vec<u8>) -> Option<()> {
    let mut buffer = [0; 4];
    out.extend_from_slice(char::from_u32(code)?.encode_utf8(&mut buffer).as_bytes());
    Some(())
}

/// A text with one kind of escape undone, and where each of its bytes came from.
#[derive(Debug)]
struct View {
    bytes: Vec<u8>,
    /// For each byte, and for the end, the place in the text below.
    origin: Vec<usize>,
}

impl View {
    fn of(bytes: &[u8], escape: Escape) -> Option<Self> {
        let mut view = Self {
            bytes: Vec::with_capacity(bytes.len()),
            origin: Vec::with_capacity(bytes.len() + 1),
        };
        let mut at = 0;
        let mut changed = false;
        while let Some((first, _)) = bytes.get(at..).and_then(<[u8]>::split_first) {
            let rest = bytes.get(at..).unwrap_or_default();
            let length = if matches!(first, b'%' | b'+' | b'\\' | b'&') {
                escape.decode(rest, &mut view.bytes)
            } else {
                None
            };
            changed |= length.is_some();
            if length.is_none() {
                view.bytes.push(*first);
            }
            view.origin.resize(view.bytes.len(), at);
            at += length.unwrap_or(1);
        }
        view.origin.push(bytes.len());
        changed.then_some(view)
    }

    fn back(&self, range: Range<usize>) -> Range<usize> {
        let place = |at: usize| self.origin.get(at).copied().unwrap_or_default();
        place(range.start)..place(range.end)
    }
}

/// What is done with a view: its bytes, the escape that was undone last, and the way back to the text.
pub(super) type Look<'a> =
    dyn FnMut(&[u8], Option<Escape>, &dyn Fn(Range<usize>) -> Range<usize>) + 'a;

/// Calls `look` on the text and on every view of it, with the way back to the text.
pub(super) fn each_view(bytes: &[u8], escapes: &[Escape], look: &mut Look<'_>) {
    look(bytes, None, &|range| range);
    deeper(bytes, escapes, DEPTH, &|range| range, look);
}

fn deeper(
    bytes: &[u8],
    escapes: &[Escape],
    depth: usize,
    back: &dyn Fn(Range<usize>) -> Range<usize>,
    look: &mut Look<'_>,
) {
    for &escape in escapes {
        if escape.occurs_in(bytes)
            && let Some(view) = View::of(bytes, escape)
        {
            let back = |range| back(view.back(range));
            look(&view.bytes, Some(escape), &back);
            if depth > 1 {
                deeper(&view.bytes, escapes, depth - 1, &back, look);
            }
        }
    }
}

//! Escapes of single characters, undone as views of a text.

use std::ops::Range;

/// How deep escapes may be nested, such as a URL within a JSON string.
const DEPTH: usize = 2;

/// The names of HTML for ASCII characters and the letters of Western Europe (HTML §13.5).
const ENTITIES: [(&[u8], char); 70] = [
    (b"amp", '&'),
    (b"lt", '<'),
    (b"gt", '>'),
    (b"quot", '"'),
    (b"apos", '\''),
    (b"sol", '/'),
    (b"bsol", '\\'),
    (b"plus", '+'),
    (b"equals", '='),
    (b"period", '.'),
    (b"comma", ','),
    (b"colon", ':'),
    (b"semi", ';'),
    (b"excl", '!'),
    (b"quest", '?'),
    (b"num", '#'),
    (b"dollar", '$'),
    (b"percnt", '%'),
    (b"commat", '@'),
    (b"ast", '*'),
    (b"lpar", '('),
    (b"rpar", ')'),
    (b"lsqb", '['),
    (b"lbrack", '['),
    (b"rsqb", ']'),
    (b"rbrack", ']'),
    (b"lcub", '{'),
    (b"lbrace", '{'),
    (b"rcub", '}'),
    (b"rbrace", '}'),
    (b"vert", '|'),
    (b"verbar", '|'),
    (b"lowbar", '_'),
    (b"Hat", '^'),
    (b"grave", '`'),
    (b"nbsp", ' '),
    (b"Tab", '\t'),
    (b"NewLine", '\n'),
    (b"pound", '\u{a3}'),
    (b"sect", '\u{a7}'),
    (b"agrave", 'à'),
    (b"aacute", 'á'),
    (b"acirc", 'â'),
    (b"atilde", 'ã'),
    (b"auml", 'ä'),
    (b"aring", 'å'),
    (b"aelig", 'æ'),
    (b"ccedil", 'ç'),
    (b"egrave", 'è'),
    (b"eacute", 'é'),
    (b"ecirc", 'ê'),
    (b"euml", 'ë'),
    (b"igrave", 'ì'),
    (b"iacute", 'í'),
    (b"icirc", 'î'),
    (b"iuml", 'ï'),
    (b"ntilde", 'ñ'),
    (b"ograve", 'ò'),
    (b"oacute", 'ó'),
    (b"ocirc", 'ô'),
    (b"otilde", 'õ'),
    (b"ouml", 'ö'),
    (b"oslash", 'ø'),
    (b"ugrave", 'ù'),
    (b"uacute", 'ú'),
    (b"ucirc", 'û'),
    (b"uuml", 'ü'),
    (b"szlig", 'ß'),
    (b"Auml", 'Ä'),
    (b"Ouml", 'Ö'),
];

/// A way to escape single characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Escape {
    Percent,
    /// Percent, with a plus sign for a space.
    Form,
    /// What follows a backslash, in JSON and in source code: `\\n`, `\\u0041`, `\\x41`, `\\101`.
    Backslash,
    Html,
    /// A line break within the value, with the spaces that indent the next line.
    LineBreak,
}

impl Escape {
    pub(super) const ALL: [Self; 5] = [
        Self::Percent,
        Self::Form,
        Self::Backslash,
        Self::Html,
        Self::LineBreak,
    ];
    /// Those that matter where no secret has a space: plus signs stand in every other date.
    pub(super) const WITHOUT_SPACE: [Self; 4] =
        [Self::Percent, Self::Backslash, Self::Html, Self::LineBreak];

    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Percent => "percent-encoded",
            Self::Form => "form-encoded",
            Self::Backslash => "backslash-escaped",
            Self::Html => "HTML-escaped",
            Self::LineBreak => "broken into lines",
        }
    }

    fn occurs_in(self, bytes: &[u8]) -> bool {
        bytes.contains(&match self {
            Self::Percent => b'%',
            Self::Form => b'+',
            Self::Backslash => b'\\',
            Self::Html => b'&',
            Self::LineBreak => b'\n',
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
            (Self::Backslash, [b'\\', b'u', b'{', rest @ ..]) => {
                let end = rest.iter().take(7).position(|byte| *byte == b'}')?;
                push_char(hex(rest.get(..end)?)?, out)?;
                Some(end + 4)
            }
            (Self::Backslash, [b'\\', b'x', high, low, ..]) => {
                let byte = digit(*high)? * 16 + digit(*low)?;
                out.push(u8::try_from(byte).ok()?);
                Some(4)
            }
            (Self::Backslash, [b'\\', a @ b'0'..=b'3', b @ b'0'..=b'7', c @ b'0'..=b'7', ..]) => {
                out.push((a - b'0') * 64 + (b - b'0') * 8 + (c - b'0'));
                Some(4)
            }
            (Self::Backslash, [b'\\', b'u', rest @ ..]) => {
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
            (Self::Backslash, [b'\\', short, ..]) => {
                out.push(match short {
                    b'"' | b'\\' | b'/' | b'\'' => *short,
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
                    [b'#', b'x' | b'X', digits @ ..] => push_char(hex(digits)?, out)?,
                    [b'#', digits @ ..] => {
                        push_char(std::str::from_utf8(digits).ok()?.parse().ok()?, out)?;
                    }
                    name => {
                        let (_, character) = ENTITIES.iter().find(|(held, _)| *held == name)?;
                        push_char(u32::from(*character), out)?;
                    }
                }
                Some(end + 2)
            }
            (Self::LineBreak, [b'\r' | b'\n', ..]) => Some(
                rest.iter()
                    .take_while(|byte| matches!(byte, b'\r' | b'\n' | b' ' | b'\t'))
                    .count(),
            ),
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
            let length = if matches!(first, b'%' | b'+' | b'\\' | b'&' | b'\r' | b'\n') {
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

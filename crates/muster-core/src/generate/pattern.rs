//! Patterns: ECMA-262 as schemas write it, translated and sampled to a wanted length. The main type is [`Pattern`].

use regex::Regex;
use regex_syntax::hir::{Class, Hir, HirKind, Look};

use super::Style;
use super::ecma::translate;
use super::random::{Rng, below, between, pick};

/// A pattern that texts can be drawn from and held against.
#[derive(Debug)]
pub(super) struct Pattern {
    source: String,
    prepared: Result<Prepared, String>,
}

#[derive(Debug)]
struct Prepared {
    regex: Regex,
    piece: Piece,
    open_start: bool,
    open_end: bool,
}

/// A part of a pattern with the lengths it can have.
#[derive(Debug)]
struct Piece {
    low: usize,
    high: usize,
    what: What,
}

#[derive(Debug)]
enum What {
    Text(String),
    Class {
        everyday: Vec<(u32, u32)>,
        all: Vec<(u32, u32)>,
    },
    Repeat {
        piece: Box<Piece>,
        min: usize,
        max: usize,
    },
    Sequence(Vec<Piece>),
    Either(Vec<Piece>),
}

/// Repetitions and lengths beyond this are as good as endless: they only matter where `minLength` asks for them.
const ENDLESS: usize = super::limits::LONGEST_TEXT * 2;

impl Pattern {
    /// Prepares a pattern; one that cannot be drawn from keeps the reason.
    pub(super) fn new(source: &str) -> Self {
        Self {
            source: source.to_owned(),
            prepared: prepare(source),
        }
    }

    /// Whether a text matches; `None` where the pattern could not be read.
    pub(super) fn matches(&self, text: &str) -> Option<bool> {
        self.prepared.as_ref().ok().map(|p| p.regex.is_match(text))
    }

    pub(super) fn source(&self) -> &str {
        &self.source
    }

    /// Why no text can be drawn from it.
    pub(super) fn refusal(&self) -> Option<&str> {
        self.prepared.as_ref().err().map(String::as_str)
    }

    /// Draws a text of `min` to `max` characters. The caller confirms it with [`matches`](Self::matches), as anchors
    /// within the pattern are not followed here.
    pub(super) fn draw(
        &self,
        rng: &mut Rng,
        style: Style,
        min: usize,
        max: usize,
    ) -> Option<String> {
        let prepared = self.prepared.as_ref().ok()?;
        let mut text = String::new();
        let piece = &prepared.piece;
        let reach = match style {
            Style::Simple => 0,
            Style::Plain => 6,
            Style::Varied => 30,
        };
        let low = min.max(piece.low).min(piece.high);
        let high = max.min(piece.high);
        if low > high {
            return None;
        }
        let want = between(rng, low, high.min(low.saturating_add(reach)));
        piece.draw(rng, style, want, want, &mut text);
        // A pattern that is open at an end says nothing of what else stands there.
        let short = min.saturating_sub(text.chars().count());
        if short > 0 {
            let padding: String = (0..short)
                .filter_map(|_| pick(rng, b"abcdefghijklmnop").map(|b| *b as char))
                .collect();
            if prepared.open_end {
                text.push_str(&padding);
            } else if prepared.open_start {
                text.insert_str(0, &padding);
            }
        }
        Some(text)
    }

    /// A text within the lengths that does not match, if one is found.
    pub(super) fn mismatch(&self, like: &str, min: usize, max: usize) -> Option<String> {
        let mut candidates = Vec::new();
        let usual = like
            .chars()
            .count()
            .clamp(min, max.min(super::limits::LONGEST_TEXT));
        for filler in ["!", "~", "z", "0", "#", "Z"] {
            candidates.push(filler.repeat(usual));
        }
        for filler in ['!', '~', 'x', '0'] {
            let mut last: Vec<char> = like.chars().collect();
            if let Some(end) = last.last_mut() {
                *end = filler;
            }
            candidates.push(last.iter().collect());
            candidates.push(
                std::iter::once(filler)
                    .chain(like.chars().skip(1))
                    .collect(),
            );
        }
        for length in [min, 1, 2, 5, 20] {
            candidates.push("!".repeat(length.clamp(min, max.min(super::limits::LONGEST_TEXT))));
        }
        candidates.into_iter().find(|text| {
            let length = text.chars().count();
            length > 0 && length >= min && length <= max && self.matches(text) == Some(false)
        })
    }
}

impl Piece {
    fn draw(&self, rng: &mut Rng, style: Style, low: usize, high: usize, out: &mut String) {
        match &self.what {
            What::Text(text) => out.push_str(text),
            What::Class { everyday, all } => {
                let ranges =
                    if everyday.is_empty() || (style == Style::Varied && below(rng, 4) == 0) {
                        all
                    } else {
                        everyday
                    };
                out.extend(draw_char(rng, ranges));
            }
            What::Either(pieces) => {
                let fits: Vec<&Piece> = pieces
                    .iter()
                    .filter(|p| p.low <= high && p.high >= low)
                    .collect();
                if style == Style::Simple
                    && let Some(first) = fits.first()
                {
                    first.draw(rng, style, low, high, out);
                } else if let Some(piece) = pick(rng, &fits) {
                    piece.draw(rng, style, low, high, out);
                } else if let Some(piece) = pieces.first() {
                    piece.draw(rng, style, low, high, out);
                }
            }
            What::Sequence(pieces) => {
                let parts: Vec<&Piece> = pieces.iter().collect();
                share(rng, style, &parts, low, high, out);
            }
            What::Repeat { piece, min, max } => {
                let least = if piece.high == 0 {
                    *min
                } else {
                    low.div_ceil(piece.high).max(*min)
                };
                let most = high
                    .checked_div(piece.low)
                    .unwrap_or(least.saturating_add(4))
                    .min(*max);
                let count = between(rng, least, most.max(least).min(least.saturating_add(40)));
                let parts = vec![piece.as_ref(); count.min(ENDLESS)];
                share(rng, style, &parts, low, high, out);
            }
        }
    }
}

/// Shares a wanted length out over the parts of a sequence.
fn share(rng: &mut Rng, style: Style, parts: &[&Piece], low: usize, high: usize, out: &mut String) {
    let least: usize = parts.iter().map(|p| p.low).sum();
    let target = between(rng, low.max(least), high.max(least));
    let mut slack = target - least;
    // The room that the parts still to come could take: a part must take what they cannot.
    let mut room: usize = parts
        .iter()
        .map(|p| (p.high - p.low).min(ENDLESS))
        .fold(0, usize::saturating_add);
    for part in parts {
        let own = (part.high - part.low).min(ENDLESS);
        room = room.saturating_sub(own);
        let must = slack.saturating_sub(room).min(own);
        let extra = between(rng, must, own.min(slack));
        slack -= extra;
        part.draw(rng, style, part.low + extra, part.low + extra, out);
    }
}

fn draw_char(rng: &mut Rng, ranges: &[(u32, u32)]) -> Option<char> {
    let total: u64 = ranges.iter().map(|(a, b)| u64::from(b - a) + 1).sum();
    let mut at = below(rng, total);
    for (a, b) in ranges {
        let size = u64::from(b - a) + 1;
        if at < size {
            return char::from_u32(a + at as u32);
        }
        at -= size;
    }
    None
}

fn prepare(source: &str) -> Result<Prepared, String> {
    if source == super::limits::UNREAD {
        return Err(
            "its pattern is of another dialect than ECMA-262, so that Muster makes no text by it"
                .to_owned(),
        );
    }
    let translated = translate(source);
    let unreadable = |what: String| {
        if ["(?=", "(?!", "(?<=", "(?<!"]
            .iter()
            .any(|mark| source.contains(mark))
        {
            format!("the pattern {source} looks around, which Muster cannot draw from")
        } else if (1..=9).any(|n| source.contains(&format!("\\{n}"))) {
            format!("the pattern {source} refers back, which Muster cannot draw from")
        } else {
            format!("the pattern {source} cannot be read: {what}")
        }
    };
    let hir =
        regex_syntax::parse(&translated).map_err(|e| unreadable(last_line(&e.to_string())))?;
    let regex = regex::RegexBuilder::new(&translated)
        .size_limit(1 << 22)
        .build()
        .map_err(|e| unreadable(last_line(&e.to_string())))?;
    let piece = piece(&hir).ok_or_else(|| format!("the pattern {source} matches nothing"))?;
    let looks = hir.properties();
    Ok(Prepared {
        regex,
        piece,
        open_start: !looks.look_set_prefix_any().contains(Look::Start),
        open_end: !looks.look_set_suffix_any().contains(Look::End),
    })
}

fn last_line(text: &str) -> String {
    text.lines()
        .last()
        .unwrap_or_default()
        .trim_start_matches("error: ")
        .to_owned()
}

fn piece(hir: &Hir) -> Option<Piece> {
    Some(match hir.kind() {
        HirKind::Empty | HirKind::Look(_) => Piece {
            low: 0,
            high: 0,
            what: What::Text(String::new()),
        },
        HirKind::Literal(literal) => {
            let text = String::from_utf8(literal.0.to_vec()).ok()?;
            let length = text.chars().count();
            Piece {
                low: length,
                high: length,
                what: What::Text(text),
            }
        }
        HirKind::Class(class) => {
            let ranges: Vec<(u32, u32)> = match class {
                Class::Unicode(class) => class
                    .ranges()
                    .iter()
                    .map(|r| (r.start() as u32, r.end() as u32))
                    .collect(),
                Class::Bytes(class) => class
                    .ranges()
                    .iter()
                    .map(|r| (u32::from(r.start()), u32::from(r.end()).min(0x7f)))
                    .collect(),
            };
            let letters = [(0x30, 0x39), (0x41, 0x5a), (0x61, 0x7a)];
            let mut everyday = cut(&ranges, &letters);
            if everyday.is_empty() {
                everyday = cut(&ranges, &[(0x21, 0x7e)]);
            }
            if everyday.is_empty() {
                everyday = cut(&ranges, &[(0x20, 0x7e)]);
            }
            // Control characters and private planes are legal and never what a pattern's author had in mind.
            let mut all = cut(
                &ranges,
                &[
                    (0x20, 0x7e),
                    (0xa1, 0x2ff),
                    (0x370, 0x5ff),
                    (0x1e00, 0x1fff),
                ],
            );
            if all.is_empty() {
                all = cut(&ranges, &[(0, 0xd7ff), (0xe000, 0x0010_ffff)]);
            }
            if all.is_empty() {
                return None;
            }
            Piece {
                low: 1,
                high: 1,
                what: What::Class { everyday, all },
            }
        }
        HirKind::Repetition(repetition) => {
            let inner = piece(&repetition.sub);
            let min = repetition.min as usize;
            let Some(inner) = inner else {
                return (min == 0).then(|| Piece {
                    low: 0,
                    high: 0,
                    what: What::Text(String::new()),
                });
            };
            let max = repetition
                .max
                .map_or(ENDLESS, |max| (max as usize).min(ENDLESS));
            Piece {
                low: inner.low.saturating_mul(min).min(ENDLESS),
                high: inner.high.saturating_mul(max).min(ENDLESS),
                what: What::Repeat {
                    piece: Box::new(inner),
                    min,
                    max,
                },
            }
        }
        HirKind::Capture(capture) => piece(&capture.sub)?,
        HirKind::Concat(parts) => {
            let parts = parts.iter().map(piece).collect::<Option<Vec<_>>>()?;
            Piece {
                low: parts
                    .iter()
                    .map(|p| p.low)
                    .fold(0, usize::saturating_add)
                    .min(ENDLESS),
                high: parts
                    .iter()
                    .map(|p| p.high)
                    .fold(0, usize::saturating_add)
                    .min(ENDLESS),
                what: What::Sequence(parts),
            }
        }
        HirKind::Alternation(parts) => {
            let parts: Vec<Piece> = parts.iter().filter_map(piece).collect();
            Piece {
                low: parts.iter().map(|p| p.low).min()?,
                high: parts.iter().map(|p| p.high).max()?,
                what: What::Either(parts),
            }
        }
    })
}

fn cut(ranges: &[(u32, u32)], window: &[(u32, u32)]) -> Vec<(u32, u32)> {
    let mut kept = Vec::new();
    for (a, b) in ranges {
        for (c, d) in window {
            if a.max(c) <= b.min(d) {
                kept.push((*a.max(c), *b.min(d)));
            }
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests say what they expect")]
    use super::super::random::rng;
    use super::*;

    #[test]
    fn draws_match_and_keep_to_the_length() {
        let mut rng = rng(3, "patterns");
        for (source, min, max) in [
            (r"^[a-z]+$", 1, 1_000),
            (r"^[A-Z]{2}\d{6}$", 0, 100),
            (r"^(\w+\s)*\w+$", 30, 40),
            (r"\d{3}", 10, 12),
            (r"^(ab)*$", 6, 7),
            (r"^[^@\s]+@[^@\s]+\.[a-z]{2,}$", 12, 40),
            (r"^$|^\d{4}$", 0, 10),
            (r"^[\w.\-\/&[\]~]+$", 5, 5),
            (r"^A.*Z$", 300, 300),
            (r"^\u0041\x42[^\d]$", 0, 10),
            (r"^([A-Z]{1,2}[0-9][A-Z0-9]? ?[0-9][A-Z]{2})$", 0, 8),
            (r"^a{b$", 0, 8),
        ] {
            let pattern = Pattern::new(source);
            assert_eq!(pattern.refusal(), None, "{source}");
            for style in [Style::Simple, Style::Plain, Style::Varied] {
                let found = (0..200)
                    .filter_map(|_| pattern.draw(&mut rng, style, min, max))
                    .any(|text| {
                        let length = text.chars().count();
                        pattern.matches(&text) == Some(true) && length >= min && length <= max
                    });
                assert!(found, "{source} {style:?}");
            }
        }
    }

    #[test]
    fn classes_are_ascii() {
        let mut rng = rng(4, "ascii");
        let pattern = Pattern::new(r"^\w{1,20}\d{5}$");
        for _ in 0..100 {
            assert!(
                pattern
                    .draw(&mut rng, Style::Varied, 0, 30)
                    .unwrap()
                    .is_ascii()
            );
        }
        assert_eq!(pattern.matches("é12345"), Some(false));
    }

    #[test]
    fn what_cannot_be_drawn_says_why() {
        assert!(
            Pattern::new(r"^(?=.*\d).+$")
                .refusal()
                .unwrap()
                .contains("looks around")
        );
        assert!(
            Pattern::new(r"^(a)\1$")
                .refusal()
                .unwrap()
                .contains("refers back")
        );
        assert!(
            Pattern::new("(")
                .refusal()
                .unwrap()
                .contains("cannot be read")
        );
        assert!(
            Pattern::new("^[]$")
                .refusal()
                .unwrap()
                .contains("matches nothing")
        );
    }

    #[test]
    fn mismatches_keep_the_length() {
        let pattern = Pattern::new(r"^[A-Z]{2}\d{6}$");
        let text = pattern.mismatch("AB123456", 8, 8).unwrap();
        assert_eq!(text.len(), 8);
        assert_eq!(pattern.matches(&text), Some(false));
        assert_eq!(Pattern::new(".*").mismatch("a", 0, 5), None);
    }
}

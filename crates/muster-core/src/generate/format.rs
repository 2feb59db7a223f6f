//! String formats: how to write one, how to tell one, and what is beyond doubt not one. The main type is [`Format`].

use super::Style;
use super::random::{Rng, below, between, chance, pick};
use super::text;

/// A format that Muster knows. Others are annotations, and ignored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Format {
    Date,
    DateTime,
    Time,
    Duration,
    Uuid,
    Email,
    Uri,
    UriReference,
    Ipv4,
    Ipv6,
    Hostname,
    Byte,
    Binary,
    Password,
    JsonPointer,
    RelativeJsonPointer,
    Regex,
    UriTemplate,
    /// A decimal number as text (the OpenAPI format registry's `decimal`).
    Decimal,
}

const CONSONANTS: &[u8] = b"bcdfghjklmnprstvwz";
const LETTERS: &[u8] = b"abcdefghijklmnopqrstuvwxyz0123456789";

impl Format {
    pub(super) fn named(name: &str) -> Option<Self> {
        Some(match name {
            "date" => Self::Date,
            "date-time" => Self::DateTime,
            "time" => Self::Time,
            "duration" => Self::Duration,
            "uuid" => Self::Uuid,
            "email" | "idn-email" => Self::Email,
            "uri" | "iri" | "url" => Self::Uri,
            "uri-reference" | "iri-reference" => Self::UriReference,
            "ipv4" => Self::Ipv4,
            "ipv6" => Self::Ipv6,
            "hostname" | "idn-hostname" => Self::Hostname,
            "byte" => Self::Byte,
            "binary" => Self::Binary,
            "password" => Self::Password,
            "json-pointer" => Self::JsonPointer,
            "relative-json-pointer" => Self::RelativeJsonPointer,
            "regex" => Self::Regex,
            "uri-template" => Self::UriTemplate,
            "decimal" => Self::Decimal,
            _ => return None,
        })
    }

    /// Writes one, stretched towards `min` characters where the format can be.
    pub(super) fn draw(self, rng: &mut Rng, style: Style, min: usize, max: usize) -> String {
        let simple = style == Style::Simple;
        let varied = style == Style::Varied;
        match self {
            Self::Date => date(rng, simple),
            Self::DateTime => {
                let ending = if varied {
                    pick(rng, &["Z", "+01:00", ".123Z", "-05:30", ".5+00:00"]).copied()
                } else {
                    None
                };
                format!(
                    "{}T{}{}",
                    date(rng, simple),
                    clock(rng, simple),
                    ending.unwrap_or("Z")
                )
            }
            Self::Time => format!("{}Z", clock(rng, simple)),
            Self::Duration => {
                let n = 1 + below(rng, 20);
                match if varied { below(rng, 4) } else { 0 } {
                    1 => format!("PT{n}H30M"),
                    2 => format!("P{n}W"),
                    3 => format!("P1Y2M{n}DT1S"),
                    _ => format!("P{n}D"),
                }
            }
            Self::Uuid => {
                let digits = hex(rng, 31);
                let part = |from: usize, to: usize| digits.get(from..to).unwrap_or_default();
                let variant = pick(rng, &["8", "9", "a", "b"]).copied().unwrap_or("8");
                format!(
                    "{}-{}-4{}-{variant}{}-{}",
                    part(0, 8),
                    part(8, 12),
                    part(12, 15),
                    part(15, 18),
                    part(18, 30)
                )
            }
            Self::Email => {
                let stem = word(rng, 6);
                // A mailbox name ends at 64 characters and a host label at 63: stretch one, then the other.
                let room = min.saturating_sub(stem.len() + 12);
                let (name, host) = (room.min(50), room.saturating_sub(50));
                format!(
                    "{stem}{}@{}example.com",
                    letters(rng, name),
                    labels(rng, host)
                )
            }
            Self::Uri => {
                let base = format!("https://example.com/{}", word(rng, 6));
                let short = min.saturating_sub(base.len());
                if max < base.len() {
                    "urn:a".to_owned()
                } else {
                    base + &letters(rng, short)
                }
            }
            Self::UriReference => {
                let base = format!("/{}", word(rng, 6));
                let short = min.saturating_sub(base.len());
                base + &letters(rng, short)
            }
            Self::Ipv4 => format!("192.0.2.{}", 1 + below(rng, 254)),
            Self::Ipv6 => format!("2001:db8::{}", {
                let tail = below(rng, 0xffff);
                format!("{tail:x}")
            }),
            Self::Hostname => {
                let stem = word(rng, 6);
                let short = min.saturating_sub(stem.len() + 12);
                format!("{}{stem}.example.com", labels(rng, short))
            }
            Self::Byte => {
                let blocks = if varied { between(rng, 1, 12) } else { 2 };
                let blocks = blocks
                    .max(min.div_ceil(4))
                    .min((max / 4).max(usize::from(min > 0)));
                (0..blocks).map(|_| letters(rng, 4)).collect()
            }
            Self::Binary | Self::Password => {
                let length = between(rng, min.max(8), min.max(16)).min(max);
                letters(rng, length)
            }
            Self::JsonPointer => format!("/{}", letters(rng, min.max(5) - 1)),
            Self::RelativeJsonPointer => format!("1/{}", letters(rng, min.max(6) - 2)),
            Self::Regex => format!("^{}$", letters(rng, min.max(6) - 2)),
            Self::UriTemplate => {
                format!("https://example.com/{{{}}}", letters(rng, min.max(25) - 22))
            }
            Self::Decimal => decimal(rng, simple, min),
        }
    }

    /// Whether a text is plausibly of the format. Coarse: it keeps a contract's bad examples out, the judge decides.
    pub(super) fn accepts(self, text: &str) -> bool {
        let has = |shape: &str| {
            text.len() == shape.len()
                && text.bytes().zip(shape.bytes()).all(|(b, s)| match s {
                    b'9' => b.is_ascii_digit(),
                    b'f' => b.is_ascii_hexdigit(),
                    _ => b.eq_ignore_ascii_case(&s),
                })
        };
        match self {
            Self::Date => has("9999-99-99"),
            Self::DateTime => {
                text.get(..11)
                    .is_some_and(|day| day.ends_with(['T', 't', ' ']))
                    && (text.ends_with(['Z', 'z'])
                        || text.get(19..).is_some_and(|rest| rest.contains(['+', '-'])))
            }
            Self::Time => text.get(2..3) == Some(":"),
            Self::Duration => text.starts_with('P') && text.len() > 2,
            Self::Uuid => has("ffffffff-ffff-ffff-ffff-ffffffffffff"),
            Self::Email => text.split('@').filter(|part| !part.is_empty()).count() == 2,
            Self::Uri => {
                text.split_once(':').is_some_and(|(scheme, _)| {
                    scheme.starts_with(|c: char| c.is_ascii_alphabetic())
                        && scheme
                            .chars()
                            .all(|c| c.is_ascii_alphanumeric() || "+-.".contains(c))
                }) && !text.contains(' ')
            }
            Self::Ipv4 => text.parse::<std::net::Ipv4Addr>().is_ok(),
            Self::Ipv6 => text.parse::<std::net::Ipv6Addr>().is_ok(),
            Self::JsonPointer => text.is_empty() || text.starts_with('/'),
            Self::Decimal => is_decimal(text),
            _ => true,
        }
    }

    /// A day that no calendar has, in the right form.
    pub(super) const fn impossible(self) -> Option<&'static str> {
        match self {
            Self::Date => Some("2023-02-29"),
            Self::DateTime => Some("2023-02-29T10:30:00Z"),
            _ => None,
        }
    }

    /// A text that no server may take for the format, or none where servers rightly differ.
    pub(super) fn wrong(self) -> Option<(&'static str, &'static str)> {
        Some(match self {
            Self::Date => ("not-a-date", "a date"),
            Self::DateTime => ("not-a-date-time", "a date and time"),
            Self::Time => ("not-a-time", "a time"),
            Self::Uuid => ("not-a-uuid", "a UUID"),
            Self::Email => ("no-at-sign.example.com", "an e-mail address"),
            Self::Uri => ("no scheme only words", "a URI"),
            Self::Ipv4 => ("not-an-address", "an IPv4 address"),
            Self::Ipv6 => ("not-an-address", "an IPv6 address"),
            _ => return None,
        })
    }
}

fn date(rng: &mut Rng, simple: bool) -> String {
    if simple {
        return "2024-05-17".to_owned();
    }
    // Days that exist in every month, and years that people are born and recorded in.
    format!(
        "{}-{:02}-{:02}",
        1950 + below(rng, 75),
        1 + below(rng, 12),
        1 + below(rng, 28)
    )
}

fn clock(rng: &mut Rng, simple: bool) -> String {
    if simple {
        return "10:30:00".to_owned();
    }
    format!(
        "{:02}:{:02}:{:02}",
        below(rng, 24),
        below(rng, 60),
        below(rng, 60)
    )
}

/// Whole digits up to a length, then now and again a fraction of one or two digits.
fn decimal(rng: &mut Rng, simple: bool, min: usize) -> String {
    let fraction = match if simple { 1 } else { below(rng, 3) } {
        0 => String::new(),
        1 => format!(".{}", 1 + below(rng, 9)),
        _ => format!(".{:02}", 1 + below(rng, 99)),
    };
    let digits = min.saturating_sub(fraction.len()).max(1);
    let digits = if simple {
        digits
    } else {
        digits.max(between(rng, 1, 4))
    };
    let whole: String = (0..digits)
        .filter_map(|_| pick(rng, b"123456789").map(|b| *b as char))
        .collect();
    whole + &fraction
}

/// Whether a text is a number with at least one digit: a sign, digits, and a fraction or an exponent where there is one.
fn is_decimal(text: &str) -> bool {
    let number = text.strip_prefix(['-', '+']).unwrap_or(text);
    number.starts_with(|c: char| c.is_ascii_digit() || c == '.')
        && number.contains(|c: char| c.is_ascii_digit())
        && number.parse::<f64>().is_ok_and(f64::is_finite)
}

fn hex(rng: &mut Rng, count: usize) -> String {
    (0..count)
        .filter_map(|_| pick(rng, b"0123456789abcdef").map(|b| *b as char))
        .collect()
}

fn word(rng: &mut Rng, length: usize) -> String {
    (0..length)
        .filter_map(|i| {
            pick(rng, if i % 2 == 0 { CONSONANTS } else { b"aeiou" }).map(|b| *b as char)
        })
        .collect()
}

fn letters(rng: &mut Rng, count: usize) -> String {
    (0..count)
        .filter_map(|_| pick(rng, LETTERS).map(|b| *b as char))
        .collect()
}

/// Host labels, dots included, of `count` characters together (two at least, where any).
fn labels(rng: &mut Rng, count: usize) -> String {
    let mut out = String::new();
    let mut left = count;
    while left > 0 {
        let size = (left.max(2) - 1).min(60);
        out.push_str(&letters(rng, size));
        out.push('.');
        left = left.saturating_sub(size + 1);
    }
    out
}

/// The plain text where nothing says what is wanted.
pub(crate) const PLACEHOLDER: &str = "example";

/// Whether a text is one that nothing but chance chose: the placeholder, a drawn word, or one of these told apart by
/// more letters.
pub(crate) fn is_made_up(text: &str) -> bool {
    (1..=PLACEHOLDER.len() + 10).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_lowercase())
        && !text::police_strings()
            .iter()
            .any(|sample| sample.text == text)
}

/// A text for a schema that asks for nothing but a length.
pub(super) fn free(
    rng: &mut Rng,
    style: Style,
    min: usize,
    max: usize,
    name: Option<&str>,
) -> String {
    let mut text = match style {
        Style::Simple => name
            .and_then(|n| text::everyday(n, rng))
            .unwrap_or_else(|| PLACEHOLDER.to_owned()),
        Style::Varied if chance(rng, 40) => {
            pick(rng, text::police_strings()).map_or_else(String::new, |s| s.text.to_owned())
        }
        Style::Varied if chance(rng, 20) => String::new(),
        Style::Plain | Style::Varied => name
            .filter(|_| style == Style::Plain)
            .and_then(|n| text::everyday(n, rng))
            .unwrap_or_else(|| {
                let length = between(rng, 4, 10);
                word(rng, length)
            }),
    };
    let length = text.chars().count();
    if length > max {
        text = text.chars().take(max).collect();
    } else if length < min {
        let short = min - length;
        text.push_str(&word(rng, short));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::super::random::rng;
    use super::*;

    const ALL: &[&str] = &[
        "date",
        "date-time",
        "time",
        "duration",
        "uuid",
        "email",
        "uri",
        "uri-reference",
        "ipv4",
        "ipv6",
        "hostname",
        "json-pointer",
        "relative-json-pointer",
        "regex",
        "uri-template",
        "iri",
        "iri-reference",
        "idn-email",
        "idn-hostname",
    ];

    #[test]
    fn the_validator_agrees_with_every_format() {
        let mut rng = rng(5, "formats");
        for name in ALL {
            let schema = serde_json::json!({"type": "string", "format": name});
            let validator = jsonschema::options()
                .should_validate_formats(true)
                .build(&schema);
            let (Ok(validator), Some(format)) = (validator, Format::named(name)) else {
                unreachable!("{name} is a format of draft 2020-12");
            };
            for style in [Style::Simple, Style::Plain, Style::Varied] {
                for _ in 0..40 {
                    let text = format.draw(&mut rng, style, 0, 100);
                    assert!(validator.is_valid(&text.clone().into()), "{name}: {text}");
                    assert!(format.accepts(&text), "{name}: {text}");
                }
            }
            if let Some((wrong, _)) = format.wrong() {
                assert!(!validator.is_valid(&wrong.into()), "{name}: {wrong}");
                assert!(!format.accepts(wrong), "{name}: {wrong}");
            }
        }
    }

    #[test]
    fn a_decimal_has_a_digit_whatever_its_pattern_allows() {
        let mut rng = rng(7, "decimals");
        for style in [Style::Simple, Style::Plain, Style::Varied] {
            for min in [0, 3, 9] {
                let text = Format::Decimal.draw(&mut rng, style, min, 12);
                assert!(Format::Decimal.accepts(&text), "{text}");
                assert!(text.len() >= min, "{text}");
            }
        }
        for wrong in ["", "-", ".", "-.", "NaN", "inf", "1,5", "ten"] {
            assert!(!Format::Decimal.accepts(wrong), "{wrong}");
        }
    }

    #[test]
    fn formats_stretch() {
        let mut rng = rng(6, "stretch");
        for name in ["email", "uri", "hostname", "byte", "password"] {
            for min in [30, 80, 200] {
                let text = Format::named(name)
                    .map(|f| f.draw(&mut rng, Style::Plain, min, min + 20))
                    .unwrap_or_default();
                assert!(
                    (min..=min + 20).contains(&text.len()),
                    "{name} {min}: {text}"
                );
            }
        }
    }
}

//! Secrets that the target returns: a new token, a key, a password, a credential of another client
//! (owner of [`returned_secrets`]).
//!
//! They are found by the name of a property or header, by the format of a value, and by entropy where the name
//! leaves little doubt. What the request itself held is the run's own, and is not taken for a secret.

use std::ops::Range;

use super::{
    scan::{self, Spot},
    secret_names::Naming,
};
use crate::exchange::{Exchange, Headers, Request};

/// A value of fewer characters is masked where it stands, but not looked for elsewhere.
const SHORTEST: usize = 8;
/// A longer value is a document rather than a credential.
const LONGEST: usize = 16 << 10;
/// How many characters look random at least.
const SHORTEST_RANDOM: usize = 16;
/// How many secrets one response gives at most. The rest are masked by the names of their properties.
const MOST: usize = 2_000;

/// How values of well-known kinds begin, and how long they are at least.
const FORMATS: [(&str, usize); 28] = [
    ("eyJ", 40),
    ("ghp_", 30),
    ("gho_", 30),
    ("ghs_", 30),
    ("ghu_", 30),
    ("ghr_", 30),
    ("github_pat_", 40),
    ("glpat-", 20),
    ("sk_live_", 20),
    ("sk_test_", 20),
    ("rk_live_", 20),
    ("sk-ant-", 20),
    ("sk-proj-", 20),
    ("whsec_", 20),
    ("xoxb-", 20),
    ("xoxp-", 20),
    ("xoxa-", 20),
    ("AKIA", 20),
    ("ASIA", 20),
    ("AIza", 35),
    ("SG.", 40),
    ("npm_", 30),
    ("pypi-", 40),
    ("hvs.", 20),
    ("dop_v1_", 30),
    ("shpat_", 30),
    ("ya29.", 30),
    // RFC 8959.
    ("secret-token:", 20),
];

/// A secret in a response.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Returned {
    /// For the variable that stands for it: the name of the property or header.
    pub(super) name: String,
    pub(super) value: String,
}

/// Every secret that a response gives.
pub(super) fn returned_secrets(
    exchange: &Exchange,
    is_secret: &dyn Fn(&str) -> bool,
) -> Vec<Returned> {
    let Some(response) = exchange.response() else {
        return Vec::new();
    };
    let mut search = Search {
        request: &exchange.request,
        is_refusal: response.status >= 400,
        is_secret,
        found: Vec::new(),
    };
    search.headers(&response.headers);
    if !response.body.is_empty() {
        search.body(&response.body, path_noun(&exchange.request));
    }
    search.found
}

/// The last literal word of the path, which says what a response without names is: `tokens`, `api-keys`.
fn path_noun(request: &Request) -> &str {
    let path = request
        .operation
        .as_ref()
        .map_or_else(|| request.path_and_query(), |key| &*key.path);
    path.split('?')
        .next()
        .unwrap_or_default()
        .rsplit('/')
        .find(|segment| !segment.is_empty() && !segment.starts_with('{'))
        .unwrap_or_default()
}

struct Search<'a> {
    request: &'a Request,
    is_refusal: bool,
    is_secret: &'a dyn Fn(&str) -> bool,
    found: Vec<Returned>,
}

impl Search<'_> {
    fn headers(&mut self, headers: &Headers) {
        for (name, value) in headers.iter() {
            match name {
                "set-cookie" => {
                    let pair = value.split(';').next().unwrap_or_default();
                    let (cookie, value) = pair.split_once('=').unwrap_or(("cookie", pair));
                    if looks_random(value.trim()) {
                        self.keep(cookie.trim(), value.trim());
                    }
                }
                "www-authenticate" | "proxy-authenticate" => {}
                _ if is_secret_header(name) || (self.is_secret)(name) => {
                    let bare = value.split_once(' ').map_or(value, |(_, bare)| bare);
                    self.keep(name, bare.trim());
                }
                _ => self.text(name, value),
            }
        }
    }

    fn body(&mut self, body: &[u8], noun: &str) {
        let noun_is_secret = Naming::holds_secrets(noun);
        let is_refusal = self.is_refusal;
        let is_secret = self.is_secret;
        let mut named = Vec::new();
        let mut look = |spot: &Spot<'_>, value: &str| {
            let within = || noun_is_secret || Naming::holds_secrets(spot.holder);
            let is_one = match Naming::of(spot.name) {
                Some(Naming::Secret) => !has_space(value),
                Some(Naming::Password) => !(has_space(value) && is_refusal),
                Some(Naming::Perhaps) => looks_random(value) && !is_uuid(value),
                Some(Naming::WithinSecrets) => within() && looks_random(value),
                None if spot.name.is_empty() => noun_is_secret && looks_random(value),
                None => is_secret(spot.name) && !(has_space(value) && is_refusal),
            };
            if is_one && !is_link(value) {
                named.push((spot.name.to_owned(), value.to_owned()));
            } else if value.len() >= SHORTEST_RANDOM {
                for range in formatted(value) {
                    if let Some(secret) = value.get(range) {
                        named.push((spot.name.to_owned(), secret.to_owned()));
                    }
                }
                for (name, secret) in link_secrets(value) {
                    named.push((name, secret));
                }
            }
        };
        if scan::looks_like_json(body) {
            scan::json_strings(body, &mut look);
        } else if scan::looks_like_markup(body) {
            scan::markup_strings(body, &mut look);
        } else if let Ok(text) = std::str::from_utf8(body) {
            for line in text.lines() {
                // Items of streams: `data: {…}`, or one JSON text a line.
                if let Some(at) = line.find('{') {
                    scan::json_strings(line.get(at..).unwrap_or_default().as_bytes(), &mut look);
                }
            }
            let whole = text.trim();
            if noun_is_secret && !is_refusal && !has_space(whole) && looks_random(whole) {
                self.keep(noun, whole);
            }
            for (name, value) in form_secrets(whole) {
                self.keep(&name, &value);
            }
            self.text(noun, text);
        }
        for (name, value) in named {
            self.keep(&name, &value);
        }
    }

    /// A text that is not named for a secret, but may hold one.
    fn text(&mut self, name: &str, text: &str) {
        for range in formatted(text) {
            if let Some(secret) = text.get(range) {
                self.keep(name, secret);
            }
        }
        for (name, secret) in link_secrets(text) {
            self.keep(&name, &secret);
        }
    }

    fn keep(&mut self, name: &str, value: &str) {
        if self.found.len() < MOST
            && is_worth_looking_for(value)
            && !self.is_own(value)
            && !self
                .found
                .iter()
                .rev()
                .take(50)
                .any(|held| held.value == value)
        {
            self.found.push(Returned {
                name: name.to_owned(),
                value: value.to_owned(),
            });
        }
    }

    /// Whether the run itself sent this value in the request.
    fn is_own(&self, value: &str) -> bool {
        let path = self.request.path_and_query();
        let in_path = percent_encoding::percent_decode_str(path).decode_utf8_lossy();
        if in_path.contains(value) {
            return true;
        }
        let json = serde_json::Value::from(value).to_string();
        self.request.body.as_ref().is_some_and(|body| {
            let sent = String::from_utf8_lossy(&body.bytes);
            sent.contains(value) || sent.contains(json.trim_matches('"'))
        })
    }
}

/// Whether a header is named for a secret.
pub(super) fn is_secret_header(name: &str) -> bool {
    matches!(Naming::of(name), Some(Naming::Secret | Naming::Password))
}

/// Whether a value of a property that is named for a secret is masked where it stands.
pub(super) fn is_masked(name: &str, value: &str, is_refusal: bool) -> bool {
    let looks = !value.is_empty() && !is_placeholder(value) && !is_link(value);
    match Naming::of(name) {
        Some(Naming::Secret) => looks && !has_space(value),
        Some(Naming::Password) => looks && !(has_space(value) && is_refusal),
        _ => false,
    }
}

/// The secrets in the query or fragment of an address, and the password before its host.
pub(super) fn link_secrets(text: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    if let Some((_, rest)) = text.split_once("://") {
        let authority = rest.split(['/', '?', '#', ' ']).next().unwrap_or_default();
        if let Some((user, _)) = authority.rsplit_once('@')
            && let Some((_, password)) = user.split_once(':')
        {
            found.push(("password".to_owned(), decoded(password)));
        }
    }
    if let Some(at) = text.find(['?', '#'])
        && !text.contains('<')
    {
        found.extend(form_secrets(text.get(at + 1..).unwrap_or_default()));
    }
    found
}

fn form_secrets(text: &str) -> Vec<(String, String)> {
    text.split(['&', '#', '?', ';', ' ', '"', ',', '>'])
        .filter_map(|pair| pair.split_once('='))
        .filter(|(name, value)| {
            !name.is_empty()
                && match Naming::of(name) {
                    Some(Naming::Secret | Naming::Password) => !value.is_empty(),
                    Some(Naming::Perhaps) => looks_random(value),
                    _ => *name == "sig" && looks_random(value),
                }
        })
        .map(|(name, value)| (name.to_owned(), decoded(value)))
        .collect()
}

fn decoded(text: &str) -> String {
    percent_encoding::percent_decode_str(text)
        .decode_utf8_lossy()
        .into_owned()
}

/// Where values of well-known kinds stand in a text.
fn formatted(text: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let bytes = text.as_bytes();
    let is_part = |byte: &u8| {
        byte.is_ascii_alphanumeric()
            || matches!(byte, b'.' | b'_' | b'-' | b'~' | b'+' | b'/' | b'=' | b':')
    };
    let mut at = 0;
    while at < bytes.len() {
        let run = bytes
            .get(at..)
            .unwrap_or_default()
            .iter()
            .take_while(|byte| is_part(byte))
            .count();
        if run >= SHORTEST_RANDOM
            && let Some(word) = text.get(at..at + run)
        {
            // `Bearer:eyJ…` and `token=eyJ…` have the value behind a sign.
            for start in std::iter::once(0).chain(
                word.match_indices([':', '=', '/'])
                    .map(|(sign, _)| sign + 1)
                    .take(8),
            ) {
                let value = word.get(start..).unwrap_or_default().trim_end_matches('.');
                if FORMATS
                    .iter()
                    .any(|(begin, least)| value.len() >= *least && value.starts_with(begin))
                    && (!value.starts_with("eyJ") || is_token(value))
                {
                    found.push(at + start..at + start + value.len());
                    break;
                }
            }
        }
        at += run.max(1);
    }
    let mut from = 0;
    while let Some(start) = text.get(from..).and_then(|rest| rest.find("-----BEGIN ")) {
        let start = from + start;
        let rest = text.get(start..).unwrap_or_default();
        let head = rest.lines().next().unwrap_or_default();
        let end = rest.find("-----END ").map_or(rest.len(), |end| {
            let tail = rest.get(end + 9..).unwrap_or_default();
            end + 9 + tail.find("-----").map_or(tail.len(), |close| close + 5)
        });
        if head.contains("PRIVATE KEY") {
            found.push(start..start + end);
        }
        from = start + end.max(11);
    }
    found
}

/// Whether it has the form of a signed or encrypted token: three or five parts, the first a JSON object.
fn is_token(text: &str) -> bool {
    let parts = text.split('.').count();
    matches!(parts, 3 | 5)
}

/// An address or a path, such as a link to the collection of tokens.
fn is_link(value: &str) -> bool {
    value.contains("://") || (value.starts_with('/') && !looks_random(value))
}

fn has_space(value: &str) -> bool {
    value.contains(char::is_whitespace)
}

/// Whether somebody masked it already.
fn is_placeholder(value: &str) -> bool {
    let bare = value.trim_matches(['[', ']', '<', '>', '{', '}', '(', ')', ' ']);
    bare.chars().all(|character| {
        matches!(
            character,
            '*' | '\u{2022}' | 'x' | 'X' | '.' | '-' | '_' | '#'
        )
    }) || [
        "redacted", "hidden", "masked", "secret", "null", "none", "removed",
    ]
    .iter()
    .any(|word| bare.eq_ignore_ascii_case(word))
}

/// Whether a value can be looked for in every text without taking out what is no secret.
fn is_worth_looking_for(value: &str) -> bool {
    let length = value.chars().count();
    if !(SHORTEST..=LONGEST).contains(&length) || is_placeholder(value) {
        return false;
    }
    let mut characters = value.chars();
    let first = characters.next();
    if characters.all(|character| Some(character) == first) {
        return false;
    }
    // A plain word, a number that can be a count or a date, or a sentence.
    let is_word = value
        .chars()
        .all(|character| character.is_alphabetic() || matches!(character, '-' | '_' | ' '));
    let is_number = value.chars().all(|character| character.is_ascii_digit());
    let is_plain = (is_word && length < 20 && !is_mixed(value)) || (is_number && length < 12);
    !is_plain
}

/// Upper and lower case in the middle of a word, as no word has.
fn is_mixed(value: &str) -> bool {
    let inner = || value.chars().skip(1);
    inner().filter(char::is_ascii_uppercase).count() >= 3
        && inner().filter(char::is_ascii_lowercase).count() >= 3
}

/// Whether a value looks random: long, without spaces, of several kinds of characters, and hardly repeating.
pub(super) fn looks_random(value: &str) -> bool {
    if value.len() < SHORTEST_RANDOM
        || value.len() > LONGEST
        || !value.is_ascii()
        || has_space(value)
        || value.contains("://")
        || looks_like_time(value)
    {
        return false;
    }
    let digits = value.bytes().filter(u8::is_ascii_digit).count();
    let letters = value.bytes().filter(u8::is_ascii_alphabetic).count();
    digits >= 2 && letters >= 2 && entropy(value) >= 3.0 || is_mixed(value) && entropy(value) >= 3.5
}

fn looks_like_time(value: &str) -> bool {
    let bytes = value.as_bytes();
    bytes.get(4) == Some(&b'-') && bytes.get(7) == Some(&b'-') && bytes.get(10) == Some(&b'T')
}

/// Bits a character (Shannon).
fn entropy(value: &str) -> f64 {
    let mut counts = [0_u32; 128];
    for byte in value.bytes() {
        if let Some(count) = counts.get_mut(usize::from(byte)) {
            *count += 1;
        }
    }
    let length = f64::from(u32::try_from(value.len()).unwrap_or(u32::MAX));
    counts
        .iter()
        .filter(|count| **count > 0)
        .map(|count| {
            let share = f64::from(*count) / length;
            -share * share.log2()
        })
        .sum()
}

fn is_uuid(value: &str) -> bool {
    value.len() == 36
        && value.bytes().enumerate().all(|(at, byte)| match at {
            8 | 13 | 18 | 23 => byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        })
}

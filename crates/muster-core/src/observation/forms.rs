//! The encodings in which a secret can be written as a whole (owner of [`Form`]).
//!
//! `docs/credentials.md` lists them; a test compares the list with [`ENCODINGS`].

use base64::{Engine, alphabet, engine::GeneralPurpose, engine::general_purpose::NO_PAD};

const STANDARD: GeneralPurpose = GeneralPurpose::new(&alphabet::STANDARD, NO_PAD);
const URL_SAFE: GeneralPurpose = GeneralPurpose::new(&alphabet::URL_SAFE, NO_PAD);

/// Shorter forms are compared letter by letter; longer ones also match in another case.
const SHORTEST_IN_ANY_CASE: usize = 8;

/// The names of the encodings of whole values, as the documentation lists them.
pub const ENCODINGS: [&str; 12] = [
    "plain",
    "Latin-1",
    "UTF-16",
    "reversed",
    "other case",
    "hexadecimal",
    "separated hexadecimal",
    "decimal bytes",
    "base32",
    "base64",
    "base64url",
    "double base64",
];

/// How many encodings of a secret are looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Breadth {
    /// All of them.
    Every,
    /// Those that APIs use: plain, hexadecimal and base64. For the many secrets that a target can return.
    Usual,
}

/// One way to write a secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Form {
    pub(super) encoding: &'static str,
    pub(super) bytes: Vec<u8>,
    /// The alphabet, where the characters beside it hold a few bits of the secret, too.
    pub(super) edges: Edges,
}

/// The characters that can stand beside a form and hold bits of the secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Edges {
    None,
    Base64,
    Base32,
}

impl Form {
    /// Whether letters of the other case count as the same.
    pub(super) const fn ignores_case(&self) -> bool {
        self.bytes.len() >= SHORTEST_IN_ANY_CASE
    }

    pub(super) fn equals(&self, bytes: &[u8]) -> bool {
        if self.ignores_case() {
            self.bytes.eq_ignore_ascii_case(bytes)
        } else {
            self.bytes == bytes
        }
    }

    /// How many bytes at the start are the same.
    pub(super) fn common(&self, bytes: &[u8]) -> usize {
        let same = |(a, b): &(&u8, &u8)| {
            if self.ignores_case() {
                a.eq_ignore_ascii_case(b)
            } else {
                a == b
            }
        };
        self.bytes.iter().zip(bytes).take_while(same).count()
    }
}

impl Edges {
    pub(super) const fn holds(self, byte: u8) -> bool {
        match self {
            Self::None => false,
            Self::Base64 => {
                byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'-' | b'_')
            }
            Self::Base32 => byte.is_ascii_alphabetic() || matches!(byte, b'2'..=b'7'),
        }
    }
}

/// Every form of a secret that escapes of single characters do not explain.
pub(super) fn forms(secret: &str, breadth: Breadth) -> Vec<Form> {
    let mut forms = Forms(Vec::new());
    let every = breadth == Breadth::Every;
    forms.of_bytes("plain", secret.as_bytes(), breadth);
    let latin1 = secret
        .chars()
        .map(|character| u8::try_from(u32::from(character)))
        .collect::<Result<Vec<u8>, _>>();
    if let (false, Ok(latin1)) = (secret.is_ascii(), latin1) {
        forms.of_bytes("Latin-1", &latin1, breadth);
    }
    if every {
        let backwards: String = secret.chars().rev().collect();
        forms.add("reversed", backwards.into_bytes(), Edges::None);
        let little: Vec<u8> = secret.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let big: Vec<u8> = secret.encode_utf16().flat_map(u16::to_be_bytes).collect();
        for wide in [little, big] {
            forms.base64(&wide);
            forms.add("UTF-16", wide, Edges::None);
        }
        for text in [secret.to_uppercase(), secret.to_lowercase()] {
            // ASCII letters are compared in any case already, but what is encoded of them is another text.
            if text != secret {
                forms.base64(text.as_bytes());
                if !text.eq_ignore_ascii_case(secret) {
                    forms.add("other case", text.into_bytes(), Edges::None);
                }
            }
        }
    }
    let Forms(mut forms) = forms;
    forms.retain(|form| !form.bytes.is_empty());
    forms.sort_by(|a, b| a.bytes.cmp(&b.bytes));
    forms.dedup_by(|a, b| a.bytes == b.bytes);
    forms
}

struct Forms(Vec<Form>);

impl Forms {
    fn add(&mut self, encoding: &'static str, bytes: Vec<u8>, edges: Edges) {
        self.0.push(Form {
            encoding,
            bytes,
            edges,
        });
    }

    fn of_bytes(&mut self, plain: &'static str, bytes: &[u8], breadth: Breadth) {
        self.add(plain, bytes.to_vec(), Edges::None);
        self.base64(bytes);
        let lower = joined(bytes, "", |byte| format!("{byte:02x}"));
        let upper = lower.to_ascii_uppercase();
        self.add("hexadecimal", lower, Edges::None);
        self.add("hexadecimal", upper, Edges::None);
        if breadth == Breadth::Usual {
            return;
        }
        for separator in [" ", ":", "-", ", ", ","] {
            let text = joined(bytes, separator, |byte| format!("{byte:02x}"));
            self.add("separated hexadecimal", text, Edges::None);
        }
        for separator in ["", " ", ", ", ","] {
            let text = joined(bytes, separator, |byte| format!("0x{byte:02x}"));
            self.add("separated hexadecimal", text, Edges::None);
        }
        for separator in [" ", ", ", ","] {
            let text = joined(bytes, separator, |byte| byte.to_string());
            self.add("decimal bytes", text, Edges::None);
        }
        for offset in 0..5 {
            self.add("base32", base32(bytes, offset), Edges::Base32);
        }
        for inner in [STANDARD, URL_SAFE] {
            for offset in 0..3 {
                let text = aligned(&inner, bytes, offset);
                for (outer, engine) in [STANDARD, URL_SAFE].into_iter().enumerate() {
                    for shift in 0..3 {
                        let twice = aligned(&engine, &text, shift);
                        // The letters of base64 have the same base64url.
                        if outer == 0 || twice.iter().any(|byte| matches!(byte, b'-' | b'_')) {
                            self.add("double base64", twice, Edges::Base64);
                        }
                    }
                }
            }
        }
    }

    fn base64(&mut self, bytes: &[u8]) {
        for (encoding, engine) in [("base64", STANDARD), ("base64url", URL_SAFE)] {
            for offset in 0..3 {
                self.add(encoding, aligned(&engine, bytes, offset), Edges::Base64);
            }
        }
    }
}

fn joined(bytes: &[u8], separator: &str, one: impl Fn(&u8) -> String) -> Vec<u8> {
    let parts: Vec<String> = bytes.iter().map(one).collect();
    parts.join(separator).into_bytes()
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

/// The same of a base32 text (RFC 4648 §6), with groups of five.
fn base32(bytes: &[u8], offset: usize) -> Vec<u8> {
    let mut text = Vec::new();
    let (mut bits, mut held) = (0_u32, 0_u32);
    for byte in std::iter::repeat_n(&0, offset).chain(bytes) {
        bits = (bits << 8 | u32::from(*byte)) & 0xfff;
        held += 8;
        while held >= 5 {
            held -= 5;
            let five = u8::try_from(bits >> held & 31).unwrap_or_default();
            text.push(if five < 26 {
                b'A' + five
            } else {
                b'2' + five - 26
            });
        }
    }
    let first = (offset * 8).div_ceil(5);
    text.get(first..).unwrap_or_default().to_vec()
}

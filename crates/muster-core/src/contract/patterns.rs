//! In which dialect of regular expressions a pattern is written (owner of [`Reading`]).
//!
//! JSON Schema says that `pattern` SHOULD be a regular expression of ECMA-262. One of another dialect is told as that
//! and judges no value; where its meaning is sure, its translation may be used to make values.

use super::judge::is_pattern;

/// The keyword of a normalised schema that takes the place of a `pattern` of another dialect: its translation into
/// ECMA-262, or `true` where there is none.
pub const FOREIGN_PATTERN: &str = "x-muster-pattern";

/// How a pattern can be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Reading {
    /// As ECMA-262.
    Ecma,
    /// It is sound as far as can be told, and Muster cannot compile it: it is too large, say.
    Unused,
    /// It is of another dialect, or no regular expression at all.
    Foreign {
        /// What is wrong with it, in words that follow "the pattern … ".
        why: String,
        /// The same in ECMA-262, for making values.
        translated: Option<String>,
    },
}

/// Reads a pattern.
pub(super) fn read(pattern: &str) -> Reading {
    let scan = Scan::of(pattern);
    if let Some(why) = scan.foreign {
        let translated = scan.translated.filter(|text| is_pattern(text));
        return Reading::Foreign { why, translated };
    }
    if is_pattern(pattern) {
        Reading::Ecma
    } else if is_sound(pattern) {
        Reading::Unused
    } else {
        Reading::Foreign {
            why: "is not a regular expression of ECMA-262".to_owned(),
            translated: None,
        }
    }
}

/// Whether a pattern that does not compile may be sound all the same.
fn is_sound(pattern: &str) -> bool {
    // What another parser, which knows neither of these, cannot tell.
    let beyond = ["\\k<", "(?=", "(?!", "(?<", "\\c", "\\u"]
        .iter()
        .any(|construct| pattern.contains(construct))
        || (1..=9).any(|number| pattern.contains(&format!("\\{number}")));
    regex_syntax::parse(pattern).is_ok() || beyond && Scan::of(pattern).is_balanced()
}

/// One pass over a pattern.
struct Scan<'p> {
    chars: std::iter::Peekable<std::str::Chars<'p>>,
    /// The first construct that ECMA-262 does not have, and whose it is.
    foreign: Option<String>,
    /// The translation so far; none once a construct has no sure one.
    translated: Option<String>,
    /// Whether what was read last is a quantifier.
    quantified: bool,
    in_class: bool,
    /// Groups that are open; below zero where one was closed too many.
    depth: i32,
}

impl<'p> Scan<'p> {
    fn of(pattern: &'p str) -> Self {
        let mut scan = Self {
            chars: pattern.chars().peekable(),
            foreign: None,
            translated: Some(String::with_capacity(pattern.len())),
            quantified: false,
            in_class: false,
            depth: 0,
        };
        while let Some(next) = scan.chars.next() {
            scan.step(next);
        }
        scan
    }

    const fn is_balanced(&self) -> bool {
        self.depth == 0 && !self.in_class
    }

    fn step(&mut self, next: char) {
        let was_quantified = std::mem::take(&mut self.quantified);
        match next {
            '\\' => self.escape(),
            '[' if self.in_class => match self.posix_class() {
                Some((name, inside)) => {
                    self.found(&format!("[:{name}:]"), "POSIX", inside);
                }
                None => self.keep("["),
            },
            '[' => {
                self.in_class = true;
                self.keep("[");
                if self.chars.next_if_eq(&'^').is_some() {
                    self.keep("^");
                }
            }
            ']' => {
                self.in_class = false;
                self.keep("]");
            }
            '(' if !self.in_class => {
                self.depth += 1;
                self.group();
            }
            ')' if !self.in_class => {
                // One closed too many is never made good.
                self.depth = if self.depth > 0 {
                    self.depth - 1
                } else {
                    i32::MIN
                };
                self.keep(")");
            }
            '*' | '+' | '?' if !self.in_class => {
                if was_quantified && next == '+' {
                    let text = format!("{}+", self.last());
                    self.found(&text, "Java, PCRE and Ruby", Some(""));
                } else {
                    self.keep(next.encode_utf8(&mut [0; 4]));
                    // `+?` is lazy: it ends the quantifier.
                    self.quantified = !(was_quantified && next == '?');
                }
            }
            '}' if !self.in_class => {
                self.keep("}");
                self.quantified = true;
            }
            other => self.keep(other.encode_utf8(&mut [0; 4])),
        }
    }

    fn escape(&mut self) {
        let Some(next) = self.chars.next() else {
            self.keep("\\");
            return;
        };
        match next {
            'A' => self.found("\\A", "Python, Ruby, Java and PCRE", Some("^")),
            'Z' | 'z' => {
                let text = format!("\\{next}");
                self.found(&text, "Python, Ruby, Java and PCRE", Some("$"));
            }
            'a' => self.found("\\a", "PCRE and Java", Some("\\x07")),
            'e' => self.found("\\e", "PCRE and Java", Some("\\x1b")),
            'p' | 'P' => self.property(next),
            // What ECMA-262 has: classes, controls, boundaries, references.
            'd' | 'D' | 'w' | 'W' | 's' | 'S' | 'b' | 'B' | 't' | 'n' | 'v' | 'f' | 'r' | 'c'
            | 'u' | 'k' => self.keep_escape(next),
            'x' if self.chars.peek() == Some(&'{') => {
                self.found("\\x{", "PCRE, Java and Go", Some("\\u"));
            }
            'x' => self.keep_escape(next),
            other if other.is_ascii_alphabetic() => {
                self.found(&format!("\\{other}"), "PCRE, Java or Ruby", None);
            }
            other => self.keep_escape(other),
        }
    }

    /// `\p{…}`: ECMA-262 has categories, binary properties and `Script=`, and always braces.
    fn property(&mut self, letter: char) {
        if self.chars.peek() != Some(&'{') {
            let category = self.chars.next().unwrap_or_default();
            let text = format!("\\{letter}{category}");
            let braced = format!("\\{letter}{{{category}}}");
            self.found(&text, "Java, Go and PCRE", Some(&braced));
            return;
        }
        let mut name = String::new();
        self.chars.next();
        for next in self.chars.by_ref() {
            if next == '}' {
                break;
            }
            name.push(next);
        }
        let text = format!("\\{letter}{{{name}}}");
        let inside = ascii_class(&name.to_ascii_lowercase());
        match (&*name, inside) {
            (
                "Alnum" | "Punct" | "Digit" | "Space" | "Blank" | "Cntrl" | "Graph" | "Print"
                | "XDigit",
                Some(inside),
            ) => {
                let class = match (self.in_class, letter) {
                    (true, 'p') => Some(inside.to_owned()),
                    (false, 'p') => Some(format!("[{inside}]")),
                    (false, _) => Some(format!("[^{inside}]")),
                    (true, _) => None,
                };
                self.found(&text, "Java", class.as_deref());
            }
            _ if ["Is", "In", "java"]
                .iter()
                .any(|start| name.starts_with(start)) =>
            {
                self.found(&text, "Java and .NET", None);
            }
            _ if SCRIPTS.contains(&&*name) => {
                let script = format!("\\{letter}{{Script={name}}}");
                self.found(&text, "PCRE, Ruby and Go", Some(&script));
            }
            _ => self.keep(&text),
        }
    }

    fn group(&mut self) {
        if self.chars.next_if_eq(&'*').is_some() {
            self.found("(*", "PCRE", None);
            return;
        }
        if self.chars.next_if_eq(&'?').is_none() {
            self.keep("(");
            return;
        }
        match self.chars.peek().copied() {
            Some('P') => {
                self.chars.next();
                match self.chars.next() {
                    Some('<') => self.found("(?P<", "Python, Go and PCRE", Some("(?<")),
                    Some('=') => {
                        let name: String = self.chars.by_ref().take_while(|c| *c != ')').collect();
                        let reference = format!("\\k<{name}>");
                        self.found("(?P=", "Python and PCRE", Some(&reference));
                    }
                    _ => self.found("(?P", "Python and PCRE", None),
                }
            }
            Some('#') => {
                for next in self.chars.by_ref() {
                    if next == ')' {
                        break;
                    }
                }
                self.found("(?#", "Python, Ruby and PCRE", Some(""));
            }
            Some('>') => self.found("(?>", "Java, Ruby, .NET and PCRE", None),
            Some('|' | '(' | '&' | 'R' | '+' | '0'..='9') => self.found("(?…", "PCRE", None),
            Some('\'') => self.found("(?'", ".NET and PCRE", None),
            Some(flag) if flag.is_ascii_alphabetic() || matches!(flag, '-' | '^') => self.flags(),
            _ => self.keep("(?"),
        }
    }

    /// `(?i)`. The flags `i`, `m` and `s` let more texts match, so what is made without them matches as well.
    fn flags(&mut self) {
        let mut flags = String::new();
        while let Some(next) = self
            .chars
            .next_if(|c| c.is_ascii_alphabetic() || matches!(c, '-' | '^'))
        {
            flags.push(next);
        }
        let widens = !flags.contains('x');
        let text = format!("(?{flags}");
        match self.chars.peek() {
            Some(')') => {
                self.chars.next();
                let nothing = widens.then_some("");
                self.found(&format!("{text})"), "Python, Java and PCRE", nothing);
            }
            Some(':') => self.found(&text, "Java, .NET and PCRE", widens.then_some("(?")),
            _ => self.found(&text, "PCRE", None),
        }
    }

    /// The rest of `[:alpha:]` inside a class, and what it stands for.
    fn posix_class(&mut self) -> Option<(String, Option<&'static str>)> {
        let rest: String = self.chars.clone().take(12).collect();
        let (name, _) = rest.strip_prefix(':')?.split_once(":]")?;
        let plain = name.trim_start_matches('^');
        if plain.is_empty() || !plain.bytes().all(|byte| byte.is_ascii_lowercase()) {
            return None;
        }
        for _ in 0..name.chars().count() + 3 {
            self.chars.next();
        }
        let inside = ascii_class(name);
        Some((name.to_owned(), inside))
    }

    /// Notes a construct of another dialect, and what it is in ECMA-262.
    fn found(&mut self, construct: &str, dialect: &str, translated: Option<&str>) {
        self.foreign.get_or_insert_with(|| {
            format!("has `{construct}`, which is of {dialect} and not of ECMA-262")
        });
        match translated {
            Some(text) => self.keep(text),
            None => self.translated = None,
        }
    }

    fn keep(&mut self, text: &str) {
        if let Some(translated) = &mut self.translated {
            translated.push_str(text);
        }
    }

    fn keep_escape(&mut self, escaped: char) {
        self.keep("\\");
        self.keep(escaped.encode_utf8(&mut [0; 4]));
    }

    fn last(&self) -> char {
        let text = self.translated.as_deref().unwrap_or_default();
        text.chars().last().unwrap_or('*')
    }
}

/// Names of scripts that people write without `Script=`.
const SCRIPTS: [&str; 12] = [
    "Latin",
    "Greek",
    "Cyrillic",
    "Arabic",
    "Hebrew",
    "Han",
    "Hiragana",
    "Katakana",
    "Hangul",
    "Thai",
    "Devanagari",
    "Armenian",
];

/// The characters of a POSIX class, as they stand inside brackets.
fn ascii_class(name: &str) -> Option<&'static str> {
    Some(match name {
        "alpha" => "A-Za-z",
        "digit" => "0-9",
        "alnum" => "A-Za-z0-9",
        "upper" => "A-Z",
        "lower" => "a-z",
        "space" => r"\s",
        "blank" => r" \t",
        "punct" => r"!-\/:-@\[-`{-~",
        "xdigit" => "0-9A-Fa-f",
        "word" => r"\w",
        "cntrl" => r"\x00-\x1f\x7f",
        "graph" => r"!-~",
        "print" => r" -~",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_of_ecma_are_left_alone() {
        for pattern in [
            r"^\d{4}$",
            r"^[\p{L}\p{M}' -]{1,20}$",
            r"^(?=.*[A-Z])(?!x)[a-z]{2,8}$",
            r"^([ab])\1$",
            r"^\/[a-z\/\-_.]{1,10}$",
            r"(?<=a)b(?<!c)d",
            r"[[]|[:a]",
            r"^a+?b*?c??$",
            r"^[+*?]+$",
            r"^\+\+$",
            r"\u0041\x41",
            r"^[^:]+:[^:]+$",
            r"\p{Script=Greek}",
        ] {
            assert_eq!(read(pattern), Reading::Ecma, "{pattern}");
        }
    }

    #[test]
    fn patterns_of_other_dialects_are_named_and_translated_where_their_meaning_is_sure() {
        for (pattern, construct, translated) in [
            (r"\A[0-9]{2}\Z", r"\A", Some("^[0-9]{2}$")),
            (r"^a\z", r"\z", Some("^a$")),
            (
                r"^(?P<a>[a-z]+)\.(?P<b>x)$",
                "(?P<",
                Some(r"^(?<a>[a-z]+)\.(?<b>x)$"),
            ),
            (r"^(?P<a>x)(?P=a)$", "(?P<", None),
            ("^[[:alpha:]_]{2}$", "[:alpha:]", Some("^[A-Za-z_]{2}$")),
            ("^[[:^digit:]]$", "[:^digit:]", None),
            ("^[a-z]++$", "++", Some("^[a-z]+$")),
            (r"^\d{2}+x$", "}+", Some(r"^\d{2}x$")),
            ("(?i)^ab$", "(?i)", Some("^ab$")),
            ("^(?i:ab)$", "(?i", Some("^(?:ab)$")),
            ("(?x) a b", "(?x)", None),
            (r"^\h+$", r"\h", None),
            ("^(?>a+)b$", "(?>", None),
            (r"^\pL+$", r"\pL", Some(r"^\p{L}+$")),
            (r"^\p{Alnum}+$", r"\p{Alnum}", Some("^[A-Za-z0-9]+$")),
            (
                r"^[\p{Punct}a]$",
                r"\p{Punct}",
                Some(r"^[!-\/:-@\[-`{-~a]$"),
            ),
            (r"^\p{IsGreek}$", r"\p{IsGreek}", None),
            (r"^\p{Latin}$", r"\p{Latin}", Some(r"^\p{Script=Latin}$")),
            (r"^\x{41}$", r"\x{", Some(r"^\u{41}$")),
            (r"a(?#why)b", "(?#", Some("ab")),
            (r"^\Qa.b\E$", r"\Q", None),
        ] {
            match read(pattern) {
                Reading::Foreign {
                    why,
                    translated: held,
                } => {
                    assert!(why.contains(&format!("`{construct}`")), "{pattern}: {why}");
                    if translated != Some(r"^\u{41}$") {
                        assert_eq!(held.as_deref(), translated, "{pattern}");
                    }
                }
                other => panic!("{pattern}: {other:?}"),
            }
        }
    }

    #[test]
    fn what_nobody_reads_is_told_as_that() {
        for pattern in ["(", "[a-z", "a{2,1}", "(?=a"] {
            let Reading::Foreign { why, translated } = read(pattern) else {
                panic!("{pattern}");
            };
            assert!(why.contains("not a regular expression"), "{pattern}: {why}");
            assert_eq!(translated, None);
        }
        for pattern in ["^(a{1000}){1000}$", r"^(?<y>a)\k<y>$"] {
            assert_eq!(read(pattern), Reading::Unused, "{pattern}");
        }
    }
}

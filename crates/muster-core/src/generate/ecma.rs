//! From the regular expressions of ECMA-262, which schemas are written in, to those of the `regex` crate: [`translate`].

/// From ECMA-262 to the syntax of the `regex` crate: ASCII classes, `\/`, `\u0041`, and brackets inside classes.
pub(super) fn translate(source: &str) -> String {
    let mut out = String::with_capacity(source.len() + 16);
    let chars: Vec<char> = source.chars().collect();
    let at = |i: usize| chars.get(i).copied();
    let mut in_class = false;
    let mut i = 0;
    while let Some(c) = at(i) {
        i += 1;
        match c {
            '\\' => {
                let Some(next) = at(i) else {
                    out.push_str("\\\\");
                    break;
                };
                i += 1;
                match next {
                    'd' => out.push_str("[0-9]"),
                    'D' => out.push_str("[^0-9]"),
                    'w' => out.push_str("[A-Za-z0-9_]"),
                    'W' => out.push_str("[^A-Za-z0-9_]"),
                    's' => out.push_str(r"[\s\x{feff}]"),
                    'S' => out.push_str(r"[^\s\x{feff}]"),
                    'b' if in_class => out.push_str(r"\x08"),
                    'b' => out.push_str(r"(?-u:\b)"),
                    'B' => out.push_str(r"\B"),
                    '0' if !at(i).is_some_and(|c| c.is_ascii_digit()) => out.push_str(r"\x00"),
                    'c' if at(i).is_some_and(|c| c.is_ascii_alphabetic()) => {
                        let control = at(i).map_or(0, |c| c as u32 % 32);
                        out.push_str(&format!("\\x{{{control:x}}}"));
                        i += 1;
                    }
                    'u' if at(i) != Some('{') => {
                        let digits: String = chars.iter().skip(i).take(4).collect();
                        i += digits.chars().count();
                        out.push_str(&format!("\\x{{{digits}}}"));
                    }
                    'Z' | 'z' | 'A' | 'G' => out.push(next),
                    '<' | '>' => out.push(next),
                    _ if next.is_ascii_alphanumeric() || next.is_ascii_punctuation() => {
                        out.push('\\');
                        out.push(next);
                    }
                    _ => out.push(next),
                }
            }
            '[' if in_class => out.push_str("\\["),
            '[' => {
                in_class = true;
                if at(i) == Some(']') {
                    out.push_str(r"[^\x{0}-\x{10ffff}]");
                    in_class = false;
                    i += 1;
                } else if at(i) == Some('^') && at(i + 1) == Some(']') {
                    out.push_str(r"[\x{0}-\x{10ffff}]");
                    in_class = false;
                    i += 2;
                } else {
                    out.push('[');
                    if at(i) == Some('^') {
                        out.push('^');
                        i += 1;
                    }
                }
            }
            ']' if in_class => {
                in_class = false;
                out.push(']');
            }
            '&' | '~' if in_class => {
                out.push('\\');
                out.push(c);
            }
            '-' if in_class && at(i) == Some('-') => out.push_str("\\-"),
            '{' if !in_class && !at(i).is_some_and(|c| c.is_ascii_digit()) => out.push_str("\\{"),
            _ => out.push(c),
        }
    }
    out
}

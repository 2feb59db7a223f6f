//! Text of others made harmless for the place it goes to (owner of [`text()`]).
//!
//! What a target answers ends up in reports. It must not be able to write them: no forged test cases, no
//! terminal escapes, no commands to the CI that prints a log, no attachments that name files of the CI.

/// The text without control sequences, and with nothing that XML 1.0 cannot hold; line ends are `\n`.
/// Characters that turn the direction of reading round are shown as `U+FFFD`.
pub(crate) fn text(raw: &str) -> String {
    let mut out = String::with_capacity(raw.len());
    let mut rest = raw.chars().peekable();
    while let Some(c) = rest.next() {
        match c {
            '\u{1b}' | '\u{9b}' => {
                let kind = if c == '\u{9b}' {
                    Some('[')
                } else {
                    rest.next_if(|next| ('\u{20}'..='\u{7e}').contains(next))
                };
                match kind {
                    // CSI: parameters, then one final letter.
                    Some('[') => {
                        while rest
                            .next_if(|next| ('\u{20}'..='\u{3f}').contains(next))
                            .is_some()
                        {}
                        rest.next_if(|next| ('\u{40}'..='\u{7e}').contains(next));
                    }
                    // OSC, DCS, SOS, PM, APC: until BEL or ST; a line end is as far as a forger gets.
                    Some(']' | 'P' | 'X' | '^' | '_') => {
                        while rest
                            .next_if(|next| !matches!(next, '\u{7}' | '\u{1b}' | '\n'))
                            .is_some()
                        {}
                        rest.next_if_eq(&'\u{7}');
                    }
                    _ => {}
                }
            }
            '\r' => {
                if rest.peek() != Some(&'\n') {
                    out.push('\n');
                }
            }
            '\n' | '\t' => out.push(c),
            '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{200e}' | '\u{200f}' => {
                out.push('\u{fffd}');
            }
            c if c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}') => {}
            c => out.push(c),
        }
    }
    out
}

/// The same on one line.
pub(crate) fn line(raw: &str) -> String {
    let text = text(raw);
    let mut out = String::with_capacity(text.len());
    for word in text.split_whitespace() {
        if !out.is_empty() {
            out.push(' ');
        }
        out.push_str(word);
    }
    out
}

/// At most this many characters, and a note of how many are left out.
pub(crate) fn cap(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        None => text.to_owned(),
        Some((at, _)) => {
            let (kept, cut) = text.split_at(at);
            format!("{kept}… ({} more characters)", cut.chars().count())
        }
    }
}

/// For an attribute of JUnit.
pub(crate) fn xml_line(raw: &str, most: usize) -> String {
    cap(&unattached(&line(raw)), most)
}

/// For a text of JUnit.
pub(crate) fn xml_text(raw: &str, most: usize) -> String {
    cap(&unattached(&text(raw)), most)
}

/// GitLab and Jenkins read `[[ATTACHMENT|path]]` as the name of a file to publish: it is broken up.
fn unattached(text: &str) -> String {
    text.replace("[[ATTACHMENT", "[ [ATTACHMENT")
}

/// For a CDATA section whose writer does not look inside.
pub(crate) fn cdata(raw: &str, most: usize) -> String {
    xml_text(raw, most).replace("]]>", "]]]]><![CDATA[>")
}

/// For a log that a CI may read commands from: `::command` at the start of a line, `##[command]` anywhere.
pub(crate) fn log(raw: &str) -> String {
    let text = text(raw).replace("##[", "## [");
    let mut out = String::with_capacity(text.len());
    for (at, line) in text.split('\n').enumerate() {
        if at > 0 {
            out.push('\n');
        }
        let body = line.trim_start();
        if body.starts_with("::") {
            out.push_str(&line.replacen("::", ": :", 1));
        } else {
            out.push_str(line);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    #![allow(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::indexing_slicing,
        clippy::panic,
        reason = "a test may stop where it stands"
    )]

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn control_sequences_go_and_their_letters_too() {
        assert_eq!(text("a\u{1b}[31;1mred\u{1b}[0m"), "ared");
        assert_eq!(text("\u{1b}]0;title\u{7}x"), "x");
        assert_eq!(text("\u{1b}]8;;http://evil\u{1b}\\x"), "x");
        assert_eq!(text("\u{9b}2Jx\u{1b}"), "x");
        assert_eq!(text("a\r\nb\rc\u{0}\u{8}\u{fffe}\u{ffff}"), "a\nb\nc");
        assert_eq!(text("abc\u{202e}cba"), "abc\u{fffd}cba");
        assert_eq!(text("naïve – 日本 🙂\t"), "naïve – 日本 🙂\t");
    }

    #[test]
    fn a_log_cannot_carry_commands() {
        assert_eq!(
            log("::error::x\n  ::add-mask::y"),
            ": :error::x\n  : :add-mask::y"
        );
        assert_eq!(log("a ##[error]b"), "a ## [error]b");
        assert_eq!(log("std::fmt stays"), "std::fmt stays");
    }

    #[test]
    fn long_text_is_cut_between_characters() {
        assert_eq!(cap("ééééé", 5), "ééééé");
        assert_eq!(cap("éééééé", 5), "ééééé… (1 more characters)");
    }

    #[test]
    fn attachments_are_broken_up() {
        assert_eq!(
            xml_text("[[ATTACHMENT|/etc/passwd]]", 99),
            "[ [ATTACHMENT|/etc/passwd]]"
        );
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn only_characters_of_xml_1_0_come_out(raw in any::<String>(), ansi in "(\u{1b}[\\[\\]P][0-9;]{0,4}[a-zA-Z\u{7}]?){0,3}") {
            for c in text(&format!("{ansi}{raw}{ansi}")).chars() {
                let allowed = matches!(c, '\t' | '\n' | ' '..='~' | '\u{a0}'..='\u{fffd}' | '\u{10000}'..);
                prop_assert!(allowed, "{:?}", c);
            }
        }

        #[test]
        fn a_cdata_section_never_ends_early(raw in "[\\]>a\u{0}\u{1b}]{0,12}") {
            let section = format!("<![CDATA[{}]]>", cdata(&raw, 99));
            let mut rest = section.as_str();
            let mut read = String::new();
            while let Some(inside) = rest.strip_prefix("<![CDATA[") {
                let (text, after) = inside.split_once("]]>").unwrap();
                read.push_str(text);
                rest = after;
            }
            prop_assert_eq!(rest, "");
            prop_assert_eq!(read, xml_text(&raw, 99));
        }

        #[test]
        fn cleaning_twice_changes_nothing(raw in any::<String>()) {
            let once = text(&raw);
            prop_assert_eq!(text(&once), once.clone());
        }
    }
}

//! What the runner, reports, diagnostics and faults say keeps to the words of `docs/STYLE.md`: the string literals of the
//! sources that have three words or more, without those of tests.

#![allow(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    reason = "a test reads the sources"
)]

use std::{
    fs,
    path::{Path, PathBuf},
};

use muster_checks::language;

/// The kinds of text, and where they stand.
const KINDS: &[(&str, &[&str])] = &[
    (
        "reasons",
        &[
            "crates/muster-core/src",
            "src/runner",
            "src/auth",
            "src/http",
        ],
    ),
    ("findings", &["crates/muster-checks/src"]),
    ("reports", &["crates/muster-report/src"]),
    ("diagnostics", &["src/load", "src/cli", "src/journal"]),
    ("faults", &["crates/muster-supplier/src"]),
];

/// Sources whose literals are not texts of Muster: tests, fixtures, and the lists of words themselves.
const NOT_TEXTS: &[&str] = &[
    "/tests/",
    "/tests.rs",
    "_tests.rs",
    "/fixture/",
    "/fixture.rs",
    "/language.rs",
    "/laws.rs",
];

/// A literal of fewer words is a name or a key.
const LEAST_WORDS: usize = 3;

#[test]
fn every_text_keeps_to_the_words_of_the_style() {
    let mut wrong = Vec::new();
    for (kind, folders) in KINDS {
        let mut texts = 0;
        for folder in *folders {
            for path in sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join(folder)) {
                for (line, text) in literals(&fs::read_to_string(&path).unwrap()) {
                    if !is_text(&text) {
                        continue;
                    }
                    texts += 1;
                    for phrase in language::breaks_in_text(&text) {
                        let path = path.display();
                        wrong.push(format!("{kind}: {path}:{line}: has `{phrase}`: {text}"));
                    }
                }
            }
        }
        assert!(texts > 50, "{kind}: only {texts} texts were read");
    }
    assert!(
        wrong.is_empty(),
        "{} breaks\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}

#[test]
fn literals_are_read_without_comments_attributes_and_tests() {
    let source = "// \"not this one\"\n#[expect(lint, reason = \"nor this one\")]\nconst A: &str = \"one \\\n    \
                  \\\"two\\\" three\";\nconst B: char = '\"';\nconst C: &str = r#\"a \"raw\" one\"#;\n#[cfg(test)]\nmod \
                  tests {\n    const D: &str = \"nor that one\";\n}\n";
    let found: Vec<String> = literals(source).into_iter().map(|(_, text)| text).collect();
    assert_eq!(found, ["one \"two\" three", "a \"raw\" one"]);
}

fn sources(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let shown = path.display().to_string();
        if path.is_dir() {
            found.extend(sources(&path));
        } else if shown.ends_with(".rs") && !NOT_TEXTS.iter().any(|part| shown.contains(part)) {
            found.push(path);
        }
    }
    found.sort();
    found
}

/// Whether a literal is a text to read, and not a document, a path or a format of several lines.
fn is_text(literal: &str) -> bool {
    let document = literal.contains('\n')
        || literal.starts_with(['/', '<', '#'])
        || (literal.starts_with('{') && literal.contains("\":"));
    !document && literal.split_whitespace().count() >= LEAST_WORDS
}

/// The string literals of a source with their lines, up to its tests.
fn literals(source: &str) -> Vec<(usize, String)> {
    let end = source
        .find("\n#[cfg(test)]\nmod tests {")
        .or_else(|| source.find("\n#[test]"))
        .unwrap_or(source.len());
    let mut rest = source.get(..end).unwrap_or_default();
    let mut found = Vec::new();
    let mut before = String::new();
    let mut line = 1;
    while let Some(letter) = rest.chars().next() {
        let (taken, literal) = if rest.starts_with("//") {
            (rest.find('\n').unwrap_or(rest.len()), None)
        } else if rest.starts_with("r\"") || rest.starts_with("r#") {
            raw(rest)
        } else if letter == '"' {
            quoted(rest)
        } else if rest.starts_with("'\"'") {
            (3, None)
        } else if rest.starts_with("'\\\"'") {
            (4, None)
        } else {
            (letter.len_utf8(), None)
        };
        if let Some(literal) = literal
            && !before.ends_with("reason = ")
        {
            found.push((line, literal));
        }
        let (passed, following) = rest.split_at(taken);
        line += passed.matches('\n').count();
        before.push_str(passed);
        rest = following;
    }
    found
}

/// How long the raw literal at the start of `rest` is, and its text.
fn raw(rest: &str) -> (usize, Option<String>) {
    let hashes = rest.chars().skip(1).take_while(|at| *at == '#').count();
    let start = hashes + 2;
    if rest.chars().nth(hashes + 1) != Some('"') {
        return (1, None);
    }
    let close = format!("\"{}", "#".repeat(hashes));
    let text = rest.get(start..).unwrap_or_default();
    let length = text.find(&close).unwrap_or(text.len());
    let taken = (start + length + close.len()).min(rest.len());
    (taken, text.get(..length).map(str::to_owned))
}

/// How long the quoted literal at the start of `rest` is, and its text.
fn quoted(rest: &str) -> (usize, Option<String>) {
    let mut text = String::new();
    let mut letters = rest.char_indices().skip(1).peekable();
    while let Some((at, letter)) = letters.next() {
        match letter {
            '"' => return (at + 1, Some(text)),
            '\\' => match letters.next() {
                Some((_, '\n')) => {
                    while letters.next_if(|(_, next)| next.is_whitespace()).is_some() {}
                }
                Some((_, 'n')) => text.push('\n'),
                Some((_, escaped)) => text.push(escaped),
                None => {}
            },
            _ => text.push(letter),
        }
    }
    (rest.len(), None)
}

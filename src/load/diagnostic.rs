//! What is wrong with a file, told so that it can be put right (owner of [`Diagnostics`]).

use std::{fmt, sync::Arc};

use anstyle::{AnsiColor, Style};

use super::source::Source;

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    /// The file as its reader knows it; empty where it is about no file (a flag, say).
    pub file: Arc<str>,
    /// The line, from 1; 0 where it is about the file as a whole.
    pub line: usize,
    /// The column, from 1.
    pub column: usize,
    /// How many characters are meant.
    pub width: usize,
    /// The line itself, secrets masked.
    pub source_line: String,
    /// What is wrong, in one sentence.
    pub message: String,
    /// What would be right.
    pub help: Option<String>,
}

impl Diagnostic {
    /// About a flag, or the surroundings.
    pub fn plain(message: impl Into<String>) -> Self {
        Self::of_file("", message)
    }

    /// About a file as a whole.
    pub fn of_file(file: &str, message: impl Into<String>) -> Self {
        Self {
            file: file.into(),
            line: 0,
            column: 0,
            width: 0,
            source_line: String::new(),
            message: message.into(),
            help: None,
        }
    }

    /// About a place in a source.
    pub fn at(
        source: &Source,
        line: usize,
        column: usize,
        width: usize,
        message: impl Into<String>,
    ) -> Self {
        let text = source
            .text
            .lines()
            .nth(line.saturating_sub(1))
            .unwrap_or_default();
        Self {
            file: source.name.clone(),
            line,
            column,
            width: width.max(1),
            source_line: text.to_owned(),
            message: message.into(),
            help: None,
        }
    }

    /// Says what would be right.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// Says what would be right, where that is known.
    #[must_use]
    pub fn maybe_help(mut self, help: Option<String>) -> Self {
        self.help = help.or(self.help);
        self
    }

    fn render(&self, out: &mut String, paint: &Paint) {
        use fmt::Write as _;
        let gutter = self.line.to_string().len();
        let pad = " ".repeat(gutter);
        let _ = writeln!(
            out,
            "{}: {}",
            paint.error("error"),
            paint.strong(&printable(&self.message))
        );
        if self.line > 0 {
            let arrow = paint.frame("-->");
            let bar = paint.frame("|");
            let _ = writeln!(
                out,
                "{pad}{arrow} {}:{}:{}",
                self.file, self.line, self.column
            );
            let (shown, offset) = window(&self.source_line, self.column, self.width);
            let carets = "^".repeat(
                self.width
                    .min(shown.chars().count().saturating_sub(offset))
                    .max(1),
            );
            let _ = writeln!(out, "{pad} {bar}");
            let _ = writeln!(out, "{} {bar} {shown}", paint.frame(&self.line.to_string()));
            let _ = writeln!(
                out,
                "{pad} {bar} {}{}",
                " ".repeat(offset),
                paint.error(&carets)
            );
        } else if !self.file.is_empty() {
            let _ = writeln!(out, "{pad}{} {}", paint.frame("-->"), self.file);
        }
        if let Some(help) = &self.help {
            let _ = writeln!(out, "{pad} {} {}", paint.frame("= help:"), printable(help));
        }
    }
}

/// Everything that is wrong; never empty where it is an error.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Diagnostics(Vec<Diagnostic>);

impl Diagnostics {
    /// Nothing wrong so far.
    #[must_use]
    pub const fn new() -> Self {
        Self(Vec::new())
    }

    /// Says of each that has no help yet what would be right.
    #[must_use]
    pub fn help(mut self, help: &str) -> Self {
        for one in &mut self.0 {
            one.help.get_or_insert_with(|| help.to_owned());
        }
        self
    }

    /// Adds one.
    pub fn push(&mut self, diagnostic: Diagnostic) {
        self.0.push(diagnostic);
    }

    /// Adds those of another.
    pub fn extend(&mut self, other: impl IntoIterator<Item = Diagnostic>) {
        self.0.extend(other);
    }

    /// Whether nothing is wrong.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How many there are.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.0.len()
    }

    /// They, one by one.
    pub fn iter(&self) -> std::slice::Iter<'_, Diagnostic> {
        self.0.iter()
    }

    /// The value where nothing is wrong, else what is wrong, in the order of the file.
    ///
    /// # Errors
    /// Something is wrong.
    pub fn or<T>(mut self, value: T) -> Result<T, Self> {
        if self.0.is_empty() {
            return Ok(value);
        }
        self.0.sort_by_key(|one| (one.line, one.column));
        self.0.dedup();
        Err(self)
    }

    /// All of it as text, carets and all.
    #[must_use]
    pub fn render(&self, colour: bool) -> String {
        let paint = Paint { colour };
        let mut out = String::new();
        for (number, diagnostic) in self.0.iter().enumerate() {
            if number > 0 {
                out.push('\n');
            }
            diagnostic.render(&mut out, &paint);
        }
        if self.0.len() > 1 {
            out.push_str(&format!("\n{} errors\n", self.0.len()));
        }
        out
    }
}

impl From<Diagnostic> for Diagnostics {
    fn from(diagnostic: Diagnostic) -> Self {
        Self(vec![diagnostic])
    }
}

impl IntoIterator for Diagnostics {
    type Item = Diagnostic;
    type IntoIter = std::vec::IntoIter<Diagnostic>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl<'a> IntoIterator for &'a Diagnostics {
    type Item = &'a Diagnostic;
    type IntoIter = std::slice::Iter<'a, Diagnostic>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl fmt::Display for Diagnostics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.render(false))
    }
}

impl std::error::Error for Diagnostics {}

/// How much of a long line is shown.
const WINDOW: usize = 100;

/// The part of a line round a column, and the offset of the column in it.
fn window(line: &str, column: usize, width: usize) -> (String, usize) {
    let characters: Vec<char> = line.chars().map(visible).collect();
    let at = column.saturating_sub(1).min(characters.len());
    let start = if characters.len() <= WINDOW || at + width.min(WINDOW / 2) < WINDOW {
        0
    } else {
        at.saturating_sub(WINDOW / 3)
    };
    let mut shown: String = characters.iter().skip(start).take(WINDOW).collect();
    let mut offset = at - start;
    if start > 0 {
        shown.insert_str(0, "… ");
        offset += 2;
    }
    if start + WINDOW < characters.len() {
        shown.push_str(" …");
    }
    (shown.trim_end().to_owned(), offset)
}

/// What a terminal would act on becomes a mark it only shows.
fn visible(character: char) -> char {
    match character {
        '\t' => ' ',
        control if control.is_control() => '\u{fffd}',
        other => other,
    }
}

fn printable(text: &str) -> String {
    text.chars()
        .map(|c| if c == '\n' { '\n' } else { visible(c) })
        .collect()
}

struct Paint {
    colour: bool,
}

impl Paint {
    fn with(&self, style: Style, text: &str) -> String {
        if self.colour {
            format!("{style}{text}{style:#}")
        } else {
            text.to_owned()
        }
    }

    fn error(&self, text: &str) -> String {
        self.with(AnsiColor::Red.on_default().bold(), text)
    }

    fn strong(&self, text: &str) -> String {
        self.with(Style::new().bold(), text)
    }

    fn frame(&self, text: &str) -> String {
        self.with(AnsiColor::Blue.on_default().bold(), text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shows_the_line_with_a_caret() {
        let source = Source::new("target.yaml", "target: T\nclaim: [etag]\n");
        let diagnostics = Diagnostics::from(
            Diagnostic::at(&source, 2, 1, 5, "unknown key `claim`").help("did you mean `claims`?"),
        );
        assert_eq!(
            diagnostics.to_string(),
            "error: unknown key `claim`\n --> target.yaml:2:1\n  |\n2 | claim: [etag]\n  | ^^^^^\n  = help: did you mean `claims`?\n"
        );
    }

    #[test]
    fn a_file_cannot_steer_the_terminal() {
        let source = Source::new("t.yaml", "a: \u{1b}[2J\tb\n");
        let shown =
            Diagnostics::from(Diagnostic::at(&source, 1, 1, 1, "no \u{1b}[31m")).to_string();
        assert!(!shown.contains('\u{1b}'), "{shown:?}");
        assert!(!shown.contains('\t'), "{shown:?}");
    }

    #[test]
    fn a_long_line_is_cut_round_the_caret() {
        let source = Source::new(
            "t.yaml",
            format!("{}needle{}", "x".repeat(500), "y".repeat(500)),
        );
        let shown = Diagnostics::from(Diagnostic::at(&source, 1, 501, 6, "no")).to_string();
        let lines: Vec<&str> = shown.lines().collect();
        assert!(lines[3].chars().count() < 120);
        let caret = lines[4].chars().position(|c| c == '^').unwrap();
        let seen: String = lines[3].chars().skip(caret).take(6).collect();
        assert_eq!(seen, "needle");
        assert!(lines[4].ends_with("^^^^^^"));
    }

    #[test]
    fn errors_come_in_the_order_of_the_file() {
        let source = Source::new("t.yaml", "a: 1\nb: 2\n");
        let mut all = Diagnostics::new();
        all.push(Diagnostic::at(&source, 2, 1, 1, "second"));
        all.push(Diagnostic::at(&source, 1, 1, 1, "first"));
        all.push(Diagnostic::at(&source, 2, 1, 1, "second"));
        let all = all.or(()).unwrap_err();
        let messages: Vec<&str> = all.iter().map(|d| d.message.as_str()).collect();
        assert_eq!(messages, ["first", "second"]);
        assert!(all.to_string().ends_with("\n2 errors\n"));
    }
}

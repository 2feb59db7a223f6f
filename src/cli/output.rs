//! The two streams: results on standard output, everything else on standard error. Both take colours off
//! where nobody sees them (`NO_COLOR`, no terminal).

use std::{
    io::{ErrorKind, Write},
    path::Path,
};

use super::Failure;

/// Writes a result. A reader that went away (`| head`) is no error.
pub(super) fn out(text: &str) -> Result<(), Failure> {
    let mut stream = anstream::stdout().lock();
    match stream
        .write_all(text.as_bytes())
        .and_then(|()| stream.flush())
    {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(Failure::Internal(format!(
            "cannot write to standard output: {error}"
        ))),
        _ => Ok(()),
    }
}

/// How wide the terminal is that results are written to; nothing where it is none.
pub(super) fn width() -> Option<usize> {
    let terminal = console::Term::stdout();
    terminal
        .is_term()
        .then(|| usize::from(terminal.size().1))
        .filter(|width| *width > 0)
}

/// Tells something beside the result. Where even that cannot be told, there is nobody to tell.
pub(super) fn err(text: &str) {
    let mut stream = anstream::stderr().lock();
    let _ = stream
        .write_all(text.as_bytes())
        .and_then(|()| stream.flush());
}

/// Writes a value as JSON.
pub(super) fn json(value: &impl serde::Serialize) -> Result<(), Failure> {
    let text = serde_json::to_string_pretty(value)
        .map_err(|error| Failure::Internal(error.to_string()))?;
    out(&format!("{text}\n"))
}

/// Writes a file.
pub(super) fn file(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    muster_report::report::write_private(path, bytes)
        .map_err(|error| Failure::usage(format!("cannot write `{}`: {error}", path.display())))
}

/// Makes a folder and those above it.
pub(super) fn folder(path: &Path) -> Result<(), Failure> {
    std::fs::create_dir_all(path).map_err(|error| {
        Failure::usage(format!(
            "cannot make the folder `{}`: {error}",
            path.display()
        ))
    })
}

/// Rows with their columns in line; the last column is as long as it is.
pub(super) fn columns(rows: &[Vec<String>]) -> String {
    let mut widths: Vec<usize> = Vec::new();
    for row in rows {
        for (index, cell) in row.iter().enumerate() {
            let width = cell.chars().count();
            match widths.get_mut(index) {
                Some(widest) => *widest = (*widest).max(width),
                None => widths.push(width),
            }
        }
    }
    let mut text = String::new();
    for row in rows {
        let mut line = String::new();
        for (cell, width) in row.iter().zip(&widths) {
            line.push_str(&format!("{cell:width$}  "));
        }
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}

/// A paragraph broken into lines, each after an indent.
pub(super) fn paragraph(text: &str, indent: usize, width: usize) -> String {
    let mut lines = String::new();
    let mut line = String::new();
    for word in text.split_whitespace() {
        if !line.is_empty() && indent + line.chars().count() + 1 + word.chars().count() > width {
            lines.push_str(&format!("{}{line}\n", " ".repeat(indent)));
            line.clear();
        }
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
    }
    if !line.is_empty() {
        lines.push_str(&format!("{}{line}\n", " ".repeat(indent)));
    }
    lines
}

/// A named text below a line, wrapped below its own beginning.
pub(super) fn field(name: &str, text: &str, width: usize) -> String {
    const INDENT: usize = 14;
    let wrapped = paragraph(text, INDENT, width);
    let first = format!("    {name:<9} ");
    let rest = wrapped
        .strip_prefix(&" ".repeat(INDENT))
        .unwrap_or(&wrapped);
    if rest.is_empty() {
        return String::new();
    }
    format!("{first}{rest}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_stand_in_line() {
        let rows = [
            vec!["a".to_owned(), "b".to_owned()],
            vec!["long".to_owned(), String::new()],
        ];
        assert_eq!(columns(&rows), "a     b\nlong\n");
    }

    #[test]
    fn a_field_is_wrapped_below_its_beginning() {
        assert_eq!(
            field("expected", "one two three", 24),
            "    expected  one two\n              three\n"
        );
        assert_eq!(field("fix", "", 24), "");
    }

    #[test]
    fn a_paragraph_keeps_to_its_width() {
        assert_eq!(
            paragraph("one two  three\nfour", 2, 11),
            "  one two\n  three\n  four\n"
        );
        assert_eq!(paragraph("", 2, 11), "");
    }
}

//! Where the parts of a suite stand in its file (owner of [`Spots`]).

use std::{collections::HashMap, sync::Arc};

use muster_core::verdict::SourceLocation;

/// One place in a file, from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Spot {
    /// The line.
    pub line: usize,
    /// The column.
    pub column: usize,
    /// How many characters are meant.
    pub width: usize,
}

/// A file's text, and where each part of it stands by JSON pointer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Spots {
    file: Arc<str>,
    text: Arc<str>,
    spots: HashMap<String, Spot>,
}

impl Spots {
    /// Puts them together.
    #[must_use]
    pub const fn new(file: Arc<str>, text: Arc<str>, spots: HashMap<String, Spot>) -> Self {
        Self { file, text, spots }
    }

    /// The name of the file as its reader knows it.
    #[must_use]
    pub fn file(&self) -> &str {
        &self.file
    }

    /// Where a part stands, or the nearest part around it.
    #[must_use]
    pub fn at(&self, pointer: &str) -> Spot {
        let mut pointer = pointer;
        loop {
            if let Some(spot) = self.spots.get(pointer) {
                return *spot;
            }
            match pointer.rfind('/') {
                Some(at) => pointer = pointer.get(..at).unwrap_or_default(),
                None => {
                    return Spot {
                        line: 1,
                        column: 1,
                        width: 1,
                    };
                }
            }
        }
    }

    /// A line of the file, from 1.
    #[must_use]
    pub fn line(&self, number: usize) -> &str {
        self.text
            .lines()
            .nth(number.saturating_sub(1))
            .unwrap_or_default()
    }

    /// The place of a part, for reports.
    #[must_use]
    pub fn location(&self, pointer: &str) -> SourceLocation {
        let spot = self.at(pointer);
        SourceLocation {
            file: self.file.to_string(),
            line: spot.line,
            column: spot.column,
        }
    }

    /// `file:line:column` of a part.
    #[must_use]
    pub fn place(&self, pointer: &str) -> String {
        let spot = self.at(pointer);
        format!("{}:{}:{}", self.file, spot.line, spot.column)
    }

    /// The line of a part with a caret under it, headed by its place.
    #[must_use]
    pub fn excerpt(&self, pointer: &str) -> String {
        let spot = self.at(pointer);
        let line = self.line(spot.line).trim_end();
        let indent = line.chars().take_while(|c| *c == ' ').count();
        let indent = indent.min(spot.column.saturating_sub(1));
        let mut offset = spot.column.saturating_sub(1 + indent);
        let mut shown: String = line.chars().skip(indent).take(WIDEST).collect();
        if offset > FAR {
            // A long line is shown from shortly before what is meant.
            let skipped = offset - BEFORE;
            let rest = line.chars().skip(indent + skipped).take(WIDEST);
            shown = "… ".chars().chain(rest).collect();
            offset = BEFORE + 2;
        }
        let room = shown.chars().count().saturating_sub(offset).max(1);
        let number = spot.line.to_string();
        let pad = " ".repeat(number.len());
        format!(
            "{pad}--> {}:{}:{}\n{number} | {shown}\n{pad} | {}{}",
            self.file,
            spot.line,
            spot.column,
            " ".repeat(offset),
            "^".repeat(spot.width.clamp(1, room))
        )
    }
}

/// Characters of a line that an excerpt shows.
const WIDEST: usize = 96;
/// From which column on a line is not shown from its start, and how much of it before what is meant.
const FAR: usize = 60;
const BEFORE: usize = 20;

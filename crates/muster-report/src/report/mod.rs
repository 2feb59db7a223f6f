//! Summary in, text out (owner of [`FORMATS`]).
//!
//! Every format is a pure function of the summary: the same journal gives the same bytes, during a run and
//! ever after. A new format is one file and one line in the list.
#![allow(clippy::disallowed_methods, reason = "writing reports is this edge")]

mod html;
mod json;
mod junit;
mod junit_classic;
mod junit_model;
mod markdown;
mod sanitise;
mod terminal;
mod text;
mod view;

use std::{
    fs,
    io::{self, Write},
    path::{Path, PathBuf},
};

use crate::summary::Summary;

pub use html::render as html;
pub use json::render as json;
pub use junit::render as junit;
pub use junit_classic::render as junit_classic;
pub use markdown::render as markdown;
pub use terminal::{Colour, Style, render as terminal};

/// What a user may choose.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Options {
    /// How `junit.xml` is written.
    pub junit: JunitFlavour,
}

/// The two ways of JUnit: there is no standard, and tools differ in what they read.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum JunitFlavour {
    /// With properties, totals and skip counts.
    #[default]
    Rich,
    /// The oldest common form, for strict readers.
    Classic,
}

/// A report that is kept in the run folder.
#[derive(Debug)]
pub struct Format {
    /// Its name on the command line.
    pub name: &'static str,
    /// Its file in the run folder.
    pub file: &'static str,
    /// What writes it.
    pub render: fn(&Summary, &Options) -> String,
}

/// The list, in the order the files are written.
pub static FORMATS: [Format; 4] = [
    Format {
        name: "json",
        file: "results.json",
        render: |summary, _| json(summary),
    },
    Format {
        name: "junit",
        file: "junit.xml",
        render: |summary, options| match options.junit {
            JunitFlavour::Rich => junit(summary),
            JunitFlavour::Classic => junit_classic(summary),
        },
    },
    Format {
        name: "html",
        file: "report.html",
        render: |summary, _| html(summary),
    },
    Format {
        name: "markdown",
        file: "summary.md",
        render: |summary, _| markdown(summary),
    },
];

/// The format of this name.
#[must_use]
pub fn find(name: &str) -> Option<&'static Format> {
    FORMATS.iter().find(|format| format.name == name)
}

/// Why a report could not be written.
#[derive(Debug, thiserror::Error)]
#[error("{} cannot be written: {error}", path.display())]
pub struct WriteError {
    /// The report.
    pub path: PathBuf,
    /// Why.
    pub error: io::Error,
}

/// The name that a report is written under until it is whole.
#[must_use]
pub fn draft(file: &str) -> String {
    format!(".{file}.part")
}

/// Writes a file for its owner alone: a report holds what the target returned.
///
/// # Errors
/// Where it cannot be written.
pub fn write_private(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut options = fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.mode(0o600);
    }
    let mut file = options.open(path)?;
    file.write_all(bytes)
}

/// Writes every report of the list into the run folder, and tells where they are.
///
/// # Errors
/// Where one cannot be written; those before it are there.
pub fn write_all(
    run_dir: &Path,
    summary: &Summary,
    options: &Options,
) -> Result<Vec<PathBuf>, WriteError> {
    let mut written = Vec::new();
    for format in &FORMATS {
        let path = run_dir.join(format.file);
        let text = (format.render)(summary, options);
        // Beside it first, so that a reader never meets half a report.
        let draft = run_dir.join(draft(format.file));
        write_private(&draft, text.as_bytes())
            .and_then(|()| fs::rename(&draft, &path))
            .map_err(|error| WriteError {
                path: path.clone(),
                error,
            })?;
        written.push(path);
    }
    Ok(written)
}

#[cfg(test)]
mod tests;

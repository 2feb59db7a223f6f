//! Summary in, text out (owner of [`FORMATS`]).
//!
//! Every format is a pure function of the summary: the same journal gives the same bytes, during a run and
//! ever after. A new format is one file and one line in the list.
#![allow(clippy::disallowed_methods, reason = "writing reports is this edge")]

mod badge;
mod basis;
mod cases;
mod ctrf;
mod evidence;
mod github;
mod gitlab;
mod har;
mod html;
mod json;
mod junit;
mod junit_classic;
mod markdown;
mod openmetrics;
mod sanitise;
pub mod sarif;
mod tap;
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
pub use text::{duration, finding};

/// What a user may choose.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Options {
    /// How `junit.xml` is written.
    pub junit: JunitFlavour,
}

/// The two ways of JUnit: there is no standard, and tools differ in what they read.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum JunitFlavour {
    /// With the file and line of what was expected.
    #[default]
    Rich,
    /// The oldest common form, for strict readers.
    Classic,
}

/// A way to write the results of a run.
#[derive(Debug)]
pub struct Format {
    /// Its name on the command line.
    pub name: &'static str,
    /// Its file in the run folder.
    pub file: &'static str,
    /// What it is and who reads it, in a few words.
    pub about: &'static str,
    /// Whether every run folder holds it; the others are written where somebody asks for them.
    pub in_folder: bool,
    /// What writes it.
    pub render: fn(&Summary, &Options) -> String,
}

/// The list, in the order the files are written.
pub static FORMATS: &[Format] = &[
    json::FORMAT,
    junit::FORMAT,
    html::FORMAT,
    markdown::FORMAT,
    sarif::FORMAT,
    ctrf::FORMAT,
    tap::FORMAT,
    har::FORMAT,
    github::FORMAT,
    gitlab::FORMAT,
    openmetrics::FORMAT,
    badge::FORMAT,
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

/// A report that somebody asked for, and where it goes.
#[derive(Debug, Clone, Copy)]
pub struct Wanted<'a> {
    /// The format.
    pub format: &'static Format,
    /// Its file.
    pub path: &'a Path,
}

/// Writes the reports that every run folder holds, then those that were asked for, and tells where they are.
///
/// # Errors
/// Where one cannot be written; those before it are there.
pub fn write_all(
    run_dir: &Path,
    summary: &Summary,
    options: &Options,
    wanted: &[Wanted<'_>],
) -> Result<Vec<PathBuf>, WriteError> {
    let mut written = Vec::new();
    for format in FORMATS.iter().filter(|format| format.in_folder) {
        written.push(write_one(
            format,
            &run_dir.join(format.file),
            summary,
            options,
        )?);
    }
    for one in wanted {
        written.push(write_one(one.format, one.path, summary, options)?);
    }
    Ok(written)
}

/// Writes one report.
///
/// # Errors
/// Where it cannot be written.
pub fn write_one(
    format: &Format,
    path: &Path,
    summary: &Summary,
    options: &Options,
) -> Result<PathBuf, WriteError> {
    let text = (format.render)(summary, options);
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    // Beside it first, so that a reader never meets half a report. What is no file of its own, such as a pipe or a file
    // that another process holds open, is written as it is.
    let is_file = fs::symlink_metadata(path).map_or(true, |found| found.is_file());
    let done = if is_file {
        let draft = path.with_file_name(draft(&name));
        write_private(&draft, text.as_bytes())
            .and_then(|()| fs::rename(&draft, path))
            .inspect_err(|_| {
                let _ = fs::remove_file(&draft);
            })
    } else {
        write_private(path, text.as_bytes())
    };
    done.map_err(|error| WriteError {
        path: path.to_path_buf(),
        error,
    })?;
    Ok(path.to_path_buf())
}

#[cfg(test)]
mod formats_tests;
#[cfg(test)]
mod tests;

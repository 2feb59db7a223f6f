//! JSON Lines to events (owner of [`Reader`]).

use std::{
    fs::File,
    io::{self, BufRead, BufReader},
    path::{Path, PathBuf},
};

use crate::{
    event::Entry,
    summary::{Fold, NoRun, Summary},
};

/// Why a journal could not be read.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// The file cannot be read.
    #[error("{} cannot be read: {error}", path.display())]
    Io {
        /// The journal.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
    /// A line in the middle is no event: the file was changed, or is no journal of this version.
    #[error("{}:{line} is not an event: {reason}", path.display())]
    Line {
        /// The journal.
        path: PathBuf,
        /// The line, from 1.
        line: u64,
        /// Why.
        reason: String,
    },
    /// There is nothing to report on.
    #[error("{}: {error}", path.display())]
    NoRun {
        /// The journal.
        path: PathBuf,
        /// Why.
        error: NoRun,
    },
}

/// The events of a journal in order. The last line may be torn, as a crash leaves it: it is left out, and
/// the run then has no end, which the summary tells as interrupted.
#[derive(Debug)]
pub struct Reader {
    path: PathBuf,
    lines: BufReader<File>,
    line: u64,
    buffer: Vec<u8>,
    done: bool,
}

/// Opens a journal; a run folder stands for the journal in it.
///
/// # Errors
/// Where it cannot be opened.
pub fn read(path: &Path) -> Result<Reader, ReadError> {
    let path = if path.is_dir() {
        path.join(super::FILE)
    } else {
        path.to_path_buf()
    };
    match File::open(&path) {
        Ok(file) => Ok(Reader {
            lines: BufReader::with_capacity(256 * 1024, file),
            path,
            line: 0,
            buffer: Vec::new(),
            done: false,
        }),
        Err(error) => Err(ReadError::Io { path, error }),
    }
}

/// The summary of a journal, or of the journal in a run folder. It is read twice, so memory does not grow with it.
///
/// # Errors
/// Where it cannot be read, or tells of no run.
pub fn summary(path: &Path) -> Result<Summary, ReadError> {
    let mut fold = Fold::new();
    for entry in read(path)? {
        fold.take(entry?);
    }
    let wanted = fold.wanted();
    let mut evidence = std::collections::BTreeMap::new();
    if !wanted.is_empty() {
        for entry in read(path)? {
            if let crate::event::Event::Exchanged(exchanged) = entry?.event
                && wanted.contains(&exchanged.observation.id)
            {
                evidence.insert(exchanged.observation.id, exchanged.observation);
            }
        }
    }
    fold.finish(&evidence).map_err(|error| ReadError::NoRun {
        path: path.to_path_buf(),
        error,
    })
}

impl Reader {
    fn io(&self, error: io::Error) -> ReadError {
        ReadError::Io {
            path: self.path.clone(),
            error,
        }
    }

    /// Whether nothing but the torn end follows.
    fn at_end(&mut self) -> io::Result<bool> {
        self.lines.fill_buf().map(<[u8]>::is_empty)
    }
}

impl Iterator for Reader {
    type Item = Result<Entry, ReadError>;

    fn next(&mut self) -> Option<Self::Item> {
        while !self.done {
            self.buffer.clear();
            self.line += 1;
            match self.lines.read_until(b'\n', &mut self.buffer) {
                Ok(0) => self.done = true,
                Ok(_) => {
                    if self.buffer.iter().all(u8::is_ascii_whitespace) {
                        continue;
                    }
                    match serde_json::from_slice(&self.buffer) {
                        Ok(entry) => return Some(Ok(entry)),
                        Err(error) => {
                            self.done = true;
                            match self.at_end() {
                                Ok(true) => {}
                                Ok(false) => {
                                    return Some(Err(ReadError::Line {
                                        path: self.path.clone(),
                                        line: self.line,
                                        reason: error.to_string(),
                                    }));
                                }
                                Err(error) => return Some(Err(self.io(error))),
                            }
                        }
                    }
                }
                Err(error) => {
                    self.done = true;
                    return Some(Err(self.io(error)));
                }
            }
        }
        None
    }
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

    use std::fs;

    use super::*;
    use crate::{
        event::{End, Event},
        journal::Writer,
        summary::fixture::events,
    };

    fn written() -> (tempfile::TempDir, PathBuf) {
        let dir = tempfile::tempdir().unwrap();
        let writer = Writer::create(dir.path()).unwrap();
        for (at, event) in events().into_iter().enumerate() {
            writer
                .write(&Entry {
                    at_us: at as u64,
                    event,
                })
                .unwrap();
        }
        let path = writer.path().to_path_buf();
        (dir, path)
    }

    #[test]
    fn a_journal_cut_at_any_byte_is_read_up_to_its_last_whole_line() {
        let (_dir, path) = written();
        let whole = fs::read(&path).unwrap();
        let starts = whole.iter().filter(|byte| **byte == b'\n').count();
        for cut in (0..whole.len()).step_by(whole.len() / 97) {
            let kept = &whole[..cut];
            fs::write(&path, kept).unwrap();
            let entries = read(&path).unwrap().collect::<Result<Vec<_>, _>>().unwrap();
            let lines = kept.iter().filter(|byte| **byte == b'\n').count();
            assert!(entries.len() == lines || entries.len() == lines + 1);
            assert!(entries.len() <= starts);
        }
    }

    #[test]
    fn a_run_that_died_is_summarised_as_interrupted() {
        let (dir, path) = written();
        let whole = fs::read(&path).unwrap();
        assert_eq!(summary(dir.path()).unwrap().end, End::Complete);
        fs::write(&path, &whole[..whole.len() - 3]).unwrap();
        let cut = summary(dir.path()).unwrap();
        assert_eq!((cut.end, cut.exit_code), (End::Interrupted, 130));
        assert_eq!(cut.requests, 14);
    }

    #[test]
    fn a_journal_that_was_changed_in_the_middle_is_told_with_its_line() {
        let (_dir, path) = written();
        let text = fs::read_to_string(&path).unwrap();
        let mut lines: Vec<&str> = text.lines().collect();
        lines[4] = "{\"at_us\":1,";
        fs::write(&path, lines.join("\n")).unwrap();
        let error = summary(&path).unwrap_err().to_string();
        assert!(error.contains("journal.jsonl:5 is not an event"), "{error}");
    }

    #[test]
    fn what_is_no_run_is_told() {
        let dir = tempfile::tempdir().unwrap();
        assert!(matches!(summary(dir.path()), Err(ReadError::Io { .. })));
        fs::write(dir.path().join(crate::journal::FILE), "").unwrap();
        assert!(matches!(summary(dir.path()), Err(ReadError::NoRun { .. })));
    }

    #[test]
    fn the_two_passes_find_the_evidence() {
        let (dir, _) = written();
        let summary = summary(dir.path()).unwrap();
        assert!(summary.findings.iter().all(|f| !f.evidence.is_empty()));
        let first = read(dir.path()).unwrap().next().unwrap().unwrap();
        assert!(matches!(first.event, Event::Started(_)));
    }
}

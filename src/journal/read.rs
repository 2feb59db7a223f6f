//! JSON Lines to events (owner of [`Reader`]).

use std::{
    fs::File,
    io::{self, BufRead, BufReader},
    path::{Path, PathBuf},
};

use muster_report::{
    event::{Entry, Event},
    summary::{Damage, Fold, NoRun, Summary},
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
    /// The line that says which run it is cannot be read.
    #[error("{damage}: the line tells which run this is, and nothing can be reported without it")]
    Start {
        /// The line.
        damage: Damage,
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

/// How many unreadable lines are told one by one.
const MOST_DAMAGE: usize = 50;

/// The events of a journal in order. A line that cannot be read is skipped, and told as [`Damage`]. The last line may be
/// torn, as a crash leaves it: that is usual and no damage; the run then has no end, which the summary tells as interrupted.
#[derive(Debug)]
pub struct Reader {
    path: PathBuf,
    lines: BufReader<File>,
    line: u64,
    buffer: Vec<u8>,
    done: bool,
    damage: Vec<Damage>,
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
            damage: Vec::new(),
        }),
        Err(error) => Err(ReadError::Io { path, error }),
    }
}

/// Opens the journal of cleaning up after a run; none where nobody cleaned up.
///
/// # Errors
/// Where it is there and cannot be opened.
pub fn cleanup_of(run: &Path) -> Result<Option<Reader>, ReadError> {
    let folder = if run.is_dir() {
        run
    } else if run.file_name().is_some_and(|name| name == super::FILE) {
        run.parent().unwrap_or_else(|| Path::new("."))
    } else {
        return Ok(None);
    };
    let path = folder.join(super::CLEANUP_FILE);
    if path.is_file() {
        read(&path).map(Some)
    } else {
        Ok(None)
    }
}

/// Whether a folder holds a run: its journal begins with the start of one.
#[must_use]
pub fn is_run(folder: &Path) -> bool {
    read(folder)
        .ok()
        .and_then(|mut reader| reader.next())
        .is_some_and(|first| matches!(first, Ok(entry) if matches!(entry.event, Event::Started(_))))
}

/// The summary of a journal, or of the journal in a run folder. It is read twice, so memory does not grow with it.
///
/// # Errors
/// Where it cannot be read, or tells of no run.
pub fn summary(path: &Path) -> Result<Summary, ReadError> {
    let mut fold = Fold::new();
    let mut reader = read(path)?;
    for entry in reader.by_ref() {
        fold.take(entry?);
    }
    let damage = reader.into_damage();
    let first = damage.first().cloned();
    fold.damaged(damage);
    if let Some(cleanup) = cleanup_of(path)? {
        for entry in cleanup {
            fold.take_cleanup(entry?);
        }
    }
    let wanted = fold.wanted();
    let mut evidence = std::collections::BTreeMap::new();
    if !wanted.is_empty() {
        for entry in read(path)? {
            let entry = entry?;
            if let Event::Exchanged(exchanged) = entry.event
                && wanted.contains(&exchanged.observation.id)
            {
                let mut observation = exchanged.observation;
                observation.ended_us = Some(entry.at_us);
                evidence.insert(observation.id, observation);
            }
        }
    }
    fold.finish(&evidence).map_err(|error| match first {
        Some(damage) => ReadError::Start { damage },
        None => ReadError::NoRun {
            path: path.to_path_buf(),
            error,
        },
    })
}

impl Reader {
    /// The lines that could not be read.
    #[must_use]
    pub fn into_damage(self) -> Vec<Damage> {
        self.damage
    }

    fn io(&self, error: io::Error) -> ReadError {
        ReadError::Io {
            path: self.path.clone(),
            error,
        }
    }

    fn skipped(&mut self, error: &serde_json::Error) {
        if self.damage.len() >= MOST_DAMAGE {
            return;
        }
        // A line that ends too early is read up to its line feed, where the parser begins to count anew.
        let column = match error.column() {
            0 => self.buffer.len(),
            column => column,
        };
        let file = self.path.file_name().unwrap_or_default();
        // What the parser says of the place is of the line alone.
        let reason = error.to_string();
        let reason = reason.split(" at line ").next().unwrap_or_default();
        self.damage.push(Damage {
            file: file.to_string_lossy().into_owned(),
            line: self.line,
            column: u64::try_from(column).unwrap_or(u64::MAX),
            reason: reason.to_owned(),
        });
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
                            let is_torn = self.buffer.last() != Some(&b'\n');
                            if !is_torn {
                                self.skipped(&error);
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
    use crate::journal::Writer;
    use muster_report::{event::End, summary::fixture::events};

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
    fn a_line_that_cannot_be_read_is_named_and_skipped() {
        let (_dir, path) = written();
        let whole = summary(&path).unwrap();
        let text = fs::read_to_string(&path).unwrap();
        let mut lines: Vec<&str> = text.lines().collect();
        lines[4] = "{\"at_us\":1,";
        lines[6] = "\0\0\0";
        fs::write(&path, lines.join("\n") + "\n").unwrap();
        let damaged = summary(&path).unwrap();
        assert_eq!(damaged.findings.len(), whole.findings.len());
        let told = damaged.gate.join(" ");
        assert!(told.contains("2 lines of it could not be read"), "{told}");
        assert!(told.contains("journal.jsonl:5:"), "{told}");
        let notices = damaged.notices.iter().map(|gap| gap.reason.as_str());
        assert!(
            notices
                .clone()
                .any(|notice| notice.contains("journal.jsonl:7:"))
        );
        assert_ne!(
            damaged.conformance,
            muster_core::verdict::Conformance::Conformant
        );
    }

    #[test]
    fn without_its_start_a_run_cannot_be_reported() {
        let (dir, path) = written();
        let text = fs::read_to_string(&path).unwrap();
        fs::write(&path, text.replacen('{', "[", 1)).unwrap();
        let error = summary(&path).unwrap_err().to_string();
        assert!(error.contains("journal.jsonl:1:"), "{error}");
        assert!(!is_run(dir.path()));
    }

    #[test]
    fn what_was_removed_later_is_not_left_behind() {
        let (dir, _) = written();
        assert!(is_run(dir.path()));
        let before = summary(dir.path()).unwrap();
        assert_eq!(before.left_behind.len(), 1);
        let creation = events()
            .into_iter()
            .find_map(|event| match event {
                Event::LeftBehind(creation, _) => Some(creation),
                _ => None,
            })
            .unwrap();
        let writer = Writer::append(&dir.path().join(crate::journal::CLEANUP_FILE)).unwrap();
        let event = Event::Removed(creation);
        writer.write(&Entry { at_us: 1, event }).unwrap();
        let after = summary(dir.path()).unwrap();
        assert!(after.left_behind.is_empty());
        assert_eq!(after.requests, before.requests);
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

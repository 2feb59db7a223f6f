//! Events to JSON Lines (owner of [`Writer`]).

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Write},
    path::{Path, PathBuf},
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use muster_report::event::{Entry, Event};

/// Bytes that gather before they go to the file.
const ROOM: usize = 256 * 1024;
/// How often the end of a case brings what is gathered to the file.
const PAUSE: Duration = Duration::from_millis(100);

/// Why the journal could not be written.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WriteError {
    /// The folder holds a run already.
    #[error("{} is there already: choose another folder", .0.display())]
    Exists(PathBuf),
    /// The folder or the file cannot be made.
    #[error("{} cannot be made: {reason}", path.display())]
    Create {
        /// What cannot be made.
        path: PathBuf,
        /// Why.
        reason: String,
    },
    /// Writing failed, because the disk is full, say. Everything before it is kept.
    #[error("{} cannot be written any more: {reason}", path.display())]
    Write {
        /// The journal.
        path: PathBuf,
        /// Why.
        reason: String,
    },
}

/// Takes events from many threads and keeps them in the order they are given.
///
/// An event is turned into text outside the lock, so that callers hold each other up only for a copy. An
/// error is told by every call from then on; what was written before it stays.
#[derive(Debug)]
pub struct Writer {
    path: PathBuf,
    inner: Mutex<Inner>,
}

#[derive(Debug)]
struct Inner {
    file: Box<dyn Sink>,
    buffer: Vec<u8>,
    flushed: Instant,
    failed: Option<WriteError>,
}

/// Where lines go: a file, or in tests something that fails.
trait Sink: Write + Send + std::fmt::Debug {
    fn settle(&mut self) -> io::Result<()>;
}

impl Sink for File {
    fn settle(&mut self) -> io::Result<()> {
        self.sync_all()
    }
}

/// How files of a run are made: for their owner alone, since they hold what the target returned.
fn private() -> OpenOptions {
    #[allow(unused_mut, reason = "only some systems have modes")]
    let mut options = OpenOptions::new();
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.mode(0o600);
    }
    options
}

impl Writer {
    /// Makes the folder and an empty journal in it; so a folder that cannot be written is known before
    /// anything is sent.
    ///
    /// # Errors
    /// Where the folder cannot be made or written, or holds a journal already.
    pub fn create(run_dir: &Path) -> Result<Self, WriteError> {
        let cannot = |path: &Path, error: &io::Error| WriteError::Create {
            path: path.to_path_buf(),
            reason: error.to_string(),
        };
        fs::create_dir_all(run_dir).map_err(|error| cannot(run_dir, &error))?;
        let path = run_dir.join(super::FILE);
        let file =
            private()
                .write(true)
                .create_new(true)
                .open(&path)
                .map_err(|error| match error.kind() {
                    io::ErrorKind::AlreadyExists => WriteError::Exists(path.clone()),
                    _ => cannot(&path, &error),
                })?;
        Ok(Self::over(path, Box::new(file)))
    }

    /// Opens a journal to add to it, and makes it where it is not there yet. A last line that was torn stays a line of its
    /// own.
    ///
    /// # Errors
    /// Where it cannot be opened or written.
    pub fn append(path: &Path) -> Result<Self, WriteError> {
        let cannot = |error: io::Error| WriteError::Create {
            path: path.to_path_buf(),
            reason: error.to_string(),
        };
        let is_torn =
            fs::read(path).is_ok_and(|held| held.last().is_some_and(|last| *last != b'\n'));
        let mut file = private()
            .append(true)
            .create(true)
            .open(path)
            .map_err(cannot)?;
        if is_torn {
            file.write_all(b"\n").map_err(cannot)?;
        }
        Ok(Self::over(path.to_path_buf(), Box::new(file)))
    }

    fn over(path: PathBuf, file: Box<dyn Sink>) -> Self {
        Self {
            path,
            inner: Mutex::new(Inner {
                file,
                buffer: Vec::with_capacity(ROOM),
                flushed: Instant::now(),
                failed: None,
            }),
        }
    }

    /// Where the journal is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Takes an event. What is about to be created is on its way to the disk when this returns, so that
    /// it can be removed after a crash; the end of a case brings everything there now and then.
    ///
    /// # Errors
    /// Where the journal cannot be written any more.
    pub fn write(&self, entry: &Entry) -> Result<(), WriteError> {
        let mut line = Vec::with_capacity(1024);
        serde_json::to_writer(&mut line, entry).map_err(|error| self.error(&error.to_string()))?;
        line.push(b'\n');
        let mut inner = self.lock();
        if let Some(failed) = &inner.failed {
            return Err(failed.clone());
        }
        inner.buffer.extend_from_slice(&line);
        let due = match &entry.event {
            Event::Started(_)
            | Event::Planned(_)
            | Event::CreationIntended(_)
            | Event::Created(_)
            | Event::Removed(_)
            | Event::LeftBehind(..)
            | Event::Finished(_) => true,
            Event::CaseFinished(_) => inner.flushed.elapsed() >= PAUSE,
            _ => inner.buffer.len() >= ROOM - 4096,
        };
        if due { self.pour(&mut inner) } else { Ok(()) }
    }

    /// Hands everything to the operating system.
    ///
    /// # Errors
    /// Where the journal cannot be written any more.
    pub fn flush(&self) -> Result<(), WriteError> {
        self.pour(&mut self.lock())
    }

    /// Brings everything to the disk itself: the end of a run.
    ///
    /// # Errors
    /// Where the journal cannot be written any more.
    pub fn finish(&self) -> Result<(), WriteError> {
        let mut inner = self.lock();
        self.pour(&mut inner)?;
        if let Err(error) = inner.file.settle() {
            let failed = self.error(&error.to_string());
            inner.failed = Some(failed.clone());
            return Err(failed);
        }
        Ok(())
    }

    fn pour(&self, inner: &mut Inner) -> Result<(), WriteError> {
        if let Some(failed) = &inner.failed {
            return Err(failed.clone());
        }
        let Inner { file, buffer, .. } = inner;
        let poured = file.write_all(buffer).and_then(|()| file.flush());
        inner.buffer.clear();
        inner.flushed = Instant::now();
        poured.map_err(|error| {
            let failed = self.error(&error.to_string());
            inner.failed = Some(failed.clone());
            failed
        })
    }

    fn error(&self, reason: &str) -> WriteError {
        WriteError::Write {
            path: self.path.clone(),
            reason: reason.to_owned(),
        }
    }

    /// A thread that panicked in here left whole lines behind: its lock can be taken over.
    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        // Nobody is left to be told of an error; `finish` is how a caller asks.
        let _ = self.flush();
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

    use super::*;
    use muster_checks::plan::CaseName;
    use muster_report::summary::fixture::{events, exchanged, observation};

    fn entry(at_us: u64, event: Event) -> Entry {
        Entry { at_us, event }
    }

    #[test]
    fn what_is_written_is_read_back() {
        let dir = tempfile::tempdir().unwrap();
        let writer = Writer::create(&dir.path().join("a/b")).unwrap();
        let all: Vec<Entry> = events()
            .into_iter()
            .enumerate()
            .map(|(at, event)| entry(at as u64, event))
            .collect();
        for one in &all {
            writer.write(one).unwrap();
        }
        writer.finish().unwrap();
        let read: Vec<Entry> = crate::journal::read(writer.path())
            .unwrap()
            .collect::<Result<_, _>>()
            .unwrap();
        assert_eq!(read, all);
    }

    #[test]
    fn a_run_is_not_written_over_another() {
        let dir = tempfile::tempdir().unwrap();
        drop(Writer::create(dir.path()).unwrap());
        assert!(matches!(
            Writer::create(dir.path()),
            Err(WriteError::Exists(_))
        ));
        let file = dir.path().join(super::super::FILE);
        assert!(matches!(
            Writer::create(&file.join("below-a-file")),
            Err(WriteError::Create { .. })
        ));
    }

    #[test]
    fn an_intended_creation_is_in_the_file_at_once() {
        let dir = tempfile::tempdir().unwrap();
        let writer = Writer::create(dir.path()).unwrap();
        let lines = || {
            fs::read_to_string(writer.path())
                .unwrap()
                .matches('\n')
                .count()
        };
        let exchange = exchanged(observation(1, "GET /a", 200, "{}"), &[]);
        writer.write(&entry(1, exchange)).unwrap();
        assert_eq!(lines(), 0);
        for event in events() {
            if matches!(event, Event::CreationIntended(_)) {
                writer.write(&entry(2, event)).unwrap();
                break;
            }
        }
        assert_eq!(lines(), 2);
        writer
            .write(&entry(3, Event::CaseStarted(CaseName("c".into()))))
            .unwrap();
        let path = writer.path().to_path_buf();
        drop(writer);
        assert_eq!(fs::read_to_string(path).unwrap().matches('\n').count(), 3);
    }

    #[test]
    fn a_full_disk_is_told_and_does_not_panic() {
        #[derive(Debug)]
        struct Full;
        impl Write for Full {
            fn write(&mut self, _: &[u8]) -> io::Result<usize> {
                Err(io::Error::from(io::ErrorKind::StorageFull))
            }
            fn flush(&mut self) -> io::Result<()> {
                Ok(())
            }
        }
        impl Sink for Full {
            fn settle(&mut self) -> io::Result<()> {
                Ok(())
            }
        }
        let writer = Writer::over("journal.jsonl".into(), Box::new(Full));
        let case = entry(1, Event::CaseStarted(CaseName("c".into())));
        writer.write(&case).unwrap();
        let told = writer.flush().unwrap_err();
        assert!(matches!(told, WriteError::Write { .. }));
        assert_eq!(writer.write(&case), Err(told.clone()));
        assert_eq!(writer.finish(), Err(told));
    }

    #[test]
    fn lines_of_many_threads_stay_whole() {
        let dir = tempfile::tempdir().unwrap();
        let writer = Writer::create(dir.path()).unwrap();
        std::thread::scope(|scope| {
            for thread in 0..4 {
                let writer = &writer;
                scope.spawn(move || {
                    for n in 0..200 {
                        let body = "x".repeat(2_000);
                        let one =
                            exchanged(observation(thread * 1_000 + n, "GET /a", 200, &body), &[]);
                        writer.write(&entry(n, one)).unwrap();
                    }
                });
            }
        });
        writer.finish().unwrap();
        let read = crate::journal::read(writer.path()).unwrap();
        assert_eq!(read.filter(Result::is_ok).count(), 800);
    }
}

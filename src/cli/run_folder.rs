//! The folder that a run is kept in: chosen and made before anything is sent, and nobody else's file is overwritten
//! (owner of [`RunFolder`]).

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use super::Failure;
use crate::{
    journal,
    load::{Diagnostic, Diagnostics},
};
use muster_report::report;

/// What stands for the id of the run in `--out`.
pub(super) const RUN: &str = "{run}";
/// The folder that run folders are in, where `--out` names no other.
pub(super) const REPORTS: &str = "reports";
/// What leads to the last run there.
pub(super) const LATEST: &str = "latest";

/// A folder that may be written.
#[derive(Debug)]
pub(super) struct RunFolder {
    path: PathBuf,
    id: String,
}

/// How many runs may begin in one second with one seed.
const MOST_OF_ONE_ID: usize = 1_000;

impl RunFolder {
    /// Chooses the folder and makes it, with permissions for its owner alone.
    ///
    /// # Errors
    /// Usage: the path is a file or holds a run that may not be overwritten, holds a file that is not a run's, or cannot
    /// be made.
    pub(super) fn prepare(
        out: Option<&Path>,
        run_id: &str,
        overwrite: bool,
    ) -> Result<Self, Failure> {
        let named = out.map_or_else(
            || format!("{REPORTS}/{RUN}"),
            |out| out.to_string_lossy().into_owned(),
        );
        // Two runs of one second and one seed have one id. A path that is made of the id is meant to be new.
        let ids = std::iter::once(run_id.to_owned())
            .chain((2..=MOST_OF_ONE_ID).map(|number| format!("{run_id}-{number}")));
        for id in ids {
            let path = PathBuf::from(named.replace(RUN, &id));
            match make(&path) {
                Ok(()) => return Ok(Self { path, id }),
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                    if named.contains(RUN) && path.is_dir() && !overwrite {
                        continue;
                    }
                    if !path.is_dir() {
                        return Err(wrong(
                            format!("`--out {}` is a file, not a folder", path.display()),
                            "name a folder that does not exist yet; `{run}` in the path stands for the id of the run",
                        ));
                    }
                    clear(&path, overwrite)?;
                    return Ok(Self { path, id });
                }
                Err(error) => {
                    return Err(Failure::usage(format!(
                        "`--out {}`: the folder cannot be made: {error}",
                        path.display()
                    )));
                }
            }
        }
        Err(wrong(
            format!("{MOST_OF_ONE_ID} runs of the id {run_id} are there already"),
            "name a folder with `--out`",
        ))
    }

    /// The id of the run as the path has it: with a number where several runs have one id.
    pub(super) fn id(&self) -> &str {
        &self.id
    }

    /// Where it is.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Lets `reports/latest` lead here, where the folder lies in `reports`. Where it cannot, a reader misses a shortcut and
    /// nothing else.
    pub(super) fn point_latest(&self) {
        let parent = self.path.parent();
        let name = self.path.file_name();
        if let (Some(parent), Some(name)) = (parent, name)
            && parent.file_name().is_some_and(|parent| parent == REPORTS)
            && name != LATEST
        {
            let _ = point(&parent.join(LATEST), Path::new(name));
        }
    }
}

/// Every file that a run writes into its folder.
fn files() -> Vec<String> {
    let mut files = vec![journal::FILE.to_owned(), journal::CLEANUP_FILE.to_owned()];
    for format in report::FORMATS {
        files.push(format.file.to_owned());
        files.push(report::draft(format.file));
    }
    files
}

/// Makes room in a folder that is there: nothing to do where it holds no file of these names.
fn clear(path: &Path, overwrite: bool) -> Result<(), Failure> {
    let held: Vec<String> = files()
        .into_iter()
        .filter(|file| fs::symlink_metadata(path.join(file)).is_ok())
        .collect();
    let is_run = journal::is_run(path);
    if held.is_empty() {
        return Ok(());
    }
    let place = path.display();
    if !is_run {
        return Err(wrong(
            format!(
                "`--out {place}` holds `{}` and no run, so that a report would overwrite a file of somebody else",
                held.first().map_or("", String::as_str)
            ),
            "name another folder",
        ));
    }
    if !overwrite {
        return Err(wrong(
            format!("`--out {place}` holds a run already"),
            "name another folder, put `{run}` into the path for the id of the run, or give `--overwrite`",
        ));
    }
    for file in held {
        fs::remove_file(path.join(&file)).map_err(|error| {
            Failure::usage(format!(
                "`--out {place}`: `{file}` cannot be removed: {error}"
            ))
        })?;
    }
    Ok(())
}

fn wrong(message: String, help: &str) -> Failure {
    Failure::Usage(Diagnostics::from(Diagnostic::plain(message).help(help)))
}

fn make(path: &Path) -> io::Result<()> {
    if let Some(parent) = path.parent() {
        fs::create_dir_all(parent)?;
    }
    let mut builder = fs::DirBuilder::new();
    #[cfg(unix)]
    {
        use std::os::unix::fs::DirBuilderExt;
        builder.mode(0o700);
    }
    builder.create(path)
}

/// Makes or moves a symbolic link; what is there and is no link stays.
#[cfg(unix)]
fn point(link: &Path, to: &Path) -> io::Result<()> {
    match fs::symlink_metadata(link) {
        Ok(found) if !found.file_type().is_symlink() => return Ok(()),
        _ => {}
    }
    // Beside it first, so that a reader always meets one.
    let draft = link.with_file_name(format!(".{LATEST}.{}", std::process::id()));
    std::os::unix::fs::symlink(to, &draft)?;
    fs::rename(&draft, link).inspect_err(|_| {
        let _ = fs::remove_file(&draft);
    })
}

/// Where symbolic links need rights, a file names the folder.
#[cfg(not(unix))]
fn point(link: &Path, to: &Path) -> io::Result<()> {
    fs::write(link.with_extension("txt"), to.display().to_string())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may stop where it stands")]

    use super::*;

    fn refused(result: Result<RunFolder, Failure>) -> String {
        let failure = result.unwrap_err();
        assert_eq!(failure.exit(), crate::cli::Exit::Usage);
        failure.render()
    }

    #[test]
    fn the_id_of_the_run_stands_in_the_path() {
        let folder = tempfile::tempdir().unwrap();
        let out = folder.path().join("nightly-{run}");
        let made = RunFolder::prepare(Some(&out), "R1", false).unwrap();
        assert_eq!(made.path(), folder.path().join("nightly-R1"));
        assert!(made.path().is_dir());
    }

    #[test]
    fn runs_of_one_id_get_folders_of_their_own() {
        let folder = tempfile::tempdir().unwrap();
        let out = folder.path().join("nightly-{run}");
        let made: Vec<RunFolder> = (0..3)
            .map(|_| RunFolder::prepare(Some(&out), "R1", false).unwrap())
            .collect();
        let ids: Vec<&str> = made.iter().map(RunFolder::id).collect();
        assert_eq!(ids, ["R1", "R1-2", "R1-3"]);
        assert_eq!(made[2].path(), folder.path().join("nightly-R1-3"));
    }

    #[test]
    fn nothing_of_somebody_else_is_overwritten() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("file");
        fs::write(&file, "mine").unwrap();
        assert!(refused(RunFolder::prepare(Some(&file), "R1", true)).contains("is a file"));
        let report = folder.path().join("report.html");
        fs::write(&report, "mine").unwrap();
        let text = refused(RunFolder::prepare(Some(folder.path()), "R1", true));
        assert!(text.contains("somebody else"), "{text}");
        fs::write(folder.path().join(journal::FILE), "not a journal\n").unwrap();
        refused(RunFolder::prepare(Some(folder.path()), "R1", true));
        assert_eq!(fs::read_to_string(&report).unwrap(), "mine");
    }

    #[cfg(unix)]
    #[test]
    fn the_last_run_is_led_to() {
        let folder = tempfile::tempdir().unwrap();
        let reports = folder.path().join("reports");
        for run in ["R1", "R2"] {
            let out = reports.join("{run}");
            let made = RunFolder::prepare(Some(&out), run, false).unwrap();
            made.point_latest();
            let led = fs::read_link(reports.join("latest")).unwrap();
            assert_eq!(led, Path::new(run));
        }
        fs::remove_file(reports.join("latest")).unwrap();
        fs::create_dir(reports.join("latest")).unwrap();
        let made = RunFolder::prepare(Some(&reports.join("R3")), "R3", false).unwrap();
        made.point_latest();
        assert!(reports.join("latest").is_dir());
    }

    #[cfg(unix)]
    #[test]
    fn a_new_folder_is_its_owners_alone() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let made = RunFolder::prepare(Some(&folder.path().join("a/b")), "R1", false).unwrap();
        let mode = fs::metadata(made.path()).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o700);
    }
}

//! Which reports a run writes besides those of every run folder, and where (owner of [`ReportArguments`]).

use std::{
    collections::HashSet,
    fs, io,
    path::{Path, PathBuf},
};

use clap::Args;

use super::{
    Failure,
    job::{JunitFlavour, OutputFormat, Reporting},
    output,
    run_folder::{RUN, RunFolder},
};
use crate::load::{Diagnostic, nearest::nearest};
use muster_report::{
    report::{self, FORMATS, Format, Wanted},
    summary::Summary,
};

/// Where reports go.
#[derive(Debug, Clone, Default, Args)]
pub(super) struct ReportArguments {
    /// The run folder; `{run}` stands for the id of the run [default: reports/{run}].
    #[arg(long, short, value_name = "FOLDER")]
    pub(super) out: Option<PathBuf>,
    /// Replace the run that the folder holds.
    #[arg(long)]
    pub(super) overwrite: bool,
    /// Write another report, such as `sarif`, `ctrf`, `tap`, `har`, `github`, `gitlab`, `openmetrics` or `badge`: into the
    /// run folder, or to the path after `=`. `-` is standard output; the summary then goes to standard error. May be given again.
    #[arg(long, value_name = "FORMAT[=PATH]", value_parser = WantedReport::parse)]
    pub(super) report: Vec<WantedReport>,
    /// Which JUnit shape to write.
    #[arg(long, value_enum, default_value_t)]
    pub(super) junit_flavour: JunitFlavour,
}

/// A report that somebody asked for.
#[derive(Debug, Clone)]
pub struct WantedReport {
    format: &'static Format,
    /// In the run folder where there is none.
    path: Option<PathBuf>,
}

/// What stands for standard output.
pub(super) const STDOUT: &str = "-";

impl WantedReport {
    /// Reads `FORMAT` or `FORMAT=PATH`.
    fn parse(text: &str) -> Result<Self, String> {
        let (name, path) = match text.split_once('=') {
            Some((_, "")) => return Err("the path after `=` is empty".to_owned()),
            Some((name, path)) => (name, Some(PathBuf::from(path))),
            None => (text, None),
        };
        let format = report::find(name).ok_or_else(|| unknown(name))?;
        Ok(Self { format, path })
    }

    /// The flag as it was given.
    fn shown(&self) -> String {
        match &self.path {
            Some(path) => format!("`--report {}={}`", self.format.name, path.display()),
            None => format!("`--report {}`", self.format.name),
        }
    }

    /// Whether it goes to standard output.
    pub(super) fn is_printed(&self) -> bool {
        self.path.as_deref() == Some(Path::new(STDOUT))
    }
}

/// Refuses what can be known to be wrong before anything is made: two results on standard output, and a report in the place
/// of a file that the run is read from.
pub(super) fn check(reporting: &Reporting<'_>, inputs: &[PathBuf]) -> Result<(), Failure> {
    let printed: Vec<&str> = reporting
        .reports
        .iter()
        .filter(|one| one.is_printed())
        .map(|one| one.format.name)
        .collect();
    let other = match (printed.as_slice(), reporting.format) {
        ([first, second, ..], _) => Some((*first, format!("--report {second}=-"))),
        ([one], OutputFormat::Json) => Some((*one, "--format json".to_owned())),
        _ => None,
    };
    if let Some((one, other)) = other {
        return Err(Failure::Usage(
            Diagnostic::plain(format!(
                "`--report {one}=-` and `{other}` both write to standard output"
            ))
            .help("give one of them a file, such as `--report sarif=muster.sarif`")
            .into(),
        ));
    }
    let inputs: HashSet<PathBuf> = inputs
        .iter()
        .filter_map(|input| input.canonicalize().ok())
        .collect();
    for one in reporting.reports {
        let is_input = one
            .path
            .as_deref()
            .and_then(|path| path.canonicalize().ok())
            .is_some_and(|path| inputs.contains(&path));
        if is_input {
            return Err(Failure::Usage(
                Diagnostic::plain(format!(
                    "{} would overwrite a file that the run reads",
                    one.shown()
                ))
                .help(format!("name another file, such as {}", one.format.file))
                .into(),
            ));
        }
    }
    Ok(())
}

/// One name for one file, whatever path leads there.
fn identity(path: &Path) -> PathBuf {
    if let Ok(known) = path.canonicalize() {
        return known;
    }
    let parent = path.parent().filter(|one| !one.as_os_str().is_empty());
    let parent = parent.unwrap_or(Path::new(".")).canonicalize();
    match (parent, path.file_name()) {
        (Ok(parent), Some(name)) => parent.join(name),
        _ => path.to_path_buf(),
    }
}

/// Tries whether a file can be written, and leaves everything as it was. What is no file, such as a pipe, is not touched.
fn try_to_write(path: &Path) -> io::Result<()> {
    let is_there = match fs::metadata(path) {
        Ok(found) if !found.is_file() => return Ok(()),
        found => found.is_ok(),
    };
    fs::OpenOptions::new()
        .append(true)
        .create(true)
        .open(path)?;
    if !is_there {
        // Where a link leads nowhere, the file that it names was made.
        fs::remove_file(identity(path))?;
    }
    Ok(())
}

fn unknown(name: &str) -> String {
    let names: Vec<&str> = FORMATS.iter().map(|format| format.name).collect();
    match nearest(name, names.iter().copied()) {
        Some(meant) => format!("there is no format `{name}`; did you mean `{meant}`?"),
        None => format!(
            "there is no format `{name}`; there are {}",
            names.join(", ")
        ),
    }
}

/// The formats with their files and what they are, for the help of a command.
pub(super) fn list() -> String {
    let rows: Vec<Vec<String>> = FORMATS
        .iter()
        .map(|format| {
            vec![
                format!("  {}", format.name),
                format.file.to_owned(),
                format.about.to_owned(),
            ]
        })
        .collect();
    format!("Formats:\n{}", output::columns(&rows))
}

/// The reports of a run, each with its place.
#[derive(Debug, Default)]
pub(super) struct Places(Vec<(&'static Format, PathBuf)>);

impl Places {
    /// Finds the place of each before anything is sent, and makes the folders.
    ///
    /// # Errors
    /// Usage: two reports have one path, a path is a folder or cannot be written, or a folder cannot be made.
    pub(super) fn prepare(wanted: &[WantedReport], folder: &RunFolder) -> Result<Self, Failure> {
        let mut places: Vec<(&'static Format, PathBuf)> = Vec::new();
        let mut taken: HashSet<PathBuf> = FORMATS
            .iter()
            .filter(|format| format.in_folder)
            .map(|format| identity(&folder.path().join(format.file)))
            .collect();
        for one in wanted {
            let path = match &one.path {
                None if one.format.in_folder => continue,
                None => folder.path().join(one.format.file),
                Some(path) => PathBuf::from(path.to_string_lossy().replace(RUN, folder.id())),
            };
            let shown = format!("`--report {}={}`", one.format.name, path.display());
            if path.is_dir() {
                return Err(Failure::Usage(
                    Diagnostic::plain(format!("{shown} is a folder, and not a file"))
                        .help(format!("name a file in it, such as {}", one.format.file))
                        .into(),
                ));
            }
            if path != Path::new(STDOUT) {
                if let Some(parent) = path.parent().filter(|one| !one.as_os_str().is_empty()) {
                    output::folder(parent)?;
                }
                if !taken.insert(identity(&path)) {
                    return Err(Failure::usage(format!(
                        "{shown}: another report is written to this path"
                    )));
                }
                try_to_write(&path).map_err(|error| {
                    Failure::usage(format!("{shown} cannot be written: {error}"))
                })?;
            }
            places.push((one.format, path));
        }
        Ok(Self(places))
    }

    /// Writes every report of a run, and prints those for standard output.
    ///
    /// # Errors
    /// Where one cannot be written.
    pub(super) fn write(
        &self,
        folder: &Path,
        summary: &Summary,
        options: &report::Options,
    ) -> Result<Vec<PathBuf>, Failure> {
        let (printed, files): (Vec<_>, Vec<_>) = self
            .0
            .iter()
            .partition(|(_, path)| path == Path::new(STDOUT));
        let files: Vec<Wanted<'_>> = files
            .iter()
            .map(|(format, path)| Wanted { format, path })
            .collect();
        let written = report::write_all(folder, summary, options, &files)
            .map_err(|error| Failure::Internal(error.to_string()))?;
        for (format, _) in printed {
            output::out(&(format.render)(summary, options))?;
        }
        Ok(written)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may stop where it stands")]

    use super::*;

    #[test]
    fn a_report_is_asked_for_by_name_and_path() {
        let one = WantedReport::parse("sarif=out/a=b.sarif").unwrap();
        assert_eq!(one.format.name, "sarif");
        assert_eq!(one.path, Some(PathBuf::from("out/a=b.sarif")));
        assert!(WantedReport::parse("tap").unwrap().path.is_none());
        let told = WantedReport::parse("sarfi").unwrap_err();
        assert!(told.contains("did you mean `sarif`"), "{told}");
        assert!(WantedReport::parse("tap=").is_err());
    }

    #[test]
    fn places_are_known_before_anything_is_sent() {
        let root = tempfile::tempdir().unwrap();
        let folder = RunFolder::prepare(Some(&root.path().join("run")), "R1", false).unwrap();
        let path = |name: &str| root.path().join(name).display().to_string();
        let parse = |text: String| WantedReport::parse(&text).unwrap();
        let wanted = [
            parse("json".into()),
            parse("tap".into()),
            parse(format!("sarif={}", path("new/{run}.sarif"))),
            parse("github=-".into()),
        ];
        let places = Places::prepare(&wanted, &folder).unwrap();
        let got: Vec<&Path> = places.0.iter().map(|(_, path)| path.as_path()).collect();
        assert_eq!(
            got,
            [
                &*folder.path().join("results.tap"),
                &*root.path().join("new/R1.sarif"),
                Path::new("-")
            ]
        );
        assert!(root.path().join("new").is_dir());
        for wrong in [
            vec![parse(format!("tap={}", root.path().display()))],
            vec![
                parse(format!("tap={}", path("x"))),
                parse(format!("har={}", path("x"))),
            ],
            vec![parse(format!("tap={}", path("run/report.html")))],
        ] {
            let failure = Places::prepare(&wrong, &folder).unwrap_err();
            assert_eq!(failure.exit(), crate::cli::Exit::Usage);
        }
    }
}

//! What the flags of a run come to (owner of [`Job`]).

use std::path::{Path, PathBuf};

use clap::ValueEnum;

use super::{reference::Delay, reports::WantedReport};
use crate::load::Target;
use muster_checks::profile::Profile;
use muster_core::contract::Contract;
use muster_report::waiver::Waiver;

/// What is tested.
#[derive(Debug)]
pub enum Subject {
    /// A target that somebody named.
    Target(Box<Target>),
    /// The reference supplier with these faults, and as slow as this.
    Demo(Vec<String>, Delay),
}

/// A contract, and what says which one it was.
#[derive(Debug)]
pub struct LoadedContract {
    /// The contract.
    pub contract: Contract,
    /// SHA-256 of the bytes of its root document, hexadecimal.
    pub sha256: String,
}

/// Everything the flags come to, loaded and checked; nothing was sent to the target for it.
#[derive(Debug)]
pub struct Job {
    /// What is tested.
    pub subject: Subject,
    /// What is required.
    pub profile: Profile,
    /// What the target promises; none only for the reference supplier, which brings its own.
    pub contract: Option<LoadedContract>,
    /// What is tested of it.
    pub only: Vec<String>,
    /// What is not.
    pub skip: Vec<String>,
    /// The seed, where one was given.
    pub seed: Option<u64>,
    /// Accepted failures.
    pub waivers: Vec<Waiver>,
    /// The files that it was read from, which no report may overwrite.
    pub inputs: Vec<PathBuf>,
}

/// How a run reports.
#[derive(Debug)]
pub struct Reporting<'a> {
    /// The run folder; a default one where there is nothing.
    pub out: Option<&'a Path>,
    /// Whether a run in that folder is replaced.
    pub overwrite: bool,
    /// Reports besides those of every run folder.
    pub reports: &'a [WantedReport],
    /// Which JUnit shape.
    pub junit_flavour: JunitFlavour,
    /// How the result is told on standard output.
    pub format: OutputFormat,
    /// What fails the gate.
    pub fail_on: FailOn,
    /// Whether progress is left out.
    pub quiet: bool,
    /// Whether findings that do not gate are told in full.
    pub verbose: bool,
}

/// When colours are written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum Color {
    /// On a terminal, unless `NO_COLOR` is set.
    #[default]
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

impl Color {
    /// Holds for both streams from now on.
    pub(super) fn set(self) {
        let choice = match self {
            Self::Auto => anstream::ColorChoice::Auto,
            Self::Always => anstream::ColorChoice::Always,
            Self::Never => anstream::ColorChoice::Never,
        };
        choice.write_global();
    }
}

/// How results are written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum OutputFormat {
    /// For people.
    #[default]
    Human,
    /// For machines.
    Json,
}

/// Which levels fail the gate.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum FailOn {
    /// A failed MUST.
    #[default]
    Must,
    /// A failed MUST or SHOULD.
    Should,
}

/// Which JUnit writer.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum JunitFlavour {
    /// With properties, totals, and file and line.
    #[default]
    Standard,
    /// The plain old shape, for consumers that choke on anything else.
    Classic,
}

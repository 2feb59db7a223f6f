//! `muster run`.

use clap::Args;

use super::{
    Exit, Failure,
    args::{SelectionArguments, SubjectArguments},
    job::{Color, FailOn, Job, OutputFormat, Reporting},
    reports::ReportArguments,
    wiring,
};

/// Flags of `muster run`.
#[derive(Debug, Args)]
#[command(after_help = concat!(
    "Examples:\n",
    "  muster run --demo\n",
    "  muster run --target target.yaml --waivers waivers.yaml --out reports/nightly\n",
    "  muster run --base-url https://rms.example.test/api --contract openapi.yaml --bearer-env RMS_TOKEN\n",
    "  muster run --target target.yaml --only GOV-21 --seed 7\n",
    "  muster run --target target.yaml --report sarif=muster.sarif --report github=-\n",
    "\n",
    "Exit codes:\n",
    "  0  conformant: every MUST verified, or waived in date\n",
    "  1  non-conformant: a MUST failed (or SHOULD, with --fail-on should), or a waiver is stale\n",
    "  2  a flag or file is wrong; nothing was sent\n",
    "  3  undetermined: not reached, not logged in, or a MUST left inconclusive\n",
    "  4  Muster itself failed\n",
    "  130, 143, 129  ended by SIGINT, SIGTERM or SIGHUP; the run folder is complete up to that point",
))]
pub(super) struct Arguments {
    #[command(flatten)]
    subject: SubjectArguments,
    #[command(flatten)]
    selection: SelectionArguments,
    #[command(flatten)]
    report: ReportArguments,
    /// Accepted failures; `-` and URLs work too.
    #[arg(long, short, value_name = "FILE")]
    waivers: Option<String>,
    /// Which failed levels fail the run.
    #[arg(long, value_enum, default_value_t)]
    fail_on: FailOn,
    /// How the result is written to standard output.
    #[arg(long, value_enum, default_value_t)]
    format: OutputFormat,
    /// Show no progress.
    #[arg(long, short)]
    quiet: bool,
    /// Tell findings that do not fail the run in full as well.
    #[arg(long, short)]
    verbose: bool,
    /// When colours are written.
    #[arg(long, value_enum, default_value_t, value_name = "WHEN")]
    color: Color,
}

pub(super) fn run(arguments: &Arguments) -> Result<Exit, Failure> {
    arguments.color.set();
    let job = Job::load(
        &arguments.subject,
        &arguments.selection,
        arguments.waivers.as_deref(),
    )?;
    wiring::run(
        job,
        &Reporting {
            out: arguments.report.out.as_deref(),
            overwrite: arguments.report.overwrite,
            reports: &arguments.report.report,
            junit_flavour: arguments.report.junit_flavour,
            format: arguments.format,
            fail_on: arguments.fail_on,
            quiet: arguments.quiet,
            verbose: arguments.verbose,
        },
    )
}

//! `muster cleanup`.

use std::{
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
    time::Instant,
};

use clap::Args;
use serde::Serialize;

use super::{
    Exit, Failure,
    args::{self, SubjectArguments},
    interruption,
    job::{LoadedContract, OutputFormat},
    output,
    session::{Session, SessionError},
    wiring,
};
use crate::{
    journal::{self, Writer},
    load::{Diagnostic, ProfileContract, Target, profile},
    runner::{
        Cancel, Setup,
        reclaim::{Reclaimed, Reclaimer},
    },
};
use muster_checks::plan::{Plan, Selection};
use muster_core::{arrange::Relations, value_pool::ValuePool};
use muster_report::event::{
    Entry, Started,
    leftovers::{Leftover, Leftovers},
};

/// Flags of `muster cleanup`.
#[derive(Debug, Args)]
#[command(after_help = concat!(
    "Examples:\n",
    "  muster cleanup reports/latest --dry-run\n",
    "  muster cleanup reports/nightly --target target.yaml\n",
    "\n",
    "Exit codes: 0 nothing is left, 1 something is left, 2 a flag or file is wrong or the target is another one",
))]
pub(super) struct Arguments {
    /// The run folder.
    run: PathBuf,
    /// The target file [default: the one of the run].
    #[arg(long, short, value_name = "FILE")]
    target: Option<String>,
    /// The URL of the API, where the run had no target file.
    #[arg(long, value_name = "URL")]
    base_url: Option<String>,
    /// The OpenAPI document, where neither target file nor profile names it.
    #[arg(long, short, value_name = "FILE")]
    contract: Option<String>,
    /// Call with the bearer token in this environment variable.
    #[arg(long, value_name = "NAME")]
    bearer_env: Option<String>,
    /// Call with the `user:password` in this environment variable.
    #[arg(long, value_name = "NAME")]
    basic_env: Option<String>,
    /// Call with a header whose value is in an environment variable; may be given again.
    #[arg(long, value_name = "HEADER=NAME")]
    header_env: Vec<String>,
    /// Remove from a target that is production, where its file allows writes.
    #[arg(long)]
    allow_writes_in_production: bool,
    /// Read what is there, and remove nothing.
    #[arg(long)]
    dry_run: bool,
    /// How the result is written.
    #[arg(long, value_enum, default_value_t)]
    format: OutputFormat,
}

/// What became of one record.
#[derive(Debug, Serialize)]
struct Row {
    record: u64,
    operation: String,
    #[serde(rename = "is")]
    state: &'static str,
    detail: String,
}

/// What became of all of them.
#[derive(Debug, Serialize)]
struct Told {
    run: String,
    removed: usize,
    would_remove: usize,
    not_found: usize,
    left: usize,
    records: Vec<Row>,
}

pub(super) fn run(arguments: &Arguments) -> Result<Exit, Failure> {
    let (started, leftovers) = read(&arguments.run)?;
    if leftovers.is_empty() {
        return tell(&told(&started, Vec::new()), arguments.format).map(|()| Exit::Conformant);
    }
    let (target, contract) = subject(arguments, &started)?;
    let session = Session {
        profile: started.profile.clone(),
        contract: contract.contract,
        contract_sha256: contract.sha256,
        target,
        waivers: Vec::new(),
        selection: Selection::default(),
        seed: started.seed,
        fail_on_should: false,
        now: time::OffsetDateTime::now_utc(),
    };
    if !arguments.dry_run && !session.writes() {
        let why = session.target.writes_refused_because.clone();
        return Err(Failure::Usage(
            Diagnostic::plain(why.unwrap_or_else(|| {
                "the target file does not allow writes, so that nothing may be removed".to_owned()
            }))
            .help("set `writes: allowed`, or look with `--dry-run`")
            .into(),
        ));
    }
    wiring::runtime()?.block_on(clean(arguments, &session, &started, &leftovers))
}

/// The start of the run, and what it left.
fn read(run: &Path) -> Result<(Started, Vec<Leftover>), Failure> {
    let cannot = |error: journal::ReadError| Failure::no_run(&error);
    let mut leftovers = Leftovers::default();
    let mut reader = journal::read(run).map_err(cannot)?;
    for entry in reader.by_ref() {
        leftovers.take(entry.map_err(cannot)?);
    }
    for damage in reader.into_damage() {
        output::err(&format!(
            "A line of the journal could not be read and was skipped: {damage}\n"
        ));
    }
    if let Some(cleanup) = journal::cleanup_of(run).map_err(cannot)? {
        for entry in cleanup {
            leftovers.take(entry.map_err(cannot)?);
        }
    }
    let Some(started) = leftovers.started.take() else {
        return Err(Failure::usage(format!(
            "`{}` does not tell which run it is of, so that nothing can be removed by it",
            run.display()
        )));
    };
    Ok((*started, leftovers.in_reverse()))
}

/// The target and the contract, which have to be those of the run.
fn subject(arguments: &Arguments, started: &Started) -> Result<(Target, LoadedContract), Failure> {
    let subject = SubjectArguments {
        target: arguments.target.clone().or_else(|| {
            let own = started.target_file.clone();
            own.filter(|_| arguments.base_url.is_none())
        }),
        base_url: arguments.base_url.clone(),
        contract: arguments.contract.clone(),
        bearer_env: arguments.bearer_env.clone(),
        basic_env: arguments.basic_env.clone(),
        header_env: arguments.header_env.clone(),
        allow_writes_in_production: arguments.allow_writes_in_production,
        ..SubjectArguments::default()
    };
    if subject.target.is_none() && subject.base_url.is_none() {
        return Err(Failure::Usage(
            Diagnostic::plain("the run names no target file")
                .help("give the one that it had with `--target`; what `run --demo` tested ended with the run")
                .into(),
        ));
    }
    let mut target = args::load_target(&subject)?;
    if subject.target.is_none() && started.writes {
        target.writes = muster_core::model::Writes::Allowed;
    }
    let base_url = target.base_url.as_str().trim_end_matches('/');
    if base_url != started.base_url {
        return Err(Failure::usage(format!(
            "the run was against {}, and the target is {base_url}: nothing is removed from another target",
            started.base_url
        )));
    }
    let location = arguments
        .contract
        .clone()
        .or_else(|| target.contract.clone())
        .map(ProfileContract::Location);
    let place = match location {
        Some(place) => Some(place),
        None => {
            profile::load(started.profile.id.as_str(), &wiring::catalogue())
                .map_err(Failure::from)?
                .contract
        }
    };
    let Some(place) = place else {
        return Err(Failure::usage(
            "there is no contract: give the one of the run with `--contract`",
        ));
    };
    let contract = wiring::contract(&place)?;
    if contract.sha256 != started.contract.sha256 {
        return Err(Failure::usage(format!(
            "the contract is not that of the run: its SHA-256 is {}, and that of the run was {}",
            contract.sha256, started.contract.sha256
        )));
    }
    Ok((target, contract))
}

async fn clean(
    arguments: &Arguments,
    session: &Session,
    started: &Started,
    leftovers: &[Leftover],
) -> Result<Exit, Failure> {
    let cancel = Arc::new(Cancel::default());
    interruption::listen(&cancel);
    let (line, redactor) = session.line().map_err(Failure::from)?;
    let writer = if arguments.dry_run {
        None
    } else {
        let folder = if arguments.run.is_dir() {
            arguments.run.as_path()
        } else {
            arguments.run.parent().unwrap_or_else(|| Path::new("."))
        };
        let path = folder.join(journal::CLEANUP_FILE);
        Some(Writer::append(&path).map_err(SessionError::from)?)
    };
    let failed = Mutex::new(None);
    let began = Instant::now();
    let listener = |event| {
        let Some(writer) = &writer else { return };
        let at_us = u64::try_from(began.elapsed().as_micros()).unwrap_or(u64::MAX);
        if let Err(error) = writer.write(&Entry { at_us, event }) {
            cancel.ask();
            failed
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .get_or_insert(error);
        }
    };
    let relations = Relations::of(&session.contract);
    let parameters = session.profile.parameters.clone();
    let plan = Plan::default();
    let run_tag = session.run_tag();
    let mut began_as = started.clone();
    began_as.budget = session.target.budget;
    began_as.contract.surfaces = Vec::new();
    let setup = Setup {
        started: began_as,
        contract: &session.contract,
        relations: &relations,
        claims: &session.target.claims,
        parameters: &parameters,
        identities: &[],
        run_tag: &run_tag,
        plan: &plan,
        known: ValuePool::default(),
        asked_before: 0,
    };
    let reclaimer = Reclaimer::new(
        &setup,
        &line,
        &redactor,
        &listener,
        &cancel,
        arguments.dry_run,
    );
    let mut rows = Vec::new();
    reclaimer
        .reclaim(leftovers, |leftover, reclaimed| {
            let row = row(leftover, reclaimed);
            if arguments.format == OutputFormat::Human {
                let text = format!("{}  {}  ({})\n", row.state, row.detail, row.operation);
                let _ = output::out(&text);
            }
            rows.push(row);
        })
        .await;
    if let Some(error) = failed.into_inner().unwrap_or_else(PoisonError::into_inner) {
        return Err(SessionError::from(error).into());
    }
    if let Some(writer) = &writer {
        writer.finish().map_err(SessionError::from)?;
    }
    let told = told(started, rows);
    tell(&told, arguments.format)?;
    Ok(if let Some(signal) = cancel.signal() {
        Exit::from_code(signal.exit_code())
    } else if told.left > 0 || told.would_remove > 0 {
        Exit::NonConformant
    } else {
        Exit::Conformant
    })
}

fn row(leftover: &Leftover, reclaimed: &Reclaimed) -> Row {
    let (state, detail) = match reclaimed {
        Reclaimed::Removed(line) => ("removed", line.clone()),
        Reclaimed::WouldRemove(line) => ("would remove", line.clone()),
        Reclaimed::NotFound(reason) => ("not found", reason.clone()),
        Reclaimed::Left(reason) => (
            "left",
            match &leftover.creation.removal {
                Some(removal) => format!("{removal}: {reason}"),
                None => format!("record {}: {reason}", leftover.creation.number),
            },
        ),
    };
    Row {
        record: leftover.creation.number,
        operation: leftover.creation.operation.to_string(),
        state,
        detail,
    }
}

fn told(started: &Started, records: Vec<Row>) -> Told {
    let count = |state| records.iter().filter(|row| row.state == state).count();
    Told {
        run: started.run_id.clone(),
        removed: count("removed"),
        would_remove: count("would remove"),
        not_found: count("not found"),
        left: count("left"),
        records,
    }
}

fn tell(told: &Told, format: OutputFormat) -> Result<(), Failure> {
    match format {
        OutputFormat::Json => output::json(told),
        OutputFormat::Human if told.records.is_empty() => {
            output::out(&format!("Run {} left nothing at its target.\n", told.run))
        }
        OutputFormat::Human => {
            let removed = if told.would_remove > 0 {
                format!("{} would be removed", told.would_remove)
            } else {
                format!("{} removed", told.removed)
            };
            output::out(&format!(
                "\nRun {}: {removed}, {} not found, {} left.\n",
                told.run, told.not_found, told.left
            ))
        }
    }
}

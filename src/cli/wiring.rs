//! Where the command line meets the parts that do the work; nothing else in `cli` names them.

use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
    sync::Arc,
};

use serde_json::Value;
use time::OffsetDateTime;
use tokio::runtime::Runtime;

use super::{
    Exit, Failure,
    args::{self, SubjectArguments},
    contract_credentials, interruption,
    job::{FailOn, Job, JunitFlavour, LoadedContract, OutputFormat, Reporting, Subject},
    output,
    progress::Progress,
    prove, prove_profile,
    reference::{self, Delay, Reference},
    reports::{self, Places, WantedReport},
    reproduction,
    run_folder::RunFolder,
    selection,
    session::{self, Session, SessionError},
    suites, told, waivers,
    ways::Depth,
};
use crate::{
    http::{self, Credentials, Transport},
    journal::{self, WriteError},
    load::{
        Diagnostic, ProfileContract, Target,
        contract::{LoadError, RemotePolicy, load_contract},
        contract_source,
        profile::Catalogue,
    },
    runner::{
        Cancel,
        preflight::{Preflight, StepOutcome},
    },
};
use muster_checks::plan::Selection;
use muster_core::{
    contract::{Contract, Documents},
    exchange::{Address, Auth, Outcome, Request},
    model::{Method, Responsible},
};
use muster_report::{report, summary::Summary};
use muster_supplier::{
    self as supplier,
    issuer::{self, Issuer},
};

/// What profiles may cite.
pub(super) fn catalogue() -> Catalogue {
    args::catalogue_of([])
}

/// Loads a contract.
pub(super) fn contract(place: &ProfileContract) -> Result<LoadedContract, Failure> {
    contract_within(place, None)
}

/// Loads a contract whose references may lead to files in this folder and below, in place of its own.
pub(super) fn contract_within(
    place: &ProfileContract,
    root: Option<&Path>,
) -> Result<LoadedContract, Failure> {
    match place {
        ProfileContract::Bundled { name, text } => bundled(name, text),
        ProfileContract::Location(location) => {
            let loaded = runtime()?
                .block_on(load_contract(
                    location,
                    &RemotePolicy::default().within(root),
                ))
                .map_err(|error| cannot_load(&error))?;
            Ok(LoadedContract {
                contract: loaded.contract,
                sha256: loaded.sha256,
            })
        }
    }
}

/// Loads a contract for a target, whose credentials its address may ask for.
pub(super) fn contract_of(
    place: &ProfileContract,
    target: &Target,
    root: Option<&Path>,
) -> Result<LoadedContract, Failure> {
    let ProfileContract::Location(location) = place else {
        return contract(place);
    };
    let policy = RemotePolicy::default().within(root);
    let loaded = runtime()?
        .block_on(contract_credentials::load(location, target, &policy))
        .map_err(|error| cannot_load(&error))?;
    Ok(LoadedContract {
        contract: loaded.contract,
        sha256: loaded.sha256,
    })
}

pub(super) fn bundled(name: &str, text: &str) -> Result<LoadedContract, Failure> {
    let document = contract_source::read(text.as_bytes()).map_err(|error| {
        Failure::Internal(format!(
            "the bundled contract {name} cannot be read: {error}"
        ))
    })?;
    let uri = format!("muster:/{name}");
    let contract = Contract::build(&uri, Documents::single(&uri, document)).map_err(|refused| {
        Failure::Internal(format!(
            "the bundled contract {name} cannot be used: {refused}"
        ))
    })?;
    Ok(LoadedContract {
        contract,
        sha256: session::sha256(text.as_bytes()),
    })
}

fn cannot_load(error: &LoadError) -> Failure {
    match error.responsible() {
        Responsible::Network | Responsible::Credentials => Failure::Unreachable(error.to_string()),
        Responsible::Muster => Failure::Internal(error.to_string()),
        _ => Failure::Usage(Diagnostic::plain(error.to_string()).into()),
    }
}

pub(super) fn runtime() -> Result<Runtime, Failure> {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .map_err(|error| Failure::Internal(format!("no runtime can be started: {error}")))
}

/// A session for what a job tests, and the reference supplier where that is what it tests.
async fn session(job: Job, fail_on: FailOn) -> Result<(Session, Option<Reference>), Failure> {
    let now = OffsetDateTime::now_utc();
    let (target, contract, reference) = match job.subject {
        Subject::Target(target) => {
            let contract = job
                .contract
                .ok_or_else(|| Failure::usage("there is no contract to test against"))?;
            (*target, contract, None)
        }
        Subject::Demo(faults, delay) => {
            let reference =
                Reference::start_for(job.profile.id.as_str(), 0, &faults, delay).await?;
            let mut target = reference.target()?;
            target.started_by = Some(reproduction::demo(
                job.profile.id.as_str(),
                target.base_url.port(),
                &faults,
            ));
            (target, reference.contract()?, Some(reference))
        }
    };
    let mut tested = contract.contract;
    tested.serve_at(&target.base_url);
    let mut session = Session {
        profile: job.profile,
        contract: tested,
        contract_sha256: contract.sha256,
        target,
        waivers: job.waivers,
        selection: Selection {
            only: job.only,
            skip: job.skip,
            include_hazards: Vec::new(),
        },
        seed: job.seed.unwrap_or_else(|| session::fresh_seed(now)),
        fail_on_should: fail_on == FailOn::Should,
        now,
    };
    let checked = selection::split_commas(&mut session)
        .and_then(|()| told::apply(&mut session))
        .and_then(|()| suites::check(&session))
        .and_then(|()| selection::check(&session))
        .and_then(|()| waivers::check(&session));
    if let Err(wrong) = checked {
        if let Some(reference) = reference {
            reference.stop().await;
        }
        return Err(wrong);
    }
    Ok((session, reference))
}

/// Does a run.
pub(super) fn run(job: Job, reporting: &Reporting<'_>) -> Result<Exit, Failure> {
    reports::check(reporting, &job.inputs)?;
    runtime()?.block_on(async {
        let (session, reference) = session(job, reporting.fail_on).await?;
        let result = run_session(&session, reporting).await;
        if let Some(reference) = reference {
            reference.stop().await;
        }
        result
    })
}

async fn run_session(session: &Session, reporting: &Reporting<'_>) -> Result<Exit, Failure> {
    let cancel = Arc::new(Cancel::default());
    interruption::listen(&cancel);
    let (line, redactor) = session.line().map_err(Failure::from)?;
    // The folder is made before anything is sent, so that a full or closed disk is known in time.
    let run_id = session::run_id(session.now, session.seed);
    let folder = RunFolder::prepare(reporting.out, &run_id, reporting.overwrite)?;
    let out = folder.path();
    let places = Places::prepare(reporting.reports, &folder)?;
    let writer = journal::Writer::create(out).map_err(SessionError::from)?;
    folder.point_latest();
    let asked = tokio::select! {
        asked = session.preflight(&line, &redactor) => Some(asked),
        () = cancel.asked() => None,
    };
    let Some(asked) = asked else {
        session
            .record_interruption(&line, &writer, cancel.signal())
            .map_err(Failure::from)?;
        return report_run(&writer, out, &places, reporting);
    };
    let judges_tls = asked.tls_failed && session.judges_tls();
    if let Some(obstacle) = asked.obstacle().filter(|_| !judges_tls) {
        session
            .record_obstacle(&line, &writer, &asked)
            .map_err(Failure::from)?;
        output::err(&format!(
            "{}: {}\n",
            obstacle.responsible.label(),
            obstacle.reason
        ));
    } else {
        let progress = Progress::new(reporting.quiet);
        let ran = session
            .run(&line, &redactor, &writer, &asked, &cancel, &|event| {
                progress.saw(event)
            })
            .await;
        progress.end();
        if let Err(error) = ran {
            // What was kept until then is still worth a report, where the disk takes one.
            let _ = report_run(&writer, out, &places, reporting);
            return Err(error.into());
        }
    }
    report_run(&writer, out, &places, reporting)
}

/// Writes the reports of a run from its journal, and tells the result.
fn report_run(
    writer: &journal::Writer,
    out: &Path,
    places: &Places,
    reporting: &Reporting<'_>,
) -> Result<Exit, Failure> {
    let summary = journal::summary(writer.path()).map_err(SessionError::from)?;
    let (written, failed) = match places.write(out, &summary, &options(reporting.junit_flavour)) {
        Ok(written) => (written, None),
        // The verdict is known although a report cannot be written.
        Err(failure) => (Vec::new(), Some(failure)),
    };
    tell(&summary, reporting, &written)?;
    if let Some(failure) = failed {
        return Err(failure);
    }
    Ok(Exit::from_code(summary.exit_code))
}

fn tell(summary: &Summary, reporting: &Reporting<'_>, written: &[PathBuf]) -> Result<(), Failure> {
    match reporting.format {
        OutputFormat::Human => {
            let style = report::Style {
                // What nobody sees is taken off where it is written.
                colour: report::Colour::On,
                width: output::width(),
                verbose: reporting.verbose,
            };
            let text = report::terminal(summary, style, written);
            // Standard output is the report's where one goes there: a program reads it.
            if reporting.reports.iter().any(WantedReport::is_printed) {
                output::err(&text);
                return Ok(());
            }
            output::out(&text)
        }
        OutputFormat::Json => output::out(&report::json(summary)),
    }
}

pub(super) const fn options(flavour: JunitFlavour) -> report::Options {
    report::Options {
        junit: match flavour {
            JunitFlavour::Standard => report::JunitFlavour::Rich,
            JunitFlavour::Classic => report::JunitFlavour::Classic,
        },
    }
}

/// Tells what a run would send.
pub(super) fn plan(job: Job, format: OutputFormat) -> Result<String, Failure> {
    runtime()?.block_on(async {
        let (session, reference) = session(job, FailOn::Must).await?;
        let text = match format {
            OutputFormat::Human => session.plan_text(),
            OutputFormat::Json => session.plan_json()?,
        };
        if let Some(reference) = reference {
            reference.stop().await;
        }
        Ok(text)
    })
}

/// Reaches for the target.
pub(super) fn preflight(
    target: Target,
    contract: Option<LoadedContract>,
    format: OutputFormat,
) -> Result<Exit, Failure> {
    runtime()?.block_on(preflight_of(target, contract, format))
}

/// Reaches for the reference supplier.
pub(super) fn preflight_demo(
    arguments: &SubjectArguments,
    format: OutputFormat,
) -> Result<Exit, Failure> {
    runtime()?.block_on(async {
        let profile = arguments.profile.as_deref().unwrap_or_default();
        let reference =
            Reference::start_for(profile, 0, &arguments.fault, arguments.delay.with_seed(1))
                .await?;
        let exit = preflight_of(reference.target()?, Some(reference.contract()?), format).await;
        reference.stop().await;
        exit
    })
}

async fn preflight_of(
    target: Target,
    contract: Option<LoadedContract>,
    format: OutputFormat,
) -> Result<Exit, Failure> {
    let session = Session::to_ask(target, contract)?;
    let (line, redactor) = session.line().map_err(Failure::from)?;
    let asked = session.preflight(&line, &redactor).await;
    match format {
        OutputFormat::Human => output::out(&steps(&asked))?,
        OutputFormat::Json => output::json(&asked)?,
    }
    Ok(if asked.obstacle().is_some() {
        Exit::Undetermined
    } else {
        Exit::Conformant
    })
}

fn steps(asked: &Preflight) -> String {
    let rows: Vec<Vec<String>> = asked
        .steps
        .iter()
        .map(|step| {
            let (word, detail) = match &step.outcome {
                StepOutcome::Good(detail) => ("good", detail.clone()),
                StepOutcome::Doubtful(gap) => (
                    "doubtful",
                    format!("{} ({})", gap.reason, gap.responsible.label()),
                ),
                StepOutcome::Bad(gap) => (
                    "bad",
                    format!("{} ({})", gap.reason, gap.responsible.label()),
                ),
            };
            vec![step.name.clone(), word.to_owned(), detail]
        })
        .collect();
    output::columns(&rows)
}

/// Serves the reference supplier until it is interrupted.
pub(super) fn demo(
    listen: SocketAddr,
    profile: &str,
    faults: &[String],
    trust: Option<&str>,
    delay: Delay,
) -> Result<Exit, Failure> {
    runtime()?.block_on(async {
        if !listen.ip().is_loopback() {
            return Err(Failure::usage(
                "the reference supplier listens on this machine alone: give a loopback address",
            ));
        }
        let reference = match trust {
            Some(issuer) => {
                let trusted = trusted(issuer.trim_end_matches('/')).await?;
                Reference::start_trusting(listen.port(), faults, trusted, delay).await?
            }
            None => Reference::start_for(profile, listen.port(), faults, delay).await?,
        };
        output::out(&reference.invitation())?;
        tokio::signal::ctrl_c()
            .await
            .map_err(|error| Failure::Internal(error.to_string()))?;
        reference.stop().await;
        Ok(Exit::Conformant)
    })
}

/// Serves the issuer until it is interrupted. Its client's secret is told where it was made here.
pub(super) fn issue(
    options: issuer::Options,
    client: &str,
    secret: Option<&str>,
) -> Result<Exit, Failure> {
    runtime()?.block_on(async {
        let audience = options.audience.clone();
        let issuer = Issuer::start(options).await.map_err(|error| match error {
            issuer::IssuerError::Port(..) => Failure::usage(error.to_string()),
            issuer::IssuerError::Key => Failure::Internal(error.to_string()),
        })?;
        let url = issuer.url();
        let here = if issuer.address().ip().is_loopback() {
            "this machine alone"
        } else {
            "other machines too: anybody who reaches it can ask for any token"
        };
        let shown = secret.map_or_else(String::new, |secret| {
            format!("secret     {secret} (made for this run)\n")
        });
        output::out(&format!(
            "issuer     {url}\nkeys       {url}/jwks.json\naudience   {audience}\nlistens    on {}, for {here}\nclient     {client}\n{shown}\nLet the test system trust it, and write in the target file:\n\nissuer:\n  url: {url}\n  client_id: {client}\n  client_secret: {{ env: MUSTER_ISSUER_SECRET }}\n\nStop with Ctrl-C.\n",
            issuer.address(),
        ))?;
        tokio::signal::ctrl_c()
            .await
            .map_err(|error| Failure::Internal(error.to_string()))?;
        issuer.stop().await;
        Ok(Exit::Conformant)
    })
}

/// What an issuer publishes of its keys, for the reference supplier to trust.
async fn trusted(url: &str) -> Result<supplier::Trusted, Failure> {
    let at: url::Url = url
        .parse()
        .map_err(|error| Failure::usage(format!("`--trust` is not a URL: {error}")))?;
    let transport = Transport::new(http::Options::new(at)).map_err(SessionError::from)?;
    let mut document = Value::Null;
    for path in ["/.well-known/openid-configuration", "/jwks.json"] {
        let path = document
            .get("jwks_uri")
            .and_then(Value::as_str)
            .and_then(|uri| uri.strip_prefix(url))
            .unwrap_or(path);
        let mut request = Request::new(Method::Get, Address::Root(path.to_owned()), "reads keys");
        request.auth = Auth::Nothing;
        let sent = transport.send(&request, &Credentials::default()).await;
        document = match &sent.outcome {
            Outcome::Answered(response) if response.is_success() => {
                response.json().ok().cloned().unwrap_or_default()
            }
            Outcome::Answered(response) => {
                return Err(Failure::Unreachable(format!(
                    "the issuer {url} answered {} at {path}",
                    response.status
                )));
            }
            Outcome::Broken(breakage) => {
                return Err(Failure::Unreachable(format!(
                    "the issuer {url} cannot be reached. {}",
                    breakage.detail
                )));
            }
        };
    }
    Ok(supplier::Trusted {
        issuer: url.to_owned(),
        keys: document,
    })
}

/// The faults of the reference supplier for this profile: id and what goes wrong.
pub(super) fn faults(profile: &str) -> Vec<(String, String)> {
    if profile == reference::IHUB {
        return supplier::ihub_faults()
            .iter()
            .map(|fault| (fault.id.to_owned(), fault.summary.to_owned()))
            .collect();
    }
    supplier::faults()
        .iter()
        .map(|fault| (fault.id.to_owned(), fault.summary.to_owned()))
        .collect()
}

/// Proves every requirement of a profile against its reference supplier.
pub(super) fn selftest_of(
    profile: &str,
    only: &[String],
    seeds: u64,
    depth: Depth,
    format: OutputFormat,
) -> Result<Exit, Failure> {
    let proof = runtime()?.block_on(prove_profile::prove(profile, only, seeds, depth))?;
    match format {
        OutputFormat::Human => output::out(&proof.text())?,
        OutputFormat::Json => output::json(&proof)?,
    }
    Ok(if proof.holds() {
        Exit::Conformant
    } else {
        Exit::Internal
    })
}

/// Proves every check against the reference supplier.
pub(super) fn selftest(
    scope: prove::Scope,
    seeds: u64,
    delay: Delay,
    depth: Depth,
    format: OutputFormat,
) -> Result<Exit, Failure> {
    let proof = runtime()?.block_on(prove::prove(scope, seeds, delay, depth))?;
    match format {
        OutputFormat::Human => output::out(&proof.text())?,
        OutputFormat::Json => output::json(&proof)?,
    }
    Ok(if proof.holds() {
        Exit::Conformant
    } else {
        Exit::Internal
    })
}

impl From<SessionError> for Failure {
    fn from(error: SessionError) -> Self {
        match &error {
            SessionError::Transport(_) => Self::usage(error.to_string()),
            SessionError::Journal(WriteError::Exists(_) | WriteError::Create { .. }) => {
                Self::usage(format!("`--out`: {error}"))
            }
            SessionError::Journal(_) | SessionError::Lost { .. } | SessionError::Read(_) => {
                Self::Internal(error.to_string())
            }
        }
    }
}

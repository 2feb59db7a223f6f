//! One run from its parts to its summary (owner of [`Session`]): what `run`, `preflight` and `selftest` share.

#![allow(clippy::disallowed_methods, reason = "a run has a clock")]

use std::{
    collections::BTreeMap,
    sync::{Mutex, PoisonError},
    time::Instant,
};

use aws_lc_rs::digest::{SHA256, digest};
use time::{
    OffsetDateTime, UtcOffset, format_description::well_known::Rfc3339, macros::format_description,
};

use super::{Failure, job::LoadedContract, located::located, output, reproduction, told, wiring};
use crate::{
    auth::{Callback, Keyring},
    http::{self, Transport, TransportError},
    journal::{self, Writer},
    load::{Target, profile},
    runner::{
        Cancel, HttpWire, Runner, Setup, Wire,
        preflight::{self, Preflight, StepOutcome},
    },
};
use muster_checks::{
    plan::{Basis, Effect, Permits, Plan, Selection, Work},
    profile::Profile,
};
use muster_core::{
    arrange::Relations,
    contract::Contract,
    coverage,
    model::{self, IdentityName, Parameters, StopSignal, Writes},
    observation::Redactor,
    value_pool::ValuePool,
    verdict::Unverified,
};
use muster_report::{
    event::{ContractFacts, End, Entry, Event, Finished, Planned, Reproduction, Started},
    summary::Summary,
    waiver::Waiver,
};

/// The parts of a run.
#[derive(Debug)]
pub struct Session {
    /// What is required.
    pub profile: Profile,
    /// The contract.
    pub contract: Contract,
    /// SHA-256 of its bytes, hexadecimal.
    pub contract_sha256: String,
    /// The target.
    pub target: Target,
    /// Accepted failures.
    pub waivers: Vec<Waiver>,
    /// What to keep and what to leave out.
    pub selection: Selection,
    /// The seed.
    pub seed: u64,
    /// Whether a failed SHOULD fails the gate too.
    pub fail_on_should: bool,
    /// The moment the run starts.
    pub now: OffsetDateTime,
}

/// Why a run could not start or be kept. Muster's own, or the machine's.
#[derive(Debug, thiserror::Error)]
pub enum SessionError {
    /// Certificates or base URL cannot be used.
    #[error(transparent)]
    Transport(#[from] TransportError),
    /// The journal cannot be written.
    #[error(transparent)]
    Journal(#[from] journal::WriteError),
    /// The journal could not be written to its end; these records are still at the target.
    #[error(
        "{error}. The run was stopped, and what it created was removed{}",
        left_told(left)
    )]
    Lost {
        /// Why.
        error: journal::WriteError,
        /// What could not be removed.
        left: Vec<String>,
    },
    /// The journal cannot be read back.
    #[error(transparent)]
    Read(#[from] journal::ReadError),
}

/// Where the events of a run go besides the journal.
pub type Watcher<'a> = &'a (dyn Fn(&Event) + Sync);

impl Session {
    /// Parameters of the profile under those of the target, and what the run knows itself.
    fn parameters(&self) -> Parameters {
        let mut parameters = self.profile.parameters.clone();
        parameters.0.extend(self.target.parameters.0.clone());
        parameters
            .0
            .insert("base_url".to_owned(), self.base_url().into());
        if let Some(place) = &self.target.published_contract {
            parameters
                .0
                .insert("published_contract".to_owned(), place.as_str().into());
        }
        parameters.0.insert(
            "budget_per_second".to_owned(),
            self.target.budget.per_second.into(),
        );
        let environment = serde_json::to_value(self.target.environment).unwrap_or_default();
        parameters.0.insert("environment".to_owned(), environment);
        let has_certificate = self.target.tls.client.is_some()
            || self
                .target
                .identities
                .iter()
                .any(|(_, identity)| identity.client_certificate.is_some());
        parameters
            .0
            .insert("client_certificate".to_owned(), has_certificate.into());
        parameters.0.insert(
            "budget_per_second".to_owned(),
            self.target.budget.per_second.into(),
        );
        // The runner knows better once it has seen what answers.
        let operations = u64::try_from(self.contract.operations.len().max(1)).unwrap_or(u64::MAX);
        let share = self.target.budget.requests / operations;
        parameters
            .0
            .insert("requests_per_operation".to_owned(), share.into());
        parameters
    }

    fn base_url(&self) -> String {
        self.target
            .base_url
            .as_str()
            .trim_end_matches('/')
            .to_owned()
    }

    pub(super) fn writes(&self) -> bool {
        self.target.writes == Writes::Allowed
    }

    fn selection(&self) -> Selection {
        let mut selection = self.selection.clone();
        selection
            .include_hazards
            .extend(self.target.include_hazards.iter().cloned());
        selection
    }

    /// A session that only asks whether a run makes sense.
    pub(super) fn to_ask(
        target: Target,
        contract: Option<LoadedContract>,
    ) -> Result<Self, Failure> {
        let profile = profile::load("uk-gov-api", &wiring::catalogue())?.profile;
        let (mut contract, contract_sha256) = match contract {
            Some(loaded) => {
                let mut contract = loaded.contract;
                contract.serve_at(&target.base_url);
                (contract, loaded.sha256)
            }
            None => {
                let nothing = serde_json::json!({ "openapi": "3.1.0", "info": { "title": "", "version": "" }, "paths": {} });
                let contract = Contract::from_value(nothing)
                    .map_err(|refused| Failure::Internal(refused.to_string()))?;
                (contract, String::new())
            }
        };
        told::hazards(&mut contract, &target.hazards);
        Ok(Self {
            profile,
            contract,
            contract_sha256,
            target,
            waivers: Vec::new(),
            selection: Selection::default(),
            seed: 0,
            fail_on_should: false,
            now: OffsetDateTime::now_utc(),
        })
    }

    /// What a run would send, for people.
    #[must_use]
    pub fn plan_text(&self) -> String {
        let plan = self.plan();
        let mut text = format!(
            "{} cases against {} ({} contract checks and {} response checks besides)\n\n",
            plan.cases.len(),
            self.base_url(),
            plan.contract_checks.len(),
            plan.response_checks.len()
        );
        text.push_str(&told::effects(&plan.operations));
        text.push_str("\nCases:\n");
        let rows: Vec<Vec<String>> = plan
            .cases
            .iter()
            .map(|case| {
                vec![
                    if case.writes { "writes" } else { "reads" }.to_owned(),
                    case.name.to_string(),
                ]
            })
            .collect();
        text.push_str(&output::columns(&rows));
        if !plan.excluded.is_empty() {
            text.push_str("\nNot tested:\n");
            let rows: Vec<Vec<String>> = plan
                .excluded
                .iter()
                .map(|left| {
                    let by = left
                        .by
                        .as_ref()
                        .map(ToString::to_string)
                        .unwrap_or_default();
                    let operation = left
                        .operation
                        .as_ref()
                        .map(ToString::to_string)
                        .unwrap_or_default();
                    vec![
                        format!("{by} {operation}").trim().to_owned(),
                        left.reason.clone(),
                    ]
                })
                .collect();
            text.push_str(&output::columns(&rows));
        }
        if !self.target.writable.is_empty() {
            text.push_str("\nMay be changed although the run does not make it (`writable` in the target file):\n");
            for name in self.target.writable.keys() {
                text.push_str(&format!("  {name}\n"));
            }
        }
        text.push_str(&told::recognised(&self.contract));
        text.push_str(&told::longest_chain(&self.contract));
        text
    }

    /// What a run would send, for machines.
    pub(super) fn plan_json(&self) -> Result<String, Failure> {
        let plan = self.plan();
        let counts: BTreeMap<String, usize> = Effect::ALL
            .into_iter()
            .map(|effect| {
                let name = serde_json::to_value(effect).ok();
                let name = name.as_ref().and_then(serde_json::Value::as_str);
                let count = plan.operations.iter().filter(|one| one.effect == effect);
                (name.unwrap_or_default().to_owned(), count.count())
            })
            .collect();
        let planned = serde_json::json!({
            "counts": counts,
            "operations": plan.operations,
            "cases": plan.cases,
            "excluded": plan.excluded,
            "not_selected": plan.not_selected,
        });
        serde_json::to_string_pretty(&planned)
            .map(|text| format!("{text}\n"))
            .map_err(|error| Failure::Internal(error.to_string()))
    }

    /// What a run would do.
    #[must_use]
    pub fn plan(&self) -> Plan {
        Plan::new(Basis {
            profile: &self.profile,
            contract: &self.contract,
            claims: &self.target.claims,
            parameters: &self.parameters(),
            writes: self.writes(),
            selection: &self.selection(),
        })
    }

    /// Whether a run makes sense although TLS fails: where checks of TLS are among what it does, they tell
    /// what is wrong, and everything else is inconclusive.
    pub(super) fn judges_tls(&self) -> bool {
        self.plan().cases.iter().any(
            |case| matches!(&case.work, Work::Probe { check, .. } if check.as_str() == "transport.certificate"),
        )
    }

    fn identities(&self) -> Vec<IdentityName> {
        let mut names: Vec<_> = self
            .target
            .identities
            .iter()
            .map(|(name, _)| name.clone())
            .collect();
        if names.is_empty() {
            names.push(IdentityName::default());
        }
        names.sort_by_key(|name| *name != IdentityName::default());
        names
    }

    /// The way to the target.
    ///
    /// # Errors
    /// Where certificates or the base URL cannot be used.
    pub fn line(&self) -> Result<(HttpWire, Redactor), SessionError> {
        let mut options = http::Options::new(self.target.base_url.clone());
        options.server_paths.clone_from(&self.contract.server_paths);
        options.timeout = self.target.timeout;
        options.body_limit = usize::try_from(self.target.body_limit).unwrap_or(usize::MAX);
        options.concurrency = self.target.budget.concurrency;
        if let Some(ca) = &self.target.tls.ca_pem {
            options.trust = http::Trust::SystemAnd(ca.clone());
        }
        options.client_certificate = self.target.tls.client.as_ref().map(certificate);
        options.identity_certificates = self
            .target
            .identities
            .iter()
            .filter_map(|(name, identity)| {
                Some((
                    name.clone(),
                    certificate(identity.client_certificate.as_ref()?),
                ))
            })
            .collect();
        let personal = self.profile.personal.iter().chain(&self.target.personal);
        let mut redactor = Redactor::new([], personal.map(String::as_str));
        if self.profile.personal.is_empty() || self.profile.usual_personal {
            redactor = redactor.with_usual_personal();
        }
        let redactor = redactor
            .with_secret_names(self.contract.secret_names())
            .with_tls(
                options.client_certificate.is_some() || !options.identity_certificates.is_empty(),
                self.target.tls.ca_pem.is_some(),
            );
        let identities = self.target.identities.clone();
        let mut keyring = Keyring::new(identities, &self.contract, &options, &redactor)?;
        let most = self.parameters().integer("failed_logins");
        if let Some(most) = most.and_then(|most| u32::try_from(most).ok()) {
            keyring = keyring.with_failed_logins(most);
        }
        if let Some(callback) = &self.target.callback {
            keyring = keyring.with_callback(Callback {
                listen: callback.listen,
                url: callback.url.clone(),
            });
        }
        let permits = Permits::of(Basis {
            profile: &self.profile,
            contract: &self.contract,
            claims: &self.target.claims,
            parameters: &self.parameters(),
            writes: self.writes(),
            selection: &self.selection(),
        });
        Ok((
            HttpWire::new(Transport::new(options)?, keyring, permits),
            redactor,
        ))
    }

    /// Asks whether a run makes sense.
    pub async fn preflight(&self, line: &HttpWire, redactor: &Redactor) -> Preflight {
        preflight::preflight(line, &self.contract, &self.identities(), self.now)
            .await
            .redacted(redactor)
    }

    /// Runs, and keeps what happens in the journal.
    ///
    /// # Errors
    /// Where the run could not be kept.
    pub async fn run(
        &self,
        line: &HttpWire,
        redactor: &Redactor,
        writer: &Writer,
        asked: &Preflight,
        cancel: &Cancel,
        watcher: Watcher<'_>,
    ) -> Result<(), SessionError> {
        let failed = Mutex::new(None);
        let left = Mutex::new(Vec::new());
        let began = Instant::now();
        let listener = |event: Event| {
            let event = located(&self.contract, event);
            watcher(&event);
            let started = matches!(event, Event::Started(_));
            let left_behind = match &event {
                Event::LeftBehind(creation, _) => Some(match &creation.removal {
                    Some(removal) => removal.clone(),
                    None => format!("record {} by {}", creation.number, creation.operation),
                }),
                _ => None,
            };
            let mut told = writer.write(&Entry {
                at_us: micros(began),
                event,
            });
            if started {
                for gap in doubts(asked).chain(asked.obstacle().cloned()) {
                    told = told.and_then(|()| {
                        writer.write(&Entry {
                            at_us: micros(began),
                            event: Event::Noticed(gap),
                        })
                    });
                }
            }
            if let Err(error) = told {
                // The journal cannot tell it any more, so the command does.
                if let Some(text) = left_behind {
                    left.lock()
                        .unwrap_or_else(PoisonError::into_inner)
                        .push(text);
                }
                cancel.ask();
                failed
                    .lock()
                    .unwrap_or_else(PoisonError::into_inner)
                    .get_or_insert(error);
            }
        };
        self.conduct(line, redactor, cancel, &listener).await;
        if let Some(error) = failed.into_inner().unwrap_or_else(PoisonError::into_inner) {
            let left = left.into_inner().unwrap_or_else(PoisonError::into_inner);
            return Err(SessionError::Lost { error, left });
        }
        Ok(writer.finish()?)
    }

    /// Keeps a run that ended before its first request, because it made no sense.
    ///
    /// # Errors
    /// Where it could not be kept.
    pub fn record_obstacle(
        &self,
        line: &HttpWire,
        writer: &Writer,
        asked: &Preflight,
    ) -> Result<(), SessionError> {
        let end = asked.obstacle().map(|gap| End::Stopped {
            reason: gap.reason.clone(),
            responsible: gap.responsible,
        });
        self.record_no_run(line, writer, asked, end, None)
    }

    /// Keeps a run that a signal ended before its first request.
    ///
    /// # Errors
    /// Where it could not be kept.
    pub fn record_interruption(
        &self,
        line: &HttpWire,
        writer: &Writer,
        signal: Option<StopSignal>,
    ) -> Result<(), SessionError> {
        let asked = Preflight::default();
        self.record_no_run(line, writer, &asked, Some(End::Interrupted), signal)
    }

    fn record_no_run(
        &self,
        line: &HttpWire,
        writer: &Writer,
        asked: &Preflight,
        end: Option<End>,
        signal: Option<StopSignal>,
    ) -> Result<(), SessionError> {
        let mut events = vec![Event::Started(Box::new(
            self.started(Reproduction::default()),
        ))];
        events.extend(doubts(asked).map(Event::Noticed));
        let plan = self.plan();
        events.push(Event::Planned(Planned {
            cases: plan.cases,
            excluded: plan.excluded,
            not_selected: plan.not_selected,
        }));
        if let Some(end) = end {
            let logins = u64::try_from(line.take_logins().len()).unwrap_or_default();
            events.push(Event::Finished(Finished {
                end,
                signal,
                requests: line.sent() + logins,
                removals: 0,
                took_us: 0,
            }));
        }
        for event in events {
            writer.write(&Entry { at_us: 0, event })?;
        }
        Ok(writer.finish()?)
    }

    /// Runs and folds in memory, for `selftest`.
    pub async fn run_in_memory(
        &self,
        line: &HttpWire,
        redactor: &Redactor,
        cancel: &Cancel,
    ) -> Option<Summary> {
        let entries = Mutex::new(Vec::new());
        let began = Instant::now();
        let listener = |event: Event| {
            entries
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .push(Entry {
                    at_us: micros(began),
                    event,
                });
        };
        self.conduct(line, redactor, cancel, &listener).await;
        let entries = entries.into_inner().unwrap_or_else(PoisonError::into_inner);
        muster_report::summary::fold(|| entries.iter().cloned()).ok()
    }

    async fn conduct(
        &self,
        line: &HttpWire,
        redactor: &Redactor,
        cancel: &Cancel,
        listener: &(dyn Fn(Event) + Sync),
    ) {
        let relations = Relations::of(&self.contract);
        let parameters = self.parameters();
        let identities = self.identities();
        let plan = self.plan();
        let run_tag = self.run_tag();
        let setup = Setup {
            started: self.started(reproduction::of(&self.target, redactor)),
            contract: &self.contract,
            relations: &relations,
            claims: &self.target.claims,
            parameters: &parameters,
            identities: &identities,
            run_tag: &run_tag,
            plan: &plan,
            known: ValuePool::from_data(self.target.data.clone())
                .with_writable(self.target.writable.clone()),
            asked_before: line.sent(),
        };
        Runner::new(&setup, line, redactor, listener, cancel)
            .run()
            .await;
    }

    /// A short text that marks what the run creates.
    pub(super) fn run_tag(&self) -> String {
        format!("muster-{:06x}", self.seed & 0xff_ffff)
    }

    /// The profile with the objectives of the target over its own, as they are judged.
    fn profile_in_force(&self) -> Profile {
        let mut profile = self.profile.clone();
        for name in ["p50_ms", "p95_ms", "p99_ms"] {
            if let Some(value) = self.target.parameters.0.get(name) {
                profile.parameters.0.insert(name.to_owned(), value.clone());
            }
        }
        profile
    }

    fn started(&self, reproduction: Reproduction) -> Started {
        let info = |member: &str| {
            self.contract
                .at(&format!("/info/{member}"))
                .and_then(|text| text.as_str())
                .unwrap_or_default()
                .to_owned()
        };
        Started {
            reproduction,
            run_id: run_id(self.now, self.seed),
            muster: env!("CARGO_PKG_VERSION").to_owned(),
            at: self
                .now
                .to_offset(UtcOffset::UTC)
                .format(&Rfc3339)
                .unwrap_or_default(),
            seed: self.seed,
            profile: self.profile_in_force(),
            target: self.target.name.clone(),
            target_file: self.target.file.clone(),
            supplier: self.target.supplier.clone(),
            environment: self.target.environment,
            base_url: self.base_url(),
            claims: self.target.claims.clone(),
            budget: self.target.budget,
            writes: self.writes(),
            contract: ContractFacts {
                title: info("title"),
                version: info("version"),
                openapi: self
                    .contract
                    .at("/openapi")
                    .and_then(|text| text.as_str())
                    .unwrap_or_default()
                    .to_owned(),
                location: self.contract.location.clone(),
                sha256: self.contract_sha256.clone(),
                operations: self
                    .contract
                    .operations
                    .iter()
                    .map(|operation| operation.key.clone())
                    .collect(),
                surfaces: coverage::surfaces(&self.contract),
                reconstruction: self.contract.at("/info/x-reconstruction")
                    == Some(&serde_json::Value::Bool(true)),
            },
            waivers: self.waivers.clone(),
            attestations: self.target.attestations.clone(),
            today: self
                .now
                .to_offset(UtcOffset::UTC)
                .format(format_description!("[year]-[month]-[day]"))
                .unwrap_or_default(),
            fail_on_should: self.fail_on_should,
        }
    }
}

fn left_told(left: &[String]) -> String {
    if left.is_empty() {
        return ".".to_owned();
    }
    format!(", but for these: {}.", left.join(", "))
}

/// What preflight doubts, for the reader of the report.
fn doubts(asked: &Preflight) -> impl Iterator<Item = Unverified> {
    asked.steps.iter().filter_map(|step| match &step.outcome {
        StepOutcome::Doubtful(gap) => Some(gap.clone()),
        StepOutcome::Good(_) | StepOutcome::Bad(_) => None,
    })
}

/// SHA-256, lower-case hexadecimal.
#[must_use]
pub fn sha256(bytes: &[u8]) -> String {
    digest(&SHA256, bytes)
        .as_ref()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

/// A seed for a run that was given none.
#[must_use]
pub fn fresh_seed(now: OffsetDateTime) -> u64 {
    // The report names it, so that the run can be repeated; the low bits change fastest.
    u64::try_from(now.unix_timestamp_nanos() & 0xffff_ffff).unwrap_or_default()
}

/// The name of a run: its moment, and the seed so that two of one second differ.
#[must_use]
pub fn run_id(now: OffsetDateTime, seed: u64) -> String {
    let moment = now
        .to_offset(UtcOffset::UTC)
        .format(format_description!(
            "[year][month][day]T[hour][minute][second]Z"
        ))
        .unwrap_or_default();
    format!("{moment}-{:04x}", seed & 0xffff)
}

fn certificate(certificate: &model::ClientCertificate) -> http::ClientCertificate {
    http::ClientCertificate {
        chain: certificate.chain_pem.clone(),
        key: certificate.key_pem.clone(),
    }
}

fn micros(began: Instant) -> u64 {
    u64::try_from(began.elapsed().as_micros()).unwrap_or(u64::MAX)
}

//! Proves Muster on this machine: every check passes the good supplier and catches its fault (owner of
//! [`Proof`]).

use std::{collections::BTreeSet, sync::Arc};

use serde::Serialize;
use time::OffsetDateTime;

use super::{
    Failure, output,
    reference::{Delay, Reference},
    session::Session,
    side_by_side, told,
    ways::{Depth, WAYS},
    wiring,
};
use crate::{load::profile, runner::Cancel};
use muster_checks::{self as checks, plan::Selection, profile::Profile};
use muster_core::model::{
    Class, ClassKind, Interoperability, Level, Requirement, Source, Verification, Verifier,
};
use muster_report::summary::{Standing, Summary};
use muster_supplier::{self as supplier, Fault};

/// Which checks are run, and which of them are proved.
#[derive(Debug)]
pub(super) struct Scope {
    /// The profile whose parameters hold.
    profile: Profile,
    /// Those that are run; all where there are none.
    run: Vec<String>,
    /// Those that are proved; all that are run where there are none.
    proved: Vec<String>,
}

impl Scope {
    /// All are run, and these are proved.
    pub(super) fn all(only: &[String]) -> Result<Self, Failure> {
        Ok(Self {
            profile: profile::load("uk-gov-api", &wiring::catalogue())?.profile,
            run: Vec::new(),
            proved: only.to_vec(),
        })
    }

    /// Those that a profile cites are run, and of them these are proved.
    pub(super) fn cited_by(name: &str, only: &[String]) -> Result<Self, Failure> {
        let profile = profile::load(name, &wiring::catalogue())?.profile;
        let verifiers =
            profile
                .requirements
                .iter()
                .filter_map(|requirement| match &requirement.verification {
                    Verification::VerifiedBy(by) => Some(by),
                    _ => None,
                });
        let run: Vec<String> = verifiers
            .flatten()
            .filter_map(|verifier| match verifier {
                Verifier::Check(id) => Some(id.to_string()),
                Verifier::Case(_) => None,
            })
            .collect();
        Ok(Self {
            profile,
            run,
            proved: only.to_vec(),
        })
    }

    /// Of what is run, the checks that a fault is made for.
    fn of_fault(&self, fault: &Fault) -> Self {
        Self {
            profile: self.profile.clone(),
            run: fault
                .caught_by
                .iter()
                .filter(|id| self.runs(id))
                .map(|&id| id.to_owned())
                .collect(),
            proved: Vec::new(),
        }
    }

    fn wants(&self, id: &str) -> bool {
        self.runs(id) && (self.proved.is_empty() || self.proved.iter().any(|one| one == id))
    }

    fn runs(&self, id: &str) -> bool {
        self.run.is_empty() || self.run.iter().any(|one| one == id)
    }
}

/// What came of it.
#[derive(Debug, Serialize)]
pub(super) struct Proof {
    /// How many checks were run.
    checks: usize,
    /// How many seeds the good supplier was tested with.
    seeds: usize,
    /// Findings on the good supplier: each is a false alarm.
    false_alarms: Vec<String>,
    /// What stayed unverified on the good supplier, although it should not.
    unverified: Vec<String>,
    /// By fault.
    faults: Vec<Caught>,
    /// Faults that were not tried, since no answer tells them from reads that lag behind.
    hidden_by_lag: Vec<&'static str>,
    /// Checks that no fault is made for.
    without_fault: Vec<&'static str>,
    /// Operations of the good supplier that were never reached.
    unreached: Vec<String>,
}

/// What a fault brought.
#[derive(Debug, Serialize)]
struct Caught {
    fault: &'static str,
    made_for: &'static str,
    caught: bool,
    /// Checks that found something although the fault does not say so.
    surprises: Vec<String>,
}

impl Proof {
    pub(super) fn holds(&self) -> bool {
        self.false_alarms.is_empty()
            && self.unverified.is_empty()
            && self.without_fault.is_empty()
            && self.unreached.is_empty()
            && self
                .faults
                .iter()
                .all(|fault| fault.caught && fault.surprises.is_empty())
    }

    pub(super) fn text(&self) -> String {
        let caught = self.faults.iter().filter(|fault| fault.caught).count();
        let surprised = self
            .faults
            .iter()
            .filter(|fault| !fault.surprises.is_empty())
            .count();
        let mut text = String::new();
        let mut tell = |title: &str, lines: &[String]| {
            for line in lines {
                text.push_str(&format!("{title}: {line}\n"));
            }
        };
        tell("false alarm", &self.false_alarms);
        tell("unverified", &self.unverified);
        tell("unreached", &self.unreached);
        tell(
            "no fault for",
            &self
                .without_fault
                .iter()
                .map(|&id| id.to_owned())
                .collect::<Vec<_>>(),
        );
        for fault in &self.hidden_by_lag {
            text.push_str(&format!(
                "not tried: {fault} (no response tells it from reads that lag)\n"
            ));
        }
        for fault in self.faults.iter().filter(|fault| !fault.caught) {
            text.push_str(&format!(
                "missed: {} (made for {})\n",
                fault.fault, fault.made_for
            ));
        }
        for fault in self
            .faults
            .iter()
            .filter(|fault| !fault.surprises.is_empty())
        {
            text.push_str(&format!(
                "surprise: {} made {} speak\n",
                fault.fault,
                fault.surprises.join(", ")
            ));
        }
        let rows = [
            ("checks", format!("{}", self.checks)),
            ("faults", format!("{}", self.faults.len())),
            (
                "detection",
                format!(
                    "{} of {} faults ({})",
                    caught,
                    self.faults.len(),
                    percent(caught, self.faults.len())
                ),
            ),
            (
                "false alarms on the good supplier",
                format!("{} with {} seeds", self.false_alarms.len(), self.seeds),
            ),
            ("faults with surprises", format!("{surprised}")),
        ];
        let rows: Vec<Vec<String>> = rows
            .into_iter()
            .map(|(name, value)| vec![name.to_owned(), value])
            .collect();
        text.push_str(&output::columns(&rows));
        text.push_str(if self.holds() {
            "The self-test holds.\n"
        } else {
            "The self-test does not hold.\n"
        });
        text
    }
}

fn percent(part: usize, whole: usize) -> String {
    if whole == 0 {
        return "none".to_owned();
    }
    format!("{:.1} %", part as f64 * 100.0 / whole as f64)
}

/// Runs every check against the good supplier and against each fault.
///
/// The good supplier is tested once with each of `seeds` seeds, each fault with the first.
pub(super) async fn prove(
    scope: Scope,
    seeds: u64,
    delay: Delay,
    depth: Depth,
) -> Result<Proof, Failure> {
    let scope = Arc::new(scope);
    let wanted = |id: &str| scope.wants(id);
    let ways = depth.serving_modes().map(|way| (way, 1));
    let seeded = (2..=seeds).map(|seed| (WAYS[0], seed));
    let of_run = Arc::clone(&scope);
    let good: Vec<(String, Summary)> = side_by_side::all(
        "runs of the good supplier",
        ways.chain(seeded).collect(),
        move |((way, tls, tokens), seed)| {
            let scope = Arc::clone(&of_run);
            async move {
                let reference = Reference::start_good(tls, tokens, delay).await?;
                let summary = run(reference, seed, &scope).await?;
                Ok((format!("{way} with seed {seed}"), summary))
            }
        },
    )
    .await?;
    let chosen = supplier::faults()
        .iter()
        .filter(|fault| fault.caught_by.first().is_some_and(|id| wanted(id)));
    let (hidden, chosen): (Vec<&'static Fault>, Vec<_>) =
        chosen.partition(|fault| fault.hidden_by_lag && delay.lags());
    let of_run = Arc::clone(&scope);
    let faults: Vec<Caught> = side_by_side::all("faults", chosen, move |fault| {
        let scope = Arc::clone(&of_run);
        async move {
            if depth == Depth::Quick {
                let own = scope.of_fault(fault);
                let summary = run(Reference::start_with(fault, delay).await?, 1, &own).await?;
                let caught = caught(fault, &summary);
                if caught.caught {
                    return Ok(caught);
                }
            }
            let summary = run(Reference::start_with(fault, delay).await?, 1, &scope).await?;
            Ok(caught(fault, &summary))
        }
    })
    .await?;
    let covered: BTreeSet<&str> = supplier::faults()
        .iter()
        .filter_map(|fault| fault.caught_by.first().copied())
        .collect();
    Ok(Proof {
        checks: checks::ALL
            .iter()
            .filter(|check| scope.runs(check.id))
            .count(),
        seeds: usize::try_from(seeds.max(1)).unwrap_or(usize::MAX),
        false_alarms: of_each(&good, |good| {
            good.findings_with_effects()
                .map(|found| format!("{}: {}", found.by, found.finding.title))
                .collect()
        }),
        unverified: of_each(&good, unverified),
        faults,
        hidden_by_lag: hidden.iter().map(|fault| fault.id).collect(),
        without_fault: checks::ALL
            .iter()
            .map(|check| check.id)
            .filter(|id| wanted(id) && !covered.contains(id))
            .collect(),
        unreached: of_each(&good, |good| {
            good.operations
                .iter()
                .filter(|operation| !operation.reached)
                .map(|operation| operation.operation.to_string())
                .collect()
        }),
    })
}

/// What is told of each good supplier, with how it was served.
fn of_each(good: &[(String, Summary)], told: impl Fn(&Summary) -> Vec<String>) -> Vec<String> {
    good.iter()
        .flat_map(|(way, summary)| {
            told(summary)
                .into_iter()
                .map(move |line| format!("over {way}: {line}"))
        })
        .collect()
}

fn unverified(good: &Summary) -> Vec<String> {
    good.requirements
        .iter()
        .filter(|result| matches!(result.standing, Standing::Inconclusive | Standing::Error))
        .map(|result| format!("{}: {}", result.requirement.id, result.reason))
        .collect()
}

fn caught(fault: &'static Fault, summary: &Summary) -> Caught {
    let spoke: BTreeSet<String> = summary
        .findings_with_effects()
        .map(|found| found.by.to_string())
        .collect();
    let made_for = fault.caught_by.first().copied().unwrap_or_default();
    Caught {
        fault: fault.id,
        made_for,
        caught: spoke.contains(made_for),
        surprises: spoke
            .into_iter()
            .filter(|id| !fault.caught_by.contains(&id.as_str()))
            .collect(),
    }
}

async fn run(reference: Reference, seed: u64, scope: &Scope) -> Result<Summary, Failure> {
    let contract = reference.contract()?;
    let mut session = Session {
        profile: every_check(scope),
        contract: contract.contract,
        contract_sha256: contract.sha256,
        target: reference.target()?,
        waivers: Vec::new(),
        selection: Selection::default(),
        seed,
        fail_on_should: false,
        now: OffsetDateTime::now_utc(),
    };
    told::hazards_of(&mut session);
    let (line, redactor) = session.line()?;
    let summary = session
        .run_in_memory(&line, &redactor, &Cancel::default())
        .await;
    reference.stop().await;
    summary.ok_or_else(|| Failure::Internal("a run of the self-test left no events".to_owned()))
}

/// A profile in which each check is a requirement of its own, with the parameters of the baseline.
fn every_check(scope: &Scope) -> Profile {
    let mut baseline = scope.profile.clone();
    // As much as an ordinary run tries, so that the proof is of what users get.
    baseline
        .parameters
        .0
        .insert("effort".to_owned(), "standard".into());
    let requirements = checks::ALL
        .iter()
        .filter(|check| scope.runs(check.id))
        .map(|check| Requirement {
            id: check.id.into(),
            class: "checks".into(),
            level: Level::Must,
            statement: check.purpose.to_owned(),
            source: Source {
                document: "Muster".to_owned(),
                clause: check.id.to_owned(),
            },
            interoperability: Interoperability::Structural,
            verification: Verification::VerifiedBy(vec![Verifier::Check(check.id.into())]),
        })
        .collect();
    Profile {
        id: "every-check".into(),
        title: "Every check".to_owned(),
        classes: vec![Class {
            id: "checks".into(),
            title: "Checks".to_owned(),
            kind: ClassKind::Core,
        }],
        requirements,
        contract: None,
        ..baseline
    }
}

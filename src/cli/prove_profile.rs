//! Proves a profile on this machine: each fault of its reference supplier breaks exactly the requirements that it says
//! it breaks (owner of [`Proof`]).

use std::collections::BTreeSet;

use futures::{StreamExt, TryStreamExt};
use serde::Serialize;
use time::OffsetDateTime;

use super::{
    Failure, output,
    reference::{IHUB, Reference},
    session::Session,
    wiring,
};
use crate::{
    load::profile,
    model::{Requirement, Verification, Verifier},
    plan::Selection,
    runner::Cancel,
    summary::{Standing, Summary},
    supplier::{self, IhubFault},
};

/// How many receivers are tested side by side: most of a run is waiting.
const AT_ONCE: usize = 12;

/// What came of it.
#[derive(Debug, Serialize)]
pub(super) struct Proof {
    profile: String,
    requirements: usize,
    /// Requirements that do not stand on the good supplier, with the reason.
    alarms: Vec<String>,
    faults: Vec<Caught>,
    /// Requirements that no fault is made for.
    without_fault: Vec<String>,
}

/// What a fault brought.
#[derive(Debug, Serialize)]
struct Caught {
    fault: &'static str,
    /// Requirements that it should break and does not.
    missed: Vec<String>,
    /// Requirements that it breaks and should not.
    surprises: Vec<String>,
}

impl Caught {
    fn holds(&self) -> bool {
        self.missed.is_empty() && self.surprises.is_empty()
    }
}

impl Proof {
    pub(super) fn holds(&self) -> bool {
        self.alarms.is_empty()
            && self.without_fault.is_empty()
            && self.faults.iter().all(Caught::holds)
    }

    pub(super) fn text(&self) -> String {
        let mut text = String::new();
        for alarm in &self.alarms {
            text.push_str(&format!("false alarm: {alarm}\n"));
        }
        for id in &self.without_fault {
            text.push_str(&format!("no fault for: {id}\n"));
        }
        for fault in &self.faults {
            if !fault.missed.is_empty() {
                text.push_str(&format!(
                    "missed: {} leaves {}\n",
                    fault.fault,
                    fault.missed.join(", ")
                ));
            }
            if !fault.surprises.is_empty() {
                text.push_str(&format!(
                    "surprise: {} broke {}\n",
                    fault.fault,
                    fault.surprises.join(", ")
                ));
            }
        }
        let exact = self.faults.iter().filter(|fault| fault.holds()).count();
        let rows = [
            ("profile", self.profile.clone()),
            ("requirements", self.requirements.to_string()),
            ("faults", self.faults.len().to_string()),
            (
                "caught exactly",
                format!("{exact} of {}", self.faults.len()),
            ),
            (
                "false alarms on the good supplier",
                self.alarms.len().to_string(),
            ),
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

/// Runs a profile against its good supplier and against each of its faults.
pub(super) async fn prove(given: &str, only: &[String]) -> Result<Proof, Failure> {
    if given != IHUB {
        return Err(Failure::usage(format!(
            "no reference supplier has faults by requirement for `{given}`: give `{IHUB}`, or leave `--profile` out"
        )));
    }
    let wanted = |fault: &IhubFault| {
        only.is_empty()
            || only
                .iter()
                .any(|id| id == fault.id || fault.breaks.contains(&id.as_str()))
    };
    let good = run(None).await?;
    let faults =
        futures::stream::iter(supplier::ihub_faults().iter().filter(|fault| wanted(fault)))
            .map(|fault| async move { Ok::<_, Failure>(caught(fault, &run(Some(fault)).await?)) })
            .buffered(AT_ONCE)
            .try_collect()
            .await?;
    let requirements = &good.started.profile.requirements;
    Ok(Proof {
        profile: given.to_owned(),
        requirements: requirements.len(),
        alarms: good
            .requirements
            .iter()
            .filter(|result| {
                !matches!(
                    result.standing,
                    Standing::Passed | Standing::Attested | Standing::NotTested
                )
            })
            .map(|result| {
                format!(
                    "{} is {}: {}",
                    result.requirement.id,
                    result.standing.label(),
                    result.reason
                )
            })
            .collect(),
        faults,
        without_fault: requirements
            .iter()
            .filter(|requirement| only.is_empty() && !has_fault(requirement))
            .map(|requirement| requirement.id.to_string())
            .collect(),
    })
}

/// Whether a fault breaks it, of this supplier or, check by check, of that of police records.
fn has_fault(requirement: &Requirement) -> bool {
    let Verification::VerifiedBy(verifiers) = &requirement.verification else {
        return true;
    };
    let id = requirement.id.as_str();
    supplier::ihub_faults()
        .iter()
        .any(|fault| fault.breaks.contains(&id))
        || verifiers.iter().all(|verifier| {
            matches!(verifier, Verifier::Check(check)
                if supplier::faults().iter().any(|fault| fault.caught_by.first() == Some(&check.as_str())))
        })
}

fn caught(fault: &'static IhubFault, summary: &Summary) -> Caught {
    let broken: BTreeSet<&str> = summary
        .requirements
        .iter()
        .filter(|result| matches!(result.standing, Standing::Failed | Standing::Warned))
        .map(|result| result.requirement.id.as_str())
        .collect();
    let untested = |id: &str| {
        summary
            .requirement(&id.into())
            .is_some_and(|result| result.standing == Standing::NotTested)
    };
    let expected: BTreeSet<&str> = fault
        .breaks
        .iter()
        .copied()
        .filter(|id| !untested(id))
        .collect();
    let names = |ids: Vec<&&str>| ids.into_iter().map(|id| (*id).to_owned()).collect();
    Caught {
        fault: fault.id,
        missed: names(expected.difference(&broken).collect()),
        surprises: names(broken.difference(&expected).collect()),
    }
}

async fn run(fault: Option<&'static IhubFault>) -> Result<Summary, Failure> {
    let reference = Reference::receive_with(fault).await?;
    let contract = reference.contract()?;
    let session = Session {
        profile: profile::load(IHUB, &wiring::catalogue())?.profile,
        contract: contract.contract,
        contract_sha256: contract.sha256,
        target: reference.target()?,
        waivers: Vec::new(),
        selection: Selection::default(),
        seed: 1,
        fail_on_should: false,
        now: OffsetDateTime::now_utc(),
    };
    let (line, redactor) = session.line()?;
    let summary = session
        .run_in_memory(&line, &redactor, &Cancel::default())
        .await;
    reference.stop().await;
    summary.ok_or_else(|| Failure::Internal("a run of the self-test left no events".to_owned()))
}

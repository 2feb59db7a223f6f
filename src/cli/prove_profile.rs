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
    model::{Requirement, Verification},
    plan::Selection,
    runner::Cancel,
    summary::{Standing, Summary},
    supplier::{self, IhubFault},
};

/// How many receivers are tested side by side: most of a run is waiting.
const AT_ONCE: usize = 8;

/// What came of it.
#[derive(Debug, Serialize)]
pub(super) struct Proof {
    profile: String,
    requirements: usize,
    /// How many seeds the good supplier was tested with.
    seeds: u64,
    /// Requirements that do not stand on the good supplier, with seed and reason.
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
                format!("{} with {} seeds", self.alarms.len(), self.seeds),
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

/// Runs a profile against its good supplier, once with each of `seeds` seeds, and against each of its faults.
pub(super) async fn prove(given: &str, only: &[String], seeds: u64) -> Result<Proof, Failure> {
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
    let good = run(None, 1).await?;
    let mut alarms = alarms(&good, 1);
    for seed in 2..=seeds {
        alarms.extend(self::alarms(&run(None, seed).await?, seed));
    }
    let faults =
        futures::stream::iter(supplier::ihub_faults().iter().filter(|fault| wanted(fault)))
            .map(
                |fault| async move { Ok::<_, Failure>(caught(fault, &run(Some(fault), 1).await?)) },
            )
            .buffered(AT_ONCE)
            .try_collect()
            .await?;
    let requirements = &good.started.profile.requirements;
    Ok(Proof {
        profile: given.to_owned(),
        requirements: requirements.len(),
        seeds,
        alarms,
        faults,
        without_fault: requirements
            .iter()
            .filter(|requirement| only.is_empty() && !has_fault(requirement))
            .map(|requirement| requirement.id.to_string())
            .collect(),
    })
}

/// What does not stand on the good supplier.
fn alarms(good: &Summary, seed: u64) -> Vec<String> {
    good.requirements
        .iter()
        .filter(|result| {
            !matches!(
                result.standing,
                Standing::Passed | Standing::Attested | Standing::NotTested
            )
        })
        .map(|result| {
            format!(
                "{} is {} with seed {seed}: {}",
                result.requirement.id,
                result.standing.label(),
                result.reason
            )
        })
        .collect()
}

/// Whether a fault of the receiver breaks it, or nothing of Muster's verifies it.
fn has_fault(requirement: &Requirement) -> bool {
    !matches!(requirement.verification, Verification::VerifiedBy(_))
        || supplier::ihub_faults()
            .iter()
            .any(|fault| fault.breaks.contains(&requirement.id.as_str()))
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

async fn run(fault: Option<&'static IhubFault>, seed: u64) -> Result<Summary, Failure> {
    let reference = Reference::receive_with(fault).await?;
    let contract = reference.contract()?;
    let session = Session {
        profile: profile::load(IHUB, &wiring::catalogue())?.profile,
        contract: contract.contract,
        contract_sha256: contract.sha256,
        target: reference.target()?,
        waivers: Vec::new(),
        selection: Selection::default(),
        seed,
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_requirement_that_is_verified_has_a_fault_that_breaks_it() {
        let profile = profile::load(IHUB, &wiring::catalogue()).unwrap().profile;
        let without: Vec<String> = profile
            .requirements
            .iter()
            .filter(|requirement| !has_fault(requirement))
            .map(|requirement| requirement.id.to_string())
            .collect();
        assert_eq!(without, Vec::<String>::new());
    }

    #[test]
    fn every_fault_breaks_requirements_that_there_are() {
        let profile = profile::load(IHUB, &wiring::catalogue()).unwrap().profile;
        for fault in supplier::ihub_faults() {
            for id in fault.breaks {
                assert!(
                    profile.requirement(&(*id).into()).is_some(),
                    "{}: {id}",
                    fault.id
                );
            }
        }
    }
}

//! Proves a profile on this machine: each fault of its reference supplier breaks exactly the requirements that it says
//! it breaks (owner of [`Proof`]).

use std::collections::BTreeSet;

use serde::Serialize;
use time::OffsetDateTime;

use super::{
    Failure, output,
    reference::{Delay, IHUB, Reference},
    session::Session,
    side_by_side, told,
    ways::{Depth, WAYS},
    wiring,
};
use crate::{load::profile, runner::Cancel};
use muster_checks::{plan::Selection, profile::Profile};
use muster_core::model::{Requirement, RequirementId, Verification, Verifier};
use muster_report::summary::{Standing, Summary};
use muster_supplier::{self as supplier, Fault, IhubFault, TokenFormat};

/// The profile that the faults of the reference supplier of police records break, check by check.
pub(super) const SECURITY: &str = "policing-api-security";

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
pub(super) async fn prove(
    given: &str,
    only: &[String],
    seeds: u64,
    depth: Depth,
) -> Result<Proof, Failure> {
    match given {
        IHUB => prove_ihub(only, seeds, depth).await,
        SECURITY => prove_security(only, seeds, depth).await,
        _ => Err(Failure::usage(format!(
            "no reference supplier has faults by requirement for `{given}`: give `{IHUB}` or `{SECURITY}`, or leave `--profile` out"
        ))),
    }
}

async fn prove_ihub(only: &[String], seeds: u64, depth: Depth) -> Result<Proof, Failure> {
    let profile = profile::load(IHUB, &wiring::catalogue())?.profile;
    let wanted = |fault: &IhubFault| {
        only.is_empty()
            || only
                .iter()
                .any(|id| id == fault.id || fault.breaks.contains(&id.as_str()))
    };
    let good = side_by_side::all(
        "runs of the good supplier",
        (1..=seeds).collect(),
        |seed| async move {
            Ok((
                seed,
                run(IHUB, Reference::receive_with(None).await?, seed, None).await?,
            ))
        },
    )
    .await?;
    let mut told = Vec::new();
    for (seed, good) in good {
        let alarms = alarms(&good, |standing| standing == Standing::NotTested);
        told.extend(
            alarms
                .into_iter()
                .map(|alarm| format!("with seed {seed}: {alarm}")),
        );
    }
    let chosen: Vec<&'static IhubFault> = supplier::ihub_faults()
        .iter()
        .filter(|fault| wanted(fault))
        .collect();
    let faults = side_by_side::all("faults", chosen, move |fault| async move {
        let must: BTreeSet<&str> = fault.breaks.iter().copied().collect();
        if depth == Depth::Quick {
            let reference = Reference::receive_with(Some(fault)).await?;
            let summary = run(IHUB, reference, 1, Some(&must)).await?;
            let caught = caught(fault.id, &must, &must, &summary);
            if caught.holds() {
                return Ok(caught);
            }
        }
        let summary = run(IHUB, Reference::receive_with(Some(fault)).await?, 1, None).await?;
        Ok(caught(fault.id, &must, &must, &summary))
    })
    .await?;
    let requirements = &profile.requirements;
    Ok(Proof {
        profile: IHUB.to_owned(),
        requirements: requirements.len(),
        seeds,
        alarms: told,
        faults,
        without_fault: requirements
            .iter()
            .filter(|requirement| only.is_empty() && !has_fault(requirement))
            .map(|requirement| requirement.id.to_string())
            .collect(),
    })
}

/// The faults of police records, each by the requirements that cite the checks it is for.
async fn prove_security(only: &[String], seeds: u64, depth: Depth) -> Result<Proof, Failure> {
    let profile = &profile::load(SECURITY, &wiring::catalogue())?.profile;
    let mut alarms = Vec::new();
    let ways = depth.serving_modes().map(|way| (way, 1));
    let seeded = (2..=seeds).map(|seed| (WAYS[0], seed));
    let good: Vec<(String, TokenFormat, Summary)> = side_by_side::all(
        "runs of the good supplier",
        ways.chain(seeded).collect(),
        |((way, tls, tokens), seed)| async move {
            let reference = Reference::start_good(tls, tokens, Delay::default()).await?;
            let summary = run(SECURITY, reference, seed, None).await?;
            Ok((format!("over {way} with seed {seed}"), tokens, summary))
        },
    )
    .await?;
    for (way, tokens, summary) in &good {
        // What only tokens have cannot be tried where there are none; that it was not is no alarm.
        let lenient = *tokens == TokenFormat::Keys;
        let told = self::alarms(summary, |standing| {
            matches!(standing, Standing::NotTested | Standing::NotApplicable)
                || (lenient && standing == Standing::Inconclusive)
        });
        alarms.extend(told.into_iter().map(|alarm| format!("{way}: {alarm}")));
    }
    let wanted = |fault: &Fault, must: &BTreeSet<&str>| {
        only.is_empty()
            || only
                .iter()
                .any(|id| id == fault.id || must.contains(id.as_str()))
    };
    let chosen: Vec<(&'static Fault, BTreeSet<&str>, BTreeSet<&str>)> = supplier::faults()
        .iter()
        .filter_map(|fault| {
            let (first, rest) = fault.caught_by.split_first()?;
            let must = citing(profile, first);
            let may: BTreeSet<&str> = rest
                .iter()
                .flat_map(|check| citing(profile, check))
                .chain(must.iter().copied())
                .collect();
            (!must.is_empty()).then_some((fault, must, may))
        })
        .collect();
    let broken: BTreeSet<&str> = chosen
        .iter()
        .flat_map(|(_, must, _)| must.iter().copied())
        .collect();
    let runs: Vec<FaultOf> = chosen
        .iter()
        .filter(|(fault, must, _)| wanted(fault, must))
        .map(|(fault, must, may)| FaultOf {
            fault,
            must: owned(must),
            may: owned(may),
        })
        .collect();
    let faults = side_by_side::all("faults", runs, move |of| async move {
        let (must, may) = (borrowed(&of.must), borrowed(&of.may));
        if depth == Depth::Quick {
            let reference = Reference::start_with(of.fault, Delay::default()).await?;
            let summary = run(SECURITY, reference, 1, Some(&may)).await?;
            let caught = caught(of.fault.id, &must, &may, &summary);
            if caught.holds() {
                return Ok(caught);
            }
        }
        let reference = Reference::start_with(of.fault, Delay::default()).await?;
        let summary = run(SECURITY, reference, 1, None).await?;
        Ok(caught(of.fault.id, &must, &may, &summary))
    })
    .await?;
    Ok(Proof {
        profile: SECURITY.to_owned(),
        requirements: profile.requirements.len(),
        seeds,
        alarms,
        faults,
        without_fault: profile
            .requirements
            .iter()
            .filter(|requirement| {
                only.is_empty()
                    && matches!(requirement.verification, Verification::VerifiedBy(_))
                    && !broken.contains(requirement.id.as_str())
            })
            .map(|requirement| requirement.id.to_string())
            .collect(),
    })
}

/// A fault of the police records with the requirements that it must break, and those that it may.
struct FaultOf {
    fault: &'static Fault,
    must: BTreeSet<String>,
    may: BTreeSet<String>,
}

fn owned(ids: &BTreeSet<&str>) -> BTreeSet<String> {
    ids.iter().map(|&id| id.to_owned()).collect()
}

fn borrowed(ids: &BTreeSet<String>) -> BTreeSet<&str> {
    ids.iter().map(String::as_str).collect()
}

/// The requirements that cite a check.
fn citing<'p>(profile: &'p Profile, check: &str) -> BTreeSet<&'p str> {
    profile
        .requirements
        .iter()
        .filter(|requirement| match &requirement.verification {
            Verification::VerifiedBy(verifiers) => verifiers
                .iter()
                .any(|by| matches!(by, Verifier::Check(id) if id.as_str() == check)),
            _ => false,
        })
        .map(|requirement| requirement.id.as_str())
        .collect()
}

/// Requirements that do not stand, but for standings that are accepted.
fn alarms(good: &Summary, accepted: impl Fn(Standing) -> bool) -> Vec<String> {
    good.requirements
        .iter()
        .filter(|result| {
            !matches!(result.standing, Standing::Passed | Standing::Attested)
                && !accepted(result.standing)
                && !matches!(result.requirement.verification, Verification::Attested)
        })
        .map(|result| {
            format!(
                "{} is {}: {}",
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

/// What a fault brought, that must break some requirements and may break others.
fn caught(
    fault: &'static str,
    must: &BTreeSet<&str>,
    may: &BTreeSet<&str>,
    summary: &Summary,
) -> Caught {
    let broken: BTreeSet<&str> = summary
        .requirements
        .iter()
        .filter(|result| matches!(result.standing, Standing::Failed | Standing::Warned))
        .map(|result| result.requirement.id.as_str())
        .collect();
    let is_tested = |id: &str| {
        summary
            .requirement(&RequirementId::from(id))
            .is_none_or(|result| result.standing != Standing::NotTested)
    };
    let told = |ids: &mut dyn Iterator<Item = &str>| ids.map(str::to_owned).collect();
    Caught {
        fault,
        missed: told(
            &mut must
                .iter()
                .copied()
                .filter(|id| is_tested(id) && !broken.contains(id)),
        ),
        surprises: told(&mut broken.iter().copied().filter(|id| !may.contains(id))),
    }
}

/// Runs a profile, or only these requirements of it.
async fn run(
    profile: &str,
    reference: Reference,
    seed: u64,
    only: Option<&BTreeSet<&str>>,
) -> Result<Summary, Failure> {
    let contract = reference.contract()?;
    let mut profile = profile::load(profile, &wiring::catalogue())?.profile;
    if let Some(only) = only {
        let requirements = &mut profile.requirements;
        requirements.retain(|requirement| only.contains(requirement.id.as_str()));
    }
    let mut session = Session {
        profile,
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

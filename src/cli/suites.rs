//! Suites before a run: nothing is sent while anything is wrong with them.

use super::{Failure, session::Session, wiring};
use crate::load::{Diagnostic, Diagnostics, profile, suite};
use muster_checks::profile::Profile;
use muster_core::{
    contract::Contract,
    model::{Verification, Verifier},
};

/// Everything that is wrong with the suites of a profile: against its contract, where it has one, and cases
/// that nothing cites.
pub(super) fn mistakes(profile: &Profile, contract: Option<&Contract>) -> Vec<Diagnostic> {
    let cited: Vec<&str> = profile
        .requirements
        .iter()
        .filter_map(|requirement| match &requirement.verification {
            Verification::VerifiedBy(verifiers) => Some(verifiers),
            Verification::Attested | Verification::NotTested(_) => None,
        })
        .flatten()
        .filter_map(|verifier| match verifier {
            Verifier::Case(id) => Some(id.as_str()),
            Verifier::Check(_) => None,
        })
        .collect();
    let mut wrong = Vec::new();
    for one in &profile.suites {
        if let Some(contract) = contract {
            wrong.extend(suite::against(one, contract));
        }
        wrong.extend(suite::uncited(one, &cited));
    }
    wrong
}

/// What the suites of a profile that cannot be loaded call and its contract does not have.
pub(super) fn against_contract(given: &str) -> Vec<Diagnostic> {
    let (place, suites) = profile::draft(given);
    let Some(loaded) = place.and_then(|place| wiring::contract(&place).ok()) else {
        return Vec::new();
    };
    suites
        .iter()
        .flat_map(|one| suite::against(one, &loaded.contract))
        .collect()
}

/// `, 12 cases in 2 suites`, where there are any.
pub(super) fn counted(profile: &Profile) -> String {
    if profile.suites.is_empty() {
        return String::new();
    }
    let cases: usize = profile
        .suites
        .iter()
        .map(|suite| suite.cases().count())
        .sum();
    let plural = |count: usize| if count == 1 { "" } else { "s" };
    format!(
        ", {cases} case{} in {} suite{}",
        plural(cases),
        profile.suites.len(),
        plural(profile.suites.len())
    )
}

/// Refuses suites that call what the contract does not have, or that would not fit the budget.
pub(super) fn check(session: &Session) -> Result<(), Failure> {
    let mut wrong = Diagnostics::new();
    for one in &session.profile.suites {
        wrong.extend(suite::against(one, &session.contract));
    }
    let most = session.plan().most_of_suites();
    if most > session.target.budget.requests {
        wrong.push(
            Diagnostic::plain(format!(
                "the suites may send {most} requests, and the budget is {}",
                session.target.budget.requests
            ))
            .help("raise `budget.requests` in the target file, or leave cases out with `--skip`"),
        );
    }
    Ok(wrong.or(())?)
}

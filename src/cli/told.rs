//! What the target file says of roles and claims, taken into a session or refused.

use std::collections::BTreeSet;

use super::{Failure, output, session::Session, wiring};
use crate::load::{
    HazardRules,
    profile::{self, BUNDLED},
    roles,
};
use muster_checks::{
    plan::{Effect, PlannedOperation, select::names_operation},
    profile::Profile,
};
use muster_core::{
    arrange::{
        Meanings, Relations,
        hazard::{self, OwnWords},
        meaning,
    },
    contract::Contract,
    model::{ClassKind, Does, OperationKey},
};

/// Lays what the target file says over what the contract shows.
///
/// # Errors
/// A role names no operation or parameter of the contract, or nothing is tested by a claim.
pub(super) fn apply(session: &mut Session) -> Result<(), Failure> {
    session.contract.roles = roles::resolve(&session.target.roles, &session.contract)?;
    hazards_of(session);
    let claims = &session.target.claims_at;
    let own = capabilities(&session.profile);
    if claims.iter().all(|(claim, _)| own.contains(claim)) {
        return Ok(());
    }
    let mut known = own;
    for bundled in BUNDLED {
        known.extend(capabilities(
            &profile::load(bundled.id, &wiring::catalogue())?.profile,
        ));
    }
    Ok(roles::known_claims(claims, &known)?)
}

/// Lays what target file and profile say of hazards over what is recognised.
pub(super) fn hazards_of(session: &mut Session) {
    let mut rules = session.target.hazards.clone();
    rules.harmless.extend_from_slice(&session.profile.harmless);
    let asked = session.target.include_hazards.clone();
    hazards(&mut session.contract, &rules);
    hazard::withhold(&mut session.contract, |operation| {
        rules
            .harmless
            .iter()
            .chain(&asked)
            .any(|word| names_operation(word, operation))
    });
}

/// Lays the target file's words and harmless operations over what is recognised as a hazard.
pub(super) fn hazards(contract: &mut Contract, rules: &HazardRules) {
    if *rules == HazardRules::default() {
        return;
    }
    let own = OwnWords {
        added: rules.words.clone(),
        harmless: rules.harmless_words.clone(),
    };
    hazard::apply(contract, &own, |operation| {
        rules
            .harmless
            .iter()
            .any(|word| names_operation(word, operation))
    });
}

/// The claims that make a difference to a profile.
fn capabilities(profile: &Profile) -> BTreeSet<String> {
    let of_classes = profile
        .classes
        .iter()
        .filter_map(|class| match &class.kind {
            ClassKind::Core => None,
            ClassKind::Optional { capability } => Some(capability.clone()),
        });
    let of_cases = profile
        .suites
        .iter()
        .flat_map(|suite| suite.cases())
        .flat_map(|chosen| chosen.case.requires.clone());
    of_classes
        .chain(of_cases)
        .chain(roles::CLAIMS.map(str::to_owned))
        .collect()
}

/// What the run does with each operation, in groups with their counts.
pub(super) fn effects(operations: &[PlannedOperation]) -> String {
    let mut text = String::new();
    for effect in Effect::ALL {
        let group: Vec<&PlannedOperation> = operations
            .iter()
            .filter(|one| one.effect == effect)
            .collect();
        text.push_str(&format!("{}: {}\n", effect.label(), group.len()));
        let rows: Vec<Vec<String>> = group
            .iter()
            .map(|one| {
                let grant = one.grant.map(|grant| grant.label().to_owned());
                let prepares = one
                    .prepares
                    .then(|| "sent only to prepare the test of another".to_owned());
                let withheld = one
                    .withheld
                    .iter()
                    .map(|reason| format!("without a parameter: {reason}"));
                let notes: Vec<String> = [grant, prepares, one.reason.clone()]
                    .into_iter()
                    .flatten()
                    .chain(withheld)
                    .collect();
                vec![format!("  {}", one.operation), notes.join("; ")]
            })
            .collect();
        text.push_str(&output::columns(&rows));
    }
    text
}

/// What every operation and parameter was recognised as, and why.
pub(super) fn recognised(contract: &Contract) -> String {
    let relations = Relations::of(contract);
    let mut rows = Vec::new();
    for operation in &contract.operations {
        let (does, reason) = meaning::does(contract, &relations, operation);
        rows.push(vec![
            operation.key.to_string(),
            does.map_or("not recognised", Does::label).to_owned(),
            reason,
        ]);
        for (role, meant) in Meanings::of(contract, operation).iter() {
            rows.push(vec![
                format!("  {}", meant.name),
                role.label().to_owned(),
                meant.reason.clone(),
            ]);
        }
    }
    format!(
        "\nRecognised (`roles:` in the target file says otherwise):\n{}",
        output::columns(&rows)
    )
}

/// The longest row of requests of which each needs an answer to the one before.
pub(super) fn longest_chain(contract: &Contract) -> String {
    let relations = Relations::of(contract);
    let chain = relations.longest_chain(contract);
    let names: Vec<String> = chain.iter().map(OperationKey::to_string).collect();
    format!(
        "\nLongest chain: {} requests, each needing the one before; the rest runs side by side\n  {}\n",
        names.len(),
        names.join("\n  ")
    )
}

//! Profile × contract × suites × claims → what will be done, and what will not and why (owner of [`Plan`]).

pub mod groups;
pub mod permits;
pub mod select;

use std::{fmt, sync::Arc};

use serde::{Deserialize, Serialize};

use self::select::{names_operation, names_requirement, names_whole_requirement};
pub use self::{
    groups::{Effect, PlannedOperation},
    permits::{Permits, Standing},
};
use crate::{
    self as checks, Applies, Check, Kind, Scope,
    profile::Profile,
    suite::{self, Suite},
};
use muster_core::{
    arrange::{self, hazard::hazard},
    contract::{Contract, Operation},
    model::{
        CaseId, CheckId, Claims, ClassKind, Method, OperationKey, Parameters, Requirement,
        RequirementId, Verification, Verifier,
    },
};

/// The name of a case in a run, stable from run to run: `exercise GET /people`, `http.undeclared-method GET /people`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct CaseName(pub Arc<str>);

impl fmt::Display for CaseName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

/// What a case does.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Work {
    /// Calls an operation validly until it succeeds; response checks judge what comes.
    Exercise(OperationKey),
    /// Runs a probe.
    Probe {
        /// The check.
        check: CheckId,
        /// The operation, where the probe is by operation.
        operation: Option<OperationKey>,
    },
    /// Runs a case of a suite.
    Suite(CaseId),
}

/// Cases of one stage run side by side; what they learn serves the next.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Stage {
    /// Whether what is written shows at once: the other stages build on it.
    Settling,
    /// Operations that need nothing, or only what the target file gives.
    Collections,
    /// Operations on one record.
    Records,
    /// Probes.
    Probes,
    /// Probes that need the target to themselves, one at a time.
    Alone,
    /// Suites.
    Suites,
    /// What is measured, with nothing else under way.
    Measuring,
    /// Operations that take something away.
    Removals,
}

/// One case of the plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlannedCase {
    /// Its name.
    pub name: CaseName,
    /// What it does.
    pub work: Work,
    /// When.
    pub stage: Stage,
    /// Whether it may change anything at the target: never, where writes are refused.
    pub writes: bool,
}

/// Something that is left out before the run, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Exclusion {
    /// The check or case.
    pub by: Option<Verifier>,
    /// The operation, where it is about one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub operation: Option<OperationKey>,
    /// The reason.
    pub reason: String,
    /// Whether what is left out leaves its requirement unverified (inconclusive), or does not apply.
    pub unverified: bool,
    /// Whether it was left out by `--only` or `--skip`: then it is outside the verdict.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub deselected: bool,
    /// Whether it was left out for safety, as a hazard: then it is outside the verdict, which says so.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub withheld: bool,
}

/// Why something is not done.
#[derive(Debug, Clone, PartialEq, Eq)]
struct WhyNot {
    reason: String,
    effect: Left,
}

/// What leaving something out means for its requirement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Left {
    /// It stays unverified.
    Unverified,
    /// It does not apply.
    NotApplicable,
    /// A flag left it out of the verdict.
    Deselected,
    /// Safety left it out of the verdict.
    Withheld,
}

impl WhyNot {
    /// Its requirement stays unverified.
    fn unverified(reason: impl Into<String>) -> Self {
        Self {
            reason: reason.into(),
            effect: Left::Unverified,
        }
    }

    /// It is not sent because it may do harm.
    fn withheld(reason: impl Into<String>) -> Self {
        Self {
            reason: reason.into(),
            effect: Left::Withheld,
        }
    }

    /// It does not apply.
    fn not_applicable(reason: impl Into<String>) -> Self {
        Self {
            reason: reason.into(),
            effect: Left::NotApplicable,
        }
    }

    /// It was left out by a flag.
    fn deselected(flag: &str) -> Self {
        Self {
            reason: format!("Left out by `{flag}`."),
            effect: Left::Deselected,
        }
    }

    fn exclusion(self, by: Option<Verifier>, operation: Option<OperationKey>) -> Exclusion {
        Exclusion {
            by,
            operation,
            reason: self.reason,
            unverified: self.effect == Left::Unverified,
            deselected: self.effect == Left::Deselected,
            withheld: self.effect == Left::Withheld,
        }
    }
}

/// What a run leaves out or keeps, from `--only`, `--skip` and the target file.
#[derive(Debug, Clone, Default)]
pub struct Selection {
    /// Requirements, checks, cases, classes and operations to keep ([`select`] says how they are written);
    /// empty keeps everything.
    pub only: Vec<String>,
    /// The same, to leave out.
    pub skip: Vec<String>,
    /// Operations (`METHOD /path` or `operationId`) that are sent although they look hazardous.
    pub include_hazards: Vec<String>,
}

/// What the plan is made from.
#[derive(Debug, Clone, Copy)]
pub struct Basis<'a> {
    /// What is required.
    pub profile: &'a Profile,
    /// The contract.
    pub contract: &'a Contract,
    /// What the supplier claims.
    pub claims: &'a Claims,
    /// Parameters of profile and target.
    pub parameters: &'a Parameters,
    /// Whether requests may change anything.
    pub writes: bool,
    /// What to keep and what to leave out.
    pub selection: &'a Selection,
}

/// Everything a run will do, in order, and everything it will not.
#[derive(Debug, Clone, Default)]
pub struct Plan {
    /// The cases, in order of stage, then of the contract.
    pub cases: Vec<PlannedCase>,
    /// What is left out, with the reason.
    pub excluded: Vec<Exclusion>,
    /// Checks of the document.
    pub contract_checks: Vec<&'static Check>,
    /// Checks of every exchange.
    pub response_checks: Vec<&'static Check>,
    /// The suites that cases are of.
    pub suites: Vec<Arc<Suite>>,
    /// Requirements that `--only` or `--skip` left out, in the order of the profile.
    pub not_selected: Vec<RequirementId>,
    /// Which requests may leave; none of a plan that was not made from a contract.
    pub permits: Option<Permits>,
    /// Every operation of the contract with what the run does with it.
    pub operations: Vec<PlannedOperation>,
}

impl Plan {
    /// Whether a check is part of it.
    #[must_use]
    pub fn has_check(&self, id: &str) -> bool {
        self.response_checks.iter().any(|check| check.id == id)
            || self
                .cases
                .iter()
                .any(|case| matches!(&case.work, Work::Probe { check, .. } if check.as_str() == id))
    }

    /// Makes the plan.
    #[must_use]
    pub fn new(basis: Basis<'_>) -> Self {
        let mut plan = Self::default();
        let chosen = Chosen::new(basis);
        for check in chosen.checks(&mut plan.excluded) {
            match check.kind {
                Kind::Contract(_) => plan.contract_checks.push(check),
                Kind::Response(_) => plan.response_checks.push(check),
                Kind::Probe { scope, writes, .. } => {
                    plan.add_probe(basis, &chosen, check, scope, writes)
                }
            }
        }
        for operation in &basis.contract.operations {
            plan.add_exercise(basis, &chosen, operation);
        }
        plan.not_selected.clone_from(&chosen.not_selected);
        for left in &basis.contract.elsewhere {
            let why = WhyNot::not_applicable(left.reason());
            plan.excluded
                .push(why.exclusion(None, Some(left.key.clone())));
        }
        plan.suites.clone_from(&basis.profile.suites);
        plan.add_suites(basis, &chosen);
        plan.cases.sort_by_key(|case| case.stage);
        let permits = Permits::chosen(basis, &chosen);
        plan.operations = groups::operations(basis, &permits);
        plan.permits = Some(permits);
        plan
    }

    /// The most requests that its suites may send.
    #[must_use]
    pub fn most_of_suites(&self) -> u64 {
        self.cases
            .iter()
            .filter_map(|case| match &case.work {
                Work::Suite(id) => suite::find(&self.suites, id),
                Work::Exercise(_) | Work::Probe { .. } => None,
            })
            .map(|chosen| chosen.most_requests())
            .sum()
    }

    /// The cases of suites that the chosen requirements cite, once each.
    fn add_suites(&mut self, basis: Basis<'_>, chosen: &Chosen<'_>) {
        let mut seen: Vec<&CaseId> = Vec::new();
        for requirement in &chosen.requirements {
            let Verification::VerifiedBy(verifiers) = &requirement.verification else {
                continue;
            };
            for verifier in verifiers {
                let Verifier::Case(id) = verifier else {
                    continue;
                };
                if seen.contains(&id) {
                    continue;
                }
                seen.push(id);
                let Some(case) = suite::find(&basis.profile.suites, id) else {
                    continue;
                };
                match chosen.why_not_case(basis, id, &case) {
                    Some(why) => self
                        .excluded
                        .push(why.exclusion(Some(verifier.clone()), None)),
                    None => self.cases.push(PlannedCase {
                        name: CaseName(id.as_str().into()),
                        work: Work::Suite(id.clone()),
                        stage: Stage::Suites,
                        writes: case.writes(basis.contract),
                    }),
                }
            }
        }
    }

    fn add_exercise(&mut self, basis: Basis<'_>, chosen: &Chosen<'_>, operation: &Operation) {
        if let Some(why) = chosen.why_not(basis, operation) {
            self.exclude(None, Some(operation), why);
            return;
        }
        if !basis.writes && !operation.key.method.is_safe() {
            self.exclude(None, Some(operation), WhyNot::unverified(WRITES_REFUSED));
            return;
        }
        let stage = if operation.key.method == Method::Delete {
            Stage::Removals
        } else if operation.path_variables().next().is_some() {
            Stage::Records
        } else {
            Stage::Collections
        };
        self.cases.push(PlannedCase {
            name: CaseName(format!("exercise {}", operation.key).into()),
            work: Work::Exercise(operation.key.clone()),
            stage,
            writes: !operation.key.method.is_safe(),
        });
    }

    fn add_probe(
        &mut self,
        basis: Basis<'_>,
        chosen: &Chosen<'_>,
        check: &'static Check,
        scope: Scope,
        writes: bool,
    ) {
        // Where writes are refused, the probe still runs: what it reads may show that it does not apply, which no
        // missing precondition hides. Its first request that writes is not sent, and the probe ends there.
        let writes = writes && basis.writes;
        match scope {
            Scope::Target(applies) => match applies(basis.contract, basis.parameters) {
                Applies::Yes => self.cases.push(PlannedCase {
                    name: CaseName(check.id.into()),
                    work: Work::Probe {
                        check: CheckId::from(check.id),
                        operation: None,
                    },
                    stage: stage_of(check),
                    writes,
                }),
                Applies::No(reason) => {
                    self.exclude(Some(check), None, WhyNot::not_applicable(reason));
                }
                Applies::Irrelevant => {}
            },
            Scope::Operation(_) | Scope::OperationWith(_) | Scope::Alone(_) => {
                let stage = if matches!(scope, Scope::Alone(_)) {
                    Stage::Alone
                } else {
                    stage_of(check)
                };
                let before = (self.cases.len(), self.excluded.len());
                for operation in &basis.contract.operations {
                    match scope.of(basis.contract, operation, basis.parameters) {
                        Applies::Yes if check.needs_whole_responses() && waits(operation) => {
                            let reason = "Its response is a stream or a long poll, as the contract declares: only its head and first items are judged.";
                            let why = WhyNot::not_applicable(reason);
                            self.exclude(Some(check), Some(operation), why);
                        }
                        Applies::Yes => {
                            if let Some(why) = chosen.why_not(basis, operation) {
                                self.exclude(Some(check), Some(operation), why);
                                continue;
                            }
                            self.cases.push(PlannedCase {
                                name: CaseName(format!("{} {}", check.id, operation.key).into()),
                                work: Work::Probe {
                                    check: CheckId::from(check.id),
                                    operation: Some(operation.key.clone()),
                                },
                                stage,
                                writes,
                            });
                        }
                        Applies::No(reason) => {
                            let why = WhyNot::not_applicable(reason);
                            self.exclude(Some(check), Some(operation), why);
                        }
                        Applies::Irrelevant => {}
                    }
                }
                if before == (self.cases.len(), self.excluded.len()) {
                    let reason = "The contract has no operation of the kind that it judges.";
                    self.exclude(Some(check), None, WhyNot::not_applicable(reason));
                }
            }
        }
    }

    fn exclude(&mut self, check: Option<&Check>, operation: Option<&Operation>, why: WhyNot) {
        self.excluded.push(why.exclusion(
            check.map(|check| Verifier::Check(CheckId::from(check.id))),
            operation.map(|operation| operation.key.clone()),
        ));
    }
}

/// When a probe runs.
fn stage_of(check: &Check) -> Stage {
    if check.id == checks::SETTLES {
        Stage::Settling
    } else if check.id == checks::MEASURES {
        Stage::Measuring
    } else {
        Stage::Probes
    }
}

/// Why a request that writes is not sent.
pub const WRITES_REFUSED: &str = "It changes records, and writes are refused. Set `writes: allowed` in the target file where that is safe.";

fn waits(operation: &Operation) -> bool {
    arrange::stream::waiting(operation).is_some()
}

/// What profile, claims and selection choose.
struct Chosen<'a> {
    requirements: Vec<&'a Requirement>,
    not_selected: Vec<RequirementId>,
    selection: &'a Selection,
    narrows_operations: bool,
}

impl<'a> Chosen<'a> {
    fn new(basis: Basis<'a>) -> Self {
        let selection = basis.selection;
        let narrows_operations = selection.only.iter().any(|word| {
            basis
                .contract
                .operations
                .iter()
                .any(|operation| names_operation(word, operation))
        });
        let names_verifier = |word: &String| {
            basis
                .profile
                .requirements
                .iter()
                .any(|requirement| names_requirement(word, requirement))
        };
        let narrows_requirements = selection.only.iter().any(names_verifier);
        let (requirements, left_out): (Vec<_>, Vec<_>) = basis
            .profile
            .requirements
            .iter()
            .filter(|requirement| {
                basis
                    .profile
                    .class(&requirement.class)
                    .is_none_or(|class| match &class.kind {
                        ClassKind::Core => true,
                        ClassKind::Optional { capability } => basis.claims.has(capability),
                    })
            })
            .partition(|requirement| {
                let named = |word: &String| names_requirement(word, requirement);
                let skipped = |word: &String| names_whole_requirement(word, requirement);
                (!narrows_requirements || selection.only.iter().any(named))
                    && !selection.skip.iter().any(skipped)
            });
        Self {
            requirements,
            not_selected: left_out
                .iter()
                .map(|requirement| requirement.id.clone())
                .collect(),
            selection,
            narrows_operations,
        }
    }

    /// The checks that the chosen requirements cite, in their order, once each.
    fn checks(&self, excluded: &mut Vec<Exclusion>) -> Vec<&'static Check> {
        let mut checks: Vec<&'static Check> = Vec::new();
        for requirement in &self.requirements {
            let Verification::VerifiedBy(verifiers) = &requirement.verification else {
                continue;
            };
            for verifier in verifiers {
                let Verifier::Check(id) = verifier else {
                    continue;
                };
                if self.selection.skip.iter().any(|word| word == id.as_str()) {
                    let why = WhyNot::deselected("--skip");
                    excluded.push(why.exclusion(Some(verifier.clone()), None));
                } else if let Some(check) = checks::find(id.as_str())
                    && !checks.iter().any(|known| known.id == check.id)
                {
                    checks.push(check);
                }
            }
        }
        checks
    }

    /// Why a case of a suite is not run, if it is not.
    fn why_not_case(
        &self,
        basis: Basis<'_>,
        id: &CaseId,
        case: &suite::Chosen<'_>,
    ) -> Option<WhyNot> {
        if let Some(capability) = case
            .case
            .requires
            .iter()
            .find(|capability| !basis.claims.has(capability))
        {
            return Some(WhyNot::not_applicable(format!(
                "It needs the capability `{capability}`, which the target does not claim."
            )));
        }
        let names_case = |word: &String| {
            word == id.as_str() || *word == format!("{}/{}", case.suite.id(), case.case.id)
        };
        if self.selection.skip.iter().any(names_case) {
            return Some(WhyNot::deselected("--skip"));
        }
        let calls = |words: &[String]| {
            case.case
                .steps
                .iter()
                .filter_map(|step| step.operation(basis.contract))
                .any(|operation| words.iter().any(|word| names_operation(word, operation)))
        };
        if self.narrows_operations && !calls(&self.selection.only) {
            return Some(WhyNot::deselected("--only"));
        }
        if calls(&self.selection.skip) {
            return Some(WhyNot::deselected("--skip"));
        }
        if !basis.writes && case.writes(basis.contract) {
            return Some(WhyNot::unverified(WRITES_REFUSED));
        }
        None
    }

    /// Why an operation is not tested, if it is not.
    fn why_not(&self, basis: Basis<'_>, operation: &Operation) -> Option<WhyNot> {
        if self.is_narrowed_away(operation) {
            return Some(WhyNot::deselected("--only"));
        }
        self.why_refused(basis, operation)
    }

    /// Whether `--only` names other operations: it may still be sent to prepare them.
    fn is_narrowed_away(&self, operation: &Operation) -> bool {
        self.narrows_operations && !names(&self.selection.only, operation)
    }

    /// Why an operation is not sent for any purpose, if it is not.
    fn why_refused(&self, basis: Basis<'_>, operation: &Operation) -> Option<WhyNot> {
        if names(&self.selection.skip, operation) {
            return Some(WhyNot::deselected("--skip"));
        }
        if let Some(reason) = &operation.broken {
            return Some(WhyNot::unverified(reason));
        }
        if names(&basis.selection.include_hazards, operation) {
            return None;
        }
        hazard(operation).map(WhyNot::withheld)
    }
}

fn names(words: &[String], operation: &Operation) -> bool {
    words.iter().any(|word| names_operation(word, operation))
}

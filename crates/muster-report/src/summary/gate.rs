//! Whether a class and a profile conform, and the exit code (owner of [`Gate`]).

use super::{ClassResult, Counts, Damage, RequirementResult, Standing, WaiverResult, WaiverState};
use crate::event::{End, Started};
use muster_core::{
    model::{Class, ClassKind, Level, Requirement, StopSignal},
    verdict::{Conformance, Verdict},
};

/// The end of a run in one word, one number and the reasons.
pub(super) struct Gate {
    pub(super) conformance: Conformance,
    pub(super) exit_code: u8,
    pub(super) reasons: Vec<String>,
}

/// How a run ended, and whether everything of it was read.
pub(super) struct Ended<'a> {
    pub(super) end: &'a End,
    pub(super) signal: Option<StopSignal>,
    pub(super) damage: &'a [Damage],
}

/// Whether a class counts for this target.
pub(super) fn selected(class: &Class, started: &Started) -> bool {
    match &class.kind {
        ClassKind::Core => true,
        ClassKind::Optional { capability } => started.claims.has(capability),
    }
}

/// Whether a requirement's class counts for this target; a class that the profile does not list does.
pub(super) fn counts(requirement: &Requirement, started: &Started) -> bool {
    started
        .profile
        .class(&requirement.class)
        .is_none_or(|class| selected(class, started))
}

/// What a MUST says of its class: nothing where it does not apply or nobody tests it.
const fn verdict_of(standing: Standing) -> Option<Verdict> {
    match standing {
        Standing::Passed | Standing::Attested | Standing::Waived => Some(Verdict::Pass),
        Standing::Failed | Standing::Warned => Some(Verdict::Fail),
        Standing::Inconclusive => Some(Verdict::Inconclusive),
        Standing::Error => Some(Verdict::Error),
        Standing::NotApplicable | Standing::NotTested | Standing::NotSelected => None,
    }
}

/// The conformance of the MUSTs among these; none where none of them applies.
fn conformance<'a>(
    requirements: impl IntoIterator<Item = &'a RequirementResult>,
) -> Option<Conformance> {
    let verdicts: Vec<Verdict> = requirements
        .into_iter()
        .filter(|result| result.requirement.level == Level::Must)
        .filter_map(|result| verdict_of(result.standing))
        .collect();
    (!verdicts.is_empty()).then(|| Conformance::of(verdicts))
}

/// The classes of the profile with their conformance and counts.
pub(super) fn classes(started: &Started, requirements: &[RequirementResult]) -> Vec<ClassResult> {
    started
        .profile
        .classes
        .iter()
        .map(|class| {
            let selected = selected(class, started);
            let own = || {
                requirements
                    .iter()
                    .filter(|result| result.requirement.class == class.id)
            };
            let mut counts = Counts::default();
            for result in own() {
                counts.add(result.standing);
            }
            ClassResult {
                class: class.clone(),
                selected,
                conformance: if selected { conformance(own()) } else { None },
                counts,
            }
        })
        .collect()
}

/// The end of the run. A failure that was seen counts however the run ended, but for a person who
/// interrupted it.
pub(super) fn gate(
    started: &Started,
    ended: &Ended<'_>,
    requirements: &[RequirementResult],
    waivers: &[WaiverResult],
    partial: bool,
) -> Gate {
    let counted: Vec<&RequirementResult> = requirements
        .iter()
        .filter(|result| counts(&result.requirement, started))
        .collect();
    let end = ended.end;
    let is_whole = *end == End::Complete && ended.damage.is_empty();
    let musts = conformance(counted.iter().copied());
    // A part without a MUST that passed is verified all the same: its SHOULDs warn, and say nothing of the whole.
    let passed = |result: &&RequirementResult| verdict_of(result.standing).is_some();
    let rolled = match musts {
        None if partial && counted.iter().copied().any(|result| passed(&result)) => {
            Some(Conformance::Conformant)
        }
        musts => musts,
    };
    let conformance = match rolled {
        Some(Conformance::Conformant) if !is_whole => Conformance::Undetermined,
        Some(rolled) => rolled,
        None => Conformance::Undetermined,
    };

    let ids = |wanted: &dyn Fn(&RequirementResult) -> bool| {
        let ids: Vec<&str> = counted
            .iter()
            .filter(|result| wanted(result))
            .map(|result| result.requirement.id.as_str())
            .collect();
        (!ids.is_empty()).then(|| ids.join(", "))
    };
    let is = |level, standing| {
        move |result: &RequirementResult| {
            result.requirement.level == level && result.standing == standing
        }
    };

    let mut failed = Vec::new();
    if let Some(ids) = ids(&is(Level::Must, Standing::Failed)) {
        failed.push(format!("These MUSTs failed: {ids}."));
    }
    if started.fail_on_should
        && let Some(ids) = ids(&is(Level::Should, Standing::Warned))
    {
        failed.push(format!(
            "These SHOULDs failed, and the run was told to fail on them: {ids}."
        ));
    }
    failed.extend(waivers.iter().filter_map(waiver_reason));

    let mut open = Vec::new();
    match end {
        End::Complete => {}
        End::Interrupted => open.push(match ended.signal {
            Some(signal) => format!("The run was interrupted by {}.", signal.name()),
            None => "The run was interrupted.".to_owned(),
        }),
        End::Stopped { reason, .. } => open.push(format!("The run stopped: {reason}")),
    }
    if let Some(first) = ended.damage.first() {
        let lines = match ended.damage.len() {
            1 => "1 line of it could not be read".to_owned(),
            number => format!("{number} lines of it could not be read"),
        };
        open.push(format!(
            "The journal is damaged: {lines}, so that a failure may be missing. The first: {first}"
        ));
    }
    if let Some(ids) = ids(&|result| {
        result.requirement.level == Level::Must
            && matches!(result.standing, Standing::Inconclusive | Standing::Error)
    }) {
        open.push(format!("These MUSTs could not be verified: {ids}."));
    }
    if rolled.is_none() {
        open.push(if partial {
            "None of the selected requirements applied.".to_owned()
        } else {
            "No MUST of the profile applied, so nothing shows conformance.".to_owned()
        });
    }

    let exit_code = if *end == End::Interrupted {
        ended.signal.unwrap_or(StopSignal::Interrupt).exit_code()
    } else if !failed.is_empty() {
        1
    } else if !open.is_empty() {
        3
    } else {
        0
    };
    failed.extend(open);
    Gate {
        conformance,
        exit_code,
        reasons: failed,
    }
}

/// Why a waiver fails the gate, with what to do; none where it does not.
pub(super) fn waiver_reason(result: &WaiverResult) -> Option<String> {
    let place = result.waiver.place();
    match result.state {
        WaiverState::Used | WaiverState::Idle => None,
        WaiverState::Expired => Some(format!(
            "Delete {place}, or have {} approve a new date: it ran out on {}.",
            result.waiver.approved_by, result.waiver.expires
        )),
        WaiverState::Stale => Some(format!("Delete {place}: what it accepts now passes.")),
    }
}

//! A failure is repeated once before it is told (owner of [`Confirmed`]).

use std::collections::HashMap;

use super::{
    Runner,
    drive::{CaseOutcome, Pass, PendingJudgement},
    wire::Wire,
};
use muster_checks::plan::PlannedCase;
use muster_core::{model::Verifier, value_pool::ValuePool, verdict::Judgement};
use muster_report::event::Confirmation;

/// How each cause was confirmed, so that one defect on fifty operations is repeated once.
#[derive(Debug, Default)]
pub(super) struct Confirmed {
    how: HashMap<(Verifier, String), Confirmation>,
    /// Failures that are told once it is known whether the target was lost.
    held: Vec<PendingJudgement>,
}

impl<W: Wire> Runner<'_, W> {
    /// Repeats a case with a failure that was not confirmed yet, and tells what it brought.
    pub(super) async fn confirm(
        &self,
        case: &PlannedCase,
        first: CaseOutcome,
        known: &ValuePool,
        confirmed: &mut Confirmed,
    ) {
        let fresh: Vec<_> = first
            .failures()
            .into_iter()
            .filter(|key| !confirmed.how.contains_key(key))
            .collect();
        let mut again = CaseOutcome::default();
        if !fresh.is_empty() {
            if self.is_over() {
                for key in fresh {
                    confirmed.how.insert(key, Confirmation::Unrepeated);
                }
            } else {
                again = self.drive(case, known, Pass::Repeat).await;
                let second = again.failures();
                // A repeat that did not get so far says nothing of the failure.
                let stuck = |by: &Verifier| {
                    again.noted.iter().any(|note| {
                        note.by == *by
                            && matches!(
                                note.judgement,
                                Judgement::Inconclusive(_) | Judgement::NotApplicable(_)
                            )
                    })
                };
                for key in fresh {
                    let seen = second.contains(&key);
                    let confirmation = match (seen, self.is_over()) {
                        (true, _) => Confirmation::Repeated,
                        (false, true) => Confirmation::Unrepeated,
                        (false, false) if stuck(&key.0) || !met_again(&first, &again, &key) => {
                            Confirmation::Unrepeated
                        }
                        (false, false) => Confirmation::Flaky,
                    };
                    confirmed.how.insert(key, confirmation);
                }
            }
        }
        let told = first.failures();
        for note in first.noted {
            self.tell_or_hold(note, confirmed);
        }
        // What only the repeat shows came and went as well.
        for note in again.noted {
            if let Some(key) = note.failure()
                && !told.contains(&key)
            {
                confirmed.how.entry(key).or_insert(Confirmation::Flaky);
                self.tell_or_hold(note, confirmed);
            }
        }
    }

    /// Tells what was held back; for the end of the run.
    pub(super) fn tell_held(&self, mut confirmed: Confirmed) {
        for note in std::mem::take(&mut confirmed.held) {
            self.tell_confirmed(note, &confirmed);
        }
    }

    fn tell_or_hold(&self, note: PendingJudgement, confirmed: &mut Confirmed) {
        if note.failure().is_some() && self.exchanger.may_be_of_an_outage(&note.evidence) {
            confirmed.held.push(note);
        } else {
            self.tell_confirmed(note, confirmed);
        }
    }

    fn tell_confirmed(&self, mut note: PendingJudgement, confirmed: &Confirmed) {
        // What the target did when it was lost says nothing of how it behaves.
        if note.failure().is_some()
            && let Some(gap) = self.exchanger.stopped()
            && self.exchanger.is_of_the_outage(&note.evidence)
        {
            note.judgement = Judgement::Inconclusive(gap);
        }
        let confirmation = note
            .failure()
            .and_then(|key| confirmed.how.get(&key).copied())
            .unwrap_or_default();
        self.tell_note(note, confirmation);
    }
}

/// Whether a repeat met what failed before: a response with the same status to the same operation. Where a record of
/// the first pass was in its way, or was removed meanwhile, it did not, and says nothing. Server errors come and go by
/// themselves.
fn met_again(first: &CaseOutcome, again: &CaseOutcome, key: &(Verifier, String)) -> bool {
    let failed = first
        .noted
        .iter()
        .filter(|note| note.failure().as_ref() == Some(key))
        .filter_map(|note| note.evidence.last());
    let mut situations = failed
        .filter_map(|id| first.answers.iter().find(|(held, ..)| held == id))
        .peekable();
    if situations.peek().is_none() {
        return true;
    }
    situations.any(|(_, operation, status)| {
        status.is_none_or(|status| status >= 500)
            || again
                .answers
                .iter()
                .any(|(_, met, came)| met == operation && came == status)
    })
}

//! Events and judgements without secrets in their texts.

use muster_core::{
    observation::Redactor,
    verdict::{Judgement, Unverified},
};
use muster_report::event::{Creation, End, Event};

/// An event without secrets in its texts. Exchanges and judgements have none by the time they are told.
pub(super) fn without_secrets(redactor: &Redactor, event: Event) -> Event {
    let clean = |mut creation: Creation| {
        creation.removal = creation.removal.map(|removal| redactor.text(&removal));
        creation
    };
    match event {
        Event::CreationIntended(creation) => Event::CreationIntended(clean(creation)),
        Event::Created(creation) => Event::Created(clean(creation)),
        Event::Removed(creation) => Event::Removed(clean(creation)),
        Event::LeftBehind(creation, reason) => {
            Event::LeftBehind(clean(creation), redactor.text(&reason))
        }
        Event::Noticed(gap) => Event::Noticed(Unverified {
            reason: redactor.text(&gap.reason),
            responsible: gap.responsible,
        }),
        Event::Finished(mut finished) => {
            if let End::Stopped { reason, .. } = &mut finished.end {
                *reason = redactor.text(reason);
            }
            Event::Finished(finished)
        }
        other => other,
    }
}

/// A judgement without secrets and personal values in what it quotes.
pub(in crate::runner) fn redacted(redactor: &Redactor, judgement: Judgement) -> Judgement {
    match judgement {
        Judgement::Fail(mut finding) => {
            for text in [
                &mut finding.title,
                &mut finding.expected,
                &mut finding.cause,
            ] {
                *text = redactor.text(text);
            }
            finding.received = redactor.quoted(&finding.received, finding.pointer.as_deref());
            finding.pointer = finding.pointer.map(|pointer| redactor.text(&pointer));
            finding.authored = finding.authored.map(|line| redactor.text(&line));
            Judgement::Fail(finding)
        }
        Judgement::Inconclusive(gap) => Judgement::Inconclusive(Unverified {
            reason: redactor.text(&gap.reason),
            responsible: gap.responsible,
        }),
        Judgement::Error(gap) => Judgement::Error(Unverified {
            reason: redactor.text(&gap.reason),
            responsible: gap.responsible,
        }),
        Judgement::NotApplicable(reason) => Judgement::NotApplicable(redactor.text(&reason)),
        Judgement::Pass => Judgement::Pass,
    }
}

//! Operations that a run does not send unless it is asked to (owner of [`hazard`]).
//!
//! A scored recogniser looks at the path, the method, the `operationId`, the summary, the body and the paths beside the
//! operation. `words.rs` has the words, `score.rs` the weights; `tests/fixtures/hazards` has operations of real contracts,
//! sorted by hand, that both are measured by.

mod facts;
mod score;
mod switch;
#[cfg(test)]
mod tests;
mod words;

pub use score::OwnWords;

use facts::Facts;

use crate::contract::{Contract, Hazard, Operation, Withheld};

/// Why an operation is left out unless it is asked for by name; nothing where it is harmless.
#[must_use]
pub fn hazard(operation: &Operation) -> Option<String> {
    recognise(operation).map(|hazard| reason(operation, hazard))
}

/// What makes an operation a hazard, with the signs.
#[must_use]
pub fn recognise(operation: &Operation) -> Option<&Hazard> {
    operation
        .surroundings
        .hazard
        .get_or_init(|| score::score(&Facts::of(operation), &OwnWords::default()))
        .as_ref()
}

/// Whether an operation reads, whatever its method: `POST /people/search`.
#[must_use]
pub fn only_reads(operation: &Operation) -> bool {
    score::only_reads(&Facts::of(operation))
}

/// Takes up what the target file says of hazards: words of its own, and operations that are harmless.
pub fn apply(contract: &mut Contract, own: &OwnWords, is_harmless: impl Fn(&Operation) -> bool) {
    for operation in &mut contract.operations {
        let found = if is_harmless(operation) {
            None
        } else {
            score::score(&Facts::of(operation), own)
        };
        operation.surroundings.hazard = found.into();
    }
}

/// Takes query parameters away from reads that do something where they are sent, unless the operation is harmless. They
/// are kept as withheld, so that a plan can tell them.
pub fn withhold(contract: &mut Contract, is_harmless: impl Fn(&Operation) -> bool) {
    for operation in &mut contract.operations {
        if is_harmless(operation) {
            continue;
        }
        let (sent, withheld): (Vec<_>, Vec<_>) = std::mem::take(&mut operation.parameters)
            .into_iter()
            .map(|parameter| (switch::acting(operation, &parameter), parameter))
            .partition(|(reason, _)| reason.is_none());
        operation.parameters = sent.into_iter().map(|(_, parameter)| parameter).collect();
        let withheld = withheld.into_iter().filter_map(|(reason, parameter)| {
            Some(Withheld {
                parameter,
                reason: reason?,
            })
        });
        operation.surroundings.withheld.extend(withheld);
    }
}

/// The reason in one sentence, with the signs and the score.
fn reason(operation: &Operation, hazard: &Hazard) -> String {
    let signs: Vec<String> = hazard
        .signs
        .iter()
        .map(|sign| format!("{} ({:+})", sign.reason, sign.weight))
        .collect();
    format!(
        "{} {}: {}; {} of {} points.",
        operation.key,
        hazard.kind.effect(),
        signs.join(", "),
        hazard.score,
        score::ENOUGH
    )
}

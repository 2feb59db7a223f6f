//! Which server errors have one cause (owner of [`Handlers`]).
//!
//! What the store or a parser cannot hold makes every operation fail that passes it on: one cause. Any other value
//! makes the handler fail that it is sent to: a cause for each handler, but for a parameter of one name. Equal texts
//! tell something only where the text is of this error, and not what a framework says of all of them.

use std::collections::{HashMap, HashSet};

use super::Facts;
use muster_checks::support::server_failure;
use muster_core::{exchange::Strain, model::Verifier, verdict::Finding};

/// An operation, with the text of its error.
type Handler = (String, Option<String>);

/// See the module.
pub(super) struct Handlers {
    /// Operations that fail at whatever they are sent, by their text of the error.
    fail_at_all: HashSet<Handler>,
    /// Parameters at which several operations fail, with how they do.
    parameters: HashSet<String>,
    /// Operations and the places in their requests that fail at a number of 33 bits.
    beyond_32_bits: HashSet<(String, String)>,
}

/// Checks whose findings are about a handler that fails, whatever the value was.
const CHECKS: [&str; 2] = ["input.server-error", "response.server-error"];

/// So many kinds of values beside others, failing with one text, are no matter of the kind of value.
const KINDS: usize = 2;
/// The same where the text is what a framework says of every error.
const KINDS_OF_ANY_ERROR: usize = 3;

/// The kind of failures that are told as one: what they have in common.
pub(in crate::summary) fn common_kind<'f>(
    findings: impl Iterator<Item = &'f Finding> + Clone,
) -> Option<&'f str> {
    let mut kinds = findings.map(|one| one.kind.as_deref());
    let first = kinds.clone().next().flatten();
    if kinds.clone().all(|kind| kind == first) {
        return first;
    }
    let smallest = Strain::Beyond32Bits.noun();
    if kinds.clone().all(|kind| kind.is_some_and(is_number)) {
        return kinds.find_map(|kind| kind.filter(|kind| kind.contains(smallest)));
    }
    kinds.find_map(|kind| kind.filter(|kind| server_failure::is_of_a_handler(kind)))
}

/// Whether a check judges server errors, each operation of which is a place of the finding.
pub(in crate::summary) fn are_judged_by(by: &Verifier) -> bool {
    matches!(by, Verifier::Check(id) if CHECKS.contains(&id.as_str()))
}

impl Handlers {
    /// Whether a sighting is of a check that judges server errors.
    pub(super) fn judge(one: &Facts<'_>) -> bool {
        CHECKS.contains(&one.check)
    }

    pub(super) fn new(facts: &[Facts<'_>]) -> Self {
        let mut kinds: HashMap<Handler, (usize, HashSet<&str>)> = HashMap::new();
        let mut others: HashSet<Handler> = HashSet::new();
        let mut operations: HashMap<String, HashSet<String>> = HashMap::new();
        for one in facts.iter().filter(|one| Self::judge(one) && !one.is_flaky) {
            let Some(operation) = one.operation.map(ToString::to_string) else {
                continue;
            };
            match kind_of_value(one) {
                Some(kind) => {
                    let wanted = match specific(one) {
                        Some(_) => KINDS,
                        None => KINDS_OF_ANY_ERROR,
                    };
                    let of_text = kinds.entry((operation, one.error_text()));
                    of_text
                        .or_insert_with(|| (wanted, HashSet::new()))
                        .1
                        .insert(if is_number(kind) { NUMBER } else { kind });
                }
                None => {
                    if let Some(parameter) = parameter(one) {
                        operations
                            .entry(parameter)
                            .or_default()
                            .insert(operation.clone());
                    }
                    others.insert((operation, one.error_text()));
                }
            }
        }
        let beyond_32_bits = facts
            .iter()
            .filter(|one| {
                kind_of_value(one).is_some_and(|kind| kind.contains(Strain::Beyond32Bits.noun()))
            })
            .filter_map(place)
            .collect();
        Self {
            beyond_32_bits,
            fail_at_all: kinds
                .into_iter()
                .filter(|(handler, (wanted, kinds))| {
                    kinds.len() >= *wanted && others.contains(handler)
                })
                .map(|(handler, _)| handler)
                .collect(),
            parameters: operations
                .into_iter()
                .filter(|(_, operations)| operations.len() > 1)
                .map(|(parameter, _)| parameter)
                .collect(),
        }
    }

    /// What makes sightings one mistake.
    pub(super) fn key(&self, one: &Facts<'_>) -> Option<String> {
        if !Self::judge(one) {
            return None;
        }
        if one.is_flaky {
            return Some(format!(
                "now and then {:?} {}",
                one.status(),
                beginning(one)
            ));
        }
        if let Some(kind) = self.kind_of_value(one) {
            // Where a number of 33 bits fails already, a larger one fails for the same reason.
            let fails_below = place(one).is_some_and(|place| self.beyond_32_bits.contains(&place));
            let kind = if fails_below {
                kind.replace(Strain::Beyond63Bits.noun(), Strain::Beyond32Bits.noun())
            } else {
                kind.to_owned()
            };
            return Some(format!("{kind} {}", exception(one).unwrap_or_default()));
        }
        parameter(one)
            .filter(|parameter| self.parameters.contains(parameter))
            .or_else(|| one.operation.map(ToString::to_string))
    }

    /// The text of the error, where no other error has it and the kind of value does not tell already.
    pub(super) fn error(&self, one: &Facts<'_>) -> Option<String> {
        (Self::judge(one)
            && !one.is_flaky
            && one.is_server_error()
            && self.kind_of_value(one).is_none())
        .then(|| specific(one))
        .flatten()
    }

    /// The kind of value, unless the handler fails at everything.
    fn kind_of_value<'f>(&self, one: &Facts<'f>) -> Option<&'f str> {
        let handler = (one.operation.map(ToString::to_string)?, one.error_text());
        kind_of_value(one).filter(|_| !self.fail_at_all.contains(&handler))
    }
}

/// The kind of value at which it fails, where that is not a matter of the handler.
fn kind_of_value<'f>(one: &Facts<'f>) -> Option<&'f str> {
    let kind = one.finding.kind.as_deref()?;
    (!server_failure::is_of_a_handler(kind)).then_some(kind)
}

/// What numbers of all sizes count as.
const NUMBER: &str = "a number";

fn is_number(kind: &str) -> bool {
    [Strain::Beyond32Bits, Strain::Beyond63Bits]
        .iter()
        .any(|strain| kind.contains(strain.noun()))
}

/// The operation, and the place in its request.
fn place(one: &Facts<'_>) -> Option<(String, String)> {
    let (_, place) = one.finding.title.rsplit_once(" in ")?;
    Some((one.operation?.to_string(), place.to_owned()))
}

/// The parameter at which it fails, with the status and what the error says of itself.
fn parameter(one: &Facts<'_>) -> Option<String> {
    let (_, place) = one.finding.title.split_once("the parameter `")?;
    let (name, _) = place.split_once('`')?;
    Some(format!(
        "{name} {:?} {}",
        one.status(),
        specific(one).unwrap_or_default()
    ))
}

/// Words that frameworks say of every server error.
const OF_ANY_ERROR: &[&str] = &[
    "about",
    "again",
    "an",
    "and",
    "application",
    "blank",
    "body",
    "code",
    "contact",
    "could",
    "detail",
    "details",
    "doctype",
    "encountered",
    "error",
    "errors",
    "exception",
    "failed",
    "failure",
    "false",
    "h1",
    "has",
    "head",
    "html",
    "http",
    "id",
    "instance",
    "internal",
    "is",
    "it",
    "later",
    "lang",
    "en",
    "message",
    "method",
    "name",
    "not",
    "null",
    "occurred",
    "of",
    "or",
    "our",
    "p",
    "path",
    "please",
    "problem",
    "processing",
    "reason",
    "request",
    "server",
    "something",
    "statement",
    "status",
    "statuscode",
    "success",
    "support",
    "text",
    "the",
    "this",
    "timestamp",
    "title",
    "to",
    "trace",
    "traceid",
    "try",
    "type",
    "unable",
    "unexpected",
    "unhandled",
    "unknown",
    "was",
    "went",
    "while",
    "wrong",
    "your",
    "internalservererror",
    "unknownerror",
    "servererror",
];

/// So many words of its own make a text that of one error.
const WORDS: usize = 3;

/// The text of the error, where it says more than that there is one.
pub(super) fn specific(one: &Facts<'_>) -> Option<String> {
    let text = one.error_text()?;
    let own: HashSet<String> = words(&text)
        .map(str::to_lowercase)
        .filter(|word| word.len() > 1 && !OF_ANY_ERROR.contains(&word.as_str()))
        .collect();
    (own.len() >= WORDS).then_some(text)
}

/// The name of the exception that the error shows.
fn exception(one: &Facts<'_>) -> Option<String> {
    let text = one.error_text()?;
    words(&text)
        .find(|word| {
            (word.ends_with("Error") || word.ends_with("Exception"))
                && word.starts_with(char::is_uppercase)
                && !OF_ANY_ERROR.contains(&word.to_lowercase().as_str())
        })
        .map(ToOwned::to_owned)
}

/// The first words of the error, which tell one kind of failure from another where the rest is about one request.
fn beginning(one: &Facts<'_>) -> String {
    const WORDS: usize = 4;
    let text = one.error_text().unwrap_or_default();
    words(&text).take(WORDS).collect::<Vec<_>>().join(" ")
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|sign: char| !sign.is_alphabetic())
        .filter(|word| !word.is_empty())
}

#[cfg(test)]
#[path = "handlers_tests.rs"]
mod tests;
